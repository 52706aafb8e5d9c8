//! The blocks of the format: what matching has found, with the codes that suit it.

use std::io::{self, Write};

use super::huffman::{Code, MAX_BITS, lengths};

const END_OF_BLOCK: usize = 256;
const LITERALS_AND_LENGTHS: usize = 286;
const DISTANCES: usize = 30;
const CODE_LENGTHS: usize = 19;

/// A block ends at this many literals and matches, or at this many matches.
const ITEMS: usize = 0x8000;

/// The order in which the lengths of the code of code lengths are written.
const LENGTH_ORDER: [usize; CODE_LENGTHS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Code lengths above 15 stand for repetitions: with how many extra bits.
const REPEAT_EXTRA: [u8; CODE_LENGTHS] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 7];

/// The symbol of a match's length less 3, with the number of extra bits and their value.
fn length_symbol(length: usize) -> (usize, u8, u16) {
    match length {
        255 => (285, 0, 0),
        0..8 => (257 + length, 0, 0),
        _ => {
            let extra = length.ilog2() - 2;
            (257 + 4 * extra as usize + (length >> extra), extra as u8, (length & ((1 << extra) - 1)) as u16)
        }
    }
}

/// The symbol of a distance less 1, with the number of extra bits and their value.
fn distance_symbol(distance: usize) -> (usize, u8, u16) {
    if distance < 4 {
        return (distance, 0, 0);
    }
    let extra = distance.ilog2() - 1;
    (2 * extra as usize + (distance >> extra), extra as u8, (distance & ((1 << extra) - 1)) as u16)
}

/// What belongs to the current block, and the bits that do not fill a byte yet.
#[derive(Debug)]
pub(super) struct Blocks {
    /// A literal or a match's length less 3 in the upper half, its distance, or 0, in the lower.
    items: Vec<u32>,
    matches: usize,
    literal_counts: [u32; LITERALS_AND_LENGTHS],
    distance_counts: [u32; DISTANCES],
    fixed: (Code, Code),
    bits: Bits,
}

impl Blocks {
    pub(super) fn new() -> Self {
        let mut fixed = [8; 288];
        fixed[144..256].fill(9);
        fixed[256..280].fill(7);
        let mut blocks = Self {
            items: Vec::with_capacity(ITEMS),
            matches: 0,
            literal_counts: [0; LITERALS_AND_LENGTHS],
            distance_counts: [0; DISTANCES],
            fixed: (Code::of_lengths(&fixed), Code::of_lengths(&[5; DISTANCES])),
            bits: Bits::default(),
        };
        blocks.begin();
        blocks
    }

    fn begin(&mut self) {
        self.items.clear();
        self.matches = 0;
        self.literal_counts = [0; LITERALS_AND_LENGTHS];
        self.distance_counts = [0; DISTANCES];
        self.literal_counts[END_OF_BLOCK] = 1;
    }

    /// Adds a literal; whether the block is full.
    pub(super) fn literal(&mut self, byte: u8) -> bool {
        self.items.push(u32::from(byte) << 16);
        self.literal_counts[usize::from(byte)] += 1;
        self.is_full()
    }

    /// Adds a match; whether the block is full.
    pub(super) fn copy(&mut self, length: usize, distance: usize) -> bool {
        self.items.push(((length - 3) << 16 | distance) as u32);
        self.matches += 1;
        self.literal_counts[length_symbol(length - 3).0] += 1;
        self.distance_counts[distance_symbol(distance - 1).0] += 1;
        self.is_full()
    }

    fn is_full(&self) -> bool {
        self.items.len() == ITEMS - 1 || self.matches == ITEMS
    }

    /// Whether the block, which stands for `len` bytes, compresses so well that it should end. Asked at every 4,096th
    /// item only.
    pub(super) fn pays(&self, len: usize) -> bool {
        if self.items.len() & 0xfff != 0 {
            return false;
        }
        let cost = |(symbol, count): (usize, &u32)| {
            let extra = if symbol < 4 { 0 } else { symbol / 2 - 1 };
            *count as usize * (5 + extra)
        };
        let bits = self.items.len() * 8 + self.distance_counts.iter().enumerate().map(cost).sum::<usize>();
        self.matches < self.items.len() / 2 && bits / 8 < len / 2
    }

