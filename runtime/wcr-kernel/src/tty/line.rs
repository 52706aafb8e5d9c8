//! The line discipline: what becomes of bytes on their way in and out (`termios(3)`).
//!
//! Pure: a byte in gives bytes for the echo and perhaps a signal.

use std::collections::VecDeque;

use wcr_abi::cc::{
    VEOF, VEOL, VEOL2, VERASE, VINTR, VKILL, VLNEXT, VMIN, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VTIME, VWERASE,
};
use wcr_abi::iflag::{ICRNL, IGNCR, IMAXBEL, INLCR, ISTRIP, IUCLC, IUTF8, IXANY, IXON};
use wcr_abi::lflag::{ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHONL, ICANON, IEXTEN, ISIG, NOFLSH};
use wcr_abi::oflag::{OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS};
use wcr_abi::{Signal, Termios};

/// How much input a terminal holds, in bytes (Linux's `N_TTY_BUF_SIZE`).
const CAPACITY: usize = 4096;

/// A byte of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    byte: u8,
    /// It ends a line.
    ends: bool,
    /// It is the mark of an end of file, which nobody reads.
    eof: bool,
}

/// Input between the keyboard and the reader, and where the cursor stands.
#[derive(Debug, Default)]
pub(crate) struct Line {
    queue: VecDeque<Key>,
    /// How many bytes at the front are complete lines; all of them without `ICANON`.
    complete: usize,
    /// The next byte is taken as it is.
    literal: bool,
    /// Output is held up (`^S`).
    pub(crate) stopped: bool,
    column: usize,
    /// Where the line being edited begins.
    start_column: usize,
}

/// What the reader of a terminal gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// This many bytes; 0 is an end of file.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
}

impl Line {
    /// How many more bytes [`Self::receive`] takes.
    pub(crate) fn room(&self, termios: &Termios) -> usize {
        let left = (CAPACITY - 1).saturating_sub(self.queue.len());
        // A line that nobody can read yet must not lock the keyboard: the newline still has to get in.
        if left == 0 && termios.lflag & ICANON != 0 && self.complete == 0 { 1 } else { left }
    }

    /// Whether a reader would get something: `least` bytes, or a line.
    pub(crate) fn readable(&self, termios: &Termios, least: usize) -> bool {
        if termios.lflag & ICANON != 0 { self.complete > 0 } else { self.queue.len() >= least.max(1) }
    }

    /// How many bytes wait to be read.
    pub(crate) fn len(&self, termios: &Termios) -> usize {
        let known = if termios.lflag & ICANON != 0 { self.complete } else { self.queue.len() };
        self.queue.iter().take(known).filter(|key| !key.eof).count()
    }

    /// Ends the line being edited, as nothing will follow.
    pub(crate) fn finish(&mut self) {
        if self.queue.len() > self.complete
            && let Some(last) = self.queue.back_mut()
        {
            last.ends = true;
            self.complete = self.queue.len();
        }
    }

    /// Forgets the input.
    pub(crate) fn flush(&mut self) {
        self.queue.clear();
        (self.complete, self.literal) = (0, false);
    }

    /// What changes with new attributes: without `ICANON` all is complete; with it, what is there is a line.
    pub(crate) fn change(&mut self, old: &Termios, new: &Termios) {
        if (old.lflag ^ new.lflag) & ICANON != 0 {
            for key in &mut self.queue {
                (key.ends, key.eof) = (false, false);
            }
            if let Some(last) = self.queue.back_mut() {
                last.ends = new.lflag & ICANON != 0;
            }
            (self.complete, self.literal) = (self.queue.len(), false);
        }
        if new.iflag & IXON == 0 && old.iflag & IXON != 0 {
            self.stopped = false;
        }
    }

    /// Gives what has come to a reader.
    pub(crate) fn take(&mut self, termios: &Termios, out: &mut [u8]) -> Taken {
        let canonical = termios.lflag & ICANON != 0;
        let known = if canonical { self.complete } else { self.queue.len() };
        if known == 0 {
            return Taken::Nothing;
        }
        let (mut taken, mut done) = (0, 0);
        while taken < known {
            let Some(key) = self.queue.front().copied() else { break };
            // An end of file right behind a full buffer goes with it, or the next read would see it.
            if done == out.len() && !(canonical && key.eof) {
                break;
            }
            self.queue.pop_front();
            taken += 1;
            if !key.eof
                && let Some(slot) = out.get_mut(done)
            {
                *slot = key.byte;
                done += 1;
            }
            if canonical && key.ends {
                break;
            }
        }
        self.complete = self.complete.saturating_sub(taken);
        Taken::Bytes(done)
    }

