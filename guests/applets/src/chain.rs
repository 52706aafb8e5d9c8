//! Several files as one: their bytes, one file behind the other.

use wcr_sys::{Errno, fd};

use crate::Context;
use crate::source::Source;

/// Says that a file cannot be read; the exit code that comes of it.
type Unreadable = fn(&mut Context<'_>, path: &[u8], reason: Errno) -> u8;

/// The bytes of all files. One that cannot be opened is told of and left out.
pub struct Chain {
    files: std::vec::IntoIter<Vec<u8>>,
    current: Option<(Source, Vec<u8>)>,
    /// How many bytes may still be read.
    pub left: Option<u64>,
    /// Whether there was a file at all.
    pub opened: bool,
    /// The exit code so far.
    pub code: u8,
    unreadable: Unreadable,
}

impl Chain {
    /// The files of these operands; standard input, under the name that is given, when there are none.
    #[must_use]
    pub fn new(operands: Vec<Vec<u8>>, stdin: &[u8], limit: Option<u64>, unreadable: Unreadable) -> Self {
        let current = operands.is_empty().then(|| (Source::stdin(), stdin.to_vec()));
        let opened = current.is_some();
        Self { files: operands.into_iter(), current, left: limit, opened, code: 0, unreadable }
    }

    /// The file that is read from now, opened if need be, with its name; `None` at the end.
    pub fn current(&mut self, ctx: &mut Context<'_>) -> Option<&(Source, Vec<u8>)> {
        while self.current.is_none() {
            let path = self.files.next()?;
            match Source::open(&path) {
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
        while have < wanted {
            let Some((source, path)) = self.current(ctx) else { break };
            match fd::read(source.fd(), block.get_mut(have..wanted).unwrap_or_default()) {
                Ok(0) => self.leave(),
                Ok(n) => have += n,
                Err(Errno::Intr) => {}
                Err(error) => {
                    let path = path.clone();
                    self.code |= (self.unreadable)(ctx, &path, error);
                    self.leave();
                }
            }
        }
        if let Some(left) = &mut self.left {
            *left -= have as u64;
        }
        have
    }
}
