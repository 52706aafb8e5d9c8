//! The search of one file: which of its lines are selected, and what is printed of them.

use std::collections::VecDeque;

use wcr_sys::Fd;

use super::TROUBLE;
use super::pattern::{BadPattern, Patterns};
use crate::format::decimal;
use crate::lines::LineReader;
use crate::{Context, Quit};

/// What is printed of a selected line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// All of it.
    Lines,
    /// Its matching parts.
    Parts,
    /// Nothing, but how many there are.
    Count,
}

/// What is selected and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    /// Ends at the first selected line and prints nothing of it.
    pub(super) quiet: bool,
    /// Selects the lines that do not match.
    pub(super) invert: bool,
    /// Prints the names of files with selected lines.
    pub(super) names_with: bool,
    /// Prints the names of files without.
    pub(super) names_without: bool,
    /// What is printed of a line.
    pub(super) show: Show,
    /// Prints line numbers.
    pub(super) numbers: bool,
    /// What ends a line.
    pub(super) delimiter: u8,
    /// How many lines are selected in a file at most.
    pub(super) limit: Option<u64>,
    /// How many lines before a selected one are printed too.
    pub(super) before: usize,
    /// How many lines behind a selected one are printed too.
    pub(super) after: usize,
}

/// Searches files one after the other.
#[derive(Debug)]
pub(super) struct Searcher {
    patterns: Patterns,
    report: Report,
    /// The number of the line that was printed last, in whichever file; `None` before the first.
    last_printed: Option<u64>,
}

/// What the search of a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The file counts as found.
    pub(super) found: bool,
    /// No other file can change the result.
    pub(super) settled: bool,
}

/// What one file's search keeps.
struct File<'a> {
    name: &'a [u8],
    named: bool,
    /// The number of the current line.
    line: u64,
    selected: u64,
    /// How many lines are still to be printed behind the last selected one.
    pending: usize,
    /// Lines before the current one that were not printed.
    held: VecDeque<Vec<u8>>,
}

/// Whether the search of a file goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    End,
}

impl Searcher {
    /// A search for `patterns`.
    pub(super) fn new(patterns: Patterns, report: Report) -> Self {
        Self { patterns, report, last_printed: None }
    }

    /// Searches what can be read from `fd`; what it comes to. A read error ends the file.
    pub(super) fn search(&mut self, ctx: &mut Context<'_>, fd: Fd, name: &[u8], named: bool) -> Result<Outcome, Quit> {
        let report = self.report;
        let stops = report.limit.is_some() || report.quiet || report.names_with || report.names_without;
        let mut reader =
            if stops { LineReader::stopping(fd, report.delimiter) } else { LineReader::new(fd, report.delimiter) };
        let mut file = File { name, named, line: 0, selected: 0, pending: 0, held: VecDeque::new() };
        if report.limit == Some(0) {
            self.first_line(ctx, &mut file, &mut reader)?;
        } else {
            loop {
                let Ok(block) = reader.next_lines() else { break };
                if block.is_empty() {
                    break;
                }
                let (next, used) = self.block(ctx, &mut file, block)?;
                let left = block.len() - used;
                if next == Next::End {
                    reader.unread(left);
                    break;
                }
            }
        }
        let selected = file.selected > 0;
        if selected && (report.quiet || report.names_with || report.names_without) {
            return Ok(Outcome { found: report.quiet || report.names_with, settled: report.quiet });
        }
        if report.show == Show::Count {
            let prefix: &[&[u8]] = if named { &[name, b":"] } else { &[] };
            ctx.put(&[&prefix.concat(), &decimal(file.selected), b"\n".as_slice()].concat());
        }
        if report.names_without {
            ctx.put(&[name, b"\n"].concat());
        }
        Ok(Outcome { found: selected || report.names_without, settled: false })
    }

    /// With the limit 0: looks at the first line, which is counted but not printed.
    fn first_line(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, reader: &mut LineReader) -> Result<(), Quit> {
        let Ok(Some(line)) = reader.next_line() else { return Ok(()) };
        if self.patterns.is_match(line.text).map_err(|error| bad(ctx, &error))? != self.report.invert {
            file.selected = 1;
            if self.report.names_with {
                ctx.put(&[file.name, b"\n"].concat());
            }
        }
        Ok(())
    }

