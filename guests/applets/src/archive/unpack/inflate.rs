//! `DEFLATE` data without any frame.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Unpack, at_hand};

/// What goes out at once: as much as the format refers back to.
const PIECE: usize = 32 << 10;

/// A decompressor that stops at the end of the data.
pub(in super::super) struct Inflate {
    state: Decompress,
    out: Vec<u8>,
    ended: bool,
}

impl Inflate {
    /// A decompressor that begins with a block.
    pub(in super::super) fn new() -> Self {
        Self { state: Decompress::new(false), out: vec![0; PIECE], ended: false }
    }

    /// Begins with other data.
    pub(super) fn reset(&mut self) {
        self.state.reset(false);
        self.ended = false;
    }

    /// The first `len` bytes of the piece that was given last.
    pub(super) fn last(&self, len: usize) -> &[u8] {
        self.out.get(..len).unwrap_or_default()
    }
}

/// At the end the input stands behind the data.
impl Unpack for Inflate {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        let mut filled = 0;
        while !self.ended && filled < PIECE {
            let bytes = at_hand(input)?;
            let at_end = bytes.is_empty();
            let (consumed, produced) = (self.state.total_in(), self.state.total_out());
            let room = self.out.get_mut(filled..).unwrap_or_default();
            let status = self.state.decompress(bytes, room, FlushDecompress::None).map_err(|_| Fault::Corrupted)?;
            let produced = (self.state.total_out() - produced) as usize;
            filled += produced;
            input.consume((self.state.total_in() - consumed) as usize);
            match status {
                Status::StreamEnd => self.ended = true,
                _ if at_end && produced == 0 => return Err(Fault::End("unexpected end of file")),
                _ => {}
            }
        }
        Ok(self.out.get(..filled).unwrap_or_default())
    }
}
