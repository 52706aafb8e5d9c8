//! Numbers and columns as text, without the weight of `core::fmt`.

/// The decimal digits of `n`.
#[inline(never)]
#[must_use]
pub fn decimal(n: u64) -> Vec<u8> {
    radix(n, 10)
}

/// The decimal digits of `n`, with its sign.
#[must_use]
pub fn signed(n: i64) -> Vec<u8> {
    let mut out = if n < 0 { b"-".to_vec() } else { Vec::new() };
    out.extend(decimal(n.unsigned_abs()));
    out
}

/// The octal digits of `n`.
#[must_use]
pub fn octal(n: u64) -> Vec<u8> {
    radix(n, 8)
}

/// The hexadecimal digits of `n`, in lower case.
#[must_use]
pub fn hex(n: u64) -> Vec<u8> {
    radix(n, 16)
}

fn radix(mut n: u64, radix: u64) -> Vec<u8> {
    let mut digits = Vec::with_capacity(20);
    loop {
        digits.push(b"0123456789abcdef"[(n % radix) as usize]);
        n /= radix;
        if n == 0 {
            digits.reverse();
            return digits;
        }
    }
}

/// Appends `text` with `fill` before it up to `width` bytes.
#[inline(never)]
pub fn right(out: &mut Vec<u8>, text: &[u8], width: usize, fill: u8) {
    out.resize(out.len() + width.saturating_sub(text.len()), fill);
    out.extend_from_slice(text);
}

/// Appends the digits of `n` to the base `RADIX` with `fill` before them up to `width` bytes.
pub fn right_number<const RADIX: u64>(out: &mut Vec<u8>, mut n: u64, width: usize, fill: u8) {
    let mut digits = [0; 22];
    let mut first = digits.len();
    loop {
        first -= 1;
        if let Some(digit) = digits.get_mut(first) {
            *digit = b"0123456789abcdef"[(n % RADIX) as usize & 15];
        }
        n /= RADIX;
        if n == 0 {
            break;
        }
    }
    let digits = digits.get(first..).unwrap_or_default();
    for _ in digits.len()..width {
        out.push(fill);
    }
    wcr_sys::append(out, digits);
}

/// Appends `text` with spaces behind it up to `width` bytes.
#[inline(never)]
pub fn left(out: &mut Vec<u8>, text: &[u8], width: usize) {
    out.extend_from_slice(text);
    out.resize(out.len() + width.saturating_sub(text.len()), b' ');
}

/// Reads a whole byte string as a decimal number; `None` for anything else and beyond 64 bits.
#[inline(never)]
#[must_use]
pub fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |n, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        assert_eq!(decimal(0), b"0");
        assert_eq!(decimal(u64::MAX), b"18446744073709551615");
        assert_eq!(signed(i64::MIN), b"-9223372036854775808");
        assert_eq!((octal(0o644), hex(0xbeef)), (b"644".to_vec(), b"beef".to_vec()));
        assert_eq!(parse_decimal(b"18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "-1", "+1", "1x", "18446744073709551616"] {
            assert_eq!(parse_decimal(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn columns() {
        let mut out = Vec::new();
        right(&mut out, b"ab", 4, b' ');
        left(&mut out, b"cd", 3);
        right(&mut out, b"long", 2, b' ');
        assert_eq!(out, b"  abcd long");
        out.clear();
        right_number::<10>(&mut out, 0, 3, b' ');
        right_number::<8>(&mut out, u64::MAX, 2, b'0');
        right_number::<16>(&mut out, 0xbe, 4, b'0');
        assert_eq!(out, b"  0177777777777777777777700be");
    }
}
