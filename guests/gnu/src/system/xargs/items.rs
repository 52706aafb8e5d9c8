//! The items of the input.

use applets::Context;
use applets::lines::LineReader;
use applets::number::is_space;
use wcr_sys::Fd;

/// What stands between items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// Blanks and newlines; quotes and backslashes protect them.
    Blanks,
    /// This byte.
    Byte(u8),
}

/// What is read next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A word, and whether a line ends with it.
    Word { text: Vec<u8>, ends_line: bool },
    /// The end of a line whose words were given out.
    EndOfLine,
    /// The end of the input.
    End,
    /// What is wrong with the input.
    Fault(&'static str),
}

/// What is said of NULs in the input.
const NUL: &[u8] = b"WARNING: a NUL character occurred in the input.  It cannot be passed through in the argument \
                     list.  Did you mean to use the --null option?";

/// A reader of items.
pub(super) struct Items {
    bytes: Bytes,
    separator: Separator,
    /// Each line is an item.
    by_line: bool,
    /// The word that ends the input.
    end: Option<Vec<u8>>,
    warned: bool,
}

impl Items {
    /// The items of a file.
    pub(super) fn new(fd: Fd, separator: Separator, by_line: bool, end: Option<Vec<u8>>) -> Self {
        let end = end.filter(|_| separator == Separator::Blanks);
        Self { bytes: Bytes::of_file(fd), separator, by_line, end, warned: false }
    }

    /// The next one.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>) -> Item {
        let item = match self.separator {
            Separator::Byte(end) => self.separated(end),
            Separator::Blanks => self.word(),
        };
        let Item::Word { mut text, ends_line } = item else { return item };
        if self.end.as_ref() == Some(&text) {
            self.bytes = Bytes::default();
            return Item::End;
        }
        if let Some(nul) = memchr::memchr(0, &text) {
            if !core::mem::replace(&mut self.warned, true) {
                ctx.complain(&[NUL]);
            }
            text.truncate(nul);
        }
        Item::Word { text, ends_line }
    }

    fn separated(&mut self, end: u8) -> Item {
        let mut text = Vec::new();
        loop {
            match self.bytes.next() {
                None if text.is_empty() => return Item::End,
                None => break,
                Some(byte) if byte == end => break,
                Some(byte) => text.push(byte),
            }
        }
        Item::Word { text, ends_line: true }
    }

    fn word(&mut self) -> Item {
        let by_line = self.by_line;
        let mut text = Vec::new();
        // Whether there is a word, which quotes may make of nothing.
        let mut begun = false;
        loop {
            let Some(byte) = self.bytes.next() else {
                return if begun { Item::Word { text, ends_line: true } } else { Item::End };
            };
            match byte {
                b'\n' if begun => return Item::Word { text, ends_line: true },
                b'\n' if by_line => {}
                b'\n' => return Item::EndOfLine,
                byte if is_space(byte) && !begun => {}
                byte if is_space(byte) && !by_line => {
                    // A line that ends in a blank goes on in the next.
                    if self.bytes.peek() == Some(b'\n') {
                        self.bytes.next();
                    }
                    return Item::Word { text, ends_line: false };
                }
                b'\\' => {
                    begun = true;
                    text.extend(self.bytes.next());
                }
                b'\'' | b'"' => {
                    begun = true;
                    loop {
                        match self.bytes.next() {
                            Some(end) if end == byte => break,
                            None | Some(b'\n') => return Item::Fault(unmatched(byte)),
                            Some(other) => text.push(other),
                        }
                    }
                }
                byte => {
                    begun = true;
                    text.push(byte);
                }
            }
        }
    }
}

fn unmatched(quote: u8) -> &'static str {
    if quote == b'"' {
        "unmatched double quote; by default quotes are special to xargs unless you use the -0 option"
    } else {
        "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
    }
}

/// The bytes of a file.
#[derive(Debug, Default)]
struct Bytes {
    reader: Option<LineReader>,
    block: Vec<u8>,
    at: usize,
}

impl Bytes {
    fn of_file(fd: Fd) -> Self {
        Self { reader: Some(LineReader::new(fd, b'\n')), ..Self::default() }
    }

    fn peek(&mut self) -> Option<u8> {
        if self.at == self.block.len() {
            let block = self.reader.as_mut()?.next_block().unwrap_or_default();
            if block.is_empty() {
                self.reader = None;
                return None;
            }
            self.block.clear();
            self.block.extend_from_slice(block);
            self.at = 0;
        }
        self.block.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use applets::Applet;

    fn items(text: &str, separator: Separator, by_line: bool) -> String {
        let applet = Applet::new("xargs", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        let bytes = Bytes { reader: None, block: text.into(), at: 0 };
        let mut items = Items { bytes, separator, by_line, end: Some(b"EOF".to_vec()), warned: false };
        let mut shown = String::new();
        loop {
            match items.next(&mut ctx) {
                Item::Word { text, ends_line } => {
                    shown += &format!("[{}]{}", String::from_utf8_lossy(&text), if ends_line { "/" } else { "" });
                }
                Item::EndOfLine => shown.push('/'),
                Item::End => return shown,
                Item::Fault(_) => return shown + "!",
            }
        }
    }

    #[test]
    fn words_are_taken_apart() {
        let words = |text| items(text, Separator::Blanks, false);
        assert_eq!(words("a 'b c' \"d e\" f\\ g ''\n"), "[a][b c][d e][f g][]/");
        assert_eq!(words("a b \nc\n\nd"), "[a][b][c]//[d]/");
        assert_eq!(words("a 'b"), "[a]!");
        assert_eq!(words("a\nEOF\nb"), "[a]/");
        assert_eq!(items("  a b \n\nc\n", Separator::Blanks, true), "[a b ]/[c]/");
        assert_eq!(items("a,,b c\n", Separator::Byte(b','), false), "[a]/[]/[b c\n]/");
    }
}
