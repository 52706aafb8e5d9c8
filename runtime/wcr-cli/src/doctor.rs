//! `wcr doctor`: looks at all that a run needs, and says what to do where something is not right.

use std::fs::{self, File};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;
use wcr_container::{RunOptions, Settings};
use wcr_registry::{config_file, configured};
use wcr_store::{Store, default_root};

use crate::colour::{self, Colour, paint};
use crate::exit::OK;
use crate::info::proxies;
use crate::output;
use crate::self_args::DoctorArgs;
use crate::text::{safe, size};

#[cfg(unix)]
#[path = "doctor_unix.rs"]
mod unix;

/// Something does not work.
const FAILED: u8 = 1;
/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Warn, advice: Some(advice.into()), ..Self::ok(name, found) }
    }

    fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Fail, ..Self::warn(name, found, advice) }
    }
}

/// Checks everything and tells it, a line each; the exit code is 1 where something does not work.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<u8> {
    let mut checks = store();
    checks.extend([programs(), container(), settings(), proxy_settings(), terminal()]);
    let code = if checks.iter().any(|check| check.state == State::Fail) { FAILED } else { OK };
    if args.json {
        return Ok(code.max(output::print_json(&checks)?));
    }
    Ok(code.max(output::print(&told(&checks, colour::on(&std::io::stdout())))))
}

fn told(checks: &[Check], coloured: bool) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let (word, colour) = match check.state {
            State::Ok => ("ok  ", Colour::Green),
            State::Warn => ("warn", Colour::Yellow),
            State::Fail => ("FAIL", Colour::Red),
        };
        let found = safe(&check.found.replace('\n', " "));
        text.push_str(&format!("{}  {:width$}  {found}\n", paint(word, colour, coloured), check.name));
        if let Some(advice) = &check.advice {
            text.push_str(&format!("{:width$}        -> {}\n", "", safe(advice)));
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    text.push_str(&match (count(State::Fail), count(State::Warn)) {
        (0, 0) => "\nall is well\n".to_owned(),
        (failed, warned) => format!("\n{failed} failed, {warned} to look at\n"),
    });
    text
}

/// The store: whether it is there, can be read and written, and has room; what lies around in it.
fn store() -> Vec<Check> {
    let root = match default_root() {
        Ok(root) => root,
        Err(error) => {
            return vec![Check::fail("store", error.to_string(), "set WCR_ROOT to a folder that you can write to")];
        }
    };
    let mut checks = Vec::new();
    let opened = Store::open(&root).and_then(|store| Ok((store.list()?.len(), store)));
    let shown = root.display();
    match &opened {
        Ok((images, _)) if root.exists() => {
            checks.push(Check::ok("store", format!("{shown}, {images} image{}", if *images == 1 { "" } else { "s" })))
        }
        Ok(_) => checks.push(Check::ok("store", format!("{shown} is not there yet; the first pull makes it"))),
        Err(error) => checks.push(Check::fail(
            "store",
            error.to_string(),
            "`wcr fsck --repair` repairs what is damaged; WCR_ROOT names another folder",
        )),
    }
    checks.push(writable(&root));
    #[cfg(unix)]
    checks.extend([unix::room(&root), unix::socket(&root)]);
    if let Ok((_, store)) = opened {
        checks.extend(usage(&store));
    }
    checks
}

/// The folder, or the one that it will be made in.
fn existing(folder: &Path) -> PathBuf {
    folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new(".")).to_owned()
}

fn writable(root: &Path) -> Check {
    let folder = existing(root);
    let probe = folder.join(format!(".wcr-doctor.{}", std::process::id()));
    let made = File::create_new(&probe).and_then(|file| file.sync_all());
    let removed = fs::remove_file(&probe);
    match made.and(removed) {
        Ok(()) => Check::ok("writing", format!("{} can be written to", folder.display())),
        Err(error) => Check::fail(
            "writing",
            format!("{} cannot be written to: {error}", folder.display()),
            "give this user access, or set WCR_ROOT to another folder",
        ),
    }
}

/// What lies around: files of what was broken off, compiled code.
fn usage(store: &Store) -> Vec<Check> {
    let usage = match store.usage() {
        Ok(usage) => usage,
        Err(error) => return vec![Check::fail("content", error.to_string(), "`wcr fsck` says more")],
    };
    let left = usage.temporary.reclaimable;
    let leftovers = match left {
        0 => Check::ok("leftovers", "none"),
        _ => Check::warn("leftovers", format!("{} of what was broken off", size(left)), "`wcr prune` removes them"),
    };
    let code = &usage.code;
    let found = format!("{} files, {} in {}", code.count, size(code.size), store.code_dir().display());
    vec![leftovers, Check::ok("compiled code", found)]
}

