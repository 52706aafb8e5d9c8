//! `paste`: lines of files side by side.

use crate::escape::{self, Escape, Octal};
use crate::lines::LineReader;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "paste",
    "paste [-d LIST] [-s] [FILE]...\n\n\
     Paste lines from each input file, separated with tab\n\n\
     \t-d LIST\tUse delimiters from LIST, not tab\n\
     \t-s      Serial: one file at a time",
    main,
);

const SPEC: Spec = Spec::short("d:s");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let delimiters = parsed.value(b'd').map_or_else(|| vec![b'\t'], expand);
    if delimiters.is_empty() {
        return Err(ctx.die(&[b"-d '' is not supported"]));
    }
    let mut operands = parsed.operands.clone();
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut sources = Vec::new();
    for path in &operands {
        sources.push(Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?);
    }
    // One reader of standard input serves all its operands.
    let (mut stdin, mut files) = (LineReader::text(wcr_sys::fd::STDIN), Vec::new());
    for source in &sources {
        files.push((source.fd() != wcr_sys::fd::STDIN).then(|| LineReader::text(source.fd())));
    }
    if parsed.has(b's') {
        for file in &mut files {
            serial(ctx, file.as_mut().unwrap_or(&mut stdin), &delimiters);
        }
    } else {
        parallel(ctx, &mut files, &mut stdin, &delimiters);
    }
    Ok(0)
}

/// The delimiters that a list stands for.
fn expand(mut list: &[u8]) -> Vec<u8> {
    let mut delimiters = Vec::new();
    while let Some((first, rest)) = list.split_first() {
        list = rest;
        if *first == b'\\' {
            if let (Escape::Byte(byte), len) = escape::read(rest, Octal::Three) {
                delimiters.push(byte);
                list = rest.get(len..).unwrap_or_default();
                continue;
            }
        }
        delimiters.push(*first);
    }
    delimiters
}

/// The next line; what cannot be read ends the file, as it does in BusyBox.
fn next<'a>(reader: &'a mut LineReader) -> Option<&'a [u8]> {
    reader.next_line().ok().flatten().map(|line| line.text)
}

fn serial(ctx: &mut Context<'_>, reader: &mut LineReader, delimiters: &[u8]) {
    let mut cycle = delimiters.iter().cycle();
    let mut is_first = true;
    while let Some(line) = next(reader) {
        if !core::mem::take(&mut is_first) {
            delimit(ctx, cycle.next());
        }
        ctx.put(line);
    }
    if !is_first {
        ctx.put(b"\n");
    }
}

fn parallel(ctx: &mut Context<'_>, files: &mut [Option<LineReader>], stdin: &mut LineReader, delimiters: &[u8]) {
    let last = files.len().saturating_sub(1);
    let mut ended = vec![false; files.len()];
    while ended.contains(&false) && ctx.write_error().is_none() {
        let mut cycle = delimiters.iter().cycle();
        for (number, (file, ended)) in files.iter_mut().zip(&mut ended).enumerate() {
            if *ended {
                continue;
            }
            // A file that has ended leaves no trace in the line, not even its delimiter.
            let Some(line) = next(file.as_mut().unwrap_or(stdin)) else {
                *ended = true;
                continue;
            };
            ctx.put(line);
            if number == last {
                ctx.put(b"\n");
            } else {
                delimit(ctx, cycle.next());
            }
        }
    }
}

fn delimit(ctx: &mut Context<'_>, delimiter: Option<&u8>) {
    if let Some(delimiter) = delimiter.filter(|delimiter| **delimiter != 0) {
        ctx.put(&[*delimiter]);
    }
}
