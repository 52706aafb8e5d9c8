//! `tail`.

use std::collections::VecDeque;

use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, Fd, fd, fs, signal, time};

use super::input::or_stdin;
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, UNITS};

const RETRY: u8 = 0x80;
const PID: u8 = 0x81;
const UNCHANGED: u8 = 0x82;
const FOLLOW: u8 = 0x83;

/// The program.
pub const PROGRAM: Program = Program::new(
    "tail",
    "[OPTION]... [FILE]...",
    "Prints the last lines of files.",
    "c:n:fFqs:vz0123456789",
    &[
        ("bytes", Takes::Value, b'c'),
        ("follow", Takes::OptionalValue, FOLLOW),
        ("lines", Takes::Value, b'n'),
        ("max-unchanged-stats", Takes::Value, UNCHANGED),
        ("pid", Takes::Value, PID),
        ("quiet", Takes::Nothing, b'q'),
        ("retry", Takes::Nothing, RETRY),
        ("silent", Takes::Nothing, b'q'),
        ("sleep-interval", Takes::Value, b's'),
        ("verbose", Takes::Nothing, b'v'),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

#[derive(Debug, Clone, Copy)]
struct Amount {
    count: u64,
    bytes: bool,
    /// From the so-manieth on.
    from_start: bool,
}

/// A file that is followed.
struct Followed {
    name: Vec<u8>,
    source: Option<Source>,
    identity: (u64, u64),
    size: u64,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut amount = Amount { count: 10, bytes: false, from_start: false };
    let mut parsed = parsed.clone();
    let mut follow = None;
    old_form(ctx, &mut parsed, &mut amount, &mut follow)?;
    let mut interval = 1_000_000_000;
    let mut pid = None;
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'c' | b'n' => {
                amount.bytes = *key == b'c';
                amount.from_start = text.starts_with(b"+");
                let digits = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
                let what: &[u8] = if amount.bytes { b"invalid number of bytes" } else { b"invalid number of lines" };
                let wrong = size::parse(digits, UNITS).is_err();
                amount.count = size::parse_or_tell(ctx, if wrong { text } else { digits }, UNITS, what, 1)?;
            }
            b'f' => follow = follow.or(Some(false)),
            b'F' => {
                follow = Some(true);
            }
            FOLLOW => match value.as_deref() {
                None | Some(b"descriptor") => follow = Some(false),
                Some(b"name") => follow = Some(true),
                Some(other) => {
                    ctx.complain(&[b"invalid argument ", &quote::locale(other), b" for ", &quote::locale(b"--follow")]);
                    ctx.put_err(b"Valid arguments are:\n  - 'descriptor'\n  - 'name'\n");
                    return Err(crate::dispatch::try_help(ctx, 1));
                }
            },
            b's' => {
                interval = applets::core::sleep::duration(text)
                    .map_err(|_| ctx.die(&[b"invalid number of seconds: ", &quote::locale(text)]))?;
            }
            PID => {
                let number = applets::format::parse_decimal(text).and_then(|pid| i32::try_from(pid).ok());
                pid = Some(number.ok_or_else(|| ctx.die(&[b"invalid PID: ", &quote::locale(text)]))?);
            }
            digit if digit.is_ascii_digit() => {
                ctx.complain(&[b"option used in invalid context -- ", &[digit]]);
                return Err(Quit(1));
            }
            _ => {}
        }
    }
    let titles = match parsed.last_of(b"qv") {
        Some(b'v') => true,
        Some(_) => false,
        None => parsed.operands.len() > 1,
    };
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let (mut code, mut first) = (0, true);
    let mut followed = Vec::new();
    for name in or_stdin(&parsed.operands) {
        let shown = if name == b"-" { b"standard input".to_vec() } else { name.clone() };
        let source = match Source::open(&name) {
            Ok(source) => source,
            Err(error) => {
                ctx.perror(&[b"cannot open ", &quote::always(&shown), b" for reading"], error);
                code = 1;
                if follow == Some(true) {
                    followed.push(Followed { name, source: None, identity: (0, 0), size: 0 });
                }
                continue;
            }
        };
        if titles {
            ctx.put(&[if first { &b"==> "[..] } else { b"\n==> " }, &shown, b" <==\n"].concat());
            first = false;
        }
        if let Err(error) = copy(ctx, source.fd(), amount, end) {
            ctx.perror(&[b"error reading ", &quote::always(&shown)], error);
            code = 1;
            continue;
        }
        if let Some(entry) = Followed::of(name, source).filter(|_| follow.is_some()) {
            followed.push(entry);
        }
    }
    if let Some(by_name) = follow.filter(|_| !followed.is_empty()) {
        watch(ctx, &mut followed, by_name, interval, titles, pid);
    } else if follow.is_some() && code != 0 {
        ctx.complain(&[b"no files remaining"]);
    }
    Ok(code)
}

