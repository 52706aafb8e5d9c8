//! `syslogd`: keeps the system's log. `logread`: shows one that is kept in memory, of which there is none.

use wcr_sys::abi::{Disposition, FdAction, OpenFlags, Signal, SocketKind, SpawnRequest};
use wcr_sys::{Errno, Fd, fd, fs, process, signal, socket, time};

use super::priority;
use crate::core::time::strftime::strftime;
use crate::core::time::zone::Zone;
use crate::format::{decimal, parse_decimal};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet =
    Applet::new("syslogd", include_str!("usage/syslogd.txt"), syslogd).lacking("a log in memory, other hosts");

/// `logread`.
pub const LOGREAD: Applet = Applet::new("logread", include_str!("usage/logread.txt"), |ctx| {
    Spec::short("fF").parse(ctx)?;
    Err(ctx.die(&[b"can't find syslogd buffer: No such file or directory"]))
})
.lacking("a log in memory");

/// Where messages are taken.
pub(super) const SOCKET: &[u8] = b"/dev/log";
const PID_FILE: &[u8] = b"/var/run/syslogd.pid";
/// The longest message.
const MOST: usize = 1024;
/// The length of a time before a message, with its blank.
const STAMP: usize = 16;

/// The present as messages have it.
pub(super) fn timestamp() -> String {
    let (seconds, mut out) = (time::now().sec, Vec::new());
    strftime(&mut out, b"%b %e %H:%M:%S", &Zone::from_env().local(seconds), seconds);
    String::from_utf8_lossy(&out).into_owned()
}

fn syslogd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("nO:l:StC::R:LK").parse(ctx)?;
    if !parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let level = match parsed.value(b'l') {
        None => 8,
        Some(text) => {
            let number = parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
            if !(1..=8).contains(&number) {
                return Err(ctx.die(&[b"number ", text, b" is not in 1..8 range"]));
            }
            number as u8
        }
    };
    if !parsed.has(b'n') {
        let argv = [b"syslogd".to_vec(), b"-n".to_vec()].into_iter().chain(ctx.args.iter().cloned()).collect();
        return background(ctx, argv);
    }
    let log = Log {
        file: parsed.value(b'O').unwrap_or(b"/var/log/messages").to_vec(),
        // Messages for other hosts and for memory go nowhere.
        kept: !(parsed.has(b'C') || parsed.has(b'R') && !parsed.has(b'L')),
        small: parsed.has(b'S'),
        level,
        host: process::uname().nodename,
    };
    let socket = listen().map_err(|error| ctx.die_errno(&[SOCKET], error))?;
    let pid = [decimal(process::ids().pid.into()), b"\n".to_vec()].concat();
    // Where there is no such folder there is no such file.
    let _ = append(PID_FILE, &pid, OpenFlags::TRUNC);
    for number in [Signal::TERM, Signal::INT, Signal::QUIT] {
        signal::set_disposition(number, Disposition::Catch).map_err(|error| ctx.die_errno(&[b"sigaction"], error))?;
    }
    let own = priority::of(priority::SYSLOG, priority::INFO);
    log.write(own, b"syslogd started: BusyBox v1.35.0");
    let mut message = vec![0; MOST];
    while signal::take().is_none() {
        match socket::receive(socket, &mut message, 0) {
            Ok((count, _)) => log.take(message.get(..count).unwrap_or_default()),
            Err(Errno::Intr) => {}
            Err(error) => return Err(ctx.die_errno(&[b"read from ", SOCKET], error)),
        }
    }
    log.write(own, b"syslogd exiting");
    // It may be that it was never there.
    let _ = fs::unlink(PID_FILE);
    Ok(0)
}

/// Starts this applet again behind this process, in the root and without standard streams, with a command line that
/// keeps it where it is.
/// # Errors
/// It cannot be started.
pub(super) fn background(ctx: &mut Context<'_>, argv: Vec<Vec<u8>>) -> Result<u8, Quit> {
    let start = || -> wcr_sys::Result<()> {
        let null = fs::open(b"/dev/null", OpenFlags::RDWR.with(OpenFlags::CLOEXEC), 0)?;
        fs::chdir(b"/")?;
        let actions = (0..3).map(|to| FdAction::Dup { from: null, to }).collect();
        let path = b"/proc/self/exe".to_vec();
        let envp = wcr_sys::env();
        process::spawn(&SpawnRequest { path, argv, envp, actions, pgid: Some(0), ..SpawnRequest::default() })?;
        Ok(())
    };
    start().map_err(|error| ctx.die_errno(&[b"vfork"], error))?;
    Ok(0)
}

