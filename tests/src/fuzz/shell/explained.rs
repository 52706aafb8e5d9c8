//! The differences that are known, with their reasons.

use regex_lite::Regex;

use super::{Script, Shell};

/// The list in `fuzz/shell-explained.txt`, or `fuzz/dash-explained.txt`: each line is a regular expression that the script matches, a tabulator, and
/// why the answers differ.
pub struct Explained(Vec<(Regex, String)>);

impl Explained {
    /// Reads the list.
    ///
    /// # Panics
    /// The list in the source tree is damaged.
    pub fn load(shell: Shell) -> Self {
        Explained::parse(match shell {
            Shell::Ash => include_str!("../../../fuzz/shell-explained.txt"),
            Shell::Dash => include_str!("../../../fuzz/dash-explained.txt"),
        })
    }

    /// Reads the list for calls of applets, `fuzz/applets-explained.txt`.
    ///
    /// # Panics
    /// As [`Explained::load`].
    pub fn of_applets() -> Self {
        Explained::parse(include_str!("../../../fuzz/applets-explained.txt"))
    }

    /// Reads a list of this form: the text that is matched is what another comparison describes its cases with.
    ///
    /// # Panics
    /// The list is damaged.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(|line| {
            let (pattern, reason) = line.split_once('\t').unwrap_or_else(|| panic!("no reason: {line}"));
            (Regex::new(pattern).expect("a regular expression"), reason.to_owned())
        });
        Explained(entries.collect())
    }

    /// Why the answers to this script differ, if that is known.
    pub fn reason(&self, script: &Script) -> Option<&str> {
        self.reason_for(&script.text)
    }

    /// The reason that belongs to a text.
    pub fn reason_for(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|(pattern, _)| pattern.is_match(text)).map(|(_, reason)| reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;

    #[test]
    fn a_reason_belongs_to_scripts_that_match() {
        let explained = Explained::parse("# comment\n\nfoo +bar\tbecause\n");
        let script = |text: &str| Script { mode: Mode::File, text: text.into() };
        assert_eq!(explained.reason(&script("x\nfoo  bar\n")), Some("because"));
        assert_eq!(explained.reason(&script("foobar")), None);
    }
}
