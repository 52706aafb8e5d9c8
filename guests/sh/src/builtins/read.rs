//! `read`.

use wcr_sys::abi::{Disposition, SetWhen, Signal, Termios, cc, lflag};
use wcr_sys::{Errno, Fd, fd, signal, tty};

use crate::expand::fields::Separators;
use crate::flavour;
use crate::shell::{Flow, Shell};
use crate::syntax::is_name;

/// How `read` was asked to read.
pub(super) struct Request {
    pub(super) raw: bool,
    pub(super) delimiter: u8,
    /// Whether the delimiter is a byte as any other.
    pub(super) no_delimiter: bool,
    pub(super) most: Option<usize>,
    pub(super) silent: bool,
    pub(super) timeout: Option<u64>,
    pub(super) from: Fd,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            raw: false,
            delimiter: b'\n',
            no_delimiter: false,
            most: None,
            silent: false,
            timeout: None,
            from: fd::STDIN,
        }
    }
}

/// What was read: the bytes, and for each whether a backslash protects it from splitting.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    protected: Vec<bool>,
}

pub(super) fn read(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, names) = shell.options(args, if flavour::is_dash() { b"p:r" } else { b"p:u:rt:n:sd:" })?;
    if names.is_empty() && flavour::is_dash() {
        return Err(shell.fail(b"arg count"));
    }
    // In ash an empty name is found out when it gets its field.
    if let Some(name) = names.iter().find(|name| !is_name(name) && (!name.is_empty() || flavour::is_dash())) {
        if flavour::is_dash() {
            let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
            return Err(shell.fail(&[name, b": bad variable name"].concat()));
        }
        shell.complain_plainly(&[b"read: '", name.as_slice(), b"': bad variable name"].concat());
        return Ok(1);
    }
    let mut request = Request::default();
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
    if request.timeout == Some(0) {
        // Nothing is read, only asked for: the end of the input counts, and so does what cannot be read.
        return Ok(u8::from(fd::flags(request.from).is_ok() && !fd::readable(request.from)));
    }
    let alarm = request.timeout.map(Alarm::set);
    let separators = shell.separators.clone();
    let mut splitter = Splitter::new(&separators);
    let (last, mut others) = match names.split_last() {
        Some((last, others)) => (last.as_slice(), others.iter()),
        None => (b"REPLY".as_slice(), [].iter()),
    };
    let keys = Keys::prepare(&request);
    let mut assigned = Ok(());
    let read = read_line(&request, |byte, protected| {
        splitter.line.text.push(byte);
        splitter.line.protected.push(protected);
        // ash gives a name its field as soon as that has ended, dash when it has the line.
        if !flavour::is_dash()
            && !others.as_slice().is_empty()
            && let Some(field) = splitter.field()
            && let Some(name) = others.next()
        {
            assigned = assign(shell, name, field);
        }
        assigned.is_ok()
    });
    drop(keys);
    let timed_out = alarm.is_some_and(Alarm::clear);
    assigned?;
    if read == Err(Errno::Intr) && !timed_out {
        shell.traps.collect();
        return Ok(shell.traps.pending.last().map_or(1, |signal| 128 + signal));
    }
    if !timed_out {
        for name in others {
            let field = splitter.field().unwrap_or_else(|| splitter.last_field());
            assign(shell, name, field)?;
        }
        let rest = if names.is_empty() { splitter.line.text } else { splitter.rest() };
        assign(shell, last, rest)?;
    }
    Ok(u8::from(read != Ok(true)))
}

fn assign(shell: &mut Shell, name: &[u8], field: Vec<u8>) -> Flow {
    if name.is_empty() { Err(shell.fail(b": bad variable name")) } else { shell.assign(name, field) }
}

/// A terminal that does not show what is typed, or gives each key at once, until this is dropped.
pub(super) struct Keys {
    terminal: Fd,
    before: Termios,
}

