//! `paste`, `comm`, `fold`: lines beside each other, and in pieces.

use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::Errno;

use super::input::{content, lines, or_stdin, plainly};
use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const CHECK: u8 = 0x80;
const NO_CHECK: u8 = 0x81;
const OUTPUT: u8 = 0x82;
const TOTAL: u8 = 0x83;

/// `paste`.
pub const PASTE: Program = Program::new(
    "paste",
    "[OPTION]... [FILE]...",
    "Puts lines of files side by side.",
    "d:sz",
    &[
        ("delimiters", Takes::Value, b'd'),
        ("serial", Takes::Nothing, b's'),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    paste,
);

/// `comm`.
pub const COMM: Program = Program::new(
    "comm",
    "[OPTION]... FILE1 FILE2",
    "Compares two sorted files.",
    "123z",
    &[
        ("check-order", Takes::Nothing, CHECK),
        ("nocheck-order", Takes::Nothing, NO_CHECK),
        ("output-delimiter", Takes::Value, OUTPUT),
        ("total", Takes::Nothing, TOTAL),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    comm,
);

/// `fold`.
pub const FOLD: Program = Program::new(
    "fold",
    "[OPTION]... [FILE]...",
    "Breaks lines.",
    "bsw:0::1::2::3::4::5::6::7::8::9::",
    &[
        ("bytes", Takes::Nothing, b'b'),
        ("spaces", Takes::Nothing, b's'),
        ("width", Takes::Value, b'w'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    fold,
);

fn paste(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let list = match parsed.value(b'd') {
        None => vec![vec![b'\t']],
        Some(text) => delimiters(ctx, text)?,
    };
    let names = or_stdin(&parsed.operands);
    let mut code = 0;
    if parsed.has(b's') {
        for name in &names {
            let text = match content(name) {
                Ok(text) => text,
                Err(error) => {
                    plainly(ctx, name, error);
                    code = 1;
                    continue;
                }
            };
            let body = text.strip_suffix(&[end]).unwrap_or(&text);
            let mut out = Vec::with_capacity(text.len() + 1);
            for (at, line) in body.split(|byte| *byte == end).enumerate() {
                if at > 0 {
                    out.extend_from_slice(list.get((at - 1) % list.len()).map(Vec::as_slice).unwrap_or_default());
                }
                out.extend_from_slice(line);
            }
            out.push(end);
            ctx.put(&out);
        }
        return Ok(code);
    }
    let mut sources = Vec::new();
    for name in &names {
        match Source::open(name) {
            Ok(source) => sources.push(source),
            Err(error) => return Err(ctx.die_errno(&[&quote::as_needed(name)], error)),
        }
    }
    // Standard input is one stream, however often it is named.
    let mut readers: Vec<LineReader> = Vec::new();
    let mut places = Vec::new();
    for (name, source) in names.iter().zip(&sources) {
        match names.iter().position(|other| other == b"-").filter(|_| name == b"-") {
            Some(first) if first < places.len() => places.push(places.get(first).copied().unwrap_or(0)),
            _ => {
                places.push(readers.len());
                readers.push(LineReader::new(source.fd(), end));
            }
        }
    }
    loop {
        let (mut out, mut any) = (Vec::new(), false);
        for (column, place) in places.iter().enumerate() {
            if column > 0 {
                out.extend_from_slice(list.get((column - 1) % list.len()).map(Vec::as_slice).unwrap_or_default());
            }
            let Some(reader) = readers.get_mut(*place) else { continue };
            match reader.next_line() {
                Ok(Some(line)) => {
                    any = true;
                    out.extend_from_slice(line.text);
                }
                Ok(None) => {}
                Err(error) => {
                    let name = names.get(column).map(Vec::as_slice).unwrap_or_default();
                    return Err(ctx.die_errno(&[&quote::as_needed(name)], error));
                }
            }
        }
        if !any || ctx.write_error().is_some() {
            return Ok(code);
        }
        out.push(end);
        ctx.put(&out);
    }
}

fn delimiters(ctx: &mut Context<'_>, text: &[u8]) -> Result<Vec<Vec<u8>>, Quit> {
    let mut list = Vec::new();
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        list.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'0') => Vec::new(),
                Some(b'b') => vec![8],
                Some(b'f') => vec![12],
                Some(b'n') => vec![b'\n'],
                Some(b'r') => vec![b'\r'],
                Some(b't') => vec![b'\t'],
                Some(b'v') => vec![11],
                Some(other) => vec![*other],
                None => {
                    return Err(ctx.die(&[b"delimiter list ends with an unescaped backslash: ", text]));
                }
            },
            byte => vec![*byte],
        });
    }
    if list.is_empty() {
        list.push(Vec::new());
    }
    Ok(list)
}

/// A sorted file of `comm`.
struct Sorted {
    reader: LineReader,
    line: Option<Vec<u8>>,
    disorder: bool,
}

impl Sorted {
    fn new(source: &Source, end: u8) -> Result<Self, Errno> {
        let mut sorted = Self { reader: LineReader::new(source.fd(), end), line: None, disorder: false };
        sorted.advance()?;
        Ok(sorted)
    }

    fn advance(&mut self) -> Result<(), Errno> {
        let next = self.reader.next_line()?.map(|line| line.text.to_vec());
        if let (Some(last), Some(next)) = (&self.line, &next) {
            self.disorder |= next < last;
        }
        self.line = next;
        Ok(())
    }
}

