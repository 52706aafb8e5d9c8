//! An archive as a stream of bytes, decompressed on the way if need be.

use std::io::{self, BufRead, Read};

use wcr_sys::{Fd, Input, fd};

use super::fault::Fault;
use super::unpack::{Format, Unpack};

/// The bytes of an archive.
#[expect(missing_debug_implementations, reason = "decompressors have none")]
pub struct Feed {
    fd: Fd,
    input: Input,
    /// What decompresses it, and the piece that is at hand.
    unpacker: Option<Box<dyn Unpack>>,
    piece: Vec<u8>,
    used: usize,
    /// How many bytes were taken so far.
    pub position: u64,
    seekable: bool,
    fault: Option<Fault>,
}

/// The archive ended before what should have been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short;

/// Reads as much as there is up to the length of `out`; how much.
pub(super) fn read_full(input: &mut (impl Read + ?Sized), out: &mut [u8]) -> usize {
    let mut filled = 0;
    while filled < out.len() {
        match input.read(out.get_mut(filled..).unwrap_or_default()) {
            Ok(0) | Err(_) => break,
            Ok(n) => filled += n,
        }
    }
    filled
}

impl Feed {
    /// The stream of a descriptor, which stays the caller's to close.
    #[must_use]
    pub fn new(fd: Fd, format: Option<Format>) -> Self {
        let seekable = format.is_none() && fd::seek(fd, 0, fd::Whence::Current).is_ok();
        Self {
            fd,
            input: Input::new(fd),
            unpacker: format.map(Format::unpacker),
            piece: Vec::new(),
            used: 0,
            position: 0,
            seekable,
            fault: None,
        }
    }

    /// The descriptor.
    #[must_use]
    pub fn fd(&self) -> Fd {
        self.fd
    }

    /// Whether the stream can be sought in.
    #[must_use]
    pub fn is_seekable(&self) -> bool {
        self.seekable
    }

    /// Goes on at a place of the file; whether that is possible.
    pub fn seek_to(&mut self, position: u64) -> bool {
        let ahead = self.input.buffered();
        self.input.consume(ahead);
        self.position = position;
        i64::try_from(position).is_ok_and(|position| fd::seek(self.fd, position, fd::Whence::Set).is_ok())
    }

    /// What was wrong with the compressed data; told once.
    pub fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Reads as much as there is up to the length of `out`; how much.
    pub fn read_full(&mut self, out: &mut [u8]) -> usize {
        read_full(self, out)
    }

    /// Passes over `len` bytes. What can be sought in is not read.
    /// # Errors
    /// The stream ends before.
    pub fn skip(&mut self, mut len: u64) -> Result<(), Short> {
        while len > 0 {
            let at_hand = if self.seekable { self.input.buffered() } else { self.fill_buf().map_or(0, <[u8]>::len) };
            let n = usize::try_from(len).unwrap_or(usize::MAX).min(at_hand);
            if n == 0 {
                let Ok(distance) = i64::try_from(len) else { return Err(Short) };
                if !self.seekable || fd::seek(self.fd, distance, fd::Whence::Current).is_err() {
                    return Err(Short);
                }
                self.position += len;
                return Ok(());
            }
            self.consume(n);
            len -= n as u64;
        }
        Ok(())
    }

    /// Passes over the padding up to a multiple of `unit` bytes.
    /// # Errors
    /// The stream ends before.
    pub fn align(&mut self, unit: u64) -> Result<(), Short> {
        self.skip(self.position.next_multiple_of(unit) - self.position)
    }

    /// Reads to the end, so that whoever writes into the stream can finish.
    pub fn drain(&mut self) {
        while let Ok([_, ..]) = self.fill_buf() {
            let n = self.fill_buf().map_or(0, <[u8]>::len);
            self.consume(n);
        }
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Some(unpacker) = &mut self.unpacker else { return self.input.fill_buf() };
        if self.used == self.piece.len() {
            self.piece.clear();
            self.used = 0;
            match unpacker.piece(&mut self.input) {
                Ok(piece) => self.piece.extend_from_slice(piece),
                Err(fault) => {
                    // Once told of, it is the end.
                    self.fault.get_or_insert(fault);
                    self.unpacker = Some(Box::new(Ended));
                }
            }
        }
        Ok(self.piece.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
        if self.unpacker.is_some() {
            self.used = (self.used + amount).min(self.piece.len());
        } else {
            self.input.consume(amount);
        }
    }
}

/// What is left of a decompressor after a fault.
struct Ended;

impl Unpack for Ended {
    fn piece(&mut self, _: &mut dyn BufRead) -> Result<&[u8], Fault> {
        Ok(&[])
    }
}
