//! `xxd`: a hex dump, and back.

use std::io::BufRead;

use crate::count::{INT_MAX, natural};
use crate::format::{hex, right};
use crate::number::{is_space, unsigned};
use crate::options::Spec;
use crate::source::Source;
use crate::tools::hexdump::seek_within;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "xxd",
    "xxd [-pri] [-g N] [-c N] [-n LEN] [-s OFS] [-o OFS] [FILE]\n\n\
     Hex dump FILE (or stdin)\n\n\
     \t-g N\t\tBytes per group\n\
     \t-c N\t\tBytes per line\n\
     \t-p\t\tShow only hex bytes, assumes -c30\n\
     \t-i\t\tC include file style\n\
     \t-l LENGTH\tShow only first LENGTH bytes\n\
     \t-s OFFSET\tSkip OFFSET bytes\n\
     \t-o OFFSET\tAdd OFFSET to displayed offset\n\
     \t-r\t\tReverse (with -p, assumes no offsets in input)",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

const SPEC: Spec = Spec::short("l:s:apirg:c:o:");

/// The bytes of a line, in the three styles.
const COLUMNS: usize = 16;
const PLAIN_COLUMNS: usize = 30;
const INCLUDE_COLUMNS: usize = 12;

/// How a dump looks.
struct Style {
    columns: usize,
    group: usize,
    plain: bool,
    include: bool,
    /// What is added to the offsets that are shown.
    base: u64,
}

/// A number in C's notation.
fn number(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    let scanned = unsigned(text, 0);
    let is_plain = text.first().is_some_and(u8::is_ascii_digit) && scanned.len == text.len() && !scanned.overflow;
    if is_plain { Ok(scanned.value) } else { Err(ctx.die(&[b"invalid number '", text, b"'"])) }
}

/// A number of bytes, as much as C's `int` holds.
fn limit(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    match number(ctx, text)? {
        limit if limit > u32::MAX.into() => Err(ctx.die(&[b"invalid number '", text, b"'"])),
        limit if limit > INT_MAX => Err(ctx.die(&[b"number ", text, b" is not in 0..2147483647 range"])),
        limit => Ok(limit),
    }
}

/// What is added to the offsets: a number that may have a sign.
fn addend(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    let scanned = unsigned(text, 0);
    let whole = scanned.len > 0
        && scanned.len == text.len()
        && !scanned.overflow
        && !text.first().copied().is_some_and(is_space);
    if whole { Ok(scanned.value) } else { Err(ctx.die(&[b"invalid number '", text, b"'"])) }
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"cg", natural)?;
    let path = match parsed.operands.as_slice() {
        [] => b"-".as_slice(),
        [path] => path,
        _ => return Err(ctx.usage()),
    };
    let (plain, include) = (parsed.has(b'p'), parsed.has(b'i'));
    let default = if plain {
        PLAIN_COLUMNS
    } else if include {
        INCLUDE_COLUMNS
    } else {
        COLUMNS
    };
    let mut count = |key: u8, default: usize| parsed.value(key).map_or(Ok(default), |text| natural(ctx, text));
    let columns = match count(b'c', default)? {
        0 => default,
        columns => columns,
    };
    let group = count(b'g', 2)?;
    let limit = parsed.value(b'l').map_or(Ok(u64::MAX), |text| limit(ctx, text))?;
    let skip = parsed.value(b's').map_or(Ok(0), |text| number(ctx, text))?;
    let base = parsed.value(b'o').map_or(Ok(0), |text| addend(ctx, text))?;
    let named = include && !parsed.operands.is_empty() && !parsed.has(b'r');
    let name = identifier(path);
    if named {
        ctx.put(&[b"unsigned char ", name.as_slice(), b"[] = {\n"].concat());
    }
    let source = Source::open(path).map_err(|error| match parsed.has(b'r') {
        true => ctx.die_errno(&[b"can't open '", path, b"'"], error),
        false => ctx.die_errno(&[path], error),
    })?;
    if parsed.has(b'r') {
        reverse(ctx, &source, plain);
        return Ok(0);
    }
    let start = match seek_within(&source, skip) {
        Ok(start) => start,
        Err(error) => {
            let name: &[u8] = if path == b"-" { b"stdin" } else { path };
            return Err(ctx.die_errno(&[name], error));
        }
    };
    let style = Style { columns, group, plain, include, base };
    // Of a file that is left out altogether nothing is shown.
    let limit = if start.past_end { 0 } else { limit };
    let shown =
        dump(ctx, (if parsed.operands.is_empty() { b"xxd" } else { path }, &source), &style, start.address, limit);
    if named {
        // The real applet counts what it has left out, too.
        let count = crate::format::decimal(start.address + shown);
        ctx.put(&[b"};\nunsigned int ", name.as_slice(), b"_len = ", &count, b";\n"].concat());
    }
    Ok(0)
}

