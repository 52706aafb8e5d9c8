//! Shell patterns as `fnmatch(3)` reads them: `*`, `?`, bracket expressions, backslashes.

/// Whether the pattern matches the whole text; with `ignore_case` letters match both cases.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last star, which takes one more byte.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(p..).unwrap_or_default();
        if rest.first() == Some(&b'*') {
            p += 1;
            star = Some((p, t));
            continue;
        }
        if rest.is_empty() && t == text.len() {
            return true;
        }
        let taken = text.get(t).and_then(|byte| element(rest, *byte, ignore_case));
        if let Some(len) = taken {
            p += len;
            t += 1;
            continue;
        }
        match &mut star {
            Some((behind, start)) if *start < text.len() => {
                *start += 1;
                (p, t) = (*behind, *start);
            }
            _ => return false,
        }
    }
}

/// The length of the pattern's first element, when that matches `byte`.
fn element(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<usize> {
    let same = |literal: u8| literal == byte || ignore_case && literal.eq_ignore_ascii_case(&byte);
    match pattern {
        [] | [b'\\'] => None,
        [b'?', ..] => Some(1),
        [b'\\', literal, ..] => same(*literal).then_some(2),
        [b'[', list @ ..] => match bracket(list, byte, ignore_case) {
            Some((len, true)) => Some(len + 1),
            Some((_, false)) => None,
            None => same(b'[').then_some(1),
        },
        [literal, ..] => same(*literal).then_some(1),
    }
}

/// The length of a bracket expression, the closing bracket included, and whether it matches; `None` when it is not
/// closed.
fn bracket(list: &[u8], byte: u8, ignore_case: bool) -> Option<(usize, bool)> {
    let negated = matches!(list.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let mut at = start;
    let mut found = false;
    let folded = |byte: u8| if ignore_case { byte.to_ascii_lowercase() } else { byte };
    loop {
        let rest = list.get(at..)?;
        match rest {
            [b']', ..] if at > start => return Some((at + 1, found != negated)),
            [b'[', b':', name @ ..] => {
                let len = name.windows(2).position(|end| end == b":]")?;
                found |= is_in_class(name.get(..len)?, byte, ignore_case)?;
                at += len + 4;
            }
            _ => {
                let (low, len) = literal(rest)?;
                at += len;
                let range = list.get(at..)?;
                let high = match range {
                    [b'-', b']', ..] => low,
                    [b'-', end @ ..] => {
                        let (high, len) = literal(end)?;
                        at += len + 1;
                        high
                    }
                    _ => low,
                };
                found |= (folded(low)..=folded(high)).contains(&folded(byte));
            }
        }
    }
}

fn literal(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', byte, ..] => Some((*byte, 2)),
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}

fn is_in_class(name: &[u8], byte: u8, ignore_case: bool) -> Option<bool> {
    Some(match name {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase() || ignore_case && byte.is_ascii_lowercase(),
        b"lower" => byte.is_ascii_lowercase() || ignore_case && byte.is_ascii_uppercase(),
        b"space" => crate::number::is_space(byte),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"punct" => byte.is_ascii_punctuation(),
        b"print" => (b' '..=b'~').contains(&byte),
        b"graph" => byte.is_ascii_graphic(),
        b"cntrl" => byte.is_ascii_control(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*.c", "a.c", true),
            ("*.c", ".c", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?", "", false),
            ("[!a]*", "abc", false),
            ("[]a]", "]", true),
            ("[a-c-]", "-", true),
            ("[[:alpha:]].c", "b.c", true),
            ("[a-", "[a-", true),
            ("\\a*", "abc", true),
            ("a\\", "a", false),
            ("", "", true),
            ("*[.]hid", ".hid", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), false), expected, "{pattern} {text}");
        }
        assert!(matches(b"*.TXT", b"a.txt", true) && matches(b"[A-C]", b"b", true));
    }
}
