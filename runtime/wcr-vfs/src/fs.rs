//! The contract every file system keeps: what a tree of inodes can be asked to do.

use wcr_abi::{Errno, FileKind, Mode, Stat, StatFs, Timestamp};

/// An inode's number within its file system.
pub type Ino = u64;

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The name: any bytes but `/` and NUL; never `.` or `..`.
    pub name: Vec<u8>,
    /// The inode it names.
    pub ino: Ino,
    /// That inode's kind.
    pub kind: FileKind,
}

/// A part of a regular file, whose end is an offset, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
}

impl Part {
    /// Where it ends.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// What a new inode is made of.
#[derive(Debug, Clone)]
pub struct NewInode<'a> {
    /// Kind and permissions; umask and set-group-id bit of the directory are already applied.
    pub mode: Mode,
    /// The owner.
    pub uid: u32,
    /// The group (set-gid directories are the caller's concern).
    pub gid: u32,
    /// For a device: which.
    pub rdev: u64,
    /// For a symbolic link: the target's bytes, empty otherwise.
    pub target: &'a [u8],
}

/// Metadata to change; `None` leaves a field as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetAttr {
    /// The twelve permission bits.
    pub permissions: Option<u32>,
    /// The owner.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// The last access.
    pub atime: Option<Timestamp>,
    /// The last change of the content.
    pub mtime: Option<Timestamp>,
}

/// The part of an inode's metadata that says who may do what with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perm {
    /// Kind and permissions.
    pub mode: Mode,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// A symbolic link that does not stand for a path: `/proc`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MagicLink {
    /// `/proc/self`: the walking process's own number, as text.
    SelfPid,
    /// `/proc/PID/fd/N`: that open file itself, whatever it is.
    Fd {
        /// The process.
        pid: u32,
        /// Its descriptor.
        fd: u32,
    },
    /// `/proc/PID/exe`: the file that the process executes.
    Exe(u32),
    /// `/proc/PID/cwd`: the process's current directory.
    Cwd(u32),
}

/// A name that is not as the layers of an image have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where, from the root on, without a slash before it; empty for the root itself.
    pub path: Vec<u8>,
    /// What is there now.
    pub kind: ChangeKind,
}

/// The kinds of [`Change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The layers have no such name; this inode has it.
    Added(Ino),
    /// The layers have another inode there, or other metadata, or other content.
    Changed(Ino),
    /// The layers' name is gone.
    Removed,
}

/// A tree of inodes.
///
/// Permission checks, path walk, read-only mounts, name validity (no `/`, no NUL, not empty, at most
/// `NAME_MAX` bytes, not `.` or `..`) and `now` are the caller's concern ([`crate::Vfs`]). An unknown
/// `ino` fails with `STALE`; an operation on the wrong kind of inode with `NOTDIR`, `ISDIR` or `INVAL`
/// as Linux has it. A file system that cannot change fails every changing call with `ROFS`, one that
/// lacks an operation (hard links on some hosts) with `PERM`.
pub trait FileSystem: Send {
    /// The root directory's inode.
    fn root(&self) -> Ino;

    /// The inode that `name` means in `dir`. `NOENT` when there is none.
    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno>;

    /// The directory that `dir` is in; the root's parent is the root.
    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno>;

    /// The name of directory `dir` in its parent; empty for the root. `NOENT` when it was removed.
    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno>;

    /// The inode's metadata; `dev` is filled in by the caller.
    fn stat(&mut self, ino: Ino) -> Result<Stat, Errno>;

    /// The inode's kind, permissions and owners: what the path walk asks of every component. Worth
    /// implementing where [`Self::stat`] has more to do than that.
    fn perm(&mut self, ino: Ino) -> Result<Perm, Errno> {
        self.stat(ino).map(|stat| Perm { mode: stat.mode, uid: stat.uid, gid: stat.gid })
    }

    /// [`Self::lookup`], with [`Self::perm`] of what it found. Worth implementing where both ask a host the same.
    fn lookup_perm(&mut self, dir: Ino, name: &[u8]) -> Result<(Ino, Perm), Errno> {
        let ino = self.lookup(dir, name)?;
        Ok((ino, self.perm(ino)?))
    }

    /// All names in `dir`, sorted by bytes, without `.` and `..`.
    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno>;

    /// [`Self::entries`], with the metadata of those where it is at hand.
    fn entries_stat(&mut self, dir: Ino) -> Result<Vec<(DirEntry, Option<Stat>)>, Errno> {
        Ok(self.entries(dir)?.into_iter().map(|entry| (entry, None)).collect())
    }

    /// A symbolic link's target.
    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno>;

