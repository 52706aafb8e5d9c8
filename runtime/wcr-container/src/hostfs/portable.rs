//! Attributes of files on hosts without owners and modes.
//!
//! Every file belongs to root; folders and files have mode 0755, without the write bits when the host has
//! them read-only. What a container sets instead is remembered as long as the bind lives.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cap_fs_ext::{DirExt as _, SystemTimeSpec};
use cap_std::fs::{Dir, File};
use wcr_abi::{Errno, FileKind, Mode, Stat, StatFs, Timestamp, UTIME_OMIT};
use wcr_vfs::{Ino, NewInode, SetAttr};

use super::inodes::Identity;

/// What the host tells of a file.
pub(super) type Metadata = cap_std::fs::Metadata;

/// The metadata of a name in an opened folder; a symbolic link is not followed.
pub(super) fn metadata_at(dir: &Dir, name: &OsStr) -> io::Result<Metadata> {
    dir.symlink_metadata(name)
}

/// The names in an opened folder, in the host's order, without `.` and `..`.
pub(super) fn names(dir: &Dir) -> io::Result<Vec<OsString>> {
    dir.entries()?.map(|entry| Ok(entry?.file_name())).collect()
}

/// What is open: a folder or a file.
pub(super) trait Open {
    fn metadata(&self) -> io::Result<Metadata>;
}

impl Open for Dir {
    fn metadata(&self) -> io::Result<Metadata> {
        self.dir_metadata()
    }
}

impl Open for File {
    fn metadata(&self) -> io::Result<Metadata> {
        Self::metadata(self)
    }
}

/// The metadata of what is open.
pub(super) fn metadata_of(open: &impl Open) -> io::Result<Metadata> {
    open.metadata()
}

/// What containers have set, by inode.
#[derive(Default)]
pub(super) struct Attributes {
    set: HashMap<Ino, Owned>,
}

#[derive(Clone, Copy)]
struct Owned {
    permissions: Option<u32>,
    uid: u32,
    gid: u32,
}

impl Attributes {
    pub(super) fn stat(&self, ino: Ino, metadata: &Metadata, size: u64) -> Stat {
        let time = |time: io::Result<cap_std::time::SystemTime>| {
            let since = time.ok().and_then(|time| time.into_std().duration_since(std::time::UNIX_EPOCH).ok());
            let since = since.unwrap_or_default();
            Timestamp { sec: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nsec: since.subsec_nanos() }
        };
        let owned = self.set.get(&ino).copied().unwrap_or(Owned { permissions: None, uid: 0, gid: 0 });
        let kind = kind(metadata);
        let default = match kind {
            FileKind::Symlink => 0o777,
            _ if metadata.permissions().readonly() => 0o555,
            _ => 0o755,
        };
        let mtime = time(metadata.modified());
        Stat {
            dev: 0,
            ino,
            mode: Mode::new(kind, owned.permissions.unwrap_or(default)),
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            uid: owned.uid,
            gid: owned.gid,
            rdev: 0,
            size,
            blocks: size.div_ceil(512),
            blksize: 4096,
            atime: time(metadata.accessed()),
            mtime,
            ctime: mtime,
        }
    }

    pub(super) fn created(&mut self, _dir: &Dir, _name: &OsStr, ino: Ino, new: &NewInode<'_>) -> Result<(), Errno> {
        let permissions = Some(new.mode.permissions());
        self.set.insert(ino, Owned { permissions, uid: new.uid, gid: new.gid });
        Ok(())
    }

    pub(super) fn set(
        &mut self,
        _dir: &Dir,
        _name: &OsStr,
        ino: Ino,
        kind: FileKind,
        attr: &SetAttr,
    ) -> Result<(), Errno> {
        if kind == FileKind::Symlink && attr.permissions.is_some() {
            return Err(Errno::Notsup);
        }
        let owned = self.set.entry(ino).or_insert(Owned { permissions: None, uid: 0, gid: 0 });
        owned.permissions = attr.permissions.or(owned.permissions);
        owned.uid = attr.uid.unwrap_or(owned.uid);
        owned.gid = attr.gid.unwrap_or(owned.gid);
        Ok(())
    }

