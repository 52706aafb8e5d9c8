//! Mounts and the path walk: what Linux's VFS does above the file systems.
//!
//! Every operation by path takes the [`Walk`] of the process, a directory to start in (`None`: its current
//! one) and the path's bytes; it checks what Linux checks, in Linux's order, so that the same mistake gives
//! the same error. Operations on a [`Node`] are for files that are already open: they check nothing but
//! what the file system itself refuses.

mod attr;
mod creds;
mod make;
mod name;
mod node;
mod open;
mod remove;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::HashMap;

use wcr_abi::{Errno, FileKind, Mode, Timestamp};

use crate::fs::{FileSystem, Ino, NewInode};
use crate::tree::{Tree, TreeLimits};
pub use attr::{SetTime, SetTimes};
pub use creds::{Access, Creds};
pub use name::{Name, Removed, Renamed};
pub use open::Opened;
pub use remove::Rename;
pub use walk::{Found, Target, Walk};

/// An inode of a mounted file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The mount, in the order of mounting; 0 is the root's.
    pub mount: u32,
    /// The inode in it.
    pub ino: Ino,
}

impl Node {
    /// Where a path starts whose descriptor is not open: a walk from there fails with `BADF`, but only where Linux
    /// looks at the descriptor.
    pub const NOWHERE: Self = Self { mount: u32::MAX, ino: 0 };
}

/// Where a node was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory.
    pub dir: Node,
    /// The name in it.
    pub name: Vec<u8>,
}

/// How a file system is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountOptions {
    /// Every change fails with `ROFS`; devices and FIFOs can still be opened for writing.
    pub read_only: bool,
    /// Its files cannot be executed.
    pub no_exec: bool,
    /// Its devices cannot be opened.
    pub no_dev: bool,
    /// Set-id bits of its files do not count.
    pub no_suid: bool,
    /// What is mounted, as `/proc/mounts` shows it.
    pub source: String,
    /// The kind of file system, as `/proc/mounts` shows it.
    pub fstype: String,
    /// The file system's own options, as `/proc/mounts` shows them.
    pub data: String,
}

impl MountOptions {
    /// The options as `/proc/mounts` lists them.
    #[must_use]
    pub fn text(&self) -> String {
        let flags = [(self.no_suid, ",nosuid"), (self.no_dev, ",nodev"), (self.no_exec, ",noexec")];
        let mut text = String::from(if self.read_only { "ro" } else { "rw" });
        text.extend(flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name));
        text.push_str(",relatime");
        if !self.data.is_empty() {
            text.push(',');
            text.push_str(&self.data);
        }
        text
    }
}

/// One line of `/proc/mounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountInfo {
    /// Where it is mounted.
    pub path: Vec<u8>,
    /// The `st_dev` of its files.
    pub dev: u64,
    /// The `st_dev` of the files that it is mounted among; none for the root.
    pub parent: Option<u64>,
    /// How it was mounted.
    pub options: MountOptions,
}

struct Mount {
    fs: Box<dyn FileSystem>,
    root: Ino,
    /// The node that it covers; `None` for the first mount.
    at: Option<Node>,
    /// For a mount on something else than a directory: where that is. Only directories know their path.
    place: Option<Place>,
    options: MountOptions,
}

/// The tree of mounted file systems.
pub struct Vfs {
    mounts: Vec<Mount>,
    covered: HashMap<Node, u32>,
    /// How many processes execute a file, which keeps others from writing to it. Looked up only, never listed.
    executed: HashMap<Node, usize>,
}

impl core::fmt::Debug for Vfs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Vfs").field("mounts", &self.mounts.len()).finish_non_exhaustive()
    }
}

impl Vfs {
    /// A tree with this root file system.
    #[must_use]
    pub fn new(fs: Box<dyn FileSystem>, options: MountOptions) -> Self {
        let root = fs.root();
        let mount = Mount { fs, root, at: None, place: None, options };
        Self { mounts: vec![mount], covered: HashMap::new(), executed: HashMap::new() }
    }

    /// The root directory.
    #[must_use]
    pub fn root(&self) -> Node {
        let root = self.mounts.first().map_or(0, |mount| mount.root);
        self.cross(Node { mount: 0, ino: root })
    }

    /// Mounts a file system over a directory, and gives its root.
    ///
    /// # Errors
    /// `NOTDIR` when `at` is no directory; see [`Self::mount_at`] for files.
    pub fn mount(&mut self, at: Node, fs: Box<dyn FileSystem>, options: MountOptions) -> Result<Node, Errno> {
        if !self.is_dir(at)? {
            return Err(Errno::Notdir);
        }
        self.attach(at, None, fs, options)
    }

    /// Mounts a file system over whatever is at `path`, and gives its root.
    ///
    /// # Errors
    /// Those of the walk; `NOTDIR` when one of the two is a directory and the other is not.
    pub fn mount_at(
        &mut self,
        walk: &Walk<'_>,
        path: &[u8],
        fs: Box<dyn FileSystem>,
        options: MountOptions,
    ) -> Result<Node, Errno> {
        let (at, place) = self.resolve_place(walk, None, path, true)?;
        let Found::Here(at) = at else { return Err(Errno::Inval) };
        let place = if self.is_dir(at)? { None } else { place };
        self.attach(at, place, fs, options)
    }

