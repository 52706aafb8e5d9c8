//! The lines of `hexdump`: blocks of bytes in the formats.

use super::format::{Field, Format, Kind, Unit};
use crate::Context;
use crate::chain::Chain;
use crate::conversion::Conversion;

/// The names of the control characters.
const NAMES: [&[u8]; 32] = [
    b"nul", b"soh", b"stx", b"etx", b"eot", b"enq", b"ack", b"bel", b"bs", b"ht", b"lf", b"vt", b"ff", b"cr", b"so",
    b"si", b"dle", b"dcl", b"dc2", b"dc3", b"dc4", b"nak", b"syn", b"etb", b"can", b"em", b"sub", b"esc", b"fs", b"gs",
    b"rs", b"us",
];

/// The formats, and where the display is.
pub(super) struct Display {
    formats: Vec<Format>,
    /// Whether blocks that repeat the one before are shown.
    all: bool,
    /// Where the bytes end, when that is known.
    end: Option<u64>,
}

impl Display {
    pub(super) fn new(mut formats: Vec<Format>, all: bool) -> Self {
        let block = formats.iter().map(Format::size).max().unwrap_or(0);
        formats.iter_mut().for_each(|format| format.fill(block));
        Self { formats, all, end: None }
    }

    pub(super) fn run(&mut self, ctx: &mut Context<'_>, input: &mut Chain, start: u64) {
        let size = self.formats.iter().map(Format::size).max().unwrap_or(0);
        let (mut address, mut before, mut starred) = (start, Vec::new(), false);
        let mut block = vec![0; size];
        loop {
            // A format that takes no bytes has nothing to show: there is no block to fill then.
            let have = input.read(ctx, &mut block);
            if have == 0 {
                break;
            }
            if have < size {
                // What there is of the last block is compared as well, and shown in any case.
                if !self.all && !starred && block.get(..have) == before.get(..have) {
                    ctx.put(b"*\n");
                }
                block.get_mut(have..).unwrap_or_default().fill(0);
                self.end = Some(address + have as u64);
            } else if !self.all && block == before {
                if !starred {
                    ctx.put(b"*\n");
                }
                starred = true;
                address += size as u64;
                continue;
            }
            starred = false;
            before.clone_from(&block);
            self.show(ctx, &block, address);
            if ctx.write_error().is_some() || have < size {
                break;
            }
            address += size as u64;
        }
        let end = self.end.unwrap_or(address);
        let last = self.formats.iter().flat_map(|format| &format.0).rfind(|unit| unit.at_end);
        if let Some(unit) = last.filter(|_| end > 0) {
            let mut out = Vec::new();
            put_unit(&mut out, unit, &[], end, false, true);
            ctx.put(&out);
        }
    }

    fn show(&self, ctx: &mut Context<'_>, block: &[u8], start: u64) {
        let mut out = Vec::new();
        for format in &self.formats {
            let mut at = 0;
            for unit in format.0.iter().take_while(|unit| !unit.at_end) {
                for repeat in 0..unit.repeats {
                    let address = start + at as u64;
                    let over = self.end.is_some_and(|end| address >= end);
                    let bytes = block.get(at..).unwrap_or_default();
                    let is_last = unit.repeats > 1 && repeat + 1 == unit.repeats;
                    put_unit(&mut out, unit, bytes, address, over, !is_last);
                    at += unit.size;
                }
            }
        }
        ctx.put(&out);
    }
}

/// Appends a unit. `over`: its bytes lie behind the end; `tail`: a blank at its end is shown.
fn put_unit(out: &mut Vec<u8>, unit: &Unit, bytes: &[u8], address: u64, over: bool, tail: bool) {
    let start = out.len();
    out.extend_from_slice(&unit.before);
    if let Some(field) = &unit.field {
        if over {
            out.resize(out.len() + field.layout.width, b' ');
        } else {
            put_field(out, field, bytes, address);
        }
    }
    out.extend_from_slice(&unit.after);
    // The blank belongs to the last piece of text that the unit has.
    let text = if unit.after.is_empty() && unit.field.is_none() { &unit.before } else { &unit.after };
    if !tail && text.last().is_some_and(u8::is_ascii_whitespace) && out.len() > start {
        out.pop();
    }
}

