//! The format of compress: codes of growing length for strings that have been seen.

use std::io::BufRead;

use super::{Fault, Unpack, at_hand, next_byte, take};

const MAGIC: [u8; 2] = [0x1f, 0x9d];
const BITS_MAX: u8 = 16;
const BITS_START: u32 = 9;
/// In the third byte: the length of the longest codes, and whether a code clears the table.
const BITS_MASK: u8 = 0x1f;
const CLEARS: u8 = 0x80;
/// The code that clears the table.
const CLEAR: usize = 256;
const LITERALS: usize = 256;

const DAMAGED: Fault = Fault::Fatal("corrupted data");

/// What goes out at once.
const PIECE: usize = 64 << 10;

/// A decompressor of `.Z` data.
#[derive(Debug)]
pub struct Lzw {
    table: Option<Table>,
    /// Bits that were read and not used yet.
    bits: u32,
    count: u32,
    out: Vec<u8>,
    ended: bool,
}

/// The strings so far: each one a shorter one and a last byte.
#[derive(Debug)]
struct Table {
    prefixes: Vec<u16>,
    suffixes: Vec<u8>,
    bits_max: u32,
    clears: bool,
    /// The length of the codes now, and how many of them were read since it changed.
    code_bits: u32,
    codes: u32,
    free: usize,
    /// The string before, and its first byte.
    last: Option<(usize, u8)>,
}

impl Table {
    fn new(bits_max: u32, clears: bool) -> Self {
        let size = 1 << bits_max.max(BITS_START);
        let suffixes = (0..size).map(|code| code as u8).collect();
        let mut table = Self {
            prefixes: vec![0; size],
            suffixes,
            bits_max,
            clears,
            code_bits: BITS_START,
            codes: 0,
            free: 0,
            last: None,
        };
        table.clear();
        table
    }

    fn clear(&mut self) {
        self.free = LITERALS + usize::from(self.clears);
        self.last = None;
    }

    /// Appends the string of a code and enters the one that follows from it.
    fn expand(&mut self, code: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = out.len();
        let Some((last, first)) = self.last else {
            if code >= LITERALS {
                return Err(DAMAGED);
            }
            out.push(code as u8);
            self.last = Some((code, code as u8));
            return Ok(());
        };
        let mut rest = code;
        if code >= self.free {
            // The string that is being entered: the one before and its own first byte.
            if code > self.free {
                return Err(DAMAGED);
            }
            out.push(first);
            rest = last;
        }
        while rest >= LITERALS {
            out.push(self.suffixes.get(rest).copied().unwrap_or_default());
            rest = self.prefixes.get(rest).copied().unwrap_or_default().into();
        }
        out.push(rest as u8);
        out.get_mut(start..).unwrap_or_default().reverse();
        if let (Some(prefix), Some(suffix)) = (self.prefixes.get_mut(self.free), self.suffixes.get_mut(self.free)) {
            (*prefix, *suffix) = (last as u16, rest as u8);
            self.free += 1;
        }
        self.last = Some((code, rest as u8));
        Ok(())
    }
}

impl Default for Lzw {
    fn default() -> Self {
        Self::new()
    }
}

impl Lzw {
    /// A decompressor that begins with a header.
    #[must_use]
    pub fn new() -> Self {
        Self { table: None, bits: 0, count: 0, out: Vec::new(), ended: false }
    }

    /// The next code; `None` at the end.
    fn code(&mut self, input: &mut dyn BufRead, bits: u32) -> Result<Option<usize>, Fault> {
        while self.count < bits {
            let Some(byte) = next_byte(input)? else { return Ok(None) };
            self.bits |= u32::from(byte) << self.count;
            self.count += 8;
        }
        let code = self.bits & ((1 << bits) - 1);
        self.bits >>= bits;
        self.count -= bits;
        Ok(Some(code as usize))
    }

    /// Passes over what is left of a group of eight codes.
    fn align(&mut self, input: &mut dyn BufRead, table: &mut Table) -> Result<(), Fault> {
        while !table.codes.is_multiple_of(8) {
            self.code(input, table.code_bits)?;
            table.codes += 1;
        }
        table.codes = 0;
        Ok(())
    }

    fn fill(&mut self, input: &mut dyn BufRead, table: &mut Table) -> Result<(), Fault> {
        while self.out.len() < PIECE {
            if table.free > (1 << table.code_bits) - 1 && table.code_bits < table.bits_max {
                self.align(input, table)?;
                table.code_bits += 1;
            }
            let Some(code) = self.code(input, table.code_bits)? else {
                self.ended = true;
                return Ok(());
            };
            table.codes += 1;
            if code == CLEAR && table.clears {
                self.align(input, table)?;
                table.code_bits = BITS_START;
                table.clear();
                continue;
            }
            table.expand(code, &mut self.out)?;
        }
        Ok(())
    }
}

impl Unpack for Lzw {
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault> {
        let mut table = match self.table.take() {
            Some(table) => table,
            None => {
                if take(input).ok().flatten() != Some(MAGIC) {
                    return Err(Fault::Magic);
                }
                at_hand(input)?;
                let flags = next_byte(input)?.ok_or(DAMAGED)?;
                let bits = flags & BITS_MASK;
                if bits > BITS_MAX {
                    return Err(Fault::Codes(bits));
                }
                Table::new(bits.into(), flags & CLEARS != 0)
            }
        };
        self.out.clear();
        if !self.ended {
            self.fill(input, &mut table)?;
        }
        self.table = Some(table);
        Ok(&self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::unpack;
    use super::*;

    /// Packs codes of nine bits.
    fn codes(codes: &[u32]) -> Vec<u8> {
        let mut data = vec![0x1f, 0x9d, 0x90];
        let (mut bits, mut count) = (0u64, 0);
        for code in codes {
            bits |= u64::from(*code) << count;
            count += 9;
            while count >= 8 {
                data.push(bits as u8);
                bits >>= 8;
                count -= 8;
            }
        }
        data.push(bits as u8);
        data
    }

    #[test]
    fn strings_grow_and_may_refer_to_themselves() {
        // "a", then the string that is only being entered, "aa", then both together.
        assert_eq!(unpack(&mut Lzw::new(), &codes(&[97, 257, 258])), (b"aaaaaa".to_vec(), Ok(())));
        assert_eq!(unpack(&mut Lzw::new(), &codes(&[97, 98, 257, 256])), (b"abab".to_vec(), Ok(())));
    }

    #[test]
    fn wrong_codes_and_headers() {
        assert_eq!(unpack(&mut Lzw::new(), &codes(&[97, 300])), (Vec::new(), Err(DAMAGED)));
        assert_eq!(unpack(&mut Lzw::new(), &codes(&[300])), (Vec::new(), Err(DAMAGED)));
        assert_eq!(unpack(&mut Lzw::new(), b"\x1f\x9d\x91").1, Err(Fault::Codes(17)));
        assert_eq!(unpack(&mut Lzw::new(), b"\x1f").1, Err(Fault::Magic));
    }
}
