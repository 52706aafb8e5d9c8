//! Arithmetic as bash does it: what is not needed is not evaluated, and arrays have places.

use super::plain_number;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::{is_name_byte, is_name_start};

/// How deep variables may lead to other variables.
const MAX_DEPTH: u32 = 256;

/// Why there is no value.
enum Failure {
    /// What is wrong, and where the error's token begins.
    Wrong(&'static str, usize),
    /// A message of its own.
    Said(Vec<u8>),
    /// Something that has been reported.
    Left(Unwind),
}

type Result<T> = core::result::Result<T, Failure>;

/// What is assigned to.
#[derive(Clone)]
struct Place {
    name: Vec<u8>,
    subscript: Option<Vec<u8>>,
}

/// Evaluates an expression in the shell.
/// # Errors
/// It has been reported.
pub fn evaluate(shell: &mut Shell, text: &[u8]) -> Flow<i64> {
    match value(shell, text, 0) {
        Ok(value) => Ok(value),
        Err(Failure::Left(unwind)) => Err(unwind),
        Err(Failure::Said(message)) => Err(shell.fail(&message)),
        Err(Failure::Wrong(what, at)) => Err(shell.fail(&message(text, what, at))),
    }
}

fn message(text: &[u8], what: &str, at: usize) -> Vec<u8> {
    let token = text.get(at..).unwrap_or_default();
    [text.trim_ascii_start(), b": ", what.as_bytes(), b" (error token is \"", token, b"\")"].concat()
}

fn value(shell: &mut Shell, text: &[u8], depth: u32) -> Result<i64> {
    if let Some(value) = plain_number(text) {
        return Ok(value);
    }
    if depth > MAX_DEPTH {
        return Err(Failure::Said([text, b": expression recursion level exceeded"].concat()));
    }
    let mut evaluator = Evaluator { shell, text, at: 0, before: 0, unused: 0, depth };
    match evaluator.peek() {
        None => Ok(0),
        Some(_) => {
            let value = evaluator.comma()?;
            match evaluator.peek() {
                None => Ok(value),
                Some(byte) if is_name_byte(byte) || b"()=<>!&|^+-*/%~?:,".contains(&byte) => {
                    Err(Failure::Wrong("syntax error in expression", evaluator.at))
                }
                Some(_) => Err(Failure::Wrong("syntax error: invalid arithmetic operator", evaluator.at)),
            }
        }
    }
}

struct Evaluator<'t, 's> {
    shell: &'s mut Shell,
    text: &'t [u8],
    at: usize,
    /// Where the last token began.
    before: usize,
    /// How many choices are around that do not take what is read.
    unused: u32,
    depth: u32,
}

impl<'t> Evaluator<'t, '_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes a token of this length.
    fn take(&mut self, length: usize) {
        self.before = self.at;
        self.at += length;
    }

    /// The error at the token at hand, or at the last one where there is none.
    fn wrong<T>(&mut self, what: &'static str) -> Result<T> {
        let at = if self.peek().is_some() { self.at } else { self.before };
        Err(Failure::Wrong(what, at))
    }

    fn comma(&mut self) -> Result<i64> {
        let mut value = self.assignment()?;
        while self.peek() == Some(b',') {
            self.take(1);
            value = self.assignment()?;
        }
        Ok(value)
    }

    /// The operator of an assignment that stands here: its length, and the operator that it holds.
    fn assignment_operator(&mut self) -> Option<(usize, &'t [u8])> {
        self.peek()?;
        let rest = self.rest();
        if rest.first() == Some(&b'=') && rest.get(1) != Some(&b'=') {
            return Some((1, b""));
        }
        [&b"<<="[..], b">>=", b"+=", b"-=", b"*=", b"/=", b"%=", b"&=", b"^=", b"|="]
            .into_iter()
            .find(|operator| rest.starts_with(operator))
            .and_then(|operator| Some((operator.len(), rest.get(..operator.len() - 1)?)))
    }

    fn assignment(&mut self) -> Result<i64> {
        let (left, place) = self.conditional()?;
        let Some((length, operator)) = self.assignment_operator() else { return Ok(left) };
        let Some(place) = place else { return self.wrong("attempted assignment to non-variable") };
        self.take(length);
        let right_at = self.at;
        let right = self.assignment()?;
        let value = if operator.is_empty() { right } else { self.apply(operator, left, right, right_at)? };
        self.store(&place, value)?;
        Ok(value)
    }

