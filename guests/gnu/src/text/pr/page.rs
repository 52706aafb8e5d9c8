//! The pages of `pr`.

use applets::Context;

use super::operands::{Job, Numbers};

/// A text in its pages: the lines between form feeds, as they are shown.
pub(super) struct Text {
    pages: Vec<Part>,
}

/// Lines that stand on pages of their own, and whether a form feed follows.
struct Part {
    lines: Vec<Vec<u8>>,
    feeds: bool,
}

impl Text {
    pub(super) fn new(job: &Job, content: &[u8]) -> Self {
        let mut pages = Vec::new();
        let mut parts: Vec<&[u8]> = content.split(|byte| *byte == 12).collect();
        if !job.breaks {
            let joined = parts.concat();
            let page = lines(job, &joined);
            let part = Part { lines: page, feeds: false };
            return Self { pages: if joined.is_empty() { Vec::new() } else { vec![part] } };
        }
        // Nothing follows the last form feed, or a newline that is only its end.
        if parts.last().is_some_and(|last| last.is_empty()) {
            parts.pop();
        }
        for (at, part) in parts.iter().enumerate() {
            let part = if at > 0 { part.strip_prefix(b"\n").unwrap_or(part) } else { part };
            pages.push(Part { lines: lines(job, part), feeds: at + 1 < parts.len() || content.ends_with(&[12]) });
        }
        Self { pages }
    }
}

fn lines(job: &Job, text: &[u8]) -> Vec<Vec<u8>> {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    body.split(|byte| *byte == b'\n').map(|line| shown(job, line)).collect()
}

/// A line with its tabs and control characters as they are asked for.
fn shown(job: &Job, line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut column = 0usize;
    for byte in line {
        match *byte {
            byte if job.expand.is_some_and(|(expanded, _)| expanded == byte) => {
                let stop = job.expand.map_or(8, |(_, stop)| stop);
                let next = (column / stop + 1) * stop;
                out.resize(out.len() + next - column, b' ');
                column = next;
            }
            byte @ (b' '..=b'~') => {
                out.push(byte);
                column += 1;
            }
            b'\t' => {
                out.push(b'\t');
                column = (column / 8 + 1) * 8;
            }
            byte if job.carets && byte < 128 => {
                out.extend_from_slice(&[b'^', byte ^ 64]);
                column += 2;
            }
            byte if job.carets || job.octal => {
                out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
                column += 4;
            }
            8 => {
                out.push(8);
                column = column.saturating_sub(1);
            }
            byte => out.push(byte),
        }
    }
    out
}

/// The lines beside each other, where there are any.
type Row = Vec<Option<Vec<u8>>>;

/// A line that is being written: blanks are held back, so that they can become tabs.
struct Line<'a> {
    job: &'a Job,
    out: Vec<u8>,
    column: usize,
    blanks: usize,
}

impl<'a> Line<'a> {
    fn new(job: &'a Job) -> Self {
        let mut line = Self { job, out: Vec::new(), column: 0, blanks: 0 };
        line.blanks = job.margin;
        line
    }

    fn text(&mut self, text: &[u8]) {
        for byte in text {
            if *byte == b' ' {
                self.blanks += 1;
                continue;
            }
            self.flush();
            self.out.push(*byte);
            match byte {
                b'\t' => self.column = (self.column / 8 + 1) * 8,
                8 => self.column = self.column.saturating_sub(1),
                b' '..=b'~' => self.column += 1,
                _ => {}
            }
        }
    }

    fn flush(&mut self) {
        let goal = self.column + core::mem::take(&mut self.blanks);
        if let Some((tab, stop)) = self.job.tabs {
            while goal - self.column > 1 && (self.column / stop + 1) * stop <= goal {
                self.out.push(tab);
                self.column = (self.column / stop + 1) * stop;
            }
        }
        self.out.resize(self.out.len() + goal - self.column, b' ');
        self.column = goal;
    }

