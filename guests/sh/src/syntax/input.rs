//! Where the shell's text comes from: a string, a script file, standard input or a terminal, with alias
//! texts stacked on top.

use std::rc::Rc;

use wcr_sys::abi::Signal;
use wcr_sys::{Errno, Fd, fd, signal};

use crate::flavour;

/// How much of a script is read at a time, in bytes: what a command that reads the shell's own standard
/// input finds there depends on it.
const BLOCK: usize = 1023;

/// The same in dash.
const BLOCK_DASH: usize = 8192;

/// What the next line is for, which decides the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// A new command.
    First,
    /// The rest of an unfinished one.
    Continuation,
}

/// Reads a line from a terminal.
pub trait LineReader {
    /// Appends a line with its newline to `line`; adds nothing at the end of the input.
    fn read_line(&mut self, prompt: Prompt, line: &mut Vec<u8>);
}

enum Source {
    Text,
    Fd(Fd),
    Terminal(Box<dyn LineReader>),
}

struct AliasText {
    name: Rc<[u8]>,
    text: Rc<[u8]>,
    pos: usize,
}

/// The text being parsed.
pub struct Input {
    source: Source,
    buf: Vec<u8>,
    pos: usize,
    /// How far the text has been shown under `set -v`.
    shown: usize,
    ended: bool,
    aliases: Vec<AliasText>,
    blank_after_alias: bool,
    /// The number of the current line.
    pub line: u32,
    /// Whether a line's end raises it; the text of a trap stands on one line.
    pub counts_lines: bool,
    /// Whether this is what the shell was started to read.
    pub is_script: bool,
    /// Whether what is read is also written to standard error (`set -v`).
    pub verbose: bool,
    /// Whether the descriptor is one that commands read, too, so that each line is taken by itself.
    pub by_lines: bool,
    /// Whether commands of it have run before: reading goes on behind an error.
    pub goes_on: bool,
    /// Signals that came while text was being read.
    pub signals: Vec<Signal>,
    /// Which prompt a terminal shows next.
    pub prompt: Prompt,
}

impl Input {
    fn with(source: Source, buf: Vec<u8>, line: u32) -> Self {
        let ended = matches!(source, Source::Text);
        Self {
            source,
            buf,
            pos: 0,
            shown: 0,
            ended,
            aliases: Vec::new(),
            blank_after_alias: false,
            line,
            counts_lines: true,
            is_script: false,
            verbose: false,
            by_lines: false,
            goes_on: false,
            signals: Vec::new(),
            prompt: Prompt::First,
        }
    }

    /// A string whose first line has the number `line`.
    pub fn text(text: Vec<u8>, line: u32) -> Self {
        Self::with(Source::Text, text, line)
    }

    /// A script behind a descriptor.
    pub fn fd(fd: Fd) -> Self {
        Self::with(Source::Fd(fd), Vec::new(), 1)
    }

    /// A terminal.
    pub fn terminal(reader: Box<dyn LineReader>) -> Self {
        Self::with(Source::Terminal(reader), Vec::new(), 1)
    }

    /// Throws away what is left of the current line (after an error at a terminal).
    pub fn discard_line(&mut self) {
        self.aliases.clear();
        self.buf.clear();
        (self.pos, self.shown) = (0, 0);
    }

