//! `od`: shows bytes as numbers and characters.

pub mod extended;
mod layout;

use crate::chain::Chain;
use crate::count::natural;
use crate::format::right_number;
use crate::number::unsigned;
use crate::options::{Long, Parsed, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

use layout::Layout;
pub use layout::{name, put_escaped};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "od",
    "od [-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...\n\n\
     Print FILEs (or stdin) unambiguously, as octal bytes by default",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

const LONG: [Long; 8] = [
    ("skip-bytes", Takes::Value, b'j'),
    ("address-radix", Takes::Value, b'A'),
    ("read-bytes", Takes::Value, b'N'),
    ("format", Takes::Value, b't'),
    ("output-duplicates", Takes::Nothing, b'v'),
    ("strings", Takes::OptionalValue, b'S'),
    ("width", Takes::OptionalValue, b'w'),
    ("traditional", Takes::Nothing, 0xff),
];
const SPEC: Spec = Spec::new("A:N:abcdfhij:lot:vxsS:w::", &LONG);

/// The units behind a count of bytes.
const UNITS: [(&[u8], u64); 4] = [(b"", 1), (b"b", 512), (b"k", 1 << 10), (b"m", 1 << 20)];

/// The bytes of a line, unless another width is asked for.
const WIDTH: usize = 16;

/// The width of `-w` without a number.
const WIDE: usize = 32;

/// The least length of a string, where none is given.
const STRING: usize = 3;

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

    /// How many columns an address takes.
    fn columns(self) -> usize {
        match self {
            Self::Octal | Self::Decimal => 7,
            Self::Hexadecimal => 6,
            // That is how far the real applet goes where there is no address to stay clear of.
            Self::None => 69,
        }
    }
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let radix = radix(ctx, &parsed)?;
    let skip = count(ctx, &parsed, b'j')?.unwrap_or(0);
    let limit = count(ctx, &parsed, b'N')?;
    if limit.is_some_and(|limit| skip.checked_add(limit).is_none_or(|end| end == u64::MAX)) {
        return Err(ctx.die(&[b"SKIP + SIZE is too large"]));
    }
    let layouts = layouts(ctx, &parsed)?;
    let closed = Source::stdin_fault();
    let operands = if parsed.operands.is_empty() { vec![b"-".to_vec()] } else { parsed.operands.clone() };
    let mut input = Chain::new(operands, b"-", limit, |ctx, path, _| {
        let name = if path == b"-" { b"standard input" } else { path };
        ctx.complain(&[name, b": read error"]);
        1
    });
    skip_bytes(ctx, &mut input, skip)?;
    if parsed.has(b'S') {
        let least = count(ctx, &parsed, b'S')?.map_or(STRING, |least| least as usize);
        let end = limit.map(|limit| skip + limit);
        strings(ctx, &mut input, radix, skip..end.unwrap_or(u64::MAX), least);
        return Ok(input.code);
    }
    let width = parsed.value(b'w').map_or(Ok(WIDE), |text| natural(ctx, text))?;
    // Nothing is said of the width where there is nothing to show.
    let width = match input.current(ctx) {
        Some(_) if parsed.has(b'w') => fitting(ctx, width, &layouts),
        _ => WIDTH,
    };
    let mut dump =
        Dump { radix, layouts, width, repeats: parsed.has(b'v'), before: Vec::new(), starred: false, out: Vec::new() };
    let end = dump.run(ctx, &mut input, skip);
    if radix != Radix::None && (input.opened || limit == Some(0)) {
        let mut line = Vec::new();
        radix.put(&mut line, end);
        line.push(b'\n');
        ctx.put(&line);
    }
    if let Some(error) = closed {
        ctx.perror(&[b"standard input"], error);
        input.code = 1;
    }
    Ok(input.code)
}