/// `-5`, `-5c`, `+5`, `-f`: the form from before there were options.
fn old_form(
    ctx: &mut Context<'_>,
    parsed: &mut Parsed,
    amount: &mut Amount,
    follow: &mut Option<bool>,
) -> Result<(), Quit> {
    let args = ctx.args;
    let Some((first, rest)) = args.split_first() else { return Ok(()) };
    let (sign, text) = match first.split_first() {
        Some((sign @ (b'-' | b'+'), text)) => (*sign, text),
        _ => return Ok(()),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let letters = text.get(digits..).unwrap_or_default();
    let fits = match letters {
        [] | [b'f'] => true,
        [b'c' | b'b' | b'l'] | [b'c' | b'b' | b'l', b'f'] => true,
        _ => false,
    };
    if !fits
        || digits == 0 && sign == b'-'
        || rest.len() > 1 && !(rest.len() == 2 && rest.first().is_some_and(|arg| arg == b"--"))
    {
        return Ok(());
    }
    if sign == b'+' && digits == 0 {
        return Ok(());
    }
    let mut number = text.get(..digits).unwrap_or_default().to_vec();
    amount.from_start = sign == b'+';
    amount.bytes = matches!(letters.first(), Some(b'c' | b'b'));
    if letters.first() == Some(&b'b') {
        number.push(b'b');
    }
    amount.count = size::parse_or_tell(ctx, &number, UNITS, b"invalid number", 1)?;
    if letters.contains(&b'f') {
        *follow = Some(false);
    }
    let operands = rest.iter().filter(|arg| *arg != b"--").cloned().collect();
    *parsed = Parsed { options: Vec::new(), operands };
    Ok(())
}

/// Moves to `back` bytes before the end, where the file has one; whether that went well.
fn seek_back(input: Fd, back: u64) -> Option<()> {
    let stat = fd::stat(input).ok().filter(|stat| stat.mode.kind() == FileKind::Regular && stat.size > 0)?;
    let here = fd::seek(input, 0, fd::Whence::Current).ok()?;
    let start = stat.size.saturating_sub(back).max(here);
    fd::seek(input, i64::try_from(start).ok()?, fd::Whence::Set).ok()?;
    Some(())
}

fn copy(ctx: &mut Context<'_>, input: Fd, amount: Amount, end: u8) -> Result<(), Errno> {
    if amount.from_start {
        let skipped = amount.count.saturating_sub(1);
        let mut reader = LineReader::new(input, end);
        if amount.bytes {
            let content = fs::read_to_end(input)?;
            ctx.put(content.get(usize::try_from(skipped).unwrap_or(usize::MAX)..).unwrap_or_default());
            return Ok(());
        }
        for _ in 0..skipped {
            if reader.next_line()?.is_none() {
                return Ok(());
            }
        }
        loop {
            let block = reader.next_block()?;
            if block.is_empty() || ctx.write_error().is_some() {
                return Ok(());
            }
            ctx.put(block);
        }
    }
    if amount.bytes {
        let sought = seek_back(input, amount.count);
        let content = fs::read_to_end(input)?;
        let start = if sought.is_some() {
            0
        } else {
            content.len().saturating_sub(usize::try_from(amount.count).unwrap_or(usize::MAX))
        };
        ctx.put(content.get(start..).unwrap_or_default());
        return Ok(());
    }
    last_lines(ctx, input, amount.count, end)
}

/// How much of a file's end is looked at first, in bytes.
const END: u64 = 64 << 10;

fn last_lines(ctx: &mut Context<'_>, input: Fd, count: u64, end: u8) -> Result<(), Errno> {
    let here = fd::seek(input, 0, fd::Whence::Current);
    if let Ok(here) = here
        && seek_back(input, END).is_some()
    {
        let content = fs::read_to_end(input)?;
        if let Some(start) = start_of_last(&content, count, end) {
            ctx.put(content.get(start..).unwrap_or_default());
            return Ok(());
        }
        fd::seek(input, i64::try_from(here).unwrap_or(0), fd::Whence::Set)?;
    }
    let mut held: VecDeque<Vec<u8>> = VecDeque::new();
    let mut reader = LineReader::new(input, end);
    while let Some(line) = reader.next_line()? {
        let mut text = line.text.to_vec();
        if line.terminated {
            text.push(end);
        }
        held.push_back(text);
        if held.len() as u64 > count {
            held.pop_front();
        }
    }
    held.iter().for_each(|line| ctx.put(line));
    Ok(())
}

/// Where the last `count` lines begin, if they begin behind the text's start.
fn start_of_last(text: &[u8], count: u64, end: u8) -> Option<usize> {
    if count == 0 {
        return Some(text.len());
    }
    let body = text.strip_suffix(&[end]).unwrap_or(text);
    let mut left = count;
    let mut to = body.len();
    loop {
        let at = memchr::memrchr(end, body.get(..to)?)?;
        left -= 1;
        if left == 0 {
            return Some(at + 1);
        }
        to = at;
    }
}

impl Followed {
    fn of(name: Vec<u8>, source: Source) -> Option<Self> {
        let stat = fd::stat(source.fd()).ok()?;
        // What comes through a pipe has been read to its end.
        if source.fd() == fd::STDIN && stat.mode.kind() != FileKind::Regular {
            return None;
        }
        let size = fd::seek(source.fd(), 0, fd::Whence::Current).unwrap_or(0);
        Some(Self { name, source: Some(source), identity: (stat.dev, stat.ino), size })
    }
}

fn watch(ctx: &mut Context<'_>, files: &mut [Followed], by_name: bool, interval: u64, titles: bool, pid: Option<i32>) {
    let mut last = files.len().saturating_sub(1);
    let count = files.len();
    loop {
        let gone = pid.is_some_and(|pid| signal::kill(pid, None) == Err(Errno::Srch));
        for (at, file) in files.iter_mut().enumerate() {
            if by_name {
                look_again(ctx, file);
            }
            let Some(source) = &file.source else { continue };
            let size = fd::stat(source.fd()).map_or(file.size, |stat| stat.size);
            if size < file.size {
                ctx.complain(&[&quote::as_needed(&file.name), b": file truncated"]);
                if fd::seek(source.fd(), 0, fd::Whence::Set).is_err() {
                    continue;
                }
            }
            let Ok(new) = fs::read_to_end(source.fd()) else { continue };
            file.size = fd::seek(source.fd(), 0, fd::Whence::Current).unwrap_or(size);
            if new.is_empty() {
                continue;
            }
            if titles && count > 1 && last != at {
                ctx.put(&[b"\n==> ", &file.name[..], b" <==\n"].concat());
            }
            last = at;
            ctx.put(&new);
        }
        ctx.flush();
        if gone || ctx.write_error().is_some() {
            return;
        }
        // A signal that is handled only wakes it early.
        let _ = time::sleep(interval);
    }
}

/// Looks whether the name leads to another file by now.
fn look_again(ctx: &mut Context<'_>, file: &mut Followed) {
    let found = fs::stat(&file.name).ok().map(|stat| (stat.dev, stat.ino));
    match found {
        Some(identity) if identity == file.identity => {}
        Some(identity) => {
            let appeared = file.source.is_none();
            let Ok(source) = Source::open(&file.name) else { return };
            let what: &[u8] = if appeared {
                b" has appeared;  following new file"
            } else {
                b" has been replaced;  following new file"
            };
            ctx.complain(&[&quote::always(&file.name), what]);
            (file.source, file.identity, file.size) = (Some(source), identity, 0);
        }
        None if file.source.is_some() => {
            ctx.perror(&[&quote::always(&file.name), b" has become inaccessible"], Errno::Noent);
            (file.source, file.identity) = (None, (0, 0));
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::start_of_last;

    #[test]
    fn where_the_last_lines_begin() {
        assert_eq!(start_of_last(b"a\nb\nc\n", 1, b'\n'), Some(4));
        assert_eq!(start_of_last(b"a\nb\nc", 2, b'\n'), Some(2));
        assert_eq!(start_of_last(b"a\nb\n", 2, b'\n'), None);
        assert_eq!(start_of_last(b"a\n", 0, b'\n'), Some(2));
    }
}
