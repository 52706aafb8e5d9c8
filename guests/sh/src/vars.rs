//! Variables, their attributes and scopes; aliases.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::bash::array::{Array, Key};
use crate::bash::dynamic::Calls;
use crate::order::sorted;
use crate::syntax::is_name;

/// A small, deterministic hash for short byte strings (FNV-1a).
#[derive(Debug, Clone, Copy)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // A byte string's length adds nothing.
    }
}

/// A map from byte strings.
pub type Map<V> = HashMap<Rc<[u8]>, V, BuildHasherDefault<Fnv>>;

/// Alias names and their texts.
pub type Aliases = Map<Rc<[u8]>>;

/// Where a variable's value comes from when the shell keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dynamic {
    /// The line of the running command.
    LineNumber,
    /// A random number.
    Random,
    /// Seconds since 1970.
    Epoch,
    /// Seconds since 1970 with microseconds.
    EpochReal,
    /// The name of the running function.
    FunctionName,
    /// One of bash's own.
    Bash(crate::bash::dynamic::Source),
}

/// A variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variable {
    /// Its value; `None` when it only has attributes.
    pub value: Option<Vec<u8>>,
    /// Whether commands get it in their environment.
    pub exported: bool,
    /// Whether it can be neither changed nor unset.
    pub readonly: bool,
    /// Set when the value is computed.
    pub dynamic: Option<Dynamic>,
    /// The values of an array, which then has no other.
    pub array: Option<Rc<Array>>,
    /// What else bash knows of it.
    pub traits: Traits,
    /// Counts the variables made before it.
    sequence: u32,
}

/// What bash knows of a variable beyond its value: the letters of `declare`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits(pub u8);

impl Traits {
    /// `-i`: what is assigned is arithmetic.
    pub const INTEGER: Self = Self(1);
    /// `-l`
    pub const LOWER: Self = Self(2);
    /// `-u`
    pub const UPPER: Self = Self(4);
    /// `-c`
    pub const CAPITAL: Self = Self(8);
    /// `-n`: the value is the name of another variable, which is meant.
    pub const REFERENCE: Self = Self(16);
    /// `-t`
    pub const TRACED: Self = Self(32);
    /// An array that has never been given a value.
    pub const HOLLOW: Self = Self(64);

    /// Whether all of the others are among these.
    #[must_use]
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Adds or removes others.
    pub fn set(&mut self, others: Self, on: bool) {
        self.0 = if on { self.0 | others.0 } else { self.0 & !others.0 };
    }
}

/// An assignment to a read-only variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOnly(pub Vec<u8>);

/// How long a chain of references may be.
const MOST_REFERENCES: usize = 8;

/// A special variable that was set or unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// `IFS`
    Separators,
    /// `PATH`
    Path,
    /// `OPTIND`
    OptionIndex,
}

/// What computed variables are made of.
#[derive(Debug, Clone, Default)]
pub struct Dynamics {
    /// The running command's line.
    pub line: u32,
    /// The state of the random numbers.
    pub random: Cell<u32>,
    /// The running function, innermost last.
    pub functions: Vec<Rc<[u8]>>,
    /// What bash's own are made of.
    pub calls: Calls,
}

/// All variables.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    map: Map<Variable>,
    /// For each scope the variables it covers, with what they were.
    scopes: Vec<Vec<(Rc<[u8]>, Option<Variable>)>>,
    sequence: u32,
    /// Special variables that changed since the owner looked.
    pub changed: Vec<Changed>,
    /// What computed variables are made of.
    pub dynamics: Dynamics,
}

