//! The lines of a file as rows of a screen.

use crate::Context;
use crate::regex::{Regex, Syntax};

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// Numbers before the lines.
    pub numbers: bool,
    /// Long lines are cut off.
    pub cut: bool,
    /// Rows behind the end have a tilde.
    pub tildes: bool,
    /// The last row tells lines and percents.
    pub status: bool,
    pub ignore_case: bool,
    /// Colours are left out.
    pub plain: bool,
}

/// A row: the number of its line, 0 for one that goes on, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    line: usize,
    text: Vec<u8>,
}

/// How wide the numbers before the lines are.
const NUMBERS: usize = 8;

/// A file on the screen.
pub(super) struct View {
    rows: Vec<Row>,
    lines: usize,
    top: usize,
    short: Vec<u8>,
    name: Vec<u8>,
    style: Style,
    height: usize,
    width: usize,
    found: Option<Regex>,
    forward: bool,
}

impl View {
    pub(super) fn new(text: &[u8], short: Vec<u8>, name: Vec<u8>, style: Style, height: usize, width: usize) -> Self {
        let room = if style.numbers { width.saturating_sub(NUMBERS).max(1) } else { width };
        let (mut rows, mut lines) = (Vec::new(), 0);
        for line in text.split(|byte| *byte == b'\n') {
            lines += 1;
            let line = if style.plain { without_colours(line) } else { line.to_vec() };
            let mut parts = split(&line, room);
            if style.cut {
                parts.truncate(1);
            }
            for (at, text) in parts.into_iter().enumerate() {
                rows.push(Row { line: if at == 0 { lines } else { 0 }, text });
            }
        }
        Self { rows, lines: lines - 1, top: 0, short, name, style, height, width, found: None, forward: true }
    }

    pub(super) fn size(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn top(&self) -> usize {
        self.top
    }

    /// How many rows of text there are on the screen.
    pub(super) fn page(&self) -> usize {
        self.height - 1
    }

    /// The last place to scroll to.
    fn lowest(&self) -> usize {
        (self.rows.len() + 1).saturating_sub(self.page())
    }

    /// Whether all of the file is on the screen.
    pub(super) fn is_whole(&self) -> bool {
        self.rows.len() <= self.page()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.top + self.page() >= self.rows.len()
    }

    pub(super) fn forward(&mut self, rows: usize) {
        if self.is_at_end() {
            return;
        }
        self.go(self.top.saturating_add(rows));
    }

    pub(super) fn back(&mut self, rows: usize) {
        self.top = self.top.saturating_sub(rows);
    }

    pub(super) fn go(&mut self, row: usize) {
        self.top = row.min(self.lowest());
    }

    pub(super) fn go_to_percent(&mut self, percent: usize) {
        self.go(self.lines * percent.min(100) / 100);
    }

    /// Looks for a pattern from the top on; an empty one is found nowhere and ends the search before. Whether there is
    /// something to show.
    pub(super) fn look_for(&mut self, pattern: &[u8], forward: bool) -> bool {
        if pattern.is_empty() {
            self.found = None;
            return true;
        }
        let Ok(found) = Regex::new(pattern, Syntax { ignore_case: self.style.ignore_case, ..Syntax::EXTENDED }) else {
            return false;
        };
        (self.found, self.forward) = (Some(found), forward);
        self.find(forward, self.top)
    }

    /// Goes to the next match in the direction of the search, or against it.
    pub(super) fn again(&mut self, same: bool) {
        let forward = self.forward == same;
        let start = if forward { self.top + 1 } else { self.top };
        self.find(forward, start);
    }

    /// Goes to the first matching row from a place on, or the last one before it. Whether any row matches.
    fn find(&mut self, forward: bool, start: usize) -> bool {
        let Some(found) = &self.found else { return false };
        let matches = |(at, row): (usize, &Row)| found.is_match(&row.text).then_some(at);
        let matching: Vec<usize> = self.rows.iter().enumerate().filter_map(matches).collect();
        let next = if forward {
            matching.iter().find(|at| **at >= start)
        } else {
            matching.iter().rev().find(|at| **at < start)
        };
        if let Some(at) = next.copied() {
            self.go(at);
        }
        !matching.is_empty()
    }

    /// The rows of text.
    pub(super) fn paint(&self, ctx: &mut Context<'_>) {
        let mut out = b"\x1b[0;0H".to_vec();
        for at in self.top..self.top + self.page() {
            out.extend_from_slice(b"\x1b[K");
            match self.rows.get(at) {
                Some(row) => self.put_row(&mut out, row),
                None if self.style.tildes => out.push(b'~'),
                None => {}
            }
            out.extend_from_slice(b"\r\n");
        }
        ctx.put(&out);
    }

    fn put_row(&self, out: &mut Vec<u8>, row: &Row) {
        if self.style.numbers {
            let number = if row.line == 0 { String::new() } else { row.line.to_string() };
            out.extend_from_slice(format!("{number:>7} ").as_bytes());
        }
        let mut rest = row.text.as_slice();
        while let Some((start, end)) = self.found.as_ref().and_then(|regex| regex.find(rest)).filter(|(a, b)| a < b) {
            put_text(out, rest.get(..start).unwrap_or_default());
            out.extend_from_slice(b"\x1b[7m");
            put_text(out, rest.get(start..end).unwrap_or_default());
            out.extend_from_slice(b"\x1b[m");
            rest = rest.get(end..).unwrap_or_default();
        }
        put_text(out, rest);
    }

    /// Moves to the last row and clears it.
    pub(super) fn last_line(&self) -> Vec<u8> {
        format!("\x1b[{};0H\x1b[K", self.height).into_bytes()
    }

    /// Moves within the last row.
    pub(super) fn cursor(&self, column: usize) -> Vec<u8> {
        format!("\x1b[{};{column}H", self.height).into_bytes()
    }

    /// Something in the last row that wants to be seen.
    pub(super) fn question(&self, text: &[u8]) -> Vec<u8> {
        [&self.last_line(), b"\x1b[7m".as_slice(), text, b"\x1b[m"].concat()
    }

    /// What the last row says.
    pub(super) fn status(&self) -> Vec<u8> {
        if self.style.status {
            return self.position();
        }
        if self.top == 0 {
            return self.question(&self.name);
        }
        if self.is_at_end() {
            return self.question(b"(END)");
        }
        [&self.last_line(), b":".as_slice()].concat()
    }

    /// Which lines are on the screen.
    pub(super) fn position(&self) -> Vec<u8> {
        let line_at = |at: usize| {
            self.rows.get(..=at).and_then(|rows| rows.iter().rev().find(|row| row.line > 0)).map_or(0, |row| row.line)
        };
        let first = line_at(self.top);
        let last = line_at((self.top + self.page() - 1).min(self.rows.len().saturating_sub(1))).min(self.lines);
        let rest = if self.is_at_end() { "(END)".to_owned() } else { format!("{}%", 100 * last / self.lines.max(1)) };
        let lines = format!(" lines {first}-{last}/{} {rest}", self.lines);
        let name = if self.name.len() > self.short.len() { &self.name } else { &self.short };
        self.question(&[name, lines.as_bytes()].concat())
    }
}

/// Bytes as they are shown: control characters as letters in reverse.
fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'\t' => out.push(b'\t'),
            0..32 | 127 => out.extend_from_slice(&[b"\x1b[7m", &[byte ^ 0x40][..], b"\x1b[m"].concat()),
            _ => out.push(*byte),
        }
    }
}

