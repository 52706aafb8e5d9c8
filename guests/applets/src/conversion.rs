//! The conversions of `printf(3)`: a value, flags, a width and a precision become text.

use std::io::Write;

/// The longest result of one conversion: what does not fit into C's `int` fails there.
const LENGTH_MAX: usize = i32::MAX as usize;

/// Flags, width and precision of a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// `-`: fill on the right.
    pub left: bool,
    /// `+`: a sign before positive numbers.
    pub plus: bool,
    /// A space before positive numbers.
    pub space: bool,
    /// `#`: the alternative form.
    pub alternate: bool,
    /// `0`: fill numbers with zeros.
    pub zero: bool,
    /// The least length.
    pub width: usize,
    /// Digits, or the most bytes of a string.
    pub precision: Option<usize>,
}

/// The result would be longer than C's `printf` can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Conversion {
    /// Whether the width or the precision alone is more than `printf` takes.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.width >= LENGTH_MAX || self.precision.is_some_and(|precision| precision >= LENGTH_MAX)
    }

    /// Sets a flag by its character; whether it is one.
    pub fn set_flag(&mut self, flag: u8) -> bool {
        match flag {
            b'-' => self.left = true,
            b'+' => self.plus = true,
            b' ' => self.space = true,
            b'#' => self.alternate = true,
            b'0' => self.zero = true,
            _ => return false,
        }
        true
    }

    /// `%s`: at most `precision` bytes of `text`.
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        let len = self.precision.unwrap_or(text.len()).min(text.len());
        self.pad(out, text.get(..len).unwrap_or_default());
    }

    /// `%c`: one byte.
    pub fn byte(&self, out: &mut Vec<u8>, byte: u8) {
        self.pad(out, &[byte]);
    }

    fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let fill = self.width.saturating_sub(text.len());
        if !self.left {
            out.resize(out.len() + fill, b' ');
        }
        out.extend_from_slice(text);
        if self.left {
            out.resize(out.len() + fill, b' ');
        }
    }

    /// `%d`.
    pub fn signed(&self, out: &mut Vec<u8>, value: i64) {
        let digits = crate::format::decimal(value.unsigned_abs());
        self.integer(out, self.sign(value < 0), digits, value == 0);
    }

    /// `%u`, `%o`, `%x` or `%X`, by the letter.
    pub fn unsigned(&self, out: &mut Vec<u8>, letter: u8, value: u64) {
        let (prefix, mut digits): (&[u8], _) = match letter {
            b'o' => (b"", crate::format::octal(value)),
            b'x' => (b"0x", crate::format::hex(value)),
            b'X' => (b"0X", crate::format::hex(value).to_ascii_uppercase()),
            _ => (b"", crate::format::decimal(value)),
        };
        if letter == b'o' && self.alternate {
            let wanted = self.precision.unwrap_or(1).max(1);
            if digits.len() >= wanted && (value != 0 || self.precision == Some(0)) {
                if value == 0 {
                    digits.clear();
                }
                digits.insert(0, b'0');
                return self.integer(out, b"", digits, false);
            }
        }
        let prefix = if self.alternate && value != 0 { prefix } else { b"" };
        self.integer(out, prefix, digits, value == 0);
    }

    fn sign(&self, negative: bool) -> &'static [u8] {
        match (negative, self.plus, self.space) {
            (true, _, _) => b"-",
            (false, true, _) => b"+",
            (false, false, true) => b" ",
            (false, false, false) => b"",
        }
    }

    fn integer(&self, out: &mut Vec<u8>, prefix: &[u8], digits: Vec<u8>, is_zero: bool) {
        let digits = if is_zero && self.precision == Some(0) { Vec::new() } else { digits };
        let zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let len = prefix.len() + zeros + digits.len();
        let fill = self.width.saturating_sub(len);
        let fill_zero = self.zero && !self.left && self.precision.is_none();
        if !self.left && !fill_zero {
            out.resize(out.len() + fill, b' ');
        }
        out.extend_from_slice(prefix);
        out.resize(out.len() + zeros + if fill_zero { fill } else { 0 }, b'0');
        out.extend_from_slice(&digits);
        if self.left {
            out.resize(out.len() + fill, b' ');
        }
    }

    /// `%e`, `%f`, `%g` or `%a` and their upper-case forms, by the letter.
    pub fn float(&self, out: &mut Vec<u8>, letter: u8, value: f64) {
        let negative = value.is_sign_negative();
        let magnitude = value.abs();
        let mut digits = if magnitude.is_nan() {
            b"nan".to_vec()
        } else if magnitude.is_infinite() {
            b"inf".to_vec()
        } else {
            match letter.to_ascii_lowercase() {
                b'e' => self.exponential(magnitude, self.precision.unwrap_or(6)),
                b'f' => self.fixed(magnitude, self.precision.unwrap_or(6)),
                b'a' => return self.hexadecimal(out, letter, negative, magnitude),
                _ => self.general(magnitude),
            }
        };
        if letter.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        let fill = Self { precision: None, zero: self.zero && magnitude.is_finite(), ..*self };
        fill.integer(out, self.sign(negative), digits, false);
    }

    fn fixed(&self, value: f64, precision: usize) -> Vec<u8> {
        let mut digits = Vec::new();
        // Writing to a vector does not fail.
        let _ = write!(digits, "{value:.precision$}");
        if precision == 0 && self.alternate {
            digits.push(b'.');
        }
        digits
    }

    fn exponential(&self, value: f64, precision: usize) -> Vec<u8> {
        let (mut mantissa, exponent) = scientific(value, precision);
        if precision == 0 && self.alternate {
            mantissa.push(b'.');
        }
        append_exponent(&mut mantissa, exponent);
        mantissa
    }

    /// `%a`: the digits behind the point are those of the fraction's bits, rounded to even where there are fewer.
    fn hexadecimal(&self, out: &mut Vec<u8>, letter: u8, negative: bool, value: f64) {
        const FRACTION_BITS: u32 = 52;
        let bits = value.to_bits();
        let (biased, mut fraction) = (bits >> FRACTION_BITS, bits & ((1 << FRACTION_BITS) - 1));
        let exponent = if value == 0.0 { 0 } else { biased.max(1) as i32 - 1023 };
        let mut whole = u64::from(biased != 0);
        let mut digits = 13;
        if let Some(wanted) = self.precision.filter(|wanted| *wanted < digits) {
            let dropped = 4 * (digits - wanted) as u32;
            let (kept, rest, half) = (fraction >> dropped, fraction & ((1 << dropped) - 1), 1 << (dropped - 1));
            let odd = if dropped == FRACTION_BITS { whole & 1 } else { kept & 1 };
            let kept = kept + u64::from(rest > half || rest == half && odd == 1);
            (fraction, digits) = (kept, wanted);
            let top = FRACTION_BITS - dropped;
            whole += fraction >> top;
            fraction &= (1 << top) - 1;
        } else if self.precision.is_none() {
            while digits > 0 && fraction & 15 == 0 {
                fraction >>= 4;
                digits -= 1;
            }
        }
        let mut text = crate::format::hex(whole);
        if digits > 0 || self.alternate {
            text.push(b'.');
        }
        if digits > 0 {
            crate::format::right(&mut text, &crate::format::hex(fraction), digits, b'0');
        }
        text.resize(text.len() + self.precision.unwrap_or(0).saturating_sub(digits), b'0');
        text.extend_from_slice(if exponent < 0 { b"p-" } else { b"p+" });
        text.extend(crate::format::decimal(exponent.unsigned_abs().into()));
        let mut prefix = [self.sign(negative), b"0x"].concat();
        if letter.is_ascii_uppercase() {
            text.make_ascii_uppercase();
            prefix.make_ascii_uppercase();
        }
        Self { precision: None, ..*self }.integer(out, &prefix, text, false);
    }

    fn general(&self, value: f64) -> Vec<u8> {
        let precision = self.precision.unwrap_or(6).max(1);
        let (mut mantissa, exponent) = scientific(value, precision - 1);
        let wide = i32::try_from(precision).unwrap_or(i32::MAX);
        if exponent < -4 || exponent >= wide {
            self.trim(&mut mantissa);
            append_exponent(&mut mantissa, exponent);
            return mantissa;
        }
        let mut digits = self.fixed(value, usize::try_from(wide - 1 - exponent).unwrap_or(0));
        self.trim(&mut digits);
        digits
    }

    /// Takes trailing zeros off a fraction, as `%g` does without `#`.
    fn trim(&self, digits: &mut Vec<u8>) {
        if self.alternate {
            if !digits.contains(&b'.') {
                digits.push(b'.');
            }
        } else if digits.contains(&b'.') {
            while digits.last() == Some(&b'0') {
                digits.pop();
            }
            if digits.last() == Some(&b'.') {
                digits.pop();
            }
        }
    }
}

