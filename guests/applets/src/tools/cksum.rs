//! `cksum` and `sum`: the checksums of old, with how long the files are.

use wcr_sys::Errno;

use super::checksum::{open, read_blocks};
use crate::format::{decimal, right};
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// `cksum`: the CRC of POSIX.
pub const CKSUM: Applet = Applet::new("cksum", "cksum FILE...\n\nCalculate CRC32 checksum of FILEs", cksum);

/// `sum`.
pub const SUM: Applet = Applet::new(
    "sum",
    "sum [-rs] [FILE]...\n\n\
     Checksum and count the blocks in a file\n\n\
     \t-r\tUse BSD sum algorithm (1K blocks)\n\
     \t-s\tUse System V sum algorithm (512byte blocks)",
    sum,
);

/// The polynomial of POSIX's CRC, the highest bit first.
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// What a byte at the top of the register does to it.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = ((byte as u32) << 24, 0);
        while bit < 8 {
            value = if value >> 31 == 1 { value << 1 ^ POLYNOMIAL } else { value << 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
};

fn step(crc: u32, byte: u8) -> u32 {
    crc << 8 ^ TABLE[((crc >> 24) as u8 ^ byte) as usize]
}

/// The CRC of bytes and their count: its bytes follow, the lowest first, without those that are 0 at its end.
fn posix_crc(mut crc: u32, mut len: u64) -> u32 {
    while len > 0 {
        crc = step(crc, len as u8);
        len >>= 8;
    }
    !crc
}

fn cksum(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = Spec::short("").parse(ctx)?.operands;
    each(ctx, &operands, |ctx, source, name| {
        let (mut crc, mut len) = (0, 0);
        read_blocks(source, |block| {
            crc = block.iter().fold(crc, |crc, byte| step(crc, *byte));
            len += block.len() as u64;
        })?;
        let line = format!("{} {len}", posix_crc(crc, len));
        ctx.put(&[line.as_bytes(), name.map_or(&b""[..], |_| b" "), name.unwrap_or_default(), b"\n"].concat());
        Ok(())
    })
}

fn sum(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("rs").parse(ctx)?;
    let system_v = parsed.last_of(b"rs") == Some(b's');
    let named = system_v || parsed.operands.len() > 1;
    each(ctx, &parsed.operands, |ctx, source, name| {
        let (mut total, mut len) = (0u32, 0u64);
        read_blocks(source, |block| {
            len += block.len() as u64;
            total = block.iter().fold(total, |total, byte| {
                if system_v {
                    return total.wrapping_add((*byte).into());
                }
                (total >> 1 | total << 15) + u32::from(*byte) & 0xffff
            });
        })?;
        let mut line = Vec::new();
        if system_v {
            let folded = (total & 0xffff) + (total >> 16);
            line.extend(decimal(((folded & 0xffff) + (folded >> 16)).into()));
            line.push(b' ');
            line.extend(decimal(len.div_ceil(512)));
        } else {
            right(&mut line, &decimal(total.into()), 5, b'0');
            line.push(b' ');
            right(&mut line, &decimal(len.div_ceil(1024)), 5, b' ');
        }
        if let Some(name) = name.filter(|_| named) {
            line.extend([b" ", name].concat());
        }
        line.push(b'\n');
        ctx.put(&line);
        Ok(())
    })
}

/// Does something with each file, or with standard input, which has no name then. What fails is told, and the rest done.
fn each(
    ctx: &mut Context<'_>,
    operands: &[Vec<u8>],
    mut act: impl FnMut(&mut Context<'_>, &Source, Option<&[u8]>) -> Result<(), Errno>,
) -> Result<u8, Quit> {
    let names: Vec<Option<&[u8]>> = match operands {
        [] => vec![None],
        given => given.iter().map(|name| Some(name.as_slice())).collect(),
    };
    let mut code = 0;
    for name in names {
        let path = name.unwrap_or(b"-");
        let done = open(ctx, path)
            .is_some_and(|source| act(ctx, &source, name).inspect_err(|error| ctx.perror(&[path], *error)).is_ok());
        code |= u8::from(!done);
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_belongs_to_the_sum() {
        let crc = |text: &[u8]| posix_crc(text.iter().fold(0, |crc, byte| step(crc, *byte)), text.len() as u64);
        assert_eq!(crc(b""), 4_294_967_295);
        assert_eq!(crc(b"hello\n"), 3_015_617_425);
        assert_eq!(crc(b"123456789"), 930_766_865);
    }
}
