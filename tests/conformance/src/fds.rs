//! Descriptors and their duplicates.

use wcr_abi::{Fd, OpenFlags};

use crate::gate::reap;
use crate::say;
use crate::sys;

const NOFILE: u32 = 7;

fn file(text: &[u8]) -> Fd {
    let file = sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::TRUNC), 0o600).expect("open");
    sys::write(file, text).expect("write");
    sys::seek(file, 0).expect("seek");
    file
}

pub fn the_lowest_free_number() {
    let base = sys::dup(1, 0, false).expect("dup");
    let next: Vec<Fd> = (0..3).map(|_| sys::dup(1, 0, false).expect("dup") - base).collect();
    sys::close(base + 1).expect("close");
    say!("{next:?} {:?}", sys::dup(1, 0, false).map(|fd| fd - base));
    sys::close(base).expect("close");
    sys::close(base + 2).expect("close");
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    say!("{} {}", read - base, write - base);
}

pub fn from_a_number_on() {
    say!("{:?} {:?} {:?}", sys::dup(1, 100, false), sys::dup(1, 100, false), sys::dup(1, 50, false));
}

pub fn duplicates_share_offset_and_flags() {
    let first = file(b"abcdef");
    let second = sys::dup(first, 0, false).expect("dup");
    say!("{:?}", sys::read(first, 2).map(|got| say::bytes(&got)));
    say!("{:?}", sys::read(second, 2).map(|got| say::bytes(&got)));
    sys::set_flags(first, OpenFlags::APPEND.with(OpenFlags::NONBLOCK)).expect("flags");
    say!("{:o}", sys::flags(second).expect("flags").0);
}

pub fn two_opens_share_nothing() {
    let first = file(b"abcdef");
    let second = sys::open("file", OpenFlags::RDONLY, 0).expect("open");
    say!("{:?}", sys::read(first, 2).map(|got| say::bytes(&got)));
    say!("{:?}", sys::read(second, 2).map(|got| say::bytes(&got)));
    sys::set_flags(first, OpenFlags::APPEND).expect("flags");
    say!("{:o} {:o}", sys::flags(first).expect("flags").0, sys::flags(second).expect("flags").0);
}

pub fn the_mark_for_exec_is_the_descriptors_own() {
    let first = sys::open("/dev/null", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).expect("open");
    let second = sys::dup(first, 0, false).expect("dup");
    let third = sys::dup(second, 0, true).expect("dup");
    sys::dup2(first, 40).expect("dup2");
    for fd in [first, second, third, 40] {
        say!("{}", sys::flags(fd).expect("flags").contains(OpenFlags::CLOEXEC));
    }
    sys::set_flags(second, OpenFlags::CLOEXEC).expect("flags");
    sys::set_flags(first, OpenFlags::RDONLY).expect("flags");
    for fd in [first, second, third, 40] {
        say!("{}", sys::flags(fd).expect("flags").contains(OpenFlags::CLOEXEC));
    }
}

pub fn over_another_descriptor() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    let first = file(b"abc");
    say!("{:?}", sys::dup2(first, write));
    say!("the pipe has ended: {:?}", sys::read(read, 1).map(|got| got.len()));
    say!("{:?}", sys::read(write, 9).map(|got| say::bytes(&got)));
}

pub fn over_itself() {
    let (read, _) = sys::pipe(OpenFlags::CLOEXEC).expect("pipe");
    say!("{:?} {}", sys::dup2(read, read), sys::flags(read).expect("flags").contains(OpenFlags::CLOEXEC));
    say!("{:?}", sys::dup2(77, 77));
}

pub fn bad_numbers() {
    let negative = -1i32 as Fd;
    for fd in [77, negative, 1 << 20] {
        say!("{:?} {:?} {:?}", sys::read(fd, 1), sys::write(fd, b"x"), sys::close(fd));
        say!("{:?} {:?} {:?}", sys::dup(fd, 0, false), sys::dup2(fd, 5), sys::flags(fd).map(|flags| flags.0));
        say!("{:?} {:?}", sys::seek(fd, 0), sys::mode(fd));
    }
    say!("{:?} {:?}", sys::dup2(1, negative), sys::dup(1, negative, false));
    let free = sys::dup(1, 0, false).expect("dup");
    say!("{:?} {:?}", sys::close(free), sys::close(free));
}

pub fn a_limit_on_their_number() {
    let (_, hard) = sys::rlimit(NOFILE).expect("the limit");
    say!("{:?}", sys::set_rlimit(NOFILE, 20, hard));
    let mut last = Ok(0);
    while last.is_ok() {
        last = sys::dup(1, 0, false);
    }
    say!("{last:?} {:?}", sys::pipe(OpenFlags::RDONLY).map(drop));
    say!("{:?}", sys::open("/dev/null", OpenFlags::RDONLY, 0).map(drop));
    say!("{:?} {:?}", sys::dup2(1, 20), sys::dup(1, 20, false));
    say!("{:?}", sys::dup2(1, 19));
    sys::close(10).expect("close");
    say!("one: {:?}", sys::pipe(OpenFlags::RDONLY).map(drop));
    say!("{:?}", sys::dup(1, 0, false));
}

pub fn what_is_above_a_lowered_limit_stays() {
    let (_, hard) = sys::rlimit(NOFILE).expect("the limit");
    let high = sys::dup(1, 60, false).expect("dup");
    sys::set_rlimit(NOFILE, 20, hard).expect("set the limit");
    say!("{:?} {:?}", sys::write(high, b"still open\n"), sys::dup(high, 0, false).is_ok());
}

pub fn limits_have_rules() {
    let (soft, hard) = sys::rlimit(NOFILE).expect("the limit");
    say!("{:?}", sys::set_rlimit(NOFILE, hard + 1, hard));
    say!("{:?}", sys::rlimit(99));
    say!("{:?}", sys::set_rlimit(NOFILE, soft, hard));
    say!("{:?}", sys::set_rlimit(NOFILE, 10, 30));
    say!("{:?}", sys::rlimit(NOFILE));
    reap(sys::fork(|| {
        say!("{:?}", sys::rlimit(NOFILE));
        0
    }));
}

pub fn access_modes_are_kept() {
    for flags in [OpenFlags::RDONLY, OpenFlags::WRONLY, OpenFlags::RDWR, OpenFlags::WRONLY.with(OpenFlags::APPEND)] {
        let fd = sys::open("file", flags.with(OpenFlags::CREAT), 0o600).expect("open");
        say!("{:o} {:?} {:?}", sys::flags(fd).expect("flags").0, sys::read(fd, 1).map(drop), sys::write(fd, b"x"));
    }
}

pub fn append_goes_to_the_end() {
    let first = file(b"abc");
    sys::set_flags(first, OpenFlags::APPEND).expect("flags");
    sys::write(first, b"def").expect("write");
    sys::set_flags(first, OpenFlags::RDONLY).expect("flags");
    sys::seek(first, 0).expect("seek");
    sys::write(first, b"X").expect("write");
    sys::seek(first, 0).expect("seek");
    say!("{:?}", sys::read(first, 99).map(|got| say::bytes(&got)));
}
