//! Paths, with Linux's `at` semantics: `dirfd` is an open directory or `AT_FDCWD`.

use wcr_abi::{Errno, Mode, OpenFlags, Pid, Timestamp, UTIME_NOW, UTIME_OMIT};
use wcr_kernel::{Call, Kernel, SetTime};

use crate::memory::{GuestMemory, MemoryExt};

/// `openat(2)`. Opening a FIFO waits for its other end.
///
/// # Errors
/// Those of the way to a name; `EXIST`, `ISDIR`, `NOTDIR` it is not what the flags ask for; `MFILE` no descriptor
/// left; `ROFS`; `NOSPC`; `NXIO` a FIFO that nobody reads; `INTR`.
pub fn path_open<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    flags: u32,
    mode: u32,
    out: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    mem.put_u32(out, 0)?;
    let fd = k.open_at(pid, dirfd, &path, OpenFlags(flags), mode)?;
    Ok(mem.put_u32(out, fd)?)
}

/// `fstatat(2)`.
///
/// # Errors
/// Those of the way to a name; `INVAL` unknown flags.
pub fn path_stat<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    flags: u32,
    out: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let stat = k.stat_at(pid, dirfd, &path, flags)?;
    Ok(mem.put(out, &stat.encode())?)
}

/// `mkdirat(2)`.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `ROFS`; `NOSPC`.
pub fn path_mkdir<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    mode: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.mkdir_at(pid, dirfd, &path, mode)
}

/// `mknodat(2)`.
///
/// Partial: Of device files only those of the kinds in `/dev` can be opened, others fail with `NXIO`.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `PERM` a device, and not root; `INVAL` a directory; `ROFS`;
/// `NOSPC`.
pub fn path_mknod<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    mode: u32,
    rdev: u64,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.mknod_at(pid, dirfd, &path, Mode(mode), rdev)
}

/// `symlinkat(2)`.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `ROFS`; `NOSPC`.
pub fn path_symlink<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    target: u32,
    target_len: u32,
    dirfd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let (target, path) = (mem.take_path(target, target_len)?, mem.take_path(path, len)?);
    k.symlink_at(pid, &target, dirfd, &path)
}

/// `linkat(2)`.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `PERM` a directory; `XDEV` another file system; `INVAL` unknown
/// flags; `ROFS`; `NOSPC`.
pub fn path_link<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    from_dirfd: u32,
    from: u32,
    from_len: u32,
    dirfd: u32,
    path: u32,
    len: u32,
    flags: u32,
) -> Call<()> {
    let (from, path) = (mem.take_path(from, from_len)?, mem.take_path(path, len)?);
    k.link_at(pid, (from_dirfd, &from), (dirfd, &path), flags)
}

/// `unlinkat(2)`.
///
/// # Errors
/// Those of the way to a name; `ISDIR`, `NOTDIR` not what the flags say; `NOTEMPTY`; `BUSY` a mount; `INVAL`
/// unknown flags; `ROFS`.
pub fn path_unlink<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    flags: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.unlink_at(pid, dirfd, &path, flags)
}

/// `renameat2(2)`: `flags` are 0, `RENAME_NOREPLACE` (1) or `RENAME_EXCHANGE` (2).
///
/// # Errors
/// Those of the way to a name; `ISDIR`, `NOTDIR`, `NOTEMPTY` what is there does not go with it; `INVAL` into
/// itself, no such flags, or a file system that cannot exchange; `EXIST` the new name is taken, and not to be replaced;
/// `NOENT` there is nothing to exchange it for; `XDEV` another file system; `BUSY` a mount; `ROFS`; `NOSPC`.
pub fn path_rename<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    from_dirfd: u32,
    from: u32,
    from_len: u32,
    dirfd: u32,
    path: u32,
    len: u32,
    flags: u32,
) -> Call<()> {
    let (from, path) = (mem.take_path(from, from_len)?, mem.take_path(path, len)?);
    k.rename_at(pid, (from_dirfd, &from), (dirfd, &path), flags)
}

/// `truncate(2)`.
///
/// # Errors
/// Those of the way to a name; `ISDIR` a directory; `INVAL` no regular file, or too large a number; `ROFS`; `FBIG` no file
/// may be as long, with `SIGXFSZ` when it is the caller's limit that says so.
pub fn path_truncate<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    size: u64,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.truncate_at(pid, dirfd, &path, size)
}

