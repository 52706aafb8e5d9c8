//! `wcr shims`.

use anyhow::Result;
use wcr_container::{Rung, executables, from_store, guests, shown};
use wcr_image::Reference;
use wcr_shims::Guest;
use wcr_store::Store;

use crate::args::ShimsArgs;
use crate::inspect::not_in_store;
use crate::output;
use crate::text::safe;

/// How wide a list of names may get.
const WIDTH: usize = 72;

/// Prints what stands in for which program, or what each executable of an image leads to.
pub(crate) fn shims(args: &ShimsArgs) -> Result<u8> {
    match &args.reference {
        Some(reference) => of_image(reference),
        None => Ok(output::print(&all())),
    }
}

/// The table of known programs and their stand-ins.
fn all() -> String {
    let mut out = "BusyBox is stood in for by bundled guests, an applet each:\n".to_owned();
    for guest in Guest::ALL {
        out.push_str(&format!("\n{}\n", guest.name()));
        let mut line = String::new();
        for name in guest.applets() {
            if line.len() + name.len() > WIDTH {
                out.push_str(&format!("  {}\n", line.trim_end()));
                line.clear();
            }
            line.push_str(name);
            line.push(' ');
        }
        out.push_str(&format!("  {}\n", line.trim_end()));
    }
    out.push_str("\nKnown, but with nothing that stands in for them yet: toybox, GNU coreutils, dash, bash.\n");
    out
}

fn of_image(reference: &Reference) -> Result<u8> {
    let image = Store::open_default()?.open_image(reference)?.ok_or_else(|| not_in_store(reference))?;
    let mut rows = vec![["PATH", "RUNS", "WHAT IT IS"].map(str::to_owned)];
    for file in executables(&from_store(image), guests())? {
        let (runs, what) = match file.runs {
            Rung::Guest(name) => (name.to_owned(), file.what),
            Rung::Module => ("itself".to_owned(), file.what),
            Rung::Script(interpreter) => ("script".to_owned(), format!("a script for {interpreter}")),
            Rung::Nothing(reason) => ("-".to_owned(), format!("{}: {reason}", file.what)),
        };
        rows.push([shown(&file.path), runs, safe(&what)]);
    }
    Ok(output::print(&output::table(&rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_applet_is_listed_once() {
        let text = all();
        for name in ["ls", "grep", "sh"] {
            assert_eq!(text.split_whitespace().filter(|word| *word == name).count(), 1 + usize::from(name == "sh"));
        }
        assert!(text.lines().all(|line| line.len() <= WIDTH + 20));
    }
}
