//! `od`.

mod layout;

use applets::chain::Chain;
use applets::format::right_number;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};

use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, Wrong};
use layout::Layout;

const TRADITIONAL: u8 = 0x80;
const ENDIAN: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "od",
    "[OPTION]... [FILE]...\n  or:  od [-abcdfilosx]... [FILE] [[+]OFFSET[.][b]]\n  or:  od --traditional [OPTION]... [FILE] [[+]OFFSET[.][b] [+][LABEL][.][b]]",
    "Shows bytes as numbers and characters.",
    "A:aBbcDdeFfHhIij:LlN:OoS:st:vw::Xx",
    &[
        ("skip-bytes", Takes::Value, b'j'),
        ("address-radix", Takes::Value, b'A'),
        ("read-bytes", Takes::Value, b'N'),
        ("format", Takes::Value, b't'),
        ("output-duplicates", Takes::Nothing, b'v'),
        ("strings", Takes::OptionalValue, b'S'),
        ("traditional", Takes::Nothing, TRADITIONAL),
        ("width", Takes::OptionalValue, b'w'),
        ("endian", Takes::Value, ENDIAN),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// The bytes of a line, unless another width is asked for.
const WIDTH: usize = 16;
/// The width of `-w` without a number.
const WIDE: u64 = 32;
/// The least length of a string, where none is given.
const STRING: u64 = 3;

/// How addresses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Radix {
    Octal,
    Decimal,
    Hexadecimal,
    None,
}

impl Radix {
    fn put(self, out: &mut Vec<u8>, address: u64) {
        match self {
            Self::Octal => right_number::<8>(out, address, 7, b'0'),
            Self::Decimal => right_number::<10>(out, address, 7, b'0'),
            Self::Hexadecimal => right_number::<16>(out, address, 6, b'0'),
            Self::None => {}
        }
    }
}

/// The types that letters of their own stand for.
const LETTERS: [(u8, &[u8]); 20] = [
    (b'a', b"a"),
    (b'b', b"o1"),
    (b'c', b"c"),
    (b'D', b"u4"),
    (b'd', b"u2"),
    (b'e', b"fD"),
    (b'F', b"fD"),
    (b'f', b"fF"),
    (b'H', b"x4"),
    (b'h', b"x2"),
    (b'I', b"dL"),
    (b'i', b"dI"),
    (b'L', b"dL"),
    (b'l', b"dL"),
    (b'O', b"o4"),
    (b'o', b"o2"),
    (b'B', b"o2"),
    (b's', b"d2"),
    (b'X', b"x4"),
    (b'x', b"x2"),
];

/// The options with which an operand is never an offset.
const MODERN: &[u8] = &[b'A', b'j', b'N', b'S', b't', b'v', b'w', ENDIAN];

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (mut radix, mut skip, mut limit, mut layouts) = (Radix::Octal, 0, None, Vec::new());
    let (mut strings, mut big, mut wanted_width) = (None, false, None);
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'A' => {
                radix = match text.first() {
                    Some(b'o') => Radix::Octal,
                    Some(b'd') => Radix::Decimal,
                    Some(b'x') => Radix::Hexadecimal,
                    Some(b'n') => Radix::None,
                    first => {
                        let letter = first.map_or(Vec::new(), |letter| vec![*letter]);
                        return Err(ctx.die(&[
                            b"invalid output address radix ",
                            &quote::locale(&letter),
                            b"; it must be one character from [doxn]",
                        ]));
                    }
                };
            }
            b'j' => skip = count(ctx, text, b"-j")?,
            b'N' => limit = Some(count(ctx, text, b"-N")?),
            b'S' => strings = Some(value.as_deref().map_or(Ok(STRING), |text| count(ctx, text, b"-S"))?),
            b'w' => wanted_width = Some(value.as_deref().map_or(Ok(WIDE), |text| count(ctx, text, b"-w"))?),
            b't' => layout::parse(text, &mut layouts).map_err(|message| ctx.die(&[&message]))?,
            ENDIAN => {
                big = match text {
                    b"big" => true,
                    b"little" => false,
                    _ => {
                        let option = quote::locale(b"--endian");
                        ctx.complain(&[b"invalid argument ", &quote::locale(text), b" for ", &option]);
                        ctx.put_err(b"Valid arguments are:\n  - 'little'\n  - 'big'\n");
                        return Err(crate::dispatch::try_help(ctx, 1));
                    }
                };
            }
            key => {
                if let Some((_, types)) = LETTERS.iter().find(|(letter, _)| *letter == key) {
                    layout::parse(types, &mut layouts).map_err(|message| ctx.die(&[&message]))?;
                }
            }
        }
    }
    let mut operands = parsed.operands.clone();
    let mut label = None;
    offsets(ctx, parsed, &mut operands, &mut skip, &mut label)?;
    if limit.is_some_and(|limit| skip.checked_add(limit).is_none()) {
        return Err(ctx.die(&[b"skip-bytes + read-bytes is too large"]));
    }
    if layouts.is_empty() {
        layouts.push(Layout::OCTAL_WORDS);
    }
    let operands = super::input::or_stdin(&operands);
    let mut input = Chain::new(operands, b"-", None, |ctx, path, error| {
        super::input::plainly(ctx, path, error);
        1
    });
    // The first file is opened even where nothing is to be read.
    input.current(ctx);
    skip_bytes(ctx, &mut input, skip)?;
    input.left = limit;
    if let Some(least) = strings {
        show_strings(ctx, &mut input, radix, skip, least);
        return Ok(input.code);
    }
    // All sizes are powers of two, so that the largest is a multiple of all.
    let unit = layouts.iter().map(|layout| layout.size).max().unwrap_or(1);
    let width = match wanted_width.map(|width| usize::try_from(width).unwrap_or(usize::MAX)) {
        None => WIDTH,
        Some(width) if width > 0 && width % unit == 0 => width,
        Some(width) => {
            let line = format!("warning: invalid width {width}; using {unit} instead");
            ctx.complain(&[line.as_bytes()]);
            unit
        }
    };
    let mut dump = Dump {
        radix,
        layouts,
        width,
        big,
        repeats: parsed.has(b'v'),
        label: label.map(|label: u64| label.wrapping_sub(skip)),
        before: Vec::new(),
        starred: false,
    };
    let end = dump.run(ctx, &mut input, skip);
    if input.opened && (radix != Radix::None || dump.label.is_some()) {
        let mut line = dump.address(end);
        line.push(b'\n');
        ctx.put(&line);
    }
    Ok(input.code)
}

