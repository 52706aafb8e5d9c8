//! `patch`: applies a unified diff.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use crate::core::dirname::parent;
use crate::core::mkdir::umask;
use crate::count::natural;
use crate::lines::LineReader;
use crate::options::{Parsed, Spec, Takes};
use crate::source::Source;
use crate::temporary::{self, Refused};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "patch",
    "patch [-RNE] [-p N] [-i DIFF] [ORIGFILE [PATCHFILE]]\n\n\
     \t-p N\tStrip N leading components from file names\n\
     \t-i DIFF\tRead DIFF instead of stdin\n\
     \t-R\tReverse patch\n\
     \t-N\tIgnore already applied patches\n\
     \t-E\tRemove output files if they become empty\n\
     \t--dry-run\tDon't actually change files",
    main,
);

const DRY_RUN: u8 = 0xff;

const SPEC: Spec = Spec::new(
    "p:i:RNEfu",
    &[
        ("strip", Takes::Value, b'p'),
        ("input", Takes::Value, b'i'),
        ("reverse", Takes::Nothing, b'R'),
        ("forward", Takes::Nothing, b'N'),
        ("remove-empty-files", Takes::Nothing, b'E'),
        ("dry-run", Takes::Nothing, DRY_RUN),
    ],
);

/// What the command line asks for.
struct Options {
    strip: usize,
    reverse: bool,
    remove_empty: bool,
    dry_run: bool,
    /// The file that all hunks are for.
    target: Option<Vec<u8>>,
}

/// A line of a hunk: ` `, `-` or `+`, and the text with its line's end.
type HunkLine = (u8, Vec<u8>);

/// The numbers of a hunk's header and its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Hunk {
    old: (u64, u64),
    new: (u64, u64),
    lines: Vec<HunkLine>,
}

/// The file that is being changed: its lines, and what has become of those before `at`.
struct Target {
    name: Vec<u8>,
    lines: Vec<Vec<u8>>,
    at: usize,
    done: Vec<u8>,
    hunks: usize,
    mode: u32,
    created: bool,
    /// Whether the file is to go, being empty.
    removed: bool,
    failed: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let strip = match parsed.value(b'p') {
        // A sign says nothing.
        Some([b'-' | b'+', digits @ ..]) => natural(ctx, digits)?,
        Some(text) => natural(ctx, text)?,
        None => usize::MAX,
    };
    let options = Options {
        strip,
        reverse: parsed.has(b'R'),
        remove_empty: parsed.has(b'E'),
        dry_run: parsed.has(DRY_RUN),
        target: parsed.operands.first().cloned(),
    };
    let source = open_diff(ctx, &parsed)?;
    let mut patching = Patching { options, names: Default::default(), current: None, failed: false };
    let mut reader = LineReader::new(source.fd(), b'\n');
    while let Ok(Some(line)) = reader.next_line() {
        let text = line.text.to_vec();
        if let Some(mut hunk) = header(&text) {
            if patching.names.iter().any(Option::is_some) {
                let whole = read_hunk(&mut reader, &mut hunk);
                patching.apply(ctx, hunk, whole)?;
            }
        } else {
            patching.heading(ctx, &text)?;
        }
    }
    patching.finish(ctx)?;
    Ok(u8::from(patching.failed))
}

