//! `wc`.

use applets::format::{decimal, right};
use applets::locale;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, Fd, fd, fs};

use super::input::{self, or_stdin};
use crate::Program;
use crate::dispatch::try_help;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const FILES: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "wc",
    "[OPTION]... [FILE]...\n  or:  wc [OPTION]... --files0-from=F",
    "Counts lines, words and bytes.",
    "clLmw",
    &[
        ("bytes", Takes::Nothing, b'c'),
        ("chars", Takes::Nothing, b'm'),
        ("lines", Takes::Nothing, b'l'),
        ("words", Takes::Nothing, b'w'),
        ("files0-from", Takes::Value, FILES),
        ("max-line-length", Takes::Nothing, b'L'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    lines: u64,
    words: u64,
    chars: u64,
    bytes: u64,
    longest: u64,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut shown: Vec<u8> = b"lwmcL".iter().copied().filter(|key| parsed.has(*key)).collect();
    if shown.is_empty() {
        shown = b"lwc".to_vec();
    }
    let mut names = parsed.operands.clone();
    let mut code = 0;
    if let Some(list) = parsed.value(FILES) {
        if let Some(first) = names.first() {
            let first = first.clone();
            ctx.complain(&[b"extra operand ", &quote::locale(&first)]);
            ctx.put_err(b"file operands cannot be combined with --files0-from\n");
            return Err(try_help(ctx, 1));
        }
        let text = input::content(list)
            .map_err(|error| ctx.die_errno(&[b"cannot open ", &quote::always(list), b" for reading"], error))?;
        let text = text.strip_suffix(b"\0").map_or(text.clone(), <[u8]>::to_vec);
        names = if text.is_empty() { Vec::new() } else { text.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect() };
        if names.is_empty() {
            return Ok(0);
        }
    }
    let plain = names.is_empty();
    let names = or_stdin(&names);
    let streamed = parsed.value(FILES) == Some(b"-");
    let width = if streamed { 1 } else { width(&names, shown.len()) };
    let (mut total, utf8) = (Counts::default(), locale::is_utf8());
    for name in &names {
        if name.is_empty() {
            ctx.complain(&[b"invalid zero-length file name"]);
            code = 1;
            continue;
        }
        let counted = Source::open(name).map_err(Stopped::from).and_then(|source| count(source.fd(), &shown, utf8));
        let counts = match counted {
            Ok(counts) => counts,
            Err(Stopped { error, counts }) => {
                ctx.perror(&[&quote::as_needed(name)], error);
                code = 1;
                match counts {
                    Some(counts) => counts,
                    None => continue,
                }
            }
        };
        total.add(&counts);
        print(ctx, &shown, &counts, width, if plain { None } else { Some(name) });
    }
    if names.len() > 1 {
        print(ctx, &shown, &total, width, Some(b"total"));
    }
    Ok(code)
}

impl From<Errno> for Stopped {
    fn from(error: Errno) -> Self {
        Self { error, counts: None }
    }
}

/// Why counting stopped, and what had been counted by then.
struct Stopped {
    error: Errno,
    counts: Option<Counts>,
}

/// The width of the numbers: that of the largest size, seven where a size is not known before.
fn width(names: &[Vec<u8>], columns: usize) -> usize {
    let stats: Vec<_> =
        names.iter().map(|name| if name == b"-" { fd::stat(fd::STDIN) } else { fs::stat(name) }).collect();
    if names.len() == 1 && columns == 1 {
        return 1;
    }
    let (mut least, mut total) = (1, 0);
    for stat in stats.into_iter().flatten() {
        if stat.mode.kind() == FileKind::Regular {
            total += stat.size;
        } else {
            least = 7;
        }
    }
    decimal(total).len().max(least)
}

fn print(ctx: &mut Context<'_>, shown: &[u8], counts: &Counts, width: usize, name: Option<&[u8]>) {
    let mut line = Vec::new();
    for key in shown {
        let number = match key {
            b'l' => counts.lines,
            b'w' => counts.words,
            b'm' => counts.chars,
            b'c' => counts.bytes,
            _ => counts.longest,
        };
        if !line.is_empty() {
            line.push(b' ');
        }
        right(&mut line, &decimal(number), width, b' ');
    }
    if let Some(name) = name {
        line.push(b' ');
        let quoted = if name.contains(&b'\n') { quote::always(name) } else { name.to_vec() };
        line.extend_from_slice(&quoted);
    }
    line.push(b'\n');
    ctx.put(&line);
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.words += other.words;
        self.chars += other.chars;
        self.bytes += other.bytes;
        self.longest = self.longest.max(other.longest);
    }
}

fn count(input: Fd, shown: &[u8], utf8: bool) -> Result<Counts, Stopped> {
    let mut counts = Counts::default();
    // A file's size is known without reading it.
    if shown == b"c"
        && let Ok(stat) = fd::stat(input)
        && stat.mode.kind() == FileKind::Regular
        && stat.size > 0
        && let Ok(here) = fd::seek(input, 0, fd::Whence::Current)
    {
        counts.bytes = stat.size.saturating_sub(here);
        return Ok(counts);
    }
    let words = shown.iter().any(|key| b"wmL".contains(key));
    let mut block = vec![0; 64 << 10];
    let (mut in_word, mut column) = (false, 0);
    loop {
        let n = match fd::read(input, &mut block) {
            Ok(0) => break,
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(error) => return Err(Stopped { error, counts: Some(counts) }),
        };
        let text = block.get(..n).unwrap_or_default();
        counts.bytes += n as u64;
        counts.lines += memchr::memchr_iter(b'\n', text).count() as u64;
        if !words {
            continue;
        }
        for byte in text {
            let starts = !utf8 || byte & 0xc0 != 0x80;
            counts.chars += u64::from(starts);
            match byte {
                b'\n' | b'\r' | 12 => {
                    counts.longest = counts.longest.max(column);
                    (column, in_word) = (0, false);
                }
                b'\t' => (column, in_word) = (column + 8 - column % 8, false),
                b' ' => (column, in_word) = (column + 1, false),
                11 => in_word = false,
                byte => {
                    let printable =
                        if utf8 { starts && *byte >= b' ' && *byte != 127 } else { matches!(byte, b' '..=b'~') };
                    column += u64::from(printable);
                    // What is no character and no space neither begins nor ends a word.
                    if printable && !in_word {
                        in_word = true;
                        counts.words += 1;
                    }
                }
            }
        }
    }
    counts.longest = counts.longest.max(column);
    Ok(counts)
}
