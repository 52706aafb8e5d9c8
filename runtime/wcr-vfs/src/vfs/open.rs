//! `open(2)`.

use wcr_abi::{Errno, FileKind, Mode, OpenFlags, Stat, Timestamp};

use super::walk::{Followed, Last, Walker};
use super::{Access, Creds, Found, Name, Node, Place, Vfs, Walk};
use crate::fs::{NewInode, Perm};

/// A file that was opened. The caller pins the node for as long as it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The file.
    pub node: Node,
    /// Its metadata, after any truncation. What opening a device or FIFO means is the caller's concern.
    pub stat: Stat,
    /// Whether this call made it.
    pub created: bool,
    /// What it is called.
    pub name: Name,
}

/// Where an existing last component led.
struct Existing {
    node: Node,
    /// The directory and the name where it was found; `None` when it was not by a name (`/`, `.`, `..`, an open file's
    /// link in `/proc`).
    place: Option<Place>,
    /// What it is called otherwise.
    name: Name,
    must_be_dir: bool,
}

/// Where a walk for opening ended.
enum End {
    Existing(Existing),
    Missing { dir: Node, name: Vec<u8> },
    Fd { pid: u32, fd: u32 },
}

impl Vfs {
    /// Opens the file at a path, making it first when `flags` ask for that; with the permissions in `mode`, but for
    /// those of the umask.
    ///
    /// Of the flags, `CREAT`, `EXCL`, `TRUNC`, `DIRECTORY`, `NOFOLLOW`, `NOATIME`, `PATH` and the access mode count
    /// here.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `EXIST` with `EXCL`; `ISDIR` a directory for writing, or `CREAT` with a
    /// trailing slash; `LOOP` a symbolic link with `NOFOLLOW`; `NOTDIR` with `DIRECTORY`; `ACCES`; `ROFS`;
    /// `NOSPC`; `INVAL` for `CREAT` with `DIRECTORY`; `PERM` for `NOATIME` on a file of somebody else; `TXTBSY` to write
    /// to a file that a process executes.
    pub fn open(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        flags: OpenFlags,
        mode: u32,
        now: Timestamp,
    ) -> Result<Found<Opened>, Errno> {
        let kept = OpenFlags::DIRECTORY.with(OpenFlags::NOFOLLOW).with(OpenFlags::PATH);
        let flags = if flags.contains(OpenFlags::PATH) { OpenFlags(flags.0 & kept.0) } else { flags };
        if flags.contains(OpenFlags::CREAT.with(OpenFlags::DIRECTORY)) {
            return Err(Errno::Inval);
        }
        match self.walk_to_open(walk, start, path, flags)? {
            End::Existing(existing) => self.open_existing(walk, existing, flags, now).map(Found::Here),
            End::Missing { dir, name } => {
                self.not_removed(dir)?;
                self.writable(dir)?;
                let mode = Mode::new(FileKind::Regular, mode);
                let new = NewInode { mode, uid: 0, gid: 0, rdev: 0, target: &[] };
                let node = self.make(walk, dir, &name, &new, now)?;
                let stat = self.stat_node(node)?;
                Ok(Found::Here(Opened { node, stat, created: true, name: Name::At(Place { dir, name }) }))
            }
            End::Fd { pid, fd } => Ok(Found::Fd { pid, fd }),
        }
    }

