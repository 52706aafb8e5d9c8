//! `diff`: how two files or trees differ.

mod lcs;
mod unified;

use std::collections::BTreeSet;

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fd, fs};

use crate::core::folder;
use crate::core::paths::join;
use crate::count::{INT_MAX, in_range};
use crate::options::{Long, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "diff",
    "diff [-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2\n\n\
     Compare files line by line and output the differences between them.\n\
     This implementation supports unified diffs only.\n\n\
     \t-a\tTreat all files as text\n\
     \t-b\tIgnore changes in the amount of whitespace\n\
     \t-B\tIgnore changes whose lines are all blank\n\
     \t-d\tTry hard to find a smaller set of changes\n\
     \t-i\tIgnore case differences\n\
     \t-L\tUse LABEL instead of the filename in the unified header\n\
     \t-N\tTreat absent files as empty\n\
     \t-q\tOutput only whether files differ\n\
     \t-r\tRecurse\n\
     \t-S\tStart with FILE when comparing directories\n\
     \t-T\tMake tabs line up by prefixing a tab when necessary\n\
     \t-s\tReport when two files are the same\n\
     \t-t\tExpand tabs to spaces in output\n\
     \t-U\tOutput LINES lines of context\n\
     \t-w\tIgnore all whitespace",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

const LONG: [Long; 15] = [
    ("ignore-case", Takes::Nothing, b'i'),
    ("ignore-tab-expansion", Takes::Nothing, b'E'),
    ("ignore-space-change", Takes::Nothing, b'b'),
    ("ignore-all-space", Takes::Nothing, b'w'),
    ("ignore-blank-lines", Takes::Nothing, b'B'),
    ("text", Takes::Nothing, b'a'),
    ("unified", Takes::OptionalValue, b'U'),
    ("label", Takes::Value, b'L'),
    ("brief", Takes::Nothing, b'q'),
    ("expand-tabs", Takes::Nothing, b't'),
    ("initial-tab", Takes::Nothing, b'T'),
    ("recursive", Takes::Nothing, b'r'),
    ("new-file", Takes::Nothing, b'N'),
    ("report-identical-files", Takes::Nothing, b's'),
    ("starting-file", Takes::Value, b'S'),
];
const SPEC: Spec = Spec::new("abdiL:NqrsS:tTU:wupBE", &LONG);

/// The code for files that differ, and for those that cannot be compared.
const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;

/// The lines of context, unless others are asked for.
const CONTEXT: usize = 3;

/// How much of a file is looked at to see whether it is text.
const SAMPLE: usize = 4096;

/// What is compared and shown.
struct Options {
    context: usize,
    text: bool,
    ignore_space_amount: bool,
    ignore_space: bool,
    ignore_case: bool,
    ignore_blank_lines: bool,
    absent_is_empty: bool,
    brief: bool,
    recursive: bool,
    reports_same: bool,
    expands_tabs: bool,
    aligns_tabs: bool,
    labels: Vec<Vec<u8>>,
    start: Option<Vec<u8>>,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"U", context_lines)?;
    let context = match parsed.value(b'U') {
        Some(text) => context_lines(ctx, text)?,
        None => CONTEXT,
    };
    let given = |key| parsed.has(key);
    let labels = parsed.options.iter().filter(|(key, _)| *key == b'L').filter_map(|(_, value)| value.clone());
    let options = Options {
        context,
        text: given(b'a'),
        ignore_space_amount: given(b'b'),
        ignore_space: given(b'w'),
        ignore_case: given(b'i'),
        ignore_blank_lines: given(b'B'),
        absent_is_empty: given(b'N'),
        brief: given(b'q'),
        recursive: given(b'r'),
        reports_same: given(b's'),
        expands_tabs: given(b't'),
        aligns_tabs: given(b'T'),
        labels: labels.collect(),
        start: parsed.value(b'S').map(<[u8]>::to_vec),
    };
    let [left, right] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let mut kinds = Vec::new();
    for path in [left, right] {
        kinds.push(kind(path).or_else(|error| {
            if options.absent_is_empty {
                return Ok(None);
            }
            ctx.perror(&[b"can't stat '", path, b"'"], error);
            Err(Quit(TROUBLE))
        })?);
    }
    if kinds == [None, None] || is_one_file(left, right) {
        return Ok(0);
    }
    let directory = Some(FileKind::Directory);
    if [left, right].iter().any(|path| *path == b"-") && kinds.contains(&directory) {
        return Err(ctx.die(&[b"can't compare stdin to a directory"]));
    }
    match (kinds.first().copied().flatten() == directory, kinds.get(1).copied().flatten() == directory) {
        (true, true) => directories(ctx, left, right, &options),
        (true, false) => beside(ctx, left, right).and_then(|left| files(ctx, &left, right, &options)),
        (false, true) => beside(ctx, right, left).and_then(|right| files(ctx, left, &right, &options)),
        (false, false) => files(ctx, left, right, &options),
    }
}

