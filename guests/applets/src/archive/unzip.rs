//! `unzip`: lists and extracts ZIP archives.

mod directory;

use std::io::{BufRead, Read, Write};

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, Input, fd, fs};

use self::directory::{Directory, Entry};
use super::feed::Feed;
use super::packer::Sink;
use super::unpack::{Bzip2, Inflate, Lzma, Unpack, Xz};
use crate::core::basename::last_component;
use crate::core::dirname::parent;
use crate::core::mkdir::{self, Making};
use crate::format::{decimal, hex, right};
use crate::glob;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "unzip",
    "unzip [-lnojpq] FILE[.zip] [FILE]... [-x FILE]... [-d DIR]\n\n\
     Extract FILEs from ZIP archive\n\n\
     \t-l\tList contents (with -q for short form)\n\
     \t-n\tNever overwrite files (default: ask)\n\
     \t-o\tOverwrite\n\
     \t-j\tDo not restore paths\n\
     \t-p\tWrite to stdout\n\
     \t-t\tTest\n\
     \t-q\tQuiet\n\
     \t-x FILE\tExclude FILEs\n\
     \t-d DIR\tExtract into DIR",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::plain("d:lnotpqxjv");

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
const XZ: u16 = 95;

/// What is done when a file exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Existing {
    Ask,
    Keep,
    Replace,
}

/// What is done with the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List { verbose: bool },
    Show,
    Test,
    Extract,
}

struct Unzip {
    action: Action,
    quiet: usize,
    flat: bool,
    existing: Existing,
    wanted: Vec<Vec<u8>>,
    unwanted: Vec<Vec<u8>>,
    answers: Input,
    /// Links that may lead away are made at the end.
    links: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Sums of a listing.
#[derive(Debug, Default)]
struct Totals {
    size: u64,
    packed: u64,
    count: u64,
}

/// The archive, then the names that are wanted and those that are not, in the order of the command line.
fn operands(args: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut plain, mut excluded, mut excluding) = (Vec::new(), Vec::new(), false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_slice() {
            b"--" => {
                plain.extend(args.cloned());
                break;
            }
            [b'-', cluster @ ..] if !cluster.is_empty() => {
                let value = cluster.iter().position(|option| *option == b'd');
                excluding |= cluster.get(..value.unwrap_or(cluster.len())).unwrap_or_default().contains(&b'x');
                if value == Some(cluster.len() - 1) {
                    args.next();
                }
            }
            _ if excluding && !plain.is_empty() => excluded.push(arg.clone()),
            _ => plain.push(arg.clone()),
        }
    }
    (plain, excluded)
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let (mut wanted, unwanted) = operands(ctx.args);
    if wanted.is_empty() {
        return Err(ctx.usage());
    }
    let file = wanted.remove(0);
    let action = if parsed.has(b'l') || parsed.has(b'v') {
        Action::List { verbose: parsed.has(b'v') }
    } else if parsed.has(b'p') {
        Action::Show
    } else if parsed.has(b't') {
        Action::Test
    } else {
        Action::Extract
    };
    let silent = match action {
        // In a listing `-p` leaves out what `-q` does, and `-t` as much as two of them.
        Action::List { .. } => usize::from(parsed.has(b'p')).max(2 * usize::from(parsed.has(b't'))),
        Action::Show | Action::Test => 1,
        Action::Extract => 0,
    };
    let mut unzip = Unzip {
        action,
        quiet: parsed.count(b'q') + silent,
        flat: parsed.has(b'j'),
        existing: match parsed.last_of(b"no") {
            Some(b'n') => Existing::Keep,
            Some(_) => Existing::Replace,
            None => Existing::Ask,
        },
        wanted,
        unwanted,
        answers: Input::new(fd::STDIN),
        links: Vec::new(),
    };
    let (name, archive) = open(ctx, &file)?;
    if let Some(dir) = parsed.value(b'd') {
        // It may be there already; if it cannot be made, it cannot be changed to.
        let _ = fs::mkdir(dir, 0o777);
        fs::chdir(dir).map_err(|error| ctx.die_errno(&[b"can't change directory to '", dir, b"'"], error))?;
    }
    unzip.run(ctx, &name, &mut Feed::new(archive, None))
}

/// Opens the archive by its name or its name with an extension.
fn open(ctx: &mut Context<'_>, file: &[u8]) -> Result<(Vec<u8>, wcr_sys::Fd), Quit> {
    if file == b"-" {
        return Ok((file.to_vec(), fd::STDIN));
    }
    for extension in [b"".as_slice(), b".zip", b".ZIP"] {
        let name = [file, extension].concat();
        if let Ok(archive) = fs::open(&name, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            return Ok((name, archive));
        }
    }
    Err(ctx.die(&[b"can't open ", file, b"[.zip]"]))
}

