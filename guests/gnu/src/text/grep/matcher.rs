//! The patterns of one call, and where a line matches them.

use applets::regex::{LineScan, Regex, Span, Syntax};
use applets::{Context, Quit};

use super::TROUBLE;

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

/// The line of a file that a pattern stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) file: Vec<u8>,
    pub(super) line: u64,
}

/// A pattern, and where it is from, if from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) text: Vec<u8>,
    pub(super) origin: Option<Origin>,
}

/// The compiled patterns.
#[derive(Debug)]
pub(super) struct Matcher {
    mode: Mode,
    /// All patterns but those that refer back.
    plain: Option<Regex>,
    /// Those that do, each for itself.
    referring: Vec<Regex>,
    scan: Option<LineScan>,
}

impl Matcher {
    /// Compiles the patterns. What is wrong with each of them is told before it ends.
    pub(super) fn new(ctx: &mut Context<'_>, patterns: &[Pattern], mode: Mode) -> Result<Self, Quit> {
        let syntax = if mode.extended { Syntax::GNU_EGREP } else { Syntax::GNU_GREP };
        let syntax = Syntax { ignore_case: mode.ignore_case, ..syntax };
        let mut matcher = Self { mode, plain: None, referring: Vec::new(), scan: None };
        let mut plain: Vec<&[u8]> = Vec::new();
        if mode.literal {
            plain.extend(patterns.iter().map(|pattern| pattern.text.as_slice()));
        } else {
            let (mut failed, mut leading) = (false, Vec::new());
            for pattern in patterns {
                match Regex::outline(&pattern.text, syntax) {
                    Err(error) => {
                        failed = true;
                        complain(ctx, pattern, error.gnu_message().as_bytes());
                    }
                    Ok(outline) => {
                        leading.extend(outline.leading_repetitions);
                        if outline.back_references {
                            let regex = Regex::new(&pattern.text, syntax);
                            matcher.referring.push(regex.map_err(|error| bad(ctx, error.gnu_message()))?);
                        } else {
                            plain.push(&pattern.text);
                        }
                    }
                }
            }
            if failed {
                return Err(Quit(TROUBLE));
            }
            if patterns.iter().any(|pattern| has_bare_class(&pattern.text)) {
                return Err(bad(ctx, "character class syntax is [[:space:]], not [:space:]"));
            }
            for sign in leading {
                let sign: &[u8] = if sign == b'{' { b"{...}" } else { &[sign] };
                ctx.complain(&[b"warning: ", sign, b" at start of expression"]);
            }
        }
        let compiled = match plain.as_slice() {
            [] => Ok(None),
            texts if mode.literal => Regex::any_literal(texts, mode.ignore_case).map(Some),
            texts => Regex::any(texts, syntax),
        };
        matcher.plain = compiled.map_err(|error| bad(ctx, error.gnu_message()))?;
        if matcher.referring.is_empty() {
            matcher.scan = matcher.plain.as_ref().and_then(LineScan::of);
        }
        Ok(matcher)
    }

    /// A place in the first line of `text` that may match; `None` where no line can. Where lines cannot be passed over,
    /// that is the text's start.
    pub(super) fn candidate(&self, text: &[u8], delimiter: u8) -> Option<usize> {
        match (&self.scan, &self.plain) {
            (Some(scan), Some(plain)) => scan.candidate(plain, text, delimiter),
            // Without any pattern nothing matches.
            (None, None) if self.referring.is_empty() => None,
            _ => Some(0),
        }
    }

    /// Whether a line matches.
    pub(super) fn is_match(&self, line: &[u8]) -> bool {
        if self.mode.words || self.mode.lines {
            let possible = !self.referring.is_empty() || self.plain.as_ref().is_some_and(|plain| plain.is_match(line));
            return possible && self.find(line, 0).is_some();
        }
        self.plain.iter().chain(&self.referring).any(|regex| regex.is_match(line))
    }

    /// The first match from `start` on, and of those that begin there the longest.
    pub(super) fn find(&self, line: &[u8], start: usize) -> Option<Span> {
        if self.mode.lines {
            let whole = self.leftmost(line, 0)? == (0, line.len());
            return (start == 0 && whole).then_some((0, line.len()));
        }
        if !self.mode.words {
            return self.leftmost(line, start);
        }
        let mut from = start;
        loop {
            let (start, mut end) = self.leftmost(line, from)?;
            loop {
                if is_bounded(line, start, end) {
                    return Some((start, end));
                }
                // A shorter match from the same place may be a word.
                let shorter = end.checked_sub(1).filter(|shorter| *shorter > start);
                match shorter.and_then(|shorter| self.leftmost(line.get(..shorter)?, start)) {
                    Some((again, shorter)) if again == start && shorter < end => end = shorter,
                    _ => break,
                }
            }
            from = start + 1;
        }
    }

