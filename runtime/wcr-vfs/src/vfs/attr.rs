//! Metadata by path or node: `stat(2)`, `readlink(2)`, `chmod(2)`, `chown(2)`, `utimensat(2)`,
//! `truncate(2)`, `access(2)`, `statfs(2)`.

use wcr_abi::{Errno, FileKind, Stat, StatFs, Timestamp};

use super::node::without_set_id;
use super::{Access, Creds, Found, Node, Vfs, Walk};
use crate::fs::SetAttr;

/// A timestamp to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTime {
    /// The current time.
    Now,
    /// This time.
    At(Timestamp),
    /// Leave it as it is.
    Omit,
}

impl SetTime {
    fn at(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Now => Some(now),
            Self::At(time) => Some(time),
            Self::Omit => None,
        }
    }
}

/// The timestamps to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTimes {
    /// The last access.
    pub atime: SetTime,
    /// The last change of the content.
    pub mtime: SetTime,
}

impl SetTimes {
    const NONE: Self = Self { atime: SetTime::Omit, mtime: SetTime::Omit };
}

impl Vfs {
    /// The metadata of the file at a path.
    ///
    /// # Errors
    /// Those of [`Self::resolve`].
    pub fn stat(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
    ) -> Result<Found<Stat>, Errno> {
        self.resolve(walk, start, path, follow)?.try_map(|node| self.stat_node(node))
    }

