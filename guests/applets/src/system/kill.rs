//! `kill`, `killall`, `pidof`: processes by number and by name, and signals for them.

use wcr_sys::abi::Signal;
use wcr_sys::{process, signal};

use super::{processes, signals};
use crate::format::{decimal, parse_decimal};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// `kill`.
pub const KILL: Applet = Applet::new(
    "kill",
    "kill [-l] [-SIG] PID...\n\n\
     Send a signal (default: TERM) to given PIDs\n\n\
     \t-l\tList all signal names and numbers",
    kill,
);

/// `killall`.
pub const KILLALL: Applet = Applet::new(
    "killall",
    "killall [-lq] [-SIG] PROCESS_NAME...\n\n\
     Send a signal (default: TERM) to given processes\n\n\
     \t-l\tList all signal names and numbers\n\
     \t-q\tDon't complain if no processes were killed",
    killall,
);

/// `pidof`.
pub const PIDOF: Applet =
    Applet::new("pidof", "pidof [NAME]...\n\nList PIDs of all processes with names that match NAMEs", pidof);

/// What the first arguments ask for: a signal, and who gets it.
struct Request<'a> {
    signal: Option<Signal>,
    quiet: bool,
    targets: &'a [Vec<u8>],
}

/// Reads `-l`, `-q`, `-SIG`, `-s SIG`. `None` when the list was all.
fn request<'a>(ctx: &mut Context<'_>, args: &'a [Vec<u8>], takes_quiet: bool) -> Result<Option<Request<'a>>, Quit> {
    let mut request = Request { signal: Some(Signal::TERM), quiet: false, targets: args };
    let Some(first) = args.first().filter(|first| first.starts_with(b"-")) else {
        return Ok(Some(request));
    };
    let mut rest = args.get(1..).unwrap_or_default();
    let mut option = first.get(1..).unwrap_or_default();
    if option == b"l" {
        list(ctx, rest)?;
        return Ok(None);
    }
    if takes_quiet && option == b"q" {
        request.quiet = true;
        let Some((next, behind)) = rest.split_first().filter(|(next, _)| next.starts_with(b"-")) else {
            request.targets = rest;
            return Ok(Some(request));
        };
        (option, rest) = (next.get(1..).unwrap_or_default(), behind);
    }
    if option == b"-" {
        request.targets = rest;
        return Ok(Some(request));
    }
    if let (b"s", Some((name, behind))) = (option, rest.split_first()) {
        (option, rest) = (name, behind);
    }
    let Some(number) = signals::number(option) else { return Err(ctx.die(&[b"bad signal name '", option, b"'"])) };
    request.signal = Signal::from_raw(number.into());
    request.targets = rest;
    Ok(Some(request))
}

/// `-l` alone lists all signals; each argument is a name, whose number is shown, or a number.
fn list(ctx: &mut Context<'_>, args: &[Vec<u8>]) -> Result<(), Quit> {
    if args.is_empty() {
        signals::list(ctx);
    }
    for arg in args {
        let text = match parse_decimal(arg) {
            Some(number) => signals::name(if number >= 128 { number & 0x7f } else { number }),
            None => match signals::number(arg) {
                Some(number) => decimal(number.into()),
                None => return Err(ctx.die(&[b"unknown signal '", arg, b"'"])),
            },
        };
        ctx.put(&[&text, b"\n".as_slice()].concat());
    }
    Ok(())
}

fn kill(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = ctx.args;
    let Some(request) = request(ctx, args, false)? else { return Ok(0) };
    if request.targets.is_empty() {
        return Err(ctx.die(&[b"you need to specify whom to kill"]));
    }
    let mut failures = 0u8;
    for target in request.targets {
        let digits = target.strip_prefix(b"-").unwrap_or(target);
        let Some(pid) = parse_decimal(digits).and_then(|pid| i32::try_from(pid).ok()) else {
            ctx.complain(&[b"invalid number '", target, b"'"]);
            failures = failures.saturating_add(1);
            continue;
        };
        let pid = if digits.len() < target.len() { -pid } else { pid };
        if let Err(error) = signal::kill(pid, request.signal) {
            ctx.perror(&[b"can't kill pid ", target], error);
            failures = failures.saturating_add(1);
        }
    }
    Ok(failures)
}

fn killall(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = ctx.args;
    let Some(request) = request(ctx, args, true)? else { return Ok(0) };
    if request.targets.is_empty() {
        return Err(if request.quiet { ctx.usage() } else { ctx.die(&[b"you need to specify whom to kill"]) });
    }
    let own = process::ids().pid;
    let mut failures = 0u8;
    for name in request.targets {
        let found: Vec<u32> = named(name).into_iter().filter(|pid| *pid != own).collect();
        if found.is_empty() {
            failures = failures.saturating_add(1);
            if !request.quiet {
                ctx.complain(&[name, b": no process killed"]);
            }
        }
        for pid in found {
            if let Err(error) = signal::kill(pid as i32, request.signal) {
                failures = failures.saturating_add(1);
                if !request.quiet {
                    ctx.perror(&[b"can't kill pid ", &decimal(pid.into())], error);
                }
            }
        }
    }
    Ok(failures)
}

/// The numbers of the processes of a name.
fn named(name: &[u8]) -> Vec<u32> {
    processes::all().into_iter().filter(|process| process.is_named(name)).map(|process| process.pid).collect()
}

fn pidof(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let mut found: Vec<Vec<u8>> = Vec::new();
    for name in &parsed.operands {
        found.extend(named(name).into_iter().rev().map(|pid| decimal(pid.into())));
    }
    if found.is_empty() {
        return Ok(1);
    }
    ctx.put(&[&found.join(&b' '), b"\n".as_slice()].concat());
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn signals_are_listed_and_translated() {
        assert_eq!(run(&KILL, &["-l", "9"]).1, "KILL\n");
        assert_eq!(run(&KILL, &["-l", "137"]).1, "KILL\n");
        assert_eq!(run(&KILL, &["-l", "sigkill"]).1, "9\n");
        assert_eq!(run(&KILL, &["-l", "foo"]), (1, String::new(), "kill: unknown signal 'foo'\n".into()));
        assert!(run(&KILLALL, &["-l"]).1.starts_with(" 1) HUP\n"));
    }

    #[test]
    fn faults() {
        assert_eq!(run(&KILL, &[]).2, "kill: you need to specify whom to kill\n");
        assert_eq!(run(&KILL, &["-s"]).2, "kill: bad signal name 's'\n");
        assert_eq!(run(&KILL, &["-99", "1"]).2, "kill: bad signal name '99'\n");
        assert_eq!(run(&KILL, &["1x"]), (1, String::new(), "kill: invalid number '1x'\n".into()));
    }
}
