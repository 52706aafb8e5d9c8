//! `strings`: the printable parts of binary files.

use std::io::BufRead;

use crate::count::{INT_MAX, in_range};
use crate::format::{decimal, hex, octal, right};
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "strings",
    "strings [-fo] [-t o|d|x] [-n LEN] [FILE]...\n\n\
     Display printable strings in a binary file\n\n\
     \t-f\t\tPrecede strings with filenames\n\
     \t-o\t\tPrecede strings with octal offsets\n\
     \t-t o|d|x\tPrecede strings with offsets in base 8/10/16\n\
     \t-n LEN\t\tAt least LEN characters form a string (default 4)",
    main,
);

const SPEC: Spec = Spec::short("an:fot:");

/// What stands before each string.
#[derive(Debug, Clone, Copy)]
struct Prefix {
    name: bool,
    /// The letter of the offsets' base.
    base: Option<u8>,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let least = parsed.value(b'n').map_or(Ok(4), |text| in_range(ctx, text, 1, INT_MAX))? as usize;
    if parsed.value(b't').is_some_and(|text| !matches!(text, [b'o' | b'd' | b'x'])) {
        return Err(ctx.usage());
    }
    let base = match parsed.options.iter().rev().find(|(key, _)| matches!(key, b'o' | b't')) {
        None => None,
        Some((_, None)) => Some(b'o'),
        Some((_, Some(text))) => match text.first() {
            Some(letter @ (b'o' | b'd' | b'x')) => Some(*letter),
            _ => None,
        },
    };
    let prefix = Prefix { name: parsed.has(b'f'), base };
    let stdin = [b"-".to_vec()];
    let mut code = 0;
    for path in if parsed.operands.is_empty() { stdin.as_slice() } else { &parsed.operands } {
        match Source::open(path) {
            Ok(source) => {
                let name = if parsed.operands.is_empty() { b"{standard input}" } else { path.as_slice() };
                show(ctx, name, &source, least, prefix);
            }
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) || byte == b'\t'
}

/// What is known of the text that is read.
struct Strings<'a> {
    name: &'a [u8],
    least: usize,
    prefix: Prefix,
    /// Where the next piece begins.
    position: u64,
    /// A string that is still too short.
    short: Vec<u8>,
    /// Whether a string is being shown.
    shown: bool,
}

impl Strings<'_> {
    /// Appends what is to be shown of a piece.
    fn piece(&mut self, out: &mut Vec<u8>, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            let len = rest.iter().position(|byte| !is_printable(*byte)).unwrap_or(rest.len());
            let (text, behind) = rest.split_at(len);
            if !self.shown && self.short.len() + len >= self.least {
                let offset = self.position + (piece.len() - rest.len()) as u64 - self.short.len() as u64;
                out.extend_from_slice(&start(self.name, offset, self.prefix));
                out.append(&mut self.short);
                self.shown = true;
            }
            let to = if self.shown { &mut *out } else { &mut self.short };
            wcr_sys::append(to, text);
            if !behind.is_empty() {
                self.end(out);
            }
            rest = behind.get(1..).unwrap_or_default();
        }
        self.position += piece.len() as u64;
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if core::mem::take(&mut self.shown) {
            out.push(b'\n');
        }
        self.short.clear();
    }
}

fn show(ctx: &mut Context<'_>, name: &[u8], source: &Source, least: usize, prefix: Prefix) {
    let mut input = source.reader();
    let mut strings = Strings { name, least, prefix, position: 0, short: Vec::new(), shown: false };
    let mut out = Vec::new();
    // What cannot be read ends the file, as it does in BusyBox.
    while let Ok(block) = input.fill_buf() {
        if block.is_empty() {
            break;
        }
        strings.piece(&mut out, block);
        let len = block.len();
        input.consume(len);
        ctx.put(&out);
        out.clear();
    }
    strings.end(&mut out);
    ctx.put(&out);
}

fn start(name: &[u8], offset: u64, prefix: Prefix) -> Vec<u8> {
    let mut out = Vec::new();
    if prefix.name {
        out.extend_from_slice(&[name, b": "].concat());
    }
    let digits = match prefix.base {
        None => return out,
        Some(b'd') => decimal(offset),
        Some(b'x') => hex(offset),
        Some(_) => octal(offset),
    };
    right(&mut out, &digits, 7, b' ');
    out.push(b' ');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(pieces: &[&[u8]], base: Option<u8>) -> String {
        let prefix = Prefix { name: false, base };
        let mut strings = Strings { name: b"f", least: 4, prefix, position: 0, short: Vec::new(), shown: false };
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| strings.piece(&mut out, piece));
        strings.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_go_on_over_pieces() {
        assert_eq!(strings(&[b"abc\0abcd\0\0x"], None), "abcd\n");
        assert_eq!(strings(&[b"\0ab", b"c", b"de", b"f\0"], Some(b'd')), "      1 abcdef\n");
        assert_eq!(strings(&[b"abcd", b"\0efgh"], Some(b'o')), "      0 abcd\n      5 efgh\n");
    }
}
