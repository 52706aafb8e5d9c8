//! `tr`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::{Errno, fd};

use crate::Program;
use crate::dispatch::{missing_operand, try_help};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::new(
    "tr",
    "[OPTION]... STRING1 [STRING2]",
    "Replaces, squeezes or deletes characters.",
    "+cCdst",
    &[
        ("complement", Takes::Nothing, b'c'),
        ("delete", Takes::Nothing, b'd'),
        ("squeeze-repeats", Takes::Nothing, b's'),
        ("truncate-set1", Takes::Nothing, b't'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// A piece of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    /// A class, with whether it is one that changes case.
    Class(Vec<u8>, Option<Case>),
    /// A byte, repeated so often; as often as needed for `None`.
    Repeat(u8, Option<usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (delete, squeeze) = (parsed.has(b'd'), parsed.has(b's'));
    let complement = parsed.has(b'c') || parsed.has(b'C');
    let operands = parsed.operands.as_slice();
    let (least, most) = match (delete, squeeze) {
        (true, true) => (2, 2),
        (true, false) => (1, 1),
        (false, true) => (1, 2),
        (false, false) => (2, 2),
    };
    if operands.len() < least {
        let Some(last) = operands.last() else { return Err(missing_operand(ctx, 1)) };
        ctx.complain(&[b"missing operand after ", &quote::locale(last)]);
        ctx.put_err(if squeeze {
            b"Two strings must be given when both deleting and squeezing repeats.\n"
        } else {
            b"Two strings must be given when translating.\n"
        });
        return Err(try_help(ctx, 1));
    }
    if let Some(extra) = operands.get(most) {
        ctx.complain(&[b"extra operand ", &quote::locale(extra)]);
        if operands.len() == 2 {
            ctx.put_err(b"Only one string may be given when deleting without squeezing repeats.\n");
        }
        return Err(try_help(ctx, 1));
    }
    let first = parse(ctx, operands.first().map(Vec::as_slice).unwrap_or_default())?;
    let second = match operands.get(1) {
        Some(text) => Some(parse(ctx, text)?),
        None => None,
    };
    let translates = !delete && second.is_some();
    if first.iter().any(|piece| matches!(piece, Piece::Repeat(_, None))) {
        return Err(ctx.die(&[b"the [c*] repeat construct may not appear in string1"]));
    }
    let mut set1 = flat(&first, None);
    if complement {
        set1 = (0..=255).filter(|byte| !set1.contains(byte)).collect();
    }
    let mut table: [u8; 256] = core::array::from_fn(|at| at as u8);
    if translates && let Some(second) = &second {
        translation(ctx, &mut table, parsed, &first, second, set1.clone(), complement)?;
    } else if let Some(second) = &second {
        if second.iter().any(|piece| matches!(piece, Piece::Repeat(_, None))) && !translates {
            return Err(ctx.die(&[b"the [c*] construct may appear in string2 only when translating"]));
        }
    }
    let mut deleted = [false; 256];
    if delete {
        set1.iter().for_each(|byte| deleted[usize::from(*byte)] = true);
    }
    let mut squeezed = [false; 256];
    if squeeze {
        let set = match &second {
            Some(second) if translates => flat(second, Some(set1.len())),
            Some(second) => flat(second, None),
            None => set1.clone(),
        };
        set.iter().for_each(|byte| squeezed[usize::from(*byte)] = true);
    }
    copy(ctx, &table, &deleted, &squeezed)
}

fn copy(ctx: &mut Context<'_>, table: &[u8; 256], deleted: &[bool; 256], squeezed: &[bool; 256]) -> Result<u8, Quit> {
    let mut block = vec![0; 32 << 10];
    let mut last = None;
    loop {
        let n = match fd::read(fd::STDIN, &mut block) {
            Ok(0) => return Ok(0),
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(error) => return Err(ctx.die_errno(&[b"read error"], error)),
        };
        let mut out = Vec::with_capacity(n);
        for byte in block.iter().take(n) {
            if deleted[usize::from(*byte)] {
                continue;
            }
            let new = table[usize::from(*byte)];
            if squeezed[usize::from(new)] && last == Some(new) {
                continue;
            }
            last = Some(new);
            out.push(new);
        }
        ctx.put(&out);
        if ctx.write_error().is_some() {
            return Ok(1);
        }
    }
}

fn translation(
    ctx: &mut Context<'_>,
    table: &mut [u8; 256],
    parsed: &Parsed,
    first: &[Piece],
    second: &[Piece],
    mut set1: Vec<u8>,
    complement: bool,
) -> Result<(), Quit> {
    if second.is_empty() && !parsed.has(b't') {
        return Err(ctx.die(&[b"when not truncating set1, string2 must be non-empty"]));
    }
    if second.iter().filter(|piece| matches!(piece, Piece::Repeat(_, None))).count() > 1 {
        return Err(ctx.die(&[b"only one [c*] repeat construct may appear in string2"]));
    }
    if second.iter().any(|piece| matches!(piece, Piece::Class(_, None))) {
        return Err(ctx.die(&[
            b"when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'",
        ]));
    }
    // Classes of case stand for each other only at the same place of both.
    let mut at1 = 0;
    let places: Vec<(usize, Case)> = first
        .iter()
        .filter_map(|piece| {
            let here = at1;
            at1 += len(piece);
            if let Piece::Class(_, Some(case)) = piece { Some((here, *case)) } else { None }
        })
        .collect();
    let known: usize = second.iter().map(len).sum();
    let fill = set1.len().saturating_sub(known);
    let mut at2 = 0;
    for piece in second {
        if let Piece::Class(_, Some(_)) = piece
            && (complement || !places.iter().any(|(at, _)| *at == at2))
        {
            return Err(ctx.die(&[b"misaligned [:upper:] and/or [:lower:] construct"]));
        }
        at2 += if matches!(piece, Piece::Repeat(_, None)) { fill } else { len(piece) };
    }
    let mut set2 = flat(second, Some(set1.len()));
    if complement && second.iter().any(|piece| matches!(piece, Piece::Class(..))) && set1.len() > 1 {
        return Err(ctx.die(&[b"when translating with complemented character classes,\nstring2 must map all characters in the domain to one"]));
    }
    if parsed.has(b't') {
        set1.truncate(set2.len());
    } else if let Some(last) = set2.last().copied() {
        let ends_in_class = matches!(second.last(), Some(Piece::Class(..)));
        if set2.len() < set1.len() && ends_in_class {
            return Err(ctx.die(&[b"when translating with string1 longer than string2,\nthe latter string must not end with a character class"]));
        }
        set2.resize(set2.len().max(set1.len()), last);
    }
    for (from, to) in set1.iter().zip(&set2) {
        table[usize::from(*from)] = *to;
    }
    // Where both have a class of case at a place, letters change case and the rest stays.
    let mut at2 = 0;
    for piece in second {
        if let Piece::Class(_, Some(to)) = piece
            && let Some((_, from)) = places.iter().find(|(at, _)| *at == at2)
        {
            for byte in b'a'..=b'z' {
                let upper = byte.to_ascii_uppercase();
                let (source, target) = if *from == Case::Lower { (byte, upper) } else { (upper, byte) };
                table[usize::from(source)] = if from == to { source } else { target };
            }
        }
        at2 += if matches!(piece, Piece::Repeat(_, None)) { fill } else { len(piece) };
    }
    Ok(())
}

fn len(piece: &Piece) -> usize {
    match piece {
        Piece::Bytes(bytes) | Piece::Class(bytes, _) => bytes.len(),
        Piece::Repeat(_, count) => count.unwrap_or(0),
    }
}

/// All bytes of a set; a repetition without a number fills up to `wanted`.
fn flat(pieces: &[Piece], wanted: Option<usize>) -> Vec<u8> {
    let known: usize = pieces.iter().map(len).sum();
    let fill = wanted.unwrap_or(0).saturating_sub(known);
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) | Piece::Class(bytes, _) => out.extend_from_slice(bytes),
            Piece::Repeat(byte, count) => out.extend(core::iter::repeat_n(*byte, count.unwrap_or(fill))),
        }
    }
    out
}