/// A line in rows of a width.
fn split(line: &[u8], width: usize) -> Vec<Vec<u8>> {
    let (mut rows, mut row, mut column) = (Vec::new(), Vec::new(), 0);
    for byte in line {
        let step = if *byte == b'\t' { 8 - column % 8 } else { 1 };
        if column + step > width {
            rows.push(core::mem::take(&mut row));
            column = 0;
        }
        row.push(*byte);
        column += step;
    }
    rows.push(row);
    rows
}

/// A line without the sequences that set colours.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), line);
    while let Some((first, behind)) = rest.split_first() {
        if let [b'[', parameters @ ..] = behind
            && *first == 0x1b
        {
            let len = parameters.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
            if parameters.get(len) == Some(&b'm') {
                rest = parameters.get(len + 1..).unwrap_or_default();
                continue;
            }
        }
        out.push(*first);
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(lines: usize, style: Style) -> View {
        let text: String = (1..=lines).map(|line| format!("{line}\n")).collect();
        View::new(text.as_bytes(), b"f".to_vec(), b"f".to_vec(), style, 10, 40)
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn places() {
        let mut shown = view(50, Style { tildes: true, ..Style::default() });
        assert_eq!(text(shown.status()), "\x1b[10;0H\x1b[K\x1b[7mf\x1b[m");
        shown.forward(9);
        assert_eq!(text(shown.position()), "\x1b[10;0H\x1b[K\x1b[7mf lines 10-18/50 36%\x1b[m");
        shown.go(usize::MAX);
        assert_eq!((shown.top(), text(shown.status())), (43, "\x1b[10;0H\x1b[K\x1b[7m(END)\x1b[m".to_owned()));
        shown.go_to_percent(50);
        assert_eq!(shown.top(), 25);
    }

    #[test]
    fn patterns() {
        let mut shown = view(50, Style::default());
        assert!(shown.look_for(b"3", true));
        assert_eq!(shown.top(), 2);
        shown.again(true);
        assert_eq!(shown.top(), 12);
        shown.again(false);
        assert_eq!(shown.top(), 2);
        assert!(!shown.look_for(b"nosuch", true));
    }

    #[test]
    fn long_lines_and_colours() {
        assert_eq!(split(b"abcdefg", 3), [b"abc".to_vec(), b"def".to_vec(), b"g".to_vec()]);
        assert_eq!(without_colours(b"\x1b[1;31mred\x1b[m \x1b[K"), b"red \x1b[K");
        let mut out = Vec::new();
        put_text(&mut out, b"\x01a\t");
        assert_eq!(out, b"\x1b[7mA\x1b[ma\t");
    }
}
