//! The tree of an image as one tar.

use std::collections::BTreeMap;
use std::io::{self, Write};

use wcr_abi::{FileKind, Timestamp};
use wcr_vfs::layer::{Layer, Record, RecordKind};

use crate::tar::{END, Kind, NewEntry, padding};

/// In which pieces contents are written, in bytes.
const PIECE: u64 = 1 << 20;

/// Writes all that the layer shows (of an image: the one that stands for all its layers) to `out` as a tar: folders
/// before what is in them, names sorted, `./` first when the layers have the root itself. The same layer always gives
/// the same bytes.
///
/// # Errors
/// Those of `out`, and [`io::ErrorKind::InvalidData`] when the layer's index makes no sense.
pub fn export_tree(layer: &Layer, out: &mut dyn Write) -> io::Result<()> {
    let mut export = Export { layer, out, seen: BTreeMap::new() };
    let root = export.record(0)?;
    if !root.implied {
        export.entry(b"./", &root)?;
    }
    // Depth first, by a list of what is left: folders may be nested deeply.
    let mut left: Vec<(u32, Vec<u8>)> = Vec::new();
    let index = layer.index();
    let children = |dir: u32, path: &[u8], left: &mut Vec<(u32, Vec<u8>)>| {
        for child in index.children(dir).rev() {
            let mut path = path.to_vec();
            path.extend_from_slice(index.name(child).unwrap_or_default());
            left.push((child, path));
        }
    };
    children(0, b"", &mut left);
    while let Some((number, mut path)) = left.pop() {
        let record = export.record(number)?;
        if record.kind == RecordKind::Inode && record.mode.kind() == FileKind::Directory {
            path.push(b'/');
            export.entry(&path, &record)?;
            children(number, &path, &mut left);
        } else {
            export.name(&path, number, &record)?;
        }
    }
    export.out.write_all(&END)
}

struct Export<'a> {
    layer: &'a Layer,
    out: &'a mut dyn Write,
    /// The first name of each inode that has several.
    seen: BTreeMap<u32, Vec<u8>>,
}

impl<'a> Export<'a> {
    fn record(&self, number: u32) -> io::Result<Record<'a>> {
        self.layer.index().record(number).ok_or_else(|| invalid("the index is damaged"))
    }

    /// Writes a name of anything but a folder.
    fn name(&mut self, path: &[u8], number: u32, record: &Record<'_>) -> io::Result<()> {
        let inode = match record.kind {
            // What a single layer hides, or links to, in layers that are not there.
            RecordKind::Whiteout | RecordKind::LowerHardLink => return Ok(()),
            RecordKind::Inode => number,
            RecordKind::HardLink { record } => record,
        };
        let target = self.record(inode)?;
        if let Some(first) = self.seen.get(&inode) {
            let entry =
                NewEntry { kind: Kind::HardLink, link: first, size: 0, device: (0, 0), ..new_entry(path, &target) };
            return self.out.write_all(&entry.header());
        }
        if target.nlink > 1 {
            self.seen.insert(inode, path.to_vec());
        }
        self.entry(path, &target)
    }

    /// Writes an inode, with its content.
    fn entry(&mut self, path: &[u8], record: &Record<'_>) -> io::Result<()> {
        let entry = new_entry(path, record);
        self.out.write_all(&entry.header())?;
        if entry.size > 0 {
            let content = self.layer.content(record).ok_or_else(|| invalid("a layer is cut off"))?;
            let (mut at, mut copy) = (0, Vec::new());
            while at < entry.size {
                let length = PIECE.min(entry.size - at) as usize;
                let piece = match content.view(at, length) {
                    Some(piece) => piece,
                    None => {
                        copy.resize(length, 0);
                        content.read(at, &mut copy);
                        &copy
                    }
                };
                self.out.write_all(piece)?;
                at += length as u64;
            }
        }
        self.out.write_all(padding(entry.size))
    }
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn new_entry<'a>(path: &'a [u8], record: &Record<'a>) -> NewEntry<'a> {
    let kind = Kind::of(record.mode.kind());
    // Of a folder that the layers only imply, nothing is known.
    let mtime = if record.implied { Timestamp::default() } else { record.mtime };
    NewEntry {
        path,
        link: if kind == Kind::Symlink { record.link } else { b"" },
        kind,
        mode: record.mode.permissions(),
        uid: record.uid,
        gid: record.gid,
        mtime,
        device: kind.device(record.rdev),
        size: if kind == Kind::Regular { record.size } else { 0 },
    }
}
