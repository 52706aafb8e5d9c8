//! What came of a case: passed, or failed at a place of the script.

/// A place in a script; both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The function's name.
    pub name: String,
    /// Where it was called.
    pub place: Option<Place>,
}

/// Why a case failed.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A case that has come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The script's file, as it was named.
    pub script: String,
    /// The case's name; `None` for a script's own code outside of cases.
    pub name: Option<String>,
    /// What it printed, line by line.
    pub printed: Vec<String>,
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
