//! Pipes: 64 KiB between writers and readers, with Linux's rules for small writes and closed ends.

use std::collections::VecDeque;

use wcr_abi::{Errno, PIPE_BUF};

/// How many bytes a pipe holds.
pub(crate) const CAPACITY: usize = 64 << 10;

/// What a read or write found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// This many bytes went through; for a read 0 is the end.
    Done(usize),
    /// Nothing can go through now.
    Wait,
}

/// Copies as much of a queue's beginning as `out` holds, and says how much.
pub(crate) fn copy_front(queue: &VecDeque<u8>, out: &mut [u8]) -> usize {
    let len = out.len().min(queue.len());
    let (front, back) = queue.as_slices();
    let split = len.min(front.len());
    out[..split].copy_from_slice(&front[..split]);
    out[split..len].copy_from_slice(&back[..len - split]);
    len
}

/// The buffer of a pipe or FIFO and how many open ends of each kind there are.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    buf: VecDeque<u8>,
    pub(crate) readers: usize,
    pub(crate) writers: usize,
    /// How often the ends have been opened, the reading one first.
    opened: [u64; 2],
}

impl Pipe {
    /// Counts one more open end of each kind named.
    pub(crate) fn open(&mut self, reader: bool, writer: bool) {
        self.readers += usize::from(reader);
        self.writers += usize::from(writer);
        self.opened[0] += u64::from(reader);
        self.opened[1] += u64::from(writer);
    }

    /// How often the reading (or else the writing) end has been opened.
    pub(crate) fn opened(&self, reading: bool) -> u64 {
        self.opened[usize::from(!reading)]
    }

    pub(crate) fn read(&mut self, out: &mut [u8]) -> Transfer {
        if self.buf.is_empty() && !out.is_empty() {
            return if self.writers == 0 { Transfer::Done(0) } else { Transfer::Wait };
        }
        let len = copy_front(&self.buf, out);
        self.buf.drain(..len);
        Transfer::Done(len)
    }

    /// Writes what fits; at most `PIPE_BUF` bytes go whole or not at all. `PIPE` when nobody reads.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<Transfer, Errno> {
        if self.readers == 0 {
            return Err(Errno::Pipe);
        }
        let room = CAPACITY - self.buf.len();
        if room == 0 && !bytes.is_empty() || bytes.len() <= PIPE_BUF && bytes.len() > room {
            return Ok(Transfer::Wait);
        }
        let len = bytes.len().min(room);
        self.buf.extend(&bytes[..len]);
        Ok(Transfer::Done(len))
    }

    /// Whether a read would not wait.
    pub(crate) fn readable(&self) -> bool {
        !self.buf.is_empty() || self.writers == 0
    }

    /// Whether a write of up to `PIPE_BUF` bytes would not wait.
    pub(crate) fn writable(&self) -> bool {
        self.readers == 0 || self.has_room()
    }

    /// Whether `PIPE_BUF` bytes fit.
    pub(crate) fn has_room(&self) -> bool {
        CAPACITY - self.buf.len() >= PIPE_BUF
    }

    /// How many bytes wait to be read.
    pub(crate) fn len(&self) -> usize {
        self.buf.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Pipe {
        Pipe { readers: 1, writers: 1, ..Pipe::default() }
    }

    #[test]
    fn small_writes_are_atomic_and_large_ones_partial() {
        let mut pipe = open();
        assert_eq!(pipe.write(&[1; CAPACITY - 10]), Ok(Transfer::Done(CAPACITY - 10)));
        assert_eq!(pipe.write(&[2; 11]), Ok(Transfer::Wait));
        assert_eq!(pipe.write(&[2; PIPE_BUF + 1]), Ok(Transfer::Done(10)));
        let mut out = vec![0; CAPACITY + 1];
        assert_eq!(pipe.read(&mut out), Transfer::Done(CAPACITY));
        assert_eq!(pipe.read(&mut out), Transfer::Wait);
    }

    #[test]
    fn closed_ends_are_seen() {
        let mut pipe = open();
        pipe.writers = 0;
        assert_eq!(pipe.read(&mut [0]), Transfer::Done(0));
        pipe.readers = 0;
        assert_eq!(pipe.write(&[0]), Err(Errno::Pipe));
    }
}
