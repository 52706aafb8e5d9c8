//! `expr`: the value of an expression given as arguments.

use crate::number::signed;
use crate::regex::{Regex, Syntax};
use crate::{Applet, Context, Help, Quit};

const USAGE: &str = "expr EXPRESSION\n\n\
     Print the value of EXPRESSION\n\n\
     EXPRESSION may be:\n\
     \tARG1 | ARG2\tARG1 if it is neither null nor 0, otherwise ARG2\n\
     \tARG1 & ARG2\tARG1 if neither argument is null or 0, otherwise 0\n\
     \tARG1 < ARG2\t1 if ARG1 is less than ARG2, else 0. Similarly:\n\
     \tARG1 <= ARG2\n\
     \tARG1 = ARG2\n\
     \tARG1 != ARG2\n\
     \tARG1 >= ARG2\n\
     \tARG1 > ARG2\n\
     \tARG1 + ARG2\tSum of ARG1 and ARG2. Similarly:\n\
     \tARG1 - ARG2\n\
     \tARG1 * ARG2\n\
     \tARG1 / ARG2\n\
     \tARG1 % ARG2\n\
     \tSTRING : REGEXP\t\tAnchored pattern match of REGEXP in STRING\n\
     \tmatch STRING REGEXP\tSame as STRING : REGEXP\n\
     \tsubstr STRING POS LEN\tSubstring of STRING, POS counts from 1\n\
     \tindex STRING CHARS\tIndex in STRING where any CHARS is found, or 0\n\
     \tlength STRING\t\tLength of STRING\n\
     \tquote TOKEN\t\tInterpret TOKEN as a string, even if\n\
     \t\t\t\tit is a keyword like 'match' or an\n\
     \t\t\t\toperator like '/'\n\
     \t(EXPRESSION)\t\tValue of EXPRESSION\n\n\
     Beware that many operators need to be escaped or quoted for shells.\n\
     Comparisons are arithmetic if both ARGs are numbers, else\n\
     lexicographical. Pattern matches return the string matched between\n\
     \\( and \\) or null; if \\( and \\) are not used, they return the number\n\
     of characters matched or 0.";

/// The applet.
pub const APPLET: Applet = Applet::new("expr", USAGE, main).with_help(Help::Usage(USAGE));

/// The code for an expression that is null or zero, and for one that makes no sense.
const NULL: u8 = 1;
const FAULT: u8 = 2;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(i64),
    Text(Vec<u8>),
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Syntax,
    NotNumeric,
    DivisionByZero,
    Pattern(Vec<u8>, crate::regex::Error),
}