impl Unzip {
    fn run(&mut self, ctx: &mut Context<'_>, name: &[u8], feed: &mut Feed) -> Result<u8, Quit> {
        if self.quiet == 0 {
            ctx.put(&[b"Archive:  ", name, b"\n"].concat());
        }
        self.list_head(ctx);
        let mut totals = Totals::default();
        let mut directory = Directory::new(feed);
        while let Some(entry) = directory.next(ctx, feed)? {
            totals.count += 1;
            let after = feed.position + entry.packed;
            if !self.takes(&entry.name) {
                directory.skip(ctx, feed, after)?;
                continue;
            }
            match self.action {
                Action::List { verbose } => {
                    totals.size += entry.size;
                    totals.packed += entry.packed;
                    ctx.put(&list_line(&entry, verbose));
                }
                _ => self.use_entry(ctx, entry, feed)?,
            }
            directory.skip(ctx, feed, after)?;
        }
        self.list_foot(ctx, &totals);
        for (name, target) in core::mem::take(&mut self.links) {
            if fs::symlink(&target, &name).is_err() {
                return Err(ctx.die(&[b"can't create symlink '", &name, b"' to '", &target, b"'"]));
            }
        }
        Ok(0)
    }

    fn takes(&self, name: &[u8]) -> bool {
        let matches = |pattern: &Vec<u8>| glob::matches(pattern, name, false);
        (self.wanted.is_empty() || self.wanted.iter().any(matches)) && !self.unwanted.iter().any(matches)
    }

    fn list_head(&self, ctx: &mut Context<'_>) {
        let Action::List { verbose } = self.action else { return };
        if self.quiet > 1 {
            return;
        }
        ctx.put(if verbose {
            b" Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n\
              --------  ------  ------- ---- ---------- ----- --------  ----\n"
        } else {
            b"  Length      Date    Time    Name\n\
              ---------  ---------- -----   ----\n"
        });
    }

    fn list_foot(&self, ctx: &mut Context<'_>, totals: &Totals) {
        let Action::List { verbose } = self.action else { return };
        if self.quiet > 1 {
            return;
        }
        let mut line = Vec::new();
        if verbose {
            line.extend_from_slice(b"--------          ------- ----                            ----\n");
            right(&mut line, &decimal(totals.size), 8, b' ');
            right(&mut line, &decimal(totals.packed), 17, b' ');
            right(&mut line, &decimal(percent(totals.size, totals.packed)), 4, b' ');
            line.extend_from_slice(b"%                            ");
        } else {
            line.extend_from_slice(b" --------                     -------\n");
            right(&mut line, &decimal(totals.size), 9, b' ');
            line.extend_from_slice(b"                     ");
        }
        line.extend_from_slice(&decimal(totals.count));
        line.extend_from_slice(b" files\n");
        ctx.put(&line);
    }

    /// Shows, tests or extracts an entry, at whose data the stream stands.
    fn use_entry(&mut self, ctx: &mut Context<'_>, mut entry: Entry, feed: &mut Feed) -> Result<(), Quit> {
        if self.action != Action::Extract {
            let to = (self.action == Action::Show).then_some(fd::STDOUT);
            return if entry.name.ends_with(b"/") { Ok(()) } else { unpack(ctx, &entry, feed, Sink::new(to)) };
        }
        if entry.name.ends_with(b"/") {
            return if self.flat { Ok(()) } else { self.make_directory(ctx, &entry) };
        }
        if self.flat {
            entry.name = last_component(&entry.name).to_vec();
        }
        let mut again = false;
        loop {
            if entry.name.contains(&b'/') && !again {
                let parents = Making { parents: true, ..Making::default() };
                if !mkdir::make(ctx, parent(&entry.name), parents) {
                    return Err(Quit(1));
                }
            }
            match fs::lstat(&entry.name) {
                Err(Errno::Noent) => break,
                Err(error) => return Err(ctx.die_errno(&[b"can't stat '", &entry.name, b"'"], error)),
                Ok(_) if self.existing == Existing::Keep => return Ok(()),
                Ok(stat) if stat.mode.kind() != FileKind::Regular => {
                    return Err(ctx.die(&[b"'", &entry.name, b"' exists but is not a regular file"]));
                }
                Ok(_) => {}
            }
            if self.existing == Existing::Replace {
                break;
            }
            match self.ask(ctx, &entry.name)? {
                Answer::Yes => break,
                Answer::No => return Ok(()),
                Answer::Rename(name) => (entry.name, again) = (name, false),
                Answer::Unclear => again = true,
            }
        }
        if self.quiet == 0 {
            ctx.put(&[b"  inflating: ", entry.name.as_slice(), b"\n"].concat());
        }
        if entry.mode.is_some_and(|mode| mode.kind() == FileKind::Symlink) {
            return self.link(ctx, &entry, feed);
        }
        let mode = entry.mode.map_or(0o666, |mode| mode.permissions());
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let file = fs::open(&entry.name, flags, mode)
            .map_err(|error| ctx.die_errno(&[b"can't open '", &entry.name, b"'"], error))?;
        let unpacked = unpack(ctx, &entry, feed, Sink::new(Some(file)));
        let closed = fd::close(file);
        unpacked?;
        closed.map_err(|error| ctx.die_errno(&[b"close failed"], error))
    }

