//! Files in memory.

use wcr_abi::OpenFlags;

use crate::gate::reap;
use crate::say;
use crate::sys;

fn say_read(fd: u32, len: usize) {
    say!("{:?}", sys::read(fd, len).map(|bytes| say::bytes(&bytes)));
}

pub fn a_file_without_a_name() {
    let file = sys::memory_file("label", false).expect("a file");
    say!("{:o} {:o}", sys::mode(file).expect("the mode"), sys::flags(file).expect("flags").0 & 0o2_000_003);
    say!("{:?} {:?}", sys::write(file, b"abcdef"), sys::seek(file, 2));
    say_read(file, 99);
    say!("{:?} {:?}", sys::truncate(file, 10), sys::seek(file, 0));
    say_read(file, 99);
}

pub fn each_is_another() {
    let (one, other) = (sys::memory_file("same", true).expect("a file"), sys::memory_file("same", true).expect("one"));
    sys::write(one, b"x").expect("write");
    say_read(other, 9);
    say!("{}", sys::flags(one).expect("flags").contains(OpenFlags::CLOEXEC));
}

pub fn a_child_has_it_too() {
    let file = sys::memory_file("shared", false).expect("a file");
    reap(sys::fork(|| {
        sys::write(file, b"from the child").expect("write");
        0
    }));
    sys::seek(file, 0).expect("seek");
    say_read(file, 99);
}

pub fn its_label() {
    say!("{:?}", sys::memory_file(&"x".repeat(249), false).map(drop));
    say!("{:?}", sys::memory_file(&"x".repeat(250), false).map(drop));
    say!("{:?}", sys::memory_file("", false).map(drop));
}
