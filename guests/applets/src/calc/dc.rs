//! `dc`: a calculator with a stack.

use std::collections::BTreeMap;

use wcr_sys::fd;

use super::number::{Fault, Number, wrapped};
use super::program::{Program, line_number};
use super::{INPUT_BASE_MAX, OUTPUT_BASE_MAX};
use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "dc",
    "dc [-x] [-eSCRIPT]... [-fFILE]... [FILE]...\n\n\
     Tiny RPN calculator. Operations:\n\
     Arithmetic: + - * / % ^\n\
     ~ - divide with remainder\n\
     | - modular exponentiation\n\
     v - square root\n\
     p - print top of the stack without popping\n\
     f - print entire stack\n\
     k - pop the value and set precision\n\
     i - pop the value and set input radix\n\
     o - pop the value and set output radix\n\
     Examples: dc -e'2 2 + p' -> 4, dc -e'8 8 * 2 2 + / p' -> 16",
    main,
);

const SPEC: Spec = Spec::plain("xe:f:");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut scripts: Vec<(bool, Vec<u8>)> = parsed
        .options
        .iter()
        .filter(|(key, _)| *key != b'x')
        .map(|(key, value)| (*key == b'f', value.clone().unwrap_or_default()))
        .collect();
    scripts.extend(parsed.operands.iter().map(|path| (true, path.clone())));
    let mut machine = Machine::default();
    let from_stdin = scripts.is_empty();
    for (is_file, text) in scripts {
        let program = if is_file { Program::file(ctx, &text)? } else { Program::argument(text) };
        if let End::Quit = machine.whole(ctx, &program)? {
            return Ok(0);
        }
    }
    if from_stdin {
        let program = Program::stdin(ctx)?;
        machine.whole(ctx, &program)?;
    }
    Ok(0)
}

/// A value on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(Number),
    Text(Vec<u8>),
}

/// Why a script stops.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stop {
    Fault(Fault),
    TooFew,
    WrongType,
    BadCharacter(u8),
    BadBase(u8),
    /// A command lacks the name of a register: the text from there on.
    BadToken(Vec<u8>),
    Unterminated,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    fn message(self) -> Vec<u8> {
        match self {
            Self::Fault(fault) => fault.message().into(),
            Self::TooFew => b"stack has too few elements".to_vec(),
            Self::WrongType => b"variable is wrong type".to_vec(),
            Self::BadCharacter(byte) => [b"bad character '", &[byte][..], b"'"].concat(),
            Self::BadToken(text) => [b"bad token at '", text.as_slice(), b"'"].concat(),
            Self::Unterminated => b"unterminated string".to_vec(),
            Self::BadBase(b'i') => b"bad ibase; must be [2,16]".to_vec(),
            Self::BadBase(_) => b"bad obase; must be [2,999]".to_vec(),
        }
    }
}

/// Where the word that begins at `at`, blanks before it left out, ends; the end of the line is one.
fn word_end(text: &[u8], at: usize) -> Result<usize, Stop> {
    let rest = text.get(at..).unwrap_or_default();
    let at = at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F' | b'.');
    Ok(match text.get(at..).unwrap_or_default() {
        [] => at,
        [b'[', rest @ ..] => {
            let mut depth = 1;
            let closing = rest.iter().position(|byte| {
                depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
                depth == 0
            });
            at + closing.ok_or(Stop::Unterminated)? + 2
        }
        [b'.', next, ..] if !next.is_ascii_digit() && !(b'A'..=b'F').contains(next) => {
            return Err(Stop::BadCharacter(b'.'));
        }
        [b'_', b'.', next, ..] if !is_digit(next) => return Err(Stop::BadCharacter(b'.')),
        [b'_'] => return Err(bad_token(text, at)),
        [b'_' | b'0'..=b'9' | b'A'..=b'F' | b'.', ..] => {
            let start = if text.get(at) == Some(&b'_') { behind_blanks(text, at + 1) } else { at };
            let digits = text.iter().skip(start).take_while(|byte| is_digit(byte)).count();
            if digits == 0 {
                return Err(bad_token(text, if start == text.len() { at + 1 } else { start }));
            }
            start + digits
        }
        [b's' | b'S' | b'l' | b'L' | b':' | b';' | b'<' | b'>' | b'=' | b'e', ..] => at + 2,
        [b'!', b'<' | b'>' | b'=', ..] => at + 3,
        [b'#', rest @ ..] => at + 1 + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
        [byte, ..] if WORDS.contains(byte) => at + 1,
        [byte, ..] => return Err(Stop::BadCharacter(*byte)),
    })
}

