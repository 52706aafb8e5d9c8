//! From the arguments of `grep` to what is searched for, where, and what is shown of it.

use applets::number;
use applets::options::{Long, Parsed, Spec, Takes};
use applets::source::Source;
use applets::{Context, Quit, environ, locale};
use wcr_sys::fs;

use super::colors::Colors;
use super::glob::Selection;
use super::matcher::{Matcher, Mode, Origin, Pattern};
use super::{TROUBLE, VERSION, help, is_colour_terminal, usage};

const BINARY_FILES: u8 = 0x80;
const COLOR: u8 = 0x81;
const INCLUDE: u8 = 0x82;
const EXCLUDE: u8 = 0x83;
const EXCLUDE_FROM: u8 = 0x84;
const EXCLUDE_DIR: u8 = 0x85;
const GROUP_SEPARATOR: u8 = 0x86;
const NO_GROUP_SEPARATOR: u8 = 0x87;
const LABEL: u8 = 0x88;
const LINE_BUFFERED: u8 = 0x89;
const NO_IGNORE_CASE: u8 = 0x8a;
const HELP: u8 = 0x8b;

const LONG: [Long; 50] = [
    ("basic-regexp", Takes::Nothing, b'G'),
    ("extended-regexp", Takes::Nothing, b'E'),
    ("fixed-regexp", Takes::Nothing, b'F'),
    ("fixed-strings", Takes::Nothing, b'F'),
    ("perl-regexp", Takes::Nothing, b'P'),
    ("after-context", Takes::Value, b'A'),
    ("before-context", Takes::Value, b'B'),
    ("binary-files", Takes::Value, BINARY_FILES),
    ("binary", Takes::Nothing, b'U'),
    ("byte-offset", Takes::Nothing, b'b'),
    ("context", Takes::Value, b'C'),
    ("color", Takes::OptionalValue, COLOR),
    ("colour", Takes::OptionalValue, COLOR),
    ("count", Takes::Nothing, b'c'),
    ("devices", Takes::Value, b'D'),
    ("directories", Takes::Value, b'd'),
    ("exclude", Takes::Value, EXCLUDE),
    ("exclude-from", Takes::Value, EXCLUDE_FROM),
    ("exclude-dir", Takes::Value, EXCLUDE_DIR),
    ("file", Takes::Value, b'f'),
    ("files-with-matches", Takes::Nothing, b'l'),
    ("files-without-match", Takes::Nothing, b'L'),
    ("group-separator", Takes::Value, GROUP_SEPARATOR),
    ("help", Takes::Nothing, HELP),
    ("include", Takes::Value, INCLUDE),
    ("ignore-case", Takes::Nothing, b'i'),
    ("no-ignore-case", Takes::Nothing, NO_IGNORE_CASE),
    ("initial-tab", Takes::Nothing, b'T'),
    ("label", Takes::Value, LABEL),
    ("line-buffered", Takes::Nothing, LINE_BUFFERED),
    ("line-number", Takes::Nothing, b'n'),
    ("line-regexp", Takes::Nothing, b'x'),
    ("max-count", Takes::Value, b'm'),
    ("no-filename", Takes::Nothing, b'h'),
    ("no-group-separator", Takes::Nothing, NO_GROUP_SEPARATOR),
    ("no-messages", Takes::Nothing, b's'),
    ("null", Takes::Nothing, b'Z'),
    ("null-data", Takes::Nothing, b'z'),
    ("only-matching", Takes::Nothing, b'o'),
    ("quiet", Takes::Nothing, b'q'),
    ("recursive", Takes::Nothing, b'r'),
    ("dereference-recursive", Takes::Nothing, b'R'),
    ("regexp", Takes::Value, b'e'),
    ("invert-match", Takes::Nothing, b'v'),
    ("silent", Takes::Nothing, b'q'),
    ("text", Takes::Nothing, b'a'),
    ("unix-byte-offsets", Takes::Nothing, b'u'),
    ("version", Takes::Nothing, b'V'),
    ("with-filename", Takes::Nothing, b'H'),
    ("word-regexp", Takes::Nothing, b'w'),
];

const SPEC: Spec = Spec::new("0123456789A:B:C:D:EFGHILPTUVX:abcd:e:f:hiLlm:noqRrsuvwxyZz", &LONG);

/// What is done with a file that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    /// It is said that it matches.
    Told,
    /// It is searched as text.
    Text,
    /// It is passed over.
    WithoutMatch,
}

