//! Sockets that a program has been given: they are of the Unix domain, and made by the `wcr` module.

use wcr_abi::{Errno, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, OpenFlags, Pid};
use wcr_kernel::{Call, Kernel};

use super::fd::{fd_read, fd_write, slices};
use crate::memory::{GuestMemory, MemoryExt};

/// Among preview1's flags of descriptors: reading and writing do not wait.
const NONBLOCK: u32 = 1 << 2;

/// Flags of receiving: what is received stays, the buffer is filled.
const PEEK: u32 = 1;
const WAIT_ALL: u32 = 2;
/// What receiving says of a message that was longer.
const DATA_TRUNCATED: u16 = 1;

/// The option that says what kind of socket it is: it is asked for where only a socket will do.
const KIND: u32 = 3;

/// Takes the first connection that waits at a socket that listens.
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` it does not listen; `NOTSUP` it makes no connections; `AGAIN` nobody waits, and it is
/// not to wait; `MFILE` no descriptor left; `INTR` a caught signal came first.
pub fn sock_accept<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, flags: u32, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let flags = if flags & NONBLOCK == 0 { OpenFlags::default() } else { OpenFlags::NONBLOCK };
    let new = k.accept(pid, fd, flags)?;
    Ok(mem.put_u32(out, new)?)
}

/// Receives from a socket. `flags`: 1 what is received stays, 2 the buffer is filled (of a stream).
///
/// Partial: With flags, only the first buffer that is not empty is used.
///
/// # Errors
/// `NOTSOCK` no socket; `NOTSUP` other flags; those of `fd_read`.
pub fn sock_recv<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    done: u32,
    out_flags: u32,
) -> Call<()> {
    k.socket_option(pid, fd, KIND)?;
    let named = [(PEEK, MSG_PEEK), (WAIT_ALL, MSG_WAITALL)];
    if flags & !(PEEK | WAIT_ALL) != 0 {
        return Err(Errno::Notsup.into());
    }
    mem.put(out_flags, &[0; 2])?;
    if flags == 0 {
        return fd_read(k, pid, mem, fd, iovs, count, done);
    }
    let flags = named.iter().filter(|(own, _)| flags & own != 0).fold(0, |all, (_, linux)| all | linux);
    let buffers = slices(mem, iovs, count)?;
    let (buf, len) = buffers.into_iter().find(|(_, len)| *len > 0).unwrap_or_default();
    mem.put_u32(done, 0)?;
    let received = mem.edit(buf, len, |bytes| k.receive(pid, fd, bytes, flags, 0))??;
    if received.flags & MSG_TRUNC != 0 {
        mem.put(out_flags, &DATA_TRUNCATED.to_le_bytes())?;
    }
    Ok(mem.put_u32(done, received.len as u32)?)
}

/// Sends to the other end of a socket.
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` flags, of which there are none; those of `fd_write`.
pub fn sock_send<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    done: u32,
) -> Call<()> {
    k.socket_option(pid, fd, KIND)?;
    if flags != 0 {
        return Err(Errno::Inval.into());
    }
    fd_write(k, pid, mem, fd, iovs, count, done)
}

/// Ends one direction of a connection (1 receiving, 2 sending), or both (3).
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` no such direction.
pub fn sock_shutdown<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, how: u32) -> Call<()> {
    let how = how.checked_sub(1).filter(|how| *how < 3).ok_or(Errno::Inval)?;
    k.shutdown(pid, fd, how)
}
