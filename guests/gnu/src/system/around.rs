//! `nohup`, `nice`, `timeout`: programs run in other circumstances.

use applets::format::signed;
use applets::options::{Parsed, Spec, Takes};
use applets::system::signals;
use applets::{Context, Quit, environ, number};
use wcr_sys::abi::{Disposition, OpenFlags, Signal, WaitStatus};
use wcr_sys::user::{self, Processes};
use wcr_sys::{Errno, fd, fs, process, signal, time};

use super::exec::{exec_or_tell, refused, spawn};
use super::small::seconds;
use crate::Program;
use crate::dispatch::{missing_operand, try_help, wrong_usage};
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};
use crate::quote;

/// The exit code for trouble of these programs themselves.
const TROUBLE: u8 = 125;

/// `nohup`.
pub const NOHUP: Program =
    Program::new("nohup", "COMMAND [ARG]...", "Runs a program that goes on after a hang-up.", "+", STANDARD, nohup)
        .failing_with(TROUBLE);

const FOREGROUND: u8 = 0x80;
const PRESERVE: u8 = 0x81;

/// `timeout`.
pub const TIMEOUT: Program = Program::new(
    "timeout",
    "[OPTION] DURATION COMMAND [ARG]...",
    "Runs a program, and ends it after a time.",
    "+k:s:v",
    &[
        ("foreground", Takes::Nothing, FOREGROUND),
        ("kill-after", Takes::Value, b'k'),
        ("preserve-status", Takes::Nothing, PRESERVE),
        ("signal", Takes::Value, b's'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    timeout,
)
.failing_with(TROUBLE);

const NICE_SPEC: Spec = Spec::new("+n:", &[("adjustment", Takes::Value, b'n'), HELP_OPTION, VERSION_OPTION]);

/// `nice`.
pub const NICE: Program = Program {
    reading: crate::Reading::Raw { exact: false },
    ..Program::new("nice", "[OPTION] [COMMAND [ARG]...]", "Runs a program with another priority.", "", &[], nice)
}
.failing_with(TROUBLE);

fn nohup(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, TROUBLE));
    }
    let trouble = |ctx: &mut Context<'_>, parts: &[&[u8]], error: Errno| {
        ctx.perror(parts, error);
        Quit(TROUBLE)
    };
    let (input, output, errors) = (fd::is_tty(fd::STDIN), fd::is_tty(fd::STDOUT), fd::is_tty(fd::STDERR));
    if input {
        let null = fs::open(b"/dev/null", OpenFlags::WRONLY, 0);
        null.and_then(|null| fd::dup2(null, fd::STDIN, OpenFlags::default()))
            .map_err(|error| trouble(ctx, &[b"failed to render standard input unusable"], error))?;
        if !output && !errors {
            ctx.complain(&[b"ignoring input"]);
        }
    }
    if output {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::APPEND);
        let mut name = b"nohup.out".to_vec();
        let mut opened = fs::open(&name, flags, 0o600);
        if let (Err(error), Some(home)) = (&opened, environ::var(b"HOME")) {
            ctx.perror(&[b"failed to open ", &quote::always(&name)], *error);
            name = [&home[..], b"/nohup.out"].concat();
            opened = fs::open(&name, flags, 0o600);
        }
        let file = opened.map_err(|error| trouble(ctx, &[b"failed to open ", &quote::always(&name)], error))?;
        fd::dup2(file, fd::STDOUT, OpenFlags::default())
            .map_err(|error| trouble(ctx, &[b"failed to redirect standard output"], error))?;
        let before: &[u8] = if input { b"ignoring input and appending output to " } else { b"appending output to " };
        ctx.complain(&[before, &quote::always(&name)]);
    }
    if errors {
        if !output {
            let before: &[u8] = if input {
                b"ignoring input and redirecting stderr to stdout"
            } else {
                b"redirecting stderr to stdout"
            };
            ctx.complain(&[before]);
        }
        // What goes to the terminal still would be lost.
        let _ = fd::dup2(fd::STDOUT, fd::STDERR, OpenFlags::default());
    }
    signal::set_disposition(Signal::HUP, Disposition::Ignore).map_err(|error| trouble(ctx, &[b"signal"], error))?;
    Err(exec_or_tell(ctx, &parsed.operands, &wcr_sys::env(), b"failed to run command "))
}

