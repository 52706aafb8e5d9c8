//! Paths: opening, metadata, making and removing names. All follow the Linux call of the same name;
//! relative paths start at the process's current directory.

use wcr_abi::{
    AT_EACCESS, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, DirRecord, Mode, OpenFlags, Stat, StatFs, Timestamp,
    UTIME_NOW, UTIME_OMIT,
};

use crate::imports;
use crate::{Errno, Fd, Result, check, fd, signal};

/// Opens a file. `mode` (before the umask) counts when it is created.
pub fn open(path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
    open_at(AT_FDCWD, path, flags, mode)
}

/// Opens a file relative to an open directory.
pub fn open_at(dirfd: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Result<Fd> {
    let mut fd = 0;
    signal::interruptible(|| check(imports::path_open(dirfd, path.as_ptr(), path.len(), flags.0, mode, &raw mut fd)))?;
    Ok(fd)
}

/// Metadata of what the path leads to.
pub fn stat(path: &[u8]) -> Result<Stat> {
    stat_flags(path, 0)
}

/// Metadata of the path itself: a symbolic link in the last component is not followed.
pub fn lstat(path: &[u8]) -> Result<Stat> {
    stat_flags(path, AT_SYMLINK_NOFOLLOW)
}

fn stat_flags(path: &[u8], flags: u32) -> Result<Stat> {
    let mut buf = [0; Stat::SIZE];
    check(imports::path_stat(AT_FDCWD, path.as_ptr(), path.len(), flags, buf.as_mut_ptr()))?;
    Ok(Stat::decode(&buf))
}

/// More than any record of a directory takes, in bytes: some hosts' names have 255 units of up to three bytes.
const RECORD_MAX: usize = 1 << 10;

/// All entries of a directory but `.` and `..`, sorted by name, each with its own metadata.
pub fn read_dir(path: &[u8]) -> Result<Vec<DirRecord>> {
    let dir = open(path, OpenFlags::DIRECTORY.with(OpenFlags::CLOEXEC), 0)?;
    let entries = read_dir_fd(dir);
    fd::close(dir)?;
    entries
}

/// As [`read_dir`], of an open directory.
pub fn read_dir_fd(dir: Fd) -> Result<Vec<DirRecord>> {
    // Most directories are small: room for all of one that is not would be zeroed for each of them.
    let (mut entries, mut buf) = (Vec::new(), vec![0; 4 << 10]);
    loop {
        let mut used = 0;
        check(imports::fd_entries(dir, buf.as_mut_ptr(), buf.len(), entries.len() as u64, &raw mut used))?;
        let mut rest = buf.get(..used).ok_or(Errno::Io)?;
        if rest.is_empty() {
            return Ok(entries);
        }
        while let Some((entry, tail)) = DirRecord::decode(rest) {
            entries.push(entry);
            rest = tail;
        }
        if buf.len() - used > RECORD_MAX {
            // Another one would have been put there.
            return Ok(entries);
        }
        buf.resize(64 << 10, 0);
    }
}

/// Makes a directory; `mode` is before the umask.
pub fn mkdir(path: &[u8], mode: u32) -> Result<()> {
    check(imports::path_mkdir(AT_FDCWD, path.as_ptr(), path.len(), mode))
}

/// Makes a device, FIFO, socket or plain file.
pub fn mknod(path: &[u8], mode: Mode, rdev: u64) -> Result<()> {
    check(imports::path_mknod(AT_FDCWD, path.as_ptr(), path.len(), mode.0, rdev))
}

/// Makes a symbolic link at `path` that holds `target`.
pub fn symlink(target: &[u8], path: &[u8]) -> Result<()> {
    check(imports::path_symlink(target.as_ptr(), target.len(), AT_FDCWD, path.as_ptr(), path.len()))
}

/// Gives the file `from` another name. A symbolic link is followed only with `follow`.
pub fn link(from: &[u8], path: &[u8], follow: bool) -> Result<()> {
    let flags = if follow { wcr_abi::AT_SYMLINK_FOLLOW } else { 0 };
    check(imports::path_link(AT_FDCWD, from.as_ptr(), from.len(), AT_FDCWD, path.as_ptr(), path.len(), flags))
}

/// Removes a name that is not a directory's.
pub fn unlink(path: &[u8]) -> Result<()> {
    check(imports::path_unlink(AT_FDCWD, path.as_ptr(), path.len(), 0))
}

/// Removes an empty directory.
pub fn rmdir(path: &[u8]) -> Result<()> {
    check(imports::path_unlink(AT_FDCWD, path.as_ptr(), path.len(), AT_REMOVEDIR))
}

/// Moves a name, replacing what is there.
pub fn rename(from: &[u8], to: &[u8]) -> Result<()> {
    rename_with(from, to, 0)
}

/// Moves a file as `flags` say: [`wcr_abi::RENAME_NOREPLACE`], [`wcr_abi::RENAME_EXCHANGE`].
pub fn rename_with(from: &[u8], to: &[u8], flags: u32) -> Result<()> {
    let (from, from_len) = (from.as_ptr(), from.len());
    check(imports::path_rename(AT_FDCWD, from, from_len, AT_FDCWD, to.as_ptr(), to.len(), flags))
}

/// Sets a file's length.
pub fn truncate(path: &[u8], len: u64) -> Result<()> {
    check(imports::path_truncate(AT_FDCWD, path.as_ptr(), path.len(), len))
}

/// A symbolic link's target.
pub fn readlink(path: &[u8]) -> Result<Vec<u8>> {
    let (mut buf, mut used) = (vec![0; wcr_abi::PATH_MAX + 1], 0);
    check(imports::path_readlink(AT_FDCWD, path.as_ptr(), path.len(), buf.as_mut_ptr(), buf.len(), &raw mut used))?;
    buf.truncate(used);
    Ok(buf)
}

/// Sets the permission bits, following a symbolic link.
pub fn chmod(path: &[u8], mode: u32) -> Result<()> {
    check(imports::path_chmod(AT_FDCWD, path.as_ptr(), path.len(), mode, 0))
}

/// Sets owner and group (`u32::MAX` leaves one as it is).
pub fn chown(path: &[u8], uid: u32, gid: u32, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { AT_SYMLINK_NOFOLLOW };
    check(imports::path_chown(AT_FDCWD, path.as_ptr(), path.len(), uid, gid, flags))
}

/// A timestamp to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTime {
    /// The kernel's current time.
    Now,
    /// As it is.
    Keep,
    /// This time.
    At(Timestamp),
}

