//! Sockets: the sandbox has none, and every call says so.

use wcr_abi::Pid;
use wcr_kernel::{Call, Kernel};

use crate::memory::GuestMemory;
use crate::table::UNSUPPORTED;

/// Takes a connection: there are none.
///
/// Partial: The sandbox has no sockets.
///
/// # Errors
/// `NOTSUP`; `BADF` not open.
pub fn sock_accept<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _flags: u32,
    _out: u32,
) -> Call<()> {
    k.fd_flags(pid, fd).and(Err(UNSUPPORTED))
}

/// Receives from a socket: there are none.
///
/// Partial: The sandbox has no sockets.
///
/// # Errors
/// `NOTSUP`; `BADF` not open.
pub fn sock_recv<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _iovs: u32,
    _count: u32,
    _flags: u32,
    _done: u32,
    _out_flags: u32,
) -> Call<()> {
    k.fd_flags(pid, fd).and(Err(UNSUPPORTED))
}

/// Sends to a socket: there are none.
///
/// Partial: The sandbox has no sockets.
///
/// # Errors
/// `NOTSUP`; `BADF` not open.
pub fn sock_send<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    _iovs: u32,
    _count: u32,
    _flags: u32,
    _done: u32,
) -> Call<()> {
    k.fd_flags(pid, fd).and(Err(UNSUPPORTED))
}

/// Ends one direction of a connection, or both: there are none.
///
/// Partial: The sandbox has no sockets.
///
/// # Errors
/// `NOTSUP`; `BADF` not open.
pub fn sock_shutdown<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, _how: u32) -> Call<()> {
    k.fd_flags(pid, fd).and(Err(UNSUPPORTED))
}
