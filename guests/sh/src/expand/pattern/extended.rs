//! Patterns as bash has them: `@(…)`, `+(…)`, `*(…)`, `?(…)`, `!(…)`, and matching without regard to case.

use super::match_one;

/// How patterns are understood.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether `@(…)` and the like are special.
    pub extended: bool,
    /// Whether upper and lower case are the same.
    pub fold: bool,
}

impl Style {
    /// Whether the pattern matches the whole text.
    #[must_use]
    pub fn matches(self, pattern: &[u8], text: &[u8]) -> bool {
        if self.fold {
            return self.matches_here(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase());
        }
        self.matches_here(pattern, text)
    }

    fn matches_here(self, pattern: &[u8], text: &[u8]) -> bool {
        if !self.extended || !has_groups(pattern) { super::matches(pattern, text) } else { matches(pattern, text) }
    }

    /// Whether the pattern can match anything but one text.
    #[must_use]
    pub fn has_magic(self, pattern: &[u8]) -> bool {
        super::has_magic(pattern) || self.extended && has_groups(pattern)
    }
}

/// Whether something like `@(` is in the pattern, not behind a backslash.
fn has_groups(pattern: &[u8]) -> bool {
    let mut escaped = false;
    pattern.windows(2).any(|pair| {
        let found = !escaped && group_kind(pair).is_some();
        escaped = !escaped && pair.first() == Some(&b'\\');
        found
    })
}

fn group_kind(pattern: &[u8]) -> Option<u8> {
    match pattern {
        [kind @ (b'?' | b'*' | b'+' | b'@' | b'!'), b'(', ..] => Some(*kind),
        _ => None,
    }
}

/// The alternatives of a group that begins behind its parenthesis, and what follows it; `None` where it is never closed.
fn alternatives(text: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let (mut found, mut start, mut depth, mut at) = (Vec::new(), 0, 0u32, 0);
    loop {
        match text.get(at)? {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 0 => {
                found.push(text.get(start..at)?);
                return Some((found, text.get(at + 1..)?));
            }
            b')' => depth -= 1,
            b'|' if depth == 0 => {
                found.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let _ = wcr_sys::pace::steps(1);
    if let Some(kind) = group_kind(pattern)
        && let Some((group, rest)) = alternatives(pattern.get(2..).unwrap_or_default())
    {
        return matches_group(kind, &group, rest, text);
    }
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|cut| matches(rest, text.get(cut..).unwrap_or_default())),
        Some(_) => match text.split_first() {
            Some((byte, after)) => match_one(pattern, *byte)
                .is_some_and(|length| matches(pattern.get(length..).unwrap_or_default(), after)),
            None => false,
        },
    }
}

fn matches_group(kind: u8, group: &[&[u8]], rest: &[u8], text: &[u8]) -> bool {
    let one = |piece: &[u8]| group.iter().any(|alternative| matches(alternative, piece));
    let mut splits = (0..=text.len()).filter_map(|cut| text.split_at_checked(cut));
    match kind {
        b'@' => splits.any(|(head, tail)| one(head) && matches(rest, tail)),
        b'?' => matches(rest, text) || splits.any(|(head, tail)| one(head) && matches(rest, tail)),
        b'!' => splits.any(|(head, tail)| !one(head) && matches(rest, tail)),
        b'*' if matches(rest, text) => true,
        // Once at least, and then as often as wanted.
        _ => splits.any(|(head, tail)| {
            one(head) && if head.is_empty() { matches(rest, tail) } else { matches_group(b'*', group, rest, tail) }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        let style = Style { extended: true, fold: false };
        for (pattern, text, expected) in [
            ("@(abc|ac)", "ac", true),
            ("+(a)b", "aab", true),
            ("+(a)b", "b", false),
            ("*(a|b)c", "abac", true),
            ("?(a)b", "b", true),
            ("!(a*)", "abc", false),
            ("!(a*)", "bc", true),
            ("foo@(bar|*z)", "foobaz", true),
            ("a\\@(b)", "a@(b)", true),
            ("@(a|@(b|c)d)", "cd", true),
        ] {
            assert_eq!(style.matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
        assert!(Style { extended: false, fold: true }.matches(b"AB*", b"abC"));
    }
}
