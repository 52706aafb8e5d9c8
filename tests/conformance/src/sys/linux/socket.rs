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

/// Sets a socket's option, which is a number.
pub fn set_socket_option(fd: Fd, number: u32, value: u32) -> Outcome<()> {
    let (value, len) = ((&raw const value).cast(), size_of::<u32>() as libc::socklen_t);
    call!(setsockopt(fd as i32, libc::SOL_SOCKET, number as i32, value, len)).map(drop)
}

fn timeout_option(receiving: bool) -> i32 {
    if receiving { libc::SO_RCVTIMEO } else { libc::SO_SNDTIMEO }
}

/// How long receiving or sending waits, in milliseconds; 0 is for ever.
pub fn socket_timeout(fd: Fd, receiving: bool) -> Outcome<u64> {
    let time = option(fd, timeout_option(receiving), libc::timeval { tv_sec: 0, tv_usec: 0 })?;
    Ok((time.tv_sec * 1000 + time.tv_usec / 1000) as u64)
}

pub fn set_socket_timeout(fd: Fd, receiving: bool, millis: u64) -> Outcome<()> {
    let time = super::timeval(millis);
    let (value, len) = ((&raw const time).cast(), size_of_val(&time) as libc::socklen_t);
    call!(setsockopt(fd as i32, libc::SOL_SOCKET, timeout_option(receiving), value, len)).map(drop)
}

/// Room for control messages, aligned as their headers are.
#[repr(C, align(8))]
struct Control([u8; 2048]);

/// A message of one buffer, with so much room for control messages.
fn message(buffer: &mut libc::iovec, control: &mut Control, len: usize) -> libc::msghdr {
    // SAFETY: all zero is a valid message.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    (message.msg_iov, message.msg_iovlen) = (buffer, 1);
    if len > 0 {
        (message.msg_control, message.msg_controllen) = (control.0.as_mut_ptr().cast(), len as _);
    }
    message
}

/// Sends with the open files behind some descriptors.
pub fn send_files(fd: Fd, bytes: &[u8], flags: u32, files: &[Fd]) -> Outcome<usize> {
    let mut control = Control([0; 2048]);
    let size = size_of_val(files) as u32;
    let mut buffer = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: the macros compute sizes, and the header lies in the room that they say, which is large enough.
    let message = unsafe {
        let len = if files.is_empty() { 0 } else { libc::CMSG_SPACE(size) };
        let message = message(&mut buffer, &mut control, len as usize);
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if let Some(header) = header.as_mut() {
            (header.cmsg_level, header.cmsg_type) = (libc::SOL_SOCKET, libc::SCM_RIGHTS);
            header.cmsg_len = libc::CMSG_LEN(size) as _;
            let data = libc::CMSG_DATA(header).cast::<i32>();
            files.iter().enumerate().for_each(|(at, file)| data.add(at).write_unaligned(*file as i32));
        }
        message
    };
    call!(sendmsg(fd as i32, &raw const message, flags as i32)).map(|count| count as usize)
}

/// Receives bytes, and as many open files as there is room for; also what was cut off.
pub fn receive_files(fd: Fd, len: usize, flags: u32, room: usize) -> Outcome<(Vec<u8>, Vec<Fd>, u32)> {
    let (mut control, mut buf) = (Control([0; 2048]), vec![0u8; len]);
    let mut buffer = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: len };
    // SAFETY: the macro computes a size.
    let size = if room == 0 { 0 } else { unsafe { libc::CMSG_LEN((room * 4) as u32) as usize } };
    let mut message = message(&mut buffer, &mut control, size);
    let count = call!(recvmsg(fd as i32, &raw mut message, flags as i32))?;
    buf.truncate(count as usize);
    let mut files = Vec::new();
    // SAFETY: the system has put a header there, whose length says how many numbers follow it.
    unsafe {
        if let Some(header) = libc::CMSG_FIRSTHDR(&raw const message).as_ref() {
            let count = (header.cmsg_len as usize - libc::CMSG_LEN(0) as usize) / 4;
            let data = libc::CMSG_DATA(header).cast::<i32>();
            files.extend((0..count).map(|at| data.add(at).read_unaligned() as Fd));
        }
    }
    Ok((buf, files, message.msg_flags as u32 & (wcr_abi::MSG_TRUNC | wcr_abi::MSG_CTRUNC)))
}

pub fn lock(fd: Fd, operation: u32) -> Outcome<()> {
    call!(flock(fd as i32, operation as i32)).map(drop)
}

/// A new file in memory that can be sealed.
pub fn sealable_file(label: &str) -> Outcome<Fd> {
    call!(memfd_create(text(label).as_ptr(), libc::MFD_ALLOW_SEALING)).map(|fd| fd as Fd)
}

pub fn seals(fd: Fd) -> Outcome<u32> {
    call!(fcntl(fd as i32, libc::F_GET_SEALS)).map(|seals| seals as u32)
}

pub fn add_seals(fd: Fd, seals: u32) -> Outcome<()> {
    call!(fcntl(fd as i32, libc::F_ADD_SEALS, seals as i32)).map(drop)
}
