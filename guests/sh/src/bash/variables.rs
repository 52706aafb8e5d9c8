//! Arrays, references and attributes: what an assignment does in bash.

use std::borrow::Cow;
use std::rc::Rc;

use super::array::{Array, Key};
use crate::flavour::Flavour;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::bash::{Element, Target};
use crate::syntax::ast::{Assignment, Word};
use crate::vars::{Traits, Variables};

/// Splits `name[subscript]`.
#[must_use]
pub fn split_element(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let place = text.iter().position(|byte| *byte == b'[').filter(|at| *at > 0);
    let split = place.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?.strip_suffix(b"]")?)));
    split.map_or((text, None), |(name, subscript)| (name, Some(subscript)))
}

impl Variables {
    /// A value of an array; a plain variable is one with a single value.
    #[must_use]
    pub fn element(&self, name: &[u8], key: &Key) -> Option<Vec<u8>> {
        let name = self.target_of(name);
        match self.array(name) {
            Some(array) => array.get(key).map(<[u8]>::to_vec),
            None if *key == Key::Number(0) => self.get(name).map(Cow::into_owned),
            None => None,
        }
    }

    /// The place that a subscript means as it stands.
    #[must_use]
    pub fn key_of(&self, name: &[u8], subscript: &[u8]) -> Option<Key> {
        if self.is_associative(name) {
            return Some(Key::Name(subscript.to_vec()));
        }
        core::str::from_utf8(subscript).ok()?.trim().parse().ok().map(Key::Number)
    }

    /// Whether the variable is an associative array.
    #[must_use]
    pub fn is_associative(&self, name: &[u8]) -> bool {
        let array = self.variable(self.target_of(name)).and_then(|variable| variable.array.as_ref());
        array.is_some_and(|array| array.is_associative())
    }

    /// All values of an array, or the one of a plain variable.
    #[must_use]
    pub fn all(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let name = self.target_of(name);
        match self.array(name) {
            Some(array) => array.values(),
            None => self.get(name).map(Cow::into_owned).into_iter().collect(),
        }
    }

    /// Makes a variable an array with these values.
    pub fn set_array(&mut self, name: &[u8], array: Array) {
        let variable = self.attributes(name);
        variable.array = Some(Rc::new(array));
        variable.value = None;
        variable.dynamic = None;
        variable.traits.set(Traits::HOLLOW, false);
    }
}

impl Shell {
    /// The diagnostic of a parameter that is not set under `set -u`, which ends the shell.
    pub(crate) fn unbound(&mut self, name: &[u8]) -> Unwind {
        self.complain(&[name, b": unbound variable"].concat());
        self.fatal()
    }

    /// Why the shell ends after an error that no shell survives where nobody sits at it.
    pub(crate) fn fatal(&mut self) -> Unwind {
        if self.has(crate::options::Opt::Interactive) {
            self.status = 1;
            return Unwind::Error;
        }
        self.status = if self.subshell || !self.bash.from_argument { 1 } else { 127 };
        Unwind::Exit
    }

    /// The place that a subscript means, given as text: of an associative array the text, else a number.
    /// # Errors
    /// It is no place.
    pub(crate) fn key(&mut self, name: &[u8], subscript: &[u8]) -> Flow<Key> {
        if self.vars.is_associative(name) {
            let special = subscript.iter().any(|byte| matches!(byte, b'$' | b'`' | b'\'' | b'"' | b'\\'));
            let key = if special { self.expand_quoted_text(subscript)? } else { subscript.to_vec() };
            return Ok(Key::Name(key));
        }
        let number = self.arithmetic(subscript)?;
        match self.counted(name, number) {
            Some(number) => Ok(Key::Number(number)),
            None => {
                let message = [name, b"[", subscript, b"]: bad array subscript"].concat();
                Err(self.fail(&message))
            }
        }
    }

    /// The place that a subscript means, given as a word.
    /// # Errors
    /// As [`Self::key`].
    pub(crate) fn key_of_word(&mut self, name: &[u8], subscript: &Word) -> Flow<Key> {
        let text = self.expand_text(subscript)?;
        if self.vars.is_associative(name) { Ok(Key::Name(text)) } else { self.key(name, &text) }
    }

    /// The place of a value that is read: a bad one is told, and nothing is there.
    pub(crate) fn key_to_read(&mut self, name: &[u8], subscript: &Word) -> Flow<Option<Key>> {
        let text = self.expand_text(subscript)?;
        if self.vars.is_associative(name) {
            return Ok(Some(Key::Name(text)));
        }
        let number = self.arithmetic(&text)?;
        let key = self.counted(name, number).map(Key::Number);
        if key.is_none() {
            self.complain(&[name, b": bad array subscript"].concat());
        }
        Ok(key)
    }

