//! `[[ … ]]`.

use crate::syntax::ast::bash::{Condition, Extended};
use crate::syntax::ast::{Command, Part, Word};
use crate::syntax::parser::Parser;
use crate::syntax::{Result, SyntaxError};

/// The letters of the operators with one operand.
const UNARY: &[u8] = b"abcdefghknoprstuvwxzGLNORS";

/// What stands next in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Open,
    Close,
    And,
    Or,
    /// `<` or `>`
    Order(u8),
    Word,
    End,
}

impl Parser<'_> {
    pub(in crate::syntax) fn condition_command(&mut self, line: u32) -> Result<Command> {
        let patterns = core::mem::replace(&mut self.extended_patterns, true);
        let condition = self.disjunction();
        self.extended_patterns = patterns;
        let condition = condition?;
        if !self.take_end() {
            let word = self.condition_word()?;
            return Err(self.near(&word));
        }
        Ok(Command::Extended(Box::new(Extended::Condition { condition, line })))
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n') = self.input.peek_joined() {
            self.input.next();
        }
    }

    fn next_in_condition(&mut self) -> Next {
        self.skip_blanks();
        match (self.input.peek(), self.input.peek_second()) {
            (None, _) => Next::End,
            (Some(b'('), _) => Next::Open,
            (Some(b')'), _) => Next::Close,
            (Some(b'&'), Some(b'&')) => Next::And,
            (Some(b'|'), Some(b'|')) => Next::Or,
            (Some(byte @ (b'<' | b'>')), second) if second != Some(b'(') => Next::Order(byte),
            _ => Next::Word,
        }
    }

    /// Takes `]]`, if it stands next.
    fn take_end(&mut self) -> bool {
        self.skip_blanks();
        let line = self.input.rest_of_line();
        let ends = line.starts_with(b"]]") && line.get(2).is_none_or(|byte| b" \t;&|)<>".contains(byte));
        if ends {
            self.input.next();
            self.input.next();
        }
        ends
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        let line = self.input.rest_of_line();
        line.starts_with(b"]]") && line.get(2).is_none_or(|byte| b" \t;&|)<>".contains(byte))
    }

    fn disjunction(&mut self) -> Result<Condition> {
        let mut left = self.conjunction()?;
        while self.next_in_condition() == Next::Or {
            self.input.next();
            self.input.next();
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Condition> {
        let mut left = self.primary()?;
        while self.next_in_condition() == Next::And {
            self.input.next();
            self.input.next();
            left = Condition::And(Box::new(left), Box::new(self.primary()?));
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Condition> {
        match self.next_in_condition() {
            Next::Open => {
                self.input.next();
                let inner = self.nested(Self::disjunction)?;
                if self.next_in_condition() != Next::Close {
                    return Err(self.bare("unexpected token in conditional command, expected `)'".into()));
                }
                self.input.next();
                return Ok(Condition::Group(Box::new(inner)));
            }
            Next::End => return Err(self.bash_unexpected(&crate::syntax::token::Token::End)),
            Next::Word => {}
            _ => {
                let text = self.input.peek().map(char::from).unwrap_or_default();
                return Err(self.near_text(&text.to_string()));
            }
        }
        if self.at_end() {
            return Err(self.near_text("]]"));
        }
        let word = self.condition_word()?;
        match word.plain() {
            Some(b"!") => return Ok(Condition::Not(Box::new(self.nested(Self::primary)?))),
            Some([b'-', letter]) if UNARY.contains(letter) && !self.is_binary_next() => {
                let letter = *letter;
                if self.at_end() {
                    return Err(self.bare("unexpected argument `]]' to conditional unary operator".into()));
                }
                return Ok(Condition::Unary(letter, self.condition_word()?));
            }
            _ => {}
        }
        match self.next_in_condition() {
            Next::Order(byte) => {
                self.input.next();
                let right = self.condition_word()?;
                return Ok(Condition::Binary(word, Box::from([byte]), right));
            }
            Next::Word if !self.at_end() => {}
            _ => return Ok(Condition::Word(word)),
        }
        let operator = self.condition_word()?;
        let Some(operator) = operator.plain().filter(|operator| is_binary(operator)).map(Box::<[u8]>::from) else {
            return Err(self.bare("conditional binary operator expected".into()));
        };
        if self.at_end() {
            return Err(self.bare("unexpected argument `]]' to conditional binary operator".into()));
        }
        let right = if *operator == *b"=~" { self.regex_word()? } else { self.condition_word()? };
        Ok(Condition::Binary(word, operator, right))
    }

    /// Whether a binary operator stands next, so that what was read is its left side.
    fn is_binary_next(&mut self) -> bool {
        self.skip_blanks();
        let line = self.input.rest_of_line();
        let word = line.split(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
        is_binary(word) && line.len() > word.len()
    }

    fn condition_word(&mut self) -> Result<Word> {
        self.skip_blanks();
        self.word()
    }

    /// Reads a regular expression: parentheses and bars are its own.
    fn regex_word(&mut self) -> Result<Word> {
        self.skip_blanks();
        self.extended_patterns = false;
        let (mut parts, mut depth) = (Vec::new(), 0u32);
        loop {
            parts.extend(self.word()?.0);
            match self.input.peek() {
                Some(b'(') => depth += 1,
                Some(b')') if depth == 0 => break,
                Some(b')') => depth -= 1,
                Some(b' ' | b'\t') if depth > 0 => {}
                Some(b'|' | b'<' | b'>' | b'&' | b';') => {}
                _ => break,
            }
            if let Some(byte) = self.input.next() {
                parts.push(Part::Literal(Box::from([byte])));
            }
        }
        self.extended_patterns = true;
        Ok(Word(parts))
    }

    fn near(&self, word: &Word) -> SyntaxError {
        self.near_text(&String::from_utf8_lossy(&super::unparse::word_text(word)))
    }

    fn near_text(&self, text: &str) -> SyntaxError {
        let mut error = self.bare(format!("syntax error near `{text}'"));
        error.shown = Some(self.input.current_line().to_vec());
        error
    }
}

/// Whether the word is an operator with two operands.
fn is_binary(word: &[u8]) -> bool {
    const OPERATORS: [&[u8]; 13] =
        [b"=", b"==", b"!=", b"=~", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot", b"-ef"];
    OPERATORS.contains(&word)
}