impl Variables {
    /// The variable's value, if it is set.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        let variable = self.map.get(name)?;
        match variable.dynamic {
            None if variable.array.is_some() || variable.traits.has(Traits::REFERENCE) => self.get_through(variable),
            None => variable.value.as_deref().map(Cow::Borrowed),
            Some(Dynamic::Bash(source)) => self.dynamics.bash_value(source).map(Cow::Owned),
            Some(dynamic) => Some(Cow::Owned(self.dynamics.value(dynamic))),
        }
    }

    /// The value of an array where a plain one is asked for, or that of the variable that another refers to.
    #[inline(never)]
    fn get_through<'v>(&'v self, variable: &'v Variable) -> Option<Cow<'v, [u8]>> {
        if let Some(array) = &variable.array {
            return array.first().map(Cow::Borrowed);
        }
        let target = self.target_of(variable.value.as_deref()?);
        let (name, key) = crate::bash::variables::split_element(target);
        match key {
            None if self.map.get(name).is_some_and(|found| found.traits.has(Traits::REFERENCE)) => None,
            None => self.get(name),
            Some(key) => self.element(name, &self.key_of(name, key)?).map(Cow::Owned),
        }
    }

    /// The last name of a chain of references.
    #[must_use]
    pub fn target_of<'v>(&'v self, name: &'v [u8]) -> &'v [u8] {
        let mut name = name;
        for _ in 0..MOST_REFERENCES {
            match self.map.get(name) {
                Some(Variable { traits, value: Some(target), .. }) if traits.has(Traits::REFERENCE) => name = target,
                _ => break,
            }
        }
        name
    }

    /// The array that a variable is; of a computed one its values.
    #[must_use]
    pub fn array(&self, name: &[u8]) -> Option<Cow<'_, Array>> {
        let variable = self.map.get(name)?;
        match (variable.dynamic, &variable.array) {
            (Some(Dynamic::Bash(source)), _) => self.dynamics.bash_array(source).map(Cow::Owned),
            (_, array) => array.as_deref().map(Cow::Borrowed),
        }
    }

    /// The variables of the innermost scope.
    pub fn in_scope_names(&self) -> impl Iterator<Item = &Rc<[u8]>> {
        self.scopes.last().into_iter().flatten().map(|(name, _)| name)
    }

    /// The variable that a name means outside all functions, for change: what has been covered, or the variable itself.
    pub fn global(&mut self, name: &[u8]) -> &mut Variable {
        let covered = self.scopes.iter().position(|scope| scope.iter().any(|(known, _)| **known == *name));
        if covered.is_none() {
            return self.entry(name);
        }
        let scope = covered.and_then(|at| self.scopes.get_mut(at)).into_iter().flatten();
        let mut found = scope.filter(|(known, _)| **known == *name).map(|(_, old)| old.get_or_insert_default());
        match found.next() {
            Some(variable) => variable,
            None => self.map.entry(name.into()).or_default(),
        }
    }

    /// Whether a scope inside a function covers the variable.
    #[must_use]
    pub fn is_covered(&self, name: &[u8]) -> bool {
        self.scopes.iter().any(|scope| scope.iter().any(|(known, _)| **known == *name))
    }

    /// The variable with its attributes.
    #[must_use]
    pub fn variable(&self, name: &[u8]) -> Option<&Variable> {
        self.map.get(name)
    }

    /// Defines a computed variable.
    pub fn define_dynamic(&mut self, name: &[u8], dynamic: Dynamic) {
        self.entry(name).dynamic = Some(dynamic);
    }

    fn note_change(&mut self, name: &[u8]) {
        self.changed.extend(match name {
            b"IFS" => Some(Changed::Separators),
            b"PATH" => Some(Changed::Path),
            b"OPTIND" => Some(Changed::OptionIndex),
            _ => None,
        });
    }

    /// Sets a variable.
    /// # Errors
    /// The variable is read-only.
    pub fn set(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), ReadOnly> {
        if matches!(name, b"IFS" | b"PATH" | b"OPTIND") {
            self.note_change(name);
        }
        match self.map.get_mut(name) {
            Some(variable) if variable.readonly => return Err(ReadOnly(name.to_vec())),
            Some(Variable { dynamic: Some(Dynamic::Bash(source)), .. }) => self.dynamics.set_bash(*source, &value),
            Some(variable) if variable.array.is_some() => {
                let array = Rc::make_mut(variable.array.get_or_insert_default());
                let key = if array.is_associative() { Key::Name(b"0".to_vec()) } else { Key::Number(0) };
                array.set(key, value);
            }
            Some(variable) => {
                // Line, random and function name lose their meaning once they are set.
                variable.dynamic = None;
                variable.value = Some(value);
            }
            None => self.entry(name).value = Some(value),
        }
        Ok(())
    }

    /// Sets a variable, read-only or not.
    pub fn force(&mut self, name: &[u8], value: &[u8]) {
        let variable = self.entry(name);
        variable.value = Some(value.to_vec());
        variable.dynamic = None;
        self.note_change(name);
    }

    /// Unsets a variable.
    /// # Errors
    /// The variable is read-only.
    pub fn unset(&mut self, name: &[u8]) -> Result<(), ReadOnly> {
        if self.map.get(name).is_some_and(|variable| variable.readonly) {
            return Err(ReadOnly(name.to_vec()));
        }
        self.map.remove(name);
        self.note_change(name);
        Ok(())
    }

    /// The variable's attributes, for change; the variable is made if it is missing.
    pub fn attributes(&mut self, name: &[u8]) -> &mut Variable {
        self.entry(name)
    }

    fn entry(&mut self, name: &[u8]) -> &mut Variable {
        self.map.entry(name.into()).or_insert_with(|| {
            self.sequence += 1;
            Variable { sequence: self.sequence, ..Variable::default() }
        })
    }

    /// Begins a scope: what [`Self::localize`] covers comes back at its end.
    pub fn push_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// Whether a scope is open.
    #[must_use]
    pub fn in_scope(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Notes the variable's state for the end of the innermost scope.
    /// Returns whether the scope didn't cover it yet.
    pub fn localize(&mut self, name: &[u8]) -> bool {
        let old = self.map.get(name).cloned();
        match self.scopes.last_mut() {
            Some(scope) if !scope.iter().any(|(known, _)| **known == *name) => {
                scope.push((name.into(), old));
                true
            }
            _ => false,
        }
    }

    /// Ends the innermost scope; with `export`, as under `set -a`, variables that it had made stay marked for export without
    /// a value. Returns the last name in it that is none of a variable's.
    pub fn pop_scope(&mut self, export: bool) -> Option<Rc<[u8]>> {
        let mut odd = None;
        for (name, old) in self.scopes.pop().unwrap_or_default().into_iter().rev() {
            self.note_change(&name);
            if odd.is_none() && !is_name(&name) {
                odd = Some(name.clone());
            }
            match old {
                Some(variable) => _ = self.map.insert(name, variable),
                None => {
                    self.map.remove(&name);
                    if export && is_name(&name) {
                        self.entry(&name).exported = true;
                    }
                }
            }
        }
        odd
    }

    /// All names that begin so, sorted.
    #[must_use]
    pub fn names(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let all = self.map.iter().filter(|(name, variable)| {
            name.starts_with(prefix)
                && (variable.value.is_some() || variable.array.is_some() || variable.dynamic.is_some())
        });
        sorted(all.map(|(name, _)| (0, 0, name.to_vec())).collect())
    }

    /// All variables, sorted by name.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Vec<u8>, &Variable)> {
        let names = sorted(self.map.keys().map(|name| (0, 0, name.to_vec())).collect());
        names.into_iter().filter_map(|name| self.map.get(&name[..]).map(|variable| (name, variable))).collect()
    }

    /// The environment of a command: `NAME=value`, in the order of the shell's table.
    #[must_use]
    pub fn environment(&self) -> Vec<Vec<u8>> {
        let exported = self.map.iter().filter(|(_, variable)| variable.exported);
        let lines = exported.filter_map(|(name, variable)| {
            let line = [&name[..], b"=", variable.value.as_deref()?].concat();
            Some((bucket(name), variable.sequence, line))
        });
        sorted(lines.collect())
    }
}