fn open_diff(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Source, Quit> {
    let Some(path) = parsed.value(b'i').or(parsed.operands.get(1).map(Vec::as_slice)) else {
        return Ok(Source::stdin());
    };
    Source::open(path).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

/// The hunk that a line `@@ -OLD[,LEN] +NEW[,LEN] @@` begins.
fn header(line: &[u8]) -> Option<Hunk> {
    let rest = line.strip_prefix(b"@@ -")?;
    let (old, rest) = range(rest)?;
    let (new, rest) = range(rest.strip_prefix(b" +")?)?;
    rest.starts_with(b" @@").then(|| Hunk { old, new, lines: Vec::new() })
}

fn range(text: &[u8]) -> Option<((u64, u64), &[u8])> {
    let number = |text: &[u8]| {
        let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        crate::format::parse_decimal(text.get(..len)?).map(|number| (number, len))
    };
    let (start, len) = number(text)?;
    let rest = text.get(len..)?;
    let Some(counted) = rest.strip_prefix(b",") else { return Some(((start, 1), rest)) };
    let (count, len) = number(counted)?;
    Some(((start, count), counted.get(len..)?))
}

/// How the reading of a hunk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Whole,
    /// There is a line in it that is none of a hunk.
    Broken,
    /// The diff ends before it.
    Short,
}

/// Reads the lines of a hunk, as many as its header says.
fn read_hunk(reader: &mut LineReader, hunk: &mut Hunk) -> Read {
    let (mut old, mut new) = (hunk.old.1, hunk.new.1);
    while old > 0 || new > 0 {
        let Ok(Some(line)) = reader.next_line() else { return Read::Short };
        let (kind, text) = line.text.split_first().map_or((b' ', &[][..]), |(kind, text)| (*kind, text));
        match kind {
            b' ' => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            b'-' => old = old.saturating_sub(1),
            b'+' => new = new.saturating_sub(1),
            _ => return Read::Broken,
        }
        hunk.lines.push((kind, [text, b"\n"].concat()));
    }
    Read::Whole
}

/// The work on all files.
struct Patching {
    options: Options,
    /// The names of the old and the new file.
    names: [Option<Vec<u8>>; 2],
    current: Option<Target>,
    failed: bool,
}

impl Patching {
    /// Takes a line outside hunks: perhaps it names a file.
    fn heading(&mut self, ctx: &mut Context<'_>, line: &[u8]) -> Result<(), Quit> {
        let (at, rest) = match line {
            [b'-', b'-', b'-', b' ', rest @ ..] => (0, rest),
            [b'+', b'+', b'+', b' ', rest @ ..] => (1, rest),
            _ => return Ok(()),
        };
        self.finish(ctx)?;
        if at == 0 {
            self.names = Default::default();
        }
        if let Some(slot) = self.names.get_mut(at) {
            *slot = Some(file_name(rest));
        }
        Ok(())
    }

    /// Applies a hunk to the file that it is for.
    fn apply(&mut self, ctx: &mut Context<'_>, mut hunk: Hunk, read: Read) -> Result<(), Quit> {
        if self.options.reverse {
            core::mem::swap(&mut hunk.old, &mut hunk.new);
            for (kind, _) in &mut hunk.lines {
                *kind = match *kind {
                    b'-' => b'+',
                    b'+' => b'-',
                    other => other,
                };
            }
        }
        if self.current.is_none() {
            self.current = Some(self.open(ctx, &hunk)?);
        }
        let Some(target) = &mut self.current else { return Ok(()) };
        if target.failed {
            return Ok(());
        }
        target.hunks += 1;
        if read == Read::Short {
            return Ok(());
        }
        if read == Read::Whole && target.apply(&hunk) {
            return Ok(());
        }
        target.failed = true;
        self.failed = true;
        let mut text = format!("Hunk {} FAILED {}/{}.\n", target.hunks, hunk.old.0, hunk.new.0).into_bytes();
        for (kind, line) in &hunk.lines {
            text.push(*kind);
            text.extend_from_slice(line);
        }
        ctx.put_err(&text);
        Ok(())
    }

    /// Opens the file that a hunk is for, or makes it.
    fn open(&self, ctx: &mut Context<'_>, hunk: &Hunk) -> Result<Target, Quit> {
        let [old, new] = &self.names;
        let named = new.as_ref().filter(|name| !self.options.reverse && *name != b"/dev/null").or(old.as_ref());
        let name = match &self.options.target {
            Some(target) => target.clone(),
            None => stripped(named.map(Vec::as_slice).unwrap_or_default(), self.options.strip),
        };
        let created = hunk.old == (0, 0);
        let removed = self.options.remove_empty && hunk.new == (0, 0);
        let verb: &[u8] = if created {
            b"creating "
        } else if removed {
            b"removing "
        } else {
            b"patching file "
        };
        ctx.put(&[verb, &name, b"\n"].concat());
        let mut target = Target {
            name,
            lines: Vec::new(),
            at: 0,
            done: Vec::new(),
            hunks: 0,
            mode: 0o666 & !umask(),
            created,
            removed,
            failed: false,
        };
        let cannot = |ctx: &mut Context<'_>, error| ctx.die_errno(&[b"can't open '", &target.name, b"'"], error);
        if created {
            if fs::lstat(&target.name).is_ok() {
                return Err(cannot(ctx, wcr_sys::Errno::Exist));
            }
            return Ok(target);
        }
        let text = fs::read_file(&target.name).map_err(|error| cannot(ctx, error))?;
        target.mode = fs::stat(&target.name).map_or(target.mode, |stat| stat.mode.permissions());
        target.lines = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        Ok(target)
    }

    /// Writes what has become of the file, unless a hunk failed.
    fn finish(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let Some(mut target) = self.current.take() else { return Ok(()) };
        if target.failed || self.options.dry_run {
            return Ok(());
        }
        if target.removed {
            return fs::unlink(&target.name).map_err(|error| ctx.die_errno(&[&target.name], error));
        }
        for line in target.lines.get(target.at..).unwrap_or_default() {
            target.done.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                target.done.push(b'\n');
            }
        }
        if target.created {
            make_parents(parent(&target.name));
        }
        let what: &[u8] = if target.created { b"can't create '" } else { b"can't create temp file '" };
        replace(&target).map_err(|Refused { name, error }| ctx.die_errno(&[what, &name, b"'"], error))
    }
}

