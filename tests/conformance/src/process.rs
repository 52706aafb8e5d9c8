//! Copies, new programs, ends, orphans.

use wcr_abi::{OpenFlags, Signal};

use crate::gate::{Gate, reap};
use crate::ids::program;
use crate::sys::{self, Mask};
use crate::say;

pub fn exit_codes() {
    for code in [0, 1, 3, 127, 128, 255] {
        reap(sys::fork(|| code));
    }
}

pub fn memory_is_copied() {
    let mut value = vec![1];
    let child = sys::fork(|| {
        value.push(2);
        say!("child has {value:?}");
        0
    });
    reap(child);
    value.push(3);
    say!("parent has {value:?}");
}

pub fn a_copy_of_a_copy() {
    let child = sys::fork(|| {
        reap(sys::fork(|| {
            reap(sys::fork(|| 3));
            2
        }));
        1
    });
    reap(child);
}

pub fn a_child_knows_its_parent() {
    let (parent, group, session) = (sys::pid(), sys::getpgid(0), sys::getsid(0));
    let child = sys::fork(|| {
        say!("parent: {}", sys::ppid() == parent);
        say!("group and session: {}", sys::getpgid(0) == group && sys::getsid(0) == session);
        say!("another number: {}", sys::pid() != parent);
        0
    });
    reap(child);
}

pub fn offsets_are_shared_with_a_child() {
    let file = sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("a file");
    sys::write(file, b"one ").expect("write");
    let child = sys::fork(|| {
        sys::write(file, b"two ").expect("write");
        0
    });
    reap(child);
    sys::write(file, b"three").expect("write");
    sys::seek(file, 0).expect("seek");
    say!("{}", say::bytes(&sys::read(file, 99).expect("read")));
}

pub fn closing_in_a_child_is_its_own() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    reap(sys::fork(|| {
        sys::close(read).expect("close");
        sys::close(write).expect("close");
        0
    }));
    say!("{:?}", sys::write(write, b"x"));
    say!("{:?}", sys::read(read, 9).map(|got| say::bytes(&got)));
}

pub fn an_orphan_gets_another_parent() {
    let reaper = sys::ppid();
    let (ready, go) = (Gate::new(), Gate::new());
    let child = sys::fork(|| {
        let parent = sys::pid();
        sys::fork(|| {
            say!("before: {}", sys::ppid() == parent);
            ready.open();
            go.pass();
            while sys::ppid() == parent {
                let _ = sys::sleep(1);
            }
            say!("after: {}", sys::ppid() == reaper);
            ready.open();
            0
        });
        ready.pass();
        0
    });
    reap(child);
    go.open();
    ready.pass();
}

pub fn an_orphan_is_taken_in() {
    let (told, go) = (Gate::new(), Gate::new());
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    reap(sys::fork(|| {
        let orphan = sys::fork(|| {
            go.pass();
            0
        });
        sys::write(write, &orphan.to_le_bytes()).expect("write");
        told.open();
        0
    }));
    told.pass();
    let number = sys::read(read, 4).expect("read");
    let orphan = u32::from_le_bytes(number.try_into().expect("four bytes")) as i32;
    say!("there: {:?}; ours: {:?}", sys::kill(orphan, None), sys::wait(orphan, 0).map(drop));
    go.open();
    while sys::kill(orphan, None).is_ok() {
        let _ = sys::sleep(1);
    }
    say!("gone: {:?}", sys::kill(orphan, None));
}

pub fn a_zombie_is_there_until_it_is_waited_for() {
    let child = sys::fork(|| 7);
    let _ = sys::sleep(50);
    say!("signal 0: {:?}", sys::kill(child as i32, None));
    say!("TERM: {:?}", sys::kill(child as i32, Some(Signal::TERM)));
    say!("group: {}", sys::getpgid(child) == sys::getpgid(0));
    reap(child);
    say!("signal 0: {:?}", sys::kill(child as i32, None));
}

pub fn exec_passes_arguments() {
    reap(sys::fork(|| {
        say!("{:?}", sys::exec(&["--role", "say", "", "a b", "ä", "--x"]));
        1
    }));
}

pub fn exec_keeps_the_number() {
    reap(sys::fork(|| {
        let number = sys::pid().to_string();
        say!("{:?}", sys::exec(&["--role", "pid", &number]));
        1
    }));
}

pub fn exec_closes_what_is_marked() {
    let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let kept = sys::dup(read, 0, false).expect("dup");
    let marked = sys::dup(write, 0, true).expect("dup");
    let fds = [read, write, kept, marked].map(|fd| fd.to_string());
    reap(sys::fork(|| {
        say!("{:?}", sys::exec(&["--role", "fds", &fds[0], &fds[1], &fds[2], &fds[3]]));
        1
    }));
}

