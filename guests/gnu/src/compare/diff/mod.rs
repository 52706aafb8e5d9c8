//! GNU `diff`: how two files or folders differ.

mod folders;
mod hunks;
mod lines;
mod options;
mod plain;
mod print;
mod script;
mod side;

use applets::core::basename::last_component;
use applets::core::paths::join;
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags, Stat, Timestamp};
use wcr_sys::{Errno, fd, fs};

use super::{DIFFERENT, TROUBLE};
use crate::Program;
use crate::dispatch::base_name;
pub(crate) use options::try_help;
use options::{Options, Style};

const HELP_TEXT: &str = include_str!("help.txt");

const VERSION: &str = "\
diff (GNU diffutils) 3.8
Copyright (C) 2021 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Paul Eggert, Mike Haertel, David Hayes,
Richard Stallman, and Len Tower.
";

/// The program.
pub const PROGRAM: Program = Program::whole("diff", run).failing_with(TROUBLE).lacking(
    "-l and the options for formats of lines and groups; of several shortest scripts it may show another one where lines \
     occur often",
);

/// One of the files that are compared, with its content.
struct Side<'a> {
    name: Vec<u8>,
    mtime: Timestamp,
    lines: Vec<&'a [u8]>,
}

/// Two files that differ.
struct Pair<'a> {
    left: Side<'a>,
    right: Side<'a>,
}

/// What is known of a file.
struct File {
    path: Vec<u8>,
    /// `None` where there is none, which counts as an empty one.
    stat: Option<Stat>,
}

impl File {
    fn kind(&self) -> Option<FileKind> {
        self.stat.as_ref().map(|stat| stat.mode.kind())
    }

    fn is_folder(&self) -> bool {
        self.kind() == Some(FileKind::Directory)
    }
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let zero = ctx.name;
    ctx.name = base_name(zero);
    let options = options::read(ctx, zero)?;
    let mut code = 0;
    match (&options.from_file, &options.to_file) {
        (Some(from), _) => {
            for operand in &options.operands {
                code = code.max(operands(ctx, from, operand, &options)?);
            }
        }
        (None, Some(to)) => {
            for operand in &options.operands {
                code = code.max(operands(ctx, operand, to, &options)?);
            }
        }
        _ => {
            if let [left, right] = options.operands.as_slice() {
                code = operands(ctx, left, right, &options)?;
            }
        }
    }
    Ok(code)
}

fn look(path: &[u8], options: &Options) -> Result<Stat, Errno> {
    if path == b"-" {
        return fd::stat(fd::STDIN);
    }
    if options.no_dereference { fs::lstat(path) } else { fs::stat(path) }
}

/// Compares what two operands name.
fn operands(ctx: &mut Context<'_>, left: &[u8], right: &[u8], options: &Options) -> Result<u8, Quit> {
    let (mut left_path, mut right_path) = (left.to_vec(), right.to_vec());
    let is_folder = |path: &[u8]| path != b"-" && fs::stat(path).is_ok_and(|it| it.mode.kind() == FileKind::Directory);
    match (is_folder(left), is_folder(right)) {
        (true, false) if right != b"-" && fs::stat(right).is_ok() => left_path = join(left, last_component(right)),
        (false, true) if left != b"-" && fs::stat(left).is_ok() => right_path = join(right, last_component(left)),
        (true, false) if right == b"-" => {
            ctx.complain(&[b"cannot compare '-' to a directory"]);
            return Ok(TROUBLE);
        }
        (false, true) if left == b"-" => {
            ctx.complain(&[b"cannot compare '-' to a directory"]);
            return Ok(TROUBLE);
        }
        _ => {}
    }
    let stats = (look(&left_path, options), look(&right_path, options));
    let absent = |result: &Result<Stat, Errno>| matches!(result, Err(Errno::Noent | Errno::Badf));
    let both_absent = absent(&stats.0) && absent(&stats.1);
    let mut failed = false;
    let mut file = |path: Vec<u8>, result: Result<Stat, Errno>, allowed: bool| match result {
        Ok(stat) => File { path, stat: Some(stat) },
        Err(Errno::Noent | Errno::Badf) if allowed && !both_absent => File { path, stat: None },
        Err(error) => {
            ctx.perror(&[&path], error);
            failed = true;
            File { path, stat: None }
        }
    };
    let left = file(left_path, stats.0, options.new_file || options.first_new_file);
    let right = file(right_path, stats.1, options.new_file);
    if failed {
        return Ok(TROUBLE);
    }
    files(ctx, &left, &right, options, false)
}

