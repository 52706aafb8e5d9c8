//! The room that files take, and limits of it.

use wcr_abi::{Fd, OpenFlags, Signal};

use crate::gate::reap;
use crate::say;
use crate::sys;

/// The resource number of the limit on the size of files.
const FSIZE: u32 = 1;
const KIB: usize = 1 << 10;

fn file() -> Fd {
    sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("a file")
}

/// Does something while files may have so many bytes: what is said goes to a file, too.
fn limited<T>(bytes: u64, doing: impl FnOnce() -> T) -> T {
    let (soft, hard) = sys::rlimit(FSIZE).expect("the limit");
    sys::set_rlimit(FSIZE, bytes, hard).expect("set the limit");
    let done = doing();
    sys::set_rlimit(FSIZE, soft, hard).expect("set the limit");
    done
}

pub fn data_and_holes() {
    let file = file();
    sys::write(file, &[1; 64 * KIB]).expect("write");
    sys::seek(file, 1 << 20).expect("seek");
    sys::write(file, &[2; 64 * KIB]).expect("write");
    sys::truncate(file, 4 << 20).expect("truncate");
    for offset in [0, 5, 65536, 70_000, 1 << 20, (1 << 20) + 70_000, 2 << 20, (4 << 20) - 1, 4 << 20, -1] {
        say!("{offset}: {:?} {:?}", sys::seek_data(file, offset, false), sys::seek_data(file, offset, true));
    }
    say!("{:?}", sys::seek_data(file, 65536, false));
    say!("{:?}", sys::read(file, 3).map(|bytes| say::bytes(&bytes)));
}

pub fn nothing_but_a_hole() {
    let file = file();
    say!("{:?} {:?}", sys::seek_data(file, 0, false), sys::seek_data(file, 0, true));
    sys::truncate(file, 1 << 20).expect("truncate");
    say!("{:?} {:?}", sys::seek_data(file, 0, false), sys::seek_data(file, 7, true));
}

pub fn cut_and_made_longer() {
    let file = file();
    sys::write(file, &[1; 256 * KIB]).expect("write");
    sys::truncate(file, 64 << 10).expect("truncate");
    sys::truncate(file, 256 << 10).expect("truncate");
    say!("{:?} {:?}", sys::seek_data(file, 0, true), sys::seek_data(file, 64 << 10, false));
}

pub fn no_holes_in_a_pipe() {
    let (read, _) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    say!("{:?} {:?}", sys::seek_data(read, 0, false), sys::seek_data(77, 0, true));
}

pub fn a_file_may_be_so_long() {
    sys::ignore(Signal::XFSZ).expect("ignore");
    let file = file();
    say!("{:?}", limited(100, || [sys::write(file, &[1; 150]), sys::write(file, b"x"), sys::write(file, b"")]));
    say!("{:?}", limited(100, || [101, 50, 100].map(|len| sys::truncate(file, len))));
    say!("{:?}", limited(100, || [101, 99].map(|len| sys::truncate_path("file", len))));
    sys::seek(file, 1000).expect("seek");
    say!("{:?}", limited(100, || sys::write(file, b"x")));
    sys::set_flags(file, OpenFlags::APPEND).expect("flags");
    say!("{:?}", limited(100, || [sys::write(file, b"xyz"), sys::write(file, b"xyz")]));
}

pub fn what_is_longer_already_can_be_cut() {
    sys::ignore(Signal::XFSZ).expect("ignore");
    let file = file();
    sys::write(file, &[1; 300]).expect("write");
    say!("{:?}", limited(100, || [200, 201].map(|len| sys::truncate(file, len))));
    say!("{:?}", limited(100, || (sys::truncate_path("file", 150), sys::write(file, b"x"))));
}

pub fn too_long_a_file_kills() {
    reap(sys::fork(|| {
        let file = file();
        say!("{:?}", limited(10, || sys::write(file, &[1; 20])));
        say!("{:?}", limited(10, || sys::write(file, b"x")));
        0
    }));
    reap(sys::fork(|| {
        say!("{:?}", limited(10, || sys::truncate_path("file", 11)));
        0
    }));
}

pub fn a_handler_is_told() {
    sys::catch(Signal::XFSZ, false).expect("catch");
    let file = file();
    let (written, caught) = limited(0, || (sys::write(file, b"x"), sys::caught()));
    say!("{written:?} {}", say::signals(&caught));
}

