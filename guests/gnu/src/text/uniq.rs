//! `uniq`.

use applets::format::{decimal, right};
use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use crate::Program;
use crate::dispatch::{extra_operand, try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;

const GROUP: u8 = 0x80;
const ALL_REPEATED: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "uniq",
    "[OPTION]... [INPUT [OUTPUT]]",
    "Leaves out lines that repeat the one before.",
    "0123456789cdDf:is:uw:z",
    &[
        ("count", Takes::Nothing, b'c'),
        ("repeated", Takes::Nothing, b'd'),
        ("all-repeated", Takes::OptionalValue, ALL_REPEATED),
        ("group", Takes::OptionalValue, GROUP),
        ("ignore-case", Takes::Nothing, b'i'),
        ("unique", Takes::Nothing, b'u'),
        ("skip-fields", Takes::Value, b'f'),
        ("skip-chars", Takes::Value, b's'),
        ("check-chars", Takes::Value, b'w'),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// Where groups are parted by empty lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parted {
    No,
    Before,
    Between,
    After,
    Both,
}

struct Filter {
    fields: usize,
    chars: usize,
    most: usize,
    fold: bool,
    end: u8,
    count: bool,
    /// Lines that occur once are printed.
    single: bool,
    /// Of those that repeat, the first is printed.
    repeated: bool,
    /// All that repeat are printed.
    all: bool,
    group: bool,
    parted: Parted,
}

fn number(ctx: &mut Context<'_>, text: &[u8], what: &[u8]) -> Result<usize, Quit> {
    match size::parse(text, b"") {
        Ok(number) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
        Err(size::Wrong::TooLarge) => Ok(usize::MAX),
        Err(_) => Err(ctx.die(&[text, b": ", what])),
    }
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut filter = Filter {
        fields: 0,
        chars: 0,
        most: usize::MAX,
        fold: parsed.has(b'i'),
        end: if parsed.has(b'z') { 0 } else { b'\n' },
        count: parsed.has(b'c'),
        single: true,
        repeated: true,
        all: false,
        group: false,
        parted: Parted::No,
    };
    let mut old_fields: Option<usize> = None;
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'f' => filter.fields = number(ctx, text, b"invalid number of fields to skip")?,
            b's' => filter.chars = number(ctx, text, b"invalid number of bytes to skip")?,
            b'w' => filter.most = number(ctx, text, b"invalid number of bytes to compare")?,
            b'd' => filter.single = false,
            b'u' => filter.repeated = false,
            b'D' => (filter.all, filter.single) = (true, false),
            ALL_REPEATED => {
                (filter.all, filter.single) = (true, false);
                filter.parted = match value.as_deref() {
                    None | Some(b"none") => Parted::No,
                    Some(b"prepend") => Parted::Before,
                    Some(b"separate") => Parted::Between,
                    Some(other) => {
                        return Err(wrong_word(ctx, other, b"--all-repeated", &["none", "prepend", "separate"]));
                    }
                };
            }
            GROUP => {
                filter.group = true;
                filter.parted = match value.as_deref() {
                    None | Some(b"separate") => Parted::Between,
                    Some(b"prepend") => Parted::Before,
                    Some(b"append") => Parted::After,
                    Some(b"both") => Parted::Both,
                    Some(other) => {
                        return Err(wrong_word(ctx, other, b"--group", &["prepend", "append", "separate", "both"]));
                    }
                };
            }
            digit if digit.is_ascii_digit() => {
                old_fields = Some(old_fields.unwrap_or(0).saturating_mul(10).saturating_add(usize::from(digit - b'0')));
            }
            _ => {}
        }
    }
    filter.fields = old_fields.unwrap_or(filter.fields);
    if filter.group && (filter.count || filter.all || !filter.single || !filter.repeated) {
        return Err(wrong_usage(ctx, 1, &[b"--group is mutually exclusive with -c/-d/-D/-u"]));
    }
    if filter.all && filter.count {
        return Err(wrong_usage(ctx, 1, &[b"printing all duplicated lines and repeat counts is meaningless"]));
    }
    let (input, output) = match parsed.operands.as_slice() {
        [] => (&b"-"[..], None),
        [input] => (input.as_slice(), None),
        [input, output] => (input.as_slice(), Some(output.as_slice()).filter(|name| *name != b"-")),
        [_, _, third, ..] => return Err(extra_operand(ctx, 1, third)),
    };
    let source = Source::open(input).map_err(|error| ctx.die_errno(&[&quote::as_needed(input)], error))?;
    if let Some(path) = output {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
        let file = fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
        fd::dup2(file, fd::STDOUT, OpenFlags(0)).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
    }
    filter.copy(ctx, &source).map_err(|_| ctx.die(&[b"error reading ", &quote::always(input)]))?;
    Ok(0)
}

fn wrong_word(ctx: &mut Context<'_>, word: &[u8], option: &[u8], words: &[&str]) -> Quit {
    ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
    let mut text = b"Valid arguments are:\n".to_vec();
    for word in words {
        text.extend_from_slice(&[b"  - ", &quote::locale(word.as_bytes())[..], b"\n"].concat());
    }
    ctx.put_err(&text);
    try_help(ctx, 1)
}

impl Filter {
    /// What of a line is compared.
    fn key<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let mut rest = line;
        for _ in 0..self.fields {
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n')).count();
            let word = rest.iter().skip(blanks).take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n')).count();
            rest = rest.get(blanks + word..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
        }
        rest = rest.get(self.chars..).unwrap_or_default();
        rest.get(..self.most.min(rest.len())).unwrap_or_default()
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.key(a), self.key(b));
        if self.fold { a.eq_ignore_ascii_case(b) } else { a == b }
    }

    fn copy(&self, ctx: &mut Context<'_>, source: &Source) -> Result<(), Errno> {
        let mut reader = LineReader::new(source.fd(), self.end);
        let mut group: Vec<Vec<u8>> = Vec::new();
        let (mut count, mut printed) = (0u64, false);
        while let Some(line) = reader.next_line()? {
            let same = group.first().is_some_and(|first| self.equal(first, line.text));
            if same {
                count += 1;
                if self.all || self.group {
                    group.push(line.text.to_vec());
                }
            } else {
                self.print(ctx, &group, count, &mut printed);
                group.clear();
                group.push(line.text.to_vec());
                count = 1;
            }
            if ctx.write_error().is_some() {
                return Ok(());
            }
        }
        self.print(ctx, &group, count, &mut printed);
        if printed && matches!(self.parted, Parted::After | Parted::Both) {
            ctx.put(&[self.end]);
        }
        Ok(())
    }

    fn print(&self, ctx: &mut Context<'_>, group: &[Vec<u8>], count: u64, printed: &mut bool) {
        let wanted = if count == 1 { self.single || self.group } else { self.repeated };
        if count == 0 || !wanted {
            return;
        }
        let line_before = match self.parted {
            Parted::Before | Parted::Both => true,
            Parted::Between | Parted::After => *printed,
            Parted::No => false,
        };
        if line_before {
            ctx.put(&[self.end]);
        }
        *printed = true;
        for text in group {
            let mut line = Vec::with_capacity(text.len() + 9);
            if self.count {
                right(&mut line, &decimal(count), 7, b' ');
                line.push(b' ');
            }
            line.extend_from_slice(text);
            line.push(self.end);
            ctx.put(&line);
        }
    }
}