/// The name that C may give to a file: letters and digits stay, no digit first.
fn identifier(path: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = if path.first().is_some_and(u8::is_ascii_digit) { b"__" } else { b"" };
    let letters = path.iter().map(|byte| if byte.is_ascii_alphanumeric() { *byte } else { b'_' });
    prefix.iter().copied().chain(letters).collect()
}

/// Shows the bytes; returns how many.
fn dump(ctx: &mut Context<'_>, (name, source): (&[u8], &Source), style: &Style, start: u64, limit: u64) -> u64 {
    let mut input = source.reader();
    let (mut line, mut shown) = (Vec::with_capacity(style.columns.min(4096)), 0u64);
    loop {
        let block = match input.fill_buf() {
            Ok(block) => block,
            Err(error) => {
                ctx.perror(&[name], wcr_sys::Input::errno(&error));
                break;
            }
        };
        let len = block.len().min(usize::try_from(limit - shown).unwrap_or(usize::MAX));
        if len == 0 {
            break;
        }
        for byte in block.iter().take(len) {
            line.push(*byte);
            shown += 1;
            if line.len() == style.columns {
                style.put(ctx, start + shown - line.len() as u64, &line);
                line.clear();
            }
        }
        input.consume(len);
    }
    if !line.is_empty() {
        style.put(ctx, start + shown - line.len() as u64, &line);
    }
    shown
}

fn put_byte(out: &mut Vec<u8>, byte: u8) {
    right(out, &hex(byte.into()), 2, b'0');
}

impl Style {
    fn put(&self, ctx: &mut Context<'_>, offset: u64, bytes: &[u8]) {
        let mut out = Vec::new();
        if self.plain {
            bytes.iter().for_each(|byte| put_byte(&mut out, *byte));
        } else if self.include {
            for (at, byte) in bytes.iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"  0x" } else { b" 0x" });
                put_byte(&mut out, *byte);
                out.push(b',');
            }
        } else {
            right(&mut out, &hex(offset.wrapping_add(self.base)), 8, b'0');
            out.extend_from_slice(b": ");
            for at in 0..self.columns {
                if at > 0 && self.group > 0 && at % self.group == 0 {
                    out.push(b' ');
                }
                match bytes.get(at) {
                    Some(byte) => put_byte(&mut out, *byte),
                    None => out.extend_from_slice(b"  "),
                }
            }
            out.extend_from_slice(b"  ");
            out.extend(bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { *byte } else { b'.' }));
        }
        out.push(b'\n');
        ctx.put(&out);
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Writes the bytes that a dump shows.
fn reverse(ctx: &mut Context<'_>, source: &Source, plain: bool) {
    let (mut input, mut pairs) = (source.reader(), Pairs { plain, in_address: !plain, high: None });
    // What cannot be read ends the dump.
    while let Ok(block) = input.fill_buf() {
        if block.is_empty() {
            break;
        }
        let len = block.len();
        ctx.put(&pairs.bytes(block));
        input.consume(len);
    }
}

/// Reads pairs of digits: between two of a pair may be blanks and the end of a line, anything else parts them. A line
/// begins with digits that are its address, unless the dump is plain.
struct Pairs {
    plain: bool,
    in_address: bool,
    high: Option<u8>,
}

impl Pairs {
    fn bytes(&mut self, block: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for byte in block {
            let digit = digit(*byte);
            self.in_address &= digit.is_some();
            if self.in_address {
                continue;
            }
            match (digit, self.high.take()) {
                (Some(digit), None) => self.high = Some(digit),
                (Some(digit), Some(high)) => out.push(high << 4 | digit),
                (None, high) if is_space(*byte) => self.high = high,
                (None, _) => {}
            }
            self.in_address = *byte == b'\n' && !self.plain && self.high.is_none();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    fn bytes_of(text: &[u8], plain: bool) -> Vec<u8> {
        Pairs { plain, in_address: !plain, high: None }.bytes(text)
    }

    #[test]
    fn dumps_are_read() {
        assert_eq!(bytes_of(b"0000: 4865 6c6c 6f\n0005: 21", false), b"Hello!");
        assert_eq!(bytes_of(b"68 zz 69", false), b"i");
        // The characters beside the digits are read as well.
        assert_eq!(bytes_of(b"0000: 5  three.5 6\nab: 4a", false), b"\xee\x56J");
        assert_eq!(bytes_of(b"48 65 6c6c6f zz", true), b"Hello");
    }
}
