//! Decimal numbers of any length with a fixed number of places, as POSIX's `bc` has them.

use num_bigint::{BigInt, BigUint, Sign};

/// A number: an integer, of which the last `scale` digits stand behind the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    value: BigInt,
    scale: usize,
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    DivideByZero,
    NotAnInteger,
    Negative,
    /// A number that is too large for what it is used for.
    TooLarge,
    /// One of more than 64 bits.
    Overflow,
    BadIndex,
    BadScale,
}

impl Fault {
    /// The diagnostic's text.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::DivideByZero => "divide by zero",
            Self::NotAnInteger => "not an integer",
            Self::Negative => "negative number",
            Self::TooLarge => "number too long; must be [1, BC_NUM_MAX]",
            Self::Overflow => "overflow",
            Self::BadIndex => "array too long; must be [1,2147483647]",
            Self::BadScale => "bad scale; must be [0,4294967295]",
        }
    }
}

fn power_of_ten(exponent: usize) -> BigInt {
    BigInt::from(10).pow(exponent as u32)
}

impl Number {
    pub(super) fn zero() -> Self {
        Self::from(0)
    }

    pub(super) fn from(value: i64) -> Self {
        Self { value: BigInt::from(value), scale: 0 }
    }

    /// Reads digits with at most one point in a base. A digit that the base does not have counts as its highest one,
    /// but for a single digit.
    pub(super) fn parse(text: &[u8], base: u32) -> Self {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            _ => u32::from(byte - b'A') + 10,
        };
        if let [only] = text {
            return Self::from(digit(*only).into());
        }
        let clipped = |byte: u8| digit(byte).min(base - 1);
        let mut halves = text.splitn(2, |byte| *byte == b'.');
        let whole = halves.next().unwrap_or_default();
        let fraction = halves.next().unwrap_or_default();
        let mut value = BigInt::ZERO;
        for byte in whole.iter().chain(fraction) {
            value = value * base + clipped(*byte);
        }
        if value == BigInt::ZERO {
            return Self::zero();
        }
        if base == 10 || fraction.is_empty() {
            return Self { value, scale: fraction.len() };
        }
        // As many places as there were digits.
        let scale = fraction.len();
        Self { value: value * power_of_ten(scale) / BigInt::from(base).pow(scale as u32), scale }
    }

    pub(super) fn scale(&self) -> usize {
        self.scale
    }

    pub(super) fn is_zero(&self) -> bool {
        self.value == BigInt::ZERO
    }

    pub(super) fn is_negative(&self) -> bool {
        self.value.sign() == Sign::Minus
    }

    pub(super) fn negated(&self) -> Self {
        Self { value: -&self.value, scale: self.scale }
    }

    pub(super) fn absolute(&self) -> Self {
        if self.is_negative() { self.negated() } else { self.clone() }
    }

    /// How many digits it has from the first one that is not 0, those behind the point included; of a zero these alone.
    pub(super) fn length(&self) -> usize {
        if self.is_zero() { self.scale.max(1) } else { self.value.magnitude().to_string().len() }
    }

    /// The number with so many places: cut off, or filled up with zeros.
    pub(super) fn with_scale(&self, scale: usize) -> Self {
        let value = if scale >= self.scale {
            &self.value * power_of_ten(scale - self.scale)
        } else {
            &self.value / power_of_ten(self.scale - scale)
        };
        Self { value, scale }
    }

    /// The number as a count.
    pub(super) fn to_count(&self) -> Result<u64, Fault> {
        if self.is_negative() {
            return Err(Fault::Negative);
        }
        u64::try_from(&self.with_scale(0).value).map_err(|_| Fault::Overflow)
    }

    /// The number as the index of an element.
    pub(super) fn to_index(&self) -> Result<usize, Fault> {
        i32::try_from(self.to_count()?).map(|index| index as usize).map_err(|_| Fault::BadIndex)
    }

    /// The number as a count of places.
    pub(super) fn to_scale(&self) -> Result<usize, Fault> {
        u32::try_from(self.to_count()?).map(|scale| scale as usize).map_err(|_| Fault::BadScale)
    }

    fn aligned(&self, other: &Self) -> (BigInt, BigInt, usize) {
        let scale = self.scale.max(other.scale);
        (self.with_scale(scale).value, other.with_scale(scale).value, scale)
    }

    pub(super) fn compare(&self, other: &Self) -> core::cmp::Ordering {
        let (one, two, _) = self.aligned(other);
        one.cmp(&two)
    }

    /// The sum, with the places of both; a zero has none to give.
    pub(super) fn add(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let (one, two, scale) = self.aligned(other);
        Self { value: one + two, scale }
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        self.add(&other.negated())
    }

    pub(super) fn multiply(&self, other: &Self, scale: usize) -> Self {
        let product = Self { value: &self.value * &other.value, scale: self.scale + other.scale };
        let kept = product.scale.min(scale.max(self.scale).max(other.scale));
        product.with_scale(kept)
    }

    pub(super) fn divide(&self, other: &Self, scale: usize) -> Result<Self, Fault> {
        if other.is_zero() {
            return Err(Fault::DivideByZero);
        }
        let places = scale + other.scale;
        let dividend = if places >= self.scale {
            &self.value * power_of_ten(places - self.scale)
        } else {
            &self.value / power_of_ten(self.scale - places)
        };
        Ok(Self { value: dividend / &other.value, scale })
    }

    pub(super) fn remainder(&self, other: &Self, scale: usize) -> Result<Self, Fault> {
        let quotient = self.divide(other, scale)?;
        let places = (scale + other.scale).max(self.scale);
        let back = Self { value: &quotient.value * &other.value, scale: quotient.scale + other.scale };
        Ok(self.subtract(&back).with_scale(places))
    }

    pub(super) fn power(&self, exponent: &Self, scale: usize) -> Result<Self, Fault> {
        if exponent.with_scale(0).compare(exponent).is_ne() {
            return Err(Fault::NotAnInteger);
        }
        if self.is_zero() && !exponent.is_zero() && !exponent.is_negative() {
            return Ok(Self::zero().with_scale(scale));
        }
        let count = u32::try_from(exponent.absolute().to_count()?).map_err(|_| Fault::TooLarge)?;
        let raised = Self { value: self.value.pow(count), scale: self.scale * count as usize };
        if exponent.is_negative() {
            return Self::from(1).divide(&raised, scale);
        }
        let kept = raised.scale.min(scale.max(self.scale));
        Ok(raised.with_scale(kept))
    }

    /// `self` to the power of `exponent`, modulo `modulus`, all integers, without places even if these are zeros.
    pub(super) fn power_modulo(&self, exponent: &Self, modulus: &Self) -> Result<Self, Fault> {
        if [self, exponent, modulus].iter().any(|number| number.scale > 0) {
            return Err(Fault::NotAnInteger);
        }
        if modulus.is_zero() {
            return Err(Fault::DivideByZero);
        }
        if exponent.is_negative() {
            return Err(Fault::Negative);
        }
        let [base, exponent, modulus] = [self, exponent, modulus].map(|number| number.with_scale(0).value);
        let mut result = base.modpow(&exponent, &modulus);
        // The sign follows the base, as with a division that cuts off.
        if base.sign() == Sign::Minus && exponent.bit(0) && result != BigInt::ZERO {
            result -= modulus;
        }
        Ok(Self { value: result, scale: 0 })
    }

    pub(super) fn square_root(&self, scale: usize) -> Result<Self, Fault> {
        if self.is_negative() {
            return Err(Fault::Negative);
        }
        let scale = scale.max(self.scale);
        let value = self.with_scale(2 * scale).value;
        Ok(Self { value: value.sqrt(), scale })
    }

    /// The digits to the base of 256, from the first one on, and those behind the point.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let unit = BigUint::from(10u32).pow(self.scale as u32);
        let magnitude = self.value.magnitude();
        let whole = magnitude / &unit;
        let (mut rest, mut precision) = (magnitude % &unit, BigUint::from(1u32));
        let mut bytes = if whole == BigUint::ZERO && precision < unit && !self.is_zero() {
            Vec::new()
        } else {
            whole.to_bytes_be()
        };
        while precision < unit && !self.is_zero() {
            rest *= 256u32;
            bytes.push(u8::try_from(&rest / &unit).unwrap_or(0));
            rest %= &unit;
            precision *= 256u32;
        }
        bytes
    }

    /// The digits in a base; bases above 16 take a group of decimal digits for each digit.
    pub(super) fn show(&self, base: u32) -> String {
        if self.is_zero() {
            return "0".into();
        }
        let sign = if self.is_negative() { "-" } else { "" };
        let magnitude = self.value.magnitude();
        if base == 10 {
            let digits = format!("{:0>width$}", magnitude.to_string(), width = self.scale);
            let (whole, fraction) = digits.split_at(digits.len() - self.scale);
            let point = if self.scale > 0 { "." } else { "" };
            return format!("{sign}{whole}{point}{fraction}");
        }
        let unit = BigUint::from(10u32).pow(self.scale as u32);
        let mut out = sign.to_owned();
        let mut digits = Vec::new();
        let mut whole = magnitude / &unit;
        while whole > BigUint::ZERO {
            digits.push(u32::try_from(&whole % base).unwrap_or(0));
            whole /= base;
        }
        digits.iter().rev().for_each(|digit| out.push_str(&show_digit(*digit, base)));
        if self.scale > 0 {
            out.push('.');
            let (mut rest, mut precision) = (magnitude % &unit, BigUint::from(1u32));
            while precision < unit {
                rest *= base;
                let digit = u32::try_from(&rest / &unit).unwrap_or(0);
                rest %= &unit;
                let digit = show_digit(digit, base);
                // Nothing parts the first one from the point.
                let first = precision == BigUint::from(1u32);
                precision *= base;
                out.push_str(if first { digit.trim_start() } else { &digit });
            }
        }
        out
    }
}

