//! The current record and its fields, which are found when they are asked for.

use std::rc::Rc;

use super::format::{FormatError, push_value};
use super::split::Splitter;
use super::value::{self, Text, Value};

#[derive(Debug)]
enum Field {
    /// A part of the record.
    Part(usize, usize),
    /// A value that was assigned.
    Set(Value),
}

/// The record.
#[derive(Debug)]
pub(super) struct Record {
    text: Vec<u8>,
    /// Whether the text is out of date because fields were assigned: what to join them with.
    stale: Option<Text>,
    /// Whether the text was made by the program: then it is no number, whatever it looks like.
    made: bool,
    fields: Vec<Field>,
    /// Where the search for further fields goes on.
    next: Option<usize>,
    /// How many fields of the text count.
    most: usize,
    /// The highest field that has been found or asked for, in this record and in those before it: up to there a field
    /// that this record has not is an empty string.
    reached: usize,
    reached_before: usize,
    /// How the text splits, as it was when the text was set.
    splitter: Rc<Splitter>,
}

impl Record {
    /// An empty record.
    pub(super) fn new() -> Self {
        Self {
            text: Vec::new(),
            stale: None,
            made: false,
            fields: Vec::new(),
            next: None,
            most: usize::MAX,
            reached: 0,
            reached_before: 0,
            splitter: Rc::new(Splitter::Blanks),
        }
    }

    /// The text to fill with a new record; [`Self::begin`] has to follow.
    pub(super) fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Begins with the text as it is now.
    pub(super) fn begin(&mut self, splitter: &Rc<Splitter>) {
        self.reached = self.reached.max(self.fields.len());
        self.reached_before = self.reached;
        self.fields.clear();
        self.stale = None;
        self.made = false;
        self.next = Some(0);
        if !Rc::ptr_eq(&self.splitter, splitter) {
            self.splitter = splitter.clone();
        }
    }

