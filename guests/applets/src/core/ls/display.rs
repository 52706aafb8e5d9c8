//! How entries look: names, long lines, columns.

use wcr_sys::abi::{FileKind, Mode, Stat};
use wcr_sys::{fs, time};

use super::order::seconds;
use super::{Entry, Layout, Options};
use crate::core::accounts::Accounts;
use crate::core::mode;
use crate::core::stat::{major, minor};
use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::format::{decimal, left, right};
use crate::human::{human, human_whole};
use crate::{Context, environ};

/// The space between columns.
const GAP: usize = 2;
/// The width of a size with `-h`.
const HUMAN_WIDTH: usize = 7;
/// Half a year, the age up to which the time of day is shown, and the most that a time may lie ahead.
const RECENT: i64 = 365 * 24 * 3600 / 2;
const AHEAD: i64 = 15 * 60;
/// The last code point that is shown in a UTF-8 locale.
const LAST_SHOWN: u32 = 767;

/// Prints entries.
pub(super) struct Display<'a> {
    options: &'a Options,
    accounts: Accounts,
    /// The zone and the present, known once a long line needs them.
    clock: Option<(Zone, i64)>,
    utf8: bool,
}

impl<'a> Display<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, accounts: Accounts::default(), clock: None, utf8: is_utf8_locale() }
    }

    /// Prints the line `total` with the entries' blocks.
    pub(super) fn total(&self, ctx: &mut Context<'_>, entries: &[Entry]) {
        let blocks: u64 = entries.iter().map(|entry| entry.stat.blocks).sum::<u64>() / 2;
        let mut line = b"total ".to_vec();
        if self.options.human {
            left(&mut line, &human_whole(blocks * 1024), HUMAN_WIDTH);
        } else {
            line.extend(decimal(blocks));
        }
        line.push(b'\n');
        ctx.put(&line);
    }

    /// Prints the entries in the layout of the options.
    pub(super) fn entries(&mut self, ctx: &mut Context<'_>, entries: &[Entry]) {
        if matches!(self.options.layout, Layout::Columns | Layout::Lines) {
            let widest = entries.iter().map(|entry| self.shown(&entry.name).1).max().unwrap_or(0);
            let inode = if self.options.inode { 8 } else { 0 };
            let blocks = if self.options.blocks { 5 } else { 0 };
            return self.columns(ctx, entries, widest + inode + blocks + GAP);
        }
        for entry in entries {
            let (mut line, _) = self.line(ctx, entry);
            line.push(b'\n');
            ctx.put(&line);
        }
    }

    fn columns(&mut self, ctx: &mut Context<'_>, entries: &[Entry], width: usize) {
        let columns = (self.options.width / width).max(1);
        let rows = entries.len().div_ceil(columns);
        for row in 0..rows {
            let mut line = Vec::new();
            let (mut column, mut next) = (0, 0);
            for at in 0..columns {
                let index = if self.options.layout == Layout::Columns { at * rows + row } else { row * columns + at };
                let Some(entry) = entries.get(index) else { continue };
                if column > 0 {
                    // A column that overflows pushes the next one away by as much again.
                    let fill = usize::abs_diff(next, column);
                    line.resize(line.len() + fill, b' ');
                    column = next;
                }
                next = column + width;
                let (text, shown) = self.line(ctx, entry);
                line.extend_from_slice(&text);
                column += shown;
            }
            line.push(b'\n');
            ctx.put(&line);
        }
    }

    /// An entry's text and its width on the screen.
    fn line(&mut self, ctx: &mut Context<'_>, entry: &Entry) -> (Vec<u8>, usize) {
        let (options, stat) = (self.options, &entry.stat);
        let mut out = Vec::new();
        if options.inode {
            right(&mut out, &decimal(stat.ino), 7, b' ');
            out.push(b' ');
        }
        if options.blocks {
            right(&mut out, &decimal(stat.blocks / 2), 6, b' ');
            out.push(b' ');
        }
        let long = options.layout == Layout::Long;
        if long {
            self.metadata(&mut out, entry);
        }
        let mut width = out.len();
        let link = long && stat.mode.kind() == FileKind::Symlink;
        width += self.name(&mut out, &entry.name, Some(entry.look));
        if link {
            self.target(ctx, &mut out, entry);
        } else if let Some(indicator) = self.indicator(stat.mode) {
            out.push(indicator);
            width += 1;
        }
        (out, width)
    }

    /// Everything that a long line has before the name.
    fn metadata(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        let (options, stat) = (self.options, &entry.stat);
        out.extend_from_slice(&mode::letters(stat.mode));
        out.push(b' ');
        right(out, &decimal(stat.nlink.into()), 4, b' ');
        out.push(b' ');
        let cut = |name: Vec<u8>| name.into_iter().take(8).collect::<Vec<u8>>();
        if !options.no_owner {
            let owner = if options.numeric { decimal(stat.uid.into()) } else { cut(self.accounts.user_text(stat.uid)) };
            left(out, &owner, 8);
            out.push(b' ');
        }
        let group = if options.numeric { decimal(stat.gid.into()) } else { cut(self.accounts.group_text(stat.gid)) };
        left(out, &group, 8);
        out.push(b' ');
        match stat.mode.kind() {
            FileKind::CharDevice | FileKind::BlockDevice => {
                right(out, &decimal(major(stat.rdev)), 4, b' ');
                out.extend_from_slice(b", ");
                right(out, &decimal(minor(stat.rdev)), 3, b' ');
            }
            _ if options.human => right(out, &human(stat.size), HUMAN_WIDTH, b' '),
            _ => right(out, &decimal(stat.size), 9, b' '),
        }
        out.push(b' ');
        let seconds = seconds(entry, options.time);
        let (zone, now) = self.clock.get_or_insert_with(|| (Zone::from_env(), time::now().sec));
        let age = now.saturating_sub(seconds);
        let format: &[u8] = if options.full_time {
            b"%Y-%m-%d %H:%M:%S %z "
        } else if (-AHEAD + 1..RECENT).contains(&age) {
            b"%b %e %H:%M "
        } else {
            b"%b %e  %Y "
        };
        strftime(out, format, &zone.local(seconds), seconds);
    }

    /// Where a link leads, with the look of what is there.
    fn target(&self, ctx: &mut Context<'_>, out: &mut Vec<u8>, entry: &Entry) {
        let target = match fs::readlink(&entry.path) {
            Ok(target) => target,
            // It has gone since the folder was read.
            Err(error) => return ctx.perror(&[&entry.path, b": cannot read link"], error),
        };
        out.extend_from_slice(b" -> ");
        let decorated = self.options.color || self.options.classify;
        let mode = if decorated { fs::stat(&entry.path).ok().map(|Stat { mode, .. }| mode) } else { None };
        self.name(out, &target, mode);
        if let Some(indicator) = mode.and_then(|mode| self.indicator(mode)) {
            out.push(indicator);
        }
    }

    /// Appends a name, coloured as the mode asks (`None`: missing), and returns its width.
    fn name(&self, out: &mut Vec<u8>, name: &[u8], mode: Option<Mode>) -> usize {
        let (shown, width) = self.shown(name);
        if self.options.color {
            out.extend_from_slice(color(mode));
        }
        if self.options.quote {
            out.push(b'"');
            for byte in &shown {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(&shown);
        }
        if self.options.color {
            out.extend_from_slice(b"\x1b[m");
        }
        width
    }

    /// A name with a `?` for everything that cannot be shown, and its width on the screen.
    fn shown(&self, name: &[u8]) -> (Vec<u8>, usize) {
        if !self.utf8 {
            let shown: Vec<u8> =
                name.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'?' }).collect();
            let quoted = shown.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count() + 2;
            let width = shown.len() + if self.options.quote { quoted } else { 0 };
            return (shown, width);
        }
        let (mut shown, mut width) = (Vec::new(), 0);
        for chunk in name.utf8_chunks() {
            for letter in chunk.valid().chars() {
                let visible = !letter.is_control() && u32::from(letter) <= LAST_SHOWN;
                let letter = if visible { letter } else { '?' };
                shown.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                width += 1;
            }
            shown.resize(shown.len() + chunk.invalid().len(), b'?');
            width += chunk.invalid().len();
        }
        (shown, width + if self.options.quote { 2 } else { 0 })
    }

    fn indicator(&self, mode: Mode) -> Option<u8> {
        match mode.kind() {
            FileKind::Directory if self.options.slash => Some(b'/'),
            _ if !self.options.classify => None,
            FileKind::Symlink => Some(b'@'),
            FileKind::Fifo => Some(b'|'),
            FileKind::Socket => Some(b'='),
            FileKind::Regular if mode.0 & 0o111 != 0 => Some(b'*'),
            _ => None,
        }
    }
}

/// The escape sequence that colours a file of this mode; `None` is a missing one.
fn color(mode: Option<Mode>) -> &'static [u8] {
    let Some(mode) = mode else { return b"\x1b[1;31m" };
    match mode.kind() {
        FileKind::Directory => b"\x1b[1;34m",
        FileKind::Symlink => b"\x1b[1;36m",
        FileKind::Fifo => b"\x1b[0;35m",
        FileKind::Socket => b"\x1b[1;35m",
        FileKind::CharDevice | FileKind::BlockDevice => b"\x1b[1;35m",
        FileKind::Regular if mode.0 & 0o111 != 0 => b"\x1b[1;32m",
        FileKind::Regular => b"\x1b[0;0m",
    }
}

/// Whether the locale of the environment has UTF-8 as its encoding.
fn is_utf8_locale() -> bool {
    let locale = [&b"LC_ALL"[..], b"LC_CTYPE", b"LANG"].into_iter().find_map(environ::var).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let has = |part: &[u8]| locale.windows(part.len()).any(|window| window == part);
    has(b".utf8") || has(b".utf-8")
}
