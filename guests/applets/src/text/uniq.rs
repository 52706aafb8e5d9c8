//! `uniq`: lines that differ from the one before.

use std::io::Write;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Output, append, fd, fs};

use crate::count::natural;
use crate::format::right_number;
use crate::lines::LineReader;
use crate::number::is_space;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "uniq",
    "uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]\n\n\
     Discard duplicate lines\n\n\
     \t-c\tPrefix lines by the number of occurrences\n\
     \t-d\tOnly print duplicate lines\n\
     \t-u\tOnly print unique lines\n\
     \t-i\tIgnore case\n\
     \t-z\tNUL terminated output\n\
     \t-f N\tSkip first N fields\n\
     \t-s N\tSkip first N chars (after any skipped fields)\n\
     \t-w N\tCompare N characters in line",
    main,
);

const SPEC: Spec = Spec::short("cduizf:s:w:");

/// What is compared of a line.
#[derive(Debug, Clone, Copy)]
struct Part {
    skip_fields: usize,
    skip_bytes: usize,
    len: usize,
    ignore_case: bool,
}

/// Which lines are printed and how.
#[derive(Debug, Clone, Copy)]
struct Print {
    count: bool,
    repeated: bool,
    unique: bool,
    end: u8,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"fsw", natural)?;
    let mut count = |key: u8, default: usize| match parsed.value(key) {
        Some(text) => natural(ctx, text),
        None => Ok(default),
    };
    let part = Part {
        skip_fields: count(b'f', 0)?,
        skip_bytes: count(b's', 0)?,
        len: count(b'w', usize::MAX)?,
        ignore_case: parsed.has(b'i'),
    };
    let print = Print {
        count: parsed.has(b'c'),
        repeated: !parsed.has(b'u'),
        unique: !parsed.has(b'd'),
        end: if parsed.has(b'z') { 0 } else { b'\n' },
    };
    let (input, output) = match parsed.operands.as_slice() {
        [] => (b"-".as_slice(), None),
        [input] => (input.as_slice(), None),
        [input, output, ..] => (input.as_slice(), Some(output.as_slice()).filter(|output| *output != b"-")),
    };
    let failed = |ctx: &mut Context<'_>, path: &[u8], error| ctx.die_errno(&[b"can't open '", path, b"'"], error);
    let source = Source::open(input).map_err(|error| failed(ctx, input, error))?;
    if parsed.operands.len() > 2 {
        return Err(ctx.usage());
    }
    let file = output.map(create).transpose().map_err(|error| failed(ctx, output.unwrap_or_default(), error))?;
    let mut reader = LineReader::text(source.fd());
    let done = match file {
        None => filter(&mut reader, ctx, part, print),
        Some(file) => {
            let mut out = Output::new(file);
            let done = filter(&mut reader, &mut out, part, print);
            let flushed = out.flush().map_err(|error| Output::errno(&error));
            flushed.and(fd::close(file)).map_err(|error| ctx.die_errno(&[output.unwrap_or_default()], error))?;
            done
        }
    };
    // Standard input is nothing that was opened by a name.
    let name = if parsed.operands.is_empty() { b"(null)" } else { input };
    done.map_err(|_| ctx.die(&[name, b": I/O error"]))?;
    Ok(0)
}

fn create(path: &[u8]) -> Result<wcr_sys::Fd, Errno> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    fs::open(path, flags, 0o666)
}

fn filter(reader: &mut LineReader, out: &mut dyn Write, part: Part, print: Print) -> Result<(), Errno> {
    let mut kept: Option<Vec<u8>> = None;
    let (mut count, mut room) = (0, Vec::new());
    while let Some(line) = reader.next_line()? {
        match &kept {
            Some(kept) if part.is_same(kept, line.text) => count += 1,
            _ => {
                if let Some(kept) = &kept {
                    print.line(out, &mut room, kept, count);
                }
                let text = kept.get_or_insert_default();
                text.clear();
                append(text, line.text);
                count = 1;
            }
        }
    }
    if let Some(kept) = &kept {
        print.line(out, &mut room, kept, count);
    }
    Ok(())
}

impl Part {
    fn is_same(&self, left: &[u8], right: &[u8]) -> bool {
        let (left, right) = (self.of(left), self.of(right));
        if self.ignore_case { left.eq_ignore_ascii_case(right) } else { left == right }
    }

    fn of<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let mut at = 0;
        for _ in 0..self.skip_fields {
            let rest = line.get(at..).unwrap_or_default();
            let blanks = rest.iter().take_while(|byte| is_space(**byte)).count();
            let text = rest.get(blanks..).unwrap_or_default();
            at += blanks + text.iter().take_while(|byte| !is_space(**byte)).count();
            if at >= line.len() {
                break;
            }
        }
        let start = (at + self.skip_bytes).min(line.len());
        let rest = line.get(start..).unwrap_or_default();
        rest.get(..self.len.min(rest.len())).unwrap_or_default()
    }
}

impl Print {
    /// Prints a line; `text` is room to put it together in.
    fn line(&self, out: &mut dyn Write, text: &mut Vec<u8>, line: &[u8], count: u64) {
        if !(if count > 1 { self.repeated } else { self.unique }) {
            return;
        }
        text.clear();
        if self.count {
            right_number::<10>(text, count, 7, b' ');
            text.push(b' ');
        }
        append(text, line);
        text.push(self.end);
        // A failure is kept by the output and told at the end.
        let _ = out.write_all(text);
    }
}