/// The place of a name in the tables of the shell this stands in for, which shows in the order of the
/// environment and of the aliases.
#[must_use]
pub fn bucket(name: &[u8]) -> u32 {
    place_among(name, 39)
}

/// As [`bucket`], in a table of this size.
#[must_use]
pub fn place_among(name: &[u8], size: u32) -> u32 {
    let first = name.first().copied().unwrap_or_default();
    let sum: u32 = name.iter().map(|byte| u32::from(*byte)).sum();
    (u32::from(first) * 16 + sum) % size
}

impl Dynamic {
    /// Whether `set` lists the variable, as empty.
    #[must_use]
    pub const fn is_listed(self) -> bool {
        matches!(self, Self::LineNumber | Self::FunctionName)
    }
}

impl Dynamics {
    fn value(&self, dynamic: Dynamic) -> Vec<u8> {
        match dynamic {
            Dynamic::LineNumber => self.line.to_string(),
            Dynamic::Random => self.next_random().to_string(),
            Dynamic::Epoch => wcr_sys::time::now().sec.to_string(),
            Dynamic::EpochReal => {
                let now = wcr_sys::time::now();
                format!("{}.{:06}", now.sec, now.nsec / 1000)
            }
            Dynamic::Bash(source) => return self.bash_value(source).unwrap_or_default(),
            Dynamic::FunctionName => return self.functions.last().map(|name| name.to_vec()).unwrap_or_default(),
        }
        .into_bytes()
    }

