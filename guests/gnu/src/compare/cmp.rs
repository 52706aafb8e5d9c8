//! GNU `cmp`: where two files differ.

use applets::options::{Long, Parsed, Spec, Takes};
use applets::source::Source;
use applets::{Context, Quit, locale, number};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, Fd, Input, fd};

use super::{DIFFERENT, TROUBLE};
use crate::Program;
use crate::dispatch::base_name;
use crate::program::HELP;
use crate::quote;

const HELP_TEXT: &str = include_str!("cmp-help.txt");

const VERSION: &str = "\
cmp (GNU diffutils) 3.8
Copyright (C) 2021 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Torbjorn Granlund and David MacKenzie.
";

const LONG: &[Long] = &[
    ("print-bytes", Takes::Nothing, b'b'),
    ("print-chars", Takes::Nothing, b'c'),
    ("ignore-initial", Takes::Value, b'i'),
    ("verbose", Takes::Nothing, b'l'),
    ("bytes", Takes::Value, b'n'),
    ("silent", Takes::Nothing, b's'),
    ("quiet", Takes::Nothing, b's'),
    ("version", Takes::Nothing, b'v'),
    ("help", Takes::Nothing, HELP),
];
const SPEC: Spec = Spec::new("bci:ln:sv", LONG);

const UNITS: &[(&[u8], u64)] = &[
    (b"kB", 1_000),
    (b"K", 1 << 10),
    (b"k", 1 << 10),
    (b"MB", 1_000_000),
    (b"M", 1 << 20),
    (b"GB", 1_000_000_000),
    (b"G", 1 << 30),
    (b"TB", 1_000_000_000_000),
    (b"T", 1 << 40),
];

/// The program.
pub const PROGRAM: Program = Program::whole("cmp", run).failing_with(TROUBLE);

struct Options {
    bytes: bool,
    verbose: bool,
    silent: bool,
    limit: u64,
    skip: [u64; 2],
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let zero = ctx.name;
    ctx.name = base_name(zero);
    let (parsed, wrong) = SPEC.read_all(ctx.args);
    let mut options = Options { bytes: false, verbose: false, silent: false, limit: u64::MAX, skip: [0; 2] };
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match *key {
            b'b' | b'c' => options.bytes = true,
            b'l' => options.verbose = true,
            b's' => options.silent = true,
            b'n' => {
                let limit = amount(value).ok_or_else(|| wrong_value(ctx, "bytes", value))?;
                options.limit = options.limit.min(limit);
            }
            b'i' => {
                let mut halves = value.splitn(2, |byte| *byte == b':');
                let (first, second) = (halves.next().unwrap_or_default(), halves.next());
                for (skip, text) in options.skip.iter_mut().zip([first, second.unwrap_or(first)]) {
                    let given = amount(text).ok_or_else(|| wrong_value(ctx, "ignore-initial", value))?;
                    *skip = given.max(*skip);
                }
            }
            b'v' => {
                ctx.put(VERSION.as_bytes());
                return Err(Quit(0));
            }
            HELP => {
                let first = [b"Usage: ", zero, b" [OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]\n"].concat();
                ctx.put(&[&first, HELP_TEXT.as_bytes()].concat());
                return Err(Quit(0));
            }
            _ => {}
        }
    }
    if let Some(message) = wrong {
        return Err(super::diff::try_help(ctx, &[&message]));
    }
    if options.verbose && options.silent {
        return Err(super::diff::try_help(ctx, &[b"options -l and -s are incompatible"]));
    }
    let mut operands = parsed.operands.iter();
    let Some(left) = operands.next() else {
        let name = quote::locale(ctx.name);
        return Err(super::diff::try_help(ctx, &[b"missing operand after ", &name]));
    };
    let right = operands.next().map_or(&b"-"[..], Vec::as_slice);
    for skip in &mut options.skip {
        if let Some(text) = operands.next() {
            let given = amount(text).ok_or_else(|| wrong_value(ctx, "ignore-initial", text))?;
            *skip = given.max(*skip);
        }
    }
    if let Some(extra) = operands.next() {
        let extra = quote::locale(extra);
        return Err(super::diff::try_help(ctx, &[b"extra operand ", &extra]));
    }
    compare(ctx, left, right, &options)
}

fn amount(text: &[u8]) -> Option<u64> {
    number::suffixed(text, UNITS)
}

fn wrong_value(ctx: &mut Context<'_>, option: &str, value: &[u8]) -> Quit {
    let value = quote::locale(value);
    super::diff::try_help(ctx, &[b"invalid --", option.as_bytes(), b" value ", &value])
}

/// One of the files.
struct Side<'a> {
    name: &'a [u8],
    source: Source,
    input: Input,
}

impl<'a> Side<'a> {
    fn open(ctx: &mut Context<'_>, name: &'a [u8], silent: bool) -> Result<Self, Quit> {
        let fail = |ctx: &mut Context<'_>, error: Errno| {
            if !silent {
                ctx.perror(&[name], error);
            }
            Quit(TROUBLE)
        };
        let source = Source::open(name).map_err(|error| fail(ctx, error))?;
        let input = source.reader();
        Ok(Self { name, source, input })
    }

    fn fd(&self) -> Fd {
        self.source.fd()
    }

    /// What is at hand; empty at the end.
    fn fill(&mut self, ctx: &mut Context<'_>, silent: bool) -> Result<&[u8], Quit> {
        use std::io::BufRead;
        let Self { name, input, .. } = self;
        input.fill_buf().map_err(|error| {
            if !silent {
                ctx.perror(&[name], Input::errno(&error));
            }
            Quit(TROUBLE)
        })
    }

    fn consume(&mut self, len: usize) {
        use std::io::BufRead;
        self.input.consume(len);
    }

    fn skip(&mut self, ctx: &mut Context<'_>, mut len: u64, silent: bool) -> Result<(), Quit> {
        while len > 0 {
            let n = self.fill(ctx, silent)?.len().min(usize::try_from(len).unwrap_or(usize::MAX));
            if n == 0 {
                break;
            }
            self.consume(n);
            len -= n as u64;
        }
        Ok(())
    }
}

