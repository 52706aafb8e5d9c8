//! `wait`, `jobs`, `fg`, `bg`.

use wcr_sys::Errno;
use wcr_sys::abi::{Pid, WaitStatus};

use crate::exec::jobs::{Job, UNKNOWN};
use crate::flavour;
use crate::shell::{Flow, Shell};

impl Shell {
    /// The number of the job that `%1`, `%+`, `%name` and the like mean.
    /// # Errors
    /// There is no such job: an error of the shell.
    pub(crate) fn job_number(&mut self, text: &[u8]) -> Flow<usize> {
        let (current, previous) = self.jobs.current();
        let found = match text.strip_prefix(b"%") {
            // What does not begin so names no job, whatever it is.
            None => None,
            Some(b"" | b"%" | b"+") => {
                if current.is_none() {
                    return Err(self.fail(b"No current job"));
                }
                current
            }
            Some(b"-") => {
                if previous.is_none() {
                    return Err(self.fail(b"No previous job"));
                }
                previous
            }
            Some(name) => match crate::builtins::number(name) {
                Some(number) => Some(number as usize),
                None => {
                    let (part, anywhere) = match name {
                        [b'?', part @ ..] => (part, true),
                        part => (part, false),
                    };
                    let matches = |job: &&Job| match anywhere {
                        true => job.text().windows(part.len().max(1)).any(|window| window == part),
                        false => job.text().starts_with(part),
                    };
                    let mut found = self.jobs.list.iter().filter(matches).map(|job| job.number);
                    let (first, second) = (found.next(), found.next());
                    if second.is_some() {
                        return Err(self.fail(&[text, b": ambiguous"].concat()));
                    }
                    first
                }
            },
        };
        let found = found.filter(|number| self.jobs.job(*number).is_some());
        found.ok_or_else(|| self.fail(&flavour::current().no_such_job(text)))
    }

    /// Waits until the job has ended; 128 + n when a trapped signal n came first.
    fn wait_job(&mut self, number: usize) -> u8 {
        loop {
            let Some(job) = self.jobs.job(number) else { return UNKNOWN };
            if job.members.iter().all(|member| member.status.is_some()) {
                let status = job.status().map_or(UNKNOWN, WaitStatus::shell_code);
                self.jobs.list.iter_mut().filter(|job| job.number == number).for_each(|job| job.waited = true);
                return status;
            }
            match self.wait_for_any() {
                Ok(Some((pid, status))) => {
                    if self.jobs.note(pid, status) == Some(number) {
                        self.report_signal(status);
                    }
                    if let Some(status) = self.interrupted_by_trap() {
                        return status;
                    }
                }
                Ok(None) => {}
                Err(Errno::Intr) => {
                    if let Some(status) = self.interrupted() {
                        return status;
                    }
                }
                Err(_) => self.jobs.lose(number),
            }
        }
    }

    /// What `wait` returns when a signal with a trap has come.
    fn interrupted(&mut self) -> Option<u8> {
        self.traps.collect();
        self.traps.pending.last().map(|signal| 128 + signal)
    }

    /// The same after the end of a process: a signal that came together with it counts first.
    fn interrupted_by_trap(&mut self) -> Option<u8> {
        if self.traps.any() { self.interrupted() } else { None }
    }
}

pub(super) fn wait(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, if flavour::is_dash() { b"" } else { b"n" })?;
    if !options.is_empty() && operands.is_empty() {
        return Ok(wait_next(shell));
    }
    if operands.is_empty() {
        return Ok(wait_all(shell));
    }
    let mut status = 0;
    for operand in operands {
        status = if operand.starts_with(b"%") {
            let number = shell.job_number(operand)?;
            shell.wait_job(number)
        } else {
            let pid: Pid = shell.number_argument(operand)?;
            match shell.jobs.by_pid(pid) {
                Some(number) => shell.wait_job(number),
                None => UNKNOWN,
            }
        };
    }
    Ok(status)
}

/// Waits for all jobs.
fn wait_all(shell: &mut Shell) -> u8 {
    while shell.jobs.await_running() {
        let interrupted = match shell.wait_for_any() {
            Ok(Some((pid, status))) => {
                shell.jobs.note(pid, status);
                shell.interrupted_by_trap()
            }
            Ok(None) => None,
            Err(Errno::Intr) => shell.interrupted(),
            Err(_) => break,
        };
        if let Some(status) = interrupted {
            return status;
        }
    }
    0
}

