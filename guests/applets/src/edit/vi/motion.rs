//! Where the keys that move go to.

use super::editor::Editor;
use super::text::{Class, class};

/// Where a motion ends, and what an operator takes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Motion {
    pub to: usize,
    /// Whole lines are taken.
    pub lines: bool,
    /// What the cursor ends on is taken as well.
    pub inclusive: bool,
}

const fn exclusive(to: usize) -> Option<Motion> {
    Some(Motion { to, lines: false, inclusive: false })
}

const fn inclusive(to: usize) -> Option<Motion> {
    Some(Motion { to, lines: false, inclusive: true })
}

const fn lines(to: usize) -> Option<Motion> {
    Some(Motion { to, lines: true, inclusive: false })
}

impl Editor {
    /// What a key that moves does; `None` when it is no such key, or cannot.
    pub(super) fn motion(&mut self, key: u8, count: Option<usize>) -> Option<Motion> {
        let times = count.unwrap_or(1).max(1);
        let (dot, begin) = (self.dot, self.text.begin(self.dot));
        match key {
            b'h' | 8 | 127 => exclusive(dot.saturating_sub(times).max(begin)).filter(|motion| motion.to < dot),
            b'l' | b' ' => {
                let most = if self.pending { self.text.end(dot) } else { self.text.last(dot) };
                exclusive((dot + times).min(most)).filter(|motion| motion.to > dot)
            }
            b'0' => exclusive(begin),
            b'^' => exclusive(self.text.first_word(dot)),
            b'$' => {
                let line = self.down(times - 1)?;
                self.wanted = usize::MAX;
                inclusive(self.text.last(line))
            }
            b'|' => exclusive(self.text.at_column(dot, times - 1, self.options.tab)),
            b'j' | 14 | 10 => {
                let line = self.down(times)?;
                lines(self.text.at_column(line, self.wanted, self.options.tab))
            }
            b'k' | 16 => {
                let line = self.up(times)?;
                lines(self.text.at_column(line, self.wanted, self.options.tab))
            }
            b'+' | b'\r' => lines(self.text.first_word(self.down(times)?)),
            b'-' => lines(self.text.first_word(self.up(times)?)),
            b'_' => lines(self.text.first_word(self.down(times - 1)?)),
            b'G' => {
                let number = count.unwrap_or(usize::MAX).min(self.text.lines());
                lines(self.text.first_word(self.text.of_line(number)))
            }
            b'H' => lines(self.text.first_word(self.from_top(times - 1))),
            b'L' => lines(self.text.first_word(self.from_top(self.shown().saturating_sub(times)))),
            b'M' => {
                let rows = (self.rows - 1) / 2;
                // A text that ends above the middle is gone to its end.
                let short = self.shown() <= rows;
                lines(if short {
                    self.text.last(self.text.len() - 1)
                } else {
                    self.text.first_word(self.from_top(rows))
                })
            }
            b'w' | b'W' => exclusive(self.repeat(times, |text, at| text.word_forward(at, key == b'W'))),
            b'b' | b'B' => exclusive(self.repeat(times, |text, at| text.word_back(at, key == b'B'))),
            b'e' | b'E' => inclusive(self.repeat(times, |text, at| text.word_end(at, key == b'E'))),
            b'{' => exclusive(self.repeat(times, Self::paragraph_back)),
            b'}' => exclusive(self.repeat(times, Self::paragraph_forward)),
            b'%' => inclusive(self.partner()?),
            b';' | b',' => {
                let (kind, wanted) = self.found_character?;
                let kind = if key == b',' { kind ^ 0x20 } else { kind };
                self.character(kind, wanted, times)
            }
            b'n' | b'N' => {
                let pattern = self.pattern.clone();
                let forward = self.search_forward == (key == b'n');
                exclusive(self.search(&pattern, forward, times)?)
            }
            _ => None,
        }
    }

    fn repeat(&self, times: usize, step: impl Fn(&Self, usize) -> usize) -> usize {
        (0..times).fold(self.dot, |at, _| step(self, at))
    }

    fn down(&self, times: usize) -> Option<usize> {
        (0..times).try_fold(self.text.begin(self.dot), |at, _| self.text.next(at))
    }

    fn up(&self, times: usize) -> Option<usize> {
        (0..times).try_fold(self.text.begin(self.dot), |at, _| self.text.before(at))
    }

