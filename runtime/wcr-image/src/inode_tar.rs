//! Inodes as entries of a tar.

use std::collections::BTreeMap;
use std::io::{self, Write};

use wcr_abi::{Errno, FileKind, Stat};

use crate::tar::{END, Kind, NewEntry, padding};

/// In which pieces contents are written, in bytes.
const PIECE: usize = 256 << 10;

/// Where inodes are read from.
pub trait Inodes {
    /// What tells one inode from the others.
    type Id: Copy + Ord;

    /// Its metadata.
    ///
    /// # Errors
    /// Those of `stat(2)`.
    fn stat(&mut self, id: Self::Id) -> Result<Stat, Errno>;

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// Those of `readlink(2)`.
    fn readlink(&mut self, id: Self::Id) -> Result<Vec<u8>, Errno>;

    /// Reads from a file; 0 is its end.
    ///
    /// # Errors
    /// Those of `pread(2)`.
    fn read(&mut self, id: Self::Id, offset: u64, buf: &mut [u8]) -> Result<usize, Errno>;
}

/// Writes inodes under names to a tar. Of an inode with several names all after the first become hard links to it.
pub struct InodeTar<'a, I: Inodes> {
    inodes: I,
    out: &'a mut dyn Write,
    /// The first name of each inode that may have several.
    seen: BTreeMap<I::Id, Vec<u8>>,
}

impl<'a, I: Inodes> InodeTar<'a, I> {
    /// A tar without entries.
    pub fn new(inodes: I, out: &'a mut dyn Write) -> Self {
        Self { inodes, out, seen: BTreeMap::new() }
    }

    /// Where the inodes are read from.
    pub fn inodes(&mut self) -> &mut I {
        &mut self.inodes
    }

    /// Writes an inode with what is in it; of a folder the folder alone, of which an empty name is the root. Sockets are
    /// left out, since a tar has none.
    ///
    /// # Errors
    /// Those of the output, and what reading fails with.
    pub fn add(&mut self, path: &[u8], id: I::Id) -> io::Result<()> {
        let stat = self.inodes.stat(id).map_err(failed)?;
        let kind = stat.mode.kind();
        if kind == FileKind::Directory {
            let path = if path.is_empty() { b"./".to_vec() } else { [path, b"/"].concat() };
            return self.out.write_all(&entry(&path, b"", &stat, 0).header());
        }
        if kind == FileKind::Socket {
            return Ok(());
        }
        if let Some(first) = self.seen.get(&id) {
            let link = NewEntry { kind: Kind::HardLink, device: (0, 0), ..entry(path, first, &stat, 0) };
            return self.out.write_all(&link.header());
        }
        if stat.nlink > 1 {
            self.seen.insert(id, path.to_vec());
        }
        let target = if kind == FileKind::Symlink { self.inodes.readlink(id).map_err(failed)? } else { Vec::new() };
        let size = if kind == FileKind::Regular { stat.size } else { 0 };
        self.out.write_all(&entry(path, &target, &stat, size).header())?;
        self.content(id, size)
    }

    /// Ends the tar.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<()> {
        self.out.write_all(&END)
    }

    fn content(&mut self, id: I::Id, size: u64) -> io::Result<()> {
        let mut piece = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE))];
        let mut at = 0;
        while at < size {
            let length = usize::try_from(size - at).unwrap_or(PIECE).min(piece.len());
            let room = piece.get_mut(..length).unwrap_or_default();
            match self.inodes.read(id, at, room).map_err(failed)? {
                0 => return Err(failed(Errno::Io)),
                got => {
                    self.out.write_all(room.get(..got).unwrap_or_default())?;
                    at += got as u64;
                }
            }
        }
        self.out.write_all(padding(size))
    }
}

/// Entries of one's own, complete with their headers.
impl<I: Inodes> Write for InodeTar<'_, I> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn failed(errno: Errno) -> io::Error {
    io::Error::other(errno.to_string())
}

fn entry<'a>(path: &'a [u8], link: &'a [u8], stat: &Stat, size: u64) -> NewEntry<'a> {
    let kind = Kind::of(stat.mode.kind());
    NewEntry {
        path,
        link,
        kind,
        mode: stat.mode.permissions(),
        uid: stat.uid,
        gid: stat.gid,
        mtime: stat.mtime,
        device: kind.device(stat.rdev),
        size,
    }
}
