//! Word expansion: from the parsed word to the fields a command gets.

pub mod arith;
mod bash;
mod command;
pub mod fields;
mod glob;
mod param;
pub mod pattern;

use std::borrow::Cow;

use fields::{Builder, Field};

use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{ParamName, ParamOp, Part, Word};
use crate::{accounts, flavour};

/// Where a word stands, which decides about tildes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A word of a command: a tilde at its start.
    Word,
    /// The value of an assignment: also after each colon.
    Assignment,
    /// Inside `${x-word}`: at its start, and literal text is split.
    Nested,
    /// Inside `${x-word}` in the value of an assignment: also after each colon.
    NestedAssignment,
    /// Text in which no tilde is special.
    Text,
}

impl Place {
    /// The place of the word in a `${x-word}` that stands here.
    fn nested(self) -> Self {
        if self.has_colons() { Place::NestedAssignment } else { Place::Nested }
    }

    /// Whether a colon ends a login name, and a tilde may follow it.
    fn has_colons(self) -> bool {
        matches!(self, Place::Assignment | Place::NestedAssignment)
    }

    /// Whether this byte ends a login name.
    fn ends_login(self, byte: u8) -> bool {
        byte == b'/' || byte == b':' && self.has_colons()
    }
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
        if flavour::is_bash()
            && let Some(words) = self.without_braces(word)
        {
            return words.iter().try_for_each(|word| self.expand_one(word, out));
        }
        self.expand_one(word, out)
    }

    fn expand_one(&mut self, word: &Word, out: &mut Vec<Vec<u8>>) -> Flow {
        if let [part] = word.0.as_slice() {
            // The common cases need no fields.
            match part {
                Part::Quoted(text) | Part::Escaped(text) => {
                    out.push(text.to_vec());
                    return Ok(());
                }
                Part::Literal(text)
                    if text.first() != Some(&b'~')
                        && !pattern::has_magic(text)
                        && !(flavour::is_bash() && text.iter().any(|byte| matches!(byte, b'(' | b'~'))) =>
                {
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
        let fields = if may_assign(word) {
            // Split is at the separators that there are then.
            let mut builder = Builder::splitting_later();
            self.expand_parts(word, Place::Word, &mut builder)?;
            builder.split(&self.separators)
        } else {
            let mut builder = Builder::splitting(&separators);
            match assigned_tilde(word) {
                // In bash tildes count behind an equals sign of any word.
                Some(assignment) => {
                    builder.text(&[&assignment.name, &b"="[..]].concat(), false);
                    self.expand_parts(&assignment.value, Place::Assignment, &mut builder)?;
                }
                None => self.expand_parts(word, Place::Word, &mut builder)?,
            }
            builder.finish()
        };
        if flavour::is_bash() {
            return fields.into_iter().try_for_each(|field| self.glob_in_bash(field, out));
        }
        for field in fields {
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
        self.expand_value(word, Place::Word)
    }

    /// The value of an assignment.
    /// # Errors
    /// An expansion's error.
    pub fn expand_assignment(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_value(word, Place::Assignment)
    }

    /// The body of a here-document, or other text in which tildes mean nothing.
    /// # Errors
    /// An expansion's error.
    pub fn expand_text(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_value(word, Place::Text)
    }

    /// The word as a pattern.
    /// # Errors
    /// An expansion's error.
    pub fn expand_pattern<'w>(&mut self, word: &'w Word) -> Flow<Cow<'w, [u8]>> {
        if let Some(text) = literal_pattern(word) {
            return Ok(Cow::Borrowed(text));
        }
        self.expand_single(word, Place::Word).map(|field| Cow::Owned(field.pattern()))
    }

    /// The word as one string; a parameter alone, by far the most frequent word, goes without a field.
    fn expand_value(&mut self, word: &Word, place: Place) -> Flow<Vec<u8>> {
        if let [Part::Param(param)] = word.0.as_slice()
            && let Some(text) = self.plain_value(param)
        {
            self.cut_off.clear();
            return Ok(text);
        }
        self.expand_single(word, place).map(|field| field.text)
    }

    pub(crate) fn expand_single(&mut self, word: &Word, place: Place) -> Flow<Field> {
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
                        Ok(text) => {
                            if matches!(place, Place::Nested | Place::NestedAssignment) {
                                out.expanded(text);
                            } else {
                                out.text(text, false);
                            }
                            if flavour::is_ash()
                                && opens_login(text, index == 0, place)
                                && let Some((head, tail)) = split_login(after().collect(), place)
                            {
                                self.expand_parts(&head, Place::Text, out)?;
                                self.cut_off = tail;
                                return Ok(());
                            }
                        }
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
                    self.expand_param(param, place, out)?;
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
                // Only the command that it is an argument of knows what to do with it.
                Part::Target(name, _) => out.text(name, true),
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
                let end = rest.iter().position(|byte| place.ends_login(*byte));
                // A name that runs into a quoted or expanded part is that of no user.
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
                        None if !flavour::is_ash() => {}
                        None => {
                            out.text(login, false);
                            return Err(after.get(1..).unwrap_or_default());
                        }
                    }
                }
            }
            let colon = if place.has_colons() { rest.iter().position(|byte| *byte == b':') } else { None };
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
        if flavour::is_bash() {
            let value = if text.contains(&b'"') {
                let unquoted: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'"').collect();
                arith::bash::evaluate(self, &unquoted)?
            } else {
                arith::bash::evaluate(self, text)?
            };
            self.settle_variables();
            return Ok(value);
        }
        let value = if flavour::is_dash() {
            arith::dash::evaluate(text, self).map_err(|failure| failure.message(text))
        } else {
            arith::evaluate(text, self).map_err(|error| error.message())
        };
        match value {
            Ok(value) => {
                if !self.vars.changed.is_empty() {
                    self.settle_variables();
                }
                Ok(value)
            }
            Err(message) => Err(self.fail(&message)),
        }
    }
}

