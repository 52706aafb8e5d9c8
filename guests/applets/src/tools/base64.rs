//! `base64`: bytes as letters and back.

use std::io::BufRead;

use crate::count::{INT_MAX, in_range};
use crate::number::is_space;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "base64",
    "base64 [-d] [-w COL] [FILE]\n\n\
     Base64 encode or decode FILE to standard output\n\n\
     \t-d\tDecode data\n\
     \t-w COL\tWrap lines at COL (default 76, 0 disables)",
    main,
);

const SPEC: Spec = Spec::short("dw:i");
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The columns of a line, unless others are asked for.
const COLUMNS: usize = 76;

fn width(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    in_range(ctx, text, 0, INT_MAX)
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
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
    let mut coder = Coder::new(columns);
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
    columns: usize,
    column: usize,
    /// What does not yet make a group.
    group: Vec<u8>,
    /// Whether the last character was the first `=` of two.
    padded: bool,
    /// The few bytes behind the end of a padded group that are read with what follows, if anything does.
    tail: Vec<u8>,
}

/// How many bytes behind a padded group make no new one by themselves.
const TAIL_MAX: usize = 4;

impl Coder {
    /// Makes lines of so many letters; 0: one line.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, column: 0, group: Vec::new(), padded: false, tail: Vec::new() }
    }

    /// Encodes what makes whole groups.
    pub(super) fn encode(&mut self, block: &[u8], out: &mut Vec<u8>) {
        for byte in block {
            self.group.push(*byte);
            if self.group.len() == 3 {
                self.put_group(out);
            }
        }
    }

    fn put_group(&mut self, out: &mut Vec<u8>) {
        let len = self.group.len();
        self.group.resize(3, 0);
        let bits = self.group.iter().fold(0usize, |bits, byte| bits << 8 | usize::from(*byte));
        for at in 0..4 {
            let letter = if at > len { b'=' } else { LETTERS[bits >> (18 - 6 * at) & 63] };
            out.push(letter);
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
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                // A group may lack its last letter, or two when two of these stand next to each other.
                b'=' if self.group.len() == 3 || self.padded => {
                    self.put_bytes(out);
                    self.padded = false;
                    let rest = text.get(at + 1..).unwrap_or_default();
                    if rest.len() <= TAIL_MAX {
                        self.tail = rest.to_vec();
                        return;
                    }
                    continue;
                }
                other => {
                    self.padded = *other == b'=' && self.group.len() == 2;
                    continue;
                }
            };
            self.padded = false;
            self.group.push(value);
            if self.group.len() == 4 {
                self.put_bytes(out);
            }
        }
    }

    /// Whether no letters or bytes wait for the rest of their group.
    pub(super) fn is_whole(&self) -> bool {
        self.group.is_empty() && self.tail.iter().all(|byte| is_space(*byte))
    }

    fn put_bytes(&mut self, out: &mut Vec<u8>) {
        let len = self.group.len();
        self.group.resize(4, 0);
        let bits = self.group.iter().fold(0u32, |bits, value| bits << 6 | u32::from(*value));
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(bytes.get(..len.saturating_sub(1)).unwrap_or_default());
        self.group.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_behind_a_padded_group_is_lost() {
        let decode = |text: &[u8]| {
            let (mut coder, mut bytes) = (Coder::new(0), Vec::new());
            coder.decode(text, &mut bytes);
            (bytes, coder.is_whole())
        };
        assert_eq!(decode(b"YQ==YQ=="), (b"a".to_vec(), false));
        assert_eq!(decode(b"YQ==\nYQ==\n"), (b"aa".to_vec(), true));
        assert_eq!(decode(b"YQ==YWJj\nYWJj"), (b"aabcabc".to_vec(), true));
        assert_eq!(decode(b"YWJj===="), (b"abc".to_vec(), true));
    }

    #[test]
    fn there_and_back() {
        for text in ["", "a", "ab", "abc", "Hello, World!"] {
            let mut coder = Coder::new(10);
            let (mut letters, mut bytes) = (Vec::new(), Vec::new());
            coder.encode(text.as_bytes(), &mut letters);
            coder.finish(&mut letters);
            coder.decode(&letters, &mut bytes);
            assert_eq!(bytes, text.as_bytes());
            assert!(coder.is_whole());
        }
    }
}
