//! The format of xz: streams of blocks, each block LZMA2 data with a sum, and an index behind them.

use std::io::BufRead;

use lzma_rust2::{Action, Lzma2Stream, Status};

use super::{Fault, Unpack, at_hand, next_byte};

const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
const FOOTER_MAGIC: [u8; 2] = *b"YZ";
/// The number of the LZMA2 filter, the only one that is known.
const LZMA2: u64 = 0x21;
/// The sum that is checked; the others are passed over.
const SUM_CRC32: u8 = 1;

/// What goes out at once.
const PIECE: usize = 64 << 10;

/// The largest dictionary that gets memory.
const DICTIONARY_MAX: u64 = 256 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a stream, or behind the last one.
    Between,
    /// Before a block or the index.
    Blocks,
    Data,
    End,
}

/// A decompressor of `.xz` data. Input that begins with another byte than the format's first has nothing in it; nor has
/// what follows a stream so.
pub(in super::super) struct Xz {
    state: State,
    reader: Counted,
    block: Option<Block>,
    /// What the index has to repeat: each block's size and what came out of it.
    sizes: Sizes,
    /// The kind of the sums of this stream.
    check: u8,
    out: Vec<u8>,
}

struct Block {
    data: Lzma2Stream,
    sum: crc32fast::Hasher,
    /// Where the block began, and where its data did.
    start: u64,
    data_start: u64,
    /// What its header says of its compressed and its plain size.
    packed: Option<u64>,
    plain: Option<u64>,
}

/// The number of blocks and a sum over their sizes.
#[derive(Debug, Clone, Default)]
struct Sizes {
    count: u64,
    hash: crc32fast::Hasher,
}

impl Sizes {
    fn add(&mut self, unpadded: u64, plain: u64) {
        self.count += 1;
        self.hash.update(&unpadded.to_le_bytes());
        self.hash.update(&plain.to_le_bytes());
    }
}

/// Reads bytes and counts them, with a sum over those since it was started anew.
#[derive(Debug, Default)]
struct Counted {
    count: u64,
    sum: crc32fast::Hasher,
}

impl Counted {
    /// The next byte, which must be there.
    fn byte(&mut self, input: &mut dyn BufRead) -> Result<u8, Fault> {
        let byte = next_byte(input)?.ok_or(Fault::Corrupted)?;
        self.count += 1;
        self.sum.update(&[byte]);
        Ok(byte)
    }

    fn bytes<const N: usize>(&mut self, input: &mut dyn BufRead) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        for place in &mut bytes {
            *place = self.byte(input)?;
        }
        Ok(bytes)
    }

    /// A number of seven bits a byte, lowest first.
    fn number(&mut self, input: &mut dyn BufRead) -> Result<u64, Fault> {
        let mut number = 0;
        for place in 0..9 {
            let byte = self.byte(input)?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return if byte == 0 && place > 0 { Err(Fault::Corrupted) } else { Ok(number) };
            }
        }
        Err(Fault::Corrupted)
    }

    /// Begins the sum anew.
    fn restart(&mut self) {
        self.sum.reset();
    }

    /// The sum of what was read, compared with the four bytes that follow.
    fn check(&mut self, input: &mut dyn BufRead) -> Result<(), Fault> {
        let sum = self.sum.clone().finalize();
        ensure(self.bytes(input)? == sum.to_le_bytes())
    }

    /// Zeros up to a multiple of four bytes from `start`.
    fn padding(&mut self, input: &mut dyn BufRead, start: u64) -> Result<(), Fault> {
        while !(self.count - start).is_multiple_of(4) {
            ensure(self.byte(input)? == 0)?;
        }
        Ok(())
    }
}

fn ensure(right: bool) -> Result<(), Fault> {
    if right { Ok(()) } else { Err(Fault::Corrupted) }
}

impl Xz {
    /// A decompressor that begins with a stream.
    pub(in super::super) fn new() -> Self {
        Self {
            state: State::Between,
            reader: Counted::default(),
            block: None,
            sizes: Sizes::default(),
            check: 0,
            out: vec![0; PIECE],
        }
    }

