//! Parameter expansion as bash has it: arrays, and operators that work on each of their values.

use std::borrow::Cow;

use crate::bash::shopt::Shopt;
use crate::expand::fields::{Builder, Replacement};
use crate::expand::pattern::{self, Style};
use crate::expand::{Place, put};
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::bash::{self, CaseChange, Subscript, Which};
use crate::syntax::ast::{Param, ParamName, ParamOp, Word};

/// A parameter's value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// One string, or none.
    One(Option<Vec<u8>>),
    /// Several; the flag tells whether they are joined where they are quoted.
    Many(Vec<Vec<u8>>, bool),
}

impl Value {
    fn map(self, mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> Self {
        match self {
            Self::One(text) => Self::One(text.map(change)),
            Self::Many(texts, joined) => Self::Many(texts.into_iter().map(&mut change).collect(), joined),
        }
    }

    fn is_set(&self) -> bool {
        match self {
            Self::One(text) => text.is_some(),
            Self::Many(texts, _) => !texts.is_empty(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.as_ref().is_none_or(Vec::is_empty),
            Self::Many(texts, _) => texts.iter().all(Vec::is_empty) && texts.len() < 2,
        }
    }

    /// Whether it counts as set; with a colon an empty one does not.
    fn is_usable(&self, colon: bool) -> bool {
        self.is_set() && !(colon && self.is_empty())
    }
}

/// A parameter's name as it stands in a text: the value of an indirection.
fn parameter(text: &[u8]) -> Option<ParamName> {
    match text {
        [digit, ..] if digit.is_ascii_digit() => {
            let number = core::str::from_utf8(text).ok()?.parse().ok()?;
            return Some(ParamName::Positional(number));
        }
        [byte @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')] => return Some(ParamName::Special(*byte)),
        _ => {}
    }
    match crate::bash::variables::split_element(text) {
        (name, _) if !crate::syntax::is_name(name) => None,
        (name, None) => Some(ParamName::Variable(name.into())),
        (name, Some(subscript)) => {
            let subscript = match subscript {
                b"@" => Subscript::All,
                b"*" => Subscript::Joined,
                index => Subscript::Index(Word::literal(index)),
            };
            Some(ParamName::Element(Box::new(bash::Place { name: name.into(), subscript })))
        }
    }
}

fn text_of(name: &ParamName) -> Vec<u8> {
    let mut out = Vec::new();
    crate::syntax::unparse_bash::name(name, &mut out);
    out
}

impl Shell {
    /// The value of a parameter.
    pub(super) fn value_in_bash(&mut self, name: &ParamName) -> Flow<Value> {
        Ok(match name {
            ParamName::Variable(name) => Value::One(self.vars.get(name).map(Cow::into_owned)),
            ParamName::Positional(0) => Value::One(Some(self.arg0.to_vec())),
            ParamName::Positional(index) => Value::One(self.params.get(*index as usize - 1).cloned()),
            ParamName::Special(b'@') => Value::Many(self.params.to_vec(), false),
            ParamName::Special(b'*') => Value::Many(self.params.to_vec(), true),
            ParamName::Special(byte) => Value::One(match byte {
                b'#' => Some(self.params.len().to_string().into_bytes()),
                b'?' => Some(self.status.to_string().into_bytes()),
                b'-' => Some(self.options.letters()),
                b'$' => Some(self.pid.to_string().into_bytes()),
                _ => self.last_background.map(|pid| pid.to_string().into_bytes()),
            }),
            ParamName::Element(place) => match &place.subscript {
                Subscript::All => Value::Many(self.vars.all(&place.name), false),
                Subscript::Joined => Value::Many(self.vars.all(&place.name), true),
                Subscript::Index(index) => {
                    let key = self.key_to_read(&place.name, index)?;
                    Value::One(key.and_then(|key| self.vars.element(&place.name, &key)))
                }
            },
            ParamName::Indirect(inner) => match self.meant(inner)? {
                Some(name) => self.value_in_bash(&name)?,
                None => Value::One(None),
            },
        })
    }

    /// The parameter whose name another has for its value.
    fn meant(&mut self, inner: &ParamName) -> Flow<Option<ParamName>> {
        let text = match self.value_in_bash(inner)? {
            Value::One(text) => text,
            Value::Many(texts, _) => Some(texts.join(&b' ')),
        };
        let Some(text) = text else {
            let message = [&text_of(inner)[..], b": invalid indirect expansion"].concat();
            return Err(self.fail(&message));
        };
        if text.is_empty() {
            return Ok(None);
        }
        match parameter(&text) {
            Some(name) => Ok(Some(name)),
            None => Err(self.fail(&[&text[..], b": invalid variable name"].concat())),
        }
    }

    pub(in crate::expand) fn expand_param_in_bash(&mut self, param: &Param, place: Place, out: &mut Builder) -> Flow {
        match &param.op {
            ParamOp::BadText(text) => return Err(self.fail(&[text, &b": bad substitution"[..]].concat())),
            ParamOp::Bad => return Err(self.fail(b"bad substitution")),
            ParamOp::Names(joined) => {
                let ParamName::Variable(prefix) = &param.name else { return Ok(()) };
                let names = self.vars.names(prefix);
                return self.put_in_bash(Value::Many(names, *joined), param.quoted, out);
            }
            ParamOp::Keys => {
                let ParamName::Element(element) = &param.name else { return Ok(()) };
                let name = self.vars.target_of(&element.name);
                let keys = match self.vars.array(name) {
                    Some(array) => array.keys().iter().map(|key| key.text().into_owned()).collect(),
                    None => self.vars.get(name).map(|_| b"0".to_vec()).into_iter().collect(),
                };
                return self.put_in_bash(Value::Many(keys, element.subscript == Subscript::Joined), param.quoted, out);
            }
            _ => {}
        }
        if let (ParamName::Indirect(inner), ParamOp::Plain) = (&param.name, &param.op)
            && let ParamName::Variable(name) = &**inner
            && self.vars.variable(name).is_some_and(|found| found.traits.has(crate::vars::Traits::REFERENCE))
        {
            // Of a reference it is the name that it refers to.
            let target = self.vars.target_of(name).to_vec();
            put(out, &target, param.quoted);
            return Ok(());
        }
        let value = self.value_in_bash(&param.name)?;
        match &param.op {
            ParamOp::Default(colon, word) if !value.is_usable(*colon) => {
                return self.put_word(word, param.quoted, place, out);
            }
            ParamOp::Alternative(colon, word) => {
                if value.is_usable(*colon) {
                    return self.put_word(word, param.quoted, place, out);
                }
                if param.quoted && !param.name.is_list() {
                    out.text(b"", true);
                }
                return Ok(());
            }
            ParamOp::Assign(colon, word) if !value.is_usable(*colon) => {
                let text = self.expand_string(word)?;
                self.assign_parameter(&param.name, text.clone())?;
                put(out, &text, param.quoted);
                return Ok(());
            }
            ParamOp::Error(colon, word) if !value.is_usable(*colon) => {
                let mut message = self.expand_string(word)?;
                if word.0.is_empty() {
                    message = if *colon { &b"parameter null or not set"[..] } else { b"parameter not set" }.to_vec();
                }
                self.complain(&[&text_of(&param.name)[..], b": ", &message].concat());
                return Err(self.fatal());
            }
            ParamOp::Default(..) | ParamOp::Assign(..) | ParamOp::Error(..) => {
                return self.put_in_bash(value, param.quoted, out);
            }
            ParamOp::Length if matches!(value, Value::Many(..)) => {
                let ParamName::Element(element) = &param.name else {
                    return self.put_length(&value, param.quoted, out);
                };
                if self.vars.variable(&element.name).is_none() && self.has(Opt::NoUnset) {
                    let unwind = self.unbound(&element.name);
                    self.status = 1;
                    return Err(unwind);
                }
            }
            _ if !value.is_set() && matches!(value, Value::One(_)) && self.has(Opt::NoUnset) => {
                return Err(self.unbound(&text_of(&param.name)));
            }
            _ => {}
        }
        let value = self.operated(param, value, place)?;
        self.put_in_bash(value, param.quoted, out)
    }

    fn put_length(&mut self, value: &Value, quoted: bool, out: &mut Builder) -> Flow {
        let Value::Many(texts, _) = value else { return Ok(()) };
        put(out, texts.len().to_string().as_bytes(), quoted);
        Ok(())
    }

    /// The value after the operator.
    fn operated(&mut self, param: &Param, value: Value, place: Place) -> Flow<Value> {
        Ok(match &param.op {
            ParamOp::Length => Value::One(Some(match &value {
                Value::Many(texts, _) => texts.len().to_string().into_bytes(),
                Value::One(text) => Self::length(text.as_deref().unwrap_or_default()).to_string().into_bytes(),
            })),
            ParamOp::Trim { suffix, longest, pattern } => {
                let (pattern, style) = (self.expand_pattern(pattern)?.into_owned(), self.pattern_style(false));
                value.map(|text| trimmed(style, text, &pattern, *suffix, *longest))
            }
            ParamOp::Substring(range) => self.sliced(param, value, range)?,
            ParamOp::Substitute { which, pattern, replacement } => {
                let (pattern, style) = (self.expand_pattern(pattern)?.into_owned(), self.pattern_style(false));
                let field = self.expand_single(replacement, place.nested())?;
                let matched = self.shopt(Shopt::PatSubReplacement);
                let replacement = field.replacement(matched);
                value.map(|text| substituted(style, &text, &pattern, &replacement, *which))
            }
            ParamOp::Case { change, all, pattern } => {
                let pattern =
                    if pattern.0.is_empty() { None } else { Some(self.expand_pattern(pattern)?.into_owned()) };
                let style = self.pattern_style(false);
                value.map(|text| with_case(style, text, *change, *all, pattern.as_deref()))
            }
            ParamOp::Transform(letter) => self.transformed_by(*letter, &param.name, value)?,
            _ => value,
        })
    }

    /// The number of characters, or of bytes where the locale has none of several.
    fn length(text: &[u8]) -> usize {
        let utf8 = crate::bash::locale::is_utf8();
        if utf8 { text.iter().filter(|byte| **byte & 0xc0 != 0x80).count() } else { text.len() }
    }

    fn assign_parameter(&mut self, name: &ParamName, text: Vec<u8>) -> Flow {
        match name {
            ParamName::Variable(name) => self.assign(name, text),
            ParamName::Element(place) => match &place.subscript {
                Subscript::Index(index) => {
                    let key = self.key_of_word(&place.name, index)?;
                    self.assign_element(&place.name, key, text, false)
                }
                _ => Err(self.fail(&[&text_of(name)[..], b": bad array subscript"].concat())),
            },
            ParamName::Indirect(inner) => match self.meant(inner)? {
                Some(name) => self.assign_parameter(&name, text),
                None => Ok(()),
            },
            name => {
                let message = [b"$", &text_of(name)[..], b": cannot assign in this way"].concat();
                Err(self.fail(&message))
            }
        }
    }

    /// `${x:offset:length}`
    fn sliced(&mut self, param: &Param, value: Value, range: &Word) -> Flow<Value> {
        if let Value::One(None) = value {
            // Of what is not set nothing else is looked at.
            return Ok(value);
        }
        let range = self.expand_text(range)?;
        let cut = range_cut(&range);
        let (offset, length) = match cut {
            Some(cut) => (range.get(..cut).unwrap_or_default(), range.get(cut + 1..)),
            None => (&range[..], None),
        };
        let offset = self.arithmetic(offset)?;
        let length_text = length;
        let length = length.map(|length| self.arithmetic(length)).transpose()?;
        let negative = |shell: &mut Self| {
            let message = [length_text.unwrap_or_default(), b": substring expression < 0"].concat();
            shell.fail(&message)
        };
        match value {
            Value::One(None) => Ok(Value::One(None)),
            Value::One(Some(text)) => {
                let total = text.len() as i64;
                let start = if offset < 0 { offset + total } else { offset };
                if start < 0 || start > total {
                    return Ok(Value::One(Some(Vec::new())));
                }
                let end = match length {
                    None => total,
                    Some(length) if length < 0 => length + total,
                    Some(length) => start.saturating_add(length).min(total),
                };
                if end < start {
                    return Err(negative(self));
                }
                Ok(Value::One(Some(text.get(start as usize..end as usize).unwrap_or_default().to_vec())))
            }
            Value::Many(texts, joined) => {
                if length.is_some_and(|length| length < 0) {
                    return Err(negative(self));
                }
                let most = length.map_or(usize::MAX, |length| length as usize);
                let name = match &param.name {
                    ParamName::Element(place) => Some(place.name.clone()),
                    _ => None,
                };
                let texts = match name {
                    Some(name) => {
                        let array = self.vars.array(self.vars.target_of(&name)).map(Cow::into_owned);
                        let array = array.unwrap_or_else(|| crate::bash::array::Array::of(texts));
                        let start = if offset < 0 { offset + array.end() } else { offset };
                        if start < 0 {
                            return Ok(Value::Many(Vec::new(), joined));
                        }
                        let later = |key: &crate::bash::array::Key| match key {
                            crate::bash::array::Key::Number(number) => *number >= start,
                            crate::bash::array::Key::Name(_) => true,
                        };
                        let pairs = array.pairs().into_iter().filter(|(key, _)| later(key));
                        let skipped = if array.is_associative() { start.max(1) as usize - 1 } else { 0 };
                        pairs.map(|(_, value)| value).skip(skipped).take(most).collect()
                    }
                    None => {
                        // Before the first parameter stands the shell's name.
                        let all: Vec<Vec<u8>> = core::iter::once(self.arg0.to_vec()).chain(texts).collect();
                        let start = if offset < 0 { offset + all.len() as i64 } else { offset };
                        let shown = if start < 0 { Vec::new() } else { all };
                        shown.into_iter().skip(start.max(0) as usize).take(most).collect()
                    }
                };
                Ok(Value::Many(texts, joined))
            }
        }
    }

    /// Adds the fields of a value.
    pub(super) fn put_in_bash(&mut self, value: Value, quoted: bool, out: &mut Builder) -> Flow {
        let (texts, joined) = match value {
            Value::One(text) => {
                put(out, &text.unwrap_or_default(), quoted);
                return Ok(());
            }
            Value::Many(texts, joined) => (texts, joined),
        };
        if joined && (quoted || !out.splits()) {
            let text = match self.separators.first {
                Some(separator) => texts.join(&separator),
                None => texts.concat(),
            };
            put(out, &text, quoted);
            return Ok(());
        }
        if !out.splits() {
            put(out, &texts.join(&b' '), quoted);
            return Ok(());
        }
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                out.end_field();
            }
            put(out, text, quoted);
        }
        Ok(())
    }
}

/// Where the colon stands between offset and length: not within parentheses, and not that of a choice.
fn range_cut(range: &[u8]) -> Option<usize> {
    let (mut depth, mut choices) = (0u32, 0u32);
    range.iter().position(|byte| {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'?' => choices += 1,
            b':' if depth == 0 && choices > 0 => choices -= 1,
            b':' if depth == 0 => return true,
            _ => {}
        }
        false
    })
}

