//! Parameter expansion: `$x`, `${x…}`.

use std::borrow::Cow;

use super::fields::Builder;
use super::{Place, literal_pattern, pattern, put};
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{Param, ParamName, ParamOp, Word};

/// Stands between the parameters of `$@` while an operator works on all of them at once: a byte that no
/// value can hold.
const BETWEEN: u8 = 0;

/// A parameter's value.
enum Value {
    /// One string.
    One(Vec<u8>),
    /// The positional parameters, as `$@` and unquoted `$*` have them, joined by [`BETWEEN`].
    Fields(Vec<u8>),
}

impl Value {
    fn text(&self) -> &[u8] {
        match self {
            Self::One(text) | Self::Fields(text) => text,
        }
    }

    fn map(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        match self {
            Self::One(text) => Self::One(change(text)),
            Self::Fields(text) => Self::Fields(change(text)),
        }
    }
}

impl Shell {
    pub(super) fn expand_param(&mut self, param: &Param, place: Place, out: &mut Builder) -> Flow {
        if let (ParamOp::Plain, ParamName::Variable(name)) = (&param.op, &param.name) {
            // By far the most frequent case goes without a copy.
            match self.vars.get(name) {
                Some(value) => put(out, &value, param.quoted),
                None if self.has(Opt::NoUnset) && flavour::is_bash() => return Err(self.unbound(name)),
                None if self.has(Opt::NoUnset) => return Err(self.unset_error(&param.name)),
                None if param.quoted => out.text(b"", true),
                None => {}
            }
            return Ok(());
        }
        if flavour::is_bash() {
            return self.expand_param_in_bash(param, place, out);
        }
        // A length is that of all parameters joined.
        let fields = out.splits() && param.op != ParamOp::Length;
        let value = self.param_value(&param.name, param.quoted, fields);
        match &param.op {
            ParamOp::Bad => {
                if flavour::is_dash() {
                    return Err(self.fail(b"Bad substitution"));
                }
                let line = self.parser_line;
                self.complain_at(line, b"syntax error: bad substitution");
                self.status = 2;
                Err(crate::shell::Unwind::Error)
            }
            ParamOp::Plain => {
                let value = self.required(value, &param.name)?;
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
            ParamOp::Length => {
                let value = self.required(value, &param.name)?;
                put(out, value.text().len().to_string().as_bytes(), param.quoted);
                Ok(())
            }
            ParamOp::Default(colon, word) => match usable(value, *colon) {
                Some(value) => {
                    self.put_value(&value, param.quoted, out);
                    Ok(())
                }
                None => self.put_word(word, param.quoted, place, out),
            },
            ParamOp::Alternative(colon, word) => match usable(value, *colon) {
                Some(_) => self.put_word(word, param.quoted, place, out),
                None => {
                    if param.quoted {
                        out.text(b"", true);
                    }
                    Ok(())
                }
            },
            ParamOp::Assign(colon, word) => {
                let value = match usable(value, *colon) {
                    Some(value) => value,
                    None => Value::One(self.assign_default(&param.name, word)?),
                };
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
            ParamOp::Error(colon, word) => match usable(value, *colon) {
                Some(value) => {
                    self.put_value(&value, param.quoted, out);
                    Ok(())
                }
                None => {
                    let mut message = self.expand_string(word)?;
                    if word.0.is_empty() {
                        message =
                            if *colon { &b"parameter not set or null"[..] } else { b"parameter not set" }.to_vec();
                    }
                    Err(self.fail(&[&name_text(&param.name), &b": "[..], &message].concat()))
                }
            },
            // Only bash has the others.
            ParamOp::Substitute { .. }
            | ParamOp::Case { .. }
            | ParamOp::Transform(_)
            | ParamOp::Keys
            | ParamOp::Names(_)
            | ParamOp::BadText(_) => Ok(()),
            // Of an unset parameter nothing is looked at but its name.
            ParamOp::Trim { .. } | ParamOp::Substring(..) | ParamOp::Replace { .. } if value.is_none() => {
                let value = self.required(None, &param.name)?;
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
            ParamOp::Trim { suffix, longest, pattern: word } => {
                let value = self.required(value, &param.name)?;
                let pattern = self.expand_pattern(word)?;
                let value = match value {
                    Value::One(text) => Value::One(trimmed(text, &pattern, *suffix, *longest)),
                    Value::Fields(text) => Value::Fields(trimmed_fields(text, &pattern, *suffix, *longest)),
                };
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
            ParamOp::Substring(range) => {
                let value = self.required(value, &param.name)?;
                let range = self.expand_text(range)?;
                let (offset, length) = match range.iter().position(|byte| *byte == b':') {
                    Some(colon) => (range.get(..colon), range.get(colon + 1..)),
                    None => (Some(&range[..]), None),
                };
                let offset = self.arithmetic(offset.unwrap_or_default())?;
                let length = length.map(|length| self.arithmetic(length)).transpose()?;
                let value = value.map(|text| substring(&text, offset, length).to_vec());
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
            ParamOp::Replace { all, pattern: word, replacement } => {
                let value = self.required(value, &param.name)?;
                let pattern = self.expand_pattern(word)?;
                if pattern.is_empty() && !word.0.is_empty() && !param.quoted {
                    self.put_value(&value, false, out);
                    // Where a pattern comes to nothing, the text to put in becomes a field of its own.
                    out.cut();
                    self.put_word(replacement, false, place, out)?;
                    out.cut();
                    return Ok(());
                }
                let replacement = self.expand_string(replacement)?;
                let value = value.map(|text| replaced(text, &pattern, &replacement, *all));
                self.put_value(&value, param.quoted, out);
                Ok(())
            }
        }
    }

    /// The value of `$x`, `$1`, `${x#p}` and the like as one string, where it is set and nothing else is to be expanded.
    pub(super) fn plain_value(&self, param: &Param) -> Option<Vec<u8>> {
        let value = || match &param.name {
            ParamName::Variable(name) => self.vars.get(name).map(Cow::into_owned),
            ParamName::Positional(index) => self.params.get((*index as usize).checked_sub(1)?).cloned(),
            _ => None,
        };
        match &param.op {
            ParamOp::Plain => value(),
            ParamOp::Trim { suffix, longest, pattern } if !flavour::is_bash() => {
                let pattern = literal_pattern(pattern)?;
                value().map(|text| trimmed(text, pattern, *suffix, *longest))
            }
            _ => None,
        }
    }

    /// A parameter's value; `None` when it is not set. `fields` is whether `$@` becomes several fields.
    fn param_value(&mut self, name: &ParamName, quoted: bool, fields: bool) -> Option<Value> {
        let special = match name {
            ParamName::Variable(name) => return self.vars.get(name).map(|value| Value::One(value.into_owned())),
            ParamName::Positional(0) => return Some(Value::One(self.arg0.to_vec())),
            ParamName::Positional(index) => {
                return self.params.get(*index as usize - 1).map(|value| Value::One(value.clone()));
            }
            ParamName::Special(special) => *special,
            // Only bash has the others.
            ParamName::Element(_) | ParamName::Indirect(_) => return None,
        };
        let text = match special {
            b'@' | b'*' if fields && (special == b'@' || !quoted) => {
                return Some(Value::Fields(self.params.join(&BETWEEN)));
            }
            b'@' | b'*' => match self.separators.first {
                Some(separator) => self.params.join(&separator),
                None => self.params.concat(),
            },
            b'#' => self.params.len().to_string().into_bytes(),
            b'?' => self.status.to_string().into_bytes(),
            b'-' => self.options.letters(),
            b'$' => self.pid.to_string().into_bytes(),
            _ => return self.last_background.map(|pid| Value::One(pid.to_string().into_bytes())),
        };
        Some(Value::One(text))
    }

    /// The value where an unset parameter counts as empty, or is an error under `set -u`.
    fn required(&mut self, value: Option<Value>, name: &ParamName) -> Flow<Value> {
        match value {
            Some(value) => Ok(value),
            None if self.has(Opt::NoUnset) => Err(self.unset_error(name)),
            None => Ok(Value::One(Vec::new())),
        }
    }

    fn unset_error(&mut self, name: &ParamName) -> crate::shell::Unwind {
        self.fail(&[&name_text(name), &b": parameter not set"[..]].concat())
    }

    fn put_value(&mut self, value: &Value, quoted: bool, out: &mut Builder) {
        match value {
            Value::One(text) => put(out, text, quoted),
            Value::Fields(_) if self.params.is_empty() => {}
            Value::Fields(text) => {
                for (index, field) in text.split(|byte| *byte == BETWEEN).enumerate() {
                    if index > 0 {
                        out.end_field();
                    }
                    if quoted {
                        out.listed(field);
                    } else if !field.is_empty() || text.is_empty() {
                        out.expanded(field);
                    }
                }
            }
        }
    }

    /// The word of `${x-word}`, expanded in place.
    pub(super) fn put_word(&mut self, word: &Word, quoted: bool, place: Place, out: &mut Builder) -> Flow {
        if quoted {
            out.text(b"", true);
        }
        self.expand_parts(word, place.nested(), out)
    }

    fn assign_default(&mut self, name: &ParamName, word: &Word) -> Flow<Vec<u8>> {
        let value = self.expand_string(word)?;
        match name {
            ParamName::Variable(name) => self.assign(name, value.clone())?,
            name => return Err(self.fail(&[&name_text(name), &b": bad variable name"[..]].concat())),
        }
        Ok(value)
    }
}

/// A value that counts as set; with a colon an empty one does not.
fn usable(value: Option<Value>, colon: bool) -> Option<Value> {
    value.filter(|value| !(colon && value.text().is_empty()))
}

fn name_text(name: &ParamName) -> Cow<'_, [u8]> {
    match name {
        ParamName::Variable(name) => Cow::Borrowed(name),
        ParamName::Positional(index) => Cow::Owned(index.to_string().into_bytes()),
        ParamName::Special(byte) => Cow::Owned(vec![*byte]),
        ParamName::Element(place) => Cow::Borrowed(&place.name),
        ParamName::Indirect(inner) => name_text(inner),
    }
}

fn trimmed(mut text: Vec<u8>, pattern: &[u8], suffix: bool, longest: bool) -> Vec<u8> {
    match pattern::trim(pattern, &text, suffix, longest) {
        Some(cut) if suffix => text.truncate(cut),
        Some(cut) => {
            text.drain(..cut);
        }
        None => {}
    }
    text
}

/// As [`trimmed`], of parameters joined by [`BETWEEN`]: the pattern sees one parameter at a time, but what is cut is
/// cut of the whole.
fn trimmed_fields(mut text: Vec<u8>, pattern: &[u8], suffix: bool, longest: bool) -> Vec<u8> {
    let seen = |from: usize, to: usize| {
        let part = text.get(from..to).unwrap_or_default();
        part.split(|byte| *byte == BETWEEN).next().is_some_and(|part| pattern::matches(pattern, part))
    };
    let first = text.iter().position(|byte| *byte == BETWEEN).unwrap_or(text.len());
    let cut = match (suffix, longest) {
        (false, false) => (0..=first).find(|end| seen(0, *end)),
        (false, true) => (0..=text.len()).rev().find(|end| seen(0, *end)),
        (true, false) => (0..=text.len()).rev().find(|start| seen(*start, text.len())),
        (true, true) => (0..=first).find(|start| seen(*start, text.len())),
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

fn substring(text: &[u8], offset: i64, length: Option<i64>) -> &[u8] {
    let total = text.len() as i64;
    let start = if offset < 0 { offset.saturating_add(total) } else { offset };
    if start < 0 || start > total {
        return b"";
    }
    let rest = text.get(start as usize..).unwrap_or_default();
    let Some(length) = length else { return rest };
    // A negative length counts from the end; when that lies before the start, all of the rest is taken.
    let length = if length < 0 { length.saturating_add(total - start) } else { length };
    if length < 0 {
        return rest;
    }
    rest.get(..(length as usize).min(rest.len())).unwrap_or_default()
}

fn replaced(text: Vec<u8>, pattern: &[u8], replacement: &[u8], all: bool) -> Vec<u8> {
    if pattern.is_empty() {
        return text;
    }
    if text.is_empty() && pattern::matches(pattern, b"") {
        return replacement.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest: &[u8] = &text;
    while let Some((first, tail)) = rest.split_first() {
        match pattern::longest_prefix(pattern, rest) {
            Some(length) if length > 0 => {
                out.extend_from_slice(replacement);
                rest = rest.get(length..).unwrap_or_default();
                if !all {
                    break;
                }
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings() {
        let text = b"hello";
        for (offset, length, expected) in [
            (1, Some(3), &b"ell"[..]),
            (2, None, b"llo"),
            (-2, None, b"lo"),
            (0, Some(-1), b"hell"),
            (9, None, b""),
            (-9, Some(2), b""),
            (3, Some(-4), b"lo"),
            (5, Some(1), b""),
        ] {
            assert_eq!(substring(text, offset, length), expected, "{offset} {length:?}");
        }
    }

    #[test]
    fn replacements() {
        for (pattern, all, expected) in [
            ("b", false, "aXcabc"),
            ("b", true, "aXcaXc"),
            ("b*", false, "aX"),
            ("#a", false, "abcabc"),
            ("", true, "abcabc"),
        ] {
            let text = replaced(b"abcabc".to_vec(), pattern.as_bytes(), b"X", all);
            assert_eq!(text, expected.as_bytes(), "{pattern}");
        }
    }
}