    /// The fewest bytes and the time in nanoseconds that a read without `ICANON` waits for.
    pub(crate) fn minimum(termios: &Termios) -> (usize, u64) {
        (usize::from(termios.cc[VMIN]), u64::from(termios.cc[VTIME]) * 100_000_000)
    }

    /// Takes a byte from the keyboard; what is echoed is put at the end of `echo`.
    pub(crate) fn receive(&mut self, termios: &Termios, mut byte: u8, echo: &mut Vec<u8>) -> Option<Signal> {
        if termios.iflag & ISTRIP != 0 {
            byte &= 0x7f;
        }
        if termios.iflag & IUCLC != 0 && termios.lflag & IEXTEN != 0 {
            byte = byte.to_ascii_lowercase();
        }
        if core::mem::take(&mut self.literal) {
            self.keep(termios, byte, false, echo);
            return None;
        }
        let is = |at: usize| termios.cc[at] != 0 && termios.cc[at] == byte;
        if termios.iflag & IXON != 0 && (is(VSTART) || is(VSTOP)) {
            self.stopped = is(VSTOP);
            return None;
        }
        if termios.iflag & (IXON | IXANY) == IXON | IXANY {
            self.stopped = false;
        }
        if termios.lflag & ISIG != 0 {
            let signals = [(VINTR, Signal::INT), (VQUIT, Signal::QUIT), (VSUSP, Signal::TSTP)];
            if let Some((_, signal)) = signals.into_iter().find(|(at, _)| is(*at)) {
                self.interrupt(termios, byte, echo);
                return Some(signal);
            }
        }
        let typed = byte;
        match byte {
            b'\r' if termios.iflag & IGNCR != 0 => return None,
            b'\r' if termios.iflag & ICRNL != 0 => byte = b'\n',
            b'\n' if termios.iflag & INLCR != 0 => byte = b'\r',
            _ => {}
        }
        // A carriage return that has become a newline is echoed as one; a newline that is no end of a line as `^J`.
        let translated = typed == b'\r' && byte == b'\n';
        if termios.lflag & ICANON == 0 || !self.edit(termios, byte, echo) {
            self.keep(termios, byte, translated, echo);
        }
        None
    }

    fn interrupt(&mut self, termios: &Termios, byte: u8, echo: &mut Vec<u8>) {
        if termios.lflag & NOFLSH == 0 {
            self.flush();
            echo.clear();
        }
        if termios.iflag & IXON != 0 {
            self.stopped = false;
        }
        if termios.lflag & ECHO != 0 {
            self.echo_byte(termios, byte, echo);
        }
    }

    /// The keys that mean something while a line is edited; false for others.
    fn edit(&mut self, termios: &Termios, byte: u8, echo: &mut Vec<u8>) -> bool {
        let has = |flag: u32| termios.lflag & flag != 0;
        let is = |at: usize| termios.cc[at] != 0 && termios.cc[at] == byte;
        let extended = |at: usize| has(IEXTEN) && is(at);
        if is(VERASE) || is(VKILL) || extended(VWERASE) {
            let what = if is(VERASE) {
                Erase::Byte
            } else if is(VKILL) {
                Erase::Line
            } else {
                Erase::Word
            };
            self.erase(termios, what, byte, echo);
        } else if extended(VLNEXT) {
            self.literal = true;
            if has(ECHO) && has(ECHOCTL) {
                self.put(termios, b"^\x08", echo);
            }
        } else if has(ECHO) && extended(VREPRINT) {
            self.reprint(termios, byte, echo);
        } else if byte == b'\n' {
            if has(ECHO) || has(ECHONL) {
                self.put(termios, b"\n", echo);
            }
            self.end_line(Key { byte, ends: true, eof: false });
        } else if is(VEOF) {
            // Whoever takes the keys as they are finds no `^D` there.
            self.end_line(Key { byte: 0, ends: true, eof: true });
        } else if is(VEOL) || extended(VEOL2) {
            if has(ECHO) {
                self.mark_start();
                self.echo_byte(termios, byte, echo);
            }
            self.end_line(Key { byte, ends: true, eof: false });
        } else {
            return false;
        }
        true
    }

    fn end_line(&mut self, key: Key) {
        if self.queue.len() >= CAPACITY {
            self.queue.pop_back();
        }
        self.queue.push_back(key);
        self.complete = self.queue.len();
    }

    /// Remembers where the line begins that its first byte is about to be echoed of.
    fn mark_start(&mut self) {
        if self.queue.len() == self.complete {
            self.start_column = self.column;
        }
    }

