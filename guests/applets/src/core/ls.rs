//! `ls`: lists files and directories.

mod display;
mod order;

use wcr_sys::abi::{FileKind, Mode, Stat};
use wcr_sys::{Errno, fd, fs};

use self::display::Display;
use super::folder;
use super::paths::join;
use crate::format::parse_decimal;
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure, environ};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ls",
    "ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...\n\n\
     List directory contents\n\n\
     \t-1\tOne column output\n\
     \t-a\tInclude names starting with .\n\
     \t-A\tLike -a, but exclude . and ..\n\
     \t-x\tList by lines\n\
     \t-d\tList directory names, not contents\n\
     \t-L\tFollow symlinks\n\
     \t-H\tFollow symlinks on command line\n\
     \t-R\tRecurse\n\
     \t-p\tAppend / to directory names\n\
     \t-F\tAppend indicator (one of */=@|) to names\n\
     \t-l\tLong format\n\
     \t-i\tList inode numbers\n\
     \t-n\tList numeric UIDs and GIDs instead of names\n\
     \t-s\tList allocated blocks\n\
     \t-lc\tList ctime\n\
     \t-lu\tList atime\n\
     \t--full-time\tList full date/time\n\
     \t-h\tHuman readable sizes (1K 243M 2G)\n\
     \t--group-directories-first\n\
     \t-S\tSort by size\n\
     \t-X\tSort by extension\n\
     \t-v\tSort by version\n\
     \t-t\tSort by mtime\n\
     \t-tc\tSort by ctime\n\
     \t-tu\tSort by atime\n\
     \t-r\tReverse sort order\n\
     \t-w N\tFormat N columns wide\n\
     \t--color[={always,never,auto}]",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const FULL_TIME: u8 = 1;
const DIRECTORIES_FIRST: u8 = 2;
const COLOR: u8 = 3;
const SPEC: Spec = Spec::new(
    "1AaCxdLHRFplinshrSXvctukgQw:T:",
    &[
        ("full-time", Takes::Nothing, FULL_TIME),
        ("group-directories-first", Takes::Nothing, DIRECTORIES_FIRST),
        ("color", Takes::OptionalValue, COLOR),
    ],
);

/// How names are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One to a line.
    Single,
    /// One to a line, with metadata.
    Long,
    /// In columns, downwards.
    Columns,
    /// In columns, by lines.
    Lines,
}

/// Which of a file's times is shown and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Modified,
    Changed,
    Accessed,
}

/// What decides the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Name,
    Size,
    Time,
    Extension,
    Version,
}

/// What the options ask for.
#[derive(Debug, Clone)]
struct Options {
    layout: Layout,
    time: Time,
    sort: Sort,
    reverse: bool,
    directories_first: bool,
    all: bool,
    almost_all: bool,
    directory_itself: bool,
    follow: bool,
    follow_operands: bool,
    recurse: bool,
    /// `/` behind directories.
    slash: bool,
    /// An indicator behind every special file.
    classify: bool,
    inode: bool,
    blocks: bool,
    numeric: bool,
    no_owner: bool,
    human: bool,
    full_time: bool,
    quote: bool,
    color: bool,
    width: usize,
}

/// A file to list.
#[derive(Debug, Clone)]
struct Entry {
    /// As it is shown.
    name: Vec<u8>,
    /// As it is opened.
    path: Vec<u8>,
    stat: Stat,
    /// The mode that colours the name: a link's own, also where it was followed.
    look: Mode,
}

fn width(ctx: &mut Context<'_>, text: &[u8]) -> Result<usize, Quit> {
    let number = parse_decimal(text).filter(|width| *width <= i32::MAX as u64);
    number.map(|width| width as usize).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse_counts(ctx, b"w", width)?;
    let options = Options::from_parsed(ctx, &parsed)?;
    let mut operands = core::mem::take(&mut parsed.operands);
    if operands.is_empty() {
        operands.push(b".".to_vec());
    }
    let several = operands.len() > 1;
    let mut lister = Lister { display: Display::new(&options), options: &options, code: 0, first: true };
    let mut entries = Vec::new();
    for path in operands {
        let follow = options.follow || options.follow_operands || !options.shows_links();
        match lister.stat(&path, follow) {
            Ok(stat) => {
                let look = if options.color { fs::lstat(&path).map_or(stat.mode, |stat| stat.mode) } else { stat.mode };
                entries.push(Entry { name: path.clone(), path, stat, look });
            }
            Err(error) => lister.report(ctx, &path, error),
        }
    }
    let is_dir = |entry: &Entry| entry.stat.mode.kind() == FileKind::Directory && !options.directory_itself;
    let (mut dirs, mut files): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_dir);
    order::sort(&mut files, &options);
    order::sort(&mut dirs, &options);
    if !files.is_empty() {
        lister.first = false;
        lister.display.entries(ctx, &files);
    }
    for dir in dirs {
        lister.directory(ctx, &dir.path, several || options.recurse);
    }
    Ok(lister.code)
}

impl Options {
    /// Whether a link that is an operand is shown as one. It is when metadata are asked for at all.
    fn shows_links(&self) -> bool {
        self.layout == Layout::Long || self.inode || self.blocks || self.classify
    }

