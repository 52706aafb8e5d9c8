//! The search of one file: which of its lines are selected, and what is printed of them.

use std::collections::VecDeque;

use applets::Context;
use applets::format::decimal;
use wcr_sys::{Errno, Fd, append, fd, pace};

use super::colors::Colors;
use super::matcher::Matcher;
use super::options::{Binary, Options, Show};

/// How much one read takes, in bytes.
const BLOCK: usize = 96 << 10;

/// What a line that is printed counts as steps of a turn.
const STEPS: u32 = 64;

/// The mark behind what stands before a selected line.
const SELECTED: u8 = b':';
/// That before a line of its context.
const CONTEXT: u8 = b'-';

/// Searches files one after the other.
pub(super) struct Search<'a> {
    options: &'a Options,
    matcher: &'a Matcher,
    /// Whether anything was printed yet, in whichever file.
    printed: bool,
    line: Vec<u8>,
}

/// A line's number and the offset of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    number: u64,
    offset: u64,
}

/// What one file's search keeps.
struct File<'a> {
    name: &'a [u8],
    /// How wide numbers are with `-T`.
    width: usize,
    /// How many lines were read.
    lines: u64,
    selected: u64,
    /// How many lines are still to be printed behind the last selected one.
    pending: usize,
    /// Lines before the current one that were not printed.
    held: VecDeque<(Vec<u8>, Place)>,
    /// Where the last printed line ended.
    last_end: Option<u64>,
    /// The file is no text: nothing more is printed of it.
    binary: bool,
    /// A line was not printed because it is no text.
    withheld: bool,
    /// Where the last selected line ended.
    selected_end: u64,
}

/// Whether the search of a file goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    End,
}

impl<'a> Search<'a> {
    /// A search that has seen no file.
    pub(super) fn new(options: &'a Options, matcher: &'a Matcher) -> Self {
        Self { options, matcher, printed: false, line: Vec::new() }
    }

    /// Searches what can be read from `fd`; whether a line was selected. `size` is that of a regular file.
    pub(super) fn file(
        &mut self,
        ctx: &mut Context<'_>,
        fd: Fd,
        name: &[u8],
        size: Option<u64>,
    ) -> Result<bool, Errno> {
        let width = size.map_or(19, |size| decimal(size).len());
        let mut file = File {
            name,
            width,
            lines: 0,
            selected: 0,
            pending: 0,
            held: VecDeque::new(),
            last_end: None,
            binary: false,
            withheld: false,
            selected_end: 0,
        };
        let begin = fd::seek(fd, 0, fd::Whence::Current).ok();
        let searched = self.blocks(ctx, &mut file, fd);
        if let (Ok(Next::End), Some(begin), Some(_)) = (searched, begin, self.options.max_count) {
            // What stands behind the last selected line is for the next reader.
            let _ = fd::seek(fd, (begin + file.selected_end).cast_signed(), fd::Whence::Set);
        }
        self.conclude(ctx, &file);
        searched.map(|_| file.selected > 0)
    }

    fn blocks(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, fd: Fd) -> Result<Next, Errno> {
        let delimiter = self.options.delimiter;
        let mut buf: Vec<u8> = Vec::new();
        let (mut used, mut offset) = (0, 0);
        loop {
            buf.drain(..used);
            offset += used as u64;
            let have = buf.len();
            buf.resize(have + BLOCK, 0);
            let read = loop {
                match fd::read(fd, buf.get_mut(have..).unwrap_or_default()) {
                    Err(Errno::Intr) => {}
                    read => break read,
                }
            };
            buf.truncate(have + read.unwrap_or(0));
            let new = buf.get(have..).unwrap_or_default();
            if self.options.binary != Binary::Text && !file.binary && is_binary(new, delimiter) {
                if self.options.binary == Binary::WithoutMatch {
                    return Ok(Next::Line);
                }
                file.binary = true;
            }
            let at_end = new.is_empty();
            let end = if at_end { buf.len() } else { memchr::memrchr(delimiter, new).map_or(0, |end| have + end + 1) };
            let next = self.block(ctx, file, buf.get(..end).unwrap_or_default(), offset);
            used = end;
            if next == Next::End {
                return Ok(next);
            }
            if at_end {
                return read.map(|_| Next::Line);
            }
        }
    }

