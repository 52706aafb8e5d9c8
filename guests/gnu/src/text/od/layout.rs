//! The types of `od`: how units of bytes are written.

use applets::conversion::Conversion;
use applets::format::{decimal, right, right_number, signed};
use applets::tools::od::extended::{self, Parts};
use applets::tools::od::{name, put_escaped};
use num_bigint::BigUint;

use crate::quote;

/// What a unit is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A character by its name.
    Named,
    /// A character, or an escape.
    Character,
    Signed,
    Unsigned,
    Octal,
    Hexadecimal,
    Float,
}

/// One type: the kind and the bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    kind: Kind,
    pub size: usize,
    /// Whether the characters are shown behind the units.
    pub text: bool,
}

/// Reads types as `-t` gives them. The error is the diagnostic's text.
pub(super) fn parse(text: &[u8], layouts: &mut Vec<Layout>) -> Result<(), Vec<u8>> {
    let mut rest = text;
    while let [letter, tail @ ..] = rest {
        let kind = match letter {
            b'a' => Kind::Named,
            b'c' => Kind::Character,
            b'd' => Kind::Signed,
            b'u' => Kind::Unsigned,
            b'o' => Kind::Octal,
            b'x' => Kind::Hexadecimal,
            b'f' => Kind::Float,
            letter => {
                let letter = char::from(*letter).to_string();
                return Err([
                    b"invalid character ",
                    &quote::locale(letter.as_bytes())[..],
                    b" in type string ",
                    &quote::locale(text),
                ]
                .concat());
            }
        };
        let (size, behind) = match kind {
            Kind::Named | Kind::Character => (1, tail),
            Kind::Float => size(text, tail, 8, &[(b'F', 4), (b'D', 8), (b'L', 16)])?,
            _ => size(text, tail, 4, &[(b'C', 1), (b'S', 2), (b'I', 4), (b'L', 8)])?,
        };
        let (known, name): (&[u64], &[u8]) =
            if kind == Kind::Float { (&[4, 8, 16], b"floating point") } else { (&[1, 2, 4, 8], b"integral") };
        if !known.contains(&size) {
            let size = decimal(size);
            return Err([
                b"invalid type string ",
                &quote::locale(text)[..],
                b";\nthis system doesn't provide a ",
                &size,
                b"-byte ",
                name,
                b" type",
            ]
            .concat());
        }
        let (shows, behind) = behind.strip_prefix(b"z").map_or((false, behind), |behind| (true, behind));
        layouts.push(Layout { kind, size: size as usize, text: shows });
        rest = behind;
    }
    Ok(())
}

/// The size behind a type's letter, and what follows.
fn size<'a>(all: &[u8], text: &'a [u8], default: u64, letters: &[(u8, u64)]) -> Result<(u64, &'a [u8]), Vec<u8>> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        let (number, behind) = text.split_at(digits);
        let size = applets::format::parse_decimal(number);
        return match size {
            Some(size) => Ok((size, behind)),
            None => Err([b"invalid type string ", &quote::locale(all)[..]].concat()),
        };
    }
    let Some((first, rest)) = text.split_first() else { return Ok((default, text)) };
    Ok(match letters.iter().find(|(letter, _)| letter == first) {
        Some((_, size)) => (*size, rest),
        None => (default, text),
    })
}

impl Layout {
    /// Two bytes in octal.
    pub(super) const OCTAL_WORDS: Self = Self { kind: Kind::Octal, size: 2, text: false };

    /// The columns of a unit, without what stands between units.
    pub(super) fn columns(&self) -> usize {
        let index = self.size.trailing_zeros() as usize;
        let widths: [usize; 5] = match self.kind {
            Kind::Named | Kind::Character => return 3,
            Kind::Signed => [4, 6, 11, 20, 0],
            Kind::Unsigned => [3, 5, 10, 20, 0],
            Kind::Octal => [3, 6, 11, 22, 0],
            Kind::Hexadecimal => [2, 4, 8, 16, 0],
            Kind::Float => [0, 0, 15, 24, 29],
        };
        widths.get(index).copied().unwrap_or(0)
    }

    /// Appends a unit of `width` columns. Its bytes have the order of the machine.
    pub(super) fn put(&self, out: &mut Vec<u8>, unit: &[u8], width: usize) {
        let mut raw = [0; 16];
        raw.iter_mut().zip(unit).for_each(|(to, from)| *to = *from);
        let raw = u128::from_le_bytes(raw);
        let mut text = Vec::new();
        match self.kind {
            Kind::Named => text = name(raw as u8 & 0x7f),
            Kind::Character => put_escaped(&mut text, raw as u8),
            Kind::Signed => {
                let unused = 64 - 8 * self.size as u32;
                text = signed(((raw as u64) << unused) as i64 >> unused);
            }
            Kind::Unsigned => text = decimal(raw as u64),
            Kind::Octal => right_number::<8>(&mut text, raw as u64, self.columns(), b'0'),
            Kind::Hexadecimal => right_number::<16>(&mut text, raw as u64, self.columns(), b'0'),
            Kind::Float => text = self.float(raw),
        }
        right(out, &text, width, b' ');
    }

