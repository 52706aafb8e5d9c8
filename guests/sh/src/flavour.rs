//! Whose behaviour the shell shows: that of BusyBox's ash, or that of Debian's dash, which is its elder brother.
//!
//! What dash has otherwise is here, in a word each; where it takes more than a word it has a module of its own:
//! its built-ins (`builtins::dash`), its arithmetic (`expand::arith::dash`), its options (`options::dash`).

use core::sync::atomic::{AtomicBool, Ordering};

use wcr_sys::Errno;

/// The number that the kernel gives for dash: its label in `wcr_shims`.
const DASH: u32 = 4;

/// Set before the first command is read, and never again.
static IS_DASH: AtomicBool = AtomicBool::new(false);

/// A shell whose behaviour this one shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// BusyBox's ash.
    Ash,
    /// Debian's dash.
    Dash,
}

/// Asks the kernel which shell this one stands in for.
pub fn learn() {
    IS_DASH.store(wcr_sys::process::flavour() == DASH, Ordering::Relaxed);
}

/// Whether this is dash.
#[must_use]
pub fn is_dash() -> bool {
    IS_DASH.load(Ordering::Relaxed)
}

/// The shell that this one stands in for.
#[must_use]
pub fn current() -> Flavour {
    if is_dash() { Flavour::Dash } else { Flavour::Ash }
}

impl Flavour {
    /// Where programs are looked for when the environment does not say it.
    #[must_use]
    pub const fn default_path(self) -> &'static [u8] {
        match self {
            Self::Ash => b"/sbin:/usr/sbin:/bin:/usr/bin",
            Self::Dash => b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
    }

    /// The exit status of a command one of whose redirections failed.
    #[must_use]
    pub const fn redirect_failure(self) -> u8 {
        match self {
            Self::Ash => 1,
            Self::Dash => 2,
        }
    }

    /// What is said of a file that a redirection cannot open, or with `create` not make.
    #[must_use]
    pub fn cannot_open(self, name: &[u8], create: bool, error: Errno) -> Vec<u8> {
        let verb: &[u8] = match (self, create) {
            (Self::Ash, false) => b"can't open ",
            (Self::Ash, true) => b"can't create ",
            (Self::Dash, false) => b"cannot open ",
            (Self::Dash, true) => b"cannot create ",
        };
        let reason = match (error, self, create) {
            (Errno::Noent | Errno::Notdir, Self::Ash, false) => "no such file",
            (Errno::Noent | Errno::Notdir, Self::Ash, true) => "nonexistent directory",
            (Errno::Noent | Errno::Notdir, Self::Dash, false) => "No such file",
            (Errno::Noent | Errno::Notdir, Self::Dash, true) => "Directory nonexistent",
            (error, ..) => error.message(),
        };
        [verb, name, b": ", reason.as_bytes()].concat()
    }

    /// What is said of a script, or a file of commands, that cannot be opened.
    #[must_use]
    pub fn cannot_read(self, path: &[u8], error: Errno) -> Vec<u8> {
        match self {
            Self::Ash => [b"can't open '", path, b"': ", error.message().as_bytes()].concat(),
            Self::Dash => self.cannot_open(path, false, error),
        }
    }

    /// What is said of a folder that `cd` cannot go to.
    #[must_use]
    pub fn cannot_change(self, target: &[u8], error: Errno) -> Vec<u8> {
        match self {
            Self::Ash => [b"can't cd to ", target, b": ", error.message().as_bytes()].concat(),
            Self::Dash => [b"can't cd to ", target].concat(),
        }
    }

    /// What is said of a job that there is not.
    #[must_use]
    pub fn no_such_job(self, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Ash => [name, b": no such job"].concat(),
            Self::Dash => [b"No such job: ", name].concat(),
        }
    }

    /// What is said of an option that there is not.
    #[must_use]
    pub fn illegal_option(self, option: &[u8]) -> Vec<u8> {
        match self {
            Self::Ash => [b"illegal option ", option].concat(),
            Self::Dash => [b"Illegal option ", option].concat(),
        }
    }

    /// What is said of an option that lacks its argument.
    #[must_use]
    pub fn no_argument(self, letter: u8) -> Vec<u8> {
        match self {
            Self::Ash => [b"no arg for -", &[letter][..], b" option"].concat(),
            Self::Dash => [b"No arg for -", &[letter][..], b" option"].concat(),
        }
    }

    /// What is wrong with a text, as the parser says it (see [`Self::unexpected`] for tokens out of place).
    #[must_use]
    pub fn syntax(self, message: &str) -> String {
        let (first, rest) = message.split_at(message.len().min(1));
        match self {
            Self::Ash => message.into(),
            Self::Dash => first.to_uppercase() + rest,
        }
    }

    /// What is said of a token that is out of place.
    #[must_use]
    pub fn unexpected(self, token: &str, expected: Option<&str>) -> String {
        let expecting = expected.map(|what| format!(" (expecting {what})")).unwrap_or_default();
        match self {
            Self::Ash => format!("unexpected {token}{expecting}"),
            Self::Dash => format!("{token} unexpected{expecting}"),
        }
    }

    /// What stands before an error of syntax.
    #[must_use]
    pub const fn syntax_prefix(self) -> &'static str {
        match self {
            Self::Ash => "syntax error: ",
            Self::Dash => "Syntax error: ",
        }
    }

    /// What `type` says a function is.
    #[must_use]
    pub const fn function(self) -> &'static [u8] {
        match self {
            Self::Ash => b" is a function",
            Self::Dash => b" is a shell function",
        }
    }
}

/// Whether the language has more than POSIX's: `[[`, `function`, `$'…'`, `<(…)`, `&>`, `${x:a:b}`, `${x/a/b}`, `|&`.
#[must_use]
pub fn is_extended() -> bool {
    !is_dash()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_each() {
        assert_eq!(Flavour::Ash.unexpected("word", Some("\"do\"")), "unexpected word (expecting \"do\")");
        assert_eq!(Flavour::Dash.unexpected("word", Some("\"do\"")), "word unexpected (expecting \"do\")");
        assert_eq!(Flavour::Dash.syntax("bad for loop variable"), "Bad for loop variable");
        assert_eq!(Flavour::Dash.syntax(""), "");
        assert_eq!(Flavour::Dash.cannot_open(b"x", true, Errno::Noent), b"cannot create x: Directory nonexistent");
        assert_eq!(Flavour::Ash.cannot_open(b"x", false, Errno::Acces), b"can't open x: Permission denied");
        assert_eq!(current(), Flavour::Ash);
    }
}
