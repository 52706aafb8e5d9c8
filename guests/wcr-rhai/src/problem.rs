//! What is said of a script that has failed.

use rhai::{EvalAltResult, Position};

use crate::limits::{CALLS_MAX, CPU_SECONDS_MAX, ITEMS_MAX, OPERATIONS_MAX, STRING_MAX, UsedUp};

/// The exit code of a script that has failed: as of wcr's own failures.
pub(crate) const CODE: u8 = 125;

/// The message for an error: the program, the place in the script, what is wrong.
pub(crate) fn message(name: &str, origin: &str, mut error: EvalAltResult) -> String {
    // The innermost place is where it went wrong.
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = error {
        error = *inner;
    }
    let place = place(error.take_position());
    format!("{name}: {origin}{place}: {}", what(&error))
}

fn place(position: Position) -> String {
    match (position.line(), position.position()) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        (Some(line), None) => format!(":{line}"),
        (None, _) => String::new(),
    }
}

fn what(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorTerminated(token, _) => match token.clone().try_cast() {
            Some(UsedUp::Operations) => {
                format!("the script takes more than {OPERATIONS_MAX} operations; is there a loop without an end?")
            }
            Some(UsedUp::Time) => format!(
                "the script takes more than {CPU_SECONDS_MAX} seconds of CPU time; is there a loop over large values?"
            ),
            None => error.to_string(),
        },
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        EvalAltResult::ErrorStackOverflow(_) => {
            format!("functions call each other more than {CALLS_MAX} deep; is there a recursion without an end?")
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            format!(
                "{what} over the limit: a string has at most {STRING_MAX} bytes, an array, blob or map {ITEMS_MAX} items"
            )
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) => format!("there is no function or method `{signature}`"),
        EvalAltResult::ErrorVariableNotFound(name, _) => {
            format!("there is no variable `{name}`; a function (`fn`) sees only what it is given")
        }
        EvalAltResult::ErrorParsing(kind, _) => format!("the script cannot be read: {kind}"),
        other => other.to_string(),
    }
}
