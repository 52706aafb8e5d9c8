//! Making names: `mkdir(2)`, `mknod(2)`, `symlink(2)`, `link(2)`.

use wcr_abi::{Errno, FileKind, Mode, PATH_MAX, Timestamp};

use super::walk::{Last, Walker};
use super::{Access, Creds, Found, Node, Vfs, Walk};
use crate::fs::NewInode;

impl Vfs {
    /// Makes a directory with the permissions in `mode`, but for those of the umask. It inherits group and
    /// set-group-id bit from a set-group-id parent.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `EXIST` the name is taken, if by a dangling symbolic link; `ACCES`; `ROFS`;
    /// `NOSPC`.
    pub fn mkdir(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        mode: u32,
        now: Timestamp,
    ) -> Result<Node, Errno> {
        let (dir, name) = self.free_name(walk, start, path, true)?;
        let mode = Mode::new(FileKind::Directory, mode & 0o1777);
        let new = NewInode { mode, uid: 0, gid: 0, rdev: 0, target: &[] };
        self.make(walk, dir, &name, &new, now)
    }

    /// Makes a file of the kind and permissions in `mode` (but for those of the umask): regular, FIFO or socket, or
    /// (the superuser only) a device.
    ///
    /// # Errors
    /// Those of [`Self::mkdir`]; `PERM` for a device, and for a directory; `INVAL` for other kinds.
    pub fn mknod(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        mode: u32,
        rdev: u64,
        now: Timestamp,
    ) -> Result<Node, Errno> {
        let kind = match FileKind::from_bits(mode) {
            Some(FileKind::Directory) => return Err(Errno::Perm),
            Some(FileKind::Symlink) | None => return Err(Errno::Inval),
            Some(kind) => kind,
        };
        let (dir, name) = self.free_name(walk, start, path, false)?;
        let is_device = matches!(kind, FileKind::CharDevice | FileKind::BlockDevice);
        self.may_create(walk.creds, dir)?;
        if is_device && !walk.creds.is_root() {
            return Err(Errno::Perm);
        }
        let rdev = if is_device { rdev } else { 0 };
        let new = NewInode { mode: Mode::new(kind, mode), uid: 0, gid: 0, rdev, target: &[] };
        self.make(walk, dir, &name, &new, now)
    }

    /// Makes a symbolic link with this target.
    ///
    /// # Errors
    /// Those of [`Self::mkdir`]; `NOENT` for an empty target, `NAMETOOLONG` for one of more than 4,095 bytes.
    pub fn symlink(
        &mut self,
        walk: &Walk<'_>,
        target: &[u8],
        start: Option<Node>,
        path: &[u8],
        now: Timestamp,
    ) -> Result<Node, Errno> {
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        if target.len() > PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        let (dir, name) = self.free_name(walk, start, path, false)?;
        let mode = Mode::new(FileKind::Symlink, 0o777);
        let new = NewInode { mode, uid: 0, gid: 0, rdev: 0, target };
        self.make(walk, dir, &name, &new, now)
    }

    /// Gives the file at `from` another name. A symbolic link in its last component is followed only with
    /// `follow`.
    ///
    /// # Errors
    /// Those of [`Self::mkdir`]; `PERM` for a directory, and for a file of another owner that the process may
    /// not read and write (as with `fs.protected_hardlinks`); `XDEV` on another mount; `MLINK`.
    pub fn link(
        &mut self,
        walk: &Walk<'_>,
        from_start: Option<Node>,
        from: &[u8],
        follow: bool,
        to_start: Option<Node>,
        to: &[u8],
        now: Timestamp,
    ) -> Result<(), Errno> {
        let found = self.resolve(walk, from_start, from, follow)?;
        let (dir, name) = self.free_name(walk, to_start, to, false)?;
        let Found::Here(node) = found else { return Err(Errno::Xdev) };
        if node.mount != dir.mount {
            return Err(Errno::Xdev);
        }
        let perm = self.perm(node)?;
        let bits = perm.mode.permissions();
        let plain = perm.mode.kind() == FileKind::Regular && bits & 0o4000 == 0 && bits & 0o2010 != 0o2010;
        let access = Access::READ.with(Access::WRITE);
        if !(walk.creds.owns(perm) || plain && walk.creds.may(perm, access)) {
            return Err(Errno::Perm);
        }
        self.may_create(walk.creds, dir)?;
        if perm.mode.kind() == FileKind::Directory {
            return Err(Errno::Perm);
        }
        self.fs(dir)?.link(node.ino, dir.ino, &name, now)
    }

    /// The directory and name of something to be made.
    fn free_name(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        directory: bool,
    ) -> Result<(Node, Vec<u8>), Errno> {
        let mut walker = Walker::new(self, walk, start, path)?;
        let Last::Name(name) = walker.last()? else { return Err(Errno::Exist) };
        let (dir, slash) = (walker.at, walker.slash);
        match self.child(dir, &name) {
            Ok(_) => return Err(Errno::Exist),
            Err(Errno::Noent) if slash && !directory => return Err(Errno::Noent),
            Err(Errno::Noent) => self.not_removed(dir)?,
            Err(errno) => return Err(errno),
        }
        self.writable(dir)?;
        Ok((dir, name))
    }

    /// `NOENT` when a directory was removed: it has no names any more, and can get no further one.
    ///
    /// # Errors
    /// `NOENT`; `NOTDIR`, `STALE`.
    pub fn not_removed(&mut self, dir: Node) -> Result<(), Errno> {
        self.fs(dir)?.name(dir.ino).map(|_| ())
    }

    /// `ACCES` when the directory may not be changed.
    pub(super) fn may_create(&mut self, creds: &Creds, dir: Node) -> Result<(), Errno> {
        let perm = self.perm(dir)?;
        if creds.may(perm, Access::WRITE.with(Access::EXECUTE)) { Ok(()) } else { Err(Errno::Acces) }
    }

    /// Makes an inode that belongs to the process, or to the group of a set-group-id directory.
    pub(super) fn make(
        &mut self,
        walk: &Walk<'_>,
        dir: Node,
        name: &[u8],
        new: &NewInode<'_>,
        now: Timestamp,
    ) -> Result<Node, Errno> {
        let creds = walk.creds;
        self.may_create(creds, dir)?;
        let parent = self.perm(dir)?;
        let mut permissions = new.mode.permissions();
        let mut gid = creds.gid;
        if parent.mode.permissions() & 0o2000 != 0 {
            gid = parent.gid;
            if new.mode.kind() == FileKind::Directory {
                permissions |= 0o2000;
            } else if permissions & 0o2010 == 0o2010 && !creds.is_root() && !creds.in_group(gid) {
                permissions &= !0o2000;
            }
        }
        if new.mode.kind() != FileKind::Symlink {
            permissions &= !walk.umask;
        }
        let mode = new.mode.with_permissions(permissions);
        let ino = self.fs(dir)?.create(dir.ino, name, &NewInode { mode, uid: creds.uid, gid, ..*new }, now)?;
        Ok(Node { mount: dir.mount, ino })
    }
}