    /// Moves to a column, if it is further on.
    fn forward(&mut self, column: usize) {
        self.blanks = self.blanks.max((column + self.job.margin).saturating_sub(self.column));
    }

    /// How far the line is.
    fn at(&self) -> usize {
        (self.column + self.blanks).saturating_sub(self.job.margin)
    }

    fn number(&mut self, numbers: Numbers, value: i64) {
        let text = format!("{value:>0$}", numbers.digits);
        let cut = text.len().saturating_sub(numbers.digits);
        let start = self.at();
        self.text(text.get(cut..).unwrap_or_default().as_bytes());
        if numbers.separator == b'\t' && (self.job.columns > 1 || self.job.merges) {
            self.forward(start + numbers.width());
        } else {
            self.text(&[numbers.separator]);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out.push(b'\n');
        self.out
    }
}

/// The part of a text that has room in so many columns.
fn fitting(text: &[u8], width: usize) -> &[u8] {
    let mut column = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\t' => column = (column / 8 + 1) * 8,
            8 => column = usize::saturating_sub(column, 1),
            b' '..=b'~' => column += 1,
            _ => {}
        }
        if column > width {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// Prints the pages of a text, or of several beside each other.
pub(super) fn print(ctx: &mut Context<'_>, job: &Job, texts: Vec<Text>, header: &(Vec<u8>, Vec<u8>)) {
    let columns = if job.merges { texts.len() } else { job.columns };
    let job = &Job { columns, ..copy(job) };
    let mut pages: Vec<(Vec<Row>, bool)> = Vec::new();
    let mut sources: Vec<Vec<Part>> = texts.into_iter().map(|text| cut(job, text)).collect();
    if job.merges {
        let count = sources.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..count {
            let take = |pages: &mut Vec<Part>| pages.get_mut(at).map(|part| core::mem::take(&mut part.lines));
            let parts: Vec<Vec<Vec<u8>>> = sources.iter_mut().map(|pages| take(pages).unwrap_or_default()).collect();
            let rows = parts.iter().map(Vec::len).max().unwrap_or(0);
            let row = |row: usize| parts.iter().map(|part| part.get(row).cloned()).collect();
            pages.push(((0..rows).map(row).collect(), false));
        }
    } else {
        for part in sources.into_iter().flatten() {
            pages.push((arrange(job, &part.lines), part.feeds));
        }
    }
    if job.first > pages.len() as u64 {
        let line = format!("starting page number {} exceeds page count {}", job.first, pages.len());
        if !pages.is_empty() {
            ctx.complain(&[line.as_bytes()]);
        }
        return;
    }
    let mut number = job.start;
    for (at, (rows, feeds)) in (1u64..).zip(&pages) {
        let wanted = (job.first..=job.last).contains(&at);
        let mut text = page(job, rows, header, at, &mut number);
        if *feeds && !job.headers {
            text.push(12);
        }
        if wanted {
            ctx.put(&text);
        }
    }
}

fn copy(job: &Job) -> Job {
    Job { date: job.date.clone(), title: job.title.clone(), separator: job.separator.clone(), ..*job }
}

/// The pages of a text: as many lines on each as it has room for.
fn cut(job: &Job, text: Text) -> Vec<Part> {
    let room = if job.merges { job.body } else { job.body * job.columns };
    let mut pages = Vec::new();
    for part in text.pages {
        let count = part.lines.len().div_ceil(room).max(1);
        let mut lines = part.lines.into_iter();
        for at in 1..=count {
            pages.push(Part { lines: lines.by_ref().take(room).collect(), feeds: part.feeds && at == count });
        }
    }
    pages
}

/// The rows of a page with its lines in columns.
fn arrange(job: &Job, lines: &[Vec<u8>]) -> Vec<Row> {
    let columns = job.columns;
    if job.across || columns == 1 {
        return lines.chunks(columns).map(|row| row.iter().cloned().map(Some).collect()).collect();
    }
    // Columns are filled one after the other; on the last page they are of one length.
    let full = lines.len() == job.body * columns;
    let (least, longer) = if full { (job.body, 0) } else { (lines.len() / columns, lines.len() % columns) };
    let mut starts = Vec::new();
    let mut start = 0;
    for column in 0..columns {
        let length = least + usize::from(column < longer);
        starts.push((start, length));
        start += length;
    }
    let rows = least + usize::from(longer > 0);
    let cell = |row: usize, (start, length): (usize, usize)| (row < length).then(|| lines.get(start + row)).flatten();
    (0..rows)
        .map(|row| {
            let row: Row = starts.iter().map(|place| cell(row, *place).cloned()).collect();
            let end = row.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            row.into_iter().take(end).collect()
        })
        .collect()
}

fn page(job: &Job, rows: &[Row], header: &(Vec<u8>, Vec<u8>), number_of_page: u64, number: &mut i64) -> Vec<u8> {
    let mut out = Vec::new();
    if job.headers {
        out.resize(job.margin, b' ');
        out.extend_from_slice(b"\n\n");
        out.resize(out.len() + job.margin, b' ');
        out.extend_from_slice(&title(job, header, number_of_page));
        out.extend_from_slice(b"\n\n\n");
    }
    // Lines in columns are numbered down each one.
    let mut starts = Vec::new();
    let mut next = *number;
    for column in 0..job.columns {
        starts.push(next);
        next += rows.iter().filter(|row| row.get(column).is_some_and(Option::is_some)).count() as i64;
    }
    for (at, row) in rows.iter().enumerate() {
        let first = match (job.merges, job.across) {
            (true, _) => *number + at as i64,
            _ => *number + (at * job.columns) as i64,
        };
        out.extend_from_slice(&line(job, row, &|column| match (job.merges || job.across, job.columns) {
            (true, _) => first + if job.merges { 0 } else { column as i64 },
            (false, _) => starts.get(column).copied().unwrap_or(0) + at as i64,
        }));
        if job.double {
            out.push(b'\n');
        }
    }
    *number = if job.merges { *number + rows.len() as i64 } else { next };
    if job.headers {
        if job.form_feed {
            out.push(12);
        } else {
            let used = rows.len() * (1 + usize::from(job.double));
            let body = job.body * (1 + usize::from(job.double));
            out.resize(out.len() + body.saturating_sub(used) + 5, b'\n');
        }
    }
    out
}

fn title(job: &Job, (date, text): &(Vec<u8>, Vec<u8>), number: u64) -> Vec<u8> {
    let page = format!("Page {number}").into_bytes();
    let spare = job.width.saturating_sub(date.len() + text.len() + page.len());
    let left = (spare / 2).max(1);
    let right = (spare - spare / 2).max(1);
    [&date[..], &vec![b' '; left], text, &vec![b' '; right], &page].concat()
}

/// A row of the page.
fn line(job: &Job, row: &Row, number: &dyn Fn(usize) -> i64) -> Vec<u8> {
    let mut line = Line::new(job);
    let own = job.column_width();
    let mut start = 0;
    if let Some(numbers) = job.numbers.filter(|_| job.merges) {
        line.number(numbers, number(0));
        start = numbers.width();
    }
    for (column, cell) in row.iter().enumerate() {
        if column > 0 {
            if job.aligned {
                line.forward(start - job.separator.len());
            }
            line.text(&job.separator);
        }
        let mut room = own;
        if let (Some(numbers), Some(_)) = (job.numbers.filter(|_| !job.merges), cell) {
            line.number(numbers, number(column));
            room = room.saturating_sub(numbers.width());
        }
        if let Some(text) = cell {
            line.text(if job.truncated { fitting(text, room) } else { text });
        }
        start += own + job.separator.len();
    }
    line.finish()
}
