//! Signals: sending, default actions, stopping and continuing, and what the caller asks of its own.

use wcr_abi::{Disposition, Errno, Pid, SA_NOCLDSTOP, SA_NOCLDWAIT, Signal, WaitStatus};

use crate::kernel::{Call, Halt, Kernel};
use crate::process::{Retry, State};
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

/// The signals that stop.
const STOPS: u64 = Signal::STOP.bit() | Signal::TSTP.bit() | Signal::TTIN.bit() | Signal::TTOU.bit();

/// Whether nothing comes of a signal.
fn ignores(disposition: Disposition, action: Action) -> bool {
    disposition == Disposition::Ignore
        || disposition == Disposition::Default && matches!(action, Action::Ignore | Action::Continue)
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
        if core::mem::take(&mut self.process_mut(pid)?.retry.signalled) {
            return Ok(());
        }
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
        let allowed: Vec<Pid> = targets.into_iter().filter(|other| self.may_signal(pid, *other, signal)).collect();
        if allowed.is_empty() && target != -1 {
            return Err(Errno::Perm.into());
        }
        for other in allowed {
            if let Some(signal) = signal {
                self.post_guarded(other, signal);
            }
        }
        let result = self.go_on(pid, ());
        if result == Err(Halt::Block) {
            self.process_mut(pid)?.retry.signalled = true;
        }
        result
    }

    /// The result of a call by which the caller may have killed or stopped itself.
    fn go_on<T>(&self, pid: Pid, result: T) -> Call<T> {
        match self.process(pid).map(|process| process.state) {
            Ok(State::Ready | State::Blocked) => Ok(result),
            Ok(State::Stopped { .. }) => Err(Halt::Block),
            _ => Err(Halt::Exit),
        }
    }

    fn may_signal(&self, from: Pid, to: Pid, signal: Option<Signal>) -> bool {
        let (Ok(from), Ok(to)) = (self.process(from), self.process(to)) else { return false };
        let theirs = [to.user.real, to.user.saved];
        let same = from.creds.uid == 0 || theirs.contains(&from.creds.uid) || theirs.contains(&from.user.real);
        same || signal == Some(Signal::CONT) && from.sid == to.sid
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
        let action = default_action(signal);
        match action {
            Action::Stop => process.signals.pending &= !Signal::CONT.bit(),
            Action::Continue => {
                process.signals.pending &= !STOPS;
                self.resume(pid);
            }
            Action::Terminate | Action::Ignore => {}
        }
        let Some(process) = self.procs.get_mut(&pid) else { return };
        let unstoppable = signal == Signal::KILL || signal == Signal::STOP;
        let disposition = if unstoppable { Disposition::Default } else { process.signals.disposition(signal) };
        if process.signals.blocked & signal.bit() != 0 && !unstoppable {
            process.signals.pending |= signal.bit();
            if process.signals.awaited & signal.bit() != 0 && process.state == State::Blocked {
                self.make_ready(pid);
            }
            return;
        }
        if ignores(disposition, action) {
            self.log(|log| log.signal(pid, signal));
            return;
        }
        if matches!(process.state, State::Stopped { .. }) && signal != Signal::KILL {
            // Nothing but its end reaches a stopped process; another stop changes nothing.
            if signal != Signal::STOP {
                process.signals.pending |= signal.bit();
            }
            return;
        }
        // The end says who was killed.
        if signal != Signal::KILL {
            self.log(|log| log.signal(pid, signal));
        }
        let Some(process) = self.procs.get_mut(&pid) else { return };
        match (disposition, action) {
            (Disposition::Catch, _) => {
                process.signals.pending |= signal.bit();
                if process.state == State::Blocked {
                    self.make_ready(pid);
                }
            }
            (_, Action::Terminate) => self.terminate(pid, WaitStatus::Signaled(signal)),
            (_, Action::Stop) => {
                let group = process.pgid;
                if signal == Signal::STOP || !self.is_orphaned(group) {
                    self.stop(pid, signal);
                }
            }
            (_, Action::Ignore | Action::Continue) => {}
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
        self.tell_parent_of_change(pid);
    }

    fn resume(&mut self, pid: Pid) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        let State::Stopped { .. } = process.state else { return };
        // A process that waited checks again: the call is made once more either way.
        process.state = State::Blocked;
        process.report = Some(WaitStatus::Continued);
        self.make_ready(pid);
        self.tell_parent_of_change(pid);
        self.act_on_released(pid);
    }

    /// Lets the pending signals that are not held back do what they do.
    fn act_on_released(&mut self, pid: Pid) {
        let Some(process) = self.procs.get(&pid) else { return };
        let released = process.signals.pending & !process.signals.blocked;
        for signal in (1..=Signal::MAX).map(Signal).filter(|signal| released & signal.bit() != 0) {
            let Some(process) = self.procs.get_mut(&pid) else { return };
            process.signals.pending &= !signal.bit();
            self.post_signal(pid, signal);
        }
    }

    /// Tells a process's parent that it has stopped or goes on, unless the parent does not want to know.
    fn tell_parent_of_change(&mut self, pid: Pid) {
        let Ok(parent) = self.process(pid).map(|process| process.ppid) else { return };
        if self.process(parent).is_ok_and(|parent| parent.signals.child_flags & SA_NOCLDSTOP != 0) {
            self.wake(Event::Child(parent));
        } else {
            self.tell_parent(pid);
        }
    }

    /// Sets what the caller is not told of its children; gives what was set before. `INVAL` no such flags.
    pub fn set_child_flags(&mut self, pid: Pid, flags: u32) -> Call<u32> {
        if flags & !(SA_NOCLDSTOP | SA_NOCLDWAIT) != 0 {
            return Err(Errno::Inval.into());
        }
        Ok(core::mem::replace(&mut self.process_mut(pid)?.signals.child_flags, flags))
    }

    /// Tells a process's parent that something about it has changed.
    pub(crate) fn tell_parent(&mut self, pid: Pid) {
        let Ok(parent) = self.process(pid).map(|process| process.ppid) else { return };
        self.post_signal(parent, Signal::CHLD);
        self.wake(Event::Child(parent));
    }

    /// Sets what the caller does on a signal; returns what it did. `None` only asks.
    ///
    /// # Errors
    /// `INVAL` no such signal; a change for `KILL` or `STOP`.
    pub fn sig_action(&mut self, pid: Pid, signal: u32, disposition: Option<Disposition>) -> Call<Disposition> {
        let signal = Signal::from_raw(signal).ok_or(Errno::Inval)?;
        let signals = &mut self.process_mut(pid)?.signals;
        let old = signals.disposition(signal);
        let Some(disposition) = disposition else { return Ok(old) };
        if matches!(signal, Signal::KILL | Signal::STOP) {
            return Err(Errno::Inval.into());
        }
        signals.set_disposition(signal, disposition);
        if ignores(disposition, default_action(signal)) {
            signals.pending &= !signal.bit();
            signals.arrived &= !signal.bit();
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
        self.act_on_released(pid);
        self.go_on(pid, old)
    }

    /// The signals that have come for the caller and are held back.
    pub fn sig_pending(&self, pid: Pid) -> Call<u64> {
        let signals = &self.process(pid)?.signals;
        Ok(signals.pending & signals.blocked)
    }

    /// Waits with another mask until a caught signal comes (`sigsuspend(2)`): always `INTR`, with the mask as before.
    pub fn sig_suspend(&mut self, pid: Pid, mask: u64) -> Call<()> {
        let signals = &mut self.process_mut(pid)?.signals;
        if signals.saved.is_none() {
            signals.saved = Some(signals.blocked);
            signals.blocked = mask & !(Signal::KILL.bit() | Signal::STOP.bit());
            self.act_on_released(pid);
            self.go_on(pid, ())?;
        }
        let halt = self.block(pid, &[]);
        if let Halt::Errno(_) = halt {
            let signals = &mut self.process_mut(pid)?.signals;
            let caught = signals.caught();
            signals.arrived |= caught;
            signals.pending &= !caught;
            signals.blocked = signals.saved.take().unwrap_or(signals.blocked);
        }
        Err(halt)
    }

    /// Takes the lowest pending signal of a set, which are best held back, or waits for one (`sigtimedwait(2)`).
    ///
    /// # Errors
    /// `AGAIN` none came within `timeout` nanoseconds; `INTR` another one was caught.
    pub fn sig_wait(&mut self, pid: Pid, set: u64, timeout: Option<u64>) -> Call<Signal> {
        let now = self.clock.monotonic();
        let process = self.process_mut(pid)?;
        let found = process.signals.pending & set;
        let started = *process.retry.started.get_or_insert(now);
        let deadline = timeout.map(|timeout| started.saturating_add(timeout));
        if found != 0 || deadline.is_some_and(|deadline| now >= deadline) {
            process.retry = Retry::default();
            process.signals.awaited = 0;
            if found == 0 {
                return Err(Errno::Again.into());
            }
            let signal = Signal(found.trailing_zeros() as u8 + 1);
            process.signals.pending &= !signal.bit();
            return Ok(signal);
        }
        process.signals.awaited = set;
        process.retry.deadline = deadline;
        let halt = self.block(pid, &[]);
        if let Halt::Errno(_) = halt {
            self.process_mut(pid)?.signals.awaited = 0;
        }
        Err(halt)
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
        signals.arrived &= !signal.bit();
        Ok(Some(signal))
    }

    /// Sends the caller `ALRM` after `nanos` (0 cancels), and then each `interval` (0: once); returns what was left of
    /// the last timer, and its interval.
    pub fn set_alarm(&mut self, pid: Pid, nanos: u64, interval: u64) -> Call<(u64, u64)> {
        let now = self.clock.monotonic();
        let process = self.process_mut(pid)?;
        let left = process.alarm.map_or(0, |at| at.saturating_sub(now));
        process.alarm = (nanos != 0).then(|| now.saturating_add(nanos));
        let old = core::mem::replace(&mut process.alarm_interval, if nanos == 0 { 0 } else { interval });
        Ok((left, old))
    }
}
