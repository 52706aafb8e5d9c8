//! Switches with a value, which docker takes: `--rm=true`, `--detach=false`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Puts a switch into the place of the word that a command line failed by, or takes it out when the value is `false`.
/// Whether there was such a word.
pub(crate) fn turn(line: &mut Vec<OsString>, error: &clap::Error) -> bool {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (ErrorKind::TooManyValues, Some(switch), Some(value)) =
        (error.kind(), text(ContextKind::InvalidArg), text(ContextKind::InvalidValue))
    else {
        return false;
    };
    // As Go reads them.
    let on = match value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => true,
        "0" | "f" | "F" | "FALSE" | "false" | "False" => false,
        _ => return false,
    };
    let word = OsString::from(format!("{switch}={value}"));
    let Some(at) = line.iter().position(|other| *other == word) else { return false };
    line.splice(at..=at, on.then(|| switch.into()));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Command};

    #[test]
    fn switches_are_turned_on_and_off() {
        let command = || {
            let switch = Arg::new("rm").long("rm").short('r').action(ArgAction::SetTrue);
            Command::new("x").arg(switch).arg(Arg::new("words").num_args(0..).trailing_var_arg(true))
        };
        for (typed, meant) in [
            (&["x", "--rm=true", "a", "--rm=true"][..], Some(&["x", "--rm", "a", "--rm=true"][..])),
            (&["x", "--rm=0", "a"], Some(&["x", "a"])),
            (&["x", "--rm=maybe"], None),
            (&["x", "--other=true"], None),
        ] {
            let mut line: Vec<OsString> = typed.iter().map(OsString::from).collect();
            let error = command().try_get_matches_from(&line).unwrap_err();
            assert_eq!(turn(&mut line, &error), meant.is_some(), "{typed:?}");
            assert_eq!(line, meant.unwrap_or(typed).iter().map(OsString::from).collect::<Vec<_>>());
        }
    }
}
