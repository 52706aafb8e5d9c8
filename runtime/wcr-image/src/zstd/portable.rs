//! The decoder in Rust, for hosts without a C compiler's output: a browser.
//!
//! A block at a time is handed to the decoder, so that a few bytes of input never become more than one block of output
//! in memory; besides that it keeps the frame's window.

use std::io::Read as _;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Fault, MAGIC, WINDOW_MAX};
use crate::inflate::Step;

/// The most that a block holds, in bytes.
const BLOCK_MAX: usize = 128 << 10;
/// The header of a block.
const BLOCK_HEADER: usize = 3;
/// What a frame's checksum takes.
const CHECKSUM: usize = 4;

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// A frame, or a skippable one.
    Frame,
    /// A block of a frame that has a checksum at its end, or none.
    Block { checksum: bool },
    /// The rest of a skippable frame.
    Skip(u64),
}

/// A decoder of any number of frames, one behind the other.
pub(crate) struct Portable {
    decoder: FrameDecoder,
    state: State,
    /// The beginning of what comes next, while it is not whole.
    pending: Vec<u8>,
    /// Whether there was a frame.
    any: bool,
    /// The checksum of the frame that has ended, until all of it has been handed out.
    sum: Option<u32>,
}

impl Portable {
    pub(crate) fn new() -> Self {
        Self { decoder: FrameDecoder::new(), state: State::Frame, pending: Vec::new(), any: false, sum: None }
    }

    /// Decompresses from `input` to `output`, as far as either reaches.
    pub(crate) fn push(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut step = Step { consumed: 0, produced: 0 };
        loop {
            let room = output.get_mut(step.produced..).unwrap_or_default();
            if self.decoder.can_collect() > 0 {
                if room.is_empty() {
                    return Ok(step);
                }
                let count = self.decoder.read(room).map_err(|_| Fault::Malformed("it cannot be decoded"))?;
                step.produced += count;
                continue;
            }
            // The decoder sums up what it hands out.
            if let Some(sum) = self.sum.take()
                && self.decoder.get_calculated_checksum() != Some(sum)
            {
                return Err(Fault::Malformed("its check sum is wrong"));
            }
            let rest = input.get(step.consumed..).unwrap_or_default();
            if let State::Skip(left) = self.state {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                step.consumed += count;
                let left = left - count as u64;
                self.state = if left == 0 { State::Frame } else { State::Skip(left) };
                if left == 0 {
                    continue;
                }
                return Ok(step);
            }
            // What lies whole in the input needs no copy.
            if self.pending.is_empty()
                && let Some(unit) = self.unit(rest)?.and_then(|length| rest.get(..length))
            {
                self.take(unit)?;
                step.consumed += unit.len();
                continue;
            }
            let Some(byte_count) = self.missing(rest)? else { return Ok(step) };
            let (now, _) = rest.split_at(byte_count);
            self.pending.extend_from_slice(now);
            step.consumed += byte_count;
            let unit = std::mem::take(&mut self.pending);
            if self.unit(&unit)? == Some(unit.len()) {
                self.take(&unit)?;
                self.pending = unit;
                self.pending.clear();
            } else {
                self.pending = unit;
            }
        }
    }

    /// Whether the data may end here.
    pub(crate) fn is_complete(&self) -> bool {
        self.any && self.sum.is_none() && self.pending.is_empty() && matches!(self.state, State::Frame)
    }

    /// How many bytes of `rest` belong to what is pending; `None` when there are none left.
    fn missing(&self, rest: &[u8]) -> Result<Option<usize>, Fault> {
        if rest.is_empty() {
            return Ok(None);
        }
        // The length shows when the first bytes are there.
        let wanted = match self.unit(&self.pending)? {
            Some(length) => length.saturating_sub(self.pending.len()),
            None => 1,
        };
        Ok(Some(wanted.clamp(1, rest.len())))
    }

    /// The length of what comes next, as far as `bytes` tell it.
    fn unit(&self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        match self.state {
            State::Frame => frame_header(bytes),
            State::Block { checksum } => block(bytes, checksum),
            State::Skip(_) => Ok(None),
        }
    }

    /// Takes one header or block, which is whole.
    fn take(&mut self, unit: &[u8]) -> Result<(), Fault> {
        match self.state {
            State::Frame if unit.starts_with(&MAGIC) => {
                let header = Header::read(unit).ok_or(Fault::Malformed("its header is cut off"))?;
                if header.window > WINDOW_MAX {
                    return Err(Fault::Window(WINDOW_MAX));
                }
                self.decoder.init(unit).map_err(|_| Fault::Malformed("a frame's header is wrong"))?;
                self.any = true;
                self.state = State::Block { checksum: header.checksum };
            }
            State::Frame => {
                let length = unit.last_chunk().copied().map_or(0, u32::from_le_bytes);
                self.any = true;
                self.state = if length == 0 { State::Frame } else { State::Skip(length.into()) };
            }
            State::Block { .. } => {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let ended = self.decoder.decode_blocks(unit, one).map_err(|_| Fault::Malformed("a block is wrong"))?;
                if ended {
                    self.state = State::Frame;
                    self.sum = self.decoder.get_checksum_from_data();
                }
            }
            State::Skip(_) => {}
        }
        Ok(())
    }
}

/// What the header of a frame says, as far as it matters here.
struct Header {
    window: u64,
    checksum: bool,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let descriptor = *bytes.get(4)?;
        let single = descriptor & 0x20 != 0;
        let content_at = 5 + usize::from(!single) + DICTIONARY[usize::from(descriptor & 3)];
        let window = if single {
            let content = bytes.get(content_at..)?;
            content.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
                + if descriptor >> 6 == 1 { 256 } else { 0 }
        } else {
            let byte = u64::from(*bytes.get(5)?);
            let base = 1_u64 << (10 + (byte >> 3));
            base + base / 8 * (byte & 7)
        };
        Some(Self { window, checksum: descriptor & 4 != 0 })
    }
}

/// How long the field for a dictionary's identity is.
const DICTIONARY: [usize; 4] = [0, 1, 2, 4];

/// The length of a frame's header, or of a skippable frame's, as far as `bytes` tell it.
fn frame_header(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let Some(magic) = bytes.first_chunk::<4>() else { return Ok(None) };
    if magic[0] & 0xf0 == 0x50 && magic[1..] == [0x2a, 0x4d, 0x18] {
        return Ok(Some(8));
    }
    if *magic != MAGIC {
        return Err(Fault::Malformed("there is no frame where one should begin"));
    }
    let Some(descriptor) = bytes.get(4) else { return Ok(None) };
    let single = descriptor & 0x20 != 0;
    let content = match descriptor >> 6 {
        0 => usize::from(single),
        flag => 1 << flag,
    };
    Ok(Some(5 + usize::from(!single) + DICTIONARY[usize::from(descriptor & 3)] + content))
}

/// The length of a block with its header, and the checksum behind the last one, as far as `bytes` tell it.
fn block(bytes: &[u8], checksum: bool) -> Result<Option<usize>, Fault> {
    let Some(header) = bytes.first_chunk::<BLOCK_HEADER>() else { return Ok(None) };
    let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let size = (header >> 3) as usize;
    if size > BLOCK_MAX {
        return Err(Fault::Malformed("a block is too long"));
    }
    // A block of one byte, repeated.
    let content = if header >> 1 & 3 == 1 { 1 } else { size };
    let tail = if header & 1 == 1 && checksum { CHECKSUM } else { 0 };
    Ok(Some(BLOCK_HEADER + content + tail))
}