impl Target {
    /// Looks for the hunk's old lines from where the last hunk ended, and puts the new ones there; whether they were
    /// found. Line numbers do not count. A hunk with less context behind than before belongs to the end.
    fn apply(&mut self, hunk: &Hunk) -> bool {
        let old: Vec<&[u8]> =
            hunk.lines.iter().filter(|(kind, _)| *kind != b'+').map(|(_, text)| text.as_slice()).collect();
        let context = |(kind, _): &&HunkLine| *kind == b' ';
        let before = hunk.lines.iter().take_while(context).count();
        let behind = hunk.lines.iter().rev().take_while(context).count();
        let at_end = behind == 0 || behind < before;
        let rest = self.lines.get(self.at..).unwrap_or_default();
        let fits = |from: &usize| {
            let found = rest.get(*from..*from + old.len()).unwrap_or_default();
            found.len() == old.len() && found.iter().zip(&old).all(|(line, wanted)| same(line, wanted))
        };
        let places = (rest.len() + 1).saturating_sub(old.len());
        let found = if at_end { places.checked_sub(1).filter(fits) } else { (0..places).find(fits) };
        let Some(found) = found else { return false };
        for line in rest.get(..found).unwrap_or_default() {
            self.done.extend_from_slice(line);
        }
        for (_, line) in hunk.lines.iter().filter(|(kind, _)| *kind != b'-') {
            self.done.extend_from_slice(line);
        }
        self.at += found + old.len();
        true
    }
}

/// Whether a line of the file is that of the hunk; the last one may lack its end.
fn same(line: &[u8], wanted: &[u8]) -> bool {
    line == wanted || wanted.strip_suffix(b"\n") == Some(line)
}

/// The name of a heading: up to the tab. A file of the epoch is one that does not exist.
fn file_name(text: &[u8]) -> Vec<u8> {
    let mut parts = text.splitn(2, |byte| *byte == b'\t');
    let name = parts.next().unwrap_or_default();
    let date = parts.next().unwrap_or_default();
    if date.starts_with(b"1970-01-01 ") || date.starts_with(b"1969-12-31 ") {
        return b"/dev/null".to_vec();
    }
    name.to_vec()
}

