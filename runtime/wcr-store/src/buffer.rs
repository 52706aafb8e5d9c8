//! Buffers that direct writes can start from.

use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

/// The length of the pieces in which files are written, in bytes: one large page.
pub(crate) const PIECE: usize = 2 << 20;
/// What direct writes have to be a multiple of: address, offset and length. Larger than any device's block.
const ALIGNMENT: usize = 4096;
/// How many buffers there are before one is made that somebody could do without.
const PLENTY: usize = 12;

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
pub(crate) struct Pool(Mutex<Buffers>);

#[derive(Debug, Default)]
struct Buffers {
    kept: Vec<Buffer>,
    /// How many there are, those in use included.
    made: usize,
}

impl Pool {
    /// An empty buffer, for who cannot go on without one.
    pub(crate) fn take(&self) -> io::Result<Buffer> {
        let mut buffers = self.lock();
        if let Some(kept) = buffers.kept.pop() {
            return Ok(kept);
        }
        let buffer = Buffer::new(PIECE)?;
        buffers.made += 1;
        Ok(buffer)
    }

    /// One more buffer, for who has one; `None` while there are plenty.
    pub(crate) fn spare(&self) -> io::Result<Option<Buffer>> {
        let buffers = self.lock();
        if buffers.kept.is_empty() && buffers.made >= PLENTY {
            return Ok(None);
        }
        drop(buffers);
        self.take().map(Some)
    }

    /// Keeps a buffer for later.
    pub(crate) fn give(&self, mut buffer: Buffer) {
        buffer.clear();
        self.lock().kept.push(buffer);
    }

    /// Frees all buffers that are not in use.
    pub(crate) fn clear(&self) {
        let mut buffers = self.lock();
        buffers.made -= buffers.kept.len();
        buffers.kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Buffers> {
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
    fn plenty_of_buffers_are_made_and_more_only_at_need() {
        let pool = Pool::default();
        let first = pool.take().unwrap();
        let spares: Vec<Buffer> = (0..PLENTY * 2).filter_map(|_| pool.spare().unwrap()).collect();
        assert_eq!(spares.len(), PLENTY - 1);
        let needed = pool.take().unwrap();
        pool.give(first);
        assert!(pool.spare().unwrap().is_some());
        spares.into_iter().for_each(|buffer| pool.give(buffer));
        pool.clear();
        assert!(pool.spare().unwrap().is_some());
        drop(needed);
    }

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
