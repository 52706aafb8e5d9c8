//! The older format of LZMA: thirteen bytes of header, then the data.

use std::io::{BufRead, ErrorKind};

use lzma_rust2::{Action, LzmaStream, Status};

use super::{Fault, Unpack, at_hand, next_byte, take};

/// What goes out at once.
const PIECE: usize = 64 << 10;

/// The largest dictionary that gets memory. What refers back further counts as damaged.
const DICTIONARY_MAX: u32 = 128 << 20;

/// The number of combinations of the three parameters that the first byte holds.
const PROPERTIES: u8 = 9 * 5 * 5;

const ENDED: Fault = Fault::Fatal("unexpected EOF");

/// A decompressor of `.lzma` data.
pub(in super::super) struct Lzma {
    state: Option<LzmaStream>,
    out: Vec<u8>,
    ended: bool,
}

impl Lzma {
    /// A decompressor that begins with a header.
    pub(in super::super) fn new() -> Self {
        Self { state: None, out: vec![0; PIECE], ended: false }
    }

    fn header(input: &mut dyn BufRead) -> Result<LzmaStream, Fault> {
        let header = take::<13>(input).ok().flatten().ok_or(Fault::LzmaHeader)?;
        let [properties, a, b, c, d, len @ ..] = header;
        if properties >= PROPERTIES {
            return Err(Fault::LzmaHeader);
        }
        let len = u64::from_le_bytes(len);
        let dictionary = u32::from_le_bytes([a, b, c, d]).min(u32::try_from(len).unwrap_or(u32::MAX));
        let mut stream = LzmaStream::new_with_props(len, properties, dictionary.min(DICTIONARY_MAX), None)
            .map_err(|_| Fault::LzmaHeader)?;
        // The first byte says nothing, and is not looked at.
        next_byte(input)?.ok_or(ENDED)?;
        stream.process(&[0], &mut [], Action::Run).map_err(|_| Fault::Corrupted)?;
        Ok(stream)
    }
}

impl Unpack for Lzma {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        if self.state.is_none() {
            self.state = Some(Self::header(input)?);
        }
        let Some(state) = &mut self.state else { return Ok(&[]) };
        let mut filled = 0;
        while !self.ended && filled < PIECE {
            let bytes = at_hand(input)?;
            let action = if bytes.is_empty() { Action::Finish } else { Action::Run };
            let room = self.out.get_mut(filled..).unwrap_or_default();
            let result = state.process(bytes, room, action).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => ENDED,
                _ => Fault::Corrupted,
            })?;
            let stalled = bytes.is_empty() && result.bytes_produced == 0;
            input.consume(result.bytes_consumed);
            filled += result.bytes_produced;
            self.ended = result.status == Status::StreamEnd;
            if stalled && !self.ended {
                return Err(ENDED);
            }
        }
        Ok(self.out.get(..filled).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::unpack;
    use super::*;

    /// `Hello, world!` with an end marker.
    const HELLO: [u8; 37] = [
        93, 0, 0, 128, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 36, 25, 73, 152, 111, 22, 2, 140, 232, 230, 91,
        177, 71, 198, 206, 183, 99, 255, 255, 60, 172, 0, 0,
    ];

    #[test]
    fn data_with_an_end_marker() {
        assert_eq!(unpack(&mut Lzma::new(), &HELLO), (b"Hello, world!".to_vec(), Ok(())));
        assert_eq!(unpack(&mut Lzma::new(), &HELLO[..12]).1, Err(Fault::LzmaHeader));
        assert_eq!(unpack(&mut Lzma::new(), &HELLO[..20]).1, Err(ENDED));
        assert_eq!(unpack(&mut Lzma::new(), &[255; 20]).1, Err(Fault::LzmaHeader));
    }

    #[test]
    fn a_header_that_asks_for_all_memory_gets_less() {
        let mut data = HELLO;
        data[1..5].fill(0xff);
        assert_eq!(unpack(&mut Lzma::new(), &data), (b"Hello, world!".to_vec(), Ok(())));
    }
}
