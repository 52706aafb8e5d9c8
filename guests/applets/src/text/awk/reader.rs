//! Records of an open file.

use std::rc::Rc;

use wcr_sys::{Errno, Fd, fd};

use crate::regex::Regex;

use super::pattern::{BadPattern, compile};

/// How much one read takes, in bytes.
const BLOCK: usize = 64 << 10;

/// What ends a record. A NUL does in any case, as it ends a string of C.
#[derive(Debug, Clone)]
pub(super) enum Separator {
    /// A byte.
    Byte(u8),
    /// Empty lines; those at the start are skipped.
    Paragraph,
    /// What matches.
    Regex(Rc<Regex>),
}

impl Separator {
    /// What the value of `RS` means.
    pub(super) fn new(text: &[u8], ignore_case: bool) -> Result<Self, BadPattern> {
        Ok(match text {
            [] => Self::Paragraph,
            [byte] => Self::Byte(*byte),
            _ => Self::Regex(compile(text, ignore_case)?),
        })
    }

    /// The first end of a record in `text`; `at_end`: no more text follows.
    fn find(&self, text: &[u8], at_end: bool) -> Option<(usize, usize)> {
        match self {
            Self::Byte(byte) => memchr::memchr2(*byte, 0, text).map(|at| (at, at + 1)),
            Self::Paragraph => {
                let nul = memchr::memchr(0, text).unwrap_or(text.len());
                let head = text.get(..nul)?;
                let Some(at) = memchr::memmem::find(head, b"\n\n") else { return ended_by_nul(text, nul, at_end) };
                let end = at + head.get(at..)?.iter().take_while(|byte| **byte == b'\n').count();
                (end < text.len() || at_end).then_some((at, end))
            }
            Self::Regex(regex) => {
                let nul = memchr::memchr(0, text).unwrap_or(text.len());
                let head = text.get(..nul)?;
                let mut from = 0;
                while let Some((start, end)) = regex.find_at(head, from, false) {
                    if end > start {
                        // A longer match may follow.
                        return (end < text.len() || at_end).then_some((start, end));
                    }
                    from = start + 1;
                }
                ended_by_nul(text, nul, at_end)
            }
        }
    }
}

/// Where no separator stands before a NUL, the record ends there, and with it the file.
fn ended_by_nul(text: &[u8], nul: usize, at_end: bool) -> Option<(usize, usize)> {
    (at_end && nul < text.len()).then_some((nul, text.len()))
}

/// A reader of records. The descriptor stays its owner's to close.
#[derive(Debug)]
pub(super) struct Reader {
    fd: Fd,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes before `start` ended the last record.
    terminator: usize,
    at_end: bool,
}

impl Reader {
    /// A reader of an open file.
    pub(super) fn new(fd: Fd) -> Self {
        Self { fd, buf: Vec::new(), start: 0, end: 0, terminator: 0, at_end: false }
    }

    /// The descriptor it reads from.
    pub(super) fn fd(&self) -> Fd {
        self.fd
    }

    /// Puts the next record into `record`; whether there was one.
    /// # Errors
    /// As `read(2)`.
    pub(super) fn next(&mut self, separator: &Separator, record: &mut Vec<u8>) -> Result<bool, Errno> {
        let is_paragraph = matches!(separator, Separator::Paragraph);
        loop {
            if is_paragraph {
                let blank = self.text().iter().take_while(|byte| **byte == b'\n').count();
                self.start += blank;
            }
            if let Some((to, next)) = separator.find(self.text(), self.at_end) {
                record.clear();
                record.extend_from_slice(self.text().get(..to).unwrap_or_default());
                self.start += next;
                self.terminator = next - to;
                return Ok(true);
            }
            if self.at_end || !self.fill()? && self.start == self.end {
                break;
            }
        }
        let text = self.text();
        if text.is_empty() {
            return Ok(false);
        }
        record.clear();
        record.extend_from_slice(text);
        self.start = self.end;
        self.terminator = 0;
        Ok(true)
    }

    /// What ended the last record.
    pub(super) fn terminator(&self) -> &[u8] {
        self.buf.get(self.start - self.terminator..self.start).unwrap_or_default()
    }

    fn text(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads more; whether there was any.
    fn fill(&mut self) -> Result<bool, Errno> {
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buf.len() < self.end + BLOCK {
            // A long record makes the buffer double, so that it is moved and searched a few times only.
            self.buf.resize((self.end + BLOCK).max(self.buf.len() * 2), 0);
        }
        let room = self.buf.get_mut(self.end..).unwrap_or_default();
        loop {
            match fd::read(self.fd, room) {
                Ok(n) => {
                    self.end += n;
                    self.at_end = n == 0;
                    return Ok(n > 0);
                }
                Err(Errno::Intr) => {}
                Err(error) => {
                    self.at_end = true;
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records of a text that is in the buffer already.
    fn records(separator: &str, text: &str) -> String {
        let separator = Separator::new(separator.as_bytes(), false).unwrap();
        let mut reader =
            Reader { fd: 0, buf: text.as_bytes().to_vec(), start: 0, end: text.len(), terminator: 0, at_end: true };
        let (mut out, mut record) = (Vec::new(), Vec::new());
        while reader.next(&separator, &mut record).unwrap() {
            out.push(String::from_utf8_lossy(&record).into_owned());
        }
        out.join("|")
    }

    #[test]
    fn separators() {
        assert_eq!(records("\n", "a\nb\n\nc"), "a|b||c");
        assert_eq!(records("\n", "a\0b\nc"), "a|b|c");
        assert_eq!(records(";", "a;b;"), "a|b");
        assert_eq!(records("", "\n\n\na b\nc\n\n\n\nd\n"), "a b\nc|d\n");
        assert_eq!(records("[0-9]+", "a12b3c"), "a|b|c");
        assert_eq!((records("", "a\n\nb\0c\n\nd"), records("x+", "axxb\0cxd")), ("a|b".into(), "a|b".into()));
        assert_eq!(records(".", "a.b"), "a|b");
    }
}
