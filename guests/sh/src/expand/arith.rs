//! Arithmetic: `$(( ))`, `let`, and the offsets of `${x:a:b}`.
//!
//! As the shell this stands in for does it: 64-bit wrapping integers; all operands are evaluated, also
//! those that `&&`, `||` and `?:` do not need; a variable is read when its operator is applied, not when
//! its name is met; a variable's value is itself an expression.
//! Two stacks do it, one of operators and one of operands: see [`Evaluator`].

pub mod bash;
pub mod dash;
mod operator;

use std::borrow::Cow;

use crate::syntax::{is_name_byte, is_name_start};
use operator::{Binary, Operator, Sign};

/// What an expression reads and sets.
pub trait Scope {
    /// A variable's value.
    fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>>;
    /// Sets a variable. Returns whether it could be set.
    fn set(&mut self, name: &[u8], value: i64) -> bool;
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is not an expression.
    Syntax,
    /// A division by zero.
    DivideByZero,
    /// `?` without `:` or the other way round.
    Conditional,
    /// A power with a negative exponent.
    Exponent,
    /// A variable whose value leads back to itself.
    Loop,
    /// A variable that cannot be set.
    ReadOnly(Vec<u8>),
}

impl Error {
    /// The diagnostic.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        match self {
            Self::Syntax => b"arithmetic syntax error".to_vec(),
            Self::DivideByZero => b"divide by zero".to_vec(),
            Self::Conditional => b"malformed ?: operator".to_vec(),
            Self::Exponent => b"exponent less than 0".to_vec(),
            Self::Loop => b"expression recursion loop detected".to_vec(),
            Self::ReadOnly(name) => [name, &b": is read only"[..]].concat(),
        }
    }
}

type Result<T> = core::result::Result<T, Error>;

/// The expression's value; an empty one is 0.
/// # Errors
/// See [`Error`].
pub fn evaluate(text: &[u8], scope: &mut dyn Scope) -> Result<i64> {
    Evaluator::new(text, scope, &mut Vec::new()).whole()
}

/// What an operator is applied to.
#[derive(Clone, Copy)]
enum Operand<'t> {
    Value(i64),
    /// A variable, read when it is needed.
    Variable(&'t [u8]),
    /// What `:` made: the values that `?` chooses from.
    Pair(i64, i64),
}

impl Operand<'_> {
    /// The result of an operator whose left operand this was: a pair stays one, with another first value.
    const fn becomes(self, value: i64) -> Self {
        match self {
            Self::Pair(_, second) => Self::Pair(value, second),
            _ => Self::Value(value),
        }
    }
}

/// Operators wait on a stack until one that binds no tighter, a parenthesis or the end comes; each then takes its
/// operands off another stack. What is wrong shows only when an operator finds no operands that it can use, or when more
/// than one is left: which error is told, and what was assigned before it, follows from that order.
struct Evaluator<'t, 's> {
    text: &'t [u8],
    pos: usize,
    scope: &'s mut dyn Scope,
    /// The variables whose values are being evaluated.
    names: &'s mut Vec<Vec<u8>>,
    operands: Vec<Operand<'t>>,
    operators: Vec<Operator>,
}

/// How deep variables may lead to other variables.
const MAX_DEPTH: usize = 200;

impl<'t, 's> Evaluator<'t, 's> {
    fn new(text: &'t [u8], scope: &'s mut dyn Scope, names: &'s mut Vec<Vec<u8>>) -> Self {
        Self { text, pos: 0, scope, names, operands: Vec::with_capacity(4), operators: Vec::with_capacity(8) }
    }