    fn attach(
        &mut self,
        at: Node,
        place: Option<Place>,
        mut fs: Box<dyn FileSystem>,
        options: MountOptions,
    ) -> Result<Node, Errno> {
        let root = fs.root();
        if (fs.perm(root)?.mode.kind() == FileKind::Directory) != self.is_dir(at)? {
            return Err(Errno::Notdir);
        }
        let mount = u32::try_from(self.mounts.len()).map_err(|_| Errno::Nospc)?;
        self.pin(at)?;
        self.covered.insert(at, mount);
        self.mounts.push(Mount { fs, root, at: Some(at), place, options });
        Ok(Node { mount, ino: root })
    }

    /// Keeps a file system that no path leads to, and gives its root: for files without names.
    ///
    /// # Errors
    /// `NOSPC` too many mounts.
    pub fn mount_nowhere(&mut self, fs: Box<dyn FileSystem>) -> Result<Node, Errno> {
        let mount = u32::try_from(self.mounts.len()).map_err(|_| Errno::Nospc)?;
        let root = fs.root();
        self.mounts.push(Mount { fs, root, at: None, place: None, options: MountOptions::default() });
        Ok(Node { mount, ino: root })
    }

    /// Makes a regular file in a directory, and takes its name away: it lasts while it is pinned, as it is now.
    ///
    /// # Errors
    /// Those of [`FileSystem::create`].
    pub fn nameless_file(&mut self, dir: Node, mode: u32, creds: &Creds, now: Timestamp) -> Result<Node, Errno> {
        let mode = Mode::new(FileKind::Regular, mode);
        let new = NewInode { mode, uid: creds.uid, gid: creds.gid, rdev: 0, target: &[] };
        let fs = self.fs(dir)?;
        let ino = fs.create(dir.ino, b"file", &new, now)?;
        fs.pin(ino)?;
        fs.unlink(dir.ino, b"file", now)?;
        Ok(Node { mount: dir.mount, ino })
    }

    /// Makes the first mount read-only: what is mounted in it is not concerned.
    pub fn seal_root(&mut self) {
        if let Some(mount) = self.mounts.first_mut() {
            mount.options.read_only = true;
        }
    }

    /// A copy of the first mount's file system as it is now; `None` where it cannot be copied.
    #[must_use]
    pub fn snapshot_root(&self) -> Option<Box<dyn FileSystem>> {
        self.mounts.first().and_then(|mount| mount.fs.snapshot())
    }

    /// The first mount's file system.
    pub fn root_fs(&mut self) -> Option<&mut (dyn FileSystem + 'static)> {
        self.mounts.first_mut().map(|mount| &mut *mount.fs)
    }

    /// Takes the first mount's file system out and leaves an empty one: for a system that has ended. What is still open
    /// there leads nowhere.
    pub fn take_root(&mut self) -> Option<Box<dyn FileSystem>> {
        let empty = Tree::new(TreeLimits { bytes: 0, inodes: 0 }, Timestamp::default());
        self.mounts.first_mut().map(|mount| core::mem::replace(&mut mount.fs, Box::new(empty)))
    }

    /// The number of the first mount of a kind of file system.
    #[must_use]
    pub fn mount_of(&self, fstype: &str) -> Option<u32> {
        let at = self.mounts.iter().position(|mount| mount.options.fstype == fstype)?;
        u32::try_from(at).ok()
    }

    /// All mounts, in the order of mounting. A mount whose place cannot be named any more is left out.
    pub fn mounts(&mut self) -> Vec<MountInfo> {
        let mut all = Vec::with_capacity(self.mounts.len());
        for number in 0..self.mounts.len() {
            let Some(mount) = self.mounts.get(number) else { continue };
            if number > 0 && mount.at.is_none() {
                continue;
            }
            let (options, place, root) = (mount.options.clone(), mount.place.clone(), mount.root);
            let parent = mount.at.map(|at| u64::from(at.mount) + 1);
            let path = match place {
                Some(place) => self.path_at(&place),
                None => self.path_of(Node { mount: number as u32, ino: root }),
            };
            if let Ok(path) = path {
                all.push(MountInfo { path, dev: number as u64 + 1, parent, options });
            }
        }
        all
    }

    fn mounted(&self, mount: u32) -> Result<&Mount, Errno> {
        self.mounts.get(mount as usize).ok_or(Errno::Stale)
    }

    fn fs(&mut self, node: Node) -> Result<&mut dyn FileSystem, Errno> {
        match self.mounts.get_mut(node.mount as usize) {
            Some(mount) => Ok(&mut *mount.fs),
            None => Err(Errno::Stale),
        }
    }

    /// The root of what is mounted on the node, or the node itself.
    fn cross(&self, mut node: Node) -> Node {
        while let Some(mount) = self.covered.get(&node) {
            let Some(root) = self.mounts.get(*mount as usize).map(|mounted| mounted.root) else { break };
            node = Node { mount: *mount, ino: root };
        }
        node
    }

    /// `ROFS` when the node's mount cannot be changed.
    fn writable(&self, node: Node) -> Result<(), Errno> {
        if self.mounted(node.mount)?.options.read_only { Err(Errno::Rofs) } else { Ok(()) }
    }

    fn is_dir(&mut self, node: Node) -> Result<bool, Errno> {
        Ok(self.perm(node)?.mode.kind() == FileKind::Directory)
    }
}
