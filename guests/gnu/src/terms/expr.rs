//! `expr`.

use core::cmp::Ordering;

use applets::options::Parsed;
use applets::regex::{Regex, Syntax};
use applets::{Context, Quit};
use num_bigint::{BigInt, Sign};

use crate::Program;
use crate::dispatch::missing_operand;
use crate::quote;

/// The exit code for a wrong expression.
const WRONG: u8 = 2;

/// The program.
pub const PROGRAM: Program =
    Program::raw("expr", "EXPRESSION", "Works out an expression.", false, run).failing_with(WRONG);

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let args = match ctx.args.split_first() {
        Some((first, rest)) if first == b"--" => rest,
        _ => ctx.args,
    };
    if args.is_empty() {
        return Err(missing_operand(ctx, WRONG));
    }
    let mut parser = Parser { args, at: 0 };
    let value = parser.or(true).and_then(|value| match parser.peek() {
        None => Ok(value),
        Some(extra) => Err([b"syntax error: unexpected argument ", &quote::locale(extra)[..]].concat()),
    });
    match value {
        Ok(value) => {
            let text = value.text();
            ctx.put(&[&text[..], b"\n"].concat());
            Ok(u8::from(value.is_null()))
        }
        Err(message) => {
            ctx.complain(&[&message]);
            Err(Quit(WRONG))
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(BigInt),
    Text(Vec<u8>),
}

impl Value {
    fn text(&self) -> Vec<u8> {
        match self {
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Text(text) => text.clone(),
        }
    }

    /// A whole number of this value.
    fn of(number: impl Into<BigInt>) -> Self {
        Self::Number(number.into())
    }

    fn number(&self) -> Option<BigInt> {
        match self {
            Self::Number(number) => Some(number.clone()),
            Self::Text(text) => {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
                BigInt::parse_bytes(text, 10).filter(|_| is_number)
            }
        }
    }

    /// Whether it is an empty text or zero.
    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => number.sign() == Sign::NoSign,
            Self::Text(text) => {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                text.is_empty() || !digits.is_empty() && digits.iter().all(|byte| *byte == b'0')
            }
        }
    }
}

struct Parser<'a> {
    args: &'a [Vec<u8>],
    at: usize,
}

type Result2 = Result<Value, Vec<u8>>;

