//! `sort`.

use core::cmp::Ordering;

use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use super::compare::{general, human, month, numbers};
use super::input::{content, or_stdin};
use super::versions;
use crate::Program;
use crate::dispatch::try_help;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;

/// The exit code for trouble; 1 means that the input is in disorder.
const TROUBLE: u8 = 2;

const BATCH: u8 = 0x80;
const CHECK: u8 = 0x81;
const COMPRESS: u8 = 0x82;
const DEBUG: u8 = 0x83;
const FILES: u8 = 0x84;
const SORT: u8 = 0x85;
const PARALLEL: u8 = 0x86;
const RANDOM_SOURCE: u8 = 0x87;

/// The program.
pub const PROGRAM: Program = Program::new(
    "sort",
    "[OPTION]... [FILE]...\n  or:  sort [OPTION]... --files0-from=F",
    "Sorts lines.",
    "bcCdfghik:mMno:rRsS:t:T:uVy:z",
    &[
        ("ignore-leading-blanks", Takes::Nothing, b'b'),
        ("batch-size", Takes::Value, BATCH),
        ("check", Takes::OptionalValue, CHECK),
        ("compress-program", Takes::Value, COMPRESS),
        ("debug", Takes::Nothing, DEBUG),
        ("dictionary-order", Takes::Nothing, b'd'),
        ("ignore-case", Takes::Nothing, b'f'),
        ("files0-from", Takes::Value, FILES),
        ("general-numeric-sort", Takes::Nothing, b'g'),
        ("ignore-nonprinting", Takes::Nothing, b'i'),
        ("key", Takes::Value, b'k'),
        ("merge", Takes::Nothing, b'm'),
        ("month-sort", Takes::Nothing, b'M'),
        ("numeric-sort", Takes::Nothing, b'n'),
        ("human-numeric-sort", Takes::Nothing, b'h'),
        ("version-sort", Takes::Nothing, b'V'),
        ("random-sort", Takes::Nothing, b'R'),
        ("random-source", Takes::Value, RANDOM_SOURCE),
        ("sort", Takes::Value, SORT),
        ("output", Takes::Value, b'o'),
        ("reverse", Takes::Nothing, b'r'),
        ("stable", Takes::Nothing, b's'),
        ("buffer-size", Takes::Value, b'S'),
        ("field-separator", Takes::Value, b't'),
        ("temporary-directory", Takes::Value, b'T'),
        ("unique", Takes::Nothing, b'u'),
        ("zero-terminated", Takes::Nothing, b'z'),
        ("parallel", Takes::Value, PARALLEL),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.failing_with(TROUBLE)
.lacking("--debug; -R shuffles by a hash of its own; all input is held in memory");

/// How the texts of a key compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Order {
    blanks: bool,
    end_blanks: bool,
    dictionary: bool,
    fold: bool,
    printing: bool,
    reverse: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Text,
    Number,
    General,
    Human,
    Month,
    Version,
    Random,
}

/// A part of a line: from a field and a character to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    field: usize,
    char: usize,
    end: Option<(usize, usize)>,
    order: Order,
    own_order: bool,
}

struct Sorting {
    keys: Vec<Key>,
    order: Order,
    separator: Option<u8>,
    unique: bool,
    stable: bool,
    end: u8,
    seed: u64,
}