    /// What a symbolic link stands for when it is more than its text.
    fn magic_link(&mut self, _ino: Ino) -> Option<MagicLink> {
        None
    }

    /// Makes an inode of any kind, named `name` in `dir`. `EXIST` when the name is taken.
    fn create(&mut self, dir: Ino, name: &[u8], new: &NewInode<'_>, now: Timestamp) -> Result<Ino, Errno>;

    /// Gives the inode (not a directory: `PERM`) another name. `EXIST` when it is taken.
    fn link(&mut self, ino: Ino, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno>;

    /// Removes a name of a file that is not a directory (`ISDIR`); the content lives while it is pinned.
    fn unlink(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno>;

    /// Removes an empty directory (`NOTEMPTY`, `NOTDIR`).
    fn rmdir(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno>;

    /// Moves a name, replacing what is there, with all of `rename(2)`'s rules: same inode is no change;
    /// a directory replaces only an empty directory; `INVAL` into itself.
    fn rename(&mut self, dir: Ino, name: &[u8], to_dir: Ino, to_name: &[u8], now: Timestamp) -> Result<(), Errno>;

    /// Exchanges two names. `INVAL` where that cannot be done, and of a directory with what is in it.
    fn exchange(&mut self, _dir: Ino, _name: &[u8], _to: Ino, _to_name: &[u8], _now: Timestamp) -> Result<(), Errno> {
        Err(Errno::Inval)
    }

    /// Changes metadata and sets ctime to `now`.
    fn set_attr(&mut self, ino: Ino, attr: &SetAttr, now: Timestamp) -> Result<(), Errno>;

    /// Takes note that the inode was opened for writing.
    fn opened_to_write(&mut self, _ino: Ino) {}

    /// Takes note that the inode was read, where the time of the last access is kept: when it is not after those
    /// of the last changes, or older than a day (mount(8), `relatime`). The clock is asked only when that counts.
    fn accessed(&mut self, _ino: Ino, _clock: &dyn Fn() -> Timestamp) {}

    /// Reads from a regular file at `offset`; 0 bytes mean the end.
    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno>;

    /// The `len` bytes of a regular file from `offset` (fewer at its end), where they lie in memory in
    /// one piece; `None` says nothing but that [`Self::read`] must be used.
    fn view(&mut self, _ino: Ino, _offset: u64, _len: usize) -> Option<&[u8]> {
        None
    }

    /// The label that a layer's index has for the content of a regular file; 0 when there is none, or when the
    /// content is no longer the layer's.
    fn label(&mut self, _ino: Ino) -> u8 {
        0
    }

    /// The first place of a regular file from `offset` on that has data, or none of it (`hole`; the end at last). `NXIO`
    /// when there is none. A file system that does not know takes all for data.
    fn seek(&mut self, ino: Ino, offset: u64, hole: bool) -> Result<u64, Errno> {
        let size = self.stat(ino)?.size;
        match hole {
            _ if offset >= size => Err(Errno::Nxio),
            true => Ok(size),
            false => Ok(offset),
        }
    }

    /// Writes to a regular file at `offset`, filling a gap with zeros. `NOSPC` when a size limit is met.
    fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8], now: Timestamp) -> Result<usize, Errno>;

    /// Sets a regular file's length.
    fn truncate(&mut self, ino: Ino, len: u64, now: Timestamp) -> Result<(), Errno>;

    /// Sets room aside for a part of a regular file: writing there does not fail for want of it, and what was not
    /// written reads as zeros. The length grows with it unless `keep_size`. `NOSPC`; `FBIG`; `NOTSUP` where there is
    /// no such thing.
    fn allocate(&mut self, _ino: Ino, _part: Part, _keep_size: bool, _now: Timestamp) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }

    /// Makes a hole: the part reads as zeros, and its whole pages take no room. The length stays. `NOTSUP` where there is
    /// no such thing.
    fn punch(&mut self, _ino: Ino, _part: Part, _now: Timestamp) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }

    /// Keeps the inode alive while it is open (or somebody's directory), even without a name. Counted.
    fn pin(&mut self, ino: Ino) -> Result<(), Errno>;

    /// Undoes one [`Self::pin`]; frees the inode when that was the last use.
    fn unpin(&mut self, ino: Ino);

    /// A file system of its own that is as this one is now; `None` where there is no such thing.
    fn snapshot(&self) -> Option<Box<dyn FileSystem>> {
        None
    }

    /// How this one differs from the layers that it lies over, sorted by path, a directory before what is in it; `NOTSUP`
    /// where there are no layers.
    fn changes(&mut self) -> Result<Vec<Change>, Errno> {
        Err(Errno::Notsup)
    }

    /// The totals.
    fn statfs(&mut self) -> Result<StatFs, Errno>;
}