fn trimmed(style: Style, mut text: Vec<u8>, pattern: &[u8], suffix: bool, longest: bool) -> Vec<u8> {
    let plain = !style.has_magic(pattern) && !style.fold;
    let cut = if plain || !style.extended && !style.fold {
        pattern::trim(pattern, &text, suffix, longest)
    } else {
        let hit = |cut: &usize| {
            let (head, tail) = text.split_at_checked(*cut).unwrap_or_default();
            style.matches(pattern, if suffix { tail } else { head })
        };
        if suffix == longest { (0..=text.len()).find(hit) } else { (0..=text.len()).rev().find(hit) }
    };
    match cut {
        Some(cut) if suffix => text.truncate(cut),
        Some(cut) => {
            text.drain(..cut);
        }
        None => {}
    }
    text
}

/// The longest match at the start of the text.
fn longest(style: Style, pattern: &[u8], text: &[u8]) -> Option<usize> {
    if !style.extended && !style.fold {
        return pattern::longest_prefix(pattern, text);
    }
    (0..=text.len()).rev().find(|end| style.matches(pattern, text.get(..*end).unwrap_or_default()))
}

fn substituted(style: Style, text: &[u8], pattern: &[u8], replacement: &Replacement, which: Which) -> Vec<u8> {
    if pattern.is_empty() && !matches!(which, Which::Start | Which::End) {
        return text.to_vec();
    }
    match which {
        Which::Start => match longest(style, pattern, text) {
            Some(length) => {
                let (head, tail) = text.split_at_checked(length).unwrap_or_default();
                [replacement.text(head), tail.to_vec()].concat()
            }
            None => text.to_vec(),
        },
        Which::End => {
            let start = (0..=text.len()).find(|start| style.matches(pattern, text.get(*start..).unwrap_or_default()));
            match start.and_then(|start| text.split_at_checked(start)) {
                Some((head, tail)) => [head.to_vec(), replacement.text(tail)].concat(),
                None => text.to_vec(),
            }
        }
        _ => {
            let mut out = Vec::with_capacity(text.len());
            let mut rest = text;
            if rest.is_empty() && style.matches(pattern, b"") {
                return replacement.text(b"");
            }
            while let Some((first, tail)) = rest.split_first() {
                match longest(style, pattern, rest).filter(|length| *length > 0) {
                    Some(length) => {
                        let (head, tail) = rest.split_at_checked(length).unwrap_or_default();
                        out.extend(replacement.text(head));
                        rest = tail;
                        if which == Which::First {
                            break;
                        }
                    }
                    None => {
                        out.push(*first);
                        rest = tail;
                    }
                }
            }
            out.extend_from_slice(rest);
            out
        }
    }
}

