//! One index for all the layers of an image: what their merge shows, worked out once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use wcr_abi::{Errno, FileKind, Mode};

use super::merge::{Merged, Source, Stack};
use crate::layer::Layer;
use crate::layer::format::{
    FLAG_IMPLIED, FLAG_SPARSE, HEADER_LEN, Header, KIND_HARD_LINK, KIND_INODE, RECORD_LEN, RawRecord, Text,
};

/// The index of what `layers` (the lowest first) show together, for a [`Layer`] whose data are their tars, one behind
/// the other. A [`crate::Tree`] over that layer is the same as one over `layers`, but costs the same for any number of
/// them. `id` takes the place of a diff-id; `sha256` hashes the records and strings for the header.
///
/// # Errors
/// `IO` when an index makes no sense, `OVERFLOW` when there are too many names.
pub fn flatten(layers: &[Arc<Layer>], id: [u8; 32], sha256: impl FnOnce(&[u8]) -> [u8; 32]) -> Result<Vec<u8>, Errno> {
    let stack = Stack(layers.to_vec());
    let mut flat = Flat::new(&stack)?;
    let mut directories = VecDeque::new();
    if let Merged::Directory { sources, meta } = stack.root()? {
        flat.directory(Text::default(), meta)?;
        directories.push_back((0, sources));
    }
    // Breadth first: a directory's children are neighbours, and come after it.
    while let Some((number, sources)) = directories.pop_front() {
        let first = flat.count()?;
        let mut subdirs = 0;
        for (name, merged) in stack.children(&sources)? {
            let name = flat.text(name)?;
            match merged {
                Merged::Directory { sources, meta } => {
                    subdirs += 1;
                    directories.push_back((flat.count()?, sources));
                    flat.directory(name, meta)?;
                }
                Merged::Leaf(source) => flat.leaf(name, source)?,
                Merged::LowerLink(_) => return Err(Errno::Io),
            }
        }
        let children = (first, flat.count()?);
        let record = flat.record(number).ok_or(Errno::Io)?;
        *record = RawRecord { nlink: 2 + subdirs, children, ..RawRecord::decode(record) }.encode();
    }
    Ok(flat.finish(id, sha256))
}

/// The index under construction.
struct Flat<'a> {
    stack: &'a Stack,
    links_from_above: HashMap<Source, u32>,
    /// Where each layer's tar begins among all of them; one more for the end.
    starts: Vec<u64>,
    /// Room for the header, and the records.
    out: Vec<u8>,
    strings: Vec<u8>,
    /// The first record of each inode with several names.
    seen: HashMap<Source, u32>,
}

impl<'a> Flat<'a> {
    fn new(stack: &'a Stack) -> Result<Self, Errno> {
        let (mut starts, mut records) = (vec![0_u64], 0);
        for layer in &stack.0 {
            let start = starts.last().copied().unwrap_or_default();
            starts.push(start.checked_add(layer.index().tar_len()).ok_or(Errno::Overflow)?);
            records += layer.index().len() as usize;
        }
        let mut out = Vec::with_capacity(HEADER_LEN + records * RECORD_LEN);
        out.resize(HEADER_LEN, 0);
        let links_from_above = stack.links_from_above()?;
        Ok(Self { stack, links_from_above, starts, out, strings: Vec::new(), seen: HashMap::new() })
    }

    /// The number of records so far.
    fn count(&self) -> Result<u32, Errno> {
        u32::try_from((self.out.len() - HEADER_LEN) / RECORD_LEN).map_err(|_| Errno::Overflow)
    }

    /// The bytes of a record.
    fn record(&mut self, number: u32) -> Option<&mut [u8; RECORD_LEN]> {
        self.out.get_mut(HEADER_LEN + number as usize * RECORD_LEN..)?.first_chunk_mut()
    }

    fn push(&mut self, record: RawRecord) {
        self.out.extend_from_slice(&record.encode());
    }

    fn text(&mut self, bytes: &[u8]) -> Result<Text, Errno> {
        let start = u32::try_from(self.strings.len()).map_err(|_| Errno::Overflow)?;
        self.strings.extend_from_slice(bytes);
        Ok(Text { start, len: bytes.len() as u32 })
    }

    /// Adds a directory; its children are not known yet.
    fn directory(&mut self, name: Text, meta: Option<Source>) -> Result<(), Errno> {
        let record = match meta {
            Some(source) => self.inode(name, source)?,
            None => RawRecord {
                flags: FLAG_IMPLIED,
                mode: Mode::new(FileKind::Directory, 0o755),
                ..RawRecord::blank(KIND_INODE, name)
            },
        };
        self.push(record);
        Ok(())
    }

    /// Adds another name of an inode, or the inode.
    fn leaf(&mut self, name: Text, source: Source) -> Result<(), Errno> {
        if let Some(target) = self.seen.get(&source) {
            let link = RawRecord { target: *target, ..RawRecord::blank(KIND_HARD_LINK, name) };
            self.push(link);
            return Ok(());
        }
        let mut record = self.inode(name, source)?;
        let above = self.links_from_above.get(&source).copied().unwrap_or(0);
        record.nlink = record.nlink.max(1).saturating_add(above);
        if record.nlink > 1 {
            self.seen.insert(source, self.count()?);
        }
        self.push(record);
        Ok(())
    }

    /// A layer's record as it stands in the merged index.
    fn inode(&mut self, name: Text, source: Source) -> Result<RawRecord, Errno> {
        let record = self.stack.layer(source.layer)?.index().record(source.record).ok_or(Errno::Io)?;
        let start = self.starts.get(source.layer as usize).copied().ok_or(Errno::Io)?;
        let is_regular = record.mode.kind() == FileKind::Regular;
        Ok(RawRecord {
            mode: record.mode,
            link: self.text(record.pieces.map_or(record.link, |pieces| pieces.encoded()))?,
            flags: if record.pieces.is_some() { FLAG_SPARSE } else { 0 },
            uid: record.uid,
            gid: record.gid,
            nlink: record.nlink,
            rdev: record.rdev,
            size: record.size,
            data: if is_regular { start.checked_add(record.data).ok_or(Errno::Overflow)? } else { 0 },
            mtime: record.mtime,
            label: record.label,
            ..RawRecord::blank(KIND_INODE, name)
        })
    }

    fn finish(self, id: [u8; 32], sha256: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
        let (records, strings) = ((self.out.len() - HEADER_LEN) / RECORD_LEN, self.strings.len());
        let mut out = self.out;
        out.extend_from_slice(&self.strings);
        let header = Header {
            records: records as u64,
            strings: strings as u64,
            tar_len: self.starts.last().copied().unwrap_or_default(),
            diff_id: id,
            sha256: sha256(&out[HEADER_LEN..]),
            lower_links: 0,
        };
        out[..HEADER_LEN].copy_from_slice(&header.encode());
        out
    }
}