fn context_lines(ctx: &mut Context<'_>, text: &[u8]) -> Result<usize, Quit> {
    in_range(ctx, text, 0, INT_MAX).map(|lines| lines as usize)
}

fn is_directory(path: &[u8]) -> bool {
    kind(path) == Ok(Some(FileKind::Directory))
}

/// What a path is.
fn kind(path: &[u8]) -> Result<Option<FileKind>, Errno> {
    if path == b"-" {
        return Ok(Some(fd::stat(fd::STDIN).map_or(FileKind::Fifo, |stat| stat.mode.kind())));
    }
    fs::stat(path).map(|stat| Some(stat.mode.kind()))
}

/// The file in a directory that has the other file's name.
fn beside(ctx: &mut Context<'_>, directory: &[u8], file: &[u8]) -> Result<Vec<u8>, Quit> {
    let start = memchr::memrchr(b'/', file).map_or(0, |slash| slash + 1);
    let path = join(directory, file.get(start..).unwrap_or_default());
    match fs::stat(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(ctx.die_errno(&[b"can't stat '", &path, b"'"], error)),
    }
}

/// The content of a file; `None` when it cannot be opened, which has been reported. With `absent_is_empty` there is nothing
/// in such a file.
fn read(ctx: &mut Context<'_>, path: &[u8], options: &Options) -> Option<Vec<u8>> {
    let source = match Source::open(path) {
        Ok(source) => source,
        Err(_) if options.absent_is_empty => return Some(Vec::new()),
        Err(error) => {
            ctx.perror(&[b"can't open '", path, b"'"], error);
            return None;
        }
    };
    // As in BusyBox, what cannot be read, such as a folder, has nothing in it.
    Some(fs::read_to_end(source.fd()).unwrap_or_default())
}

/// Compares two files.
fn files(ctx: &mut Context<'_>, left: &[u8], right: &[u8], options: &Options) -> Result<u8, Quit> {
    // As in BusyBox, what cannot be opened differs from nothing.
    let code = match read(ctx, left, options) {
        None => 0,
        Some(left_text) => match read(ctx, right, options) {
            None => 0,
            Some(right_text) => compare(ctx, (left, &left_text), (right, &right_text), options)?,
        },
    };
    if code == 0 && options.reports_same {
        ctx.put(&[b"Files ", left, b" and ", right, b" are identical\n"].concat());
    }
    Ok(code)
}

/// Whether two operands are the same file.
fn is_one_file(left: &[u8], right: &[u8]) -> bool {
    let id = |path: &[u8]| {
        let stat = if path == b"-" { fd::stat(fd::STDIN) } else { fs::stat(path) };
        stat.map(|stat| (stat.dev, stat.ino))
    };
    id(left).is_ok_and(|one| id(right) == Ok(one))
}