/// The number that is an option's value.
fn count(ctx: &mut Context<'_>, text: &[u8], option: &[u8]) -> Result<u64, Quit> {
    let digits = text.first().is_some_and(u8::is_ascii_digit);
    let scanned = applets::number::unsigned(text, 0);
    let unit = text.get(scanned.len..).unwrap_or_default();
    let invalid = |ctx: &mut Context<'_>, what: &[u8]| ctx.die(&[what, option, b" argument ", &quote::locale(text)]);
    if !digits {
        return Err(invalid(ctx, b"invalid "));
    }
    let too_large = |ctx: &mut Context<'_>| ctx.die(&[option, b" argument ", &quote::locale(text), b" too large"]);
    // A unit stands for as much alone as it does behind a one.
    let factor = match unit {
        [] => Ok(1),
        unit => size::parse(&[b"1", unit].concat(), size::UNITS),
    };
    match factor {
        Ok(factor) if !scanned.overflow => scanned.value.checked_mul(factor).ok_or_else(|| too_large(ctx)),
        Ok(_) | Err(Wrong::TooLarge) => Err(too_large(ctx)),
        Err(Wrong::Suffix) => Err(invalid(ctx, b"invalid suffix in ")),
        Err(Wrong::Invalid) => Err(invalid(ctx, b"invalid ")),
    }
}

/// An offset in the old form: octal, decimal with a point, hexadecimal with `0x`; `b` means blocks.
fn offset(text: &[u8]) -> Option<u64> {
    let text = text.strip_prefix(b"+").unwrap_or(text);
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let base = if text.starts_with(b"0x") || text.starts_with(b"0X") { 16 } else { 8 };
    let scanned = applets::number::unsigned(text, base);
    let factor = match text.get(scanned.len..)? {
        b"" => 1,
        b"b" => 512,
        b"B" => 1024,
        _ => return None,
    };
    if scanned.overflow { None } else { scanned.value.checked_mul(factor) }
}

/// Takes the offsets of the old form off the operands.
fn offsets(
    ctx: &mut Context<'_>,
    parsed: &Parsed,
    operands: &mut Vec<Vec<u8>>,
    skip: &mut u64,
    label: &mut Option<u64>,
) -> Result<(), Quit> {
    let traditional = parsed.has(TRADITIONAL);
    if parsed.options.iter().any(|(key, _)| MODERN.contains(key)) && !traditional {
        return Ok(());
    }
    match operands.as_slice() {
        [only] if traditional || only.starts_with(b"+") => {
            if let Some(offset) = offset(only) {
                *skip = offset;
                operands.clear();
            }
        }
        [first, second]
            if traditional || second.starts_with(b"+") || second.first().is_some_and(u8::is_ascii_digit) =>
        {
            match (offset(first).filter(|_| traditional), offset(second)) {
                (Some(first), Some(second)) => {
                    (*skip, *label) = (first, Some(second));
                    operands.clear();
                }
                (None, Some(second)) => {
                    *skip = second;
                    operands.truncate(1);
                }
                (_, None) if traditional => return Err(extra(ctx, second)),
                (_, None) => {}
            }
        }
        [_, second, third] if traditional => match (offset(second), offset(third)) {
            (Some(second), Some(third)) => {
                (*skip, *label) = (second, Some(third));
                operands.truncate(1);
            }
            _ => return Err(extra(ctx, second)),
        },
        [_, second, _, ..] if traditional => return Err(extra(ctx, second)),
        _ => {}
    }
    Ok(())
}

