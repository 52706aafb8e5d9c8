//! Undoing a layer's compression, in pieces of any size.

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::{ImageError, Limits, Result};
use crate::media::Compression;
use crate::zstd::{Fault, Zstd};

/// The largest window of the format: 2 to this power.
const WINDOW_BITS: u8 = 15;
/// How much is decompressed at once when all of it is kept.
const PIECE: usize = 64 << 10;

/// How far one step of an [`Inflater`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that are used up.
    pub consumed: usize,
    /// Bytes of the output that are filled.
    pub produced: usize,
}

/// Decompresses a layer's blob. Knows gzip of one member or several and zstd of one frame or several, with the check
/// sums verified, and plain tars, which it copies.
pub struct Inflater {
    decoder: Decoder,
    consumed: u64,
    produced: u64,
    limits: Limits,
    /// What is decompressed, for errors.
    what: &'static str,
}

impl Inflater {
    /// A decompressor at the start of a blob.
    #[must_use]
    pub fn new(compression: Compression, limits: &Limits) -> Self {
        let decoder = match compression {
            Compression::None => Decoder::Plain,
            Compression::Gzip => Decoder::Gzip(Gzip::new()),
            Compression::Zstd => Decoder::Zstd(Box::new(Zstd::new())),
        };
        Self { decoder, consumed: 0, produced: 0, limits: *limits, what: "a layer" }
    }

    /// Decompresses all of `blob`, which is `what`.
    ///
    /// # Errors
    /// As [`Self::push`] and [`Self::finish`].
    pub(crate) fn whole(what: &'static str, compression: Compression, blob: &[u8], limits: &Limits) -> Result<Vec<u8>> {
        let mut inflater = Self { what, ..Self::new(compression, limits) };
        let (mut input, mut output, mut buffer) = (blob, Vec::new(), vec![0; PIECE]);
        while let Some(plain) = inflater.piece(&mut input, &mut buffer)? {
            output.extend_from_slice(plain);
        }
        inflater.finish()?;
        Ok(output)
    }

    /// The next piece that `input` decompresses to, in `buffer`, and takes what it came from off `input`; `None` when
    /// nothing of either is left.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn piece<'b>(&mut self, input: &mut &[u8], buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>> {
        let step = self.push(input, buffer)?;
        *input = input.get(step.consumed..).unwrap_or_default();
        let went_on = step != (Step { consumed: 0, produced: 0 });
        Ok(went_on.then(|| buffer.get(..step.produced).unwrap_or_default()))
    }

    /// Decompresses from `input` to `output`, as far as either reaches. With no input it hands out what
    /// is left inside; when that is nothing, it produces nothing.
    ///
    /// # Errors
    /// [`ImageError::Gzip`], [`ImageError::Zstd`], and [`ImageError::Limit`] for a blob that grows beyond measure.
    pub fn push(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step> {
        let step = match &mut self.decoder {
            Decoder::Plain => {
                let length = input.len().min(output.len());
                output[..length].copy_from_slice(&input[..length]);
                Step { consumed: length, produced: length }
            }
            Decoder::Gzip(gzip) => match gzip.push(input, output) {
                (step, true) => step,
                (step, false) => {
                    let offset = self.consumed + step.consumed as u64;
                    return Err(ImageError::Gzip { offset, reason: "a header, code or check sum is wrong" });
                }
            },
            Decoder::Zstd(zstd) => match zstd.push(input, output) {
                Ok(step) => step,
                Err(Fault::Malformed(reason)) => return Err(ImageError::Zstd { offset: self.consumed, reason }),
                Err(Fault::Window(most)) => {
                    return Err(ImageError::limit("the window of the zstd data", most, "bytes"));
                }
            },
        };
        self.consumed += step.consumed as u64;
        self.produced += step.produced as u64;
        self.check_limits()?;
        Ok(step)
    }

    fn check_limits(&self) -> Result<()> {
        let Limits { layer, ratio, ratio_from, .. } = self.limits;
        if self.produced > layer {
            return Err(ImageError::limit(self.what, layer, "bytes"));
        }
        if self.produced > ratio_from && self.produced > self.consumed.saturating_mul(ratio) {
            return Err(ImageError::limit("the compression of a layer", ratio, "to 1"));
        }
        Ok(())
    }

    /// Checks that the blob may end here.
    ///
    /// # Errors
    /// [`ImageError::Gzip`] and [`ImageError::Zstd`] when the last member or frame is cut off.
    pub fn finish(&self) -> Result<()> {
        let (offset, reason) = (self.consumed, "the data is cut off");
        match &self.decoder {
            Decoder::Gzip(gzip) if gzip.inside => Err(ImageError::Gzip { offset, reason }),
            Decoder::Zstd(zstd) if !zstd.is_complete() => Err(ImageError::Zstd { offset, reason }),
            _ => Ok(()),
        }
    }
}