impl arith::Scope for Shell {
    fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.vars.get(name)
    }

    fn set(&mut self, name: &[u8], value: i64) -> bool {
        let done = self.vars.set(name, arith::decimal(value)).is_ok();
        if done {
            self.export_if_all(name);
        }
        done
    }
}

/// Whether text of a word ends within what may be a login name: `~`, or `~name`.
fn opens_login(text: &[u8], first: bool, place: Place) -> bool {
    let name = text.iter().rposition(|byte| place.ends_login(*byte)).map_or(0, |end| end + 1);
    let starts = name > 0 && text.get(name - 1) == Some(&b':') || name == 0 && first;
    place != Place::Text && starts && text.get(name) == Some(&b'~')
}

/// The parts of a word that a login name takes in up to the slash or colon that ends it, and those behind that;
/// `None` where it meets a quote or the word's end, and so is no login name.
fn split_login(parts: Vec<Part>, place: Place) -> Option<(Word, Vec<Part>)> {
    let mut head = Vec::new();
    let mut rest = parts.into_iter();
    for part in rest.by_ref() {
        match &part {
            Part::Literal(text) => {
                if let Some(end) = text.iter().position(|byte| place.ends_login(*byte)) {
                    let (name, tail) = text.split_at(end);
                    head.push(Part::Literal(name.into()));
                    let tail = Part::Literal(tail.get(1..).unwrap_or_default().into());
                    return Some((Word(head), core::iter::once(tail).chain(rest).collect()));
                }
            }
            Part::Param(param) if !param.quoted && param.op == ParamOp::Plain => {}
            Part::Command(_, false) | Part::Arith(_, false) => {}
            _ => return None,
        }
        head.push(part);
    }
    None
}

/// A word of bash that looks like an assignment, where a tilde is in its value.
fn assigned_tilde(word: &Word) -> Option<crate::syntax::ast::Assignment> {
    let tilde = |part: &Part| matches!(part, Part::Literal(text) if text.contains(&b'~'));
    if !flavour::is_bash() || !word.0.iter().any(tilde) {
        return None;
    }
    crate::syntax::as_assignment(word)
}

/// Whether something in the word may be an assignment to a variable.
fn may_assign(word: &Word) -> bool {
    word.0.iter().any(|part| match part {
        Part::Arith(..) => true,
        Part::Param(param) => match &param.op {
            ParamOp::Plain | ParamOp::Length | ParamOp::Bad => false,
            ParamOp::Assign(..) | ParamOp::Substring(_) => true,
            ParamOp::Default(_, word) | ParamOp::Alternative(_, word) | ParamOp::Error(_, word) => may_assign(word),
            ParamOp::Trim { pattern, .. } => may_assign(pattern),
            ParamOp::Replace { pattern, replacement, .. } => may_assign(pattern) || may_assign(replacement),
            // Those of bash see what they assign.
            _ => false,
        },
        _ => false,
    })
}

/// The pattern that the word is as it stands; `None` where something in it is expanded or quoted.
fn literal_pattern(word: &Word) -> Option<&[u8]> {
    match word.0.as_slice() {
        [Part::Literal(text)] if !text.contains(&b'~') => Some(text),
        _ => None,
    }
}

/// Adds the result of an expansion.
fn put(out: &mut Builder, text: &[u8], quoted: bool) {
    if quoted { out.text(text, true) } else { out.expanded(text) }
}