    fn conditional(&mut self) -> Result<(i64, Option<Place>)> {
        let (condition, place) = self.binary(1)?;
        if self.peek() != Some(b'?') {
            return Ok((condition, place));
        }
        self.take(1);
        self.unused += u32::from(condition == 0);
        let yes = self.comma()?;
        self.unused -= u32::from(condition == 0);
        if self.peek() != Some(b':') {
            return self.wrong("`:' expected for conditional expression");
        }
        self.take(1);
        self.unused += u32::from(condition != 0);
        let (no, _) = self.conditional()?;
        self.unused -= u32::from(condition != 0);
        Ok((if condition != 0 { yes } else { no }, None))
    }

    /// The binary operator that stands here, with its level; none of an assignment.
    fn operator(&mut self) -> Option<(&'t [u8], u32)> {
        self.peek()?;
        if self.assignment_operator().is_some() {
            return None;
        }
        let rest = self.rest();
        let two = rest.get(..2).and_then(|two| {
            let level = match two {
                b"||" => 1,
                b"&&" => 2,
                b"==" | b"!=" => 6,
                b"<=" | b">=" => 7,
                b"<<" | b">>" => 8,
                b"**" => 11,
                _ => return None,
            };
            Some((two, level))
        });
        two.or_else(|| {
            let one = rest.get(..1)?;
            let level = match one {
                b"|" => 3,
                b"^" => 4,
                b"&" => 5,
                b"<" | b">" => 7,
                b"+" | b"-" => 9,
                b"*" | b"/" | b"%" => 10,
                _ => return None,
            };
            Some((one, level))
        })
    }

    fn binary(&mut self, least: u32) -> Result<(i64, Option<Place>)> {
        let (mut left, mut place) = self.unary()?;
        while let Some((operator, level)) = self.operator().filter(|(_, level)| *level >= least) {
            self.take(operator.len());
            let decided = match operator {
                b"&&" => left == 0,
                b"||" => left != 0,
                _ => false,
            };
            self.unused += u32::from(decided);
            self.peek();
            let right_at = self.at;
            // Powers group to the right.
            let (right, _) = self.binary(if operator == b"**" { level } else { level + 1 })?;
            self.unused -= u32::from(decided);
            left = self.apply(operator, left, right, right_at)?;
            place = None;
        }
        Ok((left, place))
    }

    fn apply(&mut self, operator: &[u8], left: i64, right: i64, right_at: usize) -> Result<i64> {
        Ok(match operator {
            b"||" => i64::from(left != 0 || right != 0),
            b"&&" => i64::from(left != 0 && right != 0),
            b"|" => left | right,
            b"^" => left ^ right,
            b"&" => left & right,
            b"==" => i64::from(left == right),
            b"!=" => i64::from(left != right),
            b"<=" => i64::from(left <= right),
            b">=" => i64::from(left >= right),
            b"<" => i64::from(left < right),
            b">" => i64::from(left > right),
            b"<<" => left.wrapping_shl(right as u32),
            b">>" => left.wrapping_shr(right as u32),
            b"+" => left.wrapping_add(right),
            b"-" => left.wrapping_sub(right),
            b"*" => left.wrapping_mul(right),
            b"/" | b"%" if right == 0 => {
                if self.unused > 0 {
                    return Ok(0);
                }
                return Err(Failure::Wrong("division by 0", right_at));
            }
            b"/" => left.wrapping_div(right),
            b"%" => left.wrapping_rem(right),
            _ if right < 0 => return Err(Failure::Wrong("exponent less than 0", self.before)),
            _ => {
                let (mut result, mut base, mut exponent) = (1i64, left, right);
                while exponent > 0 {
                    if exponent & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    exponent >>= 1;
                }
                result
            }
        })
    }

