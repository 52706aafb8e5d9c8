//! The options of a listing.

use applets::options::Parsed;
use applets::{Context, Quit, environ};
use wcr_sys::{Errno, fd};

use super::{SERIOUS, key};
use crate::dispatch::try_help;
use crate::quote;
use crate::size::{self, Shown};

/// Which of the three programs it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Ls,
    Dir,
    Vdir,
}

/// How entries are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Long,
    OnePerLine,
    Columns,
    Rows,
    Commas,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Extension,
    Size,
    Version,
    Time,
    Width,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Modified,
    Changed,
    Accessed,
    /// Of birth, which no file here has.
    Birth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Literal,
    Shell,
    ShellAlways,
    ShellEscape,
    ShellEscapeAlways,
    C,
    Escape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Indicator {
    None,
    Slash,
    FileType,
    Classify,
}

/// Which links of the command line are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    Never,
    /// Those that lead to directories.
    ToDirectories,
    Operands,
    Always,
}

/// How times are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeStyle {
    pub(super) old: Vec<u8>,
    pub(super) recent: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Options {
    pub(super) all: bool,
    pub(super) almost_all: bool,
    pub(super) ignore: Vec<Vec<u8>>,
    pub(super) hide: Vec<Vec<u8>>,
    pub(super) layout: Layout,
    pub(super) sort: Sort,
    pub(super) reverse: bool,
    pub(super) dirs_first: bool,
    pub(super) time: Time,
    pub(super) style: TimeStyle,
    pub(super) follow: Follow,
    pub(super) directory: bool,
    pub(super) recursive: bool,
    pub(super) inode: bool,
    pub(super) blocks: bool,
    pub(super) block_unit: Shown,
    pub(super) size_unit: Shown,
    pub(super) owner: bool,
    pub(super) group: bool,
    pub(super) author: bool,
    pub(super) numeric: bool,
    pub(super) context: bool,
    pub(super) indicator: Indicator,
    pub(super) quoting: Quoting,
    pub(super) hide_controls: bool,
    pub(super) color: bool,
    pub(super) width: usize,
    pub(super) tab: usize,
    pub(super) end: u8,
}

/// The width of a terminal that does not tell its own.
const DEFAULT_WIDTH: usize = 80;

