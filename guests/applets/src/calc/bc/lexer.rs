//! The words of `bc`.

use crate::calc::program::line_number;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Vec<u8>),
    Name(Vec<u8>),
    Text(Vec<u8>),
    /// An operator or a mark, of up to two characters.
    Sign(&'static str),
    Newline,
    End,
    /// A character that begins no word.
    Unknown(u8),
    /// What POSIX does not have, where nothing else is wanted: what is said of it.
    Refused(Vec<u8>),
    /// A string or a comment that does not end.
    Unterminated(&'static str),
}

/// The operators, longer ones first.
const SIGNS: [&str; 33] = [
    "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "^",
    "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ";", ",", ".",
];

/// Reads words.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the word that was read last begins.
    pub start: usize,
    /// Where what diagnostics show begins: at the end of the text the last word or blanks.
    shown: usize,
    /// Whether a comment that begins with `#` stood before it.
    pub after_comment: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, start: 0, shown: 0, after_comment: false }
    }

    /// The text from the last word to the end of its line, as diagnostics show it.
    pub(super) fn rest_of_line(&self) -> Vec<u8> {
        let rest = self.text.get(self.shown..).unwrap_or_default();
        rest.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec()
    }

    /// The line that the last word stands in, counted from 1.
    pub(super) fn line(&self) -> usize {
        line_number(self.text.get(..self.start).unwrap_or_default())
    }

    /// Whether the last word is the end of the text.
    pub(super) fn is_at_end(&self) -> bool {
        self.start >= self.text.len()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Goes to the next word; whether there is no comment that does not end.
    fn skip_blanks(&mut self) -> bool {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b' ' | b'\t' | b'\r' | 11 | 12), _) => self.at += 1,
                (Some(b'\\'), Some(b'\n')) => self.at += 2,
                (Some(b'#'), _) => {
                    self.after_comment = true;
                    while self.peek(0).is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                (Some(b'/'), Some(b'*')) => {
                    let start = self.at;
                    self.at += 2;
                    while self.peek(0).is_some() && (self.peek(0), self.peek(1)) != (Some(b'*'), Some(b'/')) {
                        self.at += 1;
                    }
                    if self.peek(0).is_none() {
                        self.at = start;
                        return false;
                    }
                    self.at += 2;
                }
                _ => return true,
            }
        }
    }

    fn take_while(&mut self, mut fits: impl FnMut(u8) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(byte) = self.peek(0) {
            if (byte, self.peek(1)) == (b'\\', Some(b'\n')) {
                self.at += 2;
                continue;
            }
            if !fits(byte) {
                break;
            }
            out.push(byte);
            self.at += 1;
        }
        out
    }

    pub(super) fn next(&mut self) -> Token {
        self.after_comment = false;
        let (before, blanks) = (self.start, self.at);
        let whole = self.skip_blanks();
        self.start = self.at;
        if !whole {
            return Token::Unterminated("comment");
        }
        let Some(byte) = self.peek(0) else {
            if self.at > blanks {
                self.shown = blanks;
            } else if before < self.at {
                // Of a line of one word nothing is shown.
                let begins_line = before.checked_sub(1).is_none_or(|at| self.text.get(at) == Some(&b'\n'));
                self.shown = if begins_line { self.at } else { before };
            }
            return Token::End;
        };
        self.shown = self.start;
        match byte {
            b'\n' => {
                self.at += 1;
                Token::Newline
            }
            b'0'..=b'9' | b'A'..=b'Z' => self.number(),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit() || next.is_ascii_uppercase()) => {
                self.number()
            }
            b'a'..=b'z' => {
                Token::Name(self.take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
            }
            b'"' => {
                self.at += 1;
                let text = self.take_while(|byte| byte != b'"');
                if self.peek(0).is_none() {
                    return Token::Unterminated("string");
                }
                self.at += 1;
                Token::Text(text)
            }
            _ => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                match SIGNS.iter().find(|sign| rest.starts_with(sign.as_bytes())) {
                    Some(sign) => {
                        self.at += sign.len();
                        Token::Sign(sign)
                    }
                    None => {
                        self.at += 1;
                        Token::Unknown(byte)
                    }
                }
            }
        }
    }

    fn number(&mut self) -> Token {
        let mut points = 0;
        Token::Number(self.take_while(|byte| {
            points += usize::from(byte == b'.');
            byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'.' && points < 2
        }))
    }
}

impl Lexer<'_> {
    /// Whether this byte stands before the last word, blanks apart.
    pub(super) fn follows(&self, byte: u8) -> bool {
        let before = self.text.get(..self.start).unwrap_or_default();
        before.trim_ascii_end().last() == Some(&byte)
    }
}
