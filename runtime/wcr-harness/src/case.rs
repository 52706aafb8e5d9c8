//! What came of a case: passed, or failed at a place of the script.

use std::path::PathBuf;

use serde::Serialize;

use crate::check::Mismatch;

/// A place in a script; both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    /// The place that the script's engine means, if it knows one.
    pub(crate) fn of(position: rhai::Position) -> Option<Self> {
        Some(Self { line: position.line()?, column: position.position().unwrap_or(1) })
    }
}

/// A call of one of the script's functions on the way to a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The function's name.
    pub name: String,
    /// Where it was called.
    pub place: Option<Place>,
}

/// Why a case failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Where, if that is known.
    pub place: Option<Place>,
    /// What is wrong, in a sentence.
    pub what: String,
    /// More lines: a difference, values, what to do next.
    pub detail: Vec<String>,
    /// The calls that led there, the innermost first.
    pub calls: Vec<Call>,
    /// The source line at the place.
    pub source_line: Option<String>,
    /// What the last container before the failure ran, and how it ended.
    pub last_run: Vec<String>,
}

impl Failure {
    /// A failure that has no place in a script.
    pub(crate) fn plain(what: String, detail: Vec<String>) -> Self {
        Self { place: None, what, detail, calls: Vec::new(), source_line: None, last_run: Vec::new() }
    }
}

impl From<Mismatch> for Failure {
    fn from(Mismatch { what, detail }: Mismatch) -> Self {
        Self::plain(what, detail)
    }
}

/// A case that has come to its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// The script's file, as it was named.
    pub script: String,
    /// The case's name; `None` for a script's own code outside of cases.
    pub name: Option<String>,
    /// What it printed, line by line.
    pub printed: Vec<String>,
    /// How long it took, in seconds of the host.
    pub seconds: f64,
    /// Why it failed; `None` when it passed.
    pub failure: Option<Failure>,
}

impl Case {
    /// The script, and the case's name if it has one.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{}: {name}", self.script),
            None => self.script.clone(),
        }
    }
}

/// A script that has come to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// The script's file, as it was named.
    pub script: String,
    /// How many cases were run.
    pub cases: usize,
    /// How many were not: the selection does not take them.
    pub left_out: usize,
    /// What its own code has printed, line by line, where that is no case.
    pub printed: Vec<String>,
    /// The snapshots that were written.
    pub written: Vec<PathBuf>,
    /// The snapshots that no case asked for, where all were run and passed.
    pub unused: Vec<PathBuf>,
}

/// What the harness tells while it works.
#[derive(Debug)]
pub enum Event {
    /// A case has ended.
    Case(Case),
    /// A script has.
    Ended(Ended),
}
