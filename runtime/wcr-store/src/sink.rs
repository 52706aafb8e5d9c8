//! Large files, written from the front in large pieces.
//!
//! Fresh pages of the page cache are what limits writing; direct writes do without them.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use wcr_image::Digest;

use crate::buffer::Buffer;
use crate::error::Result;
use crate::files::TempFile;

/// From this length on a file is written past the page cache; smaller ones are better kept in it.
pub(crate) const DIRECT_FROM: u64 = 8 << 20;

/// From this length on the part of a blob that has come is kept when the rest does not.
const KEPT_FROM: u64 = 4 << 20;

/// After so many bytes a device's cache is flushed. Left to the end, that has everything to do while nothing else is
/// left to be done; more often, writing waits for it.
const FLUSH_EVERY: u64 = 48 << 20;
/// How much was written past the page cache since then, to any file: a flush is for the whole device.
static UNFLUSHED: AtomicU64 = AtomicU64::new(0);

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

    /// The file for a blob of `size` bytes, with what an earlier process has received of it; its length is that much.
    pub(crate) fn resume(folder: &Path, digest: &Digest, size: u64) -> Result<Self> {
        if size >= KEPT_FROM
            && let Some((file, length)) = TempFile::part(folder, digest, size, size >= DIRECT_FROM)
        {
            return Ok(Self { file, length });
        }
        Self::create(folder, size)
    }

    /// Where the file is now.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Writes what the buffer holds and leaves the file for whoever goes on with it; one that is too small to be
    /// of use is removed.
    pub(crate) fn suspend(mut self, buffer: &mut Buffer, size: u64) {
        let written = buffer.is_empty() || self.write(buffer).is_ok();
        if written && size >= KEPT_FROM && self.file.cut(self.length).is_ok() {
            self.file.leave();
        }
    }

    /// Writes what the buffer holds and empties it. Only the last buffer of a file may be less than full.
    pub(crate) fn write(&mut self, buffer: &mut Buffer) -> Result<()> {
        let length = buffer.filled().len() as u64;
        self.length += length;
        let is_direct = self.file.is_direct();
        if is_direct {
            buffer.pad();
        }
        self.file.write(buffer.filled())?;
        buffer.clear();
        if is_direct && UNFLUSHED.fetch_add(length, Ordering::Relaxed) + length >= FLUSH_EVERY {
            UNFLUSHED.store(0, Ordering::Relaxed);
            self.file.sync()?;
        }
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
