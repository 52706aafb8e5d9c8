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
/// How much of several slices is put together for one write, in bytes.
const GATHER_MAX: u32 = 64 << 10;

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
fn slices(mem: &impl GuestMemory, iovs: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
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

/// Reads into the first slice that has room: a short read, which callers must expect anyway.
fn read_into<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    (iovs, count, done): (u32, u32, u32),
    position: Position,
) -> Call<()> {
    let slice = slices(mem, iovs, count)?.first().copied();
    let (ptr, len) = slice.unwrap_or((0, 0));
    let read = mem.edit(ptr, len, |buf| k.read(pid, fd, buf, position))??;
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

/// Accepted without effect. `BADF` not open.
pub fn fd_advise<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _offset: u64,
    _len: u64,
    _advice: u32,
) -> Call<()> {
    k.fd_flags(pid, fd).map(drop)
}

/// Makes a file at least `offset + len` bytes long.
pub fn fd_allocate<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, offset: u64, len: u64) -> Call<()> {
    let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
    if k.fstat(pid, fd)?.size < end { k.ftruncate(pid, fd, end) } else { Ok(()) }
}

/// Closes a descriptor.
pub fn fd_close<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    k.close(pid, fd)
}

/// As [`fd_sync`].
pub fn fd_datasync<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32) -> Call<()> {
    fd_sync(k, pid, mem, fd)
}

/// A container's files live in memory: there is nothing to wait for. `BADF` not open.
pub fn fd_sync<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    k.fd_flags(pid, fd).map(drop)
}

/// File type, flags, and all rights: filetype (u8), flags (u16 at 2), two sets of rights (u64 at 8, 16).
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
pub fn fd_fdstat_set_flags<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, flags: u32) -> Call<()> {
    let keep = OpenFlags(k.fd_flags(pid, fd)?.0 & OpenFlags::CLOEXEC.0);
    k.set_fd_flags(pid, fd, keep.with(status_flags(flags)))
}

/// The open flags that preview1's `fdflags` name.
pub(crate) const fn status_flags(flags: u32) -> OpenFlags {
    let append = if flags & 1 != 0 { OpenFlags::APPEND } else { OpenFlags(0) };
    if flags & 4 != 0 { append.with(OpenFlags::NONBLOCK) } else { append }
}

/// Accepted without effect: rights are not narrowed. `BADF` not open.
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

/// Says that a descriptor is the preopened `/`: tag 0 and the length of its name. `BADF` for others.
pub fn fd_prestat_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    if !k.is_preopen(pid, fd)? {
        return Err(Errno::Badf.into());
    }
    Ok(mem.put(out, &[0, 0, 0, 0, 1, 0, 0, 0])?)
}

/// The preopened directory's name, `/`.
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
    let mut out = Vec::new();
    let own = k.fstat(pid, fd)?.ino;
    let dots = [(&b"."[..], own, FileKind::Directory), (b"..", own, FileKind::Directory)];
    let listing = k.entries(pid, fd, cookie == 0)?;
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
pub fn fd_renumber<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, from: u32, to: u32) -> Call<()> {
    k.renumber(pid, from, to)
}

/// Moves a descriptor's offset.
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
        _ => return Err(Errno::Inval.into()),
    };
    let at = k.seek(pid, fd, offset, whence)?;
    Ok(mem.put_u64(position, at)?)
}

/// A descriptor's offset.
pub fn fd_tell<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, position: u32) -> Call<()> {
    let at = k.seek(pid, fd, 0, Whence::Current)?;
    Ok(mem.put_u64(position, at)?)
}
