//! `sort`: lines in order.

mod key;
mod order;

use core::cell::Cell;
use std::io::Write;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Output, append, fd, fs};

use crate::format::decimal;
use crate::lines::LineReader;
use crate::options::{Parsed, Spec};
use crate::source::Source;
use crate::{Applet, Context, Quit};

use key::{BadKey, Flags, Key, Order};
use order::Lines;

/// The applet.
pub const APPLET: Applet = Applet::new(
    "sort",
    "sort [-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...\n\n\
     Sort lines of text\n\n\
     \t-o FILE\tOutput to FILE\n\
     \t-c\tCheck whether input is sorted\n\
     \t-b\tIgnore leading blanks\n\
     \t-f\tIgnore case\n\
     \t-i\tIgnore unprintable characters\n\
     \t-d\tDictionary order (blank or alphanumeric only)\n\
     \t-n\tSort numbers\n\
     \t-g\tGeneral numerical sort\n\
     \t-M\tSort month\n\
     \t-V\tSort version\n\
     \t-t CHAR\tField separator\n\
     \t-k N[,M] Sort by Nth field\n\
     \t-r\tReverse sort order\n\
     \t-s\tStable (don't sort ties alphabetically)\n\
     \t-u\tSuppress duplicate lines\n\
     \t-z\tNUL terminated input and output",
    main,
);

const SPEC: Spec = Spec::short("ngMucszbrdfimS:T:o:k:t:V");

/// What `sort` exits with when something went wrong.
const TROUBLE: u8 = 2;

/// How much is gathered before it is written, in bytes.
const BLOCK: usize = 64 << 10;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    run(ctx).map_err(|quit| if quit.0 == 1 { Quit(TROUBLE) } else { quit })
}

fn run(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.count(b'o') > 1 || parsed.count(b't') > 1 {
        return Err(ctx.usage());
    }
    let order = order(ctx, &parsed)?;
    let mut operands: Vec<&[u8]> = parsed.operands.iter().map(Vec::as_slice).collect();
    if operands.is_empty() {
        operands.push(b"-");
    }
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let unique = parsed.has(b'u');
    let (mut content, mut ends) = (Vec::new(), Vec::new());
    for path in operands {
        let source = Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?;
        if let Ok(stat) = fd::stat(source.fd()) {
            // One allocation of the right size instead of ever larger ones, which are made where it fails.
            let _ = content.try_reserve_exact(usize::try_from(stat.size).unwrap_or_default());
        }
        read(&mut content, &mut ends, &source, end);
    }
    let mut lines = Lines::new(&content, &ends, &order);
    if parsed.has(b'c') {
        let disorder = lines.first_disorder(unique);
        check_known(ctx, &order)?;
        return Ok(match disorder {
            Some(line) => {
                ctx.put_err(&[b"Check line ", decimal(line as u64).as_slice(), b"\n"].concat());
                1
            }
            None => 0,
        });
    }
    lines.sort();
    check_known(ctx, &order)?;
    if unique {
        lines.remove_repeated();
    }
    match parsed.value(b'o') {
        None => write(ctx, &lines),
        Some(path) => {
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
            let file =
                fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
            let mut out = Output::new(file);
            write(&mut out, &lines);
            let flushed = out.flush().map_err(|error| Output::errno(&error));
            flushed.and(fd::close(file)).map_err(|error| ctx.die_errno(&[path], error))?;
        }
    }
    Ok(0)
}

fn check_known(ctx: &mut Context<'_>, order: &Order) -> Result<(), Quit> {
    if order.met_unknown() { Err(ctx.die(&[b"unknown sort type"])) } else { Ok(()) }
}

fn order(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Order, Quit> {
    let mut order = Order {
        flags: Flags::default(),
        keys: Vec::new(),
        separator: None,
        stable: parsed.has(b's'),
        unknown: Cell::new(false),
    };
    for (key, value) in &parsed.options {
        match (key, value) {
            (b'n' | b'g' | b'M' | b'V' | b'b' | b'r' | b'd' | b'f' | b'i', _) => order.flags.set(*key),
            (b'k', Some(text)) => {
                let key = Key::parse(text).map_err(|error| match error {
                    BadKey::Field => ctx.die(&[b"bad field specification"]),
                    BadKey::Kind => ctx.die(&[b"unknown sort type"]),
                    BadKey::Flag => ctx.die(&[b"unknown key option"]),
                })?;
                order.keys.push(key);
            }
            (b't', Some(text)) => match text.as_slice() {
                [byte] => order.separator = Some(*byte),
                _ => return Err(ctx.die(&[b"bad -t parameter"])),
            },
            _ => {}
        }
    }
    Ok(order)
}

/// Reads all lines, each with the byte behind it that ends it, which becomes `end`; a NUL always ends a line. Notes
/// where those bytes are.
fn read(content: &mut Vec<u8>, ends: &mut Vec<u32>, source: &Source, end: u8) {
    let first = content.len();
    let mut reader = LineReader::new(source.fd(), end);
    // What cannot be read ends the file, as it does in BusyBox.
    while let Ok(block) = reader.next_block() {
        if block.is_empty() {
            break;
        }
        content.extend_from_slice(block);
    }
    if content.len() > first && !matches!(content.last(), Some(last) if *last == end || *last == 0) {
        content.push(end);
    }
    let text = content.get_mut(first..).unwrap_or_default();
    if end != 0 {
        // The other kind of end becomes the one that is printed.
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| memchr::memchr(0, rest)) {
            if let Some(nul) = text.get_mut(from + at) {
                *nul = end;
            }
            from += at + 1;
        }
    }
    ends.extend(memchr::memchr_iter(end, text).map(|at| (first + at) as u32));
}

fn write(out: &mut dyn Write, lines: &Lines<'_>) {
    let mut block = Vec::with_capacity(BLOCK * 2);
    // A failure is kept by the output and told at the end.
    for line in lines.ended() {
        append(&mut block, line);
        if block.len() >= BLOCK {
            let _ = out.write_all(&block);
            block.clear();
        }
    }
    let _ = out.write_all(&block);
}
