//! What stands behind the name in `${ }`.

use super::super::Result;
use super::super::ast::{ParamOp, Part, Word};
use super::{Mode, Quoting};
use crate::flavour;
use crate::syntax::parser::Parser;

impl Parser<'_> {
    pub(super) fn brace_operator(&mut self, quoting: Quoting) -> Result<ParamOp> {
        let Some(byte) = self.input.peek_joined() else { return Err(self.error("missing '}'")) };
        self.input.next_uncounted();
        match byte {
            b'}' => Ok(ParamOp::Plain),
            b'-' => Ok(ParamOp::Default(false, self.brace_word(quoting)?)),
            b'=' => Ok(ParamOp::Assign(false, self.brace_word(quoting)?)),
            b'?' => Ok(ParamOp::Error(false, self.brace_word(quoting)?)),
            b'+' => Ok(ParamOp::Alternative(false, self.brace_word(quoting)?)),
            b'#' | b'%' => {
                let longest = self.input.take_joined(byte);
                // Quotes inside the pattern work even when the whole stands in double quotes.
                let pattern = self.brace_word(Quoting::NONE)?;
                Ok(ParamOp::Trim { suffix: byte == b'%', longest, pattern })
            }
            b'/' if flavour::is_extended() => {
                let all = self.input.take_joined(b'/');
                // A slash right behind the two is the pattern's first character.
                let slash = all && self.input.take_joined(b'/');
                let mut pattern = self.parts(Mode::BraceUntil(b'/'))?;
                if slash {
                    pattern.0.insert(0, Part::Literal(Box::from(*b"/")));
                }
                let has_text = self.input.next() == Some(b'/');
                let replacement = if has_text { self.brace_word(Quoting::NONE)? } else { Word::default() };
                Ok(ParamOp::Replace { all, pattern, replacement })
            }
            b':' => match self.input.peek_joined() {
                Some(byte @ (b'-' | b'=' | b'?' | b'+')) => {
                    self.input.next();
                    let word = self.brace_word(quoting)?;
                    Ok(match byte {
                        b'-' => ParamOp::Default(true, word),
                        b'=' => ParamOp::Assign(true, word),
                        b'?' => ParamOp::Error(true, word),
                        _ => ParamOp::Alternative(true, word),
                    })
                }
                next if flavour::is_extended() => {
                    // A brace right behind the colon does not end the expansion.
                    if next == Some(b'}') {
                        self.input.next();
                    }
                    Ok(ParamOp::Substring(self.brace_word(quoting)?))
                }
                _ => {
                    self.brace_word(quoting)?;
                    Ok(ParamOp::Bad)
                }
            },
            _ => {
                self.brace_word(quoting)?;
                Ok(ParamOp::Bad)
            }
        }
    }
}
