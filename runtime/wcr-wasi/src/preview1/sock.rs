//! Sockets: the sandbox has none, and every call says so.

use wcr_abi::Pid;
use wcr_kernel::{Call, Kernel};

use crate::memory::GuestMemory;
use crate::table::UNSUPPORTED;

/// Fails with `NOTSUP`, or `BADF` when the descriptor is not open.
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

/// Fails as [`sock_accept`] does.
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

/// Fails as [`sock_accept`] does.
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

/// Fails as [`sock_accept`] does.
pub fn sock_shutdown<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, _how: u32) -> Call<()> {
    k.fd_flags(pid, fd).and(Err(UNSUPPORTED))
}
