//! Operations on nodes: files that a process has open, directories it is in.

use std::collections::hash_map::Entry;

use wcr_abi::{Errno, FileKind, Stat, StatFs, Timestamp};

use super::{Creds, Node, Place, Vfs};
use crate::fs::{DirEntry, Part, Perm, SetAttr};

/// The number of the device that a node is on.
fn dev(node: Node) -> u64 {
    u64::from(node.mount) + 1
}

impl Vfs {
    /// The node's metadata.
    ///
    /// # Errors
    /// `STALE` when it is no more; pin what is open.
    pub fn stat_node(&mut self, node: Node) -> Result<Stat, Errno> {
        let stat = self.fs(node)?.stat(node.ino)?;
        Ok(Stat { dev: dev(node), ..stat })
    }

    /// The node's kind, permissions and owners.
    ///
    /// # Errors
    /// `STALE`.
    pub fn perm(&mut self, node: Node) -> Result<Perm, Errno> {
        self.fs(node)?.perm(node.ino)
    }

    /// Reads from a regular file; 0 bytes mean the end.
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::read`].
    pub fn read_node(&mut self, node: Node, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        self.fs(node)?.read(node.ino, offset, buf)
    }

    /// Takes note that a file's content, a directory's names or a link's target was read, unless the mount is
    /// read-only.
    pub fn accessed(&mut self, node: Node, clock: &dyn Fn() -> Timestamp) {
        if let Some(mount) = self.mounts.get_mut(node.mount as usize)
            && !mount.options.read_only
        {
            mount.fs.accessed(node.ino, clock);
        }
    }

    /// A part of a regular file where it lies in memory; see [`crate::FileSystem::view`].
    pub fn view(&mut self, node: Node, offset: u64, len: usize) -> Option<&[u8]> {
        self.fs(node).ok()?.view(node.ino, offset, len)
    }

    /// What a layer's index says of a regular file's content; see [`crate::FileSystem::label`].
    pub fn label(&mut self, node: Node) -> u8 {
        self.fs(node).map_or(0, |fs| fs.label(node.ino))
    }

    /// The first place of a regular file with data, or without (`hole`).
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::seek`].
    pub fn seek_node(&mut self, node: Node, offset: u64, hole: bool) -> Result<u64, Errno> {
        self.fs(node)?.seek(node.ino, offset, hole)
    }

    /// Writes to a regular file. Anybody but the superuser thereby clears its set-id bits.
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::write`].
    pub fn write_node(
        &mut self,
        creds: &Creds,
        node: Node,
        offset: u64,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<usize, Errno> {
        let written = self.fs(node)?.write(node.ino, offset, bytes, now)?;
        if written > 0 {
            self.written_by(creds, node, now)?;
        }
        Ok(written)
    }

    /// Sets a regular file's length. Anybody but the superuser thereby clears its set-id bits.
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::truncate`].
    pub fn truncate_node(&mut self, creds: &Creds, node: Node, len: u64, now: Timestamp) -> Result<(), Errno> {
        self.fs(node)?.truncate(node.ino, len, now)?;
        self.written_by(creds, node, now)
    }

    /// Sets room aside for a part of a regular file. Anybody but the superuser thereby clears its set-id bits.
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::allocate`].
    pub fn allocate_node(
        &mut self,
        creds: &Creds,
        node: Node,
        part: Part,
        keep_size: bool,
        now: Timestamp,
    ) -> Result<(), Errno> {
        self.fs(node)?.allocate(node.ino, part, keep_size, now)?;
        self.written_by(creds, node, now)
    }

    /// Makes a hole in a regular file. Anybody but the superuser thereby clears its set-id bits.
    ///
    /// # Errors
    /// Those of [`crate::FileSystem::punch`].
    pub fn punch_node(&mut self, creds: &Creds, node: Node, part: Part, now: Timestamp) -> Result<(), Errno> {
        self.fs(node)?.punch(node.ino, part, now)?;
        self.written_by(creds, node, now)
    }

    /// What follows from a write by `creds`: anybody but the superuser clears set-id bits.
    pub(super) fn written_by(&mut self, creds: &Creds, node: Node, now: Timestamp) -> Result<(), Errno> {
        if creds.is_root() {
            return Ok(());
        }
        let permissions = without_set_id(creds, self.perm(node)?);
        if permissions.is_none() {
            return Ok(());
        }
        self.fs(node)?.set_attr(node.ino, &SetAttr { permissions, ..SetAttr::default() }, now)
    }

    /// Changes metadata without any check but for a read-only mount.
    ///
    /// # Errors
    /// `ROFS`, and those of [`crate::FileSystem::set_attr`].
    pub fn set_attr_node(&mut self, node: Node, attr: &SetAttr, now: Timestamp) -> Result<(), Errno> {
        self.writable(node)?;
        self.fs(node)?.set_attr(node.ino, attr, now)
    }

    /// The names in a directory, sorted, without `.` and `..`. A mount point's entry is that of the root
    /// mounted there.
    ///
    /// # Errors
    /// `NOTDIR`, `STALE`.
    pub fn entries(&mut self, dir: Node) -> Result<Vec<DirEntry>, Errno> {
        let mut entries = self.fs(dir)?.entries(dir.ino)?;
        if self.has_mounts_on(dir.mount) {
            for entry in &mut entries {
                self.cross_entry(dir, entry)?;
            }
        }
        Ok(entries)
    }

    /// [`Self::entries`], with the metadata of those where it is at hand.
    ///
    /// # Errors
    /// Those of [`Self::entries`].
    pub fn entries_stat(&mut self, dir: Node) -> Result<Vec<(DirEntry, Option<Stat>)>, Errno> {
        let mut entries = self.fs(dir)?.entries_stat(dir.ino)?;
        let has_mounts = self.has_mounts_on(dir.mount);
        for (entry, stat) in &mut entries {
            if has_mounts && self.cross_entry(dir, entry)? {
                *stat = None;
            }
            if let Some(stat) = stat {
                stat.dev = dev(dir);
            }
        }
        Ok(entries)
    }

    fn has_mounts_on(&self, mount: u32) -> bool {
        self.covered.keys().any(|node| node.mount == mount)
    }

    /// Makes a directory's entry that of what is mounted there; whether something is.
    fn cross_entry(&mut self, dir: Node, entry: &mut DirEntry) -> Result<bool, Errno> {
        let under = Node { mount: dir.mount, ino: entry.ino };
        let top = self.cross(under);
        if top == under {
            return Ok(false);
        }
        entry.ino = top.ino;
        entry.kind = self.perm(top)?.mode.kind();
        Ok(true)
    }

    /// The node of one of a directory's entries, as [`Self::entries`] names it.
    ///
    /// # Errors
    /// `NOENT`, `NOTDIR`, `STALE`.
    pub fn entry(&mut self, dir: Node, name: &[u8]) -> Result<Node, Errno> {
        self.child(dir, name)
    }

    /// The directory that a directory is in; the root is in itself.
    ///
    /// # Errors
    /// `NOTDIR`, `STALE`.
    pub fn parent(&mut self, dir: Node) -> Result<Node, Errno> {
        let mut node = dir;
        while node != self.root() {
            let mount = self.mounted(node.mount)?;
            match mount.at {
                Some(at) if node.ino == mount.root => node = at,
                _ => {
                    let ino = self.fs(node)?.parent(node.ino)?;
                    return Ok(self.cross(Node { mount: node.mount, ino }));
                }
            }
        }
        Ok(node)
    }

    /// A directory's absolute path.
    ///
    /// # Errors
    /// `NOENT` when it was removed; `NOTDIR`, `STALE`.
    pub fn path_of(&mut self, dir: Node) -> Result<Vec<u8>, Errno> {
        let root = self.root();
        let mut names = Vec::new();
        let mut node = dir;
        while node != root {
            let mount = self.mounted(node.mount)?;
            if node.ino == mount.root {
                let Some(at) = mount.at else { break };
                node = at;
                continue;
            }
            let fs = self.fs(node)?;
            names.push(fs.name(node.ino)?);
            node.ino = fs.parent(node.ino)?;
        }
        if names.is_empty() {
            self.perm(node)?;
            return Ok(b"/".to_vec());
        }
        let mut path = Vec::new();
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        Ok(path)
    }

    /// The absolute path of a name in a directory.
    ///
    /// # Errors
    /// Those of [`Self::path_of`].
    pub fn path_at(&mut self, place: &Place) -> Result<Vec<u8>, Errno> {
        let mut path = self.path_of(place.dir)?;
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(&place.name);
        Ok(path)
    }

    /// Keeps a node alive while it is open or somebody's directory. Counted.
    ///
    /// # Errors
    /// `STALE`.
    pub fn pin(&mut self, node: Node) -> Result<(), Errno> {
        self.fs(node)?.pin(node.ino)
    }

    /// Undoes one [`Self::pin`].
    pub fn unpin(&mut self, node: Node) {
        if let Ok(fs) = self.fs(node) {
            fs.unpin(node.ino);
        }
    }

    /// Takes note that one more process executes a file, which stays alive and is not written to meanwhile.
    ///
    /// # Errors
    /// `STALE`.
    pub fn begin_execution(&mut self, node: Node) -> Result<(), Errno> {
        self.pin(node)?;
        *self.executed.entry(node).or_default() += 1;
        Ok(())
    }

    /// Undoes one [`Self::begin_execution`].
    pub fn end_execution(&mut self, node: Node) {
        if let Entry::Occupied(mut count) = self.executed.entry(node) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
            self.unpin(node);
        }
    }

    /// Whether a process executes a file.
    pub(super) fn is_executed(&self, node: Node) -> bool {
        self.executed.contains_key(&node)
    }

    /// The totals of the node's file system.
    ///
    /// # Errors
    /// `STALE`.
    pub fn statfs_node(&mut self, node: Node) -> Result<StatFs, Errno> {
        self.fs(node)?.statfs()
    }

    /// Whether set-id bits of the node's mount count.
    #[must_use]
    pub fn heeds_set_id(&self, node: Node) -> bool {
        self.mounted(node.mount).is_ok_and(|mount| !mount.options.no_suid)
    }

    /// Whether the node's mount is read-only.
    #[must_use]
    pub fn is_read_only(&self, node: Node) -> bool {
        self.writable(node).is_err()
    }

    pub(super) fn kind(&mut self, node: Node) -> Result<FileKind, Errno> {
        self.perm(node).map(|perm| perm.mode.kind())
    }
}

/// The permissions without set-id bits, if there are any to take. A set-group-id bit without group execution
/// is another thing (mandatory locking, once), and stays for members of the group.
pub(super) fn without_set_id(creds: &Creds, perm: Perm) -> Option<u32> {
    let old = perm.mode.permissions();
    let keeps_group = old & 0o010 == 0 && (creds.is_root() || creds.in_group(perm.gid));
    let new = old & if keeps_group { !0o4000 } else { !0o6000 };
    (new != old).then_some(new)
}
