//! Terminals and their line discipline.

use wcr_abi::{Fd, OpenFlags, Queue, SetWhen, Termios, WinSize, cc, iflag, lflag, oflag};

use crate::gate::reap;
use crate::say;
use crate::sys::{self, Outcome, POLLIN, POLLOUT, poll_names};

/// A pseudo-terminal that controls no session.
struct Pair {
    master: Fd,
    slave: Fd,
}

impl Pair {
    fn new() -> Self {
        let master = sys::open_master(OpenFlags::NOCTTY.with(OpenFlags::NONBLOCK)).expect("a master");
        sys::lock_pty(master, false).expect("unlock");
        let slave = open_slave(master, OpenFlags::NONBLOCK).expect("a slave");
        Pair { master, slave }
    }

    /// One with changed attributes.
    fn with(change: impl FnOnce(&mut Termios)) -> Self {
        let pair = Pair::new();
        let mut termios = sys::tty_attributes(pair.slave).expect("attributes");
        change(&mut termios);
        sys::set_tty_attributes(pair.slave, SetWhen::Now, &termios).expect("set attributes");
        pair
    }

    /// Types, and says what is shown and what can be read.
    fn types(&self, keys: &[u8]) {
        let typed = sys::write(self.master, keys);
        if typed != Ok(keys.len()) {
            say!("typed {typed:?}");
        }
        say!("{} shows {}", say::bytes(keys), text(settled(self.master)));
        loop {
            let got = sys::read(self.slave, 4096);
            match got {
                Ok(bytes) => say!("  read {}", text(Ok(bytes))),
                Err(_) => break,
            }
        }
    }
}

fn open_slave(master: Fd, flags: OpenFlags) -> Outcome<Fd> {
    let name = format!("/dev/pts/{}", sys::slave_number(master)?);
    sys::open(&name, OpenFlags::RDWR.with(OpenFlags::NOCTTY).with(flags), 0)
}

/// Reads what is shown. Linux passes it on in its own time.
fn settled(master: Fd) -> Outcome<Vec<u8>> {
    let mut all = Vec::new();
    while sys::poll(&[(master as i32, POLLIN)], Some(20)).is_ok_and(|found| found[0] & POLLIN != 0) {
        all.extend(sys::read(master, 8192)?);
    }
    Ok(all)
}

fn text(got: Outcome<Vec<u8>>) -> String {
    match got {
        Ok(bytes) if bytes.len() > 120 => format!("{} bytes", bytes.len()),
        Ok(bytes) => say::bytes(&bytes),
        Err(error) => format!("{error:?}"),
    }
}

pub fn attributes_at_first() {
    let pair = Pair::new();
    let Termios { iflag, oflag, cflag, lflag, line, cc, ispeed, ospeed } = sys::tty_attributes(pair.slave).expect("them");
    say!("{iflag:o} {oflag:o} {cflag:o} {lflag:o} {line} {ispeed} {ospeed}");
    say!("{:?}", &cc[..17]);
    say!("{}", sys::tty_attributes(pair.master) == sys::tty_attributes(pair.slave));
}

pub fn no_terminal() {
    let (read, _) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let null = sys::open("/dev/null", OpenFlags::RDWR, 0).expect("open");
    for fd in [read, null, 99] {
        say!("{:?} {:?}", sys::tty_attributes(fd).map(drop), sys::tty_size(fd));
        say!("{:?} {:?}", sys::tty_foreground(fd), sys::tty_session(fd));
        say!("{:?} {:?}", sys::slave_number(fd), sys::acquire_tty(fd, false));
    }
}

pub fn a_slave_is_locked_at_first() {
    let master = sys::open_master(OpenFlags::NOCTTY).expect("a master");
    say!("{:?}", open_slave(master, OpenFlags::RDONLY).map(drop));
    say!("{:?}", sys::lock_pty(master, false));
    say!("{:?}", open_slave(master, OpenFlags::RDONLY).map(drop));
}

