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
    each_file(ctx, &parsed.operands, |ctx, source| {
        let mut reader = LineReader::new(source.fd(), b'\n');
        let mut expander = Expander { stop, initial, column: 0, copies: false };
        loop {
            let block = reader.next_block()?;
            if block.is_empty() {
                return Ok(());
            }
            expander.put(ctx, block);
        }
    })
}

/// The distance of tab stops that was given, or eight.
pub(super) fn tab_stop(ctx: &mut Context<'_>, text: Option<&[u8]>) -> Result<u64, Quit> {
    text.map_or(Ok(8), |text| in_range(ctx, text, 1, u32::MAX.into()))
}

/// What standard input is called where nobody named it.
const STDIN: &[u8] = b"standard input";

/// Has `copy` convert each file, or standard input when there is none, and tells of those that fail.
fn each_file(
    ctx: &mut Context<'_>,
    operands: &[Vec<u8>],
    mut copy: impl FnMut(&mut Context<'_>, &Source) -> Result<(), Errno>,
) -> Result<u8, Quit> {
    // A file may be opened in place of a standard input that is closed.
    let closed = Source::stdin_fault();
    let mut code = 0;
    // A stream tells that it failed, not how.
    let mut convert = |ctx: &mut Context<'_>, source: &Source| copy(ctx, source).map_err(|_| Errno::Io);
    if operands.is_empty()
        && let Err(error) = convert(ctx, &Source::stdin())
    {
        ctx.perror(&[STDIN], error);
        code = 1;
    }
    for path in operands {
        if let Err(error) = Source::open(path).and_then(|source| convert(ctx, &source)) {
            ctx.perror(&[path], error);
            code = 1;
        }
    }
    if let Some(error) = closed {
        ctx.perror(&[STDIN], error);
        code = 1;
    }
    Ok(code)
}

/// Copies the files line by line through `convert`, which is told whether a newline follows. A NUL is left out
/// and ends a line without one.
pub(super) fn convert_files(
    ctx: &mut Context<'_>,
    operands: &[Vec<u8>],
    convert: impl Fn(&[u8], bool, &mut Vec<u8>),
) -> Result<u8, Quit> {
    each_file(ctx, operands, |ctx, source| copy(ctx, source, &convert))
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

/// How much is put together before it is written: a tab may stand for any number of blanks.
const PIECE: usize = 32 << 10;

/// What is known of the line that is being expanded.
struct Expander {
    stop: u64,
    /// Tabs behind the first other character stay.
    initial: bool,
    column: u64,
    /// The rest of the line is copied.
    copies: bool,
}

impl Expander {
    /// Writes a piece of the text. A NUL is left out, and ends a line.
    fn put(&mut self, ctx: &mut Context<'_>, mut text: &[u8]) {
        let mut out = Vec::with_capacity(text.len() + PIECE);
        while let Some(at) = memchr::memchr3(b'\t', b'\n', 0, text) {
            let (plain, rest) = text.split_at(at);
            self.plain(&mut out, plain);
            let Some((mark, behind)) = rest.split_first() else { break };
            text = behind;
            match mark {
                b'\t' if self.copies => out.push(b'\t'),
                b'\t' => self.blanks(ctx, &mut out),
                _ => {
                    (self.column, self.copies) = (0, false);
                    if *mark == b'\n' {
                        out.push(b'\n');
                    }
                }
            }
        }
        self.plain(&mut out, text);
        ctx.put(&out);
    }

    fn plain(&mut self, out: &mut Vec<u8>, text: &[u8]) {
        wcr_sys::append(out, text);
        self.column += text.len() as u64;
        self.copies |= self.initial && text.iter().any(|byte| *byte != b' ');
    }

    fn blanks(&mut self, ctx: &mut Context<'_>, out: &mut Vec<u8>) {
        let mut left = self.stop - self.column % self.stop;
        self.column += left;
        while left > 0 && ctx.write_error().is_none() {
            let len = left.min(PIECE as u64);
            out.resize(out.len() + len as usize, b' ');
            left -= len;
            if left > 0 {
                ctx.put(out);
                out.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(pieces: &[&str], stop: u64, initial: bool) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut expander = Expander { stop, initial, column: 0, copies: false };
        let mut ctx = Context::new(&APPLET, &[], &mut out, &mut err);
        pieces.iter().for_each(|piece| expander.put(&mut ctx, piece.as_bytes()));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stops_go_on_over_pieces() {
        assert_eq!(expand(&["a", "b\tc\n\td"], 4, false), "ab  c\n    d");
        assert_eq!(expand(&["a\0\tb\n"], 4, false), "a    b\n");
        assert_eq!(expand(&["\t ", "a\tb\n\tc"], 4, true), "     a\tb\n    c");
        assert_eq!(expand(&["\t"], 100_000, false).len(), 100_000);
    }
}