    /// The target of the symbolic link at a path.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `INVAL` when it is no symbolic link.
    pub fn readlink(&mut self, walk: &Walk<'_>, start: Option<Node>, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let node = self.resolve_node(walk, start, path, false)?;
        self.readlink_node(walk, node)
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// `INVAL` when it is no symbolic link; `STALE`.
    pub fn readlink_node(&mut self, walk: &Walk<'_>, node: Node) -> Result<Vec<u8>, Errno> {
        if self.kind(node)? != FileKind::Symlink {
            return Err(Errno::Inval);
        }
        self.link_text(node, walk)
    }

    /// Sets the permissions of the file at a path.
    ///
    /// # Errors
    /// Those of [`Self::resolve`] and [`Self::chmod_node`].
    pub fn chmod(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        permissions: u32,
        now: Timestamp,
    ) -> Result<(), Errno> {
        let node = self.resolve_node(walk, start, path, true)?;
        self.chmod_node(walk.creds, node, permissions, now)
    }

    /// Sets a file's permissions. The set-group-id bit is dropped when the group is not one of the owner's.
    ///
    /// # Errors
    /// `PERM` for others than the owner; `ROFS`; `NOTSUP` for a symbolic link.
    pub fn chmod_node(&mut self, creds: &Creds, node: Node, permissions: u32, now: Timestamp) -> Result<(), Errno> {
        self.writable(node)?;
        let perm = self.perm(node)?;
        if perm.mode.kind() == FileKind::Symlink {
            return Err(Errno::Notsup);
        }
        if !creds.owns(perm) {
            return Err(Errno::Perm);
        }
        let foreign = !creds.is_root() && !creds.in_group(perm.gid);
        let permissions = if foreign { permissions & !0o2000 } else { permissions };
        self.set_attr_node(node, &SetAttr { permissions: Some(permissions), ..SetAttr::default() }, now)
    }

    /// Sets owner and group of the file at a path; `None` leaves one as it is.
    ///
    /// # Errors
    /// Those of [`Self::resolve`] and [`Self::chown_node`].
    pub fn chown(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
        uid: Option<u32>,
        gid: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Errno> {
        let node = self.resolve_node(walk, start, path, follow)?;
        self.chown_node(walk.creds, node, uid, gid, now)
    }

    /// Sets a file's owner and group; `None` leaves one as it is. Set-id bits of anything but a directory are
    /// cleared, for the superuser too.
    ///
    /// # Errors
    /// `PERM` for others than the superuser, apart from an owner who gives the file to a group of theirs;
    /// `ROFS`.
    pub fn chown_node(
        &mut self,
        creds: &Creds,
        node: Node,
        uid: Option<u32>,
        gid: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Errno> {
        self.writable(node)?;
        let perm = self.perm(node)?;
        let keeps_owner = uid.is_none_or(|uid| uid == perm.uid);
        let own_group = gid.is_none_or(|gid| gid == perm.gid || creds.in_group(gid));
        let is_dir = perm.mode.kind() == FileKind::Directory;
        let permissions = if is_dir { None } else { without_set_id(creds, perm) };
        let changes = uid.is_some() || gid.is_some();
        if permissions.is_some() && !creds.owns(perm)
            || changes && !creds.is_root() && !(creds.uid == perm.uid && keeps_owner && own_group)
        {
            return Err(Errno::Perm);
        }
        self.set_attr_node(node, &SetAttr { permissions, uid, gid, ..SetAttr::default() }, now)
    }

    /// Sets the timestamps of the file at a path. When there is none to set, the path does not matter.
    ///
    /// # Errors
    /// Those of [`Self::resolve`] and [`Self::utimens_node`].
    pub fn utimens(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
        times: SetTimes,
        now: Timestamp,
    ) -> Result<(), Errno> {
        if times == SetTimes::NONE {
            return Ok(());
        }
        let node = self.resolve_node(walk, start, path, follow)?;
        self.utimens_node(walk.creds, node, times, now)
    }

    /// Sets a file's timestamps.
    ///
    /// # Errors
    /// `PERM` for others than the owner; when both become the current time, who may write the file may do
    /// that, too, or else it is `ACCES`; `ROFS`.
    pub fn utimens_node(&mut self, creds: &Creds, node: Node, times: SetTimes, now: Timestamp) -> Result<(), Errno> {
        if times == SetTimes::NONE {
            return Ok(());
        }
        self.writable(node)?;
        let perm = self.perm(node)?;
        if !creds.owns(perm) {
            if times.atime != SetTime::Now || times.mtime != SetTime::Now {
                return Err(Errno::Perm);
            }
            if !creds.may(perm, Access::WRITE) {
                return Err(Errno::Acces);
            }
        }
        let (atime, mtime) = (times.atime.at(now), times.mtime.at(now));
        self.set_attr_node(node, &SetAttr { atime, mtime, ..SetAttr::default() }, now)
    }

    /// Sets the length of the regular file at a path. The length it has changes no timestamp.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `ISDIR`; `INVAL` for what is no regular file; `ACCES`; `ROFS`; `TXTBSY` a process
    /// executes it; `FBIG`.
    pub fn truncate(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        len: u64,
        now: Timestamp,
    ) -> Result<(), Errno> {
        let Found::Here(node) = self.resolve(walk, start, path, true)? else { return Err(Errno::Inval) };
        let perm = self.perm(node)?;
        match perm.mode.kind() {
            FileKind::Regular => {}
            FileKind::Directory => return Err(Errno::Isdir),
            _ => return Err(Errno::Inval),
        }
        self.writable(node)?;
        if !walk.creds.may(perm, Access::WRITE) {
            return Err(Errno::Acces);
        }
        if self.is_executed(node) {
            return Err(Errno::Txtbsy);
        }
        if self.stat_node(node)?.size == len {
            return self.written_by(walk.creds, node, now);
        }
        self.truncate_node(walk.creds, node, len, now)
    }

    /// Checks whether the process may access the file at a path; `access(2)` itself goes by the real identity.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `ACCES`; `ROFS` to write on a read-only mount.
    pub fn access(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
        access: Access,
    ) -> Result<Found<()>, Errno> {
        self.resolve(walk, start, path, follow)?.try_map(|node| self.access_node(walk.creds, node, access))
    }

    /// Checks whether somebody may access a file.
    ///
    /// # Errors
    /// `ACCES`, also to execute a file on a mount without that; `ROFS` to write on a read-only mount.
    pub fn access_node(&mut self, creds: &Creds, node: Node, access: Access) -> Result<(), Errno> {
        let perm = self.perm(node)?;
        let kind = perm.mode.kind();
        let barred =
            kind == FileKind::Regular && access.contains(Access::EXECUTE) && self.mounted(node.mount)?.options.no_exec;
        if barred || !creds.may(perm, access) {
            return Err(Errno::Acces);
        }
        let content = matches!(kind, FileKind::Regular | FileKind::Directory | FileKind::Symlink);
        if access.contains(Access::WRITE) && content { self.writable(node) } else { Ok(()) }
    }

    /// The totals of the file system that a path is on.
    ///
    /// # Errors
    /// Those of [`Self::resolve`].
    pub fn statfs(&mut self, walk: &Walk<'_>, start: Option<Node>, path: &[u8]) -> Result<StatFs, Errno> {
        let node = self.resolve_node(walk, start, path, true)?;
        self.statfs_node(node)
    }
}
