//! A template's text as pieces: what is printed as it is, and the words of each action.

use serde_json::Number;

use super::error::{Fault, Reason};

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Printed as it is, with `\t` and `\n` for a tab and a line end.
    Text(String),
    /// What stands between `{{` and `}}`.
    Action { at: usize, tokens: Vec<Token> },
}

/// A word of an action, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// The words there are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Space,
    Dot,
    Field(String),
    Variable(String),
    Word(String),
    Quoted(String),
    Number(Number),
    Pipe,
    Open,
    Close,
    Declare,
    Assign,
    Comma,
}

/// Takes a template apart.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim_left = false;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let start = rest.find("{{");
        let mut plain = start.map_or(rest, |start| &rest[..start]);
        if trim_left {
            plain = plain.trim_start();
        }
        let Some(start) = start else {
            push_text(&mut pieces, plain);
            return Ok(pieces);
        };
        let mut body = at + start + 2;
        let trims = rest[start + 2..].strip_prefix('-').is_some_and(|after| after.starts_with(char::is_whitespace));
        if trims {
            plain = plain.trim_end();
            body += 1;
        }
        push_text(&mut pieces, plain);
        let mut lexer = Lexer { text, at: body, opened: at + start, tokens: Vec::new() };
        trim_left = match lexer.comment()? {
            Some(trims) => trims,
            None => {
                let trims = lexer.action()?;
                pieces.push(Piece::Action { at: lexer.opened, tokens: lexer.tokens });
                trims
            }
        };
        at = lexer.at;
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.replace(r"\t", "\t").replace(r"\n", "\n")));
    }
}

/// Reads one action.
struct Lexer<'a> {
    text: &'a str,
    at: usize,
    opened: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over a comment, if this action is one; whether it trims what follows.
    fn comment(&mut self) -> Result<Option<bool>, Fault> {
        let Some(body) = self.rest().trim_start().strip_prefix("/*") else { return Ok(None) };
        let unclosed = |reason| Fault { at: self.opened, reason };
        let (_, after) = body.split_once("*/").ok_or_else(|| unclosed(Reason::UnclosedComment))?;
        let end = |after: &str| self.text.len() - after.len();
        if let Some(after) = after.strip_prefix("}}") {
            self.at = end(after);
            return Ok(Some(false));
        }
        let closed = after.trim_start().strip_prefix("-}}").filter(|_| after.starts_with(char::is_whitespace));
        self.at = end(closed.ok_or_else(|| unclosed(Reason::UnclosedAction))?);
        Ok(Some(true))
    }

    /// Reads words up to the end of the action; whether it trims what follows.
    fn action(&mut self) -> Result<bool, Fault> {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Err(Fault { at: self.opened, reason: Reason::UnclosedAction });
            };
            if rest.starts_with("}}") {
                self.at += 2;
                return Ok(false);
            }
            let spaces = rest.len() - rest.trim_start().len();
            if spaces > 0 {
                if rest[spaces..].starts_with("-}}") {
                    self.at += spaces + 3;
                    return Ok(true);
                }
                self.push(Kind::Space, spaces);
                continue;
            }
            self.word(rest, first)?;
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token { at: self.at, kind });
        self.at += length;
    }

    fn word(&mut self, rest: &'a str, first: char) -> Result<(), Fault> {
        let name = |text: &'a str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
            &text[..end]
        };
        let tail = &rest[first.len_utf8()..];
        let next_is_digit = tail.starts_with(|c: char| c.is_ascii_digit());
        match first {
            '"' => self.quoted(tail, '"'),
            '\'' => self.quoted(tail, '\''),
            '`' => {
                let at = self.at;
                let end = tail.find('`').ok_or(Fault { at, reason: Reason::UnterminatedString })?;
                self.push(Kind::Quoted(tail[..end].to_owned()), end + 2);
                Ok(())
            }
            '0'..='9' | '+' | '-' | '.' if first.is_ascii_digit() || next_is_digit => self.number(rest),
            '.' => {
                let name = name(tail);
                let kind = if name.is_empty() { Kind::Dot } else { Kind::Field(name.to_owned()) };
                self.push(kind, 1 + name.len());
                Ok(())
            }
            '$' => {
                let name = name(tail);
                self.push(Kind::Variable(name.to_owned()), 1 + name.len());
                Ok(())
            }
            ':' if tail.starts_with('=') => {
                self.push(Kind::Declare, 2);
                Ok(())
            }
            '=' | '|' | '(' | ')' | ',' => {
                let kind = match first {
                    '=' => Kind::Assign,
                    '|' => Kind::Pipe,
                    '(' => Kind::Open,
                    ')' => Kind::Close,
                    _ => Kind::Comma,
                };
                self.push(kind, 1);
                Ok(())
            }
            first if first.is_alphabetic() || first == '_' => {
                let name = name(rest);
                self.push(Kind::Word(name.to_owned()), name.len());
                Ok(())
            }
            other => Err(Fault { at: self.at, reason: Reason::BadCharacter(other) }),
        }
    }

    /// A text in double quotes, or a character in single ones, which is a number; `tail` follows the first quote.
    fn quoted(&mut self, tail: &str, quote: char) -> Result<(), Fault> {
        let fault = |reason| Fault { at: self.at, reason };
        let mut value = String::new();
        let mut chars = tail.char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '\n' => break,
                '\\' => {
                    let (_, kind) = chars.next().ok_or_else(|| fault(Reason::UnterminatedString))?;
                    let (c, more) = escape(kind, chars.as_str()).ok_or_else(|| fault(Reason::BadEscape))?;
                    value.push(c);
                    for _ in 0..more {
                        chars.next();
                    }
                }
                c if c == quote => {
                    let kind = match quote {
                        '"' => Kind::Quoted(value),
                        _ => {
                            let mut letters = value.chars();
                            match (letters.next(), letters.next()) {
                                (Some(letter), None) => Kind::Number(u32::from(letter).into()),
                                _ => return Err(fault(Reason::BadCharacter(quote))),
                            }
                        }
                    };
                    self.push(kind, index + 2);
                    return Ok(());
                }
                c => value.push(c),
            }
        }
        Err(fault(Reason::UnterminatedString))
    }

    fn number(&mut self, rest: &str) -> Result<(), Fault> {
        let in_number = |(at, c): (usize, char)| {
            let sign_of_exponent = || matches!(rest.as_bytes().get(at.wrapping_sub(1)), Some(b'e' | b'E'));
            c.is_alphanumeric() || matches!(c, '.' | '_') || (matches!(c, '+' | '-') && (at == 0 || sign_of_exponent()))
        };
        let end = rest.char_indices().find(|pair| !in_number(*pair)).map_or(rest.len(), |(at, _)| at);
        let written = &rest[..end];
        let number = number(written);
        let fault = || Fault { at: self.at, reason: Reason::BadNumber(written.to_owned()) };
        let number = number.ok_or_else(fault)?;
        self.push(Kind::Number(number), end);
        Ok(())
    }
}

