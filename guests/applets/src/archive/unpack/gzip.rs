//! The format of gzip (RFC 1952): members, each with a header and a sum.

use std::io::BufRead;

use super::inflate::Inflate;
use super::{Fault, Unpack, next_byte, take};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The only method that there is.
const DEFLATED: u8 = 8;
const HAS_SUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first member.
    Start,
    /// Behind a member.
    Between,
    Body,
    End,
}

/// A decompressor of `.gz` data. What follows the last member is not looked at.
pub(in super::super) struct Gzip {
    state: State,
    inflate: Inflate,
    sum: crc32fast::Hasher,
    len: u32,
    mtime: u32,
}

impl Gzip {
    /// A decompressor that begins with a header.
    pub(in super::super) fn new() -> Self {
        Self { state: State::Start, inflate: Inflate::new(), sum: crc32fast::Hasher::new(), len: 0, mtime: 0 }
    }

    /// Reads the rest of a header.
    fn header(&mut self, input: &mut dyn BufRead) -> Result<(), Fault> {
        let fixed = take::<8>(input)?.ok_or(Fault::Corrupted)?;
        let [DEFLATED, flags, a, b, c, d, ..] = fixed else { return Err(Fault::Corrupted) };
        self.mtime = u32::from_le_bytes([a, b, c, d]);
        if flags & HAS_EXTRA != 0 {
            let len = take::<2>(input)?.ok_or(Fault::Corrupted)?;
            for _ in 0..u16::from_le_bytes(len) {
                next_byte(input)?.ok_or(Fault::Corrupted)?;
            }
        }
        for text in [HAS_NAME, HAS_COMMENT] {
            while flags & text != 0 && next_byte(input)?.ok_or(Fault::Corrupted)? != 0 {}
        }
        if flags & HAS_SUM != 0 {
            take::<2>(input)?.ok_or(Fault::Corrupted)?;
        }
        self.inflate.reset();
        self.sum.reset();
        self.len = 0;
        Ok(())
    }

    fn trailer(&mut self, input: &mut dyn BufRead) -> Result<(), Fault> {
        let [a, b, c, d, len @ ..] = take::<8>(input)?.ok_or(Fault::Corrupted)?;
        if u32::from_le_bytes([a, b, c, d]) != self.sum.clone().finalize() {
            return Err(Fault::Sum("crc error"));
        }
        if u32::from_le_bytes(len) != self.len { Err(Fault::Length) } else { Ok(()) }
    }
}

impl Unpack for Gzip {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        let len = loop {
            match self.state {
                State::Start if take(input).ok().flatten() != Some(MAGIC) => return Err(Fault::Magic),
                State::Between if take(input)? != Some(MAGIC) => self.state = State::End,
                State::Start | State::Between => {
                    self.header(input)?;
                    self.state = State::Body;
                }
                State::Body => {
                    let piece = self.inflate.piece(input)?;
                    if !piece.is_empty() {
                        self.sum.update(piece);
                        self.len = self.len.wrapping_add(piece.len() as u32);
                        break piece.len();
                    }
                    self.trailer(input)?;
                    self.state = State::Between;
                }
                State::End => break 0,
            }
        };
        Ok(self.inflate.last(len))
    }

    fn mtime(&self) -> Option<u32> {
        (self.mtime != 0).then_some(self.mtime)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::unpack;
    use super::*;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_follow_each_other_and_the_rest_is_left() {
        let text = b"hello ".repeat(20_000);
        let mut data = gz(&text);
        data.extend(gz(b"there"));
        data.extend(b"\0rest");
        assert_eq!(unpack(&mut Gzip::new(), &data), ([text, b"there".to_vec()].concat(), Ok(())));
    }

    #[test]
    fn damage_is_told_apart() {
        let good = gz(b"some text");
        let damaged = |at: usize| {
            let mut data = good.clone();
            let at = at % data.len();
            data[at] ^= 0x40;
            unpack(&mut Gzip::new(), &data).1
        };
        assert_eq!(damaged(0), Err(Fault::Magic));
        assert_eq!(damaged(2), Err(Fault::Corrupted));
        assert_eq!(damaged(good.len() - 8), Err(Fault::Sum("crc error")));
        assert_eq!(damaged(good.len() - 4), Err(Fault::Length));
        let cut = |len: usize| unpack(&mut Gzip::new(), &good[..len]);
        assert_eq!(cut(1).1, Err(Fault::Magic));
        assert_eq!(cut(9).1, Err(Fault::Corrupted));
        assert_eq!(cut(good.len() - 9), (Vec::new(), Err(Fault::End("unexpected end of file"))));
        assert_eq!(cut(good.len() - 1), (b"some text".to_vec(), Err(Fault::Corrupted)));
    }
}
