//! `join`.

use core::cmp::Ordering;

use applets::lines::LineReader;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};

use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const CHECK: u8 = 0x80;
const NO_CHECK: u8 = 0x81;
const HEADER: u8 = 0x82;

/// The program.
pub const PROGRAM: Program = Program::new(
    "join",
    "[OPTION]... FILE1 FILE2",
    "Joins the lines of two sorted files that agree in a field.",
    "a:e:i1:2:j:o:t:v:z",
    &[
        ("check-order", Takes::Nothing, CHECK),
        ("header", Takes::Nothing, HEADER),
        ("ignore-case", Takes::Nothing, b'i'),
        ("nocheck-order", Takes::Nothing, NO_CHECK),
        ("zero-terminated", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// Where a field that is printed comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    /// The field that lines are joined by.
    Key,
    /// The field of this number, from 0, of one of the files.
    Of(usize, usize),
}

/// What stands between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Blanks,
    Byte(u8),
    /// Nothing: a line is one field.
    Line,
}

/// What is asked for.
struct Job<'a> {
    tab: Tab,
    end: u8,
    ignore_case: bool,
    /// Whether an order that is wrong ends the program, is told of, or is nobody's concern.
    check: Option<bool>,
    header: bool,
    keys: [usize; 2],
    unpaired: [bool; 2],
    paired: bool,
    empty: &'a [u8],
    columns: Option<Vec<Column>>,
}

/// A line in its fields.
#[derive(Debug, Clone, Default)]
struct Line {
    text: Vec<u8>,
    fields: Vec<(usize, usize)>,
}

impl Line {
    fn new(text: &[u8], tab: Tab) -> Self {
        let mut fields = Vec::new();
        match tab {
            Tab::Line => fields.push((0, text.len())),
            Tab::Byte(tab) => {
                let mut start = 0;
                for end in memchr::memchr_iter(tab, text).chain([text.len()]) {
                    fields.push((start, end));
                    start = end + 1;
                }
                if text.is_empty() {
                    fields.clear();
                }
            }
            Tab::Blanks => {
                let mut start = None;
                for (at, byte) in text.iter().enumerate() {
                    match (start, matches!(byte, b' ' | b'\t' | b'\n')) {
                        (None, false) => start = Some(at),
                        (Some(from), true) => {
                            fields.push((from, at));
                            start = None;
                        }
                        _ => {}
                    }
                }
                fields.extend(start.map(|from| (from, text.len())));
                // Blanks at the end are followed by a field that is empty.
                if start.is_none() && !fields.is_empty() {
                    fields.push((text.len(), text.len()));
                }
            }
        }
        Self { text: text.to_vec(), fields }
    }

    fn field(&self, number: usize) -> &[u8] {
        let range = self.fields.get(number).and_then(|(from, to)| self.text.get(*from..*to));
        range.unwrap_or_default()
    }
}

/// One of the files: its lines, and what has been said of their order.
struct Input {
    name: Vec<u8>,
    reader: LineReader,
    /// Kept open as long as it is read.
    _source: Source,
    number: u64,
    before: Option<Line>,
    warned: bool,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (mut job, names) = read_job(ctx, parsed)?;
    if names[0] == b"-" && names[1] == b"-" {
        return Err(ctx.die(&[b"both files cannot be standard input"]));
    }
    let mut open = |name: &[u8]| match Source::open(name) {
        Ok(source) => Ok(Input {
            name: name.to_vec(),
            reader: LineReader::new(source.fd(), job.end),
            _source: source,
            number: 0,
            before: None,
            warned: false,
        }),
        Err(error) => Err(ctx.die_errno(&[&quote::as_needed(name)], error)),
    };
    let mut inputs = [open(&names[0])?, open(&names[1])?];
    let auto = parsed.value(b'o') == Some(b"auto");
    merge(ctx, &mut job, &mut inputs, auto)?;
    if inputs.iter().any(|input| input.warned) {
        return Err(ctx.die(&[b"input is not in sorted order"]));
    }
    Ok(0)
}