    /// A number of 15 bits (xorshift).
    pub fn next_random(&self) -> u32 {
        let mut state = self.random.get();
        if state == 0 {
            let mut seed = [0; 4];
            let seeded = wcr_sys::random(&mut seed);
            state = if seeded.is_ok() { u32::from_le_bytes(seed) | 1 } else { 1 };
        }
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        self.random.set(state);
        state & 0x7fff
    }
}

/// The text in single quotes so that the shell reads it back: `it's` becomes `'it'"'"'s'`.
#[must_use]
pub fn single_quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    let mut rest = text;
    loop {
        let plain = rest.iter().position(|byte| *byte == b'\'').unwrap_or(rest.len());
        let (head, tail) = rest.split_at(plain);
        out.push(b'\'');
        out.extend_from_slice(head);
        out.push(b'\'');
        let quotes = tail.iter().take_while(|byte| **byte == b'\'').count();
        if quotes == 0 {
            return out;
        }
        out.push(b'"');
        out.extend_from_slice(tail.get(..quotes).unwrap_or_default());
        out.push(b'"');
        rest = tail.get(quotes..).unwrap_or_default();
        if rest.is_empty() {
            return out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_the_shell_reads_back() {
        for (text, quoted) in [("", "''"), ("a b", "'a b'"), ("it's", "'it'\"'\"'s'"), ("'", "''\"'\"")] {
            assert_eq!(single_quoted(text.as_bytes()), quoted.as_bytes(), "{text}");
        }
    }

    #[test]
    fn scopes_restore_and_readonly_refuses() {
        let mut vars = Variables::default();
        vars.set(b"x", b"1".to_vec()).unwrap();
        vars.push_scope();
        vars.localize(b"x");
        vars.localize(b"y");
        vars.set(b"x", b"2".to_vec()).unwrap();
        vars.set(b"y", b"3".to_vec()).unwrap();
        assert_eq!(vars.pop_scope(false), None);
        assert_eq!(vars.get(b"x").as_deref(), Some(&b"1"[..]));
        assert_eq!(vars.get(b"y"), None);
        vars.attributes(b"x").readonly = true;
        assert_eq!(vars.set(b"x", Vec::new()), Err(ReadOnly(b"x".to_vec())));
        assert!(vars.unset(b"x").is_err());
    }
}
