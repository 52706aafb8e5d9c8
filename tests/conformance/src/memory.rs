//! Files in memory.

use wcr_abi::{Fd, OpenFlags};

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

const SEAL: u32 = 1;
const SHRINK: u32 = 2;
const GROW: u32 = 4;
const WRITE: u32 = 8;
const FUTURE_WRITE: u32 = 16;

fn sealed(seals: u32) -> Fd {
    let file = sys::sealable_file("sealed").expect("a file");
    sys::write(file, &[b'x'; 1000]).expect("write");
    say!("{:?} {:?}", sys::add_seals(file, seals), sys::seals(file));
    file
}

pub fn seals_that_hold() {
    for seals in [0, SHRINK, GROW, WRITE, FUTURE_WRITE, SHRINK | GROW | WRITE | SEAL] {
        let file = sealed(seals);
        say!("longer: {:?}, shorter: {:?}", sys::truncate(file, 2000), sys::truncate(file, 500));
        sys::seek(file, 0).expect("seek");
        say!("within: {:?}", sys::write(file, b"abc"));
        sys::seek(file, 5000).expect("seek");
        say!("beyond: {:?}", sys::write(file, b"abc"));
        say!("room: {:?}, hole: {:?}", sys::allocate(file, 0, 0, 9000), sys::allocate(file, 3, 0, 100));
        sys::seek(file, 0).expect("seek");
        say!("{:?}", sys::read(file, 5).map(|bytes| say::bytes(&bytes)));
    }
}

pub fn seals_are_the_files() {
    let file = sealed(GROW);
    let again = sys::open(&format!("/proc/self/fd/{file}"), OpenFlags::RDWR, 0).expect("open");
    say!("{:?}", sys::seals(again));
    say!("{:?} {:?}", sys::add_seals(again, SHRINK), sys::seals(file));
    reap(sys::fork(|| {
        say!("{:?} {:?}", sys::add_seals(file, SEAL), sys::add_seals(file, WRITE));
        0
    }));
    say!("{:?} {:?}", sys::seals(file), sys::add_seals(file, WRITE));
}

pub fn what_cannot_be_sealed() {
    let plain = sys::memory_file("plain", false).expect("a file");
    say!("{:?} {:?}", sys::seals(plain), sys::add_seals(plain, WRITE));
    let file = sealed(0);
    say!("{:?} {:?}", sys::add_seals(file, 1 << 20), sys::add_seals(99, WRITE));
    let reading = sys::open(&format!("/proc/self/fd/{file}"), OpenFlags::RDONLY, 0).expect("open");
    say!("{:?} {:?}", sys::seals(reading), sys::add_seals(reading, WRITE));
    let (read, _) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    say!("{:?} {:?}", sys::seals(read), sys::add_seals(read, WRITE));
    let ordinary = sys::open("/dev/null", OpenFlags::RDWR, 0).expect("open");
    say!("{:?} {:?}", sys::seals(ordinary), sys::add_seals(ordinary, WRITE));
}
