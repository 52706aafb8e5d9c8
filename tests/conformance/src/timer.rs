//! Alarms, interval timers, sleeping.

use wcr_abi::Signal;

use crate::gate::reap;
use crate::say;
use crate::sys;

pub fn an_alarm_kills_by_default() {
    reap(sys::fork(|| {
        sys::timer(20, 0);
        let _ = sys::sleep(60_000);
        0
    }));
}

pub fn an_alarm_is_taken_back() {
    say!("{:?}", sys::timer(50_000, 0));
    let (left, interval) = sys::timer(0, 0);
    say!("{} {interval}", (49_000..=50_000).contains(&left));
    say!("{:?}", sys::timer(0, 0));
}

pub fn an_alarm_replaces_the_last() {
    sys::catch(Signal::ALRM, false).expect("catch");
    sys::timer(60_000, 0);
    let (left, _) = sys::timer(20, 0);
    say!("{}", left > 59_000);
    say!("{:?}", sys::sleep(60_000));
    say!("{}", say::signals(&sys::caught()));
}

pub fn a_timer_comes_again() {
    sys::catch(Signal::ALRM, false).expect("catch");
    sys::timer(10, 10);
    for _ in 0..3 {
        say!("{:?}", sys::sleep(60_000));
    }
    let (_, interval) = sys::timer(0, 0);
    say!("{} every {interval}", say::signals(&sys::caught()));
}

pub fn a_copy_has_no_alarm() {
    sys::timer(50_000, 0);
    reap(sys::fork(|| {
        say!("{:?}", sys::timer(0, 0));
        0
    }));
    say!("{}", sys::timer(0, 0).0 > 0);
}

pub fn a_sleep_lasts() {
    let start = sys::clock();
    say!("{:?}", sys::sleep(50));
    say!("{}", sys::clock() - start >= 50);
    say!("{:?}", sys::sleep(0));
}

pub fn sleepers_wake_in_order() {
    let children: Vec<u32> = [500, 100, 300]
        .into_iter()
        .map(|millis| {
            sys::fork(move || {
                let _ = sys::sleep(millis);
                say!("after {millis}");
                0
            })
        })
        .collect();
    children.into_iter().for_each(reap);
}
