//! What the options of `pr` ask for.

use applets::format::parse_decimal;
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::Errno;

use super::{COLUMNS, PAGES};
use crate::dispatch::wrong_usage;
use crate::quote;
use crate::size::{self, Wrong};

/// The lines of a page, and how many of them header and footer take.
const PAGE: usize = 66;
const HEADER: usize = 5;
const FOOTER: usize = 5;
/// The characters of a line.
const WIDTH: usize = 72;

/// How lines are numbered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub separator: u8,
    pub digits: usize,
}

impl Numbers {
    /// The columns that a number takes, with what separates it from the line.
    pub(super) fn width(self) -> usize {
        if self.separator == b'\t' { (self.digits / 8 + 1) * 8 } else { self.digits + 1 }
    }
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Job {
    pub first: u64,
    pub last: u64,
    pub pages_given: bool,
    pub columns: usize,
    pub across: bool,
    pub merges: bool,
    pub double: bool,
    pub date: Option<Vec<u8>>,
    pub title: Option<Vec<u8>>,
    /// The character that is expanded to blanks, and the distance of its stops.
    pub expand: Option<(u8, usize)>,
    /// The character that blanks become, and the distance of its stops.
    pub tabs: Option<(u8, usize)>,
    pub form_feed: bool,
    pub joins: bool,
    /// The lines of text on a page.
    pub body: usize,
    /// Whether there are headers and footers, and whether pages end where the text says.
    pub headers: bool,
    pub breaks: bool,
    pub numbers: Option<Numbers>,
    pub start: i64,
    pub margin: usize,
    pub quiet: bool,
    pub separator: Vec<u8>,
    /// Whether columns begin at fixed places, and whether lines are cut to their width.
    pub aligned: bool,
    pub truncated: bool,
    pub width: usize,
    pub carets: bool,
    pub octal: bool,
}

impl Job {
    /// Takes pages such as `2` or `2:5`; whether they are such.
    pub(super) fn pages(&mut self, text: &[u8]) -> bool {
        let mut halves = text.splitn(2, |byte| *byte == b':');
        let first = halves.next().and_then(parse_decimal).filter(|first| *first > 0);
        let last = halves.next().map(|last| parse_decimal(last));
        match (first, last) {
            (Some(first), None) => (self.first, self.last) = (first, u64::MAX),
            (Some(first), Some(Some(last))) if last >= first => (self.first, self.last) = (first, last),
            _ => return false,
        }
        self.pages_given = true;
        true
    }