pub fn a_slave_is_a_character_device() {
    let pair = Pair::new();
    say!("{:o} {:o}", sys::mode(pair.slave).expect("stat") & 0o170_000, sys::mode(pair.master).expect("stat"));
    say!("{:?} {:?}", sys::seek(pair.slave, 0), sys::seek(pair.master, 0));
    say!("{:?} {:?}", sys::slave_number(pair.slave), sys::lock_pty(pair.slave, false));
}

pub fn lines() {
    let pair = Pair::new();
    pair.types(b"one\n");
    pair.types(b"two\rthree\n");
    pair.types(b"not yet");
    pair.types(b", now\n");
}

pub fn a_line_in_pieces() {
    let pair = Pair::new();
    sys::write(pair.master, b"abcdef\nnext\n").expect("type");
    settled(pair.master).expect("echo");
    for len in [2, 2, 100, 100] {
        say!("{}", text(sys::read(pair.slave, len)));
    }
}

pub fn erasing() {
    let pair = Pair::new();
    pair.types(b"ab\x7fc\n");
    pair.types(b"a\x7f\x7f\x7fb\n");
    pair.types(b"\x01\x7fx\n");
    pair.types(b"a\tb\x7f\x7fc\n");
    pair.types("ä\x7f\n".as_bytes());
}

pub fn erasing_characters_of_utf_8() {
    let pair = Pair::with(|termios| termios.iflag |= iflag::IUTF8);
    pair.types("aä€\x7f\x7fb\n".as_bytes());
}

pub fn erasing_words() {
    let pair = Pair::new();
    pair.types(b"one two\x17x\n");
    pair.types(b"one two  \x17x\n");
    pair.types(b"one-two.\x17x\n");
    pair.types(b"one_two\x17x\n");
    pair.types(b"\x17x\n");
}

pub fn erasing_lines() {
    let pair = Pair::new();
    pair.types(b"gone\x15here\n");
    pair.types(b"done\nhalf\x15other\n");
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHOKE);
    pair.types(b"gone\x15here\n");
    let pair = Pair::with(|termios| termios.lflag &= !(lflag::ECHOKE | lflag::ECHOK));
    pair.types(b"gone\x15here\n");
}

pub fn erasing_without_its_echo() {
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHOE);
    pair.types(b"ab\x7fc\x17d\n");
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHO);
    pair.types(b"ab\x7fc\n");
}

pub fn the_next_character_as_it_is() {
    let pair = Pair::new();
    pair.types(b"a\x16\x03b\x16\x7f\x16\n\n");
    pair.types(b"\x16\x04\n");
}

pub fn reprinting() {
    let pair = Pair::new();
    pair.types(b"abc\x12def\n");
}

pub fn control_characters_are_shown() {
    let pair = Pair::new();
    pair.types(b"\x01\x02\x05\x1b\x07\n");
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHOCTL);
    pair.types(b"\x01\x02\x1b\x7fx\n");
}

pub fn ends_of_file() {
    let pair = Pair::new();
    pair.types(b"\x04");
    pair.types(b"ab\x04");
    pair.types(b"ab\x04\x04cd\n");
}

pub fn an_end_of_file_behind_a_full_buffer() {
    let pair = Pair::new();
    sys::write(pair.master, b"abc\x04def\n").expect("type");
    settled(pair.master).expect("echo");
    say!("{}", text(sys::read(pair.slave, 3)));
    say!("{}", text(sys::read(pair.slave, 3)));
    say!("{}", text(sys::read(pair.slave, 3)));
}

pub fn other_ends_of_lines() {
    let pair = Pair::with(|termios| (termios.cc[cc::VEOL], termios.cc[cc::VEOL2]) = (b';', b'!'));
    pair.types(b"a;b!c\n");
}

