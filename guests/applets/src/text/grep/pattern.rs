//! The patterns of one call and how a line is tried against them.

use std::cell::OnceCell;

use crate::regex::{LineScan, Regex, Span, Syntax};

/// How patterns are read and what counts as a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    /// They are text, not regular expressions.
    pub(super) literal: bool,
    /// They are extended regular expressions.
    pub(super) extended: bool,
    /// Case does not count.
    pub(super) ignore_case: bool,
    /// A match must be bounded by other bytes than those of words.
    pub(super) words: bool,
    /// A match must be the whole line.
    pub(super) lines: bool,
}

impl Mode {
    fn syntax(self) -> Syntax {
        let syntax = if self.extended { Syntax::EGREP } else { Syntax::GREP };
        Syntax { ignore_case: self.ignore_case, ..syntax }
    }
}

/// A pattern's text is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadPattern(pub(super) Vec<u8>);

/// A pattern and, once it was needed, its matcher.
#[derive(Debug)]
struct Pattern {
    text: Vec<u8>,
    regex: OnceCell<Regex>,
}

/// What was found in a line: which pattern, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The pattern's place in the order of trial.
    pub(super) pattern: usize,
    /// The match.
    pub(super) span: Span,
}

/// The patterns of one call.
#[derive(Debug)]
pub(super) struct Patterns {
    mode: Mode,
    /// The last one given comes first.
    patterns: Vec<Pattern>,
    /// Matches where any of the patterns does, before words and lines are looked at.
    any: Option<Regex>,
    scan: Option<LineScan>,
}

impl Patterns {
    /// The patterns in the order given.
    pub(super) fn new(texts: Vec<Vec<u8>>, mode: Mode) -> Self {
        let refs: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let any = match refs.as_slice() {
            [] => None,
            _ if mode.literal => Regex::any_literal(&refs, mode.ignore_case).ok(),
            // A bad pattern is told about only when a line has to be tried against it.
            _ => Regex::any(&refs, mode.syntax()).ok().flatten(),
        };
        let scan = any.as_ref().and_then(LineScan::of);
        let patterns = texts.into_iter().rev().map(|text| Pattern { text, regex: OnceCell::new() }).collect();
        Self { mode, patterns, any, scan }
    }

    /// Whether lines can be passed over.
    pub(super) fn can_skip(&self) -> bool {
        self.scan.is_some()
    }

    /// A place in the first line of `text` that may match.
    pub(super) fn candidate(&self, text: &[u8], delimiter: u8) -> Option<usize> {
        match (&self.scan, &self.any) {
            (Some(scan), Some(any)) => scan.candidate(any, text, delimiter),
            _ => Some(0),
        }
    }

    /// The text of a pattern that was found, when it is printed instead of what it matched.
    pub(super) fn literal_text(&self, found: Found) -> Option<&[u8]> {
        self.patterns.get(found.pattern).filter(|_| self.mode.literal).map(|pattern| pattern.text.as_slice())
    }

    /// Whether a line matches.
    pub(super) fn is_match(&self, line: &[u8]) -> Result<bool, BadPattern> {
        if let Some(any) = &self.any {
            if !any.is_match(line) {
                return Ok(false);
            }
            let literal_is_cut = self.mode.literal && line.contains(&0);
            if !self.mode.words && !self.mode.lines && !literal_is_cut {
                return Ok(true);
            }
        }
        // No pattern at all is found as a word.
        Ok(self.find(line)?.is_some() || self.patterns.is_empty() && self.mode.words)
    }

    /// The first pattern that matches the line, and its first match.
    pub(super) fn find(&self, line: &[u8]) -> Result<Option<Found>, BadPattern> {
        for (number, pattern) in self.patterns.iter().enumerate() {
            let span = if self.mode.literal {
                self.find_literal(&pattern.text, line)
            } else {
                self.find_regex(self.regex(pattern)?, line, 0)
            };
            if let Some(span) = span {
                return Ok(Some(Found { pattern: number, span }));
            }
        }
        Ok(None)
    }

    /// The next match of the pattern that was found; words are not looked at any more.
    pub(super) fn find_next(&self, found: Found, line: &[u8], start: usize) -> Result<Option<Found>, BadPattern> {
        let Some(pattern) = self.patterns.get(found.pattern) else { return Ok(None) };
        let span = self.regex(pattern)?.find_at(line, start, false);
        Ok(span.map(|span| Found { span, ..found }))
    }

    fn regex<'a>(&self, pattern: &'a Pattern) -> Result<&'a Regex, BadPattern> {
        if let Some(regex) = pattern.regex.get() {
            return Ok(regex);
        }
        let regex = Regex::new(&pattern.text, self.mode.syntax()).map_err(|_| BadPattern(pattern.text.clone()))?;
        Ok(pattern.regex.get_or_init(|| regex))
    }

    fn find_regex(&self, regex: &Regex, line: &[u8], mut start: usize) -> Option<Span> {
        loop {
            let span = regex.find_at(line, start, false)?;
            if self.accepts(span, line) {
                return Some(span);
            }
            if self.mode.lines || span.1 == span.0 {
                return None;
            }
            start = span.1;
        }
    }

    fn accepts(&self, (start, end): Span, line: &[u8]) -> bool {
        if self.mode.lines {
            return start == 0 && matches!(line.get(end), None | Some(0));
        }
        !self.mode.words || is_word_bounded(line, start, end)
    }

    /// Text is looked for up to the first NUL, where a C string ends.
    fn find_literal(&self, text: &[u8], line: &[u8]) -> Option<Span> {
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        if self.mode.lines {
            let same = if self.mode.ignore_case { line.eq_ignore_ascii_case(text) } else { line == text };
            return same.then_some((0, line.len()));
        }
        let mut start = 0;
        loop {
            let rest = line.get(start..)?;
            let at =
                start + if self.mode.ignore_case { find_folded(rest, text) } else { memchr::memmem::find(rest, text) }?;
            let end = at + text.len();
            if !self.mode.words || text.is_empty() || is_word_bounded(line, at, end) {
                return Some((at, end));
            }
            start = at + 1;
        }
    }
}

fn find_folded(line: &[u8], text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    line.windows(text.len()).position(|window| window.eq_ignore_ascii_case(text))
}

fn is_word_bounded(line: &[u8], start: usize, end: usize) -> bool {
    let is_word = |at: Option<usize>| {
        at.and_then(|at| line.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    !is_word(start.checked_sub(1)) && !is_word(Some(end))
}
