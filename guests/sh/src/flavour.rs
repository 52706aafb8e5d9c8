//! Whose behaviour the shell shows: that of BusyBox's ash, that of Debian's dash, which is its elder brother, or that of
//! GNU bash.
//!
//! What the others have otherwise is here, in a word each; where it takes more than a word it has a module of its own:
//! their built-ins (`builtins::dash`, `builtins::bash`), their arithmetic (`expand::arith`), their options (`options`), and
//! what only bash has (`bash`, `expand::bash`, `syntax::bash`).

use core::sync::atomic::{AtomicU8, Ordering};

use wcr_sys::Errno;

/// The number that the kernel gives for dash: its label in `wcr_shims`.
const DASH: u32 = 4;

/// The same for bash.
const BASH: u32 = 5;

/// The shell, set before the first command is read, and never again.
static CURRENT: AtomicU8 = AtomicU8::new(Flavour::Ash as u8);

/// A shell whose behaviour this one shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// BusyBox's ash.
    Ash,
    /// Debian's dash.
    Dash,
    /// GNU bash 5.2.
    Bash,
}

/// Asks the kernel which shell this one stands in for.
pub fn learn() {
    let flavour = match wcr_sys::process::flavour() {
        DASH => Flavour::Dash,
        BASH => Flavour::Bash,
        _ => Flavour::Ash,
    };
    CURRENT.store(flavour as u8, Ordering::Relaxed);
}

/// Whether this is dash.
#[must_use]
pub fn is_dash() -> bool {
    CURRENT.load(Ordering::Relaxed) == Flavour::Dash as u8
}

/// Whether this is bash.
#[must_use]
pub fn is_bash() -> bool {
    CURRENT.load(Ordering::Relaxed) == Flavour::Bash as u8
}

/// Whether this is BusyBox's ash.
#[must_use]
pub fn is_ash() -> bool {
    CURRENT.load(Ordering::Relaxed) == Flavour::Ash as u8
}

/// The shell that this one stands in for.
#[must_use]
pub fn current() -> Flavour {
    if is_dash() {
        Flavour::Dash
    } else if is_bash() {
        Flavour::Bash
    } else {
        Flavour::Ash
    }
}

impl Flavour {
    /// Where programs are looked for when the environment does not say it.
    #[must_use]
    pub const fn default_path(self) -> &'static [u8] {
        match self {
            Self::Ash => b"/sbin:/usr/sbin:/bin:/usr/bin",
            Self::Dash => b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            Self::Bash => b"/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin:.",
        }
    }

    /// The exit status of a command one of whose redirections failed.
    #[must_use]
    pub const fn redirect_failure(self) -> u8 {
        match self {
            Self::Ash | Self::Bash => 1,
            Self::Dash => 2,
        }
    }

    /// What is said of a file that a redirection cannot open, or with `create` not make.
    #[must_use]
    pub fn cannot_open(self, name: &[u8], create: bool, error: Errno) -> Vec<u8> {
        let verb: &[u8] = match (self, create) {
            (Self::Bash, _) => b"",
            (Self::Ash, false) => b"can't open ",
            (Self::Ash, true) => b"can't create ",
            (Self::Dash, false) => b"cannot open ",
            (Self::Dash, true) => b"cannot create ",
        };
        let reason = match (error, self, create) {
            (Errno::Exist, Self::Bash, true) => "cannot overwrite existing file",
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
            Self::Dash | Self::Bash => self.cannot_open(path, false, error),
        }
    }

    /// What is said of a folder that `cd` cannot go to.
    #[must_use]
    pub fn cannot_change(self, target: &[u8], error: Errno) -> Vec<u8> {
        match self {
            Self::Ash => [b"can't cd to ", target, b": ", error.message().as_bytes()].concat(),
            Self::Dash => [b"can't cd to ", target].concat(),
            Self::Bash => [target, b": ", error.message().as_bytes()].concat(),
        }
    }

    /// What is said of a job that there is not.
    #[must_use]
    pub fn no_such_job(self, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Ash | Self::Bash => [name, b": no such job"].concat(),
            Self::Dash => [b"No such job: ", name].concat(),
        }
    }

    /// What is said of an option that there is not.
    #[must_use]
    pub fn illegal_option(self, option: &[u8]) -> Vec<u8> {
        match self {
            Self::Ash => [b"illegal option ", option].concat(),
            Self::Dash => [b"Illegal option ", option].concat(),
            Self::Bash => [option, b": invalid option"].concat(),
        }
    }

    /// What is said of an option that lacks its argument.
    #[must_use]
    pub fn no_argument(self, letter: u8) -> Vec<u8> {
        match self {
            Self::Ash => [b"no arg for -", &[letter][..], b" option"].concat(),
            Self::Dash => [b"No arg for -", &[letter][..], b" option"].concat(),
            Self::Bash => [b"-", &[letter][..], b": option requires an argument"].concat(),
        }
    }

    /// What is wrong with a text, as the parser says it (see [`Self::unexpected`] for tokens out of place).
    #[must_use]
    pub fn syntax(self, message: &str) -> String {
        let (first, rest) = message.split_at(message.len().min(1));
        match self {
            Self::Ash | Self::Bash => message.into(),
            Self::Dash => first.to_uppercase() + rest,
        }
    }

    /// What is said of a token that is out of place.
    #[must_use]
    pub fn unexpected(self, token: &str, expected: Option<&str>) -> String {
        let expecting = expected.map(|what| format!(" (expecting {what})")).unwrap_or_default();
        match self {
            Self::Ash | Self::Bash => format!("unexpected {token}{expecting}"),
            Self::Dash => format!("{token} unexpected{expecting}"),
        }
    }

    /// What stands before an error of syntax.
    #[must_use]
    pub const fn syntax_prefix(self) -> &'static str {
        match self {
            Self::Ash | Self::Bash => "syntax error: ",
            Self::Dash => "Syntax error: ",
        }
    }

    /// What is said of an assignment to a variable that may not change.
    #[must_use]
    pub fn read_only(self, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Ash | Self::Dash => [name, b": is read only"].concat(),
            Self::Bash => [name, b": readonly variable"].concat(),
        }
    }

    /// The exit status of an error of the shell.
    #[must_use]
    pub const fn failure(self) -> u8 {
        match self {
            Self::Ash | Self::Dash => 2,
            Self::Bash => 1,
        }
    }

    /// What is said of a program that is not there.
    #[must_use]
    pub const fn not_found(self, is_path: bool) -> &'static str {
        match (self, is_path) {
            (Self::Ash | Self::Dash, _) => "not found",
            (Self::Bash, false) => "command not found",
            (Self::Bash, true) => "No such file or directory",
        }
    }

    /// What `type` says a function is.
    #[must_use]
    pub const fn function(self) -> &'static [u8] {
        match self {
            Self::Ash | Self::Bash => b" is a function",
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