    /// Puts a plain byte into the line.
    fn keep(&mut self, termios: &Termios, byte: u8, newline: bool, echo: &mut Vec<u8>) {
        let canonical = termios.lflag & ICANON != 0;
        if self.queue.len() >= CAPACITY - 1 {
            if termios.iflag & IMAXBEL != 0 {
                self.put(termios, b"\x07", echo);
            }
            return;
        }
        if termios.lflag & ECHO != 0 {
            self.mark_start();
            if newline {
                self.put(termios, b"\n", echo);
            } else {
                self.echo_byte(termios, byte, echo);
            }
        }
        self.queue.push_back(Key { byte, ends: false, eof: false });
        if !canonical {
            self.complete = self.queue.len();
        }
    }

    /// Echoes a byte: a control character as `^X` with `ECHOCTL`.
    fn echo_byte(&mut self, termios: &Termios, byte: u8, echo: &mut Vec<u8>) {
        if termios.lflag & ECHOCTL != 0 && byte.is_ascii_control() && byte != b'\t' {
            self.put(termios, &[b'^', byte ^ 0x40], echo);
        } else {
            self.put(termios, &[byte], echo);
        }
    }

    fn erase(&mut self, termios: &Termios, what: Erase, byte: u8, echo: &mut Vec<u8>) {
        let has = |flag: u32| termios.lflag & flag != 0;
        if self.queue.len() == self.complete {
            return;
        }
        if what == Erase::Line && !(has(ECHO) && has(ECHOK) && has(ECHOKE) && has(ECHOE)) {
            self.queue.truncate(self.complete);
            if has(ECHO) {
                self.echo_byte(termios, byte, echo);
                if has(ECHOK) {
                    self.put(termios, b"\n", echo);
                }
            }
            return;
        }
        let mut in_word = false;
        while self.queue.len() > self.complete {
            let Some(mut last) = self.queue.back().map(|key| key.byte) else { break };
            if what == Erase::Word {
                let word = last.is_ascii_alphanumeric() || last == b'_';
                if in_word && !word {
                    break;
                }
                in_word |= word;
            }
            self.queue.pop_back();
            // The bytes of one character of UTF-8 go together.
            while termios.iflag & IUTF8 != 0 && last & 0xc0 == 0x80 && self.queue.len() > self.complete {
                let Some(key) = self.queue.pop_back() else { break };
                last = key.byte;
            }
            if has(ECHO) {
                self.erase_on_screen(termios, what, last, byte, echo);
            }
            if what == Erase::Byte {
                break;
            }
        }
    }

    fn erase_on_screen(&mut self, termios: &Termios, what: Erase, last: u8, byte: u8, echo: &mut Vec<u8>) {
        let has = |flag: u32| termios.lflag & flag != 0;
        if what == Erase::Byte && !has(ECHOE) {
            self.echo_byte(termios, byte, echo);
        } else if last == b'\t' {
            let before = self.width_of_line(termios);
            for _ in before..self.column {
                self.put(termios, b"\x08", echo);
            }
        } else {
            if last.is_ascii_control() && has(ECHOCTL) {
                self.put(termios, b"\x08 \x08", echo);
            }
            if !last.is_ascii_control() || has(ECHOCTL) {
                self.put(termios, b"\x08 \x08", echo);
            }
        }
    }

    /// The column behind the line being edited.
    fn width_of_line(&self, termios: &Termios) -> usize {
        self.queue.iter().skip(self.complete).fold(self.start_column, |column, key| match key.byte {
            b'\t' => (column | 7) + 1,
            byte if byte.is_ascii_control() => column + if termios.lflag & ECHOCTL != 0 { 2 } else { 0 },
            byte if termios.iflag & IUTF8 != 0 && byte & 0xc0 == 0x80 => column,
            _ => column + 1,
        })
    }

    fn reprint(&mut self, termios: &Termios, byte: u8, echo: &mut Vec<u8>) {
        self.echo_byte(termios, byte, echo);
        self.put(termios, b"\n", echo);
        let line: Vec<u8> = self.queue.iter().skip(self.complete).map(|key| key.byte).collect();
        for byte in line {
            self.echo_byte(termios, byte, echo);
        }
    }

