//! `split`.

mod names;
mod operands;
mod writer;

use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Signal};
use wcr_sys::{Errno, fd, signal};

use crate::Program;
use crate::dispatch::{extra_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use names::read_names;
use operands::{Chunks, Way, read_way};
use writer::{Piece, Writer};

const ADDITIONAL: u8 = 0x80;
const FILTER: u8 = 0x81;
const NUMERIC: u8 = 0x82;
const HEXADECIMAL: u8 = 0x83;
const VERBOSE: u8 = 0x84;
const BLOCK_SIZE: u8 = 0x85;

/// The program.
pub const PROGRAM: Program = Program::new(
    "split",
    "[OPTION]... [FILE [PREFIX]]",
    "Cuts a file into pieces.",
    "0123456789C:a:b:del:n:t:ux",
    &[
        ("bytes", Takes::Value, b'b'),
        ("lines", Takes::Value, b'l'),
        ("line-bytes", Takes::Value, b'C'),
        ("number", Takes::Value, b'n'),
        ("elide-empty-files", Takes::Nothing, b'e'),
        ("unbuffered", Takes::Nothing, b'u'),
        ("suffix-length", Takes::Value, b'a'),
        ("additional-suffix", Takes::Value, ADDITIONAL),
        ("numeric-suffixes", Takes::OptionalValue, NUMERIC),
        ("hex-suffixes", Takes::OptionalValue, HEXADECIMAL),
        ("filter", Takes::Value, FILTER),
        ("verbose", Takes::Nothing, VERBOSE),
        ("separator", Takes::Value, b't'),
        ("-io-blksize", Takes::Value, BLOCK_SIZE),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// How much one read takes, in bytes.
const BLOCK: usize = 64 << 10;

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (way, separator) = read_way(ctx, parsed)?;
    let names = read_names(ctx, parsed, way)?;
    let path = match parsed.operands.as_slice() {
        [_, _, third, ..] => return Err(extra_operand(ctx, 1, third)),
        operands => operands.first().map_or(b"-".as_slice(), Vec::as_slice),
    };
    let only = matches!(way, Way::Chunks { only: Some(_), .. });
    if only && parsed.has(FILTER) {
        return Err(wrong_usage(ctx, 1, &[b"--filter does not process a chunk extracted to stdout"]));
    }
    let source = Source::open(path)
        .map_err(|error| ctx.die_errno(&[b"cannot open ", &quote::always(path), b" for reading"], error))?;
    let stat = fd::stat(source.fd()).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
    let mut writer = Writer {
        names,
        filter: parsed.value(FILTER),
        verbose: parsed.has(VERBOSE),
        elide: parsed.has(b'e'),
        input: (stat.dev, stat.ino),
        open: None,
        pending: false,
    };
    if writer.filter.is_some() {
        // A filter that reads no more ends nothing but itself.
        let _ = signal::set_disposition(Signal::PIPE, wcr_sys::abi::Disposition::Ignore);
    }
    ctx.flush();
    let input = Input { source: &source, name: path, separator };
    match way {
        Way::Lines(count) => by_lines(ctx, &input, &mut writer, count)?,
        Way::Bytes(count) => by_bytes(ctx, &input, &mut writer, count, None)?,
        Way::LineBytes(count) => by_line_bytes(ctx, &input, &mut writer, count)?,
        Way::Chunks { kind: Chunks::Turns, count, only } => in_turns(ctx, &input, &mut writer, count, only)?,
        Way::Chunks { kind, count, only } => {
            let size = size_of(ctx, &input, stat.mode.kind(), stat.size)?;
            if kind == Chunks::Bytes {
                match only {
                    Some(number) => one_chunk(ctx, &input, size, count, number)?,
                    None => by_bytes(ctx, &input, &mut writer, size / count, Some((count, size)))?,
                }
            } else {
                line_chunks(ctx, &input, &mut writer, size, count, only)?;
            }
        }
    }
    writer.end(ctx)?;
    Ok(0)
}

/// What is read.
struct Input<'a> {
    source: &'a Source,
    name: &'a [u8],
    separator: u8,
}

impl Input<'_> {
    /// Reads once; an empty result is the end.
    fn read<'b>(&self, ctx: &mut Context<'_>, block: &'b mut [u8]) -> Result<&'b [u8], Quit> {
        loop {
            match fd::read(self.source.fd(), block) {
                Ok(count) => return Ok(block.get(..count).unwrap_or_default()),
                Err(Errno::Intr) => {}
                Err(error) => return Err(ctx.die_errno(&[&quote::as_needed(self.name)], error)),
            }
        }
    }
}

