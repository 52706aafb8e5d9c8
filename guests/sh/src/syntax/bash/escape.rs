//! `$'…'` as bash has it.

use crate::syntax::Result;
use crate::syntax::parser::Parser;

impl Parser<'_> {
    /// The text of `$'…'`, whose beginning has been read, escapes resolved.
    pub(in crate::syntax) fn escaped_text(&mut self) -> Result<Vec<u8>> {
        self.opened_line = self.input.line;
        let mut raw = Vec::new();
        loop {
            match self.input.next() {
                Some(b'\'') => return Ok(resolve(&raw)),
                Some(b'\\') => {
                    raw.push(b'\\');
                    raw.extend(self.input.next());
                }
                Some(byte) => raw.push(byte),
                None => return Err(self.unclosed(b'\'', "")),
            }
        }
    }
}

/// Resolves the escapes of `$'…'`; a byte of value 0 ends the text.
#[must_use]
pub fn resolve(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((code, after)) = rest.split_first() else {
            out.push(b'\\');
            break;
        };
        rest = after;
        match code {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(0x1b),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' | b'\'' | b'"' | b'?' => out.push(*code),
            b'0'..=b'7' => {
                let (value, count) = digits(rest, 8, 2);
                let value = u32::from(code - b'0') * 8u32.pow(count as u32) + value;
                rest = rest.get(count..).unwrap_or_default();
                match value as u8 {
                    0 => break,
                    byte => out.push(byte),
                }
            }
            b'x' => {
                let (value, count) = digits(rest, 16, 2);
                match (value as u8, count) {
                    (_, 0) => out.extend_from_slice(b"\\x"),
                    (0, _) => break,
                    (byte, _) => out.push(byte),
                }
                rest = rest.get(count..).unwrap_or_default();
            }
            b'u' | b'U' => {
                let (value, count) = digits(rest, 16, if *code == b'u' { 4 } else { 8 });
                match (value, count) {
                    (_, 0) => out.extend_from_slice(&[b'\\', *code]),
                    (0, _) => break,
                    (value, _) => out.extend_from_slice(&crate::bash::locale::encoded(value)),
                }
                rest = rest.get(count..).unwrap_or_default();
            }
            b'c' => {
                if let Some((control, after)) = rest.split_first() {
                    out.push(control.to_ascii_uppercase() & 0x1f);
                    rest = after;
                }
            }
            other => out.extend_from_slice(&[b'\\', *other]),
        }
    }
    out
}

/// The value of the digits that a text begins with, and how many they are.
fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(base));
    digits.fold((0, 0), |(value, count), digit| (value * base + digit, count + 1))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn escapes() {
        for (text, expected) in
            [("a\\tb", "a\tb"), ("\\x41\\101\\u0042", "AAB"), ("\\cA", "\u{1}"), ("\\q", "\\q"), ("a\\0b", "a")]
        {
            assert_eq!(resolve(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }
}
