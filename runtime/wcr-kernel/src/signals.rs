//! Signals: sending, default actions, stopping and continuing, and what the caller asks of its own.

use wcr_abi::{Disposition, Errno, Pid, Signal, WaitStatus};

use crate::kernel::{Call, Halt, Kernel};
use crate::process::State;
use crate::sched::Event;

/// What a signal does when a process neither ignores nor catches it (`signal(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Terminate,
    Ignore,
    Stop,
    Continue,
}

const fn default_action(signal: Signal) -> Action {
    match signal {
        Signal::CHLD | Signal::URG | Signal::WINCH => Action::Ignore,
        Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => Action::Stop,
        Signal::CONT => Action::Continue,
        _ => Action::Terminate,
    }
}

impl Kernel {
    /// Sends a signal as `kill(2)` does: `pid` > 0 that process, 0 the caller's group, -1 everybody but
    /// the caller and process 1, < -1 that group. Signal 0 only checks.
    ///
    /// # Errors
    /// `INVAL` no such signal; `SRCH` nobody there; `PERM` nobody there that the caller may signal.
    pub fn kill(&mut self, pid: Pid, target: i32, signal: u32) -> Call<()> {
        let signal = match signal {
            0 => None,
            raw => Some(Signal::from_raw(raw).ok_or(Errno::Inval)?),
        };
        let own_group = self.process(pid)?.pgid;
        let matches = |other: Pid, pgid: Pid| match target {
            1.. => other == target.unsigned_abs(),
            0 => pgid == own_group,
            -1 => other != 1 && other != pid,
            _ => pgid == target.unsigned_abs(),
        };
        let targets: Vec<Pid> = self
            .procs
            .iter()
            .filter(|(other, process)| matches(**other, process.pgid))
            .map(|(other, _)| *other)
            .collect();
        if targets.is_empty() {
            return Err(Errno::Srch.into());
        }
        let allowed: Vec<Pid> = targets.into_iter().filter(|other| self.may_signal(pid, *other)).collect();
        if allowed.is_empty() {
            return Err(Errno::Perm.into());
        }
        for other in allowed {
            if let Some(signal) = signal {
                self.post_guarded(other, signal);
            }
        }
        // The caller may have killed or stopped itself.
        match self.process(pid).map(|process| process.state) {
            Ok(State::Ready) => Ok(()),
            Ok(State::Stopped { .. }) => Err(Halt::Block),
            _ => Err(Halt::Exit),
        }
    }

    fn may_signal(&self, from: Pid, to: Pid) -> bool {
        match (self.process(from), self.process(to)) {
            (Ok(from), Ok(to)) => from.creds.uid == 0 || from.creds.uid == to.creds.uid,
            _ => false,
        }
    }

    /// Posts a signal that comes from within the container: process 1 takes only those that it catches.
    pub(crate) fn post_guarded(&mut self, pid: Pid, signal: Signal) {
        let guarded = |process: &crate::process::Process| process.signals.disposition(signal) == Disposition::Default;
        if pid == 1 && self.process(pid).is_ok_and(guarded) && default_action(signal) != Action::Continue {
            return;
        }
        self.post_signal(pid, signal);
    }

