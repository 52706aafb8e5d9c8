//! Numbers of x86's extended format, which is C's `long double` there: 64 bits with the leading one written, 15 bits of
//! exponent, a sign.

use num_bigint::BigUint;

/// How many digits stand before the exponent.
const DIGITS: usize = 16;
const EXPONENT: u128 = 0x7fff;
/// What is added to exponents, and to those of the lowest bit.
const BIAS: i32 = 16_383 + 63;

/// The number as `%.15Le` writes it.
pub(super) fn exponential(raw: u128) -> String {
    let (mantissa, exponent) = (raw as u64, raw >> 64 & EXPONENT);
    let sign = if raw >> 79 & 1 == 1 { "-" } else { "" };
    match (exponent, mantissa << 1) {
        (EXPONENT, 0) => return format!("{sign}inf"),
        (EXPONENT, _) => return format!("{sign}nan"),
        // Only the smallest numbers lack the leading one.
        (1.., _) if mantissa >> 63 == 0 => return format!("{sign}nan"),
        _ => {}
    }
    let (digits, exponent) = if mantissa == 0 { ("0".repeat(DIGITS), 0) } else { decimal(mantissa, exponent as i32) };
    let (first, rest) = digits.split_at(1);
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}.{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

/// The digits, rounded to the nearest, and the exponent of the first one.
fn decimal(mantissa: u64, exponent: i32) -> (String, i32) {
    // The smallest numbers have the exponent 0, which means 1.
    let power = exponent.max(1) - BIAS;
    let (value, scale) = match u32::try_from(power) {
        Ok(power) => (BigUint::from(mantissa) << power, 0),
        // By so many powers of ten too large, as 5ⁿ is 10ⁿ halved n times.
        Err(_) => (BigUint::from(mantissa) * BigUint::from(5u8).pow(power.unsigned_abs()), power),
    };
    let mut text = value.to_string();
    let mut exponent = text.len() as i32 - 1 + scale;
    while text.len() < DIGITS {
        text.push('0');
    }
    let (kept, rest) = text.split_at(DIGITS);
    let is_odd = kept.ends_with(['1', '3', '5', '7', '9']);
    let half = rest.starts_with('5') && rest.bytes().skip(1).all(|digit| digit == b'0');
    let up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5') && (!half || is_odd);
    let mut digits = kept.to_owned();
    if up {
        digits = (kept.parse::<u64>().unwrap_or_default() + 1).to_string();
        if digits.len() > DIGITS {
            digits.truncate(DIGITS);
            exponent += 1;
        }
    }
    (digits, exponent)
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
