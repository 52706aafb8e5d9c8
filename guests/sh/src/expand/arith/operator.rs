//! The operators of arithmetic: how tight they bind, and what they do.

use super::{Error, Result};

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// An operator in front of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Not,
    Complement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Open,
    Comma,
    /// `=`, or with a binary operator first.
    Assign(Option<Binary>),
    /// `?`
    Choose,
    /// `:`
    Alternative,
    Binary(Binary),
    Sign(Sign),
    /// `++` or `--`, whose result is the new value in front of a variable and the old one behind it.
    Step {
        by: i8,
        prefix: bool,
    },
}

impl Operator {
    /// How tight it binds.
    pub(super) const fn level(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Comma => 1,
            Self::Assign(_) => 2,
            Self::Choose | Self::Alternative => 3,
            Self::Binary(binary) => match binary {
                Binary::Or => 4,
                Binary::And => 5,
                Binary::BitOr => 6,
                Binary::BitXor => 7,
                Binary::BitAnd => 8,
                Binary::Equal | Binary::NotEqual => 9,
                Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => 10,
                Binary::ShiftLeft | Binary::ShiftRight => 11,
                Binary::Add | Binary::Subtract => 12,
                Binary::Multiply | Binary::Divide | Binary::Remainder => 13,
                Binary::Power => 14,
            },
            Self::Sign(_) | Self::Step { .. } => 15,
        }
    }

    /// Whether of two such operators in a row the right one comes first.
    pub(super) const fn groups_right(self) -> bool {
        matches!(self.level(), 2 | 3 | 14 | 15)
    }
}

impl Binary {
    pub(super) fn apply(self, a: i64, b: i64) -> Result<i64> {
        Ok(match self {
            Self::Or => i64::from(a != 0 || b != 0),
            Self::And => i64::from(a != 0 && b != 0),
            Self::BitOr => a | b,
            Self::BitXor => a ^ b,
            Self::BitAnd => a & b,
            Self::Equal => i64::from(a == b),
            Self::NotEqual => i64::from(a != b),
            Self::Less => i64::from(a < b),
            Self::Greater => i64::from(a > b),
            Self::LessOrEqual => i64::from(a <= b),
            Self::GreaterOrEqual => i64::from(a >= b),
            // The processor takes the shift's low six bits.
            Self::ShiftLeft => a.wrapping_shl(b as u32),
            Self::ShiftRight => a.wrapping_shr(b as u32),
            Self::Add => a.wrapping_add(b),
            Self::Subtract => a.wrapping_sub(b),
            Self::Multiply => a.wrapping_mul(b),
            Self::Divide | Self::Remainder if b == 0 => return Err(Error::DivideByZero),
            Self::Divide => a.wrapping_div(b),
            Self::Remainder => a.wrapping_rem(b),
            Self::Power if b < 0 => return Err(Error::Exponent),
            // Beyond 2^32 only the exponent's parity could matter, and wrapping has long decided the rest.
            Self::Power => a.wrapping_pow(u32::try_from(b).unwrap_or(u32::MAX - 1 + (b & 1) as u32)),
        })
    }
}
