//! Arrays of `bc`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::number::Number;

/// An array; clones are the same array under another name.
#[derive(Debug, Clone, Default)]
pub(super) struct Array {
    elements: Rc<RefCell<Elements>>,
    /// Whether it is a caller's, known by the name of a parameter.
    borrowed: bool,
}

/// How long the real applet says that a caller's array is.
const BORROWED_LENGTH: usize = 2;

#[derive(Debug, Clone, Default)]
struct Elements {
    values: BTreeMap<usize, Number>,
    /// One more than the highest index that has been asked for.
    length: usize,
}

impl Array {
    /// Another array with the same elements.
    pub(super) fn copy(&self) -> Self {
        Self { elements: Rc::new(RefCell::new(self.elements.borrow().clone())), borrowed: false }
    }

    /// The same array for a function that is called with it.
    pub(super) fn lend(&self) -> Self {
        Self { borrowed: true, ..self.clone() }
    }

    /// How many elements it has; the first is there from the start.
    pub(super) fn length(&self) -> usize {
        if self.borrowed { BORROWED_LENGTH } else { self.elements.borrow().length.max(1) }
    }

    /// An element, which reading makes.
    pub(super) fn get(&self, index: usize) -> Number {
        let mut elements = self.elements.borrow_mut();
        elements.length = elements.length.max(index + 1);
        elements.values.get(&index).cloned().unwrap_or_else(Number::zero)
    }

    /// Gives an element a value.
    pub(super) fn set(&self, index: usize, value: Number) {
        let mut elements = self.elements.borrow_mut();
        elements.length = elements.length.max(index + 1);
        elements.values.insert(index, value);
    }
}
