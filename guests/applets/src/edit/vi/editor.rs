//! What `vi` knows, its keys, insert mode and searching.

use std::collections::VecDeque;

use super::text::Text;
use crate::regex::{Regex, Syntax};

/// Who gives keys and shows the text.
pub(super) trait Host {
    /// Shows the text as it is now, and waits for a key; `None` at the end of the input.
    fn key(&mut self, editor: &mut Editor) -> Option<u8>;
}

/// The letters of the modes in the status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Normal,
    Insert,
    Replace,
}

/// What the last line says besides the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    Plain(Vec<u8>),
    /// One that stands out.
    Bold(Vec<u8>),
}

/// What `:set` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    pub autoindent: bool,
    pub expandtab: bool,
    pub flash: bool,
    pub ignorecase: bool,
    pub showmatch: bool,
    pub tab: usize,
}

/// Why the editor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// This file is done with.
    File,
    /// All are.
    All,
    /// There are no more keys.
    Input,
}

/// Text in a register, and whether it is lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Register {
    pub text: Vec<u8>,
    pub lines: bool,
}

/// The register that is used when none is named: `d` of 26 letters and two more.
pub(super) const UNNAMED: u8 = b'd';

/// How many states are kept to go back to.
const UNDO: usize = 256;

pub(super) struct Editor {
    pub text: Text,
    pub dot: usize,
    /// Where the first line of the screen begins.
    pub top: usize,
    /// How many rows of the screen show text.
    pub rows: usize,
    pub file: Option<Vec<u8>>,
    pub modified: bool,
    pub readonly: bool,
    pub mode: Mode,
    pub message: Option<Message>,
    pub options: Options,
    /// The column that moving up and down keeps to.
    pub wanted: usize,
    pub pattern: Vec<u8>,
    pub search_forward: bool,
    pub found_character: Option<(u8, u8)>,
    /// Whether an operator waits for its motion.
    pub pending: bool,
    pub end: Option<End>,
    /// What is typed in the last line.
    pub prompt: Option<Vec<u8>>,
    pub bell: bool,
    pub registers: [Register; 26],
    pub register: Option<u8>,
    pub marks: [Option<usize>; 26],
    pub before_jump: usize,
    undo: Vec<(Text, usize, bool)>,
    kept: bool,
    ahead: VecDeque<u8>,
    tape: Vec<u8>,
    pub last: Vec<u8>,
}

