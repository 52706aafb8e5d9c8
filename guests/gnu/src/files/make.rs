//! `mkdir`, `mkfifo`, `mknod`, `ln`, `link`, `truncate`.

use applets::core::mkdir::umask;
use applets::core::paths::strip_slashes;
use applets::core::stat::device;
use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Mode, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};
use crate::quote;
use crate::size::{self, UNITS};

const CONTEXT: Long = ("context", Takes::OptionalValue, b'Z');
const MODE: Long = ("mode", Takes::Value, b'm');

/// `mkdir`.
pub const MKDIR: Program = Program::new(
    "mkdir",
    "[OPTION]... DIRECTORY...",
    "Makes directories.",
    "pm:vZ",
    &[CONTEXT, MODE, ("parents", Takes::Nothing, b'p'), ("verbose", Takes::Nothing, b'v'), HELP_OPTION, VERSION_OPTION],
    mkdir,
);

/// `mkfifo`.
pub const MKFIFO: Program = Program::new(
    "mkfifo",
    "[OPTION]... NAME...",
    "Makes named pipes.",
    "m:Z",
    &[CONTEXT, MODE, HELP_OPTION, VERSION_OPTION],
    mkfifo,
);

/// `mknod`.
pub const MKNOD: Program = Program::new(
    "mknod",
    "[OPTION]... NAME TYPE [MAJOR MINOR]",
    "Makes a special file.",
    "m:Z",
    &[CONTEXT, MODE, HELP_OPTION, VERSION_OPTION],
    mknod,
);

/// `link`.
pub const LINK: Program =
    Program::new("link", "FILE1 FILE2", "Gives a file another name.", "", STANDARD, |ctx, parsed| {
        match parsed.operands.as_slice() {
            [] => Err(missing_operand(ctx, 1)),
            [only] => Err(wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(only)])),
            [_, _, third, ..] => Err(extra_operand(ctx, 1, third)),
            [from, to] => match fs::link(from, to, false) {
                Ok(()) => Ok(0),
                Err(error) => {
                    let (to, from) = (quote::always(to), quote::always(from));
                    Err(ctx.die_errno(&[b"cannot create link ", &to, b" to ", &from], error))
                }
            },
        }
    });

/// `truncate`.
pub const TRUNCATE: Program = Program::new(
    "truncate",
    "OPTION... FILE...",
    "Sets the size of files.",
    "cor:s:",
    &[
        ("no-create", Takes::Nothing, b'c'),
        ("io-blocks", Takes::Nothing, b'o'),
        ("reference", Takes::Value, b'r'),
        ("size", Takes::Value, b's'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    truncate,
);

/// The mode that `-m` asks for, over that of a new file.
fn mode_of(ctx: &mut Context<'_>, parsed: &Parsed, plain: u32, directory: bool) -> Result<Option<u32>, Quit> {
    let Some(text) = parsed.value(b'm') else { return Ok(None) };
    match super::chmod::changed(text, plain & !umask(), directory, umask()) {
        Some(mode) => Ok(Some(mode)),
        None if directory => Err(ctx.die(&[b"invalid mode ", &quote::locale(text)])),
        None => Err(ctx.die(&[b"invalid mode"])),
    }
}

fn mkdir(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let mode = mode_of(ctx, parsed, 0o777, true)?;
    let mut code = 0;
    for path in &parsed.operands {
        let made = if parsed.has(b'p') { make_all(ctx, parsed, path) } else { make_one(ctx, parsed, path) };
        match (made, mode) {
            (Ok(true), Some(mode)) => {
                if let Err(error) = fs::chmod(path, mode) {
                    ctx.perror(&[b"cannot set permissions of ", &quote::always(path)], error);
                    code = 1;
                }
            }
            (Ok(_), _) => {}
            (Err(Quit(failed)), _) => code = failed,
        }
    }
    Ok(code)
}

fn tell_made(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8]) {
    if parsed.has(b'v') {
        ctx.put(&[ctx.name, b": created directory ", &quote::always(path), b"\n"].concat());
    }
}

fn make_one(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8]) -> Result<bool, Quit> {
    match fs::mkdir(path, 0o777) {
        Ok(()) => {
            tell_made(ctx, parsed, path);
            Ok(true)
        }
        Err(error) => Err(ctx.die_errno(&[b"cannot create directory ", &quote::always(path)], error)),
    }
}

