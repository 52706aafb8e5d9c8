//! The operators that bash has beyond those of the other shells.

use crate::syntax::Result;
use crate::syntax::is_name;
use crate::syntax::lexer::Expect;
use crate::syntax::parser::Parser;
use crate::syntax::token::{RedirectOp, Token};

impl Parser<'_> {
    /// The operator that begins with the byte, or the word of a process substitution.
    pub(in crate::syntax) fn bash_operator(&mut self, byte: u8, expect: Expect) -> Result<Token> {
        if matches!(byte, b'<' | b'>') {
            if self.input.peek_second() == Some(b'(') {
                return self.bash_word_or_descriptor(expect);
            }
            return Ok(Token::Redirect(self.redirect_operator(), None));
        }
        self.input.next();
        let next = self.input.peek_joined();
        Ok(match (byte, next) {
            (b';', Some(b';')) => {
                self.input.next();
                if self.input.take_joined(b'&') { Token::TestNext } else { Token::DoubleSemicolon }
            }
            (b';', Some(b'&')) => self.advance(Token::FallThrough),
            (b';', _) => Token::Semicolon,
            (b'|', Some(b'|')) => self.advance(Token::Or),
            (b'|', Some(b'&')) => self.advance(Token::PipeBoth),
            (b'|', _) => Token::Pipe,
            (_, Some(b'&')) => self.advance(Token::And),
            (_, Some(b'>')) => {
                self.input.next();
                let append = self.input.take_joined(b'>');
                Token::Redirect(if append { RedirectOp::AppendBoth } else { RedirectOp::WriteBoth }, None)
            }
            _ => Token::Background,
        })
    }

    /// A word, or a redirection with what stands in front of it.
    pub(in crate::syntax) fn bash_word_or_descriptor(&mut self, expect: Expect) -> Result<Token> {
        let word = self.bash_word(expect.aliases || expect.keywords || self.declares)?;
        if self.input.at_alias_end() || !matches!(self.input.peek(), Some(b'<' | b'>')) {
            return Ok(Token::Word(word));
        }
        match word.plain() {
            Some(text) if text.iter().all(u8::is_ascii_digit) => {
                match core::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
                    Some(fd) => Ok(Token::Redirect(self.redirect_operator(), Some(fd))),
                    None => Ok(Token::Word(word)),
                }
            }
            Some([b'{', name @ .., b'}']) if is_name(name) => {
                let name = name.into();
                Ok(Token::NamedRedirect(self.redirect_operator(), name))
            }
            _ => Ok(Token::Word(word)),
        }
    }
}
