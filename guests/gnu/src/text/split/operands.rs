//! What the options of `split` ask for: how pieces are cut.

use applets::format::parse_decimal;
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::Errno;

use crate::dispatch::wrong_usage;
use crate::quote;
use crate::size::{self, UNITS};

/// How pieces are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Lines(u64),
    Bytes(u64),
    /// Whole lines of so many bytes together.
    LineBytes(u64),
    /// So many pieces; only one of them is printed where a number is given.
    Chunks {
        kind: Chunks,
        count: u64,
        only: Option<u64>,
    },
}

/// What the pieces of `-n` are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    Bytes,
    Lines,
    /// Lines in turn.
    Turns,
}

/// How pieces are cut, and what separates lines.
pub(super) fn read_way(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(Way, u8), Quit> {
    let (mut way, mut separator, mut digits) = (None, None, Vec::new());
    let cannot = |ctx: &mut Context<'_>| wrong_usage(ctx, 1, &[b"cannot split in more than one way"]);
    let mut set = |ctx: &mut Context<'_>, new: Way| match way.replace(new) {
        None => Ok(()),
        Some(_) => Err(cannot(ctx)),
    };
    for (at, (key, value)) in parsed.options.iter().enumerate() {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'l' => {
                let count = positive(ctx, text, b"", b"invalid number of lines")?;
                set(ctx, Way::Lines(count))?;
            }
            b'b' => {
                let count = positive(ctx, text, UNITS, b"invalid number of bytes")?;
                set(ctx, Way::Bytes(count))?;
            }
            b'C' => {
                let count = positive(ctx, text, UNITS, b"invalid number of bytes")?;
                set(ctx, Way::LineBytes(count))?;
            }
            b'n' => {
                let chunks = read_chunks(ctx, text)?;
                set(ctx, chunks)?;
            }
            b't' => {
                let byte = match text {
                    b"" => return Err(ctx.die(&[b"empty record separator"])),
                    [byte] => *byte,
                    b"\\0" => 0,
                    _ => return Err(ctx.die(&[b"multi-character separator ", &quote::locale(text)])),
                };
                if separator.is_some_and(|before| before != byte) {
                    return Err(ctx.die(&[b"multiple separator characters specified"]));
                }
                separator = Some(byte);
            }
            digit if digit.is_ascii_digit() => {
                // Digits that follow each other in one argument are one number.
                let follows = at > 0 && parsed.options.get(at - 1).is_some_and(|(before, _)| before.is_ascii_digit());
                if !follows || ctx.args.iter().any(|arg| arg.as_slice() == [b'-', digit]) {
                    digits.clear();
                }
                digits.push(digit);
            }
            _ => {}
        }
    }
    if !digits.is_empty() {
        let wrong =
            |ctx: &mut Context<'_>| wrong_usage(ctx, 1, &[b"invalid number of lines: ", &quote::locale(&digits)]);
        let count = parse_decimal(&digits).filter(|count| *count > 0);
        let count = count.ok_or_else(|| wrong(ctx))?;
        if way.replace(Way::Lines(count)).is_some() {
            return Err(cannot(ctx));
        }
    }
    Ok((way.unwrap_or(Way::Lines(1000)), separator.unwrap_or(b'\n')))
}

/// A number from 1 on.
fn positive(ctx: &mut Context<'_>, text: &[u8], units: &[u8], what: &[u8]) -> Result<u64, Quit> {
    match size::parse_or_tell(ctx, text, units, what, 1)? {
        0 => Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Range)),
        count => Ok(count),
    }
}

/// `N`, `K/N`, and the same behind `l/` or `r/`.
fn read_chunks(ctx: &mut Context<'_>, text: &[u8]) -> Result<Way, Quit> {
    let (kind, rest) = match text {
        [b'l', b'/', rest @ ..] => (Chunks::Lines, rest),
        [b'r', b'/', rest @ ..] => (Chunks::Turns, rest),
        rest => (Chunks::Bytes, rest),
    };
    let slash = rest.iter().position(|byte| *byte == b'/');
    let (number, count) = match slash {
        Some(at) => (rest.get(..at), rest.get(at + 1..).unwrap_or_default()),
        None => (None, rest),
    };
    let what = b"invalid chunk number";
    // A number of another kind than one is told of before the count is read.
    let only = match number {
        None => None,
        Some(number) => Some(size::parse_or_tell(ctx, number, b"", what, 1)?),
    };
    let count = positive(ctx, count, b"", b"invalid number of chunks")?;
    if let (Some(only), Some(number)) = (only, number)
        && (only == 0 || only > count)
    {
        return Err(ctx.die_errno(&[what, b": ", &quote::locale(number)], Errno::Range));
    }
    Ok(Way::Chunks { kind, count, only })
}
