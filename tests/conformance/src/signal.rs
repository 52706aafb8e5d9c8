//! Signals: what they do, when they come, and what they interrupt.

use wcr_abi::{OpenFlags, Signal};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys::{self, Mask};

const USR1: u64 = Signal::USR1.bit();
const USR2: u64 = Signal::USR2.bit();

fn me() -> i32 {
    sys::pid() as i32
}

fn send(signal: Signal) {
    sys::kill(me(), Some(signal)).expect("kill");
}

fn say_caught() {
    say!("caught: {}", say::signals(&sys::caught()));
}

pub fn some_do_nothing_by_default() {
    for signal in [Signal::CHLD, Signal::CONT, Signal::URG, Signal::WINCH] {
        send(signal);
    }
    say!("alive");
}

pub fn a_handler_runs_before_kill_returns() {
    sys::catch(Signal::USR1, false).expect("catch");
    send(Signal::USR1);
    say_caught();
}

pub fn an_ignored_signal_does_nothing() {
    sys::ignore(Signal::TERM).expect("ignore");
    send(Signal::TERM);
    say!("alive; pending: {}", say::set(sys::pending()));
}

pub fn dispositions_are_told() {
    say!("{}", sys::disposition(Signal::TERM));
    sys::ignore(Signal::TERM).expect("ignore");
    say!("{}", sys::disposition(Signal::TERM));
    sys::catch(Signal::TERM, false).expect("catch");
    say!("{}", sys::disposition(Signal::TERM));
    sys::default(Signal::TERM).expect("default");
    say!("{}", sys::disposition(Signal::TERM));
}

pub fn kill_and_stop_cannot_be_handled() {
    for signal in [Signal::KILL, Signal::STOP] {
        say!("{:?} {:?}", sys::catch(signal, false), sys::ignore(signal));
    }
}

pub fn bad_signals() {
    say!("{:?}", sys::kill(me(), Some(Signal(65))));
    say!("{:?}", sys::kill(999_999, Some(Signal::TERM)));
    say!("{:?}", sys::kill(-999_999, Some(Signal::TERM)));
    say!("{:?}", sys::kill(me(), None));
}

pub fn a_blocked_signal_waits() {
    sys::catch(Signal::USR1, false).expect("catch");
    say!("before: {}", say::set(sys::mask(Mask::Block, USR1).expect("mask")));
    send(Signal::USR1);
    say!("pending: {}", say::set(sys::pending()));
    say_caught();
    say!("before: {}", say::set(sys::mask(Mask::Unblock, USR1).expect("mask")));
    say_caught();
    say!("pending: {}", say::set(sys::pending()));
}

pub fn blocked_twice_comes_once() {
    sys::catch(Signal::USR1, false).expect("catch");
    sys::mask(Mask::Block, USR1).expect("mask");
    send(Signal::USR1);
    send(Signal::USR1);
    sys::mask(Mask::Set, 0).expect("mask");
    say_caught();
}

pub fn several_at_once() {
    for signal in [Signal::USR1, Signal::USR2, Signal::TERM, Signal::HUP] {
        sys::catch(signal, false).expect("catch");
    }
    sys::mask(Mask::Set, !0).expect("mask");
    for signal in [Signal::TERM, Signal::USR2, Signal::HUP, Signal::USR1] {
        send(signal);
    }
    sys::mask(Mask::Set, 0).expect("mask");
    say_caught();
}

pub fn a_deadly_signal_waits_while_blocked() {
    reap(sys::fork(|| {
        sys::mask(Mask::Block, Signal::TERM.bit()).expect("mask");
        send(Signal::TERM);
        say!("alive; pending: {}", say::set(sys::pending()));
        sys::mask(Mask::Unblock, Signal::TERM.bit()).expect("mask");
        say!("not here");
        0
    }));
}

pub fn kill_and_stop_cannot_be_blocked() {
    sys::mask(Mask::Set, !0).expect("mask");
    let set = sys::mask(Mask::Block, 0).expect("mask");
    say!("{} {}", set & Signal::KILL.bit() != 0, set & Signal::STOP.bit() != 0);
    reap(sys::fork(|| {
        send(Signal::KILL);
        0
    }));
}