    /// Searches whole lines; whether more are wanted, and how many bytes were used.
    fn block(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, block: &[u8]) -> Result<(Next, usize), Quit> {
        let report = self.report;
        let may_skip = !report.invert && report.before == 0;
        let mut at = 0;
        while at < block.len() {
            let rest = block.get(at..).unwrap_or_default();
            if may_skip && file.pending == 0 && self.patterns.can_skip() {
                let found = self.patterns.candidate(rest, report.delimiter);
                let skipped = match found {
                    Some(found) => memchr::memrchr(report.delimiter, rest.get(..found).unwrap_or_default())
                        .map_or(0, |end| end + 1),
                    None => rest.len(),
                };
                if report.numbers || report.after > 0 {
                    let lines = memchr::memchr_iter(report.delimiter, rest.get(..skipped).unwrap_or_default());
                    file.line += lines.count() as u64;
                }
                at += skipped;
                if found.is_none() {
                    break;
                }
            }
            let rest = block.get(at..).unwrap_or_default();
            let len = memchr::memchr(report.delimiter, rest);
            let line = rest.get(..len.unwrap_or(rest.len())).unwrap_or_default();
            at += len.map_or(rest.len(), |len| len + 1);
            if self.line(ctx, file, line)? == Next::End {
                return Ok((Next::End, at));
            }
        }
        Ok((Next::Line, block.len()))
    }

    fn line(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, line: &[u8]) -> Result<Next, Quit> {
        let report = self.report;
        file.line += 1;
        let matches = self.patterns.is_match(line).map_err(|error| bad(ctx, &error))?;
        let full = report.limit.is_some_and(|limit| file.selected >= limit);
        if matches != report.invert {
            if full {
                // A further selected line ends what is printed behind the last one.
                return Ok(Next::End);
            }
            return self.select(ctx, file, line);
        }
        if file.pending > 0 {
            file.pending -= 1;
            self.print(ctx, file, line, file.line, b"-");
            return Ok(if full && file.pending == 0 { Next::End } else { Next::Line });
        }
        if report.before > 0 {
            if file.held.len() == report.before {
                file.held.pop_front();
            }
            file.held.push_back(line.to_vec());
        }
        Ok(Next::Line)
    }

    fn select(&mut self, ctx: &mut Context<'_>, file: &mut File<'_>, line: &[u8]) -> Result<Next, Quit> {
        let report = self.report;
        file.selected += 1;
        if report.quiet {
            return Ok(Next::End);
        }
        if report.names_with {
            ctx.put(&[file.name, b"\n"].concat());
            return Ok(Next::End);
        }
        if report.names_without {
            return Ok(Next::End);
        }
        let full = report.limit.is_some_and(|limit| file.selected >= limit);
        if report.show == Show::Count {
            return Ok(if full { Next::End } else { Next::Line });
        }
        let held = core::mem::take(&mut file.held);
        let first = file.line - held.len() as u64;
        for (number, line) in (first..).zip(&held) {
            self.print(ctx, file, line, number, b"-");
        }
        if report.show == Show::Lines {
            self.print(ctx, file, line, file.line, b":");
        } else if !report.invert {
            self.parts(ctx, file, line)?;
        }
        file.pending = report.after;
        Ok(if full && file.pending == 0 { Next::End } else { Next::Line })
    }

    /// Prints the matching parts of a line.
    fn parts(&mut self, ctx: &mut Context<'_>, file: &File<'_>, line: &[u8]) -> Result<(), Quit> {
        let mut next = self.patterns.find(line).map_err(|error| bad(ctx, &error))?;
        while let Some(found) = next {
            if let Some(text) = self.patterns.literal_text(found) {
                let text = text.to_vec();
                self.print(ctx, file, &text, file.line, b":");
                break;
            }
            let (start, end) = found.span;
            if start < end {
                self.print(ctx, file, line.get(start..end).unwrap_or_default(), file.line, b":");
            }
            let from = if start < end { end } else { end + 1 };
            if matches!(line.get(from), None | Some(0)) {
                break;
            }
            next = self.patterns.find_next(found, line, from).map_err(|error| bad(ctx, &error))?;
        }
        Ok(())
    }

    fn print(&mut self, ctx: &mut Context<'_>, file: &File<'_>, text: &[u8], number: u64, mark: &[u8]) {
        let report = self.report;
        if report.before > 0 || report.after > 0 {
            if self.last_printed.is_some_and(|last| last + 1 != number) {
                ctx.put(b"--\n");
            }
            self.last_printed = Some(number);
        }
        if file.named {
            ctx.put(file.name);
            ctx.put(mark);
        }
        if report.numbers {
            ctx.put(&decimal(number));
            ctx.put(mark);
        }
        ctx.put(text);
        ctx.put(&[report.delimiter]);
    }
}

fn bad(ctx: &mut Context<'_>, error: &BadPattern) -> Quit {
    ctx.complain(&[b"bad regex '", &error.0, b"'"]);
    Quit(TROUBLE)
}
