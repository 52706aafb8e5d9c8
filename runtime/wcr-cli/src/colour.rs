//! Colours: on terminals, unless the environment says otherwise (<https://no-color.org>, <https://bixense.com/clicolors>).

use std::io::IsTerminal;

/// How a text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Bold,
    Green,
    Red,
    Yellow,
}

/// Whether what is written to `stream` is painted.
pub(crate) fn on(stream: &impl IsTerminal) -> bool {
    is_wanted(stream.is_terminal(), |name| std::env::var(name).ok())
}

/// `NO_COLOR` forbids, `CLICOLOR_FORCE` demands, `CLICOLOR=0` forbids, and a terminal decides the rest.
fn is_wanted(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    if is_set("CLICOLOR_FORCE") {
        return true;
    }
    let forbidden = variable("CLICOLOR").is_some_and(|value| value == "0");
    terminal && !forbidden && variable("TERM").is_none_or(|term| term != "dumb")
}

/// The text in this colour, where `on`.
pub(crate) fn paint(text: &str, colour: Colour, on: bool) -> String {
    if !on {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Bold => 1,
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A help with its headings in bold: what stands at the beginning of a line and ends with a colon.
pub(crate) fn help(text: &str, on: bool) -> String {
    let painted = text.split_inclusive('\n').map(|line| {
        let heading = match line.split_once(':') {
            Some((heading, rest)) if rest.trim().is_empty() || heading == "Usage" => heading.len() + 1,
            _ => 0,
        };
        let (heading, rest) = line.split_at(heading);
        match heading.starts_with(|c: char| c.is_uppercase()) {
            true => format!("{}{rest}", paint(heading, Colour::Bold, on)),
            false => line.to_owned(),
        }
    });
    painted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides() {
        let wanted = |terminal, variables: &[(&str, &str)]| {
            is_wanted(terminal, |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(wanted(true, &[]) && !wanted(false, &[]));
        assert!(!wanted(true, &[("NO_COLOR", "1")]) && wanted(true, &[("NO_COLOR", "")]));
        assert!(!wanted(true, &[("CLICOLOR", "0")]) && wanted(true, &[("CLICOLOR", "1")]));
        assert!(!wanted(true, &[("TERM", "dumb")]) && wanted(true, &[("TERM", "xterm")]));
        assert!(wanted(false, &[("CLICOLOR_FORCE", "1")]) && !wanted(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!wanted(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }

    #[test]
    fn headings_are_bold() {
        let text = "About: it\n\nUsage: wcr run\n\nOptions:\n  -a  x:\n";
        let bold = "About: it\n\n\x1b[1mUsage:\x1b[0m wcr run\n\n\x1b[1mOptions:\x1b[0m\n  -a  x:\n";
        assert_eq!((help(text, true).as_str(), help(text, false).as_str()), (bold, text));
        assert_eq!(paint("x", Colour::Red, true), "\x1b[31mx\x1b[0m");
    }
}