impl Options {
    pub(super) fn from_parsed(ctx: &mut Context<'_>, parsed: &Parsed, flavour: Flavour) -> Result<Self, Quit> {
        let terminal = fd::is_tty(fd::STDOUT);
        let mut options = Self::defaults(flavour, terminal);
        let (mut sort, mut time_given, mut width_given) = (None, false, false);
        for (letter, value) in &parsed.options {
            let value = value.as_deref();
            match *letter {
                b'a' => (options.all, options.almost_all) = (true, true),
                b'A' => (options.all, options.almost_all) = (false, true),
                b'b' => options.quoting = Quoting::Escape,
                b'B' => options.ignore.extend([b"*~".to_vec(), b".*~".to_vec()]),
                b'c' => (options.time, time_given) = (Time::Changed, true),
                b'u' => (options.time, time_given) = (Time::Accessed, true),
                b'C' => options.layout = Layout::Columns,
                b'x' => options.layout = Layout::Rows,
                b'm' => options.layout = Layout::Commas,
                b'l' => options.layout = Layout::Long,
                b'1' => {
                    if options.layout != Layout::Long {
                        options.layout = Layout::OnePerLine;
                    }
                }
                b'g' => (options.layout, options.owner) = (Layout::Long, false),
                b'o' => (options.layout, options.group) = (Layout::Long, false),
                b'n' => (options.layout, options.numeric) = (Layout::Long, true),
                b'G' => options.group = false,
                b'd' => options.directory = true,
                b'f' => {
                    (options.all, options.almost_all, options.color, options.blocks) = (true, true, false, false);
                    sort = Some(Sort::None);
                    if options.layout == Layout::Long {
                        options.layout = if terminal { Layout::Columns } else { Layout::OnePerLine };
                    }
                }
                b'F' => options.indicator = Indicator::Classify,
                b'p' => options.indicator = Indicator::Slash,
                b'h' => (options.block_unit, options.size_unit) = (Shown::Human, Shown::Human),
                b'H' => options.follow = Follow::Operands,
                b'i' => options.inode = true,
                b'I' => options.ignore.extend(value.map(<[u8]>::to_vec)),
                b'k' => options.block_unit = Shown::Blocks(1024, None),
                b'L' => options.follow = Follow::Always,
                b'N' => options.quoting = Quoting::Literal,
                b'q' => options.hide_controls = true,
                b'Q' => options.quoting = Quoting::C,
                b'r' => options.reverse = true,
                b'R' => options.recursive = true,
                b's' => options.blocks = true,
                b'S' => sort = Some(Sort::Size),
                b't' => sort = Some(Sort::Time),
                b'U' => sort = Some(Sort::None),
                b'v' => sort = Some(Sort::Version),
                b'X' => sort = Some(Sort::Extension),
                b'T' => options.tab = number(ctx, value, b"invalid tab size")?,
                b'w' => {
                    width_given = true;
                    options.width = number(ctx, value, b"invalid line width")?;
                }
                b'Z' => options.context = true,
                key::ZERO => {
                    options.end = 0;
                    (options.color, options.hide_controls, options.quoting) = (false, false, Quoting::Literal);
                    if options.layout != Layout::Long {
                        options.layout = Layout::OnePerLine;
                    }
                }
                key::AUTHOR => options.author = true,
                key::SI => (options.block_unit, options.size_unit) = (Shown::Si, Shown::Si),
                key::FULL_TIME => {
                    options.layout = Layout::Long;
                    options.style = TimeStyle::full();
                }
                key::DIRS_FIRST => options.dirs_first = true,
                key::TO_DIR => options.follow = Follow::ToDirectories,
                key::HIDE => options.hide.extend(value.map(<[u8]>::to_vec)),
                key::SHOW_CONTROLS => options.hide_controls = false,
                key::FILE_TYPE => options.indicator = Indicator::FileType,
                key::BLOCK_SIZE => {
                    let value = value.unwrap_or_default();
                    let shown = Shown::from_block_size(value).map_err(|_| {
                        ctx.complain(&[b"invalid --block-size argument ", &quote::locale(value)]);
                        Quit(SERIOUS)
                    })?;
                    (options.block_unit, options.size_unit) = (shown, shown);
                }
                b'D' | key::HYPERLINK => {
                    ctx.complain(&[b"this option is not supported here"]);
                    return Err(Quit(SERIOUS));
                }
                other => options.choose(ctx, other, value, terminal, &mut sort, &mut time_given)?,
            }
        }
        if !width_given {
            options.width = terminal_width(terminal);
        }
        if options.width == 0 {
            options.tab = 0;
        }
        let shows_times = options.layout == Layout::Long;
        options.sort = sort.unwrap_or(if time_given && !shows_times { Sort::Time } else { Sort::Name });
        Ok(options)
    }

    fn defaults(flavour: Flavour, terminal: bool) -> Self {
        let columns = if terminal { Layout::Columns } else { Layout::OnePerLine };
        let (layout, quoting) = match flavour {
            Flavour::Ls => (columns, if terminal { Quoting::ShellEscape } else { Quoting::Literal }),
            Flavour::Dir => (Layout::Columns, Quoting::Escape),
            Flavour::Vdir => (Layout::Long, Quoting::Escape),
        };
        Self {
            all: false,
            almost_all: false,
            ignore: Vec::new(),
            hide: Vec::new(),
            layout,
            sort: Sort::Name,
            reverse: false,
            dirs_first: false,
            time: Time::Modified,
            style: TimeStyle::locale(),
            follow: Follow::Never,
            directory: false,
            recursive: false,
            inode: false,
            blocks: false,
            block_unit: Shown::Blocks(1024, None),
            size_unit: Shown::Blocks(1, None),
            owner: true,
            group: true,
            author: false,
            numeric: false,
            context: false,
            indicator: Indicator::None,
            quoting,
            hide_controls: terminal && flavour == Flavour::Ls,
            color: false,
            width: DEFAULT_WIDTH,
            tab: 8,
            end: b'\n',
        }
    }

