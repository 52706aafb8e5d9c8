//! The shell's children: foreground waits and the table of background jobs.

use wcr_sys::abi::{Pid, Signal, WNOHANG, WaitStatus};
use wcr_sys::{Errno, fd, process};

use super::Stage;
use crate::options::Opt;
use crate::shell::Shell;

/// One process of a job.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its number.
    pub pid: Pid,
    /// How it ended or changed; `None` while it runs.
    pub status: Option<WaitStatus>,
}

impl Member {
    fn ended(&self) -> bool {
        matches!(self.status, Some(WaitStatus::Exited(_) | WaitStatus::Signaled(_)))
    }
}

/// A pipeline or command in the background.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number, 1 or more.
    pub number: usize,
    /// Its processes in order.
    pub members: Vec<Member>,
    /// The command's text, as far as it is kept.
    pub text: Vec<u8>,
    /// Whether `wait` has asked for its status: the number may be given to another job then.
    pub waited: bool,
}

impl Job {
    /// A job that runs.
    #[must_use]
    pub fn new(processes: &[Pid], text: Vec<u8>) -> Self {
        let members = processes.iter().map(|pid| Member { pid: *pid, status: None }).collect();
        Self { number: 0, members, text, waited: false }
    }

    /// Whether all processes have ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.members.iter().all(Member::ended)
    }

    /// Whether it is stopped.
    #[must_use]
    pub fn stopped(&self) -> bool {
        !self.ended() && self.members.iter().all(|member| member.status.is_some())
    }

    /// How the last process ended or changed.
    #[must_use]
    pub fn status(&self) -> Option<WaitStatus> {
        self.members.last().and_then(|member| member.status)
    }

    /// The job's state as `jobs` shows it.
    #[must_use]
    pub fn state(&self) -> String {
        match self.status().filter(|_| self.ended() || self.stopped()) {
            None | Some(WaitStatus::Continued) => "Running".into(),
            Some(WaitStatus::Exited(0)) => "Done".into(),
            Some(WaitStatus::Exited(code)) => format!("Done({code})"),
            Some(WaitStatus::Signaled(signal)) => description(signal),
            Some(WaitStatus::Stopped(signal)) => description(signal),
        }
    }
}

/// The background jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    /// In the order of their numbers.
    pub list: Vec<Job>,
    /// Job numbers, the one that was started or stopped last at the end.
    pub recent: Vec<usize>,
}

impl Jobs {
    /// Adds a job and returns its number: the lowest that is free.
    pub fn add(&mut self, mut job: Job) -> usize {
        let gone: Vec<_> = self.list.iter().filter(|job| job.waited && job.ended()).map(|job| job.number).collect();
        gone.into_iter().for_each(|number| self.remove(number));
        let place = self.list.iter().enumerate().position(|(index, job)| job.number != index + 1);
        let place = place.unwrap_or(self.list.len());
        job.number = place + 1;
        self.list.insert(place, job);
        self.recent.push(place + 1);
        place + 1
    }

    /// Removes a job.
    pub fn remove(&mut self, number: usize) {
        self.list.retain(|job| job.number != number);
        self.recent.retain(|recent| *recent != number);
    }

    /// The job with this number.
    #[must_use]
    pub fn job(&self, number: usize) -> Option<&Job> {
        self.list.iter().find(|job| job.number == number)
    }

    /// The job whose last process this is.
    #[must_use]
    pub fn by_pid(&self, pid: Pid) -> Option<usize> {
        self.list.iter().find(|job| job.members.last().is_some_and(|member| member.pid == pid)).map(|job| job.number)
    }

    /// Notes how a process ended or changed. Returns the number of its job.
    pub fn note(&mut self, pid: Pid, status: WaitStatus) -> Option<usize> {
        for job in &mut self.list {
            if let Some(member) = job.members.iter_mut().find(|member| member.pid == pid) {
                member.status = if status == WaitStatus::Continued { None } else { Some(status) };
                return Some(job.number);
            }
        }
        None
    }

    /// Notes all changes that have come, without waiting.
    pub fn poll(&mut self) {
        while let Ok(Some((pid, status))) = process::wait(-1, WNOHANG) {
            self.note(pid, status);
        }
    }

    /// The number of the current job (`%+`), and of the one before it (`%-`).
    #[must_use]
    pub fn current(&self) -> (Option<usize>, Option<usize>) {
        let mut recent = self.recent.iter().rev().copied();
        (recent.next(), recent.next())
    }
}

impl Shell {
    /// Waits for the stages of a foreground pipeline and takes over the exit status.
    pub(crate) fn wait_foreground(&mut self, stages: &[Stage]) {
        let mut statuses = Vec::with_capacity(stages.len());
        for stage in stages {
            let pid = match stage {
                Stage::Process(pid) => *pid,
                Stage::Done(status) => {
                    statuses.push(*status);
                    continue;
                }
            };
            let status = loop {
                match process::wait(pid.cast_signed(), 0) {
                    Ok(Some((_, status @ (WaitStatus::Exited(_) | WaitStatus::Signaled(_))))) => break Some(status),
                    Ok(_) => {}
                    Err(Errno::Intr) => self.traps.collect(),
                    Err(_) => break None,
                }
            };
            if let Some(status) = status {
                self.report_signal(status);
            }
            statuses.push(status.map_or(127, WaitStatus::shell_code));
        }
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().find(|status| **status != 0);
        self.status = if self.has(Opt::PipeFail) { failed.copied().unwrap_or(0) } else { last };
    }

    /// Says on standard error that a signal ended a process that was waited for.
    pub fn report_signal(&mut self, status: WaitStatus) {
        if let WaitStatus::Signaled(signal) = status
            && !matches!(signal, Signal::INT | Signal::PIPE)
        {
            let _ = fd::write_all(fd::STDERR, format!("{}\n", description(signal)).as_bytes());
        }
    }
}

/// What `strsignal(3)` says of a signal.
#[must_use]
pub fn description(signal: Signal) -> String {
    const TEXTS: [&str; 31] = [
        "Hangup",
        "Interrupt",
        "Quit",
        "Illegal instruction",
        "Trace/breakpoint trap",
        "Aborted",
        "Bus error",
        "Floating point exception",
        "Killed",
        "User defined signal 1",
        "Segmentation fault",
        "User defined signal 2",
        "Broken pipe",
        "Alarm clock",
        "Terminated",
        "Stack fault",
        "Child exited",
        "Continued",
        "Stopped (signal)",
        "Stopped",
        "Stopped (tty input)",
        "Stopped (tty output)",
        "Urgent I/O condition",
        "CPU time limit exceeded",
        "File size limit exceeded",
        "Virtual timer expired",
        "Profiling timer expired",
        "Window changed",
        "I/O possible",
        "Power failure",
        "Bad system call",
    ];
    match TEXTS.get(usize::from(signal.0) - 1) {
        Some(text) => (*text).into(),
        None => format!("Real-time signal {}", signal.0.saturating_sub(34)),
    }
}