fn comm(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (first, second) = match parsed.operands.as_slice() {
        [] => return Err(missing_operand(ctx, 1)),
        [only] => return Err(wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(only)])),
        [_, _, third, ..] => return Err(extra_operand(ctx, 1, third)),
        [first, second] => (first, second),
    };
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let delimiter = match parsed.value(OUTPUT) {
        None => b"\t".to_vec(),
        Some([]) => b"\0".to_vec(),
        Some(text) => text.to_vec(),
    };
    let fail = |ctx: &mut Context<'_>, name: &[u8], error: Errno| ctx.die_errno(&[&quote::as_needed(name)], error);
    let sources = [first, second].map(|name| Source::open(name).map_err(|error| fail(ctx, name, error)));
    let [source1, source2] = sources;
    let (source1, source2) = (source1?, source2?);
    let mut left = Sorted::new(&source1, end).map_err(|error| fail(ctx, first, error))?;
    let mut right = Sorted::new(&source2, end).map_err(|error| fail(ctx, second, error))?;
    let hidden = [b'1', b'2', b'3'].map(|key| parsed.has(key));
    let mut totals = [0u64; 3];
    let (mut told, mut unpaired) = ([false; 2], false);
    loop {
        let column = match (&left.line, &right.line) {
            (None, None) => break,
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (Some(a), Some(b)) => match a.cmp(b) {
                core::cmp::Ordering::Less => 0,
                core::cmp::Ordering::Greater => 1,
                core::cmp::Ordering::Equal => 2,
            },
        };
        unpaired |= column != 2;
        totals[column] += 1;
        let line = if column == 1 { &right.line } else { &left.line };
        if !hidden[column] {
            let mut out = Vec::new();
            for before in 0..column {
                if !hidden[before] {
                    out.extend_from_slice(&delimiter);
                }
            }
            out.extend_from_slice(line.as_deref().unwrap_or_default());
            out.push(end);
            ctx.put(&out);
        }
        if column != 1 {
            left.advance().map_err(|error| fail(ctx, first, error))?;
        }
        if column != 0 {
            right.advance().map_err(|error| fail(ctx, second, error))?;
        }
        for (at, sorted) in [&left, &right].into_iter().enumerate() {
            let due = parsed.has(CHECK) || !parsed.has(NO_CHECK) && unpaired;
            if sorted.disorder && due && !told[at] {
                told[at] = true;
                let text = format!("file {} is not in sorted order", at + 1);
                ctx.complain(&[text.as_bytes()]);
                if parsed.has(CHECK) {
                    return Ok(1);
                }
            }
        }
    }
    if parsed.has(TOTAL) {
        let numbers = totals.map(applets::format::decimal);
        ctx.put(&[&numbers.join(&delimiter[..])[..], &delimiter, b"total", &[end]].concat());
    }
    if told.contains(&true) {
        ctx.complain(&[b"input is not in sorted order"]);
        return Ok(1);
    }
    Ok(0)
}

fn fold(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut width = 80usize;
    for (key, value) in &parsed.options {
        let text = match *key {
            b'w' => value.clone().unwrap_or_default(),
            digit if digit.is_ascii_digit() => [&[digit][..], value.as_deref().unwrap_or_default()].concat(),
            _ => continue,
        };
        width = match applets::format::parse_decimal(&text) {
            Some(width) if width > 0 => usize::try_from(width).unwrap_or(usize::MAX),
            Some(_) => {
                return Err(ctx.die_errno(&[b"invalid number of columns: ", &quote::locale(&text)], Errno::Range));
            }
            None => return Err(ctx.die(&[b"invalid number of columns: ", &quote::locale(&text)])),
        };
    }
    let (bytes, spaces) = (parsed.has(b'b'), parsed.has(b's'));
    let advance = |column: usize, byte: u8| match byte {
        _ if bytes => column + 1,
        8 => column.saturating_sub(1),
        b'\r' => 0,
        b'\t' => column + 8 - column % 8,
        _ => column + 1,
    };
    lines(ctx, &parsed.operands, b'\n', plainly, |ctx, line, terminated| {
        let mut out: Vec<u8> = Vec::with_capacity(line.len() + 8);
        let (mut start, mut column) = (0, 0);
        for byte in line {
            let mut next = advance(column, *byte);
            if next > width && out.len() > start {
                let blank = out.get(start..).unwrap_or_default().iter().rposition(|byte| matches!(byte, b' ' | b'\t'));
                match blank.filter(|_| spaces) {
                    Some(at) => {
                        out.insert(start + at + 1, b'\n');
                        start += at + 2;
                        column =
                            out.get(start..).unwrap_or_default().iter().fold(0, |column, byte| advance(column, *byte));
                    }
                    None => {
                        out.push(b'\n');
                        start = out.len();
                        column = 0;
                    }
                }
                next = advance(column, *byte);
                if next > width && out.len() > start {
                    out.push(b'\n');
                    start = out.len();
                    next = advance(0, *byte);
                }
            }
            out.push(*byte);
            column = next;
        }
        if terminated {
            out.push(b'\n');
        }
        ctx.put(&out);
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::delimiters;
    use applets::{Applet, Context};

    #[test]
    fn delimiters_are_read() {
        let applet = Applet::new("paste", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        assert_eq!(delimiters(&mut ctx, b"a\\0\\n").unwrap(), [b"a".to_vec(), Vec::new(), b"\n".to_vec()]);
        assert!(delimiters(&mut ctx, b"a\\").is_err());
    }
}
