//! What stands behind the name in `${ }`.

use super::super::Result;
use super::super::ast::{ParamOp, Part, Word};
use super::Quoting;
use crate::flavour;
use crate::syntax::parser::Parser;

impl Parser<'_> {
    pub(in crate::syntax) fn brace_operator(&mut self, quoting: Quoting) -> Result<ParamOp> {
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
                let (mut pattern, replacement) = split_at_slash(self.brace_word(Quoting::NONE)?);
                if slash {
                    pattern.0.insert(0, Part::Literal(Box::from(*b"/")));
                }
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

/// Splits what stands behind the first slash of `${x/pattern/text}`. A slash in quotes counts with ash, too, and the
/// quotes go on in the text; one behind a backslash does not.
fn split_at_slash(Word(mut pattern): Word) -> (Word, Word) {
    let found = pattern.iter().enumerate().find_map(|(at, part)| {
        let (whole, make): (_, fn(Box<[u8]>) -> Part) = match part {
            Part::Literal(whole) => (whole, Part::Literal),
            Part::Quoted(whole) => (whole, Part::Quoted),
            _ => return None,
        };
        let slash = whole.iter().position(|byte| *byte == b'/')?;
        let half = |half: &[u8]| (!half.is_empty()).then(|| make(half.into()));
        Some((at, half(whole.get(..slash)?), half(whole.get(slash + 1..)?)))
    });
    let Some((at, before, behind)) = found else { return (Word(pattern), Word::default()) };
    let rest = pattern.split_off(at + 1);
    pattern.truncate(at);
    pattern.extend(before);
    (Word(pattern), Word(behind.into_iter().chain(rest).collect()))
}
