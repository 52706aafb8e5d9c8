//! The format of bzip2: streams of blocks.

use std::io::BufRead;

use bzip2::{Decompress, Error, Status};

use super::{Fault, Unpack, at_hand};

/// What goes out at once.
const PIECE: usize = 4096;

/// What a block begins with, and what stands before the sum of a whole stream.
const BLOCK_MAGIC: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const END_MAGIC: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

const HEADER: Fault = Fault::Bunzip("bunzip error -2");
const ENDED: Fault = Fault::End("bunzip error -3");
const DATA: Fault = Fault::Bunzip("bunzip error -5");
const SUM: Fault = Fault::Sum("CRC error");

/// A decompressor of `.bz2` data. What follows the last stream is not looked at.
pub(in super::super) struct Bzip2 {
    state: Option<Decompress>,
    /// The last bytes of the input that were used.
    recent: u128,
    out: Vec<u8>,
    filled: usize,
    first: bool,
    ended: bool,
    /// What was wrong behind the piece that was given last.
    late: Option<Fault>,
}

impl Bzip2 {
    /// A decompressor that begins with a header.
    pub(in super::super) fn new() -> Self {
        Self { state: None, recent: 0, out: vec![0; PIECE], filled: 0, first: true, ended: false, late: None }
    }

    /// Reads as far as needed to begin a stream; whether there is one.
    fn begin(&mut self, input: &mut dyn BufRead) -> Result<bool, Fault> {
        let mut header = [0; 4];
        let mut len = 0;
        while len < header.len() && (len < 2 || header.starts_with(b"BZ")) {
            match super::next_byte(input) {
                Ok(Some(byte)) => header[len] = byte,
                Ok(None) => break,
                Err(_) if self.first => return Err(Fault::Magic),
                Err(fault) => return Err(fault),
            }
            len += 1;
        }
        match header {
            _ if len < 2 || header[..2] != *b"BZ" => {
                if self.first {
                    Err(Fault::Magic)
                } else {
                    Ok(false)
                }
            }
            _ if len < 4 => Err(ENDED),
            [_, _, b'h', b'1'..=b'9'] => {
                // What begins is neither a block nor the end.
                let next = at_hand(input)?;
                let magic = next.get(..6).unwrap_or(next);
                if !BLOCK_MAGIC.starts_with(magic) && !END_MAGIC.starts_with(magic) {
                    return Err(if next.len() < 10 { ENDED } else { HEADER });
                }
                let mut state = Decompress::new(false);
                state.decompress(&header, &mut []).map_err(|_| HEADER)?;
                self.state = Some(state);
                self.first = false;
                Ok(true)
            }
            _ => Err(HEADER),
        }
    }

    /// Fills the piece from what is decoded, then decodes more. Both apart, since a fault means another thing in each.
    fn advance(&mut self, input: &mut dyn BufRead) -> Result<(), Fault> {
        let Some(state) = &mut self.state else { return Ok(()) };
        let before = state.total_out();
        let room = self.out.get_mut(self.filled..).unwrap_or_default();
        state.decompress(&[], room).map_err(|_| SUM)?;
        let produced = (state.total_out() - before) as usize;
        self.filled += produced;
        if produced > 0 {
            return Ok(());
        }
        let bytes = at_hand(input)?;
        if bytes.is_empty() {
            return Err(ENDED);
        }
        let before = state.total_in();
        let result = state.decompress(bytes, &mut []);
        let used = (state.total_in() - before) as usize;
        for byte in bytes.get(used.saturating_sub(16)..used).unwrap_or_default() {
            self.recent = self.recent << 8 | u128::from(*byte);
        }
        input.consume(used);
        match result {
            Ok(Status::StreamEnd) => self.state = None,
            Ok(_) => {}
            Err(Error::DataMagic) => return Err(HEADER),
            Err(_) if used == 0 => return Err(SUM),
            Err(_) if self.ends_stream() => self.late = Some(SUM),
            Err(_) => return Err(DATA),
        }
        Ok(())
    }

    /// Whether what was read last is the end of a stream with its sum, which may begin at any bit.
    fn ends_stream(&self) -> bool {
        (0..8).any(|shift| (self.recent >> (32 + shift)).to_be_bytes().ends_with(&END_MAGIC))
    }
}

impl Unpack for Bzip2 {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        self.filled = 0;
        while self.filled < PIECE && !self.ended {
            if let Some(fault) = self.late {
                if self.filled > 0 {
                    break;
                }
                return Err(fault);
            }
            if self.state.is_some() {
                self.advance(input)?;
                // The end of a stream is the end of a piece.
                if self.state.is_none() && self.filled > 0 {
                    break;
                }
            } else if !self.begin(input)? {
                self.ended = true;
            }
        }
        Ok(self.out.get(..self.filled).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::unpack;
    use super::*;

    fn bz2(text: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn streams_follow_each_other_and_the_rest_is_left() {
        let text = b"hello ".repeat(2000);
        let data = [bz2(&text), bz2(b""), bz2(b"there"), b"rest".to_vec()].concat();
        assert_eq!(unpack(&mut Bzip2::new(), &data), ([text, b"there".to_vec()].concat(), Ok(())));
    }

    #[test]
    fn damage_is_told_apart() {
        let text = b"some text that is not short ".repeat(300);
        let good = bz2(&text);
        let damaged = |at: usize, bit: u8| {
            let mut data = good.clone();
            data[at] ^= bit;
            let (out, result) = unpack(&mut Bzip2::new(), &data);
            (out.len(), result)
        };
        assert_eq!(damaged(0, 1), (0, Err(Fault::Magic)));
        assert_eq!(damaged(3, 0x40), (0, Err(HEADER)));
        assert_eq!(damaged(10, 1), (text.len() / PIECE * PIECE, Err(SUM)));
        assert_eq!(damaged(15, 0xff), (0, Err(DATA)));
        assert_eq!(damaged(good.len() - 2, 1), (text.len(), Err(SUM)));
        assert_eq!(unpack(&mut Bzip2::new(), &good[..good.len() - 1]).1, Err(ENDED));
    }
}