fn compare(ctx: &mut Context<'_>, left: &[u8], right: &[u8], options: &Options) -> Result<u8, Quit> {
    let silent = options.silent;
    if left == right && options.skip[0] == options.skip[1] {
        return Ok(0);
    }
    let (mut one, mut other) = (Side::open(ctx, left, silent)?, Side::open(ctx, right, silent)?);
    let stats = (fd::stat(one.fd()).ok(), fd::stat(other.fd()).ok());
    if let (Some(a), Some(b)) = stats {
        let regular = a.mode.kind() == FileKind::Regular && b.mode.kind() == FileKind::Regular;
        if (a.dev, a.ino) == (b.dev, b.ino) && options.skip[0] == options.skip[1] && regular {
            return Ok(0);
        }
        let rest = |size: u64, skip: u64| size.saturating_sub(skip).min(options.limit);
        if silent && regular && rest(a.size, options.skip[0]) != rest(b.size, options.skip[1]) {
            return Ok(DIFFERENT);
        }
    }
    // The widest number that can be told.
    let longest = match stats {
        (Some(a), Some(b)) if a.mode.kind() == FileKind::Regular && b.mode.kind() == FileKind::Regular => {
            a.size.saturating_sub(options.skip[0]).min(b.size.saturating_sub(options.skip[1])).min(options.limit)
        }
        _ => options.limit.min(i64::MAX as u64),
    };
    let width = longest.to_string().len();
    one.skip(ctx, options.skip[0], silent)?;
    other.skip(ctx, options.skip[1], silent)?;
    let (mut at, mut line, mut differs) = (0u64, 1u64, false);
    let mut ends_line = true;
    while at < options.limit {
        let room = usize::try_from(options.limit - at).unwrap_or(usize::MAX);
        let a = one.fill(ctx, silent)?;
        let b = other.fill(ctx, silent)?;
        let n = a.len().min(b.len()).min(room);
        if n == 0 {
            let shorter = match (a.is_empty(), b.is_empty()) {
                (true, true) => break,
                (true, false) => one.name,
                _ => other.name,
            };
            if !silent {
                tell_end(ctx, shorter, at, line, ends_line, options.verbose);
            }
            return Ok(DIFFERENT);
        }
        let (a, b) = (a.get(..n).unwrap_or_default(), b.get(..n).unwrap_or_default());
        if a == b {
            line += memchr::memchr_iter(b'\n', a).count() as u64;
        } else {
            for (index, (x, y)) in a.iter().zip(b).enumerate() {
                if x != y {
                    differs = true;
                    let place = at + index as u64 + 1;
                    if silent {
                        return Ok(DIFFERENT);
                    }
                    if !options.verbose {
                        tell(ctx, (left, right), place, line, options.bytes.then_some((*x, *y)));
                        return Ok(DIFFERENT);
                    }
                    let text = if options.bytes {
                        format!("{place:width$} {x:3o} {:<4} {y:3o} {}\n", visible(*x), visible(*y))
                    } else {
                        format!("{place:width$} {x:3o} {y:3o}\n")
                    };
                    ctx.put(text.as_bytes());
                }
                line += u64::from(*x == b'\n');
            }
        }
        ends_line = a.last() == Some(&b'\n');
        at += n as u64;
        one.consume(n);
        other.consume(n);
    }
    Ok(if differs { DIFFERENT } else { 0 })
}

/// Tells the first difference.
fn tell(ctx: &mut Context<'_>, (left, right): (&[u8], &[u8]), at: u64, line: u64, bytes: Option<(u8, u8)>) {
    // POSIX calls bytes characters, where the locale is its own.
    let unit = if bytes.is_some() || locale::is_utf8() { "byte" } else { "char" };
    let mut text = [left, b" ", right].concat();
    text.extend_from_slice(format!(" differ: {unit} {at}, line {line}").as_bytes());
    if let Some((x, y)) = bytes {
        text.extend_from_slice(format!(" is {x:3o} {} {y:3o} {}", visible(x), visible(y)).as_bytes());
    }
    text.push(b'\n');
    ctx.put(&text);
}

fn tell_end(ctx: &mut Context<'_>, name: &[u8], at: u64, line: u64, ends_line: bool, verbose: bool) {
    let text = if at == 0 {
        " which is empty".to_owned()
    } else if verbose {
        format!(" after byte {at}")
    } else if ends_line {
        format!(" after byte {at}, line {}", line - 1)
    } else {
        format!(" after byte {at}, in line {line}")
    };
    ctx.complain(&[b"EOF on ", name, text.as_bytes()]);
}

/// A byte as `cat -t` shows it.
fn visible(byte: u8) -> String {
    let (prefix, byte) = if byte >= 128 { ("M-", byte - 128) } else { ("", byte) };
    match byte {
        0..32 => format!("{prefix}^{}", char::from(byte + 64)),
        127 => format!("{prefix}^?"),
        _ => format!("{prefix}{}", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn bytes_are_shown() {
        let shown: Vec<String> = [b'a', 0, 0x7f, 0x80, 0xff, b' '].into_iter().map(visible).collect();
        assert_eq!(shown, ["a", "^@", "^?", "M-^@", "M-^?", " "]);
    }
}