    /// Delivers a signal to a process or remembers it.
    pub fn post_signal(&mut self, pid: Pid, signal: Signal) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        if matches!(process.state, State::Zombie(_)) {
            return;
        }
        let unstoppable = signal == Signal::KILL || signal == Signal::STOP;
        let disposition = if unstoppable { Disposition::Default } else { process.signals.disposition(signal) };
        if signal == Signal::CONT {
            self.resume(pid);
        }
        let Some(process) = self.procs.get_mut(&pid) else { return };
        if process.signals.blocked & signal.bit() != 0 && !unstoppable {
            process.signals.pending |= signal.bit();
            return;
        }
        // The end says who was killed.
        if signal != Signal::KILL {
            self.log(|log| log.signal(pid, signal));
        }
        let Some(process) = self.procs.get_mut(&pid) else { return };
        match (disposition, default_action(signal)) {
            (Disposition::Catch, _) => {
                process.signals.pending |= signal.bit();
                if process.state == State::Blocked {
                    self.make_ready(pid);
                }
            }
            (Disposition::Default, Action::Terminate) => self.terminate(pid, WaitStatus::Signaled(signal)),
            (Disposition::Default, Action::Stop) => self.stop(pid, signal),
            (Disposition::Ignore, _) | (Disposition::Default, Action::Ignore | Action::Continue) => {}
        }
    }

    fn stop(&mut self, pid: Pid, signal: Signal) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        let ready = match process.state {
            State::Ready => true,
            State::Blocked => false,
            State::Stopped { .. } | State::Zombie(_) => return,
        };
        process.state = State::Stopped { ready };
        process.report = Some(WaitStatus::Stopped(signal));
        self.log(|log| log.status(pid, WaitStatus::Stopped(signal)));
        self.tell_parent(pid);
    }

    fn resume(&mut self, pid: Pid) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        let State::Stopped { .. } = process.state else { return };
        // A process that waited checks again: the call is made once more either way.
        process.state = State::Blocked;
        process.report = Some(WaitStatus::Continued);
        self.make_ready(pid);
        self.tell_parent(pid);
    }

    /// Tells a process's parent that something about it has changed.
    pub(crate) fn tell_parent(&mut self, pid: Pid) {
        let Ok(parent) = self.process(pid).map(|process| process.ppid) else { return };
        self.post_signal(parent, Signal::CHLD);
        self.wake(Event::Child(parent));
    }

    /// Sets what the caller does on a signal; returns what it did. `INVAL` for `KILL` and `STOP`.
    pub fn sig_action(&mut self, pid: Pid, signal: u32, disposition: u32) -> Call<Disposition> {
        let signal = Signal::from_raw(signal).ok_or(Errno::Inval)?;
        let disposition = Disposition::from_raw(disposition).ok_or(Errno::Inval)?;
        if matches!(signal, Signal::KILL | Signal::STOP) {
            return Err(Errno::Inval.into());
        }
        let signals = &mut self.process_mut(pid)?.signals;
        let old = signals.disposition(signal);
        signals.set_disposition(signal, disposition);
        if disposition == Disposition::Ignore {
            signals.pending &= !signal.bit();
        }
        Ok(old)
    }

    /// Changes the caller's blocked signals (0 add, 1 remove, 2 set); returns the old set.
    pub fn sig_mask(&mut self, pid: Pid, how: u32, set: u64) -> Call<u64> {
        let signals = &mut self.process_mut(pid)?.signals;
        let old = signals.blocked;
        signals.blocked = match how {
            0 => old | set,
            1 => old & !set,
            2 => set,
            _ => return Err(Errno::Inval.into()),
        } & !(Signal::KILL.bit() | Signal::STOP.bit());
        let released = signals.pending & !signals.blocked;
        for signal in (1..=Signal::MAX).map(Signal).filter(|signal| released & signal.bit() != 0) {
            let signals = &mut self.process_mut(pid)?.signals;
            signals.pending &= !signal.bit();
            self.post_signal(pid, signal);
        }
        match self.process(pid)?.state {
            State::Zombie(_) => Err(Halt::Exit),
            State::Stopped { .. } => Err(Halt::Block),
            State::Ready | State::Blocked => Ok(old),
        }
    }

    /// Takes the lowest caught signal that has come; `None` when there is none.
    pub fn sig_take(&mut self, pid: Pid) -> Call<Option<Signal>> {
        let signals = &mut self.process_mut(pid)?.signals;
        let caught = signals.caught();
        if caught == 0 {
            return Ok(None);
        }
        let signal = Signal(caught.trailing_zeros() as u8 + 1);
        signals.pending &= !signal.bit();
        Ok(Some(signal))
    }

    /// Sends the caller `ALRM` after `nanos` (0 cancels); returns what was left of the last alarm.
    pub fn alarm(&mut self, pid: Pid, nanos: u64) -> Call<u64> {
        let now = self.clock.monotonic();
        let process = self.process_mut(pid)?;
        let left = process.alarm.map_or(0, |at| at.saturating_sub(now));
        process.alarm = (nanos != 0).then(|| now.saturating_add(nanos));
        Ok(left)
    }
}