/// Compares two files or folders; `within` folders that are compared.
fn files(ctx: &mut Context<'_>, left: &File, right: &File, options: &Options, within: bool) -> Result<u8, Quit> {
    let folder_or_none = |file: &File| file.is_folder() || file.stat.is_none();
    if (left.is_folder() || right.is_folder()) && folder_or_none(left) && folder_or_none(right) {
        if within && !options.recursive {
            let line = [b"Common subdirectories: ", left.path.as_slice(), b" and ", &right.path, b"\n"].concat();
            ctx.put(&line);
            return Ok(0);
        }
        return folders::compare(ctx, left, right, options);
    }
    if let (Some(one), Some(other)) = (&left.stat, &right.stat) {
        let links = one.mode.kind() == FileKind::Symlink && other.mode.kind() == FileKind::Symlink;
        if links {
            return Ok(symlinks(ctx, left, right));
        }
        let special = |kind: FileKind| kind != FileKind::Regular;
        let (a, b) = (one.mode.kind(), other.mode.kind());
        if within && (special(a) || special(b)) || left.is_folder() != right.is_folder() {
            let text =
                [b"File ".as_slice(), &left.path, b" is a ", describe(one), b" while file ", &right.path, b" is a "];
            ctx.put(&[&text.concat(), describe(other), b"\n"].concat());
            return Ok(DIFFERENT);
        }
        let same = (one.dev, one.ino) == (other.dev, other.ino) && a == FileKind::Regular;
        if same || left.path == b"-" && right.path == b"-" {
            return Ok(tell_same(ctx, left, right, options));
        }
    }
    contents(ctx, left, right, options, within)
}

fn tell_same(ctx: &mut Context<'_>, left: &File, right: &File, options: &Options) -> u8 {
    if options.reports_same {
        ctx.put(&[b"Files ", left.path.as_slice(), b" and ", &right.path, b" are identical\n"].concat());
    }
    0
}

fn symlinks(ctx: &mut Context<'_>, left: &File, right: &File) -> u8 {
    let target = |file: &File| fs::readlink(&file.path);
    if target(left) == target(right) {
        return 0;
    }
    ctx.put(&[b"Symbolic links ", left.path.as_slice(), b" and ", &right.path, b" differ\n"].concat());
    DIFFERENT
}

/// What a file is, in words.
fn describe(stat: &Stat) -> &'static [u8] {
    match stat.mode.kind() {
        FileKind::Regular if stat.size == 0 => b"regular empty file",
        FileKind::Regular => b"regular file",
        FileKind::Directory => b"directory",
        FileKind::Symlink => b"symbolic link",
        FileKind::Fifo => b"fifo",
        FileKind::Socket => b"socket",
        FileKind::CharDevice => b"character special file",
        FileKind::BlockDevice => b"block special file",
    }
}

fn content(ctx: &mut Context<'_>, file: &File) -> Result<Vec<u8>, u8> {
    let Some(stat) = &file.stat else { return Ok(Vec::new()) };
    if stat.mode.kind() == FileKind::Symlink {
        return fs::readlink(&file.path).map_err(|error| {
            ctx.perror(&[&file.path], error);
            TROUBLE
        });
    }
    let read = if file.path == b"-" {
        fs::read_to_end(fd::STDIN)
    } else {
        fs::open(&file.path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).and_then(|opened| {
            let content = fs::read_to_end(opened);
            // It was only read.
            let _ = fd::close(opened);
            content
        })
    };
    read.map_err(|error| {
        ctx.perror(&[&file.path], error);
        TROUBLE
    })
}

