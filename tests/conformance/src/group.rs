//! Process groups and sessions.

use wcr_abi::{OpenFlags, Signal};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys;

pub fn a_child_is_in_its_parents_group() {
    let group = sys::getpgid(0).expect("a group");
    reap(sys::fork(move || {
        say!("{} {}", sys::getpgid(0) == Ok(group), sys::getpgid(sys::pid()) == Ok(group));
        0
    }));
}

pub fn a_group_of_its_own() {
    reap(sys::fork(|| {
        say!("{:?}", sys::setpgid(0, 0));
        say!("{}", sys::getpgid(0) == Ok(sys::pid()));
        say!("again: {:?}", sys::setpgid(0, 0));
        0
    }));
}

pub fn a_child_is_moved() {
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        say!("moved: {}", sys::getpgid(0) == Ok(sys::pid()));
        0
    });
    say!("{:?} {}", sys::setpgid(child, child), sys::getpgid(child) == Ok(child));
    gate.open();
    reap(child);
    say!("{:?}", sys::setpgid(child, child));
}

pub fn into_the_group_of_a_sibling() {
    let gate = Gate::new();
    let first = sys::fork(|| {
        gate.pass();
        0
    });
    sys::setpgid(first, first).expect("a group");
    let second = sys::fork(|| {
        say!("{:?} {}", sys::setpgid(0, first), sys::getpgid(0) == Ok(first));
        0
    });
    reap(second);
    gate.open();
    reap(first);
}

pub fn bad_moves() {
    say!("leader: {:?}", sys::setpgid(0, 0));
    say!("no such process: {:?}", sys::setpgid(999_999, 0));
    say!("negative: {:?}", sys::setpgid(0, -5i32 as u32));
    say!("negative process: {:?}", sys::setpgid(-5i32 as u32, 0));
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        0
    });
    say!("no such group: {:?}", sys::setpgid(child, 999_999));
    say!("parent: {:?}", sys::setpgid(sys::ppid(), 0));
    gate.open();
    reap(child);
    say!("{:?} {:?}", sys::getpgid(999_999), sys::getsid(999_999));
}

pub fn a_child_that_has_executed_is_not_moved() {
    let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let (end_read, end_write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let child = sys::fork(|| {
        sys::dup2(end_read, 0).expect("dup2");
        say!("{:?}", sys::exec(&["--role", "wait"]));
        1
    });
    sys::close(write).expect("close");
    // The end comes when exec closes the other writer.
    sys::read(read, 1).expect("read");
    say!("{:?}", sys::setpgid(child, child));
    sys::write(end_write, b"x").expect("write");
    reap(child);
}

pub fn a_child_in_another_session_is_not_moved() {
    let (ready, gate) = (Gate::new(), Gate::new());
    let child = sys::fork(|| {
        sys::setsid().expect("a session");
        ready.open();
        gate.pass();
        0
    });
    ready.pass();
    say!("{:?}", sys::setpgid(child, child));
    let other = sys::fork(|| {
        say!("{:?}", sys::setpgid(0, child));
        0
    });
    reap(other);
    gate.open();
    reap(child);
}

pub fn a_new_session() {
    reap(sys::fork(|| {
        let own = sys::pid();
        say!("{}", sys::setsid() == Ok(own));
        say!("{} {}", sys::getpgid(0) == Ok(own), sys::getsid(0) == Ok(own));
        say!("again: {:?}", sys::setsid());
        0
    }));
    say!("leader: {:?}", sys::setsid());
}

pub fn no_session_for_the_leader_of_a_group() {
    reap(sys::fork(|| {
        sys::setpgid(0, 0).expect("a group");
        say!("{:?}", sys::setsid());
        0
    }));
}

pub fn a_signal_for_a_group() {
    let gate = Gate::new();
    let first = sys::fork(Gate::stay);
    sys::setpgid(first, first).expect("a group");
    let second = sys::fork(|| {
        gate.pass();
        Gate::stay()
    });
    sys::setpgid(second, first).expect("a group");
    gate.open();
    say!("{:?}", sys::kill(-(first as i32), Some(Signal::TERM)));
    reap(first);
    reap(second);
    say!("{:?}", sys::kill(-(first as i32), Some(Signal::TERM)));
}

pub fn a_signal_for_the_own_group() {
    reap(sys::fork(|| {
        sys::setpgid(0, 0).expect("a group");
        let child = sys::fork(Gate::stay);
        sys::catch(Signal::TERM, false).expect("catch");
        say!("{:?}", sys::kill(0, Some(Signal::TERM)));
        say!("{}", say::signals(&sys::caught()));
        reap(child);
        0
    }));
}

pub fn a_group_without_its_leader_goes_on() {
    let (gate, leader_gone) = (Gate::new(), Gate::new());
    let leader = sys::fork(|| {
        leader_gone.pass();
        0
    });
    sys::setpgid(leader, leader).expect("a group");
    let member = sys::fork(|| {
        gate.pass();
        say!("{} {:?}", sys::getpgid(0) == Ok(leader), sys::kill(-(leader as i32), None));
        0
    });
    sys::setpgid(member, leader).expect("a group");
    leader_gone.open();
    reap(leader);
    gate.open();
    reap(member);
}

pub fn an_orphaned_group_that_is_stopped_is_hung_up() {
    let (told, gate, go) = (Gate::new(), Gate::new(), Gate::new());
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let parent = sys::fork(|| {
        let child = sys::fork(|| {
            sys::catch(Signal::HUP, false).expect("catch");
            sys::catch(Signal::CONT, false).expect("catch");
            told.open();
            let mut caught = Vec::new();
            while caught.len() < 2 {
                let _ = sys::sleep(1);
                caught.extend(sys::caught());
            }
            caught.sort();
            go.pass();
            say!("{}", say::signals(&caught));
            sys::write(write, b"done").expect("write");
            0
        });
        sys::setpgid(child, child).expect("a group");
        told.pass();
        sys::kill(child as i32, Some(Signal::STOP)).expect("kill");
        sys::wait(child as i32, wcr_abi::WUNTRACED).expect("wait");
        gate.open();
        0
    });
    gate.pass();
    reap(parent);
    go.open();
    say!("{}", say::bytes(&sys::read(read, 9).expect("read")));
}

pub fn an_orphaned_group_is_not_stopped_from_a_terminal() {
    let (ready, gate) = (Gate::new(), Gate::new());
    let child = sys::fork(|| {
        sys::setsid().expect("a session");
        ready.open();
        gate.pass();
        5
    });
    ready.pass();
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        sys::kill(child as i32, Some(signal)).expect("kill");
    }
    gate.open();
    reap(child);
}