fn extra(ctx: &mut Context<'_>, operand: &[u8]) -> Quit {
    ctx.complain(&[b"extra operand ", &quote::locale(operand)]);
    wrong_usage(ctx, 1, &[b"compatibility mode supports at most one file"])
}

/// Leaves out the first bytes of the files together.
fn skip_bytes(ctx: &mut Context<'_>, input: &mut Chain, mut count: u64) -> Result<(), Quit> {
    let mut block = vec![0; 4096];
    while count > 0 {
        let wanted = count.min(block.len() as u64) as usize;
        let have = input.read(ctx, block.get_mut(..wanted).unwrap_or_default());
        if have == 0 {
            return Err(ctx.die(&[b"cannot skip past end of combined input"]));
        }
        count -= have as u64;
    }
    Ok(())
}

/// The lines.
struct Dump {
    radix: Radix,
    layouts: Vec<Layout>,
    width: usize,
    /// Whether units have their highest byte first.
    big: bool,
    /// Whether lines that repeat the one before are shown.
    repeats: bool,
    /// How far the other address, which is shown behind the first one, is from it.
    label: Option<u64>,
    before: Vec<u8>,
    /// Whether a repeated line has been marked.
    starred: bool,
}

impl Dump {
    /// Shows all of the input; returns the address of its end.
    fn run(&mut self, ctx: &mut Context<'_>, input: &mut Chain, start: u64) -> u64 {
        // How many columns a line's units take: each type gets as many as the one that needs most.
        let room = |layout: &Layout| self.width / layout.size * (layout.columns() + 1);
        let columns = self.layouts.iter().map(room).max().unwrap_or(0);
        let (mut address, mut block) = (start, vec![0; self.width]);
        loop {
            let have = input.read(ctx, &mut block);
            if have == 0 || ctx.write_error().is_some() {
                return address;
            }
            let out = self.line(address, block.get(..have).unwrap_or_default(), columns);
            ctx.put(&out);
            address += have as u64;
            if have < self.width {
                return address;
            }
        }
    }

    fn address(&self, address: u64) -> Vec<u8> {
        let mut out = Vec::new();
        self.radix.put(&mut out, address);
        if let Some(distance) = self.label {
            out.extend_from_slice(b" (");
            self.radix.put(&mut out, address.wrapping_add(distance));
            out.push(b')');
        }
        out
    }

    fn line(&mut self, address: u64, bytes: &[u8], columns: usize) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.repeats && bytes.len() == self.width && self.before == bytes {
            if !core::mem::replace(&mut self.starred, true) {
                out.extend_from_slice(b"*\n");
            }
            return out;
        }
        self.starred = false;
        self.before.clear();
        self.before.extend_from_slice(bytes);
        let place = self.address(address);
        for (at, layout) in self.layouts.iter().enumerate() {
            if at == 0 {
                out.extend_from_slice(&place);
            } else {
                out.resize(out.len() + place.len(), b' ');
            }
            // What is over is spread among the units.
            let units = self.width / layout.size;
            let spare = columns - units * (layout.columns() + 1);
            let mut left = spare;
            let mut blank = 0;
            for (number, unit) in
                (0..units).rev().zip(bytes.chunks(layout.size).map(Some).chain(core::iter::repeat(None)))
            {
                let next = spare * number / units;
                let width = layout.columns() + left - next;
                left = next;
                let Some(unit) = unit else {
                    blank += width + 1;
                    continue;
                };
                out.push(b' ');
                if self.big {
                    let mut turned = vec![0; layout.size];
                    turned.iter_mut().zip(unit).for_each(|(to, from)| *to = *from);
                    turned.reverse();
                    layout.put(&mut out, &turned, width);
                } else {
                    layout.put(&mut out, unit, width);
                }
            }
            if layout.text {
                out.resize(out.len() + blank, b' ');
                out.extend_from_slice(b"  >");
                out.extend(bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { *byte } else { b'.' }));
                out.push(b'<');
            }
            out.push(b'\n');
        }
        out
    }
}

/// Shows what ends in a NUL and has at least `least` printable characters.
fn show_strings(ctx: &mut Context<'_>, input: &mut Chain, radix: Radix, start: u64, least: u64) {
    let (mut address, mut text, mut block) = (start, Vec::new(), vec![0; 4096]);
    loop {
        let have = input.read(ctx, &mut block);
        if have == 0 {
            return;
        }
        for byte in block.iter().take(have) {
            if (b' '..=b'~').contains(byte) {
                text.push(*byte);
            } else {
                if *byte == 0 && text.len() as u64 >= least {
                    let mut line = Vec::new();
                    if radix != Radix::None {
                        radix.put(&mut line, address - text.len() as u64);
                        line.push(b' ');
                    }
                    line.extend_from_slice(&text);
                    line.push(b'\n');
                    ctx.put(&line);
                }
                text.clear();
            }
            address += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn offsets_of_the_old_form() {
        assert_eq!((offset(b"+10"), offset(b"0x10"), offset(b"2b")), (Some(8), Some(16), Some(1024)));
        assert_eq!((offset(b"x"), offset(b"8"), offset(b"10.")), (None, None, None));
    }
}