/// The name without its first components; without `-p` only its last one.
fn stripped(name: &[u8], count: usize) -> Vec<u8> {
    let mut rest = name;
    for _ in 0..count {
        let Some(slash) = memchr::memchr(b'/', rest) else { break };
        rest = rest.get(slash + 1..).unwrap_or_default();
        while let Some(more) = rest.strip_prefix(b"/") {
            rest = more;
        }
    }
    rest.to_vec()
}

fn make_parents(dir: &[u8]) {
    if fs::stat(dir).is_ok() {
        return;
    }
    make_parents(parent(dir));
    // What is missing shows when the file is made.
    let _ = fs::mkdir(dir, 0o777);
}

/// Puts the new content into the place of the old file.
fn replace(target: &Target) -> Result<(), Refused> {
    let create = |path: &[u8]| {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
        fs::open(path, flags, 0o666)
    };
    let (file, name) = if target.created {
        let name = target.name.clone();
        (create(&name).map_err(|error| Refused { name: name.clone(), error })?, name)
    } else {
        temporary::first_free(&target.name, create)?
    };
    let write = || {
        let written = fd::write_all(file, &target.done);
        fd::close(file)?;
        written?;
        if target.created {
            return Ok(());
        }
        fs::chmod(&name, target.mode)?;
        fs::rename(&name, &target.name)
    };
    write().map_err(|error| Refused { name: name.clone(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(file: &str, header_line: &str, lines: &[&str]) -> Option<String> {
        let mut hunk = header(header_line.as_bytes()).unwrap();
        for line in lines {
            hunk.lines.push((line.as_bytes()[0], format!("{}\n", &line[1..]).into_bytes()));
        }
        let mut target = Target {
            name: Vec::new(),
            lines: file.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect(),
            at: 0,
            done: Vec::new(),
            hunks: 0,
            mode: 0,
            created: false,
            removed: false,
            failed: false,
        };
        let applied = target.apply(&hunk);
        target.lines[target.at..].iter().for_each(|line| target.done.extend_from_slice(line));
        applied.then(|| String::from_utf8(target.done).unwrap())
    }

    #[test]
    fn hunks_find_their_place() {
        let letters = "a\nb\nc\nd\n";
        assert_eq!(apply(letters, "@@ -9,2 +9,2 @@", &["-b", "+B", " c"]).as_deref(), Some("a\nB\nc\nd\n"));
        assert_eq!(apply(letters, "@@ -1,2 +1,2 @@", &[" a", "-b", "+B"]), None, "belongs to the end");
        assert_eq!(apply(letters, "@@ -3,2 +3,2 @@ f()", &[" c", "-d", "+D"]).as_deref(), Some("a\nb\nc\nD\n"));
        assert_eq!(apply(letters, "@@ -1,0 +2 @@", &["+new"]).as_deref(), Some("a\nb\nc\nd\nnew\n"));
        assert_eq!(apply("a\nb", "@@ -1,2 +1,2 @@", &["-a", "+A", " b"]).as_deref(), Some("A\nb\n"));
    }

    #[test]
    fn names() {
        assert_eq!(file_name(b"a/b c\t2024-01-01"), b"a/b c");
        assert_eq!(file_name(b"a/b\t1970-01-01 00:00:00 +0000"), b"/dev/null");
        assert_eq!((stripped(b"a//b/c", 1), stripped(b"a/b", 0)), (b"b/c".to_vec(), b"a/b".to_vec()));
        assert_eq!(stripped(b"a/b", usize::MAX), b"b");
        assert_eq!(header(b"@@ -1 +1,2 @@").map(|hunk| (hunk.old, hunk.new)), Some(((1, 1), (1, 2))));
        assert_eq!(header(b"@@ nothing"), None);
    }
}
