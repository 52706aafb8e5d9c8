//! `base64` and `base32`: bytes as letters and back.

use std::io::BufRead;

use crate::count::{INT_MAX, in_range};
use crate::number::is_space;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

macro_rules! usage {
    ($name:literal, $title:literal) => {
        concat!(
            $name,
            " [-d] [-w COL] [FILE]\n\n",
            $title,
            " encode or decode FILE to standard output\n\n",
            "\t-d\tDecode data\n",
            "\t-w COL\tWrap lines at COL (default 76, 0 disables)"
        )
    };
}

/// `base64`.
pub const BASE64: Applet = Applet::new("base64", usage!("base64", "Base64"), |ctx| main(ctx, SIXTY_FOUR));

/// `base32`.
pub const BASE32: Applet = Applet::new("base32", usage!("base32", "Base32"), |ctx| main(ctx, THIRTY_TWO));

const SPEC: Spec = Spec::short("dw:i");

/// How bytes are written as letters: how many bits a letter stands for, and how many bytes make a whole group of them.
/// See RFC 4648.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alphabet {
    letters: &'static [u8],
    bits: usize,
    bytes: usize,
}

/// Three bytes as four letters.
pub(super) const SIXTY_FOUR: Alphabet =
    Alphabet { letters: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bits: 6, bytes: 3 };

/// Five bytes as eight letters.
const THIRTY_TWO: Alphabet = Alphabet { letters: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, bytes: 5 };

impl Alphabet {
    /// How many letters make a whole group.
    const fn group(&self) -> usize {
        self.bytes * 8 / self.bits
    }

    fn value(&self, letter: u8) -> Option<u8> {
        memchr::memchr(letter, self.letters).map(|value| value as u8)
    }
}

/// The columns of a line, unless others are asked for.
const COLUMNS: usize = 76;

fn width(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    in_range(ctx, text, 0, INT_MAX)
}

fn main(ctx: &mut Context<'_>, alphabet: Alphabet) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"w", width)?;
    let columns = match parsed.value(b'w') {
        Some(text) => width(ctx, text)? as usize,
        None => COLUMNS,
    };
    let path = match parsed.operands.as_slice() {
        [] => b"-".as_slice(),
        [path] => path,
        _ => return Err(ctx.usage()),
    };
    let source = Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?;
    let mut input = source.reader();
    let mut coder = Coder::new(alphabet, columns);
    loop {
        let block = match input.fill_buf() {
            Ok(block) => block,
            // What cannot be read ends the letters, as it does in BusyBox.
            Err(_) if parsed.has(b'd') => break,
            Err(error) => return Err(ctx.die_errno(&[b"read error"], wcr_sys::Input::errno(&error))),
        };
        if block.is_empty() {
            break;
        }
        let mut out = Vec::new();
        if parsed.has(b'd') {
            coder.decode(block, &mut out)
        } else {
            coder.encode(block, &mut out)
        }
        ctx.put(&out);
        let len = block.len();
        input.consume(len);
    }
    let mut out = Vec::new();
    if !parsed.has(b'd') {
        coder.finish(&mut out);
        ctx.put(&out);
    } else if !coder.is_whole() {
        return Err(ctx.die(&[b"truncated input"]));
    }
    Ok(0)
}

/// Bytes on their way to letters, or back.
pub(super) struct Coder {
    alphabet: Alphabet,
    columns: usize,
    column: usize,
    /// What does not yet make a group.
    group: Vec<u8>,
    /// How many `=` stood behind the last letter.
    padding: usize,
    /// The few bytes behind the end of a padded group that are read with what follows, if anything does.
    tail: Vec<u8>,
}

/// How many bytes behind a padded group make no new one by themselves.
const TAIL_MAX: usize = 4;

impl Coder {
    /// Makes lines of so many letters; 0: one line.
    pub(super) fn new(alphabet: Alphabet, columns: usize) -> Self {
        Self { alphabet, columns, column: 0, group: Vec::new(), padding: 0, tail: Vec::new() }
    }

    /// Encodes what makes whole groups.
    pub(super) fn encode(&mut self, block: &[u8], out: &mut Vec<u8>) {
        for byte in block {
            self.group.push(*byte);
            if self.group.len() == self.alphabet.bytes {
                self.put_group(out);
            }
        }
    }