    /// Prints what can be said only when the file has been searched.
    fn conclude(&mut self, ctx: &mut Context<'_>, file: &File<'_>) {
        let options = self.options;
        let mut out = Vec::new();
        if options.count_too && !matches!(options.show, Show::Nothing | Show::WithMatches | Show::WithoutMatches) {
            if options.names {
                self.name(file.name, &mut out);
                if options.null_names { out.push(0) } else { self.mark(SELECTED, &mut out) }
            }
            out.extend_from_slice(&decimal(file.selected));
            out.push(b'\n');
        }
        let listed = match options.show {
            Show::WithMatches => file.selected > 0,
            Show::WithoutMatches => file.selected == 0,
            _ => false,
        };
        if listed {
            self.name(file.name, &mut out);
            out.push(if options.null_names { 0 } else { b'\n' });
        }
        ctx.put(&out);
        if file.withheld && matches!(options.show, Show::Lines | Show::Parts) {
            ctx.flush();
            ctx.complain(&[file.name, b": binary file matches"]);
        }
    }

    /// Searches whole lines.
    fn block(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, block: &[u8], offset: u64) -> Next {
        let options = self.options;
        let may_skip = !options.invert && options.before.unwrap_or(0) == 0;
        let counts = options.numbers;
        let mut at = 0;
        while at < block.len() {
            let rest = block.get(at..).unwrap_or_default();
            if may_skip && file.pending == 0 {
                let found = self.matcher.candidate(rest, options.delimiter);
                let skipped = match found {
                    Some(0) => 0,
                    Some(found) => memchr::memrchr(options.delimiter, rest.get(..found).unwrap_or_default())
                        .map_or(0, |end| end + 1),
                    None => rest.len(),
                };
                if counts {
                    let skipped = rest.get(..skipped).unwrap_or_default();
                    file.lines += memchr::memchr_iter(options.delimiter, skipped).count() as u64;
                }
                at += skipped;
                if found.is_none() {
                    break;
                }
            }
            let rest = block.get(at..).unwrap_or_default();
            let len = memchr::memchr(options.delimiter, rest).unwrap_or(rest.len());
            let line = rest.get(..len).unwrap_or_default();
            file.lines += 1;
            let place = Place { number: file.lines, offset: offset + at as u64 };
            at = (at + len + 1).min(block.len());
            if self.line(ctx, file, line, place) == Next::End {
                return Next::End;
            }
        }
        Next::Line
    }

    fn line(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, line: &[u8], place: Place) -> Next {
        let options = self.options;
        let full = options.max_count.is_some_and(|most| file.selected >= most);
        if !full && self.matcher.is_match(line) != options.invert {
            return self.select(ctx, file, line, place);
        }
        if file.pending > 0 {
            file.pending -= 1;
            self.print(ctx, file, line, place, CONTEXT);
            return if full && file.pending == 0 { Next::End } else { Next::Line };
        }
        let before = options.before.unwrap_or(0);
        if before > 0 && options.show == Show::Lines {
            if file.held.len() == before {
                file.held.pop_front();
            }
            file.held.push_back((line.to_vec(), place));
        }
        Next::Line
    }

    fn select(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, line: &[u8], place: Place) -> Next {
        let options = self.options;
        file.selected += 1;
        file.selected_end = place.offset + line.len() as u64 + 1;
        if options.first_settles() {
            return Next::End;
        }
        let full = options.max_count.is_some_and(|most| file.selected >= most);
        if options.show == Show::Count {
            return if full { Next::End } else { Next::Line };
        }
        if file.binary {
            file.withheld = true;
            return if options.count_too { Next::Line } else { Next::End };
        }
        for (line, place) in core::mem::take(&mut file.held) {
            self.print(ctx, file, &line, place, CONTEXT);
        }
        self.print(ctx, file, line, place, SELECTED);
        file.pending = if options.show == Show::Lines { options.after.unwrap_or(0) } else { 0 };
        if full && file.pending == 0 { Next::End } else { Next::Line }
    }

    fn print(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, line: &[u8], place: Place, mark: u8) {
        let options = self.options;
        if options.utf8 && options.binary == Binary::Told && core::str::from_utf8(line).is_err() {
            file.withheld = true;
            if options.show == Show::Lines {
                return;
            }
        }
        pace::steps(STEPS);
        let mut out = core::mem::take(&mut self.line);
        out.clear();
        let apart = file.last_end != Some(place.offset);
        if self.printed && apart && (options.before.is_some() || options.after.is_some()) {
            if let Some(separator) = &options.separator {
                self.coloured(|colors| &colors.separator, separator, &mut out);
                out.push(b'\n');
            }
        }
        if options.show == Show::Parts {
            if mark == SELECTED && !options.invert {
                self.parts(file, line, place, &mut out);
            }
        } else {
            self.whole(file, line, place, mark, &mut out);
        }
        self.printed = true;
        file.last_end = Some(place.offset + line.len() as u64 + 1);
        ctx.put(&out);
        if options.flush_lines {
            ctx.flush();
        }
        self.line = out;
    }