/// A binary operator with its two-byte spellings.
type Operator = (&'static [u8], fn(&Value, &Value) -> Result<Value, Fault>);

const SUMS: &[Operator] = &[
    (b"+", |left, right| Ok(Value::Number(left.number()?.wrapping_add(right.number()?)))),
    (b"-", |left, right| Ok(Value::Number(left.number()?.wrapping_sub(right.number()?)))),
];

const PRODUCTS: &[Operator] = &[
    (b"*", |left, right| Ok(Value::Number(left.number()?.wrapping_mul(right.number()?)))),
    (b"/", |left, right| divide(left, right, i64::wrapping_div)),
    (b"%", |left, right| divide(left, right, i64::wrapping_rem)),
];

const COMPARISONS: &[Operator] = &[
    (b"<", |left, right| Ok(flag(left.order(right).is_lt()))),
    (b"<=", |left, right| Ok(flag(left.order(right).is_le()))),
    (b"=", |left, right| Ok(flag(left.order(right).is_eq()))),
    (b"==", |left, right| Ok(flag(left.order(right).is_eq()))),
    (b"!=", |left, right| Ok(flag(left.order(right).is_ne()))),
    (b">=", |left, right| Ok(flag(left.order(right).is_ge()))),
    (b">", |left, right| Ok(flag(left.order(right).is_gt()))),
];

const AND: &[Operator] =
    &[(b"&", |left, right| Ok(if left.is_null() || right.is_null() { Value::Number(0) } else { left.clone() }))];

const OR: &[Operator] = &[(b"|", |left, right| Ok(if left.is_null() { right.clone() } else { left.clone() }))];

const MATCH: &[Operator] = &[(b":", |left, right| matched(&left.text(), &right.text()).map(|(value, _)| value))];

/// The operators, those that bind least first.
const LEVELS: [&[Operator]; 6] = [OR, AND, COMPARISONS, SUMS, PRODUCTS, MATCH];

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.is_empty() {
        ctx.complain(&[b"too few arguments"]);
        return Err(Quit(FAULT));
    }
    let mut parser = Parser { words: ctx.args, warnings: Vec::new() };
    let value = parser.level(0).and_then(|value| if parser.words.is_empty() { Ok(value) } else { Err(Fault::Syntax) });
    for pattern in &parser.warnings {
        ctx.complain(&[
            b"warning: '",
            pattern,
            b"': using '^' as the first character\nof a basic regular expression is not portable; it is ignored",
        ]);
    }
    match value {
        Ok(value) => {
            ctx.put(&[value.text().as_slice(), b"\n"].concat());
            Ok(if value.is_null() { NULL } else { 0 })
        }
        Err(fault) => {
            match fault {
                Fault::Syntax => ctx.complain(&[b"syntax error"]),
                Fault::NotNumeric => ctx.complain(&[b"non-numeric argument"]),
                Fault::DivisionByZero => ctx.complain(&[b"division by zero"]),
                Fault::Pattern(pattern, error) => {
                    ctx.complain(&[b"bad regex '", &pattern, b"': ", error.message().as_bytes()]);
                }
            }
            Err(Quit(FAULT))
        }
    }
}

fn flag(holds: bool) -> Value {
    Value::Number(holds.into())
}

fn divide(left: &Value, right: &Value, operation: fn(i64, i64) -> i64) -> Result<Value, Fault> {
    match (left.number()?, right.number()?) {
        (_, 0) => Err(Fault::DivisionByZero),
        (left, right) => Ok(Value::Number(operation(left, right))),
    }
}

/// What an anchored pattern finds, and whether the pattern had an anchor of its own.
fn matched(text: &[u8], pattern: &[u8]) -> Result<(Value, bool), Fault> {
    let anchored = pattern.first() == Some(&b'^');
    let regex = Regex::new(pattern, Syntax::BASIC).map_err(|error| Fault::Pattern(pattern.to_vec(), error))?;
    let captures = regex
        .captures_at(text, 0, false)
        .filter(|captures| captures.first().is_some_and(|span| matches!(span, Some((0, _)))));
    let value = match (regex.groups(), captures) {
        (0, None) => Value::Number(0),
        (_, None) => Value::Text(Vec::new()),
        // A group that took no part counts as none.
        (_, Some(captures)) => match captures.get(1).copied().flatten() {
            Some((from, to)) => Value::Text(text.get(from..to).unwrap_or_default().to_vec()),
            None => Value::Number(captures.first().copied().flatten().map_or(0, |(_, end)| end as i64)),
        },
    };
    Ok((value, anchored))
}

impl Value {
    fn of_text(text: &[u8]) -> Self {
        Self::Text(text.to_vec())
    }

    fn text(&self) -> Vec<u8> {
        match self {
            Self::Number(number) => crate::format::signed(*number),
            Self::Text(text) => text.clone(),
        }
    }

    fn number(&self) -> Result<i64, Fault> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) => {
                let scanned = signed(text, 10);
                if scanned.len > 0 && scanned.len == text.len() { Ok(scanned.value) } else { Err(Fault::NotNumeric) }
            }
        }
    }

    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => *number == 0,
            Self::Text(text) => text.is_empty() || text == b"0",
        }
    }

    fn order(&self, other: &Self) -> core::cmp::Ordering {
        match (self.number(), other.number()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            // The left side has become a number by then: `+3` is compared as `3`.
            (Ok(left), Err(_)) => Self::Number(left).text().cmp(&other.text()),
            _ => self.text().cmp(&other.text()),
        }
    }
}

