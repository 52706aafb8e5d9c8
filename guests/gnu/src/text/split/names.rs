//! The names of the pieces of `split`.

use applets::format::parse_decimal;
use applets::options::Parsed;
use applets::{Context, Quit};

use super::operands::Way;
use super::{ADDITIONAL, HEXADECIMAL, NUMERIC};
use crate::dispatch::wrong_usage;
use crate::quote;
use crate::size;

/// The names of the pieces.
pub(super) struct Names {
    prefix: Vec<u8>,
    additional: Vec<u8>,
    alphabet: &'static [u8],
    /// The places of the letters in the alphabet; empty before the first name.
    letters: Vec<usize>,
    start: Vec<usize>,
    /// Whether names get longer when all have been used.
    widens: bool,
    begun: bool,
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const HEX_DIGITS: &[u8] = b"0123456789abcdef";

impl Names {
    /// The next name; `None` when there is none left.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        if self.begun {
            let last = self.alphabet.len() - 1;
            let mut at = self.letters.len();
            loop {
                at = at.checked_sub(1)?;
                self.letters[at] += 1;
                // With a letter more in front, the first letter never becomes the last of the alphabet: what begins with
                // that are longer names.
                if at == 0 && self.widens && self.letters[0] >= last {
                    self.prefix.push(self.alphabet[last]);
                    self.letters = vec![0; self.letters.len() + 1];
                    break;
                }
                if self.letters[at] <= last {
                    break;
                }
                self.letters[at] = 0;
            }
        } else {
            self.begun = true;
            self.letters.clone_from(&self.start);
        }
        let letters = self.letters.iter().filter_map(|at| self.alphabet.get(*at));
        Some([&self.prefix[..], &letters.copied().collect::<Vec<u8>>(), &self.additional].concat())
    }
}

/// The names that the options ask for.
pub(super) fn read_names(ctx: &mut Context<'_>, parsed: &Parsed, way: Way) -> Result<Names, Quit> {
    let (mut alphabet, mut from): (&[u8], &[u8]) = (LETTERS, b"");
    for (key, value) in &parsed.options {
        let kind: &[u8] = match *key {
            b'd' | NUMERIC => b"numerical",
            b'x' | HEXADECIMAL => b"hexadecimal",
            _ => continue,
        };
        alphabet = HEX_DIGITS.get(..if kind == b"numerical" { 10 } else { 16 }).unwrap_or_default();
        if let Some(text) = value {
            if !text.iter().all(|byte| alphabet.contains(byte)) {
                return Err(wrong_usage(
                    ctx,
                    1,
                    &[&quote::locale(text), b": invalid start value for ", kind, b" suffix"],
                ));
            }
            let zeros = text.iter().take_while(|byte| **byte == b'0').count();
            from = text.get(zeros.min(text.len().saturating_sub(1))..).unwrap_or_default();
        }
    }
    let additional = parsed.value(ADDITIONAL).unwrap_or_default();
    if additional.contains(&b'/') {
        return Err(wrong_usage(
            ctx,
            1,
            &[b"invalid suffix ", &quote::locale(additional), b", contains directory separator"],
        ));
    }
    let given = match parsed.value(b'a') {
        None => 0,
        Some(text) => size::parse_or_tell(ctx, text, b"", b"invalid suffix length", 1)?,
    };
    let (mut len, mut widens) = (usize::try_from(given).unwrap_or(usize::MAX), given == 0);
    if let Way::Chunks { count, only: None, .. } = way {
        let mut needed = 0;
        let mut left = count - 1;
        // Where the names begin at a number below the count, room is made for the last of them.
        if let Some(first) = parse_decimal(from).filter(|first| alphabet.len() == 10 && *first < count) {
            left = left.saturating_add(first);
        }
        loop {
            needed += 1;
            left /= alphabet.len() as u64;
            if left == 0 {
                break;
            }
        }
        if given != 0 && len < needed {
            let line = format!("the suffix length needs to be at least {needed}");
            return Err(ctx.die(&[line.as_bytes()]));
        }
        if given == 0 {
            (len, widens) = (needed.max(2), false);
        }
    }
    if len == 0 {
        len = 2;
    }
    widens &= from.is_empty();
    if from.len() > len {
        return Err(wrong_usage(ctx, 1, &[b"numerical suffix start value is too large for the suffix length"]));
    }
    if len > 255 {
        // No file has such a name.
        len = 256;
    }
    let mut start = vec![0; len - from.len()];
    start.extend(from.iter().filter_map(|byte| alphabet.iter().position(|letter| letter == byte)));
    Ok(Names {
        prefix: parsed.operands.get(1).cloned().unwrap_or_else(|| b"x".to_vec()),
        additional: additional.to_vec(),
        alphabet,
        letters: Vec::new(),
        start,
        widens,
        begun: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_longer() {
        let mut names = Names {
            prefix: b"x".to_vec(),
            additional: Vec::new(),
            alphabet: b"01",
            letters: Vec::new(),
            start: vec![0, 0],
            widens: true,
            begun: false,
        };
        let all: Vec<String> = (0..7).map(|_| String::from_utf8(names.next().unwrap()).unwrap()).collect();
        assert_eq!(all, ["x00", "x01", "x1000", "x1001", "x1010", "x1011", "x110000"]);
        names.widens = false;
        names.letters = vec![1, 1];
        assert_eq!(names.next(), None);
    }
}
