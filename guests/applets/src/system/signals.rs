//! The names of signals, and how a command line names one.

use wcr_sys::abi::Signal;

use crate::Context;
use crate::format::{decimal, parse_decimal, right};

/// The names by number, from 1 on.
const NAMES: [&[u8]; 31] = [
    b"HUP", b"INT", b"QUIT", b"ILL", b"TRAP", b"ABRT", b"BUS", b"FPE", b"KILL", b"USR1", b"SEGV", b"USR2", b"PIPE",
    b"ALRM", b"TERM", b"STKFLT", b"CHLD", b"CONT", b"STOP", b"TSTP", b"TTIN", b"TTOU", b"URG", b"XCPU", b"XFSZ",
    b"VTALRM", b"PROF", b"WINCH", b"POLL", b"PWR", b"SYS",
];

/// The number that a name or a number means; 0 means no signal, only a check.
#[must_use]
pub fn number(text: &[u8]) -> Option<u8> {
    if let Some(number) = parse_decimal(text) {
        return u8::try_from(number).ok().filter(|number| *number <= Signal::MAX);
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix(b"SIG").unwrap_or(&name);
    let other = match name {
        b"EXIT" => return Some(0),
        b"IOT" => b"ABRT".as_slice(),
        b"CLD" => b"CHLD",
        b"IO" => b"POLL",
        name => name,
    };
    let at = NAMES.iter().position(|known| *known == other)?;
    Some(at as u8 + 1)
}

/// The name of a signal, or its number in digits.
#[must_use]
pub fn name(number: u64) -> Vec<u8> {
    let known = usize::try_from(number).ok().and_then(|number| NAMES.get(number.checked_sub(1)?));
    known.map_or_else(|| decimal(number), |name| name.to_vec())
}

/// Prints all numbers and names.
pub fn list(ctx: &mut Context<'_>) {
    for (at, name) in NAMES.iter().enumerate() {
        let mut line = Vec::new();
        right(&mut line, &decimal(at as u64 + 1), 2, b' ');
        ctx.put(&[&line, b") ".as_slice(), name, b"\n"].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, expected) in
            [("9", Some(9)), ("kill", Some(9)), ("SIGTERM", Some(15)), ("0", Some(0)), ("IOT", Some(6))]
        {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
        assert_eq!((number(b"99"), number(b"FOO"), number(b"")), (None, None, None));
        assert_eq!((name(9), name(99)), (b"KILL".to_vec(), b"99".to_vec()));
    }
}