impl Editor {
    pub(super) fn new(text: Vec<u8>, file: Option<Vec<u8>>, readonly: bool, rows: usize) -> Self {
        Self {
            text: Text::new(text),
            dot: 0,
            top: 0,
            rows,
            file,
            modified: false,
            readonly,
            mode: Mode::Normal,
            message: None,
            options: Options {
                autoindent: false,
                expandtab: false,
                flash: false,
                ignorecase: false,
                showmatch: false,
                tab: 8,
            },
            wanted: 0,
            pattern: Vec::new(),
            search_forward: true,
            found_character: None,
            pending: false,
            end: None,
            prompt: None,
            bell: false,
            registers: Default::default(),
            register: None,
            marks: [None; 26],
            before_jump: 0,
            undo: Vec::new(),
            kept: false,
            ahead: VecDeque::new(),
            tape: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Puts keys before those that are typed.
    pub(super) fn type_ahead(&mut self, keys: &[u8]) {
        self.ahead.extend(keys);
    }

    pub(super) fn say(&mut self, text: impl Into<Vec<u8>>) {
        self.message = Some(Message::Plain(text.into()));
    }

    pub(super) fn complain(&mut self, text: impl Into<Vec<u8>>) {
        self.message = Some(Message::Bold(text.into()));
    }

    /// The next key: one that was kept, or one that is typed.
    pub(super) fn next(&mut self, host: &mut dyn Host) -> Option<u8> {
        let key = match self.ahead.pop_front() {
            Some(key) => key,
            None => match host.key(self) {
                Some(key) => key,
                None => {
                    self.end = Some(End::Input);
                    return None;
                }
            },
        };
        self.tape.push(key);
        Some(key)
    }

    /// Reads keys and does what they say, until the editor ends.
    pub(super) fn run(&mut self, host: &mut dyn Host) -> End {
        loop {
            self.tape.clear();
            self.kept = false;
            self.register = None;
            let replayed = !self.ahead.is_empty();
            self.settle();
            let Some(key) = self.next(host) else { return self.end.unwrap_or(End::Input) };
            self.message = None;
            let (count, key) = self.count(host, key);
            let column = self.text.column(self.dot, self.options.tab);
            if !matches!(key, b'j' | b'k' | 14 | 16 | 10 | b'$') {
                self.wanted = column;
            }
            self.command(host, key, count);
            self.pending = false;
            if self.kept && !replayed && !matches!(key, b'u' | b'.' | b':') {
                self.last = self.tape.clone();
            }
            if let Some(end) = self.end {
                return end;
            }
        }
    }

    /// The cursor stands on a byte of a line.
    fn settle(&mut self) {
        self.dot = self.dot.min(self.text.last(self.dot.min(self.text.len() - 1)));
    }

    pub(super) fn count(&mut self, host: &mut dyn Host, mut key: u8) -> (Option<usize>, u8) {
        let mut count: Option<usize> = None;
        while key.is_ascii_digit() && (key != b'0' || count.is_some()) {
            count = Some(count.unwrap_or(0).saturating_mul(10).saturating_add(usize::from(key - b'0')).min(99_999));
            let Some(next) = self.next(host) else { return (count, 0) };
            key = next;
        }
        (count, key)
    }

    /// Changes the text; the state before the command is kept.
    pub(super) fn splice(&mut self, start: usize, end: usize, bytes: &[u8]) {
        if !self.kept {
            if self.undo.len() == UNDO {
                self.undo.remove(0);
            }
            self.undo.push((self.text.clone(), self.dot, self.modified));
            self.kept = true;
        }
        self.text.splice(start, end, bytes);
        self.modified = true;
        let (removed, added) = (end - start, bytes.len());
        for mark in self.marks.iter_mut().flatten() {
            if *mark >= end {
                *mark = *mark + added - removed;
            } else if *mark >= start {
                *mark = start;
            }
        }
        if self.top > start {
            self.top = self.text.begin(start.min(self.text.len() - 1));
        }
    }

    /// The blanks that a new line beside this one begins with.
    pub(super) fn indent(&self, place: usize) -> Vec<u8> {
        if !self.options.autoindent {
            return Vec::new();
        }
        let begin = self.text.begin(place);
        self.text
            .slice(begin, self.text.end(place))
            .iter()
            .copied()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .collect()
    }

    pub(super) fn undo(&mut self) {
        let Some((text, dot, modified)) = self.undo.pop() else {
            self.say("Already at oldest change");
            return;
        };
        let same = self.text.bytes().iter().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let (now, then) = (self.text.len(), text.len());
        let (what, chars) = if then > now { ("restored", then - now) } else { ("deleted", now - then) };
        self.say(format!("Undo [{}] {what} {chars} chars at position {same}", self.undo.len() + 1));
        (self.text, self.modified) = (text, modified);
        self.dot = dot.min(self.text.len() - 1);
        self.top = self.top.min(self.text.len() - 1);
        self.top = self.text.begin(self.top);
    }

    /// Insert mode, or replace mode, until escape.
    pub(super) fn insert(&mut self, host: &mut dyn Host, mode: Mode) {
        self.mode = mode;
        let mut overwritten: Vec<Option<u8>> = Vec::new();
        while let Some(key) = self.next(host) {
            match key {
                0x1b => break,
                8 | 127 => {
                    if mode == Mode::Replace {
                        if let Some(old) = overwritten.pop() {
                            self.dot -= 1;
                            let old = old.map(|byte| vec![byte]).unwrap_or_default();
                            self.splice(self.dot, self.dot + 1, &old);
                        }
                    } else if self.dot > 0 {
                        self.splice(self.dot - 1, self.dot, b"");
                        self.dot -= 1;
                    }
                }
                23 => {
                    let from = (self.text.begin(self.dot)..self.dot)
                        .rev()
                        .find(|at| {
                            *at == 0
                                || self.text.at(*at - 1).is_ascii_whitespace()
                                    && !self.text.at(*at).is_ascii_whitespace()
                        })
                        .unwrap_or(self.dot);
                    self.splice(from, self.dot, b"");
                    self.dot = from;
                }
                _ => {
                    let literal = key == 22;
                    let Some(byte) = (if literal { self.next(host) } else { Some(key) }) else { break };
                    let bytes = match byte {
                        b'\r' | b'\n' if !literal => [b"\n".to_vec(), self.indent(self.dot)].concat(),
                        b'\t' if self.options.expandtab && !literal => {
                            let column = self.text.column(self.dot, self.options.tab);
                            vec![b' '; self.options.tab - column % self.options.tab]
                        }
                        _ => vec![byte],
                    };
                    let over = mode == Mode::Replace && self.text.at(self.dot) != b'\n' && byte != b'\r';
                    overwritten.push(over.then(|| self.text.at(self.dot)));
                    self.splice(self.dot, self.dot + usize::from(over), &bytes);
                    self.dot += bytes.len();
                }
            }
        }
        self.mode = Mode::Normal;
        if self.dot > self.text.begin(self.dot) {
            self.dot -= 1;
        }
    }

    /// Moves the cursor in insert mode, where it may stand behind the last byte of a line.
    pub(super) fn move_while_inserting(&mut self, key: u8) {
        self.pending = true;
        if let Some(motion) = self.motion(key, None) {
            self.dot = if key == b'$' { self.text.end(self.dot) } else { motion.to };
        }
        self.pending = false;
    }

    /// A line that is typed in the last row; `None` when it is given up.
    pub(super) fn ask(&mut self, host: &mut dyn Host, sign: u8) -> Option<Vec<u8>> {
        let mut line = vec![sign];
        loop {
            self.prompt = Some(line.clone());
            let key = self.next(host);
            self.prompt = None;
            match key? {
                b'\r' | b'\n' => return line.get(1..).map(<[u8]>::to_vec),
                0x1b => return None,
                8 | 127 => {
                    line.pop();
                    if line.is_empty() {
                        return None;
                    }
                }
                byte => line.push(byte),
            }
        }
    }

    pub(super) fn regex(&mut self, pattern: &[u8]) -> Option<Regex> {
        let syntax =
            Syntax { ignore_case: self.options.ignorecase, multi_line: true, newline_sensitive: true, ..Syntax::BASIC };
        match Regex::new(pattern, syntax) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.complain([b"bad search pattern '", pattern, b"': ", error.message().as_bytes()].concat());
                None
            }
        }
    }