fn compare(
    ctx: &mut Context<'_>,
    (left, left_text): (&[u8], &[u8]),
    (right, right_text): (&[u8], &[u8]),
    options: &Options,
) -> Result<u8, Quit> {
    if left_text == right_text {
        return Ok(0);
    }
    let is_binary = |text: &[u8]| text.iter().take(SAMPLE).any(|byte| *byte == 0);
    // What is compared with nothing is shown whatever it is.
    let either_empty = left_text.is_empty() || right_text.is_empty();
    let binary = !options.text && !either_empty && (is_binary(left_text) || is_binary(right_text));
    if binary {
        ctx.put(&[b"Files ", left, b" and ", right, b" differ\n"].concat());
        return Ok(DIFFERENT);
    }
    let (left_lines, right_lines) = (unified::lines(left_text), unified::lines(right_text));
    let keys = |lines: &[&[u8]]| lines.iter().map(|line| options.key(line)).collect::<Vec<_>>();
    let changes = lcs::changes(&keys(&left_lines), &keys(&right_lines));
    let is_blank = |lines: &[&[u8]], (from, to): (usize, usize)| {
        lines.get(from..to).unwrap_or_default().iter().all(|line| *line == b"\n")
    };
    let mut hunks = unified::hunks(&changes, options.context);
    if options.ignore_blank_lines {
        hunks.retain(|hunk| {
            !hunk.iter().all(|change| is_blank(&left_lines, change.left) && is_blank(&right_lines, change.right))
        });
    }
    if hunks.is_empty() {
        return Ok(0);
    }
    if options.brief {
        ctx.put(&[b"Files ", left, b" and ", right, b" differ\n"].concat());
        return Ok(DIFFERENT);
    }
    // Of more than two labels the last one is the second.
    let label = |at: usize, name: &[u8]| {
        let at = if at > 0 { at.max(options.labels.len().saturating_sub(1)) } else { at };
        options.labels.get(at).cloned().unwrap_or_else(|| name.to_vec())
    };
    ctx.put(&[b"--- ".as_slice(), &label(0, left), b"\n+++ ", &label(1, right), b"\n"].concat());
    for hunk in &hunks {
        unified::put(ctx, hunk, &left_lines, &right_lines, options);
    }
    Ok(DIFFERENT)
}

impl Options {
    /// What of a line is compared.
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let mut key = line.to_vec();
        if self.ignore_space || self.ignore_space_amount {
            key.clear();
            let mut blanks = false;
            for byte in line {
                if crate::number::is_space(*byte) {
                    blanks = true;
                    continue;
                }
                if blanks && !self.ignore_space {
                    key.push(b' ');
                }
                blanks = false;
                key.push(*byte);
            }
        }
        if self.ignore_case {
            key.make_ascii_lowercase();
        }
        key
    }
}

/// The names below a directory: those in it, or with `recursive` the paths of all that are no directories; those that
/// are go to `folders`.
fn names(
    ctx: &mut Context<'_>,
    directory: &[u8],
    prefix: &[u8],
    recursive: bool,
    found: &mut BTreeSet<Vec<u8>>,
    folders: &mut BTreeSet<Vec<u8>>,
) {
    let entries = match folder::entries(directory) {
        Ok(entries) => entries,
        Err(error) => return ctx.perror(&[directory], error),
    };
    for entry in entries {
        let path = join(directory, &entry.name);
        let kind = match entry.stat.map(|stat| stat.mode.kind()) {
            Ok(FileKind::Symlink) => fs::stat(&path).map(|stat| stat.mode.kind()),
            known => known,
        };
        if let Err(error) = kind {
            ctx.perror(&[&path], error);
            continue;
        }
        let name = if prefix.is_empty() { entry.name.clone() } else { join(prefix, &entry.name) };
        if recursive && kind == Ok(FileKind::Directory) {
            names(ctx, &path, &name, true, found, folders);
            folders.insert(name);
        } else {
            found.insert(name);
        }
    }
}