    /// Writes the block, which stands for `len` bytes: as they are (when `stored` still has them), with the fixed or
    /// with its own codes, whichever is shortest. Begins the next one.
    pub(super) fn flush(
        &mut self,
        stored: Option<&[u8]>,
        len: usize,
        last: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let (literal_lengths, last_literal) = lengths(&self.literal_counts, MAX_BITS as u8);
        let (distance_lengths, last_distance) = lengths(&self.distance_counts, MAX_BITS as u8);
        let header = Header::new(&literal_lengths[..=last_literal], &distance_lengths[..=last_distance]);
        let own = Code::of_lengths(&literal_lengths);
        let own_distances = Code::of_lengths(&distance_lengths);
        let own_bytes = (self.size(&own, &own_distances) + header.size() + 3).div_ceil(8);
        let fixed_bytes = (self.size(&self.fixed.0, &self.fixed.1) + 3).div_ceil(8);
        let best = own_bytes.min(fixed_bytes);
        let last_bit = u32::from(last);
        if let Some(bytes) = stored.filter(|_| len + 4 <= best) {
            self.bits.put(last_bit, 3, out)?;
            self.bits.align(out)?;
            let len = len as u16;
            self.bits.bytes(&len.to_le_bytes(), out)?;
            self.bits.bytes(&(!len).to_le_bytes(), out)?;
            self.bits.bytes(bytes, out)?;
        } else if fixed_bytes == best {
            self.bits.put(1 << 1 | last_bit, 3, out)?;
            let (literals, distances) = core::mem::take(&mut self.fixed);
            self.write_items(&literals, &distances, out)?;
            self.fixed = (literals, distances);
        } else {
            self.bits.put(2 << 1 | last_bit, 3, out)?;
            header.write(&mut self.bits, out)?;
            self.write_items(&own, &own_distances, out)?;
        }
        self.begin();
        if last { self.bits.align(out) } else { Ok(()) }
    }

    /// The size of the items in bits.
    fn size(&self, literals: &Code, distances: &Code) -> usize {
        let cost = |code: &Code, counts: &[u32], extra: fn(usize) -> u8| -> usize {
            let one =
                |(symbol, count): (usize, &u32)| *count as usize * usize::from(code.get(symbol).1 + extra(symbol));
            counts.iter().enumerate().map(one).sum()
        };
        let literal_extra = |symbol: usize| match symbol {
            265..285 => ((symbol - 261) / 4) as u8,
            _ => 0,
        };
        let distance_extra = |symbol: usize| if symbol < 4 { 0 } else { (symbol / 2 - 1) as u8 };
        cost(literals, &self.literal_counts, literal_extra) + cost(distances, &self.distance_counts, distance_extra)
    }

    fn write_items(&mut self, literals: &Code, distances: &Code, out: &mut impl Write) -> io::Result<()> {
        let items = core::mem::take(&mut self.items);
        for item in &items {
            let (value, distance) = ((item >> 16) as usize, (item & 0xffff) as usize);
            if distance == 0 {
                let (code, len) = literals.get(value);
                self.bits.put(code.into(), len, out)?;
            } else {
                let (symbol, extra, value) = length_symbol(value);
                let (code, len) = literals.get(symbol);
                self.bits.put(code.into(), len, out)?;
                self.bits.put(value.into(), extra, out)?;
                let (symbol, extra, value) = distance_symbol(distance - 1);
                let (code, len) = distances.get(symbol);
                self.bits.put(code.into(), len, out)?;
                self.bits.put(value.into(), extra, out)?;
            }
        }
        self.items = items;
        let (code, len) = literals.get(END_OF_BLOCK);
        self.bits.put(code.into(), len, out)
    }
}