struct Parser<'a> {
    words: &'a [Vec<u8>],
    /// Patterns with an anchor that is superfluous.
    warnings: Vec<Vec<u8>>,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a [u8], Fault> {
        let (first, rest) = self.words.split_first().ok_or(Fault::Syntax)?;
        self.words = rest;
        Ok(first)
    }

    /// An expression of operators that bind at least as strongly as those of a level.
    fn level(&mut self, lowest: usize) -> Result<Value, Fault> {
        let mut left = self.operand()?;
        while let Some(word) = self.words.first() {
            let mut levels = LEVELS.iter().enumerate().skip(lowest);
            let found = levels.find_map(|(level, operators)| {
                operators.iter().find(|(name, _)| name == word).map(|operator| (level, operator))
            });
            let Some((level, (name, apply))) = found else { break };
            self.next()?;
            let right = self.level(level + 1)?;
            if *name == b":" {
                self.note(&right);
            }
            left = apply(&left, &right)?;
        }
        Ok(left)
    }

    fn note(&mut self, pattern: &Value) {
        let text = pattern.text();
        if text.first() == Some(&b'^') {
            self.warnings.push(text);
        }
    }

    fn operand(&mut self) -> Result<Value, Fault> {
        let word = self.next()?;
        match word {
            b"quote" => self.next().map(Value::of_text),
            b"length" => Ok(Value::Number(self.operand()?.text().len() as i64)),
            b"match" | b"index" | b"substr" => self.function(word),
            b"(" => {
                let value = self.level(0)?;
                if self.next()? == b")" { Ok(value) } else { Err(Fault::Syntax) }
            }
            b")" => Err(Fault::Syntax),
            word => Ok(Value::of_text(word)),
        }
    }

    /// A function of texts, which a nest of parentheses keeps no room for.
    #[inline(never)]
    fn function(&mut self, name: &[u8]) -> Result<Value, Fault> {
        let text = self.operand()?.text();
        match name {
            b"match" => {
                let pattern = self.operand()?;
                self.note(&pattern);
                matched(&text, &pattern.text()).map(|(value, _)| value)
            }
            b"index" => {
                let set = self.operand()?.text();
                let found = text.iter().position(|byte| set.contains(byte));
                Ok(Value::Number(found.map_or(0, |at| at as i64 + 1)))
            }
            _ => {
                let (start, length) = (self.operand()?, self.operand()?);
                let part = match (start.number(), length.number()) {
                    (Ok(start @ 1..), Ok(length @ 1..)) => {
                        let rest = text.get(start as usize - 1..).unwrap_or_default();
                        rest.get(..rest.len().min(length as usize)).unwrap_or_default()
                    }
                    _ => b"",
                };
                Ok(Value::of_text(part))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    fn value(words: &str) -> (u8, String) {
        let words: Vec<&str> = words.split(' ').collect();
        let (code, out, err) = run(&APPLET, &words);
        (code, if err.is_empty() { out.trim_end().to_owned() } else { err.trim_end().to_owned() })
    }

    #[test]
    fn values() {
        for (words, code, expected) in [
            ("1 + 2 * 3", 0, "7"),
            ("( 1 + 2 ) * 3", 0, "9"),
            ("-7 / 2", 0, "-3"),
            ("5 % 0", 2, "expr: division by zero"),
            ("a = b", 1, "0"),
            ("02 = 2", 0, "1"),
            ("abc : a\\(b\\)", 0, "b"),
            ("abc : z", 1, "0"),
            ("0 | 00", 0, "00"),
            ("a & 0", 1, "0"),
            ("substr abcdef 2 3", 0, "bcd"),
            ("index abcdef dx", 0, "4"),
            ("quote length", 0, "length"),
            ("length", 2, "expr: syntax error"),
            ("1 +", 2, "expr: syntax error"),
            ("a + 1", 2, "expr: non-numeric argument"),
            ("9223372036854775807 + 1", 0, "-9223372036854775808"),
            ("-- 1 + 1", 2, "expr: syntax error"),
            ("length +", 0, "1"),
            ("+3 < 1.5", 1, "0"),
        ] {
            assert_eq!(value(words), (code, expected.to_owned()), "{words}");
        }
    }
}
