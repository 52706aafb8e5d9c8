//! LZO1X, the compression that lzop uses: literals and copies from up to 48 KiB back.

use super::fault::Fault;

/// How far each kind of copy reaches back.
const NEAR: usize = 0x800;
const MIDDLE: usize = 0x4000;
const FAR: usize = 0xbfff;

/// The first byte of what ends the data.
const END: [u8; 3] = [0x11, 0, 0];

const HASH_BITS: u32 = 14;

/// What a byte is read as next: that depends on the literals before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No literals were read.
    None,
    /// One to three.
    Few,
    /// Four or more.
    Many,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<usize, Fault> {
        let (byte, rest) = self.rest.split_first().ok_or(Fault::Corrupted)?;
        self.rest = rest;
        Ok((*byte).into())
    }

    /// A length: what the instruction holds, or when that is 0 more, in bytes of which all but the last one are 0.
    fn length(&mut self, held: usize, base: usize) -> Result<usize, Fault> {
        if held != 0 {
            return Ok(held);
        }
        let mut length = base;
        loop {
            match self.byte()? {
                0 => length += 255,
                byte => return Ok(length + byte),
            }
        }
    }
}

/// Decompresses a block of `len` bytes.
/// # Errors
/// The data makes no sense.
pub(super) fn decompress(data: &[u8], len: usize) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader { rest: data };
    let mut out = Vec::with_capacity(len);
    let mut state = State::None;
    if data.first().is_some_and(|first| *first > 17) {
        let literals = reader.byte()? - 17;
        copy_literals(&mut reader, &mut out, literals, len)?;
        state = if literals < 4 { State::Few } else { State::Many };
    }
    loop {
        let instruction = reader.byte()?;
        let (length, distance, literals) = match instruction {
            0..16 if state == State::None => {
                let literals = 3 + reader.length(instruction, 15)?;
                copy_literals(&mut reader, &mut out, literals, len)?;
                state = State::Many;
                continue;
            }
            0..16 => {
                let distance = (reader.byte()? << 2) + (instruction >> 2) + 1;
                match state {
                    State::Many => (3, distance + NEAR, instruction & 3),
                    _ => (2, distance, instruction & 3),
                }
            }
            16..32 => {
                let length = 2 + reader.length(instruction & 7, 7)?;
                let low = reader.byte()? | reader.byte()? << 8;
                let distance = ((instruction & 8) << 11) + (low >> 2);
                if distance == 0 {
                    let complete = length == 3 && reader.rest.is_empty() && out.len() == len;
                    return if complete { Ok(out) } else { Err(Fault::Corrupted) };
                }
                (length, distance + MIDDLE, low & 3)
            }
            32..64 => {
                let length = 2 + reader.length(instruction & 31, 31)?;
                let low = reader.byte()? | reader.byte()? << 8;
                (length, (low >> 2) + 1, low & 3)
            }
            _ => {
                let length = if instruction < 128 { 3 + (instruction >> 5 & 1) } else { 5 + (instruction >> 5 & 3) };
                (length, (reader.byte()? << 3) + (instruction >> 2 & 7) + 1, instruction & 3)
            }
        };
        copy_back(&mut out, length, distance, len)?;
        copy_literals(&mut reader, &mut out, literals, len)?;
        state = if literals == 0 { State::None } else { State::Few };
    }
}

fn copy_literals(reader: &mut Reader<'_>, out: &mut Vec<u8>, count: usize, len: usize) -> Result<(), Fault> {
    let (literals, rest) = reader.rest.split_at_checked(count).ok_or(Fault::Corrupted)?;
    if out.len() + count > len {
        return Err(Fault::Corrupted);
    }
    out.extend_from_slice(literals);
    reader.rest = rest;
    Ok(())
}

fn copy_back(out: &mut Vec<u8>, length: usize, distance: usize, len: usize) -> Result<(), Fault> {
    let start = out.len().checked_sub(distance).ok_or(Fault::Corrupted)?;
    if out.len() + length > len {
        return Err(Fault::Corrupted);
    }
    for at in start..start + length {
        // What is copied may be what this copy has written.
        let byte = out.get(at).copied().unwrap_or_default();
        out.push(byte);
    }
    Ok(())
}

