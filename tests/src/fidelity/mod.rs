//! The fidelity corpora: command lines, and what the real programs answered to each.
//!
//! BusyBox's cases stand in `fidelity/corpus.jsonl`; those of applets that it has few of in `fidelity/archives.jsonl`, and
//! corner cases in `fidelity/sessions.jsonl`, `fidelity/shell.jsonl` and `fidelity/text.jsonl`. Those that wcr is known to answer differently stand in
//! `fidelity/known-failures.txt`, which may only get shorter. Those of GNU coreutils and the programs beside them stand in `fidelity/gnu.jsonl` and
//! `fidelity/gnu-known-failures.txt`, those of dash in `fidelity/dash.jsonl` and `fidelity/dash-known-failures.txt`,
//! those of bash in `fidelity/bash.jsonl` and `fidelity/bash-known-failures.txt`.

pub mod base64;
mod case;
mod subject;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

pub use case::{Answer, Case};
pub use subject::Subject;
pub use verdict::Verdict;

/// Whose answers a corpus holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// BusyBox 1.35.
    BusyBox,
    /// GNU coreutils 9.1 and the programs beside them, as Debian 12 has them.
    Gnu,
    /// Debian's dash 0.5.12.
    Dash,
    /// Debian's bash 5.2.15.
    Bash,
}

impl Flavour {
    /// The files of the corpus.
    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::BusyBox => &["corpus.jsonl", "archives.jsonl", "sessions.jsonl", "shell.jsonl", "text.jsonl"],
            Self::Gnu => &["gnu.jsonl"],
            Self::Dash => &["dash.jsonl"],
            Self::Bash => &["bash.jsonl"],
        }
    }

    /// What a case counts for: an applet or a program.
    pub fn program(self, case: &Case) -> &str {
        match self {
            Self::BusyBox => case.applet(),
            Self::Gnu => case.area(),
            Self::Dash => "dash",
            Self::Bash => "bash",
        }
    }

    /// The shell that runs the scripts.
    const fn shell(self) -> &'static str {
        match self {
            Self::BusyBox | Self::Gnu | Self::Dash => "sh",
            Self::Bash => "bash",
        }
    }
}

/// The folder of the corpus in the source tree.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fidelity")
}

/// All cases of a corpus, in order.
///
/// # Panics
/// The corpus in the source tree is damaged.
pub fn corpus(flavour: Flavour) -> Vec<Case> {
    let mut cases = Vec::new();
    for name in flavour.files() {
        let path = folder().join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(text.lines().map(Case::parse));
    }
    cases
}

/// The keys of the cases that are known to fail. In the list a tabulator and the reason may follow a key.
///
/// # Panics
/// The list cannot be read.
pub fn known_failures(flavour: Flavour) -> BTreeSet<String> {
    let text = fs::read_to_string(known_failures_path(flavour)).expect("read the list of known failures");
    text.lines().filter_map(known_failure).map(str::to_owned).collect()
}

/// The key in a line of that list; comments have none.
fn known_failure(line: &str) -> Option<&str> {
    line.split('\t').next().filter(|key| !key.is_empty() && !key.starts_with('#'))
}

/// Replaces the list of known failures. Comments stay, and so do the reasons of what is still in it.
///
/// # Panics
/// The list cannot be read or written.
pub fn write_known_failures(flavour: Flavour, keys: &BTreeSet<String>) {
    let before = fs::read_to_string(known_failures_path(flavour)).expect("read the list of known failures");
    let text = changed_failures(&before, keys);
    fs::write(known_failures_path(flavour), text).expect("write the list of known failures");
}

/// A list of known failures with these keys.
fn changed_failures(before: &str, keys: &BTreeSet<String>) -> String {
    let stays = |line: &&str| known_failure(line).is_none_or(|key| keys.contains(key));
    let listed: BTreeSet<&str> = before.lines().filter_map(known_failure).collect();
    let new = keys.iter().map(String::as_str).filter(|key| !listed.contains(key));
    before.lines().filter(stays).chain(new).map(|line| format!("{line}\n")).collect()
}

fn known_failures_path(flavour: Flavour) -> PathBuf {
    folder().join(match flavour {
        Flavour::BusyBox => "known-failures.txt",
        Flavour::Gnu => "gnu-known-failures.txt",
        Flavour::Dash => "dash-known-failures.txt",
        Flavour::Bash => "bash-known-failures.txt",
    })
}

/// How many of an applet's cases pass, and how many there are, by its name.
pub type Scores = BTreeMap<String, (usize, usize)>;

/// The scores that no run may fall below, and that `wcr shims` shows.
///
/// # Panics
/// The list cannot be read.
pub fn floor(flavour: Flavour) -> Scores {
    let text = fs::read_to_string(scores_path(flavour)).expect("read the list of scores");
    let line = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        Some((name, (words.next()?.parse().ok()?, words.next()?.parse().ok()?)))
    };
    text.lines().filter_map(line).collect()
}

/// Replaces the list of scores.
///
/// # Panics
/// The list cannot be written.
pub fn write_scores(flavour: Flavour, scores: &Scores) {
    let lines: String = scores.iter().map(|(name, (passed, cases))| format!("{name} {passed} {cases}\n")).collect();
    fs::write(scores_path(flavour), lines).expect("write the list of scores");
}

fn scores_path(flavour: Flavour) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shims/src").join(match flavour {
        Flavour::BusyBox => "scores.txt",
        Flavour::Gnu => "gnu-scores.txt",
        Flavour::Dash => "dash-scores.txt",
        Flavour::Bash => "bash-scores.txt",
    })
}

/// Runs the cases, `jobs` at a time, and hands each verdict to `report` in the order of the cases.
pub fn run(cases: &[Case], subject: &Subject, jobs: usize, mut report: impl FnMut(&Case, Verdict)) {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((number, case)) = take(cases, next) {
                    let verdict = Verdict::of(case, &subject.answer(case));
                    if sender.send((number, verdict)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting: Vec<Option<Verdict>> = cases.iter().map(|_| None).collect();
        let mut reported = 0;
        for (number, verdict) in results {
            waiting[number] = Some(verdict);
            while let Some(verdict) = waiting.get_mut(reported).and_then(Option::take) {
                report(&cases[reported], verdict);
                reported += 1;
            }
        }
    });
}

fn take<'a>(cases: &'a [Case], next: &AtomicUsize) -> Option<(usize, &'a Case)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, cases.get(number)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_failures_keeps_its_reasons() {
        let before = "# comment\na:1\tbecause\nb:2\n";
        let keys = ["a:1", "c:3"].map(str::to_owned).into();
        assert_eq!(changed_failures(before, &keys), "# comment\na:1\tbecause\nc:3\n");
        assert_eq!(before.lines().filter_map(known_failure).collect::<Vec<_>>(), ["a:1", "b:2"]);
    }
}
