//! Numbers of x86's extended format, which is C's `long double` there: 64 bits with the leading one written, 15 bits of
//! exponent, a sign.

use num_bigint::BigUint;

/// How many digits stand before the exponent.
const DIGITS: usize = 16;
const EXPONENT: u128 = 0x7fff;
/// What is added to exponents, and to those of the lowest bit.
const BIAS: i32 = 16_383 + 63;

/// A number in its parts: whether it is negative, the mantissa, the exponent as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The sign.
    pub negative: bool,
    /// The digits, the leading one written.
    pub mantissa: u64,
    /// The exponent as it is stored.
    pub exponent: u16,
}

impl Parts {
    /// The parts of a number's bits.
    #[must_use]
    pub fn of(raw: u128) -> Self {
        Self { negative: raw >> 79 & 1 == 1, mantissa: raw as u64, exponent: (raw >> 64 & EXPONENT) as u16 }
    }

    /// What it is called when it is no finite number.
    #[must_use]
    pub fn special(self) -> Option<&'static str> {
        match (u128::from(self.exponent), self.mantissa << 1) {
            (EXPONENT, 0) => Some("inf"),
            (EXPONENT, _) => Some("nan"),
            // Only the smallest numbers lack the leading one.
            (1.., _) if self.mantissa >> 63 == 0 => Some("nan"),
            _ => None,
        }
    }
}

/// The number as `%.15Le` writes it.
pub(super) fn exponential(raw: u128) -> String {
    let parts = Parts::of(raw);
    let sign = if parts.negative { "-" } else { "" };
    if let Some(special) = parts.special() {
        return format!("{sign}{special}");
    }
    let (mantissa, exponent) = (parts.mantissa, i32::from(parts.exponent));
    let (digits, exponent) = if mantissa == 0 { ("0".repeat(DIGITS), 0) } else { decimal(mantissa, exponent, DIGITS) };
    let (first, rest) = digits.split_at(1);
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}.{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

/// So many digits of a number that is not 0, rounded to the nearest, and the exponent of the first one.
#[must_use]
pub fn decimal(mantissa: u64, exponent: i32, digits: usize) -> (String, i32) {
    // The smallest numbers have the exponent 0, which means 1.
    let power = exponent.max(1) - BIAS;
    let (value, scale) = match u32::try_from(power) {
        Ok(power) => (BigUint::from(mantissa) << power, 0),
        // By so many powers of ten too large, as 5ⁿ is 10ⁿ halved n times.
        Err(_) => (BigUint::from(mantissa) * BigUint::from(5u8).pow(power.unsigned_abs()), power),
    };
    let mut text = value.to_string();
    let mut exponent = text.len() as i32 - 1 + scale;
    while text.len() < digits {
        text.push('0');
    }
    let (kept, rest) = text.split_at(digits);
    let is_odd = kept.ends_with(['1', '3', '5', '7', '9']);
    let half = rest.starts_with('5') && rest.bytes().skip(1).all(|digit| digit == b'0');
    let up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5') && (!half || is_odd);
    let mut shown = kept.to_owned();
    if up {
        shown = (kept.parse::<u128>().unwrap_or_default() + 1).to_string();
        if shown.len() > digits {
            shown.truncate(digits);
            exponent += 1;
        }
    }
    (shown, exponent)
}

#[cfg(test)]
mod tests {
    use super::exponential;

    #[test]
    fn numbers() {
        let number = |exponent: u128, mantissa: u64| exponential(exponent << 64 | u128::from(mantissa));
        assert_eq!(number(0x3fff, 1 << 63), "1.000000000000000e+00");
        assert_eq!(number(0xc000, 3 << 62), "-3.000000000000000e+00");
        assert_eq!(number(0, 0), "0.000000000000000e+00");
        assert_eq!(number(0, 1), "3.645199531882475e-4951");
        assert_eq!(number(0x4005, 5 << 61), "8.000000000000000e+01");
        assert_eq!((number(0x7fff, 1 << 63), number(0xffff, 1 << 63)), ("inf".into(), "-inf".into()));
        assert_eq!((number(0x7fff, 3 << 62), number(0x3fff, 1 << 62)), ("nan".into(), "nan".into()));
    }
}
