//! `link`, `unlink`, `mkfifo`, `mknod`, `truncate`, `fallocate`: one system call each.

use wcr_sys::abi::{FileKind, Mode, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use super::mkdir::umask;
use super::mode;
use super::stat::device;
use crate::format::parse_decimal;
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit};

/// `link`.
pub const LINK: Applet = Applet::new("link", "link FILE LINK\n\nCreate hard LINK to FILE", link);

/// `unlink`.
pub const UNLINK: Applet = Applet::new("unlink", "unlink FILE\n\nDelete FILE by calling unlink()", unlink);

/// `mkfifo`.
pub const MKFIFO: Applet =
    Applet::new("mkfifo", "mkfifo [-m MODE] NAME\n\nCreate named pipe\n\n\t-m MODE\tMode (default a=rw)", mkfifo);

/// `mknod`.
pub const MKNOD: Applet = Applet::new(
    "mknod",
    "mknod [-m MODE] NAME TYPE [MAJOR MINOR]\n\n\
     Create a special file (block, character, or pipe)\n\n\
     \t-m MODE\tCreation mode (default a=rw)\n\
     TYPE:\n\
     \tb\tBlock device\n\
     \tc or u\tCharacter device\n\
     \tp\tNamed pipe (MAJOR MINOR must be omitted)",
    mknod,
);

/// `truncate`.
pub const TRUNCATE: Applet = Applet::new(
    "truncate",
    "truncate [-c] -s SIZE FILE...\n\nTruncate FILEs to SIZE\n\n\t-c\tDo not create files\n\t-s SIZE",
    truncate,
);

/// `fallocate`.
pub const FALLOCATE: Applet = Applet::new(
    "fallocate",
    "fallocate [-o OFS] -l LEN FILE\n\n\
     Preallocate space for FILE\n\n\
     \t-o OFS\tOffset of range\n\
     \t-l LEN\tLength of range",
    fallocate,
);

fn link(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let [from, to] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    match fs::link(from, to, false) {
        Ok(()) => Ok(0),
        Err(error) => Err(ctx.die_errno(&[b"can't create hardlink '", to, b"' to '", from, b"'"], error)),
    }
}

fn unlink(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let [path] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    match fs::unlink(path) {
        Ok(()) => Ok(0),
        Err(error) => Err(ctx.die_errno(&[b"can't remove file '", path, b"'"], error)),
    }
}

/// The permission bits that `-m` asks for; without it those of `a=rw` under the umask.
fn creation_mode(parsed: &Parsed) -> Option<u32> {
    parsed.value(b'm').map_or(Some(0o666), |operand| mode::apply(operand, 0o666, false, umask()))
}

/// Makes a special file; `-m` is not subject to the umask.
fn make(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8], kind: FileKind, rdev: u64) -> u8 {
    let made = creation_mode(parsed).ok_or(Errno::Inval).and_then(|permissions| {
        let mask = if parsed.has(b'm') { Some(fs::umask(0)) } else { None };
        let made = fs::mknod(path, Mode::new(kind, permissions), rdev);
        if let Some(mask) = mask {
            fs::umask(mask);
        }
        made
    });
    match made {
        Ok(()) => 0,
        Err(error) => {
            ctx.perror(&[path], error);
            1
        }
    }
}

fn mkfifo(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("m:").parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let mut code = 0;
    for path in &parsed.operands {
        code |= make(ctx, &parsed, path, FileKind::Fifo, 0);
    }
    Ok(code)
}

fn mknod(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("m:").parse(ctx)?;
    let [path, kind, numbers @ ..] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let kind = match kind.first() {
        Some(b'p') => FileKind::Fifo,
        Some(b'b') => FileKind::BlockDevice,
        Some(b'c' | b'u') => FileKind::CharDevice,
        _ => return Err(ctx.usage()),
    };
    let rdev = match (kind, numbers) {
        (FileKind::Fifo, []) => 0,
        (FileKind::BlockDevice | FileKind::CharDevice, [major, minor, more @ ..]) => {
            let mut number = |text: &Vec<u8>| {
                parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text.as_slice(), b"'"]))
            };
            // The last number is read first, and both before they are counted.
            let minor = number(minor)?;
            let rdev = device(number(major)?, minor);
            if !more.is_empty() {
                return Err(ctx.usage());
            }
            rdev
        }
        _ => return Err(ctx.usage()),
    };
    Ok(make(ctx, &parsed, path, kind, rdev))
}

fn truncate(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("cs:").parse(ctx)?;
    let Some(text) = parsed.value(b's').filter(|_| !parsed.operands.is_empty()) else { return Err(ctx.usage()) };
    let Some(size) = size(text) else { return Err(ctx.die(&[b"invalid number '", text, b"'"])) };
    let create = if parsed.has(b'c') { OpenFlags::default() } else { OpenFlags::CREAT };
    let flags = OpenFlags::WRONLY.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC).with(create);
    let mut code = 0;
    for path in &parsed.operands {
        let done = match fs::open(path, flags, 0o666) {
            Ok(file) => {
                let done = fd::truncate(file, size).map_err(|error| (error, &b": truncate"[..]));
                done.and(fd::close(file).map_err(|error| (error, &b": close"[..])))
            }
            Err(Errno::Noent) if parsed.has(b'c') => Ok(()),
            Err(error) => Err((error, &b": open"[..])),
        };
        if let Err((error, step)) = done {
            ctx.perror(&[path, step], error);
            code = 1;
        }
    }
    Ok(code)
}

fn fallocate(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("l:o:").parse(ctx)?;
    let [path] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    if !parsed.has(b'l') {
        return Err(ctx.usage());
    }
    let mut number = |key: u8| match parsed.value(key) {
        None => Ok(0),
        Some(text) => amount(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"])),
    };
    let (len, offset) = (number(b'l')?, number(b'o')?);
    let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC);
    let file = fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    fd::allocate(file, 0, offset, len).map_err(|error| ctx.die_errno(&[b"fallocate '", path, b"'"], error))?;
    Ok(0)
}

/// A signed number with the suffixes of `k`, `KB`, ….
fn amount(text: &[u8]) -> Option<i64> {
    crate::number::suffixed(text, &UNITS).and_then(|number| i64::try_from(number).ok())
}

/// The suffixes of `fallocate`.
const UNITS: [(&[u8], u64); 15] = [
    (b"k", 1 << 10),
    (b"K", 1 << 10),
    (b"kiB", 1 << 10),
    (b"KiB", 1 << 10),
    (b"KB", 1000),
    (b"m", 1 << 20),
    (b"M", 1 << 20),
    (b"miB", 1 << 20),
    (b"MiB", 1 << 20),
    (b"MB", 1_000_000),
    (b"g", 1 << 30),
    (b"G", 1 << 30),
    (b"giB", 1 << 30),
    (b"GiB", 1 << 30),
    (b"GB", 1_000_000_000),
];

/// A size with BusyBox's suffixes: `k`, `M`, `G` in 1024s and `KB`-like ones in 1000s.
fn size(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text.get(end..)? {
        b"" => 1,
        b"k" | b"K" => 1 << 10,
        b"M" => 1 << 20,
        b"G" => 1 << 30,
        b"kD" | b"kB" | b"KD" | b"KB" => 1000,
        b"MD" | b"MB" => 1_000_000,
        b"GD" | b"GB" => 1_000_000_000,
        _ => return None,
    };
    parse_decimal(text.get(..end)?)?.checked_mul(unit)
}
