//! `logger`: sends messages to the system's log.

use wcr_sys::abi::{OpenFlags, SocketKind};
use wcr_sys::{Fd, fd, process, socket};

use super::priority;
use super::syslogd::{SOCKET, timestamp};
use crate::core::accounts::Accounts;
use crate::lines::LineReader;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("logger", include_str!("usage/logger.txt"), logger);

fn logger(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("st:p:").parse(ctx)?;
    let priority = match parsed.value(b'p') {
        None => priority::of(priority::USER, priority::NOTICE),
        Some(text) => match priority::parse(text) {
            Ok(priority) => priority,
            Err("facility") => {
                let facility = text.split(|byte| *byte == b'.').next().unwrap_or(text);
                return Err(ctx.die(&[b"unknown facility name: ", facility]));
            }
            Err(what) => return Err(ctx.die(&[b"unknown ", what.as_bytes(), b" name: ", text])),
        },
    };
    let tag = match parsed.value(b't') {
        Some(tag) => tag.to_vec(),
        None => Accounts::default().user_text(process::user_ids().uid),
    };
    let log = Log { socket: open(), priority, tag, shown: parsed.has(b's') };
    if !parsed.operands.is_empty() {
        log.send(ctx, &parsed.operands.join(&b' '));
        return Ok(0);
    }
    let mut reader = LineReader::new(fd::STDIN, b'\n');
    while let Ok(Some(line)) = reader.next_line() {
        let text = line.text.to_vec();
        if !text.is_empty() {
            log.send(ctx, &text);
        }
    }
    Ok(0)
}

/// A connection to the log; `None` when nobody keeps one.
fn open() -> Option<Fd> {
    let socket = socket::open(SocketKind::Datagram, OpenFlags::CLOEXEC).ok()?;
    if socket::connect(socket, SOCKET).is_ok() {
        return Some(socket);
    }
    // Standard input may be closed, and the socket have its number.
    let _ = fd::close(socket);
    None
}

struct Log {
    socket: Option<Fd>,
    priority: u8,
    tag: Vec<u8>,
    shown: bool,
}

impl Log {
    fn send(&self, ctx: &mut Context<'_>, message: &[u8]) {
        if self.shown {
            ctx.put_err(&[&self.tag, b": ".as_slice(), message, b"\n"].concat());
        }
        if let Some(socket) = self.socket {
            let head = format!("<{}>{} ", self.priority, timestamp());
            // As everywhere, a log that has gone away is no reason to stop.
            let _ = socket::send(socket, &[head.as_bytes(), &self.tag, b": ", message].concat(), 0, b"");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn messages_and_priorities() {
        assert_eq!(
            run(&APPLET, &["-s", "-t", "tag", "-p", "user.err", "a", "b"]),
            (0, String::new(), "tag: a b\n".into())
        );
        assert_eq!(run(&APPLET, &["-p", "foo", "x"]).2, "logger: unknown priority name: foo\n");
        assert_eq!(run(&APPLET, &["-p", "foo.err", "x"]).2, "logger: unknown facility name: foo\n");
        assert_eq!(run(&APPLET, &["-p", "user.foo", "x"]).2, "logger: unknown priority name: user.foo\n");
    }
}
