//! `read`.

use wcr_sys::abi::{Disposition, SetWhen, Signal, Termios, cc, lflag};
use wcr_sys::{Errno, Fd, fd, signal, tty};

use crate::expand::fields::Separators;
use crate::flavour;
use crate::shell::{Flow, Shell};
use crate::syntax::is_name;

/// How `read` was asked to read.
struct Request {
    raw: bool,
    delimiter: u8,
    most: Option<usize>,
    silent: bool,
    timeout: Option<u64>,
    from: Fd,
}

/// What was read: the bytes, and for each whether a backslash protects it from splitting.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    protected: Vec<bool>,
    /// Whether the delimiter, or the number of bytes asked for, was reached.
    complete: bool,
}

pub(super) fn read(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, names) = shell.options(args, if flavour::is_dash() { b"p:r" } else { b"p:u:rt:n:sd:" })?;
    let mut request =
        Request { raw: false, delimiter: b'\n', most: None, silent: false, timeout: None, from: fd::STDIN };
    for (option, value) in options {
        match option {
            b'p' => {
                if fd::is_tty(request.from) {
                    let _ = fd::write_all(fd::STDERR, value);
                }
            }
            b'r' => request.raw = true,
            b's' => request.silent = true,
            b'd' => request.delimiter = value.first().copied().unwrap_or(0),
            b'n' => match crate::builtins::number(value) {
                Some(count) => request.most = Some(count as usize).filter(|count| *count > 0),
                None => return Err(shell.fail(b"invalid count")),
            },
            b't' => match nanoseconds(value) {
                Some(timeout) => request.timeout = Some(timeout),
                None => return Err(shell.fail(b"invalid timeout")),
            },
            b'u' => match crate::builtins::number(value) {
                Some(from) => request.from = from,
                None => return Err(shell.fail(b"invalid file descriptor")),
            },
            _ => {}
        }
    }
    if names.is_empty() && flavour::is_dash() {
        return Err(shell.fail(b"arg count"));
    }
    if let Some(name) = names.iter().find(|name| !is_name(name)) {
        if name.is_empty() || flavour::is_dash() {
            let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
            return Err(shell.fail(&[name, b": bad variable name"].concat()));
        }
        shell.complain_plainly(&[b"read: '", name.as_slice(), b"': bad variable name"].concat());
        return Ok(1);
    }
    if request.timeout == Some(0) {
        // Nothing is read, only asked for: the end of the input counts, and so does what cannot be read.
        return Ok(u8::from(fd::flags(request.from).is_ok() && !fd::readable(request.from)));
    }
    let alarm = request.timeout.map(Alarm::set);
    let mut line = Line::default();
    let keys = Keys::prepare(&request);
    let result = read_line(&request, &mut line);
    drop(keys);
    let timed_out = alarm.is_some_and(Alarm::clear);
    if result == Err(Errno::Intr) && !timed_out {
        shell.traps.collect();
        return Ok(shell.traps.pending.last().map_or(1, |signal| 128 + signal));
    }
    if timed_out {
        assign_complete(shell, names, &line)?;
    } else {
        assign(shell, names, &line)?;
    }
    Ok(u8::from(!line.complete))
}

/// A terminal that does not show what is typed, or gives each key at once, until this is dropped.
struct Keys {
    terminal: Fd,
    before: Termios,
}

impl Keys {
    fn prepare(request: &Request) -> Option<Self> {
        if !request.silent && request.most.is_none() {
            return None;
        }
        let before = tty::attributes(request.from).ok()?;
        let mut termios = before;
        if request.silent {
            termios.lflag &= !(lflag::ECHO | lflag::ECHOK | lflag::ECHONL);
        }
        if request.most.is_some() {
            termios.lflag &= !lflag::ICANON;
            for (place, value) in [(cc::VMIN, 1), (cc::VTIME, 0)] {
                if let Some(slot) = termios.cc.get_mut(place) {
                    *slot = value;
                }
            }
        }
        tty::set_attributes(request.from, SetWhen::Now, &termios).ok()?;
        Some(Self { terminal: request.from, before })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tty::set_attributes(self.terminal, SetWhen::Now, &self.before);
    }
}

