//! The built-in commands.

mod applet;
mod bash;
mod control;
pub mod dash;
mod describe;
mod directory;
mod getopts;
mod help;
mod jobs;
mod limits;
mod options;
mod read;
mod signals;
mod ulimit;
mod umask;
mod variables;

pub use bash::declared;

use crate::flavour::{self, Flavour};
use crate::shell::{Flow, Shell};

/// A built-in command.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Runs it with its arguments, name included, and returns the exit status.
    pub run: fn(&mut Shell, &[Vec<u8>]) -> Flow<u8>,
    /// Whether it is one of POSIX's special built-ins (and `local`, `source`): assignments in front of it
    /// stay, its errors end the shell.
    pub special: bool,
    /// How far what it does reaches.
    pub reach: Reach,
}

/// How far what a built-in does reaches, which decides whether a subshell needs a process for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It only writes.
    Output,
    /// It changes what the shell keeps of variables, parameters and options, or reads.
    State,
    /// It changes more: the process, its children, its signals, its descriptors.
    Beyond,
}

const fn regular(name: &'static str, run: fn(&mut Shell, &[Vec<u8>]) -> Flow<u8>) -> Builtin {
    Builtin { name, run, special: false, reach: Reach::Beyond }
}

const fn special(name: &'static str, run: fn(&mut Shell, &[Vec<u8>]) -> Flow<u8>) -> Builtin {
    Builtin { name, run, special: true, reach: Reach::Beyond }
}

const fn pure(name: &'static str, run: fn(&mut Shell, &[Vec<u8>]) -> Flow<u8>) -> Builtin {
    Builtin { name, run, special: false, reach: Reach::Output }
}

impl Builtin {
    /// The same, changing only what the shell keeps.
    const fn within_state(mut self) -> Self {
        self.reach = Reach::State;
        self
    }
}

/// All built-ins, sorted by name.
static TABLE: [Builtin; 44] = [
    special(".", control::source),
    special(":", |_, _| Ok(0)).within_state(),
    pure("[", applet::bracket),
    pure("[[", applet::double_bracket),
    regular("alias", describe::alias),
    regular("bg", jobs::bg),
    special("break", control::leave_loop).within_state(),
    regular("cd", directory::cd),
    regular("chdir", directory::cd),
    regular("command", describe::command),
    special("continue", control::next_round).within_state(),
    pure("echo", applet::echo),
    special("eval", control::eval),
    special("exec", control::exec),
    special("exit", control::exit).within_state(),
    special("export", variables::export).within_state(),
    pure("false", |_, _| Ok(1)),
    regular("fg", jobs::fg),
    regular("getopts", getopts::getopts).within_state(),
    regular("hash", describe::hash),
    pure("help", help::help),
    regular("history", describe::history),
    regular("jobs", jobs::jobs),
    regular("kill", signals::kill),
    regular("let", variables::evaluate).within_state(),
    special("local", variables::local).within_state(),
    pure("printf", applet::printf),
    pure("pwd", directory::pwd),
    regular("read", read::read).within_state(),
    special("readonly", variables::readonly).within_state(),
    special("return", control::leave_function).within_state(),
    special("set", options::set),
    special("shift", options::shift).within_state(),
    special("source", control::source),
    pure("test", applet::test),
    special("times", limits::times),
    special("trap", signals::trap),
    pure("true", |_, _| Ok(0)),
    pure("type", describe::describe),
    regular("ulimit", ulimit::ulimit),
    regular("umask", umask::umask),
    regular("unalias", describe::unalias),
    special("unset", variables::unset).within_state(),
    regular("wait", jobs::wait),
];

/// The built-ins of the shell that this one stands in for.
fn table() -> &'static [Builtin] {
    match flavour::current() {
        Flavour::Ash => &TABLE,
        Flavour::Dash => &dash::TABLE,
        Flavour::Bash => &bash::TABLE,
    }
}

/// The built-in of this name.
#[must_use]
pub fn find(name: &[u8]) -> Option<&'static Builtin> {
    let table = table();
    table.binary_search_by(|builtin| builtin.name.as_bytes().cmp(name)).ok().and_then(|index| table.get(index))
}

/// All names, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    table().iter().map(|builtin| builtin.name)
}

/// Whether the name is a special built-in's, which no function may have.
#[must_use]
pub fn is_special(name: &[u8]) -> bool {
    !flavour::is_bash() && find(name).is_some_and(|builtin| builtin.special)
}

/// A number written in decimal digits only; of a large one the low 32 bits.
#[must_use]
pub fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = text.iter().map(|digit| u64::from(digit - b'0'));
    Some(digits.fold(0u64, |value, digit| value.saturating_mul(10).saturating_add(digit)) as u32)
}

impl Shell {
    /// A built-in's argument that must be a number.
    fn number_argument(&mut self, text: &[u8]) -> Flow<u32> {
        number(text).ok_or_else(|| self.fail(&[b"Illegal number: ", text].concat()))
    }

    /// Takes the options off a built-in's arguments, as letters with the argument for those that `spec`
    /// marks with a colon. Returns them and the operands.
    fn options<'a>(&mut self, args: &'a [Vec<u8>], spec: &[u8]) -> Flow<(Vec<(u8, &'a [u8])>, &'a [Vec<u8>])> {
        let mut found = Vec::new();
        let mut rest = args.get(1..).unwrap_or_default();
        while let Some((arg, after)) = rest.split_first() {
            let Some(letters) = arg.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else { break };
            rest = after;
            if letters == b"-" {
                break;
            }
            let mut letters = letters;
            while let Some((letter, tail)) = letters.split_first() {
                let place = spec.iter().position(|known| known == letter && *letter != b':');
                let Some(place) = place else {
                    return Err(self.fail(&flavour::current().illegal_option(&[b'-', *letter])));
                };
                letters = tail;
                if spec.get(place + 1) != Some(&b':') {
                    found.push((*letter, &b""[..]));
                    continue;
                }
                if letters.is_empty() {
                    let Some((value, after)) = rest.split_first() else {
                        let message = flavour::current().no_argument(*letter);
                        return Err(self.fail(&message));
                    };
                    found.push((*letter, value));
                    rest = after;
                } else {
                    found.push((*letter, letters));
                }
                break;
            }
        }
        Ok((found, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|builtin| builtin.name));
        assert!(find(b"cd").is_some() && find(b"nosuch").is_none());
    }

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(number(b"12"), Some(12));
        for text in ["", "-1", "+1", "1x"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }
}