/// One character of a set, escapes read, and how many bytes it takes; whether it was escaped.
fn character(ctx: &mut Context<'_>, text: &[u8]) -> (u8, usize, bool) {
    let [b'\\', rest @ ..] = text else { return (text.first().copied().unwrap_or(0), 1, false) };
    let simple = |byte: u8| (byte, 2, true);
    match rest.first() {
        None => {
            ctx.complain(&[b"warning: an unescaped backslash at end of string is not portable"]);
            (b'\\', 1, false)
        }
        Some(b'a') => simple(7),
        Some(b'b') => simple(8),
        Some(b'f') => simple(12),
        Some(b'n') => simple(b'\n'),
        Some(b'r') => simple(b'\r'),
        Some(b't') => simple(b'\t'),
        Some(b'v') => simple(11),
        Some(b'0'..=b'7') => {
            let digits: Vec<u32> = rest.iter().take(3).map_while(|byte| char::from(*byte).to_digit(8)).collect();
            let value = digits.iter().fold(0, |value, digit| value * 8 + digit);
            if value > 255 {
                let two = digits.iter().take(2).fold(0, |value, digit| value * 8 + digit);
                let shown = rest.get(..3).unwrap_or_default();
                let pair = rest.get(..2).unwrap_or_default();
                let third = rest.get(2..3).unwrap_or_default();
                ctx.complain(&[
                    b"warning: the ambiguous octal escape \\",
                    shown,
                    b" is being\n\tinterpreted as the 2-byte sequence \\0",
                    pair,
                    b", ",
                    third,
                ]);
                return (two as u8, 3, true);
            }
            (value as u8, 1 + digits.len(), true)
        }
        Some(other) => simple(*other),
    }
}

