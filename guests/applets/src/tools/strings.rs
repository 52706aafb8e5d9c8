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
    let known = |text: &[u8]| matches!(text, [b'o' | b'd' | b'x']);
    if parsed.options.iter().any(|(key, text)| *key == b't' && !text.as_deref().is_some_and(known)) {
        return Err(ctx.usage());
    }
    let least = parsed.value(b'n').map_or(Ok(4), |text| in_range(ctx, text, 1, INT_MAX))? as usize;
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

fn show(ctx: &mut Context<'_>, name: &[u8], source: &Source, least: usize, prefix: Prefix) {
    let mut input = source.reader();
    let (mut position, mut text, mut shown) = (0u64, Vec::new(), false);
    // What cannot be read ends the file, as it does in BusyBox.
    while let Ok(block) = input.fill_buf() {
        if block.is_empty() {
            break;
        }
        for byte in block {
            position += 1;
            if !is_printable(*byte) {
                if shown {
                    ctx.put(b"\n");
                }
                text.clear();
                shown = false;
            } else if shown {
                ctx.put(&[*byte]);
            } else {
                text.push(*byte);
                if text.len() == least {
                    ctx.put(&start(name, position - least as u64, prefix));
                    ctx.put(&text);
                    shown = true;
                }
            }
        }
        let len = block.len();
        input.consume(len);
    }
    if shown {
        ctx.put(b"\n");
    }
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
