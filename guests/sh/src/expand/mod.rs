//! Word expansion: from the parsed word to the fields a command gets.

pub mod arith;
mod command;
pub mod fields;
mod glob;
mod param;
pub mod pattern;

use std::borrow::Cow;

use fields::{Builder, Field};

use crate::accounts;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{ParamName, ParamOp, Part, Word};

/// Where a word stands, which decides about tildes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A word of a command: a tilde at its start.
    Word,
    /// The value of an assignment: also after each colon.
    Assignment,
    /// Inside `${x-word}`: at its start, and literal text is split.
    Nested,
    /// Text in which no tilde is special.
    Text,
}

impl Shell {
    /// The fields of a command's words: expanded, split, globbed.
    /// # Errors
    /// An expansion's error.
    pub fn expand_words(&mut self, words: &[Word], out: &mut Vec<Vec<u8>>) -> Flow {
        for word in words {
            self.expand_word(word, out)?;
        }
        Ok(())
    }

    /// The fields of one word.
    /// # Errors
    /// An expansion's error.
    pub fn expand_word(&mut self, word: &Word, out: &mut Vec<Vec<u8>>) -> Flow {
        if let [part] = word.0.as_slice() {
            // The common cases need no fields.
            match part {
                Part::Quoted(text) | Part::Escaped(text) => {
                    out.push(text.to_vec());
                    return Ok(());
                }
                Part::Literal(text) if text.first() != Some(&b'~') && !pattern::has_magic(text) => {
                    out.push(text.to_vec());
                    return Ok(());
                }
                Part::Param(param) => {
                    if let (ParamOp::Plain, ParamName::Variable(name)) = (&param.op, &param.name)
                        && let Some(value) = self.vars.get(name)
                        && (param.quoted || !value.is_empty() && self.is_one_field(&value))
                    {
                        out.push(value.into_owned());
                        return Ok(());
                    }
                }
                Part::Arith(expression, quoted) => {
                    let value = arith::decimal(self.expand_arith(expression)?);
                    if *quoted || self.is_one_field(&value) {
                        out.push(value);
                        return Ok(());
                    }
                    let separators = self.separators.clone();
                    let mut builder = Builder::splitting(&separators);
                    builder.expanded(&value);
                    out.extend(builder.finish().into_iter().map(|field| field.text));
                    return Ok(());
                }
                _ => {}
            }
        }
        let separators = self.separators.clone();
        let mut builder = Builder::splitting(&separators);
        self.expand_parts(word, Place::Word, &mut builder)?;
        for field in builder.finish() {
            self.glob_field(field, out);
        }
        Ok(())
    }