pub fn changed_keys() {
    let pair = Pair::with(|termios| {
        (termios.cc[cc::VERASE], termios.cc[cc::VKILL], termios.cc[cc::VEOF]) = (8, b'@', 26);
        termios.cc[cc::VINTR] = 0;
        termios.lflag &= !lflag::ISIG;
    });
    pair.types(b"ab\x08c\x7f\n");
    pair.types(b"gone@here\x03\n");
    pair.types(b"end\x1a");
}

pub fn carriage_returns() {
    let pair = Pair::with(|termios| termios.iflag &= !iflag::ICRNL);
    pair.types(b"a\rb\n");
    let pair = Pair::with(|termios| termios.iflag |= iflag::IGNCR);
    pair.types(b"a\rb\n");
    let pair = Pair::with(|termios| termios.iflag |= iflag::INLCR);
    pair.types(b"a\nb\r");
}

pub fn seven_bits_and_lower_case() {
    let pair = Pair::with(|termios| termios.iflag |= iflag::ISTRIP);
    pair.types(b"\xe1\xe2\n");
    let pair = Pair::with(|termios| termios.iflag |= iflag::IUCLC);
    pair.types(b"ABC\n");
}

pub fn without_echo() {
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHO);
    pair.types(b"secret\n");
    let pair = Pair::with(|termios| termios.lflag = termios.lflag & !lflag::ECHO | lflag::ECHONL);
    pair.types(b"secret\n");
}

pub fn raw() {
    let pair = Pair::with(|termios| *termios = termios.raw());
    pair.types(b"a");
    pair.types(b"\r\n\x03\x04\x7f\x1a\x13\x11");
}

pub fn without_lines_but_with_echo() {
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ICANON);
    pair.types(b"ab\x7f\x04c\r\n");
}

pub fn a_fewest_number_of_bytes() {
    let pair = Pair::with(|termios| {
        *termios = termios.raw();
        termios.cc[cc::VMIN] = 3;
    });
    let found = || poll_names(sys::poll(&[(pair.slave as i32, POLLIN)], Some(20)).expect("poll")[0]);
    sys::write(pair.master, b"ab").expect("type");
    say!("{} {:?}", found(), sys::available(pair.slave));
    sys::write(pair.master, b"c").expect("type");
    say!("{}", found());
    say!("{}", text(sys::read(pair.slave, 100)));
    sys::set_flags(pair.slave, OpenFlags::RDONLY).expect("flags");
    let child = sys::fork(|| {
        say!("{}", text(sys::read(pair.slave, 100)));
        say!("{}", text(sys::read(pair.slave, 1)));
        0
    });
    for part in [&b"12"[..], b"345", b"6"] {
        let _ = sys::sleep(30);
        sys::write(pair.master, part).expect("type");
    }
    reap(child);
}

pub fn a_time_to_wait() {
    let pair = Pair::with(|termios| {
        *termios = termios.raw();
        (termios.cc[cc::VMIN], termios.cc[cc::VTIME]) = (0, 1);
    });
    sys::set_flags(pair.slave, OpenFlags::RDONLY).expect("flags");
    let start = sys::clock();
    say!("{} {}", text(sys::read(pair.slave, 9)), sys::clock() - start >= 90);
    sys::write(pair.master, b"x").expect("type");
    say!("{}", text(sys::read(pair.slave, 9)));
}

pub fn neither_number_nor_time() {
    let pair = Pair::with(|termios| {
        *termios = termios.raw();
        (termios.cc[cc::VMIN], termios.cc[cc::VTIME]) = (0, 0);
    });
    say!("{}", text(sys::read(pair.slave, 9)));
    sys::set_flags(pair.slave, OpenFlags::RDONLY).expect("flags");
    say!("{}", text(sys::read(pair.slave, 9)));
}

pub fn time_between_bytes() {
    let pair = Pair::with(|termios| {
        *termios = termios.raw();
        (termios.cc[cc::VMIN], termios.cc[cc::VTIME]) = (5, 1);
    });
    sys::set_flags(pair.slave, OpenFlags::RDONLY).expect("flags");
    sys::write(pair.master, b"ab").expect("type");
    say!("{}", text(sys::read(pair.slave, 9)));
}

