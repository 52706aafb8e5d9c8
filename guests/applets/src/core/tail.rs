//! `tail`: the last lines or bytes, and what is added to them.

use std::collections::VecDeque;

use wcr_sys::abi::{FileKind, OpenFlags, Stat};
use wcr_sys::{Errno, Fd, fd, fs, time};

use super::head::{UNITS, plain_count};
use crate::count::natural;
use crate::number::suffixed;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "tail",
    "tail [OPTIONS] [FILE]...\n\n\
     Print last 10 lines of FILEs (or stdin) to.\n\
     With more than one FILE, precede each with a filename header.\n\n\
     \t-c [+]N[bkm]\tPrint last N bytes\n\
     \t-n N[bkm]\tPrint last N lines\n\
     \t-n +N[bkm]\tStart on Nth line and print the rest\n\
     \t\t\t(b:*512 k:*1024 m:*1024^2)\n\
     \t-q\t\tNever print headers\n\
     \t-v\t\tAlways print headers\n\
     \t-f\t\tPrint data as file grows\n\
     \t-F\t\tSame as -f, but keep retrying\n\
     \t-s SECONDS\tWait SECONDS between reads with -f",
    main,
)
.on_write_failure(crate::WriteFailure::Fail);

const SPEC: Spec = Spec::short("fc:n:qs:vF");
const BLOCK: usize = 64 << 10;

/// What is printed of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    bytes: bool,
    count: u64,
    /// From the one with the number `count` on, instead of the last ones.
    from_start: bool,
}

/// A file that is read; one that could not be opened has no descriptor.
#[derive(Debug)]
struct File {
    name: Vec<u8>,
    path: Vec<u8>,
    fd: Option<Fd>,
    gone: bool,
}

/// Prints headers when the file changes.
#[derive(Debug)]
struct Headers {
    enabled: bool,
    printed: bool,
}

impl Headers {
    fn print(&mut self, ctx: &mut Context<'_>, name: &[u8]) {
        if self.enabled {
            let gap: &[u8] = if self.printed { b"\n" } else { b"" };
            ctx.put(&[gap, b"==> ", name, b" <==\n"].concat());
            self.printed = true;
        }
    }
}

impl Wanted {
    fn set_count(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> Result<(), Quit> {
        self.from_start |= text.first() == Some(&b'+');
        let digits = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
        let count = suffixed(digits, &UNITS).filter(|count| *count <= u32::MAX.into());
        self.count = count.ok_or_else(|| ctx.die(&[b"invalid number '", digits, b"'"]))?;
        Ok(())
    }
}

fn seconds(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    natural(ctx, text).map(|seconds| seconds as u64)
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut wanted = Wanted { bytes: false, count: 10, from_start: false };
    let (plain, args) = plain_count(ctx.args, b"-+");
    if let Some(plain) = plain {
        wanted.set_count(ctx, plain)?;
    }
    let parsed = SPEC.parse_behind(ctx, args, plain, |ctx, key, value| match (key, value) {
        (b's', Some(text)) => seconds(ctx, text).map(drop),
        _ => Ok(()),
    })?;
    wanted.bytes = parsed.has(b'c');
    for value in [parsed.value(b'c'), parsed.value(b'n')].into_iter().flatten() {
        wanted.set_count(ctx, value)?;
    }
    let retry = parsed.has(b'F');
    let mut follow = parsed.has(b'f') || retry;
    let pause = match parsed.value(b's') {
        None => 1,
        Some(text) => seconds(ctx, text)?,
    };
    let (mut code, mut files) = (0, Vec::new());
    if parsed.operands.is_empty() {
        let is_pipe = fd::stat(fd::STDIN).is_ok_and(|stat| stat.mode.kind() == FileKind::Fifo);
        follow &= !is_pipe;
        files.push(File { name: b"standard input".to_vec(), path: b"-".to_vec(), fd: Some(fd::STDIN), gone: false });
    }
    for path in &parsed.operands {
        let opened = open(path);
        if let Err(error) = opened {
            ctx.perror(&[b"can't open '", path, b"'"], error);
            code = 1;
            if !retry {
                continue;
            }
        }
        files.push(File { name: path.clone(), path: path.clone(), fd: opened.ok(), gone: false });
    }
    if files.is_empty() {
        return Err(ctx.die(&[b"no files"]));
    }
    let enabled = parsed.has(b'v') || (files.len() > 1 && !parsed.has(b'q'));
    let mut headers = Headers { enabled, printed: false };
    for file in &files {
        let Some(fd) = file.fd else { continue };
        headers.print(ctx, &file.name);
        if let Err(error) = print(ctx, fd, wanted) {
            ctx.perror(&[b"read error"], error);
            // The end of something without an end is only looked for by lines.
            if !wanted.bytes || wanted.from_start {
                code = 1;
            }
        }
    }
    if follow {
        follow_all(ctx, &mut files, &mut headers, pause, retry);
    }
    for fd in files.iter().filter_map(|file| file.fd).filter(|fd| *fd != fd::STDIN) {
        // Nothing was written through it, so closing cannot lose anything.
        let _ = fd::close(fd);
    }
    Ok(code)
}

fn open(path: &[u8]) -> Result<Fd, Errno> {
    if path == b"-" {
        return Ok(fd::STDIN);
    }
    fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)
}