impl Keys {
    pub(super) fn prepare(request: &Request) -> Option<Self> {
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
pub(super) struct Alarm {
    before: Disposition,
}

impl Alarm {
    pub(super) fn set(nanos: u64) -> Self {
        let before = signal::set_disposition(Signal::ALRM, Disposition::Catch).unwrap_or_default();
        let _ = signal::alarm(nanos);
        Self { before }
    }

    /// Ends the limit; returns whether it was reached.
    pub(super) fn clear(self) -> bool {
        let left = signal::alarm(0).unwrap_or(0);
        // Nothing left of the alarm: its signal has come.
        let reached = left == 0 && signal::take() == Some(Signal::ALRM);
        let _ = signal::set_disposition(Signal::ALRM, self.before);
        reached
    }
}

/// A time in seconds with at most nine decimals, in nanoseconds.
pub(super) fn nanoseconds(text: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !seconds.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) || text.is_empty() {
        return None;
    }
    let seconds: u64 = if seconds.is_empty() { 0 } else { seconds.parse().ok()? };
    let nanos: u64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Reads byte by byte, so that what follows the delimiter stays for the next reader, and gives each byte of the line to
/// `take`, with whether a backslash protects it, until that returns false. Returns whether the delimiter, or the number
/// of bytes asked for, was reached.
pub(super) fn read_line(request: &Request, mut take: impl FnMut(u8, bool) -> bool) -> wcr_sys::Result<bool> {
    let mut escaped = false;
    // What a backslash joins or protects counts with the backslash.
    let mut count = 0;
    loop {
        let mut byte = [0];
        if request.most.is_some_and(|most| count >= most) {
            return Ok(true);
        }
        count += 1;
        if fd::read(request.from, &mut byte)? == 0 {
            return Ok(false);
        }
        let [byte] = byte;
        let protected = core::mem::take(&mut escaped);
        if byte == b'\\' && !request.raw && !protected {
            escaped = true;
            continue;
        }
        if byte == request.delimiter && !protected && !request.no_delimiter {
            return Ok(true);
        }
        // A backslash in front of the line's end joins two lines.
        let kept = if protected { byte != b'\n' } else { byte != 0 };
        if kept && !take(byte, protected) {
            return Ok(false);
        }
    }
}

/// What is passed over before a field's first byte.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// The field has begun.
    Nothing,
    /// Blanks.
    Blanks,
    /// Blanks, and the delimiter that goes with those that ended the last field.
    Delimiter,
}

struct Splitter<'s> {
    separators: &'s Separators,
    line: Line,
    at: usize,
    before: Before,
    /// The field at hand, which has not ended.
    field: Vec<u8>,
}

impl<'s> Splitter<'s> {
    fn new(separators: &'s Separators) -> Self {
        Self { separators, line: Line::default(), at: 0, before: Before::Blanks, field: Vec::new() }
    }

    fn protected(&self, at: usize) -> bool {
        self.line.protected.get(at).copied().unwrap_or(false)
    }

    fn separates(&self, at: usize) -> bool {
        !self.protected(at) && self.line.text.get(at).is_some_and(|byte| self.separators.contains(*byte))
    }

    fn is_blank(&self, at: usize) -> bool {
        self.separates(at) && self.line.text.get(at).is_some_and(|byte| self.separators.is_blank(*byte))
    }

    /// Whether the byte at hand is passed over before a field. In ash a protected byte belongs to the field, but does
    /// not begin it: blanks behind it are passed over, too.
    fn passes_over(&mut self) -> bool {
        if self.protected(self.at) {
            if flavour::is_dash() {
                self.before = Before::Nothing;
            }
            return false;
        }
        match self.before {
            Before::Blanks | Before::Delimiter if self.is_blank(self.at) => true,
            Before::Delimiter if self.separates(self.at) => {
                self.before = Before::Blanks;
                true
            }
            _ => {
                self.before = Before::Nothing;
                false
            }
        }
    }

