//! `trap` and `kill`.

use wcr_sys::abi::Signal;
use wcr_sys::signal;

use super::usage::usage;
use crate::bash::quote;
use crate::exec::trap::{FAILURE, signal_name, signal_number};
use crate::options::Opt;
use crate::shell::{Flow, Shell};

/// The name of a signal as lists show it.
fn full_name(number: u8) -> String {
    let name = signal_name(number);
    if number == 0 || number >= FAILURE { name } else { format!("SIG{name}") }
}

/// All signals in columns.
fn list_all(shell: &mut Shell) {
    let numbers: Vec<u8> = (1..=Signal::MAX).filter(|number| *number != 32 && *number != 33).collect();
    let mut out = String::new();
    for (at, number) in numbers.iter().enumerate() {
        let end = if at % 5 == 4 { '\n' } else { '\t' };
        out.push_str(&format!("{number:2}) {}{end}", full_name(*number)));
    }
    out.push('\n');
    shell.put(out.as_bytes());
}

pub(super) fn trap(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"lp")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'l') {
        list_all(shell);
        return Ok(0);
    }
    if has(b'p') || operands.is_empty() {
        return Ok(list(shell, operands));
    }
    let Some((first, rest)) = operands.split_first() else { return Ok(0) };
    // With one operand only, or a number first, all are signals to be reset.
    let resets = rest.is_empty() || crate::builtins::number(first).is_some() && signal_number(first).is_some();
    if rest.is_empty() && signal_number(first).is_none() {
        shell.show_usage(usage("trap"));
        return Ok(2);
    }
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
                shell.complain(&[&text[..], b": invalid signal specification"].concat());
                status = 1;
            }
        }
    }
    Ok(status)
}

/// Prints the traps, or those for the signals that are named.
fn list(shell: &mut Shell, names: &[Vec<u8>]) -> u8 {
    let mut wanted = Vec::new();
    let mut status = 0;
    for name in names {
        match signal_number(name) {
            Some(number) => wanted.push(number),
            None => {
                shell.complain(&[&name[..], b": invalid signal specification"].concat());
                status = 1;
            }
        }
    }
    let mut out = Vec::new();
    for (number, action) in shell.traps.listed() {
        if !names.is_empty() && !wanted.contains(number) {
            continue;
        }
        out.extend_from_slice(b"trap -- ");
        out.extend_from_slice(&quote::quoted(action));
        out.extend_from_slice(format!(" {}\n", full_name(*number)).as_bytes());
    }
    shell.put(&out);
    status
}

pub(super) fn kill(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut operands = args.get(1..).unwrap_or_default();
    let mut wanted = Signal::TERM.0;
    if let Some((option, rest)) = operands.split_first()
        && let Some(text) = option.strip_prefix(b"-")
    {
        operands = rest;
        let named = match text {
            b"l" | b"L" => return Ok(list_signals(shell, rest)),
            b"s" | b"n" => match rest.split_first() {
                Some((name, rest)) => {
                    operands = rest;
                    Some(name.as_slice())
                }
                None => {
                    shell.complain(&[&option[..], b": option requires an argument"].concat());
                    return Ok(1);
                }
            },
            b"-" => None,
            text => Some(text),
        };
        if let Some(name) = named {
            match signal_number(name).filter(|number| *number < FAILURE) {
                Some(number) => wanted = number,
                None => {
                    shell.complain(&[name, b": invalid signal specification"].concat());
                    return Ok(1);
                }
            }
        }
        if operands.first().is_some_and(|word| word == b"--") {
            operands = operands.get(1..).unwrap_or_default();
        }
    }
    if operands.is_empty() {
        shell.show_usage(usage("kill"));
        return Ok(2);
    }
    let mut sent = false;
    shell.jobs.unsettled |= wanted != 0;
    for operand in operands {
        if operand.starts_with(b"%") {
            let number = shell.job_number(operand)?;
            let members = shell.jobs.job(number).map(|job| job.members.clone()).unwrap_or_default();
            for member in members {
                sent |= signal::kill(member.pid.cast_signed(), Signal::from_raw(wanted.into())).is_ok();
            }
            continue;
        }
        let Some(pid) = super::control::integer(operand).and_then(|pid| i32::try_from(pid).ok()) else {
            shell.complain(&[&operand[..], b": arguments must be process or job IDs"].concat());
            continue;
        };
        match signal::kill(pid, Signal::from_raw(wanted.into())) {
            Ok(()) => sent = true,
            Err(error) => shell.complain(format!("({pid}) - {}", error.message()).as_bytes()),
        }
    }
    Ok(u8::from(!sent))
}

/// `kill -l`: all signals, or the other form of those that are named.
fn list_signals(shell: &mut Shell, operands: &[Vec<u8>]) -> u8 {
    if operands.is_empty() {
        list_all(shell);
        return 0;
    }
    let mut status = 0;
    for operand in operands {
        let line = match crate::builtins::number(operand) {
            // An exit status names the signal that caused it.
            Some(number) => {
                let number = if number > 128 { number - 128 } else { number };
                u8::try_from(number).ok().filter(|number| *number <= Signal::MAX).map(signal_name)
            }
            None => signal_number(operand).map(|number| number.to_string()),
        };
        match line {
            Some(line) => shell.put(format!("{line}\n").as_bytes()),
            None => {
                shell.complain(&[&operand[..], b": invalid signal specification"].concat());
                status = 1;
            }
        }
    }
    status
}
