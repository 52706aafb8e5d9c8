//! `tr`: other bytes for bytes.

use wcr_sys::{Errno, fd};

use crate::escape::{self, Escape, Octal};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "tr",
    "tr [-cds] STRING1 [STRING2]\n\n\
     Translate, squeeze, or delete characters from stdin, writing to stdout\n\n\
     \t-c\tTake complement of STRING1\n\
     \t-d\tDelete input characters coded STRING1\n\
     \t-s\tSqueeze multiple output characters of STRING2 into one character",
    main,
)
.on_write_failure(crate::WriteFailure::Fail);

const SPEC: Spec = Spec::short("+Ccds");
const BLOCK: usize = 64 << 10;
/// Up to so many shifts, trying each for a vector of bytes is faster than looking up each byte.
const SHIFTS_MAX: usize = 24;
/// No byte.
const NONE: u16 = 0x100;

/// What becomes of each byte.
struct Table {
    to: [u8; 256],
    delete: [bool; 256],
    squeeze: [bool; 256],
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let (deletes, squeezes) = (parsed.has(b'd'), parsed.has(b's'));
    let (first, second) = match parsed.operands.as_slice() {
        [] => return Err(ctx.usage()),
        [first] => (first, None),
        [first, second, ..] => (first, Some(second)),
    };
    let mut from = expand(first).ok_or_else(|| ctx.usage())?;
    if parsed.last_of(b"Cc").is_some() {
        from = (0..=255).filter(|byte| !from.contains(byte)).collect();
    }
    let to = match second {
        None => None,
        Some(second) if second.is_empty() => return Err(ctx.die(&[b"STRING2 cannot be empty"])),
        Some(second) => Some(expand(second).ok_or_else(|| ctx.usage())?),
    };
    let mut table = Table { to: core::array::from_fn(|byte| byte as u8), delete: [false; 256], squeeze: [false; 256] };
    for (at, byte) in from.iter().enumerate() {
        let byte = usize::from(*byte);
        table.delete[byte] = deletes;
        table.squeeze[byte] = squeezes && to.is_none();
        if let (false, Some(to)) = (deletes, &to) {
            table.to[byte] = to.get(at).or(to.last()).copied().unwrap_or(byte as u8);
        }
    }
    for byte in to.iter().flatten().filter(|_| squeezes) {
        table.squeeze[usize::from(*byte)] = true;
    }
    copy(ctx, &table).map_err(|error| ctx.die_errno(&[b"read error"], error))?;
    Ok(0)
}

fn copy(ctx: &mut Context<'_>, table: &Table) -> Result<(), Errno> {
    let maps_only = !table.delete.contains(&true) && !table.squeeze.contains(&true);
    let deletes_only = !table.squeeze.contains(&true);
    let shifts = shifts(&table.to);
    let (mut block, mut out) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut last = NONE;
    while ctx.write_error().is_none() {
        let bytes = match fd::read(fd::STDIN, &mut block) {
            Ok(0) => break,
            Ok(n) => block.get_mut(..n).unwrap_or_default(),
            Err(Errno::Intr) => continue,
            Err(error) => return Err(error),
        };
        if maps_only {
            match shifts.as_deref() {
                Some(shifts) => shift(bytes, shifts),
                None => bytes.iter_mut().for_each(|byte| *byte = table.to[usize::from(*byte)]),
            }
            ctx.put(bytes);
            continue;
        }
        let mut len = 0;
        if deletes_only {
            for byte in bytes.iter() {
                if let Some(slot) = out.get_mut(len) {
                    *slot = *byte;
                }
                len += usize::from(!table.delete[usize::from(*byte)]);
            }
            ctx.put(out.get(..len).unwrap_or_default());
            continue;
        }
        // Each byte is written, and the place kept where it stays: no branch depends on the text.
        for byte in bytes.iter() {
            let to = u16::from(table.to[usize::from(*byte)]);
            let repeats = last == to && table.squeeze[usize::from(to as u8)];
            let deleted = table.delete[usize::from(*byte)];
            if let Some(slot) = out.get_mut(len) {
                *slot = to as u8;
            }
            len += usize::from(!deleted & !repeats);
            last = if deleted { last } else { to };
        }
        ctx.put(out.get(..len).unwrap_or_default());
    }
    Ok(())
}

/// Bytes that follow each other and are all moved by the same distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    first: u8,
    /// How many follow the first one.
    more: u8,
    by: u8,
}

/// The shifts that the map consists of; `None` when there are so many that looking up each byte is faster.
fn shifts(to: &[u8; 256]) -> Option<Vec<Shift>> {
    let mut shifts: Vec<Shift> = Vec::new();
    for (from, to) in (0..=255u8).zip(to) {
        let by = to.wrapping_sub(from);
        match shifts.last_mut() {
            _ if by == 0 => {}
            Some(last) if last.by == by && usize::from(last.first) + usize::from(last.more) + 1 == from.into() => {
                last.more += 1;
            }
            _ => shifts.push(Shift { first: from, more: 0, by }),
        }
    }
    (shifts.len() <= SHIFTS_MAX).then_some(shifts)
}

