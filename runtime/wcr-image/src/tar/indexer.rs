//! Feeds what the tar reader finds to the index builder.

use wcr_vfs::layer::{EntryKind, EntryMeta, LayerBuilder, LayerLimits};

use super::reader::{Entry, Kind, Reader, Sink};
use crate::digest::{Digest, Hasher};
use crate::error::{ImageError, Limits, Result};

/// What the index is to say of an executable file's content; 0 for nothing.
pub type Labeller = fn(&[u8]) -> u8;

/// The longest file that is labelled, in bytes; it may have to be collected from pieces.
const LABELLED_MAX: u64 = 16 << 20;

/// Makes a layer's index while the layer's tar goes by: every byte of the tar is pushed once, in order.
///
/// The index refers to contents by their offset in the tar, and to the pieces of files with holes.
pub struct LayerIndexer {
    reader: Reader,
    files: Files,
    limit: u64,
}

impl LayerIndexer {
    /// An index of nothing yet; `labeller` is shown each executable file (and kept from very large ones).
    #[must_use]
    pub fn new(limits: &Limits, labeller: Labeller) -> Self {
        let entries = u32::try_from(limits.entries).unwrap_or(u32::MAX);
        Self {
            reader: Reader::new("a layer", limits.layer, limits),
            files: Files {
                builder: LayerBuilder::new(LayerLimits { entries, ..LayerLimits::default() }),
                labeller,
                missing: 0,
                collected: Vec::new(),
            },
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
        self.reader.push(bytes, &mut self.files)
    }

    /// The index file's bytes, when all of the tar has been pushed and hashed to `diff_id`.
    ///
    /// # Errors
    /// [`ImageError::Tar`] when the tar is cut off.
    pub fn finish(self, diff_id: Digest) -> Result<Vec<u8>> {
        self.reader.finish()?;
        let length = self.reader.offset();
        Ok(self.files.builder.finish(length, *diff_id.as_bytes(), |body| *Digest::of(body).as_bytes())?)
    }
}

/// The builder, and what was seen so far of the file that is to be labelled.
struct Files {
    builder: LayerBuilder,
    labeller: Labeller,
    /// How much of the file is still to come; 0 when there is none.
    missing: usize,
    /// The file's beginning, when it comes in several pieces.
    collected: Vec<u8>,
}

impl Sink for Files {
    fn entry(&mut self, entry: Entry) -> Result<()> {
        let is_whole = entry.kind == Kind::Regular && entry.pieces.is_none();
        let is_program = is_whole && entry.mode & 0o111 != 0 && entry.size <= LABELLED_MAX;
        self.missing = if is_program { entry.size as usize } else { 0 };
        self.collected.clear();
        add(&mut self.builder, &entry)
    }

    fn content(&mut self, bytes: &[u8]) {
        let Some(missing) = self.missing.checked_sub(bytes.len()).filter(|_| self.missing > 0) else { return };
        self.missing = missing;
        if missing == 0 && self.collected.is_empty() {
            self.builder.label((self.labeller)(bytes));
            return;
        }
        self.collected.extend_from_slice(bytes);
        if missing == 0 {
            self.builder.label((self.labeller)(&self.collected));
        }
    }
}

fn add(builder: &mut LayerBuilder, entry: &Entry) -> Result<()> {
    let kind = match entry.kind {
        Kind::Regular => entry.pieces.as_deref().map_or(EntryKind::Regular, EntryKind::Sparse),
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

/// Says nothing of any file.
pub(crate) const fn unlabelled(_content: &[u8]) -> u8 {
    0
}

/// The index of a layer whose tar is in memory, without labels.
///
/// # Errors
/// As [`LayerIndexer`].
pub fn index_tar(tar: &[u8]) -> Result<Vec<u8>> {
    let mut hasher = Hasher::new();
    hasher.update(tar);
    let mut indexer = LayerIndexer::new(&Limits::DEFAULT, unlabelled);
    indexer.push(tar)?;
    indexer.finish(hasher.finish())
}
