//! Large files, written from the front in large pieces.
//!
//! Fresh pages of the page cache are what limits writing; direct writes do without them.

use std::path::Path;

use crate::buffer::Buffer;
use crate::error::Result;
use crate::files::TempFile;

/// From this length on a file is written past the page cache; smaller ones are better kept in it.
pub(crate) const DIRECT_FROM: u64 = 8 << 20;

/// A large file under way.
pub(crate) struct Sink {
    file: TempFile,
    length: u64,
}

impl Sink {
    /// A new file in `folder`, which is going to have about `expected` bytes.
    pub(crate) fn create(folder: &Path, expected: u64) -> Result<Self> {
        Ok(Self { file: TempFile::create(folder, expected >= DIRECT_FROM)?, length: 0 })
    }

    /// Writes what the buffer holds and empties it. Only the last buffer of a file may be less than full.
    pub(crate) fn write(&mut self, buffer: &mut Buffer) -> Result<()> {
        self.length += buffer.filled().len() as u64;
        if self.file.is_direct() {
            buffer.pad();
        }
        self.file.write(buffer.filled())?;
        buffer.clear();
        Ok(())
    }

    /// How many bytes were written.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// The file, complete but not yet on the disk: see [`TempFile::sync`].
    pub(crate) fn finish(mut self) -> Result<TempFile> {
        self.file.cut(self.length)?;
        Ok(self.file)
    }
}
