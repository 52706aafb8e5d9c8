//! Attributes of files on Unix hosts.
//!
//! A process of root shows and sets owners as they are. For anybody else the host's own user and group
//! stand for the container's root, as in a rootless container: files that belong to the user who runs
//! wcr belong to user 0 inside.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use cap_std::fs::{Dir, File, FileExt as _, Permissions, PermissionsExt as _};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, Gid, OFlags, Uid};
use wcr_abi::{Errno, FileKind, Mode, Stat, StatFs, Timestamp, UTIME_OMIT};
#[cfg(target_os = "linux")]
use wcr_vfs::Part;
use wcr_vfs::{Ino, NewInode, SetAttr};

use super::inodes::Identity;

/// What the host tells of a file.
pub(super) type Metadata = rustix::fs::Stat;

/// The metadata of a name in an opened folder. A name has no slash and is not `..`, and a symbolic link is
/// not followed: one call that cannot lead out of the folder.
pub(super) fn metadata_at(dir: &Dir, name: &OsStr) -> io::Result<Metadata> {
    Ok(rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// The names in an opened folder, in the host's order, without `.` and `..`.
pub(super) fn names(dir: &Dir) -> io::Result<Vec<OsString>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let entries = rustix::fs::Dir::new(rustix::fs::openat(dir, c".", flags, rustix::fs::Mode::empty())?)?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}

/// The metadata of what is open.
pub(super) fn metadata_of(open: &impl AsFd) -> io::Result<Metadata> {
    Ok(rustix::fs::fstat(open)?)
}

/// How owners are shown and set.
pub(super) struct Attributes {
    /// The host's user and group that stand for 0; `None` for root itself.
    own: Option<(u32, u32)>,
}

impl Default for Attributes {
    fn default() -> Self {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        Self { own: (!user.is_root()).then(|| (user.as_raw(), group.as_raw())) }
    }
}

impl Attributes {
    #[allow(clippy::unnecessary_cast, reason = "the types of the fields are others on other hosts")]
    pub(super) fn stat(&self, ino: Ino, metadata: &Metadata, size: u64) -> Stat {
        let time = |sec: i64, nsec: i64| Timestamp { sec, nsec: u32::try_from(nsec).unwrap_or_default() };
        let (own_user, own_group) = self.own.unwrap_or_default();
        let shown = |id: u32, own: u32| if self.own.is_some() && id == own { 0 } else { id };
        Stat {
            dev: 0,
            ino,
            mode: Mode(metadata.st_mode as u32),
            nlink: u32::try_from(metadata.st_nlink).unwrap_or(u32::MAX),
            uid: shown(metadata.st_uid, own_user),
            gid: shown(metadata.st_gid, own_group),
            rdev: metadata.st_rdev as u64,
            size,
            blocks: metadata.st_blocks as u64,
            blksize: u32::try_from(metadata.st_blksize).unwrap_or(4096),
            atime: time(metadata.st_atime as i64, metadata.st_atime_nsec as i64),
            mtime: time(metadata.st_mtime as i64, metadata.st_mtime_nsec as i64),
            ctime: time(metadata.st_ctime as i64, metadata.st_ctime_nsec as i64),
        }
    }

    /// The host's number for an owner; `None` leaves it as it is.
    fn host_ids(&self, uid: Option<u32>, gid: Option<u32>) -> (Option<Uid>, Option<Gid>) {
        let host = |id: u32, own: Option<u32>| if id == 0 { own.unwrap_or(0) } else { id };
        let uid = uid.map(|uid| Uid::from_raw(host(uid, self.own.map(|own| own.0))));
        (uid, gid.map(|gid| Gid::from_raw(host(gid, self.own.map(|own| own.1)))))
    }

    /// Gives a new file its mode and owner: the host's umask and user came in between.
    pub(super) fn created(&self, dir: &Dir, name: &OsStr, _ino: Ino, new: &NewInode<'_>) -> Result<(), Errno> {
        let (uid, gid) = self.host_ids(Some(new.uid), Some(new.gid));
        match rustix::fs::chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(()) => {}
            // Without root's rights new files can only belong to the user who runs wcr.
            Err(rustix::io::Errno::PERM) if self.own.is_some() => {}
            Err(error) => return Err(errno(&error.into())),
        }
        if new.mode.kind() == FileKind::Symlink {
            return Ok(());
        }
        set_mode(dir, name, new.mode.permissions())
    }

    pub(super) fn set(&self, dir: &Dir, name: &OsStr, _ino: Ino, kind: FileKind, attr: &SetAttr) -> Result<(), Errno> {
        if attr.uid.is_some() || attr.gid.is_some() {
            let (uid, gid) = self.host_ids(attr.uid, attr.gid);
            rustix::fs::chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|error| errno(&error.into()))?;
        }
        match attr.permissions {
            // Linux has no mode for symbolic links.
            Some(_) if kind == FileKind::Symlink => Err(Errno::Notsup),
            Some(permissions) => set_mode(dir, name, permissions),
            None => Ok(()),
        }
    }

    /// Sets attributes of a file that has no name any more.
    pub(super) fn set_open(&self, file: &File, _ino: Ino, attr: &SetAttr) -> Result<(), Errno> {
        if attr.uid.is_some() || attr.gid.is_some() {
            let (uid, gid) = self.host_ids(attr.uid, attr.gid);
            rustix::fs::fchown(file, uid, gid).map_err(|error| errno(&error.into()))?;
        }
        if let Some(permissions) = attr.permissions {
            file.set_permissions(Permissions::from_mode(permissions)).map_err(|error| errno(&error))?;
        }
        rustix::fs::futimens(file, &times(attr)).map_err(|error| errno(&error.into()))
    }
}