fn show_digit(digit: u32, base: u32) -> String {
    if base > 16 {
        let width = (base - 1).to_string().len();
        return format!(" {digit:0width$}");
    }
    char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase().to_string()).unwrap_or_default()
}

/// A number's digits in lines of so many characters, with a backslash at each end but the last; 0 for one line.
pub(super) fn wrapped(text: &str, length: usize) -> String {
    if length == 0 {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.as_bytes().chunks(length).filter_map(|line| core::str::from_utf8(line).ok()).collect();
    lines.join("\\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        match text.strip_prefix('-') {
            Some(digits) => Number::parse(digits.as_bytes(), 10).negated(),
            None => Number::parse(text.as_bytes(), 10),
        }
    }

    #[test]
    fn scales_of_results() {
        let show = |number: Number| number.show(10);
        assert_eq!(show(number("1.50").multiply(&number("2.25"), 0)), "3.37");
        assert_eq!(show(number("1").divide(&number("3"), 5).unwrap()), ".33333");
        assert_eq!(show(number("10").remainder(&number("3.3"), 2).unwrap()), ".001");
        assert_eq!(show(number("-7").remainder(&number("3"), 0).unwrap()), "-1");
        assert_eq!(show(number("2").power(&number("-1"), 3).unwrap()), ".500");
        assert_eq!(show(number("2").square_root(20).unwrap()), "1.41421356237309504880");
        assert_eq!(number("1").divide(&number("0"), 0), Err(Fault::DivideByZero));
        assert_eq!(number("2").power(&number("0.5"), 0), Err(Fault::NotAnInteger));
    }

    #[test]
    fn bases() {
        assert_eq!(Number::parse(b"FF", 16).show(10), "255");
        assert_eq!(Number::parse(b"FF", 10).show(10), "99");
        assert_eq!(Number::parse(b"A", 2).show(10), "10");
        assert_eq!(number("255").show(16), "FF");
        assert_eq!(number("399").show(20), " 19 19");
        assert_eq!((number("0.5").show(16), number("0.05").show(20)), (".8".into(), ".01 00".into()));
        assert_eq!((number("-0.5").show(10), number("0.000").show(10)), ("-.5".into(), "0".into()));
    }

    #[test]
    fn lines() {
        assert_eq!(wrapped("123456789", 4), "1234\\\n5678\\\n9");
        assert_eq!((number("123.45").length(), number("0.001").length()), (5, 1));
    }
}