    /// A number that counts from the end where it is negative.
    fn counted(&self, name: &[u8], number: i64) -> Option<i64> {
        if number >= 0 {
            return Some(number);
        }
        let name = self.vars.target_of(name);
        let end = match self.vars.array(name) {
            Some(array) => array.end(),
            None => i64::from(self.vars.get(name).is_some()),
        };
        Some(number + end).filter(|number| *number >= 0)
    }

    /// The error of a variable that may not change.
    pub(crate) fn refuse_change(&mut self, name: &[u8]) -> Unwind {
        self.fail(&Flavour::Bash.read_only(name))
    }

    /// What is stored when `value` is assigned: with the attributes of the variable.
    fn transformed(&mut self, name: &[u8], value: Vec<u8>) -> Flow<Vec<u8>> {
        let traits = self.vars.variable(name).map(|variable| variable.traits).unwrap_or_default();
        if traits.has(Traits::INTEGER) {
            return Ok(crate::expand::arith::decimal(self.arithmetic(&value)?));
        }
        Ok(if traits.has(Traits::LOWER) {
            value.to_ascii_lowercase()
        } else if traits.has(Traits::UPPER) {
            value.to_ascii_uppercase()
        } else if traits.has(Traits::CAPITAL) {
            let (first, rest) = value.split_at(value.len().min(1));
            [first.to_ascii_uppercase(), rest.to_ascii_lowercase()].concat()
        } else {
            value
        })
    }

    /// The value that `+=` makes of the one before.
    fn appended(&mut self, name: &[u8], before: Option<Vec<u8>>, value: Vec<u8>) -> Flow<Vec<u8>> {
        let before = before.unwrap_or_default();
        let integer = self.vars.variable(name).is_some_and(|variable| variable.traits.has(Traits::INTEGER));
        if !integer {
            return Ok([before, value].concat());
        }
        let sum = self.arithmetic(&before)?.wrapping_add(self.arithmetic(&value)?);
        Ok(crate::expand::arith::decimal(sum))
    }

    /// Sets a variable as an assignment does in bash.
    /// # Errors
    /// It may not change, or the value is not what its attributes want.
    pub(crate) fn assign_in_bash(&mut self, name: &[u8], value: Vec<u8>) -> Flow {
        let plain = |variable: &crate::vars::Variable| variable.traits == Traits::default();
        if self.vars.variable(name).is_none_or(plain) {
            if let Err(crate::vars::ReadOnly(name)) = self.vars.set(name, value) {
                return Err(self.refuse_change(&name));
            }
            self.settle_assignment(name);
            return Ok(());
        }
        let target = self.vars.target_of(name).to_vec();
        if let (name, Some(subscript)) = split_element(&target) {
            let key = self.key(name, subscript)?;
            return self.assign_element(name, key, value, false);
        }
        let value = self.transformed(&target, value)?;
        if let Err(crate::vars::ReadOnly(name)) = self.vars.set(&target, value) {
            return Err(self.refuse_change(&name));
        }
        self.vars.attributes(&target).traits.set(Traits::HOLLOW, false);
        self.settle_assignment(&target);
        Ok(())
    }

    fn settle_assignment(&mut self, name: &[u8]) {
        if name.first() == Some(&b'L') {
            self.follow_locale(name);
        }
        self.export_if_all(name);
        if !self.vars.changed.is_empty() {
            self.settle_variables();
        }
    }

    /// Sets a value of an array; a plain variable becomes one.
    /// # Errors
    /// It may not change.
    pub(crate) fn assign_element(&mut self, name: &[u8], key: Key, value: Vec<u8>, append: bool) -> Flow {
        let name = self.vars.target_of(name).to_vec();
        if self.vars.variable(&name).is_some_and(|variable| variable.readonly) {
            return Err(self.refuse_change(&name));
        }
        let value = if append {
            let before = self.vars.element(&name, &key);
            self.appended(&name, before, value)?
        } else {
            self.transformed(&name, value)?
        };
        let variable = self.vars.attributes(&name);
        variable.dynamic = None;
        variable.traits.set(Traits::HOLLOW, false);
        let before = variable.value.take();
        let array = Rc::make_mut(variable.array.get_or_insert_default());
        if let Some(before) = before {
            array.set(Key::Number(0), before);
        }
        array.set(key, value);
        self.export_if_all(&name);
        Ok(())
    }