fn nice(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let mut rest = ctx.args;
    let mut adjustment: Option<Vec<u8>> = None;
    // -5 and --5 are the old forms of -n 5 and -n -5.
    while let Some((first, behind)) = rest.split_first() {
        match first.as_slice() {
            [b'-', digits @ ..] if matches!(digits, [b'0'..=b'9', ..] | [b'-' | b'+', b'0'..=b'9', ..]) => {
                adjustment = Some(digits.to_vec());
                rest = behind;
            }
            b"--" => {
                rest = behind;
                break;
            }
            [b'-', _, ..] => {
                let takes_next = matches!(first.as_slice(), b"-n" | b"--adjustment");
                let taken = 1 + usize::from(takes_next && !behind.is_empty());
                let (options, wrong) = NICE_SPEC.read_all(rest.get(..taken).unwrap_or(rest));
                if let Some(message) = wrong {
                    return Err(wrong_usage(ctx, TROUBLE, &[&message]));
                }
                adjustment = options.value(b'n').map(<[u8]>::to_vec).or(adjustment);
                rest = rest.get(taken..).unwrap_or_default();
            }
            _ => break,
        }
    }
    let amount = match &adjustment {
        None => 10,
        Some(text) => {
            let scanned = number::signed(text, 10);
            if scanned.len == 0 || scanned.len != text.len() {
                ctx.complain(&[b"invalid adjustment ", &quote::locale(text)]);
                return Err(Quit(TROUBLE));
            }
            i32::try_from(scanned.value.clamp(-39, 39)).unwrap_or(0)
        }
    };
    let current = user::nice(Processes::One(0)).unwrap_or(0);
    if rest.is_empty() {
        if adjustment.is_some() {
            return Err(wrong_usage(ctx, TROUBLE, &[b"a command must be given with an adjustment"]));
        }
        ctx.put(&[signed(current.into()), b"\n".to_vec()].concat());
        return Ok(0);
    }
    if let Err(error) = user::set_nice(Processes::One(0), (current + amount).clamp(-20, 19)) {
        // The program runs all the same.
        ctx.perror(&[b"cannot set niceness"], error);
        if !matches!(error, Errno::Acces | Errno::Perm) {
            return Err(Quit(TROUBLE));
        }
    }
    Err(exec_or_tell(ctx, rest, &wcr_sys::env(), b""))
}

/// How often a child is looked at, in nanoseconds; it doubles up to the last of these.
const LOOKS: [u64; 2] = [1_000_000, 20_000_000];

fn timeout(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let interval = |ctx: &mut Context<'_>, text: &[u8]| {
        seconds(text).ok_or_else(|| wrong_usage(ctx, TROUBLE, &[b"invalid time interval ", &quote::locale(text)]))
    };
    let kill_after = match parsed.value(b'k') {
        None => None,
        Some(text) => Some(interval(ctx, text)?),
    };
    let which = match parsed.value(b's') {
        None => Signal::TERM,
        Some(text) => match signals::number(text).and_then(|number| Signal::from_raw(number.into())) {
            Some(signal) => signal,
            None => {
                ctx.complain(&[&quote::locale(text), b": invalid signal"]);
                return Err(try_help(ctx, TROUBLE));
            }
        },
    };
    let [limit, argv @ ..] = parsed.operands.as_slice() else { return Err(try_help(ctx, TROUBLE)) };
    if argv.is_empty() {
        return Err(try_help(ctx, TROUBLE));
    }
    let limit = interval(ctx, limit)?;
    ctx.flush();
    let child = match spawn(argv, &wcr_sys::env()) {
        Ok(child) => child,
        Err(error) => return Err(refused(ctx, argv, b"failed to run command ", error)),
    };
    let pid = child as i32;
    let start = time::monotonic();
    let mut deadline = (limit > 0).then(|| start.saturating_add(limit));
    let (mut timed_out, mut killed) = (false, false);
    let mut look = LOOKS[0];
    loop {
        match process::wait(pid, wcr_sys::abi::WNOHANG) {
            Ok(Some((_, status))) => {
                if killed {
                    // It ends as its child did.
                    let _ = signal::kill(process::ids().pid as i32, Some(Signal::KILL));
                }
                return Ok(exit_code(parsed, status, timed_out, killed));
            }
            Ok(None) | Err(Errno::Intr) => {}
            Err(error) => {
                ctx.perror(&[b"error waiting for command"], error);
                return Err(Quit(TROUBLE));
            }
        }
        let now = time::monotonic();
        if deadline.is_some_and(|deadline| now >= deadline) {
            let signal = if timed_out { Signal::KILL } else { which };
            if parsed.has(b'v') {
                let name = signals::name(signal.0.into());
                let command = quote::always(argv.first().map(Vec::as_slice).unwrap_or_default());
                ctx.complain(&[b"sending signal ", &name, b" to command ", &command]);
            }
            killed |= signal == Signal::KILL;
            // It may have ended by now.
            let _ = signal::kill(pid, Some(signal));
            let _ = signal::kill(pid, Some(Signal::CONT));
            deadline = kill_after.filter(|_| !timed_out).map(|after| now.saturating_add(after));
            timed_out = true;
            continue;
        }
        let left = deadline.map_or(look, |deadline| (deadline - now).min(look));
        // A signal only means to look again.
        let _ = time::sleep(left);
        look = (look * 2).min(LOOKS[1]);
    }
}

fn exit_code(parsed: &Parsed, status: WaitStatus, timed_out: bool, killed: bool) -> u8 {
    let own = match status {
        WaitStatus::Exited(code) => code,
        WaitStatus::Signaled(signal) => 128 + signal.0,
        _ => TROUBLE,
    };
    match (timed_out, killed) {
        (true, true) => 137,
        (true, false) if !parsed.has(PRESERVE) => 124,
        _ => own,
    }
}
