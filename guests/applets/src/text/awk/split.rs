//! Where fields end.

use std::rc::Rc;

use crate::regex::Regex;

use super::pattern::{BadPattern, compile};

/// What stands between fields.
#[derive(Debug, Clone)]
pub(super) enum Splitter {
    /// Blanks, also before the first and behind the last field.
    Blanks,
    /// A byte, or one of two.
    Byte(u8, u8),
    /// Nothing: each byte is a field.
    Nothing,
    /// What matches.
    Regex(Rc<Regex>),
    /// What matches, and a newline.
    RegexOrLine(Rc<Regex>),
}

/// A field and where the search for the next one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    /// `None` when no field follows.
    pub(super) next: Option<usize>,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

impl Splitter {
    /// What a separator means. `lines`: a newline separates fields in any case.
    pub(super) fn new(separator: &[u8], ignore_case: bool, lines: bool) -> Result<Self, BadPattern> {
        Ok(match separator {
            b" " => Self::Blanks,
            [] => Self::Nothing,
            [byte] if !(ignore_case && byte.is_ascii_alphabetic()) => {
                Self::Byte(*byte, if lines { b'\n' } else { *byte })
            }
            _ => {
                let regex = compile(separator, ignore_case)?;
                if lines { Self::RegexOrLine(regex) } else { Self::Regex(regex) }
            }
        })
    }

    /// The field of `text` that begins at `at`; `None` when there is none.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<Piece> {
        let rest = text.get(at..)?;
        match self {
            Self::Blanks => {
                let start = at + rest.iter().position(|byte| !is_blank(*byte))?;
                let field = text.get(start..)?;
                let end = field.iter().position(|byte| is_blank(*byte)).map_or(text.len(), |len| start + len);
                Some(Piece { start, end, next: Some(end) })
            }
            _ if text.is_empty() => None,
            Self::Byte(first, second) => {
                let found =
                    if first == second { memchr::memchr(*first, rest) } else { memchr::memchr2(*first, *second, rest) };
                let end = found.map_or(text.len(), |len| at + len);
                Some(Piece { start: at, end, next: found.map(|_| end + 1) })
            }
            Self::Nothing => {
                let next = (at + 1 < text.len()).then_some(at + 1);
                (at < text.len()).then_some(Piece { start: at, end: at + 1, next })
            }
            Self::Regex(regex) => Some(match separator_in(regex, rest) {
                None => Piece { start: at, end: text.len(), next: None },
                Some((start, end)) => Piece { start: at, end: at + start, next: Some(at + end) },
            }),
            Self::RegexOrLine(regex) => Some(match line_or_separator_in(regex, rest) {
                None => Piece { start: at, end: text.len(), next: None },
                Some((start, end, _)) => Piece { start: at, end: at + start, next: Some(at + end) },
            }),
        }
    }

    /// How many fields of `text` count: in paragraphs the real program forgets one for each newline that separates
    /// fields beside a regular expression, and with it the last fields.
    pub(super) fn most(&self, text: &[u8]) -> usize {
        let Self::RegexOrLine(regex) = self else { return usize::MAX };
        if text.is_empty() {
            return 0;
        }
        let (mut count, mut rest) = (1, text);
        while let Some((_, end, is_line)) = line_or_separator_in(regex, rest) {
            count += usize::from(!is_line);
            rest = rest.get(end..).unwrap_or_default();
        }
        count
    }

    /// Calls `each` with all fields of `text`.
    pub(super) fn split<'t>(&self, text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
        let (mut at, mut left) = (Some(0), self.most(text));
        while let Some(piece) = at.filter(|_| left > 0).and_then(|at| self.next(text, at)) {
            each(text.get(piece.start..piece.end).unwrap_or_default());
            (at, left) = (piece.next, left - 1);
        }
    }
}

/// The first match in `text` that is not empty.
fn separator_in(regex: &Regex, text: &[u8]) -> Option<(usize, usize)> {
    // What stands before the field does not count for conditions.
    let mut from = 0;
    loop {
        match regex.find_at(text, from, false)? {
            (start, end) if end > start => return Some((start, end)),
            // Nothing separates nothing.
            (start, _) => from = start + 1,
        }
    }
}

/// The first match in `text` or the newline before it, and whether it is the newline.
fn line_or_separator_in(regex: &Regex, text: &[u8]) -> Option<(usize, usize, bool)> {
    match (separator_in(regex, text), memchr::memchr(b'\n', text)) {
        (Some((start, _)), Some(line)) if line < start => Some((line, line + 1, true)),
        (Some((start, end)), _) => Some((start, end, false)),
        (None, line) => line.map(|line| (line, line + 1, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(separator: &str, text: &str) -> String {
        let mut out = Vec::new();
        let splitter = Splitter::new(separator.as_bytes(), false, false).unwrap();
        splitter.split(text.as_bytes(), |field| out.push(String::from_utf8_lossy(field).into_owned()));
        out.join("|")
    }

    #[test]
    fn separators() {
        assert_eq!(fields(" ", "  a \t b\n"), "a|b");
        assert_eq!(fields(",", ",a,,b,"), "|a||b|");
        assert_eq!(fields("", "abc"), "a|b|c");
        assert_eq!(fields(" +", "  a b"), "|a|b");
        assert_eq!(fields("|", "a|b"), "a|b");
        assert_eq!(fields("x*", "axxb"), "a|b");
        assert_eq!(fields("^a", "aab"), "||b");
        assert_eq!(fields(",", ""), "");
    }

    #[test]
    fn lines_separate_fields_of_paragraphs() {
        let fields = |separator: &str, text: &str| {
            let mut out = Vec::new();
            let splitter = Splitter::new(separator.as_bytes(), false, true).unwrap();
            splitter.split(text.as_bytes(), |field| out.push(String::from_utf8_lossy(field).into_owned()));
            out.join("|")
        };
        assert_eq!(fields("b", "a b\nc"), "a ||c");
        assert_eq!(fields("[0-9]", "a 1\nb 2"), "a ||b ");
        assert_eq!(fields("[0-9]", "a1b\nb2c\nc\nd3e"), "a|b|b|c");
        assert_eq!(fields("\n|x", "a\nb"), "a|b");
        assert_eq!(fields("x+", "a\nb\nc"), "a");
        assert!(Splitter::new(b"((", false, true).is_err());
    }
}
