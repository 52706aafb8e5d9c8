//! `$'…'` as ash has it.

use super::super::Result;
use crate::syntax::parser::Parser;

impl Parser<'_> {
    /// The text of `$'…'`, escapes resolved.
    pub(super) fn dollar_quotes(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            match self.input.next() {
                Some(b'\'') => {
                    // A byte of value 0 cannot be in a word.
                    text.retain(|byte| *byte != 0);
                    return Ok(text);
                }
                Some(b'\\') => self.dollar_quote_escape(&mut text)?,
                Some(byte) => text.push(byte),
                None => return Err(self.error("unterminated quoted string")),
            }
        }
    }

    fn dollar_quote_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let Some(byte) = self.input.next_uncounted() else { return Err(self.error("unterminated quoted string")) };
        match byte {
            b'a' => text.push(7),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'v' => text.push(11),
            b'\\' | b'\'' | b'"' => text.push(byte),
            b'0'..=b'7' => {
                let first = u32::from(byte - b'0');
                let value = self.escape_digits(first, 8, 2);
                text.push(value as u8);
            }
            b'x' if self.input.peek().is_some_and(|digit| digit.is_ascii_hexdigit()) => {
                let value = self.escape_digits(0, 16, 2);
                text.push(value as u8);
            }
            _ => text.extend_from_slice(&[b'\\', byte]),
        }
        Ok(())
    }

    fn escape_digits(&mut self, start: u32, base: u32, most: u32) -> u32 {
        let mut value = start;
        for _ in 0..most {
            let Some(digit) = self.input.peek().and_then(|byte| char::from(byte).to_digit(base)) else { break };
            self.input.next();
            // A digit that would make it more than a byte is taken and dropped.
            if value * base + digit <= 0xff {
                value = value * base + digit;
            }
        }
        value
    }
}
