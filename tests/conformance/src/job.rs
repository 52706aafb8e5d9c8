//! Sessions at a terminal: who it controls, who may use it, and what its keys do.

use wcr_abi::{Fd, OpenFlags, SetWhen, Signal, WUNTRACED, WinSize, lflag};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys::{self, Mask};

/// A terminal that controls the caller's session, which had none.
struct Terminal {
    master: Fd,
    slave: Fd,
}

impl Terminal {
    fn open() -> Self {
        let master = sys::open_master(OpenFlags::NOCTTY).expect("a master");
        sys::lock_pty(master, false).expect("unlock");
        let slave = sys::open(&name(master), OpenFlags::RDWR, 0).expect("a slave");
        Terminal { master, slave }
    }

    fn types(&self, keys: &[u8]) {
        sys::write(self.master, keys).expect("type");
    }
}

fn name(master: Fd) -> String {
    format!("/dev/pts/{}", sys::slave_number(master).expect("a number"))
}

/// A child in a group of its own.
fn background(body: impl FnOnce() -> u8) -> u32 {
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        body()
    });
    sys::setpgid(child, child).expect("a group");
    gate.open();
    child
}

fn stopped(child: u32) {
    match sys::wait(child as i32, WUNTRACED) {
        Ok(Some((_, status))) => say!("child: {}", say::status(status)),
        other => say!("child: {other:?}"),
    }
}

fn bring_forward(terminal: &Terminal, group: u32) {
    sys::set_tty_foreground(terminal.slave, group).expect("to the foreground");
}

pub fn a_leader_that_opens_a_terminal_has_it() {
    say!("before: {:?}", sys::open("/dev/tty", OpenFlags::RDWR, 0).map(drop));
    let terminal = Terminal::open();
    let own = sys::pid();
    say!("{} {}", sys::tty_foreground(terminal.slave) == Ok(own), sys::tty_session(terminal.slave) == Ok(own));
    say!("by the master: {} {}", sys::tty_foreground(terminal.master) == Ok(own), sys::tty_session(terminal.master) == Ok(own));
    let by_name = sys::open("/dev/tty", OpenFlags::RDWR, 0).expect("open");
    say!("{}", sys::tty_foreground(by_name) == Ok(own));
}

pub fn not_when_it_says_so() {
    let master = sys::open_master(OpenFlags::NOCTTY).expect("a master");
    sys::lock_pty(master, false).expect("unlock");
    let slave = sys::open(&name(master), OpenFlags::RDWR.with(OpenFlags::NOCTTY), 0).expect("a slave");
    say!("{:?} {:?}", sys::tty_foreground(slave), sys::tty_session(slave));
    say!("{:?}", sys::open("/dev/tty", OpenFlags::RDWR, 0).map(drop));
    say!("{:?}", sys::acquire_tty(slave, false));
    say!("{}", sys::tty_foreground(slave) == Ok(sys::pid()));
    say!("again: {:?}", sys::acquire_tty(slave, false));
}

pub fn one_terminal_is_enough() {
    let first = Terminal::open();
    let second = Terminal::open();
    say!("{:?} {:?}", sys::tty_foreground(first.slave).is_ok(), sys::tty_foreground(second.slave));
    say!("{:?}", sys::acquire_tty(second.slave, false));
}

pub fn only_a_leader_gets_one() {
    let master = sys::open_master(OpenFlags::NOCTTY).expect("a master");
    sys::lock_pty(master, false).expect("unlock");
    reap(sys::fork(|| {
        let slave = sys::open(&name(master), OpenFlags::RDWR, 0).expect("a slave");
        say!("{:?} {:?}", sys::tty_foreground(slave), sys::acquire_tty(slave, false));
        0
    }));
}

pub fn another_sessions_terminal() {
    let terminal = Terminal::open();
    reap(sys::fork(|| {
        sys::setsid().expect("a session");
        say!("{:?}", sys::open("/dev/tty", OpenFlags::RDWR, 0).map(drop));
        say!("{:?} {:?}", sys::tty_foreground(terminal.slave), sys::acquire_tty(terminal.slave, false));
        say!("{:?}", sys::set_tty_foreground(terminal.slave, sys::pid()));
        say!("use: {:?}", sys::write(terminal.slave, b"x"));
        0
    }));
}

pub fn giving_it_up() {
    let terminal = Terminal::open();
    sys::catch(Signal::HUP, false).expect("catch");
    sys::catch(Signal::CONT, false).expect("catch");
    say!("{:?}", sys::release_tty(terminal.slave));
    let mut caught = sys::caught();
    caught.sort();
    say!("{}", say::signals(&caught));
    say!("{:?} {:?}", sys::tty_foreground(terminal.slave), sys::release_tty(terminal.slave));
    say!("{:?}", sys::open("/dev/tty", OpenFlags::RDWR, 0).map(drop));
}

