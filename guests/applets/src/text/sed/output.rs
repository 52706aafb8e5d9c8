//! Where lines are written to.

use std::io::Write;

use wcr_sys::{Errno, Output, append};

use super::input::Ending;
use super::out_file::OutFile;

/// What keeps track of the newline that a file's last line may lack.
#[derive(Debug, Default)]
pub(super) struct Tail {
    open: bool,
    /// Room to put a line and its newline together, which makes one write of two.
    room: Vec<u8>,
}

impl Tail {
    /// Writes a line; first the newline that the one before lacked.
    pub(super) fn line(&mut self, out: &mut dyn Write, text: &[u8], ending: Ending) {
        // A failure is kept by the output and told at the end.
        if self.open {
            let _ = out.write_all(b"\n");
        }
        if ending == Ending::Newline {
            self.room.clear();
            append(&mut self.room, text);
            self.room.push(b'\n');
            self.open = out.write_all(&self.room).is_err();
            return;
        }
        let _ = out.write_all(text);
        self.open = match ending {
            Ending::Newline => false,
            Ending::Nul => out.write_all(&[0]).is_err(),
            // At the end of a file a newline is missing all the same.
            Ending::LastNul => out.write_all(&[0]).is_ok(),
            Ending::Nothing => !text.is_empty(),
        };
    }
}

/// A file of the commands `w`.
#[derive(Debug)]
pub(super) struct Sink {
    file: OutFile,
    tail: Tail,
}

impl Sink {
    /// Opens the file that a script names.
    pub(super) fn open(path: &[u8]) -> Result<Self, Errno> {
        Ok(Self { file: OutFile::create(path)?, tail: Tail::default() })
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &[u8], ending: Ending) {
        self.tail.line(&mut self.file, text, ending);
    }

    /// Writes what is held back.
    pub(super) fn flush(&mut self) -> Result<(), Errno> {
        self.file.flush().map_err(|error| Output::errno(&error))
    }
}
