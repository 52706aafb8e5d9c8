//! File metadata.

use wcr_abi::{AT_SYMLINK_NOFOLLOW, Errno, Pid, Stat, Timestamp};
use wcr_kernel::{Call, Kernel, SetTime};

use crate::memory::{GuestMemory, MemoryExt};
use crate::preview1::fd::filetype;

/// Preview1's `filestat`: dev, ino, type, nlink, size, atime, mtime, ctime, each in eight bytes.
fn filestat(stat: &Stat) -> [u8; 64] {
    let times = [stat.atime, stat.mtime, stat.ctime].map(Timestamp::to_nanos);
    let kind = u64::from(filetype(stat.mode.kind()));
    let words = [stat.dev, stat.ino, kind, stat.nlink.into(), stat.size, times[0], times[1], times[2]];
    let mut out = [0; 64];
    for (slot, word) in out.chunks_exact_mut(8).zip(words) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// The path flags that preview1's `lookupflags` mean: without bit 0 a last symbolic link is not followed.
pub(crate) const fn lookup_flags(lookup: u32) -> u32 {
    if lookup & 1 == 0 { AT_SYMLINK_NOFOLLOW } else { 0 }
}

/// What `fstflags` say of one time: bit `at` set it, bit `now` set it to the present.
fn set_time(flags: u32, (at, now): (u32, u32), nanos: u64) -> Result<SetTime, Errno> {
    match (flags & at != 0, flags & now != 0) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(SetTime::At(Timestamp::from_nanos(nanos))),
        (false, true) => Ok(SetTime::Now),
        (false, false) => Ok(SetTime::Omit),
    }
}

/// An open file's metadata.
///
/// # Errors
/// `BADF` not open.
pub fn fd_filestat_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let stat = k.fstat(pid, fd)?;
    Ok(mem.put(out, &filestat(&stat))?)
}

/// Sets an open file's length.
///
/// # Errors
/// `BADF` not open; `INVAL` not open for writing, or no regular file; `FBIG` beyond the largest file; `NOSPC`.
pub fn fd_filestat_set_size<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, size: u64) -> Call<()> {
    k.ftruncate(pid, fd, size)
}

/// Sets an open file's times.
///
/// # Errors
/// `BADF` not open; `INVAL` a time and the present both; `PERM`, `ACCES` not the owner; `ROFS`.
pub fn fd_filestat_set_times<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    atime: u64,
    mtime: u64,
    flags: u32,
) -> Call<()> {
    k.futimens(pid, fd, set_time(flags, (1, 2), atime)?, set_time(flags, (4, 8), mtime)?)
}

/// A path's metadata.
///
/// # Errors
/// Those of the way to a name.
pub fn path_filestat_get<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    out: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let stat = k.stat_at(pid, fd, &path, lookup_flags(flags))?;
    Ok(mem.put(out, &filestat(&stat))?)
}

/// Sets a path's times.
///
/// # Errors
/// Those of the way to a name; `INVAL` a time and the present both; `PERM`, `ACCES` not the owner; `ROFS`.
pub fn path_filestat_set_times<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    atime: u64,
    mtime: u64,
    which: u32,
) -> Call<()> {
    let path = mem.take_path(path, len)?;
    let (atime, mtime) = (set_time(which, (1, 2), atime)?, set_time(which, (4, 8), mtime)?);
    k.utimens_at(pid, fd, &path, atime, mtime, lookup_flags(flags))
}
