//! Reading a log.

use std::io;
use std::path::Path;

use wcr_store::RotatedLines;

use super::{Entry, NAME};

/// Reads a container's log, the oldest entries first. Lines that were cut off, as by a power failure, are left out.
#[derive(Debug)]
pub struct LogReader(RotatedLines);

impl LogReader {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(RotatedLines::open(folder.join(NAME)))
    }

    /// The next entry; `None` when there is none yet.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        while let Some(line) = self.0.next()? {
            if let Ok(entry) = serde_json::from_slice(&line) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}
