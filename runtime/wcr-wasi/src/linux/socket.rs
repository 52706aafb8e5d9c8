//! Sockets of the Unix domain, and files in memory.

use wcr_abi::{Errno, MSG_TRUNC, OpenFlags, Pid, SOCKET_ADDRESS_MAX, SOCKET_FILES_MAX, SocketKind};
use wcr_kernel::{Call, Kernel, Outgoing};

use crate::memory::{GuestMemory, MemoryExt};

fn socket_kind(raw: u32) -> Result<SocketKind, Errno> {
    SocketKind::from_raw(raw).ok_or(Errno::Prototype)
}

/// An address: a path, or NUL and any bytes.
fn address(mem: &impl GuestMemory, ptr: u32, len: u32) -> Result<Vec<u8>, Errno> {
    mem.take_bytes(ptr, len, SOCKET_ADDRESS_MAX, Errno::Inval)
}

/// `socket(2)` with `AF_UNIX`; `kind` 1 stream, 2 datagram, 5 seqpacket.
///
/// # Errors
/// `PROTOTYPE` no such kind; `MFILE` no descriptor left.
pub fn sock_open<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, kind: u32, flags: u32, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let fd = k.socket(pid, socket_kind(kind)?, OpenFlags(flags))?;
    Ok(mem.put_u32(out, fd)?)
}

/// `socketpair(2)`: two words.
///
/// # Errors
/// `PROTOTYPE` no such kind; `MFILE` no two descriptors left.
pub fn sock_pair<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, kind: u32, flags: u32, fds: u32) -> Call<()> {
    mem.put_u64(fds, 0)?;
    let (first, second) = k.socket_pair(pid, socket_kind(kind)?, OpenFlags(flags))?;
    Ok(mem.put_u64(fds, u64::from(second) << 32 | u64::from(first))?)
}

/// `bind(2)`. An address is a path of up to 108 bytes, or NUL and any bytes; none is for a name that is free.
///
/// # Errors
/// `NOTSOCK` no socket; `ADDRINUSE` the name is taken; `INVAL` too long, or it has a name; those of the way to a name;
/// `ROFS`, `NOSPC`.
pub fn sock_bind<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, addr: u32, addr_len: u32) -> Call<()> {
    let address = address(mem, addr, addr_len)?;
    k.bind(pid, fd, &address)
}

/// `listen(2)`.
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` it has no name, or is connected; `NOTSUP` it makes no connections.
pub fn sock_listen<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, backlog: u32) -> Call<()> {
    k.listen(pid, fd, backlog)
}

/// `connect(2)`. No address ends what a datagram socket was connected to.
///
/// # Errors
/// `NOTSOCK` no socket; `CONNREFUSED` nobody listens there; `PROTOTYPE` another kind of socket; `ISCONN` it is
/// connected; `INVAL` it listens; `AGAIN` too many wait there, and it is not to wait; `PERM` that one is connected to
/// another; those of the way to a name; `INTR` a caught signal came first.
pub fn sock_connect<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    addr: u32,
    addr_len: u32,
) -> Call<()> {
    let address = address(mem, addr, addr_len)?;
    k.connect(pid, fd, &address)
}

/// `accept4(2)`.
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` it does not listen; `NOTSUP` it makes no connections; `AGAIN` nobody waits, and it is
/// not to wait; `MFILE` no descriptor left; `INTR` a caught signal came first.
pub fn sock_accept<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, flags: u32, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let new = k.accept(pid, fd, OpenFlags(flags))?;
    Ok(mem.put_u32(out, new)?)
}

/// The most bytes that one call sends; what is longer is sent in part by a stream, and too long a message.
const SEND_MAX: u32 = 1 << 20;

/// `sendmsg(2)`, with `MSG_DONTWAIT` and `MSG_NOSIGNAL`; no address is the other end's. The open files behind the `count`
/// descriptors at `fds` go along (`SCM_RIGHTS`).
///
/// # Errors
/// `NOTSOCK` no socket; `NOTCONN` there is no other end; `PIPE` it receives nothing more, and a stream's sender gets
/// `SIGPIPE`; `CONNREFUSED` it is gone; `AGAIN` no room, and it is not to wait; `MSGSIZE` too long a message; `ISCONN`,
/// `NOTSUP` an address where there are connections; `PERM` that one is connected to another; `BADF`, `INVAL` one of the
/// descriptors is not open, or there are more than 253; `TOOMANYREFS` too many are on their way; those of the way to a
/// name; `INTR` a caught signal came first.
pub fn sock_send<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    buf: u32,
    len: u32,
    flags: u32,
    addr: u32,
    addr_len: u32,
    fds: u32,
    count: u32,
    done: u32,
) -> Call<()> {
    mem.put_u32(done, 0)?;
    let to = address(mem, addr, addr_len)?;
    let to = (!to.is_empty()).then_some(to.as_slice());
    let files = mem.take_bytes(fds, count.saturating_mul(4), SOCKET_FILES_MAX * 4, Errno::Inval)?;
    let fds: Vec<u32> = files.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let sent =
        mem.view(buf, len.min(SEND_MAX), |bytes| k.send(pid, fd, &Outgoing { bytes, flags, to, fds: &fds }))??;
    Ok(mem.put_u32(done, sent as u32)?)
}