impl SetTime {
    fn raw(self) -> (i64, u32) {
        match self {
            Self::Now => (0, UTIME_NOW),
            Self::Keep => (0, UTIME_OMIT),
            Self::At(time) => (time.sec, time.nsec),
        }
    }
}

/// Sets access and modification time.
pub fn utimens(path: &[u8], atime: SetTime, mtime: SetTime, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { AT_SYMLINK_NOFOLLOW };
    let ((asec, ansec), (msec, mnsec)) = (atime.raw(), mtime.raw());
    check(imports::path_utimens(AT_FDCWD, path.as_ptr(), path.len(), asec, ansec, msec, mnsec, flags))
}

/// Checks whether the caller may read (4), write (2), execute (1) the file, by its real ids; 0 asks whether it exists.
pub fn access(path: &[u8], mode: u32) -> Result<()> {
    check(imports::path_access(AT_FDCWD, path.as_ptr(), path.len(), mode, 0))
}

/// Like [`access`], by the effective ids.
pub fn access_effective(path: &[u8], mode: u32) -> Result<()> {
    check(imports::path_access(AT_FDCWD, path.as_ptr(), path.len(), mode, AT_EACCESS))
}

/// Totals of the file system that holds the path.
pub fn statfs(path: &[u8]) -> Result<StatFs> {
    let mut buf = [0; StatFs::SIZE];
    check(imports::path_statfs(AT_FDCWD, path.as_ptr(), path.len(), buf.as_mut_ptr()))?;
    Ok(StatFs::decode(&buf))
}

/// Changes the current directory.
pub fn chdir(path: &[u8]) -> Result<()> {
    check(imports::chdir(path.as_ptr(), path.len()))
}

/// Changes the current directory to an open one.
pub fn fchdir(dir: Fd) -> Result<()> {
    check(imports::fchdir(dir))
}

/// The current directory's absolute path. `NOENT` when it was removed.
pub fn getcwd() -> Result<Vec<u8>> {
    let (mut buf, mut used) = (vec![0; wcr_abi::PATH_MAX + 1], 0);
    check(imports::getcwd(buf.as_mut_ptr(), buf.len(), &raw mut used))?;
    buf.truncate(used);
    Ok(buf)
}

/// Sets the file creation mask and returns the old one.
pub fn umask(mask: u32) -> u32 {
    let mut old = 0;
    imports::umask(mask, &raw mut old);
    old
}

/// Reads a whole file.
pub fn read_file(path: &[u8]) -> Result<Vec<u8>> {
    let file = open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)?;
    let content = read_to_end(file);
    fd::close(file)?;
    content
}

/// Reads all that is left of a descriptor.
pub fn read_to_end(file: Fd) -> Result<Vec<u8>> {
    let (mut content, mut used) = (Vec::new(), 0);
    loop {
        content.resize(used + (64 << 10), 0);
        match fd::read(file, content.get_mut(used..).unwrap_or_default()) {
            Ok(0) => {
                content.truncate(used);
                return Ok(content);
            }
            Ok(n) => used += n,
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
}
