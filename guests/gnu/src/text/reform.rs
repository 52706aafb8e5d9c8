//! `expand`, `unexpand`, `nl`: lines with other blanks or with numbers.

use applets::format::decimal;
use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};

use super::input::{lines, plainly};
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const FIRST_ONLY: u8 = 0x80;

/// `expand`.
pub const EXPAND: Program = Program::new(
    "expand",
    "[OPTION]... [FILE]...",
    "Turns tabs into spaces.",
    "it:0::1::2::3::4::5::6::7::8::9::",
    &[("tabs", Takes::Value, b't'), ("initial", Takes::Nothing, b'i'), HELP_OPTION, VERSION_OPTION],
    expand,
);

/// `unexpand`.
pub const UNEXPAND: Program = Program::new(
    "unexpand",
    "[OPTION]... [FILE]...",
    "Turns spaces into tabs.",
    ",0123456789at:",
    &[
        ("tabs", Takes::Value, b't'),
        ("all", Takes::Nothing, b'a'),
        ("first-only", Takes::Nothing, FIRST_ONLY),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    unexpand,
);

const NL_LONG: &[Long] = &[
    ("header-numbering", Takes::Value, b'h'),
    ("body-numbering", Takes::Value, b'b'),
    ("footer-numbering", Takes::Value, b'f'),
    ("starting-line-number", Takes::Value, b'v'),
    ("line-increment", Takes::Value, b'i'),
    ("no-renumber", Takes::Nothing, b'p'),
    ("join-blank-lines", Takes::Value, b'l'),
    ("number-separator", Takes::Value, b's'),
    ("number-width", Takes::Value, b'w'),
    ("number-format", Takes::Value, b'n'),
    ("section-delimiter", Takes::Value, b'd'),
    HELP_OPTION,
    VERSION_OPTION,
];

/// `nl`.
pub const NL: Program =
    Program::new("nl", "[OPTION]... [FILE]...", "Numbers lines.", "h:b:f:v:i:pl:s:w:n:d:", NL_LONG, nl);

/// Where tabs stop.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stops {
    list: Vec<usize>,
    /// The distance of the stops behind the list, and where they are counted from.
    every: Option<(usize, usize)>,
}

impl Stops {
    fn parse(ctx: &mut Context<'_>, text: &[u8]) -> Result<Self, Quit> {
        let mut stops = Self { list: Vec::new(), every: None };
        for item in text.split(|byte| matches!(byte, b',' | b' ' | b'\t')).filter(|item| !item.is_empty()) {
            let (mark, digits) = match item.split_first() {
                Some((mark @ (b'/' | b'+'), digits)) => (Some(*mark), digits),
                _ => (None, item),
            };
            let wrong = digits.iter().position(|byte| !byte.is_ascii_digit());
            if let Some(at) = wrong {
                let shown = quote::locale(digits.get(at..).unwrap_or_default());
                return Err(ctx.die(&[b"tab size contains invalid character(s): ", &shown]));
            }
            let Some(number) = applets::format::parse_decimal(digits).and_then(|number| usize::try_from(number).ok())
            else {
                return Err(ctx.die(&[b"tab stop is too large ", &quote::locale(digits)]));
            };
            let last = stops.list.last().copied().unwrap_or(0);
            match mark {
                Some(b'/') => stops.every = Some((number.max(1), 0)),
                Some(_) => stops.every = Some((number.max(1), last)),
                None if number == 0 => return Err(ctx.die(&[b"tab size cannot be 0"])),
                None if !stops.list.is_empty() && number <= last => {
                    return Err(ctx.die(&[b"tab sizes must be ascending"]));
                }
                None => stops.list.push(number),
            }
        }
        if let ([only], None) = (stops.list.as_slice(), stops.every) {
            stops = Self { list: Vec::new(), every: Some((*only, 0)) };
        }
        if stops.list.is_empty() && stops.every.is_none() {
            stops.every = Some((8, 0));
        }
        Ok(stops)
    }

    /// The first stop behind a column; `None` behind the last one.
    fn next(&self, column: usize) -> Option<usize> {
        if let Some(stop) = self.list.iter().find(|stop| **stop > column) {
            return Some(*stop);
        }
        let (every, from) = self.every?;
        Some(column + every - (column - from) % every)
    }
}

