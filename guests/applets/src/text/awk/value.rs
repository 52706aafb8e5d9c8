//! Values: numbers, strings, and strings that came from outside, which count as numbers when they look like one.

use super::flavour;
use std::rc::Rc;

use crate::number::{self, is_space};

/// A string that is cheap to copy.
pub(super) type Text = Rc<[u8]>;

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) enum Value {
    /// What a variable holds before it is set: both zero and the empty string.
    #[default]
    Unset,
    /// A number.
    Number(f64),
    /// A string.
    Text(Text),
    /// A string from outside: a field, a line, an argument.
    Input(Text),
}

impl Value {
    /// A string out of bytes.
    pub(super) fn text(bytes: &[u8]) -> Self {
        Self::Text(Rc::from(bytes))
    }

    /// A string from outside.
    pub(super) fn input(bytes: &[u8]) -> Self {
        Self::Input(Rc::from(bytes))
    }

    /// What a copy is: that of no value is an empty string, and equals no number any more.
    pub(super) fn copied(self) -> Self {
        if let Self::Unset = self { Self::text(b"") } else { self }
    }

    /// The value as a number.
    pub(super) fn number(&self) -> f64 {
        match self {
            Self::Unset => 0.0,
            Self::Number(number) => *number,
            Self::Text(text) | Self::Input(text) => number_of(text),
        }
    }

    /// The number that the value counts as in a comparison; `None` when it is a string there.
    pub(super) fn comparable(&self) -> Option<f64> {
        match self {
            Self::Unset => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
            Self::Input(text) => looks_like_number(text),
        }
    }

    /// Whether a condition holds.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) => is_true_input(text),
        }
    }
}

/// Whether a string from outside is true as a condition.
pub(super) fn is_true_input(text: &[u8]) -> bool {
    looks_like_number(text).map_or(!text.is_empty(), |number| number != 0.0)
}

/// The number at the start of `text`, or zero.
pub(super) fn number_of(text: &[u8]) -> f64 {
    scan(text).0
}

/// The number that all of `text` is, apart from blanks around it.
pub(super) fn looks_like_number(text: &[u8]) -> Option<f64> {
    let (value, len) = scan(text);
    let rest = text.get(len..)?;
    (len > 0 && rest.iter().all(|byte| is_space(*byte))).then_some(value)
}

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Reads a number: its value and where the text goes on, 0 when there is none. Besides decimal numbers
/// there are hexadecimal and octal integers, told by their leading zero; behind a sign there are no octal ones.
pub(super) fn scan(text: &[u8]) -> (f64, usize) {
    let blanks = text.iter().take_while(|byte| is_space(**byte)).count();
    let mut at = blanks;
    let negative = text.get(at) == Some(&b'-');
    if negative || text.get(at) == Some(&b'+') {
        at += 1;
    }
    let sign = |value: f64| if negative { -value } else { value };
    let digits_at = at;
    let (mut mantissa, mut fraction, mut digits) = (0u64, 0, 0);
    let is_prefixed = |next: &u8| next.is_ascii_alphanumeric() && (!flavour::is_mawk() || matches!(next, b'x' | b'X'));
    if at == blanks && text.get(at) == Some(&b'0') && text.get(at + 1).is_some_and(is_prefixed) {
        return scan_prefixed(text, at);
    }
    while let Some(byte) = text.get(at) {
        if byte.is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            digits += 1;
        } else if *byte == b'.' && fraction == 0 {
            fraction = at + 1;
        } else {
            break;
        }
        at += 1;
    }
    let goes_on = matches!(text.get(at), Some(b'e' | b'E' | b'x' | b'X'));
    if digits == 0 || digits > 15 || goes_on {
        let scanned = number::float(text.get(digits_at..).unwrap_or_default());
        let is_signed_again = matches!(text.get(digits_at), Some(b'-' | b'+')) && digits_at > blanks;
        if scanned.len == 0 || is_signed_again || text.get(digits_at).is_some_and(|byte| is_space(*byte)) {
            return (0.0, 0);
        }
        return (sign(scanned.value), digits_at + scanned.len);
    }
    let decimals = if fraction == 0 { 0 } else { at - fraction };
    // Both are exact, so that the quotient is rounded once.
    let value = mantissa as f64 / POWERS.get(decimals).copied().unwrap_or(1.0);
    (sign(value), at)
}

