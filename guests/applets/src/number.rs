//! Numbers as the C library reads them from text.

/// How a number's text is read: the value and where the text goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scanned<T> {
    /// The value; the nearest one when the text's does not fit.
    pub value: T,
    /// How many bytes belong to the number, leading blanks included; 0 when there is none.
    pub len: usize,
    /// Whether the text's value does not fit the type.
    pub overflow: bool,
}

/// The whitespace of the C locale.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// A sign and a magnitude: whether it is negative, the magnitude, length, overflow.
fn scan_magnitude(text: &[u8], base: u32) -> (bool, Scanned<u64>) {
    let mut at = text.iter().take_while(|byte| is_space(**byte)).count();
    let negative = match text.get(at) {
        Some(sign @ (b'-' | b'+')) => {
            at += 1;
            *sign == b'-'
        }
        _ => false,
    };
    let (mut base, rest) = (base, text.get(at..).unwrap_or_default());
    if let ([b'0', b'x' | b'X', digit, ..], 0 | 16) = (rest, base) {
        if digit.is_ascii_hexdigit() {
            at += 2;
            base = 16;
        }
    }
    if base == 0 {
        base = if rest.first() == Some(&b'0') { 8 } else { 10 };
    }
    let start = at;
    let mut scanned = Scanned { value: 0u64, len: 0, overflow: false };
    while let Some(digit) = text.get(at).and_then(|byte| char::from(*byte).to_digit(base)) {
        let value = scanned.value.checked_mul(base.into()).and_then(|value| value.checked_add(digit.into()));
        scanned.overflow |= value.is_none();
        scanned.value = value.unwrap_or(u64::MAX);
        at += 1;
    }
    if scanned.overflow {
        scanned.value = u64::MAX;
    }
    scanned.len = if at > start { at } else { 0 };
    (negative, scanned)
}

/// `strtoll`: base 0 takes `0x` and `0` prefixes.
#[must_use]
pub fn signed(text: &[u8], base: u32) -> Scanned<i64> {
    let (negative, scanned) = scan_magnitude(text, base);
    let wide = i128::from(scanned.value);
    let wide = if negative { -wide } else { wide };
    let (value, overflow) = match i64::try_from(wide) {
        Ok(value) => (value, scanned.overflow),
        Err(_) => (if negative { i64::MIN } else { i64::MAX }, true),
    };
    Scanned { value, len: scanned.len, overflow }
}

/// `strtoull`: a minus sign negates modulo 2⁶⁴.
#[must_use]
pub fn unsigned(text: &[u8], base: u32) -> Scanned<u64> {
    let (negative, mut scanned) = scan_magnitude(text, base);
    if negative && !scanned.overflow {
        scanned.value = scanned.value.wrapping_neg();
    }
    scanned
}

/// Decimal digits and at most one of the units, nothing else; `None` for anything else and beyond 64 bits.
#[must_use]
pub fn suffixed(text: &[u8], units: &[(&[u8], u64)]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at(digits);
    let value = crate::format::parse_decimal(digits)?;
    let factor = if unit.is_empty() { 1 } else { units.iter().find(|(name, _)| *name == unit)?.1 };
    value.checked_mul(factor)
}

/// `strtod`: decimal and hexadecimal numbers, `inf`, `infinity`, `nan`, `nan(…)`, in any case of letters.
#[must_use]
pub fn float(text: &[u8]) -> Scanned<f64> {
    let mut at = text.iter().take_while(|byte| is_space(**byte)).count();
    let negative = match text.get(at) {
        Some(sign @ (b'-' | b'+')) => {
            at += 1;
            *sign == b'-'
        }
        _ => false,
    };
    let rest = text.get(at..).unwrap_or_default();
    let mut scanned = scan_special(rest).or_else(|| scan_hex_float(rest)).unwrap_or_else(|| scan_decimal(rest));
    if scanned.len > 0 {
        scanned.len += at;
    }
    if negative {
        scanned.value = -scanned.value;
    }
    scanned
}

fn scan_special(text: &[u8]) -> Option<Scanned<f64>> {
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let scanned = |value, len| Some(Scanned { value, len, overflow: false });
    if starts(b"infinity") {
        return scanned(f64::INFINITY, 8);
    }
    if starts(b"inf") {
        return scanned(f64::INFINITY, 3);
    }
    if !starts(b"nan") {
        return None;
    }
    let tail = text.get(3..).unwrap_or_default();
    let word = tail.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let closed = tail.first() == Some(&b'(') && tail.get(word + 1) == Some(&b')');
    scanned(f64::NAN, if closed { word + 5 } else { 3 })
}

