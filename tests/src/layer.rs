//! Image layers, entry by entry, as tar streams.

use std::collections::HashMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// The modification time of every entry: 14 November 2023, 22:13:20 UTC.
pub const MTIME: u64 = 1_700_000_000;

/// A layer under construction: methods append one tar entry each, in order.
pub struct Layer {
    tar: Builder<Vec<u8>>,
    owner: (u64, u64),
    modes: HashMap<String, u32>,
}

impl Default for Layer {
    fn default() -> Self {
        Layer::new()
    }
}

impl Layer {
    /// A layer without entries.
    pub fn new() -> Self {
        Layer { tar: Builder::new(Vec::new()), owner: (0, 0), modes: HashMap::new() }
    }

    /// The entries that follow belong to this user and group.
    #[must_use]
    pub fn owner(mut self, uid: u64, gid: u64) -> Self {
        self.owner = (uid, gid);
        self
    }

    /// A folder.
    #[must_use]
    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.entry(EntryType::Directory, &format!("{path}/"), mode, b"", None)
    }

    /// A regular file.
    #[must_use]
    pub fn file(self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> Self {
        self.entry(EntryType::Regular, path, mode, content.as_ref(), None)
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, 0o777, b"", Some(target))
    }

    /// A hard link to the entry at `target`, a path from the root without a leading slash.
    #[must_use]
    pub fn hard_link(self, path: &str, target: &str) -> Self {
        // Some tools give the file the mode that the link's own header has.
        let mode = self.modes.get(target).copied().unwrap_or(0o644);
        self.entry(EntryType::Link, path, mode, b"", Some(target))
    }

    /// A named pipe.
    #[must_use]
    pub fn fifo(self, path: &str, mode: u32) -> Self {
        self.entry(EntryType::Fifo, path, mode, b"", None)
    }

    /// The mark that removes `path` of the layers below.
    #[must_use]
    pub fn whiteout(self, path: &str) -> Self {
        let (parent, name) = path.rsplit_once('/').map_or(("", path), |(parent, name)| (parent, name));
        let separator = if parent.is_empty() { "" } else { "/" };
        self.file(&format!("{parent}{separator}.wh.{name}"), 0o644, b"")
    }

    /// The mark that hides what the layers below have in the folder `path`.
    #[must_use]
    pub fn opaque(self, path: &str) -> Self {
        self.file(&format!("{path}/.wh..wh..opq"), 0o644, b"")
    }

    fn entry(mut self, kind: EntryType, path: &str, mode: u32, content: &[u8], target: Option<&str>) -> Self {
        self.modes.insert(path.to_owned(), mode);
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(self.owner.0);
        header.set_gid(self.owner.1);
        header.set_mtime(MTIME);
        header.set_size(content.len() as u64);
        let appended = match target {
            Some(target) => self.tar.append_link(&mut header, path, target),
            None => self.tar.append_data(&mut header, path, content),
        };
        appended.unwrap_or_else(|error| panic!("tar entry {path}: {error}"));
        self
    }

    /// The finished tar.
    ///
    /// # Panics
    /// Never: the tar is in memory.
    pub fn into_tar(self) -> Vec<u8> {
        self.tar.into_inner().expect("finish a tar in memory")
    }
}

/// Compresses as gzip, with no time stamp in the header, so that equal bytes stay equal.
///
/// # Panics
/// Never: the stream is in memory.
pub fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).expect("gzip in memory");
    encoder.finish().expect("gzip in memory")
}
