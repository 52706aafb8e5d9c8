//! `md5sum`, `sha1sum`, `sha256sum`, `sha512sum`, `sha3sum`, `crc32`: checksums of files.

use std::io::BufRead;

use digest::DynDigest;
use wcr_sys::{Errno, Input, fd};

use crate::count::natural;
use crate::format::{hex, right};
use crate::lines::LineReader;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit, WriteFailure};

macro_rules! usage {
    ($name:literal, $kind:literal) => {
        concat!(
            $name,
            " [-c[sw]] [FILE]...\n\nPrint or check ",
            $kind,
            " checksums\n\n",
            "\t-c\tCheck sums against list in FILEs\n",
            "\t-s\tDon't output anything, status code shows success\n",
            "\t-w\tWarn about improperly formatted checksum lines"
        )
    };
}

/// `md5sum`.
pub const MD5: Applet =
    Applet::new("md5sum", usage!("md5sum", "MD5"), |ctx| main(ctx, |_| Some(Box::new(md5::Md5::default()))))
        .on_write_failure(WriteFailure::Ignore);

/// `sha1sum`.
pub const SHA1: Applet =
    Applet::new("sha1sum", usage!("sha1sum", "SHA1"), |ctx| main(ctx, |_| Some(Box::new(sha1::Sha1::default()))))
        .on_write_failure(WriteFailure::Ignore);

/// `sha256sum`.
pub const SHA256: Applet = Applet::new("sha256sum", usage!("sha256sum", "SHA256"), |ctx| {
    main(ctx, |_| Some(Box::new(sha2::Sha256::default())))
})
.on_write_failure(WriteFailure::Ignore);

/// `sha512sum`.
pub const SHA512: Applet = Applet::new("sha512sum", usage!("sha512sum", "SHA512"), |ctx| {
    main(ctx, |_| Some(Box::new(sha2::Sha512::default())))
})
.on_write_failure(WriteFailure::Ignore);

/// `sha3sum`.
pub const SHA3: Applet = Applet::new(
    "sha3sum",
    "sha3sum [-c[sw]] [-a BITS] [FILE]...\n\n\
     Print or check SHA3 checksums\n\n\
     \t-c\tCheck sums against list in FILEs\n\
     \t-s\tDon't output anything, status code shows success\n\
     \t-w\tWarn about improperly formatted checksum lines\n\
     \t-a BITS\t224 (default), 256, 384, 512",
    |ctx| {
        main(ctx, |bits| {
            Some(match bits {
                224 => Box::new(sha3::Sha3_224::default()),
                256 => Box::new(sha3::Sha3_256::default()),
                384 => Box::new(sha3::Sha3_384::default()),
                512 => Box::new(sha3::Sha3_512::default()),
                _ => return None,
            })
        })
    },
)
.on_write_failure(WriteFailure::Ignore);

/// `crc32`.
pub const CRC32: Applet = Applet::new("crc32", "crc32 FILE...\n\nCalculate CRC32 checksum of FILEs", crc32);

/// Makes a hash function of so many bits, where there are several.
type Maker = fn(usize) -> Option<Box<dyn DynDigest>>;

const SPEC: Spec = Spec::short("scwbt");
const SPEC_SHA3: Spec = Spec::short("scwa:bt");

/// How a list is checked.
#[derive(Debug, Clone, Copy)]
struct Check {
    quiet: bool,
    warns: bool,
}

fn main(ctx: &mut Context<'_>, maker: Maker) -> Result<u8, Quit> {
    let is_sha3 = ctx.applet.name == SHA3.name;
    let parsed = if is_sha3 { SPEC_SHA3 } else { SPEC }.parse_counts(ctx, b"a", natural)?;
    if !parsed.has(b'c') && (parsed.has(b's') || parsed.has(b'w')) {
        return Err(ctx.usage());
    }
    let bits = match parsed.value(b'a') {
        None => 224,
        Some(text) => natural(ctx, text)?,
    };
    let mut hash = maker(bits);
    let stdin = [b"-".to_vec()];
    let mut code = 0;
    for path in if parsed.operands.is_empty() { stdin.as_slice() } else { &parsed.operands } {
        // How many bits there are is looked at when a file is open.
        if hash.is_none() && !parsed.has(b'c') && open(ctx, path).is_none() {
            code = 1;
            continue;
        }
        let Some(hash) = &mut hash else {
            return Err(ctx.die(&[b"bad -a", bits.to_string().as_bytes()]));
        };
        if parsed.has(b'c') {
            let check = Check { quiet: parsed.has(b's'), warns: parsed.has(b'w') };
            code |= check_list(ctx, path, hash.as_mut(), check)?;
        } else if let Some(sum) = sum_of(ctx, path, hash.as_mut()) {
            ctx.put(&[sum.as_slice(), b"  ", path, b"\n"].concat());
        } else {
            code = 1;
        }
    }
    Ok(code)
}