/// A time limit: the alarm interrupts the call that waits.
struct Alarm {
    before: Disposition,
}

impl Alarm {
    fn set(nanos: u64) -> Self {
        let before = signal::set_disposition(Signal::ALRM, Disposition::Catch).unwrap_or_default();
        let _ = signal::alarm(nanos);
        Self { before }
    }

    /// Ends the limit; returns whether it was reached.
    fn clear(self) -> bool {
        let left = signal::alarm(0).unwrap_or(0);
        // Nothing left of the alarm: its signal has come.
        let reached = left == 0 && signal::take() == Some(Signal::ALRM);
        let _ = signal::set_disposition(Signal::ALRM, self.before);
        reached
    }
}

/// A time in seconds with at most nine decimals, in nanoseconds.
fn nanoseconds(text: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !seconds.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) || text.is_empty() {
        return None;
    }
    let seconds: u64 = if seconds.is_empty() { 0 } else { seconds.parse().ok()? };
    let nanos: u64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Reads byte by byte, so that what follows the delimiter stays for the next reader.
fn read_line(request: &Request, line: &mut Line) -> wcr_sys::Result<()> {
    let mut escaped = false;
    // What a backslash joins or protects counts with the backslash.
    let mut count = 0;
    loop {
        let mut byte = [0];
        if request.most.is_some_and(|most| count >= most) {
            line.complete = true;
            return Ok(());
        }
        count += 1;
        if fd::read(request.from, &mut byte)? == 0 {
            return Ok(());
        }
        let [byte] = byte;
        if core::mem::take(&mut escaped) {
            // A backslash in front of the line's end joins two lines.
            if byte != b'\n' {
                line.text.push(byte);
                line.protected.push(true);
            }
        } else if byte == b'\\' && !request.raw {
            escaped = true;
            continue;
        } else if byte == request.delimiter {
            line.complete = true;
            return Ok(());
        } else if byte != 0 {
            line.text.push(byte);
            line.protected.push(false);
        }
    }
}

fn assign(shell: &mut Shell, names: &[Vec<u8>], line: &Line) -> Flow {
    let Some((last, others)) = names.split_last() else {
        return shell.assign(b"REPLY", line.text.clone());
    };
    let separators = shell.separators.clone();
    let mut splitter = Splitter { separators: &separators, line, at: 0 };
    splitter.skip_blanks();
    for name in others {
        let field = splitter.field();
        shell.assign(name, field)?;
    }
    shell.assign(last, splitter.rest())
}

/// Assigns the fields that have ended, of a line that has not.
fn assign_complete(shell: &mut Shell, names: &[Vec<u8>], line: &Line) -> Flow {
    let Some((_, others)) = names.split_last() else { return Ok(()) };
    let separators = shell.separators.clone();
    let mut splitter = Splitter { separators: &separators, line, at: 0 };
    splitter.skip_blanks();
    for name in others {
        let start = splitter.at;
        let field = splitter.field();
        if splitter.at == start + field.len() {
            break;
        }
        shell.assign(name, field)?;
    }
    Ok(())
}

struct Splitter<'l> {
    separators: &'l Separators,
    line: &'l Line,
    at: usize,
}

