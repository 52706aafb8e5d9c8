//! `wait`, `fg`, `bg`, `disown`, `suspend`.

use crate::builtins::jobs as shared;
use crate::shell::{Flow, Shell, Unwind};

/// Whether jobs are controlled; if not, that is told.
fn controls(shell: &mut Shell) -> bool {
    let controls = shell.controls_jobs();
    if !controls {
        shell.complain(b"no job control");
    }
    controls
}

pub(super) fn fg(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if controls(shell) { shared::fg(shell, args) } else { Ok(1) }
}

pub(super) fn bg(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if controls(shell) { shared::bg(shell, args) } else { Ok(1) }
}

/// `jobs`: what has been waited for is no job any more.
pub(super) fn jobs(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    shell.poll_jobs();
    let done = shell.jobs.list.iter().filter(|job| job.waited && job.ended()).map(|job| job.number);
    let done: Vec<usize> = done.collect();
    done.into_iter().for_each(|number| shell.jobs.remove(number));
    shared::jobs(shell, args)
}

pub(super) fn suspend(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, _) = match shell.bash_options(args, b"f")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    if !shell.controls_jobs() && options.is_empty() {
        shell.complain(b"cannot suspend: no job control");
        return Ok(1);
    }
    let own = wcr_sys::process::ids().pid.cast_signed();
    let sent = wcr_sys::signal::kill(own, Some(wcr_sys::abi::Signal::STOP));
    Ok(u8::from(sent.is_err()))
}

pub(super) fn disown(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"har")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    if has(b'h') {
        // Nothing hears of the shell's end here.
        return Ok(0);
    }
    if has(b'a') || has(b'r') {
        let numbers: Vec<usize> = shell.jobs.list.iter().map(|job| job.number).collect();
        numbers.into_iter().for_each(|number| shell.jobs.remove(number));
        return Ok(0);
    }
    if operands.is_empty() {
        let Some(current) = shell.jobs.current().0 else {
            shell.complain(b"current: no such job");
            return Ok(1);
        };
        shell.jobs.remove(current);
    }
    let mut status = 0;
    for operand in operands {
        let by_pid = crate::builtins::number(operand).and_then(|pid| shell.jobs.by_pid(pid));
        match by_pid.map_or_else(|| shell.job_number(operand), Ok) {
            Ok(number) => shell.jobs.remove(number),
            Err(Unwind::Error) => status = 1,
            Err(unwind) => return Err(unwind),
        }
    }
    Ok(status)
}

pub(super) fn wait(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = match shell.bash_options(args, b"fnp:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    if options.iter().any(|(option, _)| *option == b'n') {
        let (status, pid) = shell.wait_for_next();
        let name = options.iter().find(|(option, _)| *option == b'p').map(|(_, name)| name.to_vec());
        if let (Some(name), Some(pid)) = (name, pid) {
            shell.assign(&name, pid.to_string().into_bytes())?;
        }
        return Ok(status);
    }
    for operand in operands {
        let known = operand.starts_with(b"%") || crate::builtins::number(operand).is_some();
        if !known {
            shell.complain(&[b"`", &operand[..], b"': not a pid or valid job spec"].concat());
            return Ok(1);
        }
        if let Some(pid) = crate::builtins::number(operand).filter(|pid| shell.jobs.by_pid(*pid).is_none()) {
            shell.complain(format!("pid {pid} is not a child of this shell").as_bytes());
            return Ok(127);
        }
    }
    let call: Vec<Vec<u8>> = core::iter::once(b"wait".to_vec()).chain(operands.iter().cloned()).collect();
    match shared::wait(shell, &call) {
        Err(Unwind::Error) => Ok(127),
        done => done,
    }
}
