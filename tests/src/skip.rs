//! Tests that cannot run here: which programs they need, and how they say that they were left out.

use std::io::Write;
use std::path::PathBuf;

/// The variable that names the file in which skipped tests are noted, one `NAME: REASON` a line.
const LOG_VARIABLE: &str = "WCR_SKIP_LOG";

/// The path of `program`, looked up on `PATH` and in the folders for administrators.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// Whether all of `programs` are here; if not, the calling test is noted as skipped and should return.
pub fn unless_installed(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    if missing.is_empty() {
        return true;
    }
    note(&format!("{} not installed", missing.join(" and ")));
    false
}

/// Notes that the calling test is skipped.
///
/// libtest knows no skipping at run time; the test command takes these tests off the passed ones.
///
/// # Panics
/// The log cannot be written: a skipped test would count as passed.
pub fn note(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("test"));
    eprint!("skipped: {line}");
    if let Some(path) = std::env::var_os(LOG_VARIABLE) {
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(path).expect("open the skip log");
        log.write_all(line.as_bytes()).expect("write the skip log");
    }
}
