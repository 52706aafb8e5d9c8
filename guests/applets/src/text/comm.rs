//! `comm`: the lines that two sorted files share, and those that they do not.

use std::cmp::Ordering;

use crate::lines::LineReader;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "comm",
    "comm [-123] FILE1 FILE2\n\n\
     Compare FILE1 with FILE2\n\n\
     \t-1\tSuppress lines unique to FILE1\n\
     \t-2\tSuppress lines unique to FILE2\n\
     \t-3\tSuppress lines common to both files",
    comm,
);

/// A file, and the line of it that is to be told next.
struct Side {
    /// Keeps the file open.
    _source: Source,
    lines: LineReader,
    line: Option<Vec<u8>>,
}

impl Side {
    fn open(ctx: &mut Context<'_>, path: &[u8]) -> Result<Self, Quit> {
        let source = Source::open(path).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        let mut side = Self { lines: LineReader::new(source.fd(), b'\n'), _source: source, line: None };
        side.advance();
        Ok(side)
    }

    fn advance(&mut self) {
        // What cannot be read ends the file.
        self.line = self.lines.next_line().ok().flatten().map(|line| line.text.to_vec());
    }
}

fn comm(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("123").parse(ctx)?;
    let [left, right] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let mut sides = [Side::open(ctx, left)?, Side::open(ctx, right)?];
    loop {
        let [left, right] = &mut sides;
        let order = match (&left.line, &right.line) {
            (None, None) => return Ok(0),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.cmp(right),
        };
        // The columns that are shown before a line's own are empty.
        let (key, before): (u8, &[u8]) = match order {
            Ordering::Less => (b'1', b""),
            Ordering::Greater => (b'2', b"1"),
            Ordering::Equal => (b'3', b"12"),
        };
        let line = if order == Ordering::Greater { &right.line } else { &left.line };
        if !parsed.has(key) {
            let tabs = before.iter().filter(|column| !parsed.has(**column)).count();
            ctx.put(&[&b"\t\t"[..tabs], line.as_deref().unwrap_or_default(), b"\n"].concat());
        }
        if order != Ordering::Greater {
            left.advance();
        }
        if order != Ordering::Less {
            right.advance();
        }
    }
}