    /// The array that `( )` makes, added to the one before or instead of it.
    fn built(&mut self, name: &[u8], elements: &[Element], append: bool) -> Flow<Array> {
        let associative = self.vars.is_associative(name);
        let mut array = match self.vars.array(name) {
            Some(array) if append => array.into_owned(),
            None if append => Array::of(self.vars.get(name).map(Cow::into_owned)),
            _ if associative => Array::associative(),
            _ => Array::default(),
        };
        let mut next = array.end();
        let mut pending: Option<Vec<u8>> = None;
        for element in elements {
            let Some(subscript) = &element.subscript else {
                let mut values = Vec::new();
                self.expand_word(&element.value, &mut values)?;
                for value in values {
                    if associative {
                        // Without places they are names and values in turn.
                        match pending.take() {
                            Some(key) => array.set(Key::Name(key), value),
                            None => pending = Some(value),
                        }
                        continue;
                    }
                    let value = self.transformed(name, value)?;
                    array.set(Key::Number(next), value);
                    next += 1;
                }
                continue;
            };
            let key = if associative {
                Key::Name(self.expand_text(subscript)?)
            } else {
                let text = self.expand_text(subscript)?;
                let number = self.arithmetic(&text)?;
                let number = if number < 0 { number + array.end() } else { number };
                if number < 0 {
                    let message = [b"[", &text[..], b"]: bad array subscript"].concat();
                    return Err(self.fail(&message));
                }
                next = number + 1;
                Key::Number(number)
            };
            let value = self.expand_assignment(&element.value)?;
            let value = if element.append {
                let before = array.get(&key).map(<[u8]>::to_vec);
                self.appended(name, before, value)?
            } else {
                self.transformed(name, value)?
            };
            array.set(key, value);
        }
        if let Some(key) = pending {
            array.set(Key::Name(key), Vec::new());
        }
        Ok(array)
    }

    /// `name=( )`
    /// # Errors
    /// It may not change, or an expansion's.
    pub(crate) fn assign_array(&mut self, name: &[u8], elements: &[Element], append: bool) -> Flow {
        let name = self.vars.target_of(name).to_vec();
        if self.vars.variable(&name).is_some_and(|variable| variable.readonly) {
            return Err(self.refuse_change(&name));
        }
        let array = self.built(&name, elements, append)?;
        self.vars.set_array(&name, array);
        self.export_if_all(&name);
        Ok(())
    }

    /// An assignment as it stands in a command.
    /// # Errors
    /// It may not change, or an expansion's.
    pub(crate) fn assign_as_written(&mut self, assignment: &Assignment) -> Flow {
        let Some(target) = &assignment.target else {
            let value = self.expand_assignment(&assignment.value)?;
            return self.assign(&assignment.name, value);
        };
        self.assign_target(&assignment.name, target, &assignment.value)
    }

    /// What is more than `name=value`.
    fn assign_target(&mut self, name: &[u8], target: &Target, value: &Word) -> Flow {
        if let Some(elements) = &target.elements {
            return self.assign_array(name, elements, target.append);
        }
        let text = self.expand_assignment(value)?;
        match &target.subscript {
            Some(subscript) => {
                let key = self.key_of_word(name, subscript)?;
                self.assign_element(name, key, text, target.append)
            }
            None => self.append(name, text),
        }
    }

    /// `name+=value`
    /// # Errors
    /// It may not change.
    pub(crate) fn append(&mut self, name: &[u8], value: Vec<u8>) -> Flow {
        let resolved = self.vars.target_of(name).to_vec();
        if self.vars.array(&resolved).is_some() {
            let key = if self.vars.is_associative(&resolved) { Key::Name(b"0".to_vec()) } else { Key::Number(0) };
            return self.assign_element(&resolved, key, value, true);
        }
        let before = self.vars.get(&resolved).map(Cow::into_owned);
        let value = self.appended(&resolved, before, value)?;
        self.assign(&resolved, value)
    }

    /// Sets what a text names: a variable, or a value of an array.
    /// # Errors
    /// It may not change.
    pub(crate) fn assign_named(&mut self, text: &[u8], value: Vec<u8>) -> Flow {
        match split_element(text) {
            (name, Some(subscript)) => {
                let key = self.key(name, subscript)?;
                self.assign_element(name, key, value, false)
            }
            (name, None) => self.assign(name, value),
        }
    }

    /// Takes a value out of an array.
    /// # Errors
    /// It may not change.
    pub(crate) fn unset_element(&mut self, name: &[u8], subscript: &[u8]) -> Flow {
        let name = self.vars.target_of(name).to_vec();
        if self.vars.variable(&name).is_some_and(|variable| variable.readonly) {
            return Err(self.refuse_change(&name));
        }
        if matches!(subscript, b"@" | b"*") && !self.vars.is_associative(&name) {
            return self.unset(&name);
        }
        let key = self.key(&name, subscript)?;
        if self.vars.array(&name).is_none() {
            return if key == Key::Number(0) { self.unset(&name) } else { Ok(()) };
        }
        if let Some(array) = &mut self.vars.attributes(&name).array {
            Rc::make_mut(array).remove(&key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::split_element;

    #[test]
    fn elements_are_split() {
        assert_eq!(split_element(b"a[1]"), (&b"a"[..], Some(&b"1"[..])));
        assert_eq!(split_element(b"a[b[1]]"), (&b"a"[..], Some(&b"b[1]"[..])));
        assert_eq!(split_element(b"a[1"), (&b"a[1"[..], None));
        assert_eq!(split_element(b"a"), (&b"a"[..], None));
    }
}