/// A file's checksum; `None` when it cannot be read, which has been told.
fn sum_of(ctx: &mut Context<'_>, path: &[u8], hash: &mut dyn DynDigest) -> Option<Vec<u8>> {
    let source = open(ctx, path)?;
    let read = read_blocks(&source, |block| hash.update(block));
    read.map_err(|error| ctx.perror(&[b"can't read '", path, b"'"], error)).ok()?;
    let mut sum = Vec::new();
    for byte in hash.finalize_reset() {
        right(&mut sum, &hex(byte.into()), 2, b'0');
    }
    Some(sum)
}

/// Opens a file; `None` when that cannot be done, which has been told.
pub(super) fn open(ctx: &mut Context<'_>, path: &[u8]) -> Option<Source> {
    Source::open(path).map_err(|error| ctx.perror(&[b"can't open '", path, b"'"], error)).ok()
}

/// Calls `each` with all of a file.
pub(super) fn read_blocks(source: &Source, mut each: impl FnMut(&[u8])) -> Result<(), Errno> {
    let mut input = source.reader();
    loop {
        let block = input.fill_buf().map_err(|error| Input::errno(&error))?;
        if block.is_empty() {
            return Ok(());
        }
        each(block);
        let len = block.len();
        input.consume(len);
    }
}

/// Checks the files that a list names.
fn check_list(ctx: &mut Context<'_>, list: &[u8], hash: &mut dyn DynDigest, check: Check) -> Result<u8, Quit> {
    let source = Source::open(list).map_err(|error| ctx.die_errno(&[list], error))?;
    let mut reader = LineReader::text(source.fd());
    let (mut total, mut failed) = (0u64, 0u64);
    // What cannot be read ends the list.
    while let Ok(Some(line)) = reader.next_line() {
        total += 1;
        let Some((wanted, path)) = entry(line.text) else {
            failed += 1;
            if check.warns {
                ctx.complain(&[b"invalid format"]);
            }
            continue;
        };
        let holds = sum_of(ctx, path, hash).is_some_and(|sum| sum == wanted);
        failed += u64::from(!holds);
        if !check.quiet {
            let verdict: &[u8] = if holds { b": OK\n" } else { b": FAILED\n" };
            ctx.put(&[path, verdict].concat());
        }
    }
    if total == 0 {
        ctx.complain(&[list, b": no checksum lines found"]);
        return Ok(1);
    }
    if failed > 0 && !check.quiet {
        let line = format!("WARNING: {failed} of {total} computed checksums did NOT match");
        ctx.complain(&[line.as_bytes()]);
    }
    Ok(u8::from(failed > 0))
}

/// A checksum and a path, with two characters between them: a space and a space or a star.
fn entry(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', line)?;
    let path = line.get(at + 2..).filter(|path| !path.is_empty())?;
    matches!(line.get(at + 1), Some(b' ' | b'*')).then_some((line.get(..at)?, path))
}

fn crc32(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let (stdin, mut code) = ([b"-".to_vec()], 0);
    let unnamed = parsed.operands.is_empty();
    for path in if unnamed { stdin.as_slice() } else { &parsed.operands } {
        let mut hasher = crc32fast::Hasher::new();
        let Some(source) = open(ctx, path) else {
            code = 1;
            continue;
        };
        let read = read_blocks(&source, |block| hasher.update(block));
        let name = if unnamed { b"standard input" } else { path.as_slice() };
        read.map_err(|error| ctx.die_errno(&[name], error))?;
        if path == b"-" {
            // Another `-` finds nothing to read.
            let _ = fd::close(source.fd());
        }
        let mut out = Vec::new();
        right(&mut out, &hex(hasher.finalize().into()), 8, b'0');
        if !parsed.operands.is_empty() {
            out.push(b' ');
            out.extend_from_slice(path);
        }
        out.push(b'\n');
        ctx.put(&out);
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn lines_of_lists() {
        assert_eq!(entry(b"ab  c d"), Some((b"ab".as_slice(), b"c d".as_slice())));
        assert_eq!(entry(b"ab *c"), Some((b"ab".as_slice(), b"c".as_slice())));
        assert_eq!(entry(b"ab c"), None);
        assert_eq!(entry(b"ab"), None);
    }
}