    /// The next match of a pattern, round the ends of the text; what is wrong is said.
    pub(super) fn search(&mut self, pattern: &[u8], forward: bool, times: usize) -> Option<usize> {
        if pattern.is_empty() {
            self.complain("No previous search");
            return None;
        }
        let regex = self.regex(pattern)?;
        let matches: Vec<usize> = {
            let (mut found, mut at) = (Vec::new(), 0);
            while let Some((start, end)) =
                regex.find_at(self.text.bytes(), at, at > 0).filter(|(start, _)| *start < self.text.len())
            {
                found.push(start);
                at = end.max(start + 1);
                if at >= self.text.len() {
                    break;
                }
            }
            found
        };
        let mut place = self.dot;
        for _ in 0..times {
            let next = if forward {
                matches.iter().find(|at| **at > place)
            } else {
                matches.iter().rev().find(|at| **at < place)
            };
            place = match (next, if forward { matches.first() } else { matches.last() }) {
                (Some(next), _) => *next,
                (None, Some(round)) => {
                    self.complain(if forward {
                        "search hit BOTTOM, continuing at TOP"
                    } else {
                        "search hit TOP, continuing at BOTTOM"
                    });
                    *round
                }
                _ => {
                    self.complain("Pattern not found");
                    return None;
                }
            };
        }
        Some(place)
    }
}