/// Reads a number that begins with `0` and another digit or letter.
fn scan_prefixed(text: &[u8], at: usize) -> (f64, usize) {
    let rest = text.get(at..).unwrap_or_default();
    let integer = number::unsigned(rest, 0);
    let behind = rest.get(integer.len).copied().unwrap_or(0);
    let is_hex = matches!(rest.get(1), Some(b'x' | b'X'));
    if is_hex || !(behind.is_ascii_digit() || behind == b'.' || integer.len <= 1) {
        return (integer.value as f64, at + integer.len);
    }
    let scanned = number::float(rest);
    (scanned.value, at + scanned.len)
}

/// The greatest whole number that `mawk` takes for one.
pub(super) const MAWK_MAX: f64 = 2_147_483_647.0;

/// A number as C converts it to `int` on x86-64: what does not fit is the lowest one.
pub(super) fn to_int(number: f64) -> i32 {
    if number > -2_147_483_649.0 && number < 2_147_483_648.0 { number as i32 } else { i32::MIN }
}

/// A number as C converts it to `long long` on x86-64.
pub(super) fn to_long(number: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) { number as i64 } else { i64::MIN }
}

/// A number as C converts it to `unsigned long long` on x86-64.
pub(super) fn to_unsigned(number: f64) -> u64 {
    const TOP: f64 = 9_223_372_036_854_775_808.0;
    if number < TOP { to_long(number) as u64 } else { (to_long(number - TOP) as u64) ^ 1 << 63 }
}

/// The result of an operation on `left` and `right`. A new NaN is negative, as on x86; one that was there keeps
/// its sign.
pub(super) fn settled(result: f64, left: f64, right: f64) -> f64 {
    if !result.is_nan() {
        return result;
    }
    if left.is_nan() {
        left
    } else if right.is_nan() {
        right
    } else {
        f64::NAN.copysign(-1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_busybox_does() {
        let cases = [
            ("010.5", 10.5),
            ("08", 8.0),
            ("0x1.8p1", 1.0),
            ("0xg", 0.0),
            ("010e1", 8.0),
            (" 12 ", 12.0),
            ("+0x10", 16.0),
            ("-010", -10.0),
            ("1e+", 1.0),
            (".e1", 0.0),
            ("0-5", 0.0),
            ("012abc", 10.0),
            ("018", 18.0),
            ("0778", 778.0),
            ("1e3x", 1000.0),
            ("- 5", 0.0),
            ("+-5", 0.0),
            ("123456789012345678", 123456789012345680.0),
            ("3.14", 3.14),
            ("5.", 5.0),
        ];
        for (text, number) in cases {
            assert_eq!(number_of(text.as_bytes()), number, "{text}");
        }
        assert!(number_of(b"nan").is_nan() && number_of(b"-inf") == f64::NEG_INFINITY);
    }

    #[test]
    fn only_whole_numbers_look_like_one() {
        for (text, looks) in
            [("1", true), (" 1 ", true), ("1x", false), ("", false), (".", false), ("0x10", true), ("-", false)]
        {
            assert_eq!(looks_like_number(text.as_bytes()).is_some(), looks, "{text}");
        }
    }

    #[test]
    fn conversions_that_do_not_fit() {
        assert_eq!((to_int(3e9), to_int(-1.9), to_int(f64::NAN)), (i32::MIN, -1, i32::MIN));
        assert_eq!((to_long(1e19), to_unsigned(-1.0), to_unsigned(1e20)), (i64::MIN, u64::MAX, 0));
        assert_eq!(to_unsigned(1e19), 10_000_000_000_000_000_000);
    }
}