/// Where the blanks at `at` end, which mean nothing between the sign of a number and its digits.
fn behind_blanks(text: &[u8], at: usize) -> usize {
    at + text.iter().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// What a command that lacks a word says: the text from it on, to the end of the line.
fn bad_token(text: &[u8], at: usize) -> Stop {
    let rest = text.get(at..).unwrap_or_default();
    Stop::BadToken(rest.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec())
}

/// The name of a register behind the command that ends at `at`.
fn register_name(text: &[u8], at: &mut usize) -> Result<u8, Stop> {
    let name = text.get(*at).copied().ok_or_else(|| bad_token(text, at.saturating_sub(1)))?;
    *at += 1;
    Ok(name)
}

/// The register that a comparison names behind `e`, for when it does not hold.
fn else_register(text: &[u8], at: &mut usize) -> Result<Option<u8>, Stop> {
    let rest = text.get(*at..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if rest.get(blanks) != Some(&b'e') {
        return Ok(None);
    }
    *at += blanks + 1;
    register_name(text, at).map(Some)
}

/// The lowest byte of a number, what is behind the point left out.
fn low_byte(number: &Number) -> Result<u8, Stop> {
    Ok(number.with_scale(0).absolute().remainder(&Number::from(256), 0)?.to_count()? as u8)
}

/// A line of standard input, byte by byte, so that the rest is left to the next one who asks.
fn next_line() -> Vec<u8> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    // What cannot be read ends the input.
    while matches!(fd::read(fd::STDIN, &mut byte), Ok(1)) && byte != *b"\n" {
        line.push(byte[0]);
    }
    line
}

/// How a script or macro ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Quit,
    /// So many macros are left, this one included.
    Leave(u64),
}

#[derive(Debug)]
struct Machine {
    stack: Vec<Value>,
    registers: BTreeMap<u8, Vec<Value>>,
    arrays: BTreeMap<(u8, usize), Value>,
    scale: usize,
    input: u32,
    output: u32,
    out: Vec<u8>,
    /// How many characters of a number stand in a line; 0 for all.
    line: usize,
    /// The line of what stopped a script, in the innermost macro.
    fault_line: Option<usize>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            stack: Vec::new(),
            registers: BTreeMap::new(),
            arrays: BTreeMap::new(),
            scale: 0,
            input: 10,
            output: 10,
            out: Vec::new(),
            line: match crate::environ::var(b"DC_LINE_LENGTH").and_then(|text| parse_decimal(&text)) {
                Some(0) => 0,
                Some(columns) if columns > 2 && columns < 65_536 => columns as usize - 1,
                _ => LINE - 1,
            },
            fault_line: None,
        }
    }
}

/// The commands of one letter, and the end of a line.
const WORDS: &[u8] = b"\n+-*/%~^|v({GNpnPfcdrRakioKIOzZXxqQ?";

/// How many digits a line takes.
const LINE: usize = 70;

impl Machine {
    /// Runs a script and prints what it says.
    fn whole(&mut self, ctx: &mut Context<'_>, program: &Program) -> Result<End, Quit> {
        let end = self.run(&program.text, 1);
        ctx.put(&core::mem::take(&mut self.out));
        match (end, program.illegal()) {
            (Ok(End::Quit), _) => Ok(End::Quit),
            (Ok(end), None) => Ok(end),
            (Ok(_), Some(message)) => Err(program.fault(ctx, line_number(&program.text), &message)),
            (Err(stop), _) => Err(program.fault(ctx, self.fault_line.unwrap_or(1), &stop.message())),
        }
    }

    /// Runs a script or the text of a macro, whose lines are counted from `first_line`.
    fn run(&mut self, text: &[u8], first_line: usize) -> Result<End, Stop> {
        let mut at = 0;
        let end = self.commands(text, &mut at);
        if end.is_err() && self.fault_line.is_none() {
            self.fault_line = Some(first_line + line_number(text.get(..at).unwrap_or_default()) - 1);
        }
        end
    }

