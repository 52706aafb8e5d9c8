//! Arithmetic as dash does it: an expression is read from left to right and evaluated on the way; what `&&`, `||` and
//! `?:` do not need is only read. A variable's value is a number, not an expression.

use applets::number;

use super::operator::Binary;
use super::{Error, Scope};
use crate::syntax::{is_name_byte, is_name_start};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Something is missing, or a division by zero.
    Expression(&'static str),
    /// A variable whose value is no number.
    Number(Vec<u8>),
    /// A variable that cannot be set.
    ReadOnly(Vec<u8>),
}

impl Failure {
    /// The diagnostic about this expression.
    #[must_use]
    pub fn message(&self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Expression(what) => [b"arithmetic expression: ", what.as_bytes(), b": \"", text, b"\""].concat(),
            Self::Number(value) => [b"Illegal number: ", value.as_slice()].concat(),
            Self::ReadOnly(name) => [name, &b": is read only"[..]].concat(),
        }
    }
}

type Result<T> = core::result::Result<T, Failure>;

/// The expression's value.
/// # Errors
/// See [`Failure`].
pub fn evaluate(text: &[u8], scope: &mut dyn Scope) -> Result<i64> {
    let mut evaluator = Evaluator { text, pos: 0, scope, idle: 0, depth: 0 };
    let value = evaluator.assignment()?;
    match evaluator.peek() {
        None => Ok(value),
        Some(_) => Err(Failure::Expression("expecting EOF")),
    }
}

/// How deep expressions may nest: each level takes some of the stack.
const MAX_DEPTH: u32 = 400;

struct Evaluator<'t, 's> {
    text: &'t [u8],
    pos: usize,
    scope: &'s mut dyn Scope,
    /// Within how many parts whose value is not needed.
    idle: u32,
    depth: u32,
}