/// The socket that messages come to, for all users.
fn listen() -> wcr_sys::Result<Fd> {
    match fs::unlink(SOCKET) {
        Ok(()) | Err(Errno::Noent) => {}
        Err(error) => return Err(error),
    }
    let socket = socket::open(SocketKind::Datagram, OpenFlags::CLOEXEC)?;
    socket::bind(socket, SOCKET)?;
    fs::chmod(SOCKET, 0o666)?;
    Ok(socket)
}

fn append(path: &[u8], text: &[u8], more: OpenFlags) -> wcr_sys::Result<()> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(more);
    let file = fs::open(path, flags, 0o666)?;
    fd::write_all(file, text)?;
    fd::close(file)
}

/// Where messages go, and which.
struct Log {
    file: Vec<u8>,
    kept: bool,
    small: bool,
    level: u8,
    host: String,
}

impl Log {
    /// Takes what a program has sent: one message in each line. Its time is put in the place of the program's, which is
    /// what `-t` asks for, and the same where both go by one clock.
    fn take(&self, bytes: &[u8]) {
        for line in bytes.split(|byte| matches!(byte, 0 | b'\n')).filter(|line| !line.is_empty()) {
            let (priority, text) = split_priority(line);
            self.write(priority, text);
        }
    }

    fn write(&self, priority: u8, text: &[u8]) {
        if !self.kept || priority & 7 >= self.level {
            return;
        }
        let text: Vec<u8> =
            without_stamp(text).iter().map(|byte| if *byte < 32 && *byte != b'\t' { b' ' } else { *byte }).collect();
        let head = if self.small {
            format!("{} ", timestamp())
        } else {
            format!("{} {} {} ", timestamp(), self.host, priority::name(priority))
        };
        let line = [head.as_bytes(), &text, b"\n"].concat();
        // A message that cannot be kept is lost.
        let _ = if self.file == b"-" {
            fd::write_all(fd::STDOUT, &line)
        } else {
            append(&self.file, &line, OpenFlags::APPEND)
        };
    }
}

/// The number in `<>` at the front, and what follows; `user.notice` when there is none.
fn split_priority(line: &[u8]) -> (u8, &[u8]) {
    let usual = (priority::of(priority::USER, priority::NOTICE), line);
    let Some(rest) = line.strip_prefix(b"<") else { return usual };
    let Some(end) = rest.iter().position(|byte| *byte == b'>') else { return usual };
    let number = parse_decimal(rest.get(..end).unwrap_or_default()).and_then(|number| u8::try_from(number).ok());
    number.map_or(usual, |number| (number, rest.get(end + 1..).unwrap_or_default()))
}

/// A message without the time of the program that has sent it.
fn without_stamp(text: &[u8]) -> &[u8] {
    let marks = [(3, b' '), (6, b' '), (9, b':'), (12, b':'), (15, b' ')];
    let stamped = marks.iter().all(|(at, byte)| text.get(*at) == Some(byte));
    if stamped { text.get(STAMP..).unwrap_or_default() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn messages_are_taken_apart() {
        assert_eq!(split_priority(b"<11>tag: x"), (11, &b"tag: x"[..]));
        assert_eq!(split_priority(b"<x>y"), (13, &b"<x>y"[..]));
        assert_eq!(without_stamp(b"Nov 26 21:28:45 tag: x"), b"tag: x");
        assert_eq!(without_stamp(b"tag: x"), b"tag: x");
    }

    #[test]
    fn levels_are_checked() {
        assert_eq!(run(&APPLET, &["-l", "9"]).2, "syslogd: number 9 is not in 1..8 range\n");
        assert_eq!(run(&APPLET, &["-l", "x"]).2, "syslogd: invalid number 'x'\n");
    }
}