/// What is done with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directories {
    /// It is read, which fails.
    Read,
    /// What is in it is searched.
    Recurse,
    /// It is passed over.
    Skip,
}

/// What is printed of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// Its selected lines.
    Lines,
    /// The parts of them that match.
    Parts,
    /// How many they are.
    Count,
    /// The file's name, where it has any.
    WithMatches,
    /// The file's name, where it has none.
    WithoutMatches,
    /// Nothing.
    Nothing,
}

/// All that the arguments say.
pub(super) struct Options {
    patterns: Vec<Pattern>,
    mode: Mode,
    /// The files to search.
    pub(super) operands: Vec<Vec<u8>>,
    pub(super) show: Show,
    pub(super) count_too: bool,
    pub(super) invert: bool,
    pub(super) numbers: bool,
    pub(super) offsets: bool,
    pub(super) names: bool,
    pub(super) null_names: bool,
    pub(super) tabs: bool,
    pub(super) silent: bool,
    pub(super) flush_lines: bool,
    pub(super) max_count: Option<u64>,
    pub(super) before: Option<usize>,
    pub(super) after: Option<usize>,
    pub(super) separator: Option<Vec<u8>>,
    pub(super) label: Vec<u8>,
    pub(super) delimiter: u8,
    pub(super) binary: Binary,
    pub(super) utf8: bool,
    pub(super) colors: Option<Colors>,
    pub(super) directories: Directories,
    pub(super) follow: bool,
    /// Whether devices are read: always, never, or those on the command line only.
    pub(super) devices: Option<bool>,
    /// Whether the search of the current folder was not asked for by name.
    pub(super) implied_folder: bool,
    pub(super) files: Selection,
    pub(super) folders: Selection,
}

impl Options {
    /// The compiled patterns.
    pub(super) fn matcher(&self, ctx: &mut Context<'_>) -> Result<Matcher, Quit> {
        Matcher::new(ctx, &self.patterns, self.mode)
    }

    /// Whether the first selected line of a file settles all about it.
    pub(super) fn first_settles(&self) -> bool {
        matches!(self.show, Show::Nothing | Show::WithMatches | Show::WithoutMatches)
    }
}

/// Reads the arguments.
pub(super) fn read(ctx: &mut Context<'_>) -> Result<Options, Quit> {
    let (mut parsed, wrong) = SPEC.read_all(ctx.args);
    let read = scan(ctx, &parsed)?;
    if let Some(message) = wrong {
        ctx.complain(&[&message]);
        return Err(usage(ctx));
    }
    if parsed.has(b'V') {
        ctx.put(VERSION.as_bytes());
        return Err(Quit(0));
    }
    if parsed.has(HELP) {
        return Err(help(ctx));
    }
    let mut patterns = read.patterns;
    if !parsed.has(b'e') && !parsed.has(b'f') {
        if parsed.operands.is_empty() {
            return Err(usage(ctx));
        }
        let text = parsed.operands.remove(0);
        split(&text, None, &mut patterns);
    }
    let recurses = read.directories == Directories::Recurse;
    let mut operands = core::mem::take(&mut parsed.operands);
    let implied_folder = operands.is_empty() && recurses;
    let several = operands.len() > 1;
    if operands.is_empty() {
        operands.push(if recurses { b".".to_vec() } else { b"-".to_vec() });
    }
    let names = match parsed.last_of(b"Hh") {
        Some(key) => key == b'H',
        None => several || recurses && operands.iter().any(|path| super::files::is_directory(path)),
    };
    let show = match parsed.last_of(b"lL") {
        _ if parsed.has(b'q') => Show::Nothing,
        Some(b'l') => Show::WithMatches,
        Some(_) => Show::WithoutMatches,
        None if parsed.has(b'c') => Show::Count,
        None if parsed.has(b'o') => Show::Parts,
        None => Show::Lines,
    };
    let separator = match parsed.last_of(&[GROUP_SEPARATOR, NO_GROUP_SEPARATOR]) {
        Some(NO_GROUP_SEPARATOR) => None,
        Some(_) => parsed.value(GROUP_SEPARATOR).map(<[u8]>::to_vec),
        None => Some(b"--".to_vec()),
    };
    Ok(Options {
        patterns,
        mode: Mode {
            literal: read.matcher == Some(b'F'),
            extended: read.matcher == Some(b'E'),
            ignore_case: read.ignore_case,
            words: parsed.has(b'w') && !parsed.has(b'x'),
            lines: parsed.has(b'x'),
        },
        operands,
        show,
        count_too: parsed.has(b'c'),
        invert: parsed.has(b'v'),
        numbers: parsed.has(b'n'),
        offsets: parsed.has(b'b'),
        names,
        null_names: parsed.has(b'Z'),
        tabs: parsed.has(b'T'),
        silent: parsed.has(b's'),
        flush_lines: parsed.has(LINE_BUFFERED),
        max_count: read.max_count,
        before: read.before.or(read.context),
        after: read.after.or(read.context),
        separator,
        label: parsed.value(LABEL).unwrap_or(b"(standard input)").to_vec(),
        delimiter: if parsed.has(b'z') { 0 } else { b'\n' },
        binary: read.binary,
        utf8: locale::is_utf8(),
        colors: read.color.then(|| colors(ctx)),
        directories: read.directories,
        follow: parsed.last_of(b"rR") == Some(b'R'),
        devices: read.devices,
        implied_folder,
        files: read.files,
        folders: read.folders,
    })
}