fn not_a_number() -> Vec<u8> {
    b"non-integer argument".to_vec()
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        self.args.get(self.at).map(Vec::as_slice)
    }

    fn take(&mut self, words: &[&[u8]]) -> Option<&'a [u8]> {
        let word = self.peek().filter(|word| words.contains(word))?;
        self.at += 1;
        Some(word)
    }

    fn missing(&self) -> Vec<u8> {
        let last = self.at.checked_sub(1).and_then(|at| self.args.get(at)).map(Vec::as_slice).unwrap_or_default();
        [b"syntax error: missing argument after ", &quote::locale(last)[..]].concat()
    }

    /// `evaluated` is false in the part of an expression that does not count.
    fn or(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.and(evaluated)?;
        while self.take(&[b"|"]).is_some() {
            let null = left.is_null();
            let right = self.and(evaluated && null)?;
            if null {
                left = if right.is_null() { Value::of(0) } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.comparison(evaluated)?;
        while self.take(&[b"&"]).is_some() {
            let null = left.is_null();
            let right = self.comparison(evaluated && !null)?;
            if null || right.is_null() {
                left = Value::of(0);
            }
        }
        Ok(left)
    }

    fn comparison(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.sum(evaluated)?;
        while let Some(operator) = self.take(&[b"<", b"<=", b"=", b"==", b"!=", b">=", b">"]) {
            let right = self.sum(evaluated)?;
            let order = match (left.number(), right.number()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => left.text().cmp(&right.text()),
            };
            let holds = match operator {
                b"<" => order == Ordering::Less,
                b"<=" => order != Ordering::Greater,
                b"=" | b"==" => order == Ordering::Equal,
                b"!=" => order != Ordering::Equal,
                b">=" => order != Ordering::Less,
                _ => order == Ordering::Greater,
            };
            left = Value::of(u8::from(holds));
        }
        Ok(left)
    }

    fn sum(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.product(evaluated)?;
        while let Some(operator) = self.take(&[b"+", b"-"]) {
            let right = self.product(evaluated)?;
            if evaluated {
                let (a, b) = (left.number().ok_or_else(not_a_number)?, right.number().ok_or_else(not_a_number)?);
                left = Value::Number(if operator == b"+" { a + b } else { a - b });
            }
        }
        Ok(left)
    }

    fn product(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.matching(evaluated)?;
        while let Some(operator) = self.take(&[b"*", b"/", b"%"]) {
            let right = self.matching(evaluated)?;
            if !evaluated {
                continue;
            }
            let (a, b) = (left.number().ok_or_else(not_a_number)?, right.number().ok_or_else(not_a_number)?);
            if operator != b"*" && b.sign() == Sign::NoSign {
                return Err(b"division by zero".to_vec());
            }
            left = Value::Number(match operator {
                b"*" => a * b,
                b"/" => a / b,
                _ => a % b,
            });
        }
        Ok(left)
    }

    fn matching(&mut self, evaluated: bool) -> Result2 {
        let mut left = self.function(evaluated)?;
        while self.take(&[b":"]).is_some() {
            let right = self.function(evaluated)?;
            if evaluated {
                left = matched(&left.text(), &right.text())?;
            }
        }
        Ok(left)
    }

    fn function(&mut self, evaluated: bool) -> Result2 {
        let Some(word) = self.peek() else { return Err(self.missing()) };
        self.at += 1;
        match word {
            b"+" => {
                let Some(word) = self.peek() else { return Err(self.missing()) };
                self.at += 1;
                Ok(Value::Text(word.to_vec()))
            }
            b"length" => Ok(Value::of(characters(&self.function(evaluated)?.text()).len())),
            b"match" => {
                let (text, pattern) = (self.function(evaluated)?, self.function(evaluated)?);
                if evaluated { matched(&text.text(), &pattern.text()) } else { Ok(text) }
            }
            b"index" => {
                let (text, set) = (self.function(evaluated)?.text(), self.function(evaluated)?.text());
                let set = characters(&set).into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
                let at = characters(&text).iter().position(|letter| set.iter().any(|other| other == letter));
                Ok(Value::of(at.map_or(0, |at| at + 1)))
            }
            b"substr" => {
                let text = self.function(evaluated)?.text();
                let (from, len) = (self.function(evaluated)?.number(), self.function(evaluated)?.number());
                let (Some(from), Some(len)) = (from, len) else { return Ok(Value::Text(Vec::new())) };
                if from.sign() != Sign::Plus || len.sign() != Sign::Plus {
                    return Ok(Value::Text(Vec::new()));
                }
                // What is beyond any text is as good as endless.
                let count = |number: BigInt| usize::try_from(number).unwrap_or(usize::MAX);
                let (skip, len) = (count(from - 1), count(len));
                Ok(Value::Text(characters(&text).into_iter().skip(skip).take(len).collect::<Vec<_>>().concat()))
            }
            b"(" => {
                let value = self.or(evaluated)?;
                match self.peek() {
                    Some(b")") => {
                        self.at += 1;
                        Ok(value)
                    }
                    Some(other) => {
                        Err([b"syntax error: expecting ')' instead of ", &quote::locale(other)[..]].concat())
                    }
                    None => {
                        let last = self.args.last().map(Vec::as_slice).unwrap_or_default();
                        Err([b"syntax error: expecting ')' after ", &quote::locale(last)[..]].concat())
                    }
                }
            }
            b")" => Err(b"syntax error: unexpected ')'".to_vec()),
            word => Ok(Value::Text(word.to_vec())),
        }
    }
}

/// The characters of a text by the locale's encoding.
fn characters(text: &[u8]) -> Vec<&[u8]> {
    quote::pieces(text, applets::locale::is_utf8()).into_iter().map(|(piece, _)| piece).collect()
}

/// What `text : pattern` gives: the first group, or the match's length.
fn matched(text: &[u8], pattern: &[u8]) -> Result2 {
    let anchored = [b"^", pattern.strip_prefix(b"^").unwrap_or(pattern)].concat();
    let regex = Regex::new(&anchored, Syntax::BASIC).map_err(|error| error.to_string().into_bytes())?;
    let found = regex.captures_at(text, 0, false);
    let groups = regex.groups() > 0;
    Ok(match found {
        Some(found) if groups => {
            let group = found.get(1).copied().flatten().and_then(|(from, to)| text.get(from..to));
            Value::Text(group.unwrap_or_default().to_vec())
        }
        Some(found) => {
            let (from, to) = found.first().copied().flatten().unwrap_or((0, 0));
            Value::of(characters(text.get(from..to).unwrap_or_default()).len())
        }
        None if groups => Value::Text(Vec::new()),
        None => Value::of(0),
    })
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    /// As expr of coreutils 9.1 answers.
    #[test]
    fn expressions() {
        for (args, code, out, err) in [
            (&["1", "+", "2", "*", "3"][..], 0, "7\n", ""),
            (&["(", "1", "+", "2", ")", "*", "3"], 0, "9\n", ""),
            (&["0"], 1, "0\n", ""),
            (&["abc", ":", "a\\(.\\)"], 0, "b\n", ""),
            (&["abc", ":", "ab*"], 0, "2\n", ""),
            (&["substr", "hello", "2", "3"], 0, "ell\n", ""),
            (&["index", "hello", "lo"], 0, "3\n", ""),
            (&["a", "|", "b"], 0, "a\n", ""),
            (&["9".repeat(40).as_str(), "+", "1"], 0, &format!("1{}\n", "0".repeat(40)), ""),
            (&["-7", "%", "3"], 0, "-1\n", ""),
            (&["1", "/", "0"], 2, "", "expr: division by zero\n"),
            (&["a", "+", "1"], 2, "", "expr: non-integer argument\n"),
            (&["1", "+"], 2, "", "expr: syntax error: missing argument after '+'\n"),
            (&["1", "2"], 2, "", "expr: syntax error: unexpected argument '2'\n"),
        ] {
            assert_eq!(run(&PROGRAM, args), (code, out.to_owned(), err.to_owned()), "{args:?}");
        }
    }
}
