//! Feeds what the tar reader finds to the index builder.

use wcr_vfs::layer::{EntryKind, EntryMeta, LayerBuilder, LayerLimits};

use super::reader::{Entry, Kind, Reader};
use crate::digest::{Digest, Hasher};
use crate::error::{ImageError, Limits, Result};

/// Makes a layer's index while the layer's tar goes by: every byte of the tar is pushed once, in order.
///
/// The index refers to contents by their offset in the tar. GNU sparse files are refused.
pub struct LayerIndexer {
    reader: Reader,
    builder: LayerBuilder,
    limit: u64,
}

impl LayerIndexer {
    /// An index of nothing yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let entries = u32::try_from(limits.entries).unwrap_or(u32::MAX);
        Self {
            reader: Reader::new("a layer", limits.layer, limits),
            builder: LayerBuilder::new(LayerLimits { entries, ..LayerLimits::default() }),
            limit: limits.layer,
        }
    }

    /// Takes the next bytes of the tar.
    ///
    /// # Errors
    /// [`ImageError::Tar`] and [`ImageError::Layer`] for what is malformed, [`ImageError::Limit`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 > self.limit.saturating_sub(self.reader.offset()) {
            return Err(ImageError::limit("a layer", self.limit, "bytes"));
        }
        let builder = &mut self.builder;
        self.reader.push(bytes, &mut |entry| add(builder, &entry))
    }

    /// The index file's bytes, when all of the tar has been pushed and hashed to `diff_id`.
    ///
    /// # Errors
    /// [`ImageError::Tar`] when the tar is cut off.
    pub fn finish(self, diff_id: Digest) -> Result<Vec<u8>> {
        self.reader.finish()?;
        let length = self.reader.offset();
        Ok(self.builder.finish(length, *diff_id.as_bytes(), |body| *Digest::of(body).as_bytes())?)
    }
}

fn add(builder: &mut LayerBuilder, entry: &Entry) -> Result<()> {
    let kind = match entry.kind {
        Kind::Regular => EntryKind::Regular,
        Kind::HardLink => EntryKind::HardLink(&entry.link),
        Kind::Symlink => EntryKind::Symlink(&entry.link),
        Kind::CharDevice => EntryKind::CharDevice,
        Kind::BlockDevice => EntryKind::BlockDevice,
        Kind::Directory => EntryKind::Directory,
        Kind::Fifo => EntryKind::Fifo,
    };
    let meta = EntryMeta {
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        rdev: entry.rdev,
        size: entry.size,
        data: entry.data,
        mtime: entry.mtime,
    };
    Ok(builder.add(&entry.path, meta, kind)?)
}

/// The index of a layer whose tar is in memory.
///
/// # Errors
/// As [`LayerIndexer`].
pub fn index_tar(tar: &[u8]) -> Result<Vec<u8>> {
    let mut hasher = Hasher::new();
    hasher.update(tar);
    let mut indexer = LayerIndexer::new(&Limits::DEFAULT);
    indexer.push(tar)?;
    indexer.finish(hasher.finish())
}
