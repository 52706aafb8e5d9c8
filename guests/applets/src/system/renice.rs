//! `renice`: changes how nice processes are.

use wcr_sys::user::{self, Processes};

use crate::core::accounts::Accounts;
use crate::number;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("renice", include_str!("usage/renice.txt"), renice);

/// Whose numbers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Process,
    Group,
    User,
}

/// A whole number in decimal, with a sign or without.
pub(super) fn integer(text: &[u8]) -> Option<i32> {
    let scanned = number::signed(text, 10);
    (!text.is_empty() && scanned.len == text.len()).then(|| i32::try_from(scanned.value).ok()).flatten()
}

fn renice(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut args = ctx.args;
    let mut relative = false;
    let mut first = args.split_first();
    // `-n` may have its number in the same word; a word that is only `-` and a letter is read without the `-`.
    let mut amount: Option<Vec<u8>> = None;
    if let Some((word, rest)) = first
        && let Some(attached) = word.strip_prefix(b"-n")
    {
        relative = true;
        args = rest;
        if !attached.is_empty() {
            amount = Some(attached.to_vec());
        }
        first = args.split_first();
    }
    let amount = match (amount, first) {
        (Some(amount), _) => amount,
        (None, Some((word, rest))) => {
            args = rest;
            word.clone()
        }
        (None, None) => return Err(ctx.usage()),
    };
    let Some(value) = integer(&amount) else {
        let shown = amount.strip_prefix(b"-").unwrap_or(&amount);
        return Err(ctx.die(&[b"invalid number '", shown, b"'"]));
    };
    let (mut kind, mut code) = (Kind::Process, 0);
    for arg in args {
        let mut word = arg.as_slice();
        if let [b'-', letter, rest @ ..] = word {
            let named = match letter {
                b'p' => Some(Kind::Process),
                b'g' => Some(Kind::Group),
                b'u' => Some(Kind::User),
                _ => None,
            };
            if let Some(named) = named {
                kind = named;
                if rest.is_empty() {
                    continue;
                }
                word = rest;
            }
        }
        if !apply(ctx, kind, word, value, relative) {
            code = 1;
        }
    }
    Ok(code)
}

/// Sets the value for what one word names; a failure has been said.
fn apply(ctx: &mut Context<'_>, kind: Kind, word: &[u8], value: i32, relative: bool) -> bool {
    let of = if kind == Kind::User {
        let Some(uid) = Accounts::default().user_named(word).map(|user| user.uid) else {
            ctx.complain(&[b"unknown user ", word]);
            return false;
        };
        Processes::User(uid)
    } else {
        let Some(id) = integer(word).and_then(|id| u32::try_from(id).ok()) else {
            ctx.complain(&[b"invalid number '", word, b"'"]);
            return false;
        };
        if kind == Kind::Group { Processes::Group(id) } else { Processes::One(id) }
    };
    let nice = if relative {
        match user::nice(of) {
            Ok(old) => old.saturating_add(value),
            Err(error) => {
                ctx.perror(&[b"getpriority"], error);
                return false;
            }
        }
    } else {
        value
    };
    user::set_nice(of, nice).inspect_err(|error| ctx.perror(&[b"setpriority"], *error)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn words() {
        assert!(run(&APPLET, &[]).2.contains("Usage: renice"));
        assert!(run(&APPLET, &["-n"]).2.contains("Usage: renice"));
        assert_eq!(run(&APPLET, &["x", "1"]).2, "renice: invalid number 'x'\n");
        assert_eq!(run(&APPLET, &["-n", "-p", "1"]).2, "renice: invalid number 'p'\n");
        assert_eq!(run(&APPLET, &["5", "-x", "1"]).2.lines().next(), Some("renice: invalid number '-x'"));
        assert_eq!(run(&APPLET, &["5"]), (0, String::new(), String::new()));
    }
}