/// Makes a directory and those above it; whether the last one is new.
fn make_all(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8]) -> Result<bool, Quit> {
    let full = strip_slashes(path);
    let ends = full.iter().enumerate().filter(|(at, byte)| *at > 0 && **byte == b'/').map(|(at, _)| at);
    let ends: Vec<usize> = ends.chain([full.len()]).collect();
    let mut new = false;
    for (nth, end) in ends.iter().enumerate() {
        let part = full.get(..*end).unwrap_or_default();
        if part.ends_with(b"/") {
            continue;
        }
        let last = nth + 1 == ends.len();
        match fs::mkdir(part, 0o777) {
            Ok(()) => {
                if !last {
                    // Who made it must be able to go on in it, whatever the umask.
                    let wanted = 0o777 & !umask() | 0o300;
                    if wanted != 0o777 & !umask() && fs::chmod(part, wanted).is_err() {
                        return Err(ctx.die_errno(&[b"cannot set permissions of ", &quote::always(part)], Errno::Perm));
                    }
                }
                tell_made(ctx, parsed, if last { path } else { part });
                new = last;
            }
            Err(error) => {
                let there = super::targets::is_directory(part);
                if !there {
                    let error = if error == Errno::Exist && !last { Errno::Notdir } else { error };
                    let shown = if last { path } else { part };
                    return Err(ctx.die_errno(&[b"cannot create directory ", &quote::always(shown)], error));
                }
            }
        }
    }
    Ok(new)
}