    fn unary(&mut self) -> Result<(i64, Option<Place>)> {
        let Some(byte) = self.peek() else { return self.wrong("syntax error: operand expected") };
        let next = self.text.get(self.at + 1).copied();
        match byte {
            b'+' | b'-' if next == Some(byte) => {
                let behind = self.text.get(self.at + 2..).unwrap_or_default();
                let name = behind.iter().find(|byte| !byte.is_ascii_whitespace());
                if name.is_some_and(|byte| is_name_start(*byte)) {
                    self.take(2);
                    self.peek();
                    let place = self.place()?;
                    let value = self.load(&place)?.wrapping_add(if byte == b'+' { 1 } else { -1 });
                    self.store(&place, value)?;
                    return Ok((value, None));
                }
                self.take(1);
                let (value, _) = self.unary()?;
                Ok((if byte == b'-' { value.wrapping_neg() } else { value }, None))
            }
            b'+' | b'-' | b'!' | b'~' => {
                self.take(1);
                let (value, _) = self.unary()?;
                let value = match byte {
                    b'-' => value.wrapping_neg(),
                    b'!' => i64::from(value == 0),
                    b'~' => !value,
                    _ => value,
                };
                Ok((value, None))
            }
            b'(' => {
                self.take(1);
                let value = self.comma()?;
                if self.peek() != Some(b')') {
                    return self.wrong("missing `)'");
                }
                self.take(1);
                Ok((value, None))
            }
            byte if byte.is_ascii_digit() => Ok((self.number()?, None)),
            byte if is_name_start(byte) => {
                let place = self.place()?;
                if self.assignment_operator().is_some_and(|(_, operator)| operator.is_empty()) {
                    // What it was does not matter.
                    return Ok((0, Some(place)));
                }
                let value = self.load(&place)?;
                self.peek();
                match self.rest() {
                    [b'+', b'+', ..] => {
                        self.take(2);
                        self.store(&place, value.wrapping_add(1))?;
                        Ok((value, None))
                    }
                    [b'-', b'-', ..] => {
                        self.take(2);
                        self.store(&place, value.wrapping_sub(1))?;
                        Ok((value, None))
                    }
                    _ => Ok((value, Some(place))),
                }
            }
            _ => self.wrong("syntax error: operand expected"),
        }
    }

    fn place(&mut self) -> Result<Place> {
        let start = self.at;
        let length = self.rest().iter().take_while(|byte| is_name_byte(**byte)).count();
        let name = self.rest().get(..length).unwrap_or_default().to_vec();
        self.take(length);
        if self.rest().first() != Some(&b'[') {
            return Ok(Place { name, subscript: None });
        }
        let mut depth = 0u32;
        for (index, byte) in self.rest().iter().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let subscript = self.rest().get(1..index).unwrap_or_default().to_vec();
                self.at += index + 1;
                return Ok(Place { name, subscript: Some(subscript) });
            }
        }
        Err(Failure::Wrong("bad array subscript", start))
    }

    fn number(&mut self) -> Result<i64> {
        let start = self.at;
        let length = self.rest().iter().take_while(|byte| is_name_byte(**byte) || matches!(byte, b'#' | b'@')).count();
        let token = self.rest().get(..length).unwrap_or_default();
        let (base, digits) = match token {
            [b'0', b'x' | b'X', hex @ ..] => (16, hex),
            _ if token.contains(&b'#') => {
                let hash = token.iter().position(|byte| *byte == b'#').unwrap_or_default();
                let (base, digits) = token.split_at(hash);
                let base = base.iter().try_fold(0u32, |value, digit| {
                    char::from(*digit).to_digit(10).map(|digit| value.saturating_mul(10).saturating_add(digit))
                });
                match base.filter(|base| (2..=64).contains(base)) {
                    Some(base) => (base, digits.get(1..).unwrap_or_default()),
                    None => return Err(Failure::Wrong("invalid arithmetic base", start)),
                }
            }
            [b'0', octal @ ..] => (8, octal),
            decimal => (10, decimal),
        };
        let mut value = 0i64;
        for byte in digits {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'z' => byte - b'a' + 10,
                b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
                b'A'..=b'Z' => byte - b'A' + 36,
                b'@' => 62,
                _ => 63,
            };
            if u32::from(digit) >= base {
                return Err(Failure::Wrong("value too great for base", start));
            }
            value = value.wrapping_mul(base.into()).wrapping_add(digit.into());
        }
        self.take(length);
        Ok(value)
    }

    fn load(&mut self, place: &Place) -> Result<i64> {
        if self.unused > 0 {
            return Ok(0);
        }
        let text = match &place.subscript {
            None => self.shell.vars.get(&place.name).map(std::borrow::Cow::into_owned),
            Some(subscript) => {
                let key = self.shell.key(&place.name, subscript).map_err(Failure::Left)?;
                self.shell.vars.element(&place.name, &key)
            }
        };
        match text {
            Some(text) => value(self.shell, &text, self.depth + 1).map_err(|failure| match failure {
                Failure::Wrong(what, at) => Failure::Said(message(&text, what, at)),
                failure => failure,
            }),
            None if self.shell.has(crate::options::Opt::NoUnset) => Err(Failure::Left(self.shell.unbound(&place.name))),
            None => Ok(0),
        }
    }

    fn store(&mut self, place: &Place, value: i64) -> Result<()> {
        if self.unused > 0 {
            return Ok(());
        }
        let text = super::decimal(value);
        let stored = match &place.subscript {
            None => self.shell.assign(&place.name, text),
            Some(subscript) => {
                let key = self.shell.key(&place.name, subscript).map_err(Failure::Left)?;
                self.shell.assign_element(&place.name, key, text, false)
            }
        };
        stored.map_err(Failure::Left)
    }
}