fn with_case(style: Style, text: Vec<u8>, change: CaseChange, all: bool, pattern: Option<&[u8]>) -> Vec<u8> {
    let wanted = |byte: u8| pattern.is_none_or(|pattern| style.matches(pattern, &[byte]));
    let changed = |(place, byte): (usize, u8)| match change {
        _ if place > 0 && !all || !wanted(byte) => byte,
        CaseChange::Upper => byte.to_ascii_uppercase(),
        CaseChange::Lower => byte.to_ascii_lowercase(),
        CaseChange::Swap if byte.is_ascii_uppercase() => byte.to_ascii_lowercase(),
        CaseChange::Swap => byte.to_ascii_uppercase(),
    };
    text.into_iter().enumerate().map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_of_choices_do_not_cut() {
        assert_eq!(range_cut(b"1:2"), Some(1));
        assert_eq!(range_cut(b"x?1:2:3"), Some(5));
        assert_eq!(range_cut(b"(1?2:3)"), None);
    }

    #[test]
    fn cases_change() {
        let style = Style::default();
        for (change, all, pattern, expected) in [
            (CaseChange::Upper, false, None, "Hello"),
            (CaseChange::Upper, true, None, "HELLO"),
            (CaseChange::Upper, true, Some("[lo]"), "heLLO"),
        ] {
            let text = with_case(style, b"hello".to_vec(), change, all, pattern.map(str::as_bytes));
            assert_eq!(text, expected.as_bytes());
        }
    }
}