pub fn what_is_ignored_while_it_waits_is_dropped() {
    sys::mask(Mask::Block, USR1).expect("mask");
    send(Signal::USR1);
    say!("pending: {}", say::set(sys::pending()));
    sys::ignore(Signal::USR1).expect("ignore");
    say!("pending: {}", say::set(sys::pending()));
    sys::default(Signal::USR1).expect("default");
    sys::mask(Mask::Unblock, USR1).expect("mask");
    say!("alive");
}

pub fn what_does_nothing_by_default_is_dropped_with_its_handler() {
    sys::catch(Signal::CHLD, false).expect("catch");
    sys::mask(Mask::Block, Signal::CHLD.bit()).expect("mask");
    send(Signal::CHLD);
    say!("pending: {}", say::set(sys::pending()));
    sys::default(Signal::CHLD).expect("default");
    say!("pending: {}", say::set(sys::pending()));
}

pub fn an_ignored_signal_that_is_blocked_waits() {
    sys::ignore(Signal::USR1).expect("ignore");
    sys::mask(Mask::Block, USR1).expect("mask");
    send(Signal::USR1);
    say!("pending: {}", say::set(sys::pending()));
    sys::catch(Signal::USR1, false).expect("catch");
    sys::mask(Mask::Unblock, USR1).expect("mask");
    say_caught();
}

pub fn a_copy_has_the_mask_and_nothing_pending() {
    sys::catch(Signal::USR1, false).expect("catch");
    sys::mask(Mask::Block, USR1 | USR2).expect("mask");
    send(Signal::USR1);
    reap(sys::fork(|| {
        say!("mask: {}", say::set(sys::mask(Mask::Block, 0).expect("mask")));
        say!("pending: {}", say::set(sys::pending()));
        say!("{} {}", sys::disposition(Signal::USR1), sys::disposition(Signal::USR2));
        0
    }));
    say!("pending: {}", say::set(sys::pending()));
}

pub fn a_sleep_is_interrupted() {
    for restart in [false, true] {
        sys::catch(Signal::ALRM, restart).expect("catch");
        sys::timer(30, 0);
        say!("{:?}", sys::sleep(60_000));
        say_caught();
    }
}

pub fn a_read_is_interrupted() {
    let (read, _write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    sys::catch(Signal::ALRM, false).expect("catch");
    sys::timer(30, 0);
    say!("{:?}", sys::read(read, 1));
    say_caught();
}

pub fn a_read_goes_on_after_a_handler_that_restarts() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    sys::catch(Signal::USR1, true).expect("catch");
    let parent = me();
    let child = sys::fork(|| {
        let _ = sys::sleep(30);
        sys::kill(parent, Some(Signal::USR1)).expect("kill");
        let _ = sys::sleep(30);
        sys::write(write, b"data").expect("write");
        0
    });
    say!("{:?}", sys::read(read, 9).map(|got| say::bytes(&got)));
    say_caught();
    reap(child);
}

pub fn a_poll_is_interrupted_even_so() {
    sys::catch(Signal::ALRM, true).expect("catch");
    sys::timer(30, 0);
    say!("{:?}", sys::poll(&[], Some(60_000)));
    say_caught();
}

pub fn a_write_that_was_begun_says_how_far_it_came() {
    let (_read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    sys::catch(Signal::ALRM, false).expect("catch");
    sys::timer(30, 0);
    say!("{:?}", sys::write(write, &[0; 100_000]));
    sys::timer(30, 0);
    say!("{:?}", sys::write(write, &[0; 100_000]));
    say_caught();
}

pub fn ignored_and_harmless_signals_do_not_interrupt() {
    sys::ignore(Signal::USR1).expect("ignore");
    let parent = me();
    let child = sys::fork(|| {
        let _ = sys::sleep(20);
        for signal in [Signal::USR1, Signal::WINCH, Signal::URG] {
            sys::kill(parent, Some(signal)).expect("kill");
        }
        0
    });
    say!("{:?}", sys::sleep(100));
    reap(child);
}

pub fn a_stop_and_a_continuation_do_not_interrupt() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let child = sys::fork(|| {
        say!("{:?}", sys::read(read, 9).map(|got| say::bytes(&got)));
        0
    });
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    sys::wait(child as i32, wcr_abi::WUNTRACED).expect("wait");
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    let _ = sys::sleep(20);
    sys::write(write, b"data").expect("write");
    reap(child);
}