/// The length of an exponent that starts with one of `letters`; 0 when there is none. And its value.
fn scan_exponent(text: &[u8], letters: [u8; 2]) -> (usize, i64) {
    if !text.first().is_some_and(|first| letters.contains(first)) {
        return (0, 0);
    }
    let (sign, digits_at) = match text.get(1) {
        Some(b'-') => (-1, 2),
        Some(b'+') => (1, 2),
        _ => (1, 1),
    };
    let digits = text.get(digits_at..).unwrap_or_default();
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if len == 0 {
        return (0, 0);
    }
    let value = digits.iter().take(len).fold(0i64, |n, byte| (n * 10 + i64::from(byte - b'0')).min(1 << 40));
    (digits_at + len, sign * value)
}

fn scan_decimal(text: &[u8]) -> Scanned<f64> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    let mut len = whole;
    let mut any = whole > 0;
    if text.get(len) == Some(&b'.') {
        let fraction = digits(text.get(len + 1..).unwrap_or_default());
        any |= fraction > 0;
        len += 1 + fraction;
    }
    if !any {
        return Scanned { value: 0.0, len: 0, overflow: false };
    }
    let mantissa = text.get(..len).unwrap_or_default();
    len += scan_exponent(text.get(len..).unwrap_or_default(), *b"eE").0;
    let number = text.get(..len).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default();
    let value: f64 = number.parse().unwrap_or(0.0);
    let is_zero = mantissa.iter().all(|byte| matches!(byte, b'0' | b'.'));
    let overflow = value.is_infinite() || (!is_zero && value.abs() < f64::MIN_POSITIVE);
    Scanned { value, len, overflow }
}

fn scan_hex_float(text: &[u8]) -> Option<Scanned<f64>> {
    let [b'0', b'x' | b'X', rest @ ..] = text else { return None };
    let (mut mantissa, mut exponent, mut any, mut point, mut len) = (0u64, 0i64, false, false, 0);
    for byte in rest {
        if *byte == b'.' && !point {
            point = true;
        } else if let Some(digit) = char::from(*byte).to_digit(16) {
            any = true;
            if mantissa >> 59 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if point { 4 } else { 0 };
            } else {
                // Digits beyond the precision only scale, or make the last bit sticky.
                mantissa |= u64::from(digit != 0);
                exponent += if point { 0 } else { 4 };
            }
        } else {
            break;
        }
        len += 1;
    }
    if !any {
        return None;
    }
    let (exponent_len, power) = scan_exponent(rest.get(len..).unwrap_or_default(), *b"pP");
    let power = (exponent + power).clamp(-4000, 4000) as i32;
    // Two factors, because one could leave the range that the product is in.
    let value = mantissa as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2);
    let overflow = value.is_infinite() || (mantissa != 0 && value < f64::MIN_POSITIVE);
    Some(Scanned { value, len: 2 + len + exponent_len, overflow })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let read = |text: &str| {
            let Scanned { value, len, overflow } = signed(text.as_bytes(), 0);
            (value, len, overflow)
        };
        assert_eq!(read("12x"), (12, 2, false));
        assert_eq!(read(" -0x1fg"), (-31, 6, false));
        assert_eq!(read("010"), (8, 3, false));
        assert_eq!(read("0x"), (0, 1, false));
        assert_eq!(read("08"), (0, 1, false));
        assert_eq!(read("-"), (0, 0, false));
        assert_eq!(read("-9223372036854775808"), (i64::MIN, 20, false));
        assert_eq!(read("9223372036854775808"), (i64::MAX, 19, true));
        assert_eq!(unsigned(b"-1", 0).value, u64::MAX);
    }

    #[test]
    fn floats() {
        let read = |text: &str| {
            let Scanned { value, len, .. } = float(text.as_bytes());
            (value, len)
        };
        assert_eq!(read("1.5x"), (1.5, 3));
        assert_eq!(read("1e"), (1.0, 1));
        assert_eq!(read(".5e1"), (5.0, 4));
        assert_eq!(read("."), (0.0, 0));
        assert_eq!(read("0x1p4"), (16.0, 5));
        assert_eq!(read("0x.8"), (0.5, 4));
        assert_eq!(read("-inf"), (f64::NEG_INFINITY, 4));
        assert_eq!(float(b"nan(1)").len, 6);
        assert!(float(b"1e400").overflow && float(b"1e-400").overflow && !float(b"0e5").overflow);
    }
}
