//! `--transform`: names changed by expressions as `sed` has them.

use applets::regex::{Regex, Syntax};

use crate::text::sed::command::Part;
use crate::text::sed::escape::replacement;
use crate::text::sed::substitute::replace_matches;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Member,
    HardLink,
    Symlink,
}

/// One substitution.
pub(super) struct Transform {
    regex: Regex,
    parts: Vec<Part>,
    first: u64,
    all: bool,
    members: bool,
    hard_links: bool,
    symlinks: bool,
}

/// Reads `s/REGEX/TEXT/FLAGS`, several of them with `;` between.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Transform>, String> {
    let invalid = || "Invalid transform expression".to_owned();
    let mut transforms = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let [b's', delimiter, behind @ ..] = rest else { return Err(invalid()) };
        let (pattern, behind) = piece(behind, *delimiter).ok_or_else(invalid)?;
        let (by, behind) = piece(behind, *delimiter).ok_or_else(invalid)?;
        let end = behind.iter().position(|byte| *byte == b';').unwrap_or(behind.len());
        let flags = behind.get(..end).unwrap_or_default();
        rest = behind.get(end + 1..).unwrap_or_default();
        let mut syntax = Syntax::BASIC;
        let (mut all, mut number) = (false, Vec::new());
        let (mut members, mut hard_links, mut symlinks) = (true, true, true);
        for flag in flags {
            match flag {
                b'g' => all = true,
                b'i' => syntax.ignore_case = true,
                b'x' => syntax.extended = true,
                b'0'..=b'9' => number.push(*flag),
                b'r' => members = true,
                b'R' => members = false,
                b'h' => hard_links = true,
                b'H' => hard_links = false,
                b's' => symlinks = true,
                b'S' => symlinks = false,
                _ => return Err(format!("Unknown flag in transform expression: {}", char::from(*flag))),
            }
        }
        let first = applets::format::parse_decimal(&number).unwrap_or(1).max(1);
        let regex = Regex::new(&pattern, syntax)
            .map_err(|error| format!("Invalid transform expression: {}", error.message()))?;
        transforms.push(Transform { regex, parts: replacement(&by), first, all, members, hard_links, symlinks });
    }
    if transforms.is_empty() { Err(invalid()) } else { Ok(transforms) }
}

/// The text up to the delimiter, which a backslash takes its meaning.
fn piece(text: &[u8], delimiter: u8) -> Option<(Vec<u8>, &[u8])> {
    let (mut out, mut at) = (Vec::new(), 0);
    loop {
        match text.get(at..)? {
            [b'\\', next, ..] if *next == delimiter => {
                out.push(delimiter);
                at += 2;
            }
            [b'\\', next, ..] => {
                out.extend_from_slice(&[b'\\', *next]);
                at += 2;
            }
            [byte, ..] if *byte == delimiter => return Some((out, text.get(at + 1..).unwrap_or_default())),
            [byte, ..] => {
                out.push(*byte);
                at += 1;
            }
            [] => return None,
        }
    }
}

/// The name after all substitutions.
pub(super) fn apply(transforms: &[Transform], name: &[u8], scope: Scope) -> Vec<u8> {
    let mut name = name.to_vec();
    for transform in transforms {
        let applies = match scope {
            Scope::Member => transform.members,
            Scope::HardLink => transform.hard_links,
            Scope::Symlink => transform.symlinks,
        };
        let mut out = Vec::new();
        if applies
            && replace_matches(&transform.parts, (transform.first, transform.all), &transform.regex, &name, &mut out)
        {
            name = out;
        }
    }
    name
}

/// The name without so many of its components; `None` when nothing is left.
pub(super) fn strip(name: &[u8], count: usize) -> Option<Vec<u8>> {
    let mut rest = name;
    for _ in 0..count {
        let at = rest.iter().position(|byte| *byte == b'/')?;
        rest = rest.get(at..)?;
        let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
        rest = rest.get(slashes..)?;
    }
    (!rest.is_empty()).then(|| rest.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_changed() {
        let check = |text: &str, name: &str, expected: &str| {
            let changed = apply(&parse(text.as_bytes()).ok().unwrap(), name.as_bytes(), Scope::Member);
            assert_eq!(String::from_utf8(changed).unwrap(), expected, "{text}");
        };
        check("s,^t,new,", "t/a", "new/a");
        check("s/a/b/g;s/b/c/2", "aa", "bc");
        check("s/(.)x/\\1\\U&/x", "axb", "aAXb");
        check("s/a/b/R", "a", "a");
        assert!(parse(b"x").is_err() && parse(b"s/a").is_err());
        assert_eq!(strip(b"a/b/c", 1), Some(b"b/c".to_vec()));
        assert_eq!((strip(b"a/", 1), strip(b"a", 1)), (None, None));
    }
}
