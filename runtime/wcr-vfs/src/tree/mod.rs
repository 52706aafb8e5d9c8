//! The memory tree: a mutable file system, empty at first or lying over the layers of an image.
//!
//! There is no upper and lower file system to copy between. A directory knows which directories of the
//! layers contribute to it; its names become inodes when they are looked up, and from then on the inode
//! is the truth: metadata simply changes on it, a write copies the touched 64 KiB of the content, a
//! directory can be renamed with all that it has not looked at yet. Removed names of a layer stay as
//! tombstones. Opening an image costs nothing that grows with it.
//!
//! Inodes are numbered as they come into being; numbers are never used again. Reading sets `atime` as with
//! `relatime`, but not of what is still as its layer has it: an overlay does not write to a layer either.

mod changes;
mod content;
mod flatten;
mod merge;
mod names;
mod ops;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use wcr_abi::{Errno, FileKind, Mode, Timestamp};

use crate::fs::{Ino, NewInode};
use crate::layer::{Content, Layer};
use content::{Budget, File};
pub use flatten::flatten;
pub use merge::{DanglingLink, dangling_link};
use merge::{Merged, Source, Stack};

/// The most that a tree may hold beyond its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Bytes of memory for written content. Whatever is shorter than a page counts as one.
    pub bytes: u64,
    /// Names made, each hard link included.
    pub inodes: u64,
}

impl Default for TreeLimits {
    /// 1 GiB and 1,000,000 names.
    fn default() -> Self {
        Self { bytes: 1 << 30, inodes: 1_000_000 }
    }
}

/// The most names one inode can have (ext4's limit).
const LINK_MAX: u32 = 65_000;
/// The longest target that is stored in a symbolic link's inode itself (ext4's limit, exclusive).
const INLINE_LINK: usize = 60;

/// A file system in memory, over any number of image layers.
#[derive(Debug, Clone)]
pub struct Tree {
    stack: Stack,
    /// How many of the layers are not the result of earlier writing.
    image_layers: u32,
    inodes: HashMap<Ino, Box<Inode>, BuildHasherDefault<InoHasher>>,
    /// Which inode a layer's record with several names has become, so that they meet in one inode.
    by_record: HashMap<Source, Ino>,
    /// How many names of a layer's inode are in higher layers.
    links_from_above: HashMap<Source, u32>,
    last_ino: Ino,
    budget: Budget,
    names: Budget,
}

#[derive(Debug, Clone)]
struct Inode {
    mode: Mode,
    uid: u32,
    gid: u32,
    rdev: u64,
    /// The number of names; for a directory 1, or 0 when it was removed.
    nlink: u32,
    /// How many of the names count against the limit.
    charged: u32,
    pins: u32,
    atime: Timestamp,
    mtime: Timestamp,
    ctime: Timestamp,
    /// Nothing of it was changed since it came from a layer.
    untouched: bool,
    /// The layer's record that this inode was.
    origin: Option<Source>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Directory(Box<Directory>),
    /// The content, and where in its layer the tar has all of it, if it has.
    File(File, Option<u64>),
    Symlink(Box<[u8]>),
    /// A device, FIFO or socket.
    Special,
}

#[derive(Debug, Clone)]
struct Directory {
    /// Where it is; still that when it was removed, and then pinned.
    parent: Ino,
    name: Box<[u8]>,
    /// What is known of its names; `None` is a tombstone.
    names: BTreeMap<Box<[u8]>, Option<Ino>>,
    /// The layers' directories that further names may come from, the topmost first.
    sources: Vec<Source>,
    /// The number of subdirectories, once known.
    subdirs: Option<u32>,
}

/// Spreads inode numbers, which no guest chooses, over a hash table.
#[derive(Default)]
struct InoHasher(u64);

impl Hasher for InoHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// The root's number.
const ROOT: Ino = 1;

impl Tree {
    /// An empty tree, whose root is `/` with mode 755, owned by root.
    #[must_use]
    pub fn new(limits: TreeLimits, now: Timestamp) -> Self {
        let mut tree = Self {
            stack: Stack::default(),
            image_layers: 0,
            inodes: HashMap::default(),
            by_record: HashMap::new(),
            links_from_above: HashMap::new(),
            last_ino: 0,
            budget: Budget { limit: limits.bytes, used: 0 },
            names: Budget { limit: limits.inodes, used: 0 },
        };
        let root = NewInode { mode: Mode::new(FileKind::Directory, 0o755), uid: 0, gid: 0, rdev: 0, target: &[] };
        let body = Tree::directory(ROOT, &[], Vec::new(), Some(0));
        tree.insert(Inode::new(&root, body, now));
        tree
    }

    /// A tree over the layers of an image, the lowest first. Costs the same for any image.
    ///
    /// # Errors
    /// `IO` when a layer's index has no sound root.
    pub fn over(layers: Vec<Arc<Layer>>, limits: TreeLimits) -> Result<Self, Errno> {
        Self::going_on(layers, None, limits)
    }

    /// A tree over the layers of an image and a layer of what was changed of them before, which still counts among the
    /// changes.
    ///
    /// # Errors
    /// As [`Self::over`].
    pub fn going_on(
        mut layers: Vec<Arc<Layer>>,
        written: Option<Arc<Layer>>,
        limits: TreeLimits,
    ) -> Result<Self, Errno> {
        let mut tree = Self::new(limits, Timestamp::default());
        tree.image_layers = u32::try_from(layers.len()).map_err(|_| Errno::Io)?;
        layers.extend(written);
        tree.stack = Stack(layers);
        tree.links_from_above = tree.stack.links_from_above()?;
        if let Merged::Directory { sources, meta } = tree.stack.root()? {
            let root = tree.layer_directory(ROOT, &[], sources, meta)?;
            tree.inodes.insert(ROOT, Box::new(root));
        }
        Ok(tree)
    }

