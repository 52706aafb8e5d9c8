//! The types of `od`: how units of bytes are written.

use super::extended::exponential;
use crate::conversion::Conversion;
use crate::format::{decimal, octal, right, right_number, signed};

/// The names of the control characters.
const NAMES: [&[u8]; 33] = [
    b"nul", b"soh", b"stx", b"etx", b"eot", b"enq", b"ack", b"bel", b"bs", b"ht", b"nl", b"vt", b"ff", b"cr", b"so",
    b"si", b"dle", b"dc1", b"dc2", b"dc3", b"dc4", b"nak", b"syn", b"etb", b"can", b"em", b"sub", b"esc", b"fs", b"gs",
    b"rs", b"us", b"sp",
];

/// What a unit is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A character by its name.
    Named,
    /// A character, or an escape.
    Character,
    Signed,
    Unsigned,
    Octal,
    Hexadecimal,
    Float,
}

/// One type: the kind and the bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    kind: Kind,
    size: usize,
}

/// Reads types as `-t` gives them. The error is the diagnostic's text.
pub(super) fn parse(text: &[u8], layouts: &mut Vec<Layout>) -> Result<(), Vec<u8>> {
    let mut rest = text;
    while let [letter, tail @ ..] = rest {
        let kind = match letter {
            b'a' => Kind::Named,
            b'c' => Kind::Character,
            b'd' => Kind::Signed,
            b'u' => Kind::Unsigned,
            b'o' => Kind::Octal,
            b'x' => Kind::Hexadecimal,
            b'f' => Kind::Float,
            letter => {
                return Err([b"invalid character '", &[*letter][..], b"' in type string '", text, b"'"].concat());
            }
        };
        let (size, behind) = match kind {
            Kind::Named | Kind::Character => (1, tail),
            Kind::Float => size(tail, 8, &[(b'F', 4), (b'D', 8), (b'L', 16)]),
            _ => size(tail, 4, &[(b'C', 1), (b'S', 2), (b'I', 4), (b'L', 8)]),
        };
        let (known, name): (&[u64], &[u8]) =
            if kind == Kind::Float { (&[4, 8, 16], b"floating point") } else { (&[1, 2, 4, 8], b"integral") };
        if !known.contains(&size) {
            let size = decimal(size);
            return Err(
                [b"invalid type string '", text, b"'; ", &size, b"-byte ", name, b" type is not supported"].concat()
            );
        }
        layouts.push(Layout { kind, size: size as usize });
        rest = behind;
    }
    Ok(())
}

/// The size behind a type's letter, and what follows. Digits have to be all that follows.
fn size<'a>(text: &'a [u8], default: u64, letters: &[(u8, u64)]) -> (u64, &'a [u8]) {
    let Some((first, rest)) = text.split_first() else { return (default, text) };
    if first.is_ascii_digit() {
        let size = crate::format::parse_decimal(text).filter(|size| *size <= u32::MAX.into());
        return (size.unwrap_or(u32::MAX.into()), &[]);
    }
    match letters.iter().find(|(letter, _)| letter == first) {
        Some((_, size)) => (*size, rest),
        None => (default, text),
    }
}

impl Layout {
    /// Two bytes in octal.
    pub(super) const OCTAL_WORDS: Self = Self { kind: Kind::Octal, size: 2 };

    /// The bytes of a unit.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Appends the units of `bytes`; the last one is filled up with zeros.
    pub(super) fn put(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        if *self == Self::OCTAL_WORDS {
            return bytes.chunks(2).for_each(|unit| put_octal_word(out, unit));
        }
        for unit in bytes.chunks(self.size) {
            out.push(b' ');
            let mut raw = [0; 16];
            raw.iter_mut().zip(unit).for_each(|(to, from)| *to = *from);
            let raw = u128::from_le_bytes(raw);
            if self.size == 16 {
                right(out, exponential(raw).as_bytes(), 23, b' ');
            } else {
                self.put_unit(out, raw as u64);
            }
        }
    }