/// An operator between two values, how it is written, and how tight it binds.
type Row = (&'static [u8], Binary, u8);

/// The longer ones first, where one begins like another.
const OPERATORS: [Row; 18] = [
    (b"||", Binary::Or, 1),
    (b"&&", Binary::And, 2),
    (b"==", Binary::Equal, 6),
    (b"!=", Binary::NotEqual, 6),
    (b"<<", Binary::ShiftLeft, 8),
    (b">>", Binary::ShiftRight, 8),
    (b"<=", Binary::LessOrEqual, 7),
    (b">=", Binary::GreaterOrEqual, 7),
    (b"|", Binary::BitOr, 3),
    (b"^", Binary::BitXor, 4),
    (b"&", Binary::BitAnd, 5),
    (b"<", Binary::Less, 7),
    (b">", Binary::Greater, 7),
    (b"+", Binary::Add, 9),
    (b"-", Binary::Subtract, 9),
    (b"*", Binary::Multiply, 10),
    (b"/", Binary::Divide, 10),
    (b"%", Binary::Remainder, 10),
];

/// Whether the operator has a form that also assigns: `+=`, `<<=`.
const fn assigns(binary: Binary) -> bool {
    !matches!(
        binary,
        Binary::Or
            | Binary::And
            | Binary::Equal
            | Binary::NotEqual
            | Binary::Less
            | Binary::LessOrEqual
            | Binary::Greater
            | Binary::GreaterOrEqual
    )
}

impl<'t> Evaluator<'t, '_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.pos).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n')) {
            self.pos += 1;
        }
        self.text.get(self.pos).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    /// The operator between two values that stands here, and how long it is.
    fn operator(&mut self) -> Option<(Binary, u8, usize)> {
        self.peek()?;
        let rest = self.rest();
        let (text, binary, level) = OPERATORS.iter().find(|(text, ..)| rest.starts_with(text))?;
        // What assigns stands behind a variable only.
        let assigning = rest.get(text.len()) == Some(&b'=') && assigns(*binary);
        (!assigning).then_some((*binary, *level, text.len()))
    }

    /// The operator that assigns here, and how long it is; `=` alone is `None`.
    fn assigning(&mut self) -> Option<(Option<Binary>, usize)> {
        self.peek()?;
        let rest = self.rest();
        if let [b'=', after @ ..] = rest {
            return (after.first() != Some(&b'=')).then_some((None, 1));
        }
        let (text, binary, _) = OPERATORS.iter().find(|(text, ..)| rest.starts_with(text))?;
        let found = rest.get(text.len()) == Some(&b'=') && assigns(*binary);
        found.then_some((Some(*binary), text.len() + 1))
    }

    fn assignment(&mut self) -> Result<i64> {
        if self.depth >= MAX_DEPTH {
            return Err(Failure::Expression("nested too deeply"));
        }
        self.depth += 1;
        let value = self.assignment_within();
        self.depth -= 1;
        value
    }

    fn assignment_within(&mut self) -> Result<i64> {
        let start = self.pos;
        if self.peek().is_some_and(is_name_start) {
            let name = self.name();
            if let Some((operator, length)) = self.assigning() {
                self.pos += length;
                let value = self.assignment()?;
                return self.assign(name, operator, value);
            }
            self.pos = start;
        }
        self.conditional()
    }

    fn assign(&mut self, name: &[u8], operator: Option<Binary>, right: i64) -> Result<i64> {
        if self.idle > 0 {
            return Ok(right);
        }
        let value = match operator {
            None => right,
            Some(operator) => {
                let left = self.variable(name)?;
                self.apply(operator, left, right)?
            }
        };
        if self.scope.set(name, value) { Ok(value) } else { Err(Failure::ReadOnly(name.to_vec())) }
    }

    fn conditional(&mut self) -> Result<i64> {
        let condition = self.binary(1)?;
        if !self.take(b'?') {
            return Ok(condition);
        }
        let yes = self.needed(condition != 0, Self::assignment)?;
        if !self.take(b':') {
            return Err(Failure::Expression("expecting ':'"));
        }
        let no = self.needed(condition == 0, Self::conditional)?;
        Ok(if condition != 0 { yes } else { no })
    }

    /// Reads a part, and evaluates it if its value is needed.
    fn needed(&mut self, needed: bool, read: impl FnOnce(&mut Self) -> Result<i64>) -> Result<i64> {
        self.idle += u32::from(!needed);
        let value = read(self);
        self.idle -= u32::from(!needed);
        value
    }

    /// Operators that bind at least so tight.
    fn binary(&mut self, least: u8) -> Result<i64> {
        let mut left = self.primary()?;
        while let Some((operator, level, length)) = self.operator().filter(|(_, level, _)| *level >= least) {
            self.pos += length;
            let needed = match operator {
                Binary::Or => left == 0,
                Binary::And => left != 0,
                _ => true,
            };
            let right = self.needed(needed, |evaluator| evaluator.binary(level + 1))?;
            left = self.apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn apply(&self, operator: Binary, left: i64, right: i64) -> Result<i64> {
        if self.idle > 0 {
            return Ok(0);
        }
        operator.apply(left, right).map_err(|error| match error {
            Error::DivideByZero => Failure::Expression("division by zero"),
            _ => Failure::Expression("expecting primary"),
        })
    }

    fn primary(&mut self) -> Result<i64> {
        let Some(byte) = self.peek() else { return Err(Failure::Expression("expecting primary")) };
        match byte {
            b'(' => {
                self.pos += 1;
                let value = self.assignment()?;
                if self.take(b')') { Ok(value) } else { Err(Failure::Expression("expecting ')'")) }
            }
            b'+' | b'-' | b'~' | b'!' => {
                // Not where the sign is the beginning of another operator.
                if self.rest().get(1) == Some(&b'=') {
                    return Err(Failure::Expression("expecting primary"));
                }
                self.pos += 1;
                self.depth += 1;
                if self.depth >= MAX_DEPTH {
                    return Err(Failure::Expression("nested too deeply"));
                }
                let value = self.primary()?;
                self.depth -= 1;
                Ok(match byte {
                    b'+' => value,
                    b'-' => value.wrapping_neg(),
                    b'~' => !value,
                    _ => i64::from(value == 0),
                })
            }
            b'0'..=b'9' => {
                let scanned = number::signed(self.rest(), 0);
                self.pos += scanned.len;
                Ok(scanned.value)
            }
            byte if is_name_start(byte) => {
                let name = self.name();
                if self.idle > 0 { Ok(0) } else { self.variable(name) }
            }
            _ => Err(Failure::Expression("expecting primary")),
        }
    }

    fn name(&mut self) -> &'t [u8] {
        let length = self.rest().iter().take_while(|byte| is_name_byte(**byte)).count();
        let name = self.rest().get(..length).unwrap_or_default();
        self.pos += length;
        name
    }

    /// A variable's value, which must be a number; unset or empty it is 0.
    fn variable(&self, name: &[u8]) -> Result<i64> {
        let Some(text) = self.scope.get(name).filter(|text| !text.is_empty()) else { return Ok(0) };
        let scanned = number::signed(&text, 0);
        let tail = text.get(scanned.len..).unwrap_or_default();
        // Blanks alone are 0.
        if !tail.iter().all(|byte| number::is_space(*byte)) {
            return Err(Failure::Number(text.into_owned()));
        }
        Ok(scanned.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Table(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Scope for Table {
        fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
            self.0.get(name).map(|value| Cow::Borrowed(value.as_slice()))
        }

        fn set(&mut self, name: &[u8], value: i64) -> bool {
            self.0.insert(name.to_vec(), value.to_string().into_bytes());
            name != b"fixed"
        }
    }

    fn value(text: &str) -> core::result::Result<i64, String> {
        let mut table = Table::default();
        table.0.insert(b"x".to_vec(), b"7".to_vec());
        table.0.insert(b"bad".to_vec(), b"1+1".to_vec());
        let failed = |failure: Failure| String::from_utf8_lossy(&failure.message(text.as_bytes())).into_owned();
        evaluate(text.as_bytes(), &mut table).map_err(failed)
    }

    #[test]
    fn values() {
        for (text, expected) in [
            ("1+2*3", 7),
            ("(1+2)*3", 9),
            ("- -1", 1),
            ("++x", 7),
            ("x += 2", 9),
            ("1 ? 2 : 1/0", 2),
            ("0 && 1/0", 0),
            ("0 && bad", 0),
            ("1 || (y = 5)", 1),
            ("x + (x = 5)", 12),
            ("0x1f - 010", 23),
            ("1 << 65", 2),
            ("9223372036854775807 + 1", i64::MIN),
            ("1 < 2 == 1", 1),
            ("!x + ~x", -8),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_the_expression() {
        for (text, wrong) in [
            ("1+", "expecting primary"),
            (" ", "expecting primary"),
            ("2**3", "expecting primary"),
            ("1,2", "expecting EOF"),
            ("08", "expecting EOF"),
            ("1=2", "expecting EOF"),
            ("1?2", "expecting ':'"),
            ("(1", "expecting ')'"),
            ("1/0", "division by zero"),
        ] {
            assert_eq!(value(text), Err(format!("arithmetic expression: {wrong}: \"{text}\"")), "{text}");
        }
        assert_eq!(value("bad"), Err("Illegal number: 1+1".into()));
        assert_eq!(value("fixed=1"), Err("fixed: is read only".into()));
    }
}