    fn insert(&mut self, inode: Inode) -> Ino {
        self.last_ino += 1;
        self.inodes.insert(self.last_ino, Box::new(inode));
        self.last_ino
    }

    fn get(&self, ino: Ino) -> Result<&Inode, Errno> {
        self.inodes.get(&ino).map(|inode| &**inode).ok_or(Errno::Stale)
    }

    fn get_mut(&mut self, ino: Ino) -> Result<&mut Inode, Errno> {
        self.inodes.get_mut(&ino).map(|inode| &mut **inode).ok_or(Errno::Stale)
    }

    fn dir(&self, ino: Ino) -> Result<&Directory, Errno> {
        match &self.get(ino)?.body {
            Body::Directory(dir) => Ok(dir),
            _ => Err(Errno::Notdir),
        }
    }

    fn dir_mut(&mut self, ino: Ino) -> Result<&mut Directory, Errno> {
        match &mut self.get_mut(ino)?.body {
            Body::Directory(dir) => Ok(dir),
            _ => Err(Errno::Notdir),
        }
    }

    fn is_dir(&self, ino: Ino) -> bool {
        self.dir(ino).is_ok()
    }

    fn directory(parent: Ino, name: &[u8], sources: Vec<Source>, subdirs: Option<u32>) -> Body {
        Body::Directory(Box::new(Directory { parent, name: name.into(), names: BTreeMap::new(), sources, subdirs }))
    }

    /// The inode of a layer's directory.
    fn layer_directory(
        &self,
        parent: Ino,
        name: &[u8],
        sources: Vec<Source>,
        meta: Option<Source>,
    ) -> Result<Inode, Errno> {
        let subdirs = match sources.as_slice() {
            [only] => {
                let record = self.stack.layer(only.layer)?.index().record(only.record).ok_or(Errno::Io)?;
                Some(record.nlink.saturating_sub(2))
            }
            _ => None,
        };
        let body = Self::directory(parent, name, sources, subdirs);
        let Some(source) = meta else {
            let mode = Mode::new(FileKind::Directory, 0o755);
            let implied = NewInode { mode, uid: 0, gid: 0, rdev: 0, target: &[] };
            return Ok(Inode { untouched: true, ..Inode::new(&implied, body, Timestamp::default()) });
        };
        let record = self.stack.layer(source.layer)?.index().record(source.record).ok_or(Errno::Io)?;
        let new = NewInode { mode: record.mode, uid: record.uid, gid: record.gid, rdev: 0, target: &[] };
        Ok(Inode { untouched: true, ..Inode::new(&new, body, record.mtime) })
    }

    /// The inode of a layer's record that is not a directory, made when this is its first name.
    fn leaf(&mut self, source: Source) -> Result<Ino, Errno> {
        if let Some(ino) = self.by_record.get(&source) {
            return Ok(*ino);
        }
        let record = self.stack.layer(source.layer)?.index().record(source.record).ok_or(Errno::Io)?;
        let body = match record.mode.kind() {
            FileKind::Directory => return Err(Errno::Io),
            FileKind::Regular => Body::File(File::new(record.size), record.pieces.is_none().then_some(record.data)),
            FileKind::Symlink => Body::Symlink(record.link.into()),
            _ => Body::Special,
        };
        let new = NewInode { mode: record.mode, uid: record.uid, gid: record.gid, rdev: record.rdev, target: &[] };
        let above = self.links_from_above.get(&source).copied().unwrap_or(0);
        let nlink = record.nlink.max(1).saturating_add(above);
        let inode = Inode { nlink, untouched: true, origin: Some(source), ..Inode::new(&new, body, record.mtime) };
        let ino = self.insert(inode);
        if nlink > 1 {
            self.by_record.insert(source, ino);
        }
        Ok(ino)
    }

    /// Makes the inode that a name of the layers stands for.
    fn instantiate(&mut self, parent: Ino, name: &[u8], merged: Merged) -> Result<Ino, Errno> {
        match merged {
            Merged::Leaf(source) => self.leaf(source),
            Merged::Directory { sources, meta } => {
                let inode = self.layer_directory(parent, name, sources, meta)?;
                Ok(self.insert(inode))
            }
            Merged::LowerLink(_) => Err(Errno::Io),
        }
    }

    /// The layer's content of a file, as far as it still counts.
    fn base<'a>(stack: &'a Stack, inode: &Inode) -> Result<Content<'a>, Errno> {
        let (Body::File(file, start), Some(origin)) = (&inode.body, inode.origin) else { return Ok(Content::EMPTY) };
        let layer = stack.layer(origin.layer)?;
        let content = match start {
            Some(start) => layer.data(*start, file.base_len()).map(Content::plain),
            None => layer.index().record(origin.record).and_then(|record| layer.content(&record)),
        };
        Ok(content.ok_or(Errno::Io)?.take(file.base_len()))
    }
}

impl Inode {
    fn new(new: &NewInode<'_>, body: Body, now: Timestamp) -> Self {
        Self {
            mode: new.mode,
            uid: new.uid,
            gid: new.gid,
            rdev: new.rdev,
            nlink: 1,
            charged: 0,
            pins: 0,
            untouched: false,
            atime: now,
            mtime: now,
            ctime: now,
            origin: None,
            body,
        }
    }

    /// The content was changed.
    fn touch(&mut self, now: Timestamp) {
        self.mtime = now;
        self.change(now);
    }

    /// Something was changed.
    fn change(&mut self, now: Timestamp) {
        self.ctime = now;
        self.untouched = false;
    }
}
