//! What can be wrong with a format.

use std::ops::Range;

/// A format that cannot be used: where and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template parsing error: {line}:{column}: {reason}")]
pub(crate) struct FormatError {
    line: usize,
    column: usize,
    reason: Reason,
}

impl FormatError {
    /// The error for `reason` at this byte of the text.
    pub(super) fn new(text: &str, fault: Fault) -> Self {
        let before = text.get(..fault.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, reason: fault.reason }
    }

    /// The exit code that docker gives: 64 for a template that is none, 1 for one that does not suit the data.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.reason.is_of_data() { 1 } else { 64 }
    }
}

/// A reason, and the byte of the template that it is about.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) reason: Reason,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("unclosed action: no }}}} follows")]
    UnclosedAction,
    #[error("unclosed comment: no */ follows")]
    UnclosedComment,
    #[error("unterminated quoted string")]
    UnterminatedString,
    #[error("invalid escape in a string")]
    BadEscape,
    #[error("unexpected {0:?}")]
    BadCharacter(char),
    #[error("{0} is not a number")]
    BadNumber(String),
    #[error("missing value for {0}")]
    MissingValue(&'static str),
    #[error("unexpected {0}")]
    Unexpected(&'static str),
    #[error("{{{{{0}}}}} has no {{{{end}}}}")]
    NoEnd(&'static str),
    #[error("{{{{{0}}}}} outside of {{{{range}}}}")]
    OutsideRange(&'static str),
    #[error("{{{{{0}}}}} is not supported in formats")]
    Unsupported(String),
    #[error("there is no function `{0}`; there are {1}")]
    NoFunction(String, String),
    #[error("there is no variable `${0}`")]
    NoVariable(String),
    #[error("a value cannot be called with arguments")]
    NotCallable,
    #[error("templates lie too deep within each other")]
    TooDeep,
    #[error("there is no field `{name}`{}", naming(.known))]
    NoField { name: String, known: Vec<String> },
    #[error("there is no field `{name}` in {kind}")]
    NotAnObject { name: String, kind: &'static str },
    #[error("range can't iterate over {0}")]
    NotIterable(&'static str),
    #[error("range over a number sets one variable, not two")]
    NoKeys,
    #[error("{function} takes {} arguments, not {given}", arity(.takes))]
    Arguments { function: &'static str, takes: Range<usize>, given: usize },
    #[error("{function} wants {wanted}, not {kind}")]
    Kind { function: &'static str, wanted: &'static str, kind: &'static str },
    #[error("index out of range: {0}")]
    OutOfRange(String),
    #[error("{0} and {1} cannot be compared")]
    Incomparable(&'static str, &'static str),
}

impl Reason {
    /// Whether a template can be right for other data.
    fn is_of_data(&self) -> bool {
        matches!(
            self,
            Self::NoField { .. }
                | Self::NotAnObject { .. }
                | Self::NotIterable(_)
                | Self::NoKeys
                | Self::Arguments { .. }
                | Self::Kind { .. }
                | Self::OutOfRange(_)
                | Self::Incomparable(..)
                | Self::NotCallable
        )
    }
}

fn naming(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) }
}

fn arity(takes: &Range<usize>) -> String {
    match (takes.start, takes.end) {
        (start, usize::MAX) => format!("at least {start}"),
        (start, end) if end == start + 1 => start.to_string(),
        (start, end) => format!("{start} to {}", end - 1),
    }
}
