//! The shell's options: their letters and names.

use crate::flavour;

/// An option of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opt {
    ErrExit,
    NoGlob,
    IgnoreEof,
    Interactive,
    Monitor,
    NoExec,
    Stdin,
    CommandString,
    XTrace,
    Verbose,
    NoClobber,
    AllExport,
    Notify,
    NoUnset,
    ErrTrace,
    Vi,
    PipeFail,
    Emacs,
    Privileged,
    NoLog,
    Debug,
    BraceExpand,
    FuncTrace,
    HashAll,
    HistExpand,
    History,
    InteractiveComments,
    Keyword,
    OneCmd,
    Physical,
    Posix,
}

/// A row of the table of options: the option, its letter, its long name.
type Row = (Opt, Option<u8>, &'static str);

/// An option, its letter and its long name, in the order of `set -o`. Those without a name are not listed. `vi` is taken
/// and stays off: this editor has no such mode.
const ASH: [Row; 17] = [
    (Opt::ErrExit, Some(b'e'), "errexit"),
    (Opt::NoGlob, Some(b'f'), "noglob"),
    (Opt::IgnoreEof, Some(b'I'), "ignoreeof"),
    (Opt::Interactive, Some(b'i'), ""),
    (Opt::Monitor, Some(b'm'), "monitor"),
    (Opt::NoExec, Some(b'n'), "noexec"),
    (Opt::Stdin, Some(b's'), ""),
    (Opt::CommandString, Some(b'c'), ""),
    (Opt::XTrace, Some(b'x'), "xtrace"),
    (Opt::Verbose, Some(b'v'), "verbose"),
    (Opt::NoClobber, Some(b'C'), "noclobber"),
    (Opt::AllExport, Some(b'a'), "allexport"),
    (Opt::Notify, Some(b'b'), "notify"),
    (Opt::NoUnset, Some(b'u'), "nounset"),
    (Opt::ErrTrace, Some(b'E'), "errtrace"),
    (Opt::Vi, None, "vi"),
    (Opt::PipeFail, None, "pipefail"),
];

/// The same for dash.
const DASH: [Row; 18] = [
    (Opt::ErrExit, Some(b'e'), "errexit"),
    (Opt::NoGlob, Some(b'f'), "noglob"),
    (Opt::IgnoreEof, Some(b'I'), "ignoreeof"),
    (Opt::Interactive, Some(b'i'), "interactive"),
    (Opt::Monitor, Some(b'm'), "monitor"),
    (Opt::NoExec, Some(b'n'), "noexec"),
    (Opt::Stdin, Some(b's'), "stdin"),
    (Opt::XTrace, Some(b'x'), "xtrace"),
    (Opt::Verbose, Some(b'v'), "verbose"),
    (Opt::Vi, Some(b'V'), "vi"),
    (Opt::Emacs, Some(b'E'), "emacs"),
    (Opt::NoClobber, Some(b'C'), "noclobber"),
    (Opt::AllExport, Some(b'a'), "allexport"),
    (Opt::Notify, Some(b'b'), "notify"),
    (Opt::NoUnset, Some(b'u'), "nounset"),
    (Opt::Privileged, Some(b'p'), "privileged"),
    (Opt::NoLog, None, "nolog"),
    (Opt::Debug, None, "debug"),
];

/// The same for bash.
const BASH: [Row; 31] = [
    (Opt::AllExport, Some(b'a'), "allexport"),
    (Opt::BraceExpand, Some(b'B'), "braceexpand"),
    (Opt::Emacs, None, "emacs"),
    (Opt::ErrExit, Some(b'e'), "errexit"),
    (Opt::ErrTrace, Some(b'E'), "errtrace"),
    (Opt::FuncTrace, Some(b'T'), "functrace"),
    (Opt::HashAll, Some(b'h'), "hashall"),
    (Opt::HistExpand, Some(b'H'), "histexpand"),
    (Opt::History, None, "history"),
    (Opt::IgnoreEof, None, "ignoreeof"),
    (Opt::InteractiveComments, None, "interactive-comments"),
    (Opt::Keyword, Some(b'k'), "keyword"),
    (Opt::Monitor, Some(b'm'), "monitor"),
    (Opt::NoClobber, Some(b'C'), "noclobber"),
    (Opt::NoExec, Some(b'n'), "noexec"),
    (Opt::NoGlob, Some(b'f'), "noglob"),
    (Opt::NoLog, None, "nolog"),
    (Opt::Notify, Some(b'b'), "notify"),
    (Opt::NoUnset, Some(b'u'), "nounset"),
    (Opt::OneCmd, Some(b't'), "onecmd"),
    (Opt::Physical, Some(b'P'), "physical"),
    (Opt::PipeFail, None, "pipefail"),
    (Opt::Posix, None, "posix"),
    (Opt::Privileged, Some(b'p'), "privileged"),
    (Opt::Verbose, Some(b'v'), "verbose"),
    (Opt::Vi, None, "vi"),
    (Opt::XTrace, Some(b'x'), "xtrace"),
    (Opt::Interactive, Some(b'i'), ""),
    (Opt::CommandString, Some(b'c'), ""),
    (Opt::Stdin, Some(b's'), ""),
    (Opt::Debug, Some(b'D'), ""),
];

/// The order of the letters in bash's `$-`.
const BASH_LETTERS: &[u8] = b"abefhikmnptuvxBCEHPTcs";

/// The options of the shell that this one stands in for.
fn table() -> &'static [Row] {
    match flavour::current() {
        flavour::Flavour::Ash => &ASH,
        flavour::Flavour::Dash => &DASH,
        flavour::Flavour::Bash => &BASH,
    }
}

