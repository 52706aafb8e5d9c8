//! `hexdump`: shows bytes in a format of the user's; `hd`: in the canonical one.

mod display;
mod format;

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fd, fs};

use crate::chain::Chain;
use crate::count::natural;
use crate::number;
use crate::options::{Parsed, Spec};
use crate::source::Source;
use crate::{Applet, Context, Quit, WriteFailure};

use display::Display;
use format::{Format, Wrong};

/// `hd`.
pub const HD: Applet =
    Applet::new("hd", "hd FILE...\n\nhd is an alias for hexdump -C", main).on_write_failure(WriteFailure::Ignore);

/// `hexdump`.
pub const HEXDUMP: Applet = Applet::new(
    "hexdump",
    "hexdump [-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...\n\n\
     Display FILEs (or stdin) in a user specified format\n\n\
     \t-b\t\t1-byte octal display\n\
     \t-c\t\t1-byte character display\n\
     \t-d\t\t2-byte decimal display\n\
     \t-o\t\t2-byte octal display\n\
     \t-x\t\t2-byte hex display\n\
     \t-C\t\thex+ASCII 16 bytes per line\n\
     \t-v\t\tShow all (no dup folding)\n\
     \t-e FORMAT_STR\tExample: '16/1 \"%02x|\"\"\\n\"'\n\
     \t-f FORMAT_FILE\n\
     \t-n LENGTH\tShow only first LENGTH bytes\n\
     \t-s OFFSET\tSkip OFFSET bytes",
    main,
)
.on_write_failure(WriteFailure::Ignore);

/// The formats of the options, each after the one that ends with the last address.
const ADDRESS_7: &[u8] = br#""%07.7_Ax\n""#;
const ADDRESS_8: &[u8] = br#""%08.8_Ax\n""#;
const BYTES_OCTAL: &[u8] = br#""%07.7_ax " 16/1 "%03o " "\n""#;
const CHARACTERS: &[u8] = br#""%07.7_ax " 16/1 "%3_c " "\n""#;
const WORDS_DECIMAL: &[u8] = br#""%07.7_ax " 8/2 "  %05u " "\n""#;
const WORDS_OCTAL: &[u8] = br#""%07.7_ax " 8/2 " %06o " "\n""#;
const WORDS_HEX: &[u8] = br#""%07.7_ax " 8/2 "   %04x " "\n""#;
const PLAIN: &[u8] = br#""%07.7_ax " 8/2 "%04x " "\n""#;
const CANONICAL: &[u8] = br#""%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x ""#;
const TEXT_BESIDE: &[u8] = br#""  |" 16/1 "%_p" "|\n""#;

const SPEC: Spec = Spec::plain("bcdoxCve:f:n:s:");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_checked(ctx, |ctx, key, value| match (key, value) {
        (b'n', Some(text)) => natural(ctx, text).map(drop),
        (b's', Some(text)) if offset(text).is_none() => Err(invalid(ctx, text)),
        _ => Ok(()),
    })?;
    let formats = formats(ctx, &parsed)?;
    let limit = match parsed.value(b'n') {
        Some(text) => Some(natural(ctx, text)? as u64),
        None => None,
    };
    let skip = match parsed.value(b's') {
        Some(text) => offset(text).ok_or_else(|| invalid(ctx, text))?,
        None => 0,
    };
    let mut input = Chain::new(parsed.operands.clone(), b"hexdump", limit, |ctx, path, reason| {
        ctx.perror(&[path], reason);
        0
    });
    input.in_place_of_stdin = true;
    let address = skip_bytes(ctx, &mut input, skip)?;
    // Where nothing is to be shown, no address is either.
    let address = if limit == Some(0) { 0 } else { address };
    Display::new(formats, parsed.has(b'v')).run(ctx, &mut input, address);
    Ok(input.code)
}

/// Leaves out the first bytes; the address of what is shown first. Only what can be sought in can be skipped.
fn skip_bytes(ctx: &mut Context<'_>, input: &mut Chain, count: u64) -> Result<u64, Quit> {
    let mut address = 0;
    while address < count {
        let Some((source, path)) = input.current(ctx) else { break };
        match seek_within(source, count - address) {
            Ok(start) => {
                address += start.address;
                if !start.past_end {
                    break;
                }
                input.leave();
            }
            Err(error) => {
                // Only who reads calls standard input by another name.
                let name = if source.fd() == fd::STDIN { b"stdin".to_vec() } else { path.clone() };
                return Err(ctx.die_errno(&[&name], error));
            }
        }
    }
    Ok(address)
}