/// The size of what is to be read, from where it is read on.
fn size_of(ctx: &mut Context<'_>, input: &Input<'_>, kind: FileKind, size: u64) -> Result<u64, Quit> {
    let name = quote::as_needed(input.name);
    match kind {
        FileKind::Regular => {
            let here = fd::seek(input.source.fd(), 0, fd::Whence::Current).unwrap_or(0);
            Ok(size.saturating_sub(here))
        }
        FileKind::Directory => Err(ctx.die_errno(&[&name, b": cannot determine file size"], Errno::Isdir)),
        FileKind::CharDevice if fd::seek(input.source.fd(), 0, fd::Whence::End).is_ok_and(|end| end == 0) => Ok(0),
        _ => Err(ctx.die(&[&name, b": cannot determine file size"])),
    }
}

fn by_lines(ctx: &mut Context<'_>, input: &Input<'_>, writer: &mut Writer<'_>, count: u64) -> Result<(), Quit> {
    let (mut block, mut left) = (vec![0; BLOCK], 0);
    loop {
        let mut rest = input.read(ctx, &mut block)?;
        if rest.is_empty() {
            return Ok(());
        }
        while !rest.is_empty() {
            if left == 0 {
                writer.next(ctx)?;
                left = count;
            }
            // As many lines as the piece has room for, or all that was read.
            let mut end = rest.len();
            for at in memchr::memchr_iter(input.separator, rest) {
                left -= 1;
                if left == 0 {
                    end = at + 1;
                    break;
                }
            }
            let (now, behind) = rest.split_at(end);
            writer.write(ctx, now)?;
            rest = behind;
        }
    }
}

/// Pieces of so many bytes; where their number and the size of all is given, the last one takes the rest.
fn by_bytes(
    ctx: &mut Context<'_>,
    input: &Input<'_>,
    writer: &mut Writer<'_>,
    count: u64,
    all: Option<(u64, u64)>,
) -> Result<(), Quit> {
    let (mut block, mut left, mut made) = (vec![0; BLOCK], 0, 0);
    let last = |made: u64| all.is_some_and(|(pieces, _)| made == pieces);
    loop {
        let mut rest = input.read(ctx, &mut block)?;
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            while left == 0 {
                writer.next(ctx)?;
                made += 1;
                left = if last(made) { u64::MAX } else { count };
            }
            let (now, behind) = rest.split_at(usize::try_from(left).unwrap_or(usize::MAX).min(rest.len()));
            writer.write(ctx, now)?;
            left -= now.len() as u64;
            rest = behind;
        }
    }
    for _ in made..all.map_or(0, |(pieces, _)| pieces) {
        writer.next(ctx)?;
    }
    Ok(())
}

fn by_line_bytes(ctx: &mut Context<'_>, input: &Input<'_>, writer: &mut Writer<'_>, most: u64) -> Result<(), Quit> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut block, mut held, mut left) = (vec![0; BLOCK], Vec::new(), 0usize);
    loop {
        let ended = {
            let read = input.read(ctx, &mut block)?;
            held.extend_from_slice(read);
            read.is_empty()
        };
        let mut rest = held.as_slice();
        while !rest.is_empty() {
            let line = memchr::memchr(input.separator, rest).map(|at| at + 1);
            // A line that has not ended may be put into a piece when it is known that it fills one.
            if line.is_none() && !ended && rest.len() < most {
                break;
            }
            let len = line.unwrap_or(rest.len());
            if len > left && (left < most || left == 0) {
                writer.next(ctx)?;
                left = most;
            }
            let (now, behind) = rest.split_at(len.min(left));
            writer.write(ctx, now)?;
            left -= now.len();
            rest = behind;
        }
        let done = held.len() - rest.len();
        held.drain(..done);
        if ended {
            return Ok(());
        }
    }
}

