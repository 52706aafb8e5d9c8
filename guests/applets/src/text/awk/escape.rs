//! Backslash escapes in strings and regular expressions.

use super::flavour;
use crate::escape::{Escape, Octal};

/// What the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string: a backslash before an ordinary character is dropped, but in `mawk`.
    String,
    /// A regular expression: it stays, because it means something there.
    Regex,
}

/// Appends what the text behind a backslash stands for; returns its length.
pub(super) fn read(out: &mut Vec<u8>, text: &[u8], kind: Kind) -> usize {
    match text.first() {
        None => {
            out.push(b'\\');
            return 0;
        }
        Some(b'/') => {
            if kind == Kind::String && flavour::is_mawk() {
                out.push(b'\\');
            }
            out.push(b'/');
            return 1;
        }
        Some(b'"') => {
            out.push(b'"');
            return 1;
        }
        Some(b'\\') if kind == Kind::Regex => {
            out.extend_from_slice(b"\\\\");
            return 1;
        }
        Some(b'c') => {}
        Some(_) => {
            if let (Escape::Byte(byte), len) = crate::escape::read(text, Octal::Three) {
                out.push(byte);
                return len;
            }
        }
    }
    if kind == Kind::Regex || flavour::is_mawk() {
        out.push(b'\\');
    }
    out.extend(text.first());
    1
}

/// `text` with its escapes replaced, up to a NUL.
pub(super) fn expand(text: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte == b'\\' {
            at += read(&mut out, text.get(at..).unwrap_or_default(), Kind::String);
        } else {
            out.push(*byte);
        }
    }
    out.truncate(out.iter().position(|byte| *byte == 0).unwrap_or(out.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_strings() {
        assert_eq!(expand(br"a\tb\q\x41\1012\\\/"), b"a\tbqAA2\\/");
        assert_eq!(expand(br"a\0b"), b"a");
        assert_eq!(expand(b"a\\"), b"a\\");
    }
}
