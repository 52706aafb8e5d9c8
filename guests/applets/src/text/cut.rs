//! `cut`: parts of lines.

use wcr_sys::{Errno, append};

use crate::count::natural;
use crate::format::decimal;
use crate::lines::LineReader;
use crate::options::{Parsed, Spec};
use crate::regex::{Regex, Syntax};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cut",
    "cut [OPTIONS] [FILE]...\n\n\
     Print selected fields from FILEs to stdout\n\n\
     \t-b LIST\tOutput only bytes from LIST\n\
     \t-c LIST\tOutput only characters from LIST\n\
     \t-d SEP\tField delimiter for input (default -f TAB, -F run of whitespace)\n\
     \t-O SEP\tField delimiter for output (default = -d for -f, one space for -F)\n\
     \t-D\tDon't sort/collate sections or match -fF lines without delimiter\n\
     \t-f LIST\tPrint only these fields (-d is single char)\n\
     \t-F LIST\tPrint only these fields (-d is regex)\n\
     \t-s\tOutput only lines containing delimiter\n\
     \t-n\tIgnored",
    main,
);

const SPEC: Spec = Spec::short("b:c:f:d:O:sDF:n");

/// Positions counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: usize,
    end: usize,
}

/// What a line is divided into.
enum Unit {
    Bytes,
    /// By a byte; NUL is none.
    Fields(u8),
    /// By a regular expression.
    Pattern(Regex),
}