fn set(order: &mut Order, letter: u8) -> bool {
    match letter {
        b'b' => (order.blanks, order.end_blanks) = (true, true),
        b'd' => order.dictionary = true,
        b'f' => order.fold = true,
        b'i' => order.printing = true,
        b'r' => order.reverse = true,
        b'n' => order.kind = Kind::Number,
        b'g' => order.kind = Kind::General,
        b'h' => order.kind = Kind::Human,
        b'M' => order.kind = Kind::Month,
        b'V' => order.kind = Kind::Version,
        b'R' => order.kind = Kind::Random,
        _ => return false,
    }
    true
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut sorting = Sorting {
        keys: Vec::new(),
        order: Order::default(),
        separator: None,
        unique: parsed.has(b'u'),
        stable: parsed.has(b's'),
        end: if parsed.has(b'z') { 0 } else { b'\n' },
        seed: 0,
    };
    let mut check = None;
    let mut output: Option<Vec<u8>> = None;
    let mut letters = Vec::new();
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            letter if set(&mut sorting.order, letter) => letters.push(letter),
            b'k' => {
                let key = read_key(ctx, text)?;
                sorting.keys.push(key);
            }
            b't' => match text {
                [] => return Err(trouble(ctx, &[b"empty tab"])),
                b"\\0" => sorting.separator = Some(0),
                [one] => match sorting.separator {
                    Some(other) if other != *one => return Err(trouble(ctx, &[b"incompatible tabs"])),
                    _ => sorting.separator = Some(*one),
                },
                text => return Err(trouble(ctx, &[b"multi-character tab ", &quote::locale(text)])),
            },
            b'c' => check = Some(false),
            b'C' => check = Some(true),
            CHECK => match value.as_deref() {
                None | Some(b"diagnose-first") => check = Some(false),
                Some(b"quiet" | b"silent") => check = Some(true),
                Some(word) => {
                    return Err(wrong_word(ctx, word, b"--check", &[&["quiet", "silent"], &["diagnose-first"]]));
                }
            },
            SORT => {
                const WORDS: [(&str, u8); 6] = [
                    ("general-numeric", b'g'),
                    ("human-numeric", b'h'),
                    ("month", b'M'),
                    ("numeric", b'n'),
                    ("random", b'R'),
                    ("version", b'V'),
                ];
                match WORDS.iter().find(|(name, _)| !text.is_empty() && name.as_bytes().starts_with(text)) {
                    Some((_, letter)) => {
                        set(&mut sorting.order, *letter);
                        letters.push(*letter);
                    }
                    None => {
                        let rows: Vec<[&str; 1]> = WORDS.iter().map(|(name, _)| [*name]).collect();
                        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 1]>::as_slice).collect();
                        return Err(wrong_word(ctx, text, b"--sort", &rows));
                    }
                }
            }
            b'o' => {
                if output.as_deref().is_some_and(|other| other != text) {
                    return Err(trouble(ctx, &[b"multiple output files specified"]));
                }
                output = Some(text.to_vec());
            }
            b'S' => {
                let number = text.strip_suffix(b"%").unwrap_or(text);
                if size::parse(number, size::UNITS).is_err() {
                    let long = ctx.args.iter().any(|arg| arg.starts_with(b"--bu"));
                    let option: &[u8] = if long { b"--buffer-size" } else { b"-S" };
                    return Err(trouble(ctx, &[b"invalid ", option, b" argument ", &quote::locale(text)]));
                }
            }
            BATCH | PARALLEL => {
                let name: &[u8] = if *key == BATCH { b"batch-size" } else { b"parallel" };
                if size::parse(text, b"").is_err() {
                    return Err(trouble(ctx, &[b"invalid --", name, b" argument ", &quote::locale(text)]));
                }
            }
            DEBUG => return Err(trouble(ctx, &[b"--debug is not supported here"])),
            _ => {}
        }
    }
    incompatible(ctx, &sorting, &letters)?;
    let whole = sorting.order;
    for key in &mut sorting.keys {
        if !key.own_order {
            key.order = whole;
        }
    }
    if whole.kind == Kind::Random || sorting.keys.iter().any(|key| key.order.kind == Kind::Random) {
        let mut bytes = [0; 8];
        wcr_sys::random(&mut bytes).map_err(|error| trouble_errno(ctx, &[b"random"], error))?;
        sorting.seed = u64::from_le_bytes(bytes);
    }
    let mut operands = parsed.operands.clone();
    if let Some(list) = parsed.value(FILES) {
        if let Some(first) = operands.first() {
            let first = first.clone();
            ctx.complain(&[b"extra operand ", &quote::locale(&first)]);
            ctx.put_err(b"file operands cannot be combined with --files0-from\n");
            return Err(try_help(ctx, TROUBLE));
        }
        let text =
            content(list).map_err(|error| trouble_errno(ctx, &[b"open failed: ", &quote::as_needed(list)], error))?;
        let text = text.strip_suffix(b"\0").unwrap_or(&text);
        if text.is_empty() {
            return Err(trouble(ctx, &[b"no input from ", &quote::locale(list)]));
        }
        operands = text.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    }
    let operands = or_stdin(&operands);
    if let Some(silent) = check {
        if let Some(extra) = operands.get(1) {
            let letter: &[u8] = if silent { b"C" } else { b"c" };
            return Err(trouble(ctx, &[b"extra operand ", &quote::locale(extra), b" not allowed with -", letter]));
        }
        if output.is_some() {
            let letter: &[u8] = if silent { b"C" } else { b"c" };
            return Err(trouble(ctx, &[b"options '-", letter, b"o' are incompatible"]));
        }
        return sorting.check(ctx, operands.first().map(Vec::as_slice).unwrap_or(b"-"), silent);
    }
    let mut text = Vec::new();
    for name in &operands {
        let read = match Source::open(name) {
            Ok(source) => fs::read_to_end(source.fd()).map_err(|error| (&b"read failed: "[..], error)),
            Err(error) => Err((&b"cannot read: "[..], error)),
        };
        match read {
            Ok(more) => {
                text.extend_from_slice(&more);
                if !more.is_empty() && !more.ends_with(&[sorting.end]) {
                    text.push(sorting.end);
                }
            }
            Err((what, error)) => return Err(trouble_errno(ctx, &[what, &quote::as_needed(name)], error)),
        }
    }
    if let Some(path) = &output {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
        let opened = fs::open(path, flags, 0o666).and_then(|file| fd::dup2(file, fd::STDOUT, OpenFlags::default()));
        opened.map_err(|error| trouble_errno(ctx, &[b"open failed: ", &quote::as_needed(path)], error))?;
    }
    sorting.print(ctx, &text);
    Ok(0)
}

