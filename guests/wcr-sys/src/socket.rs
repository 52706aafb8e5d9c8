//! Sockets of the Unix domain. An address is a path, or NUL and any bytes; an empty one is none.

use wcr_abi::{OpenFlags, Pid, SOCKET_ADDRESS_MAX, SocketKind};

use crate::{Fd, Result, check, imports, signal};

/// A new socket. `flags`: `CLOEXEC`, `NONBLOCK`.
pub fn open(kind: SocketKind, flags: OpenFlags) -> Result<Fd> {
    let mut out = 0;
    check(imports::sock_open(kind as u32, flags.0, &raw mut out))?;
    Ok(out)
}

/// Two sockets that are connected. `flags`: `CLOEXEC`, `NONBLOCK`.
pub fn pair(kind: SocketKind, flags: OpenFlags) -> Result<(Fd, Fd)> {
    let mut fds = [0; 2];
    check(imports::sock_pair(kind as u32, flags.0, fds.as_mut_ptr()))?;
    Ok((fds[0], fds[1]))
}

/// Names a socket; an empty address is for a name that is free.
pub fn bind(fd: Fd, address: &[u8]) -> Result<()> {
    check(imports::sock_bind(fd, address.as_ptr(), address.len()))
}

/// Lets others connect, of whom so many may wait.
pub fn listen(fd: Fd, backlog: u32) -> Result<()> {
    check(imports::sock_listen(fd, backlog))
}

/// Connects to an address; an empty one ends what a datagram socket was connected to.
pub fn connect(fd: Fd, address: &[u8]) -> Result<()> {
    signal::interruptible(|| check(imports::sock_connect(fd, address.as_ptr(), address.len())))
}

/// Takes the first connection that waits. `flags`: `CLOEXEC`, `NONBLOCK`.
pub fn accept(fd: Fd, flags: OpenFlags) -> Result<Fd> {
    let mut out = 0;
    signal::interruptible(|| check(imports::sock_accept(fd, flags.0, &raw mut out)))?;
    Ok(out)
}

/// Sends to the other end, or to an address that is not empty. `flags`: [`wcr_abi::MSG_DONTWAIT`],
/// [`wcr_abi::MSG_NOSIGNAL`].
pub fn send(fd: Fd, bytes: &[u8], flags: u32, to: &[u8]) -> Result<usize> {
    send_files(fd, bytes, flags, to, &[])
}

/// Like [`send`], with the open files behind some descriptors.
pub fn send_files(fd: Fd, bytes: &[u8], flags: u32, to: &[u8], files: &[Fd]) -> Result<usize> {
    let mut done = 0;
    signal::interruptible(|| {
        let (buf, addr, fds) = (bytes.as_ptr(), to.as_ptr(), files.as_ptr());
        check(imports::sock_send(fd, buf, bytes.len(), flags, addr, to.len(), fds, files.len(), &raw mut done))
    })?;
    Ok(done)
}

/// What came beside the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The sender's address.
    pub from: Vec<u8>,
    /// Descriptors of open files.
    pub files: Vec<Fd>,
    /// What was cut off: [`wcr_abi::MSG_TRUNC`], [`wcr_abi::MSG_CTRUNC`].
    pub flags: u32,
}

/// Receives: how much, and the sender's address. `flags`: [`wcr_abi::MSG_PEEK`], [`wcr_abi::MSG_DONTWAIT`],
/// [`wcr_abi::MSG_TRUNC`], [`wcr_abi::MSG_WAITALL`].
pub fn receive(fd: Fd, buf: &mut [u8], flags: u32) -> Result<(usize, Vec<u8>)> {
    let (done, came) = receive_files(fd, buf, flags, 0)?;
    Ok((done, came.from))
}

/// Like [`receive`], with room for some open files, too. `flags`: also [`wcr_abi::MSG_CMSG_CLOEXEC`].
pub fn receive_files(fd: Fd, buf: &mut [u8], flags: u32, room: usize) -> Result<(usize, Came)> {
    let (mut address, mut used, mut done) = (vec![0; SOCKET_ADDRESS_MAX], 0, 0);
    let (mut files, mut came) = (vec![0; room], [0; 2]);
    signal::interruptible(|| {
        let (addr, addr_len) = (address.as_mut_ptr(), address.len());
        let (fds, used, came, done) = (files.as_mut_ptr(), &raw mut used, came.as_mut_ptr(), &raw mut done);
        check(imports::sock_recv(fd, buf.as_mut_ptr(), buf.len(), flags, addr, addr_len, used, fds, room, came, done))
    })?;
    address.truncate(used);
    files.truncate(came[0] as usize);
    Ok((done, Came { from: address, files, flags: came[1] }))
}

/// Ends one direction of a connection (0 receiving, 1 sending), or both (2).
pub fn shutdown(fd: Fd, how: u32) -> Result<()> {
    check(imports::sock_shutdown(fd, how))
}

/// A socket's own address, or that of the other end.
pub fn name(fd: Fd, peer: bool) -> Result<Vec<u8>> {
    let (mut buf, mut used) = (vec![0; SOCKET_ADDRESS_MAX], 0);
    check(imports::sock_name(fd, peer.into(), buf.as_mut_ptr(), buf.len(), &raw mut used))?;
    buf.truncate(used);
    Ok(buf)
}

/// A socket's option, with Linux's numbers: `SO_TYPE` (3), `SO_ERROR` (4), `SO_SNDBUF` (7)…; times are in nanoseconds.
pub fn option(fd: Fd, option: u32) -> Result<u64> {
    let mut out = 0;
    check(imports::sock_option(fd, option, &raw mut out))?;
    Ok(out)
}

/// Sets a socket's option; times are in nanoseconds.
pub fn set_option(fd: Fd, option: u32, value: u64) -> Result<()> {
    check(imports::sock_set_option(fd, option, value))
}

/// The process, the user and the group that the other end was connected by.
pub fn peer(fd: Fd) -> Result<(Pid, u32, u32)> {
    let mut out = [0; 3];
    check(imports::sock_peer(fd, out.as_mut_ptr()))?;
    Ok((out[0], out[1], out[2]))
}
