//! `touch`.

use applets::core::time::Zone;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{OpenFlags, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, fd, fs};

use crate::Program;
use crate::dispatch::{try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::system::dates;

const TIME: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "touch",
    "[OPTION]... FILE...",
    "Sets the times of files, and makes those that are missing.",
    "acd:fhmr:t:",
    &[
        ("time", Takes::Value, TIME),
        ("no-create", Takes::Nothing, b'c'),
        ("date", Takes::Value, b'd'),
        ("reference", Takes::Value, b'r'),
        ("no-dereference", Takes::Nothing, b'h'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let (mut access, mut change) = (parsed.has(b'a'), parsed.has(b'm'));
    if let Some(word) = parsed.value(TIME) {
        match word {
            b"atime" | b"access" | b"use" => access = true,
            b"mtime" | b"modify" => change = true,
            _ => {
                ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(b"--time")]);
                ctx.put_err(b"Valid arguments are:\n  - 'atime', 'access', 'use'\n  - 'mtime', 'modify'\n");
                return Err(try_help(ctx, 1));
            }
        }
    }
    if !access && !change {
        (access, change) = (true, true);
    }
    let zone = Zone::from_env();
    let mut times = None;
    if let Some(path) = parsed.value(b'r') {
        let found = if parsed.has(b'h') { fs::lstat(path) } else { fs::stat(path) };
        let stat =
            found.map_err(|error| ctx.die_errno(&[b"failed to get attributes of ", &quote::always(path)], error))?;
        times = Some((stat.atime, stat.mtime));
    }
    if let Some(text) = parsed.value(b'd') {
        let (atime, mtime) = times.unwrap_or_else(|| {
            let now = wcr_sys::time::now();
            (now, now)
        });
        let read = |base: Timestamp| dates::parse(text, base, &zone);
        match (read(atime), read(mtime)) {
            (Some(atime), Some(mtime)) => times = Some((atime, mtime)),
            _ => return Err(ctx.die(&[b"invalid date format ", &quote::locale(text)])),
        }
    }
    if let Some(text) = parsed.value(b't') {
        if times.is_some() {
            return Err(wrong_usage(ctx, 1, &[b"cannot specify times from more than one source"]));
        }
        let Some(seconds) = dates::posix(text, wcr_sys::time::now(), &zone) else {
            return Err(ctx.die(&[b"invalid date format ", &quote::locale(text)]));
        };
        let at = Timestamp { sec: seconds, nsec: 0 };
        times = Some((at, at));
    }
    if parsed.operands.is_empty() {
        return Err(wrong_usage(ctx, 1, &[b"missing file operand"]));
    }
    let set = |on: bool, time: Option<Timestamp>| match (on, time) {
        (false, _) => SetTime::Keep,
        (true, None) => SetTime::Now,
        (true, Some(time)) => SetTime::At(time),
    };
    let (atime, mtime) = (set(access, times.map(|(atime, _)| atime)), set(change, times.map(|(_, mtime)| mtime)));
    let mut code = 0;
    for path in &parsed.operands {
        if let Err(error) = one(parsed, path, atime, mtime) {
            let what: &[u8] = match error {
                Failure::Creating(_) => b"cannot touch ",
                Failure::Setting(_) => b"setting times of ",
            };
            let (Failure::Creating(error) | Failure::Setting(error)) = error;
            ctx.perror(&[what, &quote::always(path)], error);
            code = 1;
        }
    }
    Ok(code)
}

/// What failed.
enum Failure {
    Creating(Errno),
    Setting(Errno),
}

fn one(parsed: &Parsed, path: &[u8], atime: SetTime, mtime: SetTime) -> Result<(), Failure> {
    let follow = !parsed.has(b'h');
    let mut creating = None;
    if !parsed.has(b'c') && follow && path != b"-" {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
        match fs::open(path, flags, 0o666) {
            // Nothing was written to it.
            Ok(file) => drop(fd::close(file)),
            Err(error) => creating = Some(error),
        }
    }
    let path = if path == b"-" { b"/dev/stdout" } else { path };
    match fs::utimens(path, atime, mtime, follow) {
        Ok(()) => Ok(()),
        Err(Errno::Noent) if parsed.has(b'c') => Ok(()),
        Err(error) => {
            Err(creating.filter(|error| *error != Errno::Isdir).map_or(Failure::Setting(error), Failure::Creating))
        }
    }
}