fn trouble(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    Quit(TROUBLE)
}

fn trouble_errno(ctx: &mut Context<'_>, parts: &[&[u8]], error: Errno) -> Quit {
    ctx.perror(parts, error);
    Quit(TROUBLE)
}

fn wrong_word(ctx: &mut Context<'_>, word: &[u8], option: &[u8], rows: &[&[&str]]) -> Quit {
    ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
    let mut text = b"Valid arguments are:\n".to_vec();
    for row in rows {
        let names: Vec<Vec<u8>> = row.iter().map(|name| quote::locale(name.as_bytes())).collect();
        text.extend_from_slice(&[b"  - ", &names.join(&b", "[..])[..], b"\n"].concat());
    }
    ctx.put_err(&text);
    try_help(ctx, TROUBLE)
}

/// Refuses orders that contradict each other.
fn incompatible(ctx: &mut Context<'_>, sorting: &Sorting, letters: &[u8]) -> Result<(), Quit> {
    let kinds: Vec<u8> = b"ghMnRV".iter().copied().filter(|kind| letters.contains(kind)).collect();
    let mut wrong = kinds.clone();
    if kinds.len() == 1 && !matches!(kinds.first(), Some(b'R' | b'V')) {
        let texts = b"di".iter().copied().filter(|letter| letters.contains(letter));
        wrong = texts.chain(kinds.iter().copied()).collect();
    }
    if wrong.len() > 1 && sorting.keys.is_empty() {
        wrong.sort_unstable_by_key(|letter| (letter.to_ascii_lowercase(), *letter));
        return Err(trouble(ctx, &[b"options '-", &wrong, b"' are incompatible"]));
    }
    Ok(())
}