pub fn what_is_there_becomes_a_line() {
    let pair = Pair::with(|termios| *termios = termios.raw());
    sys::write(pair.master, b"half").expect("type");
    let _ = sys::sleep(20);
    let mut termios = sys::tty_attributes(pair.slave).expect("attributes");
    termios.lflag |= lflag::ICANON;
    sys::set_tty_attributes(pair.slave, SetWhen::Now, &termios).expect("set attributes");
    say!("{}", text(sys::read(pair.slave, 9)));
}

pub fn a_line_becomes_bytes() {
    let pair = Pair::new();
    sys::write(pair.master, b"half").expect("type");
    let _ = sys::sleep(20);
    say!("{:?}", sys::available(pair.slave));
    let termios = sys::tty_attributes(pair.slave).expect("attributes").raw();
    sys::set_tty_attributes(pair.slave, SetWhen::Now, &termios).expect("set attributes");
    say!("{:?} {}", sys::available(pair.slave), text(sys::read(pair.slave, 9)));
}

pub fn a_change_that_drops_the_input() {
    let pair = Pair::new();
    sys::write(pair.master, b"gone\nand this").expect("type");
    settled(pair.master).expect("echo");
    let termios = sys::tty_attributes(pair.slave).expect("attributes");
    sys::set_tty_attributes(pair.slave, SetWhen::Flush, &termios).expect("set attributes");
    say!("{}", text(sys::read(pair.slave, 9)));
    pair.types(b"new\n");
}

pub fn dropping_the_input() {
    let pair = Pair::new();
    sys::write(pair.master, b"gone\n").expect("type");
    settled(pair.master).expect("echo");
    say!("{:?} {}", sys::flush_tty(pair.slave, Queue::Input), text(sys::read(pair.slave, 9)));
}

pub fn output() {
    let pair = Pair::new();
    say!("{:?}", sys::write(pair.slave, b"one\ntwo\r\n\tthree\x08\n"));
    say!("{}", text(settled(pair.master)));
}

pub fn output_as_it_is() {
    let pair = Pair::with(|termios| termios.oflag &= !oflag::OPOST);
    sys::write(pair.slave, b"one\ntwo\r\n\t").expect("write");
    say!("{}", text(settled(pair.master)));
}

pub fn tabs_become_spaces() {
    let pair = Pair::with(|termios| termios.oflag |= oflag::XTABS);
    sys::write(pair.slave, b"a\tbc\t\x08\tx\n\ty").expect("write");
    say!("{}", text(settled(pair.master)));
}

pub fn other_changes_of_output() {
    let pair = Pair::with(|termios| termios.oflag = termios.oflag & !oflag::ONLCR | oflag::OCRNL | oflag::OLCUC);
    sys::write(pair.slave, b"one\rtwo\n").expect("write");
    say!("{}", text(settled(pair.master)));
    let pair = Pair::with(|termios| termios.oflag |= oflag::ONOCR);
    sys::write(pair.slave, b"\ra\r\rb\n\rc").expect("write");
    say!("{}", text(settled(pair.master)));
}

pub fn stopping_the_output() {
    let pair = Pair::new();
    sys::write(pair.master, b"\x13").expect("type");
    let _ = sys::sleep(20);
    say!("{:?}", sys::write(pair.slave, b"held"));
    let found = sys::poll(&[(pair.slave as i32, POLLOUT)], Some(0)).expect("poll");
    say!("{}", poll_names(found[0]));
    sys::write(pair.master, b"\x11").expect("type");
    let _ = sys::sleep(20);
    say!("{:?} {}", sys::write(pair.slave, b"shown"), text(settled(pair.master)));
}

pub fn the_keys_that_stop_can_be_ordinary() {
    let pair = Pair::with(|termios| termios.iflag &= !iflag::IXON);
    pair.types(b"a\x13b\x11\n");
}