    /// Puts output behind `out` as the terminal shows it, and keeps track of the cursor.
    pub(crate) fn put(&mut self, termios: &Termios, bytes: &[u8], out: &mut Vec<u8>) {
        if termios.oflag & OPOST == 0 {
            out.extend_from_slice(bytes);
            return;
        }
        let has = |flag: u32| termios.oflag & flag != 0;
        for &byte in bytes {
            match byte {
                b'\n' => {
                    if has(ONLRET) || has(ONLCR) {
                        self.column = 0;
                    }
                    if has(ONLCR) {
                        out.push(b'\r');
                    }
                    out.push(b'\n');
                }
                b'\r' if has(ONOCR) && self.column == 0 => {}
                b'\r' if has(OCRNL) => {
                    if has(ONLRET) {
                        self.column = 0;
                    }
                    out.push(b'\n');
                }
                b'\r' => {
                    self.column = 0;
                    out.push(b'\r');
                }
                b'\t' => {
                    let spaces = 8 - (self.column & 7);
                    self.column += spaces;
                    if termios.oflag & TABDLY == XTABS {
                        out.extend(core::iter::repeat_n(b' ', spaces));
                    } else {
                        out.push(b'\t');
                    }
                }
                0x08 => {
                    self.column = self.column.saturating_sub(1);
                    out.push(byte);
                }
                _ => {
                    let continues = termios.iflag & IUTF8 != 0 && byte & 0xc0 == 0x80;
                    self.column += usize::from(!byte.is_ascii_control() && !continues);
                    out.push(if has(OLCUC) { byte.to_ascii_uppercase() } else { byte });
                }
            }
        }
    }
}

/// How much of the line an erasing key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erase {
    Byte,
    Word,
    Line,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `keys`; the echo, the signals, and what can be read.
    fn type_keys(termios: &Termios, keys: &[u8]) -> (String, Vec<Signal>, Vec<String>) {
        let (mut line, mut echo, mut signals, mut reads) = (Line::default(), Vec::new(), Vec::new(), Vec::new());
        for &key in keys {
            signals.extend(line.receive(termios, key, &mut echo));
        }
        let mut buf = [0; 64];
        while let Taken::Bytes(count) = line.take(termios, &mut buf) {
            reads.push(String::from_utf8_lossy(&buf[..count]).into_owned());
        }
        (String::from_utf8_lossy(&echo).into_owned(), signals, reads)
    }

    fn plain(keys: &[u8]) -> (String, Vec<Signal>, Vec<String>) {
        type_keys(&Termios::default(), keys)
    }

    #[test]
    fn lines_are_edited_before_they_are_read() {
        assert_eq!(plain(b"ab\x7fc\r"), ("ab\x08 \x08c\r\n".into(), vec![], vec!["ac\n".into()]));
        assert_eq!(plain(b"ab\x15c\n").2, ["c\n"]);
        assert_eq!(plain(b"one two \x17x\n").2, ["one x\n"]);
        assert_eq!(plain(b"a\x7f\x7f\x7fb\n").2, ["b\n"]);
        assert_eq!(plain(b"one\ntwo\nthr").2, ["one\n", "two\n"]);
        assert_eq!(plain(b"a\x16\x03\n"), ("a^\x08^C\r\n".into(), vec![], vec!["a\x03\n".into()]));
    }

    #[test]
    fn an_end_of_file_is_an_empty_read_or_the_end_of_a_line() {
        assert_eq!(plain(b"\x04").2, [""]);
        assert_eq!(plain(b"ab\x04\x04").2, ["ab", ""]);
        let (mut line, raw) = (Line::default(), Termios::default().raw());
        line.receive(&Termios::default(), 0x04, &mut Vec::new());
        line.change(&Termios::default(), &raw);
        let mut buf = [1; 8];
        assert_eq!((line.take(&raw, &mut buf), buf[0]), (Taken::Bytes(1), 0));
    }

    #[test]
    fn signals_drop_what_was_typed() {
        assert_eq!(plain(b"abc\x03d\n"), ("^Cd\r\n".into(), vec![Signal::INT], vec!["d\n".into()]));
        assert_eq!(plain(b"\x1c\x1a").1, [Signal::QUIT, Signal::TSTP]);
    }

    #[test]
    fn raw_bytes_pass() {
        let raw = Termios::default().raw();
        assert_eq!(type_keys(&raw, b"a\r\x03\x7f"), (String::new(), vec![], vec!["a\r\x03\x7f".into()]));
    }

    #[test]
    fn a_tab_is_erased_to_where_it_began() {
        assert_eq!(plain(b"a\t\x7f").0, "a\t\x08\x08\x08\x08\x08\x08\x08");
    }

    #[test]
    fn a_line_that_is_too_long_still_ends() {
        let (mut line, mut echo, termios) = (Line::default(), Vec::new(), Termios::default());
        for _ in 0..5000 {
            assert!(line.room(&termios) > 0);
            line.receive(&termios, b'x', &mut echo);
        }
        line.receive(&termios, b'\n', &mut echo);
        let mut buf = [0; 8192];
        assert_eq!(line.take(&termios, &mut buf), Taken::Bytes(4096));
        assert_eq!(buf[4095], b'\n');
    }
}