fn read_key(ctx: &mut Context<'_>, text: &[u8]) -> Result<Key, Quit> {
    let shown = quote::locale(text);
    let mut at = 0;
    let number = |ctx: &mut Context<'_>, at: &mut usize, what: &[u8]| {
        let rest = text.get(*at..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            let message = [what, b": invalid count at start of ", &quote::locale(rest)].concat();
            return Err(trouble(ctx, &[&message]));
        }
        *at += digits;
        Ok(applets::format::parse_decimal(rest.get(..digits).unwrap_or_default()).map_or(usize::MAX, |n| n as usize))
    };
    let field = number(ctx, &mut at, b"invalid number at field start")?;
    let zero = |ctx: &mut Context<'_>, what: &[u8]| trouble(ctx, &[what, b": invalid field specification ", &shown]);
    if field == 0 {
        return Err(zero(ctx, b"field number is zero"));
    }
    let mut key = Key { field: field - 1, char: 0, end: None, order: Order::default(), own_order: false };
    if text.get(at) == Some(&b'.') {
        at += 1;
        let char = number(ctx, &mut at, b"invalid number after '.'")?;
        if char == 0 {
            return Err(zero(ctx, b"character offset is zero"));
        }
        key.char = char - 1;
    }
    let letters = |key: &mut Key, at: &mut usize, at_end: bool| {
        while let Some(letter) = text.get(*at) {
            if *letter == b'b' {
                // Blanks are skipped at the end that the letter stands at.
                if at_end { key.order.end_blanks = true } else { key.order.blanks = true }
            } else if !set(&mut key.order, *letter) {
                break;
            }
            key.own_order = true;
            *at += 1;
        }
    };
    letters(&mut key, &mut at, false);
    if text.get(at) == Some(&b',') {
        at += 1;
        let field = number(ctx, &mut at, b"invalid number after ','")?;
        if field == 0 {
            return Err(zero(ctx, b"field number is zero"));
        }
        let mut end = (field - 1, 0);
        if text.get(at) == Some(&b'.') {
            at += 1;
            end.1 = number(ctx, &mut at, b"invalid number after '.'")?;
        }
        key.end = Some(end);
        letters(&mut key, &mut at, true);
    }
    if at < text.len() {
        return Err(trouble(ctx, &[b"stray character in field spec: invalid field specification ", &shown]));
    }
    Ok(key)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

impl Sorting {
    /// Where a field begins.
    fn field_start(&self, line: &[u8], field: usize) -> usize {
        let mut at = 0;
        for _ in 0..field {
            let rest = line.get(at..).unwrap_or_default();
            match self.separator {
                Some(separator) => match memchr::memchr(separator, rest) {
                    Some(found) => at += found + 1,
                    None => return line.len(),
                },
                None => {
                    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                    let word = rest.iter().skip(blanks).take_while(|byte| !is_blank(**byte)).count();
                    at += blanks + word;
                }
            }
        }
        at
    }

    fn field_end(&self, line: &[u8], field: usize) -> usize {
        let start = self.field_start(line, field);
        let rest = line.get(start..).unwrap_or_default();
        match self.separator {
            Some(separator) => memchr::memchr(separator, rest).map_or(line.len(), |found| start + found),
            None => {
                let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                start + blanks + rest.iter().skip(blanks).take_while(|byte| !is_blank(**byte)).count()
            }
        }
    }