fn mkfifo(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let mode = mode_of(ctx, parsed, 0o666, false)?;
    let mut code = 0;
    for path in &parsed.operands {
        match fs::mknod(path, Mode(0o010_666), 0) {
            Ok(()) => code |= set_mode(ctx, path, mode),
            Err(error) => {
                ctx.perror(&[b"cannot create fifo ", &quote::always(path)], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn set_mode(ctx: &mut Context<'_>, path: &[u8], mode: Option<u32>) -> u8 {
    let Some(mode) = mode else { return 0 };
    match fs::chmod(path, mode) {
        Ok(()) => 0,
        Err(error) => {
            ctx.perror(&[b"cannot set permissions of ", &quote::always(path)], error);
            1
        }
    }
}

fn mknod(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mode = mode_of(ctx, parsed, 0o666, false)?;
    let operands = parsed.operands.as_slice();
    let kind = operands.get(1).and_then(|kind| kind.first().copied());
    let wanted = if kind == Some(b'p') { 2 } else { 4 };
    if operands.len() < wanted {
        return Err(match operands.last() {
            None => missing_operand(ctx, 1),
            Some(last) => {
                ctx.complain(&[b"missing operand after ", &quote::locale(last)]);
                if operands.len() == 2 {
                    ctx.put_err(b"Special files require major and minor device numbers.\n");
                }
                crate::dispatch::try_help(ctx, 1)
            }
        });
    }
    if let Some(extra) = operands.get(wanted) {
        ctx.complain(&[b"extra operand ", &quote::locale(extra)]);
        if wanted == 2 && operands.len() == 4 {
            ctx.put_err(b"Fifos do not have major and minor device numbers.\n");
        }
        return Err(crate::dispatch::try_help(ctx, 1));
    }
    let path = operands.first().cloned().unwrap_or_default();
    let bits = match kind {
        Some(b'p') => 0o010_000,
        Some(b'b') => 0o060_000,
        Some(b'c' | b'u') => 0o020_000,
        _ => {
            let shown = quote::locale(operands.get(1).map(Vec::as_slice).unwrap_or_default());
            return Err(wrong_usage(ctx, 1, &[b"invalid device type ", &shown]));
        }
    };
    let mut numbers = [0u64; 2];
    if wanted == 4 {
        for (slot, (text, what)) in numbers
            .iter_mut()
            .zip(operands.iter().skip(2).zip([&b"invalid major device number "[..], b"invalid minor device number "]))
        {
            let scanned = applets::number::unsigned(text, 0);
            if scanned.len == 0 || scanned.len != text.len() || scanned.overflow {
                return Err(ctx.die(&[what, &quote::locale(text)]));
            }
            *slot = scanned.value;
        }
    }
    let made = fs::mknod(&path, Mode(bits | 0o666), if wanted == 4 { device(numbers[0], numbers[1]) } else { 0 });
    match made {
        Ok(()) => Ok(set_mode(ctx, &path, mode)),
        Err(error) => Err(ctx.die_errno(&[&quote::as_needed(&path)], error)),
    }
}

/// How a size relates to the one there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Exact,
    More,
    Less,
    AtMost,
    AtLeast,
    RoundDown,
    RoundUp,
}

fn truncate(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut relation = Relation::Exact;
    let mut amount = None;
    if let Some(text) = parsed.value(b's') {
        let text = text.trim_ascii_start();
        let (found, rest) = match text.split_first() {
            Some((b'<', rest)) => (Relation::AtMost, rest),
            Some((b'>', rest)) => (Relation::AtLeast, rest),
            Some((b'/', rest)) => (Relation::RoundDown, rest),
            Some((b'%', rest)) => (Relation::RoundUp, rest),
            Some((b'+', rest)) => (Relation::More, rest),
            Some((b'-', rest)) => (Relation::Less, rest),
            _ => (Relation::Exact, text),
        };
        relation = found;
        let number = size::parse_or_tell(ctx, rest, UNITS, b"Invalid number", 1)?;
        if matches!(relation, Relation::RoundDown | Relation::RoundUp) && number == 0 {
            return Err(ctx.die(&[b"division by zero"]));
        }
        amount = Some(number);
    }
    if parsed.has(b'r') && amount.is_some() && relation == Relation::Exact {
        return Err(wrong_usage(ctx, 1, &[b"you must specify a relative '--size' with '--reference'"]));
    }
    if amount.is_none() && !parsed.has(b'r') {
        return Err(wrong_usage(ctx, 1, &[b"you must specify either '--size' or '--reference'"]));
    }
    if parsed.has(b'o') && amount.is_none() {
        return Err(wrong_usage(ctx, 1, &[b"'--io-blocks' was specified but '--size' was not"]));
    }
    if parsed.operands.is_empty() {
        return Err(wrong_usage(ctx, 1, &[b"missing file operand"]));
    }
    let reference = match parsed.value(b'r') {
        None => None,
        Some(path) => match fs::stat(path) {
            Ok(stat) => Some(stat.size),
            Err(error) => return Err(ctx.die_errno(&[b"cannot stat ", &quote::always(path)], error)),
        },
    };
    let mut code = 0;
    for path in &parsed.operands {
        let flags = OpenFlags::WRONLY.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
        let flags = if parsed.has(b'c') { flags } else { flags.with(OpenFlags::CREAT) };
        let file = match fs::open(path, flags, 0o666) {
            Ok(file) => file,
            Err(Errno::Noent) if parsed.has(b'c') => continue,
            Err(error) => {
                ctx.perror(&[b"cannot open ", &quote::always(path), b" for writing"], error);
                code = 1;
                continue;
            }
        };
        let stat = fd::stat(file).ok();
        let block = if parsed.has(b'o') { stat.map_or(1, |stat| u64::from(stat.blksize)) } else { 1 };
        let base = reference.or(stat.map(|stat| stat.size)).unwrap_or(0);
        let amount = amount.map_or(base, |amount| amount.saturating_mul(block));
        let wanted = match relation {
            Relation::Exact => amount,
            Relation::More => base.saturating_add(amount),
            Relation::Less => base.saturating_sub(amount),
            Relation::AtMost => base.min(amount),
            Relation::AtLeast => base.max(amount),
            Relation::RoundDown => base - base % amount,
            Relation::RoundUp => base.div_ceil(amount).saturating_mul(amount),
        };
        if let Err(error) = fd::truncate(file, wanted) {
            let text = format!(" at {wanted} bytes");
            ctx.perror(&[b"failed to truncate ", &quote::always(path), text.as_bytes()], error);
            code = 1;
        }
        // What was set is told by the call above.
        let _ = fd::close(file);
    }
    Ok(code)
}

/// The kind of what stands at `path`, links not followed.
#[must_use]
pub fn kind_of(path: &[u8]) -> Option<FileKind> {
    fs::lstat(path).ok().map(|stat| stat.mode.kind())
}
