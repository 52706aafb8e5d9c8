//! Buffered input and output over descriptors, as the C library's streams behave.

use std::io::{self, BufRead, Read, Write};

use crate::{Errno, Fd, append, fd};

/// How much a stream holds, in bytes: what Linux's C library takes for a file, so that standard output
/// and standard error that share a pipe interleave as they do there.
const OUTPUT_SIZE: usize = 4096;
const INPUT_SIZE: usize = 64 << 10;
/// How much is read of an input first: many files are small, and each pays for the room that is made.
const FIRST_INPUT: usize = 4 << 10;

fn io_error(error: Errno) -> io::Error {
    io::Error::other(error)
}

/// The kernel's error inside an [`io::Error`] that came from this module.
#[must_use]
pub(crate) fn errno(error: &io::Error) -> Errno {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Errno>()).copied().unwrap_or(Errno::Io)
}

/// A buffered writer to a descriptor: by lines on a terminal, by blocks elsewhere. Not flushed on drop,
/// because a failure would go unseen: call [`Write::flush`].
#[derive(Debug)]
pub struct Output {
    fd: Fd,
    lines: bool,
    buf: Vec<u8>,
}

impl Output {
    /// A writer to `fd`.
    #[must_use]
    pub fn new(fd: Fd) -> Self {
        Self { fd, lines: fd::is_tty(fd), buf: Vec::with_capacity(OUTPUT_SIZE) }
    }

    /// A writer to standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(fd::STDOUT)
    }

    /// The kernel's error behind a failed write.
    #[must_use]
    pub fn errno(error: &io::Error) -> Errno {
        errno(error)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buf.len() + bytes.len() > OUTPUT_SIZE {
            self.flush()?;
        }
        if bytes.len() >= OUTPUT_SIZE {
            fd::write_all(self.fd, bytes).map_err(io_error)?;
            return Ok(bytes.len());
        }
        append(&mut self.buf, bytes);
        if self.lines && bytes.contains(&b'\n') {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = fd::write_all(self.fd, &self.buf);
        self.buf.clear();
        written.map_err(io_error)
    }
}

/// A buffered reader of a descriptor.
#[derive(Debug)]
pub struct Input {
    fd: Fd,
    buf: Vec<u8>,
    range: core::ops::Range<usize>,
}

impl Input {
    /// A reader of `fd`, which stays the caller's to close.
    #[must_use]
    pub fn new(fd: Fd) -> Self {
        Self { fd, buf: vec![0; FIRST_INPUT], range: 0..0 }
    }

    /// How many bytes were read ahead.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.range.len()
    }

    /// The kernel's error behind a failed read.
    #[must_use]
    pub fn errno(error: &io::Error) -> Errno {
        errno(error)
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.range.is_empty() && out.len() >= INPUT_SIZE {
            return fd::read(self.fd, out).map_err(io_error);
        }
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.range.is_empty() {
            match fd::read(self.fd, &mut self.buf) {
                Ok(0) => break,
                Ok(n) => {
                    if n == self.buf.len() {
                        self.buf.resize(INPUT_SIZE, 0);
                    }
                    self.range = 0..n;
                }
                Err(Errno::Intr) => {}
                Err(error) => return Err(io_error(error)),
            }
        }
        Ok(self.buf.get(self.range.clone()).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.range.start = (self.range.start + amount).min(self.range.end);
    }
}