/// Reads the options and the names of the files.
fn read_job<'a>(ctx: &mut Context<'_>, parsed: &'a Parsed) -> Result<(Job<'a>, [Vec<u8>; 2]), Quit> {
    let mut job = Job {
        tab: Tab::Blanks,
        end: if parsed.has(b'z') { 0 } else { b'\n' },
        ignore_case: parsed.has(b'i'),
        check: match parsed.last_of(&[CHECK, NO_CHECK]) {
            None => Some(false),
            Some(key) => (key == CHECK).then_some(true),
        },
        header: parsed.has(HEADER),
        keys: [0, 0],
        unpaired: [false, false],
        paired: true,
        empty: b"",
        columns: None,
    };
    let mut keys = [None, None];
    let (mut tab, mut empty, mut late) = (None, None, Vec::new());
    let mut operands = parsed.operands.clone();
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match *key {
            b'a' | b'v' => {
                job.paired &= *key == b'a';
                let number = match applets::format::parse_decimal(value) {
                    Some(number @ (1 | 2)) => number as usize - 1,
                    _ => return Err(ctx.die(&[b"invalid field number: ", &quote::locale(value)])),
                };
                job.unpaired[number] = true;
            }
            b'e' => {
                if empty.is_some_and(|before| before != value) {
                    return Err(ctx.die(&[b"conflicting empty-field replacement strings"]));
                }
                empty = Some(value);
            }
            b'1' | b'2' => set_key(ctx, &mut keys, usize::from(key - b'1'), value)?,
            // The old form names the file behind the letter, and the field in the next argument.
            b'j' if matches!(value, b"1" | b"2") && is_attached(ctx.args, value) => match behind(ctx.args, value) {
                Some(field) => {
                    operands.retain(|operand| operand != field);
                    set_key(ctx, &mut keys, usize::from(value == b"2"), field)?;
                }
                None => late.push(value),
            },
            b'j' => {
                set_key(ctx, &mut keys, 0, value)?;
                set_key(ctx, &mut keys, 1, value)?;
            }
            b'o' if value == b"auto" => {}
            b'o' => read_columns(ctx, value, job.columns.get_or_insert_default())?,
            b't' => {
                let given = match value {
                    b"" => Tab::Line,
                    [byte] => Tab::Byte(*byte),
                    b"\\0" => Tab::Byte(0),
                    _ => return Err(ctx.die(&[b"multi-character tab ", &quote::locale(value)])),
                };
                if tab.is_some_and(|before| before != given) {
                    return Err(ctx.die(&[b"incompatible tabs"]));
                }
                tab = Some(given);
            }
            _ => {}
        }
    }
    for value in late {
        set_key(ctx, &mut keys, 0, value)?;
        set_key(ctx, &mut keys, 1, value)?;
    }
    job.empty = empty.unwrap_or_default();
    job.tab = tab.unwrap_or(Tab::Blanks);
    job.keys = keys.map(|key| key.unwrap_or(0));
    // More fields may follow the first ones as arguments of their own.
    while operands.len() > 2 && parsed.has(b'o') && job.columns.is_some() {
        let list = operands.remove(0);
        read_columns(ctx, &list, job.columns.get_or_insert_default())?;
    }
    match operands.as_slice() {
        [] => Err(missing_operand(ctx, 1)),
        [one] => Err(wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(one)])),
        [first, second] => Ok((job, [first.clone(), second.clone()])),
        [_, _, third, ..] => Err(extra_operand(ctx, 1, third)),
    }
}

/// Whether `-j1` or `-j2` stands among the arguments, with its number attached.
fn is_attached(args: &[Vec<u8>], number: &[u8]) -> bool {
    args.contains(&[b"-j", number].concat())
}

/// The argument behind `-j1` or `-j2` that is no option.
fn behind<'a>(args: &'a [Vec<u8>], number: &[u8]) -> Option<&'a Vec<u8>> {
    let option = [b"-j", number].concat();
    let at = args.iter().position(|arg| *arg == option)?;
    args.get(at + 1).filter(|next| !next.starts_with(b"-"))
}

fn set_key(ctx: &mut Context<'_>, keys: &mut [Option<usize>; 2], file: usize, text: &[u8]) -> Result<(), Quit> {
    let number = field_number(ctx, text)?;
    match keys[file].replace(number) {
        Some(before) if before != number => {
            let line = format!("incompatible join fields {}, {}", before + 1, number + 1);
            Err(ctx.die(&[line.as_bytes()]))
        }
        _ => Ok(()),
    }
}

