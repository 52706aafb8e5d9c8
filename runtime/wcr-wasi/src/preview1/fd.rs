//! Descriptors: reading, writing, directories, state.

use wcr_abi::{Errno, FileKind, OpenFlags, Pid};
use wcr_kernel::{Call, Kernel, Position, Whence};

use crate::memory::{GuestMemory, MemoryExt};

/// The right to move a descriptor's offset, among preview1's rights.
const RIGHT_SEEK: u8 = 1 << 2;
/// The right to ask for a descriptor's offset.
const RIGHT_TELL: u8 = 1 << 5;

/// The most slices one call may name (Linux `IOV_MAX`).
const IOV_MAX: u32 = 1024;
/// How much of several slices is put together for one read or write, in bytes.
const GATHER_MAX: u32 = 64 << 10;
/// The highest number of an advice.
const ADVICE_MAX: u32 = 5;

/// Preview1's number of a file kind.
pub(crate) const fn filetype(kind: FileKind) -> u8 {
    match kind {
        FileKind::BlockDevice => 1,
        FileKind::CharDevice => 2,
        FileKind::Directory => 3,
        FileKind::Regular => 4,
        FileKind::Socket => 6,
        FileKind::Symlink => 7,
        FileKind::Fifo => 0,
    }
}

/// The slices at `iovs` that are not empty.
pub(super) fn slices(mem: &impl GuestMemory, iovs: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
    if count > IOV_MAX {
        return Err(Errno::Inval);
    }
    let mut found = Vec::with_capacity(count as usize);
    for at in 0..count {
        let iov = iovs.checked_add(at * 8).ok_or(Errno::Fault)?;
        let (ptr, len) = (mem.take_u32(iov)?, mem.take_u32(iov.checked_add(4).ok_or(Errno::Fault)?)?);
        if len > 0 {
            found.push((ptr, len));
        }
    }
    Ok(found)
}

/// Reads into the slices in turn; into several small ones by way of a buffer, in one call of the kernel.
fn read_into<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    (iovs, count, done): (u32, u32, u32),
    position: Position,
) -> Call<()> {
    let slices = slices(mem, iovs, count)?;
    let read = match slices.as_slice() {
        [] => k.read(pid, fd, &mut [], position)?,
        [(ptr, len)] => mem.edit(*ptr, *len, |buf| k.read(pid, fd, buf, position))??,
        [(ptr, len), ..] if *len >= GATHER_MAX => mem.edit(*ptr, *len, |buf| k.read(pid, fd, buf, position))??,
        several => {
            let mut room = 0;
            for (ptr, len) in several {
                let part = (*len).min(GATHER_MAX - room);
                // What has been read cannot be put back: all of them are looked at before.
                mem.view(*ptr, part, |_| ())?;
                room += part;
            }
            let mut gathered = vec![0; room as usize];
            let read = k.read(pid, fd, &mut gathered, position)?;
            let mut rest = &gathered[..read];
            for (ptr, len) in several {
                let (now, later) = rest.split_at(rest.len().min(*len as usize));
                mem.put(*ptr, now)?;
                rest = later;
            }
            read
        }
    };
    Ok(mem.put_u32(done, read as u32)?)
}

fn write_from<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    (iovs, count, done): (u32, u32, u32),
    position: Position,
) -> Call<()> {
    let slices = slices(mem, iovs, count)?;
    let written = match slices.as_slice() {
        [] => k.write(pid, fd, &[], position)?,
        [(ptr, len)] => mem.view(*ptr, *len, |bytes| k.write(pid, fd, bytes, position))??,
        [(ptr, len), ..] if *len >= GATHER_MAX => mem.view(*ptr, *len, |bytes| k.write(pid, fd, bytes, position))??,
        several => {
            let mut gathered = Vec::new();
            for (ptr, len) in several {
                let room = GATHER_MAX - gathered.len() as u32;
                mem.view(*ptr, (*len).min(room), |bytes| gathered.extend_from_slice(bytes))?;
            }
            k.write(pid, fd, &gathered, position)?
        }
    };
    Ok(mem.put_u32(done, written as u32)?)
}

/// Reads at the descriptor's offset. See [`Kernel::read`].
///
/// # Errors
/// `BADF` not open for reading; `ISDIR` a directory; `AGAIN` nothing there, and it is not to wait; `INVAL` over
/// 1,024 slices; `INTR` a caught signal came first; `IO` the host fails.
pub fn fd_read<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    done: u32,
) -> Call<()> {
    read_into(k, pid, mem, fd, (iovs, count, done), Position::Current)
}

