//! Buffers that direct writes can start from.

/// What direct writes have to be a multiple of: address, offset and length. Larger than any device's block.
const ALIGNMENT: usize = 4096;

/// A buffer of fixed size, filled from the front. Its start is aligned.
pub(crate) struct Buffer {
    storage: Vec<u8>,
    start: usize,
    filled: usize,
    capacity: usize,
}

impl Buffer {
    /// An empty buffer for `capacity` bytes, rounded up to whole blocks.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.next_multiple_of(ALIGNMENT);
        let storage = vec![0; capacity + ALIGNMENT];
        // An aligned start always fits into the extra block; where none is known it starts at the front.
        let start = storage.as_ptr().align_offset(ALIGNMENT);
        let start = if start < ALIGNMENT { start } else { 0 };
        Self { storage, start, filled: 0, capacity }
    }

    /// The bytes so far.
    pub(crate) fn filled(&self) -> &[u8] {
        self.storage.get(self.start..self.start + self.filled).unwrap_or_default()
    }

    /// The room that is left.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.storage.get_mut(self.start + self.filled..self.start + self.capacity).unwrap_or_default()
    }

    /// Counts the first `count` bytes of [`Self::room`] as filled.
    pub(crate) fn advance(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.capacity);
    }

    /// Copies as much of `bytes` as there is room for, and gives back the rest.
    pub(crate) fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = self.room();
        let count = room.len().min(bytes.len());
        let (now, later) = bytes.split_at(count);
        if let Some(room) = room.get_mut(..count) {
            room.copy_from_slice(now);
        }
        self.advance(count);
        later
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.filled == self.capacity
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Fills up with zeros to a whole block.
    pub(crate) fn pad(&mut self) {
        let whole = self.filled.next_multiple_of(ALIGNMENT).min(self.capacity);
        let missing = whole - self.filled;
        if let Some(room) = self.room().get_mut(..missing) {
            room.fill(0);
        }
        self.filled = whole;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_aligned_and_padded() {
        let mut buffer = Buffer::new(5000);
        assert_eq!(buffer.room().len(), 8192);
        assert_eq!(buffer.room().as_ptr().align_offset(ALIGNMENT), 0);
        assert!(buffer.fill(&[1; 5000]).is_empty());
        buffer.pad();
        assert_eq!((buffer.filled().len(), buffer.filled()[4999], buffer.filled()[5000]), (8192, 1, 0));
        assert!(buffer.is_full());
        assert_eq!(buffer.fill(b"x"), b"x");
        buffer.clear();
        assert!(buffer.is_empty());
    }
}