    fn whole(mut self) -> Result<i64> {
        if self.peek().is_none() {
            return Ok(0);
        }
        self.operators.push(Operator::Open);
        let mut behind_operand = false;
        while let Some(byte) = self.peek() {
            if is_name_start(byte) {
                let name = self.name();
                self.operands.push(Operand::Variable(name));
                behind_operand = true;
            } else if byte.is_ascii_digit() {
                let value = self.number()?;
                self.operands.push(Operand::Value(value));
                behind_operand = true;
            } else if byte == b')' {
                self.pos += 1;
                self.close(behind_operand)?;
                behind_operand = true;
            } else if let Some(step) = self.step(byte, behind_operand) {
                self.push(step)?;
                behind_operand &= !matches!(step, Operator::Step { prefix: true, .. });
            } else {
                let operator = self.operator(behind_operand).ok_or(Error::Syntax)?;
                self.push(operator)?;
                behind_operand = false;
            }
        }
        self.close(behind_operand)?;
        match self.operands.as_slice() {
            [only] => {
                let only = *only;
                self.value(only)
            }
            _ => Err(Error::Syntax),
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.text.get(self.pos).copied()
    }

    fn skip_blanks(&mut self) {
        while self.text.get(self.pos).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n')) {
            self.pos += 1;
        }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn name(&mut self) -> &'t [u8] {
        let length = self.rest().iter().take_while(|byte| is_name_byte(**byte)).count();
        let name = self.rest().get(..length).unwrap_or_default();
        self.pos += length;
        name
    }

    /// `++` or `--`, which is one operator where a variable is the last operand or follows, and two signs elsewhere.
    fn step(&mut self, byte: u8, behind_operand: bool) -> Option<Operator> {
        let [first, second, after @ ..] = self.rest() else { return None };
        if !matches!(byte, b'+' | b'-') || first != second {
            return None;
        }
        let follows = after.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n'));
        let before_name = follows.is_some_and(|byte| is_name_start(*byte));
        let variable = matches!(self.operands.last(), Some(Operand::Variable(_)));
        // Between a value that is no variable's and a name it is as behind the name: the old value counts.
        let prefix = before_name && !behind_operand;
        if !before_name && !variable {
            return None;
        }
        self.pos += 2;
        Some(Operator::Step { by: if byte == b'+' { 1 } else { -1 }, prefix })
    }

    /// The operator that stands here; `None` when nothing does that fits.
    fn operator(&mut self, behind_operand: bool) -> Option<Operator> {
        let rest = self.rest();
        let [first, second, third] = [0, 1, 2].map(|place| rest.get(place).copied().unwrap_or_default());
        let (single, double) = match first {
            b'(' => (Operator::Open, None),
            b',' => (Operator::Comma, None),
            b'?' => (Operator::Choose, None),
            b':' => (Operator::Alternative, None),
            b'~' => (Operator::Sign(Sign::Complement), None),
            b'!' => (Operator::Sign(Sign::Not), None),
            b'=' => (Operator::Assign(None), None),
            b'|' => (Operator::Binary(Binary::BitOr), Some(Binary::Or)),
            b'&' => (Operator::Binary(Binary::BitAnd), Some(Binary::And)),
            b'^' => (Operator::Binary(Binary::BitXor), None),
            b'<' => (Operator::Binary(Binary::Less), Some(Binary::ShiftLeft)),
            b'>' => (Operator::Binary(Binary::Greater), Some(Binary::ShiftRight)),
            b'*' => (Operator::Binary(Binary::Multiply), Some(Binary::Power)),
            b'+' if behind_operand => (Operator::Binary(Binary::Add), None),
            b'-' if behind_operand => (Operator::Binary(Binary::Subtract), None),
            b'+' if second == b'=' => return None,
            b'-' if second == b'=' => return None,
            b'+' => (Operator::Sign(Sign::Plus), None),
            b'-' => (Operator::Sign(Sign::Minus), None),
            b'/' => (Operator::Binary(Binary::Divide), None),
            b'%' => (Operator::Binary(Binary::Remainder), None),
            _ => return None,
        };
        let (operator, length) = match (single, double) {
            (_, Some(shift @ (Binary::ShiftLeft | Binary::ShiftRight))) if second == first && third == b'=' => {
                (Operator::Assign(Some(shift)), 3)
            }
            (_, Some(double)) if second == first => (Operator::Binary(double), 2),
            (Operator::Sign(Sign::Not), _) if second == b'=' => (Operator::Binary(Binary::NotEqual), 2),
            (Operator::Assign(None), _) if second == b'=' => (Operator::Binary(Binary::Equal), 2),
            (Operator::Binary(Binary::Less), _) if second == b'=' => (Operator::Binary(Binary::LessOrEqual), 2),
            (Operator::Binary(Binary::Greater), _) if second == b'=' => (Operator::Binary(Binary::GreaterOrEqual), 2),
            (Operator::Binary(binary), _) if second == b'=' => (Operator::Assign(Some(binary)), 2),
            (single, _) => (single, 1),
        };
        self.pos += length;
        (behind_operand || matches!(operator, Operator::Open | Operator::Sign(_))).then_some(operator)
    }