    /// The matching parts of a line, each on a line of its own.
    fn parts(&self, file: &File<'_>, line: &[u8], place: Place, out: &mut Vec<u8>) {
        let mut start = 0;
        while let Some((from, to)) = self.matcher.find(line, start) {
            let part = line.get(from..to).unwrap_or_default();
            start = if part.is_empty() { to + 1 } else { to };
            if part.is_empty() || self.options.utf8 && core::str::from_utf8(part).is_err() {
                continue;
            }
            let place = Place { offset: place.offset + from as u64, ..place };
            self.head(file, place, SELECTED, false, out);
            self.coloured(|colors| &colors.selected_match, part, out);
            out.push(self.options.delimiter);
        }
    }

    fn whole(&self, file: &File<'_>, line: &[u8], place: Place, mark: u8, out: &mut Vec<u8>) {
        self.head(file, place, mark, line.is_empty(), out);
        match &self.options.colors {
            None => append(out, line),
            Some(colors) => self.marked(colors, line, mark, out),
        }
        out.push(self.options.delimiter);
    }

    /// A line with its matches in colour.
    fn marked(&self, colors: &Colors, line: &[u8], mark: u8, out: &mut Vec<u8>) {
        let invert = self.options.invert;
        let whole = if (mark == SELECTED) != (invert && colors.reversed) { &colors.selected } else { &colors.context };
        let part = if mark == SELECTED { &colors.selected_match } else { &colors.context_match };
        let (mut done, mut start) = (0, 0);
        // Of what was not selected, or not to be, nothing matches.
        while (mark == SELECTED) != invert && !part.is_empty() {
            let Some((from, to)) = self.matcher.find(line, start) else { break };
            start = if from == to { to + 1 } else { to };
            if from == to {
                continue;
            }
            colors.start(whole, out);
            out.extend_from_slice(line.get(done..from).unwrap_or_default());
            colors.start(part, out);
            out.extend_from_slice(line.get(from..to).unwrap_or_default());
            colors.end(part, out);
            done = to;
        }
        let rest = line.get(done..).unwrap_or_default();
        if !rest.is_empty() {
            colors.start(whole, out);
            out.extend_from_slice(rest);
            colors.end(whole, out);
        }
    }

    /// What stands before a line.
    fn head(&self, file: &File<'_>, place: Place, mark: u8, empty: bool, out: &mut Vec<u8>) {
        let options = self.options;
        if options.names {
            self.name(file.name, out);
            if options.null_names { out.push(0) } else { self.mark(mark, out) }
        }
        let mut number = |shown: bool, value: u64, color: fn(&Colors) -> &[u8]| {
            if shown {
                let digits = decimal(value);
                let width = if options.tabs { file.width } else { 0 };
                let padded = [vec![b' '; width.saturating_sub(digits.len())], digits].concat();
                self.coloured(color, &padded, out);
                self.mark(mark, out);
            }
        };
        number(options.numbers, place.number, |colors| &colors.number);
        number(options.offsets, place.offset, |colors| &colors.offset);
        if options.tabs && !empty && (options.names || options.numbers || options.offsets) {
            out.push(b'\t');
        }
    }

    fn name(&self, name: &[u8], out: &mut Vec<u8>) {
        self.coloured(|colors| &colors.name, name, out);
    }

    fn mark(&self, mark: u8, out: &mut Vec<u8>) {
        self.coloured(|colors| &colors.separator, &[mark], out);
    }

    fn coloured(&self, color: fn(&Colors) -> &[u8], text: &[u8], out: &mut Vec<u8>) {
        let Some(colors) = &self.options.colors else { return append(out, text) };
        colors.start(color(colors), out);
        out.extend_from_slice(text);
        colors.end(color(colors), out);
    }
}

/// Whether what was read of a file shows that it is no text.
fn is_binary(text: &[u8], delimiter: u8) -> bool {
    // Where NULs end lines, they say nothing.
    delimiter != 0 && memchr::memchr(0, text).is_some() || delimiter == 0 && memchr::memchr(0o200, text).is_some()
}
