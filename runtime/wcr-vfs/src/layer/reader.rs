//! Using a layer's index where it lies.

use core::cmp::Ordering;
use core::fmt;
use core::ops::Range;

use wcr_abi::FileKind;

use super::content::{Content, Pieces};
use super::format::{
    FLAG_IMPLIED, FLAG_OPAQUE, FLAG_SPARSE, HEADER_LEN, Header, KIND_HARD_LINK, KIND_INODE, KIND_LOWER_HARD_LINK,
    KIND_WHITEOUT, RECORD_LEN, RawRecord, Text,
};
use super::{LayerError, Record, RecordKind};

/// Bytes that stay where they are: a mapped file, or memory.
pub trait LayerData: Send + Sync {
    /// All of them. Every call must give the same bytes.
    fn bytes(&self) -> &[u8];
}

impl<T: AsRef<[u8]> + Send + Sync> LayerData for T {
    fn bytes(&self) -> &[u8] {
        self.as_ref()
    }
}

/// The tar of a layer, or those of several, one behind the other.
pub trait TarData: Send + Sync {
    /// The length in bytes.
    fn len(&self) -> u64;

    /// Whether there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `len` bytes from `start`; `None` when they are not all there. Every call must give the same bytes.
    fn range(&self, start: u64, len: u64) -> Option<&[u8]>;
}

impl<T: LayerData> TarData for T {
    fn len(&self) -> u64 {
        self.bytes().len() as u64
    }

    fn range(&self, start: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(start).ok()?;
        self.bytes().get(start..)?.get(..usize::try_from(len).ok()?)
    }
}

impl TarData for &'static dyn TarData {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn range(&self, start: u64, len: u64) -> Option<&[u8]> {
        (**self).range(start, len)
    }
}

/// A layer's index, read in place.
///
/// Nothing of it is trusted: a record whose fields make no sense is `None`, and no access panics.
/// Children always have higher numbers than their directory, so no chain of them is endless.
pub struct LayerIndex {
    bytes: Box<dyn LayerData>,
    header: Header,
    records: u32,
}

impl fmt::Debug for LayerIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerIndex").field("records", &self.records).finish_non_exhaustive()
    }
}

impl LayerIndex {
    /// Checks the header against the length of the file; costs the same for any index.
    ///
    /// # Errors
    /// [`LayerError::Index`] when this is not an index of this version, or not a whole one.
    pub fn open(bytes: impl LayerData + 'static) -> Result<Self, LayerError> {
        let all = bytes.bytes();
        let head = all.first_chunk().ok_or(LayerError::Index("it is shorter than its header"))?;
        let header = Header::decode(head).ok_or(LayerError::Index("it has another format"))?;
        let records = u32::try_from(header.records).map_err(|_| LayerError::Index("it has too many records"))?;
        let len = u64::from(records)
            .checked_mul(RECORD_LEN as u64)
            .and_then(|len| len.checked_add(header.strings))
            .and_then(|len| len.checked_add(HEADER_LEN as u64));
        if records == 0 || len != Some(all.len() as u64) {
            return Err(LayerError::Index("its length is not what the header says"));
        }
        Ok(Self { bytes: Box::new(bytes), header, records })
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records
    }