    fn walk_to_open(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        flags: OpenFlags,
    ) -> Result<End, Errno> {
        let create = flags.contains(OpenFlags::CREAT);
        let exclusive = create && flags.contains(OpenFlags::EXCL);
        let follow = !exclusive && !flags.contains(OpenFlags::NOFOLLOW);
        let mut must_be_dir = flags.contains(OpenFlags::DIRECTORY);
        let mut slash = false;
        let mut walker = Walker::new(self, walk, start, path)?;
        let (node, place, called) = loop {
            let name = match walker.last()? {
                Last::Root | Last::Dot => break (walker.at, None, Name::Own),
                Last::DotDot => break (walker.vfs.parent(walker.at)?, None, Name::Own),
                Last::Name(name) => name,
            };
            if walker.slash && create {
                return Err(Errno::Isdir);
            }
            slash |= walker.slash;
            let (child, perm) = match walker.vfs.child_perm(walker.at, &name) {
                Err(Errno::Noent) if create => return Ok(End::Missing { dir: walker.at, name }),
                found => found?,
            };
            if perm.mode.kind() != FileKind::Symlink || !(follow || slash) {
                break (child, Some(Place { dir: walker.at, name }), Name::Own);
            }
            match walker.follow(child)? {
                Followed::Text => {}
                Followed::Node(node, called) => break (node, None, called),
                Followed::Fd { .. } if slash || must_be_dir => return Err(Errno::Notdir),
                Followed::Fd { pid, fd } => return Ok(End::Fd { pid, fd }),
            }
        };
        must_be_dir |= slash;
        Ok(End::Existing(Existing { node, place, name: called, must_be_dir }))
    }

    fn open_existing(
        &mut self,
        walk: &Walk<'_>,
        existing: Existing,
        flags: OpenFlags,
        now: Timestamp,
    ) -> Result<Opened, Errno> {
        let Existing { node, place, name, must_be_dir } = existing;
        let perm = self.perm(node)?;
        let kind = perm.mode.kind();
        if flags.contains(OpenFlags::CREAT) {
            if flags.contains(OpenFlags::EXCL) {
                return Err(Errno::Exist);
            }
            if kind == FileKind::Directory {
                return Err(Errno::Isdir);
            }
            if let Some(place) = &place {
                let dir = self.perm(place.dir)?;
                if suspicious(walk.creds, dir, perm) {
                    return Err(Errno::Acces);
                }
            }
        }
        if must_be_dir && kind != FileKind::Directory {
            return Err(Errno::Notdir);
        }
        let truncate = flags.contains(OpenFlags::TRUNC) && kind == FileKind::Regular;
        if !flags.contains(OpenFlags::PATH) {
            if truncate {
                self.writable(node)?;
            }
            // The access mode 3 asks for both rights, and gives none.
            let both = flags.0 & 3 == 3;
            let write = both || flags.writable() || flags.contains(OpenFlags::TRUNC);
            match kind {
                FileKind::Symlink => return Err(Errno::Loop),
                FileKind::Directory if write => return Err(Errno::Isdir),
                _ => {}
            }
            let read = if both || flags.readable() { Access::READ } else { Access::EXISTS };
            let access = if write { read.with(Access::WRITE) } else { read };
            let is_device = matches!(kind, FileKind::CharDevice | FileKind::BlockDevice);
            if !walk.creds.may(perm, access) || is_device && self.mounted(node.mount)?.options.no_dev {
                return Err(Errno::Acces);
            }
            if (both || flags.writable()) && kind == FileKind::Regular {
                self.writable(node)?;
            }
            if flags.contains(OpenFlags::NOATIME) && !walk.creds.owns(perm) {
                return Err(Errno::Perm);
            }
            if write && kind == FileKind::Regular && self.is_executed(node) {
                return Err(Errno::Txtbsy);
            }
            if truncate {
                self.truncate_node(walk.creds, node, 0, now)?;
            } else if flags.writable() {
                self.fs(node)?.opened_to_write(node.ino);
            }
        }
        let stat = self.stat_node(node)?;
        let name = match place {
            Some(place) if kind != FileKind::Directory => Name::At(place),
            _ => name,
        };
        Ok(Opened { node, stat, created: false, name })
    }
}

/// Whether Linux refuses to take an existing file of a sticky, world-writable directory for one that the
/// process meant to create: a link, device or socket of somebody else. (With the kernel's defaults of
/// `fs.protected_regular` and `fs.protected_fifos`, those two kinds are not concerned.)
fn suspicious(creds: &Creds, dir: Perm, file: Perm) -> bool {
    let shared = dir.mode.permissions() & 0o1002 == 0o1002;
    let harmless = matches!(file.mode.kind(), FileKind::Regular | FileKind::Fifo);
    shared && !harmless && file.uid != dir.uid && file.uid != creds.uid
}