/// Where reading a file begins.
pub struct Start {
    /// How many bytes are left out.
    pub address: u64,
    /// Whether the file is shorter than what was to be left out.
    pub past_end: bool,
}

/// Leaves out the first `count` bytes of a file, as far as there are so many. A file of exactly so many is shown from its
/// beginning, as the real applet does it.
/// # Errors
/// Those of a seek: what is no file of a known size has to be one that can be sought in.
pub fn seek_within(source: &Source, count: u64) -> Result<Start, Errno> {
    if count == 0 {
        return Ok(Start { address: 0, past_end: false });
    }
    let stat = fd::stat(source.fd())?;
    if stat.mode.kind() == FileKind::Regular && stat.size <= count {
        return Ok(Start { address: stat.size, past_end: stat.size < count });
    }
    fd::seek(source.fd(), i64::try_from(count).unwrap_or(i64::MAX), fd::Whence::Current)?;
    Ok(Start { address: count, past_end: false })
}

fn invalid(ctx: &mut Context<'_>, text: &[u8]) -> Quit {
    ctx.die(&[b"invalid number '", text, b"'"])
}

/// An offset: decimal, octal behind `0` or hexadecimal behind `0x`, with a unit.
fn offset(text: &[u8]) -> Option<u64> {
    let scanned = number::unsigned(text, 0);
    if scanned.len == 0 || scanned.overflow || !text.first()?.is_ascii_digit() {
        return None;
    }
    let factor = match text.get(scanned.len..)? {
        b"" => 1,
        b"b" => 512,
        b"k" => 1 << 10,
        b"m" => 1 << 20,
        _ => return None,
    };
    scanned.value.checked_mul(factor)
}

fn formats(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Format>, Quit> {
    let (mut formats, mut wrong) = (Vec::new(), None);
    let canonical = (ctx.applet.name == HD.name).then_some((b'C', None));
    for (key, value) in canonical.iter().chain(&parsed.options) {
        let texts: &[&[u8]] = match key {
            b'b' => &[ADDRESS_7, BYTES_OCTAL],
            b'c' => &[ADDRESS_7, CHARACTERS],
            b'd' => &[ADDRESS_7, WORDS_DECIMAL],
            b'o' => &[ADDRESS_7, WORDS_OCTAL],
            b'x' => &[ADDRESS_7, WORDS_HEX],
            b'C' => &[ADDRESS_8, CANONICAL, TEXT_BESIDE],
            b'e' => &[value.as_deref().unwrap_or_default()],
            b'f' => {
                let path = value.as_deref().unwrap_or_default();
                let text = match fs::read_file(path) {
                    Ok(text) => text,
                    Err(error) => return Err(ctx.die_errno(&[b"can't open '", path, b"'"], error)),
                };
                for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
                    if !line.is_empty() && !line.starts_with(b"#") {
                        add(ctx, &mut formats, &mut wrong, line)?;
                    }
                }
                continue;
            }
            _ => continue,
        };
        for text in texts {
            add(ctx, &mut formats, &mut wrong, text)?;
        }
    }
    if let Some(message) = wrong {
        return Err(ctx.die(&[&message]));
    }
    if formats.is_empty() && !parsed.has(b'e') && !parsed.has(b'f') {
        add(ctx, &mut formats, &mut None, ADDRESS_7)?;
        add(ctx, &mut formats, &mut None, PLAIN)?;
    }
    Ok(formats)
}

/// Adds a format; of the conversions that are none the first is kept in `wrong`.
fn add(ctx: &mut Context<'_>, formats: &mut Vec<Format>, wrong: &mut Option<Vec<u8>>, text: &[u8]) -> Result<(), Quit> {
    match Format::parse(text) {
        Ok(format) => formats.push(format),
        Err(Wrong::Form(message)) => return Err(ctx.die(&[&message])),
        Err(Wrong::Conversion(message)) => drop(wrong.get_or_insert(message)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        for (text, value) in
            [("16", Some(16)), ("0x10", Some(16)), ("010", Some(8)), ("1b", Some(512)), ("1k", Some(1024))]
        {
            assert_eq!(offset(text.as_bytes()), value, "{text}");
        }
        assert_eq!((offset(b"-1"), offset(b"x"), offset(b"1q")), (None, None, None));
    }
}