    /// Whether the result of an expansion is neither split nor globbed.
    fn is_one_field(&self, text: &[u8]) -> bool {
        !text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[') || self.separators.contains(*byte))
    }

    fn glob_field(&mut self, field: Field, out: &mut Vec<Vec<u8>>) {
        if field.magic && !self.has(Opt::NoGlob) {
            let pattern = field.pattern();
            if pattern::has_magic(&pattern) {
                let found = glob::glob(&pattern);
                if !found.is_empty() {
                    out.extend(found);
                    return;
                }
            }
        }
        out.push(field.text);
    }

    /// The word as one string, without splitting and globbing.
    /// # Errors
    /// An expansion's error.
    pub fn expand_string(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_single(word, Place::Word).map(|field| field.text)
    }

    /// The value of an assignment.
    /// # Errors
    /// An expansion's error.
    pub fn expand_assignment(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_single(word, Place::Assignment).map(|field| field.text)
    }

    /// The body of a here-document, or other text in which tildes mean nothing.
    /// # Errors
    /// An expansion's error.
    pub fn expand_text(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_single(word, Place::Text).map(|field| field.text)
    }

    /// The word as a pattern.
    /// # Errors
    /// An expansion's error.
    pub fn expand_pattern(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_single(word, Place::Word).map(|field| field.pattern())
    }

    fn expand_single(&mut self, word: &Word, place: Place) -> Flow<Field> {
        if let [Part::Arith(expression, _)] = word.0.as_slice() {
            let value = self.expand_arith(expression)?;
            return Ok(Field::literal(arith::decimal(value)));
        }
        let mut builder = Builder::single();
        self.expand_parts(word, place, &mut builder)?;
        Ok(builder.finish_single())
    }

    fn expand_parts(&mut self, word: &Word, place: Place, out: &mut Builder) -> Flow {
        for (index, part) in word.0.iter().enumerate() {
            let after = || word.0.get(index + 1..).unwrap_or_default().iter().cloned();
            match part {
                Part::Literal(text) => {
                    match self.expand_tildes(text, index == 0, word.0.len() == index + 1, place, out) {
                        Ok(text) if place == Place::Nested => out.expanded(text),
                        Ok(text) => out.text(text, false),
                        // The word ends behind a login name that nobody has. In `${ }`, what is left of it belongs to
                        // the word around it then, which ends at the brace.
                        Err(cut) => {
                            self.cut_off = core::iter::once(Part::Literal(cut.into())).chain(after()).collect();
                            return Ok(());
                        }
                    }
                }
                Part::Quoted(text) | Part::Escaped(text) => out.text(text, true),
                Part::Param(param) => {
                    self.cut_off.clear();
                    self.expand_param(param, out)?;
                    if !self.cut_off.is_empty() {
                        let cut = Word(core::mem::take(&mut self.cut_off));
                        self.expand_parts(&cut, place, out)?;
                        self.cut_off = core::iter::once(Part::Literal(Box::default())).chain(after()).collect();
                        return Ok(());
                    }
                }
                Part::Command(substitution, quoted) => {
                    let cut = core::mem::take(&mut self.cut_off);
                    let text = self.substitute(substitution)?;
                    self.cut_off = cut;
                    put(out, &text, *quoted);
                }
                Part::Arith(expression, quoted) => {
                    let value = self.expand_arith(expression)?;
                    put(out, &arith::decimal(value), *quoted);
                }
                Part::Process { command, output } => {
                    let path = self.process_substitution(command, *output)?;
                    out.text(&path, true);
                }
            }
        }
        Ok(())
    }

    /// Replaces tildes in literal text. What a tilde became is added as quoted text; the rest is returned.
    /// # Errors
    /// An unknown login name ends the word: what comes behind the slash or colon.
    fn expand_tildes<'t>(
        &mut self,
        text: &'t [u8],
        first: bool,
        last: bool,
        place: Place,
        out: &mut Builder,
    ) -> Result<&'t [u8], &'t [u8]> {
        if place == Place::Text || !text.contains(&b'~') {
            return Ok(text);
        }
        let mut rest = text;
        let mut at_start = first;
        loop {
            if at_start && rest.first() == Some(&b'~') {
                let ends = |byte: &u8| *byte == b'/' || (place == Place::Assignment && *byte == b':');
                let end = rest.iter().position(ends);
                // A name that runs into a quoted or expanded part is no login name.
                if let Some(end) = end.or(last.then_some(rest.len())) {
                    let (login, after) = rest.split_at(end);
                    let name = login.get(1..).unwrap_or_default();
                    let home = if name.is_empty() {
                        self.vars.get(b"HOME").map(std::borrow::Cow::into_owned)
                    } else {
                        accounts::home(name)
                    };
                    match home {
                        Some(home) => {
                            if !home.is_empty() {
                                out.text(&home, true);
                            }
                            rest = after;
                        }
                        None if after.is_empty() || login.len() == 1 => {}
                        None => {
                            out.text(login, false);
                            return Err(after.get(1..).unwrap_or_default());
                        }
                    }
                }
            }
            let colon = if place == Place::Assignment { rest.iter().position(|byte| *byte == b':') } else { None };
            let Some(colon) = colon else { return Ok(rest) };
            let (head, tail) = rest.split_at(colon + 1);
            out.text(head, false);
            rest = tail;
            at_start = true;
        }
    }

    /// Evaluates an arithmetic expansion.
    /// # Errors
    /// The expression's.
    pub fn expand_arith(&mut self, expression: &Word) -> Flow<i64> {
        match expression.0.as_slice() {
            [Part::Quoted(text) | Part::Escaped(text) | Part::Literal(text)] => self.arithmetic(text),
            _ => {
                let text = self.expand_text(expression)?;
                self.arithmetic(&text)
            }
        }
    }

    /// Evaluates an arithmetic expression.
    /// # Errors
    /// The expression's, an error of the shell.
    pub fn arithmetic(&mut self, text: &[u8]) -> Flow<i64> {
        match arith::evaluate(text, self) {
            Ok(value) => {
                if !self.vars.changed.is_empty() {
                    self.settle_variables();
                }
                Ok(value)
            }
            Err(error) => Err(self.fail(&error.message())),
        }
    }
}

impl arith::Scope for Shell {
    fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.vars.get(name)
    }

    fn set(&mut self, name: &[u8], value: i64) -> bool {
        let done = self.vars.set(name, arith::decimal(value)).is_ok();
        if done && self.has(Opt::AllExport) {
            self.vars.attributes(name).exported = true;
        }
        done
    }
}

/// Adds the result of an expansion.
fn put(out: &mut Builder, text: &[u8], quoted: bool) {
    if quoted { out.text(text, true) } else { out.expanded(text) }
}
