//! Open descriptors: reading, writing, pipes, duplicates, flags.

use wcr_abi::{OpenFlags, Stat, WinSize};

use crate::imports::{self, IoVec};
use crate::{Fd, Result, check, signal};

/// Standard input.
pub const STDIN: Fd = 0;
/// Standard output.
pub const STDOUT: Fd = 1;
/// Standard error.
pub const STDERR: Fd = 2;

/// Reads into `buf` at the descriptor's position; 0 bytes mean the end. Blocks as `read(2)` does.
pub fn read(fd: Fd, buf: &mut [u8]) -> Result<usize> {
    let (vec, mut done) = (IoVec { ptr: buf.as_mut_ptr(), len: buf.len() }, 0);
    signal::interruptible(|| check(imports::fd_read(fd, &raw const vec, 1, &raw mut done)))?;
    Ok(done)
}

/// Reads at `offset` without moving the position.
pub fn pread(fd: Fd, buf: &mut [u8], offset: u64) -> Result<usize> {
    let (vec, mut done) = (IoVec { ptr: buf.as_mut_ptr(), len: buf.len() }, 0);
    check(imports::fd_pread(fd, &raw const vec, 1, offset, &raw mut done))?;
    Ok(done)
}

/// Writes at `offset` without moving the position.
pub fn pwrite(fd: Fd, bytes: &[u8], offset: u64) -> Result<usize> {
    let (vec, mut done) = (IoVec { ptr: bytes.as_ptr(), len: bytes.len() }, 0);
    check(imports::fd_pwrite(fd, &raw const vec, 1, offset, &raw mut done))?;
    Ok(done)
}

/// Writes some of `bytes`, at least one byte unless it is empty. Blocks as `write(2)` does.
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    let (vec, mut done) = (IoVec { ptr: bytes.as_ptr(), len: bytes.len() }, 0);
    signal::interruptible(|| check(imports::fd_write(fd, &raw const vec, 1, &raw mut done)))?;
    Ok(done)
}

/// Writes all of `bytes`.
pub fn write_all(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let done = write(fd, bytes)?;
        bytes = bytes.get(done..).unwrap_or_default();
    }
    Ok(())
}

/// Where a seek counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Whence {
    /// The start of the file.
    Set = 0,
    /// The current position.
    Current = 1,
    /// The end of the file.
    End = 2,
    /// The next place that has data.
    Data = 3,
    /// The next place that has none.
    Hole = 4,
}

/// Moves the descriptor's position and returns it. `SPIPE` on pipes and terminals.
pub fn seek(fd: Fd, offset: i64, whence: Whence) -> Result<u64> {
    let mut position = 0;
    check(imports::fd_seek(fd, offset, whence as u32, &raw mut position))?;
    Ok(position)
}

/// Closes the descriptor.
pub fn close(fd: Fd) -> Result<()> {
    let closed = check(imports::fd_close(fd));
    // The master of this process's own terminal may be gone with it.
    signal::deliver();
    closed
}

/// Writes what the host holds back of this file.
pub fn sync(fd: Fd) -> Result<()> {
    check(imports::fd_sync(fd))
}

/// Sets the file's length.
pub fn truncate(fd: Fd, len: u64) -> Result<()> {
    check(imports::fd_filestat_set_size(fd, len))
}

/// Sets room aside for a part of a file, or makes a hole in it (`fallocate(2)`). `mode`: 0,
/// [`wcr_abi::FALLOC_KEEP_SIZE`], or that with [`wcr_abi::FALLOC_PUNCH_HOLE`].
pub fn allocate(fd: Fd, mode: u32, offset: i64, len: i64) -> Result<()> {
    let allocated = check(imports::fd_allocate(fd, mode, offset, len));
    // A file that is too long is signalled, too.
    allocated.inspect_err(|_| {
        signal::deliver();
    })
}

/// Locks a file for its open file, or unlocks it (`flock(2)`): [`wcr_abi::LOCK_SH`], [`wcr_abi::LOCK_EX`], either with
/// [`wcr_abi::LOCK_NB`], or [`wcr_abi::LOCK_UN`].
pub fn lock(fd: Fd, operation: u32) -> Result<()> {
    let locked = check(imports::fd_lock(fd, operation));
    locked.inspect_err(|_| {
        signal::deliver();
    })
}

/// The open file's metadata.
pub fn stat(fd: Fd) -> Result<Stat> {
    let mut buf = [0; Stat::SIZE];
    check(imports::fd_stat(fd, buf.as_mut_ptr()))?;
    Ok(Stat::decode(&buf))
}

/// Sets the open file's permission bits.
pub fn chmod(fd: Fd, mode: u32) -> Result<()> {
    check(imports::fd_chmod(fd, mode))
}

/// Sets the open file's owner and group; `u32::MAX` leaves one as it is.
pub fn chown(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    check(imports::fd_chown(fd, uid, gid))
}