    fn make_directory(&self, ctx: &mut Context<'_>, entry: &Entry) -> Result<(), Quit> {
        match fs::stat(&entry.name) {
            Ok(stat) if stat.mode.kind() == FileKind::Directory => return Ok(()),
            Ok(_) => return Err(ctx.die(&[b"'", &entry.name, b"' exists but is not a directory"])),
            Err(Errno::Noent) => {}
            Err(error) => return Err(ctx.die_errno(&[b"can't stat '", &entry.name, b"'"], error)),
        }
        if self.quiet == 0 {
            ctx.put(&[b"   creating: ", entry.name.as_slice(), b"\n"].concat());
        }
        let mode = entry.mode.map_or(0o777, |mode| mode.permissions());
        let parents = Making { parents: true, ..Making::default() };
        let name = entry.name.strip_suffix(b"/").unwrap_or(&entry.name);
        if name.contains(&b'/') && !mkdir::make(ctx, parent(name), parents) {
            return Err(Quit(1));
        }
        fs::mkdir(name, mode).map_err(|error| ctx.die_errno(&[b"can't create directory '", &entry.name, b"'"], error))
    }

    fn link(&mut self, ctx: &mut Context<'_>, entry: &Entry, feed: &mut Feed) -> Result<(), Quit> {
        let mut target = Vec::new();
        pour(ctx, entry, feed, &mut |bytes| {
            target.extend_from_slice(bytes);
            target.len() <= wcr_sys::abi::PATH_MAX
        })?;
        if super::extract::leads_away(&target) {
            self.links.push((entry.name.clone(), target));
            return Ok(());
        }
        fs::symlink(&target, &entry.name)
            .map_err(|error| ctx.die_errno(&[b"can't create symlink '", &entry.name, b"' to '", &target, b"'"], error))
    }