/// A field's number, counted from 0. One that is too large is that of no field.
fn field_number(ctx: &mut Context<'_>, text: &[u8]) -> Result<usize, Quit> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match applets::format::parse_decimal(text) {
        Some(0) => {}
        Some(number) => return Ok(usize::try_from(number - 1).unwrap_or(usize::MAX - 1)),
        None if digits => return Ok(usize::MAX - 1),
        None => {}
    }
    Err(ctx.die(&[b"invalid field number: ", &quote::locale(text)]))
}

/// A list such as `0,1.2 2.1`.
fn read_columns(ctx: &mut Context<'_>, list: &[u8], columns: &mut Vec<Column>) -> Result<(), Quit> {
    for item in list.split(|byte| matches!(byte, b',' | b' ' | b'\t')) {
        let column = match item {
            b"0" => Column::Key,
            [b'0', ..] => return Err(ctx.die(&[b"invalid field specifier: ", &quote::locale(item)])),
            [file @ (b'1' | b'2'), b'.', number @ ..] => {
                Column::Of(usize::from(file - b'1'), field_number(ctx, number)?)
            }
            [b'1' | b'2', ..] => return Err(ctx.die(&[b"invalid field specifier: ", &quote::locale(item)])),
            _ => return Err(ctx.die(&[b"invalid file number in field spec: ", &quote::locale(item)])),
        };
        columns.push(column);
    }
    Ok(())
}

impl Job<'_> {
    fn compare(&self, a: (&Line, usize), b: (&Line, usize)) -> Ordering {
        let (a, b) = (a.0.field(self.keys[a.1]), b.0.field(self.keys[b.1]));
        if self.ignore_case {
            let lower = |text: &[u8]| text.to_ascii_lowercase();
            return lower(a).cmp(&lower(b));
        }
        a.cmp(b)
    }

    /// The next line of a file; `seen_unpaired` decides whether a wrong order matters.
    fn next(
        &self,
        ctx: &mut Context<'_>,
        inputs: &mut [Input; 2],
        file: usize,
        seen_unpaired: bool,
    ) -> Result<Option<Line>, Quit> {
        let input = &mut inputs[file];
        let line = match input.reader.next_line() {
            Ok(Some(line)) => Line::new(line.text, self.tab),
            Ok(None) => return Ok(None),
            Err(error) => return Err(ctx.die_errno(&[b"read error"], error)),
        };
        input.number += 1;
        let checked = self.check == Some(true) || self.check == Some(false) && seen_unpaired && !input.warned;
        if let Some(before) = input.before.as_ref().filter(|_| checked)
            && self.compare((before, file), (&line, file)) == Ordering::Greater
        {
            let place = format!(":{}: is not sorted: ", input.number);
            ctx.complain(&[&input.name, place.as_bytes(), &line.text]);
            if self.check == Some(true) {
                return Err(Quit(1));
            }
            input.warned = true;
        }
        if self.check.is_some() {
            input.before = Some(line.clone());
        }
        Ok(Some(line))
    }

    fn print(&self, ctx: &mut Context<'_>, lines: [Option<&Line>; 2]) {
        let separator = match self.tab {
            Tab::Blanks => b' ',
            Tab::Byte(byte) => byte,
            Tab::Line => self.end,
        };
        let mut out = Vec::new();
        let mut first = true;
        let mut put = |text: &[u8]| {
            if !core::mem::replace(&mut first, false) {
                out.push(separator);
            }
            out.extend_from_slice(if text.is_empty() { self.empty } else { text });
        };
        let key = || {
            let file = usize::from(lines[0].is_none());
            lines[file].map(|line| line.field(self.keys[file])).unwrap_or_default()
        };
        match &self.columns {
            Some(columns) => columns.iter().for_each(|column| match column {
                Column::Key => put(key()),
                Column::Of(file, number) => {
                    put(lines[*file].map(|line| line.field(*number)).unwrap_or_default());
                }
            }),
            None => {
                put(key());
                for (line, key) in lines.iter().zip(self.keys) {
                    let Some(line) = line else { continue };
                    (0..line.fields.len()).filter(|number| *number != key).for_each(|number| put(line.field(number)));
                }
            }
        }
        out.push(self.end);
        ctx.put(&out);
    }

    /// The columns that `-o auto` means: as many as the first lines have.
    fn columns_of(&self, lines: [Option<&Line>; 2]) -> Vec<Column> {
        let mut columns = vec![Column::Key];
        for (file, line) in lines.into_iter().enumerate() {
            let count = line.map_or(0, |line| line.fields.len());
            columns.extend((0..count).filter(|number| *number != self.keys[file]).map(|at| Column::Of(file, at)));
        }
        columns
    }
}

