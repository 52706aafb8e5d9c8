//! `expand`: spaces for tabs.

use wcr_sys::Errno;

use crate::count::in_range;
use crate::lines::LineReader;
use crate::options::{Long, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "expand",
    "expand [-i] [-t N] [FILE]...\n\n\
     Convert tabs to spaces, writing to stdout\n\n\
     \t-i\tDon't convert tabs after non blanks\n\
     \t-t\tTabstops every N chars",
    main,
);

const LONG: [Long; 2] = [("initial", Takes::Nothing, b'i'), ("tabs", Takes::Value, b't')];
const SPEC: Spec = Spec::new("it:", &LONG);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let stop = tab_stop(ctx, parsed.value(b't'))?;
    let initial = parsed.has(b'i');
    convert_files(ctx, &parsed.operands, |line, _, out| expand(line, out, stop, initial))
}

/// The distance of tab stops that was given, or eight.
pub(super) fn tab_stop(ctx: &mut Context<'_>, text: Option<&[u8]>) -> Result<u64, Quit> {
    text.map_or(Ok(8), |text| in_range(ctx, text, 1, u32::MAX.into()))
}

/// Copies the files line by line through `convert`, which is told whether a newline follows. A NUL is left out
/// and ends a line without one.
pub(super) fn convert_files(
    ctx: &mut Context<'_>,
    operands: &[Vec<u8>],
    convert: impl Fn(&[u8], bool, &mut Vec<u8>),
) -> Result<u8, Quit> {
    let stdin = [b"-".to_vec()];
    let mut code = 0;
    for path in if operands.is_empty() { stdin.as_slice() } else { operands } {
        // A stream tells that it failed, not how.
        let done = Source::open(path).and_then(|source| copy(ctx, &source, &convert).map_err(|_| Errno::Io));
        if let Err(error) = done {
            ctx.perror(&[shown(path)], error);
            code = 1;
        }
    }
    Ok(code)
}

/// What a file is called in diagnostics.
fn shown(path: &[u8]) -> &[u8] {
    if path == b"-" { b"standard input" } else { path }
}

fn copy(ctx: &mut Context<'_>, source: &Source, convert: &impl Fn(&[u8], bool, &mut Vec<u8>)) -> Result<(), Errno> {
    let mut reader = LineReader::new(source.fd(), b'\n');
    let mut out = Vec::new();
    while let Some(line) = reader.next_line()? {
        out.clear();
        let mut parts = line.text.split(|byte| *byte == 0).peekable();
        while let Some(part) = parts.next() {
            convert(part, line.terminated && parts.peek().is_none(), &mut out);
        }
        if line.terminated {
            out.push(b'\n');
        }
        ctx.put(&out);
    }
    Ok(())
}

fn expand(line: &[u8], out: &mut Vec<u8>, stop: u64, initial: bool) {
    let mut column = 0;
    for (at, byte) in line.iter().enumerate() {
        if *byte == b'\t' {
            let fill = stop - column % stop;
            out.resize(out.len() + fill as usize, b' ');
            column += fill;
            continue;
        }
        if initial && *byte != b' ' {
            out.extend_from_slice(line.get(at..).unwrap_or_default());
            return;
        }
        out.push(*byte);
        column += 1;
    }
}
