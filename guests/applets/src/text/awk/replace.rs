//! Replacing what a regular expression matches.

use crate::regex::Regex;

/// A part of a replacement.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a [u8]),
    /// What a subexpression matched; the whole match is number 0.
    Group(usize),
}

/// A replacement, taken apart.
#[derive(Debug)]
pub(super) struct Template<'a>(Vec<Part<'a>>);

/// Which matches are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    /// The one with this number, from 1 on.
    Only(usize),
}

impl<'a> Template<'a> {
    /// Reads a replacement: `&` is the match, and with `groups` `\1` a subexpression's. Backslashes before those
    /// count in pairs, other ones are text.
    pub(super) fn new(text: &'a [u8], groups: bool) -> Self {
        let mut parts = Vec::new();
        let (mut start, mut at) = (0, 0);
        let text_until = |start: &mut usize, end: usize, parts: &mut Vec<Part<'a>>| {
            parts.push(Part::Text(text.get(*start..end).unwrap_or_default()));
            *start = end;
        };
        while let Some(byte) = text.get(at) {
            if *byte == b'&' {
                text_until(&mut start, at, &mut parts);
                parts.push(Part::Group(0));
                start = at + 1;
            }
            if *byte != b'\\' {
                at += 1;
                continue;
            }
            let backslashes = text.get(at..).unwrap_or_default().iter().take_while(|byte| **byte == b'\\').count();
            let behind = text.get(at + backslashes).copied().unwrap_or(0);
            let is_group = groups && behind.is_ascii_digit();
            if behind == b'&' || is_group {
                text_until(&mut start, at + backslashes / 2, &mut parts);
                start = at + backslashes;
                if backslashes % 2 == 1 {
                    if is_group {
                        parts.push(Part::Group(usize::from(behind - b'0')));
                        start += 1;
                    }
                    // What the backslash protected is text.
                    at += 1;
                }
            }
            at += backslashes;
        }
        text_until(&mut start, text.len(), &mut parts);
        Self(parts)
    }

    fn expand(&self, out: &mut Vec<u8>, mut group: impl FnMut(usize) -> Option<&'a [u8]>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Group(number) => out.extend_from_slice(group(*number).unwrap_or_default()),
            }
        }
    }

    fn has_groups(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Group(1..)))
    }
}

/// Replaces matches in `text`; returns the result and how many were replaced. Behind a match an empty one counts.
pub(super) fn replace<'a>(regex: &Regex, text: &'a [u8], template: &Template<'a>, which: Which) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut found, mut replaced) = (0, 0, 0);
    let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    // What stands before the place of the search does not count for conditions.
    while let Some((start, end)) = regex.find_at(slice(at, text.len()), 0, at > 0) {
        let rest = slice(at, text.len());
        let (start, end) = (at + start, at + end);
        out.extend_from_slice(slice(at, start));
        found += 1;
        if which == Which::All || which == Which::Only(found) {
            replaced += 1;
            if template.has_groups() {
                let captures = regex.captures_at(rest, 0, at > 0).unwrap_or_default();
                template.expand(&mut out, |number| {
                    let (from, to) = captures.get(number).copied().flatten()?;
                    rest.get(from..to)
                });
            } else {
                template.expand(&mut out, |_| text.get(start..end));
            }
        } else {
            out.extend_from_slice(slice(start, end));
        }
        at = end;
        if start == end {
            out.extend_from_slice(slice(end, end + 1));
            at += 1;
        }
        if at > text.len() || which == Which::Only(found) {
            break;
        }
    }
    out.extend_from_slice(slice(at, text.len()));
    (out, replaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::Syntax;

    fn all(pattern: &str, replacement: &str, text: &str) -> String {
        let regex = Regex::new(pattern.as_bytes(), Syntax::EXTENDED).unwrap();
        let template = Template::new(replacement.as_bytes(), true);
        String::from_utf8_lossy(&replace(&regex, text.as_bytes(), &template, Which::All).0).into_owned()
    }

    #[test]
    fn empty_matches() {
        assert_eq!(all("", "-", "abc"), "-a-b-c-");
        assert_eq!(all("l*", "-", "hello"), "-h-e--o-");
        assert_eq!(all("a*", "<&>", "baab"), "<>b<aa><>b<>");
        assert_eq!(all("b*$", "!", "abc"), "abc!");
        assert_eq!(all("^a", "x", "aaa"), "xaa");
    }

    #[test]
    fn backslashes() {
        assert_eq!(all("b", r"\\&", "abc"), r"a\bc");
        assert_eq!(all("b", r"\&", "abc"), "a&c");
        assert_eq!(all("b", r"\\\&", "abc"), r"a\&c");
        assert_eq!(all("b", r"a\\b", "abc"), r"aa\\bc");
        assert_eq!(all("(a)(b)", r"\2\1\\1", "ab"), r"ba\1");
        assert_eq!(all("o", r"\q\&", "fo"), r"f\q&");
    }
}
