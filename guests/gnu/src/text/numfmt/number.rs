//! Numbers of any size and precision, and how they are rounded.

use num_bigint::BigUint;

/// How a number is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    Up,
    Down,
    FromZero,
    TowardsZero,
    Nearest,
}

/// A number: a fraction with a sign.
#[derive(Debug, Clone)]
pub(super) struct Number {
    pub negative: bool,
    pub above: BigUint,
    pub below: BigUint,
}

/// A whole number with a sign.
pub(super) struct Whole {
    negative: bool,
    digits: BigUint,
}

impl Number {
    pub(super) fn times_ten(&self, power: usize) -> Self {
        Self { above: &self.above * BigUint::from(10u8).pow(power as u32), ..self.clone() }
    }

    pub(super) fn approximate(&self) -> f64 {
        let value = |number: &BigUint| number.to_string().parse::<f64>().unwrap_or(f64::INFINITY);
        let value = value(&self.above) / value(&self.below);
        if self.negative { -value } else { value }
    }

    pub(super) fn rounded(&self, round: Round) -> Whole {
        let (whole, rest) = (&self.above / &self.below, &self.above % &self.below);
        let up = match round {
            Round::Up => !self.negative,
            Round::Down => self.negative,
            Round::FromZero => true,
            Round::TowardsZero => false,
            Round::Nearest => &rest * 2u8 >= self.below,
        };
        let up = up && rest != BigUint::ZERO;
        Whole { negative: self.negative, digits: whole + u8::from(up) }
    }

    pub(super) fn half_even(&self) -> Whole {
        let (whole, rest) = (&self.above / &self.below, &self.above % &self.below);
        let up = match (&rest * 2u8).cmp(&self.below) {
            core::cmp::Ordering::Less => false,
            core::cmp::Ordering::Greater => true,
            core::cmp::Ordering::Equal => whole.bit(0),
        };
        Whole { negative: self.negative, digits: whole + u8::from(up) }
    }
}

impl Whole {
    pub(super) fn over_ten(self, power: usize) -> Number {
        Number { negative: self.negative, above: self.digits, below: BigUint::from(10u8).pow(power as u32) }
    }

    /// The digits with a point before the last ones.
    pub(super) fn text(&self, precision: usize) -> Vec<u8> {
        let mut digits = self.digits.to_string().into_bytes();
        while digits.len() <= precision {
            digits.insert(0, b'0');
        }
        if precision > 0 {
            digits.insert(digits.len() - precision, b'.');
        }
        if self.negative {
            digits.insert(0, b'-');
        }
        digits
    }
}
