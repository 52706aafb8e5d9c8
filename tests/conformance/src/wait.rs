//! Waiting for children.

use wcr_abi::{Signal, WNOHANG, WUNTRACED};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys::{self, Mask, Outcome};

const WCONTINUED: u32 = 8;

fn say_wait(child: u32, what: Outcome<Option<(u32, wcr_abi::WaitStatus)>>) {
    match what {
        Ok(Some((pid, status))) => say!("the child {}: {}", pid == child, say::status(status)),
        Ok(None) => say!("nothing yet"),
        Err(error) => say!("{error:?}"),
    }
}

pub fn nobody_to_wait_for() {
    for target in [-1, 0, 1, 999_999, -999_999] {
        say!("{:?}", sys::wait(target, 0).map(drop));
    }
    say!("{:?}", sys::wait(-1, WNOHANG).map(drop));
}

pub fn bad_flags() {
    say!("{:?}", sys::wait(-1, 0x100).map(drop));
    say!("{:?}", sys::wait(i32::MIN, 0).map(drop));
}

pub fn any_child() {
    let child = sys::fork(|| 4);
    say_wait(child, sys::wait(-1, 0));
    say_wait(child, sys::wait(-1, 0));
}

pub fn one_of_two() {
    let (first, second) = (sys::fork(|| 1), sys::fork(|| 2));
    say_wait(second, sys::wait(second as i32, 0));
    say_wait(first, sys::wait(first as i32, 0));
}

pub fn a_grandchild_is_not_a_child() {
    let (gate, told) = (Gate::new(), Gate::new());
    let (read, write) = sys::pipe(wcr_abi::OpenFlags::RDONLY).expect("a pipe");
    let child = sys::fork(|| {
        let grandchild = sys::fork(|| {
            gate.pass();
            0
        });
        sys::write(write, &grandchild.to_le_bytes()).expect("write");
        told.open();
        reap(grandchild);
        0
    });
    told.pass();
    let number = sys::read(read, 4).expect("read").try_into().expect("four bytes");
    say!("{:?}", sys::wait(u32::from_le_bytes(number) as i32, 0).map(drop));
    gate.open();
    reap(child);
}

pub fn not_yet() {
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        5
    });
    say_wait(child, sys::wait(-1, WNOHANG));
    say_wait(child, sys::wait(child as i32, WNOHANG));
    gate.open();
    say_wait(child, sys::wait(child as i32, 0));
}

pub fn by_process_group() {
    let gate = Gate::new();
    let own = sys::fork(|| 1);
    let other = sys::fork(|| {
        sys::setpgid(0, 0).expect("a group");
        gate.open();
        2
    });
    gate.pass();
    say_wait(other, sys::wait(-(other as i32), 0));
    say!("{:?}", sys::wait(-(other as i32), 0).map(drop));
    say_wait(own, sys::wait(0, 0));
}

pub fn stops_are_told_when_asked_for() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    say_wait(child, sys::wait(child as i32, WUNTRACED));
    say_wait(child, sys::wait(child as i32, WUNTRACED | WNOHANG));
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    say_wait(child, sys::wait(child as i32, 0));
}

pub fn stops_are_not_told_otherwise() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    let _ = sys::sleep(20);
    say_wait(child, sys::wait(child as i32, WNOHANG));
    say_wait(child, sys::wait(child as i32, WNOHANG | WUNTRACED));
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    say_wait(child, sys::wait(child as i32, 0));
}

pub fn continuations_are_told_when_asked_for() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    say_wait(child, sys::wait(child as i32, WUNTRACED));
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    say_wait(child, sys::wait(child as i32, WCONTINUED));
    say_wait(child, sys::wait(child as i32, WCONTINUED | WNOHANG));
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    say_wait(child, sys::wait(child as i32, WCONTINUED));
}

pub fn a_continuation_takes_back_the_stop() {
    let child = sys::fork(Gate::stay);
    sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
    let _ = sys::sleep(20);
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    let _ = sys::sleep(20);
    say_wait(child, sys::wait(child as i32, WUNTRACED | WNOHANG));
    say_wait(child, sys::wait(child as i32, WUNTRACED | WCONTINUED | WNOHANG));
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    say_wait(child, sys::wait(child as i32, 0));
}

pub fn each_stopping_signal_says_its_name() {
    for signal in [Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        let ready = Gate::new();
        let child = sys::fork(|| {
            // A group that nobody outside could continue is not stopped by the last three.
            sys::setpgid(0, 0).expect("a group");
            ready.open();
            Gate::stay()
        });
        ready.pass();
        sys::kill(child as i32, Some(signal)).expect("kill");
        say_wait(child, sys::wait(child as i32, WUNTRACED));
        sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
        say_wait(child, sys::wait(child as i32, 0));
    }
}