/// A new pipe: its reading and its writing end. `flags`: `CLOEXEC`, `NONBLOCK`.
pub fn pipe(flags: OpenFlags) -> Result<(Fd, Fd)> {
    let mut fds = [0; 2];
    check(imports::fd_pipe(flags.0, fds.as_mut_ptr()))?;
    Ok((fds[0], fds[1]))
}

/// A new file in memory, which has a name in `/proc` only. `flags`: `CLOEXEC`. It can be sealed where `sealing` says so.
pub fn memory(name: &[u8], flags: OpenFlags, sealing: bool) -> Result<Fd> {
    let mut out = 0;
    check(imports::fd_memory(name.as_ptr(), name.len(), flags.0, sealing.into(), &raw mut out))?;
    Ok(out)
}

/// The seals of a file in memory: [`wcr_abi::SEAL_WRITE`] and the like.
pub fn seals(fd: Fd) -> Result<u32> {
    let mut seals = 0;
    check(imports::fd_seals(fd, &raw mut seals))?;
    Ok(seals)
}

/// Adds seals to a file in memory.
pub fn add_seals(fd: Fd, seals: u32) -> Result<()> {
    check(imports::fd_add_seals(fd, seals))
}

/// A copy of `fd` with the lowest free number from `min` on (`F_DUPFD`). `flags`: `CLOEXEC`.
pub fn dup(fd: Fd, min: Fd, flags: OpenFlags) -> Result<Fd> {
    let mut out = 0;
    check(imports::fd_dup(fd, min, flags.0, &raw mut out))?;
    Ok(out)
}

/// Makes `to` a copy of `from`, closing what `to` was. `flags`: `CLOEXEC`. The same number twice is no change.
pub fn dup2(from: Fd, to: Fd, flags: OpenFlags) -> Result<()> {
    check(imports::fd_dup2(from, to, flags.0))
}

/// The open file's access mode and status flags, with `CLOEXEC` for the descriptor. `BADF` when not open.
pub fn flags(fd: Fd) -> Result<OpenFlags> {
    let mut flags = 0;
    check(imports::fd_get_flags(fd, &raw mut flags))?;
    Ok(OpenFlags(flags))
}

/// Sets `APPEND`, `NONBLOCK` and `CLOEXEC` to what `flags` says; the rest of it is ignored.
pub fn set_flags(fd: Fd, flags: OpenFlags) -> Result<()> {
    check(imports::fd_set_flags(fd, flags.0))
}

/// One descriptor of a [`poll`], in Linux's layout.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollEntry {
    /// The descriptor; a negative one is left out.
    pub fd: i32,
    /// What is asked, in Linux's bits.
    pub events: i16,
    /// What was found.
    pub found: i16,
}

impl PollEntry {
    /// A question.
    #[must_use]
    pub const fn new(fd: i32, events: i16) -> Self {
        Self { fd, events, found: 0 }
    }
}

/// Waits until something is found of one of the descriptors, or `timeout` nanoseconds have passed; the number of those
/// that something was found of (`poll(2)`). `INTR` when a caught signal came first.
pub fn poll(entries: &mut [PollEntry], timeout: Option<u64>) -> Result<u32> {
    let timeout = timeout.map_or(-1, |nanos| i64::try_from(nanos).unwrap_or(i64::MAX));
    let mut ready = 0;
    let polled = check(imports::fd_poll(entries.as_mut_ptr().cast(), entries.len(), timeout, &raw mut ready));
    polled.inspect_err(|_| {
        signal::deliver();
    })?;
    Ok(ready)
}

/// How many bytes can be read without waiting (`FIONREAD`).
pub fn available(fd: Fd) -> Result<u32> {
    let mut count = 0;
    check(imports::fd_available(fd, &raw mut count))?;
    Ok(count)
}

/// The terminal's size; `NOTTY` when the descriptor is no terminal.
pub fn winsize(fd: Fd) -> Result<WinSize> {
    let mut size = [0; 2];
    check(imports::tty_winsize(fd, size.as_mut_ptr()))?;
    Ok(WinSize { rows: size[0], cols: size[1] })
}

/// Whether a read would not wait.
#[must_use]
pub fn readable(fd: Fd) -> bool {
    // Two subscriptions of `poll_oneoff`: a clock that has run out, and the descriptor. Userdata u64, tag u8, then the
    // clock's number or the descriptor at 16.
    let (mut subscriptions, mut events, mut done) = ([0u8; 96], [0u8; 64], 0);
    subscriptions[16] = 1;
    subscriptions[48] = 1;
    subscriptions[56] = 1;
    subscriptions[64..68].copy_from_slice(&fd.to_le_bytes());
    if check(imports::poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), 2, &raw mut done)).is_err() {
        return false;
    }
    // Each event: userdata u64, error u16, kind u8.
    events.chunks_exact(32).take(done).any(|event| event[0] == 1)
}

/// Whether the descriptor is a terminal.
#[must_use]
pub fn is_tty(fd: Fd) -> bool {
    winsize(fd).is_ok()
}
