//! Compression to the `DEFLATE` format (RFC 1951), with the choices that gzip makes at each of its levels.
//!
//! Which of the many encodings of a text is written is visible: in the size of a `.gz` file and in its checksum.
//! So this makes the matches and the blocks that the original does: lazy matching over chains of three-byte
//! hashes in a window of 64 KiB, and blocks that end early when they compress well.

mod blocks;
mod huffman;

use std::io::{self, Write};

use blocks::Blocks;

/// How far back a match may lie, and half of the window.
const REACH: usize = 32 << 10;
const WINDOW: usize = 2 * REACH;
const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 258;
/// With less than this ahead, more input is taken first.
const MIN_AHEAD: usize = MAX_MATCH + MIN_MATCH + 1;
const MAX_DISTANCE: usize = REACH - MIN_AHEAD;
/// A match of the least length is not worth a distance beyond this.
const TOO_FAR: usize = 4096;

/// Room behind the window, so that no match that is compared leaves it.
const MARGIN: usize = 1024;

const HASH_BITS: u32 = 15;
const HASH_SHIFT: u32 = 5;
const HASH_MASK: usize = (1 << HASH_BITS) - 1;

/// How much work is put into finding matches.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// A match before that is this long is good: fewer candidates are looked at.
    good: usize,
    /// One that is this long is taken without a look further; where nothing is put off, what is longer is not entered.
    lazy: usize,
    /// One that is this long ends the search.
    nice: usize,
    /// How many candidates are looked at.
    chain: usize,
}

impl Effort {
    const fn new(good: usize, lazy: usize, nice: usize, chain: usize) -> Self {
        Self { good, lazy, nice, chain }
    }
}

/// Those of the levels 1 to 9.
const EFFORTS: [Effort; 9] = [
    Effort::new(4, 4, 8, 4),
    Effort::new(4, 5, 16, 8),
    Effort::new(4, 6, 32, 32),
    Effort::new(4, 4, 16, 16),
    Effort::new(8, 16, 32, 32),
    Effort::new(8, 16, 128, 128),
    Effort::new(8, 32, 128, 256),
    Effort::new(32, 128, 258, 1024),
    Effort::new(32, 258, 258, 4096),
];
/// The level unless another is asked for.
pub const USUAL_LEVEL: u8 = 6;
/// Up to this level the first match is taken.
const FAST_LEVELS: u8 = 3;
/// From this level on blocks that compress well end early.
const EARLY_ENDS: u8 = 3;

/// A compressor: bytes that are written to it come out at `out` in the `DEFLATE` format.
#[derive(Debug)]
pub struct Deflate<W> {
    out: W,
    window: Vec<u8>,
    /// For each hash the last place it was seen at, for each place the one before; 0 is none.
    head: Vec<u16>,
    previous: Vec<u16>,
    hash: usize,
    /// The place that is looked at, and how much of the input lies from there on.
    at: usize,
    ahead: usize,
    /// Where the current block begins; negative when that has left the window.
    block_start: isize,
    /// The match at the byte before, that is written unless the one here is longer.
    last_length: usize,
    match_start: usize,
    literal_pending: bool,
    started: bool,
    level: u8,
    effort: Effort,
    blocks: Blocks,
}

impl<W: Write> Deflate<W> {
    /// A compressor of one of the levels 1 to 9, with nothing written yet.
    pub fn new(out: W, level: u8) -> Self {
        let effort = EFFORTS.get(usize::from(level).saturating_sub(1)).copied();
        let effort = effort.unwrap_or(EFFORTS[usize::from(USUAL_LEVEL) - 1]);
        Self {
            out,
            window: vec![0; WINDOW + MARGIN],
            head: vec![0; 1 << HASH_BITS],
            previous: vec![0; REACH],
            hash: 0,
            at: 0,
            ahead: 0,
            block_start: 0,
            last_length: MIN_MATCH - 1,
            match_start: 0,
            literal_pending: false,
            started: false,
            level,
            effort,
            blocks: Blocks::new(),
        }
    }

