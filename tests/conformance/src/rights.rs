//! Open files that are sent through sockets.

use wcr_abi::{Fd, MSG_CMSG_CLOEXEC, MSG_PEEK, OpenFlags, SocketKind};

use crate::gate::reap;
use crate::say;
use crate::sys::{self, Outcome};

use SocketKind::{Datagram, Packets, Stream};

const NOFILE: u32 = 7;

fn pair(kind: SocketKind) -> (Fd, Fd) {
    sys::socket_pair(kind, OpenFlags::NONBLOCK).expect("a pair")
}

fn file(text: &[u8]) -> Fd {
    let file = sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::TRUNC), 0o600).expect("open");
    sys::write(file, text).expect("write");
    sys::seek(file, 0).expect("seek");
    file
}

/// Says what was received, and gives the descriptors.
fn receive(socket: Fd, len: usize, flags: u32, room: usize) -> Vec<Fd> {
    match sys::receive_files(socket, len, flags, room) {
        Ok((bytes, files, cut)) => {
            say!("{} with {} {cut:#x}", say::bytes(&bytes), files.len());
            files
        }
        Err(error) => {
            say!("{error:?}");
            Vec::new()
        }
    }
}

fn say_read(got: Outcome<Vec<u8>>) {
    say!("{:?}", got.map(|bytes| say::bytes(&bytes)));
}

/// Whether a pipe's writing end is gone everywhere.
fn say_end(read: Fd) {
    sys::set_flags(read, OpenFlags::NONBLOCK).expect("flags");
    say!("the pipe: {:?}", sys::read(read, 1).map(|bytes| bytes.len()));
}

pub fn a_file_is_sent() {
    for kind in [Stream, Datagram, Packets] {
        let (one, other) = pair(kind);
        let file = file(b"content");
        say!("{:?}", sys::send_files(one, b"x", 0, &[file]));
        sys::close(file).expect("close");
        let files = receive(other, 9, 0, 4);
        say_read(sys::read(files[0], 99));
        say!("{}", files[0] == file);
        sys::close(files[0]).expect("close");
    }
}

pub fn it_is_the_same_open_file() {
    let (one, other) = sys::socket_pair(Stream, OpenFlags::RDONLY).expect("a pair");
    let child = sys::fork(|| {
        let files = receive(other, 1, 0, 1);
        say_read(sys::read(files[0], 3));
        say!("{:o}", sys::flags(files[0]).expect("flags").0);
        0
    });
    let file = file(b"abcdef");
    sys::set_flags(file, OpenFlags::APPEND.with(OpenFlags::CLOEXEC)).expect("flags");
    sys::send_files(one, b"x", 0, &[file]).expect("send");
    reap(child);
    say_read(sys::read(file, 3));
}

pub fn files_go_with_their_message() {
    let (one, other) = pair(Datagram);
    let file = file(b"");
    sys::send_files(one, b"none", 0, &[]).expect("send");
    sys::send_files(one, b"two", 0, &[file, 1]).expect("send");
    say!("{:?}", sys::send_files(one, b"", 0, &[file]));
    sys::send_files(one, b"last", 0, &[]).expect("send");
    for _ in 0..5 {
        receive(other, 3, 0, 9);
    }
}

pub fn files_go_with_their_part_of_a_stream() {
    let (one, other) = pair(Stream);
    let file = file(b"");
    sys::write(one, b"ab").expect("write");
    sys::send_files(one, b"cd", 0, &[file]).expect("send");
    sys::send_files(one, b"ef", 0, &[file, file]).expect("send");
    sys::write(one, b"gh").expect("write");
    receive(other, 1, 0, 9);
    receive(other, 9, 0, 9);
    receive(other, 1, 0, 9);
    receive(other, 9, 0, 9);
    say!("{:?}", sys::send_files(one, b"", 0, &[file]));
    receive(other, 9, 0, 9);
}

pub fn reading_drops_them() {
    for kind in [Stream, Datagram] {
        let (one, other) = pair(kind);
        let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
        sys::send_files(one, b"abc", 0, &[write]).expect("send");
        sys::close(write).expect("close");
        say_end(read);
        say_read(sys::read(other, 1));
        say_end(read);
    }
}

pub fn no_room_for_all() {
    for room in [0, 1, 2] {
        let (one, other) = pair(Stream);
        let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
        sys::send_files(one, b"x", 0, &[1, write]).expect("send");
        sys::close(write).expect("close");
        receive(other, 9, 0, room);
        say_end(read);
    }
}

pub fn no_descriptors_left() {
    let (one, other) = pair(Stream);
    let (soft, hard) = sys::rlimit(NOFILE).expect("the limit");
    sys::send_files(one, b"x", 0, &[1, 1, 1]).expect("send");
    let first = sys::dup(1, 0, false).expect("dup");
    sys::set_rlimit(NOFILE, (first + 2).into(), hard).expect("set the limit");
    say!("{}", receive(other, 9, 0, 9).len());
    sys::set_rlimit(NOFILE, soft, hard).expect("set the limit");
}