    fn leftmost(&self, line: &[u8], start: usize) -> Option<Span> {
        let spans = self.plain.iter().chain(&self.referring).filter_map(|regex| regex.find_at(line, start, false));
        spans.min_by_key(|(start, end)| (*start, core::cmp::Reverse(*end)))
    }
}

fn bad(ctx: &mut Context<'_>, message: &str) -> Quit {
    ctx.complain(&[message.as_bytes()]);
    Quit(TROUBLE)
}

fn complain(ctx: &mut Context<'_>, pattern: &Pattern, message: &[u8]) {
    match &pattern.origin {
        Some(Origin { file, line }) => ctx.complain(&[file, b":", line.to_string().as_bytes(), b": ", message]),
        None => ctx.complain(&[message]),
    }
}

fn is_bounded(line: &[u8], start: usize, end: usize) -> bool {
    let is_word = |at: Option<usize>| {
        at.and_then(|at| line.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    !is_word(start.checked_sub(1)) && !is_word(Some(end))
}

/// Whether a bracket expression is the name of a class without brackets of its own: `[:space:]`.
fn has_bare_class(pattern: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'[' => {
                let rest = pattern.get(at..).unwrap_or_default();
                let len = list_len(rest);
                if let Some([b':', inner @ .., b':']) = rest.get(..len) {
                    if !inner.is_empty() && !inner.contains(&b'[') && !inner.contains(&b'-') {
                        return true;
                    }
                }
                at += len + 1;
            }
            _ => {}
        }
    }
    false
}

/// The length of what stands between the brackets.
fn list_len(rest: &[u8]) -> usize {
    let mut at = usize::from(rest.first() == Some(&b'^'));
    at += usize::from(rest.get(at) == Some(&b']'));
    loop {
        match (rest.get(at), rest.get(at + 1)) {
            (None | Some(b']'), _) => return at.min(rest.len()),
            (Some(b'['), Some(kind @ (b':' | b'.' | b'='))) => {
                let tail = rest.get(at + 2..).unwrap_or_default();
                at += 2 + tail.windows(2).position(|pair| pair == [*kind, b']']).map_or(0, |end| end + 2);
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use applets::Applet;

    fn spans(patterns: &[&str], mode: Mode, line: &str) -> Vec<Span> {
        let applet = Applet::new("grep", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        let pattern = |text: &&str| Pattern { text: text.as_bytes().to_vec(), origin: None };
        let patterns: Vec<Pattern> = patterns.iter().map(pattern).collect();
        let matcher = Matcher::new(&mut ctx, &patterns, mode).unwrap();
        let (mut found, mut start) = (Vec::new(), 0);
        while let Some(span) = matcher.find(line.as_bytes(), start) {
            found.push(span);
            start = if span.1 > span.0 { span.1 } else { span.0 + 1 };
        }
        assert_eq!(matcher.is_match(line.as_bytes()), !found.is_empty());
        found
    }

    const PLAIN: Mode = Mode { literal: false, extended: false, ignore_case: false, words: false, lines: false };

    #[test]
    fn the_longest_of_all_patterns_counts() {
        assert_eq!(spans(&["foo", "foo_bar"], Mode { literal: true, ..PLAIN }, "foo_bar foo"), [(0, 7), (8, 11)]);
        assert_eq!(spans(&["a\\(b\\)\\1", "ab"], PLAIN, "abb ab"), [(0, 3), (4, 6)]);
    }

    #[test]
    fn words_and_lines() {
        let words = Mode { words: true, ..PLAIN };
        assert_eq!(spans(&["f[a-z_]*"], words, "foo_bar xfoo foo"), [(0, 7), (13, 16)]);
        assert_eq!(spans(&["foo.*"], words, "foo bar-"), [(0, 8)]);
        assert_eq!(spans(&["ab*"], words, "abb_a"), []);
        let lines = Mode { lines: true, ..PLAIN };
        assert_eq!(spans(&["a*"], lines, "aaa"), [(0, 3)]);
        assert_eq!(spans(&["a"], lines, "aaa"), []);
    }

    #[test]
    fn classes_without_brackets() {
        for (pattern, bare) in
            [("[:space:]", true), ("[[:space:]]", false), ("[:a-z:]", false), ("[::]", false), ("[x:a:]", false)]
        {
            assert_eq!(has_bare_class(pattern.as_bytes()), bare, "{pattern}");
        }
    }
}