/// Reads at `offset`, which the descriptor's own does not follow.
///
/// # Errors
/// Those of `fd_read`; `SPIPE` no offset: a pipe or a stream.
pub fn fd_pread<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: u64,
    done: u32,
) -> Call<()> {
    read_into(k, pid, mem, fd, (iovs, count, done), Position::At(offset))
}

/// Writes at the descriptor's offset. See [`Kernel::write`].
///
/// # Errors
/// `BADF` not open for writing; `PIPE` nobody reads, and `SIGPIPE` is sent; `AGAIN` no room, and it is not to wait;
/// `NOSPC`, `FBIG` no more fits; `INVAL` over 1,024 slices; `INTR` a caught signal came first; `IO` the host fails.
pub fn fd_write<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    done: u32,
) -> Call<()> {
    write_from(k, pid, mem, fd, (iovs, count, done), Position::Current)
}

/// Writes at `offset`, which the descriptor's own does not follow.
///
/// # Errors
/// Those of `fd_write`; `SPIPE` no offset: a pipe or a stream.
pub fn fd_pwrite<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: u64,
    done: u32,
) -> Call<()> {
    write_from(k, pid, mem, fd, (iovs, count, done), Position::At(offset))
}

/// Says how a file will be used. It makes no difference: all of it is in memory, or mapped.
///
/// # Errors
/// `BADF` not open; `SPIPE` a pipe or a stream; `INVAL` no such advice.
pub fn fd_advise<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _offset: u64,
    _len: u64,
    advice: u32,
) -> Call<()> {
    match k.fstat(pid, fd)?.mode.kind() {
        FileKind::Fifo | FileKind::Socket => Err(Errno::Spipe.into()),
        _ if advice > ADVICE_MAX => Err(Errno::Inval.into()),
        _ => Ok(()),
    }
}

/// Makes a file at least `offset + len` bytes long.
///
/// Partial: The room is not set aside: a later write can still fail with `NOSPC`.
///
/// # Errors
/// `BADF` not open for writing; `FBIG` the end is beyond the largest file; `INVAL` no length; `NODEV` not a regular
/// file; `SPIPE` a pipe; `NOSPC`.
pub fn fd_allocate<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, offset: u64, len: u64) -> Call<()> {
    k.allocate(pid, fd, 0, offset.cast_signed(), len.cast_signed())
}

/// Closes a descriptor.
///
/// # Errors
/// `BADF` not open.
pub fn fd_close<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    k.close(pid, fd)
}

/// As [`fd_sync`].
///
/// # Errors
/// `BADF` not open; `INVAL` a pipe, a stream or a device.
pub fn fd_datasync<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32) -> Call<()> {
    fd_sync(k, pid, mem, fd)
}

/// Waits until a file is on its device: with it go all that a container has written into its image's files, where these
/// outlive it; else they live in memory, so that there is nothing to wait for.
///
/// # Errors
/// `BADF` not open; `INVAL` a pipe, a stream or a device; `NOSPC`, `IO`.
pub fn fd_sync<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    match k.fstat(pid, fd)?.mode.kind() {
        FileKind::Fifo | FileKind::Socket | FileKind::CharDevice => Err(Errno::Inval.into()),
        _ => Ok(k.sync()?),
    }
}

/// File type, flags, and all rights: filetype (u8), flags (u16 at 2), two sets of rights (u64 at 8, 16).
///
/// Partial: Rights are all there, and never narrowed.
///
/// # Errors
/// `BADF` not open.
pub fn fd_fdstat_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let (stat, flags) = (k.fstat(pid, fd)?, k.fd_flags(pid, fd)?);
    let mut buf = [0; 24];
    buf[0] = filetype(stat.mode.kind());
    buf[2] = u8::from(flags.contains(OpenFlags::APPEND)) | u8::from(flags.contains(OpenFlags::NONBLOCK)) << 2;
    buf[8..].fill(0xff);
    if k.tty_size(pid, fd).is_ok() {
        // How C libraries for preview1 know a terminal: a character device without the rights to seek and tell.
        buf[8] &= !(RIGHT_SEEK | RIGHT_TELL);
    }
    Ok(mem.put(out, &buf)?)
}

/// Sets append and non-blocking; the synchronising flags are accepted without effect.
///
/// Partial: The synchronising flags have no effect: there is nothing to wait for.
///
/// # Errors
/// `BADF` not open.
pub fn fd_fdstat_set_flags<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, flags: u32) -> Call<()> {
    let keep = OpenFlags(k.fd_flags(pid, fd)?.0 & OpenFlags::CLOEXEC.0);
    k.set_fd_flags(pid, fd, keep.with(status_flags(flags)))
}