pub fn each_deadly_signal_says_its_name() {
    let harmless = [Signal::CHLD, Signal::CONT, Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU];
    for signal in (1..=31).map(Signal) {
        if !harmless.contains(&signal) && signal != Signal::URG && signal != Signal::WINCH {
            let child = sys::fork(Gate::stay);
            sys::kill(child as i32, Some(signal)).expect("kill");
            say_wait(child, sys::wait(child as i32, 0));
        }
    }
}

pub fn children_of_who_ignores_them_leave_nothing() {
    sys::ignore(Signal::CHLD).expect("ignore");
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        3
    });
    say_wait(child, sys::wait(child as i32, WNOHANG));
    gate.open();
    say_wait(child, sys::wait(child as i32, 0));
    let (_, _) = (sys::fork(|| 1), sys::fork(|| 2));
    say!("{:?}", sys::wait(-1, 0).map(drop));
}

pub fn a_signal_interrupts() {
    sys::catch(Signal::USR1, false).expect("catch");
    let (parent, gate) = (sys::pid() as i32, Gate::new());
    let child = sys::fork(|| {
        let _ = sys::sleep(30);
        sys::kill(parent, Some(Signal::USR1)).expect("kill");
        gate.pass();
        6
    });
    say!("{:?}", sys::wait(child as i32, 0).map(drop));
    say!("{}", say::signals(&sys::caught()));
    gate.open();
    reap(child);
}

pub fn a_signal_that_restarts_does_not_interrupt() {
    sys::catch(Signal::USR1, true).expect("catch");
    let parent = sys::pid() as i32;
    let child = sys::fork(|| {
        let _ = sys::sleep(30);
        sys::kill(parent, Some(Signal::USR1)).expect("kill");
        let _ = sys::sleep(30);
        6
    });
    reap(child);
    say!("{}", say::signals(&sys::caught()));
}

pub fn a_childs_end_is_signalled() {
    sys::catch(Signal::CHLD, true).expect("catch");
    reap(sys::fork(|| 0));
    say!("{}", say::signals(&sys::caught()));
}

pub fn several_ends_are_one_signal() {
    sys::catch(Signal::CHLD, true).expect("catch");
    sys::mask(Mask::Block, Signal::CHLD.bit()).expect("mask");
    for code in 0..3 {
        reap(sys::fork(|| code));
    }
    say!("pending: {}", say::set(sys::pending()));
    sys::mask(Mask::Unblock, Signal::CHLD.bit()).expect("mask");
    say!("{}", say::signals(&sys::caught()));
}

pub fn stops_and_continuations_are_signalled() {
    sys::mask(Mask::Block, Signal::CHLD.bit()).expect("mask");
    sys::catch(Signal::CHLD, true).expect("catch");
    let child = sys::fork(Gate::stay);
    for signal in [Signal::STOP, Signal::CONT, Signal::KILL] {
        sys::kill(child as i32, Some(signal)).expect("kill");
        say!("{:?}", sys::take_signal(Signal::CHLD.bit(), Some(5000)).map(say::signal));
    }
    reap(child);
}

pub fn not_told_of_stops() {
    sys::catch(Signal::CHLD, false).expect("catch");
    say!("{:?}", sys::set_child_flags(wcr_abi::SA_NOCLDSTOP));
    let child = sys::fork(Gate::stay);
    for (signal, flags) in [(Signal::STOP, wcr_abi::WUNTRACED), (Signal::CONT, wcr_abi::WCONTINUED)] {
        sys::kill(child as i32, Some(signal)).expect("kill");
        let changed = loop {
            match sys::wait(child as i32, flags) {
                Ok(changed) => break changed,
                Err(error) => say!("{error:?}"),
            }
        };
        say!("{:?} {:?}", changed.map(|(_, status)| say::status(status)), say::signals(&sys::caught()));
    }
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    let mut caught = Vec::new();
    while caught.is_empty() {
        let _ = sys::sleep(1);
        caught = sys::caught();
    }
    say!("{}", say::signals(&caught));
    reap(child);
}

pub fn told_of_ends_without_waiting() {
    sys::catch(Signal::CHLD, false).expect("catch");
    say!("{:?}", sys::set_child_flags(wcr_abi::SA_NOCLDWAIT));
    sys::fork(|| 3);
    let mut caught = Vec::new();
    while caught.is_empty() {
        let _ = sys::sleep(1);
        caught = sys::caught();
    }
    say!("{} {:?}", say::signals(&caught), sys::wait(-1, 0));
}