    /// Takes the next field and what ends it; `None` when the line so far does not end it.
    fn field(&mut self) -> Option<Vec<u8>> {
        while let Some(&byte) = self.line.text.get(self.at) {
            if !self.passes_over() {
                if self.separates(self.at) {
                    self.before = if self.is_blank(self.at) { Before::Delimiter } else { Before::Blanks };
                    self.at += 1;
                    return Some(core::mem::take(&mut self.field));
                }
                self.field.push(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes the field that the line's end ends.
    fn last_field(&mut self) -> Vec<u8> {
        let mut field = core::mem::take(&mut self.field);
        if !flavour::is_dash() {
            self.cut_end(&mut field);
        }
        field
    }

    /// Dash loses what backslashes protect at the end of all, where it stands behind a blank.
    fn cut_protected_end(&self, start: usize, text: &mut Vec<u8>) {
        let end = (start..start + text.len()).rev().find(|at| !self.is_blank(*at)).map_or(start, |last| last + 1);
        let count = (start..end).rev().take_while(|at| self.protected(*at)).count();
        let kept = end - start - count;
        if count > 0 && kept > 0 && self.is_blank(start + kept - 1) {
            text.truncate(kept);
        }
    }

    /// Takes the blanks off an end; here a backslash protects none.
    fn cut_blanks(&self, text: &mut Vec<u8>) {
        let kept = text.iter().rposition(|byte| !self.separators.is_blank(*byte)).map_or(0, |place| place + 1);
        text.truncate(kept);
    }

    /// Takes all that is left: without the blanks at its end, and without a delimiter that only ends a
    /// single field.
    fn rest(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some(&byte) = self.line.text.get(self.at) {
            if !self.passes_over() {
                if self.before == Before::Nothing {
                    break;
                }
                text.push(byte);
            }
            self.at += 1;
        }
        let start = self.at;
        text.extend(self.line.text.get(start..).unwrap_or_default());
        if flavour::is_dash() {
            self.cut_protected_end(start, &mut text);
            let single = (start..start + text.len()).find(|at| self.separates(*at)).unwrap_or(self.line.text.len());
            self.cut_delimiter(&mut text, single - start, |at| self.protected(start + at));
            self.cut_blanks(&mut text);
        } else {
            self.cut_end(&mut text);
        }
        text
    }

    /// What ash does to the field at the line's end, where a backslash protects nothing.
    fn cut_end(&self, text: &mut Vec<u8>) {
        let single = text.iter().position(|byte| self.separators.contains(*byte)).unwrap_or(text.len());
        self.cut_delimiter(text, single, |_| false);
        self.cut_blanks(text);
    }

    /// Takes a delimiter, and the blanks around it, off an end if it is all that stands behind the single field.
    fn cut_delimiter(&self, text: &mut Vec<u8>, single: usize, protected: impl Fn(usize) -> bool) {
        let Some(behind) = text.get(single..) else { return };
        let blank = |(at, byte): (usize, &u8)| self.separators.is_blank(*byte) && !protected(single + at);
        let separates = |(at, byte): (usize, &u8)| self.separators.contains(*byte) && !protected(single + at);
        let mut others = behind.iter().enumerate().filter(|place| !blank(*place));
        if others.next().is_none_or(separates) && others.next().is_none() {
            text.truncate(single);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ifs: &str, text: &str, count: usize) -> Vec<String> {
        let separators = Separators::new(Some(ifs.as_bytes()));
        let mut splitter = Splitter::new(&separators);
        splitter.line = Line { text: text.into(), protected: vec![false; text.len()] };
        let mut fields: Vec<_> =
            (1..count).map(|_| splitter.field().unwrap_or_else(|| core::mem::take(&mut splitter.field))).collect();
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
            let mut splitter = Splitter::new(&separators);
            splitter.line = Line { text: text.into(), protected };
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