pub fn waiting_with_another_mask() {
    sys::catch(Signal::USR1, false).expect("catch");
    sys::catch(Signal::USR2, false).expect("catch");
    sys::mask(Mask::Set, USR1 | USR2).expect("mask");
    send(Signal::USR1);
    say!("{:?}", sys::suspend(USR2));
    say_caught();
    say!("mask: {}", say::set(sys::mask(Mask::Block, 0).expect("mask")));
}

pub fn waiting_for_a_signal_of_another() {
    sys::catch(Signal::USR1, false).expect("catch");
    sys::mask(Mask::Block, USR1).expect("mask");
    let parent = me();
    let child = sys::fork(|| {
        let _ = sys::sleep(20);
        sys::kill(parent, Some(Signal::USR1)).expect("kill");
        0
    });
    say!("{:?}", sys::suspend(0));
    say_caught();
    reap(child);
}

pub fn taking_a_signal_that_waits() {
    sys::mask(Mask::Block, USR1 | USR2).expect("mask");
    send(Signal::USR2);
    send(Signal::USR1);
    let set = USR1 | USR2;
    say!("{:?}", sys::take_signal(set, Some(0)).map(say::signal));
    say!("{:?}", sys::take_signal(set, Some(0)).map(say::signal));
    say!("{:?}", sys::take_signal(set, Some(0)).map(say::signal));
    say!("{:?}", sys::take_signal(set, Some(30)).map(say::signal));
}

pub fn taking_a_signal_that_comes() {
    sys::mask(Mask::Block, USR1).expect("mask");
    let parent = me();
    let child = sys::fork(|| {
        let _ = sys::sleep(20);
        sys::kill(parent, Some(Signal::USR1)).expect("kill");
        0
    });
    say!("{:?}", sys::take_signal(USR1, None).map(say::signal));
    reap(child);
}

pub fn another_signal_interrupts_the_taking() {
    sys::catch(Signal::ALRM, true).expect("catch");
    sys::mask(Mask::Block, USR1).expect("mask");
    // Long enough that a busy machine is waiting by then.
    sys::timer(500, 0);
    say!("{:?}", sys::take_signal(USR1, Some(60_000)).map(say::signal));
    say_caught();
}

pub fn a_stopped_process_dies_when_it_is_continued() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    sys::wait(child as i32, wcr_abi::WUNTRACED).expect("wait");
    sys::kill(child as i32, Some(Signal::TERM)).expect("kill");
    let _ = sys::sleep(20);
    say!("{:?}", sys::wait(child as i32, wcr_abi::WNOHANG).map(drop));
    say!("there: {:?}", sys::kill(child as i32, None));
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    reap(child);
}

pub fn kill_ends_a_stopped_process() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    sys::wait(child as i32, wcr_abi::WUNTRACED).expect("wait");
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    reap(child);
}

pub fn a_continuation_drops_stops_that_wait() {
    reap(sys::fork(|| {
        sys::setpgid(0, 0).expect("a group");
        sys::mask(Mask::Block, Signal::TSTP.bit() | Signal::CONT.bit()).expect("mask");
        send(Signal::TSTP);
        say!("pending: {}", say::set(sys::pending()));
        send(Signal::CONT);
        say!("pending: {}", say::set(sys::pending()));
        send(Signal::TSTP);
        say!("pending: {}", say::set(sys::pending()));
        0
    }));
}

pub fn a_handler_for_a_stop_runs_instead() {
    reap(sys::fork(|| {
        sys::setpgid(0, 0).expect("a group");
        sys::catch(Signal::TSTP, false).expect("catch");
        send(Signal::TSTP);
        say_caught();
        0
    }));
}

pub fn a_handler_for_a_continuation_runs_too() {
    let (ready, go) = (Gate::new(), Gate::new());
    let child = sys::fork(|| {
        sys::catch(Signal::CONT, true).expect("catch");
        ready.open();
        go.pass();
        say_caught();
        0
    });
    ready.pass();
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    sys::wait(child as i32, wcr_abi::WUNTRACED).expect("wait");
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    go.open();
    reap(child);
}

pub fn a_broken_pipe_kills() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    sys::close(read).expect("close");
    reap(sys::fork(|| {
        say!("{:?}", sys::write(write, b"x"));
        0
    }));
    sys::ignore(Signal::PIPE).expect("ignore");
    say!("{:?}", sys::write(write, b"x"));
    sys::catch(Signal::PIPE, true).expect("catch");
    say!("{:?}", sys::write(write, b"x"));
    say_caught();
}