    /// The options whose values are words of a list.
    fn choose(
        &mut self,
        ctx: &mut Context<'_>,
        letter: u8,
        value: Option<&[u8]>,
        terminal: bool,
        sort: &mut Option<Sort>,
        time_given: &mut bool,
    ) -> Result<(), Quit> {
        match letter {
            key::COLOR | key::CLASSIFY => {
                let on = match value {
                    None => Some(true),
                    Some(value) => {
                        let name: &[u8] = if letter == key::COLOR { b"--color" } else { b"--classify" };
                        let when = choice(ctx, name, value, WHEN)?;
                        if when == 2 { Some(terminal) } else { Some(when == 1) }
                    }
                };
                let on = on.unwrap_or(false);
                if letter == key::COLOR {
                    self.color = on;
                } else if on {
                    self.indicator = Indicator::Classify;
                }
                if letter == key::COLOR && on {
                    self.tab = 0;
                }
            }
            key::FORMAT => self.layout = choice(ctx, b"--format", value.unwrap_or_default(), FORMATS)?,
            key::INDICATOR => {
                self.indicator = choice(ctx, b"--indicator-style", value.unwrap_or_default(), INDICATORS)?;
            }
            key::QUOTING => self.quoting = choice(ctx, b"--quoting-style", value.unwrap_or_default(), QUOTINGS)?,
            key::SORT => *sort = Some(choice(ctx, b"--sort", value.unwrap_or_default(), SORTS)?),
            key::TIME => {
                self.time = choice(ctx, b"--time", value.unwrap_or_default(), TIMES)?;
                *time_given = true;
            }
            _ => self.style = TimeStyle::named(ctx, value.unwrap_or_default())?,
        }
        Ok(())
    }
}

const WHEN: &[(&str, u8)] = &[
    ("always", 1),
    ("yes", 1),
    ("force", 1),
    ("never", 0),
    ("no", 0),
    ("none", 0),
    ("auto", 2),
    ("tty", 2),
    ("if-tty", 2),
];
const FORMATS: &[(&str, Layout)] = &[
    ("verbose", Layout::Long),
    ("long", Layout::Long),
    ("commas", Layout::Commas),
    ("horizontal", Layout::Rows),
    ("across", Layout::Rows),
    ("vertical", Layout::Columns),
    ("single-column", Layout::OnePerLine),
];
const INDICATORS: &[(&str, Indicator)] = &[
    ("none", Indicator::None),
    ("slash", Indicator::Slash),
    ("file-type", Indicator::FileType),
    ("classify", Indicator::Classify),
];
const QUOTINGS: &[(&str, Quoting)] = &[
    ("literal", Quoting::Literal),
    ("shell", Quoting::Shell),
    ("shell-always", Quoting::ShellAlways),
    ("shell-escape", Quoting::ShellEscape),
    ("shell-escape-always", Quoting::ShellEscapeAlways),
    ("c", Quoting::C),
    ("c-maybe", Quoting::C),
    ("escape", Quoting::Escape),
];
const SORTS: &[(&str, Sort)] = &[
    ("none", Sort::None),
    ("time", Sort::Time),
    ("size", Sort::Size),
    ("extension", Sort::Extension),
    ("version", Sort::Version),
    ("width", Sort::Width),
];
const TIMES: &[(&str, Time)] = &[
    ("atime", Time::Accessed),
    ("access", Time::Accessed),
    ("use", Time::Accessed),
    ("ctime", Time::Changed),
    ("status", Time::Changed),
    ("birth", Time::Birth),
    ("creation", Time::Birth),
];

