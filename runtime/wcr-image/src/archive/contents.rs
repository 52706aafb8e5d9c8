//! The table of contents of an archive that is a tar.

use std::sync::Arc;

use super::files::{Files, Source};
use super::{Archive, kind};
use crate::error::{ImageError, Limits, Result};
use crate::tar::{Entry, Reader};

/// Reads which files an archive has, from the headers of its tar alone: what lies between them need not be read.
pub struct TableOfContents {
    reader: Reader,
    entries: Vec<Entry>,
    limits: Limits,
    /// The first bytes, which tell what it is that is no tar.
    start: Vec<u8>,
}

impl TableOfContents {
    /// Of an archive that is still to be read.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let reader = Reader::new("the archive", limits.archive, limits);
        Self { reader, entries: Vec::new(), limits: *limits, start: Vec::new() }
    }

    /// Takes the next bytes of the tar. Gives how many bytes may be left out after them, by [`Self::skip`].
    ///
    /// # Errors
    /// [`ImageError::Tar`], [`ImageError::Limit`]; [`ImageError::NotAnArchive`] when it is no tar at all.
    pub fn push(&mut self, bytes: &[u8]) -> Result<u64> {
        let missing = (kind::LONGEST as usize).saturating_sub(self.start.len()).min(bytes.len());
        self.start.extend_from_slice(bytes.get(..missing).unwrap_or_default());
        let (entries, most) = (&mut self.entries, self.limits.entries);
        let read = self.reader.push(bytes, &mut |entry| {
            if entries.len() as u64 >= most {
                return Err(ImageError::limit("the archive", most, "entries"));
            }
            entries.push(entry);
            Ok(())
        });
        read.map_err(|error| self.named(error))?;
        Ok(self.reader.skippable())
    }

    /// Leaves out the next `count` bytes.
    pub fn skip(&mut self, count: u64) {
        self.reader.skip(count);
    }

    /// The archive, whose tar is the file 0 of `source`.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn finish(self, source: Arc<dyn Source>) -> Result<Archive> {
        if self.start.is_empty() {
            return Err(ImageError::NotAnArchive { found: kind::of_bytes(&self.start).into() });
        }
        self.reader.finish().map_err(|error| self.named(error))?;
        Archive::of(Files::of_tar(self.entries, source)?, &self.limits)
    }

    /// The error, or what there is instead of a tar.
    fn named(&self, error: ImageError) -> ImageError {
        match error {
            ImageError::Tar { path, .. } if self.entries.is_empty() && path.is_empty() => {
                ImageError::NotAnArchive { found: kind::of_bytes(&self.start).into() }
            }
            error => error,
        }
    }
}