impl Opt {
    /// The option that this one turns off where it is set by its letter.
    #[must_use]
    pub const fn excludes(self) -> Option<Self> {
        match self {
            Self::Vi => Some(Self::Emacs),
            Self::Emacs => Some(Self::Vi),
            _ => None,
        }
    }

    /// The option with this letter.
    #[must_use]
    pub fn from_letter(letter: u8) -> Option<Self> {
        table().iter().find(|(_, known, _)| *known == Some(letter)).map(|(option, ..)| *option)
    }

    /// The option with this long name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        table().iter().find(|(.., known)| !known.is_empty() && known.as_bytes() == name).map(|(option, ..)| *option)
    }
}

/// Which options are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options(u32);

impl Options {
    /// Whether the option is on.
    #[must_use]
    pub const fn has(self, option: Opt) -> bool {
        self.0 & (1 << option as u8) != 0
    }

    /// Turns an option on or off.
    pub fn set(&mut self, option: Opt, on: bool) {
        if option == Opt::Vi && flavour::is_ash() {
            return;
        }
        let bit = 1 << option as u8;
        if on {
            self.0 |= bit;
        } else {
            self.0 &= !bit;
        }
    }

    /// The letters of the options that are on: the value of `$-`.
    #[must_use]
    pub fn letters(self) -> Vec<u8> {
        if flavour::is_bash() {
            let on = |letter: &&u8| Opt::from_letter(**letter).is_some_and(|option| self.has(option));
            return BASH_LETTERS.iter().filter(on).copied().collect();
        }
        table().iter().rev().filter(|(option, ..)| self.has(*option)).filter_map(|(_, letter, _)| *letter).collect()
    }

    /// Names and states in the order of `set -o`.
    pub fn listed(self) -> impl Iterator<Item = (&'static str, bool)> {
        table().iter().filter(|(.., name)| !name.is_empty()).map(move |(option, _, name)| (*name, self.has(*option)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_in_reverse() {
        let mut options = Options::default();
        for letter in *b"excu" {
            options.set(Opt::from_letter(letter).unwrap(), true);
        }
        assert_eq!(options.letters(), b"uxce");
        options.set(Opt::XTrace, false);
        assert_eq!(options.letters(), b"uce");
        assert_eq!(Opt::from_name(b"pipefail"), Some(Opt::PipeFail));
        assert_eq!(Opt::from_name(b""), None);
        assert_eq!(options.listed().count(), 14);
    }
}
