//! Options of sockets, and receiving as much as was asked for.

use wcr_abi::{Fd, MSG_DONTWAIT, MSG_WAITALL, OpenFlags, Signal, SocketKind};

use crate::gate::reap;
use crate::say;
use crate::sys::{self, Outcome};

use SocketKind::{Datagram, Stream};

const BLOCK: OpenFlags = OpenFlags::RDONLY;

fn pair(kind: SocketKind, flags: OpenFlags) -> (Fd, Fd) {
    sys::socket_pair(kind, flags).expect("a pair")
}

fn say_read(got: Outcome<Vec<u8>>) {
    say!("{:?}", got.map(|bytes| say::bytes(&bytes)));
}

fn say_received(got: Outcome<(usize, Vec<u8>, Vec<u8>)>) {
    match got {
        Ok((count, bytes, from)) => say!("{count} {} from {}", say::bytes(&bytes), say::bytes(&from)),
        Err(error) => say!("{error:?}"),
    }
}

/// Options by number.
const REUSEADDR: u32 = 2;
const SNDBUF: u32 = 7;
const RCVBUF: u32 = 8;
const KEEPALIVE: u32 = 9;

pub fn that_are_set() {
    let (one, _other) = pair(Stream, BLOCK);
    for number in [REUSEADDR, SNDBUF, RCVBUF, KEEPALIVE, 6, 20, 21, 38, 39] {
        say!("{number}: {:?}", sys::socket_option(one, number));
    }
    for (number, value) in [(REUSEADDR, 1), (KEEPALIVE, 5), (SNDBUF, 10_000), (SNDBUF, 1), (RCVBUF, 20_000), (RCVBUF, 0)] {
        say!("{number}: {:?} {:?}", sys::set_socket_option(one, number, value), sys::socket_option(one, number));
    }
    for number in [3, 4, 30, 38, 39, 999] {
        say!("{number}: {:?}", sys::set_socket_option(one, number, 1));
    }
    let file = sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("open");
    say!("{:?} {:?}", sys::socket_option(file, SNDBUF), sys::set_socket_option(99, SNDBUF, 1));
}

pub fn waiting_only_so_long() {
    let (one, _other) = pair(Stream, BLOCK);
    say!("{:?} {:?}", sys::socket_timeout(one, true), sys::socket_timeout(one, false));
    sys::set_socket_timeout(one, true, 60).expect("set a time");
    sys::set_socket_timeout(one, false, 60).expect("set a time");
    say!("{:?}", sys::socket_timeout(one, true));
    let started = sys::clock();
    say_read(sys::read(one, 5));
    say!("{}", sys::clock() - started >= 55);
    let started = sys::clock();
    while sys::write(one, &[1; 4096]).is_ok() {}
    say!("{:?} {}", sys::write(one, b"x"), sys::clock() - started >= 55);
    let server = sys::socket(Stream, BLOCK).expect("a socket");
    sys::bind(server, b"server").expect("bind");
    sys::listen(server, 5).expect("listen");
    sys::set_socket_timeout(server, true, 60).expect("set a time");
    say!("{:?}", sys::accept(server, BLOCK));
    let client = sys::socket(Stream, BLOCK).expect("a socket");
    sys::connect(client, b"server").expect("connect");
    say!("{}", sys::accept(server, BLOCK).is_ok());
}

pub fn a_buffer_is_filled() {
    let (one, other) = pair(Stream, BLOCK);
    let child = sys::fork(|| {
        for part in [&b"abc"[..], b"def", b"ghij"] {
            let _ = sys::sleep(15);
            sys::write(one, part).expect("write");
        }
        let _ = sys::sleep(30);
        0
    });
    say_received(sys::receive(other, 8, MSG_WAITALL));
    reap(child);
    say_received(sys::receive(other, 8, MSG_DONTWAIT | MSG_WAITALL));
    say_received(sys::receive(other, 8, MSG_DONTWAIT | MSG_WAITALL));
    let (one, other) = pair(Datagram, BLOCK);
    sys::write(one, b"short").expect("write");
    say_received(sys::receive(other, 8, MSG_WAITALL));
}

pub fn filling_ends_with_the_stream() {
    let (one, other) = pair(Stream, BLOCK);
    sys::write(one, b"abc").expect("write");
    sys::close(one).expect("close");
    say_received(sys::receive(other, 8, MSG_WAITALL));
    say_received(sys::receive(other, 8, MSG_WAITALL));
    let (one, other) = pair(Stream, BLOCK);
    sys::catch(Signal::ALRM, false).expect("catch");
    sys::write(one, b"abc").expect("write");
    sys::timer(40, 0);
    say_received(sys::receive(other, 8, MSG_WAITALL));
    say!("{}", say::signals(&sys::caught()));
}
