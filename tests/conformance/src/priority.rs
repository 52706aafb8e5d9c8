//! How processes are preferred, beside their nice values.

use crate::gate::reap;
use crate::say;
use crate::sys;

const ONE: u32 = 0;
const GROUP: u32 = 1;
const BEST_EFFORT: u32 = 2;
const IDLE: u32 = 3;

pub fn of_input_and_output() {
    say!("{:?}", sys::io_priority(ONE, 0));
    say!("{:?} {:?}", sys::set_io_priority(ONE, 0, BEST_EFFORT, 6), sys::io_priority(ONE, 0));
    reap(sys::fork(|| {
        say!("{:?}", sys::io_priority(ONE, 0));
        say!("{:?} {:?}", sys::set_io_priority(ONE, sys::pid(), IDLE, 0), sys::io_priority(ONE, sys::pid()));
        0
    }));
    say!("{:?} {:?}", sys::io_priority(ONE, 0), sys::io_priority(ONE, 99_999_999));
}

pub fn of_input_and_output_for_several() {
    say!("{:?}", sys::io_priority(GROUP, 0));
    sys::set_nice(ONE, 0, 10).expect("be nice");
    say!("{:?}", sys::io_priority(GROUP, 0));
    say!("{:?} {:?}", sys::set_io_priority(GROUP, 0, BEST_EFFORT, 3), sys::io_priority(ONE, 0));
}

pub fn classes_and_levels() {
    for (class, level) in [(0, 0), (0, 1), (1, 0), (2, 0), (2, 7), (3, 0), (3, 5), (4, 0), (7, 7)] {
        say!("{class} {level}: {:?} {:?}", sys::set_io_priority(ONE, 0, class, level), sys::io_priority(ONE, 0));
    }
}

pub fn processors() {
    let own = sys::affinity(0).expect("the processors");
    say!("{} {:?}", own & 1, sys::affinity(sys::pid()).map(|found| found == own));
    say!("{:?} {:?}", sys::set_affinity(0, 1), sys::affinity(0));
    say!("{:?} {:?}", sys::set_affinity(0, 0), sys::set_affinity(0, 1 << 63));
    say!("{:?} {:?}", sys::affinity(99_999_999), sys::set_affinity(99_999_999, 1));
}