pub fn exec_keeps_what_is_ignored_and_held_back() {
    reap(sys::fork(|| {
        sys::ignore(Signal::USR1).expect("ignore");
        sys::catch(Signal::USR2, false).expect("catch");
        sys::mask(Mask::Block, Signal::TERM.bit() | Signal::HUP.bit()).expect("mask");
        sys::kill(sys::pid() as i32, Some(Signal::TERM)).expect("kill");
        say!("{:?}", sys::exec(&["--role", "signals"]));
        1
    }));
}

pub fn exec_keeps_the_umask() {
    reap(sys::fork(|| {
        sys::umask(0o027);
        say!("{:?}", sys::exec(&["--role", "umask"]));
        1
    }));
}

pub fn exec_of_what_is_no_program() {
    let file = sys::open("plain", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o644).expect("a file");
    sys::write(file, b"just text\n").expect("write");
    sys::close(file).expect("close");
    say!("missing: {:?}", sys::exec_file("missing", &[]));
    say!("empty name: {:?}", sys::exec_file("", &[]));
    say!("in a file: {:?}", sys::exec_file("plain/x", &[]));
    say!("folder: {:?}", sys::exec_file(".", &[]));
    sys::chmod("plain", 0o755).expect("chmod");
    say!("text: {:?}", sys::exec_file("plain", &[]));
}

pub fn exec_that_fails_changes_nothing() {
    let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    sys::catch(Signal::USR1, false).expect("catch");
    say!("{:?}", sys::exec_file("missing", &[]));
    say!("{:?} {}", sys::write(write, b"x"), sys::disposition(Signal::USR1));
    say!("{:?}", sys::read(read, 9).map(|got| say::bytes(&got)));
}

pub fn arguments_that_are_too_long() {
    let (longest, too_long) = ("x".repeat(131_071), "x".repeat(131_072));
    for (name, arg, count) in [("one", &longest, 1), ("a longer one", &too_long, 1), ("many", &longest, 15), ("too many", &longest, 16)] {
        let args: Vec<&str> = ["--role", "umask"].into_iter().chain(std::iter::repeat_n(arg.as_str(), count)).collect();
        say!("{name}");
        reap(sys::fork(|| {
            say!("{:?}", sys::exec(&args));
            1
        }));
    }
}

pub fn what_is_being_written_is_not_executed() {
    program(0o755, 0);
    let writer = sys::open("program", OpenFlags::WRONLY, 0).expect("the copy");
    say!("{:?}", sys::exec_file("program", &["--role", "say", "a"]));
    let script = sys::open("script", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o755).expect("a file");
    sys::write(script, b"#!program\n").expect("write");
    say!("script: {:?}", sys::exec_file("script", &[]));
    sys::close(script).expect("close");
    say!("its interpreter: {:?}", sys::exec_file("script", &[]));
    sys::close(writer).expect("close");
    reap(sys::fork(|| {
        say!("{:?}", sys::exec_file("program", &["--role", "say", "b"]));
        1
    }));
    sys::unlink("program").expect("unlink");
}

pub fn what_is_executed_is_not_written() {
    program(0o755, 0);
    let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let (end_read, end_write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let child = sys::fork(|| {
        sys::dup2(end_read, 0).expect("dup2");
        say!("{:?}", sys::exec_file("program", &["--role", "wait"]));
        1
    });
    sys::close(write).expect("close");
    // The end comes when exec closes the other writer.
    sys::read(read, 1).expect("read");
    for flags in [OpenFlags::WRONLY, OpenFlags::RDWR, OpenFlags::RDONLY.with(OpenFlags::TRUNC)] {
        say!("{:?}", sys::open("program", flags, 0).map(drop));
    }
    say!("{:?} {:?}", sys::truncate_path("program", 0), sys::open("program", OpenFlags::RDONLY, 0).map(drop));
    sys::write(end_write, b"x").expect("write");
    reap(child);
    say!("{:?}", sys::open("program", OpenFlags::WRONLY, 0).map(drop));
    sys::unlink("program").expect("unlink");
}

pub fn an_end_closes_pipes() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let child = sys::fork(|| {
        sys::write(write, b"last words").expect("write");
        0
    });
    sys::close(write).expect("close");
    say!("{:?}", sys::read(read, 99).map(|got| say::bytes(&got)));
    say!("{:?}", sys::read(read, 99).map(|got| say::bytes(&got)));
    reap(child);
}

pub fn many_children_at_once() {
    let children: Vec<u32> = (0..50).map(|code| sys::fork(move || code)).collect();
    let mut sum = 0;
    for child in &children {
        match sys::wait(*child as i32, 0) {
            Ok(Some((_, wcr_abi::WaitStatus::Exited(code)))) => sum += u32::from(code),
            other => say!("{other:?}"),
        }
    }
    say!("sum of the codes: {sum}; then {:?}", sys::wait(-1, 0).map(drop));
}