/// What the options say whose values are read one after the other.
struct Read {
    patterns: Vec<Pattern>,
    matcher: Option<u8>,
    ignore_case: bool,
    max_count: Option<u64>,
    before: Option<usize>,
    after: Option<usize>,
    context: Option<usize>,
    binary: Binary,
    color: bool,
    directories: Directories,
    devices: Option<bool>,
    files: Selection,
    folders: Selection,
}

fn scan(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Read, Quit> {
    let mut read = Read {
        patterns: Vec::new(),
        matcher: None,
        ignore_case: false,
        max_count: None,
        before: None,
        after: None,
        context: None,
        binary: Binary::Told,
        color: false,
        directories: Directories::Read,
        devices: None,
        files: Selection::default(),
        folders: Selection::default(),
    };
    let mut digits = Vec::new();
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match *key {
            b'0'..=b'9' => {
                digits.push(*key);
                read.context = Some(context(ctx, &digits)?);
                continue;
            }
            b'A' => read.after = Some(context(ctx, value)?),
            b'B' => read.before = Some(context(ctx, value)?),
            b'C' => read.context = Some(context(ctx, value)?),
            b'D' => {
                read.devices = match value {
                    b"read" => Some(true),
                    b"skip" => Some(false),
                    _ => return Err(trouble(ctx, &[b"unknown devices method"])),
                }
            }
            b'E' | b'F' | b'G' | b'P' => set_matcher(ctx, &mut read, *key)?,
            b'X' => {
                let matcher = match value {
                    b"grep" => b'G',
                    b"egrep" | b"awk" | b"gawk" | b"posixawk" => b'E',
                    b"fgrep" => b'F',
                    b"perl" => b'P',
                    _ => return Err(trouble(ctx, &[b"invalid matcher ", value])),
                };
                set_matcher(ctx, &mut read, matcher)?;
            }
            b'I' => read.binary = Binary::WithoutMatch,
            b'a' => read.binary = Binary::Text,
            BINARY_FILES => {
                read.binary = match value {
                    b"binary" => Binary::Told,
                    b"text" => Binary::Text,
                    b"without-match" => Binary::WithoutMatch,
                    _ => return Err(trouble(ctx, &[b"unknown binary-files type"])),
                }
            }
            b'd' => read.directories = directories(ctx, value)?,
            b'r' | b'R' => read.directories = Directories::Recurse,
            b'e' => split(value, None, &mut read.patterns),
            b'f' => read_patterns(ctx, value, &mut read.patterns)?,
            b'i' | b'y' => read.ignore_case = true,
            NO_IGNORE_CASE => read.ignore_case = false,
            b'm' => read.max_count = max_count(ctx, value)?,
            b'u' => ctx.complain(&[b"warning: --unix-byte-offsets (-u) is obsolete"]),
            COLOR => {
                read.color = match value {
                    b"always" | b"yes" | b"force" => true,
                    b"never" | b"no" | b"none" => false,
                    b"" | b"auto" | b"tty" | b"if-tty" => is_colour_terminal(),
                    _ => return Err(help(ctx)),
                }
            }
            INCLUDE => read.files.add(value, true),
            EXCLUDE => read.files.add(value, false),
            EXCLUDE_FROM => {
                let content = read_whole(ctx, value)?;
                let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                lines.for_each(|line| read.files.add(line, false));
            }
            EXCLUDE_DIR => {
                let slashes = value.iter().rev().take_while(|byte| **byte == b'/').count();
                let end = if slashes == value.len() { slashes.min(1) } else { value.len() - slashes };
                read.folders.add(value.get(..end).unwrap_or_default(), false);
            }
            _ => {}
        }
        digits.clear();
    }
    Ok(read)
}