    /// Reads the header of a stream; whether there is one.
    fn begin(&mut self, input: &mut dyn BufRead) -> Result<bool, Fault> {
        let mut padded = false;
        loop {
            match at_hand(input)?.first() {
                None if padded => return Err(Fault::Corrupted),
                Some(0) => input.consume(1),
                None => return Ok(false),
                Some(byte) if *byte != MAGIC[0] => return Ok(false),
                Some(_) => break,
            }
            padded = true;
        }
        let magic = self.reader.bytes(input)?;
        self.reader.restart();
        let flags = self.reader.bytes::<2>(input)?;
        self.reader.check(input)?;
        ensure(magic == MAGIC && flags[0] == 0 && flags[1] < 16)?;
        self.check = flags[1];
        self.sizes = Sizes::default();
        Ok(true)
    }

    /// Reads the header of a block, or the index and the footer; whether it was a block.
    fn block_or_index(&mut self, input: &mut dyn BufRead) -> Result<bool, Fault> {
        let start = self.reader.count;
        self.reader.restart();
        let size = self.reader.byte(input)?;
        if size == 0 {
            self.index(input, start)?;
            return Ok(false);
        }
        let end = start + u64::from(size) * 4;
        let flags = self.reader.byte(input)?;
        // One filter, and nothing that is kept for later.
        ensure(flags & 0x3f == 0)?;
        let packed = if flags & 0x40 != 0 { Some(self.reader.number(input)?) } else { None };
        let plain = if flags & 0x80 != 0 { Some(self.reader.number(input)?) } else { None };
        ensure(self.reader.number(input)? == LZMA2 && self.reader.number(input)? == 1)?;
        let dictionary = dictionary(self.reader.byte(input)?).ok_or(Fault::Corrupted)?;
        while self.reader.count < end {
            ensure(self.reader.byte(input)? == 0)?;
        }
        ensure(self.reader.count == end)?;
        self.reader.check(input)?;
        self.block = Some(Block {
            data: Lzma2Stream::new(dictionary),
            sum: crc32fast::Hasher::new(),
            start,
            data_start: self.reader.count,
            packed,
            plain,
        });
        Ok(true)
    }

    fn index(&mut self, input: &mut dyn BufRead, start: u64) -> Result<(), Fault> {
        let count = self.reader.number(input)?;
        let mut sizes = Sizes::default();
        while sizes.count < count {
            sizes.add(self.reader.number(input)?, self.reader.number(input)?);
            ensure(sizes.count <= self.sizes.count)?;
        }
        let same = sizes.count == self.sizes.count && sizes.hash.finalize() == self.sizes.hash.clone().finalize();
        ensure(same)?;
        self.reader.padding(input, start)?;
        self.reader.check(input)?;
        let size = self.reader.count - start;
        let sum = self.reader.bytes::<4>(input)?;
        self.reader.restart();
        let backward = u32::from_le_bytes(self.reader.bytes(input)?);
        let flags = self.reader.bytes::<2>(input)?;
        ensure(self.reader.sum.clone().finalize().to_le_bytes() == sum)?;
        ensure((u64::from(backward) + 1) * 4 == size && flags == [0, self.check])?;
        ensure(self.reader.bytes(input)? == FOOTER_MAGIC)
    }

    /// Reads data of the block; how much came out. 0 when it has ended and was right.
    fn data(&mut self, input: &mut dyn BufRead) -> Result<usize, Fault> {
        let Some(block) = &mut self.block else { return Ok(0) };
        let mut filled = 0;
        let mut ended = false;
        while filled < PIECE && !ended {
            let bytes = at_hand(input)?;
            // What the input has given so far goes out before its end is a fault.
            if bytes.is_empty() && filled > 0 {
                break;
            }
            let action = if bytes.is_empty() { Action::Finish } else { Action::Run };
            let room = self.out.get_mut(filled..).unwrap_or_default();
            let result = block.data.process(bytes, room, action).map_err(|_| Fault::Corrupted)?;
            ensure(!bytes.is_empty() || result.bytes_produced > 0)?;
            input.consume(result.bytes_consumed);
            self.reader.count += result.bytes_consumed as u64;
            filled += result.bytes_produced;
            ended = result.status == Status::StreamEnd;
        }
        block.sum.update(self.out.get(..filled).unwrap_or_default());
        if filled > 0 {
            return Ok(filled);
        }
        let plain = block.data.total_out();
        let packed = self.reader.count - block.data_start;
        ensure(block.packed.is_none_or(|size| size == packed) && block.plain.is_none_or(|size| size == plain))?;
        let (start, sum) = (block.start, block.sum.clone().finalize());
        let mut unpadded = self.reader.count - start;
        self.reader.padding(input, block.data_start)?;
        let len = sum_len(self.check);
        unpadded += len as u64;
        let mut noted = Vec::with_capacity(len);
        for _ in 0..len {
            noted.push(self.reader.byte(input)?);
        }
        ensure(self.check != SUM_CRC32 || noted == sum.to_le_bytes())?;
        self.sizes.add(unpadded, plain);
        self.block = None;
        Ok(0)
    }
}