    fn put_unit(&self, out: &mut Vec<u8>, raw: u64) {
        let index = self.size.trailing_zeros() as usize;
        let columns = |widths: [usize; 4]| widths.get(index).copied().unwrap_or(0);
        match self.kind {
            Kind::Named => right(out, &name(raw as u8 & 0x7f), 3, b' '),
            Kind::Character => {
                let mut text = Vec::new();
                put_escaped(&mut text, raw as u8);
                right(out, &text, 3, b' ');
            }
            Kind::Signed => {
                let unused = 64 - 8 * self.size as u32;
                right(out, &signed((raw << unused) as i64 >> unused), columns([4, 6, 11, 20]), b' ');
            }
            Kind::Unsigned => right_number::<10>(out, raw, columns([3, 5, 10, 20]), b' '),
            Kind::Octal => right_number::<8>(out, raw, columns([3, 6, 11, 22]), b'0'),
            Kind::Hexadecimal => right_number::<16>(out, raw, columns([2, 4, 8, 16]), b'0'),
            Kind::Float => {
                let (value, width, precision) = match self.size {
                    4 => (f64::from(f32::from_bits(raw as u32)), 15, 7),
                    _ => (f64::from_bits(raw), 23, 15),
                };
                Conversion { width, precision: Some(precision), ..Conversion::default() }.float(out, b'e', value);
            }
        }
    }
}

/// Appends a blank and the six digits of two bytes.
fn put_octal_word(out: &mut Vec<u8>, unit: &[u8]) {
    let word = u16::from_le_bytes([unit.first().copied().unwrap_or(0), unit.get(1).copied().unwrap_or(0)]);
    let digit = |place: u32| b'0' + (word >> (3 * place) & 7) as u8;
    out.extend_from_slice(&[b' ', digit(5), digit(4), digit(3), digit(2), digit(1), digit(0)]);
}

/// A character by its name, where it has one.
#[must_use]
pub fn name(byte: u8) -> Vec<u8> {
    match NAMES.get(usize::from(byte)) {
        Some(name) => name.to_vec(),
        None if byte == 0x7f => b"del".to_vec(),
        None => vec![byte],
    }
}

/// Appends a character, or its escape or its octal number.
pub fn put_escaped(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        0 => b'0',
        7 => b'a',
        8 => b'b',
        9 => b't',
        10 => b'n',
        11 => b'v',
        12 => b'f',
        13 => b'r',
        b' '..=b'~' => {
            out.push(byte);
            return;
        }
        _ => {
            right(out, &octal(byte.into()), 3, b'0');
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(types: &str, bytes: &[u8]) -> String {
        let mut layouts = Vec::new();
        if let Err(message) = parse(types.as_bytes(), &mut layouts) {
            return String::from_utf8_lossy(&message).into_owned();
        }
        let mut out = Vec::new();
        layouts.iter().for_each(|layout| layout.put(&mut out, bytes));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn units() {
        assert_eq!(show("o2", b"Hel"), " 062510 000154");
        assert_eq!((show("d1", b"\xff"), show("u1", b"\xff")), ("   -1".to_owned(), " 255".to_owned()));
        assert_eq!(show("x4", b"Hell"), " 6c6c6548");
        assert_eq!(show("ac", b" \n\0\x80"), "  sp  nl nul nul      \\n  \\0 200");
        assert_eq!(show("f4", b"Hell"), "   1.1431391e+27");
        assert_eq!(show("d8", b"Hello, W"), "  6278066737626506568");
    }

    #[test]
    fn faults() {
        assert_eq!(show("x1z", b""), "invalid type string 'x1z'; 4294967295-byte integral type is not supported");
        assert_eq!(show("q", b""), "invalid character 'q' in type string 'q'");
        assert_eq!(show("f2", b""), "invalid type string 'f2'; 2-byte floating point type is not supported");
    }
}