    /// Replaces the text.
    pub(super) fn set(&mut self, text: &[u8], splitter: &Rc<Splitter>) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.begin(splitter);
    }

    /// Replaces the text by one that the program made.
    pub(super) fn assign_whole(&mut self, text: &[u8], splitter: &Rc<Splitter>) {
        self.set(text, splitter);
        self.made = true;
    }

    /// Whether the program made the text that [`Self::whole`] gave last.
    pub(super) fn is_made(&self) -> bool {
        self.made
    }

    /// Finds fields until there are `wanted`, or all.
    fn find(&mut self, wanted: usize) {
        while self.fields.len() < wanted {
            let Some(piece) = self.next.and_then(|at| self.splitter.next(&self.text, at)) else {
                self.next = None;
                return;
            };
            if self.fields.is_empty() {
                self.most = self.splitter.most(&self.text);
            }
            if self.fields.len() < self.most {
                self.fields.push(Field::Part(piece.start, piece.end));
            }
            self.next = piece.next;
        }
    }

    /// How many fields there are.
    pub(super) fn count(&mut self) -> usize {
        self.find(usize::MAX);
        self.fields.len()
    }

    /// The whole text.
    pub(super) fn whole(&mut self, number_format: &[u8]) -> Result<&[u8], FormatError> {
        if let Some(separator) = self.stale.take() {
            let mut text = Vec::new();
            for (at, field) in self.fields.iter_mut().enumerate() {
                if at > 0 {
                    text.extend_from_slice(&separator);
                }
                let start = text.len();
                match field {
                    Field::Part(from, to) => {
                        text.extend_from_slice(self.text.get(*from..*to).unwrap_or_default());
                        *field = Field::Part(start, text.len());
                    }
                    Field::Set(value) => push_value(&mut text, value, number_format)?,
                }
            }
            self.text = text;
            self.made = true;
        }
        Ok(&self.text)
    }

    /// Field `index`, from 1 on, as a number.
    pub(super) fn number(&mut self, index: usize) -> f64 {
        self.find(index);
        match self.fields.get(index.wrapping_sub(1)) {
            None => {
                self.reached = self.reached.max(index);
                0.0
            }
            Some(Field::Part(from, to)) => value::number_of(self.text.get(*from..*to).unwrap_or_default()),
            Some(Field::Set(value)) => value.number(),
        }
    }

    /// Appends field `index`, from 1 on.
    pub(super) fn push(&mut self, out: &mut Vec<u8>, index: usize, number_format: &[u8]) -> Result<(), FormatError> {
        self.find(index);
        match self.fields.get(index.wrapping_sub(1)) {
            None => {}
            Some(Field::Part(from, to)) => out.extend_from_slice(self.text.get(*from..*to).unwrap_or_default()),
            Some(Field::Set(value)) => push_value(out, value, number_format)?,
        }
        Ok(())
    }

    /// The bytes of field `index`, from 1 on, when it is a part of the record.
    pub(super) fn part(&mut self, index: usize) -> Option<&[u8]> {
        self.find(index);
        match self.fields.get(index.wrapping_sub(1)) {
            Some(Field::Part(from, to)) => self.text.get(*from..*to),
            _ => None,
        }
    }

    /// Field `index`, from 1 on.
    pub(super) fn value(&mut self, index: usize) -> Value {
        self.find(index);
        match self.fields.get(index.wrapping_sub(1)) {
            None => {
                self.reached = self.reached.max(index);
                self.absent(index)
            }
            Some(Field::Part(from, to)) => Value::input(self.text.get(*from..*to).unwrap_or_default()),
            Some(Field::Set(value)) => value.clone(),
        }
    }

    /// Assigns field `index`, from 1 on.
    pub(super) fn assign(&mut self, index: usize, value: Value, separator: &Text) {
        self.find(usize::MAX);
        if self.fields.len() < index {
            self.grow(index);
        }
        if let Some(field) = self.fields.get_mut(index.wrapping_sub(1)) {
            *field = Field::Set(value);
        }
        self.stale = Some(separator.clone());
    }

    /// A field that the record has not.
    fn absent(&self, index: usize) -> Value {
        if index <= self.reached_before { Value::text(b"") } else { Value::Unset }
    }

    /// Makes fields up to a number.
    fn grow(&mut self, count: usize) {
        for index in self.fields.len() + 1..=count {
            let value = self.absent(index);
            self.fields.push(Field::Set(value));
        }
    }

    /// Sets how many fields there are.
    pub(super) fn resize(&mut self, count: usize, separator: &Text) {
        self.find(usize::MAX);
        self.fields.truncate(count);
        self.grow(count);
        self.stale = Some(separator.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_assigned_and_joined() {
        let splitter = Rc::new(Splitter::Blanks);
        let separator: Text = Rc::from(b"-".as_slice());
        let mut record = Record::new();
        record.set(b" a b  c ", &splitter);
        assert!(!record.is_made());
        assert_eq!(record.number(2), 0.0);
        record.assign(5, Value::Number(0.5), &separator);
        assert_eq!(record.whole(b"%.6g").unwrap(), b"a-b-c--0.5");
        assert!(record.is_made());
        assert_eq!(record.count(), 5);
        record.resize(2, &separator);
        record.assign(1, Value::text(b"x y"), &separator);
        assert_eq!(record.whole(b"%.6g").unwrap(), b"x y-b");
        assert_eq!(record.part(2), Some(b"b".as_slice()));
    }

    #[test]
    fn a_field_that_was_there_before_is_an_empty_string() {
        let splitter = Rc::new(Splitter::Blanks);
        let mut record = Record::new();
        record.set(b"a b c", &splitter);
        assert!(matches!((record.value(3), record.value(4)), (Value::Input(_), Value::Unset)));
        record.set(b"a", &splitter);
        assert!(matches!((record.value(4), record.value(5)), (Value::Text(_), Value::Unset)));
    }
}