fn programs() -> Check {
    match wcr_container::guests().len() {
        0 => Check::fail("programs", "none are built into wcr", "build it with `cargo xtask build`"),
        count => Check::ok("programs", format!("{count} guests are built into wcr")),
    }
}

/// Runs a container of the built-in image.
fn container() -> Check {
    let started = Instant::now();
    let settings = Settings { command: vec![b"echo".to_vec(), b"hi".to_vec()], ..Settings::default() };
    let options = RunOptions { settings, ..RunOptions::default() };
    let ran = wcr_container::builtin().and_then(|image| wcr_container::run_captured(&image, options, Vec::new()));
    let advice = "this is a fault of wcr or of this machine; `wcr run --verbose --trace busybox echo hi` says more";
    match ran {
        Ok(ran) if ran.stdout == b"hi\n" && ran.outcome.code == 0 => {
            Check::ok("container", format!("printed hi after {:.1} ms", started.elapsed().as_secs_f64() * 1e3))
        }
        Ok(ran) => {
            let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
            Check::fail("container", format!("printed {printed:?} and ended with {}", ran.outcome.code), advice)
        }
        Err(error) => Check::fail("container", error.to_string(), advice),
    }
}

fn settings() -> Check {
    let path = config_file();
    match configured() {
        Err(error) => Check::fail("settings", error.to_string(), "correct the file, or remove it"),
        Ok(_) => match path {
            Some(path) if path.exists() => Check::ok("settings", path.display().to_string()),
            Some(path) => Check::ok("settings", format!("as by default; {} is not there", path.display())),
            None => Check::ok("settings", "as by default; there is no folder for a file of them"),
        },
    }
}

fn proxy_settings() -> Check {
    about_proxies(&proxies().into_iter().collect::<Vec<_>>())
}

fn about_proxies(set: &[(&'static str, String)]) -> Check {
    let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let differ = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"].into_iter().find(|name| {
        let (upper, lower) = (value(name), value(&name.to_lowercase()));
        upper.is_some() && lower.is_some() && upper != lower
    });
    let found: Vec<String> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
    match differ {
        Some(name) => {
            let advice = format!("{name} and {} differ; set both to the same", name.to_lowercase());
            Check::warn("proxies", found.join(" "), advice)
        }
        None if found.is_empty() => Check::ok("proxies", "none"),
        None => Check::ok("proxies", found.join(" ")),
    }
}

fn terminal() -> Check {
    let term = std::env::var("TERM").unwrap_or_default();
    let sized = terminal_size::terminal_size().map(|(width, height)| format!("{} by {}", width.0, height.0));
    match (std::io::stdin().is_terminal(), sized) {
        (false, _) => Check::ok("terminal", "standard input is none, so that `run -it` would be refused"),
        (true, Some(sized)) if !term.is_empty() => Check::ok("terminal", format!("{sized}, TERM={term}")),
        (true, Some(sized)) => Check::warn("terminal", sized, "set TERM, as in TERM=xterm; programs ask for it"),
        (true, None) => {
            Check::warn("terminal", "its size is unknown", "programs take it for 80 by 24; try another one")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_with_advice() {
        let checks = [
            Check::ok("store", "/x"),
            Check::warn("leftovers", "5 B", "`wcr prune`"),
            Check::fail("settings", "line 1\nis bad\x1b[2J", "correct it"),
        ];
        assert_eq!(
            told(&checks, false),
            "ok    store      /x\nwarn  leftovers  5 B\n                 -> `wcr prune`\n\
             FAIL  settings   line 1 is bad\\u{1b}[2J\n                 -> correct it\n\n1 failed, 1 to look at\n"
        );
        assert!(told(&checks[..1], false).ends_with("\nall is well\n"));
        assert!(told(&checks[..1], true).starts_with("\x1b[32mok"));
    }

    #[test]
    fn proxies_that_differ_are_told() {
        assert_eq!(about_proxies(&[]).state, State::Ok);
        let set = |lower: &str| about_proxies(&[("HTTP_PROXY", "http://a".into()), ("http_proxy", lower.into())]).state;
        assert_eq!((set("http://a"), set("http://b")), (State::Ok, State::Warn));
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_told() {
        let none = writable(Path::new("/proc/none/at/all"));
        assert_eq!(none.state, State::Fail, "{none:?}");
        assert_eq!(writable(&std::env::temp_dir()).state, State::Ok);
        assert_eq!(existing(Path::new("/none/at/all")), Path::new("/"));
    }

    #[test]
    fn a_container_prints_hi() {
        assert_eq!(programs().state, State::Ok);
        assert_eq!(container().state, State::Ok, "{:?}", container());
    }
}
