//! Arrays: indexed ones, and associative ones in the order in which bash goes through them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::order::sorted;
use crate::vars::Map;

/// How many rows the table of an associative array has (observed in the order of its keys).
const ROWS: u32 = 1024;

/// An array variable's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Array {
    /// By number.
    Indexed(BTreeMap<i64, Vec<u8>>),
    /// By name; each with the count of those that were put in before it.
    Associative(Map<(u32, Vec<u8>)>),
}

/// A place in an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// In an indexed one.
    Number(i64),
    /// In an associative one.
    Name(Vec<u8>),
}

impl Key {
    /// The key as it is written.
    #[must_use]
    pub fn text(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Self::Name(name) => Cow::Borrowed(name),
        }
    }
}

impl Default for Array {
    fn default() -> Self {
        Self::Indexed(BTreeMap::new())
    }
}

impl Array {
    /// An associative array without values.
    #[must_use]
    pub fn associative() -> Self {
        Self::Associative(Map::default())
    }

    /// An indexed array of these values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self::Indexed((0..).zip(values).collect())
    }

    /// Whether its keys are names.
    #[must_use]
    pub const fn is_associative(&self) -> bool {
        matches!(self, Self::Associative(_))
    }

    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Indexed(values) => values.len(),
            Self::Associative(values) => values.len(),
        }
    }

    /// The value at a place; a name in an indexed array, or a number in an associative one, is none of its places.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&[u8]> {
        match (self, key) {
            (Self::Indexed(values), Key::Number(number)) => values.get(number).map(Vec::as_slice),
            (Self::Associative(values), Key::Name(name)) => values.get(&name[..]).map(|(_, value)| value.as_slice()),
            _ => None,
        }
    }

    /// The value that the variable has where it is used as a plain one.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        match self {
            Self::Indexed(values) => values.get(&0).map(Vec::as_slice),
            Self::Associative(values) => values.get(&b"0"[..]).map(|(_, value)| value.as_slice()),
        }
    }

    /// Sets the value at a place.
    pub fn set(&mut self, key: Key, value: Vec<u8>) {
        match (self, key) {
            (Self::Indexed(values), Key::Number(number)) => _ = values.insert(number, value),
            (Self::Associative(values), key) => {
                let sequence = u32::try_from(values.len()).unwrap_or(u32::MAX);
                let name: Rc<[u8]> = key.text().as_ref().into();
                values.entry(name).or_insert((sequence, Vec::new())).1 = value;
            }
            (Self::Indexed(_), Key::Name(_)) => {}
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &Key) {
        match (self, key) {
            (Self::Indexed(values), Key::Number(number)) => _ = values.remove(number),
            (Self::Associative(values), key) => _ = values.remove(&key.text()[..]),
            (Self::Indexed(_), Key::Name(_)) => {}
        }
    }

    /// The place behind the last one; 0 of an associative array.
    #[must_use]
    pub fn end(&self) -> i64 {
        match self {
            Self::Indexed(values) => values.last_key_value().map_or(0, |(last, _)| last + 1),
            Self::Associative(_) => 0,
        }
    }

    /// The keys in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        match self {
            Self::Indexed(values) => values.keys().map(|number| Key::Number(*number)).collect(),
            Self::Associative(values) => {
                let rows = values.iter().map(|(name, (sequence, _))| (row(name), u32::MAX - sequence, name.to_vec()));
                sorted(rows.collect()).into_iter().map(Key::Name).collect()
            }
        }
    }

    /// Keys and values in order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Key, Vec<u8>)> {
        let pair = |key: Key| {
            let value = self.get(&key).unwrap_or_default().to_vec();
            (key, value)
        };
        self.keys().into_iter().map(pair).collect()
    }

    /// The values in order.
    #[must_use]
    pub fn values(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Indexed(values) => values.values().cloned().collect(),
            Self::Associative(_) => self.pairs().into_iter().map(|(_, value)| value).collect(),
        }
    }
}

/// The row of a name: its FNV hash of 32 bits. Within a row the newest comes first.
fn row(name: &[u8]) -> u32 {
    let hash = name.iter().fold(0x811c_9dc5u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(*byte));
    hash % ROWS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_order_of_bash() {
        let mut array = Array::associative();
        for name in ["a", "b", "c", "foo", "bar", "x y"] {
            array.set(Key::Name(name.into()), Vec::new());
        }
        let names: Vec<_> = array.keys().iter().map(|key| key.text().into_owned()).collect();
        assert_eq!(names.join(&b' '), b"c b a foo bar x y");
    }

    #[test]
    fn numbers_come_in_order() {
        let mut array = Array::of([b"x".to_vec(), b"y".to_vec()]);
        array.set(Key::Number(5), b"z".to_vec());
        array.remove(&Key::Number(0));
        assert_eq!((array.end(), array.len(), array.first()), (6, 2, None));
        assert_eq!(array.values(), [b"y", b"z"]);
    }
}