    fn from_parsed(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Self, Quit> {
        let has = |key| parsed.has(key);
        let terminal = || fd::is_tty(fd::STDOUT);
        let width = match parsed.value(b'w') {
            Some(text) => width(ctx, text)?,
            None => terminal_width(),
        };
        let mut layout = None;
        for (key, _) in &parsed.options {
            layout = match key {
                b'1' if layout == Some(Layout::Long) => layout,
                b'1' => Some(Layout::Single),
                b'l' | b'n' | b'g' | &FULL_TIME => Some(Layout::Long),
                b'C' => Some(Layout::Columns),
                b'x' => Some(Layout::Lines),
                _ => layout,
            };
        }
        let layout = layout.unwrap_or_else(|| if terminal() { Layout::Columns } else { Layout::Single });
        let time = match parsed.last_of(b"cu") {
            Some(b'c') => Time::Changed,
            Some(_) => Time::Accessed,
            None => Time::Modified,
        };
        let sort = match parsed.last_of(b"tS") {
            Some(b't') => Sort::Time,
            Some(_) => Sort::Size,
            None if has(b'v') => Sort::Version,
            None if has(b'X') => Sort::Extension,
            None if time != Time::Modified && layout != Layout::Long => Sort::Time,
            None => Sort::Name,
        };
        let color = parsed.options.iter().rev().find(|(key, _)| *key == COLOR).map(|(_, value)| value.as_deref());
        let color = match color {
            None | Some(Some(b"never" | b"no" | b"none")) => false,
            Some(None | Some(b"always" | b"yes" | b"force")) => true,
            Some(Some(b"auto" | b"tty" | b"if-tty")) => terminal(),
            Some(Some(_)) => false,
        };
        Ok(Self {
            layout,
            time,
            sort,
            reverse: has(b'r'),
            directories_first: has(DIRECTORIES_FIRST),
            all: has(b'a'),
            almost_all: has(b'A'),
            directory_itself: has(b'd'),
            follow: parsed.last_of(b"LH") == Some(b'L'),
            follow_operands: has(b'H'),
            recurse: has(b'R') && !has(b'd'),
            slash: has(b'p') || has(b'F'),
            classify: has(b'F'),
            inode: has(b'i'),
            blocks: has(b's'),
            numeric: has(b'n'),
            no_owner: has(b'g'),
            human: has(b'h'),
            full_time: has(FULL_TIME),
            quote: has(b'Q'),
            color,
            width,
        })
    }
}

/// How much of the terminal's width is used: all but the last column of what `COLUMNS` says, else of the
/// terminal itself, else of 80.
fn terminal_width() -> usize {
    let said =
        environ::var(b"COLUMNS").and_then(|text| parse_decimal(&text)).filter(|width| (1..30_000).contains(width));
    let width = said.unwrap_or_else(|| fd::winsize(fd::STDOUT).map_or(0, |size| size.cols.into()));
    if width == 0 { 79 } else { width as usize - 1 }
}

struct Lister<'a> {
    options: &'a Options,
    display: Display<'a>,
    code: u8,
    /// Whether nothing has been listed yet.
    first: bool,
}

impl Lister<'_> {
    fn stat(&self, path: &[u8], follow: bool) -> Result<Stat, Errno> {
        if follow { fs::stat(path) } else { fs::lstat(path) }
    }

    fn report(&mut self, ctx: &mut Context<'_>, path: &[u8], error: Errno) {
        ctx.perror(&[path], error);
        self.code = 1;
    }

    /// Lists a directory, and with `-R` those in it.
    fn directory(&mut self, ctx: &mut Context<'_>, path: &[u8], heading: bool) {
        if heading {
            let gap: &[u8] = if self.first { b"" } else { b"\n" };
            self.first = false;
            ctx.put(&[gap, path, b":\n"].concat());
        }
        let mut entries = match self.read(ctx, path) {
            Ok(entries) => entries,
            Err(error) => {
                self.report(ctx, &[b"can't open '", path, b"'"].concat(), error);
                Vec::new()
            }
        };
        order::sort(&mut entries, self.options);
        if self.options.layout == Layout::Long || self.options.blocks {
            self.display.total(ctx, &entries);
        }
        self.display.entries(ctx, &entries);
        if self.options.recurse {
            let kept = |entry: &&Entry| entry.stat.mode.kind() == FileKind::Directory && !is_dot(&entry.name);
            for entry in entries.iter().filter(kept) {
                self.directory(ctx, &entry.path, true);
            }
        }
    }

    fn read(&mut self, ctx: &mut Context<'_>, dir: &[u8]) -> Result<Vec<Entry>, Errno> {
        let records = folder::entries(dir)?;
        let hidden = self.options.all || self.options.almost_all;
        let mut entries = Vec::with_capacity(records.len() + 2);
        if self.options.all {
            for name in [&b"."[..], b".."] {
                let path = join(dir, name);
                match fs::lstat(&path) {
                    Ok(stat) => entries.push(Entry { name: name.to_vec(), path, stat, look: stat.mode }),
                    Err(error) => self.report(ctx, &path, error),
                }
            }
        }
        for record in records {
            if !hidden && record.name.starts_with(b".") {
                continue;
            }
            let path = join(dir, &record.name);
            let followed = self.options.follow && record.stat.is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink);
            let own = record.stat.map(|stat| stat.mode);
            match if followed { fs::stat(&path) } else { record.stat } {
                Ok(stat) => entries.push(Entry { name: record.name, path, stat, look: own.unwrap_or(stat.mode) }),
                Err(error) => self.report(ctx, &path, error),
            }
        }
        Ok(entries)
    }
}

fn is_dot(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}