/// The codes of a block as they are written before it: their lengths, repetitions shortened, in a code of their own.
struct Header {
    literals: usize,
    distances: usize,
    /// Code lengths, and repetitions with the value of their extra bits.
    symbols: Vec<(u8, u8)>,
    lengths: Vec<u8>,
    code: Code,
    /// How many of `LENGTH_ORDER` are written.
    used: usize,
}

impl Header {
    fn new(literals: &[u8], distances: &[u8]) -> Self {
        let mut symbols = Vec::new();
        shorten(literals, &mut symbols);
        shorten(distances, &mut symbols);
        let mut counts = [0; CODE_LENGTHS];
        symbols.iter().for_each(|(symbol, _)| counts[usize::from(*symbol)] += 1);
        let (lengths, _) = lengths(&counts, 7);
        let used = LENGTH_ORDER.iter().rposition(|symbol| lengths[*symbol] != 0).map_or(4, |last| (last + 1).max(4));
        let code = Code::of_lengths(&lengths);
        Self { literals: literals.len(), distances: distances.len(), symbols, lengths, code, used }
    }

    fn size(&self) -> usize {
        let cost = |(symbol, _): &(u8, u8)| {
            let symbol = usize::from(*symbol);
            usize::from(self.code.get(symbol).1 + REPEAT_EXTRA[symbol])
        };
        5 + 5 + 4 + 3 * self.used + self.symbols.iter().map(cost).sum::<usize>()
    }

    fn write(&self, bits: &mut Bits, out: &mut impl Write) -> io::Result<()> {
        bits.put(self.literals as u32 - 257, 5, out)?;
        bits.put(self.distances as u32 - 1, 5, out)?;
        bits.put(self.used as u32 - 4, 4, out)?;
        for symbol in &LENGTH_ORDER[..self.used] {
            bits.put(self.lengths[*symbol].into(), 3, out)?;
        }
        for (symbol, value) in &self.symbols {
            let (code, len) = self.code.get((*symbol).into());
            bits.put(code.into(), len, out)?;
            bits.put((*value).into(), REPEAT_EXTRA[usize::from(*symbol)], out)?;
        }
        Ok(())
    }
}

/// Appends code lengths with repetitions shortened.
fn shorten(lengths: &[u8], out: &mut Vec<(u8, u8)>) {
    let mut rest = lengths;
    let mut before = None;
    while let Some(&length) = rest.first() {
        let max = match length {
            0 => 138,
            _ if before == Some(length) => 6,
            _ => 7,
        };
        let run = rest.iter().take(max).take_while(|other| **other == length).count();
        rest = &rest[run..];
        let least = if length == 0 || before == Some(length) { 3 } else { 4 };
        if run < least {
            out.extend(core::iter::repeat_n((length, 0), run));
        } else if length != 0 {
            let repeated = if before == Some(length) { run } else { run - 1 };
            if before != Some(length) {
                out.push((length, 0));
            }
            out.push((16, repeated as u8 - 3));
        } else if run <= 10 {
            out.push((17, run as u8 - 3));
        } else {
            out.push((18, run as u8 - 11));
        }
        before = Some(length);
    }
}

/// Bits on their way out, the first one lowest.
#[derive(Debug, Default)]
struct Bits {
    buffer: u64,
    count: u32,
    bytes: Vec<u8>,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u8, out: &mut impl Write) -> io::Result<()> {
        self.buffer |= u64::from(value) << self.count;
        self.count += u32::from(bits);
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.count -= 32;
            if self.bytes.len() >= 1 << 14 {
                out.write_all(&self.bytes)?;
                self.bytes.clear();
            }
        }
        Ok(())
    }

    /// Fills the byte with zeros and writes all.
    fn align(&mut self, out: &mut impl Write) -> io::Result<()> {
        let bytes = self.buffer.to_le_bytes();
        self.bytes.extend_from_slice(&bytes[..self.count.div_ceil(8) as usize]);
        (self.buffer, self.count) = (0, 0);
        out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        out.write_all(bytes)
    }
}