    /// A line of the screen.
    fn from_top(&self, rows: usize) -> usize {
        (0..rows).fold(self.top, |at, _| self.text.next(at).unwrap_or(at))
    }

    /// How many lines of text the screen shows.
    fn shown(&self) -> usize {
        let left = self.text.lines() + 1 - self.text.line(self.top);
        left.min(self.rows)
    }

    /// `f`, `F`, `t` and `T`: to a character of this line, or just before it.
    pub(super) fn character(&self, kind: u8, wanted: u8, times: usize) -> Option<Motion> {
        let (begin, end) = (self.text.begin(self.dot), self.text.end(self.dot));
        let forward = kind.is_ascii_lowercase();
        let mut at = self.dot;
        for _ in 0..times {
            at = if forward {
                (at + 1..end).find(|place| self.text.at(*place) == wanted)?
            } else {
                (begin..at).rev().find(|place| self.text.at(*place) == wanted)?
            };
        }
        match kind {
            b'f' => inclusive(at),
            b't' => inclusive(at - 1),
            b'T' => exclusive(at + 1),
            _ => exclusive(at),
        }
    }

    fn class(&self, at: usize, big: bool) -> Class {
        class(self.text.at(at), big)
    }

    fn word_forward(&self, mut at: usize, big: bool) -> usize {
        let most = self.text.len() - 1;
        let kind = self.class(at, big);
        while at < most && kind != Class::Blank && self.class(at, big) == kind {
            at += 1;
        }
        while at < most && self.class(at, big) == Class::Blank {
            // An empty line is a word.
            if self.text.at(at) == b'\n' && self.text.at(at + 1) == b'\n' {
                return at + 1;
            }
            at += 1;
        }
        at
    }

    fn word_back(&self, mut at: usize, big: bool) -> usize {
        while at > 0 && self.class(at - 1, big) == Class::Blank {
            at -= 1;
        }
        let Some(before) = at.checked_sub(1) else { return 0 };
        let kind = self.class(before, big);
        while at > 0 && self.class(at - 1, big) == kind {
            at -= 1;
        }
        at
    }

    fn word_end(&self, mut at: usize, big: bool) -> usize {
        let most = self.text.len().saturating_sub(2);
        at = (at + 1).min(most);
        while at < most && self.class(at, big) == Class::Blank {
            at += 1;
        }
        let kind = self.class(at, big);
        while at < most && self.class(at + 1, big) == kind {
            at += 1;
        }
        at
    }

    fn is_empty_line(&self, begin: usize) -> bool {
        self.text.at(begin) == b'\n'
    }

    fn paragraph_forward(&self, at: usize) -> usize {
        let mut line = self.text.begin(at);
        while self.is_empty_line(line) {
            match self.text.next(line) {
                Some(next) => line = next,
                None => return self.text.last(line),
            }
        }
        while !self.is_empty_line(line) {
            match self.text.next(line) {
                Some(next) => line = next,
                None => return self.text.last(line),
            }
        }
        line
    }

    fn paragraph_back(&self, at: usize) -> usize {
        let mut line = self.text.begin(at);
        while self.is_empty_line(line) {
            match self.text.before(line) {
                Some(before) => line = before,
                None => return 0,
            }
        }
        while !self.is_empty_line(line) {
            match self.text.before(line) {
                Some(before) => line = before,
                None => return 0,
            }
        }
        line
    }

    /// The bracket that goes with the first one from the cursor on.
    fn partner(&self) -> Option<usize> {
        const PAIRS: [(u8, u8); 3] = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
        let end = self.text.end(self.dot);
        let start = (self.dot..end)
            .find(|at| PAIRS.iter().any(|(open, close)| [*open, *close].contains(&self.text.at(*at))))?;
        let here = self.text.at(start);
        let (open, close) = *PAIRS.iter().find(|(open, close)| [*open, *close].contains(&here))?;
        let mut depth = 0i32;
        let mut visit = |at: &usize| {
            let byte = self.text.at(*at);
            depth += i32::from(byte == open) - i32::from(byte == close);
            depth == 0
        };
        if here == open { (start..self.text.len()).find(visit) } else { (0..=start).rev().find(|at| visit(at)) }
    }
}
