//! `DEFLATE` data without any frame.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Unpack, at_hand};

/// What goes out at once: as much as the format refers back to.
const PIECE: usize = 32 << 10;

/// A decompressor that stops at the end of the data.
#[derive(Debug)]
pub struct Inflate {
    state: Decompress,
    out: Vec<u8>,
    filled: usize,
    ended: bool,
}

impl Default for Inflate {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflate {
    /// A decompressor that begins with a block.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Decompress::new(false), out: vec![0; PIECE], filled: 0, ended: false }
    }

    /// Begins with other data.
    pub fn reset(&mut self) {
        self.state.reset(false);
        self.ended = false;
    }

    /// What had come out of the last piece, also where a fault ended it.
    #[must_use]
    pub fn partial(&self) -> &[u8] {
        self.last(self.filled)
    }

    /// The first `len` bytes of the piece that was given last.
    #[must_use]
    pub fn last(&self, len: usize) -> &[u8] {
        self.out.get(..len).unwrap_or_default()
    }
}

/// At the end the input stands behind the data.
impl Unpack for Inflate {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        self.filled = 0;
        while !self.ended && self.filled < PIECE {
            let bytes = at_hand(input)?;
            let at_end = bytes.is_empty();
            let (consumed, produced) = (self.state.total_in(), self.state.total_out());
            let room = self.out.get_mut(self.filled..).unwrap_or_default();
            let status = self.state.decompress(bytes, room, FlushDecompress::None).map_err(|_| Fault::Corrupted)?;
            let produced = (self.state.total_out() - produced) as usize;
            self.filled += produced;
            input.consume((self.state.total_in() - consumed) as usize);
            match status {
                Status::StreamEnd => self.ended = true,
                _ if at_end && produced == 0 => return Err(Fault::End("unexpected end of file")),
                _ => {}
            }
        }
        Ok(self.partial())
    }
}