/// Compares the contents of two files and shows how they differ.
fn contents(ctx: &mut Context<'_>, left: &File, right: &File, options: &Options, within: bool) -> Result<u8, Quit> {
    let (one, other) = match (content(ctx, left), content(ctx, right)) {
        (Ok(one), Ok(other)) => (one, other),
        _ => return Ok(TROUBLE),
    };
    let ignores = options.ignoring != options::Ignoring::default() || !options.ignored_lines.is_empty();
    let side_by_side = options.style == Style::SideBySide && !options.brief;
    let shows_all = side_by_side || options.style == Style::Ifdef && !options.brief;
    if one == other && !shows_all {
        return Ok(tell_same(ctx, left, right, options));
    }
    let differ = |ctx: &mut Context<'_>, what: &[u8]| {
        ctx.put(&[what, b" ", &left.path, b" and ", &right.path, b" differ\n"].concat());
        Ok(DIFFERENT)
    };
    let is_binary = |text: &[u8]| memchr::memchr(0, text.get(..text.len().min(4096)).unwrap_or_default()).is_some();
    if !options.text && (is_binary(&one) || is_binary(&other)) {
        if one == other {
            return Ok(tell_same(ctx, left, right, options));
        }
        return differ(ctx, if options.brief { b"Files" } else { b"Binary files" });
    }
    if options.brief && !ignores {
        return differ(ctx, b"Files");
    }
    let (left_lines, right_lines) = (lines::split(&one), lines::split(&other));
    let changes = lines::changes(&left_lines, &right_lines, options);
    let is_same = changes.iter().all(|change| change.ignored);
    if options.brief && !is_same {
        return differ(ctx, b"Files");
    }
    if is_same && !shows_all {
        let code = match options.style {
            Style::Ed | Style::ForwardEd => tell_missing_newlines(ctx, &[&one, &other], [left, right]),
            _ => 0,
        };
        return Ok(code.max(tell_same(ctx, left, right, options)));
    }
    if within && !is_same {
        let line = [b"diff".as_slice(), &options.switches, b" ", &shell(&left.path), b" ", &shell(&right.path), b"\n"];
        ctx.put(&line.concat());
    }
    let side = |file: &File, lines| Side {
        name: file.path.clone(),
        mtime: match &file.stat {
            // What comes through a pipe is of now.
            Some(stat) if file.path == b"-" && stat.mode.kind() != FileKind::Regular => wcr_sys::time::now(),
            Some(stat) => stat.mtime,
            None => Timestamp::default(),
        },
        lines,
    };
    let pair = Pair { left: side(left, left_lines), right: side(right, right_lines) };
    let mut code = if is_same { 0 } else { DIFFERENT };
    match options.style {
        Style::Normal => plain::normal(ctx, &pair, &changes, options),
        Style::Context | Style::Unified => hunks::put(ctx, &pair, &changes, options),
        Style::Ed | Style::ForwardEd => {
            plain::ed(ctx, &pair, &changes, options);
            code = code.max(tell_missing_newlines(ctx, &[&one, &other], [left, right]));
        }
        Style::Rcs => plain::rcs(ctx, &pair, &changes),
        Style::Ifdef => plain::ifdef(ctx, &pair, &changes, options),
        Style::SideBySide => side::put(ctx, &pair, &changes, options),
    }
    Ok(code)
}

fn shell(path: &[u8]) -> Vec<u8> {
    crate::quote::plain_shell(path, false)
}

/// A script for `ed` cannot leave out the last newline, which is told.
fn tell_missing_newlines(ctx: &mut Context<'_>, texts: &[&Vec<u8>; 2], files: [&File; 2]) -> u8 {
    let mut code = 0;
    for (text, file) in texts.iter().zip(files) {
        if !text.is_empty() && !text.ends_with(b"\n") {
            ctx.complain(&[&file.path, b": No newline at end of file\n"]);
            code = TROUBLE;
        }
    }
    code
}