    fn float(&self, raw: u128) -> Vec<u8> {
        match self.size {
            4 => {
                let value = f32::from_bits(raw as u32);
                let normal = value.abs() >= f32::MIN_POSITIVE;
                shortest(value.into(), if normal { 6 } else { 1 }, |text| text.parse() == Ok(value))
            }
            8 => {
                let value = f64::from_bits(raw as u64);
                let normal = value.abs() >= f64::MIN_POSITIVE;
                shortest(value, if normal { 15 } else { 1 }, |text| text.parse() == Ok(value))
            }
            _ => shortest_extended(Parts::of(raw)).into_bytes(),
        }
    }
}

/// The number with as many digits as it takes to tell it from its neighbours, and no fewer than `least` where those are
/// not zeros.
fn shortest(value: f64, least: usize, same: impl Fn(&str) -> bool) -> Vec<u8> {
    if value.is_nan() {
        return if value.is_sign_negative() { b"-nan".to_vec() } else { b"nan".to_vec() };
    }
    let mut text = Vec::new();
    for precision in least..=17 {
        text.clear();
        Conversion { precision: Some(precision), ..Conversion::default() }.float(&mut text, b'g', value);
        if core::str::from_utf8(&text).is_ok_and(&same) {
            break;
        }
    }
    text
}

/// As [`shortest`], for the extended format.
fn shortest_extended(parts: Parts) -> String {
    let sign = if parts.negative { "-" } else { "" };
    if let Some(special) = parts.special() {
        return format!("{sign}{special}");
    }
    if parts.mantissa == 0 {
        return format!("{sign}0");
    }
    let least = if parts.exponent == 0 { 1 } else { 18 };
    let (mut digits, mut exponent) = (String::new(), 0);
    for precision in least..=21 {
        (digits, exponent) = extended::decimal(parts.mantissa, parts.exponent.into(), precision);
        if is_nearest(&digits, exponent, parts) {
            break;
        }
    }
    let precision = digits.len() as i32;
    let digits = digits.trim_end_matches('0');
    if exponent < -4 || exponent >= precision {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.unsigned_abs());
    }
    let Ok(whole) = usize::try_from(exponent + 1) else {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    };
    if whole == 0 {
        return format!("{sign}0.{digits}");
    }
    match digits.split_at_checked(whole) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, rest)) => format!("{sign}{whole}.{rest}"),
        None => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
    }
}

/// Whether the decimal number is nearer to this one than to its neighbours.
fn is_nearest(digits: &str, exponent: i32, parts: Parts) -> bool {
    // Both as whole numbers: each times the powers of two and of ten that the other is divided by.
    let tens = exponent + 1 - digits.len() as i32;
    let twos = i32::from(parts.exponent.max(1)) - 16_383 - 63;
    let power = |base: u8, power: i32| BigUint::from(base).pow(power.max(0) as u32);
    let decimal = BigUint::parse_bytes(digits.as_bytes(), 10).unwrap_or_default() * power(10, tens) * power(2, -twos);
    let unit = power(2, twos) * power(10, -tens);
    let binary = BigUint::from(parts.mantissa) * &unit;
    let distance = if decimal > binary { decimal - binary } else { binary - decimal } * 2u8;
    distance < unit || distance == unit && parts.mantissa % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(types: &str, bytes: &[u8]) -> String {
        let mut layouts = Vec::new();
        if let Err(message) = parse(types.as_bytes(), &mut layouts) {
            return String::from_utf8_lossy(&message).into_owned();
        }
        let mut out = Vec::new();
        layouts.iter().for_each(|layout| layout.put(&mut out, bytes, 0));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn numbers() {
        assert_eq!((show("d1", b"\xff"), show("u1", b"\xff")), ("-1".to_owned(), "255".to_owned()));
        assert_eq!(show("fF", &0.1f32.to_le_bytes()), "0.1");
        assert_eq!(show("fF", &116u32.to_le_bytes()), "1.63e-43");
        assert_eq!(show("fD", &0.1f64.to_le_bytes()), "0.1");
        assert_eq!(show("fL", b"\0\0\0\0\0\0\0\xc0\0\x40\0\0\0\0\0\0"), "3");
        assert_eq!(show("x1zq", b""), "invalid character 'q' in type string 'x1zq'");
    }
}