struct Cutter {
    unit: Unit,
    ranges: Vec<Range>,
    joiner: Vec<u8>,
    /// The ranges are printed as they stand.
    verbatim: bool,
    only_delimited: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut has_list = false;
    let parsed = SPEC.parse_checked(ctx, |ctx, key, _| {
        // A list of `-F` takes the place of one that stands before it.
        let excludes = b"bcf".contains(&key) && has_list;
        has_list |= b"bcfF".contains(&key);
        if excludes { Err(ctx.usage()) } else { Ok(()) }
    })?;
    let kinds: Vec<u8> = parsed.options.iter().map(|(key, _)| *key).filter(|key| b"bcfF".contains(key)).collect();
    let (Some(first), Some(list)) = (kinds.first(), kinds.last()) else {
        return Err(ctx.die(&[b"expected a list of bytes, characters, or fields"]));
    };
    let kind = if *first == b'f' { list } else { first };
    let cutter = cutter(ctx, &parsed, *kind, *list)?;
    let mut operands = parsed.operands.clone();
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for path in &operands {
        match Source::open(path) {
            // What cannot be read ends the file, as it does in BusyBox.
            Ok(source) => drop(cutter.copy(ctx, &source)),
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn cutter(ctx: &mut Context<'_>, parsed: &Parsed, kind: u8, list: u8) -> Result<Cutter, Quit> {
    let delimiter = parsed.value(b'd').filter(|text| !text.is_empty());
    let by_fields = matches!(kind, b'f' | b'F');
    if !by_fields && parsed.has(b's') {
        return Err(ctx.die(&[b"suppressing non-delimited lines makes sense only when operating on fields"]));
    }
    if !by_fields && parsed.has(b'd') {
        return Err(ctx.die(&[b"a delimiter may be specified only when operating on fields"]));
    }
    let verbatim = parsed.has(b'D');
    let mut ranges = Vec::new();
    for piece in parsed.value(list).unwrap_or_default().split(|byte| *byte == b',') {
        if !piece.is_empty() {
            ranges.push(range(ctx, piece)?);
        }
    }
    if ranges.is_empty() {
        return Err(ctx.die(&[b"missing list of positions"]));
    }
    if !verbatim {
        ranges.sort_by_key(|range| range.start);
    }
    let (unit, joiner) = match kind {
        b'f' => {
            let byte = delimiter.map_or(b'\t', |text| text.first().copied().unwrap_or(0));
            // Lines are divided at its first byte, and joined by all of it.
            (Unit::Fields(byte), delimiter.map_or_else(|| vec![byte], <[u8]>::to_vec))
        }
        b'F' => {
            let pattern = delimiter.unwrap_or(b"[[:space:]]+");
            let regex = Regex::new(pattern, Syntax::EXTENDED)
                .map_err(|error| ctx.die(&[b"bad regex '", pattern, b"': ", error.message().as_bytes()]))?;
            (Unit::Pattern(regex), b" ".to_vec())
        }
        _ => (Unit::Bytes, Vec::new()),
    };
    let joiner = parsed.value(b'O').map_or(joiner, <[u8]>::to_vec);
    Ok(Cutter { unit, ranges, joiner, verbatim, only_delimited: parsed.has(b's') })
}

fn range(ctx: &mut Context<'_>, text: &[u8]) -> Result<Range, Quit> {
    let mut halves = text.splitn(2, |byte| *byte == b'-');
    let mut next = |ctx: &mut Context<'_>, default: usize| match halves.next() {
        None => Ok(None),
        Some([]) => Ok(Some(default)),
        Some(digits) => natural(ctx, digits).map(Some),
    };
    let start = next(ctx, 1)?.unwrap_or(1).max(1);
    let end = next(ctx, usize::MAX)?.unwrap_or(start);
    if end < start - 1 {
        return Err(ctx.die(&[&decimal(end as u64), b"<", &decimal(start as u64 - 1)]));
    }
    Ok(Range { start, end })
}

impl Cutter {
    fn copy(&self, ctx: &mut Context<'_>, source: &Source) -> Result<(), Errno> {
        let mut reader = LineReader::text(source.fd());
        let (mut out, mut number) = (Vec::new(), 0);
        while let Some(line) = reader.next_line()? {
            out.clear();
            number += 1;
            let printed = match &self.unit {
                Unit::Bytes => self.bytes(&mut out, line.text),
                Unit::Fields(b'\n') => self.line(&mut out, line.text, number),
                Unit::Fields(byte) => self.fields(&mut out, line.text, *byte),
                Unit::Pattern(regex) => self.pattern(&mut out, line.text, regex),
            };
            if printed {
                out.push(b'\n');
                ctx.put(&out);
            }
        }
        Ok(())
    }

    /// Prints each byte once, in the order of the ranges.
    fn bytes(&self, out: &mut Vec<u8>, line: &[u8]) -> bool {
        if let [range] = self.ranges.as_slice() {
            let end = range.end.max(range.start).min(line.len());
            append(out, line.get(range.start - 1..end).unwrap_or_default());
            return true;
        }
        let mut printed = vec![false; line.len()];
        for range in &self.ranges {
            for at in range.start - 1..range.end.max(range.start).min(line.len()) {
                if let (Some(printed @ false), Some(byte)) = (printed.get_mut(at), line.get(at)) {
                    *printed = true;
                    out.push(*byte);
                }
            }
        }
        true
    }

    /// With the newline as delimiter the lines are the fields.
    fn line(&self, out: &mut Vec<u8>, line: &[u8], number: usize) -> bool {
        out.extend_from_slice(line);
        self.ranges.iter().any(|range| (range.start..=range.end).contains(&number))
    }

    fn fields(&self, out: &mut Vec<u8>, line: &[u8], delimiter: u8) -> bool {
        if !line.contains(&delimiter) {
            append(out, line);
            // An empty line is printed in any case.
            return !self.only_delimited || line.is_empty();
        }
        match self.ranges.as_slice() {
            [range] if self.joiner == [delimiter] => {
                Self::one_range(out, line, *range, memchr::memchr_iter(delimiter, line));
            }
            _ => self.select(out, line, |at| {
                // Fields are short: a search for vectors of bytes would take longer to begin.
                let rest = line.get(at..).unwrap_or_default();
                match rest.iter().position(|byte| *byte == delimiter) {
                    Some(len) => Step::End(at + len, at + len + 1),
                    None => Step::Inside(line.len()),
                }
            }),
        }
        true
    }

    /// Adjacent fields are one piece of the line when they are joined as they were divided.
    fn one_range(out: &mut Vec<u8>, line: &[u8], range: Range, mut ends: impl Iterator<Item = usize>) {
        let mut start = 0;
        if range.start > 1 {
            match ends.nth(range.start - 2) {
                Some(end) => start = end + 1,
                None => return,
            }
        }
        let last = range.end.checked_sub(range.start).and_then(|more| ends.nth(more));
        let end = if range.end < range.start { start } else { last.unwrap_or(line.len()) };
        append(out, line.get(start..end).unwrap_or_default());
    }

    fn pattern(&self, out: &mut Vec<u8>, line: &[u8], regex: &Regex) -> bool {
        if regex.find(line).is_none_or(|(start, end)| start == end) {
            // Only the first range sees a line without delimiter.
            if self.ranges.first().is_some_and(|range| range.start == 1 && range.end > 0) {
                out.extend_from_slice(line);
            }
            return true;
        }
        self.select(out, line, |at| match regex.find_at(line, at, false) {
            Some((start, end)) if start < end => Step::End(start, end),
            _ => Step::Inside(line.len()),
        });
        true
    }

    /// Prints fields as the ranges ask for them, in one pass over the line for each range when verbatim and
    /// in a single pass otherwise. `step` looks for the end of a field from a place on. What has been passed
    /// is not printed again; a range behind the end of the line still gets its joiner.
    fn select(&self, out: &mut Vec<u8>, line: &[u8], step: impl Fn(usize) -> Step) {
        let skips_empty = matches!(self.unit, Unit::Pattern(_));
        let mut ranges = self.ranges.iter().peekable();
        let (mut start, mut next, mut number, mut is_first, mut at_end) = (0, 0, 0, true, false);
        while let Some(range) = ranges.peek() {
            if at_end || number > range.end.saturating_sub(1) {
                ranges.next();
                if self.verbatim {
                    (start, next, number) = (0, 0, 0);
                }
                if !core::mem::take(&mut at_end) {
                    // The next range may be over as well.
                    continue;
                }
            }
            let Some(range) = ranges.peek() else { break };
            let end = if next == line.len() {
                at_end = true;
                next
            } else {
                match step(next) {
                    Step::Inside(at) => {
                        next = at;
                        continue;
                    }
                    Step::End(end, behind) => {
                        next = behind;
                        end
                    }
                }
            };
            let is_before = number < range.start - 1;
            number += 1;
            if is_before {
                start = next;
                if !at_end {
                    continue;
                }
            }
            let field = line.get(start..end).unwrap_or_default();
            if !(skips_empty && field.is_empty()) {
                if !core::mem::take(&mut is_first) {
                    append(out, &self.joiner);
                }
                append(out, field);
            }
            start = next;
        }
    }
}

/// What a look for the end of a field finds.
enum Step {
    /// No end before this place, where the look goes on.
    Inside(usize),
    /// The end, and the start of the next field.
    End(usize, usize),
}