/// Compresses a block.
pub(super) fn compress(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 2);
    let mut table = vec![usize::MAX; 1 << HASH_BITS];
    let (mut at, mut literal_start) = (0, 0);
    while let Some(four) = data.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let hash = (u32::from_le_bytes(*four).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize;
        let candidate = core::mem::replace(&mut table[hash], at);
        let reachable = candidate < at && at - candidate <= FAR && data[candidate..].starts_with(four);
        if !reachable {
            // Through what does not compress the steps get longer.
            at += 1 + ((at - literal_start) >> 5);
            continue;
        }
        let same = |(one, other): &(&u8, &u8)| one == other;
        let length = data[at..].iter().zip(&data[candidate..]).take_while(same).count();
        put_literals(&mut out, &data[literal_start..at]);
        put_copy(&mut out, length, at - candidate);
        at += length;
        literal_start = at;
    }
    put_literals(&mut out, &data[literal_start..]);
    out.extend_from_slice(&END);
    out
}

/// Appends literals: at the start, in the two low bits of the copy before, or as an instruction of their own.
fn put_literals(out: &mut Vec<u8>, literals: &[u8]) {
    let count = literals.len();
    match (count, out.len()) {
        (0, _) => return,
        (1..239, 0) => out.push(count as u8 + 17),
        (1..4, len) => out[len - 2] |= count as u8,
        (4..19, _) => out.push(count as u8 - 3),
        _ => {
            out.push(0);
            put_length(out, count - 18);
        }
    }
    out.extend_from_slice(literals);
}

/// Appends a length that does not fit into its instruction.
fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length > 255 {
        out.push(0);
        length -= 255;
    }
    out.push(length as u8);
}

/// Appends a copy of four bytes or more. The two low bits of its last but one byte are for literals.
fn put_copy(out: &mut Vec<u8>, length: usize, distance: usize) {
    if length <= 8 && distance <= NEAR {
        let back = distance - 1;
        out.push(((length - 1) << 5 | (back & 7) << 2) as u8);
        out.push((back >> 3) as u8);
        return;
    }
    let (mark, held, back) = if distance <= MIDDLE {
        (0x20, 31, distance - 1)
    } else {
        (0x10 | (distance - MIDDLE) >> 11 & 8, 7, distance - MIDDLE)
    };
    if length - 2 <= held {
        out.push((mark | (length - 2)) as u8);
    } else {
        out.push(mark as u8);
        put_length(out, length - 2 - held);
    }
    out.push(((back & 63) << 2) as u8);
    out.push((back >> 6) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(data: &[u8]) {
        let packed = compress(data);
        assert_eq!(decompress(&packed, data.len()).as_deref(), Ok(data), "{} bytes", data.len());
    }

    #[test]
    fn data_of_all_kinds_comes_back() {
        for text in [&b""[..], b"a", b"abc", b"abcd", b"aaaaaaaaaaaaaaaa", b"abcdabcdabcdabcdxyzabcd"] {
            there_and_back(text);
        }
        let mut state = 1u32;
        let mut random = |max: u32| {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            (state >> 16) % max
        };
        for size in [100, 5000, 70_000, 200_000] {
            for letters in [1, 2, 8, 200] {
                let mut data = Vec::new();
                while data.len() < size {
                    if data.len() > 50 && random(3) == 0 {
                        let back = 1 + random(data.len().min(60_000) as u32) as usize;
                        let start = data.len() - back;
                        for at in start..start + random(600) as usize {
                            data.push(data[at]);
                        }
                    } else {
                        data.push(random(letters) as u8);
                    }
                }
                there_and_back(&data);
            }
        }
    }

    #[test]
    fn damaged_data_is_refused() {
        let data = b"hello hello hello hello, and some other words".repeat(3);
        let packed = compress(&data);
        for cut in 0..packed.len() {
            assert_eq!(decompress(&packed[..cut], data.len()), Err(Fault::Corrupted), "{cut}");
        }
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x55;
            // It may give other bytes, but neither more of them nor a trap.
            if let Ok(out) = decompress(&damaged, data.len()) {
                assert_eq!(out.len(), data.len());
            }
        }
    }
}