/// `readlinkat(2)`.
///
/// # Errors
/// Those of the way to a name; `INVAL` no symbolic link.
pub fn path_readlink<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    buf: u32,
    buf_len: u32,
    used: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let target = k.readlink_at(pid, dirfd, &path)?;
    Ok(mem.put_counted(buf, buf_len, &target, used)?)
}

/// `fchmodat(2)`.
///
/// # Errors
/// Those of the way to a name; `PERM` not the owner; `NOTSUP` a symbolic link itself; `ROFS`.
pub fn path_chmod<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    mode: u32,
    flags: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.chmod_at(pid, dirfd, &path, mode, flags)
}

/// `fchmod(2)`.
///
/// # Errors
/// `BADF` not open; `INVAL` no file: a pipe or a stream; `PERM` not the owner; `ROFS`.
pub fn fd_chmod<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, mode: u32) -> Call<()> {
    k.fchmod(pid, fd, mode)
}

/// The id to set; all ones leave it.
const fn id(raw: u32) -> Option<u32> {
    if raw == u32::MAX { None } else { Some(raw) }
}

/// `fchownat(2)`.
///
/// # Errors
/// Those of the way to a name; `PERM` not allowed; `ROFS`.
pub fn path_chown<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    uid: u32,
    gid: u32,
    flags: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.chown_at(pid, dirfd, &path, id(uid), id(gid), flags)
}

/// `fchown(2)`.
///
/// # Errors
/// `BADF` not open; `INVAL` no file: a pipe or a stream; `PERM` not allowed; `ROFS`.
pub fn fd_chown<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, uid: u32, gid: u32) -> Call<()> {
    k.fchown(pid, fd, id(uid), id(gid))
}

fn set_time(sec: i64, nsec: u32) -> Result<SetTime, Errno> {
    match nsec {
        UTIME_NOW => Ok(SetTime::Now),
        UTIME_OMIT => Ok(SetTime::Omit),
        0..1_000_000_000 => Ok(SetTime::At(Timestamp { sec, nsec })),
        _ => Err(Errno::Inval),
    }
}

/// `utimensat(2)`.
///
/// # Errors
/// Those of the way to a name; `INVAL` no number of nanoseconds; `PERM`, `ACCES` not the owner; `ROFS`.
pub fn path_utimens<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    atime: i64,
    atime_nsec: u32,
    mtime: i64,
    mtime_nsec: u32,
    flags: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.utimens_at(pid, dirfd, &path, set_time(atime, atime_nsec)?, set_time(mtime, mtime_nsec)?, flags)
}

/// `faccessat(2)`.
///
/// # Errors
/// Those of the way to a name; `ACCES` not allowed; `ROFS` writing; `INVAL` no such mode.
pub fn path_access<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    mode: u32,
    flags: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.access_at(pid, dirfd, &path, mode, flags)
}

/// `statfs(2)`.
///
/// # Errors
/// Those of the way to a name.
pub fn path_statfs<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    dirfd: u32,
    path: u32,
    len: u32,
    out: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let totals = k.statfs_at(pid, dirfd, &path)?;
    Ok(mem.put(out, &totals.encode())?)
}

/// `chdir(2)`.
///
/// # Errors
/// Those of the way to a name; `NOTDIR`; `ACCES` it cannot be searched.
pub fn chdir<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, path: u32, len: u32) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.chdir(pid, &path)
}

/// `fchdir(2)`.
///
/// # Errors
/// `BADF` not open; `NOTDIR`; `ACCES` it cannot be searched.
pub fn fchdir<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    k.fchdir(pid, fd)
}

/// `getcwd(2)`, without a NUL. `RANGE` when it does not fit.
///
/// # Errors
/// `RANGE` no room; `NOENT` it was removed.
pub fn getcwd<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, buf: u32, len: u32, used: u32) -> Call<()> {
    let path = k.getcwd(pid)?;
    if path.len() > len as usize {
        return Err(Errno::Range.into());
    }
    Ok(mem.put_counted(buf, len, &path, used)?)
}

/// `umask(2)`.
///
/// # Errors
/// None of its own.
pub fn umask<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, mask: u32, old: u32) -> Call<()> {
    let before = k.umask(pid, mask)?;
    Ok(mem.put_u32(old, before)?)
}
