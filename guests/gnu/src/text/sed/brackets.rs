//! Where a bracket expression ends.

/// A bracket expression that is being read.
#[derive(Debug, Default)]
pub(super) struct List {
    /// How many bytes were read, without a leading `^`.
    len: usize,
    previous: u8,
    /// The mark of the name that is being read.
    name: Option<u8>,
}

impl List {
    /// Whether the expression ends with this byte.
    pub(super) fn ends_at(&mut self, byte: u8) -> bool {
        let previous = core::mem::replace(&mut self.previous, byte);
        if self.len == 0 && byte == b'^' && previous != b'^' {
            return false;
        }
        self.len += 1;
        match (self.name, byte) {
            (Some(mark), b']') if previous == mark => {
                self.name = None;
                self.previous = 0;
                false
            }
            (Some(_), _) => false,
            (None, b']') => self.len > 1,
            (None, b':' | b'.' | b'=') if previous == b'[' && self.len > 1 => {
                self.name = Some(byte);
                self.previous = 0;
                false
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    #[test]
    fn brackets_end_where_they_close() {
        for (text, len) in [("a]b", 2), ("]a]", 3), ("^]]", 3), ("[:alpha:]]", 10), ("a[.].]]", 7), ("[a]", 3)] {
            let mut list = List::default();
            let end = text.bytes().position(|byte| list.ends_at(byte));
            assert_eq!(end.map(|end| end + 1), Some(len), "{text}");
        }
    }
}