fn put_field(out: &mut Vec<u8>, field: &Field, bytes: &[u8], address: u64) {
    let mut raw = [0; 8];
    raw.iter_mut().zip(bytes.iter().take(field.size)).for_each(|(to, from)| *to = *from);
    let value = u64::from_le_bytes(raw);
    let byte = raw[0];
    let layout = &field.layout;
    let plain = Conversion { zero: false, ..*layout };
    match field.kind {
        // One byte has no sign.
        Kind::Signed if field.size == 1 => layout.signed(out, value as i64),
        Kind::Signed => {
            let unused = 64 - 8 * field.size as u32;
            layout.signed(out, (value << unused) as i64 >> unused);
        }
        Kind::Unsigned(letter) => layout.unsigned(out, letter, value),
        Kind::Float(letter) => {
            let value = if field.size == 4 { f32::from_bits(value as u32).into() } else { f64::from_bits(value) };
            layout.float(out, letter, value);
        }
        Kind::Address(letter) => layout.unsigned(out, letter, address),
        Kind::Raw => plain.text(out, &[byte]),
        Kind::Escaped => {
            let mut text = Vec::new();
            crate::tools::od::put_escaped(&mut text, byte);
            plain.text(out, &text);
        }
        Kind::Printable => plain.text(out, &[if matches!(byte, b' '..=b'~') { byte } else { b'.' }]),
        Kind::Named => {
            let text = match byte {
                0..=31 => NAMES.get(usize::from(byte)).copied().unwrap_or_default().to_vec(),
                127 => b"del".to_vec(),
                128.. => crate::format::hex(byte.into()),
                _ => vec![byte],
            };
            plain.text(out, &text);
        }
        Kind::Text => {
            // A string of C: the bytes of the unit are only where it begins.
            plain.text(out, bytes.split(|byte| *byte == 0).next().unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(format: &str, bytes: &[u8]) -> String {
        let format = Format::parse(format.as_bytes()).unwrap();
        let mut display = Display::new(vec![format], true);
        let size = display.formats[0].size();
        let mut out = Vec::new();
        for (number, block) in bytes.chunks(size).enumerate() {
            let mut block = block.to_vec();
            let have = block.len();
            block.resize(size, 0);
            let address = (number * size) as u64;
            display.end = (have < size).then_some(address + have as u64);
            let applet = &super::super::HEXDUMP;
            let mut err = Vec::new();
            display.show(&mut Context::new(applet, &[], &mut out, &mut err), &block, address);
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn blocks_that_are_not_full_are_padded() {
        assert_eq!(show(r#"4/4 "%i " "\n""#, &[1, 0, 0, 0, 2, 0, 0, 0]), "1 2  \n");
        assert_eq!(show(r#"4/1 "%02x|" "\n""#, b"abcde"), "61|62|63|64|\n65|  |  |  |\n");
        assert_eq!(
            show(r#""%07.7_ax " 8/2 "%04x " "\n""#, b"ab\x01"),
            "0000000 6261 0001                              \n"
        );
    }

    #[test]
    fn one_blank_goes_at_the_last_repetition() {
        assert_eq!(show(r#"2/1 "%x   " "|""#, b"ab"), "61   62  |");
        assert_eq!(show(r#""%x ""#, b"abcd"), "64636261 ");
    }

    #[test]
    fn only_the_first_conversion_of_a_unit_is_shown() {
        assert_eq!(show(r#""%c%c" "|""#, b"abcd"), "a|c|");
        assert_eq!(show(r#""%c-%c-" "|""#, b"ab"), "a-|");
        assert_eq!(show(r#"1/3 "%_ad|""#, b"abcdef"), "0|3|");
        assert_eq!(show(r#"1/2 "%s|" 1/4 "%s|""#, b"abcd\0fgh"), "abcd|cd|gh||");
    }
}