fn trouble(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    Quit(TROUBLE)
}

fn set_matcher(ctx: &mut Context<'_>, read: &mut Read, matcher: u8) -> Result<(), Quit> {
    if matcher == b'P' {
        return Err(trouble(ctx, &[b"Perl matching not supported in a --disable-perl-regexp build"]));
    }
    if read.matcher.is_some_and(|before| before != matcher) {
        return Err(trouble(ctx, &[b"conflicting matchers specified"]));
    }
    read.matcher = Some(matcher);
    Ok(())
}

fn context(ctx: &mut Context<'_>, text: &[u8]) -> Result<usize, Quit> {
    let scanned = number::signed(text, 10);
    if scanned.len == 0 || scanned.len < text.len() || scanned.value < 0 {
        return Err(trouble(ctx, &[text, b": invalid context length argument"]));
    }
    Ok(usize::try_from(scanned.value).unwrap_or(usize::MAX))
}

fn max_count(ctx: &mut Context<'_>, text: &[u8]) -> Result<Option<u64>, Quit> {
    let scanned = number::signed(text, 10);
    if scanned.len == 0 || scanned.len < text.len() {
        return Err(trouble(ctx, &[b"invalid max count"]));
    }
    Ok(u64::try_from(scanned.value).ok())
}

fn directories(ctx: &mut Context<'_>, text: &[u8]) -> Result<Directories, Quit> {
    const ACTIONS: [(&str, Directories); 3] =
        [("read", Directories::Read), ("recurse", Directories::Recurse), ("skip", Directories::Skip)];
    let mut meant = ACTIONS.iter().filter(|(name, _)| name.as_bytes().starts_with(text));
    let problem: &[u8] = match (meant.next(), meant.next()) {
        (Some((_, action)), None) => return Ok(*action),
        (Some(_), Some(_)) => b"ambiguous",
        (None, _) => b"invalid",
    };
    ctx.complain(&[problem, b" argument '", text, b"' for '--directories'"]);
    let usage = super::usage_lines(ctx);
    let names: String = ACTIONS.iter().map(|(name, _)| format!("  - '{name}'\n")).collect();
    ctx.put_err(&[b"Valid arguments are:\n", names.as_bytes(), &usage].concat());
    Err(Quit(1))
}

/// Each line of `text` is a pattern.
fn split(text: &[u8], file: Option<&[u8]>, patterns: &mut Vec<Pattern>) {
    let origin = |number| file.map(|file| Origin { file: file.to_vec(), line: number });
    let lines = text.split(|byte| *byte == b'\n').zip(1..);
    patterns.extend(lines.map(|(text, number)| Pattern { text: text.to_vec(), origin: origin(number) }));
}

fn read_patterns(ctx: &mut Context<'_>, path: &[u8], patterns: &mut Vec<Pattern>) -> Result<(), Quit> {
    let content = read_whole(ctx, path)?;
    // The end of the last line begins no pattern.
    if !content.is_empty() {
        split(content.strip_suffix(b"\n").unwrap_or(&content), Some(path), patterns);
    }
    Ok(())
}

fn read_whole(ctx: &mut Context<'_>, path: &[u8]) -> Result<Vec<u8>, Quit> {
    Source::open(path).and_then(|source| fs::read_to_end(source.fd())).map_err(|error| {
        ctx.perror(&[path], error);
        Quit(TROUBLE)
    })
}

fn colors(ctx: &mut Context<'_>) -> Colors {
    let mut colors = Colors::default();
    if let Some(value) = environ::var(b"GREP_COLOR").filter(|value| !value.is_empty()) {
        ctx.complain(&[b"warning: GREP_COLOR='", &value, b"' is deprecated; use GREP_COLORS='mt=", &value, b"'"]);
        colors.set_matches(&value);
    }
    if let Some(value) = environ::var(b"GREP_COLORS") {
        colors.read(&value);
    }
    colors
}
