//! `fold`: long lines in pieces.

use wcr_sys::{Errno, append};

use crate::count::in_range;
use crate::lines::LineReader;
use crate::options::{Long, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "fold",
    "fold [-bs] [-w WIDTH] [FILE]...\n\n\
     Wrap input lines in FILEs (or stdin), writing to stdout\n\n\
     \t-b\tCount bytes rather than columns\n\
     \t-s\tBreak at spaces\n\
     \t-w\tUse WIDTH columns instead of 80",
    main,
);

const LONG: [Long; 3] =
    [("bytes", Takes::Nothing, b'b'), ("spaces", Takes::Nothing, b's'), ("width", Takes::Value, b'w')];
const SPEC: Spec = Spec::new("bsw:", &LONG);

/// How lines are broken.
#[derive(Debug, Clone, Copy)]
struct Style {
    bytes: bool,
    spaces: bool,
    width: usize,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    // Digits alone (`-40`) are a width.
    let is_plain = |arg: &[u8]| matches!(arg, [b'-', digit, ..] if digit.is_ascii_digit());
    let with_width = |arg: &Vec<u8>| if is_plain(arg) { [b"-w", &arg[1..]].concat() } else { arg.clone() };
    let args: Vec<_> = ctx.args.iter().map(with_width).collect();
    let parsed = SPEC.parse_args(&args).map_err(|message| {
        ctx.complain(&[&message]);
        ctx.usage()
    })?;
    let width = match parsed.value(b'w') {
        Some(text) => in_range(ctx, text, 1, 10_000)? as usize,
        None => 80,
    };
    let style = Style { bytes: parsed.has(b'b'), spaces: parsed.has(b's'), width };
    let mut operands = parsed.operands;
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for path in &operands {
        // A stream tells that it failed, not how.
        let done = Source::open(path).and_then(|source| fold(ctx, &source, style).map_err(|_| Errno::Io));
        if let Err(error) = done {
            ctx.perror(&[path], error);
            code = 1;
        }
    }
    Ok(code)
}

impl Style {
    /// The column behind a byte that stands at `column`.
    fn advance(self, column: usize, byte: u8) -> usize {
        match byte {
            _ if self.bytes => column + 1,
            8 => column.saturating_sub(1),
            b'\r' => 0,
            b'\t' => (column | 7) + 1,
            _ => column + 1,
        }
    }
}

/// How many bytes at the beginning have one column each.
fn plain_length(bytes: &[u8]) -> usize {
    // Those that have not are among the six characters from backspace on; sixteen bytes are looked at as one.
    let is_near = |byte: &u8| byte.wrapping_sub(8) < 6;
    let chunks = bytes.as_chunks::<16>().0;
    let clear =
        16 * chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |met, byte| met | is_near(byte))).count();
    let rest = bytes.get(clear..).unwrap_or_default();
    clear + rest.iter().take_while(|byte| !matches!(byte, b'\n' | b'\t' | b'\r' | 8)).count()
}

fn fold(ctx: &mut Context<'_>, source: &Source, style: Style) -> Result<(), Errno> {
    let mut reader = LineReader::new(source.fd(), b'\n');
    // What will stand in the line that is being filled.
    let (mut line, mut column): (Vec<u8>, usize) = (Vec::new(), 0);
    // What comes of a block is put out at once.
    let mut out = Vec::new();
    loop {
        ctx.put(&out);
        out.clear();
        let block = reader.next_block()?;
        if block.is_empty() {
            ctx.put(&line);
            return Ok(());
        }
        let mut rest = block;
        while !rest.is_empty() {
            // As many characters of one column as there is room for go on together.
            let room = style.width.saturating_sub(column);
            let (plain, behind) = rest.split_at(plain_length(rest.get(..room).unwrap_or(rest)));
            append(&mut line, plain);
            column += plain.len();
            let Some((byte, behind)) = behind.split_first() else { break };
            rest = behind;
            if *byte == b'\n' {
                line.push(b'\n');
                append(&mut out, &line);
                line.clear();
                column = 0;
                continue;
            }
            while style.advance(column, *byte) > style.width && !line.is_empty() {
                let space = style.spaces.then(|| line.iter().rposition(|byte| matches!(byte, b' ' | b'\t'))).flatten();
                let keep = space.map_or(line.len(), |space| space + 1);
                append(&mut out, line.get(..keep).unwrap_or_default());
                out.push(b'\n');
                line.drain(..keep);
                column = line.iter().fold(0, |column, byte| style.advance(column, *byte));
            }
            column = style.advance(column, *byte);
            line.push(*byte);
        }
    }
}
