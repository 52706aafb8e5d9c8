//! `shuf`.

use std::collections::BTreeMap;

use applets::format::{decimal, parse_decimal};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use super::input::content;
use crate::Program;
use crate::dispatch::{extra_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::random::Random;
use crate::size;

const SOURCE: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "shuf",
    "[OPTION]... [FILE]\n  or:  shuf -e [OPTION]... [ARG]...\n  or:  shuf -i LO-HI [OPTION]...",
    "Prints lines in random order.",
    "ei:n:o:rz",
    &[
        ("echo", Takes::Nothing, b'e'),
        ("input-range", Takes::Value, b'i'),
        ("head-count", Takes::Value, b'n'),
        ("output", Takes::Value, b'o'),
        ("random-source", Takes::Value, SOURCE),
        ("repeat", Takes::Nothing, b'r'),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// What is shuffled.
enum Items {
    /// Numbers from the first on.
    Range {
        first: u64,
        count: u64,
    },
    Lines(Vec<Vec<u8>>),
}

impl Items {
    fn count(&self) -> u64 {
        match self {
            Self::Range { count, .. } => *count,
            Self::Lines(lines) => lines.len() as u64,
        }
    }

    fn text(&self, at: u64) -> Vec<u8> {
        match self {
            Self::Range { first, .. } => decimal(first + at),
            Self::Lines(lines) => lines.get(at as usize).cloned().unwrap_or_default(),
        }
    }
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let mut limit = u64::MAX;
    let (mut range, mut output, mut source): (_, Option<&[u8]>, Option<&[u8]>) = (None, None, None);
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'i' => {
                if range.is_some() {
                    return Err(ctx.die(&[b"multiple -i options specified"]));
                }
                range = Some(read_range(ctx, text)?);
            }
            b'n' => match size::parse(text, b"") {
                Ok(count) => limit = limit.min(count),
                Err(size::Wrong::TooLarge) => {}
                Err(_) => return Err(ctx.die(&[b"invalid line count: ", &quote::locale(text)])),
            },
            b'o' if output.is_some_and(|before| before != text) => {
                return Err(ctx.die(&[b"multiple output files specified"]));
            }
            b'o' => output = Some(text),
            SOURCE if source.is_some_and(|before| before != text) => {
                return Err(ctx.die(&[b"multiple random sources specified"]));
            }
            SOURCE => source = Some(text),
            _ => {}
        }
    }
    if parsed.has(b'e') && range.is_some() {
        return Err(wrong_usage(ctx, 1, &[b"cannot combine -e and -i options"]));
    }
    let repeats = parsed.has(b'r');
    let items = match (range, parsed.operands.as_slice()) {
        (Some((first, count)), []) => Items::Range { first, count },
        (Some(_), [extra, ..]) => return Err(extra_operand(ctx, 1, extra)),
        (None, args) if parsed.has(b'e') => Items::Lines(args.to_vec()),
        (None, [_, second, ..]) => return Err(extra_operand(ctx, 1, second)),
        (None, names) => {
            let name = names.first().map_or(b"-".as_slice(), Vec::as_slice);
            let text = if limit == 0 && !repeats { Ok(Vec::new()) } else { content(name) };
            let text = text.map_err(|error| match error {
                Errno::Isdir => ctx.die_errno(&[b"read error"], error),
                error => ctx.die_errno(&[&quote::as_needed(name)], error),
            })?;
            let body = text.strip_suffix(&[end]).unwrap_or(&text);
            let lines = body.split(|byte| *byte == end).map(<[u8]>::to_vec);
            Items::Lines(if text.is_empty() { Vec::new() } else { lines.collect() })
        }
    };
    let mut random = Random::open(ctx, source)?;
    if let Some(path) = output {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
        let opened = fs::open(path, flags, 0o666);
        let file = opened.map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
        // All that is written goes to this file.
        fd::dup2(file, fd::STDOUT, OpenFlags::default())
            .map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
    }
    if repeats {
        if items.count() == 0 && limit > 0 {
            return Err(ctx.die(&[b"no lines to repeat"]));
        }
        while limit > 0 && ctx.write_error().is_none() {
            let at = random.below(ctx, items.count())?;
            put(ctx, &items, at, end);
            limit -= 1;
        }
        return Ok(0);
    }
    // The items that have been exchanged: all others are where they were.
    let mut moved: BTreeMap<u64, u64> = BTreeMap::new();
    let count = items.count();
    let mut order = Vec::new();
    for at in 0..count.min(limit) {
        let other = at + random.below(ctx, count - at)?;
        let chosen = moved.get(&other).copied().unwrap_or(other);
        let here = moved.remove(&at).unwrap_or(at);
        if other != at {
            moved.insert(other, here);
        }
        order.push(chosen);
    }
    for at in order {
        put(ctx, &items, at, end);
        if ctx.write_error().is_some() {
            break;
        }
    }
    Ok(0)
}

fn put(ctx: &mut Context<'_>, items: &Items, at: u64, end: u8) {
    let mut line = items.text(at);
    line.push(end);
    ctx.put(&line);
}

/// The first number and how many there are.
fn read_range(ctx: &mut Context<'_>, text: &[u8]) -> Result<(u64, u64), Quit> {
    let wrong = b"invalid input range: ";
    let Some(dash) = text.iter().position(|byte| *byte == b'-') else {
        return Err(ctx.die(&[wrong, &quote::locale(text)]));
    };
    let mut number = |text: &[u8]| match parse_decimal(text) {
        Some(number) => Ok(number),
        None if !text.is_empty() && text.iter().all(u8::is_ascii_digit) => {
            Err(ctx.die_errno(&[wrong, &quote::locale(text)], Errno::Overflow))
        }
        None => Err(ctx.die(&[wrong, &quote::locale(text)])),
    };
    let first = number(text.get(..dash).unwrap_or_default())?;
    let last = number(text.get(dash + 1..).unwrap_or_default())?;
    // A range that ends just before it begins is empty.
    let count = last.checked_add(1).and_then(|end| end.checked_sub(first));
    count.map(|count| (first, count)).ok_or_else(|| ctx.die(&[wrong, &quote::locale(text)]))
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    #[test]
    fn ranges() {
        let (code, out, _) = run(&PROGRAM, &["-i", "1-50"]);
        let mut numbers: Vec<u32> = out.lines().map(|line| line.parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!((code, numbers), (0, (1..=50).collect()));
        assert_eq!(run(&PROGRAM, &["-i", "5-4"]), (0, String::new(), String::new()));
        assert_eq!(run(&PROGRAM, &["-i", "5-3"]).2, "shuf: invalid input range: '5-3'\n");
        assert_eq!(run(&PROGRAM, &["-n", "2", "-e", "x"]).1, "x\n");
    }
}