    /// Sets attributes of a file that has no name any more.
    pub(super) fn set_open(&mut self, _file: &File, ino: Ino, attr: &SetAttr) -> Result<(), Errno> {
        let owned = self.set.entry(ino).or_insert(Owned { permissions: None, uid: 0, gid: 0 });
        owned.permissions = attr.permissions.or(owned.permissions);
        Ok(())
    }
}

/// Sets the times of a name; a symbolic link is not followed.
pub(super) fn set_times(dir: &Dir, name: &OsStr, attr: &SetAttr) -> Result<(), Errno> {
    dir.set_symlink_times(name, time_spec(attr.atime)?, time_spec(attr.mtime)?).map_err(|error| errno(&error))
}

fn time_spec(time: Option<Timestamp>) -> Result<Option<SystemTimeSpec>, Errno> {
    let Some(time) = time.filter(|time| time.nsec != UTIME_OMIT) else { return Ok(None) };
    let seconds = std::time::Duration::from_secs(time.sec.unsigned_abs());
    let epoch = std::time::UNIX_EPOCH;
    let whole = if time.sec < 0 { epoch.checked_sub(seconds) } else { epoch.checked_add(seconds) };
    let exact = whole.and_then(|whole| whole.checked_add(std::time::Duration::from_nanos(time.nsec.into())));
    let exact = exact.ok_or(Errno::Inval)?;
    Ok(Some(SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(exact))))
}

pub(super) fn kind(metadata: &Metadata) -> FileKind {
    let kind = metadata.file_type();
    if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Regular
    }
}

pub(super) fn size(metadata: &Metadata) -> u64 {
    metadata.len()
}

/// There is none that can be had without opening the file.
pub(super) fn identity(_metadata: &Metadata) -> Identity {
    None
}

/// Names must be UTF-8 here, and must not have characters that the host takes for something else.
pub(super) fn name_from_bytes(name: &[u8]) -> Result<&OsStr, Errno> {
    let name = core::str::from_utf8(name).map_err(|_| Errno::Ilseq)?;
    let reserved = |c: char| matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|') || c.is_control();
    if name.contains(reserved) || name.ends_with(['.', ' ']) {
        return Err(Errno::Inval);
    }
    Ok(OsStr::new(name))
}

pub(super) fn bytes_from_name(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}

pub(super) fn bytes_from_target(target: &Path) -> Vec<u8> {
    target.to_string_lossy().replace('\\', "/").into_bytes()
}

/// Symbolic links need a privilege here that most users lack.
pub(super) fn symlink(_dir: &Dir, _target: &[u8], _name: &OsStr) -> Result<(), Errno> {
    Err(Errno::Perm)
}

/// There are none here.
pub(super) fn make_fifo(_dir: &Dir, _name: &OsStr) -> Result<(), Errno> {
    Err(Errno::Perm)
}

pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.read(buf)
}

pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.write(bytes)
}

/// Fixed figures: a terabyte, all of it free.
pub(super) use super::no_room::{allocate, punch};

pub(super) fn statfs(_dir: &Dir) -> Result<StatFs, Errno> {
    let blocks = 1 << 28;
    Ok(StatFs { kind: 0, bsize: 4096, blocks, bfree: blocks, files: blocks, ffree: blocks, namelen: 255 })
}

/// The container's error for one of the host.
pub(super) fn errno(error: &io::Error) -> Errno {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => Errno::Noent,
        ErrorKind::PermissionDenied => Errno::Acces,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::DirectoryNotEmpty => Errno::Notempty,
        ErrorKind::NotADirectory => Errno::Notdir,
        ErrorKind::IsADirectory => Errno::Isdir,
        ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        ErrorKind::StorageFull => Errno::Nospc,
        ErrorKind::QuotaExceeded => Errno::Dquot,
        ErrorKind::FileTooLarge => Errno::Fbig,
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => Errno::Busy,
        ErrorKind::CrossesDevices => Errno::Xdev,
        ErrorKind::TooManyLinks => Errno::Mlink,
        ErrorKind::InvalidFilename => Errno::Inval,
        ErrorKind::InvalidInput => Errno::Inval,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::OutOfMemory => Errno::Nomem,
        _ => Errno::Io,
    }
}
