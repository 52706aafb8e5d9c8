//! The numbers in tar headers: octal digits, GNU's base-256, and PAX decimals.

use wcr_abi::Timestamp;

use super::header::Reason;

/// A header field that must not be negative.
pub(super) fn field_number(field: &[u8]) -> Result<i64, Reason> {
    match field_signed(field)? {
        value if value < 0 => Err("it is negative".into()),
        value => Ok(value),
    }
}

/// A header field: octal digits padded with spaces or NULs, or big-endian base-256 when the top bit is set.
pub(super) fn field_signed(field: &[u8]) -> Result<i64, Reason> {
    if let Some((&first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        // The bit below the marker is the sign, as GNU tar writes it.
        let negative = first & 0x40 != 0;
        let mut value = if negative { i64::from(first) | !0xff } else { i64::from(first & 0x7f) };
        for byte in rest {
            value = value.checked_mul(256).ok_or("the base-256 number is too large")? | i64::from(*byte);
        }
        return Ok(value);
    }
    // Digits after any padding, until the next padding; what follows a NUL does not count.
    let padding = |b: &u8| matches!(b, b' ' | 0);
    let mut value = 0i64;
    let mut bytes = field.iter().skip_while(|b| padding(b));
    for digit in bytes.by_ref() {
        match digit {
            b'0'..=b'7' => value = value.checked_mul(8).ok_or("the number is too large")? | i64::from(digit - b'0'),
            0 => return Ok(value),
            b' ' => break,
            _ => return Err("it is not an octal number".into()),
        }
    }
    if bytes.take_while(|b| **b != 0).any(|b| *b != b' ') {
        return Err("it is not an octal number".into());
    }
    Ok(value)
}

/// A PAX decimal integer, possibly negative.
pub(super) fn decimal(value: &[u8]) -> Result<i64, Reason> {
    let (negative, digits) = match value.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, value),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err("it is not a decimal number".into());
    }
    let mut number = 0i64;
    for digit in digits {
        let digit = i64::from(digit - b'0');
        let next = number.checked_mul(10);
        let next = next.and_then(|n| if negative { n.checked_sub(digit) } else { n.checked_add(digit) });
        number = next.ok_or("the number is too large")?;
    }
    Ok(number)
}

/// A PAX time: decimal seconds with an optional fraction; digits beyond nanoseconds are cut.
pub(super) fn time(value: &[u8]) -> Result<Timestamp, Reason> {
    let mut parts = value.splitn(2, |b| *b == b'.');
    let seconds = parts.next().unwrap_or_default();
    let fraction = parts.next().unwrap_or_default();
    let negative = seconds.first() == Some(&b'-');
    let sec = decimal(seconds)?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err("it is not a decimal number".into());
    }
    let digits = fraction.iter().chain(core::iter::repeat(&b'0')).take(9);
    let nsec = digits.fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    if negative && nsec > 0 {
        let sec = sec.checked_sub(1).ok_or("the number is too large")?;
        return Ok(Timestamp { sec, nsec: 1_000_000_000 - nsec });
    }
    Ok(Timestamp { sec, nsec })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let good: &[(&[u8], i64)] = &[
            (b"0000644\0", 0o644),
            (b"   644 \0", 0o644),
            (b"644     ", 0o644),
            (b"\0\0\0\0\0\0\0\0", 0),
            (b"        ", 0),
            (b"77777777", 0o77_777_777),
            (b"\x80\0\0\0\0\0\x01\x02", 0x102),
            (b"\x80\0\0\0\x02\0\0\0\0\0\0\0", 1 << 33 << 24),
            (b"12\x003", 0o12),
        ];
        for (field, value) in good {
            assert_eq!(field_number(field).as_ref(), Ok(value), "{}", field.escape_ascii());
        }
        assert_eq!(field_signed(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), Ok(-2));
        let bad: &[&[u8]] = &[
            b"0000648\0",
            b"-1      ",
            b"0x10    ",
            b"\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x81\0\0\0\0\0\0\0\0\0\0\0",
            b"7777777777777777777777777777",
        ];
        for field in bad {
            assert!(field_number(field).is_err(), "{}", field.escape_ascii());
        }
    }

    #[test]
    fn decimals_and_times() {
        assert_eq!(decimal(b"-12"), Ok(-12));
        assert_eq!(decimal(b"-9223372036854775808"), Ok(i64::MIN));
        for bad in [&b""[..], b"-", b"+1", b" 1", b"1 ", b"0x1", b"9223372036854775808"] {
            assert!(decimal(bad).is_err(), "{}", bad.escape_ascii());
        }
        let table: &[(&[u8], i64, u32)] = &[
            (b"1", 1, 0),
            (b"1.", 1, 0),
            (b"1.5", 1, 500_000_000),
            (b"1.0000000019", 1, 1),
            (b"-1.5", -2, 500_000_000),
            (b"-0.25", -1, 750_000_000),
        ];
        for (text, sec, nsec) in table {
            assert_eq!(time(text), Ok(Timestamp { sec: *sec, nsec: *nsec }), "{}", text.escape_ascii());
        }
        for bad in [&b""[..], b".5", b"1.x", b"1.-5", b"1.5.5", b"-9223372036854775808.5"] {
            assert!(time(bad).is_err(), "{}", bad.escape_ascii());
        }
    }
}
