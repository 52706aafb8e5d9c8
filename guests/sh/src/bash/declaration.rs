//! Variables and functions as the commands that make them: `declare -p`.

use super::quote;
use crate::shell::Shell;
use crate::vars::{Dynamic, Traits, Variable};

/// The letters of a variable's attributes, in the order of bash.
#[must_use]
pub fn letters(variable: &Variable) -> Vec<u8> {
    let associative = variable.array.as_ref().is_some_and(|array| array.is_associative());
    let computed_array = matches!(variable.dynamic, Some(Dynamic::Bash(source)) if source.is_array());
    [
        (variable.array.is_some() && !associative || computed_array, b'a'),
        (associative, b'A'),
        (variable.traits.has(Traits::INTEGER), b'i'),
        (variable.traits.has(Traits::REFERENCE), b'n'),
        (variable.readonly, b'r'),
        (variable.traits.has(Traits::TRACED), b't'),
        (variable.exported, b'x'),
        (variable.traits.has(Traits::CAPITAL), b'c'),
        (variable.traits.has(Traits::LOWER), b'l'),
        (variable.traits.has(Traits::UPPER), b'u'),
    ]
    .into_iter()
    .filter_map(|(has, letter)| has.then_some(letter))
    .collect()
}

/// An array's values in parentheses.
#[must_use]
pub fn array_text(array: &super::array::Array) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || b"./-:@%+".contains(byte);
    let mut out = vec![b'('];
    for (index, (key, value)) in array.pairs().iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        let key = key.text();
        let key = if key.iter().all(plain) && !key.is_empty() { key.into_owned() } else { quote::double(&key) };
        out.extend_from_slice(&[b"[", &key[..], b"]=", &quote::double(value)].concat());
    }
    if array.is_associative() && array.len() > 0 {
        out.push(b' ');
    }
    out.push(b')');
    out
}

impl Shell {
    /// The letters of a variable's attributes.
    pub(crate) fn attribute_letters(&self, name: &[u8]) -> Vec<u8> {
        self.vars.variable(name).map(letters).unwrap_or_default()
    }

    /// The command that makes a variable what it is.
    pub(crate) fn declaration(&self, name: &[u8]) -> Vec<u8> {
        let letters = self.attribute_letters(name);
        let letters = if letters.is_empty() { b"-".to_vec() } else { letters };
        let mut out = [b"declare -", &letters[..], b" ", name].concat();
        let Some(variable) = self.vars.variable(name) else { return out };
        if variable.traits.has(Traits::HOLLOW) {
            return out;
        }
        if let Some(array) = self.vars.array(name) {
            out.push(b'=');
            out.extend_from_slice(&array_text(&array));
            return out;
        }
        let value = match variable.dynamic {
            Some(_) => self.vars.get(name).map(std::borrow::Cow::into_owned),
            None => variable.value.clone(),
        };
        if let Some(value) = value {
            out.push(b'=');
            out.extend_from_slice(&quote::double(&value));
        }
        out
    }

    /// A variable as `set` lists it; `None` where it has no value.
    pub(crate) fn listing(&self, name: &[u8]) -> Option<Vec<u8>> {
        if let Some(array) = self.vars.array(name) {
            return Some([name, b"=", &array_text(&array)].concat());
        }
        let value = self.vars.get(name)?;
        Some([name, b"=", &quote::if_needed(&value)].concat())
    }
}
