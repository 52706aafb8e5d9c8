//! `${x@Q}` and the other letters.

use std::borrow::Cow;

use super::param::Value;
use crate::bash::array::{Array, Key};
use crate::bash::quote;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::ParamName;
use crate::syntax::ast::bash::Subscript;

impl Shell {
    pub(super) fn transformed_by(&mut self, letter: u8, name: &ParamName, value: Value) -> Flow<Value> {
        let each = |value: Value, change: &dyn Fn(&[u8]) -> Vec<u8>| match value {
            Value::One(text) => Value::One(text.map(|text| change(&text))),
            Value::Many(texts, joined) => Value::Many(texts.iter().map(|text| change(text)).collect(), joined),
        };
        let variable = match name {
            ParamName::Variable(name) => Some(name.to_vec()),
            ParamName::Element(place) => Some(place.name.to_vec()),
            _ => None,
        };
        let whole = matches!(name, ParamName::Element(place) if !matches!(place.subscript, Subscript::Index(_)));
        Ok(match letter {
            b'U' => each(value, &<[u8]>::to_ascii_uppercase),
            b'L' => each(value, &<[u8]>::to_ascii_lowercase),
            b'u' => each(value, &|text| {
                let (first, rest) = text.split_at(text.len().min(1));
                [first.to_ascii_uppercase(), rest.to_vec()].concat()
            }),
            b'Q' => each(value, &quote::quoted),
            b'E' => each(value, &crate::syntax::resolve_escapes),
            b'P' => match value {
                Value::One(Some(text)) => Value::One(Some(self.prompt_text(text))),
                Value::Many(texts, joined) => {
                    Value::Many(texts.into_iter().map(|text| self.prompt_text(text)).collect(), joined)
                }
                value => value,
            },
            b'a' => {
                let letters = variable.map(|name| self.attribute_letters(&name)).unwrap_or_default();
                match value {
                    Value::One(None) => Value::One(Some(letters)),
                    value => each(value, &|_| letters.clone()),
                }
            }
            b'A' => match (variable, value) {
                (Some(name), Value::Many(..)) if whole => Value::One(self.assignment_of(&name)),
                (Some(name), Value::One(Some(text))) => Value::One(Some(self.statement(&name, &text))),
                (None, Value::Many(texts, _)) => {
                    let words: Vec<Vec<u8>> = texts.iter().map(|text| quote::quoted(text)).collect();
                    Value::One(Some([b"set -- ".to_vec(), words.join(&b' ')].concat()))
                }
                (_, value) => value,
            },
            _ => match (variable, value) {
                (Some(name), Value::Many(texts, joined)) => {
                    let array = self.vars.array(self.vars.target_of(&name)).map(Cow::into_owned);
                    let array = array.unwrap_or_else(|| Array::of(texts));
                    keys_and_values(&array, letter, joined)
                }
                (_, value) => each(value, &quote::quoted),
            },
        })
    }

    /// `declare -a a=(…)`, as `${a[@]@A}` has it.
    fn assignment_of(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        let name = self.vars.target_of(name).to_vec();
        self.vars.array(&name)?;
        Some(self.declaration(&name))
    }

    /// A plain variable's assignment.
    fn statement(&mut self, name: &[u8], text: &[u8]) -> Vec<u8> {
        let letters = self.attribute_letters(name);
        let command = if letters.is_empty() { Vec::new() } else { [b"declare -", &letters[..], b" "].concat() };
        [&command[..], name, b"=", &quote::quoted(text)].concat()
    }
}

/// Keys and values in turn: with `K` as one quoted string, with `k` each a word.
fn keys_and_values(array: &Array, letter: u8, joined: bool) -> Value {
    let pairs = array.pairs();
    if letter == b'k' {
        let words = pairs.into_iter().flat_map(|(key, value)| [key.text().into_owned(), value]);
        return Value::Many(words.collect(), joined);
    }
    let shown = |key: &Key| match key {
        Key::Number(number) => number.to_string().into_bytes(),
        Key::Name(name) if name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') => name.clone(),
        Key::Name(name) => quote::double(name),
    };
    let words: Vec<Vec<u8>> =
        pairs.iter().map(|(key, value)| [shown(key), b" ".to_vec(), quote::double(value)].concat()).collect();
    let mut text = words.join(&b' ');
    if array.is_associative() {
        text.push(b' ');
    }
    Value::One(Some(text))
}
