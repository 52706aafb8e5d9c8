//! Descriptors.

use wcr_abi::{DirRecord, Errno, OpenFlags, Pid};
use wcr_kernel::{Call, Kernel, PollEntry};

use crate::memory::{GuestMemory, MemoryExt};

/// An open file's [`wcr_abi::Stat`].
///
/// # Errors
/// `BADF` not open.
pub fn fd_stat<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let stat = k.fstat(pid, fd)?;
    Ok(mem.put(out, &stat.encode())?)
}

/// The most bytes of one `fd_entries`.
const ENTRIES_MAX: u32 = 1 << 20;

/// Whole [`DirRecord`]s from the `cookie`-th entry on, as many as fit; none at the end.
///
/// # Errors
/// `NOTDIR` no directory; `INVAL` not even the first record fits.
pub fn fd_entries<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    buf: u32,
    len: u32,
    cookie: u64,
    used: u32,
) -> Call<()> {
    let len = len.min(ENTRIES_MAX);
    let mut out = Vec::new();
    let skipped = usize::try_from(cookie).unwrap_or(usize::MAX);
    let (entries, stats) = k.entries_stat(pid, fd, cookie == 0)?;
    for (at, entry) in entries.iter().enumerate().skip(skipped) {
        let fitting = out.len();
        let stat = match stats.get(at) {
            Some(Some(stat)) => *stat,
            _ => match k.stat_entry(pid, fd, entry) {
                Ok(stat) => stat,
                Err(_) => continue,
            },
        };
        DirRecord { stat, name: entry.name.clone() }.encode(&mut out);
        if out.len() > len as usize {
            out.truncate(fitting);
            if fitting == 0 {
                return Err(Errno::Inval.into());
            }
            break;
        }
    }
    Ok(mem.put_counted(buf, len, &out, used)?)
}

/// `fallocate(2)`: sets room aside for a part of a file (`mode` 0, or `KEEP_SIZE` (1)), or makes a hole there
/// (`KEEP_SIZE` and `PUNCH_HOLE` (2)).
///
/// Partial: There are no other modes, and a folder of the host can do what the host's system can.
///
/// # Errors
/// `BADF` not open for writing; `INVAL` no such part; `NOTSUP` another mode, or a file system without it; `SPIPE` a pipe;
/// `ISDIR` a directory; `NODEV` no regular file; `FBIG` no file may be as long, with `SIGXFSZ` when it is the caller's
/// limit that says so; `NOSPC`.
pub fn fd_allocate<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    mode: u32,
    offset: i64,
    size: i64,
) -> Call<()> {
    k.allocate(pid, fd, mode, offset, size)
}

/// `flock(2)`: locks a file for its open file, for reading (1) or writing (2), without waiting with 4; or unlocks it (8).
///
/// # Errors
/// `BADF` not open, or only as a path; `INVAL` no such operation; `AGAIN` others hold it and it was not to wait; `INTR` a
/// signal came while it waited.
pub fn fd_lock<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, operation: u32) -> Call<()> {
    k.lock(pid, fd, operation)
}

/// A new pipe: the reading and the writing end's numbers (two words).
///
/// # Errors
/// `MFILE` no two descriptors left.
pub fn fd_pipe<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, flags: u32, fds: u32) -> Call<()> {
    mem.put_u64(fds, 0)?;
    let (read, write) = k.pipe(pid, OpenFlags(flags))?;
    Ok(mem.put_u64(fds, u64::from(write) << 32 | u64::from(read))?)
}

/// A duplicate with the lowest free number from `min` on.
///
/// # Errors
/// `BADF` not open; `INVAL` `min` is beyond the limit; `MFILE` no descriptor left.
pub fn fd_dup<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    min: u32,
    flags: u32,
    out: u32,
) -> Call<()> {
    let new = k.dup(pid, fd, min, OpenFlags(flags).contains(OpenFlags::CLOEXEC))?;
    Ok(mem.put_u32(out, new)?)
}

/// Makes `to` a duplicate of `from`.
///
/// # Errors
/// `BADF` `from` is not open, or `to` is beyond the limit.
pub fn fd_dup2<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, from: u32, to: u32, flags: u32) -> Call<()> {
    k.dup2(pid, from, to, OpenFlags(flags).contains(OpenFlags::CLOEXEC))
}

/// Access mode, status flags and close-on-exec, as open flags.
///
/// # Errors
/// `BADF` not open.
pub fn fd_get_flags<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let flags = k.fd_flags(pid, fd)?;
    Ok(mem.put_u32(out, flags.0)?)
}

/// Sets append, non-blocking and close-on-exec.
///
/// # Errors
/// `BADF` not open.
pub fn fd_set_flags<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, flags: u32) -> Call<()> {
    k.set_fd_flags(pid, fd, OpenFlags(flags))
}

/// The most descriptors of one `fd_poll`.
const POLL_MAX: u32 = 4096;

/// `poll(2)` over `count` of Linux's `pollfd`s; `timeout` in nanoseconds, negative for none.
///
/// # Errors
/// `INVAL` too many; `INTR` a caught signal came first.
pub fn fd_poll<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    entries: u32,
    count: u32,
    timeout: i64,
    ready: u32,
) -> Call<()> {
    if count > POLL_MAX {
        return Err(Errno::Inval.into());
    }
    let decode = |bytes: &[u8]| {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        PollEntry {
            fd: i32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]),
            events: u16::from_le_bytes([byte(4), byte(5)]),
            found: 0,
        }
    };
    let mut asked: Vec<PollEntry> = mem.view(entries, count * 8, |bytes| bytes.chunks(8).map(decode).collect())?;
    let found = k.poll_fds(pid, &mut asked, u64::try_from(timeout).ok())?;
    mem.edit(entries, count * 8, |bytes| {
        for (slot, entry) in bytes.chunks_mut(8).zip(&asked) {
            slot[6..8].copy_from_slice(&entry.found.to_le_bytes());
        }
    })?;
    Ok(mem.put_u32(ready, found)?)
}

/// How many bytes can be read without waiting (`FIONREAD`).
///
/// # Errors
/// `BADF` not open.
pub fn fd_available<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    k.fd_flags(pid, fd)?;
    let count = k.available(pid, fd);
    Ok(mem.put_u32(out, u32::try_from(count).unwrap_or(u32::MAX))?)
}
