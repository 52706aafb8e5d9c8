//! Asking for a password: a question on standard output, an answer that the terminal does not show.

use wcr_sys::abi::{SetWhen, lflag};
use wcr_sys::{Fd, fd, tty};

use crate::Context;

/// The longest password, in bytes.
const MOST: usize = 255;

/// Prints `question` and reads a line from `input` without what it reads going to the screen. `None` at the end of the
/// input.
pub(super) fn password(ctx: &mut Context<'_>, input: Fd, question: &[u8]) -> Option<Vec<u8>> {
    ctx.put(question);
    ctx.flush();
    let old = tty::attributes(input).ok();
    if let Some(old) = old {
        let hidden = wcr_sys::abi::Termios {
            lflag: old.lflag & !(lflag::ECHO | lflag::ECHOE | lflag::ECHOK | lflag::ECHONL),
            ..old
        };
        // What cannot be hidden is asked for all the same.
        let _ = tty::set_attributes(input, SetWhen::Flush, &hidden);
    }
    let line = read_line(input);
    if let Some(old) = old {
        let _ = tty::set_attributes(input, SetWhen::Flush, &old);
    }
    ctx.put(b"\n");
    ctx.flush();
    line
}

/// A line, byte by byte, so that the rest is left to the next one who asks. `None` at the end.
pub(super) fn read_line(input: Fd) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match fd::read(input, &mut byte) {
            Ok(0) | Err(_) if line.is_empty() => return None,
            Ok(1) if byte[0] != b'\n' && byte[0] != 0 && line.len() < MOST => line.push(byte[0]),
            _ => return Some(line),
        }
    }
}
