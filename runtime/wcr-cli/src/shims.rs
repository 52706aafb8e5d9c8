//! `wcr shims`.

use anyhow::Result;
use serde_json::{Value, json};
use wcr_container::{Rung, executables, from_store, guests, shown};
use wcr_image::Reference;
use wcr_shims::{
    Level, Standing, bash_standing, beside_standings, bundled_shims, dash_standing, gnu_standings, standings,
};
use wcr_store::Store;

use crate::args::ShimsArgs;
use crate::inspect::not_in_store;
use crate::output;
use crate::text::safe;

/// Prints what stands in for which program, or what each executable of an image leads to.
pub(crate) fn shims(args: &ShimsArgs) -> Result<u8> {
    match &args.reference {
        Some(reference) => of_image(reference, args.json),
        None if args.json => {
            let rows =
                |set, standings: Vec<Standing>| standings.into_iter().map(move |standing| fields(set, &standing));
            let sets = [
                ("busybox", standings()),
                ("coreutils", gnu_standings()),
                ("gnu", beside_standings()),
                ("shells", vec![dash_standing(), bash_standing()]),
            ];
            let all: Vec<Value> = sets.into_iter().flat_map(|(set, standings)| rows(set, standings)).collect();
            output::print_json(&all)
        }
        None => Ok(output::print(&all())),
    }
}

/// One standing, as `--json` shows it.
fn fields(set: &str, standing: &Standing) -> Value {
    let (level, lacking) = match &standing.level {
        Level::Full => ("full", None),
        Level::Partial(missing) => ("partial", Some(missing)),
        Level::Absent => ("absent", None),
    };
    let (passed, cases) = standing.score;
    let guest = standing.guest.map(|guest| guest.name());
    json!({
        "set": set, "program": standing.applet, "guest": guest, "level": level, "lacking": lacking,
        "cases": cases, "passed": passed,
    })
}

/// The tables of BusyBox's applets, of coreutils' programs, of those that Debian has beside them and of the shells: which
/// guest holds each, how far it goes, its score in the corpus.
fn all() -> String {
    let (busybox, gnu) = (Tally::of("APPLET", standings()), Tally::of("PROGRAM", gnu_standings()));
    let beside = Tally::of("PROGRAM", beside_standings());
    let shells = Tally::of("SHELL", vec![dash_standing(), bash_standing()]);
    format!(
        "{}\nBusyBox: {} applets in full, {} in part, {} not at all.\n\n\
         {}\nGNU coreutils: {} programs in full, {} in part, {} not at all.\n\n\
         {}\nBeside them: {} programs in full, {} in part.\n\n\
         {}\nKnown, but with nothing that stands in for it yet: toybox.\n\n\
         Scripts of wcr's own (--shim NAME), which run in place of programs of machine code: {}.\n",
        busybox.table,
        busybox.full,
        busybox.partial,
        busybox.absent,
        gnu.table,
        gnu.full,
        gnu.partial,
        gnu.absent,
        beside.table,
        beside.full,
        beside.partial,
        shells.table,
        bundled_shims().collect::<Vec<_>>().join(", ")
    )
}

/// A table of standings, and how many there are of each level.
struct Tally {
    table: String,
    full: usize,
    partial: usize,
    absent: usize,
}

impl Tally {
    fn of(title: &str, standings: Vec<Standing>) -> Self {
        let mut rows = vec![[title, "GUEST", "CORPUS", "STANDS IN"].map(str::to_owned)];
        let (mut full, mut partial, mut absent) = (0, 0, 0);
        for standing in standings {
            let level = match standing.level {
                Level::Full => {
                    full += 1;
                    "in full".to_owned()
                }
                Level::Partial(missing) => {
                    partial += 1;
                    format!("in part, without: {missing}")
                }
                Level::Absent => {
                    absent += 1;
                    "not at all".to_owned()
                }
            };
            let score = match standing.score {
                (_, 0) => "-".to_owned(),
                (passed, cases) => format!("{passed}/{cases}"),
            };
            let guest = standing.guest.map_or("-", |guest| guest.name());
            rows.push([standing.applet.to_owned(), guest.to_owned(), score, level]);
        }
        Self { table: output::table(&rows), full, partial, absent }
    }
}

fn of_image(reference: &Reference, as_json: bool) -> Result<u8> {
    let image = Store::open_default()?.open_image(reference)?.ok_or_else(|| not_in_store(reference))?;
    let mut rows = Vec::new();
    for file in executables(&from_store(image), guests())? {
        let (runs, what) = match file.runs {
            Rung::Guest(name) => (name.to_owned(), file.what),
            Rung::Shim(source) => {
                ("rhai".to_owned(), format!("{}: a script {} runs for it", file.what, source.words()))
            }
            Rung::Module => ("itself".to_owned(), file.what),
            Rung::Script(interpreter) => ("script".to_owned(), format!("a script for {interpreter}")),
            Rung::Nothing(reason) => ("-".to_owned(), format!("{}: {reason}", file.what)),
        };
        rows.push([shown(&file.path), runs, safe(&what)]);
    }
    if as_json {
        let rows: Vec<Value> =
            rows.iter().map(|[path, runs, what]| json!({"path": path, "runs": runs, "what": what})).collect();
        return output::print_json(&rows);
    }
    rows.insert(0, ["PATH", "RUNS", "WHAT IT IS"].map(str::to_owned));
    Ok(output::print(&output::table(&rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_applet_has_a_line() {
        let text = all();
        let line = |name: &str| text.lines().find(|line| line.split_whitespace().next() == Some(name));
        assert!(line("echo").is_some_and(|line| line.ends_with("in full")), "{text}");
        assert!(line("top").is_some_and(|line| line.contains("in part, without: ")), "{text}");
        let echo = standings().iter().find(|standing| standing.applet == "echo").map(|echo| fields("busybox", echo));
        assert_eq!(echo.unwrap()["level"], "full");
        assert!(line("dash").is_some_and(|line| line.contains(" sh ")), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("ls ")).count(), 2, "BusyBox's and coreutils'");
    }
}
