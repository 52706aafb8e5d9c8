//! The parts of a word, as they are read.

use super::super::ast::{Part, Word};

/// Collects a word's parts.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) done: Vec<Part>,
    text: Vec<u8>,
    quoted: bool,
    /// Whether the text is quoted by backslashes.
    escaped: bool,
}

impl Parts {
    pub(super) fn push(&mut self, byte: u8, quoted: bool) {
        if self.quoted != quoted {
            self.finish_text();
            self.quoted = quoted;
        }
        self.text.push(byte);
    }

    /// Adds what a backslash outside quotes stands before.
    pub(super) fn push_escaped(&mut self, byte: u8) {
        if !self.escaped {
            self.finish_text();
        }
        (self.quoted, self.escaped) = (true, true);
        self.text.push(byte);
    }

    pub(super) fn finish_text(&mut self) {
        let escaped = core::mem::take(&mut self.escaped);
        if !self.text.is_empty() {
            let text = core::mem::take(&mut self.text).into();
            self.done.push(match (self.quoted, escaped) {
                (false, _) => Part::Literal(text),
                (true, false) => Part::Quoted(text),
                (true, true) => Part::Escaped(text),
            });
        }
    }

    pub(super) fn part(&mut self, part: Part) {
        self.finish_text();
        self.done.push(part);
    }

    pub(super) fn finish(mut self) -> Word {
        self.finish_text();
        Word(self.done)
    }
}
