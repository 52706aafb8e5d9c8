//! Shell patterns: `*`, `?`, bracket expressions, backslashes.

mod extended;

pub use extended::Style;

/// Whether the pattern matches the whole text. A backslash takes the special meaning from the next byte.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`, with one more byte given to it.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            None if t == text.len() => return true,
            None => None,
            Some(_) => text.get(t).and_then(|byte| match_one(pattern.get(p..).unwrap_or_default(), *byte)),
        };
        if let Some(length) = step {
            p += length;
            t += 1;
        } else if let Some((star, start)) = retry
            && start < text.len()
        {
            retry = Some((star, start + 1));
            (p, t) = (star, start + 1);
        } else {
            return false;
        }
    }
}

/// Matches one byte against the pattern's first element; returns the element's length.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => match bracket(rest, byte) {
            Some((length, true)) => Some(1 + length),
            Some((_, false)) => None,
            // Never closed: an ordinary character.
            None => (byte == b'[').then_some(1),
        },
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [b'\\'] => None,
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Matches a byte against a bracket expression, given without its `[`: its length with the `]`, and
/// whether it matches. `None` when it is never closed.
fn bracket(text: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = match text.first() {
        Some(b'!') => true,
        Some(b'^') => !crate::flavour::is_dash(),
        _ => false,
    };
    let mut pos = usize::from(negated);
    let (mut found, mut first) = (false, true);
    loop {
        let rest = text.get(pos..)?;
        if rest.first()? == &b']' && !first {
            return Some((pos + 1, found != negated));
        }
        first = false;
        if let Some((length, hit)) = class(rest, byte) {
            pos += length;
            found |= hit;
            continue;
        }
        let (low, length) = member(rest)?;
        pos += length;
        let rest = text.get(pos..)?;
        if rest == b"-" {
            // A range that the pattern ends in matches nothing.
            return Some((text.len(), false));
        }
        if rest.first() == Some(&b'-') && rest.get(1).is_some_and(|end| *end != b']') {
            let (high, length) = member(rest.get(1..)?)?;
            pos += 1 + length;
            found |= (low..=high).contains(&byte);
        } else {
            found |= low == byte;
        }
    }
}

/// A single member of a bracket expression and its length.
fn member(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', literal, ..] => Some((*literal, 2)),
        [b'[', kind @ (b'.' | b'='), literal, end, b']', ..] if kind == end => Some((*literal, 5)),
        [literal, ..] => Some((*literal, 1)),
        [] => None,
    }
}

/// A character class `[:name:]`: its length and whether the byte is in it.
fn class(text: &[u8], byte: u8) -> Option<(usize, bool)> {
    let name_and_rest = text.strip_prefix(b"[:")?;
    let end = name_and_rest.windows(2).position(|pair| pair == b":]")?;
    let hit = match name_and_rest.get(..end)? {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 11,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    };
    Some((end + 4, hit))
}

/// Whether the byte is special in a pattern, so that quoting it takes a backslash.
#[must_use]
pub const fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\' | b'-' | b'!' | b'^')
}

/// Whether the pattern can match anything but one text: it holds an unescaped `*` or `?`, or a `[` that a
/// `]` may close.
#[must_use]
pub fn has_magic(pattern: &[u8]) -> bool {
    let (mut escaped, mut open) = (false, false);
    pattern.iter().any(|byte| {
        let magic = !escaped && matches!(byte, b'*' | b'?') || open && *byte == b']';
        open |= !escaped && *byte == b'[';
        escaped = !escaped && *byte == b'\\';
        magic
    })
}

/// The pattern without the backslashes that quote.
#[must_use]
pub fn unescaped(pattern: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (b'\\', Some(next)) => {
                out.push(*next);
                bytes.next();
            }
            _ => out.push(*byte),
        }
    }
    out
}

/// Which part of a text `${x#p}` and its kin cut: the length of the match at the start, or for `suffix`
/// where the match at the end begins.
#[must_use]
pub fn trim(pattern: &[u8], text: &[u8], suffix: bool, longest: bool) -> Option<usize> {
    if !has_magic(pattern) && !pattern.contains(&b'[') {
        let literal = unescaped(pattern);
        return if suffix {
            text.ends_with(&literal).then(|| text.len() - literal.len())
        } else {
            text.starts_with(&literal).then_some(literal.len())
        };
    }
    let hit = |cut: &usize| {
        let (head, tail) = text.split_at_checked(*cut).unwrap_or_default();
        matches(pattern, if suffix { tail } else { head })
    };
    // The longest prefix and the shortest suffix lie at the far end.
    if suffix == longest { (0..=text.len()).find(hit) } else { (0..=text.len()).rev().find(hit) }
}

/// The longest match of the pattern that begins at the text's start: its length.
#[must_use]
pub fn longest_prefix(pattern: &[u8], text: &[u8]) -> Option<usize> {
    trim(pattern, text, false, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("*.tar.*", "x.tar.gz", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a]", "b", true),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[a-]", "-", true),
            ("[a\\-c]", "b", false),
            ("[\\]]", "]", true),
            ("[[:alpha:]_]", "_", true),
            ("[[:foo:]]", "f", false),
            ("[[.a.]]", "a", true),
            ("[c-a]", "b", false),
            ("[", "[", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("\\", "\\", false),
            ("a\\*b", "a*b", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
        // Many stars stay cheap.
        assert!(!matches(&b"*a".repeat(200), &b"b".repeat(20_000)));
    }

    #[test]
    fn trimming() {
        let text = b"a.b.c";
        assert_eq!(trim(b"*.", text, false, false), Some(2));
        assert_eq!(trim(b"*.", text, false, true), Some(4));
        assert_eq!(trim(b".*", text, true, false), Some(3));
        assert_eq!(trim(b".*", text, true, true), Some(1));
        assert_eq!(trim(b"x", text, true, true), None);
        assert_eq!(trim(b"a\\.", text, false, false), Some(2));
    }

    #[test]
    fn magic() {
        for (pattern, expected) in
            [("[", false), ("[a]", true), ("a]", false), ("\\*", false), ("\\[a]", false), ("[\\]", true)]
        {
            assert_eq!(has_magic(pattern.as_bytes()), expected, "{pattern}");
        }
    }
}