/// The character of an escape in a text, and how many characters of `rest` belong to it.
fn escape(kind: char, rest: &str) -> Option<(char, usize)> {
    let code = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    let plain = match kind {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '"' | '\'' => kind,
        '0'..='7' => return Some((code(&format!("{kind}{}", rest.get(..2)?), 8)?, 2)),
        'x' => return Some((code(rest.get(..2)?, 16)?, 2)),
        'u' => return Some((code(rest.get(..4)?, 16)?, 4)),
        'U' => return Some((code(rest.get(..8)?, 16)?, 8)),
        _ => return None,
    };
    Some((plain, 0))
}

/// A number as Go writes it: decimal, with a prefix for other bases, with a point or an exponent.
fn number(written: &str) -> Option<Number> {
    let digits = written.replace('_', "");
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let lower = digits.to_ascii_lowercase();
    let bases = [("0x", 16), ("0b", 2), ("0o", 8)];
    let based = bases.into_iter().find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, radix)));
    let whole = match based {
        Some((digits, radix)) => i64::from_str_radix(digits, radix).ok(),
        None => lower.parse().ok(),
    };
    match whole {
        Some(whole) => Some(if negative { -whole } else { whole }.into()),
        None if based.is_some() || !lower.chars().all(|c| c.is_ascii_digit() || "+-.e".contains(c)) => None,
        None => {
            let value: f64 = lower.parse().ok()?;
            // 1e3 is a whole number, as Go has it.
            let value = if negative { -value } else { value };
            if value.fract() == 0.0 && value.abs() < 1e15 {
                return Some((value as i64).into());
            }
            Number::from_f64(value)
        }
    }
}