    /// Compresses what is left, ends the format and gives back the writer.
    /// # Errors
    /// As the writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.fill(&[]);
        self.start();
        while self.ahead > 0 {
            self.step()?;
        }
        if self.literal_pending {
            let byte = self.byte(self.at.wrapping_sub(1));
            self.blocks.literal(byte);
        }
        self.flush_block(true)?;
        Ok(self.out)
    }

    /// The hash of the first two bytes, once they are there.
    fn start(&mut self) {
        if !self.started {
            self.started = true;
            for place in 0..MIN_MATCH - 1 {
                self.roll(place);
            }
        }
    }

    fn byte(&self, place: usize) -> u8 {
        self.window.get(place).copied().unwrap_or_default()
    }

    fn roll(&mut self, place: usize) {
        self.hash = (self.hash << HASH_SHIFT ^ usize::from(self.byte(place))) & HASH_MASK;
    }

    /// Enters the string at `self.at` and returns the last place with the same hash.
    fn insert(&mut self) -> usize {
        self.roll(self.at + MIN_MATCH - 1);
        // Arrays of a known size need no check of masked places.
        let (Some(heads), Some(previous)) =
            (self.head.first_chunk_mut::<{ 1 << HASH_BITS }>(), self.previous.first_chunk_mut::<REACH>())
        else {
            return 0;
        };
        let before = core::mem::replace(&mut heads[self.hash & HASH_MASK], self.at as u16);
        previous[self.at & (REACH - 1)] = before;
        before.into()
    }

    /// Makes room in the window when little is left, and takes some of `input`; how much.
    fn fill(&mut self, input: &[u8]) -> usize {
        if self.at >= REACH + MAX_DISTANCE {
            self.window.copy_within(REACH..WINDOW, 0);
            self.match_start = self.match_start.wrapping_sub(REACH);
            self.at -= REACH;
            self.block_start -= REACH as isize;
            for place in self.head.iter_mut().chain(&mut self.previous) {
                *place = place.saturating_sub(REACH as u16);
            }
        }
        let end = self.at + self.ahead;
        let n = input.len().min(WINDOW - end);
        if let (Some(room), Some(bytes)) = (self.window.get_mut(end..end + n), input.get(..n)) {
            room.copy_from_slice(bytes);
        }
        self.ahead += n;
        n
    }

    /// Decides about the byte at `self.at`.
    fn step(&mut self) -> io::Result<()> {
        if self.level <= FAST_LEVELS { self.step_fast() } else { self.step_lazy() }
    }

    /// Takes the match at hand, whatever the next byte would have.
    fn step_fast(&mut self) -> io::Result<()> {
        let candidate = self.insert();
        let mut length = MIN_MATCH - 1;
        if candidate != 0 && self.at - candidate <= MAX_DISTANCE {
            length = self.longest_match(candidate, MIN_MATCH - 1).min(self.ahead);
        }
        let full = if length >= MIN_MATCH {
            let full = self.blocks.copy(length, self.at.wrapping_sub(self.match_start)) || self.block_pays();
            self.ahead -= length;
            if length <= self.effort.lazy {
                for _ in 1..length {
                    self.at += 1;
                    self.insert();
                }
                self.at += 1;
            } else {
                self.at += length;
                self.hash = 0;
                self.roll(self.at);
                self.roll(self.at + 1);
            }
            full
        } else {
            let byte = self.byte(self.at);
            let full = self.blocks.literal(byte) || self.block_pays();
            self.ahead -= 1;
            self.at += 1;
            full
        };
        if full { self.flush_block(false) } else { Ok(()) }
    }

    /// Takes a match unless the one at the next byte is longer.
    fn step_lazy(&mut self) -> io::Result<()> {
        let candidate = self.insert();
        let (last_length, last_start) = (self.last_length, self.match_start);
        let mut length = MIN_MATCH - 1;
        if candidate != 0 && last_length < self.effort.lazy && self.at - candidate <= MAX_DISTANCE {
            length = self.longest_match(candidate, last_length).min(self.ahead);
            if length == MIN_MATCH && self.at.wrapping_sub(self.match_start) > TOO_FAR {
                length -= 1;
            }
        }
        if last_length >= MIN_MATCH && length <= last_length {
            let full = self.blocks.copy(last_length, (self.at - 1).wrapping_sub(last_start)) || self.block_pays();
            self.ahead -= last_length - 1;
            for _ in 0..last_length - 2 {
                self.at += 1;
                self.insert();
            }
            self.literal_pending = false;
            self.last_length = MIN_MATCH - 1;
            self.at += 1;
            if full {
                self.flush_block(false)?;
            }
            return Ok(());
        }
        if self.literal_pending {
            let byte = self.byte(self.at - 1);
            if self.blocks.literal(byte) || self.block_pays() {
                self.flush_block(false)?;
            }
        }
        self.literal_pending = true;
        self.last_length = length;
        self.at += 1;
        self.ahead -= 1;
        Ok(())
    }

    /// Whether the block compresses so well that it is better ended here.
    fn block_pays(&self) -> bool {
        self.level >= EARLY_ENDS && self.blocks.pays((self.at as isize - self.block_start).unsigned_abs())
    }

    fn flush_block(&mut self, last: bool) -> io::Result<()> {
        let len = (self.at as isize - self.block_start).unsigned_abs();
        let stored = usize::try_from(self.block_start).ok().and_then(|start| self.window.get(start..start + len));
        self.blocks.flush(stored, len, last, &mut self.out)?;
        self.block_start = self.at as isize;
        Ok(())
    }

    /// The length of the longest match on the chain that starts at `candidate`, when it is longer than `best`; its
    /// start is left in `self.match_start`. What lies beyond the input takes part.
    fn longest_match(&mut self, candidate: usize, mut best: usize) -> usize {
        let limit = self.at.saturating_sub(MAX_DISTANCE);
        let mut chain = if best >= self.effort.good { self.effort.chain >> 2 } else { self.effort.chain };
        let (Some(window), Some(previous)) =
            (self.window.first_chunk::<{ WINDOW + MARGIN }>(), self.previous.first_chunk::<REACH>())
        else {
            return best;
        };
        let Some(here) = window.get(self.at..self.at + MAX_MATCH) else { return best };
        let (Some(starts), Some(mut ends)) = (places(window, 0), places(window, best - 1)) else { return best };
        let start = pair(starts, self.at as u16);
        let mut end = pair(ends, self.at as u16);
        let mut candidate = candidate as u16;
        loop {
            // The last two bytes of a longer match differ most often.
            if pair(ends, candidate) == end && pair(starts, candidate) == start {
                let there = window.get(candidate.into()..usize::from(candidate) + MAX_MATCH).unwrap_or_default();
                let length = common(here, there);
                if length > best {
                    (best, self.match_start) = (length, candidate.into());
                    if length >= self.effort.nice {
                        return best;
                    }
                    let Some(longer) = places(window, best - 1) else { return best };
                    ends = longer;
                    end = pair(ends, self.at as u16);
                }
            }
            candidate = previous[usize::from(candidate) & (REACH - 1)];
            chain -= 1;
            if usize::from(candidate) <= limit || chain == 0 {
                return best;
            }
        }
    }
}

/// The window from `offset` on, which is less than the margin: what lies there behind any place, one more included.
fn places(window: &[u8; WINDOW + MARGIN], offset: usize) -> Option<&[u8; WINDOW + 1]> {
    window.get(offset..)?.first_chunk()
}

/// Two bytes; no place needs a check.
fn pair(bytes: &[u8; WINDOW + 1], place: u16) -> u16 {
    let at = usize::from(place);
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// How many bytes two strings of the greatest length have in common.
fn common(one: &[u8], other: &[u8]) -> usize {
    let ((one_words, one_rest), (other_words, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut length = 0;
    for (one, other) in one_words.iter().zip(other_words) {
        let differ = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if differ != 0 {
            return length + differ.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + one_rest.iter().zip(other_rest).take_while(|(one, other)| one == other).count()
}

impl<W: Write> Write for Deflate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.fill(bytes);
        if self.ahead >= MIN_AHEAD {
            self.start();
        }
        while self.ahead >= MIN_AHEAD {
            self.step()?;
        }
        Ok(n)
    }

    /// Does nothing: the bytes at hand are needed to compress those that follow.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
