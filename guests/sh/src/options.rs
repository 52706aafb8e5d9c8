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

/// The options of the shell that this one stands in for.
fn table() -> &'static [Row] {
    if flavour::is_dash() { &DASH } else { &ASH }
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
        if option == Opt::Vi && !flavour::is_dash() {
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
