//! `trap` and `kill`.

use wcr_sys::abi::Signal;
use wcr_sys::{fd, signal};

use crate::exec::trap::{NAMES, signal_name, signal_number};
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::vars::single_quoted;

pub(super) fn trap(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (_, operands) = shell.options(args, b"")?;
    let Some((first, rest)) = operands.split_first() else {
        let mut out = Vec::new();
        for (number, action) in shell.traps.listed() {
            out.extend_from_slice(b"trap -- ");
            out.extend_from_slice(&single_quoted(action));
            out.extend_from_slice(format!(" {}\n", signal_name(*number)).as_bytes());
        }
        shell.put(&out);
        return Ok(0);
    };
    // With one operand only, or a number first, all are signals to be reset.
    let resets = rest.is_empty() || crate::builtins::number(first).is_some();
    let (action, signals) = if resets { (None, operands) } else { (Some(first), rest) };
    let action = action.filter(|action| *action != b"-");
    let mut status = 0;
    for text in signals {
        match signal_number(text) {
            Some(number) => {
                let own = Signal::from_raw(number.into()).is_some_and(|signal| shell.own & signal.bit() != 0);
                shell.traps.set(number, action.cloned(), own || shell.has(Opt::Interactive));
                if action.is_none() {
                    shell.restore_own_action(number);
                }
            }
            None => {
                if flavour::is_dash() {
                    let _ = fd::write_all(fd::STDERR, &[b"trap: ", text.as_slice(), b": bad trap\n"].concat());
                    return Ok(1);
                } else {
                    shell.complain(&[text, &b": invalid signal specification"[..]].concat());
                }
                status = 1;
            }
        }
    }
    Ok(status)
}

pub(super) fn kill(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut operands = args.get(1..).unwrap_or_default();
    let mut wanted = Signal::TERM.0;
    if let Some((option, rest)) = operands.split_first()
        && let Some(text) = option.strip_prefix(b"-")
    {
        let mut name = text;
        operands = rest;
        match text {
            b"l" => return Ok(list_signals(shell, rest)),
            b"s" => {
                if let Some((value, rest)) = rest.split_first() {
                    name = value;
                    operands = rest;
                }
            }
            _ => {}
        }
        if text != b"-" {
            match signal_number(name) {
                Some(number) => wanted = number,
                None => {
                    shell.complain_plainly(&[b"bad signal name '", name, b"'"].concat());
                    return Ok(1);
                }
            }
        }
    }
    if operands.is_empty() {
        shell.complain_plainly(b"you need to specify whom to kill");
        return Ok(1);
    }
    let mut failures = 0u8;
    shell.jobs.unsettled |= wanted != 0;
    for operand in operands {
        if operand.starts_with(b"%") {
            let number = shell.job_number(operand)?;
            let members = shell.jobs.job(number).map(|job| job.members.clone()).unwrap_or_default();
            for member in members {
                let _ = signal::kill(member.pid.cast_signed(), Signal::from_raw(wanted.into()));
            }
            continue;
        }
        if operand.is_empty() {
            continue;
        }
        let pid = core::str::from_utf8(operand).ok().and_then(|text| text.parse::<i32>().ok());
        let Some(pid) = pid else {
            shell.complain_plainly(&[b"invalid number '", operand.as_slice(), b"'"].concat());
            failures = failures.wrapping_add(1);
            continue;
        };
        if let Err(error) = signal::kill(pid, Signal::from_raw(wanted.into())) {
            shell.complain_plainly(format!("can't kill pid {pid}: {}", error.message()).as_bytes());
            failures = failures.wrapping_add(1);
        }
    }
    Ok(failures)
}

/// `kill -l`: all signals, or the other form of those that are named.
fn list_signals(shell: &mut Shell, operands: &[Vec<u8>]) -> u8 {
    if operands.is_empty() {
        for (number, name) in NAMES.iter().enumerate().skip(1) {
            shell.put(format!("{number:2}) {name}\n").as_bytes());
        }
        return 0;
    }
    for operand in operands {
        let line = match (crate::builtins::number(operand), signal_number(operand)) {
            // An exit status names the signal that caused it.
            (Some(number), _) => {
                let number = number & 0x7f;
                let name = u8::try_from(number).ok().filter(|signal| usize::from(*signal) < NAMES.len());
                name.map_or_else(|| number.to_string(), signal_name)
            }
            (None, Some(number)) => number.to_string(),
            (None, None) => {
                shell.complain_plainly(&[b"unknown signal '", operand.as_slice(), b"'"].concat());
                return 1;
            }
        };
        shell.put(line.as_bytes());
        shell.put(b"\n");
    }
    0
}
