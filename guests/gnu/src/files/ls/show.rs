//! How entries look.

use applets::core::accounts::Accounts;
use applets::core::mode;
use applets::core::stat::{major, minor};
use applets::core::time::Zone;
use applets::format::{decimal, left, right};
use applets::{Context, locale};
use wcr_sys::abi::{FileKind, Mode};
use wcr_sys::{fs, time};

use super::collect::Entry;
use super::color::Colors;
use super::options::{Indicator, Layout, Options, Quoting};
use super::order::time_of;
use super::table;
use crate::quote;
use crate::system::clock;

/// Half a year, for which the time of day is shown: half of the average Gregorian year.
const RECENT: i64 = 31_556_952 / 2;

pub(super) struct Show<'a> {
    options: &'a Options,
    accounts: Accounts,
    zone: Option<(Zone, i64)>,
    colors: Option<Colors>,
    colored: bool,
    utf8: bool,
}

/// The widths of the columns of a long listing.
#[derive(Default)]
struct Widths {
    inode: usize,
    blocks: usize,
    links: usize,
    owner: usize,
    group: usize,
    author: usize,
    size: usize,
    major: usize,
    minor: usize,
}

impl<'a> Show<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        let colors = if options.color { Colors::from_env() } else { None };
        Self { options, accounts: Accounts::default(), zone: None, colors, colored: false, utf8: locale::is_utf8() }
    }

    /// The line before a directory's entries.
    pub(super) fn title(&self, ctx: &mut Context<'_>, path: &[u8]) {
        let mut name = self.quoted(path);
        // Colons part the names from the rest there.
        if self.options.quoting == Quoting::Escape {
            name = name.iter().flat_map(|byte| if *byte == b':' { vec![b'\\', b':'] } else { vec![*byte] }).collect();
        }
        ctx.put(&[&name[..], b":\n"].concat());
    }

    /// The line with the blocks of all entries, where it belongs.
    pub(super) fn total(&self, ctx: &mut Context<'_>, entries: &[Entry]) {
        if self.options.layout == Layout::Long || self.options.blocks {
            let blocks: u64 = entries.iter().map(|entry| entry.stat.blocks).sum();
            let text = self.options.block_unit.show(blocks * 512);
            ctx.put(&[b"total ", &text[..], &[self.options.end]].concat());
        }
    }

    pub(super) fn finish(&self, ctx: &mut Context<'_>) {
        if let Some(colors) = &self.colors
            && self.colored
            && colors.reset() != b"\x1b[0m"
        {
            let reset = colors.reset();
            ctx.put(&reset);
        }
    }

    /// Prints entries. Those of `beside` are not shown here, but count for how columns are aligned.
    pub(super) fn entries(&mut self, ctx: &mut Context<'_>, entries: &[Entry], beside: &[Entry]) {
        let widths = self.widths(entries.iter().chain(beside));
        // Where some names are in quotes the others are moved to stand below the names, not the quotes.
        let shell = matches!(self.options.quoting, Quoting::Shell | Quoting::ShellEscape);
        let aligned = shell
            && !matches!(self.options.layout, Layout::OnePerLine | Layout::Commas)
            && (self.options.layout == Layout::Long || self.options.width > 0)
            && entries.iter().chain(beside).any(|entry| matches!(self.quoted(&entry.name).first(), Some(b'\'' | b'"')));
        match self.options.layout {
            Layout::Long => {
                for entry in entries {
                    let mut line = self.long(entry, &widths);
                    self.name(&mut line, entry, aligned);
                    self.target(&mut line, entry);
                    line.push(self.options.end);
                    ctx.put(&line);
                }
            }
            Layout::OnePerLine => {
                for entry in entries {
                    let (mut line, _) = self.short(entry, &widths, false);
                    line.push(self.options.end);
                    ctx.put(&line);
                }
            }
            Layout::Commas => self.commas(ctx, entries, &widths),
            Layout::Columns | Layout::Rows => self.columns(ctx, entries, &widths, aligned),
        }
    }

    fn commas(&mut self, ctx: &mut Context<'_>, entries: &[Entry], widths: &Widths) {
        let mut column = 0;
        for (at, entry) in entries.iter().enumerate() {
            let (text, width) = self.short(entry, widths, false);
            if at > 0 {
                let fits = self.options.width == 0 || column + width + 2 < self.options.width;
                ctx.put(if fits { b", " } else { b",\n" });
                column = if fits { column + 2 } else { 0 };
            }
            ctx.put(&text);
            column += width;
        }
        if !entries.is_empty() {
            ctx.put(&[self.options.end]);
        }
    }

    fn columns(&mut self, ctx: &mut Context<'_>, entries: &[Entry], widths: &Widths, aligned: bool) {
        let shown: Vec<(Vec<u8>, usize)> = entries.iter().map(|entry| self.short(entry, widths, aligned)).collect();
        let lengths: Vec<usize> = shown.iter().map(|(_, width)| *width).collect();
        let down = self.options.layout == Layout::Columns;
        let columns = table::arrange(&lengths, self.options.width, down);
        let rows = shown.len().div_ceil(columns.len());
        for row in 0..rows {
            let (mut line, mut start, mut at) = (Vec::new(), 0, 0);
            for (column, width) in columns.iter().enumerate() {
                let index = if down { column * rows + row } else { row * columns.len() + column };
                let Some((text, length)) = shown.get(index) else { break };
                table::indent(&mut line, at, start, self.options.tab);
                line.extend_from_slice(text);
                at = start + length;
                start += width;
            }
            line.push(self.options.end);
            ctx.put(&line);
        }
    }

    fn widths<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) -> Widths {
        let mut widths = Widths::default();
        let long = self.options.layout == Layout::Long;
        let grow = |slot: &mut usize, len: usize| *slot = (*slot).max(len);
        for entry in entries {
            let stat = &entry.stat;
            grow(&mut widths.inode, decimal(stat.ino).len());
            grow(&mut widths.blocks, self.options.block_unit.show(stat.blocks * 512).len());
            if !long {
                continue;
            }
            grow(&mut widths.links, decimal(stat.nlink.into()).len());
            grow(&mut widths.owner, self.user(stat.uid).len());
            grow(&mut widths.author, self.user(stat.uid).len());
            grow(&mut widths.group, self.group(stat.gid).len());
            match stat.mode.kind() {
                FileKind::CharDevice | FileKind::BlockDevice => {
                    grow(&mut widths.major, decimal(major(stat.rdev)).len());
                    grow(&mut widths.minor, decimal(minor(stat.rdev)).len());
                }
                _ => grow(&mut widths.size, self.options.size_unit.show(stat.size).len()),
            }
        }
        if widths.major > 0 {
            let devices = widths.major + 2 + widths.minor;
            widths.size = widths.size.max(devices);
            widths.major = widths.size - 2 - widths.minor;
        }
        widths
    }

    fn user(&mut self, uid: u32) -> Vec<u8> {
        if self.options.numeric { decimal(uid.into()) } else { self.accounts.user_text(uid) }
    }

    fn group(&mut self, gid: u32) -> Vec<u8> {
        if self.options.numeric { decimal(gid.into()) } else { self.accounts.group_text(gid) }
    }

    /// What stands before a name in every layout, with columns of these widths or (0) without.
    fn prefix(&self, out: &mut Vec<u8>, entry: &Entry, widths: &Widths) {
        let padded = self.options.layout != Layout::Commas;
        if self.options.inode {
            right(out, &decimal(entry.stat.ino), if padded { widths.inode } else { 0 }, b' ');
            out.push(b' ');
        }
        if self.options.blocks {
            let text = self.options.block_unit.show(entry.stat.blocks * 512);
            right(out, &text, if padded { widths.blocks } else { 0 }, b' ');
            out.push(b' ');
        }
        if self.options.context && self.options.layout != Layout::Long {
            out.extend_from_slice(b"? ");
        }
    }

    fn short(&mut self, entry: &Entry, widths: &Widths, aligned: bool) -> (Vec<u8>, usize) {
        let mut out = Vec::new();
        self.prefix(&mut out, entry, widths);
        let before = out.len();
        let width = self.name(&mut out, entry, aligned);
        (out, before + width)
    }

    fn long(&mut self, entry: &Entry, widths: &Widths) -> Vec<u8> {
        let (options, stat) = (self.options, &entry.stat);
        let mut out = Vec::new();
        self.prefix(&mut out, entry, widths);
        out.extend_from_slice(&mode::letters(stat.mode));
        out.push(b' ');
        right(&mut out, &decimal(stat.nlink.into()), widths.links, b' ');
        out.push(b' ');
        let numeric = options.numeric;
        let column = |out: &mut Vec<u8>, text: Vec<u8>, width: usize| {
            if numeric {
                right(out, &text, width, b' ')
            } else {
                left(out, &text, width)
            }
            out.push(b' ');
        };
        if options.owner {
            column(&mut out, self.user(stat.uid), widths.owner);
        }
        if options.group {
            column(&mut out, self.group(stat.gid), widths.group);
        }
        if options.author {
            column(&mut out, self.user(stat.uid), widths.author);
        }
        if options.context {
            out.extend_from_slice(b"? ");
        }
        match stat.mode.kind() {
            FileKind::CharDevice | FileKind::BlockDevice => {
                right(&mut out, &decimal(major(stat.rdev)), widths.major, b' ');
                out.extend_from_slice(b", ");
                right(&mut out, &decimal(minor(stat.rdev)), widths.minor, b' ');
            }
            _ => right(&mut out, &options.size_unit.show(stat.size), widths.size, b' '),
        }
        out.push(b' ');
        let moment = time_of(entry, options.time);
        let (zone, now) = self.zone.get_or_insert_with(|| (Zone::from_env(), time::now().sec));
        let recent = moment.sec <= *now && *now - moment.sec < RECENT;
        let format = if recent { &options.style.recent } else { &options.style.old };
        clock::show(&mut out, format, zone, moment);
        out.push(b' ');
        out
    }

    /// ` -> ` and where a link leads.
    fn target(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        if entry.stat.mode.kind() != FileKind::Symlink {
            return;
        }
        let Ok(target) = fs::readlink(&entry.path) else { return };
        out.extend_from_slice(b" -> ");
        let mode = fs::stat(&entry.path).ok().map(|stat| stat.mode);
        let text = self.quoted(&target);
        let color = self.colors.as_ref().and_then(|colors| match mode {
            Some(mode) => colors.of(&target, mode, Some(mode)),
            None => colors.missing(),
        });
        self.paint(out, &text, color);
        out.extend(mode.and_then(|mode| self.indicator(mode)));
    }

    /// Appends a name with its colour and indicator, and returns its width.
    fn name(&mut self, out: &mut Vec<u8>, entry: &Entry, aligned: bool) -> usize {
        let text = self.quoted(&entry.name);
        let mut width = self.width(&text);
        if aligned && !matches!(text.first(), Some(b'\'' | b'"')) {
            out.push(b' ');
            width += 1;
        }
        let color = self.colors.as_ref().and_then(|colors| {
            let link = entry.stat.mode.kind() == FileKind::Symlink;
            let target = if link { fs::stat(&entry.path).ok().map(|stat| stat.mode) } else { Some(entry.stat.mode) };
            colors.of(&entry.name, entry.stat.mode, target)
        });
        self.paint(out, &text, color);
        let link_in_long = self.options.layout == Layout::Long && entry.stat.mode.kind() == FileKind::Symlink;
        if let Some(indicator) = self.indicator(entry.stat.mode).filter(|_| !link_in_long) {
            out.push(indicator);
            width += 1;
        }
        width
    }

    fn paint(&mut self, out: &mut Vec<u8>, text: &[u8], color: Option<Vec<u8>>) {
        let (Some(color), Some(colors)) = (color, &self.colors) else {
            out.extend_from_slice(text);
            return;
        };
        if !self.colored {
            self.colored = true;
            out.extend_from_slice(&colors.reset());
        }
        out.extend_from_slice(&[&color[..], text, &colors.reset()].concat());
    }

    fn indicator(&self, mode: Mode) -> Option<u8> {
        let style = self.options.indicator;
        match mode.kind() {
            FileKind::Directory if style >= Indicator::Slash => Some(b'/'),
            _ if style < Indicator::FileType => None,
            FileKind::Symlink => Some(b'@'),
            FileKind::Fifo => Some(b'|'),
            FileKind::Socket => Some(b'='),
            FileKind::Regular if style == Indicator::Classify && mode.0 & 0o111 != 0 => Some(b'*'),
            _ => None,
        }
    }

    fn quoted(&self, name: &[u8]) -> Vec<u8> {
        let hidden = |text: Vec<u8>| if self.options.hide_controls { self.masked(&text) } else { text };
        match self.options.quoting {
            Quoting::Literal => hidden(name.to_vec()),
            Quoting::Shell => hidden(quote::plain_shell(name, false)),
            Quoting::ShellAlways => hidden(quote::plain_shell(name, true)),
            Quoting::ShellEscape => quote::as_needed(name),
            Quoting::ShellEscapeAlways => quote::always(name),
            Quoting::C => [b"\"", &quote::c_style(name, b"\\\"")[..], b"\""].concat(),
            Quoting::Escape => quote::c_style(name, b"\\ "),
        }
    }

    /// The text with a `?` for what cannot be shown.
    fn masked(&self, text: &[u8]) -> Vec<u8> {
        let pieces = quote::pieces(text, self.utf8);
        pieces.into_iter().flat_map(|(piece, shown)| if shown { piece.to_vec() } else { b"?".to_vec() }).collect()
    }

    fn width(&self, text: &[u8]) -> usize {
        quote::pieces(text, self.utf8).iter().filter(|(_, shown)| *shown).count()
    }
}
