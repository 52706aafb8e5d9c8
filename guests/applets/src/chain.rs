//! Several files as one: their bytes, one file behind the other.

use wcr_sys::{Errno, fd};

use crate::Context;
use crate::source::Source;

/// How much is read ahead, in bytes: as much as a C library's stream.
const AHEAD: usize = 4096;

/// Says that a file cannot be read; the exit code that comes of it.
type Unreadable = fn(&mut Context<'_>, path: &[u8], reason: Errno) -> u8;

/// The bytes of all files. One that cannot be opened is told of and left out.
pub struct Chain {
    files: std::vec::IntoIter<Vec<u8>>,
    current: Option<(Source, Vec<u8>)>,
    /// What was read of the current file, and which part of it has not been given out.
    buffer: Vec<u8>,
    ahead: core::ops::Range<usize>,
    /// How many bytes may still be read.
    pub left: Option<u64>,
    /// Whether there was a file at all.
    pub opened: bool,
    /// The exit code so far.
    pub code: u8,
    /// Whether each file is opened in the place of standard input, so that `-` behind another operand means that file.
    pub in_place_of_stdin: bool,
    /// What has become of standard input.
    stdin: Stdin,
    unreadable: Unreadable,
}

/// Standard input, where files are opened in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stdin {
    /// It is as it was.
    Own,
    /// It is a file that was read to the end.
    Read,
    /// It is closed, because a file could not be opened.
    Closed,
}

impl Chain {
    /// The files of these operands; standard input, under the name that is given, when there are none.
    #[must_use]
    pub fn new(operands: Vec<Vec<u8>>, stdin: &[u8], limit: Option<u64>, unreadable: Unreadable) -> Self {
        let current = operands.is_empty().then(|| (Source::stdin(), stdin.to_vec()));
        let opened = current.is_some();
        Self {
            files: operands.into_iter(),
            current,
            buffer: Vec::new(),
            ahead: 0..0,
            left: limit,
            opened,
            code: 0,
            in_place_of_stdin: false,
            stdin: Stdin::Own,
            unreadable,
        }
    }

    /// The file that is read from now, opened if need be, with its name; `None` at the end.
    pub fn current(&mut self, ctx: &mut Context<'_>) -> Option<&(Source, Vec<u8>)> {
        while self.current.is_none() {
            let path = self.files.next()?;
            let opened = match (path.as_slice(), self.stdin) {
                (b"-", Stdin::Closed) => Err(Errno::Badf),
                (b"-", Stdin::Read) => continue,
                _ => Source::open(&path),
            };
            if self.in_place_of_stdin && path != b"-" {
                self.stdin = if opened.is_ok() { Stdin::Read } else { Stdin::Closed };
            }
            match opened {
                Ok(source) => (self.current, self.opened) = (Some((source, path)), true),
                Err(error) => {
                    ctx.perror(&[&path], error);
                    self.code = 1;
                }
            }
        }
        self.current.as_ref()
    }

    /// Goes on to the next file.
    pub fn leave(&mut self) {
        self.current = None;
    }

    /// Fills `block` as far as there are bytes; returns how many there were.
    pub fn read(&mut self, ctx: &mut Context<'_>, block: &mut [u8]) -> usize {
        let wanted = self.left.map_or(block.len(), |left| left.min(block.len() as u64) as usize);
        let mut have = 0;
        while have < wanted && (!self.ahead.is_empty() || self.fill(ctx, have)) {
            let n = self.ahead.len().min(wanted - have);
            let from = self.buffer.get(self.ahead.start..self.ahead.start + n).unwrap_or_default();
            if let Some(to) = block.get_mut(have..have + n) {
                to.copy_from_slice(from);
            }
            self.ahead.start += n;
            have += n;
        }
        if let Some(left) = &mut self.left {
            *left -= have as u64;
        }
        have
    }

    /// Reads ahead, no further than may be read in all (of which `have` bytes were); whether there was anything.
    fn fill(&mut self, ctx: &mut Context<'_>, have: usize) -> bool {
        let room = self.left.map_or(AHEAD, |left| left.saturating_sub(have as u64).min(AHEAD as u64) as usize);
        self.buffer.resize(room, 0);
        let mut buffer = core::mem::take(&mut self.buffer);
        let n = loop {
            let Some((source, path)) = self.current(ctx) else { break 0 };
            match fd::read(source.fd(), &mut buffer) {
                Ok(0) => self.leave(),
                Ok(n) => break n,
                Err(Errno::Intr) => {}
                Err(error) => {
                    let path = path.clone();
                    self.code |= (self.unreadable)(ctx, &path, error);
                    self.leave();
                }
            }
        };
        (self.buffer, self.ahead) = (buffer, 0..n);
        n > 0
    }
}
