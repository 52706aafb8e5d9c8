//! What `dd` does to the bytes between its files.

use super::codes;
use super::operands::{ASCII, BLOCKS, EBCDIC, IBM, Job, LCASE, SWAB, UCASE, UNBLOCK};

/// The conversions, and how far they are in a record.
pub(super) struct Converter {
    table: Option<[u8; 256]>,
    swaps: bool,
    /// The last byte of a block of odd length, which is still to be swapped.
    held: Option<u8>,
    records: Records,
    cbs: usize,
    newline: u8,
    space: u8,
    column: usize,
    /// Spaces that stand in the record, of which it is not known yet whether they end it.
    spaces: usize,
    /// How many records were too long.
    pub truncated: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Records {
    AsTheyAre,
    /// Lines become records of one length.
    Block,
    /// Records of one length become lines.
    Unblock,
}

impl Converter {
    pub(super) fn new(job: &Job<'_>) -> Self {
        let set = job.conversions;
        let mut table: [u8; 256] = core::array::from_fn(|byte| byte as u8);
        let change = set.has(ASCII) || set.has(EBCDIC) || set.has(IBM) || set.has(UCASE) || set.has(LCASE);
        // Letters change as ASCII, before it is left or after it is reached.
        let cased = |byte: u8| match byte {
            byte if set.has(UCASE) => byte.to_ascii_uppercase(),
            byte if set.has(LCASE) => byte.to_ascii_lowercase(),
            byte => byte,
        };
        for place in &mut table {
            *place = if set.has(ASCII) {
                cased(codes::ASCII[usize::from(*place)])
            } else if set.has(EBCDIC) {
                codes::EBCDIC[usize::from(cased(*place))]
            } else if set.has(IBM) {
                codes::IBM[usize::from(cased(*place))]
            } else {
                cased(*place)
            };
        }
        let in_ebcdic = set.has(EBCDIC) || set.has(IBM);
        let records = match (set.has(BLOCKS), set.has(UNBLOCK)) {
            (true, _) => Records::Block,
            (_, true) => Records::Unblock,
            _ => Records::AsTheyAre,
        };
        Self {
            newline: if in_ebcdic { table[usize::from(b'\n')] } else { b'\n' },
            space: if in_ebcdic { table[usize::from(b' ')] } else { b' ' },
            table: change.then_some(table),
            swaps: set.has(SWAB),
            held: None,
            records,
            cbs: job.cbs,
            column: 0,
            spaces: 0,
            truncated: 0,
        }
    }

    /// Appends a block, converted.
    pub(super) fn block(&mut self, out: &mut Vec<u8>, bytes: &mut Vec<u8>) {
        if let Some(table) = &self.table {
            bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
        }
        if self.swaps {
            if let Some(held) = self.held.take() {
                bytes.insert(0, held);
            }
            if bytes.len() % 2 == 1 {
                self.held = bytes.pop();
            }
            bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        self.put(out, bytes);
    }

    /// Appends what is left at the end.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(held) = self.held.take() {
            self.put(out, &[held]);
        }
        match self.records {
            Records::Block if self.column > 0 => {
                out.resize(out.len() + self.cbs.saturating_sub(self.column), self.space);
            }
            Records::Unblock if self.column > 0 => out.push(self.newline),
            _ => {}
        }
    }

    fn put(&mut self, out: &mut Vec<u8>, bytes: &[u8]) {
        match self.records {
            Records::AsTheyAre => out.extend_from_slice(bytes),
            Records::Block => bytes.iter().for_each(|byte| self.into_record(out, *byte)),
            Records::Unblock => bytes.iter().for_each(|byte| self.out_of_record(out, *byte)),
        }
    }

    fn into_record(&mut self, out: &mut Vec<u8>, byte: u8) {
        if byte == self.newline {
            out.resize(out.len() + self.cbs.saturating_sub(self.column), self.space);
            self.column = 0;
            return;
        }
        if self.column < self.cbs {
            out.push(byte);
        } else if self.column == self.cbs {
            self.truncated += 1;
        }
        self.column += 1;
    }

    fn out_of_record(&mut self, out: &mut Vec<u8>, byte: u8) {
        if self.column >= self.cbs {
            (self.column, self.spaces) = (0, 0);
            out.push(self.newline);
        }
        self.column += 1;
        if byte == self.space {
            self.spaces += 1;
            return;
        }
        out.resize(out.len() + core::mem::take(&mut self.spaces), self.space);
        out.push(byte);
    }
}
