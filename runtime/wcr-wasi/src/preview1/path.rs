//! Paths: opening, making and removing names, relative to an open directory.

use wcr_abi::{AT_REMOVEDIR, AT_SYMLINK_FOLLOW, OpenFlags, Pid};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};
use crate::preview1::fd::status_flags;

/// The right to write, in preview1's rights.
const RIGHT_WRITE: u64 = 1 << 6;
/// The right to read.
const RIGHT_READ: u64 = 1 << 1;

/// Opens a file. The access mode follows from the rights asked for; new files have mode 666 before the umask.
///
/// Partial: Rights say whether it is opened for reading and writing, and nothing else.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there, and is not to be; `ISDIR` a directory to be written; `MFILE` no
/// descriptor left; `ROFS`; `NOSPC`; `NXIO` a FIFO that nobody reads; `INTR`.
pub fn path_open<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    oflags: u32,
    base: u64,
    _inheriting: u64,
    flags: u32,
    out: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let access = match (base & RIGHT_READ != 0, base & RIGHT_WRITE != 0) {
        (true, true) => OpenFlags::RDWR,
        (false, true) => OpenFlags::WRONLY,
        _ => OpenFlags::RDONLY,
    };
    let named = [OpenFlags::CREAT, OpenFlags::DIRECTORY, OpenFlags::EXCL, OpenFlags::TRUNC];
    let mut open = named
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| oflags & 1 << bit != 0)
        .fold(access.with(status_flags(flags)), |all, (_, flag)| all.with(flag));
    if lookup & 1 == 0 {
        open = open.with(OpenFlags::NOFOLLOW);
    }
    // Rust's and C's libraries ask for writing on directories that they only list.
    if open.contains(OpenFlags::DIRECTORY) {
        open = open.without(OpenFlags(3));
    }
    let opened = k.open_at(pid, fd, &path, open, 0o666)?;
    Ok(mem.put_u32(out, opened)?)
}

/// Makes a directory with mode 777 before the umask.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `ROFS`; `NOSPC`.
pub fn path_create_directory<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.mkdir_at(pid, fd, &path, 0o777)
}

/// Gives a file another name.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `PERM` a directory; `XDEV` another file system; `ROFS`;
/// `NOSPC`.
pub fn path_link<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    from_fd: u32,
    flags: u32,
    from: u32,
    from_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let (from, path) = (mem.take_path(from, from_len)?, mem.take_path(path, len)?);
    let follow = if flags & 1 != 0 { AT_SYMLINK_FOLLOW } else { 0 };
    k.link_at(pid, (from_fd, &from), (fd, &path), follow)
}

/// A symbolic link's target; what does not fit is cut.
///
/// # Errors
/// Those of the way to a name; `INVAL` no symbolic link.
pub fn path_readlink<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    path: u32,
    len: u32,
    buf: u32,
    buf_len: u32,
    used: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let target = k.readlink_at(pid, fd, &path)?;
    Ok(mem.put_counted(buf, buf_len, &target, used)?)
}

/// Removes an empty directory.
///
/// # Errors
/// Those of the way to a name; `NOTEMPTY`; `BUSY` a mount; `INVAL` its last part is `.`; `ROFS`.
pub fn path_remove_directory<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.unlink_at(pid, fd, &path, AT_REMOVEDIR)
}

/// Moves a name.
///
/// # Errors
/// Those of the way to a name; `ISDIR`, `NOTDIR`, `NOTEMPTY` what is there does not go with it; `INVAL` into
/// itself; `XDEV` another file system; `BUSY` a mount; `ROFS`; `NOSPC`.
pub fn path_rename<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    from_fd: u32,
    from: u32,
    from_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let (from, path) = (mem.take_path(from, from_len)?, mem.take_path(path, len)?);
    k.rename_at(pid, (from_fd, &from), (fd, &path), 0)
}

/// Makes a symbolic link.
///
/// # Errors
/// Those of the way to a name; `EXIST` it is there; `ROFS`; `NOSPC`.
pub fn path_symlink<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    target: u32,
    target_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let (target, path) = (mem.take_path(target, target_len)?, mem.take_path(path, len)?);
    k.symlink_at(pid, &target, fd, &path)
}

/// Removes a name that is not a directory's.
///
/// # Errors
/// Those of the way to a name; `ISDIR` a directory; `ROFS`.
pub fn path_unlink_file<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    k.unlink_at(pid, fd, &path, 0)
}