/// Reads once, again after a signal; the bytes that came.
fn read<'a>(fd: Fd, block: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    loop {
        match fd::read(fd, block) {
            Ok(n) => return Ok(block.get(..n).unwrap_or_default()),
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
}

fn print(ctx: &mut Context<'_>, fd: Fd, wanted: Wanted) -> Result<(), Errno> {
    let mut block = vec![0; BLOCK];
    if wanted.bytes && wanted.count == 0 && !wanted.from_start {
        return Ok(());
    }
    if wanted.from_start {
        return print_from(ctx, fd, wanted, &mut block);
    }
    if let Some(start) = find_start(fd, wanted, &mut block) {
        fd::seek(fd, start.cast_signed(), fd::Whence::Set)?;
        return copy(ctx, fd, &mut block).map(|_| ());
    }
    let end = if wanted.bytes {
        last_bytes(fd, wanted.count, &mut block)?
    } else {
        last_lines(fd, wanted.count, &mut block)?
    };
    end.iter().for_each(|bytes| ctx.put(bytes));
    Ok(())
}

/// Copies to the end; whether there was anything.
fn copy(ctx: &mut Context<'_>, fd: Fd, block: &mut [u8]) -> Result<bool, Errno> {
    let mut any = false;
    while ctx.write_error().is_none() {
        let bytes = read(fd, block)?;
        if bytes.is_empty() {
            break;
        }
        any = true;
        ctx.put(bytes);
    }
    Ok(any)
}

/// Skips all before the line or byte with the number `count` and prints the rest.
fn print_from(ctx: &mut Context<'_>, fd: Fd, wanted: Wanted, block: &mut [u8]) -> Result<(), Errno> {
    let mut skip = wanted.count.saturating_sub(1);
    while skip > 0 {
        let bytes = read(fd, block)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let mut at = 0;
        if wanted.bytes {
            at = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
            skip -= at as u64;
        } else {
            for newline in memchr::memchr_iter(b'\n', bytes) {
                skip -= 1;
                if skip == 0 {
                    at = newline + 1;
                    break;
                }
            }
        }
        if skip == 0 {
            ctx.put(bytes.get(at..).unwrap_or_default());
        }
    }
    copy(ctx, fd, block).map(|_| ())
}

/// In a regular file the position of the first wanted byte, searched from the end.
fn find_start(fd: Fd, wanted: Wanted, block: &mut [u8]) -> Option<u64> {
    let stat: Stat = fd::stat(fd).ok().filter(|stat| stat.mode.kind() == FileKind::Regular && stat.size > 0)?;
    fd::seek(fd, 0, fd::Whence::Current).ok()?;
    if wanted.bytes {
        return Some(stat.size.saturating_sub(wanted.count));
    }
    if wanted.count == 0 {
        return Some(stat.size);
    }
    let (mut end, mut newlines) = (stat.size, 0);
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = block.get_mut(..(end - start) as usize)?;
        let mut filled = 0;
        while filled < part.len() {
            match fd::pread(fd, part.get_mut(filled..)?, start + filled as u64) {
                Ok(0) | Err(_) => return None,
                Ok(n) => filled += n,
            }
        }
        for at in memchr::memrchr_iter(b'\n', part) {
            let position = start + at as u64 + 1;
            // The newline that ends the file ends a line and does not begin one.
            if position < stat.size {
                newlines += 1;
                if newlines == wanted.count {
                    return Some(position);
                }
            }
        }
        end = start;
    }
    Some(0)
}

