//! Arithmetic: `$(( ))`, `let`, and the offsets of `${x:a:b}`.
//!
//! As the shell this stands in for does it: 64-bit wrapping integers; all operands are evaluated, also
//! those that `&&`, `||` and `?:` do not need; a variable is read when its operator is applied, not when
//! its name is met; a variable's value is itself an expression.

use std::borrow::Cow;

use crate::syntax::{is_name_byte, is_name_start};

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
    Evaluator { text, pos: 0, scope, names: &mut Vec::new(), depth: 0, behind_variable: false }.whole()
}

/// A value, or a variable that is read when it is needed.
#[derive(Clone)]
enum Operand<'t> {
    Value(i64),
    Variable(&'t [u8]),
}

struct Evaluator<'t, 's> {
    text: &'t [u8],
    pos: usize,
    scope: &'s mut dyn Scope,
    /// The variables whose values are being evaluated.
    names: &'s mut Vec<Vec<u8>>,
    depth: u32,
    /// Whether the operand of the operator to the left is a variable: two signs would then be taken for its own.
    behind_variable: bool,
}

/// How deep parentheses, unary operators and variables may nest.
const MAX_DEPTH: u32 = 100;

/// Binary operators and how tight they bind; the longer spelling of two with a common start comes first.
const OPERATORS: [(&str, u8); 18] = [
    ("||", 1),
    ("&&", 2),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("==", 6),
    ("!=", 6),
    ("<<", 8),
    (">>", 8),
    ("<=", 7),
    (">=", 7),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

const ASSIGNMENTS: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="];

impl<'t> Evaluator<'t, '_> {
    fn whole(mut self) -> Result<i64> {
        self.skip_blanks();
        if self.pos == self.text.len() {
            return Ok(0);
        }
        let operand = self.comma()?;
        let value = self.value(&operand)?;
        match self.peek() {
            None => Ok(value),
            Some(b':') => Err(Error::Conditional),
            Some(_) => Err(Error::Syntax),
        }
    }

    fn skip_blanks(&mut self) {
        while self.text.get(self.pos).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n')) {
            self.pos += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.text.get(self.pos).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(token.as_bytes());
        if found {
            self.pos += token.len();
        }
        found
    }

    /// Reads what stands to the right of an operand.
    fn behind<T>(&mut self, left: &Operand, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = core::mem::replace(&mut self.behind_variable, matches!(left, Operand::Variable(_)));
        let result = read(self);
        self.behind_variable = before;
        result
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Error::Syntax) } else { Ok(()) }
    }

    fn comma(&mut self) -> Result<Operand<'t>> {
        let mut operand = self.assignment()?;
        while self.take(",") {
            self.value(&operand)?;
            operand = self.behind(&operand, Self::assignment)?;
        }
        Ok(operand)
    }

    fn assignment(&mut self) -> Result<Operand<'t>> {
        let target = self.conditional()?;
        self.skip_blanks();
        // `==` is not an assignment; the comparison level has taken it where it stands.
        let Some(operator) = ASSIGNMENTS.iter().find(|operator| self.rest().starts_with(operator.as_bytes())) else {
            return Ok(target);
        };
        self.pos += operator.len();
        self.enter()?;
        let operand = self.behind(&target, Self::assignment)?;
        self.depth -= 1;
        let mut value = self.value(&operand)?;
        if let Some(binary) = operator.strip_suffix('=').filter(|binary| !binary.is_empty()) {
            let old = self.value(&target)?;
            value = apply(binary, old, value)?;
        }
        // Only now is looked at what the left side is.
        let Operand::Variable(name) = target else { return Err(Error::Syntax) };
        self.set(name, value)?;
        Ok(Operand::Value(value))
    }

    fn set(&mut self, name: &[u8], value: i64) -> Result<()> {
        if self.scope.set(name, value) { Ok(()) } else { Err(Error::ReadOnly(name.to_vec())) }
    }

    fn conditional(&mut self) -> Result<Operand<'t>> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        self.enter()?;
        let yes = self.behind(&condition, |evaluator| evaluator.binary(0))?;
        if !self.take(":") {
            return Err(Error::Conditional);
        }
        let no = self.behind(&yes, Self::conditional)?;
        self.depth -= 1;
        let (condition, yes, no) = (self.value(&condition)?, self.value(&yes)?, self.value(&no)?);
        Ok(Operand::Value(if condition != 0 { yes } else { no }))
    }

    /// The binary operator that stands next, if any, and how tight it binds.
    fn operator(&mut self) -> Option<(&'static str, u8)> {
        self.skip_blanks();
        let rest = self.rest();
        let first = *rest.first()?;
        if !first.is_ascii_punctuation() {
            return None;
        }
        let (operator, level) = OPERATORS.iter().find(|(operator, _)| rest.starts_with(operator.as_bytes()))?;
        let after = rest.get(operator.len()..).unwrap_or_default();
        // An assignment begins alike, and so does `**`.
        let compares = matches!(*operator, "==" | "!=" | "<=" | ">=" | "||" | "&&");
        let longer = !compares && after.first() == Some(&b'=') || *operator == "*" && after.first() == Some(&b'*');
        (!longer).then_some((*operator, *level))
    }

    /// Operands joined by binary operators that bind tighter than `loosest`.
    fn binary(&mut self, loosest: u8) -> Result<Operand<'t>> {
        let mut left = self.power()?;
        while let Some((operator, level)) = self.operator().filter(|(_, level)| *level > loosest) {
            self.pos += operator.len();
            let right = self.behind(&left, |evaluator| evaluator.binary(level))?;
            let (a, b) = (self.value(&left)?, self.value(&right)?);
            left = Operand::Value(apply(operator, a, b)?);
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Operand<'t>> {
        let base = self.unary()?;
        self.skip_blanks();
        if !self.rest().starts_with(b"**") {
            return Ok(base);
        }
        self.pos += 2;
        self.enter()?;
        let exponent = self.power()?;
        self.depth -= 1;
        let (base, exponent) = (self.value(&base)?, self.value(&exponent)?);
        if exponent < 0 {
            return Err(Error::Exponent);
        }
        // Beyond 2^32 only the exponent's parity could matter, and wrapping has long decided the rest.
        Ok(Operand::Value(base.wrapping_pow(u32::try_from(exponent).unwrap_or(u32::MAX - 1 + (exponent & 1) as u32))))
    }

    fn unary(&mut self) -> Result<Operand<'t>> {
        let Some(byte) = self.peek() else { return Err(Error::Syntax) };
        let second = self.text.get(self.pos + 1).copied();
        if matches!(byte, b'+' | b'-') && second == Some(byte) {
            self.pos += 2;
            if self.peek().is_some_and(is_name_start) {
                let name = self.name();
                let step = if byte == b'+' { 1 } else { -1 };
                let value = self.value(&Operand::Variable(name))?.wrapping_add(step);
                self.set(name, value)?;
                return Ok(Operand::Value(value));
            }
            if self.behind_variable {
                return Err(Error::Syntax);
            }
            // Not in front of a variable: two signs.
            self.pos -= 1;
            return self.sign(byte);
        }
        if matches!(byte, b'+' | b'-' | b'!' | b'~') {
            self.pos += 1;
            return self.sign(byte);
        }
        self.postfix()
    }

    fn sign(&mut self, byte: u8) -> Result<Operand<'t>> {
        self.enter()?;
        let operand = self.unary()?;
        self.depth -= 1;
        let value = self.value(&operand)?;
        Ok(Operand::Value(match byte {
            b'-' => value.wrapping_neg(),
            b'!' => i64::from(value == 0),
            b'~' => !value,
            _ => value,
        }))
    }

    fn name(&mut self) -> &'t [u8] {
        let length = self.rest().iter().take_while(|byte| is_name_byte(**byte)).count();
        let name = self.rest().get(..length).unwrap_or_default();
        self.pos += length;
        name
    }

    /// An operand. Another one right behind it is an error, which what follows may forestall by one of its own.
    fn postfix(&mut self) -> Result<Operand<'t>> {
        let operand = self.operand()?;
        if self.peek().is_some_and(|byte| is_name_byte(byte) || byte == b'(') {
            self.enter()?;
            self.comma()?;
            return Err(Error::Syntax);
        }
        Ok(operand)
    }

    fn operand(&mut self) -> Result<Operand<'t>> {
        match self.peek() {
            Some(b'(') => {
                self.pos += 1;
                self.enter()?;
                let operand = self.comma()?;
                self.depth -= 1;
                let value = self.value(&operand)?;
                match self.peek() {
                    Some(b')') => self.pos += 1,
                    Some(b':') => return Err(Error::Conditional),
                    _ => return Err(Error::Syntax),
                }
                Ok(Operand::Value(value))
            }
            Some(b'0'..=b'9') => self.number().map(Operand::Value),
            Some(byte) if is_name_start(byte) => {
                let name = self.name();
                self.skip_blanks();
                let step = match self.rest() {
                    [b'+', b'+', ..] => 1,
                    [b'-', b'-', ..] => -1,
                    _ => return Ok(Operand::Variable(name)),
                };
                self.pos += 2;
                let old = self.value(&Operand::Variable(name))?;
                self.set(name, old.wrapping_add(step))?;
                Ok(Operand::Value(old))
            }
            _ => Err(Error::Syntax),
        }
    }

    fn number(&mut self) -> Result<i64> {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
        let digits = rest.get(..length).unwrap_or_default();
        if rest.get(length) == Some(&b'#') {
            let base = digits_value(digits, 10).filter(|base| (2..=64).contains(base)).ok_or(Error::Syntax)?;
            let after = rest.get(length + 1..).unwrap_or_default();
            let count = after.iter().take_while(|byte| is_name_byte(**byte) || **byte == b'@').count();
            let digits = after.get(..count).filter(|digits| !digits.is_empty()).ok_or(Error::Syntax)?;
            self.pos += length + 1 + count;
            return digits_value(digits, base.unsigned_abs() as u32).ok_or(Error::Syntax);
        }
        self.pos += length;
        match digits {
            [b'0', b'x' | b'X', hex @ ..] if !hex.is_empty() => digits_value(hex, 16),
            [b'0', octal @ ..] if !octal.is_empty() => digits_value(octal, 8),
            decimal => digits_value(decimal, 10),
        }
        .ok_or(Error::Syntax)
    }

    fn value(&mut self, operand: &Operand) -> Result<i64> {
        let name = match operand {
            Operand::Value(value) => return Ok(*value),
            Operand::Variable(name) => *name,
        };
        let text = match self.scope.get(name) {
            None => return Ok(0),
            Some(text) => match plain_number(&text) {
                Some(value) => return Ok(value),
                None => text.into_owned(),
            },
        };
        if self.names.iter().any(|known| known == name) {
            return Err(Error::Loop);
        }
        self.names.push(name.to_vec());
        self.enter()?;
        let depth = self.depth;
        let value =
            Evaluator { text: &text, pos: 0, scope: self.scope, names: self.names, depth, behind_variable: false }
                .whole();
        self.depth -= 1;
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

fn apply(operator: &str, a: i64, b: i64) -> Result<i64> {
    Ok(match operator {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        // The processor takes the shift's low six bits.
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return Err(Error::DivideByZero),
        "/" => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    })
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
            "1+", "1 2", "(1", "09", "0x", "2#2", "65#1", "1=2", "x=", "5++", "x--1", "(x)=1", "\"1\"", "1.5",
            "x + = 1",
        ] {
            assert_eq!(with(&[], text), Err(Error::Syntax), "{text}");
        }
        for text in ["1?2", "1:2", "1 ? 2 , 3 : 4", "0?a=1:2"] {
            assert_eq!(with(&[], text), Err(Error::Conditional), "{text}");
        }
        assert_eq!(with(&[], "0&&1/0"), Err(Error::DivideByZero));
        assert_eq!(with(&[], "2**-1"), Err(Error::Exponent));
        assert_eq!(with(&[("a", "b"), ("b", "a")], "a"), Err(Error::Loop));
        assert_eq!(with(&[], "r=1"), Err(Error::ReadOnly(b"r".to_vec())));
        assert_eq!(with(&[], &"(".repeat(100_000)), Err(Error::Syntax));
    }
}
