//! `${ }` as bash has it.

use crate::syntax::Result;
use crate::syntax::ast::bash::{CaseChange, Place, Subscript, Which};
use crate::syntax::ast::{ParamName, ParamOp, Part, Word};
use crate::syntax::is_name_start;
use crate::syntax::parser::Parser;
use crate::syntax::word::Quoting;

/// What stands in front of what is not in the language.
fn name_text(name: &ParamName) -> Vec<u8> {
    let mut out = Vec::new();
    super::unparse::name(name, &mut out);
    out
}

impl Parser<'_> {
    /// Reads what follows `${`.
    pub(in crate::syntax) fn bash_brace(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        self.opened_line = self.input.line;
        match self.input.peek_joined() {
            Some(b'#') => {
                self.input.next();
                self.length(quoting)
            }
            Some(b'!') => {
                self.input.next();
                self.indirection(quoting)
            }
            _ => match self.bash_name()? {
                Some(name) => self.with_operator(name, quoting),
                None => self.bad_brace(Vec::new()),
            },
        }
    }

    fn with_operator(&mut self, name: ParamName, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        match self.bash_brace_operator(quoting)? {
            Some(op) => Ok((name, op)),
            None => {
                let before = name_text(&name);
                self.bad_brace(before)
            }
        }
    }

    /// A parameter's name, with the place in an array.
    fn bash_name(&mut self) -> Result<Option<ParamName>> {
        let Some(name) = self.brace_name() else { return Ok(None) };
        match name {
            ParamName::Variable(name) if self.input.peek_joined() == Some(b'[') => {
                let subscript = self.subscript()?;
                Ok(Some(ParamName::Element(Box::new(Place { name, subscript }))))
            }
            name => Ok(Some(name)),
        }
    }

    /// `${#…`
    fn length(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        let count = ParamName::Special(b'#');
        let (first, second) = (self.input.peek_joined(), self.input.peek_second());
        let is_length = match first {
            Some(b'}') | None => false,
            Some(b'#' | b'?' | b'-' | b':' | b'=' | b'+' | b'%' | b'/' | b'!') => second == Some(b'}'),
            _ => true,
        };
        if !is_length {
            return self.with_operator(count, quoting);
        }
        let Some(name) = self.bash_name()? else { return self.bad_brace(b"#".to_vec()) };
        if self.input.take_joined(b'}') {
            return Ok((name, ParamOp::Length));
        }
        let before = [b"#".to_vec(), name_text(&name)].concat();
        self.bad_brace(before)
    }

    /// `${!…`
    fn indirection(&mut self, quoting: Quoting) -> Result<(ParamName, ParamOp)> {
        let special = ParamName::Special(b'!');
        match self.input.peek_joined() {
            Some(byte) if is_name_start(byte) || byte.is_ascii_digit() => {}
            Some(b'@' | b'*' | b'#' | b'?' | b'!') if self.input.peek_second() == Some(b'}') => {}
            _ => return self.with_operator(special, quoting),
        }
        let Some(name) = self.bash_name()? else { return self.bad_brace(b"!".to_vec()) };
        match (&name, self.input.peek_joined()) {
            (ParamName::Variable(_), Some(end @ (b'*' | b'@'))) if self.input.peek_second() == Some(b'}') => {
                self.input.next();
                self.input.next();
                return Ok((name, ParamOp::Names(end == b'*')));
            }
            (ParamName::Element(place), Some(b'}')) if !matches!(place.subscript, Subscript::Index(_)) => {
                self.input.next();
                return Ok((name, ParamOp::Keys));
            }
            _ => {}
        }
        self.with_operator(ParamName::Indirect(Box::new(name)), quoting)
    }

    /// The rest of what is not in the language, up to the brace that ends it.
    fn bad_brace(&mut self, before: Vec<u8>) -> Result<(ParamName, ParamOp)> {
        let mut text = [b"${".to_vec(), before].concat();
        let mut depth = 1;
        while let Some(byte) = self.input.next() {
            text.push(byte);
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok((ParamName::Special(b'?'), ParamOp::BadText(text.into())));
            }
        }
        Err(self.unclosed(b'}', ""))
    }

    /// What stands behind the name; `None` where nothing does that is in the language.
    fn bash_brace_operator(&mut self, quoting: Quoting) -> Result<Option<ParamOp>> {
        let Some(byte) = self.input.peek_joined() else { return Err(self.unclosed(b'}', "")) };
        let op = match byte {
            b'}' | b'-' | b'=' | b'?' | b'+' | b'#' | b'%' => self.brace_operator(quoting)?,
            b':' if matches!(self.input.peek_second(), Some(b'-' | b'=' | b'?' | b'+')) => {
                self.brace_operator(quoting)?
            }
            b':' => {
                self.input.next();
                ParamOp::Substring(self.brace_word(Quoting::NONE)?)
            }
            b'/' => {
                self.input.next();
                self.substitution_operator()?
            }
            b'^' | b',' | b'~' => {
                self.input.next();
                let all = self.input.take_joined(byte);
                let change = match byte {
                    b'^' => CaseChange::Upper,
                    b',' => CaseChange::Lower,
                    _ => CaseChange::Swap,
                };
                ParamOp::Case { change, all, pattern: self.brace_word(Quoting::NONE)? }
            }
            b'@' => {
                let Some(letter) = self.input.peek_second().filter(|letter| b"QEPAKaUuLk".contains(letter)) else {
                    return Ok(None);
                };
                self.input.next();
                self.input.next();
                if !self.input.take_joined(b'}') {
                    return Ok(None);
                }
                ParamOp::Transform(letter)
            }
            _ => return Ok(None),
        };
        Ok(Some(op))
    }

    fn substitution_operator(&mut self) -> Result<ParamOp> {
        let which = match (self.input.peek_joined(), self.input.peek_second()) {
            (Some(b'/'), _) => Which::All,
            (Some(b'#'), _) => Which::Start,
            (Some(b'%'), _) => Which::End,
            _ => Which::First,
        };
        if which != Which::First {
            self.input.next();
        }
        // A slash at the start is the pattern's own.
        let slash = which != Which::First && self.input.take_joined(b'/');
        if slash && which != Which::All {
            // The pattern is empty: what follows is the text.
            let replacement = self.brace_word(Quoting::NONE)?;
            return Ok(ParamOp::Substitute { which, pattern: Word::default(), replacement });
        }
        let (mut pattern, replacement) = split(self.brace_word(Quoting::NONE)?);
        if slash {
            pattern.0.insert(0, Part::Literal(Box::from(*b"/")));
        }
        Ok(ParamOp::Substitute { which, pattern, replacement })
    }
}

/// Splits what stands in `${x/pattern/text}` at the first slash that is not quoted.
fn split(Word(mut pattern): Word) -> (Word, Word) {
    let found = pattern.iter().enumerate().find_map(|(at, part)| match part {
        Part::Literal(text) => Some((at, text.iter().position(|byte| *byte == b'/')?, text.clone())),
        _ => None,
    });
    let Some((at, slash, text)) = found else { return (Word(pattern), Word::default()) };
    let half = |half: Option<&[u8]>| half.filter(|half| !half.is_empty()).map(|half| Part::Literal(half.into()));
    let rest = pattern.split_off(at + 1);
    pattern.truncate(at);
    pattern.extend(half(text.get(..slash)));
    (Word(pattern), Word(half(text.get(slash + 1..)).into_iter().chain(rest).collect()))
}
