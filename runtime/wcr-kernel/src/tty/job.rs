//! Job control: which session a terminal controls, and which process group may use it.

use wcr_abi::{Disposition, Errno, Pid, Signal};

use crate::kernel::{Call, Halt, Kernel};
use crate::process::{Process, State};

use super::TtyId;

impl Kernel {
    /// Makes a terminal the controlling one of a session, whose leader's group comes to the foreground.
    pub(crate) fn control_session(&mut self, id: TtyId, session: Pid) {
        let group = self.process(session).map_or(session, |leader| leader.pgid);
        if let Ok(leader) = self.process_mut(session) {
            leader.left_tty = false;
        }
        if let Some(tty) = self.ttys.get_mut(id.0) {
            (tty.session, tty.foreground) = (Some(session), Some(group));
        }
    }

    /// Takes a session's terminal from it when its leader ends or gives it up: the foreground group gets `HUP`.
    pub(crate) fn leave_tty(&mut self, session: Pid, ends: bool) {
        let Some((at, _)) = self.ttys.iter().find(|(_, tty)| tty.session == Some(session)) else { return };
        let Some(tty) = self.ttys.get_mut(at) else { return };
        tty.session = None;
        if let Some(group) = tty.foreground.take() {
            self.signal_group(group, Signal::HUP);
            if !ends {
                self.signal_group(group, Signal::CONT);
            }
        }
    }

    /// Lets a process go on only if its group may use the terminal: else its group gets `TTIN` or `TTOU`.
    ///
    /// # Errors
    /// `IO` the signal would stop nobody: it is ignored or held back (and is `TTIN`), or nobody could continue the
    /// group; `INTR` it was caught.
    pub(super) fn check_foreground(&mut self, pid: Pid, id: TtyId, signal: Signal) -> Call<()> {
        let Some(foreground) = self.ttys.get(id.0).and_then(|tty| tty.foreground) else { return Ok(()) };
        let process = self.process(pid)?;
        let group = process.pgid;
        if group == foreground || self.controlling_tty(pid) != Some(id) {
            return Ok(());
        }
        let ignored = process.signals.disposition(signal) == Disposition::Ignore;
        if ignored || process.signals.blocked & signal.bit() != 0 {
            return if signal == Signal::TTIN { Err(Errno::Io.into()) } else { Ok(()) };
        }
        if self.is_orphaned(group) {
            return Err(Errno::Io.into());
        }
        self.signal_group(group, signal);
        Err(match self.process(pid)?.state {
            State::Stopped { .. } => Halt::Block,
            State::Zombie(_) => Halt::Exit,
            State::Ready | State::Blocked => Errno::Intr.into(),
        })
    }

    /// Whether nobody could continue a process group: no member's parent is in its session, but in another group.
    pub(crate) fn is_orphaned(&self, group: Pid) -> bool {
        self.is_orphaned_but_for(group, None)
    }

    /// The same; members that have ended do not count, but for one that is ending.
    pub(crate) fn is_orphaned_but_for(&self, group: Pid, ending: Option<Pid>) -> bool {
        let counts = |pid: Pid, process: &Process| {
            process.pgid == group && (!matches!(process.state, State::Zombie(_)) || Some(pid) == ending)
        };
        !self.procs.iter().filter(|(pid, member)| counts(**pid, member)).any(|(_, member)| {
            self.procs.get(&member.ppid).is_some_and(|parent| parent.sid == member.sid && parent.pgid != group)
        })
    }
}
