//! The files of an archive, found by their paths; links are followed within the archive.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

use super::kind;
use crate::error::{ImageError, Limits, Result, shown};
use crate::tar::{Kind, Reader};

/// How many links one path may lead through; Docker's archives need one.
const MOST_LINKS: usize = 16;

/// What lies under which path.
#[derive(Debug)]
pub(super) struct Files {
    items: BTreeMap<Vec<u8>, Item>,
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    File(Bytes),
    /// A link to the item of this path.
    Link(Vec<u8>),
}

/// A file that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// Where it is, with all links followed.
    pub path: &'a [u8],
    pub content: &'a Bytes,
}

impl Files {
    /// Reads the table of contents; the contents themselves stay in `tar`.
    pub(super) fn read(tar: &Bytes, limits: &Limits) -> Result<Self> {
        if tar.len() as u64 > limits.archive {
            return Err(ImageError::limit("the archive", limits.archive, "bytes"));
        }
        if tar.is_empty() {
            return Err(ImageError::NotAnArchive { found: kind::of_bytes(tar).into() });
        }
        let mut reader = Reader::new("the archive", limits.archive, limits);
        let mut entries = Vec::new();
        let read = reader.push(tar, &mut |entry| {
            if entries.len() as u64 >= limits.entries {
                return Err(ImageError::limit("the archive", limits.entries, "entries"));
            }
            entries.push(entry);
            Ok(())
        });
        match read.and_then(|()| reader.finish()) {
            Err(ImageError::Tar { path, .. }) if entries.is_empty() && path.is_empty() => {
                return Err(ImageError::NotAnArchive { found: kind::of_bytes(tar).into() });
            }
            result => result?,
        }
        let mut items = BTreeMap::new();
        for entry in entries {
            let item = match entry.kind {
                Kind::Regular => Item::File(part(tar, entry.data, entry.size).ok_or_else(|| ImageError::Tar {
                    offset: entry.data,
                    path: shown(&entry.path),
                    reason: "its content is cut off".into(),
                })?),
                Kind::Symlink => Item::Link(target(&entry.path, &entry.link)?),
                Kind::HardLink => Item::Link(normal(&entry.link)?),
                Kind::Directory | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => {
                    normal(&entry.path)?;
                    continue;
                }
            };
            match items.entry(normal(&entry.path)?) {
                Entry::Vacant(place) => {
                    place.insert(item);
                }
                Entry::Occupied(place) if *place.get() == item => {}
                // Programs differ in which one they take, so one of them would see another image than wcr.
                Entry::Occupied(_) => return Err(bad(&entry.path, "it is there twice, with different contents")),
            }
        }
        Ok(Self { items })
    }

    /// The file at `path`, links followed.
    ///
    /// # Errors
    /// [`ImageError::ArchivePath`] for a path that leads out of the archive, or through links without end.
    pub(super) fn get(&self, path: &str) -> Result<Option<Found<'_>>> {
        let mut at = normal(path.as_bytes())?;
        for _ in 0..MOST_LINKS {
            match self.items.get_key_value(&at) {
                Some((path, Item::File(content))) => return Ok(Some(Found { path, content })),
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

fn part(tar: &Bytes, start: u64, length: u64) -> Option<Bytes> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    (end <= tar.len()).then(|| tar.slice(start..end))
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
