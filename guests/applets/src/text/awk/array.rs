//! Arrays: hash tables whose order of traversal is that of BusyBox.

use std::cell::RefCell;
use std::rc::Rc;

use super::value::{Text, Value};

/// An array that several names may mean.
pub(super) type Array = Rc<RefCell<Table>>;

/// How many chains a table has as it grows.
const SIZES: [u32; 6] = [61, 251, 1021, 4093, 16381, 65521];

/// How many elements a chain has on average before the table grows.
const LOAD: u32 = 8;

/// No element.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Entry {
    key: Text,
    hash: u32,
    next: u32,
    value: Value,
}

/// The elements of an array. A new one stands first in its chain.
#[derive(Debug)]
pub(super) struct Table {
    chains: Vec<u32>,
    size: usize,
    entries: Vec<Entry>,
    free: Vec<u32>,
}

impl Default for Table {
    fn default() -> Self {
        Self { chains: vec![NONE; SIZES[0] as usize], size: 0, entries: Vec::new(), free: Vec::new() }
    }
}

fn hash(key: &[u8]) -> u32 {
    key.iter().fold(0u32, |hash, byte| hash.wrapping_mul(63).wrapping_add(u32::from(*byte)))
}

impl Table {
    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Removes all elements.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The element with this key.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        let at = self.find(key, hash(key))?;
        self.entries.get(at as usize).map(|entry| &entry.value)
    }

    /// The place of the element with this key, which is made when there is none.
    pub(super) fn place(&mut self, key: &[u8]) -> usize {
        let hash = hash(key);
        let found = self.find(key, hash);
        found.unwrap_or_else(|| self.insert(Rc::from(key), hash)) as usize
    }

    /// The element with this key, which is made when there is none.
    pub(super) fn element(&mut self, key: &[u8]) -> &mut Value {
        let at = self.place(key);
        &mut self.entries[at].value
    }

    /// The element at a place that [`Self::place`] gave for the same key; it may have been removed since.
    pub(super) fn element_at(&mut self, place: usize, key: &[u8]) -> &mut Value {
        if self.entries.get(place).is_some_and(|entry| *entry.key == *key) {
            return &mut self.entries[place].value;
        }
        self.element(key)
    }

    /// Removes the element with this key.
    pub(super) fn remove(&mut self, key: &[u8]) {
        let hash = hash(key);
        let Some(at) = self.find(key, hash) else { return };
        let (next, chain) = (self.entries[at as usize].next, self.chain(hash));
        let mut before = self.chains[chain];
        if before == at {
            self.chains[chain] = next;
        } else {
            while self.entries[before as usize].next != at {
                before = self.entries[before as usize].next;
            }
            self.entries[before as usize].next = next;
        }
        self.entries[at as usize] = Entry { key: Rc::from([0u8].as_slice()), hash: 0, next: NONE, value: Value::Unset };
        self.free.push(at);
    }

    /// All keys in the order of traversal.
    pub(super) fn keys(&self) -> Vec<Text> {
        let mut keys = Vec::with_capacity(self.len());
        for head in &self.chains {
            let mut at = *head;
            while let Some(entry) = self.entries.get(at as usize) {
                keys.push(entry.key.clone());
                at = entry.next;
            }
        }
        keys
    }

    fn chain(&self, hash: u32) -> usize {
        hash as usize % self.chains.len()
    }

    fn find(&self, key: &[u8], hash: u32) -> Option<u32> {
        let mut at = *self.chains.get(self.chain(hash))?;
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.hash == hash && *entry.key == *key {
                return Some(at);
            }
            at = entry.next;
        }
        None
    }

    fn insert(&mut self, key: Text, hash: u32) -> u32 {
        if self.len() as u32 >= self.chains.len() as u32 * LOAD {
            self.grow();
        }
        let chain = self.chain(hash);
        let entry = Entry { key, hash, next: self.chains[chain], value: Value::Unset };
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at as usize] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.chains[chain] = at;
        at
    }

    /// Moves the elements, chain by chain, to the next larger table.
    fn grow(&mut self) {
        let Some(size) = SIZES.get(self.size + 1) else { return };
        self.size += 1;
        let old = core::mem::replace(&mut self.chains, vec![NONE; *size as usize]);
        for head in old {
            let mut at = head;
            while at != NONE {
                let chain = self.chain(self.entries[at as usize].hash);
                let next = core::mem::replace(&mut self.entries[at as usize].next, self.chains[chain]);
                self.chains[chain] = at;
                at = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(table: &Table) -> String {
        table.keys().iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_order_is_that_of_busybox() {
        let mut table = Table::default();
        for n in 0..22 {
            table.place(n.to_string().as_bytes());
        }
        assert_eq!(order(&table), "10 11 20 12 21 13 14 15 16 17 18 19 0 1 2 3 4 5 6 7 8 9");
        table.remove(b"11");
        table.remove(b"0");
        assert_eq!(table.len(), 20);
        *table.element(b"11") = Value::Number(3.0);
        assert_eq!(order(&table), "10 11 20 12 21 13 14 15 16 17 18 19 1 2 3 4 5 6 7 8 9");
        assert!(table.get(b"0").is_none() && table.get(b"11").is_some());
    }

    #[test]
    fn a_table_grows_and_keeps_its_elements() {
        let mut table = Table::default();
        for n in 0..600 {
            table.place(n.to_string().as_bytes());
        }
        assert!(order(&table).starts_with("71 32 420 72 33 460 421 73 34 461 422 74 35"));
        assert_eq!(table.keys().len(), 600);
    }

    #[test]
    fn a_place_that_is_gone_is_made_anew() {
        let mut table = Table::default();
        let place = table.place(b"a");
        table.remove(b"a");
        table.place(b"b");
        *table.element_at(place, b"a") = Value::Number(1.0);
        assert_eq!(table.len(), 2);
        assert!(matches!(table.get(b"b"), Some(Value::Unset)));
    }
}