/// The value that a word, perhaps abbreviated, means; others are told with the words that there are.
fn choice<T: Copy + PartialEq>(
    ctx: &mut Context<'_>,
    option: &[u8],
    word: &[u8],
    words: &[(&str, T)],
) -> Result<T, Quit> {
    if let Some((_, value)) = words.iter().find(|(name, _)| name.as_bytes() == word) {
        return Ok(*value);
    }
    let matching: Vec<T> =
        words.iter().filter(|(name, _)| name.as_bytes().starts_with(word)).map(|(_, value)| *value).collect();
    if let [first, rest @ ..] = matching.as_slice()
        && rest.iter().all(|other| other == first)
    {
        return Ok(*first);
    }
    let kind: &[u8] = if matching.is_empty() { b"invalid" } else { b"ambiguous" };
    ctx.complain(&[kind, b" argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
    let mut list = b"Valid arguments are:".to_vec();
    let mut last = None;
    for (name, value) in words {
        let separator: &[u8] = if last == Some(value) { b", " } else { b"\n  - " };
        list.extend_from_slice(&[separator, &quote::locale(name.as_bytes())].concat());
        last = Some(value);
    }
    list.push(b'\n');
    ctx.put_err(&list);
    Err(try_help(ctx, 1))
}

fn number(ctx: &mut Context<'_>, value: Option<&[u8]>, what: &[u8]) -> Result<usize, Quit> {
    let value = value.unwrap_or_default();
    let number = size::parse_or_tell(ctx, value, b"", what, SERIOUS)?;
    usize::try_from(number).map_err(|_| ctx.die_errno(&[what, b": ", &quote::locale(value)], Errno::Overflow))
}

fn terminal_width(terminal: bool) -> usize {
    let from_variable = environ::var(b"COLUMNS").and_then(|text| applets::format::parse_decimal(&text));
    let from_terminal = || fd::winsize(fd::STDOUT).ok().filter(|_| terminal).map(|size| u64::from(size.cols));
    let width = from_variable.filter(|width| *width > 0).or_else(from_terminal).filter(|width| *width > 0);
    width.and_then(|width| usize::try_from(width).ok()).unwrap_or(DEFAULT_WIDTH)
}

impl TimeStyle {
    fn same(format: &[u8]) -> Self {
        Self { old: format.to_vec(), recent: format.to_vec() }
    }

    fn locale() -> Self {
        Self { old: b"%b %e  %Y".to_vec(), recent: b"%b %e %H:%M".to_vec() }
    }

    fn full() -> Self {
        Self::same(b"%Y-%m-%d %H:%M:%S.%N %z")
    }

    fn named(ctx: &mut Context<'_>, style: &[u8]) -> Result<Self, Quit> {
        let style = style.strip_prefix(b"posix-").map_or(style, |_| b"locale");
        if let Some(format) = style.strip_prefix(b"+") {
            let (old, recent) = match format.iter().position(|byte| *byte == b'\n') {
                Some(at) => format.split_at(at),
                None => return Ok(Self::same(format)),
            };
            return Ok(Self { old: old.to_vec(), recent: recent.get(1..).unwrap_or_default().to_vec() });
        }
        match style {
            b"full-iso" => Ok(Self::full()),
            b"long-iso" => Ok(Self::same(b"%Y-%m-%d %H:%M")),
            b"iso" => Ok(Self { old: b"%Y-%m-%d ".to_vec(), recent: b"%m-%d %H:%M".to_vec() }),
            b"locale" => Ok(Self::locale()),
            _ => {
                ctx.complain(&[b"invalid argument ", &quote::locale(style), b" for ", &quote::locale(b"time style")]);
                ctx.put_err(
                    b"Valid arguments are:\n  - [posix-]full-iso\n  - [posix-]long-iso\n  - [posix-]iso\n  \
                      - [posix-]locale\n  - +FORMAT (e.g., +%H:%M) for a 'date'-style format\n",
                );
                Err(try_help(ctx, SERIOUS))
            }
        }
    }
}
