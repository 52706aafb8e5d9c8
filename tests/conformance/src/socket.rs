//! Sockets of the Unix domain.

use wcr_abi::{Fd, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, OpenFlags, Signal, SocketKind};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys::{self, Outcome, POLLIN, POLLOUT};

use SocketKind::{Datagram, Packets, Stream};

const BLOCK: OpenFlags = OpenFlags::RDONLY;
const NONBLOCK: OpenFlags = OpenFlags::NONBLOCK;
const RDHUP: i16 = 0x2000;

fn pair(kind: SocketKind, flags: OpenFlags) -> (Fd, Fd) {
    sys::socket_pair(kind, flags).expect("a pair")
}

fn bound(kind: SocketKind, name: &[u8]) -> Fd {
    let socket = sys::socket(kind, BLOCK).expect("a socket");
    sys::bind(socket, name).expect("bind");
    socket
}

fn listener(name: &[u8], backlog: u32) -> Fd {
    let socket = bound(Stream, name);
    sys::listen(socket, backlog).expect("listen");
    socket
}

fn client(name: &[u8]) -> Fd {
    let socket = sys::socket(Stream, BLOCK).expect("a socket");
    sys::connect(socket, name).expect("connect");
    socket
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

fn say_poll(sockets: &[Fd]) {
    let wanted: Vec<(i32, i16)> = sockets.iter().map(|fd| (*fd as i32, POLLIN | POLLOUT | RDHUP)).collect();
    let found = sys::poll(&wanted, Some(0)).expect("poll");
    let shown = found.into_iter().map(|bits| {
        let hung_up = if bits & RDHUP != 0 { "|RDHUP" } else { "" };
        format!("{}{hung_up}", sys::poll_names(bits & !RDHUP))
    });
    say!("{}", shown.collect::<Vec<_>>().join(" "));
}

pub fn a_pair_carries_both_ways() {
    let (one, other) = pair(Stream, BLOCK);
    say!("{:?} {:?}", sys::write(one, b"to "), sys::write(one, b"the other"));
    say!("{:?}", sys::write(other, b"back"));
    say_read(sys::read(other, 5));
    say_read(sys::read(other, 99));
    say_read(sys::read(one, 99));
}

pub fn datagrams_keep_apart() {
    for kind in [Datagram, Packets] {
        let (one, other) = pair(kind, BLOCK);
        say!("{:?} {:?}", sys::write(one, b"first"), sys::send(one, b"second", 0, b""));
        say_read(sys::read(other, 99));
        say_received(sys::receive(other, 99, 0));
    }
}

pub fn a_short_buffer_cuts_a_message() {
    let (one, other) = pair(Datagram, BLOCK);
    for text in [b"abcdef", b"ghijkl", b"mnopqr"] {
        sys::write(one, text).expect("write");
    }
    say_read(sys::read(other, 3));
    say_received(sys::receive(other, 3, MSG_TRUNC));
    say_read(sys::read(other, 99));
}

pub fn looking_ahead() {
    for kind in [Stream, Datagram] {
        let (one, other) = pair(kind, BLOCK);
        sys::write(one, b"abcdef").expect("write");
        say_received(sys::receive(other, 3, MSG_PEEK));
        say_received(sys::receive(other, 99, 0));
    }
}

pub fn an_empty_message() {
    let (one, other) = pair(Datagram, BLOCK);
    say!("{:?} {:?}", sys::send(one, b"", 0, b""), sys::write(one, b"x"));
    say_received(sys::receive(other, 99, 0));
    say_received(sys::receive(other, 99, 0));
    let (one, other) = pair(Stream, NONBLOCK);
    say!("{:?}", sys::send(one, b"", 0, b""));
    say_received(sys::receive(other, 99, 0));
}

pub fn the_other_end_is_gone() {
    sys::ignore(Signal::PIPE).expect("ignore");
    for kind in [Stream, Packets, Datagram] {
        let (one, other) = pair(kind, NONBLOCK);
        sys::write(other, b"last").expect("write");
        sys::close(other).expect("close");
        say_poll(&[one]);
        say_read(sys::read(one, 99));
        say_read(sys::read(one, 99));
        say!("{:?} {:?}", sys::write(one, b"x"), sys::write(one, b"x"));
    }
}

pub fn writing_to_nobody_kills() {
    for kind in [Stream, Packets, Datagram] {
        let (one, other) = pair(kind, BLOCK);
        sys::close(other).expect("close");
        reap(sys::fork(|| {
            say!("{:?}", sys::send(one, b"x", MSG_NOSIGNAL, b""));
            say!("{:?}", sys::write(one, b"x"));
            0
        }));
    }
}

pub fn what_was_not_read_resets() {
    for kind in [Stream, Packets] {
        let (one, other) = pair(kind, NONBLOCK);
        sys::write(one, b"unread").expect("write");
        sys::close(other).expect("close");
        say_poll(&[one]);
        say_read(sys::read(one, 9));
        say_read(sys::read(one, 9));
        say_poll(&[one]);
    }
}

pub fn no_more_is_sent() {
    sys::ignore(Signal::PIPE).expect("ignore");
    let (one, other) = pair(Stream, NONBLOCK);
    sys::write(one, b"last").expect("write");
    say!("{:?}", sys::shutdown(one, 1));
    say_poll(&[one, other]);
    say_read(sys::read(other, 99));
    say_read(sys::read(other, 99));
    say!("{:?} {:?}", sys::write(one, b"x"), sys::write(other, b"back"));
    say_read(sys::read(one, 99));
    say_read(sys::read(one, 99));
}

pub fn no_more_is_received() {
    sys::ignore(Signal::PIPE).expect("ignore");
    let (one, other) = pair(Stream, NONBLOCK);
    sys::write(one, b"before").expect("write");
    say!("{:?}", sys::shutdown(other, 0));
    say_poll(&[one, other]);
    say!("{:?}", sys::write(one, b"x"));
    say_read(sys::read(other, 99));
    say_read(sys::read(other, 99));
    say!("{:?}", sys::write(other, b"x"));
}

pub fn neither_is_left() {
    sys::ignore(Signal::PIPE).expect("ignore");
    let (one, other) = pair(Stream, NONBLOCK);
    say!("{:?}", sys::shutdown(one, 2));
    say_poll(&[one, other]);
    say!("{:?} {:?}", sys::write(one, b"x"), sys::write(other, b"x"));
    say_read(sys::read(other, 9));
    say!("{:?} {:?}", sys::shutdown(one, 2), sys::shutdown(one, 3));
}

pub fn datagrams_shut_down() {
    sys::ignore(Signal::PIPE).expect("ignore");
    let (one, other) = pair(Datagram, NONBLOCK);
    say!("{:?}", sys::shutdown(one, 1));
    say!("{:?} {:?}", sys::write(one, b"x"), sys::write(other, b"y"));
    say_read(sys::read(one, 9));
    say!("{:?}", sys::shutdown(one, 0));
    say!("{:?}", sys::write(other, b"z"));
    say_read(sys::read(one, 9));
    say_poll(&[one, other]);
}

pub fn without_a_connection() {
    for kind in [Stream, Packets, Datagram] {
        let socket = sys::socket(kind, NONBLOCK).expect("a socket");
        say!("{:?} {:?}", sys::send(socket, b"x", MSG_NOSIGNAL, b""), sys::shutdown(socket, 1));
        say_received(sys::receive(socket, 9, 0));
        say!("{:?} {:?}", sys::socket_name(socket, false), sys::socket_name(socket, true));
        say!("{:?} {:?}", sys::listen(socket, 1), sys::accept(socket, BLOCK));
        say_poll(&[socket]);
    }
}

pub fn no_socket() {
    let (pipe, _) = sys::pipe(BLOCK).expect("a pipe");
    for fd in [pipe, 77] {
        say!("{:?} {:?} {:?}", sys::bind(fd, b"x"), sys::listen(fd, 1), sys::connect(fd, b"x"));
        say!("{:?} {:?}", sys::accept(fd, BLOCK), sys::shutdown(fd, 2));
        say!("{:?} {:?}", sys::send(fd, b"x", 0, b""), sys::receive(fd, 1, 0));
        say!("{:?} {:?}", sys::socket_name(fd, false), sys::socket_option(fd, 3));
    }
}

pub fn a_server_and_a_client() {
    let server = listener(b"server", 5);
    let child = sys::fork(|| {
        let socket = client(b"server");
        sys::write(socket, b"hello").expect("write");
        say_read(sys::read(socket, 99));
        say_read(sys::read(socket, 99));
        0
    });
    let accepted = sys::accept(server, BLOCK).expect("accept");
    say_read(sys::read(accepted, 99));
    sys::write(accepted, b"welcome").expect("write");
    sys::close(accepted).expect("close");
    reap(child);
}

pub fn names() {
    let server = listener(b"./names", 5);
    let socket = client(b"names");
    let accepted = sys::accept(server, BLOCK).expect("accept");
    for fd in [server, socket, accepted] {
        let shown = [false, true].map(|peer| sys::socket_name(fd, peer).map(|name| say::bytes(&name)));
        say!("{shown:?}");
    }
    sys::write(accepted, b"x").expect("write");
    say_received(sys::receive(socket, 9, 0));
}

pub fn names_that_are_no_files() {
    let server = listener(b"\0wcr-conformance", 5);
    say!("{:?}", sys::socket_name(server, false).map(|name| say::bytes(&name)));
    let other = sys::socket(Stream, BLOCK).expect("a socket");
    say!("{:?}", sys::bind(other, b"\0wcr-conformance"));
    say!("{:?} {:?}", sys::connect(other, b"\0wcr-conformanc"), sys::connect(other, b"\0wcr-conformance"));
    sys::close(server).expect("close");
    say!("{:?}", sys::connect(sys::socket(Stream, BLOCK).expect("a socket"), b"\0wcr-conformance"));
    say!("{:?}", sys::bind(sys::socket(Stream, BLOCK).expect("a socket"), b"\0wcr-conformance"));
}

pub fn a_name_of_the_systems_choice() {
    let socket = sys::socket(Datagram, BLOCK).expect("a socket");
    say!("{:?}", sys::bind(socket, b""));
    let name = sys::socket_name(socket, false).expect("the name");
    say!("{} {}", name.len(), name[0] == 0 && name[1..].iter().all(u8::is_ascii_hexdigit));
    say!("{:?} {}", sys::bind(socket, b""), sys::socket_name(socket, false) == Ok(name));
}

pub fn names_that_cannot_be() {
    let socket = || sys::socket(Stream, BLOCK).expect("a socket");
    say!("{:?} {:?}", sys::bind(socket(), b"none/name"), sys::bind(socket(), &[b'x'; 108]));
    say!("{:?}", sys::bind(socket(), b"/"));
    let named = bound(Stream, b"taken");
    say!("{:?} {:?}", sys::bind(named, b"another"), sys::bind(named, b"taken"));
    say!("{:?}", sys::open("another", OpenFlags::PATH, 0).map(drop));
    say!("{:?}", sys::bind(socket(), b"taken"));
}

pub fn a_name_stays_when_its_socket_has_gone() {
    let socket = listener(b"stays", 5);
    sys::close(socket).expect("close");
    let socket = sys::socket(Stream, BLOCK).expect("a socket");
    say!("{:?} {:?}", sys::connect(socket, b"stays"), sys::bind(socket, b"stays"));
    sys::unlink("stays").expect("unlink");
    say!("{:?} {:?}", sys::connect(socket, b"stays"), sys::bind(socket, b"stays"));
}

pub fn a_name_that_was_taken_away() {
    let server = listener(b"away", 5);
    sys::unlink("away").expect("unlink");
    say!("{:?}", sys::connect(sys::socket(Stream, BLOCK).expect("a socket"), b"away"));
    say!("{:?}", sys::socket_name(server, false).map(|name| say::bytes(&name)));
    let other = listener(b"away", 5);
    let socket = client(b"away");
    say_poll(&[server, other, socket]);
}

pub fn nobody_to_connect_to() {
    let socket = sys::socket(Stream, BLOCK).expect("a socket");
    let file = sys::open("file", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o600).expect("a file");
    sys::close(file).expect("close");
    bound(Stream, b"deaf");
    bound(Datagram, b"datagrams");
    for name in [b"missing".as_slice(), b"file", b".", b"file/x", b"deaf", b"datagrams"] {
        say!("{} {:?}", say::bytes(name), sys::connect(socket, name));
    }
    let datagrams = sys::socket(Datagram, BLOCK).expect("a socket");
    listener(b"server", 1);
    say!("{:?} {:?}", sys::connect(datagrams, b"server"), sys::connect(datagrams, b"datagrams"));
}

pub fn connected_once() {
    let server = listener(b"server", 5);
    let socket = client(b"server");
    say!("{:?} {:?}", sys::connect(socket, b"server"), sys::listen(socket, 1));
    say!("{:?} {:?}", sys::connect(server, b"server"), sys::listen(server, 7));
    let (one, _) = pair(Stream, BLOCK);
    say!("{:?} {:?}", sys::connect(one, b"server"), sys::bind(one, b"named"));
    say!("{:?}", sys::listen(one, 1));
}

pub fn so_many_may_wait() {
    let server = listener(b"server", 1);
    let attempt = || sys::connect(sys::socket(Stream, NONBLOCK).expect("a socket"), b"server");
    say!("{:?} {:?} {:?}", attempt(), attempt(), attempt());
    sys::accept(server, BLOCK).expect("accept");
    say!("{:?} {:?}", attempt(), attempt());
    say!("{:?} {:?}", sys::listen(server, 2), attempt());
}

pub fn a_full_queue_is_waited_for() {
    let server = listener(b"server", 0);
    let first = client(b"server");
    let child = sys::fork(|| {
        let socket = client(b"server");
        sys::write(socket, b"second").expect("write");
        0
    });
    let _ = sys::sleep(30);
    let accepted = sys::accept(server, BLOCK).expect("accept");
    sys::write(first, b"first").expect("write");
    say_read(sys::read(accepted, 9));
    let accepted = sys::accept(server, BLOCK).expect("accept");
    say_read(sys::read(accepted, 9));
    reap(child);
}

pub fn accepting_without_waiting() {
    let server = sys::socket(Stream, NONBLOCK).expect("a socket");
    sys::bind(server, b"server").expect("bind");
    sys::listen(server, 5).expect("listen");
    say!("{:?}", sys::accept(server, BLOCK));
    say_poll(&[server]);
    let _client = client(b"server");
    say_poll(&[server]);
    let accepted = sys::accept(server, OpenFlags::CLOEXEC).expect("accept");
    say!("{:o}", sys::flags(accepted).expect("flags").0);
    say_poll(&[server, accepted]);
}

pub fn waits_are_interrupted() {
    sys::catch(Signal::ALRM, false).expect("catch");
    let server = listener(b"server", 0);
    sys::timer(20, 0);
    say!("{:?} {}", sys::accept(server, BLOCK), say::signals(&sys::caught()));
    let _first = client(b"server");
    let socket = sys::socket(Stream, BLOCK).expect("a socket");
    sys::timer(20, 0);
    say!("{:?} {}", sys::connect(socket, b"server"), say::signals(&sys::caught()));
    let (one, _other) = pair(Stream, BLOCK);
    sys::timer(20, 0);
    say!("{:?} {}", sys::read(one, 1), say::signals(&sys::caught()));
}

pub fn a_server_that_ends_resets() {
    let server = listener(b"server", 5);
    let socket = client(b"server");
    sys::write(socket, b"hello").expect("write");
    sys::close(server).expect("close");
    say_poll(&[socket]);
    say!("{:?}", sys::socket_option(socket, 4).map(|error| error != 0));
    say!("{:?}", sys::socket_option(socket, 4).map(|error| error != 0));
    say_read(sys::read(socket, 9));
    say!("{:?}", sys::send(socket, b"x", MSG_NOSIGNAL, b""));
}

pub fn a_server_that_accepts_no_more() {
    let server = listener(b"server", 5);
    let _socket = client(b"server");
    say!("{:?}", sys::shutdown(server, 0));
    say!("{:?}", sys::connect(sys::socket(Stream, BLOCK).expect("a socket"), b"server"));
    say!("{:?} {:?}", sys::accept(server, BLOCK).map(drop), sys::accept(server, BLOCK).map(drop));
}

pub fn datagrams_by_address() {
    let receiver = bound(Datagram, b"receiver");
    let (named, nameless) = (bound(Datagram, b"sender"), sys::socket(Datagram, BLOCK).expect("a socket"));
    say!("{:?} {:?}", sys::send(named, b"one", 0, b"receiver"), sys::send(nameless, b"two", 0, b"./receiver"));
    say_received(sys::receive(receiver, 99, 0));
    say_received(sys::receive(receiver, 99, 0));
    say!("{:?}", sys::send(receiver, b"back", 0, b"sender"));
    say_received(sys::receive(named, 99, 0));
}

pub fn datagrams_to_nobody() {
    let socket = sys::socket(Datagram, NONBLOCK).expect("a socket");
    listener(b"stream", 5);
    sys::close(bound(Datagram, b"gone")).expect("close");
    for name in [b"missing".as_slice(), b"gone", b"stream", b"."] {
        say!("{} {:?}", say::bytes(name), sys::send(socket, b"x", 0, name));
    }
    let (stream, _other) = pair(Stream, BLOCK);
    say!("{:?}", sys::send(stream, b"x", 0, b"stream"));
    let idle = sys::socket(Stream, BLOCK).expect("a socket");
    say!("{:?}", sys::send(idle, b"x", 0, b"stream"));
}

pub fn datagrams_of_two_that_are_connected() {
    let (one, other) = (bound(Datagram, b"one"), bound(Datagram, b"other"));
    let third = sys::socket(Datagram, NONBLOCK).expect("a socket");
    say!("{:?}", sys::connect(one, b"other"));
    say!("{:?} {:?}", sys::socket_name(one, true).map(|name| say::bytes(&name)), sys::write(one, b"x"));
    say!("{:?} {:?}", sys::send(third, b"x", 0, b"one"), sys::connect(third, b"one"));
    say!("{:?} {:?}", sys::send(third, b"y", 0, b"other"), sys::send(other, b"z", 0, b"one"));
    say_received(sys::receive(other, 9, 0));
    say_received(sys::receive(other, 9, 0));
    say_received(sys::receive(one, 9, 0));
    say!("{:?} {:?}", sys::connect(one, b""), sys::socket_name(one, true));
    say!("{:?} {:?}", sys::send(third, b"x", 0, b"one"), sys::write(one, b"x"));
}

pub fn ten_datagrams_may_wait() {
    let receiver = bound(Datagram, b"receiver");
    let sender = sys::socket(Datagram, NONBLOCK).expect("a socket");
    let mut sent = 0;
    let last = loop {
        match sys::send(sender, b"x", 0, b"receiver") {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    // How many is a setting.
    say!("{} {last:?}", sent > 10);
    say_received(sys::receive(receiver, 9, 0));
    say!("{:?} {:?}", sys::send(sender, b"y", 0, b"receiver"), sys::send(sender, b"z", MSG_DONTWAIT, b"receiver"));
}

pub fn too_long_a_message() {
    let (one, other) = pair(Datagram, NONBLOCK);
    say!("{:?}", sys::write(one, &vec![1; 300_000]));
    say!("{:?}", sys::write(one, &vec![1; 100_000]));
    say!("{:?}", sys::read(other, 200_000).map(|bytes| bytes.len()));
}

pub fn polled() {
    let (one, other) = pair(Stream, BLOCK);
    say_poll(&[one, other]);
    sys::write(one, b"x").expect("write");
    say_poll(&[one, other]);
    let (one, other) = pair(Datagram, BLOCK);
    sys::write(one, b"x").expect("write");
    say_poll(&[one, other]);
    sys::close(other).expect("close");
    say_poll(&[one]);
}

pub fn a_poll_waits() {
    let (one, other) = pair(Stream, BLOCK);
    let child = sys::fork(|| {
        let _ = sys::sleep(20);
        sys::write(other, b"x").expect("write");
        0
    });
    say!("{:?}", sys::poll(&[(one as i32, POLLIN)], None).map(|found| sys::poll_names(found[0])));
    reap(child);
    let server = listener(b"server", 5);
    let child = sys::fork(|| {
        let _ = sys::sleep(20);
        client(b"server");
        0
    });
    say!("{:?}", sys::poll(&[(server as i32, POLLIN)], None).map(|found| sys::poll_names(found[0])));
    reap(child);
}

pub fn what_it_is() {
    sys::umask(0o027);
    let socket = bound(Stream, b"file");
    say!("{:o} {:?}", sys::mode(socket).expect("the mode"), sys::seek(socket, 0));
    let file = sys::open("file", OpenFlags::PATH, 0).expect("open");
    say!("{:o} {:?}", sys::mode(file).expect("the mode"), sys::open("file", OpenFlags::RDWR, 0));
    say!("{:o}", sys::flags(socket).expect("flags").0);
    let other = sys::socket(Stream, NONBLOCK.with(OpenFlags::CLOEXEC)).expect("a socket");
    say!("{:o} {:?}", sys::flags(other).expect("flags").0, sys::truncate(other, 0));
}

pub fn options() {
    for kind in [Stream, Datagram, Packets] {
        let (one, _other) = pair(kind, BLOCK);
        say!("{:?} {:?}", sys::socket_option(one, 3), sys::socket_option(one, 30));
    }
    let server = listener(b"server", 1);
    say!("{:?} {:?} {:?}", sys::socket_option(server, 30), sys::socket_option(server, 4), sys::socket_option(server, 999));
}

pub fn who_is_at_the_other_end() {
    let own = sys::pid();
    let (one, _other) = pair(Stream, BLOCK);
    say!("{}", sys::socket_peer(one).is_ok_and(|(pid, uid, gid)| (pid, uid, gid) == (own, sys::ids(false)[1], sys::ids(true)[1])));
    let server = listener(b"server", 1);
    let child = sys::fork(|| {
        let socket = client(b"server");
        say!("{}", sys::socket_peer(socket).is_ok_and(|(pid, ..)| pid == own));
        sys::read(socket, 1).expect("read");
        0
    });
    let accepted = sys::accept(server, BLOCK).expect("accept");
    sys::write(accepted, b"x").expect("write");
    say!("{}", sys::socket_peer(accepted).is_ok_and(|(pid, ..)| pid == child));
    reap(child);
    let alone = sys::socket(Stream, BLOCK).expect("a socket");
    say!("{:?}", sys::socket_peer(alone));
}

pub fn a_stream_fills_up() {
    let (one, other) = pair(Stream, NONBLOCK);
    let mut sent = 0;
    let last = loop {
        match sys::write(one, &[7; 4096]) {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
    };
    say!("{} {last:?}", sent > 65536);
    say!("{}", sys::poll(&[(one as i32, POLLOUT)], Some(0)).expect("poll")[0]);
    let mut got = 0;
    while let Ok(bytes) = sys::read(other, 65536) {
        got += bytes.len();
    }
    say!("{} {:?}", got == sent, sys::write(one, b"x"));
}

pub fn a_long_write_waits() {
    let (one, other) = pair(Stream, BLOCK);
    let child = sys::fork(|| {
        sys::close(one).expect("close");
        let mut got = 0;
        while let Ok(bytes) = sys::read(other, 65536) {
            if bytes.is_empty() {
                break;
            }
            got += bytes.len();
        }
        say!("{got}");
        0
    });
    say!("{:?}", sys::write(one, &vec![1; 1_000_000]));
    sys::close(one).expect("close");
    reap(child);
}

pub fn it_lasts_while_anybody_has_it() {
    let (one, other) = pair(Stream, BLOCK);
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        sys::write(other, b"still").expect("write");
        0
    });
    sys::close(other).expect("close");
    gate.open();
    say_read(sys::read(one, 9));
    reap(child);
    say_read(sys::read(one, 9));
}
