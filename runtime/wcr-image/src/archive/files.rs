//! The files of an archive, found by their paths; links are followed within the archive.

use core::fmt;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::sync::Arc;

use bytes::Bytes;

use super::kind;
use crate::error::{ImageError, Result, shown};
use crate::tar::{Entry, Kind};

/// How many links one path may lead through; Docker's archives need one.
const MOST_LINKS: usize = 16;
/// In which pieces contents are compared, in bytes.
const PIECE: u64 = 1 << 20;

/// Where the bytes of an archive are: in memory, in a file, in the files of a folder.
pub trait Source: fmt::Debug + Send + Sync {
    /// `length` bytes of the file of this number from `start` on; a tar is one file, and has the number 0.
    ///
    /// # Errors
    /// [`ImageError::Unreadable`] when they are not to be had.
    fn read(&self, file: usize, start: u64, length: usize) -> Result<Bytes>;
}

impl Source for Bytes {
    fn read(&self, _file: usize, start: u64, length: usize) -> Result<Bytes> {
        let start = usize::try_from(start).ok();
        let end = start.and_then(|start| start.checked_add(length)).filter(|end| *end <= self.len());
        let missing = || ImageError::Unreadable { reason: "the archive is cut off".into() };
        Ok(self.slice(start.zip(end).map(|(start, end)| start..end).ok_or_else(missing)?))
    }
}

/// Where a file of an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// In which file of the archive's [`Source`].
    pub file: usize,
    /// Where it begins there.
    pub start: u64,
    /// How long it is, in bytes.
    pub size: u64,
}

/// What lies under which path.
#[derive(Debug)]
pub(super) struct Files {
    items: BTreeMap<Vec<u8>, Item>,
    source: Arc<dyn Source>,
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    File(Part),
    /// A link to the item of this path.
    Link(Vec<u8>),
}

/// A file that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// Where it is, with all links followed.
    pub path: &'a [u8],
    pub part: Part,
}

impl Files {
    /// The files of a tar with these entries.
    pub(super) fn of_tar(entries: Vec<Entry>, source: Arc<dyn Source>) -> Result<Self> {
        let mut items = BTreeMap::new();
        for entry in entries {
            if entry.pieces.is_some() {
                return Err(bad(&entry.path, "it has holes, which files of an image's archive may not have"));
            }
            let item = match entry.kind {
                Kind::Regular => Item::File(Part { file: 0, start: entry.data, size: entry.size }),
                Kind::Symlink => Item::Link(target(&entry.path, &entry.link)?),
                Kind::HardLink => Item::Link(normal(&entry.link)?),
                Kind::Directory | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => {
                    normal(&entry.path)?;
                    continue;
                }
            };
            match items.entry(normal(&entry.path)?) {
                Place::Vacant(place) => {
                    place.insert(item);
                }
                Place::Occupied(place) if same(place.get(), &item, &*source)? => {}
                // Programs differ in which one they take, so one of them would see another image than wcr.
                Place::Occupied(_) => return Err(bad(&entry.path, "it is there twice, with different contents")),
            }
        }
        Ok(Self { items, source })
    }

    /// The files of a folder: their paths and lengths, in the order of the source's numbers.
    pub(super) fn of_folder(files: Vec<(Vec<u8>, u64)>, source: Arc<dyn Source>) -> Result<Self> {
        let mut items = BTreeMap::new();
        for (file, (path, size)) in files.into_iter().enumerate() {
            items.insert(normal(&path)?, Item::File(Part { file, start: 0, size }));
        }
        Ok(Self { items, source })
    }

    /// All of a file, which is `what` and may have `most` bytes.
    pub(super) fn document(&self, what: &'static str, part: Part, most: u64) -> Result<Bytes> {
        if part.size > most {
            return Err(ImageError::limit(what, most, "bytes"));
        }
        self.read(part)
    }

    /// All of a file. Its length must have been found acceptable.
    pub(super) fn read(&self, part: Part) -> Result<Bytes> {
        let length = usize::try_from(part.size);
        let length = length.map_err(|_| ImageError::limit("a file of the archive", usize::MAX as u64, "bytes"))?;
        self.source.read(part.file, part.start, length)
    }

    /// The first bytes of a file.
    pub(super) fn start(&self, part: Part) -> Result<Bytes> {
        self.read(Part { size: part.size.min(kind::LONGEST), ..part })
    }

    /// The file at `path`, links followed.
    ///
    /// # Errors
    /// [`ImageError::ArchivePath`] for a path that leads out of the archive, or through links without end.
    pub(super) fn get(&self, path: &str) -> Result<Option<Found<'_>>> {
        let mut at = normal(path.as_bytes())?;
        for _ in 0..MOST_LINKS {
            match self.items.get_key_value(&at) {
                Some((path, Item::File(part))) => return Ok(Some(Found { path, part: *part })),
                Some((_, Item::Link(next))) => at.clone_from(next),
                None => return Ok(None),
            }
        }
        Err(bad(path.as_bytes(), "its links run in a circle, or are too many"))
    }

    /// The file at `path`, which is `what`.
    ///
    /// # Errors
    /// As [`Self::get`], and [`ImageError::Missing`].
    pub(super) fn need(&self, what: &'static str, path: &str) -> Result<Found<'_>> {
        self.get(path)?.ok_or_else(|| ImageError::Missing { what, path: shown(path.as_bytes()) })
    }

    /// The paths, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.items.keys().map(Vec::as_slice)
    }
}

/// Whether two entries of one name are the same.
fn same(one: &Item, other: &Item, source: &dyn Source) -> Result<bool> {
    let (Item::File(one), Item::File(other)) = (one, other) else { return Ok(one == other) };
    if one.size != other.size {
        return Ok(false);
    }
    let mut at = 0;
    while at < one.size {
        let length = PIECE.min(one.size - at);
        let piece = |part: &Part| source.read(part.file, part.start + at, length as usize);
        if piece(one)? != piece(other)? {
            return Ok(false);
        }
        at += length;
    }
    Ok(true)
}

/// A path from the archive's root, without anything that means nothing.
fn normal(path: &[u8]) -> Result<Vec<u8>> {
    if path.starts_with(b"/") {
        return Err(bad(path, "it is absolute"));
    }
    if path.split(|b| *b == b'/').any(|name| name == b"..") {
        return Err(bad(path, "it has `..`"));
    }
    Ok(join(path.split(|b| *b == b'/')))
}

/// Where a symbolic link at `path` leads.
fn target(path: &[u8], link: &[u8]) -> Result<Vec<u8>> {
    if link.starts_with(b"/") {
        return Err(bad(path, "it is a link to an absolute path"));
    }
    let path = normal(path)?;
    let mut names: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
    names.pop();
    for name in link.split(|b| *b == b'/') {
        match name {
            b".." => {
                names.pop().ok_or_else(|| bad(&path, "it is a link that leads out of the archive"))?;
            }
            name => names.push(name),
        }
    }
    Ok(join(names.into_iter()))
}

fn join<'a>(names: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    names.filter(|name| !name.is_empty() && *name != b".").collect::<Vec<_>>().join(&b'/')
}

fn bad(path: &[u8], reason: &'static str) -> ImageError {
    ImageError::ArchivePath { path: shown(path), reason }
}