fn class(name: &[u8]) -> Option<(Vec<u8>, Option<Case>)> {
    let all = |test: fn(&u8) -> bool| (0..=255u8).filter(test).collect::<Vec<u8>>();
    Some(match name {
        b"alnum" => (all(u8::is_ascii_alphanumeric), None),
        b"alpha" => (all(u8::is_ascii_alphabetic), None),
        b"blank" => (vec![b'\t', b' '], None),
        b"cntrl" => (all(u8::is_ascii_control), None),
        b"digit" => (all(u8::is_ascii_digit), None),
        b"graph" => (all(u8::is_ascii_graphic), None),
        b"lower" => (all(u8::is_ascii_lowercase), Some(Case::Lower)),
        b"print" => ((b' '..=b'~').collect(), None),
        b"punct" => (all(u8::is_ascii_punctuation), None),
        b"space" => (vec![9, 10, 11, 12, 13, b' '], None),
        b"upper" => (all(u8::is_ascii_uppercase), Some(Case::Upper)),
        b"xdigit" => (all(u8::is_ascii_hexdigit), None),
        _ => return None,
    })
}

fn parse(ctx: &mut Context<'_>, text: &[u8]) -> Result<Vec<Piece>, Quit> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((piece, taken)) = bracketed(ctx, rest)? {
            pieces.push(piece);
            rest = rest.get(taken..).unwrap_or_default();
            continue;
        }
        let (from, taken, _) = character(ctx, rest);
        rest = rest.get(taken..).unwrap_or_default();
        if let [b'-', behind @ ..] = rest
            && !behind.is_empty()
        {
            let (to, taken, _) = character(ctx, behind);
            if to < from {
                let printable = |byte: u8| {
                    if matches!(byte, b' '..=b'~') { vec![byte] } else { format!("\\{byte:03o}").into_bytes() }
                };
                let shown = quote::locale(&[printable(from), b"-".to_vec(), printable(to)].concat());
                return Err(ctx.die(&[b"range-endpoints of ", &shown, b" are in reverse collating sequence order"]));
            }
            pieces.push(Piece::Bytes((from..=to).collect()));
            rest = behind.get(taken..).unwrap_or_default();
            continue;
        }
        pieces.push(Piece::Bytes(vec![from]));
    }
    Ok(pieces)
}

/// `[:class:]`, `[=c=]`, `[c*n]`, when the text begins with one; and its length.
fn bracketed(ctx: &mut Context<'_>, text: &[u8]) -> Result<Option<(Piece, usize)>, Quit> {
    let [b'[', inner @ ..] = text else { return Ok(None) };
    if let [kind @ (b':' | b'='), body @ ..] = inner
        && let Some(end) = body.windows(2).position(|pair| pair == [*kind, b']'])
    {
        let name = body.get(..end).unwrap_or_default();
        if *kind == b':' {
            if name.is_empty() {
                return Err(ctx.die(&[b"missing character class name '[::]'"]));
            }
            return match class(name) {
                Some((bytes, case)) => Ok(Some((Piece::Class(bytes, case), end + 4))),
                None if name == b"*" || name.starts_with(b"*") => Ok(None),
                None => Err(ctx.die(&[b"invalid character class ", &quote::locale(name)])),
            };
        }
        let (byte, taken, _) = character(ctx, name);
        if name.is_empty() {
            return Err(ctx.die(&[b"missing equivalence class character '[==]'"]));
        }
        if taken != name.len() {
            return Err(ctx.die(&[name, b": equivalence class operand must be a single character"]));
        }
        return Ok(Some((Piece::Bytes(vec![byte]), end + 4)));
    }
    if inner.is_empty() {
        return Ok(None);
    }
    let (byte, taken, _) = character(ctx, inner);
    let Some([b'*', tail @ ..]) = inner.get(taken..) else { return Ok(None) };
    let Some(end) = memchr::memchr(b']', tail) else { return Ok(None) };
    let digits = tail.get(..end).unwrap_or_default();
    let length = 1 + taken + 1 + end + 1;
    if digits.is_empty() {
        return Ok(Some((Piece::Repeat(byte, None), length)));
    }
    let base = if digits.starts_with(b"0") { 8 } else { 10 };
    let scanned = applets::number::unsigned(digits, base);
    if scanned.len != digits.len() || scanned.overflow {
        let shown = quote::locale(digits);
        return Err(wrong_count(ctx, &shown));
    }
    let count = usize::try_from(scanned.value).ok().filter(|count| *count > 0);
    Ok(Some((Piece::Repeat(byte, count), length)))
}

fn wrong_count(ctx: &mut Context<'_>, shown: &[u8]) -> Quit {
    ctx.die(&[b"invalid repeat count ", shown, b" in [c*n] construct"])
}