    /// Puts an operator on the stack, after those that bind tighter have been applied.
    fn push(&mut self, operator: Operator) -> Result<()> {
        if operator != Operator::Open {
            let level = operator.level();
            let least = if operator.groups_right() { level + 1 } else { level };
            while let Some(top) = self.operators.pop_if(|top| top.level() >= least) {
                self.apply(top)?;
            }
        }
        self.operators.push(operator);
        Ok(())
    }

    /// Applies what stands within the innermost parentheses. What comes out is no variable any more.
    fn close(&mut self, behind_operand: bool) -> Result<()> {
        if !behind_operand {
            return Err(Error::Syntax);
        }
        loop {
            match self.operators.pop() {
                Some(Operator::Open) => break,
                Some(operator) => self.apply(operator)?,
                None => return Err(Error::Syntax),
            }
        }
        if let Some(variable @ Operand::Variable(_)) = self.operands.last().copied() {
            let value = self.value(variable)?;
            self.operands.pop();
            self.operands.push(Operand::Value(value));
        }
        Ok(())
    }

    fn apply(&mut self, operator: Operator) -> Result<()> {
        let right = self.operands.pop().ok_or(Error::Syntax)?;
        let result = match operator {
            Operator::Step { by, prefix } => {
                let Operand::Variable(name) = right else { return Err(Error::Syntax) };
                let old = self.value(right)?;
                let new = old.wrapping_add(by.into());
                self.set(name, new)?;
                Operand::Value(if prefix { new } else { old })
            }
            Operator::Sign(sign) => {
                let value = self.value(right)?;
                right.becomes(match sign {
                    Sign::Plus => value,
                    Sign::Minus => value.wrapping_neg(),
                    Sign::Not => i64::from(value == 0),
                    Sign::Complement => !value,
                })
            }
            _ => {
                let left = self.operands.pop().ok_or(Error::Syntax)?;
                self.join(operator, left, right)?
            }
        };
        self.operands.push(result);
        Ok(())
    }