/// The open flags that preview1's `fdflags` name.
pub(crate) const fn status_flags(flags: u32) -> OpenFlags {
    let append = if flags & 1 != 0 { OpenFlags::APPEND } else { OpenFlags(0) };
    if flags & 4 != 0 { append.with(OpenFlags::NONBLOCK) } else { append }
}

/// Accepted without effect.
///
/// Partial: Rights are not narrowed.
///
/// # Errors
/// `BADF` not open.
pub fn fd_fdstat_set_rights<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _base: u64,
    _inheriting: u64,
) -> Call<()> {
    k.fd_flags(pid, fd).map(drop)
}

/// Says that a descriptor is the preopened `/`: tag 0 and the length of its name.
///
/// # Errors
/// `BADF` not open, or not preopened.
pub fn fd_prestat_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    if !k.is_preopen(pid, fd)? {
        return Err(Errno::Badf.into());
    }
    Ok(mem.put(out, &[0, 0, 0, 0, 1, 0, 0, 0])?)
}

/// The preopened directory's name, `/`.
///
/// # Errors
/// `BADF` not open, or not preopened; `NAMETOOLONG` no room.
pub fn fd_prestat_dir_name<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    path: u32,
    len: u32,
) -> Call<()> {
    match (k.is_preopen(pid, fd)?, len) {
        (false, _) => Err(Errno::Badf.into()),
        (true, 0) => Err(Errno::Nametoolong.into()),
        (true, _) => Ok(mem.put(path, b"/")?),
    }
}

/// Directory entries from the `cookie`-th on, `.` and `..` first: next cookie, inode (u64 each), name
/// length (u32), type (u8), three bytes, name. What does not fit is cut, as preview1 has it.
///
/// # Errors
/// `BADF` not open; `NOTDIR` no directory.
pub fn fd_readdir<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    buf: u32,
    len: u32,
    cookie: u64,
    used: u32,
) -> Call<()> {
    // No more is put together than the guest has room for.
    mem.view(buf, len, |_| ())?;
    let mut out = Vec::new();
    let own = k.fstat(pid, fd)?.ino;
    let listing = k.entries(pid, fd, cookie == 0)?;
    let parent = k.stat_at(pid, fd, b"..", 0).map_or(own, |parent| parent.ino);
    let dots = [(&b"."[..], own, FileKind::Directory), (b"..", parent, FileKind::Directory)];
    let entries = listing.iter().map(|entry| (entry.name.as_slice(), entry.ino, entry.kind));
    let all = dots.into_iter().chain(entries).enumerate();
    for (at, (name, ino, kind)) in all.skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
        if out.len() >= len as usize {
            break;
        }
        out.extend_from_slice(&(at as u64 + 1).to_le_bytes());
        out.extend_from_slice(&ino.to_le_bytes());
        out.extend_from_slice(&(name.len() as u32).to_le_bytes());
        out.extend_from_slice(&[filetype(kind), 0, 0, 0]);
        out.extend_from_slice(name);
    }
    Ok(mem.put_counted(buf, len, &out, used)?)
}

/// Moves a descriptor to another open number.
///
/// # Errors
/// `BADF` one of them is not open.
pub fn fd_renumber<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, from: u32, to: u32) -> Call<()> {
    k.renumber(pid, from, to)
}

/// Moves a descriptor's offset: from the start (`whence` 0), from where it is (1), from the end (2); beside preview1's, to
/// the next data (3) and to the next hole (4) from an offset on, as on Linux.
///
/// # Errors
/// `BADF` not open; `SPIPE` a pipe or a stream; `INVAL` no such origin, or before the start; `NXIO` no data from there on,
/// or beyond the end.
pub fn fd_seek<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    offset: i64,
    whence: u32,
    position: u32,
) -> Call<()> {
    let whence = match whence {
        0 => Whence::Set,
        1 => Whence::Current,
        2 => Whence::End,
        3 => Whence::Data,
        4 => Whence::Hole,
        _ => return Err(Errno::Inval.into()),
    };
    let at = k.seek(pid, fd, offset, whence)?;
    Ok(mem.put_u64(position, at)?)
}

/// A descriptor's offset.
///
/// # Errors
/// `BADF` not open; `SPIPE` a pipe or a stream.
pub fn fd_tell<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, position: u32) -> Call<()> {
    let at = k.seek(pid, fd, 0, Whence::Current)?;
    Ok(mem.put_u64(position, at)?)
}