/// Waits for whatever ends first, as BusyBox 1.35 does: 0 is a job that ended well, and 129 a process whose job goes on;
/// over jobs that fail it waits on, until there is none left, which is 129 as well.
fn wait_next(shell: &mut Shell) -> u8 {
    const FAILED: u8 = 129;
    if shell.jobs.list.is_empty() {
        return UNKNOWN;
    }
    let mut status_at_end = 0;
    while shell.jobs.await_running() {
        let interrupted = match shell.wait_for_any() {
            Ok(Some((pid, status))) => {
                let ended = shell.jobs.note(pid, status).and_then(|number| shell.jobs.job(number));
                let outcome = ended.map(|job| (job.ended(), job.status().map_or(UNKNOWN, WaitStatus::shell_code)));
                if let Some(interrupted) = shell.interrupted() {
                    return interrupted;
                }
                match outcome {
                    Some((true, 0)) => return 0,
                    Some((true, _)) => status_at_end = FAILED,
                    Some((false, _)) => return FAILED,
                    None => {}
                }
                None
            }
            Ok(None) => None,
            Err(Errno::Intr) => shell.interrupted(),
            Err(_) => return UNKNOWN,
        };
        if let Some(status) = interrupted {
            return status;
        }
    }
    status_at_end
}

impl Shell {
    /// Waits until a job ends: its status, and the number of its last process.
    pub(super) fn wait_for_next(&mut self) -> (u8, Option<Pid>) {
        self.poll_jobs();
        loop {
            let ended = self.jobs.list.iter().find(|job| job.ended() && !job.waited);
            if let Some((number, status, pid)) = ended.map(|job| {
                let pid = job.members.last().map(|member| member.pid);
                (job.number, job.status().map_or(UNKNOWN, WaitStatus::shell_code), pid)
            }) {
                self.jobs.remove(number);
                return (status, pid);
            }
            if !self.jobs.list.iter().any(Job::runs) {
                return (UNKNOWN, None);
            }
            match self.wait_for_any() {
                Ok(Some((pid, status))) => _ = self.jobs.note(pid, status),
                Ok(None) => {}
                Err(Errno::Intr) => {
                    if let Some(status) = self.interrupted() {
                        return (status, None);
                    }
                }
                Err(_) => return (UNKNOWN, None),
            }
        }
    }
}

pub(super) fn jobs(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"lp")?;
    let style = options.last().map(|(option, _)| *option);
    shell.poll_jobs();
    if operands.is_empty() {
        let mut numbers: Vec<usize> = shell.jobs.recent.iter().rev().copied().collect();
        numbers.retain(|number| shell.jobs.job(*number).is_some());
        for number in numbers {
            show(shell, number, style);
        }
        return Ok(0);
    }
    for operand in operands {
        let number = shell.job_number(operand)?;
        show(shell, number, style);
    }
    Ok(0)
}

/// Prints a job's line, and forgets the job when it has ended.
fn show(shell: &mut Shell, number: usize, style: Option<u8>) {
    let Some(job) = shell.jobs.job(number) else { return };
    if style == Some(b'p') {
        let group = job.group();
        shell.put(format!("{group}\n").as_bytes());
        return;
    }
    let line = shell.jobs.line(number, style == Some(b'l'));
    shell.put(&line);
    shell.jobs.told(number);
}

pub(super) fn fg(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let number = controlled_job(shell, args)?;
    let Some(mut job) = shell.jobs.take(number) else { return Ok(UNKNOWN) };
    shell.put(&[&job.text(), &b"\n"[..]].concat());
    let _ = shell.flush();
    shell.give_terminal(job.group());
    job.resume();
    let job = shell.run_in_foreground(job);
    Ok(job.status().map_or(UNKNOWN, WaitStatus::shell_code))
}

pub(super) fn bg(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let number = controlled_job(shell, args)?;
    let Some(job) = shell.jobs.list.iter_mut().find(|job| job.number == number) else { return Ok(UNKNOWN) };
    job.resume();
    let line = [format!("[{number}] ").as_bytes(), &job.text(), b"\n"].concat();
    shell.put(&line);
    Ok(0)
}

/// The number of the job that `fg` or `bg` is about.
fn controlled_job(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<usize> {
    let (_, operands) = shell.options(args, b"")?;
    let number = shell.job_number(operands.first().map_or(b"%%", Vec::as_slice))?;
    if !shell.controls_jobs() {
        let name = operands.first().map_or(&b"(null)"[..], Vec::as_slice);
        return Err(shell.fail(&[b"job ", name, b" not created under job control"].concat()));
    }
    Ok(number)
}