    fn put_group(&mut self, out: &mut Vec<u8>) {
        let Alphabet { letters, bits, bytes } = self.alphabet;
        let whole = (self.group.len() * 8).div_ceil(bits);
        self.group.resize(bytes, 0);
        let group = self.group.iter().fold(0u64, |group, byte| group << 8 | u64::from(*byte));
        for at in 1..=self.alphabet.group() {
            let value = (group >> (bytes * 8 - bits * at)) as usize & ((1 << bits) - 1);
            out.push(if at > whole { b'=' } else { letters[value] });
            self.column += 1;
            if self.column == self.columns {
                out.push(b'\n');
                self.column = 0;
            }
        }
        self.group.clear();
    }

    /// Encodes the rest, and ends the line.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.group.is_empty() {
            self.put_group(out);
        }
        if self.column > 0 && self.columns > 0 {
            out.push(b'\n');
        }
    }

    /// Decodes; what is no letter is left out.
    pub(super) fn decode(&mut self, block: &[u8], out: &mut Vec<u8>) {
        let mut text = core::mem::take(&mut self.tail);
        text.extend_from_slice(block);
        for (at, byte) in text.iter().enumerate() {
            let Some(value) = self.alphabet.value(*byte) else {
                let has_byte = self.group.len() * self.alphabet.bits >= 8;
                self.padding = if *byte == b'=' && has_byte { self.padding + 1 } else { 0 };
                // A group ends early when as many of these stand next to each other as it lacks letters.
                if self.padding > 0 && self.group.len() + self.padding >= self.alphabet.group() {
                    self.put_bytes(out);
                    self.padding = 0;
                    let rest = text.get(at + 1..).unwrap_or_default();
                    if rest.len() <= TAIL_MAX {
                        self.tail = rest.to_vec();
                        return;
                    }
                }
                continue;
            };
            self.padding = 0;
            self.group.push(value);
            if self.group.len() == self.alphabet.group() {
                self.put_bytes(out);
            }
        }
    }

    /// Whether no letters or bytes wait for the rest of their group.
    pub(super) fn is_whole(&self) -> bool {
        self.group.is_empty() && self.tail.iter().all(|byte| is_space(*byte))
    }

    fn put_bytes(&mut self, out: &mut Vec<u8>) {
        let Alphabet { bits, bytes, .. } = self.alphabet;
        let whole = self.group.len() * bits / 8;
        self.group.resize(self.alphabet.group(), 0);
        let group = self.group.iter().fold(0u64, |group, value| group << bits | u64::from(*value));
        let all = group.to_be_bytes();
        let last = all.get(all.len() - bytes..).unwrap_or_default();
        out.extend_from_slice(last.get(..whole).unwrap_or_default());
        self.group.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_behind_a_padded_group_is_lost() {
        let decode = |text: &[u8]| {
            let (mut coder, mut bytes) = (Coder::new(SIXTY_FOUR, 0), Vec::new());
            coder.decode(text, &mut bytes);
            (bytes, coder.is_whole())
        };
        assert_eq!(decode(b"YQ==YQ=="), (b"a".to_vec(), false));
        assert_eq!(decode(b"YQ==\nYQ==\n"), (b"aa".to_vec(), true));
        assert_eq!(decode(b"YQ==YWJj\nYWJj"), (b"aabcabc".to_vec(), true));
        assert_eq!(decode(b"YWJj===="), (b"abc".to_vec(), true));
    }

    /// The vectors of RFC 4648.
    #[test]
    fn groups_of_five_bytes() {
        for (text, letters) in [
            ("", ""),
            ("f", "MY======"),
            ("fo", "MZXQ===="),
            ("foo", "MZXW6==="),
            ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI======"),
        ] {
            let mut coder = Coder::new(THIRTY_TWO, 0);
            let (mut made, mut bytes) = (Vec::new(), Vec::new());
            coder.encode(text.as_bytes(), &mut made);
            coder.finish(&mut made);
            coder.decode(&made, &mut bytes);
            assert_eq!((made.as_slice(), bytes.as_slice()), (letters.as_bytes(), text.as_bytes()));
            assert!(coder.is_whole());
        }
    }

    #[test]
    fn there_and_back() {
        for text in ["", "a", "ab", "abc", "Hello, World!"] {
            let mut coder = Coder::new(SIXTY_FOUR, 10);
            let (mut letters, mut bytes) = (Vec::new(), Vec::new());
            coder.encode(text.as_bytes(), &mut letters);
            coder.finish(&mut letters);
            coder.decode(&letters, &mut bytes);
            assert_eq!(bytes, text.as_bytes());
            assert!(coder.is_whole());
        }
    }
}
