//! `pgrep` and `pkill`: processes by a pattern.

use wcr_sys::abi::Signal;
use wcr_sys::{process, signal};

use super::processes::{self, Process};
use super::signals;
use crate::format::{decimal, parse_decimal};
use crate::options::{Parsed, Spec};
use crate::regex::{Regex, Syntax};
use crate::{Applet, Context, Quit};

/// `pgrep`. Debian's BusyBox lacks it; this is as its documentation has it.
pub const PGREP: Applet = Applet::new(
    "pgrep",
    "pgrep [-flanovx] [-s SID|-P PPID|PATTERN]\n\n\
     Display process(es) selected by regex PATTERN\n\n\
     \t-l\tShow command name too\n\
     \t-a\tShow command line too\n\
     \t-f\tMatch against entire command line\n\
     \t-n\tShow the newest process only\n\
     \t-o\tShow the oldest process only\n\
     \t-v\tNegate the match\n\
     \t-x\tMatch whole name (not substring)\n\
     \t-s\tMatch session ID (0 for current)\n\
     \t-P\tMatch parent process ID",
    pgrep,
);

/// `pkill`.
pub const PKILL: Applet = Applet::new(
    "pkill",
    "pkill [-l|-SIGNAL] [-xfvno] [-s SID|-P PPID|PATTERN]\n\n\
     Send signal to processes selected by regex PATTERN\n\n\
     \t-l\tList all signals\n\
     \t-x\tMatch whole name (not substring)\n\
     \t-f\tMatch against entire command line\n\
     \t-s SID\tMatch session ID (0 for current)\n\
     \t-P PPID\tMatch parent process ID\n\
     \t-v\tNegate the match\n\
     \t-n\tSignal the newest process only\n\
     \t-o\tSignal the oldest process only",
    pkill,
);

const SPEC: Spec = Spec::short("vlafxons:P:");

fn pgrep(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let found = select(ctx, &parsed)?;
    for process in &found {
        let mut line = decimal(process.pid.into());
        if parsed.has(b'a') {
            line.push(b' ');
            line.extend_from_slice(&process.arguments());
        } else if parsed.has(b'l') {
            line.push(b' ');
            line.extend_from_slice(&process.comm);
        }
        line.push(b'\n');
        ctx.put(&line);
    }
    Ok(u8::from(found.is_empty()))
}

fn pkill(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut args = ctx.args.to_vec();
    let mut wanted = Some(Signal::TERM);
    if let Some(option) = args.first().and_then(|first| first.strip_prefix(b"-")) {
        if option == b"l" {
            signals::list(ctx);
            return Ok(0);
        }
        if let Some(number) = signals::number(option) {
            wanted = Signal::from_raw(number.into());
            args.remove(0);
        }
    }
    let parsed = SPEC.parse_args(&args).map_err(|message| {
        ctx.complain(&[&message]);
        ctx.usage()
    })?;
    let found = select(ctx, &parsed)?;
    let mut reached = false;
    for process in &found {
        match signal::kill(process.pid as i32, wanted) {
            Ok(()) => reached = true,
            Err(error) => ctx.perror(&[b"can't kill pid ", &decimal(process.pid.into())], error),
        }
    }
    Ok(u8::from(!reached))
}

/// The processes that the options and the pattern mean, this one apart.
fn select(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Process>, Quit> {
    let mut number = |key: u8| match parsed.value(key) {
        None => Ok(None),
        Some(text) => match parse_decimal(text) {
            Some(number) => Ok(Some(number as u32)),
            None => Err(ctx.die(&[b"invalid number '", text, b"'"])),
        },
    };
    let (session, parent) = (number(b's')?, number(b'P')?);
    let pattern = match (parsed.operands.as_slice(), session.is_some() || parent.is_some()) {
        ([], true) => None,
        ([pattern], _) => Some(pattern),
        _ => return Err(ctx.usage()),
    };
    let regex = match pattern {
        None => None,
        Some(pattern) => {
            let whole = if parsed.has(b'x') { [b"^(", pattern.as_slice(), b")$"].concat() } else { pattern.clone() };
            let made = Regex::new(&whole, Syntax::EXTENDED);
            Some(made.map_err(|error| ctx.die(&[b"bad regex '", pattern, b"': ", error.message().as_bytes()]))?)
        }
    };
    let own = process::ids();
    let session = session.map(|session| if session == 0 { own.sid } else { session });
    let mut found: Vec<Process> = processes::all()
        .into_iter()
        .filter(|process| process.pid != own.pid)
        .filter(|process| {
            let text = if parsed.has(b'f') { process.arguments() } else { process.comm.clone() };
            let fits = session.is_none_or(|session| session == process.sid)
                && parent.is_none_or(|parent| parent == process.ppid)
                && regex.as_ref().is_none_or(|regex| regex.is_match(&text));
            fits != parsed.has(b'v')
        })
        .collect();
    // Numbers rise with age, as long as none comes again.
    if parsed.has(b'n') {
        found.drain(..found.len().saturating_sub(1));
    } else if parsed.has(b'o') {
        found.truncate(1);
    }
    Ok(found)
}
