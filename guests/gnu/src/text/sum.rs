//! `sum`, and the checksums of it and of `cksum` that are numbers.

use applets::Context;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use wcr_sys::{Errno, fd};

use super::input::{or_stdin, plainly};
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};

/// The program.
pub const PROGRAM: Program = Program::new(
    "sum",
    "[OPTION]... [FILE]...",
    "Prints checksums and sizes in blocks.",
    "rs",
    &[("sysv", Takes::Nothing, b's'), HELP_OPTION, VERSION_OPTION],
    |ctx, parsed| {
        let kind = if parsed.last_of(b"rs") == Some(b's') { Number::SystemV } else { Number::Bsd };
        Ok(print_all(ctx, parsed, kind, b'\n'))
    },
);

/// A checksum that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Bsd,
    SystemV,
    Crc,
}

/// The polynomial of POSIX's `cksum`.
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// What each byte at the top of a remainder does to it, and what it does `n` places further up: eight bytes at a time.
static TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest >> 31 == 1 { rest << 1 ^ POLYNOMIAL } else { rest << 1 };
            bit += 1;
        }
        tables[0][byte] = rest;
        byte += 1;
    }
    let mut place = 1;
    while place < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[place - 1][byte];
            tables[place][byte] = before << 8 ^ tables[0][(before >> 24) as usize];
            byte += 1;
        }
        place += 1;
    }
    tables
};

fn crc(mut rest: u32, bytes: &[u8]) -> u32 {
    let table = |place: usize, byte: u32| TABLES[place][(byte & 0xff) as usize];
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let [a, b, c, d, e, f, g, h] = *word;
        let high = rest ^ u32::from_be_bytes([a, b, c, d]);
        rest = table(7, high >> 24)
            ^ table(6, high >> 16)
            ^ table(5, high >> 8)
            ^ table(4, high)
            ^ table(3, e.into())
            ^ table(2, f.into())
            ^ table(1, g.into())
            ^ table(0, h.into());
    }
    tail.iter().fold(rest, |rest, byte| rest << 8 ^ table(0, rest >> 24 ^ u32::from(*byte)))
}

/// The sum of a file, and its length.
fn sum_of(kind: Number, name: &[u8]) -> Result<(u32, u64), Errno> {
    let source = Source::open(name)?;
    let (mut block, mut sum, mut len) = (vec![0; 64 << 10], 0u32, 0u64);
    loop {
        let bytes = match fd::read(source.fd(), &mut block) {
            Ok(0) => break,
            Ok(count) => block.get(..count).unwrap_or_default(),
            Err(Errno::Intr) => continue,
            // A folder counts as empty, as in the program that this is like.
            Err(Errno::Isdir) if kind == Number::Crc => break,
            Err(error) => return Err(error),
        };
        len += bytes.len() as u64;
        sum = match kind {
            Number::Bsd => {
                bytes.iter().fold(sum, |sum, byte| ((sum >> 1) + ((sum & 1) << 15) + u32::from(*byte)) & 0xffff)
            }
            Number::SystemV => bytes.iter().fold(sum, |sum, byte| sum.wrapping_add((*byte).into())),
            Number::Crc => crc(sum, bytes),
        };
    }
    match kind {
        Number::Bsd => {}
        Number::SystemV => {
            let folded = (sum & 0xffff) + (sum >> 16);
            sum = (folded & 0xffff) + (folded >> 16);
        }
        Number::Crc => {
            let mut left = len;
            while left > 0 {
                sum = crc(sum, &[left as u8]);
                left >>= 8;
            }
            sum = !sum;
        }
    }
    Ok((sum, len))
}

/// Prints the sums of all operands; the exit code.
pub(super) fn print_all(ctx: &mut Context<'_>, parsed: &Parsed, kind: Number, end: u8) -> u8 {
    let mut code = 0;
    for name in or_stdin(&parsed.operands) {
        let (sum, len) = match sum_of(kind, &name) {
            Ok(sum) => sum,
            Err(error) => {
                plainly(ctx, &name, error);
                code = 1;
                continue;
            }
        };
        let mut line = match kind {
            Number::Bsd => format!("{sum:05} {:5}", len.div_ceil(1024)),
            Number::SystemV => format!("{sum} {}", len.div_ceil(512)),
            Number::Crc => format!("{sum} {len}"),
        }
        .into_bytes();
        if !parsed.operands.is_empty() {
            line.push(b' ');
            line.extend_from_slice(&name);
        }
        line.push(end);
        ctx.put(&line);
    }
    code
}

#[cfg(test)]
mod tests {
    use super::crc;

    /// Eight bytes at a time is as one by one.
    #[test]
    fn remainders() {
        let bytes: Vec<u8> = (0..=255u8).map(|byte| byte.wrapping_mul(37)).collect();
        for len in [0, 1, 7, 8, 9, 200] {
            let one_by_one = bytes[..len].iter().fold(1, |rest, byte| crc(rest, &[*byte]));
            assert_eq!(crc(1, &bytes[..len]), one_by_one);
        }
    }
}