    fn part<'a>(&self, key: &Key, line: &'a [u8]) -> &'a [u8] {
        let skip =
            |at: usize| at + line.get(at..).unwrap_or_default().iter().take_while(|byte| is_blank(**byte)).count();
        let mut start = self.field_start(line, key.field);
        if key.order.blanks {
            start = skip(start);
        }
        start = (start + key.char).min(line.len());
        let end = match key.end {
            None => line.len(),
            Some((field, 0)) => self.field_end(line, field),
            Some((field, char)) => {
                let mut at = self.field_start(line, field);
                if key.order.end_blanks {
                    at = skip(at);
                }
                at.saturating_add(char).min(line.len())
            }
        };
        line.get(start..end.max(start)).unwrap_or_default()
    }

    fn by_keys(&self, a: &[u8], b: &[u8]) -> Ordering {
        if self.keys.is_empty() {
            let trim = |line: &'_ [u8]| {
                if self.order.blanks { line.iter().take_while(|byte| is_blank(**byte)).count() } else { 0 }
            };
            let (a, b) = (a.get(trim(a)..).unwrap_or_default(), b.get(trim(b)..).unwrap_or_default());
            let order = self.texts(&self.order, a, b);
            return if self.order.reverse { order.reverse() } else { order };
        }
        for key in &self.keys {
            let order = self.texts(&key.order, self.part(key, a), self.part(key, b));
            if order != Ordering::Equal {
                return if key.order.reverse { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }

    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        let order = self.by_keys(a, b);
        if order != Ordering::Equal || self.unique || self.stable {
            return order;
        }
        let order = a.cmp(b);
        if self.order.reverse { order.reverse() } else { order }
    }

    fn texts(&self, order: &Order, a: &[u8], b: &[u8]) -> Ordering {
        match order.kind {
            Kind::Number => numbers(a, b),
            Kind::General => general(a, b),
            Kind::Human => human(a, b),
            Kind::Month => month(a).cmp(&month(b)),
            Kind::Version => versions::compare(&filtered(order, a), &filtered(order, b)),
            Kind::Random => (self.hash(a), a).cmp(&(self.hash(b), b)),
            Kind::Text if order.dictionary || order.fold || order.printing => {
                filtered(order, a).cmp(&filtered(order, b))
            }
            Kind::Text => a.cmp(b),
        }
    }

    fn hash(&self, text: &[u8]) -> u64 {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = text.iter().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, mix);
        (hash ^ hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 1
    }

    fn print(&self, ctx: &mut Context<'_>, text: &[u8]) {
        let body = text.strip_suffix(&[self.end]).unwrap_or(text);
        if text.is_empty() {
            return;
        }
        let mut lines: Vec<&[u8]> = body.split(|byte| *byte == self.end).collect();
        lines.sort_by(|a, b| self.compare(a, b));
        let mut last: Option<&[u8]> = None;
        let mut out = Vec::with_capacity(64 << 10);
        for line in lines {
            if self.unique && last.is_some_and(|last| self.by_keys(last, line) == Ordering::Equal) {
                continue;
            }
            out.extend_from_slice(line);
            out.push(self.end);
            if out.len() > 60 << 10 {
                ctx.put(&out);
                out.clear();
                if ctx.write_error().is_some() {
                    return;
                }
            }
            last = Some(line);
        }
        ctx.put(&out);
    }

    fn check(&self, ctx: &mut Context<'_>, name: &[u8], silent: bool) -> Result<u8, Quit> {
        let source = Source::open(name)
            .map_err(|error| trouble_errno(ctx, &[b"cannot read: ", &quote::as_needed(name)], error))?;
        let mut reader = LineReader::new(source.fd(), self.end);
        let (mut last, mut number): (Option<Vec<u8>>, u64) = (None, 0);
        loop {
            match reader.next_line() {
                Ok(None) => return Ok(0),
                Ok(Some(line)) => {
                    number += 1;
                    let wrong = last.as_deref().is_some_and(|last| match self.compare(last, line.text) {
                        Ordering::Greater => true,
                        Ordering::Equal => self.unique,
                        Ordering::Less => false,
                    });
                    if wrong {
                        if !silent {
                            let place = format!(":{number}: disorder: ");
                            let text = line.text.to_vec();
                            ctx.complain(&[name, place.as_bytes(), &text]);
                        }
                        return Ok(1);
                    }
                    last = Some(line.text.to_vec());
                }
                Err(error) => return Err(trouble_errno(ctx, &[b"read failed: ", &quote::as_needed(name)], error)),
            }
        }
    }
}

fn filtered(order: &Order, text: &[u8]) -> Vec<u8> {
    let kept = text.iter().copied().filter(|byte| {
        (!order.dictionary || byte.is_ascii_alphanumeric() || is_blank(*byte))
            && (!order.printing || matches!(byte, b' '..=b'~'))
    });
    kept.map(|byte| if order.fold { byte.to_ascii_uppercase() } else { byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_parts_of_lines() {
        let order = Order::default();
        let sorting =
            Sorting { keys: Vec::new(), order, separator: None, unique: false, stable: false, end: b'\n', seed: 0 };
        let key =
            |field, char, end, blanks| Key { field, char, end, order: Order { blanks, ..order }, own_order: true };
        assert_eq!(sorting.part(&key(1, 0, None, false), b"a  b c"), b"  b c");
        assert_eq!(sorting.part(&key(1, 0, Some((1, 0)), true), b"a  b c"), b"b");
        assert_eq!(sorting.part(&key(0, 1, Some((0, 2)), false), b"abc"), b"b");
    }
}