    /// The columns of text that each column of the page has room for, its number included.
    pub(super) fn column_width(&self) -> usize {
        let number = self.numbers.filter(|_| self.merges).map_or(0, Numbers::width);
        let separators = (self.columns - 1) * self.separator.len();
        self.width.saturating_sub(number + separators) / self.columns
    }
}

/// Reads the options.
pub(super) fn read(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Job, Quit> {
    let mut job = Job {
        first: 1,
        last: u64::MAX,
        pages_given: false,
        columns: 1,
        across: parsed.has(b'a'),
        merges: parsed.has(b'm'),
        double: parsed.has(b'd'),
        date: parsed.value(b'D').map(<[u8]>::to_vec),
        title: parsed.value(b'h').map(<[u8]>::to_vec),
        expand: None,
        tabs: None,
        form_feed: parsed.has(b'f') || parsed.has(b'F'),
        joins: parsed.has(b'J'),
        body: 0,
        headers: !parsed.has(b't') && !parsed.has(b'T'),
        breaks: !parsed.has(b'T'),
        numbers: None,
        start: 1,
        margin: 0,
        quiet: parsed.has(b'r'),
        separator: b" ".to_vec(),
        aligned: true,
        truncated: true,
        width: WIDTH,
        carets: parsed.has(b'c'),
        octal: parsed.has(b'v'),
    };
    let (mut lines, mut digits, mut columns, mut wide, mut paged) = (PAGE, Vec::new(), None, false, false);
    let mut separator = None;
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            PAGES => {
                if !job.pages(text) {
                    return Err(ctx.die(&[b"invalid --pages argument ", &quote::locale(text)]));
                }
            }
            digit if digit.is_ascii_digit() => digits.push(digit),
            COLUMNS => columns = Some(positive(ctx, text, b"invalid number of columns")?),
            b'l' => lines = positive(ctx, text, b"'-l PAGE_LENGTH' invalid number of lines")?,
            b'w' => {
                let width = positive(ctx, text, b"'-w PAGE_WIDTH' invalid number of characters")?;
                if !paged {
                    (job.width, wide) = (width, true);
                }
            }
            b'W' => {
                job.width = positive(ctx, text, b"'-W PAGE_WIDTH' invalid number of characters")?;
                (wide, paged) = (true, true);
            }
            b'o' => job.margin = number(ctx, text, b"'-o MARGIN' invalid line offset", 0)? as usize,
            b'N' => job.start = number(ctx, text, b"'-N NUMBER' invalid starting line number", i64::MIN)?,
            b'e' => job.expand = Some(stops(ctx, text, "-e")?),
            b'i' => job.tabs = Some(stops(ctx, text, "-i")?),
            b'n' => {
                let (separator, digits) = stops_with(ctx, text, "-n", 5)?;
                job.numbers = Some(Numbers { separator, digits });
            }
            b's' => {
                separator = Some(if value.is_some() { text.to_vec() } else { b"\t".to_vec() });
                job.aligned = false;
            }
            b'S' => {
                separator = Some(text.to_vec());
                job.aligned = true;
            }
            _ => {}
        }
    }
    if !digits.is_empty() {
        columns = Some(positive(ctx, &digits, b"invalid number of columns")?);
    }
    if job.merges && columns.is_some() {
        return Err(ctx.die(&[b"cannot specify number of columns when printing in parallel"]));
    }
    if job.merges && job.across {
        return Err(ctx.die(&[b"cannot specify both printing across and printing in parallel"]));
    }
    job.columns = columns.unwrap_or(1);
    if lines <= HEADER + FOOTER {
        job.headers = false;
    }
    job.body = if job.headers { lines - HEADER - FOOTER } else { lines };
    if job.double {
        job.body = (job.body / 2).max(1);
    }
    let several = job.columns > 1 || job.merges;
    // Lines are cut where there are columns, or where the width of the page was set.
    job.truncated = if several { !job.joins && (job.aligned || wide) } else { paged && !job.joins };
    if job.joins {
        job.aligned = false;
    }
    job.separator = separator.unwrap_or_else(|| if job.joins { b"\t".to_vec() } else { b" ".to_vec() });
    if !job.aligned && wide && !job.joins {
        job.aligned = true;
    }
    if several {
        // Columns have places of their own, so that tabs in the text are blanks, and blanks between columns tabs.
        job.expand = job.expand.or(Some((b'\t', 8)));
        if job.aligned {
            job.tabs = job.tabs.or(Some((b'\t', 8)));
        }
    }
    Ok(job)
}

fn number(ctx: &mut Context<'_>, text: &[u8], what: &[u8], least: i64) -> Result<i64, Quit> {
    let scanned = applets::number::signed(text, 10);
    if scanned.len == 0 || scanned.len != text.len() {
        return Err(ctx.die(&[what, b": ", &quote::locale(text)]));
    }
    if scanned.overflow {
        return Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Overflow));
    }
    if scanned.value < least {
        return Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Range));
    }
    Ok(scanned.value)
}

fn positive(ctx: &mut Context<'_>, text: &[u8], what: &[u8]) -> Result<usize, Quit> {
    match size::parse(text, b"") {
        Ok(0) => Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Range)),
        Ok(value) if i32::try_from(value).is_ok() => Ok(value as usize),
        Ok(_) | Err(Wrong::TooLarge) => Err(ctx.die_errno(&[what, b": ", &quote::locale(text)], Errno::Overflow)),
        Err(_) => Err(ctx.die(&[what, b": ", &quote::locale(text)])),
    }
}

fn stops(ctx: &mut Context<'_>, text: &[u8], option: &str) -> Result<(u8, usize), Quit> {
    stops_with(ctx, text, option, 8)
}

/// A character that is no digit, and a number; either may be missing.
fn stops_with(ctx: &mut Context<'_>, text: &[u8], option: &str, usual: usize) -> Result<(u8, usize), Quit> {
    let (byte, digits) = match text {
        [first, rest @ ..] if !first.is_ascii_digit() => (*first, rest),
        rest => (b'\t', rest),
    };
    if digits.is_empty() {
        return Ok((byte, usual));
    }
    match parse_decimal(digits).and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0) {
        Some(number) => Ok((byte, number)),
        None => {
            let what = format!("'{option}' extra characters or invalid number in the argument: ");
            Err(wrong_usage(ctx, 1, &[what.as_bytes(), &quote::locale(digits)]))
        }
    }
}