/// Moves the bytes, many at a time: the loops are compiled to vector instructions.
fn shift(bytes: &mut [u8], shifts: &[Shift]) {
    let moved = |byte: u8, Shift { first, more, by }: Shift| if byte.wrapping_sub(first) <= more { by } else { 0 };
    if let [only] = *shifts {
        return bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_add(moved(*byte, only)));
    }
    let mut sums = [0u8; 256];
    for piece in bytes.chunks_mut(sums.len()) {
        sums.fill(0);
        for one in shifts {
            sums.iter_mut().zip(&*piece).for_each(|(sum, byte)| *sum = sum.wrapping_add(moved(*byte, *one)));
        }
        piece.iter_mut().zip(&sums).for_each(|(byte, sum)| *byte = byte.wrapping_add(*sum));
    }
}

/// The bytes that a string of `tr` stands for; `None` when an equivalence class is malformed.
fn expand(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut set = Vec::new();
    while let Some((first, rest)) = text.split_first() {
        if let [b'[', b':', tail @ ..] = text {
            if let Some((class, after)) = class(tail) {
                set.extend((0..=255).filter(class));
                text = after;
                continue;
            }
        }
        if let [b'[', b'=', tail @ ..] = text {
            let [byte, b'=', b']', after @ ..] = tail else { return None };
            set.push(*byte);
            text = after;
            continue;
        }
        let (low, after) = unescape(*first, rest);
        text = after;
        if let [b'-', high, after @ ..] = after {
            let (high, after) = unescape(*high, after);
            set.extend(low..=high);
            text = after;
        } else {
            set.push(low);
        }
    }
    Some(set)
}

/// A byte or what its escape stands for, and what follows.
fn unescape(byte: u8, rest: &[u8]) -> (u8, &[u8]) {
    if byte == b'\\' {
        if let (Escape::Byte(byte), len) = escape::read(rest, Octal::Three) {
            return (byte, rest.get(len..).unwrap_or_default());
        }
    }
    (byte, rest)
}

type Class = fn(&u8) -> bool;

/// The class whose name and `:]` begin the text, and what follows.
fn class(text: &[u8]) -> Option<(Class, &[u8])> {
    const CLASSES: [(&[u8], Class); 10] = [
        (b"alpha:]", u8::is_ascii_alphabetic),
        (b"alnum:]", u8::is_ascii_alphanumeric),
        (b"digit:]", u8::is_ascii_digit),
        (b"lower:]", u8::is_ascii_lowercase),
        (b"upper:]", u8::is_ascii_uppercase),
        (b"space:]", |byte| matches!(byte, 9..=13 | b' ')),
        (b"blank:]", |byte| matches!(byte, b'\t' | b' ')),
        (b"punct:]", u8::is_ascii_punctuation),
        (b"cntrl:]", u8::is_ascii_control),
        (b"xdigit:]", u8::is_ascii_hexdigit),
    ];
    CLASSES.iter().find_map(|(name, class)| Some((*class, text.strip_prefix(*name)?)))
}

#[cfg(test)]
mod tests {
    use super::{Shift, expand, shift, shifts};

    #[test]
    fn strings_expand() {
        let show = |text: &str| expand(text.as_bytes()).map(|set| String::from_utf8_lossy(&set).into_owned());
        assert_eq!(show("a-c").as_deref(), Some("abc"));
        assert_eq!(show("a-").as_deref(), Some("a-"));
        assert_eq!(show("a-b-d").as_deref(), Some("ab-d"));
        assert_eq!(show("c-a").as_deref(), Some(""));
        assert_eq!(show("[a-c]").as_deref(), Some("[abc]"));
        assert_eq!(show("[:digit:][=x=]").as_deref(), Some("0123456789x"));
        assert_eq!(show("[:nope:]").as_deref(), Some("[:nope:]"));
        assert_eq!(show("[:print:]").as_deref(), Some("[:print:]"));
        assert_eq!(show("\\141\\n\\").as_deref(), Some("a\n\\"));
        assert_eq!(show("[=x"), None);
    }

    #[test]
    fn shifts_do_what_the_map_does() {
        let mut map: [u8; 256] = core::array::from_fn(|byte| byte as u8);
        assert_eq!(shifts(&map), Some(vec![]));
        map[usize::from(b'a')..=usize::from(b'z')].copy_from_slice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert_eq!(shifts(&map), Some(vec![Shift { first: b'a', more: 25, by: 224 }]));
        (map[0], map[255], map[usize::from(b'B')]) = (255, 0, b'a');
        let every: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let mut moved = every.clone();
        shift(&mut moved, &shifts(&map).unwrap_or_default());
        assert_eq!(moved, every.iter().map(|byte| map[usize::from(*byte)]).collect::<Vec<_>>());
        let scattered: [u8; 256] = core::array::from_fn(|byte| (byte * 7) as u8);
        assert_eq!(shifts(&scattered), None);
    }
}
