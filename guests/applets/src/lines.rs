//! Lines of a descriptor, without a copy where one read holds them.

use wcr_sys::{Errno, Fd, fd};

/// How much one read takes from a file, in bytes.
const BLOCK: usize = 64 << 10;

/// How much the first one takes: many files are small, and each pays for the room that is made.
const FIRST_BLOCK: usize = 4 << 10;

/// How much one read takes from a pipe or terminal when the reader may stop early: what the C library's
/// streams take, so that what is left for the next reader is the same.
const STREAM_BLOCK: usize = 4 << 10;

/// A line: its bytes, and whether its end stood in the input or was the input's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bytes without the delimiter.
    pub text: &'a [u8],
    /// Whether the delimiter was there.
    pub terminated: bool,
    /// Whether it was a NUL that stood for a newline.
    pub by_nul: bool,
}

/// A reader of lines. When dropped, it gives back to a file what it has read too much, as the C
/// library's streams do when a program ends.
#[derive(Debug)]
pub struct LineReader {
    fd: Fd,
    delimiter: u8,
    /// Whether a NUL ends a line too.
    nul_ends: bool,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    block: usize,
    /// How much a read takes once one was filled.
    most: usize,
    at_end: bool,
    seekable: bool,
}

impl LineReader {
    /// A reader of `fd`, which stays the caller's to close, to its end.
    #[must_use]
    pub fn new(fd: Fd, delimiter: u8) -> Self {
        Self {
            fd,
            delimiter,
            nul_ends: false,
            buf: Vec::new(),
            start: 0,
            end: 0,
            block: FIRST_BLOCK,
            most: BLOCK,
            at_end: false,
            seekable: false,
        }
    }

    /// As [`Self::text`], for a reader that may be dropped before the end.
    #[must_use]
    pub fn stopping_text(fd: Fd) -> Self {
        let mut reader = Self::stopping(fd, b'\n');
        reader.nul_ends = true;
        reader
    }

    /// A reader of text as BusyBox's own line reader takes it: a NUL ends a line as a newline does.
    #[must_use]
    pub fn text(fd: Fd) -> Self {
        let mut reader = Self::new(fd, b'\n');
        reader.nul_ends = true;
        reader
    }

    /// A reader that may be dropped before the end and leaves the rest to the next one.
    #[must_use]
    pub fn stopping(fd: Fd, delimiter: u8) -> Self {
        let seekable = fd::seek(fd, 0, fd::Whence::Current).is_ok();
        let mut reader = Self::new(fd, delimiter);
        reader.seekable = seekable;
        if !seekable {
            (reader.block, reader.most) = (STREAM_BLOCK, STREAM_BLOCK);
        }
        reader
    }

    /// The next line; `None` at the end.
    /// # Errors
    /// As `read(2)`.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, Errno> {
        let mut searched = self.start;
        loop {
            if let Some(at) = self.find_end(self.slice(searched, self.end)) {
                let (from, to) = (self.start, searched + at);
                self.start = to + 1;
                let by_nul = self.nul_ends && self.buf.get(to) == Some(&0);
                return Ok(Some(Line { text: self.slice(from, to), terminated: true, by_nul }));
            }
            let have = self.end - self.start;
            if !self.fill()? {
                if have == 0 {
                    return Ok(None);
                }
                let (from, to) = (self.start, self.end);
                self.start = self.end;
                return Ok(Some(Line { text: self.slice(from, to), terminated: false, by_nul: false }));
            }
            searched = self.start + have;
        }
    }

    /// Whether another line follows; reads ahead for it.
    /// # Errors
    /// As `read(2)`.
    pub fn has_more(&mut self) -> Result<bool, Errno> {
        Ok(self.start < self.end || self.fill()?)
    }

    /// Whole lines, as many as are at hand and at least one, or what stands behind the last delimiter.
    /// Empty at the end.
    /// # Errors
    /// As `read(2)`.
    pub fn next_lines(&mut self) -> Result<&[u8], Errno> {
        let mut searched = self.start;
        loop {
            if let Some(at) = memchr::memrchr(self.delimiter, self.slice(searched, self.end)) {
                let (from, to) = (self.start, searched + at + 1);
                self.start = to;
                return Ok(self.slice(from, to));
            }
            let have = self.end - self.start;
            if !self.fill()? {
                let (from, to) = (self.start, self.end);
                self.start = to;
                return Ok(self.slice(from, to));
            }
            searched = self.start + have;
        }
    }

    /// What one read gives, and what was left over. Empty at the end.
    /// # Errors
    /// As `read(2)`.
    pub fn next_block(&mut self) -> Result<&[u8], Errno> {
        if self.start == self.end && !self.fill()? {
            return Ok(&[]);
        }
        let (from, to) = (self.start, self.end);
        self.start = to;
        Ok(self.slice(from, to))
    }

    /// Puts back the last `len` bytes that were given out.
    pub fn unread(&mut self, len: usize) {
        self.start = self.start.saturating_sub(len);
    }

    fn find_end(&self, text: &[u8]) -> Option<usize> {
        if self.nul_ends {
            return memchr::memchr2(self.delimiter, 0, text);
        }
        memchr::memchr(self.delimiter, text)
    }

    fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.buf.get(from..to).unwrap_or_default()
    }

    /// Reads more behind what is there; whether there was any.
    fn fill(&mut self) -> Result<bool, Errno> {
        if self.at_end {
            return Ok(false);
        }
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buf.len() < self.end + self.block {
            // A long line makes the buffer double, so that its bytes are moved a few times only.
            self.buf.resize((self.end + self.block).max(self.buf.len() * 2), 0);
        }
        let room = self.buf.get_mut(self.end..self.end + self.block).unwrap_or_default();
        loop {
            match fd::read(self.fd, room) {
                Ok(n) => {
                    if n == self.block {
                        self.block = self.most;
                    }
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

impl Drop for LineReader {
    fn drop(&mut self) {
        let left = self.end - self.start;
        if self.seekable && left > 0 {
            // A place that cannot be moved back to is nobody's fault now.
            let _ = fd::seek(self.fd, -(left as i64), fd::Whence::Current);
        }
    }
}
