//! Job control: process groups, and whose the terminal is.

use wcr_sys::abi::{Disposition, OpenFlags, Pid, Signal};
use wcr_sys::{Fd, fd, fs, process, signal, tty};

use super::descriptors::{PRIVATE, out_of_the_way};
use crate::flavour;
use crate::options::Opt;
use crate::shell::Shell;
use crate::syntax::ast::Command;

/// The signals by which a terminal stops processes, which the shell itself ignores.
const STOPPING: [Signal; 3] = [Signal::TSTP, Signal::TTIN, Signal::TTOU];

/// The signals that a shell handles in its own way: an interactive one all of them.
const ENDING: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::TERM];

/// The shell's controlling terminal.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    fd: Fd,
    /// The shell's own process group.
    group: Pid,
    /// The group that had the terminal before.
    before: Pid,
}

impl Shell {
    /// Whether this shell gives its terminal to what it runs.
    pub(crate) fn controls_jobs(&self) -> bool {
        self.terminal.is_some() && !self.subshell && self.has(Opt::Monitor)
    }

    /// Begins job control: the shell becomes the leader of the group in the terminal's foreground.
    /// Returns whether there is a terminal for that.
    pub(crate) fn begin_job_control(&mut self) -> bool {
        if self.terminal.is_some() {
            return true;
        }
        let Some(opened) = open_terminal() else { return false };
        let identity = process::ids();
        let mut group = identity.pgid;
        loop {
            match tty::foreground(opened) {
                Ok(foreground) if foreground == group => break,
                // In the background: stopped until somebody brings the shell to the foreground.
                Ok(_) if signal::kill(0, Some(Signal::TTIN)).is_ok() => group = process::ids().pgid,
                _ => {
                    let _ = fd::close(opened);
                    return false;
                }
            }
        }
        for stopping in STOPPING {
            let _ = signal::set_disposition(stopping, Disposition::Ignore);
        }
        let _ = process::setpgid(0, identity.pid);
        let _ = tty::set_foreground(opened, identity.pid);
        self.terminal = Some(Terminal { fd: opened, group: identity.pid, before: group });
        true
    }

    /// Replaces the default actions of the signals that end a shell: one at a terminal stays, and any outlives `QUIT`. The
    /// interrupt ends a shell that waits for a program when that has ended.
    pub(crate) fn begin_signals(&mut self) {
        let interactive = self.has(Opt::Interactive);
        for signal in ENDING {
            let replaces = match signal {
                Signal::INT => interactive || flavour::is_ash() || self.pid == 1 && !flavour::is_dash(),
                Signal::QUIT => interactive || flavour::is_ash(),
                _ => interactive,
            };
            if replaces && (replace_action(signal) != Ok(Disposition::Ignore) || interactive) {
                self.own |= signal.bit();
            } else if replaces {
                let _ = signal::set_disposition(signal, Disposition::Ignore);
            }
        }
    }

    /// Replaces the default action of a signal again, after a trap was set for it.
    pub(crate) fn restore_own_action(&mut self, number: u8) {
        if let Some(signal) = ENDING.into_iter().find(|signal| signal.0 == number && self.own & signal.bit() != 0) {
            let _ = replace_action(signal);
        }
    }

    /// Ends job control: the terminal is its former owner's again.
    pub(crate) fn end_job_control(&mut self) {
        let Some(Terminal { fd: opened, before, .. }) = self.terminal.take() else { return };
        let _ = tty::set_foreground(opened, before);
        let _ = process::setpgid(0, before);
        for stopping in STOPPING {
            let _ = signal::set_disposition(stopping, Disposition::Default);
        }
        let _ = fd::close(opened);
    }

    /// Brings a process group to the foreground.
    pub(crate) fn give_terminal(&self, group: Pid) {
        if let Some(terminal) = &self.terminal {
            let _ = tty::set_foreground(terminal.fd, group);
        }
    }

    /// Brings the shell to the foreground.
    pub(crate) fn take_terminal_back(&self) {
        if let Some(terminal) = &self.terminal {
            self.give_terminal(terminal.group);
        }
    }

    /// Keeps the text of a command that is about to run, for the job it may become.
    #[inline(never)]
    pub(super) fn note_foreground(&mut self, command: &Command) {
        if matches!(command, Command::Simple(_) | Command::Pipeline(_) | Command::Subshell { .. }) {
            self.foreground_texts = super::pipeline::texts(command);
        }
    }

    /// Puts a forked copy into its job's group: a new one, or that of the pipeline.
    pub(super) fn join_group(&self, pid: Pid) {
        if self.controls_jobs() {
            let _ = process::setpgid(pid, self.pipeline_group.unwrap_or(pid));
        }
    }

    /// What a forked copy does about job control: it belongs to a job of the shell that `controlled` jobs, and has none
    /// itself, although the option stays.
    pub(super) fn leave_job_control(&mut self, controlled: bool) {
        if controlled {
            let _ = process::setpgid(0, self.pipeline_group.unwrap_or(0));
        }
        let own = self.own_signals();
        self.own = 0;
        for signal in STOPPING.into_iter().chain(ENDING).filter(|signal| own & signal.bit() != 0) {
            let _ = signal::set_disposition(signal, Disposition::Default);
        }
        self.terminal = None;
    }

    /// The signals whose dispositions are the shell's own affair, as a set: programs get the default ones.
    pub(super) fn own_signals(&self) -> u64 {
        let stopping = STOPPING.into_iter().filter(|_| self.terminal.is_some());
        let ending = ENDING.into_iter().filter(|signal| self.own & signal.bit() != 0);
        let own = stopping.chain(ending).filter(|signal| self.traps.action(signal.0).is_none());
        own.fold(0, |set, signal| set | signal.bit())
    }
}

/// Replaces the default action of one of the signals that end a shell; gives the action before.
fn replace_action(signal: Signal) -> wcr_sys::Result<Disposition> {
    let action = if signal == Signal::INT { Disposition::Catch } else { Disposition::Ignore };
    signal::set_disposition(signal, action)
}

/// The controlling terminal, at a private number.
fn open_terminal() -> Option<Fd> {
    let flags = OpenFlags::RDWR.with(OpenFlags::CLOEXEC);
    if let Ok(opened) = fs::open(b"/dev/tty", flags, 0) {
        return out_of_the_way(opened, PRIVATE - 1).ok();
    }
    let standard = [fd::STDERR, fd::STDOUT, fd::STDIN].into_iter().find(|stream| tty::is_tty(*stream))?;
    fd::dup(standard, PRIVATE, OpenFlags::CLOEXEC).ok()
}
