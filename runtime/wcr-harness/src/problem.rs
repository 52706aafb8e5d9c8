//! From an error of the script's engine to a failure that a person can read.

use rhai::{Dynamic, EvalAltResult, ParseErrorType, Position};

use crate::case::{Call, Failure, Place};
use crate::check::Mismatch;
use crate::forms;
use crate::limits::{ALL_OPERATIONS_MAX, CALLS_MAX, COMPUTING_MAX, ITEMS_MAX, OPERATIONS_MAX, STRING_MAX};
use crate::session::Session;
use crate::visible::visible;

/// Why a script is stopped.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// A check does not hold.
    Check(Mismatch, Position),
    /// The case, or what the script does outside of its cases, has used up its operations.
    Operations,
    /// The script with all its cases has.
    AllOperations,
    /// The script has used up its time.
    Time,
    /// A case has used up what the script has, and has been reported.
    Reported,
}

impl Stop {
    /// The error that stops the script. Only that of a check can be caught, and only it tells of the calls that it
    /// came through; the session keeps it, so that catching it is of no use.
    pub(crate) fn error(self) -> Box<EvalAltResult> {
        let check = matches!(self, Self::Check(..));
        let token = Dynamic::from(self);
        let error = if check { EvalAltResult::ErrorRuntime } else { EvalAltResult::ErrorTerminated };
        error(token, Position::NONE).into()
    }

    /// The stop that an error is, if it is one.
    pub(crate) fn of(error: &EvalAltResult) -> Option<Self> {
        match error {
            EvalAltResult::ErrorTerminated(token, _) | EvalAltResult::ErrorRuntime(token, _) => {
                token.clone().try_cast()
            }
            _ => None,
        }
    }

    /// Whether nothing of the script may run after it.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Self::AllOperations | Self::Time | Self::Reported)
    }
}

/// What an error is, without its place.
struct Problem {
    place: Option<Place>,
    what: String,
    detail: Vec<String>,
}

/// The failure that an error is.
pub(crate) fn failure(mut error: Box<EvalAltResult>, session: &Session) -> Failure {
    let mut calls = Vec::new();
    while let EvalAltResult::ErrorInFunctionCall(name, _, inner, position) = *error {
        // A closure's name is made up by the engine.
        if !name.starts_with("anon$") {
            calls.insert(0, Call { name, place: Place::of(position) });
        }
        error = inner;
    }
    let Problem { place, what, detail } = problem(*error);
    let line = place.and_then(|place| session.script.line(place.line));
    Failure { place, what, detail, calls, source_line: line.map(str::to_owned), last_run: session.last_run() }
}

fn problem(mut error: EvalAltResult) -> Problem {
    let stop = Stop::of(&error);
    // Without its position, the text of an error does not name it.
    let mut place = Place::of(error.take_position());
    let (what, detail) = match (&error, stop) {
        (_, Some(Stop::Check(mismatch, position))) => {
            place = Place::of(position).or(place);
            (mismatch.what, mismatch.detail)
        }
        (_, Some(Stop::Operations)) => (
            format!("the script takes more than {OPERATIONS_MAX} operations, and was stopped"),
            vec!["is there a loop without an end?".into()],
        ),
        (_, Some(Stop::AllOperations | Stop::Reported)) => (
            format!("the script takes more than {ALL_OPERATIONS_MAX} operations in all its cases, and was stopped"),
            vec!["is there a loop without an end? what follows of the script was not run".into()],
        ),
        (_, Some(Stop::Time)) => (
            format!("the script computes for more than {} seconds, and was stopped", COMPUTING_MAX.as_secs()),
            vec!["are there values nested very deep? what follows of the script was not run".into()],
        ),
        (EvalAltResult::ErrorParsing(kind, _), _) => (format!("the script cannot be read: {kind}"), advice(kind)),
        (EvalAltResult::ErrorRuntime(value, _), _) if value.is_string() => (value.to_string(), Vec::new()),
        (EvalAltResult::ErrorRuntime(value, _), _) => (format!("thrown: {value}"), Vec::new()),
        (EvalAltResult::ErrorFunctionNotFound(signature, _), _) => forms::no_function(signature),
        (EvalAltResult::ErrorVariableNotFound(name, _), _) => (
            format!("there is no variable `{name}`"),
            vec!["declare it with `let`; a function (`fn`) sees only what it is given".into()],
        ),
        (EvalAltResult::ErrorDataRace(..), _) => (
            "a variable that the closure has of its script is in use".into(),
            vec!["a closure of `mock` cannot use the container that runs meanwhile".into()],
        ),
        (EvalAltResult::ErrorStackOverflow(_), _) => (
            format!("functions call each other more than {CALLS_MAX} deep"),
            vec!["is there a recursion without an end?".into()],
        ),
        (EvalAltResult::ErrorDataTooLarge(what, _), _) => (
            format!("{what} over the limit"),
            vec![format!("a string has at most {STRING_MAX} bytes, an array, blob or map at most {ITEMS_MAX} items")],
        ),
        (error, _) => (error.to_string(), Vec::new()),
    };
    // Names and thrown texts are the script's, or a program's output.
    Problem { place, what: what.split('\n').map(visible).collect::<Vec<_>>().join("\n"), detail }
}

/// What to do about a script that cannot be read.
fn advice(kind: &ParseErrorType) -> Vec<String> {
    let advice = match kind {
        ParseErrorType::Reserved(word) if word == "import" || word == "export" => {
            "a test script stands alone: it has no modules"
        }
        ParseErrorType::Reserved(word) if word == "eval" => "write the code itself instead",
        ParseErrorType::Reserved(_) => "the word has a meaning in the language; choose another name",
        _ => return Vec::new(),
    };
    vec![advice.into()]
}