pub fn closed_on_exec_when_asked_for() {
    let (one, other) = pair(Stream);
    for flags in [0, MSG_CMSG_CLOEXEC] {
        sys::send_files(one, b"x", 0, &[1]).expect("send");
        let files = receive(other, 9, flags, 9);
        say!("{}", sys::flags(files[0]).expect("flags").contains(OpenFlags::CLOEXEC));
    }
}

pub fn seen_before_they_are_received() {
    for kind in [Stream, Datagram] {
        let (one, other) = pair(kind);
        let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
        sys::send_files(one, b"abc", 0, &[write]).expect("send");
        sys::close(write).expect("close");
        let seen = receive(other, 2, MSG_PEEK, 9);
        sys::write(seen[0], b"through").expect("write");
        sys::close(seen[0]).expect("close");
        say_read(sys::read(read, 99));
        sys::close(receive(other, 9, 0, 9)[0]).expect("close");
        say_end(read);
    }
}

pub fn what_cannot_be_sent() {
    let (one, other) = pair(Stream);
    say!("{:?} {:?}", sys::send_files(one, b"x", 0, &[99]), sys::send_files(one, b"x", 0, &[1, 99]));
    say!("{:?} {:?}", sys::send_files(one, b"x", 0, &[1; 254]), sys::send_files(one, b"x", 0, &[1; 253]));
    receive(other, 9, 0, 2);
    let alone = sys::socket(Stream, OpenFlags::RDONLY).expect("a socket");
    say!("{:?} {:?}", sys::send_files(alone, b"x", 0, &[99]), sys::send_files(alone, b"x", 0, &[1]));
    let folder = sys::open(".", OpenFlags::PATH, 0).expect("open");
    say!("{:?}", sys::send_files(one, b"x", 0, &[folder]));
    receive(other, 9, 0, 2);
}

pub fn an_end_that_is_on_its_way_is_open() {
    let (one, other) = pair(Stream);
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    sys::send_files(one, b"x", 0, &[write]).expect("send");
    sys::close(write).expect("close");
    say_end(read);
    let files = receive(other, 9, 0, 9);
    sys::write(files[0], b"still").expect("write");
    say_read(sys::read(read, 99));
    sys::close(files[0]).expect("close");
    say_end(read);
}

pub fn what_nobody_receives_is_closed() {
    for kind in [Stream, Datagram] {
        let (one, other) = pair(kind);
        let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
        sys::send_files(one, b"x", 0, &[write]).expect("send");
        sys::close(write).expect("close");
        sys::close(other).expect("close");
        say_end(read);
    }
}

pub fn a_socket_sent_through_itself() {
    let (one, other) = pair(Stream);
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    say!("{:?}", sys::send_files(one, b"x", 0, &[other, write]));
    sys::close(write).expect("close");
    sys::close(other).expect("close");
    say_end(read);
    sys::close(one).expect("close");
    // Linux takes its time.
    let _ = sys::sleep(100);
    say_end(read);
}

pub fn a_ring_of_sockets() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    let (a, b) = pair(Datagram);
    let (c, d) = pair(Datagram);
    say!("{:?} {:?}", sys::send_files(a, b"x", 0, &[d]), sys::send_files(c, b"x", 0, &[b, write]));
    for socket in [a, b, c, write] {
        sys::close(socket).expect("close");
    }
    // The one that is left leads to all.
    say_end(read);
    let files = receive(d, 9, 0, 9);
    say!("{}", files.len());
    let (b, write) = (files[0], files[1]);
    say!("{}", receive(b, 9, 0, 0).len());
    say!("{:?}", sys::write(write, b"y").is_ok());
    for socket in [b, d, write] {
        sys::close(socket).expect("close");
    }
    let _ = sys::sleep(100);
    say_read(sys::read(read, 1));
    say_end(read);
}

pub fn a_connection_that_nobody_accepts() {
    let server = sys::socket(Stream, OpenFlags::RDONLY).expect("a socket");
    sys::bind(server, b"server").expect("bind");
    sys::listen(server, 5).expect("listen");
    let client = sys::socket(Stream, OpenFlags::RDONLY).expect("a socket");
    sys::connect(client, b"server").expect("connect");
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    sys::send_files(client, b"x", 0, &[write, server]).expect("send");
    sys::close(write).expect("close");
    say_end(read);
    sys::close(server).expect("close");
    sys::close(client).expect("close");
    let _ = sys::sleep(100);
    say_end(read);
}

pub fn so_many_on_their_way() {
    let (_, hard) = sys::rlimit(NOFILE).expect("the limit");
    sys::set_rlimit(NOFILE, 40, hard).expect("set the limit");
    let (one, other) = pair(Datagram);
    let mut sent = 0;
    let last = loop {
        match sys::send_files(one, b"x", 0, &[1; 20]) {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    say!("{sent} {last:?}");
    say!("{:?}", sys::send_files(one, b"x", 0, &[]));
    say_read(sys::read(other, 9));
    say!("{:?}", sys::send_files(one, b"x", 0, &[1; 20]));
}
