//! What a container is held to; the rest is `fds` and the tests of limits.

use wcr_abi::{OpenFlags, Signal};

use crate::gate::reap;
use crate::say;
use crate::sys;

/// The resource number of the limit on CPU time.
const CPU: u32 = 0;

/// Resources that every Linux has, by number.
pub fn every_resource_has_limits() {
    for resource in 0..16 {
        say!("{resource}: {}", sys::rlimit(resource).is_ok_and(|(soft, hard)| soft <= hard));
    }
    say!("16: {:?}", sys::rlimit(16).map(drop));
}

/// Runs until a signal was caught, or for ever.
fn run() -> Vec<Signal> {
    let null = sys::open("/dev/null", OpenFlags::WRONLY, 0).expect("open");
    loop {
        sys::write(null, b"x").expect("write");
        let caught = sys::caught();
        if !caught.is_empty() {
            return caught;
        }
    }
}

pub fn so_much_cpu_time_and_a_warning() {
    reap(sys::fork(|| {
        sys::catch(Signal::XCPU, false).expect("catch");
        sys::set_rlimit(CPU, 1, 30).expect("set the limit");
        say!("{} {}", say::signals(&run()), sys::cpu() >= 500);
        say!("{:?}", sys::rlimit(CPU));
        say!("{} {}", say::signals(&run()), sys::cpu() >= 1000);
        0
    }));
}

pub fn the_warning_kills() {
    reap(sys::fork(|| {
        sys::set_rlimit(CPU, 1, 30).expect("set the limit");
        run();
        0
    }));
}

pub fn no_more_cpu_time() {
    reap(sys::fork(|| {
        sys::catch(Signal::XCPU, false).expect("catch");
        sys::set_rlimit(CPU, 1, 1).expect("set the limit");
        loop {
            run();
        }
    }));
}

pub fn no_more_cpu_time_without_calls() {
    for (soft, hard) in [(1, 30), (1, 1)] {
        reap(sys::fork(|| {
            sys::set_rlimit(CPU, soft, hard).expect("set the limit");
            if soft == hard {
                sys::ignore(Signal::XCPU).expect("ignore");
            }
            reap(sys::fork(|| {
                let mut number = 1_u64;
                while std::hint::black_box(number) != 0 {
                    number = number.wrapping_mul(3) | 1;
                }
                0
            }));
            0
        }));
    }
}
