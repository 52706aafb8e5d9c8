//! Random shell scripts, run by the real BusyBox and by wcr.

mod answer;
mod arith;
mod commands;
mod explained;
mod idioms;
mod processes;
mod script;
mod shrink;
mod subject;
mod texts;
mod word;

pub use answer::{Answer, Verdict};
pub use explained::Explained;
pub use script::Script;
pub use shrink::shrink;
pub use subject::{Care, Shell, Subject};

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use super::Random;

/// How many scripts run in one go. Each that seems to differ runs again alone.
const BATCH: u64 = 25;

/// How the shell gets a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `sh -c SCRIPT`
    Argument,
    /// `sh FILE`
    File,
    /// `sh < FILE`
    Input,
}

impl Mode {
    fn random(random: &mut Random) -> Self {
        [Mode::File, Mode::Argument, Mode::Input][random.weighted(&[3, 3, 1])]
    }

    /// The word by which the frame around a script knows it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Argument => "argument",
            Mode::File => "file",
            Mode::Input => "input",
        }
    }
}

/// Makes a text of shell as it goes along: what all parts of the grammar share.
struct Maker {
    random: Random,
    /// How deep constructs nest.
    depth: usize,
    /// Names of functions that are defined, each of which calls only those before it.
    functions: usize,
    /// How many loops have been made: each has a counter of its own.
    loops: usize,
    /// Bodies of here-documents that the current line owes.
    documents: Vec<String>,
}

impl Maker {
    fn new(random: Random) -> Self {
        Maker { random, depth: 0, functions: 0, loops: 0, documents: Vec::new() }
    }

    /// Whether there is room for another level.
    fn deep(&self, most: usize) -> bool {
        self.depth >= most
    }

    /// Runs a part of the grammar one level deeper.
    fn nest<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let made = make(self);
        self.depth -= 1;
        made
    }

    /// Runs a part of the grammar whose here-documents end within it.
    fn enclosed(&mut self, make: impl FnOnce(&mut Self) -> String) -> String {
        let outer = core::mem::take(&mut self.documents);
        let mut text = self.nest(make);
        text.push_str(&self.line_end());
        self.documents = outer;
        text
    }

    /// A line's end with the here-documents that are due there.
    fn line_end(&mut self) -> String {
        let mut text = String::from("\n");
        self.documents.drain(..).for_each(|document| text.push_str(&document));
        text
    }
}

/// How many scripts may run at a time: one for each processor.
pub fn jobs() -> u32 {
    std::thread::available_parallelism().map_or(2, |count| u32::try_from(count.get()).unwrap_or(2))
}

/// A script whose answers differ.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The seed it came of.
    pub seed: u64,
    /// The script.
    pub script: Script,
    /// The answers.
    pub verdict: Verdict,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "=== seed {}", self.seed)?;
        write!(out, "{}{}", self.script, self.verdict)
    }
}

/// Makes the scripts that differ smaller, `jobs` at a time and each with at most `trials` runs, as long as the same
/// part of the answer differs. Each is handed to `report` when it is small.
pub fn shrink_all(
    subject: &Subject,
    different: Vec<Difference>,
    jobs: u32,
    trials: usize,
    mut report: impl FnMut(Difference),
) {
    let next = AtomicU64::new(0);
    let (sender, small) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let (sender, next, different) = (sender.clone(), &next, &different);
            scope.spawn(move || {
                let place = subject.place();
                while let Some(found) = different.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let mut found = found.clone();
                    if let Some(part) = found.verdict.part() {
                        let small = shrink(&found.script, trials, |script| {
                            subject.verdict(&place, script, Care::LITTLE).part() == Some(part)
                        });
                        // What differs now and then only is shown as it was found.
                        let verdict = subject.verdict(&place, &small, Care::FULL);
                        if verdict.part() == Some(part) {
                            (found.script, found.verdict) = (small, verdict);
                        }
                    }
                    if sender.send(found).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        small.into_iter().for_each(&mut report);
    });
}

/// Runs the scripts that `make` makes of these seeds, `jobs` at a time, and hands each verdict to `report` as it comes,
/// until that returns false.
pub fn run(
    subject: &Subject,
    seeds: Range<u64>,
    jobs: u32,
    make: impl Fn(u64) -> Script + Sync,
    mut report: impl FnMut(u64, &Script, Verdict) -> bool,
) {
    let next = AtomicU64::new(seeds.start);
    let (sender, verdicts) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let (sender, next, make) = (sender.clone(), &next, &make);
            scope.spawn(move || {
                let place = subject.place();
                loop {
                    let first = next.fetch_add(BATCH, Ordering::Relaxed);
                    let batch = first..seeds.end.min(first + BATCH);
                    if batch.is_empty() {
                        return;
                    }
                    let scripts: Vec<Script> = batch.clone().map(make).collect();
                    let verdicts = subject.verdicts(&place, &scripts, Care::FULL);
                    for (seed, (script, verdict)) in batch.zip(scripts.into_iter().zip(verdicts)) {
                        if sender.send((seed, script, verdict)).is_err() {
                            return;
                        }
                    }
                }
            });
        }
        drop(sender);
        for (seed, script, verdict) in verdicts {
            if !report(seed, &script, verdict) {
                next.store(seeds.end, Ordering::Relaxed);
            }
        }
    });
}