fn stops_of(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Stops, Quit> {
    let mut text: Vec<u8> = Vec::new();
    for (key, value) in &parsed.options {
        match *key {
            b't' => text.extend_from_slice(&[b",", value.as_deref().unwrap_or_default()].concat()),
            b',' => text.push(b','),
            digit if digit.is_ascii_digit() => {
                text.push(digit);
                text.extend_from_slice(value.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }
    Stops::parse(ctx, &text)
}

fn expand(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let stops = stops_of(ctx, parsed)?;
    let initial = parsed.has(b'i');
    lines(ctx, &parsed.operands, b'\n', plainly, |ctx, line, terminated| {
        let (mut out, mut column, mut converts) = (Vec::with_capacity(line.len() + 16), 0usize, true);
        for byte in line {
            match byte {
                b'\t' if converts => {
                    let next = stops.next(column).unwrap_or(column + 1);
                    out.resize(out.len() + next - column, b' ');
                    column = next;
                    continue;
                }
                8 => column = column.saturating_sub(1),
                _ => column += 1,
            }
            converts &= !initial || matches!(byte, b' ' | b'\t');
            out.push(*byte);
        }
        if terminated {
            out.push(b'\n');
        }
        ctx.put(&out);
        Ok(true)
    })
}

fn unexpand(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let stops = stops_of(ctx, parsed)?;
    let counts = parsed.options.iter().any(|(key, _)| matches!(*key, b'a' | b't'));
    let all = counts && !parsed.has(FIRST_ONLY);
    lines(ctx, &parsed.operands, b'\n', plainly, |ctx, line, terminated| {
        let mut out = Vec::with_capacity(line.len() + 1);
        let (mut column, mut converts) = (0usize, true);
        // Blanks that are held back: what they are, and the column that they began at.
        let mut held: Vec<u8> = Vec::new();
        let mut from = 0;
        for byte in line {
            if converts && matches!(byte, b' ' | b'\t') {
                if held.is_empty() {
                    from = column;
                }
                let Some(next) = stops.next(column) else {
                    converts = false;
                    out.append(&mut held);
                    out.push(*byte);
                    continue;
                };
                // A single blank up to a tab stop becomes a tab when another one follows.
                if held == b" " && stops.next(from) == Some(from + 1) {
                    held = vec![b'\t'];
                }
                if *byte == b'\t' {
                    column = next;
                    held = vec![b'\t'; tabs_between(&stops, from, column)];
                } else {
                    column += 1;
                    held.push(b' ');
                    if column == next && (column - from > 1 || held.contains(&b'\t')) {
                        held = vec![b'\t'; tabs_between(&stops, from, column)];
                    }
                }
                continue;
            }
            out.append(&mut held);
            out.push(*byte);
            column = if *byte == 8 { column.saturating_sub(1) } else { column + 1 };
            converts &= all;
        }
        out.append(&mut held);
        if terminated {
            out.push(b'\n');
        }
        ctx.put(&out);
        Ok(true)
    })
}

fn tabs_between(stops: &Stops, from: usize, to: usize) -> usize {
    let (mut column, mut count) = (from, 0);
    while column < to {
        column = stops.next(column).unwrap_or(to);
        count += 1;
    }
    count
}

/// Which lines of a section are numbered.
#[derive(Debug, Clone)]
enum Style {
    All,
    Filled,
    None,
    Matching,
}

fn nl(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut styles = [Style::None, Style::Filled, Style::None];
    let mut patterns: [Option<applets::regex::Regex>; 3] = [None, None, None];
    let (mut start, mut step, mut join, mut width) = (1i64, 1i64, 1i64, 6usize);
    let (mut separator, mut format) = (b"\t".to_vec(), b'r');
    let mut delimiter = b"\\:".to_vec();
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        let number = |ctx: &mut Context<'_>, what: &[u8]| {
            let scanned = applets::number::signed(text, 10);
            if scanned.len == 0 || scanned.len != text.len() {
                return Err(ctx.die(&[what, b": ", &quote::locale(text)]));
            }
            Ok(scanned.value)
        };
        match *key {
            b'h' | b'b' | b'f' => {
                let (at, name) = match *key {
                    b'h' => (0, "header"),
                    b'b' => (1, "body"),
                    _ => (2, "footer"),
                };
                let style = match text {
                    b"a" => Style::All,
                    b"t" => Style::Filled,
                    b"n" => Style::None,
                    [b'p', pattern @ ..] => {
                        let regex = applets::regex::Regex::new(pattern, applets::regex::Syntax::BASIC);
                        patterns[at] = Some(regex.map_err(|error| ctx.die(&[error.to_string().as_bytes()]))?);
                        Style::Matching
                    }
                    other => {
                        let what = format!("invalid {name} numbering style: ");
                        ctx.complain(&[what.as_bytes(), &quote::locale(other)]);
                        return Err(crate::dispatch::try_help(ctx, 1));
                    }
                };
                styles[at] = style;
            }
            b'v' => start = number(ctx, b"invalid starting line number")?,
            b'i' => step = number(ctx, b"invalid line number increment")?,
            b'l' => {
                join = number(ctx, b"invalid line number of blank lines")?;
                if join < 1 {
                    return Err(ctx.die(&[b"invalid line number of blank lines: ", &quote::locale(text)]));
                }
            }
            b'w' => {
                let wanted = number(ctx, b"invalid line number field width")?;
                width = usize::try_from(wanted).ok().filter(|width| *width > 0).ok_or_else(|| {
                    ctx.perror(&[b"invalid line number field width: ", &quote::locale(text)], wcr_sys::Errno::Range);
                    Quit(1)
                })?;
            }
            b's' => separator = text.to_vec(),
            b'n' => {
                format = match text {
                    b"ln" => b'l',
                    b"rn" => b'r',
                    b"rz" => b'z',
                    other => {
                        ctx.complain(&[b"invalid line numbering format: ", &quote::locale(other)]);
                        return Err(crate::dispatch::try_help(ctx, 1));
                    }
                };
            }
            b'd' => {
                delimiter = match text {
                    [one] => vec![*one, b':'],
                    text => text.to_vec(),
                };
            }
            _ => {}
        }
    }
    let (mut section, mut line_number, mut blanks) = (1usize, start, 0i64);
    let renumber = !parsed.has(b'p');
    lines(ctx, &parsed.operands, b'\n', plainly, |ctx, line, _| {
        let sections = [delimiter.repeat(3), delimiter.repeat(2), delimiter.clone()];
        if !delimiter.is_empty()
            && let Some(at) = sections.iter().position(|mark| mark == line)
        {
            section = at;
            // A header begins a page, and so does what has none.
            if renumber {
                line_number = start;
            }
            ctx.put(b"\n");
            return Ok(true);
        }
        let counted = match &styles[section] {
            Style::All => {
                if line.is_empty() {
                    blanks += 1;
                } else {
                    blanks = 0;
                }
                let due = !line.is_empty() || blanks == join;
                if due {
                    blanks = 0;
                }
                due
            }
            Style::Filled => !line.is_empty(),
            Style::None => false,
            Style::Matching => patterns[section].as_ref().is_some_and(|regex| regex.is_match(line)),
        };
        let mut out = Vec::with_capacity(line.len() + width + 2);
        if counted {
            let digits = decimal(line_number.unsigned_abs());
            let sign: &[u8] = if line_number < 0 { b"-" } else { b"" };
            let text = [sign, &digits].concat();
            let fill = width.saturating_sub(text.len());
            match format {
                b'l' => {
                    out.extend_from_slice(&text);
                    out.resize(out.len() + fill, b' ');
                }
                b'z' => {
                    out.extend_from_slice(sign);
                    out.resize(out.len() + fill, b'0');
                    out.extend_from_slice(&digits);
                }
                _ => {
                    out.resize(fill, b' ');
                    out.extend_from_slice(&text);
                }
            }
            out.extend_from_slice(&separator);
            line_number = line_number.saturating_add(step);
        } else {
            out.resize(width + separator.len(), b' ');
        }
        out.extend_from_slice(line);
        out.push(b'\n');
        ctx.put(&out);
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use applets::Applet;

    #[test]
    fn stops_of_tabs() {
        let applet = Applet::new("expand", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        let four = Stops::parse(&mut ctx, b"4").unwrap();
        assert_eq!((four.next(0), four.next(4)), (Some(4), Some(8)));
        let list = Stops::parse(&mut ctx, b"2,5,/4").unwrap();
        assert_eq!((list.next(2), list.next(5), list.next(8)), (Some(5), Some(8), Some(12)));
        assert_eq!(Stops::parse(&mut ctx, b"2 5").unwrap().next(5), None);
        assert!(Stops::parse(&mut ctx, b"5,2").is_err() && Stops::parse(&mut ctx, b"x").is_err());
    }
}