    fn join(&mut self, operator: Operator, left: Operand<'t>, right: Operand<'t>) -> Result<Operand<'t>> {
        match (operator, right) {
            (Operator::Choose, Operand::Pair(yes, no)) => {
                let condition = self.value(left)?;
                return Ok(left.becomes(if condition != 0 { yes } else { no }));
            }
            (Operator::Choose, _) => return Err(self.value(right).err().unwrap_or(Error::Conditional)),
            (_, Operand::Pair(..)) => return Err(Error::Conditional),
            _ => {}
        }
        let b = self.value(right)?;
        let value = match operator {
            Operator::Alternative => {
                let a = self.value(left)?;
                // Without a condition to the left there is nothing to choose for.
                return if self.operands.is_empty() { Err(Error::Conditional) } else { Ok(Operand::Pair(a, b)) };
            }
            Operator::Assign(Some(binary)) | Operator::Binary(binary) => binary.apply(self.value(left)?, b)?,
            Operator::Comma => {
                self.value(left)?;
                b
            }
            _ => b,
        };
        if matches!(operator, Operator::Assign(_)) {
            // Only now is looked at what the left side is.
            let Operand::Variable(name) = left else { return Err(Error::Syntax) };
            self.set(name, value)?;
        }
        Ok(left.becomes(value))
    }

    fn set(&mut self, name: &[u8], value: i64) -> Result<()> {
        if self.scope.set(name, value) { Ok(()) } else { Err(Error::ReadOnly(name.to_vec())) }
    }

    fn number(&mut self) -> Result<i64> {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
        let digits = rest.get(..length).unwrap_or_default();
        self.pos += length;
        match digits {
            [b'0', b'x' | b'X', hex @ ..] if !hex.is_empty() => digits_value(hex, 16),
            [b'0', octal @ ..] if !octal.is_empty() => digits_value(octal, 8),
            base if rest.get(length) == Some(&b'#') => {
                let base = digits_value(base, 10).filter(|base| (2..=64).contains(base)).ok_or(Error::Syntax)?;
                let after = rest.get(length + 1..).unwrap_or_default();
                let count = after.iter().take_while(|byte| is_name_byte(**byte) || **byte == b'@').count();
                self.pos += 1 + count;
                digits_value(after.get(..count).unwrap_or_default(), base.unsigned_abs() as u32)
            }
            decimal => digits_value(decimal, 10),
        }
        .ok_or(Error::Syntax)
    }

    fn value(&mut self, operand: Operand) -> Result<i64> {
        let name = match operand {
            Operand::Value(value) | Operand::Pair(value, _) => return Ok(value),
            Operand::Variable(name) => name,
        };
        let text = match self.scope.get(name) {
            None => return Ok(0),
            Some(text) => match plain_number(&text) {
                Some(value) => return Ok(value),
                None => text.into_owned(),
            },
        };
        if self.names.len() >= MAX_DEPTH || self.names.iter().any(|known| known == name) {
            return Err(Error::Loop);
        }
        self.names.push(name.to_vec());
        let value = Evaluator::new(&text, self.scope, self.names).whole();
        self.names.pop();
        value
    }
}

/// A decimal number of a usual size, as nearly all values are.
fn plain_number(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 18 => {}
        _ => return None,
    }
    let mut value = 0i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(if negative { -value } else { value })
}

/// The value of digits in a base up to 64: 0-9, a-z, A-Z, `@`, `_`. Up to base 36 both cases are the same.
/// Numbers beyond 64 bits count as 0.
fn digits_value(digits: &[u8], base: u32) -> Option<i64> {
    let mut value = Some(0u64);
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            b'@' => 62,
            b'_' => 63,
            _ => return None,
        };
        if u32::from(digit) >= base {
            return None;
        }
        value = value.and_then(|value| value.checked_mul(base.into())?.checked_add(digit.into()));
    }
    Some(value.unwrap_or(0).cast_signed())
}