pub fn a_member_gives_it_up_for_itself() {
    let terminal = Terminal::open();
    reap(sys::fork(|| {
        say!("{:?} {:?}", sys::release_tty(terminal.slave), sys::tty_foreground(terminal.slave));
        0
    }));
    say!("{}", sys::tty_foreground(terminal.slave).is_ok());
}

pub fn to_the_foreground() {
    let terminal = Terminal::open();
    let child = background(Gate::stay);
    say!("{:?}", sys::set_tty_foreground(terminal.slave, child));
    say!("{}", sys::tty_foreground(terminal.slave) == Ok(child));
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    reap(child);
    say!("{}", sys::tty_foreground(terminal.slave) == Ok(child));
}

pub fn bad_groups() {
    let terminal = Terminal::open();
    say!("{:?}", sys::set_tty_foreground(terminal.slave, 999_999));
    say!("{:?}", sys::set_tty_foreground(terminal.slave, -3i32 as u32));
    let (ready, gate) = (Gate::new(), Gate::new());
    let child = sys::fork(|| {
        sys::setsid().expect("a session");
        ready.open();
        gate.pass();
        0
    });
    ready.pass();
    say!("{:?}", sys::set_tty_foreground(terminal.slave, child));
    gate.open();
    reap(child);
}

pub fn keys_signal_the_foreground() {
    let terminal = Terminal::open();
    for (key, name) in [(3, "^C"), (28, "^\\")] {
        let ready = Gate::new();
        let child = background(|| {
            ready.open();
            Gate::stay()
        });
        ready.pass();
        bring_forward(&terminal, child);
        terminal.types(&[key]);
        say!("{name}");
        reap(child);
        sys::ignore(Signal::TTOU).expect("ignore");
        bring_forward(&terminal, sys::getpgid(0).expect("a group"));
    }
}

pub fn a_key_stops_the_foreground() {
    let terminal = Terminal::open();
    let child = background(Gate::stay);
    bring_forward(&terminal, child);
    terminal.types(b"\x1a");
    stopped(child);
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    reap(child);
}

pub fn a_key_for_all_of_a_group() {
    let terminal = Terminal::open();
    let child = background(|| {
        let (first, second) = (sys::fork(Gate::stay), sys::fork(Gate::stay));
        sys::catch(Signal::INT, true).expect("catch");
        sys::write(terminal.slave, b"r").expect("write");
        reap(first);
        reap(second);
        say!("{}", say::signals(&sys::caught()));
        0
    });
    bring_forward(&terminal, child);
    sys::read(terminal.master, 1).expect("ready");
    terminal.types(b"\x03");
    reap(child);
}

pub fn no_signals_without_the_flag() {
    let terminal = Terminal::open();
    let mut termios = sys::tty_attributes(terminal.slave).expect("attributes");
    termios.lflag &= !lflag::ISIG;
    sys::set_tty_attributes(terminal.slave, SetWhen::Now, &termios).expect("set attributes");
    terminal.types(b"\x03\n");
    say!("{}", say::bytes(&sys::read(terminal.slave, 9).expect("read")));
}

pub fn an_interrupted_line_is_dropped() {
    let terminal = Terminal::open();
    sys::catch(Signal::INT, true).expect("catch");
    terminal.types(b"whole\nhalf\x03rest\n");
    say!("{}", say::bytes(&sys::read(terminal.slave, 99).expect("read")));
    say!("{}", say::signals(&sys::caught()));
}

pub fn reading_from_the_background_stops() {
    let terminal = Terminal::open();
    let child = background(|| {
        say!("{:?}", sys::read(terminal.slave, 9).map(|got| say::bytes(&got)));
        0
    });
    stopped(child);
    terminal.types(b"line\n");
    bring_forward(&terminal, child);
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    reap(child);
}

pub fn reading_from_the_background_with_the_signal_off() {
    let terminal = Terminal::open();
    reap(background(|| {
        sys::ignore(Signal::TTIN).expect("ignore");
        say!("ignored: {:?}", sys::read(terminal.slave, 9));
        sys::default(Signal::TTIN).expect("default");
        sys::mask(Mask::Block, Signal::TTIN.bit()).expect("mask");
        say!("held back: {:?}", sys::read(terminal.slave, 9));
        0
    }));
    reap(background(|| {
        sys::catch(Signal::TTIN, false).expect("catch");
        say!("caught: {:?} {}", sys::read(terminal.slave, 9), say::signals(&sys::caught()));
        0
    }));
}