fn radix(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Radix, Quit> {
    let Some(text) = parsed.value(b'A') else { return Ok(Radix::Octal) };
    Ok(match text.first() {
        Some(b'o') => Radix::Octal,
        Some(b'd') => Radix::Decimal,
        Some(b'x') => Radix::Hexadecimal,
        Some(b'n') => Radix::None,
        first => {
            let letter = first.copied().map_or(Vec::new(), |letter| vec![letter]);
            return Err(ctx.die(&[b"bad output address radix '", &letter, b"' (must be [doxn])"]));
        }
    })
}

fn count(ctx: &mut Context<'_>, parsed: &Parsed, key: u8) -> Result<Option<u64>, Quit> {
    let Some(text) = parsed.value(key) else { return Ok(None) };
    let scanned = unsigned(text, 0);
    let unit = UNITS.iter().find(|(name, _)| Some(*name) == text.get(scanned.len..)).map(|(_, factor)| *factor);
    let digits = text.first().is_some_and(u8::is_ascii_digit) && !scanned.overflow;
    let count = unit.filter(|_| digits).and_then(|factor| scanned.value.checked_mul(factor));
    // Strings are measured in C's `unsigned`.
    match count.filter(|count| key != b'S' || u32::try_from(*count).is_ok()) {
        Some(count) => Ok(Some(count)),
        None => Err(ctx.die(&[b"invalid number '", text, b"'"])),
    }
}

/// The types of the options, in the order in which lines show them; those of `-t` have none of their own.
const TYPES: [(u8, Option<&[u8]>); 12] = [
    (b'a', Some(b"a")),
    (b'b', Some(b"o1")),
    (b'c', Some(b"c")),
    (b'd', Some(b"u2")),
    (b'f', Some(b"f4")),
    (b'h', Some(b"x2")),
    (b'i', Some(b"d2")),
    (b'l', Some(b"d4")),
    (b'o', Some(b"o2")),
    (b't', None),
    (b'x', Some(b"x2")),
    (b's', Some(b"d2")),
];

/// What each line shows: the order of the options does not count, but for several of `-t`.
fn layouts(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Layout>, Quit> {
    let mut layouts = Vec::new();
    for (key, types) in TYPES {
        let given = parsed.options.iter().filter(|(given, _)| *given == key);
        // An option that is given twice shows its line once.
        let once = if types.is_some() { 1 } else { usize::MAX };
        for (_, value) in given.take(once) {
            let types = types.or(value.as_deref()).unwrap_or_default();
            layout::parse(types, &mut layouts).map_err(|message| ctx.die(&[&message]))?;
        }
    }
    if layouts.is_empty() {
        layouts.push(Layout::OCTAL_WORDS);
    }
    Ok(layouts)
}

/// The width that was asked for, or, where that is none for these types, another one.
fn fitting(ctx: &mut Context<'_>, width: usize, layouts: &[Layout]) -> usize {
    // All sizes are powers of two, so that the largest is a multiple of all.
    let unit = layouts.iter().map(Layout::size).max().unwrap_or(1);
    if width != 0 && width % unit == 0 {
        return width;
    }
    let line = format!("warning: invalid width {width}; using {unit} instead");
    ctx.complain(&[line.as_bytes()]);
    unit
}

/// Leaves out the first bytes of the files together.
fn skip_bytes(ctx: &mut Context<'_>, input: &mut Chain, mut count: u64) -> Result<(), Quit> {
    let (left, mut block) = (input.left.take(), vec![0; 4096]);
    while count > 0 {
        let wanted = count.min(block.len() as u64) as usize;
        let have = input.read(ctx, block.get_mut(..wanted).unwrap_or_default());
        if have == 0 {
            return Err(ctx.die(&[b"can't skip past end of combined input"]));
        }
        count -= have as u64;
    }
    input.left = left;
    Ok(())
}

/// The lines.
struct Dump {
    radix: Radix,
    layouts: Vec<Layout>,
    width: usize,
    /// Whether lines that repeat the one before are shown.
    repeats: bool,
    before: Vec<u8>,
    /// Whether a repeated line has been marked.
    starred: bool,
    /// The line that is being made.
    out: Vec<u8>,
}

impl Dump {
    /// Shows all of the input; returns the address of its end.
    fn run(&mut self, ctx: &mut Context<'_>, input: &mut Chain, start: u64) -> u64 {
        let (mut address, mut block) = (start, vec![0; self.width]);
        loop {
            let have = input.read(ctx, &mut block);
            if have == 0 || ctx.write_error().is_some() {
                return address;
            }
            let bytes = block.get(..have).unwrap_or_default();
            self.line(address, bytes);
            ctx.put(&self.out);
            self.out.clear();
            address += have as u64;
            if have < self.width {
                return address;
            }
        }
    }

    fn line(&mut self, address: u64, bytes: &[u8]) {
        if !self.repeats && bytes.len() == self.width && self.before == bytes {
            if !core::mem::replace(&mut self.starred, true) {
                self.out.extend_from_slice(b"*\n");
            }
            return;
        }
        self.starred = false;
        self.before.clear();
        wcr_sys::append(&mut self.before, bytes);
        let out = &mut self.out;
        // All sizes are powers of two: each type shows as many bytes as the one with the largest units.
        let unit = self.layouts.iter().map(Layout::size).max().unwrap_or(1);
        let mut filled = Vec::new();
        let bytes = if bytes.len() % unit == 0 {
            bytes
        } else {
            filled.extend_from_slice(bytes);
            filled.resize(bytes.len().next_multiple_of(unit), 0);
            &filled
        };
        for (at, layout) in self.layouts.iter().enumerate() {
            if at == 0 {
                self.radix.put(out, address);
            } else {
                out.resize(out.len() + self.radix.columns(), b' ');
            }
            layout.put(out, bytes);
            out.push(b'\n');
        }
    }
}

/// Shows what ends in a NUL and has at least `least` printable characters. Where the range ends, the text that is being
/// read is shown as if a NUL had stood before its last character; none begins so near there that it would be too short.
fn strings(ctx: &mut Context<'_>, input: &mut Chain, radix: Radix, range: core::ops::Range<u64>, least: usize) {
    let line_of = |text: &[u8], address: u64| {
        let mut line = Vec::new();
        if radix != Radix::None {
            radix.put(&mut line, address);
            line.push(b' ');
        }
        line.extend_from_slice(text);
        line.push(b'\n');
        line
    };
    let last_start = range.end.checked_sub(least as u64);
    let (mut address, mut text) = (range.start, Vec::new());
    let mut block = vec![0; 4096];
    loop {
        let have = input.read(ctx, &mut block);
        if have == 0 {
            if address == range.end && !text.is_empty() && text.len() >= least {
                let line = line_of(&text, address.wrapping_sub(text.len() as u64 + 1));
                ctx.put(&line);
            }
            return;
        }
        for byte in block.iter().take(have) {
            if text.is_empty() && last_start.is_some_and(|last| address >= last) {
                return;
            }
            address += 1;
            if (b' '..=b'~').contains(byte) {
                text.push(*byte);
                continue;
            }
            if *byte == 0 && text.len() >= least {
                let line = line_of(&text, address - 1 - text.len() as u64);
                ctx.put(&line);
            }
            text.clear();
        }
    }
}