fn merge(ctx: &mut Context<'_>, job: &mut Job<'_>, inputs: &mut [Input; 2], auto: bool) -> Result<(), Quit> {
    let mut unpaired = false;
    let mut a = job.next(ctx, inputs, 0, false)?;
    let mut b = job.next(ctx, inputs, 1, false)?;
    if auto {
        job.columns = Some(job.columns_of([a.as_ref(), b.as_ref()]));
    }
    if job.header && (a.is_some() || b.is_some()) {
        job.print(ctx, [a.as_ref(), b.as_ref()]);
        inputs.iter_mut().for_each(|input| input.before = None);
        a = if a.is_some() { job.next(ctx, inputs, 0, false)? } else { None };
        b = if b.is_some() { job.next(ctx, inputs, 1, false)? } else { None };
    }
    while let (Some(left), Some(right)) = (&a, &b) {
        match job.compare((left, 0), (right, 1)) {
            Ordering::Less => {
                if job.unpaired[0] {
                    job.print(ctx, [Some(left), None]);
                }
                a = job.next(ctx, inputs, 0, unpaired)?;
                unpaired = true;
            }
            Ordering::Greater => {
                if job.unpaired[1] {
                    job.print(ctx, [None, Some(right)]);
                }
                b = job.next(ctx, inputs, 1, unpaired)?;
                unpaired = true;
            }
            Ordering::Equal => {
                let (mut lefts, mut rights) = (vec![left.clone()], vec![right.clone()]);
                a = gather(ctx, job, inputs, 0, &mut lefts, unpaired)?;
                b = gather(ctx, job, inputs, 1, &mut rights, unpaired)?;
                for left in lefts.iter().filter(|_| job.paired) {
                    for right in &rights {
                        job.print(ctx, [Some(left), Some(right)]);
                    }
                }
            }
        }
        if ctx.write_error().is_some() {
            return Ok(());
        }
    }
    unpaired |= a.is_some() != b.is_some() && inputs.iter().all(|input| input.number > 0);
    for (file, mut line) in [a, b].into_iter().enumerate() {
        while let Some(left) = &line {
            if job.unpaired[file] {
                job.print(ctx, if file == 0 { [Some(left), None] } else { [None, Some(left)] });
            } else if job.check.is_none() || inputs[file].warned {
                break;
            }
            line = job.next(ctx, inputs, file, unpaired)?;
        }
    }
    Ok(())
}

/// Reads the lines that have the key of those in `lines`; returns the first that has another.
fn gather(
    ctx: &mut Context<'_>,
    job: &Job<'_>,
    inputs: &mut [Input; 2],
    file: usize,
    lines: &mut Vec<Line>,
    unpaired: bool,
) -> Result<Option<Line>, Quit> {
    while let Some(line) = job.next(ctx, inputs, file, unpaired)? {
        let same = lines.first().is_some_and(|first| job.compare((first, file), (&line, file)) == Ordering::Equal);
        if !same {
            return Ok(Some(line));
        }
        lines.push(line);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_lines() {
        let fields = |text: &str, tab| {
            let line = Line::new(text.as_bytes(), tab);
            (0..line.fields.len()).map(|at| String::from_utf8_lossy(line.field(at)).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(fields("  a \tb", Tab::Blanks), ["a", "b"]);
        assert_eq!(fields("a::b", Tab::Byte(b':')), ["a", "", "b"]);
        assert_eq!(fields("a b", Tab::Line), ["a b"]);
    }
}