pub fn writing_from_the_background_goes_through() {
    let terminal = Terminal::open();
    reap(background(|| {
        say!("{:?}", sys::write(terminal.slave, b"through"));
        0
    }));
    say!("{}", say::bytes(&sys::read(terminal.master, 99).expect("read")));
}

pub fn writing_from_the_background_stops_when_it_should() {
    let terminal = Terminal::open();
    let mut termios = sys::tty_attributes(terminal.slave).expect("attributes");
    termios.lflag |= lflag::TOSTOP;
    sys::set_tty_attributes(terminal.slave, SetWhen::Now, &termios).expect("set attributes");
    let child = background(|| {
        say!("{:?}", sys::write(terminal.slave, b"at last"));
        0
    });
    stopped(child);
    bring_forward(&terminal, child);
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    reap(child);
    say!("{}", say::bytes(&sys::read(terminal.master, 99).expect("read")));
    sys::ignore(Signal::TTOU).expect("ignore");
    bring_forward(&terminal, sys::getpgid(0).expect("a group"));
    reap(background(|| {
        say!("ignored: {:?}", sys::write(terminal.slave, b"x"));
        0
    }));
}

pub fn changing_from_the_background_stops() {
    let terminal = Terminal::open();
    let termios = sys::tty_attributes(terminal.slave).expect("attributes");
    let child = background(|| {
        say!("reading them: {:?}", sys::tty_attributes(terminal.slave).map(drop));
        say!("{:?}", sys::set_tty_attributes(terminal.slave, SetWhen::Now, &termios));
        0
    });
    stopped(child);
    bring_forward(&terminal, child);
    sys::kill(child as i32, Some(Signal::CONT)).expect("kill");
    reap(child);
}

pub fn taking_the_foreground_from_the_background() {
    let terminal = Terminal::open();
    let child = background(|| {
        say!("{:?}", sys::set_tty_foreground(terminal.slave, sys::pid()));
        0
    });
    stopped(child);
    sys::kill(child as i32, Some(Signal::KILL)).expect("kill");
    reap(child);
    reap(background(|| {
        sys::ignore(Signal::TTOU).expect("ignore");
        say!("{:?}", sys::set_tty_foreground(terminal.slave, sys::pid()));
        0
    }));
}

pub fn a_new_size_is_signalled() {
    let terminal = Terminal::open();
    sys::catch(Signal::WINCH, false).expect("catch");
    sys::set_tty_size(terminal.master, WinSize { rows: 30, cols: 90 }).expect("set the size");
    say!("{}", say::signals(&sys::caught()));
    sys::set_tty_size(terminal.master, WinSize { rows: 30, cols: 90 }).expect("set the size");
    say!("the same: {}", say::signals(&sys::caught()));
}

pub fn a_master_that_closes_hangs_up() {
    let terminal = Terminal::open();
    sys::catch(Signal::HUP, false).expect("catch");
    sys::catch(Signal::CONT, false).expect("catch");
    sys::close(terminal.master).expect("close");
    let mut caught = sys::caught();
    caught.sort();
    say!("{}", say::signals(&caught));
    say!("{:?} {:?}", sys::read(terminal.slave, 9), sys::write(terminal.slave, b"x"));
    say!("{:?}", sys::open("/dev/tty", OpenFlags::RDWR, 0).map(drop));
}

pub fn a_leader_that_ends_hangs_up_the_foreground() {
    let (ready, gate, go) = (Gate::new(), Gate::new(), Gate::new());
    let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
    let master = sys::open_master(OpenFlags::NOCTTY).expect("a master");
    sys::lock_pty(master, false).expect("unlock");
    let leader = sys::fork(|| {
        sys::setsid().expect("a session");
        let slave = sys::open(&name(master), OpenFlags::RDWR, 0).expect("a slave");
        let child = background(|| {
            sys::catch(Signal::HUP, false).expect("catch");
            ready.open();
            let mut caught = Vec::new();
            while caught.is_empty() {
                let _ = sys::sleep(1);
                caught = sys::caught();
            }
            go.pass();
            say!("{} {:?}", say::signals(&caught), sys::tty_foreground(slave));
            sys::write(write, b"done").expect("write");
            0
        });
        sys::set_tty_foreground(slave, child).expect("to the foreground");
        gate.pass();
        0
    });
    ready.pass();
    gate.open();
    reap(leader);
    go.open();
    say!("{}", say::bytes(&sys::read(read, 9).expect("read")));
}