    /// Runs a text; `at` is how far it came.
    fn commands(&mut self, text: &[u8], command: &mut usize) -> Result<End, Stop> {
        let position = &mut 0;
        while let Some(byte) = text.get(*position).copied() {
            *command = *position;
            // The next word of the line is read before a command is carried out.
            let end = word_end(text, *position)?;
            if byte != b'\n' {
                let next = word_end(text, end)?;
                // What a comparison does when it does not hold belongs to it.
                let compares = matches!(byte, b'<' | b'>' | b'=') || byte == b'!' && end > *position + 1;
                if compares && text.get(end..next).is_some_and(|word| word.trim_ascii_start().starts_with(b"e")) {
                    word_end(text, next)?;
                }
            }
            let at = &mut *position;
            *at += 1;
            wcr_sys::pace::steps(super::STEPS);
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {}
                b'#' => *at += text.get(*at..).and_then(|rest| memchr::memchr(b'\n', rest)).unwrap_or(text.len() - *at),
                b'.' if !text.get(*at).is_some_and(|next| matches!(next, b'0'..=b'9' | b'A'..=b'F')) => {
                    return Err(Stop::BadCharacter(b'.'));
                }
                b'0'..=b'9' | b'A'..=b'F' | b'.' | b'_' => {
                    let start = if byte == b'_' { behind_blanks(text, *at) } else { *at - 1 };
                    let digits = text.get(start..).unwrap_or_default();
                    let mut points = 0;
                    let len = digits
                        .iter()
                        .take_while(|byte| {
                            points += usize::from(**byte == b'.');
                            matches!(**byte, b'0'..=b'9' | b'A'..=b'F') || **byte == b'.' && points < 2
                        })
                        .count();
                    let number = Number::parse(digits.get(..len).unwrap_or_default(), self.input);
                    *at = start + len;
                    self.push(if byte == b'_' { number.negated() } else { number });
                }
                b'[' => {
                    let start = *at;
                    let mut depth = 1;
                    while depth > 0 {
                        match text.get(*at) {
                            Some(b'[') => depth += 1,
                            Some(b']') => depth -= 1,
                            Some(_) => {}
                            None => break,
                        }
                        *at += 1;
                    }
                    if depth > 0 {
                        *at = start;
                        return Err(Stop::Unterminated);
                    }
                    let end = *at - 1;
                    self.stack.push(Value::Text(text.get(start..end).unwrap_or_default().to_vec()));
                }
                b's' | b'S' | b'l' | b'L' | b':' | b';' => {
                    let register = register_name(text, at)?;
                    self.register(byte, register)?;
                }
                b'<' | b'>' | b'=' | b'!' => {
                    let mut relation = byte;
                    if byte == b'!' {
                        relation = text.get(*at).copied().unwrap_or(0);
                        *at += 1;
                        if !matches!(relation, b'<' | b'>' | b'=') {
                            return Err(Stop::BadCharacter(b'!'));
                        }
                    }
                    let register = register_name(text, at)?;
                    let otherwise = else_register(text, at)?;
                    let (top, below) = (self.number()?, self.number()?);
                    let order = top.compare(&below);
                    let holds = match relation {
                        b'<' => order.is_lt(),
                        b'>' => order.is_gt(),
                        _ => order.is_eq(),
                    };
                    let chosen = if holds != (byte == b'!') { Some(register) } else { otherwise };
                    if let Some(register) = chosen {
                        let Value::Text(body) = self.top_of(register) else { return Err(Stop::WrongType) };
                        // The lines of such a macro are counted from 0.
                        match self.run(&body, 0)? {
                            End::Done | End::Leave(1) => {}
                            End::Leave(count) => return Ok(End::Leave(count - 1)),
                            End::Quit => return Ok(End::Quit),
                        }
                    }
                }
                b'x' => match self.pop()? {
                    Value::Text(body) => match self.run(&body, 1)? {
                        End::Done | End::Leave(1) => {}
                        End::Leave(count) => return Ok(End::Leave(count - 1)),
                        End::Quit => return Ok(End::Quit),
                    },
                    number => self.stack.push(number),
                },
                b'?' => {
                    let line = next_line();
                    match self.run(&line, 1)? {
                        End::Done | End::Leave(1) => {}
                        End::Leave(count) => return Ok(End::Leave(count - 1)),
                        End::Quit => return Ok(End::Quit),
                    }
                }
                b'e' => return Err(bad_token(text, *at - 1)),
                b'q' => return Ok(End::Quit),
                b'Q' => {
                    let count = self.number()?.to_count()?;
                    if count > 0 {
                        return Ok(End::Leave(count));
                    }
                }
                other => self.operation(other)?,
            }
        }
        Ok(End::Done)
    }

    fn push(&mut self, number: Number) {
        self.stack.push(Value::Number(number));
    }

    fn pop(&mut self) -> Result<Value, Stop> {
        self.stack.pop().ok_or(Stop::TooFew)
    }

    /// The number on top, taken off.
    fn number(&mut self) -> Result<Number, Stop> {
        match self.pop()? {
            Value::Number(number) => Ok(number),
            Value::Text(_) => Err(Stop::WrongType),
        }
    }

    /// The two numbers on top in the order they were put there.
    fn pair(&mut self) -> Result<(Number, Number), Stop> {
        if self.stack.len() < 2 {
            return Err(Stop::TooFew);
        }
        let second = self.number()?;
        Ok((self.number()?, second))
    }

    fn top_of(&self, register: u8) -> Value {
        let values = self.registers.get(&register);
        values.and_then(|values| values.last()).cloned().unwrap_or(Value::Number(Number::zero()))
    }

    fn register(&mut self, command: u8, register: u8) -> Result<(), Stop> {
        match command {
            b's' => {
                let value = self.pop()?;
                let values = self.registers.entry(register).or_default();
                values.pop();
                values.push(value);
            }
            b'S' => {
                let value = self.pop()?;
                let values = self.registers.entry(register).or_insert_with(|| vec![Value::Number(Number::zero())]);
                values.push(value);
            }
            b'l' => self.stack.push(self.top_of(register)),
            b'L' => {
                // The value at the bottom stays.
                let values = self.registers.get_mut(&register).filter(|values| values.len() > 1);
                let value = values.and_then(Vec::pop).ok_or(Stop::TooFew)?;
                self.stack.push(value);
            }
            b':' => {
                let index = self.number()?.to_index()?;
                let value = self.pop()?;
                self.arrays.insert((register, index), value);
            }
            _ => {
                let index = self.number()?.to_index()?;
                let value = self.arrays.get(&(register, index)).cloned();
                self.stack.push(value.unwrap_or(Value::Number(Number::zero())));
            }
        }
        Ok(())
    }

    fn operation(&mut self, command: u8) -> Result<(), Stop> {
        match command {
            b'+' => {
                let (one, two) = self.pair()?;
                self.push(one.add(&two));
            }
            b'-' => {
                let (one, two) = self.pair()?;
                self.push(one.subtract(&two));
            }
            b'*' => {
                let (one, two) = self.pair()?;
                self.push(one.multiply(&two, self.scale));
            }
            b'/' => {
                let (one, two) = self.pair()?;
                self.push(one.divide(&two, self.scale)?);
            }
            b'%' => {
                let (one, two) = self.pair()?;
                self.push(one.remainder(&two, self.scale)?);
            }
            b'~' => {
                let (one, two) = self.pair()?;
                self.push(one.divide(&two, self.scale)?);
                self.push(one.remainder(&two, self.scale)?);
            }
            b'^' => {
                let (one, two) = self.pair()?;
                self.push(one.power(&two, self.scale)?);
            }
            b'|' => {
                if self.stack.len() < 3 {
                    return Err(Stop::TooFew);
                }
                let modulus = self.number()?;
                let (base, exponent) = self.pair()?;
                self.push(base.power_modulo(&exponent, &modulus)?);
            }
            b'v' => {
                let number = self.number()?;
                self.push(number.square_root(self.scale)?);
            }
            b'(' | b'{' | b'G' => {
                let (one, two) = self.pair()?;
                let order = two.compare(&one);
                let holds = match command {
                    b'(' => order.is_lt(),
                    b'{' => order.is_le(),
                    _ => order.is_eq(),
                };
                self.push(Number::from(holds.into()));
            }
            b'N' => {
                let number = self.number()?;
                self.push(Number::from(number.is_zero().into()));
            }
            // None of the three takes off what it shows.
            b'p' | b'n' => {
                let value = self.stack.last().cloned().ok_or(Stop::TooFew)?;
                self.show(&value);
            }
            b'P' => match self.stack.last().ok_or(Stop::TooFew)? {
                Value::Text(text) => self.out.extend_from_slice(text),
                Value::Number(number) if number.is_negative() => return Err(Fault::Negative.into()),
                Value::Number(number) => self.out.extend(number.bytes()),
            },
            b'f' => {
                let values: Vec<Value> = self.stack.iter().rev().cloned().collect();
                values.iter().for_each(|value| self.show(value));
            }
            b'a' => {
                let character = match self.pop()? {
                    Value::Number(number) if number.is_negative() => return Err(Fault::Negative.into()),
                    Value::Number(number) => low_byte(&number)?,
                    Value::Text(text) => text.first().copied().unwrap_or(0),
                };
                self.stack.push(Value::Text(vec![character]));
            }
            b'R' => drop(self.pop()?),
            b'c' => self.stack.clear(),
            b'd' => {
                let value = self.stack.last().cloned().ok_or(Stop::TooFew)?;
                self.stack.push(value);
            }
            b'r' => {
                if self.stack.len() < 2 {
                    return Err(Stop::TooFew);
                }
                let (one, two) = (self.pop()?, self.pop()?);
                self.stack.extend([one, two]);
            }
            b'k' => self.scale = self.number()?.to_scale()?,
            b'i' => self.input = self.base(b'i', INPUT_BASE_MAX)?,
            b'o' => self.output = self.base(b'o', OUTPUT_BASE_MAX)?,
            b'K' => self.push(Number::from(self.scale as i64)),
            b'I' => self.push(Number::from(self.input.into())),
            b'O' => self.push(Number::from(self.output.into())),
            b'z' => self.push(Number::from(self.stack.len() as i64)),
            b'Z' => {
                let length = match self.pop()? {
                    Value::Number(number) => number.length(),
                    Value::Text(text) => text.len(),
                };
                self.push(Number::from(length as i64));
            }
            b'X' => {
                let scale = match self.pop()? {
                    Value::Number(number) => number.scale(),
                    Value::Text(_) => return Err(Stop::WrongType),
                };
                self.push(Number::from(scale as i64));
            }
            other => return Err(Stop::BadCharacter(other)),
        }
        Ok(())
    }

    fn base(&mut self, which: u8, most: u64) -> Result<u32, Stop> {
        let base = self.number()?.to_count()?;
        if (2..=most).contains(&base) { Ok(base as u32) } else { Err(Stop::BadBase(which)) }
    }

    fn show(&mut self, value: &Value) {
        match value {
            Value::Number(number) => {
                self.out.extend_from_slice(wrapped(&number.show(self.output), self.line).as_bytes())
            }
            Value::Text(text) => self.out.extend_from_slice(text),
        }
        self.out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn scripts() {
        let out = |script: &str| run(&APPLET, &["-e", script]).1;
        assert_eq!(out("2 2 + p"), "4\n");
        assert_eq!(out("5k1 3/p 2vp"), ".33333\n1.41421\n");
        assert_eq!(out("7 3~f"), "1\n2\n");
        assert_eq!(out("5[d p 1-d 0<a]dsax"), "5\n4\n3\n2\n1\n");
        assert_eq!(out("16o255p 16iFFp"), "FF\nFF\n");
        assert_eq!(out("1Sa2SaLapLap"), "2\n1\n");
        assert_eq!(out("_5 3*p [hello]P 65P"), "-15\nhelloA");
        assert_eq!(out("255n2:bf"), "255\n");
        assert_eq!(out("4276545.25P.3P"), "AAA@L");
    }

    #[test]
    fn faults() {
        let err = |script: &str| run(&APPLET, &["-e", script]).2;
        assert_eq!(err("+"), "dc: stack has too few elements\n");
        assert_eq!(err("[a][b]+"), "dc: variable is wrong type\n");
        assert_eq!(err("1 0/"), "dc: divide by zero\n");
        assert_eq!(err("1sa La"), "dc: stack has too few elements\n");
        assert_eq!(err("3.0 2 5|"), "dc: not an integer\n");
        assert_eq!(err("5 ! echo"), "dc: bad character '!'\n");
    }
}
