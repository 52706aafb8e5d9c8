//! Waiting for several descriptors.

use wcr_abi::OpenFlags;

use crate::gate::reap;
use crate::say;
use crate::sys::{self, POLLIN, POLLOUT, poll_names};

const BOTH: i16 = POLLIN | POLLOUT;

fn say_poll(wanted: &[(i32, i16)], millis: Option<u64>) {
    match sys::poll(wanted, millis) {
        Ok(found) => say!("{}", found.into_iter().map(poll_names).collect::<Vec<_>>().join(" ")),
        Err(error) => say!("{error:?}"),
    }
}

fn pipe() -> (i32, i32) {
    let (read, write) = sys::pipe(OpenFlags::NONBLOCK).expect("a pipe");
    (read as i32, write as i32)
}

pub fn an_empty_pipe() {
    let (read, write) = pipe();
    say_poll(&[(read, BOTH), (write, BOTH)], Some(0));
    say_poll(&[(read, POLLIN)], Some(10));
}

pub fn a_pipe_with_data() {
    let (read, write) = pipe();
    sys::write(write as u32, b"x").expect("write");
    say_poll(&[(read, BOTH), (write, BOTH)], Some(0));
}

pub fn a_full_pipe() {
    let (read, write) = pipe();
    while sys::write(write as u32, &[0; 4096]).is_ok() {}
    say_poll(&[(read, BOTH), (write, BOTH)], Some(0));
    sys::read(read as u32, 100).expect("read");
    say_poll(&[(write, BOTH)], Some(0));
    sys::read(read as u32, 4096).expect("read");
    say_poll(&[(write, BOTH)], Some(0));
}

pub fn a_pipe_without_writers() {
    let (read, write) = pipe();
    sys::write(write as u32, b"x").expect("write");
    sys::close(write as u32).expect("close");
    say_poll(&[(read, POLLIN)], None);
    sys::read(read as u32, 1).expect("read");
    say_poll(&[(read, POLLIN)], None);
    say_poll(&[(read, 0)], None);
}

pub fn a_pipe_without_readers() {
    let (read, write) = pipe();
    sys::close(read as u32).expect("close");
    say_poll(&[(write, POLLOUT)], None);
    say_poll(&[(write, 0)], None);
    say_poll(&[(write, POLLIN)], None);
}

pub fn bad_descriptors() {
    let (read, _) = pipe();
    say_poll(&[(99, POLLIN), (-1, POLLIN), (read, POLLIN)], None);
    say_poll(&[(-1, POLLIN)], Some(10));
}

pub fn nothing_at_all() {
    let start = sys::clock();
    say_poll(&[], Some(30));
    say!("{}", sys::clock() - start >= 30);
}

pub fn files_and_devices_are_always_ready() {
    let file = sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("open") as i32;
    let folder = sys::open(".", OpenFlags::RDONLY, 0).expect("open") as i32;
    say_poll(&[(file, BOTH), (folder, BOTH)], None);
    for name in ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"] {
        let device = sys::open(name, OpenFlags::RDWR, 0).expect("open") as i32;
        say_poll(&[(device, BOTH)], None);
    }
}

pub fn what_comes_ends_the_wait() {
    let (read, write) = pipe();
    let child = sys::fork(move || {
        let _ = sys::sleep(20);
        sys::write(write as u32, b"x").expect("write");
        0
    });
    say_poll(&[(read, POLLIN)], None);
    reap(child);
}

pub fn an_end_ends_the_wait() {
    let (read, write) = pipe();
    let child = sys::fork(move || {
        let _ = sys::sleep(20);
        0
    });
    sys::close(write as u32).expect("close");
    say_poll(&[(read, POLLIN)], None);
    reap(child);
}

pub fn room_ends_the_wait() {
    let (read, write) = pipe();
    while sys::write(write as u32, &[0; 4096]).is_ok() {}
    let child = sys::fork(move || {
        let _ = sys::sleep(20);
        sys::read(read as u32, 8192).expect("read");
        0
    });
    say_poll(&[(write, POLLOUT)], None);
    reap(child);
}

pub fn one_of_many() {
    let pipes: Vec<_> = (0..10).map(|_| pipe()).collect();
    sys::write(pipes[3].1 as u32, b"x").expect("write");
    sys::write(pipes[7].1 as u32, b"x").expect("write");
    say_poll(&pipes.iter().map(|(read, _)| (*read, POLLIN)).collect::<Vec<_>>(), None);
}

pub fn the_same_one_twice() {
    let (read, write) = pipe();
    say_poll(&[(write, POLLOUT), (write, 0), (read, POLLIN), (write, BOTH)], None);
}

pub fn a_time_that_passes() {
    let (read, _write) = pipe();
    let start = sys::clock();
    say_poll(&[(read, POLLIN)], Some(40));
    say!("{}", sys::clock() - start >= 40);
}