fn last_bytes(fd: Fd, count: u64, block: &mut [u8]) -> Result<Vec<Vec<u8>>, Errno> {
    let keep = usize::try_from(count).unwrap_or(usize::MAX);
    let mut held = Vec::new();
    loop {
        let bytes = read(fd, block)?;
        let at_end = bytes.is_empty();
        held.extend_from_slice(bytes);
        let over = held.len().saturating_sub(keep);
        if at_end || over >= BLOCK * 4 {
            held.drain(..over);
        }
        if at_end {
            return Ok(vec![held]);
        }
    }
}

/// The last lines in pieces as they were read.
fn last_lines(fd: Fd, count: u64, block: &mut [u8]) -> Result<Vec<Vec<u8>>, Errno> {
    let (mut held, mut newlines): (VecDeque<(Vec<u8>, u64)>, u64) = (VecDeque::new(), 0);
    loop {
        let bytes = read(fd, block)?;
        if bytes.is_empty() {
            break;
        }
        let found = memchr::memchr_iter(b'\n', bytes).count() as u64;
        held.push_back((bytes.to_vec(), found));
        newlines += found;
        while let Some((_, first)) = held.front() {
            if newlines - first <= count {
                break;
            }
            newlines -= first;
            held.pop_front();
        }
    }
    let ends_open = held.back().is_some_and(|(bytes, _)| bytes.last() != Some(&b'\n'));
    let mut skip = (newlines + u64::from(ends_open)).saturating_sub(count);
    let mut pieces = Vec::new();
    for (mut bytes, found) in held {
        if skip > found {
            skip -= found;
            continue;
        }
        if skip > 0 {
            let at = memchr::memchr_iter(b'\n', &bytes).nth(skip as usize - 1);
            bytes.drain(..at.map_or(0, |at| at + 1));
            skip = 0;
        }
        pieces.push(bytes);
    }
    Ok(if count == 0 { Vec::new() } else { pieces })
}

/// Prints what is added to the files, for ever.
fn follow_all(ctx: &mut Context<'_>, files: &mut [File], headers: &mut Headers, seconds: u64, retry: bool) {
    let mut block = vec![0; BLOCK];
    let mut current = files.iter().rposition(|file| file.fd.is_some());
    loop {
        ctx.flush();
        if ctx.write_error().is_some() {
            return;
        }
        // A signal that is caught only makes the wait shorter.
        let _ = time::sleep(seconds.saturating_mul(1_000_000_000));
        for (number, file) in files.iter_mut().enumerate() {
            if retry {
                reopen(ctx, file);
            }
            let Some(fd) = file.fd else { continue };
            rewind_truncated(fd);
            loop {
                match read(fd, &mut block) {
                    Ok([]) => break,
                    Ok(bytes) => {
                        if current != Some(number) {
                            headers.print(ctx, &file.name);
                            current = Some(number);
                        }
                        ctx.put(bytes);
                    }
                    Err(error) => {
                        ctx.perror(&[b"read error"], error);
                        break;
                    }
                }
            }
        }
    }
}

/// A file that became shorter than what was read of it is read again.
fn rewind_truncated(fd: Fd) {
    if let (Ok(stat), Ok(position)) = (fd::stat(fd), fd::seek(fd, 0, fd::Whence::Current)) {
        if stat.mode.kind() == FileKind::Regular && stat.size < position {
            // What cannot be moved is no file that shrinks.
            let _ = fd::seek(fd, 0, fd::Whence::Set);
        }
    }
}

/// Looks whether the name leads to another file by now.
fn reopen(ctx: &mut Context<'_>, file: &mut File) {
    if file.path == b"-" {
        return;
    }
    let named = fs::stat(&file.path);
    let opened = file.fd.and_then(|fd| fd::stat(fd).ok());
    match (named, opened) {
        (Ok(named), Some(opened)) if (named.dev, named.ino) == (opened.dev, opened.ino) => file.gone = false,
        (Err(error), Some(_)) if !file.gone => {
            ctx.perror(&[&file.name, b" has been renamed or deleted"], error);
            file.gone = true;
        }
        (Err(_), _) => {}
        (Ok(_), opened) => {
            let Ok(fd) = open(&file.path) else { return };
            let what: &[u8] = if opened.is_some() { b"replaced" } else { b"appeared" };
            ctx.complain(&[
                &file.name,
                b" has ",
                if opened.is_some() { b"been " } else { b"" },
                what,
                b"; following end of new file",
            ]);
            if let Some(old) = file.fd.replace(fd) {
                // Nothing was written through it, so closing cannot lose anything.
                let _ = fd::close(old);
            }
            file.gone = false;
        }
    }
}
