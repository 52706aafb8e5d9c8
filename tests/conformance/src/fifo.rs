//! Pipes that have a name.

use wcr_abi::OpenFlags;

use crate::gate::reap;
use crate::say;
use crate::sys::{self, POLLIN, poll_names};

const RDONLY: OpenFlags = OpenFlags::RDONLY;
const WRONLY: OpenFlags = OpenFlags::WRONLY;

fn open(flags: OpenFlags) -> sys::Outcome<u32> {
    sys::open("fifo", flags, 0)
}

fn make() {
    sys::mkfifo("fifo", 0o600).expect("mkfifo");
}

fn text(got: sys::Outcome<Vec<u8>>) -> String {
    got.map_or_else(|error| format!("{error:?}"), |bytes| say::bytes(&bytes))
}

pub fn ends_meet() {
    make();
    let child = sys::fork(|| {
        let write = open(WRONLY).expect("open");
        let done = sys::write(write, b"hello").expect("write");
        done as u8
    });
    let read = open(RDONLY).expect("open");
    say!("{}", text(sys::read(read, 99)));
    reap(child);
    say!("{}", text(sys::read(read, 99)));
}

pub fn a_writer_waits_for_a_reader() {
    make();
    let child = sys::fork(|| {
        let write = open(WRONLY).expect("open");
        say!("open");
        sys::write(write, b"x").expect("write");
        0
    });
    let _ = sys::sleep(30);
    say!("reading");
    let read = open(RDONLY).expect("open");
    say!("{}", text(sys::read(read, 9)));
    reap(child);
}

pub fn without_waiting() {
    make();
    say!("{:?}", open(WRONLY.with(OpenFlags::NONBLOCK)).map(drop));
    let read = open(RDONLY.with(OpenFlags::NONBLOCK)).expect("open");
    say!("{}", text(sys::read(read, 9)));
    let write = open(WRONLY.with(OpenFlags::NONBLOCK)).expect("open");
    say!("{}", text(sys::read(read, 9)));
    say!("{:?}", sys::write(write, b"now"));
    say!("{}", text(sys::read(read, 9)));
    sys::close(write).expect("close");
    say!("{}", text(sys::read(read, 9)));
}

pub fn both_ends_at_once() {
    make();
    let both = open(OpenFlags::RDWR).expect("open");
    say!("{:?} {}", sys::write(both, b"self"), text(sys::read(both, 9)));
    say!("{:o}", sys::mode(both).expect("stat"));
}

pub fn nothing_is_kept_when_all_have_closed() {
    make();
    let both = open(OpenFlags::RDWR).expect("open");
    sys::write(both, b"lost").expect("write");
    sys::close(both).expect("close");
    let read = open(RDONLY.with(OpenFlags::NONBLOCK)).expect("open");
    say!("{}", text(sys::read(read, 9)));
}

pub fn a_writer_comes_back() {
    make();
    let read = open(RDONLY.with(OpenFlags::NONBLOCK)).expect("open");
    for part in ["one", "two"] {
        let write = open(WRONLY).expect("open");
        sys::write(write, part.as_bytes()).expect("write");
        sys::close(write).expect("close");
        say!("{} {}", text(sys::read(read, 9)), text(sys::read(read, 9)));
    }
}

pub fn without_a_name_it_goes_on() {
    make();
    let read = open(RDONLY.with(OpenFlags::NONBLOCK)).expect("open");
    let write = open(WRONLY).expect("open");
    say!("{:?} {:?}", sys::unlink("fifo"), open(RDONLY).map(drop));
    say!("{:?} {}", sys::write(write, b"still"), text(sys::read(read, 9)));
}

pub fn polled_before_anybody_wrote() {
    make();
    let read = open(RDONLY.with(OpenFlags::NONBLOCK)).expect("open");
    let found = |read: u32| sys::poll(&[(read as i32, POLLIN)], Some(0)).expect("poll")[0];
    say!("{}", poll_names(found(read)));
    let write = open(WRONLY).expect("open");
    say!("{}", poll_names(found(read)));
    sys::close(write).expect("close");
    say!("{}", poll_names(found(read)));
}

pub fn an_open_that_waits_is_interrupted() {
    make();
    sys::catch(wcr_abi::Signal::ALRM, false).expect("catch");
    sys::timer(30, 0);
    say!("{:?}", open(RDONLY).map(drop));
    sys::timer(30, 0);
    say!("{:?}", open(WRONLY).map(drop));
}
