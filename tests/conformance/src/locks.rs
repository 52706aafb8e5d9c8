//! Locks of whole files.

use wcr_abi::{Fd, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, OpenFlags};

use crate::gate::reap;
use crate::say;
use crate::sys;

fn open() -> Fd {
    sys::open("locked", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("open")
}

pub fn one_writes_or_many_read() {
    let (one, other, third) = (open(), open(), open());
    say!("{:?} {:?}", sys::lock(one, LOCK_EX), sys::lock(other, LOCK_EX | LOCK_NB));
    say!("{:?} {:?}", sys::lock(other, LOCK_SH | LOCK_NB), sys::lock(one, LOCK_EX | LOCK_NB));
    say!("{:?} {:?}", sys::lock(one, LOCK_SH | LOCK_NB), sys::lock(other, LOCK_SH | LOCK_NB));
    say!("{:?} {:?}", sys::lock(third, LOCK_EX | LOCK_NB), sys::lock(one, LOCK_EX | LOCK_NB));
    say!("{:?} {:?}", sys::lock(other, LOCK_EX | LOCK_NB), sys::lock(third, LOCK_SH | LOCK_NB));
    say!("{:?} {:?}", sys::lock(other, LOCK_UN), sys::lock(third, LOCK_SH | LOCK_NB));
}

pub fn duplicates_have_the_same_one() {
    let (one, other) = (open(), open());
    let same = sys::dup(one, 0, false).expect("dup");
    say!("{:?} {:?}", sys::lock(one, LOCK_EX), sys::lock(same, LOCK_EX | LOCK_NB));
    sys::close(one).expect("close");
    say!("{:?}", sys::lock(other, LOCK_EX | LOCK_NB));
    sys::close(same).expect("close");
    say!("{:?}", sys::lock(other, LOCK_EX | LOCK_NB));
}

pub fn a_child_has_it_too() {
    let (one, other) = (open(), open());
    sys::lock(one, LOCK_EX).expect("lock");
    reap(sys::fork(|| {
        say!("{:?} {:?}", sys::lock(one, LOCK_EX | LOCK_NB), sys::lock(other, LOCK_EX | LOCK_NB));
        say!("{:?}", sys::lock(one, LOCK_UN));
        0
    }));
    say!("{:?}", sys::lock(other, LOCK_EX | LOCK_NB));
}

pub fn who_waits_gets_it() {
    let one = open();
    sys::lock(one, LOCK_EX).expect("lock");
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    let child = sys::fork(|| {
        let own = open();
        sys::close(one).expect("close");
        sys::write(write, b".").expect("write");
        say!("the child: {:?}", sys::lock(own, LOCK_SH));
        0
    });
    sys::read(read, 1).expect("read");
    say!("the parent lets go");
    sys::lock(one, LOCK_UN).expect("unlock");
    reap(child);
}

pub fn what_cannot_be_locked() {
    let one = open();
    say!("{:?} {:?} {:?}", sys::lock(one, 0), sys::lock(one, LOCK_SH | LOCK_EX), sys::lock(99, LOCK_EX));
    let (read, _) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    let folder = sys::open(".", OpenFlags::RDONLY, 0).expect("open");
    say!("{:?} {:?} {:?}", sys::lock(read, LOCK_EX), sys::lock(folder, LOCK_EX), sys::lock(one, LOCK_UN));
}
