//! The time that processes ran.

use wcr_abi::Signal;

use crate::gate::reap;
use crate::say;
use crate::sys;

/// Runs for so many milliseconds.
fn burn(millis: u64) {
    let end = sys::cpu() + millis;
    while sys::cpu() < end {}
}

pub fn running_counts() {
    let before = sys::cpu();
    burn(60);
    say!("{}", sys::cpu() - before >= 60);
}

pub fn sleeping_does_not() {
    let before = sys::cpu();
    sys::sleep(400).expect("sleep");
    say!("{}", sys::cpu() - before < 200);
}

pub fn a_child_begins_with_none() {
    burn(100);
    reap(sys::fork(|| {
        say!("{} {}", sys::cpu() < 50, sys::children_cpu());
        0
    }));
}

pub fn a_new_program_goes_on() {
    reap(sys::fork(|| {
        burn(100);
        say!("{:?}", sys::exec(&["--role", "cpu"]));
        0
    }));
}

pub fn children_count_when_they_were_waited_for() {
    let child = sys::fork(|| {
        burn(100);
        0
    });
    sys::sleep(300).expect("sleep");
    say!("{}", sys::children_cpu() < 50);
    reap(child);
    say!("{}", sys::children_cpu() >= 100);
}

pub fn and_theirs() {
    reap(sys::fork(|| {
        reap(sys::fork(|| {
            burn(100);
            0
        }));
        0
    }));
    say!("{}", sys::children_cpu() >= 100);
}

pub fn not_those_that_nobody_waits_for() {
    sys::ignore(Signal::CHLD).expect("ignore");
    let child = sys::fork(|| {
        burn(100);
        0
    });
    reap(child);
    say!("{}", sys::children_cpu() < 50);
}