/// Compares two directories.
fn directories(ctx: &mut Context<'_>, left: &[u8], right: &[u8], options: &Options) -> Result<u8, Quit> {
    let (mut in_left, mut in_right) = (BTreeSet::new(), BTreeSet::new());
    let (mut folders_left, mut folders_right) = (BTreeSet::new(), BTreeSet::new());
    names(ctx, left, b"", options.recursive, &mut in_left, &mut folders_left);
    names(ctx, right, b"", options.recursive, &mut in_right, &mut folders_right);
    let differs = !options.absent_is_empty && folders_left != folders_right;
    let mut code = if differs { DIFFERENT } else { 0 };
    for name in in_left.union(&in_right) {
        if options.start.as_ref().is_some_and(|start| name < start) {
            continue;
        }
        let paths = (join(left, name), join(right, name));
        code |= match (in_left.contains(name), in_right.contains(name)) {
            (true, true) => pair(ctx, &paths.0, &paths.1, options)?,
            // What is in a folder that the other side lacks is not listed.
            (in_left, _) if !options.absent_is_empty && lacks_folder(if in_left { right } else { left }, name) => {
                DIFFERENT
            }
            (in_left, _) if options.absent_is_empty && is_directory(if in_left { &paths.0 } else { &paths.1 }) => {
                // What is not there would be one, too.
                ctx.put(&[b"Common subdirectories: ", paths.0.as_slice(), b" and ", &paths.1, b"\n"].concat());
                0
            }
            (in_left, _) => only(ctx, if in_left { left } else { right }, name, in_left, options)?,
        };
    }
    Ok(code)
}

/// Whether the folder below `directory` that the path names a file in is none there.
fn lacks_folder(directory: &[u8], path: &[u8]) -> bool {
    let Some(slash) = memchr::memrchr(b'/', path) else { return false };
    kind(&join(directory, path.get(..slash).unwrap_or_default())) != Ok(Some(FileKind::Directory))
}

/// Tells of a name that only one of the directories has.
fn only(ctx: &mut Context<'_>, directory: &[u8], name: &[u8], is_left: bool, options: &Options) -> Result<u8, Quit> {
    let path = join(directory, name);
    if !options.absent_is_empty {
        ctx.put(&[b"Only in ", directory, b": ", name, b"\n"].concat());
        return Ok(DIFFERENT);
    }
    let text = read(ctx, &path, options).unwrap_or_default();
    let (there, absent): ((&[u8], &[u8]), (&[u8], &[u8])) = ((&path, &text), (b"/dev/null", b""));
    if is_left { compare(ctx, there, absent, options) } else { compare(ctx, absent, there, options) }
}

/// Compares what has the same name in both directories.
fn pair(ctx: &mut Context<'_>, left: &[u8], right: &[u8], options: &Options) -> Result<u8, Quit> {
    let describe = |kind: Option<FileKind>| -> Option<&'static [u8]> {
        match kind? {
            FileKind::Directory => Some(b"directory"),
            FileKind::Regular => Some(b"regular file"),
            _ => None,
        }
    };
    let kinds = [left, right].map(|path| (path, describe(kind(path).unwrap_or(None))));
    if let Some((path, _)) = kinds.iter().find(|(_, kind)| kind.is_none()) {
        ctx.put(&[b"File ", *path, b" is not a regular file or directory and was skipped\n"].concat());
        return Ok(0);
    }
    let [(_, Some(one)), (_, Some(other))] = kinds else { return Ok(0) };
    if one != other {
        ctx.put(&[b"File ", left, b" is a ", one, b" while file ", right, b" is a ", other, b"\n"].concat());
        return Ok(0);
    }
    if one == b"directory" {
        ctx.put(&[b"Common subdirectories: ", left, b" and ", right, b"\n"].concat());
        return Ok(0);
    }
    files(ctx, left, right, options)
}