/// The decimal digits of a value.
#[must_use]
pub fn decimal(value: i64) -> Vec<u8> {
    let mut digits = Vec::with_capacity(20);
    let mut rest = value.unsigned_abs();
    loop {
        digits.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        digits.push(b'-');
    }
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Default)]
    struct Table(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Scope for Table {
        fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
            self.0.get(name).map(|value| Cow::Borrowed(value.as_slice()))
        }

        fn set(&mut self, name: &[u8], value: i64) -> bool {
            if name == b"r" {
                return false;
            }
            self.0.insert(name.to_vec(), value.to_string().into_bytes());
            true
        }
    }

    fn with(variables: &[(&str, &str)], text: &str) -> Result<i64> {
        let mut table = Table::default();
        for (name, value) in variables {
            table.0.insert(name.as_bytes().to_vec(), value.as_bytes().to_vec());
        }
        evaluate(text.as_bytes(), &mut table)
    }

    #[test]
    fn values() {
        for (text, value) in [
            ("", 0),
            ("1+2*3**2", 19),
            ("2**3**2", 512),
            ("-2**2", 4),
            ("-5%3", -2),
            ("-5/2", -2),
            ("0x1F+017+2#101+36#z+64#@", 31 + 15 + 5 + 35 + 62),
            ("1<<64", 1),
            ("1<<-1", i64::MIN),
            ("9223372036854775807+1", i64::MIN),
            ("99999999999999999999", 0),
            ("1<2<3", 1),
            ("3>2>1", 0),
            ("!1==0", 1),
            ("1|2&3^1", 3),
            ("1==2!=3", 1),
            ("a=b=3", 3),
            ("3,4?5:6", 5),
            ("1?2:3?4:5", 2),
            ("--1", 1),
            ("1---1", 0),
            ("x---1", -1),
            ("1--1", 2),
            ("x+++1", 1),
            ("++5", 5),
            ("x=5,x+=2,x", 7),
            ("2-3-4", -5),
            ("1<<2+1", 8),
            ("7>>1>2", 1),
            ("2*3%4", 2),
        ] {
            assert_eq!(with(&[], text), Ok(value), "{text}");
        }
    }

    #[test]
    fn variables_are_read_late_and_everything_is_evaluated() {
        assert_eq!(with(&[("x", "1")], "x + x++"), Ok(3));
        assert_eq!(with(&[("x", "5")], "x + (x=7)"), Ok(14));
        assert_eq!(with(&[("x", "5")], "(0 && (x=9)) + x"), Ok(9));
        assert_eq!(with(&[("y", "1+2")], "y*2"), Ok(6));
    }

    #[test]
    fn decimals() {
        for value in [0, 7, -1, 1234567890, i64::MAX, i64::MIN] {
            assert_eq!(decimal(value), value.to_string().into_bytes());
        }
    }

    #[test]
    fn errors() {
        for text in [
            "1+", "1 2", "09", "0x", "65#1", "1=2", "x=", "5++", "x--1", "(x)=1", "\"1\"", "1.5", "x + = 1", "1)",
            "()", "1+(2", "1/0 2", "1 ?", "1 :", "02#1", "1+=", "-=1",
        ] {
            assert_eq!(with(&[], text), Err(Error::Syntax), "{text}");
        }
        for text in ["1?2", "1:2", "1 ? 2 , 3 : 4", "0?a=1:2", "1?2:3:4", "1:2,3", "(1?2):3", "3+(1:2)"] {
            assert_eq!(with(&[], text), Err(Error::Conditional), "{text}");
        }
        for text in ["0&&1/0", "k 1/0", "1) / 0", "(1/0"] {
            assert_eq!(with(&[], text), Err(Error::DivideByZero), "{text}");
        }
        assert_eq!(with(&[], "2**-1"), Err(Error::Exponent));
        assert_eq!(with(&[("a", "b"), ("b", "a")], "a"), Err(Error::Loop));
        assert_eq!(with(&[], "r=1"), Err(Error::ReadOnly(b"r".to_vec())));
        assert_eq!(with(&[], &"(".repeat(100_000)), Err(Error::Syntax));
    }

    #[test]
    fn what_is_left_open_or_grouped_otherwise() {
        for (text, value) in [
            ("((1+2", 3),
            ("2#", 0),
            ("16#>>1", 0),
            ("1 ? (2 : 3)", 2),
            ("0 ? (2:3)+5", 3),
            ("0?-(2:3)", 3),
            ("1+++x", 2),
        ] {
            assert_eq!(with(&[], text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_assigned_before_an_error_stays() {
        for (text, left) in
            [("x++ y", "y=1"), ("x++--", "x=-1"), ("y=5 (2)", ""), ("(x)++y", "y=1"), ("x= ++ 7 y", "y=1")]
        {
            let mut table = Table::default();
            assert_eq!(evaluate(text.as_bytes(), &mut table), Err(Error::Syntax), "{text}");
            let set = table.0.iter().map(|(name, value)| [name.as_slice(), b"=", value].concat());
            assert_eq!(set.collect::<Vec<_>>().join(&b' '), left.as_bytes(), "{text}");
        }
    }
}
