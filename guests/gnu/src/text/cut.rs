//! `cut`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};

use super::input::{lines, plainly};
use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const OUTPUT: u8 = 0x80;
const COMPLEMENT: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "cut",
    "OPTION... [FILE]...",
    "Prints parts of each line.",
    "b:c:d:f:nsz",
    &[
        ("bytes", Takes::Value, b'b'),
        ("characters", Takes::Value, b'c'),
        ("fields", Takes::Value, b'f'),
        ("delimiter", Takes::Value, b'd'),
        ("only-delimited", Takes::Nothing, b's'),
        ("output-delimiter", Takes::Value, OUTPUT),
        ("complement", Takes::Nothing, COMPLEMENT),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let lists: Vec<_> = parsed.options.iter().filter(|(key, _)| b"bcf".contains(key)).collect();
    let (key, list) = match lists.as_slice() {
        [] => return Err(wrong_usage(ctx, 1, &[b"you must specify a list of bytes, characters, or fields"])),
        [(key, value)] => (*key, value.as_deref().unwrap_or_default()),
        _ => return Err(wrong_usage(ctx, 1, &[b"only one list may be specified"])),
    };
    let by_field = key == b'f';
    if !by_field && parsed.has(b'd') {
        return Err(wrong_usage(ctx, 1, &[b"an input delimiter may be specified only when operating on fields"]));
    }
    if !by_field && parsed.has(b's') {
        ctx.complain(&[b"suppressing non-delimited lines makes sense\n\tonly when operating on fields"]);
        return Err(crate::dispatch::try_help(ctx, 1));
    }
    let delimiter = match parsed.value(b'd') {
        None => b'\t',
        Some([]) => 0,
        Some([one]) => *one,
        Some(_) => return Err(wrong_usage(ctx, 1, &[b"the delimiter must be a single character"])),
    };
    let mut ranges = read_list(ctx, list, by_field)?;
    if parsed.has(COMPLEMENT) {
        ranges = complement(&ranges);
    }
    let end = if parsed.has(b'z') { 0 } else { b'\n' };
    let output = parsed.value(OUTPUT).map(|text| if text.is_empty() { b"\0".to_vec() } else { text.to_vec() });
    let field_output = output.clone().unwrap_or_else(|| vec![delimiter]);
    let only_delimited = parsed.has(b's');
    lines(ctx, &parsed.operands, end, plainly, |ctx, line, _| {
        let mut out = Vec::with_capacity(line.len() + 1);
        if by_field {
            if memchr::memchr(delimiter, line).is_none() {
                if only_delimited {
                    return Ok(true);
                }
                out.extend_from_slice(line);
            } else {
                fields(&mut out, line, delimiter, &ranges, &field_output);
            }
        } else {
            bytes(&mut out, line, &ranges, output.as_deref());
        }
        out.push(end);
        ctx.put(&out);
        Ok(true)
    })
}

/// A range of positions from 1 on, both ends included.
pub(super) type Range = (u64, u64);

/// Reads a list of ranges such as `1,3-5,7-`, sorted and merged.
pub(super) fn read_list(ctx: &mut Context<'_>, list: &[u8], by_field: bool) -> Result<Vec<Range>, Quit> {
    let mut ranges = Vec::new();
    for item in list.split(|byte| matches!(byte, b',' | b' ' | b'\t')) {
        let dash = item.iter().position(|byte| *byte == b'-');
        let (from, to) = match dash {
            Some(at) => (item.get(..at).unwrap_or_default(), Some(item.get(at + 1..).unwrap_or_default())),
            None => (item, None),
        };
        if dash.is_some() && from.is_empty() && to == Some(b"") {
            return Err(wrong_usage(ctx, 1, &[b"invalid range with no endpoint: -"]));
        }
        let first = position(ctx, if from.is_empty() && dash.is_some() { b"1" } else { from }, item, by_field)?;
        let last = match to {
            None => first,
            Some(b"") => u64::MAX,
            Some(text) => position(ctx, text, item, by_field)?,
        };
        if last < first {
            return Err(wrong_usage(ctx, 1, &[b"invalid decreasing range"]));
        }
        ranges.push((first, last));
    }
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            // Neighbours stay apart: an output delimiter goes between them.
            Some(last) if range.0 <= last.1 => last.1 = last.1.max(range.1),
            _ => merged.push(range),
        }
    }
    Ok(merged)
}

fn position(ctx: &mut Context<'_>, text: &[u8], item: &[u8], by_field: bool) -> Result<u64, Quit> {
    let kind: &[u8] = if by_field { b"field" } else { b"byte/character position" };
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        let wrong = text.iter().position(|byte| !byte.is_ascii_digit());
        let shown = if wrong.is_some() { text } else { item };
        return Err(match shown {
            b"" if by_field => wrong_usage(ctx, 1, &[b"fields are numbered from 1"]),
            b"" => wrong_usage(ctx, 1, &[b"byte/character positions are numbered from 1"]),
            shown if by_field => wrong_usage(ctx, 1, &[b"invalid field value ", &quote::locale(shown)]),
            shown => wrong_usage(ctx, 1, &[b"invalid byte/character position ", &quote::locale(shown)]),
        });
    }
    match applets::format::parse_decimal(text) {
        Some(0) => Err(wrong_usage(ctx, 1, &[kind, b"s are numbered from 1"])),
        Some(number) => Ok(number),
        None => {
            let what: &[u8] = if by_field { b"field number " } else { b"byte/character offset " };
            Err(wrong_usage(ctx, 1, &[what, &quote::locale(text), b" is too large"]))
        }
    }
}

fn complement(ranges: &[Range]) -> Vec<Range> {
    let mut out = Vec::new();
    let mut next = 1;
    for (first, last) in ranges {
        if *first > next {
            out.push((next, first - 1));
        }
        match last.checked_add(1) {
            Some(after) => next = after,
            None => return out,
        }
    }
    out.push((next, u64::MAX));
    out
}

fn bytes(out: &mut Vec<u8>, line: &[u8], ranges: &[Range], delimiter: Option<&[u8]>) {
    let mut first = true;
    for (from, to) in ranges {
        let start = usize::try_from(from - 1).unwrap_or(usize::MAX);
        if start >= line.len() {
            break;
        }
        let stop = usize::try_from(*to).unwrap_or(usize::MAX).min(line.len());
        if let Some(delimiter) = delimiter.filter(|_| !first) {
            out.extend_from_slice(delimiter);
        }
        first = false;
        out.extend_from_slice(line.get(start..stop).unwrap_or_default());
    }
}

fn fields(out: &mut Vec<u8>, line: &[u8], delimiter: u8, ranges: &[Range], output: &[u8]) {
    let mut first = true;
    let mut ranges = ranges.iter();
    let mut range = ranges.next();
    for (number, field) in (1u64..).zip(line.split(|byte| *byte == delimiter)) {
        while range.is_some_and(|(_, last)| *last < number) {
            range = ranges.next();
        }
        let Some((from, _)) = range else { break };
        if *from > number {
            continue;
        }
        if !first {
            out.extend_from_slice(output);
        }
        first = false;
        out.extend_from_slice(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_what_they_leave() {
        assert_eq!(complement(&[(2, 3), (5, u64::MAX)]), [(1, 1), (4, 4)]);
        let mut out = Vec::new();
        fields(&mut out, b"a:b:c:d", b':', &[(1, 1), (3, u64::MAX)], b",");
        assert_eq!(out, b"a,c,d");
        out.clear();
        bytes(&mut out, b"abcdef", &[(2, 3), (5, 9)], Some(b"-"));
        assert_eq!(out, b"bc-ef");
    }
}
