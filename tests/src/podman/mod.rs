//! Sessions of docker's command lines, as podman and wcr answer them.
//!
//! The files of `tests/podman` hold scenarios: command lines with the answers that podman gave, and with wcr's where
//! those differ and are meant to, each with the reason, which `differences.txt` explains.

mod answer;
mod tool;
mod transcript;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use answer::Answer;
pub use tool::{Podman, Tool, Wcr};
pub use transcript::{Other, Scenario, Step, Transcript};

/// The reason that a difference has before somebody has found one.
pub const UNEXPLAINED: &str = "unexplained";

/// The folder of the scenarios.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("podman")
}

/// All files of scenarios, by their names.
///
/// # Errors
/// A file cannot be read, or makes no sense.
pub fn transcripts() -> Result<Vec<(PathBuf, Transcript)>, String> {
    let files = std::fs::read_dir(folder()).map_err(|error| format!("{}: {error}", folder().display()))?;
    let mut paths: Vec<PathBuf> = files.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "session"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let transcript = Transcript::parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))?;
        Ok((path, transcript))
    };
    paths.into_iter().map(read).collect()
}

/// The reasons for differences, by their names.
///
/// # Errors
/// The file cannot be read, or a line of it names no reason.
pub fn reasons() -> Result<BTreeMap<String, String>, String> {
    let path = folder().join("differences.txt");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let reason = |line: &str| {
        let (name, reason) = line.split_once(": ").ok_or_else(|| format!("{}: no reason: {line}", path.display()))?;
        Ok((name.to_owned(), reason.trim().to_owned()))
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(reason).collect()
}

/// What is wrong with the reasons: those that a scenario names and the list has not, and those that nothing needs.
pub fn unreasoned<'a>(
    reasons: &BTreeMap<String, String>,
    transcripts: impl IntoIterator<Item = &'a Transcript>,
) -> Vec<String> {
    let steps = transcripts.into_iter().flat_map(|transcript| &transcript.scenarios).flat_map(|scene| &scene.steps);
    let used: BTreeSet<&str> = steps.filter_map(|step| Some(step.other.as_ref()?.reason.as_str())).collect();
    let known: BTreeSet<&str> = reasons.keys().map(String::as_str).collect();
    let missing = used.difference(&known).map(|name| format!("differences.txt has no reason `{name}`"));
    let needless = known.difference(&used).map(|name| format!("nothing differs by the reason `{name}` any more"));
    missing.chain(needless).collect()
}

/// Plays scenarios with a tool, some at a time, each with a store of its own; the answers come in their order.
pub fn play(scenarios: &[&Scenario], tool: &(impl Tool + Sync), jobs: usize) -> Vec<Vec<Answer>> {
    let next = AtomicUsize::new(0);
    let played = Mutex::new(vec![Vec::new(); scenarios.len()]);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = scenarios.get(at) else { return };
            let answers = tool.play(scenario);
            if let Ok(mut played) = played.lock() {
                played[at] = answers;
            }
        }
    };
    std::thread::scope(|scope| (0..jobs.max(1)).for_each(|_| _ = scope.spawn(work)));
    played.into_inner().unwrap_or_default()
}
