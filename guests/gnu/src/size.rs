//! Numbers with units, as GNU programs read and show them.

use applets::format::decimal;
use applets::{Context, Quit};
use wcr_sys::Errno;

use crate::quote;

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is none.
    Invalid,
    /// It is followed by something that is no unit.
    Suffix,
    /// It does not fit into 64 bits.
    TooLarge,
}

/// The units of most programs: powers of 1024, of 1000 before a `B`, and `b` for blocks of 512 bytes.
pub const UNITS: &[u8] = b"bkKmMGTPEZY0";

/// Reads digits and a unit of `units` (`0` in it allows `B` and `iB` behind the letter).
/// # Errors
/// It is no such number.
pub fn parse(text: &[u8], units: &[u8]) -> Result<u64, Wrong> {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at(digits);
    let mut value: Option<u64> = Some(0);
    for digit in digits {
        value = value.and_then(|value| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    }
    let factor = match unit {
        [] if digits.is_empty() => return Err(Wrong::Invalid),
        [] => Some(1),
        [letter, ..] if !units.contains(letter) || *letter == b'0' => {
            return Err(if digits.is_empty() { Wrong::Invalid } else { Wrong::Suffix });
        }
        [letter, rest @ ..] => {
            if digits.is_empty() {
                value = Some(1);
            }
            let base: u64 = match rest {
                [] | b"iB" => 1024,
                b"B" | b"D" => 1000,
                _ => return Err(Wrong::Suffix),
            };
            if !rest.is_empty() && !units.contains(&b'0') {
                return Err(Wrong::Suffix);
            }
            match letter {
                b'b' => Some(512),
                b'B' => Some(1024),
                b'c' => Some(1),
                b'w' => Some(2),
                letter => {
                    let power = b"KMGTPEZY".iter().position(|unit| *unit == letter.to_ascii_uppercase());
                    base.checked_pow(power.unwrap_or(0) as u32 + 1)
                }
            }
        }
    };
    match (value, factor) {
        (Some(0), _) => Ok(0),
        (Some(value), Some(factor)) => value.checked_mul(factor).ok_or(Wrong::TooLarge),
        _ => Err(Wrong::TooLarge),
    }
}

/// As [`parse`]; what is wrong is told as `what: 'text'`.
/// # Errors
/// It is no such number, which has been told.
pub fn parse_or_tell(ctx: &mut Context<'_>, text: &[u8], units: &[u8], what: &[u8], code: u8) -> Result<u64, Quit> {
    parse(text, units).map_err(|wrong| {
        let shown = quote::locale(text);
        match wrong {
            Wrong::TooLarge => ctx.perror(&[what, b": ", &shown], Errno::Overflow),
            _ => ctx.complain(&[what, b": ", &shown]),
        }
        Quit(code)
    })
}

/// `amount` with a unit of 1024s (1000s with `si`), rounded up: with one decimal below ten, whole above.
#[must_use]
pub fn human(amount: u64, si: bool) -> Vec<u8> {
    let base = if si { 1000 } else { 1024 };
    let (mut power, mut unit) = (1u128, 0);
    while u128::from(amount) >= power * base {
        power *= base;
        unit += 1;
    }
    if unit == 0 {
        return decimal(amount);
    }
    let letters = if si { b" kMGTPEZY" } else { b" KMGTPEZY" };
    let mut letter = letters.get(unit).copied().unwrap_or(b'?');
    let tenths = (u128::from(amount) * 10).div_ceil(power);
    if tenths < 100 {
        return [decimal((tenths / 10) as u64), b".".to_vec(), decimal((tenths % 10) as u64), vec![letter]].concat();
    }
    let mut whole = u128::from(amount).div_ceil(power);
    if whole == base {
        letter = letters.get(unit + 1).copied().unwrap_or(b'?');
        return [b"1.0", &[letter][..]].concat();
    }
    if whole == 0 {
        whole = 1;
    }
    [decimal(whole as u64), vec![letter]].concat()
}

/// How sizes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In units of so many bytes, with a text behind.
    Blocks(u64, Option<u8>),
    /// With a fitting unit of 1024s.
    Human,
    /// With a fitting unit of 1000s.
    Si,
}

impl Shown {
    /// What `--block-size` asks for.
    /// # Errors
    /// It is no size.
    pub fn from_block_size(text: &[u8]) -> Result<Self, Wrong> {
        match text {
            b"human-readable" => return Ok(Self::Human),
            b"si" => return Ok(Self::Si),
            _ => {}
        }
        let suffix = if text.first().is_some_and(u8::is_ascii_digit) { None } else { text.first().copied() };
        match parse(text, b"kKMGTPEZY0")? {
            0 => Err(Wrong::Invalid),
            size => Ok(Self::Blocks(size, suffix.map(|letter| letter.to_ascii_uppercase()))),
        }
    }

    /// `bytes` so shown.
    #[must_use]
    pub fn show(self, bytes: u64) -> Vec<u8> {
        match self {
            Self::Blocks(unit, suffix) => {
                let mut out = decimal(bytes.div_ceil(unit));
                out.extend(suffix);
                out
            }
            Self::Human => human(bytes, false),
            Self::Si => human(bytes, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (text, value) in [
            ("12", Ok(12)),
            ("2b", Ok(1024)),
            ("1K", Ok(1024)),
            ("1kB", Ok(1000)),
            ("3MiB", Ok(3 << 20)),
            ("", Err(Wrong::Invalid)),
            ("x", Err(Wrong::Invalid)),
            ("1x", Err(Wrong::Suffix)),
            ("1Kx", Err(Wrong::Suffix)),
            ("99999999999999999999", Err(Wrong::TooLarge)),
            ("99999999E", Err(Wrong::TooLarge)),
            ("-1", Err(Wrong::Invalid)),
        ] {
            assert_eq!(parse(text.as_bytes(), UNITS), value, "{text}");
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10188, "10K"),
            (10240, "10K"),
            (1 << 20, "1.0M"),
            (1_048_575, "1.0M"),
        ] {
            assert_eq!(human(bytes, false), text.as_bytes(), "{bytes}");
        }
        assert_eq!(human(1000, true), b"1.0k");
    }
}