    fn ask(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Answer, Quit> {
        ctx.put(&[b"replace ", name, b"? [y]es, [n]o, [A]ll, [N]one, [r]ename: "].concat());
        let line = self.line(ctx, name)?;
        match line.first() {
            Some(b'A') => self.existing = Existing::Replace,
            Some(b'N') => self.existing = Existing::Keep,
            _ => {}
        }
        Ok(match line.first() {
            Some(b'y' | b'A') => Answer::Yes,
            Some(b'n' | b'N') => Answer::No,
            Some(b'r') => {
                ctx.put(b"new name: ");
                let mut name = self.line(ctx, name)?;
                name.pop_if(|last| *last == b'\n');
                Answer::Rename(name)
            }
            other => {
                let mut text = b"error: invalid response [".to_vec();
                text.extend(other);
                ctx.put(&[&text, b"]\n".as_slice()].concat());
                Answer::Unclear
            }
        })
    }

    fn line(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Vec<u8>, Quit> {
        ctx.flush();
        let mut line = Vec::new();
        // An answer that cannot be read is none.
        let _ = self.answers.read_until(b'\n', &mut line);
        if line.is_empty() {
            // The reason is that of the last call that failed, which looked for the file or made its directory.
            let reason = if name.contains(&b'/') { Errno::Exist } else { Errno::Noent };
            return Err(ctx.die_errno(&[b"can't read standard input"], reason));
        }
        Ok(line)
    }
}

enum Answer {
    Yes,
    No,
    Rename(Vec<u8>),
    Unclear,
}

/// Unpacks an entry into a sink.
fn unpack(ctx: &mut Context<'_>, entry: &Entry, feed: &mut Feed, mut sink: Sink) -> Result<(), Quit> {
    ctx.flush();
    let result = pour(ctx, entry, feed, &mut |bytes| sink.write_all(bytes).is_ok());
    sink.flush();
    if let Some(error) = sink.failed {
        return Err(ctx.die_errno(&[b"write"], error));
    }
    result
}

/// Gives the content of an entry to `take`, until that wants no more.
fn pour(
    ctx: &mut Context<'_>,
    entry: &Entry,
    feed: &mut Feed,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), Quit> {
    let mut unpacker: Box<dyn Unpack> = match entry.method {
        STORED => return stored(ctx, entry, feed, take),
        DEFLATED => Box::new(Inflate::new()),
        BZIP2 => Box::new(Bzip2::new()),
        LZMA => Box::new(Lzma::new()),
        XZ => Box::new(Xz::new()),
        method => return Err(ctx.die(&[b"unsupported method ", &decimal(method.into())])),
    };
    let mut data = Read::take(&mut *feed, entry.packed);
    let (mut sum, mut size) = (crc32fast::Hasher::new(), 0u64);
    loop {
        match unpacker.piece(&mut data) {
            Ok([]) => break,
            Ok(piece) => {
                sum.update(piece);
                size += piece.len() as u64;
                if !take(piece) {
                    return Ok(());
                }
            }
            Err(fault) => {
                ctx.complain(&[&fault.message()]);
                return Err(ctx.die(&[b"inflate error"]));
            }
        }
    }
    if entry.method == DEFLATED && sum.finalize() != entry.sum {
        return Err(ctx.die(&[b"crc error"]));
    }
    if size != entry.size {
        ctx.complain(&[b"bad length"]);
    }
    Ok(())
}

fn stored(
    ctx: &mut Context<'_>,
    entry: &Entry,
    feed: &mut Feed,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), Quit> {
    let mut left = entry.size;
    while left > 0 {
        let bytes = feed.fill_buf().unwrap_or_default();
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        if n == 0 {
            return Err(ctx.die(&[b"short read"]));
        }
        let more = take(bytes.get(..n).unwrap_or_default());
        feed.consume(n);
        left -= n as u64;
        if !more {
            break;
        }
    }
    Ok(())
}

/// By how many percent a size has shrunk.
fn percent(size: u64, packed: u64) -> u64 {
    (size.saturating_sub(packed) * 100).checked_div(size).unwrap_or(0)
}

fn list_line(entry: &Entry, verbose: bool) -> Vec<u8> {
    let mut line = Vec::new();
    let [month, day, year, hour, minute] = entry.date_and_time();
    let mut date = Vec::new();
    for (number, width, behind) in
        [(month, 2, b"-"), (day, 2, b"-"), (year, 4, b" "), (hour, 2, b":"), (minute, 2, b" ")]
    {
        right(&mut date, &decimal(number.into()), width, b'0');
        date.extend_from_slice(behind);
    }
    if verbose {
        right(&mut line, &decimal(entry.size), 8, b' ');
        let method = match entry.method {
            STORED => b"Stored".to_vec(),
            DEFLATED => b"Defl:N".to_vec(),
            method => decimal(method.into()),
        };
        line.extend_from_slice(b"  ");
        right(&mut line, &method, 6, b' ');
        right(&mut line, &decimal(entry.packed), 9, b' ');
        right(&mut line, &decimal(percent(entry.size, entry.packed)), 4, b' ');
        line.extend_from_slice(b"% ");
        line.extend_from_slice(&date);
        right(&mut line, &hex(entry.sum.into()), 8, b'0');
        line.extend_from_slice(b"  ");
    } else {
        right(&mut line, &decimal(entry.size), 9, b' ');
        line.extend_from_slice(b"  ");
        line.extend_from_slice(&date);
        line.extend_from_slice(b"  ");
    }
    line.extend_from_slice(&entry.name);
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_behind_x_are_excluded() {
        let split = |line: &str| {
            let args: Vec<_> = line.split(' ').map(|arg| arg.as_bytes().to_vec()).collect();
            let (plain, excluded) = operands(&args);
            let text = |names: Vec<Vec<u8>>| String::from_utf8_lossy(&names.join(&b' ')).into_owned();
            (text(plain), text(excluded))
        };
        let case = |line: &str, plain: &str, excluded: &str| {
            assert_eq!(split(line), (plain.to_owned(), excluded.to_owned()), "{line}");
        };
        case("a.zip -x b c -d dir", "a.zip", "b c");
        case("-d dir a.zip b", "a.zip b", "");
        case("-x a.zip b", "a.zip", "b");
        case("-qxd dir a.zip b", "a.zip", "b");
        case("-ddir a.zip -- -x", "a.zip -x", "");
    }

    #[test]
    fn ratios() {
        assert_eq!((percent(4636, 989), percent(10, 12), percent(0, 2)), (78, 0, 0));
    }
}
