//! Sockets of the Unix domain. An address is a path, or NUL and any bytes; an empty one is none.

use wcr_abi::{Fd, OpenFlags, Pid, SocketKind};

use super::{check, text};
use crate::sys::Outcome;

/// Where the path begins in an address.
const FAMILY: usize = size_of::<libc::sa_family_t>();

/// An address and its length; an empty one is of no family.
fn address(name: &[u8]) -> (libc::sockaddr_un, libc::socklen_t) {
    // SAFETY: all zero is a valid address.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    if !name.is_empty() {
        address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    }
    for (slot, byte) in address.sun_path.iter_mut().zip(name) {
        *slot = *byte as libc::c_char;
    }
    (address, (FAMILY + name.len()) as libc::socklen_t)
}

/// The name that a call has put into an address.
fn name(address: &libc::sockaddr_un, len: libc::socklen_t) -> Vec<u8> {
    let count = (len as usize).saturating_sub(FAMILY);
    let mut name: Vec<u8> = address.sun_path.iter().take(count).map(|byte| *byte as u8).collect();
    if !name.starts_with(&[0]) {
        while name.pop_if(|byte| *byte == 0).is_some() {}
    }
    name
}

fn kind_and_flags(kind: SocketKind, flags: OpenFlags) -> i32 {
    kind as i32 | flags.0 as i32
}

pub fn socket(kind: SocketKind, flags: OpenFlags) -> Outcome<Fd> {
    call!(socket(libc::AF_UNIX, kind_and_flags(kind, flags), 0)).map(|fd| fd as Fd)
}

pub fn socket_pair(kind: SocketKind, flags: OpenFlags) -> Outcome<(Fd, Fd)> {
    let mut fds = [0; 2];
    call!(socketpair(libc::AF_UNIX, kind_and_flags(kind, flags), 0, fds.as_mut_ptr()))?;
    Ok((fds[0] as Fd, fds[1] as Fd))
}

/// Names a socket; an empty address is for a name that is free.
pub fn bind(fd: Fd, name: &[u8]) -> Outcome<()> {
    let (mut address, len) = address(name);
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    call!(bind(fd as i32, (&raw const address).cast(), len)).map(drop)
}

pub fn listen(fd: Fd, backlog: u32) -> Outcome<()> {
    call!(listen(fd as i32, backlog as i32)).map(drop)
}

/// Connects; an empty address ends what a datagram socket was connected to.
pub fn connect(fd: Fd, name: &[u8]) -> Outcome<()> {
    let (address, len) = address(name);
    call!(connect(fd as i32, (&raw const address).cast(), len)).map(drop)
}

pub fn accept(fd: Fd, flags: OpenFlags) -> Outcome<Fd> {
    let (address, len) = (std::ptr::null_mut(), std::ptr::null_mut());
    call!(accept4(fd as i32, address, len, flags.0 as i32)).map(|fd| fd as Fd)
}

/// Sends to the other end, or to an address that is not empty.
pub fn send(fd: Fd, bytes: &[u8], flags: u32, to: &[u8]) -> Outcome<usize> {
    let (address, len) = address(to);
    let (address, len) = if to.is_empty() { (std::ptr::null(), 0) } else { (&raw const address, len) };
    call!(sendto(fd as i32, bytes.as_ptr().cast(), bytes.len(), flags as i32, address.cast(), len))
        .map(|count| count as usize)
}

/// Receives up to `len` bytes: the count that the call tells, the bytes, and the sender's address.
pub fn receive(fd: Fd, len: usize, flags: u32) -> Outcome<(usize, Vec<u8>, Vec<u8>)> {
    let (mut from, mut buf) = (address(b"").0, vec![0; len]);
    let mut from_len = size_of_val(&from) as libc::socklen_t;
    let (address, address_len) = ((&raw mut from).cast(), &raw mut from_len);
    let count = call!(recvfrom(fd as i32, buf.as_mut_ptr().cast(), len, flags as i32, address, address_len))?;
    buf.truncate(count as usize);
    Ok((count as usize, buf, name(&from, from_len)))
}

pub fn shutdown(fd: Fd, how: u32) -> Outcome<()> {
    call!(shutdown(fd as i32, how as i32)).map(drop)
}

/// A socket's own address, or that of the other end.
pub fn socket_name(fd: Fd, peer: bool) -> Outcome<Vec<u8>> {
    let mut own = address(b"").0;
    let mut len = size_of_val(&own) as libc::socklen_t;
    if peer {
        call!(getpeername(fd as i32, (&raw mut own).cast(), &raw mut len))?;
    } else {
        call!(getsockname(fd as i32, (&raw mut own).cast(), &raw mut len))?;
    }
    Ok(name(&own, len))
}

fn option<T>(fd: Fd, option: i32, mut value: T) -> Outcome<T> {
    let mut len = size_of::<T>() as libc::socklen_t;
    call!(getsockopt(fd as i32, libc::SOL_SOCKET, option, (&raw mut value).cast(), &raw mut len))?;
    Ok(value)
}

/// A socket's option, which is a number.
pub fn socket_option(fd: Fd, number: u32) -> Outcome<u32> {
    option(fd, number as i32, 0u32)
}

/// The process, the user and the group that the other end was connected by.
pub fn socket_peer(fd: Fd) -> Outcome<(Pid, u32, u32)> {
    let peer = option(fd, libc::SO_PEERCRED, libc::ucred { pid: 0, uid: 0, gid: 0 })?;
    Ok((peer.pid as Pid, peer.uid, peer.gid))
}

/// A new file in memory.
pub fn memory_file(label: &str, cloexec: bool) -> Outcome<Fd> {
    let flags = if cloexec { libc::MFD_CLOEXEC } else { 0 };
    call!(memfd_create(text(label).as_ptr(), flags)).map(|fd| fd as Fd)
}