impl Splitter<'_> {
    fn separates(&self, at: usize) -> bool {
        let protected = self.line.protected.get(at).copied().unwrap_or(false);
        self.line.text.get(at).is_some_and(|byte| !protected && self.separators.contains(*byte))
    }

    fn is_blank(&self, at: usize) -> bool {
        self.separates(at) && self.line.text.get(at).is_some_and(|byte| self.separators.is_blank(*byte))
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(self.at) {
            self.at += 1;
        }
    }

    /// Takes the next field and the delimiter behind it.
    fn field(&mut self) -> Vec<u8> {
        let start = self.at;
        while self.at < self.line.text.len() && !self.separates(self.at) {
            self.at += 1;
        }
        let field = self.line.text.get(start..self.at).unwrap_or_default().to_vec();
        self.skip_blanks();
        if self.separates(self.at) {
            self.at += 1;
            self.skip_blanks();
        }
        field
    }

    /// Dash loses what backslashes protect at the end of all, where it stands behind a blank.
    fn cut_protected_end(&self, start: usize, text: &mut Vec<u8>) {
        let protected = |at: usize| self.line.protected.get(at).copied().unwrap_or(false);
        let end = (start..start + text.len()).rev().find(|at| !self.is_blank(*at)).map_or(start, |last| last + 1);
        let count = (start..end).rev().take_while(|at| protected(*at)).count();
        let kept = end - start - count;
        if count > 0 && kept > 0 && self.is_blank(start + kept - 1) {
            text.truncate(kept);
        }
    }

    /// Takes all that is left: without the blanks at its end, and without a delimiter that only ends a
    /// single field.
    fn rest(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut text = self.field();
        if self.at < self.line.text.len() {
            text = self.line.text.get(start..).unwrap_or_default().to_vec();
        }
        if flavour::is_dash() {
            self.cut_protected_end(start, &mut text);
        }
        // Here a backslash protects no blank.
        let kept = text.iter().rposition(|byte| !self.separators.is_blank(*byte)).map_or(0, |place| place + 1);
        text.truncate(kept);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ifs: &str, text: &str, count: usize) -> Vec<String> {
        let separators = Separators::new(Some(ifs.as_bytes()));
        let line = Line { text: text.into(), protected: vec![false; text.len()], complete: true };
        let mut splitter = Splitter { separators: &separators, line: &line, at: 0 };
        splitter.skip_blanks();
        let mut fields: Vec<_> = (1..count).map(|_| splitter.field()).collect();
        fields.push(splitter.rest());
        fields.into_iter().map(|field| String::from_utf8(field).unwrap()).collect()
    }

    #[test]
    fn lines_are_split_among_the_names() {
        assert_eq!(split(" \t\n", "  a b  c  ", 1), ["a b  c"]);
        assert_eq!(split(" \t\n", "  a b  c  ", 2), ["a", "b  c"]);
        assert_eq!(split(":", "a:b::c:", 3), ["a", "b", ":c:"]);
        assert_eq!(split(":", "a:b:", 2), ["a", "b"]);
        assert_eq!(split(":", "a:b", 3), ["a", "b", ""]);
        assert_eq!(split(" :", " : a : b : ", 2), ["", "a : b :"]);
    }

    #[test]
    fn what_is_protected_at_the_end_is_lost_behind_a_blank_in_dash() {
        let separators = Separators::new(Some(b" "));
        for (text, protected, left) in [
            ("x a", "  p", "x "),
            ("xa", " p", "xa"),
            ("x ab", "  p ", "x ab"),
            ("a", "p", "a"),
            ("x a ", "  p ", "x "),
        ] {
            let protected = protected.bytes().map(|mark| mark == b'p').collect();
            let line = Line { text: text.into(), protected, complete: true };
            let splitter = Splitter { separators: &separators, line: &line, at: 0 };
            let mut kept = text.as_bytes().to_vec();
            splitter.cut_protected_end(0, &mut kept);
            assert_eq!(kept, left.as_bytes(), "{text}");
        }
    }

    #[test]
    fn timeouts() {
        for (text, nanos) in [
            ("1", Some(1_000_000_000)),
            ("0.1", Some(100_000_000)),
            (".5", Some(500_000_000)),
            ("-1", None),
            ("x", None),
        ] {
            assert_eq!(nanoseconds(text.as_bytes()), nanos, "{text}");
        }
    }
}
