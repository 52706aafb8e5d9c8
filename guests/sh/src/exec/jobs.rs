//! The shell's children: foreground waits and the table of background jobs.

use wcr_sys::abi::{Pid, Signal, WNOHANG, WUNTRACED, WaitStatus};
use wcr_sys::{Errno, fd, process, signal};

use super::Stage;
use crate::flavour;
use crate::options::Opt;
use crate::shell::Shell;

/// The exit status of a process that is no child.
pub const UNKNOWN: u8 = 127;

/// The column in which the text of a job begins.
const TEXT_COLUMN: usize = 33;

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
    /// The texts of its commands, one for each process, as far as they are kept.
    pub texts: Vec<Vec<u8>>,
    /// Whether it ended or stopped since that was told.
    changed: bool,
    /// Whether `wait` has asked for its status: the number may be given to another job then.
    pub waited: bool,
}

impl Job {
    /// A job that runs.
    #[must_use]
    pub fn new(processes: &[Pid], texts: Vec<Vec<u8>>) -> Self {
        let members = processes.iter().map(|pid| Member { pid: *pid, status: None }).collect();
        Self { number: 0, members, texts, changed: false, waited: false }
    }

    /// The text of the whole.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        self.texts.join(&b" | "[..])
    }

    /// The process group: that of the first process.
    #[must_use]
    pub fn group(&self) -> Pid {
        self.members.first().map_or(0, |member| member.pid)
    }

    /// Notes how one of its processes ended or changed. Returns whether it has that process.
    fn note(&mut self, pid: Pid, status: WaitStatus) -> bool {
        let Some(member) = self.members.iter_mut().find(|member| member.pid == pid) else { return false };
        member.status = if status == WaitStatus::Continued { None } else { Some(status) };
        self.changed = self.ended() || self.stopped();
        true
    }

    /// Lets its processes go on.
    pub fn resume(&mut self) {
        for member in self.members.iter_mut().filter(|member| matches!(member.status, Some(WaitStatus::Stopped(_)))) {
            member.status = None;
        }
        let _ = signal::kill(-self.group().cast_signed(), Some(Signal::CONT));
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

    /// Whether it has neither ended nor been stopped.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.ended() && !self.stopped()
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
#[derive(Debug, Default, Clone)]
pub struct Jobs {
    /// In the order of their numbers.
    pub list: Vec<Job>,
    /// Job numbers, the one that was started or stopped last at the end.
    pub recent: Vec<usize>,
    /// Signals have just been sent: what they do to their receivers has not happened yet, as far as can be told.
    pub unsettled: bool,
}

impl Jobs {
    /// Gives what gets a process the first place that is free or that of a job whose end has been waited for, which is
    /// forgotten then.
    pub fn make_room(&mut self) {
        for (index, job) in self.list.iter().enumerate() {
            if job.number != index + 1 {
                return;
            }
            if job.waited && job.ended() {
                return self.remove(job.number);
            }
        }
    }

    /// Whether a job runs that can be waited for. The jobs are looked at from the one that was started or stopped last on,
    /// and those that have ended before a running one is found count as waited for.
    pub fn await_running(&mut self) -> bool {
        for number in self.recent.iter().rev() {
            let Some(job) = self.list.iter_mut().find(|job| job.number == *number) else { continue };
            if job.runs() {
                return true;
            }
            job.waited = true;
        }
        false
    }

    /// Adds a job and returns its number: the lowest that is free.
    pub fn add(&mut self, mut job: Job) -> usize {
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
        self.list.iter_mut().find_map(|job| job.note(pid, status).then_some(job.number))
    }

    /// The numbers of the jobs that ended or stopped since that was told, the most recent first.
    #[must_use]
    pub fn news(&self) -> Vec<usize> {
        let changed = |number: &usize| self.job(*number).is_some_and(|job| job.changed);
        self.recent.iter().rev().copied().filter(changed).collect()
    }

    /// Notes that a job's state has been told; one that has ended is forgotten.
    pub fn told(&mut self, number: usize) {
        self.list.iter_mut().filter(|job| job.number == number).for_each(|job| job.changed = false);
        if self.job(number).is_some_and(Job::ended) {
            self.remove(number);
        }
    }

    /// Notes that the processes of a job are no children of this shell.
    pub fn lose(&mut self, number: usize) {
        let members = self.list.iter_mut().filter(|job| job.number == number).flat_map(|job| &mut job.members);
        members.filter(|member| member.status.is_none()).for_each(|member| {
            member.status = Some(WaitStatus::Exited(UNKNOWN));
        });
    }

    /// Takes a job out.
    pub fn take(&mut self, number: usize) -> Option<Job> {
        let job = self.job(number).cloned();
        self.remove(number);
        job
    }

    /// The line about a job; with `pids` one for each process.
    #[must_use]
    pub fn line(&self, number: usize, pids: bool) -> Vec<u8> {
        let Some(job) = self.job(number) else { return Vec::new() };
        let (current, previous) = self.current();
        let mark = match Some(number) {
            number if number == current => '+',
            number if number == previous => '-',
            _ => ' ',
        };
        let mut out =
            if flavour::is_dash() { format!("[{number}] {mark} ") } else { format!("[{number}]{mark}  ") }.into_bytes();
        if flavour::is_bash() {
            let end = if job.runs() { " &" } else { "" };
            let pid = if pids { format!("{:5} ", job.group()) } else { String::new() };
            let line = format!("{pid}{:24}", job.state());
            return [&out, line.as_bytes(), &job.text(), end.as_bytes(), b"\n"].concat();
        }
        if !pids {
            out.extend_from_slice(job.state().as_bytes());
            out.resize(out.len().max(TEXT_COLUMN - 1) + 1, b' ');
            out.extend_from_slice(&job.text());
            out.push(b'\n');
            return out;
        }
        for (index, (member, text)) in job.members.iter().zip(&job.texts).enumerate() {
            let start = out.len();
            if index > 0 {
                out.extend_from_slice(b"      ");
            }
            let state = if index == 0 { job.state() } else { String::new() };
            out.extend_from_slice(format!("{} {state}", member.pid).as_bytes());
            let before = if index == 0 { 0 } else { start };
            out.resize((out.len() - before).max(TEXT_COLUMN - 1) + 1 + before, b' ');
            if index > 0 {
                out.extend_from_slice(b"| ");
            }
            out.extend_from_slice(text);
            out.push(b'\n');
        }
        out
    }

    /// Notes all ends that have come, without waiting, and with `stops` which processes were stopped.
    fn poll(&mut self, stops: bool) {
        if self.unsettled {
            return;
        }
        while let Ok(Some((pid, status))) = process::wait(-1, WNOHANG | stop_flag(stops)) {
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
    /// What starting a foreground process, or what stands in for one, does to the jobs.
    pub(crate) fn make_room(&mut self) {
        if !self.controls_jobs() {
            self.jobs.make_room();
        }
    }

    /// Waits for the stages of a foreground pipeline and takes over the exit status.
    pub(crate) fn wait_foreground(&mut self, stages: &[Stage]) {
        self.jobs.unsettled = false;
        if self.controls_jobs() {
            return self.wait_at_terminal(stages);
        }
        let mut statuses: Vec<Option<u8>> = stages.iter().map(Stage::done).collect();
        let mut interrupted = false;
        while statuses.contains(&None) {
            match process::wait(-1, 0) {
                Ok(Some((pid, status))) => {
                    let of_stage = |stage: &Stage| stage.process() == Some(pid);
                    match stages.iter().position(of_stage).and_then(|place| statuses.get_mut(place)) {
                        Some(known) => {
                            *known = Some(status.shell_code());
                            self.report_signal(status);
                            interrupted |= status == WaitStatus::Signaled(Signal::INT);
                        }
                        None => _ = self.jobs.note(pid, status),
                    }
                }
                Ok(None) => {}
                Err(Errno::Intr) => self.traps.collect(),
                Err(_) => statuses.iter_mut().filter(|status| status.is_none()).for_each(|status| {
                    *status = Some(UNKNOWN);
                }),
            }
        }
        if interrupted {
            // The key was meant for all that runs.
            self.traps.collect();
        }
        // What ended in the meantime is known now; to process 1 come the orphans, too.
        if self.pid == 1 {
            self.poll_jobs();
        }
        self.settle_jobs();
        self.take_status(&statuses.into_iter().flatten().collect::<Vec<_>>());
    }

    /// Notes what has become of the jobs, without waiting.
    pub(crate) fn poll_jobs(&mut self) {
        let stops = self.controls_jobs();
        self.jobs.poll(stops);
    }

    /// Waits for any child; under job control one that is stopped counts, too.
    /// # Errors
    /// The kernel's.
    pub(crate) fn wait_for_any(&mut self) -> wcr_sys::Result<Option<(Pid, WaitStatus)>> {
        self.jobs.unsettled = false;
        process::wait(-1, stop_flag(self.controls_jobs()))
    }

    /// Notes which jobs have ended while something ran in the foreground, or in its place.
    pub(crate) fn settle_jobs(&mut self) {
        if !self.jobs.list.is_empty() {
            self.jobs.unsettled = false;
            self.poll_jobs();
        }
    }

    /// As [`Self::wait_foreground`], with the terminal given to the stages meanwhile; they may be stopped there.
    fn wait_at_terminal(&mut self, stages: &[Stage]) {
        let processes: Vec<Pid> = stages.iter().filter_map(Stage::process).collect();
        if processes.is_empty() {
            return self.take_status(&stages.iter().map(|stage| stage.done().unwrap_or(0)).collect::<Vec<_>>());
        }
        let texts = core::mem::take(&mut self.foreground_texts);
        let job = self.run_in_foreground(Job::new(&processes, texts));
        let mut members = job.members.iter();
        let statuses = stages.iter().map(|stage| match stage.done() {
            Some(status) => status,
            None => members.next().and_then(|member| member.status).map_or(UNKNOWN, WaitStatus::shell_code),
        });
        self.take_status(&statuses.collect::<Vec<_>>());
    }

    /// Gives the terminal to a job and waits until it ends or stops; a stopped one goes to the background jobs.
    pub(crate) fn run_in_foreground(&mut self, mut job: Job) -> Job {
        self.give_terminal(job.group());
        self.jobs.unsettled = false;
        while !job.ended() && !job.stopped() {
            match process::wait(-1, WUNTRACED) {
                Ok(Some((pid, status))) => {
                    if job.note(pid, status) {
                        self.report_signal(status);
                    } else {
                        self.jobs.note(pid, status);
                    }
                }
                Ok(None) => {}
                Err(Errno::Intr) => self.traps.collect(),
                Err(_) => job.members.iter_mut().filter(|member| member.status.is_none()).for_each(|member| {
                    member.status = Some(WaitStatus::Exited(UNKNOWN));
                }),
            }
        }
        self.take_terminal_back();
        if job.stopped() {
            self.jobs.add(job.clone());
        } else if job.status() == Some(WaitStatus::Signaled(Signal::INT)) {
            // The key was meant for all that runs.
            self.traps.pending.push(Signal::INT.0);
        }
        job
    }

    fn take_status(&mut self, statuses: &[u8]) {
        let last = statuses.last().copied().unwrap_or(0);
        if flavour::is_bash() {
            self.vars.dynamics.calls.pipe_status = statuses.to_vec();
        }
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

/// The flag of a wait that stopped processes end, too.
const fn stop_flag(stops: bool) -> u32 {
    if stops { WUNTRACED } else { 0 }
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