/// The mantissa with `precision` digits behind its point, and the exponent.
fn scientific(value: f64, precision: usize) -> (Vec<u8>, i32) {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.as_bytes().to_vec(), exponent.parse().unwrap_or(0))
}

fn append_exponent(out: &mut Vec<u8>, exponent: i32) {
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let digits = crate::format::decimal(exponent.unsigned_abs().into());
    crate::format::right(out, &digits, 2, b'0');
}

#[cfg(test)]
mod tests {
    use super::Conversion;

    fn float(flags: &str, width: usize, precision: Option<usize>, letter: u8, value: f64) -> String {
        let mut conversion = Conversion { width, precision, ..Conversion::default() };
        assert!(flags.bytes().all(|flag| conversion.set_flag(flag)));
        let mut out = Vec::new();
        conversion.float(&mut out, letter, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats() {
        assert_eq!(float("", 0, None, b'f', 3.0), "3.000000");
        assert_eq!(float("0", 10, Some(3), b'f', -3.14159), "-00003.142");
        assert_eq!(float("#", 0, Some(0), b'e', 3.0), "3.e+00");
        assert_eq!(float("", 0, None, b'g', 1e-5), "1e-05");
        assert_eq!(float("", 0, None, b'g', 0.0), "0");
        assert_eq!(float("#", 0, None, b'g', 100_000.0), "100000.");
        assert_eq!(float("", 0, Some(3), b'g', 1234.5), "1.23e+03");
        assert_eq!(float("", 0, Some(0), b'g', 15.0), "2e+01");
        assert_eq!(float("0", 5, None, b'f', f64::INFINITY), "  inf");
        assert_eq!(float("", 0, None, b'E', f64::NAN), "NAN");
        assert_eq!(float("", 0, Some(20), b'f', 0.1), "0.10000000000000000555");
        assert_eq!(float("", 0, None, b'a', 3.14), "0x1.91eb851eb851fp+1");
        assert_eq!(float("0", 10, None, b'A', -0.5), "-0X0001P-1");
        assert_eq!(float("", 0, Some(2), b'a', 1.999), "0x2.00p+0");
    }

    #[test]
    fn integers() {
        let mut out = Vec::new();
        Conversion { zero: true, alternate: true, width: 5, ..Conversion::default() }.unsigned(&mut out, b'x', 10);
        Conversion { precision: Some(3), width: 8, zero: true, ..Conversion::default() }.signed(&mut out, 42);
        Conversion { alternate: true, ..Conversion::default() }.unsigned(&mut out, b'o', 8);
        Conversion { precision: Some(0), ..Conversion::default() }.signed(&mut out, 0);
        assert_eq!(out, b"0x00a     042010");
    }
}