/// Sets the times of a name; a symbolic link is not followed.
pub(super) fn set_times(dir: &Dir, name: &OsStr, attr: &SetAttr) -> Result<(), Errno> {
    rustix::fs::utimensat(dir, name, &times(attr), AtFlags::SYMLINK_NOFOLLOW).map_err(|error| errno(&error.into()))
}

/// The times to be set, as the host takes them.
fn times(attr: &SetAttr) -> rustix::fs::Timestamps {
    let spec = |time: Option<Timestamp>| match time.filter(|time| time.nsec != UTIME_OMIT) {
        Some(time) => rustix::fs::Timespec { tv_sec: time.sec, tv_nsec: time.nsec.into() },
        None => rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
    };
    rustix::fs::Timestamps { last_access: spec(attr.atime), last_modification: spec(attr.mtime) }
}

fn set_mode(dir: &Dir, name: &OsStr, permissions: u32) -> Result<(), Errno> {
    dir.set_permissions(name, Permissions::from_mode(permissions)).map_err(|error| errno(&error))
}

#[allow(clippy::unnecessary_cast, reason = "the types of the fields are others on other hosts")]
pub(super) fn kind(metadata: &Metadata) -> FileKind {
    Mode(metadata.st_mode as u32).kind()
}

#[allow(clippy::unnecessary_cast, reason = "the types of the fields are others on other hosts")]
pub(super) fn size(metadata: &Metadata) -> u64 {
    metadata.st_size as u64
}

#[allow(clippy::unnecessary_cast, reason = "the types of the fields are others on other hosts")]
pub(super) fn identity(metadata: &Metadata) -> Identity {
    Some((metadata.st_dev as u64, metadata.st_ino as u64))
}

pub(super) fn name_from_bytes(name: &[u8]) -> Result<&OsStr, Errno> {
    Ok(OsStr::from_bytes(name))
}

pub(super) fn bytes_from_name(name: &OsStr) -> Vec<u8> {
    name.as_bytes().to_vec()
}

pub(super) fn bytes_from_target(target: &Path) -> Vec<u8> {
    OsString::from(target).into_vec()
}

pub(super) fn symlink(dir: &Dir, target: &[u8], name: &OsStr) -> Result<(), Errno> {
    dir.symlink_contents(OsStr::from_bytes(target), name).map_err(|error| errno(&error))
}

#[cfg(not(target_vendor = "apple"))]
pub(super) fn make_fifo(dir: &Dir, name: &OsStr) -> Result<(), Errno> {
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
    rustix::fs::mknodat(dir, name, kind, mode, 0).map_err(|error| errno(&error.into()))
}

