//! `nproc`, `hostid`, `tty`, `sleep`, `pwd`, `sync`.

use applets::core::sleep::{Wrong, duration};
use applets::format::decimal;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, environ, number};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs, process, time};

use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, try_help};
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};
use crate::quote;
use crate::size;

const ALL: u8 = 0x80;
const IGNORE: u8 = 0x81;

/// `nproc`: every process of a container runs on one thread.
pub const NPROC: Program = Program::new(
    "nproc",
    "[OPTION]...",
    "Prints how many processors there are.",
    "",
    &[("all", Takes::Nothing, ALL), ("ignore", Takes::Value, IGNORE), HELP_OPTION, VERSION_OPTION],
    |ctx, parsed| {
        let ignored = match parsed.value(IGNORE) {
            None => 0,
            Some(text) => size::parse_or_tell(ctx, text, b"", b"invalid number", 1)?,
        };
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        ctx.put(&[decimal(1u64.saturating_sub(ignored).max(1)), b"\n".to_vec()].concat());
        Ok(0)
    },
);

/// `hostid`.
pub const HOSTID: Program =
    Program::new("hostid", "[OPTION]", "Prints the host's number.", "", STANDARD, |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        ctx.put(b"00000000\n");
        Ok(0)
    });

/// `tty`.
pub const TTY: Program = Program::new(
    "tty",
    "[OPTION]...",
    "Prints the name of the terminal on standard input.",
    "s",
    &[("silent", Takes::Nothing, b's'), ("quiet", Takes::Nothing, b's'), HELP_OPTION, VERSION_OPTION],
    |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 2, first));
        }
        let name =
            fd::is_tty(fd::STDIN).then(|| fs::readlink(b"/proc/self/fd/0").unwrap_or_else(|_| b"/dev/tty".to_vec()));
        if !parsed.has(b's') {
            ctx.put(&[name.as_deref().unwrap_or(b"not a tty"), b"\n"].concat());
        }
        Ok(u8::from(name.is_none()))
    },
)
.failing_with(2);

/// `sleep`.
pub const SLEEP: Program = Program::new("sleep", "NUMBER[SUFFIX]...", "Waits.", "+", STANDARD, |ctx, parsed| {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let (mut total, mut wrong) = (0u64, false);
    for text in &parsed.operands {
        match seconds(text) {
            Some(nanos) => total = total.saturating_add(nanos),
            None => {
                ctx.complain(&[b"invalid time interval ", &quote::locale(text)]);
                wrong = true;
            }
        }
    }
    if wrong {
        return Err(try_help(ctx, 1));
    }
    let end = time::monotonic().saturating_add(total);
    while let Some(left) = end.checked_sub(time::monotonic()).filter(|left| *left > 0) {
        // A signal that is handled does not end it.
        let _ = time::sleep(left);
    }
    Ok(0)
});

/// A time as `sleep` and `timeout` take it, in nanoseconds: a number of any form with a unit or without.
#[must_use]
pub fn seconds(text: &[u8]) -> Option<u64> {
    match duration(text) {
        Ok(nanos) => return Some(nanos),
        Err(Wrong::Number | Wrong::Fraction | Wrong::Unit(_)) => {}
    }
    let scanned = number::float(text);
    let unit = match text.get(scanned.len..)? {
        b"" | b"s" => 1.0,
        b"m" => 60.0,
        b"h" => 3600.0,
        b"d" => 86400.0,
        _ => return None,
    };
    (scanned.len > 0 && scanned.value >= 0.0).then_some((scanned.value * unit * 1e9) as u64)
}

/// `pwd`.
pub const PWD: Program = Program::new(
    "pwd",
    "[OPTION]...",
    "Prints the current directory.",
    "LP",
    &[("logical", Takes::Nothing, b'L'), ("physical", Takes::Nothing, b'P'), HELP_OPTION, VERSION_OPTION],
    |ctx, parsed| {
        if !parsed.operands.is_empty() {
            ctx.complain(&[b"ignoring non-option arguments"]);
        }
        let logical = parsed.last_of(b"LP") == Some(b'L')
            || parsed.last_of(b"LP").is_none() && environ::var(b"POSIXLY_CORRECT").is_some();
        let same = |a: &[u8], b: &[u8]| {
            let place = |path: &[u8]| fs::stat(path).map(|stat| (stat.dev, stat.ino)).ok();
            place(a).is_some() && place(a) == place(b)
        };
        let clean = |path: &Vec<u8>| {
            path.starts_with(b"/") && !path.split(|byte| *byte == b'/').any(|part| part == b"." || part == b"..")
        };
        let named = environ::var(b"PWD").filter(|_| logical).filter(clean).filter(|path| same(path, b"."));
        match named.map_or_else(fs::getcwd, Ok) {
            Ok(path) => {
                ctx.put(&[&path[..], b"\n"].concat());
                Ok(0)
            }
            Err(error) => Err(ctx.die_errno(
                &[b"couldn't find directory entry in ", &quote::always(b".."), b" with matching i-node"],
                error,
            )),
        }
    },
);

/// `sync`.
pub const SYNC: Program = Program::new(
    "sync",
    "[OPTION] [FILE]...",
    "Brings what was written to its device.",
    "df",
    &[("data", Takes::Nothing, b'd'), ("file-system", Takes::Nothing, b'f'), HELP_OPTION, VERSION_OPTION],
    sync,
);

fn sync(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.has(b'd') && parsed.has(b'f') {
        return Err(ctx.die(&[b"cannot specify both --data and --file-system"]));
    }
    if parsed.has(b'd') && parsed.operands.is_empty() {
        return Err(ctx.die(&[b"--data needs at least one argument"]));
    }
    let mut code = 0;
    for path in &parsed.operands {
        let flags = OpenFlags::RDONLY.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
        match fs::open(path, flags, 0) {
            Ok(file) => {
                if let Err(error) = fd::sync(file) {
                    ctx.perror(&[b"error syncing ", &quote::always(path)], error);
                    code = 1;
                }
                // It was only looked at.
                let _ = fd::close(file);
            }
            Err(error) => {
                ctx.perror(&[b"error opening ", &quote::always(path)], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// `hostname`, where a system has that of coreutils.
pub const HOSTNAME: Program =
    Program::new("hostname", "[NAME]", "Prints the host's name.", "", STANDARD, |ctx, parsed| {
        match parsed.operands.as_slice() {
            [] => {
                ctx.put(format!("{}\n", process::uname().nodename).as_bytes());
                Ok(0)
            }
            [_, second, ..] => Err(extra_operand(ctx, 1, second)),
            // A container has no right to it.
            [name] => Err(ctx.die_errno(&[b"cannot set name to ", &quote::locale(name)], wcr_sys::Errno::Perm)),
        }
    });