    /// Forgets an end that a terminal reported, so that reading goes on.
    pub fn clear_end(&mut self) {
        self.ended = false;
    }

    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let old = self.buf.len();
        match &mut self.source {
            Source::Text => return false,
            Source::Fd(from) => {
                if self.pos == old {
                    // What was the beginning of a line is kept for a diagnostic.
                    let line = if flavour::is_bash() { begun_line(&self.buf) } else { self.buf.len() };
                    self.buf.drain(..line);
                    self.pos = self.buf.len();
                    self.shown = self.pos;
                }
                let start = self.buf.len();
                if self.by_lines {
                    return self.read_one_line(start);
                }
                self.buf.resize(start + if flavour::is_ash() { BLOCK } else { BLOCK_DASH }, 0);
                let count = loop {
                    match fd::read(*from, self.buf.get_mut(start..).unwrap_or_default()) {
                        Err(Errno::Intr) => self.signals.extend(signal::take()),
                        result => break result.unwrap_or(0),
                    }
                };
                self.buf.truncate(start + count);
                self.finish_refill(start)
            }
            Source::Terminal(reader) => {
                reader.read_line(self.prompt, &mut self.buf);
                if self.buf.last() == Some(&b'\n') {
                    self.prompt = Prompt::Continuation;
                }
                self.finish_refill(old)
            }
        }
    }

    /// Takes no more than the rest of a line from a descriptor that the commands read, too.
    fn read_one_line(&mut self, start: usize) -> bool {
        let Source::Fd(from) = self.source else { return false };
        while self.buf.get(start..).and_then(<[u8]>::last) != Some(&b'\n') {
            let mut byte = [0];
            match fd::read(from, &mut byte) {
                Ok(0) => break,
                Ok(_) => self.buf.extend_from_slice(&byte),
                Err(Errno::Intr) => self.signals.extend(signal::take()),
                Err(_) => break,
            }
        }
        self.finish_refill(start)
    }

    fn finish_refill(&mut self, start: usize) -> bool {
        let fresh = self.buf.get(start..).unwrap_or_default();
        if fresh.is_empty() {
            self.ended = true;
            return false;
        }
        if fresh.contains(&0) {
            let kept: Vec<u8> = fresh.iter().copied().filter(|byte| *byte != 0).collect();
            self.buf.truncate(start);
            self.buf.extend_from_slice(&kept);
        }
        true
    }

    /// The next byte, left where it is; `None` at the end.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(alias) = self.aliases.last() {
            if let Some(byte) = alias.text.get(alias.pos) {
                return Some(*byte);
            }
            self.blank_after_alias = alias.text.last().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            self.aliases.pop();
        }
        loop {
            if let Some(byte) = self.buf.get(self.pos).copied() {
                if self.pos >= self.shown {
                    self.show_line();
                }
                return Some(byte);
            }
            if !self.refill() {
                return None;
            }
        }
    }

    /// Under `set -v`, writes the line that begins here; in any case that line counts as shown.
    fn show_line(&mut self) {
        let rest = self.buf.get(self.pos..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        if self.verbose && !matches!(self.source, Source::Text) {
            let _ = fd::write_all(fd::STDERR, rest.get(..length).unwrap_or_default());
        }
        self.shown = self.pos + length;
    }

    /// The byte after the next one, within the same text.
    pub fn peek_second(&mut self) -> Option<u8> {
        self.peek()?;
        if let Some(alias) = self.aliases.last() {
            if let Some(byte) = alias.text.get(alias.pos + 1) {
                return Some(*byte);
            }
            return if self.aliases.len() > 1 { None } else { self.buf.get(self.pos).copied() };
        }
        self.ahead(1)
    }

    /// As [`Self::peek_second`], line continuations before that byte left out.
    pub fn peek_second_joined(&mut self) -> Option<u8> {
        if self.peek_second()? != b'\\' || !self.aliases.is_empty() {
            return self.peek_second();
        }
        let mut by = 1;
        while self.ahead(by) == Some(b'\\') && self.ahead(by + 1) == Some(b'\n') {
            by += 2;
        }
        self.ahead(by)
    }

    /// The byte so many behind the next one, outside of aliases.
    fn ahead(&mut self, by: usize) -> Option<u8> {
        if self.pos + by >= self.buf.len() && !matches!(self.source, Source::Terminal(_)) {
            self.refill();
        }
        self.buf.get(self.pos + by).copied()
    }

    /// Takes the next byte.
    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        match self.aliases.last_mut() {
            Some(alias) => alias.pos += 1,
            None => self.pos += 1,
        }
        self.line += u32::from(byte == b'\n' && self.counts_lines);
        Some(byte)
    }

    /// Takes the next byte without counting a line's end.
    pub fn next_uncounted(&mut self) -> Option<u8> {
        let line = self.line;
        let byte = self.next();
        self.line = line;
        byte
    }

    /// As [`Self::peek`], after removing line continuations.
    pub fn peek_joined(&mut self) -> Option<u8> {
        while self.peek()? == b'\\' && self.peek_second() == Some(b'\n') {
            self.next();
            self.next();
        }
        self.peek()
    }

    /// Takes the next byte when it is `byte`, line continuations removed.
    pub fn take_joined(&mut self, byte: u8) -> bool {
        let found = self.peek_joined() == Some(byte);
        if found {
            self.next();
        }
        found
    }

    /// The line that has been read last, as bash shows it with an error.
    #[must_use]
    pub fn current_line(&self) -> &[u8] {
        let read = self.buf.get(..self.pos).unwrap_or_default();
        let read = read.strip_suffix(b"\n").unwrap_or(read);
        let start = read.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = self.buf.get(start..).unwrap_or_default();
        let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
        line.get(..end).unwrap_or_default()
    }

    /// The number of the line behind the last one.
    #[must_use]
    pub fn line_at_end(&self) -> u32 {
        self.line + u32::from(self.buf.last().is_some_and(|byte| *byte != b'\n'))
    }

    /// Whether an alias's text is being read.
    #[must_use]
    pub fn in_any_alias(&self) -> bool {
        !self.aliases.is_empty()
    }

    /// The rest of the current line without its newline, left where it is. Of alias texts only those are looked into
    /// that hold all of it.
    pub fn rest_of_line(&mut self) -> &[u8] {
        if let Some(length) = self.line_in_alias() {
            let rest = self.aliases.last().and_then(|alias| alias.text.get(alias.pos..alias.pos + length));
            return rest.unwrap_or_default();
        }
        let mut searched = self.pos;
        loop {
            let rest = self.buf.get(searched..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                return self.buf.get(self.pos..searched + end).unwrap_or_default();
            }
            let (pending, position) = (self.buf.len() - self.pos, self.pos);
            if !self.refill() {
                return self.buf.get(self.pos..).unwrap_or_default();
            }
            // A refill may have moved the text to the front of the buffer.
            searched = if self.pos == position { position + pending } else { self.pos };
        }
    }

    /// The length of the rest of the current line in the innermost alias's text, if the line ends there.
    fn line_in_alias(&self) -> Option<usize> {
        let alias = self.aliases.last()?;
        alias.text.get(alias.pos..)?.iter().position(|byte| *byte == b'\n')
    }

    /// Skips `count` bytes of the current line and its newline. Returns whether there was one.
    pub fn skip_line(&mut self, count: usize) -> bool {
        if self.line_in_alias() == Some(count) {
            (0..=count).for_each(|_| _ = self.next());
            return true;
        }
        if self.pos >= self.shown {
            self.show_line();
        }
        self.pos += count;
        if self.buf.get(self.pos) == Some(&b'\n') {
            self.pos += 1;
            self.count_line();
            return true;
        }
        false
    }

    /// Counts a line more.
    pub fn count_line(&mut self) {
        self.line += u32::from(self.counts_lines);
    }

    /// Puts an alias's text before the rest.
    pub fn push_alias(&mut self, name: Rc<[u8]>, text: Rc<[u8]>) {
        self.aliases.push(AliasText { name, text, pos: 0 });
    }

    /// Whether the innermost alias's text is used up but not yet left: a word ends there.
    #[must_use]
    pub fn at_alias_end(&self) -> bool {
        self.aliases.last().is_some_and(|alias| alias.pos == alias.text.len())
    }

    /// Whether this alias's text is being read, so that its name isn't replaced again.
    #[must_use]
    pub fn in_alias(&self, name: &[u8]) -> bool {
        self.aliases.iter().any(|alias| *alias.name == *name)
    }

    /// Whether an alias that ended in a blank has just been left; asking resets it.
    pub fn take_blank_after_alias(&mut self) -> bool {
        core::mem::take(&mut self.blank_after_alias)
    }
}

/// Where the line begins whose end is not there yet.
fn begun_line(text: &[u8]) -> usize {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}