pub fn what_is_no_file_has_no_size() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let null = sys::open("/dev/null", OpenFlags::WRONLY, 0).expect("open");
    say!("{:?}", limited(0, || (sys::write(write, b"x"), sys::write(null, b"x"), sys::read(read, 9).map(|got| got.len()))));
}

const KEEP_SIZE: u32 = 1;
const HOLE: u32 = 3;

fn say_room(file: Fd) {
    say!("{:?}", sys::room(file));
}

pub fn room_set_aside() {
    let file = file();
    sys::write(file, b"abc").expect("write");
    say!("{:?}", sys::allocate(file, 0, 0, 100_000));
    say_room(file);
    say!("{:?}", sys::allocate(file, 0, 10, 20));
    say_room(file);
    sys::seek(file, 0).expect("seek");
    say!("{:?}", sys::read(file, 5).map(|bytes| say::bytes(&bytes)));
    say!("{:?}", sys::allocate(file, 0, 200_000, 5000));
    say_room(file);
    sys::truncate(file, 5000).expect("truncate");
    say_room(file);
}

pub fn room_beyond_the_end() {
    let file = file();
    say!("{:?}", sys::allocate(file, KEEP_SIZE, 0, 64 << 10));
    say_room(file);
    say!("{:?}", sys::read(file, 5).map(|bytes| say::bytes(&bytes)));
    sys::write(file, &[1; 8 << 10]).expect("write");
    say_room(file);
}

pub fn holes_made() {
    let file = file();
    sys::write(file, &[b'x'; 256 * KIB]).expect("write");
    say!("{:?}", sys::allocate(file, HOLE, 64 << 10, 64 << 10));
    say_room(file);
    say!("{:?} {:?}", sys::seek_data(file, 0, true), sys::seek_data(file, 65536, false));
    say!("{:?}", sys::allocate(file, HOLE, 4094, 4));
    say_room(file);
    sys::seek(file, 4092).expect("seek");
    say!("{:?}", sys::read(file, 8).map(|bytes| say::bytes(&bytes)));
    say!("{:?}", sys::allocate(file, HOLE, 200_000, 1 << 40));
    say_room(file);
    sys::seek(file, 65534).expect("seek");
    say!("{:?}", sys::read(file, 4).map(|bytes| say::bytes(&bytes)));
    sys::seek(file, 256 << 10).expect("seek");
    say!("{:?}", sys::read(file, 4).map(|bytes| say::bytes(&bytes)));
}

pub fn parts_that_cannot_be() {
    let own = file();
    for (offset, len) in [(-1, 5), (0, 0), (5, -1), (i64::MAX, 1), (1, i64::MAX), (i64::MIN, i64::MIN)] {
        say!("{offset} {len}: {:?}", sys::allocate(own, 0, offset, len));
    }
    for mode in [2, 4, 1 << 30] {
        say!("{mode}: {:?}", sys::allocate(own, mode, 0, 5));
    }
    let reading = sys::open("file", OpenFlags::RDONLY, 0).expect("open");
    say!("{:?} {:?}", sys::allocate(reading, 0, 0, 5), sys::allocate(99, 0, 0, 5));
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    say!("{:?} {:?}", sys::allocate(read, 0, 0, 5), sys::allocate(write, 0, 0, 5));
    let folder = sys::open(".", OpenFlags::DIRECTORY, 0).expect("open");
    let null = sys::open("/dev/null", OpenFlags::RDWR, 0).expect("open");
    let socket = sys::socket(wcr_abi::SocketKind::Stream, OpenFlags::RDONLY).expect("a socket");
    for fd in [folder, null, socket] {
        say!("{:?}", sys::allocate(fd, 0, 0, 5));
    }
}

pub fn room_and_the_limit() {
    let file = file();
    sys::catch(Signal::XFSZ, false).expect("catch");
    let said = limited(10_000, || {
        let more = sys::allocate(file, 0, 0, 10_001);
        let caught = sys::caught();
        (more, caught, sys::allocate(file, KEEP_SIZE, 0, 20_000), sys::allocate(file, 0, 0, 10_000))
    });
    say!("{:?} {} {:?} {:?}", said.0, say::signals(&said.1), said.2, said.3);
    say_room(file);
}
