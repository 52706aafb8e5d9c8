//! `flock`: locks a file while a program runs, or one that the shell has open.

use wcr_sys::abi::{LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, OpenFlags};
use wcr_sys::{Errno, Fd, fd, fs};

use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "flock",
    "flock [-sxun] FD | { FILE [-c] PROG ARGS }\n\n\
     [Un]lock file descriptor, or lock FILE, run PROG\n\n\
     \t-s\tShared lock\n\
     \t-x\tExclusive lock (default)\n\
     \t-u\tUnlock FD\n\
     \t-n\tFail rather than wait",
    flock,
);

fn flock(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+sxnu").parse(ctx)?;
    let Some((target, program)) = parsed.operands.split_first() else { return Err(ctx.usage()) };
    let file = if program.is_empty() { number(ctx, target)? } else { open(ctx, target)? };
    let kind = match parsed.last_of(b"sxu") {
        Some(b's') => LOCK_SH,
        Some(b'u') => LOCK_UN,
        _ => LOCK_EX,
    };
    let nowait = if parsed.has(b'n') { LOCK_NB } else { 0 };
    loop {
        match fd::lock(file, kind | nowait) {
            Ok(()) => break,
            Err(Errno::Intr) => {}
            // That another one has it is an answer, too.
            Err(Errno::Again) => return Err(Quit(1)),
            Err(error) => return Err(ctx.die_errno(&[target], error)),
        }
    }
    if program.is_empty() {
        return Ok(0);
    }
    // A command for the shell, as one word.
    let argv = match program {
        [option, command] if option == b"-c" => vec![b"sh".to_vec(), b"-c".to_vec(), command.clone()],
        program => program.to_vec(),
    };
    ctx.flush();
    let started = run::spawn(&argv).map_err(|error| ctx.die_errno(&[b"can't execute '", &argv[0], b"'"], error))?;
    run::wait(started).map(|status| status.shell_code()).map_err(|error| ctx.die_errno(&[b"wait"], error))
}

fn number(ctx: &mut Context<'_>, text: &[u8]) -> Result<Fd, Quit> {
    let number = parse_decimal(text).and_then(|number| Fd::try_from(number).ok());
    number.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
}

/// Opens the file that is locked, and makes it where there is none; a folder will do as well.
fn open(ctx: &mut Context<'_>, path: &[u8]) -> Result<Fd, Quit> {
    let opened = match fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CREAT), 0o666) {
        Err(Errno::Isdir) => fs::open(path, OpenFlags::RDONLY, 0),
        opened => opened,
    };
    opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}
