//! `kill`.

use wcr_sys::abi::Signal;
use wcr_sys::signal;

use super::signal_names::{all, signal_name, signal_number};
use crate::exec::jobs::Job;
use crate::shell::{Flow, Shell};

const USAGE: &[u8] = b"Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]";

pub(in crate::builtins) fn kill(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut wanted = Signal::TERM.0;
    let direct = args.get(1).and_then(|arg| arg.strip_prefix(b"-")).and_then(wanted_signal);
    let (targets, lists) = match direct {
        Some(number) => {
            wanted = number;
            (args.get(2..).unwrap_or_default(), false)
        }
        None => {
            let (options, operands) = shell.options(args, b"ls:")?;
            for (_, name) in options.iter().filter(|(option, _)| *option == b's') {
                wanted = match wanted_signal(name) {
                    Some(number) => number,
                    None => return Err(shell.fail(&[b"invalid signal number or name: ", *name].concat())),
                };
            }
            (operands, options.iter().any(|(option, _)| *option == b'l'))
        }
    };
    if lists {
        return list(shell, targets);
    }
    if targets.is_empty() {
        return Err(shell.fail(USAGE));
    }
    shell.jobs.unsettled |= wanted != 0;
    let mut status = 0;
    for target in targets {
        let pid = match target.as_slice() {
            [b'%', ..] => {
                let number = shell.job_number(target)?;
                // The process group, also where there is none without job control.
                -(shell.jobs.job(number).map_or(0, Job::group).cast_signed())
            }
            [b'-', digits @ ..] => -(shell.number_argument(digits)?.cast_signed()),
            digits => shell.number_argument(digits)?.cast_signed(),
        };
        if let Err(error) = signal::kill(pid, Signal::from_raw(wanted.into())) {
            shell.complain(&[error.message().as_bytes(), b"\n"].concat());
            status = 1;
        }
    }
    Ok(status)
}

/// As [`signal_number`]; the shell's end is no signal.
fn wanted_signal(text: &[u8]) -> Option<u8> {
    signal_number(text).filter(|number| *number > 0 || text.first() == Some(&b'0'))
}

/// `kill -l`: all names, or that of the signal behind an exit status.
fn list(shell: &mut Shell, operands: &[Vec<u8>]) -> Flow<u8> {
    let Some(operand) = operands.first() else {
        let names: String = all().map(|name| name + "\n").collect();
        shell.put(b"0\n");
        shell.put(names.as_bytes());
        return Ok(0);
    };
    let status = shell.number_argument(operand)?;
    let number = if status > 128 { status - 128 } else { status };
    match u8::try_from(number).ok().filter(|number| (1..=Signal::MAX).contains(number)) {
        Some(number) => {
            shell.put(signal_name(number).as_bytes());
            shell.put(b"\n");
            Ok(0)
        }
        None => Err(shell.fail(&[b"invalid signal number or exit status: ", operand.as_slice()].concat())),
    }
}