/// `recvmsg(2)`, with `MSG_PEEK`, `MSG_DONTWAIT`, `MSG_TRUNC`, `MSG_WAITALL` and `MSG_CMSG_CLOEXEC`. The sender's address
/// goes to `addr`, its length to `used`; descriptors of open files that came along go to `fds`, where there is room for so
/// many words. At `came` two words say how many they are, and what was cut off (`MSG_TRUNC`, `MSG_CTRUNC`).
///
/// # Errors
/// `NOTSOCK` no socket; `NOTCONN`, `INVAL` there is no connection; `AGAIN` nothing came, and it is not to wait;
/// `CONNRESET` the other end is gone, and has not received all; `INTR` a caught signal came first.
pub fn sock_recv<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    buf: u32,
    len: u32,
    flags: u32,
    addr: u32,
    addr_len: u32,
    used: u32,
    fds: u32,
    room: u32,
    came: u32,
    done: u32,
) -> Call<()> {
    let room = room.min(SOCKET_FILES_MAX as u32);
    mem.put_u32(done, 0)?;
    mem.put_u64(came, 0)?;
    mem.put_counted(addr, addr_len, &[], used)?;
    mem.edit(fds, room * 4, |_| ())?;
    let received = mem.edit(buf, len, |bytes| k.receive(pid, fd, bytes, flags, room as usize))??;
    mem.put_counted(addr, addr_len, &received.from.unwrap_or_default(), used)?;
    let words: Vec<u8> = received.fds.iter().flat_map(|fd| fd.to_le_bytes()).collect();
    mem.put(fds, &words)?;
    mem.put_u64(came, u64::from(received.flags) << 32 | received.fds.len() as u64)?;
    let count = if flags & MSG_TRUNC == 0 { received.len } else { received.whole };
    Ok(mem.put_u32(done, count as u32)?)
}

/// `shutdown(2)`: 0 receiving, 1 sending, 2 both.
///
/// # Errors
/// `NOTSOCK` no socket; `INVAL` no such direction.
pub fn sock_shutdown<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, how: u32) -> Call<()> {
    k.shutdown(pid, fd, how)
}

/// `getsockname(2)`, or (`peer` not 0) `getpeername(2)`: the address.
///
/// # Errors
/// `NOTSOCK` no socket; `NOTCONN` there is no other end.
pub fn sock_name<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    peer: u32,
    buf: u32,
    len: u32,
    used: u32,
) -> Call<()> {
    let name = if peer == 0 { k.socket_name(pid, fd)? } else { k.peer_name(pid, fd)? };
    Ok(mem.put_counted(buf, len, &name, used)?)
}

/// `getsockopt(2)` with `SOL_SOCKET`: a word of eight bytes, which for a time is nanoseconds.
///
/// Partial: There are `SO_REUSEADDR` (2), `SO_TYPE` (3), `SO_ERROR` (4), `SO_BROADCAST` (6), `SO_SNDBUF` (7), `SO_RCVBUF`
/// (8), `SO_KEEPALIVE` (9), `SO_RCVTIMEO` (20), `SO_SNDTIMEO` (21), `SO_ACCEPTCONN` (30), `SO_PROTOCOL` (38) and
/// `SO_DOMAIN` (39).
///
/// # Errors
/// `NOTSOCK` no socket; `NOPROTOOPT` no such option.
pub fn sock_option<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, option: u32, out: u32) -> Call<()> {
    mem.put_u64(out, 0)?;
    let value = k.socket_option(pid, fd, option)?;
    Ok(mem.put_u64(out, value)?)
}

/// `setsockopt(2)` with `SOL_SOCKET`; a time is given in nanoseconds.
///
/// Partial: Of those of `sock_option`, the buffers' sizes, the two times, and the three that are on or off, which change
/// nothing.
///
/// # Errors
/// `NOTSOCK` no socket; `NOPROTOOPT` no such option, or it cannot be set.
pub fn sock_set_option<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    option: u32,
    value: u64,
) -> Call<()> {
    k.set_socket_option(pid, fd, option, value)
}

/// Who has connected the other end (`SO_PEERCRED`): process, user, group (three words).
///
/// # Errors
/// `NOTSOCK` no socket.
pub fn sock_peer<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let (process, user, group) = k.peer_credentials(pid, fd)?;
    Ok(mem.put(out, &[process, user, group].map(u32::to_le_bytes).concat())?)
}

/// `memfd_create(2)`; `flags`: close-on-exec, as an open flag; `sealing` not 0: it can be sealed.
///
/// # Errors
/// `INVAL` a name of over 249 bytes; `MFILE` no descriptor left.
pub fn fd_memory<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    name: u32,
    len: u32,
    flags: u32,
    sealing: u32,
    out: u32,
) -> Call<()> {
    mem.put_u32(out, 0)?;
    let name = mem.take_path(name, len)?;
    let fd = k.memory_file(pid, &name, OpenFlags(flags), sealing != 0)?;
    Ok(mem.put_u32(out, fd)?)
}

/// `fcntl(2)` with `F_GET_SEALS`.
///
/// # Errors
/// `BADF` not open; `INVAL` no file in memory.
pub fn fd_seals<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let seals = k.seals(pid, fd)?;
    Ok(mem.put_u32(out, seals)?)
}

/// `fcntl(2)` with `F_ADD_SEALS`.
///
/// Partial: There is no `F_SEAL_EXEC`.
///
/// # Errors
/// `BADF` not open; `INVAL` no file in memory, or no such seal; `PERM` not open for writing, or no more can be added.
pub fn fd_add_seals<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, seals: u32) -> Call<()> {
    k.add_seals(pid, fd, seals)
}
