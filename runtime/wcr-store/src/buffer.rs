//! Buffers that direct writes can start from.

use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

/// The length of the pieces in which files are written, in bytes: one large page.
pub(crate) const PIECE: usize = 2 << 20;
/// What direct writes have to be a multiple of: address, offset and length. Larger than any device's block.
const ALIGNMENT: usize = 4096;

/// A buffer of fixed size, filled from the front. It starts at a page.
pub(crate) struct Buffer {
    memory: MmapMut,
    filled: usize,
}

impl Buffer {
    /// An empty buffer for `capacity` bytes, a multiple of the alignment.
    fn new(capacity: usize) -> io::Result<Self> {
        let memory = MmapMut::map_anon(capacity)?;
        // Large pages save faults here, and work where the device reads. Not every system has them.
        #[cfg(target_os = "linux")]
        drop(memory.advise(memmap2::Advice::HugePage));
        Ok(Self { memory, filled: 0 })
    }

    /// The bytes so far.
    pub(crate) fn filled(&self) -> &[u8] {
        self.memory.get(..self.filled).unwrap_or_default()
    }

    /// The room that is left.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.filled..).unwrap_or_default()
    }

    /// Counts the first `count` bytes of [`Self::room`] as filled.
    pub(crate) fn advance(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.memory.len());
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

    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.memory.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Fills up with zeros to a whole block.
    pub(crate) fn pad(&mut self) {
        let whole = self.filled.next_multiple_of(ALIGNMENT).min(self.memory.len());
        let missing = whole - self.filled;
        if let Some(room) = self.room().get_mut(..missing) {
            room.fill(0);
        }
        self.filled = whole;
    }
}

/// Buffers between two uses: fresh memory costs as much as filling it.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Buffer>>);

impl Pool {
    /// An empty buffer of the pool's size.
    pub(crate) fn take(&self) -> io::Result<Buffer> {
        let kept = self.lock().pop();
        kept.map_or_else(|| Buffer::new(PIECE), Ok)
    }

    /// Keeps a buffer for later.
    pub(crate) fn give(&self, mut buffer: Buffer) {
        buffer.clear();
        self.lock().push(buffer);
    }

    /// Frees all buffers that are not in use.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Buffer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("filled", &self.filled).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_aligned_and_padded() {
        let mut buffer = Buffer::new(8192).unwrap();
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