/// How a blob is decompressed.
enum Decoder {
    Plain,
    Gzip(Gzip),
    Zstd(Box<Zstd>),
}

/// A decoder of gzip members, one behind the other.
struct Gzip {
    member: Box<Decompress>,
    /// Within a member.
    inside: bool,
}

impl Gzip {
    fn new() -> Self {
        Self { member: Box::new(Decompress::new_gzip(WINDOW_BITS)), inside: true }
    }

    /// How far it came, and whether the data is sound.
    fn push(&mut self, input: &[u8], output: &mut [u8]) -> (Step, bool) {
        if !self.inside {
            if input.is_empty() {
                return (Step { consumed: 0, produced: 0 }, true);
            }
            *self = Self::new();
        }
        let (before_in, before_out) = (self.member.total_in(), self.member.total_out());
        let status = self.member.decompress(input, output, FlushDecompress::None);
        let step = Step {
            consumed: (self.member.total_in() - before_in) as usize,
            produced: (self.member.total_out() - before_out) as usize,
        };
        self.inside = !matches!(status, Ok(Status::StreamEnd));
        (step, status.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(blob: &[u8], compression: Compression, limits: &Limits, piece: usize) -> Result<Vec<u8>> {
        let mut inflater = Inflater::new(compression, limits);
        let (mut out, mut buffer) = (Vec::new(), [0; 1000]);
        for mut input in blob.chunks(piece) {
            loop {
                let step = inflater.push(input, &mut buffer)?;
                out.extend_from_slice(&buffer[..step.produced]);
                input = &input[step.consumed..];
                if step.consumed == 0 && step.produced == 0 {
                    assert!(input.is_empty(), "it stands still");
                    break;
                }
            }
        }
        inflater.finish()?;
        Ok(out)
    }

    #[test]
    fn members_are_joined() {
        let text: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let blob = [gzip(&text), gzip(b""), gzip(b"tail")].concat();
        for piece in [1, 7, 4096, usize::MAX] {
            let out = inflate(&blob, Compression::Gzip, &Limits::DEFAULT, piece).unwrap();
            assert_eq!(out, [&text[..], b"tail"].concat(), "in pieces of {piece}");
        }
        assert_eq!(inflate(&text, Compression::None, &Limits::DEFAULT, 999).unwrap(), text);
    }

    #[test]
    fn damage_is_noticed() {
        let good = gzip("some text ".repeat(100).as_bytes());
        for length in 0..good.len() {
            let error = inflate(&good[..length], Compression::Gzip, &Limits::DEFAULT, 64).unwrap_err();
            assert!(matches!(error, ImageError::Gzip { .. }), "cut to {length}");
        }
        for at in [0, 1, 2, good.len() / 2, good.len() - 8, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            assert!(inflate(&bad, Compression::Gzip, &Limits::DEFAULT, 64).is_err(), "byte {at} is wrong");
        }
        let garbage = [&good[..], b"garbage"].concat();
        assert!(inflate(&garbage, Compression::Gzip, &Limits::DEFAULT, 64).is_err(), "something follows");
        assert!(inflate(&[0; 100], Compression::Gzip, &Limits::DEFAULT, 64).is_err(), "no gzip at all");
    }

    #[test]
    fn bombs_are_stopped() {
        let bomb = gzip(&vec![0; 4 << 20]);
        let limits = Limits { ratio_from: 1 << 20, ..Limits::DEFAULT };
        let error = inflate(&bomb, Compression::Gzip, &limits, 4096).map(|out| out.len()).unwrap_err();
        assert_eq!(error.to_string(), "the compression of a layer is larger than the limit of 200 to 1");
        assert!(inflate(&bomb, Compression::Gzip, &Limits::DEFAULT, 4096).is_ok(), "small ones may be dense");
        let limits = Limits { layer: 1 << 20, ..Limits::DEFAULT };
        let error = inflate(&bomb, Compression::Gzip, &limits, 4096).map(|out| out.len()).unwrap_err();
        assert_eq!(error.class(), crate::Class::Limit);
    }
}