    /// Whether the layer holds nothing but its root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records <= 1
    }

    /// The length of the layer's tar, in bytes.
    #[must_use]
    pub fn tar_len(&self) -> u64 {
        self.header.tar_len
    }

    /// The sha256 of the layer's tar.
    #[must_use]
    pub fn diff_id(&self) -> [u8; 32] {
        self.header.diff_id
    }

    /// The number of [`RecordKind::LowerHardLink`] records; hardly any layer has one.
    #[must_use]
    pub fn lower_links(&self) -> u64 {
        self.header.lower_links
    }

    /// The sha256 that [`Self::body`] had when it was written.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.header.sha256
    }

    /// All of it, as [`Self::open`] takes it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    /// The records and strings, which [`Self::sha256`] covers.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.bytes.bytes().get(HEADER_LEN..).unwrap_or_default()
    }

    /// The record of this number.
    #[must_use]
    pub fn record(&self, number: u32) -> Option<Record<'_>> {
        let raw = RawRecord::decode(self.raw(number)?);
        let kind = match raw.kind {
            KIND_INODE => RecordKind::Inode,
            KIND_HARD_LINK => RecordKind::HardLink { record: raw.target },
            KIND_LOWER_HARD_LINK => RecordKind::LowerHardLink,
            KIND_WHITEOUT => RecordKind::Whiteout,
            _ => return None,
        };
        let is_dir = kind == RecordKind::Inode && raw.mode.kind() == FileKind::Directory;
        let (mut link, mut pieces) = (self.text(raw.link)?, None);
        if raw.flags & FLAG_SPARSE != 0 {
            (pieces, link) = (Some(Pieces::decode(link)?), &[]);
        }
        Some(Record {
            name: self.text(raw.name)?,
            kind,
            mode: raw.mode,
            uid: raw.uid,
            gid: raw.gid,
            nlink: raw.nlink,
            rdev: raw.rdev,
            size: raw.size,
            data: raw.data,
            mtime: raw.mtime,
            link,
            pieces,
            children: if is_dir { self.range(number, raw.children)? } else { 0..0 },
            opaque: raw.flags & FLAG_OPAQUE != 0,
            implied: raw.flags & FLAG_IMPLIED != 0,
            label: raw.label,
        })
    }

    /// The name of the record of this number.
    #[must_use]
    pub fn name(&self, number: u32) -> Option<&[u8]> {
        self.text(RawRecord::name(self.raw(number)?))
    }

    /// The records of a directory's children, sorted by name; empty for anything else.
    #[must_use]
    pub fn children(&self, dir: u32) -> Range<u32> {
        let Some(bytes) = self.raw(dir) else { return 0..0 };
        let raw = RawRecord::decode(bytes);
        let is_dir = raw.kind == KIND_INODE && raw.mode.kind() == FileKind::Directory;
        if is_dir { self.range(dir, raw.children).unwrap_or(0..0) } else { 0..0 }
    }

    /// The record of this name in a directory.
    #[must_use]
    pub fn child(&self, dir: u32, name: &[u8]) -> Option<u32> {
        let Range { mut start, mut end } = self.children(dir);
        while start < end {
            let middle = start + (end - start) / 2;
            match self.name(middle)?.cmp(name) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => end = middle,
            }
        }
        None
    }

    /// The regular file at a path (`bin/sh`) whose content the layer has.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<Record<'_>> {
        let number = path.split('/').try_fold(0, |folder, name| self.child(folder, name.as_bytes()))?;
        let record = self.record(number)?;
        (record.kind == RecordKind::Inode && record.mode.kind() == FileKind::Regular).then_some(record)
    }

    fn raw(&self, number: u32) -> Option<&[u8; RECORD_LEN]> {
        if number >= self.records {
            return None;
        }
        self.bytes.bytes().get(HEADER_LEN + number as usize * RECORD_LEN..)?.first_chunk()
    }

    fn text(&self, text: Text) -> Option<&[u8]> {
        text.of(self.bytes.bytes().get(HEADER_LEN + self.records as usize * RECORD_LEN..)?)
    }

    fn range(&self, dir: u32, (start, end): (u32, u32)) -> Option<Range<u32>> {
        let sound = start == end || dir < start && start < end && end <= self.records;
        sound.then_some(start..end)
    }
}

/// A layer ready for use: its index and its tar.
pub struct Layer {
    index: LayerIndex,
    data: Box<dyn TarData>,
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").field("index", &self.index).finish_non_exhaustive()
    }
}

impl Layer {
    /// Joins an index and its tar.
    ///
    /// # Errors
    /// [`LayerError::Index`] when the tar has not the length that the index was made for.
    pub fn new(index: LayerIndex, data: impl TarData + 'static) -> Result<Self, LayerError> {
        if data.len() != index.tar_len() {
            return Err(LayerError::Index("the tar has another length than the index says"));
        }
        Ok(Self { index, data: Box::new(data) })
    }

    /// The index.
    #[must_use]
    pub fn index(&self) -> &LayerIndex {
        &self.index
    }

    /// The content of a regular file's record; `None` when the tar has not all of it.
    #[must_use]
    pub fn content<'a>(&'a self, record: &Record<'a>) -> Option<Content<'a>> {
        Some(match record.pieces {
            Some(pieces) => Content::sparse(record.size, self.data(record.data, pieces.stored()?)?, pieces),
            None => Content::plain(self.data(record.data, record.size)?),
        })
    }

    /// `len` bytes of the tar from `start`; `None` when they are not all there.
    #[must_use]
    pub fn data(&self, start: u64, len: u64) -> Option<&[u8]> {
        self.data.range(start, len)
    }
}