/// Prints the bytes of one piece.
fn one_chunk(ctx: &mut Context<'_>, input: &Input<'_>, size: u64, count: u64, number: u64) -> Result<(), Quit> {
    let start = size / count * (number - 1);
    let end = if number == count { size } else { size / count * number };
    let (mut block, mut at) = (vec![0; BLOCK], 0);
    while at < end {
        let read = input.read(ctx, &mut block)?;
        if read.is_empty() {
            break;
        }
        let from = start.saturating_sub(at).min(read.len() as u64) as usize;
        let to = (end - at).min(read.len() as u64) as usize;
        ctx.put(read.get(from..to).unwrap_or_default());
        at += read.len() as u64;
    }
    Ok(())
}

/// Pieces of whole lines: a line is in the piece in whose share of the bytes it begins.
fn line_chunks(
    ctx: &mut Context<'_>,
    input: &Input<'_>,
    writer: &mut Writer<'_>,
    size: u64,
    count: u64,
    only: Option<u64>,
) -> Result<(), Quit> {
    let share = size / count;
    let end_of = |number: u64| if number >= count { u64::MAX } else { share * number };
    let (mut block, mut at, mut number) = (vec![0; BLOCK], 0u64, 1u64);
    let mut begins = true;
    if only.is_none() {
        writer.next(ctx)?;
    }
    loop {
        let mut rest = input.read(ctx, &mut block)?;
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            while begins && at >= end_of(number) {
                number += 1;
                if only.is_none() {
                    writer.next(ctx)?;
                }
            }
            let line = memchr::memchr(input.separator, rest);
            let (now, behind) = rest.split_at(line.map_or(rest.len(), |at| at + 1));
            match only {
                None => writer.write(ctx, now)?,
                Some(only) if only == number => ctx.put(now),
                Some(_) => {}
            }
            at += now.len() as u64;
            begins = line.is_some();
            rest = behind;
        }
    }
    for _ in number..count {
        if only.is_none() {
            writer.next(ctx)?;
        }
    }
    Ok(())
}

/// The lines in turn to all pieces.
fn in_turns(
    ctx: &mut Context<'_>,
    input: &Input<'_>,
    writer: &mut Writer<'_>,
    count: u64,
    only: Option<u64>,
) -> Result<(), Quit> {
    let mut pieces: Vec<Option<Piece>> = Vec::new();
    if only.is_none() {
        for _ in 0..count {
            // Without empty files, one is made when its first line comes.
            if writer.elide {
                let name = writer.name(ctx)?;
                pieces.push(Some(Piece { name, file: fd::STDIN, child: None, closed: true }));
                continue;
            }
            writer.next(ctx)?;
            writer.begin(ctx)?;
            pieces.push(writer.open.take());
        }
    }
    let (mut block, mut turn) = (vec![0; BLOCK], 0u64);
    loop {
        let mut rest = input.read(ctx, &mut block)?;
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            let line = memchr::memchr(input.separator, rest);
            let (now, behind) = rest.split_at(line.map_or(rest.len(), |at| at + 1));
            match only {
                Some(only) if only == turn + 1 => ctx.put(now),
                Some(_) => {}
                None => {
                    let place = pieces.get_mut(turn as usize).and_then(Option::as_mut);
                    if let Some(piece) = place {
                        if piece.closed && piece.file == fd::STDIN {
                            let name = piece.name.clone();
                            *piece = writer.create(ctx, name)?;
                        }
                        piece.write(ctx, now)?;
                    }
                }
            }
            if line.is_some() {
                turn = (turn + 1) % count;
            }
            rest = behind;
        }
    }
    for piece in pieces.into_iter().flatten().filter(|piece| piece.file != fd::STDIN) {
        writer.open = Some(piece);
        writer.close(ctx)?;
    }
    Ok(())
}
