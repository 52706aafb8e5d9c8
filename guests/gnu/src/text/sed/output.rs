//! Where lines are written to.

use std::io::Write;

use applets::text::sed::OutFile;
use wcr_sys::{Errno, append};

/// What keeps track of the end that the last line written may lack.
#[derive(Debug, Default)]
pub(super) struct Tail {
    open: bool,
    /// Room to put a line and its end together, which makes one write of two.
    room: Vec<u8>,
}

impl Tail {
    /// Writes a line; first the end that the one before lacked.
    pub(super) fn line(&mut self, out: &mut dyn Write, text: &[u8], end: Option<u8>, delimiter: u8) {
        self.room.clear();
        if self.open {
            self.room.push(delimiter);
        }
        append(&mut self.room, text);
        self.room.extend(end);
        self.open = end.is_none();
        // A failure is kept by the output and told at the end.
        let _ = out.write_all(&self.room);
    }

    /// Writes bytes as they are, behind the end that the last line lacked.
    pub(super) fn raw(&mut self, out: &mut dyn Write, bytes: &[u8], delimiter: u8) {
        if core::mem::take(&mut self.open) {
            let _ = out.write_all(&[delimiter]);
        }
        let _ = out.write_all(bytes);
    }
}

/// A file of the commands `w` and `W`.
#[derive(Debug)]
pub(super) enum Sink {
    /// Standard output, among what is printed there.
    Stdout,
    /// Standard error.
    Stderr(Tail),
    /// A file.
    File(OutFile, Tail),
}

impl Sink {
    /// Opens the file that a script names.
    pub(super) fn open(path: &[u8]) -> Result<Self, Errno> {
        Ok(match path {
            b"/dev/stdout" => Self::Stdout,
            b"/dev/stderr" => Self::Stderr(Tail::default()),
            path => Self::File(OutFile::create(path)?, Tail::default()),
        })
    }
}
