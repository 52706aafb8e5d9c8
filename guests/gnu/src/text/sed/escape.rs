//! Escapes in patterns, replacements and texts.

use applets::regex::Regex;

use super::command::{Case, Part};

/// The byte that the escape behind a backslash produces, and how long it is; `None` where it is none of those that
/// produce a byte.
fn produced(text: &[u8]) -> Option<(u8, usize)> {
    let number = |digits: &[u8], most: usize, base: u32| {
        let len = digits.iter().take(most).take_while(|byte| char::from(**byte).is_digit(base)).count();
        let text = core::str::from_utf8(digits.get(..len)?).ok()?;
        u32::from_str_radix(text, base).ok().map(|value| ((value & 0xff) as u8, len + 1))
    };
    match text {
        [b'a', ..] => Some((7, 1)),
        [b'f', ..] => Some((12, 1)),
        [b'n', ..] => Some((b'\n', 1)),
        [b'r', ..] => Some((b'\r', 1)),
        [b't', ..] => Some((b'\t', 1)),
        [b'v', ..] => Some((11, 1)),
        [b'c', letter, ..] => Some((letter.to_ascii_uppercase() ^ 0x40, 2)),
        [b'd', digits @ ..] => number(digits, 3, 10),
        [b'o', digits @ ..] => number(digits, 3, 8),
        [b'x', digits @ ..] => number(digits, 2, 16),
        _ => None,
    }
}

/// A pattern in which escapes that produce bytes are replaced by those; one that has a meaning stands for itself.
pub(super) fn pattern(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut list) = (0, 0);
    while let Some(byte) = text.get(at) {
        if at >= list && *byte == b'[' {
            list = at + 1 + list_len(text.get(at + 1..).unwrap_or_default());
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
            continue;
        }
        match produced(rest) {
            Some((byte, len)) => {
                if at >= list && b"*.[]^$\\/".contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
                at += len + 1;
            }
            // In a list a backslash is one.
            None if at < list => {
                out.push(b'\\');
                at += 1;
            }
            None => {
                out.push(b'\\');
                out.extend(rest.first());
                at += 2;
            }
        }
    }
    out
}

/// The length of a list of a bracket expression, to its closing bracket or the text's end.
fn list_len(text: &[u8]) -> usize {
    let mut at = usize::from(text.first() == Some(&b'^'));
    at += usize::from(text.get(at) == Some(&b']'));
    loop {
        match (text.get(at), text.get(at + 1)) {
            (None | Some(b']'), _) => return at.min(text.len()),
            (Some(b'['), Some(kind @ (b':' | b'.' | b'='))) => {
                let tail = text.get(at + 2..).unwrap_or_default();
                at += 2 + tail.windows(2).position(|pair| pair == [*kind, b']']).map_or(0, |end| end + 2);
            }
            _ => at += 1,
        }
    }
}

/// The text of `a`, `i` and `c`: bytes for escapes that produce them, other backslashes left out.
pub(super) fn text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let (byte, len) = produced(rest).or_else(|| rest.first().map(|byte| (*byte, 1))).unwrap_or((b'\\', 0));
        out.push(byte);
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

/// The parts of a replacement.
pub(crate) fn replacement(text: &[u8]) -> Vec<Part> {
    let (mut parts, mut literal) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let part = match (byte, rest.first()) {
            (b'&', _) => Part::Group(0),
            (b'\\', Some(next)) => {
                let case = match next {
                    b'0'..=b'9' => Some(Part::Group(usize::from(next - b'0'))),
                    b'U' => Some(Part::Case(Case::Upper)),
                    b'L' => Some(Part::Case(Case::Lower)),
                    b'E' => Some(Part::Case(Case::Keep)),
                    b'u' => Some(Part::Case(Case::UpperOne)),
                    b'l' => Some(Part::Case(Case::LowerOne)),
                    _ => None,
                };
                let (byte, len) = match &case {
                    Some(_) => (0, 1),
                    None => produced(rest).unwrap_or((*next, 1)),
                };
                rest = rest.get(len..).unwrap_or_default();
                let Some(part) = case else {
                    literal.push(byte);
                    continue;
                };
                part
            }
            _ => {
                literal.push(*byte);
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(Part::Text(core::mem::take(&mut literal)));
        }
        parts.push(part);
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    parts
}

/// The highest subexpression that the parts name, where the expression has not so many.
pub(crate) fn invalid_reference(parts: &[Part], regex: &Regex) -> Option<usize> {
    let groups = parts.iter().filter_map(|part| if let Part::Group(number) = part { Some(*number) } else { None });
    groups.max().filter(|highest| *highest > regex.groups())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, result) in [
            ("a\\tb", "a\tb"),
            ("a\\.b\\(", "a\\.b\\("),
            ("\\x5e\\o056\\d097", "\\^\\.a"),
            ("[\\n\\]\\x5d]", "[\n\\]\\]]"),
            ("\\n", "\n"),
            ("\\cA\\bx", "\u{1}\\bx"),
        ] {
            assert_eq!(String::from_utf8_lossy(&pattern(text.as_bytes())), result, "{text}");
        }
    }

    #[test]
    fn texts_and_replacements() {
        assert_eq!(text(b"a\\tb\\nc\\\\d\\  x"), b"a\tb\nc\\d  x");
        let parts = replacement(b"x\\&\\n&\\1\\Uy\\x26");
        let literal = |text: &str| Part::Text(text.into());
        let expected = [literal("x&\n"), Part::Group(0), Part::Group(1), Part::Case(Case::Upper), literal("y&")];
        assert_eq!(parts, expected);
    }
}
