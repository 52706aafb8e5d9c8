//! `cmp`: the first place where two files differ, or all.

use std::io::BufRead;

use wcr_sys::{Errno, Input};

use crate::count::natural;
use crate::format::{decimal, octal, right};
use crate::options::{Parsed, Spec};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cmp",
    "cmp [-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]\n\n\
     Compare FILE1 with FILE2 (or stdin)\n\n\
     \t-l\tWrite the byte numbers (decimal) and values (octal)\n\
     \t\tfor all differing bytes\n\
     \t-s\tQuiet\n\
     \t-n NUM\tCompare at most NUM bytes",
    main,
);

const SPEC: Spec = Spec::short("lsn:");

/// The code for files that differ, and for those that cannot be read.
const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;

struct File<'a> {
    name: &'a [u8],
    input: Input,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (mut all, mut quiet) = (false, false);
    let parsed = SPEC.parse_checked(ctx, |ctx, key, value| {
        all |= key == b'l';
        quiet |= key == b's';
        number(ctx, value)?;
        if all && quiet { Err(ctx.usage()) } else { Ok(()) }
    })?;
    if parsed.operands.is_empty() || parsed.operands.len() > 4 {
        return Err(ctx.usage());
    }
    let limit = number(ctx, parsed.value(b'n'))?;
    let skips = [number(ctx, operand(&parsed, 2))?.unwrap_or(0), number(ctx, operand(&parsed, 3))?.unwrap_or(0)];
    let names = [operand(&parsed, 0).unwrap_or(b"-"), operand(&parsed, 1).unwrap_or(b"-")];
    if names[0] == names[1] && names[0] == b"-" {
        // One stream is the same as itself.
        return Ok(0);
    }
    let mut sources = Vec::new();
    for name in names {
        match Source::open(name) {
            Ok(source) => sources.push(source),
            Err(error) => {
                if !quiet {
                    ctx.perror(&[name], error);
                }
                return Err(Quit(TROUBLE));
            }
        }
    }
    let mut files = Vec::new();
    for (name, source) in names.into_iter().zip(&sources) {
        files.push(File { name, input: source.reader() });
    }
    let [left, right] = files.as_mut_slice() else { return Err(Quit(TROUBLE)) };
    for (file, skip) in [&mut *left, &mut *right].into_iter().zip(skips) {
        file.skip(skip).map_err(|fault| trouble(ctx, fault))?;
    }
    compare(ctx, left, right, limit, all, quiet)
}

fn operand(parsed: &Parsed, at: usize) -> Option<&[u8]> {
    parsed.operands.get(at).map(Vec::as_slice)
}

fn number(ctx: &mut Context<'_>, text: Option<&[u8]>) -> Result<Option<u64>, Quit> {
    let Some(text) = text else { return Ok(None) };
    natural(ctx, text).map(|number| Some(number as u64))
}

fn trouble(ctx: &mut Context<'_>, name: Vec<u8>) -> Quit {
    ctx.complain(&[&name, b": I/O error"]);
    Quit(TROUBLE)
}

impl File<'_> {
    /// What is at hand of the file; empty at its end. The error is the file's name.
    fn bytes(&mut self) -> Result<&[u8], Vec<u8>> {
        let name = self.name;
        self.input.fill_buf().map_err(|error| {
            let _: Errno = Input::errno(&error);
            name.to_vec()
        })
    }

    fn skip(&mut self, mut count: u64) -> Result<(), Vec<u8>> {
        while count > 0 {
            let n = self.bytes()?.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            if n == 0 {
                break;
            }
            self.input.consume(n);
            count -= n as u64;
        }
        Ok(())
    }
}

fn compare(
    ctx: &mut Context<'_>,
    left: &mut File<'_>,
    right_file: &mut File<'_>,
    limit: Option<u64>,
    all: bool,
    quiet: bool,
) -> Result<u8, Quit> {
    let (mut position, mut line, mut code) = (0u64, 1u64, 0);
    // With a limit the first difference is not the end.
    let stops = limit.is_none();
    let names = [left.name, b" ", right_file.name, b" differ: char "].concat();
    let mut limit = limit.unwrap_or(u64::MAX);
    while limit > 0 {
        let first = left.bytes().map_err(|name| trouble(ctx, name))?;
        let second = right_file.bytes().map_err(|name| trouble(ctx, name))?;
        if first.is_empty() || second.is_empty() {
            if first.is_empty() != second.is_empty() {
                let ended = if first.is_empty() { left.name } else { right_file.name };
                code = DIFFERENT;
                if !quiet {
                    ctx.complain(&[b"EOF on ", ended]);
                }
            }
            break;
        }
        let len = first.len().min(second.len()).min(usize::try_from(limit).unwrap_or(usize::MAX));
        let (first, second) = (first.get(..len).unwrap_or_default(), second.get(..len).unwrap_or_default());
        for (at, (one, other)) in first.iter().zip(second).enumerate() {
            if one != other {
                code = DIFFERENT;
                let number = decimal(position + at as u64 + 1);
                if quiet {
                    return Ok(code);
                }
                if !all {
                    let lines = decimal(line);
                    ctx.put(&[names.as_slice(), &number, b", line ", &lines, b"\n"].concat());
                    if stops {
                        return Ok(code);
                    }
                    continue;
                }
                let mut text = number;
                for byte in [*one, *other] {
                    text.push(b' ');
                    right(&mut text, &octal(byte.into()), 3, b' ');
                }
                text.push(b'\n');
                ctx.put(&text);
            }
            line += u64::from(*one == b'\n');
        }
        position += len as u64;
        limit -= len as u64;
        left.input.consume(len);
        right_file.input.consume(len);
    }
    Ok(code)
}
