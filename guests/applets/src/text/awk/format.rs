//! Numbers as strings, and `printf`.

use crate::conversion::Conversion;

use super::flavour;
use super::value::{MAWK_MAX, Value, looks_like_number, to_int, to_long};

/// Why a format cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormatError {
    Star,
    Specifier,
    /// There are fewer arguments than conversions, which `mawk` tells.
    Missing,
    /// The conversion of this number is none; `mawk` counts them.
    Improper(usize),
}

impl FormatError {
    /// The sentence for people.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Star => "%*x formats are not supported",
            Self::Specifier | Self::Missing | Self::Improper(_) => "Invalid format specifier",
        }
    }
}

/// Appends an integer.
pub(super) fn push_integer(out: &mut Vec<u8>, value: i64) {
    let (mut digits, mut at, mut rest) = ([0u8; 20], 20, value.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a number: an integer as it is, any other by the format.
pub(super) fn push_number(out: &mut Vec<u8>, number: f64, format: &[u8]) -> Result<(), FormatError> {
    let integer = to_long(number);
    let is_whole = integer as f64 == number && (!flavour::is_mawk() || number.abs() <= MAWK_MAX);
    if is_whole {
        push_integer(out, integer);
        return Ok(());
    }
    if format.is_empty() {
        return Ok(());
    }
    if format == b"%.6g" {
        Conversion::default().float(out, b'g', number);
        return Ok(());
    }
    match format.last() {
        Some(last) if b"diouxXeEfFgGaA".contains(last) => printf(out, format, format, &[Value::Number(number)]),
        _ => Err(FormatError::Specifier),
    }
}

/// Appends a value as a string.
pub(super) fn push_value(out: &mut Vec<u8>, value: &Value, format: &[u8]) -> Result<(), FormatError> {
    match value {
        Value::Unset => Ok(()),
        Value::Number(number) => push_number(out, *number, format),
        Value::Text(text) | Value::Input(text) => {
            out.extend_from_slice(text);
            Ok(())
        }
    }
}

/// Formats `arguments`. Numbers become strings by `number_format`.
pub(super) fn printf(
    out: &mut Vec<u8>,
    format: &[u8],
    number_format: &[u8],
    arguments: &[Value],
) -> Result<(), FormatError> {
    let widths = if flavour::is_mawk() { with_widths(format, arguments)? } else { None };
    let (format, arguments) = match &widths {
        Some((format, arguments)) => (format.as_slice(), arguments.as_slice()),
        None => (format, arguments),
    };
    let mut arguments = arguments.iter();
    let mut rest = format;
    let mut number = 0;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (text, specification) = rest.split_at(at);
        out.extend_from_slice(text);
        if specification.get(1) == Some(&b'%') {
            out.push(b'%');
            rest = specification.get(2..).unwrap_or_default();
            continue;
        }
        let until = specification.iter().position(|byte| byte.is_ascii_alphabetic() || *byte == b'*');
        let Some(len) = until else {
            out.extend_from_slice(specification);
            return Ok(());
        };
        let (flags, tail) = specification.split_at(len);
        let Some((letter, tail)) = tail.split_first() else { return Ok(()) };
        rest = tail;
        if *letter == b'*' {
            return Err(FormatError::Star);
        }
        number += 1;
        if !b"cdioxXuseEfFgGaA".contains(letter) {
            return Err(if flavour::is_mawk() { FormatError::Improper(number) } else { FormatError::Specifier });
        }
        let value = match arguments.next() {
            Some(value) => value,
            None if flavour::is_mawk() => return Err(FormatError::Missing),
            None => &Value::Unset,
        };
        let flags = percents(out, flags.get(1..).unwrap_or_default());
        match flags.map(|flags| (flags, conversion(flags))) {
            Some((_, Some(conversion))) => convert(out, conversion, *letter, value, number_format)?,
            Some((flags, None)) => {
                out.push(b'%');
                out.extend_from_slice(flags);
                out.push(*letter);
            }
            None => out.push(*letter),
        }
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// The format with the numbers that its `*` stand for, and the arguments that are left; `None` where it has none.
fn with_widths(format: &[u8], arguments: &[Value]) -> Result<Option<(Vec<u8>, Vec<Value>)>, FormatError> {
    if !format.contains(&b'*') {
        return Ok(None);
    }
    let (mut out, mut left) = (Vec::new(), Vec::new());
    let mut arguments = arguments.iter();
    let mut inside = false;
    for byte in format {
        match byte {
            b'%' => inside = !inside,
            b'*' if inside => {
                let width = arguments.next().ok_or(FormatError::Missing)?;
                push_integer(&mut out, to_int(width.number()).into());
                continue;
            }
            byte if inside && byte.is_ascii_alphabetic() => {
                inside = false;
                left.extend(arguments.next().cloned());
            }
            _ => {}
        }
        out.push(*byte);
    }
    Ok(Some((out, left)))
}

/// Appends what stands before the last `%` of a specification as C's `printf` prints it: `%5%` is `%`. What stands
/// behind that one; `None` when it ends a `%` itself.
fn percents<'a>(out: &mut Vec<u8>, mut flags: &'a [u8]) -> Option<&'a [u8]> {
    while let Some(at) = memchr::memchr(b'%', flags) {
        let (before, behind) = (flags.get(..at).unwrap_or_default(), flags.get(at + 1..).unwrap_or_default());
        if conversion(before).is_some() {
            out.push(b'%');
        } else {
            out.push(b'%');
            out.extend_from_slice(before);
            out.push(b'%');
        }
        let next = memchr::memchr(b'%', behind);
        out.extend_from_slice(behind.get(..next.unwrap_or(behind.len())).unwrap_or_default());
        flags = behind.get(next? + 1..).unwrap_or_default();
    }
    Some(flags)
}

/// The flags, width and precision of a specification; `None` when they are none.
fn conversion(mut text: &[u8]) -> Option<Conversion> {
    let mut conversion = Conversion::default();
    let position = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if position > 0 && text.get(position) == Some(&b'$') {
        text = text.get(position + 1..).unwrap_or_default();
    }
    while let [flag, rest @ ..] = text {
        if *flag != b'\'' && !conversion.set_flag(*flag) {
            break;
        }
        text = rest;
    }
    let number = |text: &mut &[u8]| {
        let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = text.split_at(len);
        *text = rest;
        digits.iter().fold(0usize, |n, digit| (n * 10 + usize::from(digit - b'0')).min(1 << 24))
    };
    conversion.width = number(&mut text);
    if let [b'.', rest @ ..] = text {
        text = rest;
        conversion.precision = Some(number(&mut text));
    }
    text.is_empty().then_some(conversion)
}

fn convert(
    out: &mut Vec<u8>,
    conversion: Conversion,
    letter: u8,
    value: &Value,
    number_format: &[u8],
) -> Result<(), FormatError> {
    match letter {
        b's' => {
            let mut text = Vec::new();
            push_value(&mut text, value, number_format)?;
            conversion.text(out, &text);
        }
        b'c' => conversion.byte(out, character(value)),
        b'd' | b'i' if flavour::is_mawk() => {
            conversion.signed(out, value.number().clamp(-MAWK_MAX, MAWK_MAX) as i64);
        }
        b'o' | b'x' | b'X' | b'u' if flavour::is_mawk() => {
            conversion.unsigned(out, letter, value.number().clamp(0.0, f64::from(u32::MAX)) as u64);
        }
        b'd' | b'i' => conversion.signed(out, to_int(value.number()).into()),
        b'o' | b'x' | b'X' | b'u' => conversion.unsigned(out, letter, (to_int(value.number()) as u32).into()),
        _ => conversion.float(out, letter, value.number()),
    }
    Ok(())
}

/// The byte that `%c` prints: a number's, or a string's first.
fn character(value: &Value) -> u8 {
    let number = match value {
        Value::Number(number) => Some(*number),
        Value::Input(text) => looks_like_number(text),
        Value::Unset | Value::Text(_) => None,
    };
    match (number, value) {
        (Some(number), _) => to_int(number) as u8,
        (None, Value::Text(text) | Value::Input(text)) => text.first().copied().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(format: &str, arguments: &[Value]) -> String {
        let mut out = Vec::new();
        match printf(&mut out, format.as_bytes(), b"%.6g", arguments) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn formats() {
        let number = Value::Number;
        assert_eq!(
            show("%d %i|%5.1f|%x", &[number(42.9), number(-3.0), number(3.14159), number(-1.0)]),
            "42 -3|  3.1|ffffffff"
        );
        assert_eq!(show("%u %d", &[number(3e9), number(1e18)]), "2147483648 -2147483648");
        assert_eq!(show("%c%c%c", &[number(65.9), Value::text(b"65"), Value::input(b"66")]), "A6B");
        assert_eq!(show("%|%5%|", &[]), "%|%5%|");
        assert_eq!(show("%5%|%s%c%", &[Value::text(b"a"), number(65.0)]), "%|aA%");
        assert_eq!(show("%%|abc%", &[]), "%|abc%");
        assert_eq!(show("%,d", &[number(1.0)]), "%,d");
        assert_eq!(show("%z", &[]), "Invalid format specifier");
        assert_eq!(show("%*d", &[]), "%*x formats are not supported");
        assert_eq!(
            show("%s %5s|%-5s|%.1s", &[number(0.1), Value::text(b"ab"), Value::text(b"ab")]),
            "0.1    ab|ab   |"
        );
        assert_eq!(show("%1$s", &[Value::text(b"a")]), "a");
    }

    #[test]
    fn numbers() {
        let text = |number: f64, format: &str| {
            let mut out = Vec::new();
            push_number(&mut out, number, format.as_bytes()).map(|()| String::from_utf8_lossy(&out).into_owned())
        };
        assert_eq!(text(1e18, "%.6g").unwrap(), "1000000000000000000");
        assert_eq!(text(1e19, "%.6g").unwrap(), "1e+19");
        assert_eq!(text(-0.0, "%.6g").unwrap(), "0");
        assert_eq!(text(3.14159, "%.2f").unwrap(), "3.14");
        assert_eq!(text(12.7, "%d").unwrap(), "12");
        assert_eq!(text(f64::NAN.copysign(-1.0), "%.6g").unwrap(), "-nan");
        assert_eq!(text(3.5, "abc"), Err(FormatError::Specifier));
    }
}