/// The size of a dictionary by its number.
fn dictionary(number: u8) -> Option<u32> {
    let size = (2 | u64::from(number & 1)) << (number / 2 + 11).min(31);
    u32::try_from(size).ok().filter(|size| number <= 40 && u64::from(*size) <= DICTIONARY_MAX)
}

/// The length of a sum by its kind.
fn sum_len(check: u8) -> usize {
    match check {
        0 => 0,
        1..4 => 4,
        4..7 => 8,
        7..10 => 16,
        10..13 => 32,
        _ => 64,
    }
}

impl Unpack for Xz {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        loop {
            self.state = match self.state {
                State::Between => {
                    if self.begin(input)? {
                        State::Blocks
                    } else {
                        State::End
                    }
                }
                State::Blocks => {
                    if self.block_or_index(input)? {
                        State::Data
                    } else {
                        State::Between
                    }
                }
                State::Data => match self.data(input)? {
                    0 => State::Blocks,
                    len => return Ok(self.out.get(..len).unwrap_or_default()),
                },
                State::End => return Ok(&[]),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::unpack;
    use super::*;

    /// `hello\n`, by `xz --check=crc32`.
    const HELLO: [u8; 60] = [
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 1, 0x69, 0x22, 0xde, 0x36, 2, 0, 0x21, 1, 0x16, 0, 0, 0, 0x74, 0x2f, 0xe5,
        0xa3, 1, 0, 5, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x0a, 0, 0, 0, 0x20, 0x30, 0x3a, 0x36, 0, 1, 0x1a, 6, 0xc5, 0xea,
        0xc8, 0x79, 0x90, 0x42, 0x99, 0x0d, 1, 0, 0, 0, 0, 1, 0x59, 0x5a,
    ];

    #[test]
    fn streams_may_be_padded_and_other_things_are_nothing() {
        let run = |parts: &[&[u8]]| unpack(&mut Xz::new(), &parts.concat());
        assert_eq!(run(&[&HELLO]), (b"hello\n".to_vec(), Ok(())));
        assert_eq!(run(&[&HELLO, b"\0\0\0\0", &HELLO]), (b"hello\nhello\n".to_vec(), Ok(())));
        assert_eq!(run(&[&HELLO, b"rest"]), (b"hello\n".to_vec(), Ok(())));
        assert_eq!(run(&[&HELLO, b"\0\0\0\0"]), (b"hello\n".to_vec(), Err(Fault::Corrupted)));
        assert_eq!(run(&[b"hello"]), (Vec::new(), Ok(())));
        assert_eq!(run(&[b""]), (Vec::new(), Ok(())));
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        for at in 1..HELLO.len() {
            let mut data = HELLO;
            data[at] ^= 0x20;
            assert_eq!(unpack(&mut Xz::new(), &data).1, Err(Fault::Corrupted), "byte {at}");
            assert_eq!(unpack(&mut Xz::new(), &HELLO[..at]).1, Err(Fault::Corrupted), "cut at {at}");
        }
    }

    #[test]
    fn large_dictionaries_are_refused() {
        assert_eq!((dictionary(0), dictionary(1)), (Some(4096), Some(6144)));
        assert_eq!((dictionary(22), dictionary(40), dictionary(255)), (Some(8 << 20), None, None));
    }
}