pub fn stopping_by_a_call() {
    let pair = Pair::new();
    say!("{:?} {:?}", sys::stop_tty(pair.slave, true), sys::write(pair.slave, b"held"));
    say!("{:?} {:?}", sys::stop_tty(pair.slave, false), sys::write(pair.slave, b"shown"));
    say!("{}", text(settled(pair.master)));
}

pub fn sizes() {
    let pair = Pair::new();
    say!("{:?}", sys::tty_size(pair.slave));
    say!("{:?}", sys::set_tty_size(pair.master, WinSize { rows: 50, cols: 132 }));
    say!("{:?} {:?}", sys::tty_size(pair.slave), sys::tty_size(pair.master));
    say!("{:?}", sys::set_tty_size(pair.slave, WinSize { rows: 1, cols: 2 }));
    say!("{:?}", sys::tty_size(pair.master));
}

pub fn a_master_without_slaves() {
    let master = sys::open_master(OpenFlags::NOCTTY.with(OpenFlags::NONBLOCK)).expect("a master");
    sys::lock_pty(master, false).expect("unlock");
    say!("never opened: {}", text(sys::read(master, 9)));
    let slave = open_slave(master, OpenFlags::RDONLY).expect("a slave");
    sys::write(slave, b"last").expect("write");
    sys::close(slave).expect("close");
    say!("{}", text(sys::read(master, 9)));
    say!("closed: {}", text(sys::read(master, 9)));
    let slave = open_slave(master, OpenFlags::RDONLY).expect("a slave");
    say!("open again: {}", text(sys::read(master, 9)));
    sys::write(slave, b"more").expect("write");
    say!("{}", text(settled(master)));
}

pub fn a_slave_without_master() {
    let pair = Pair::new();
    sys::write(pair.master, b"typed\n").expect("type");
    let _ = sys::sleep(20);
    sys::close(pair.master).expect("close");
    say!("{} {:?}", text(sys::read(pair.slave, 9)), sys::write(pair.slave, b"x"));
    say!("{:?} {:?}", sys::tty_attributes(pair.slave).map(drop), sys::tty_size(pair.slave));
}

pub fn a_reader_waits_for_a_line() {
    let pair = Pair::new();
    sys::set_flags(pair.slave, OpenFlags::RDONLY).expect("flags");
    let child = sys::fork(|| {
        say!("{}", text(sys::read(pair.slave, 99)));
        0
    });
    for part in ["ab", "cd", "\n"] {
        let _ = sys::sleep(20);
        say!("typing");
        sys::write(pair.master, part.as_bytes()).expect("type");
    }
    reap(child);
}

pub fn a_long_line() {
    let pair = Pair::with(|termios| termios.lflag &= !lflag::ECHO);
    for _ in 0..10 {
        sys::write(pair.master, &[b'x'; 500]).expect("type");
        let _ = sys::sleep(2);
    }
    sys::write(pair.master, b"\n").expect("type");
    let _ = sys::sleep(20);
    say!("{}", text(sys::read(pair.slave, 10_000)));
}

pub fn polled() {
    let pair = Pair::new();
    let found = |fd: Fd| poll_names(sys::poll(&[(fd as i32, POLLIN | POLLOUT)], Some(20)).expect("poll")[0]);
    say!("{} {}", found(pair.slave), found(pair.master));
    sys::write(pair.master, b"half").expect("type");
    say!("{} {}", found(pair.slave), found(pair.master));
    sys::write(pair.master, b"\n").expect("type");
    settled(pair.master).expect("echo");
    say!("{} {}", found(pair.slave), found(pair.master));
    sys::read(pair.slave, 99).expect("read");
    sys::close(pair.slave).expect("close");
    say!("{}", found(pair.master));
}

pub fn polled_without_master() {
    let pair = Pair::new();
    sys::close(pair.master).expect("close");
    say!("{}", poll_names(sys::poll(&[(pair.slave as i32, POLLIN | POLLOUT)], Some(20)).expect("poll")[0]));
}