/// Darwin has no call that makes one in an opened folder.
#[cfg(target_vendor = "apple")]
pub(super) fn make_fifo(_dir: &Dir, _name: &OsStr) -> Result<(), Errno> {
    Err(Errno::Perm)
}

pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buf, offset)
}

pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

#[cfg(target_os = "linux")]
fn fallocate(file: &File, flags: rustix::fs::FallocateFlags, part: Part) -> Result<(), Errno> {
    rustix::fs::fallocate(file, flags, part.offset, part.len).map_err(|error| errno(&error.into()))
}

/// Sets room aside.
#[cfg(target_os = "linux")]
pub(super) fn allocate(file: &File, part: Part, keep_size: bool) -> Result<(), Errno> {
    use rustix::fs::FallocateFlags as Flags;
    fallocate(file, if keep_size { Flags::KEEP_SIZE } else { Flags::empty() }, part)
}

/// Makes a hole.
#[cfg(target_os = "linux")]
pub(super) fn punch(file: &File, part: Part) -> Result<(), Errno> {
    use rustix::fs::FallocateFlags as Flags;
    fallocate(file, Flags::KEEP_SIZE | Flags::PUNCH_HOLE, part)
}

#[cfg(not(target_os = "linux"))]
pub(super) use super::no_room::{allocate, punch};

pub(super) fn statfs(dir: &Dir) -> Result<StatFs, Errno> {
    let totals = rustix::fs::fstatvfs(dir).map_err(|error| errno(&error.into()))?;
    Ok(StatFs {
        kind: 0,
        bsize: totals.f_frsize,
        blocks: totals.f_blocks,
        bfree: totals.f_bavail,
        files: totals.f_files,
        ffree: totals.f_favail,
        namelen: totals.f_namemax,
    })
}

/// The container's error for one of the host.
pub(super) fn errno(error: &io::Error) -> Errno {
    use rustix::io::Errno as Host;
    match Host::from_io_error(error) {
        Some(Host::ACCESS) => Errno::Acces,
        Some(Host::BADF) => Errno::Badf,
        Some(Host::BUSY) => Errno::Busy,
        Some(Host::DQUOT) => Errno::Dquot,
        Some(Host::EXIST) => Errno::Exist,
        Some(Host::FBIG) => Errno::Fbig,
        Some(Host::ILSEQ) => Errno::Ilseq,
        Some(Host::INTR) => Errno::Intr,
        Some(Host::INVAL) => Errno::Inval,
        Some(Host::ISDIR) => Errno::Isdir,
        Some(Host::LOOP) => Errno::Loop,
        Some(Host::MFILE) => Errno::Mfile,
        Some(Host::MLINK) => Errno::Mlink,
        Some(Host::NAMETOOLONG) => Errno::Nametoolong,
        Some(Host::NFILE) => Errno::Nfile,
        Some(Host::NODEV) => Errno::Nodev,
        Some(Host::NOENT) => Errno::Noent,
        Some(Host::NOMEM) => Errno::Nomem,
        Some(Host::NOSPC) => Errno::Nospc,
        Some(Host::NOSYS) => Errno::Nosys,
        Some(Host::NOTDIR) => Errno::Notdir,
        Some(Host::NOTEMPTY) => Errno::Notempty,
        Some(Host::NXIO) => Errno::Nxio,
        Some(Host::OPNOTSUPP) => Errno::Notsup,
        Some(Host::OVERFLOW) => Errno::Overflow,
        Some(Host::PERM) => Errno::Perm,
        Some(Host::ROFS) => Errno::Rofs,
        Some(Host::STALE) => Errno::Stale,
        Some(Host::TXTBSY) => Errno::Txtbsy,
        Some(Host::XDEV) => Errno::Xdev,
        Some(_) => Errno::Io,
        // The sandbox of the opened folder refuses what would lead out of it without a number.
        None if error.kind() == io::ErrorKind::PermissionDenied => Errno::Perm,
        None => Errno::Io,
    }
}
