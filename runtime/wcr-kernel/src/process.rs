//! One process: identity, descriptors, signals, what it waits for.

use wcr_abi::{Disposition, Pid, Signal, WaitStatus};
use wcr_vfs::{Creds, Name, Node};

use crate::fd::FdTable;
use crate::limits::Resources;
use crate::program::Program;

/// The first process of a container.
#[derive(Debug, Clone, Default)]
pub struct InitRequest {
    /// The arguments; `argv[0]` is looked up in `PATH` of `envp` when it has no slash.
    pub argv: Vec<Vec<u8>>,
    /// The environment, `NAME=value` each.
    pub envp: Vec<Vec<u8>>,
    /// The current directory; it exists.
    pub cwd: Vec<u8>,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The supplementary groups.
    pub groups: Vec<u32>,
}

/// The ids of a process beside the effective one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherIds {
    pub(crate) real: u32,
    pub(crate) saved: u32,
}

impl OtherIds {
    /// Both alike.
    pub(crate) const fn all(id: u32) -> Self {
        Self { real: id, saved: id }
    }
}

/// Whether a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It runs or is in the ready queue.
    Ready,
    /// It waits for an event.
    Blocked,
    /// It was stopped by a signal; `ready` says whether an event came for it meanwhile.
    Stopped { ready: bool },
    /// It has ended and its parent has not asked yet.
    Zombie(WaitStatus),
}

/// Dispositions, pending and blocked signals of a process.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    dispositions: [Disposition; Signal::MAX as usize],
    /// What the process is not told of its children, and need not ask: `SA_NOCLDSTOP`, `SA_NOCLDWAIT`.
    pub(crate) child_flags: u32,
    pub(crate) pending: u64,
    pub(crate) blocked: u64,
    /// Caught ones that came under a mask that was there for a wait only: the guest has not taken them yet.
    pub(crate) arrived: u64,
    /// The mask that comes back when the wait with another one is over.
    pub(crate) saved: Option<u64>,
    /// Those whose coming ends the caller's wait although they are held back.
    pub(crate) awaited: u64,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            dispositions: [Disposition::Default; Signal::MAX as usize],
            child_flags: 0,
            pending: 0,
            blocked: 0,
            arrived: 0,
            saved: None,
            awaited: 0,
        }
    }
}

impl Signals {
    pub(crate) fn disposition(&self, signal: Signal) -> Disposition {
        self.dispositions.get(usize::from(signal.0) - 1).copied().unwrap_or_default()
    }

    pub(crate) fn set_disposition(&mut self, signal: Signal, disposition: Disposition) {
        if let Some(slot) = self.dispositions.get_mut(usize::from(signal.0) - 1) {
            *slot = disposition;
        }
    }

    /// What a copy of the process starts with: nothing is pending.
    pub(crate) fn for_fork(&self) -> Self {
        Self { pending: 0, arrived: 0, saved: None, awaited: 0, ..self.clone() }
    }

    /// What a new program starts with: caught signals are back to default, and those of `defaults`.
    pub(crate) fn for_exec(&self, defaults: u64) -> Self {
        let mut next = Self { child_flags: 0, arrived: 0, saved: None, awaited: 0, ..self.clone() };
        for (at, slot) in next.dispositions.iter_mut().enumerate() {
            if *slot == Disposition::Catch || defaults & 1 << at != 0 {
                *slot = Disposition::Default;
            }
        }
        next
    }

    /// The caught signals that have come and are not held back.
    pub(crate) fn caught(&self) -> u64 {
        let deliverable = self.pending & !self.blocked;
        if deliverable == 0 {
            return self.arrived;
        }
        (1..=Signal::MAX)
            .map(Signal)
            .filter(|signal| deliverable & signal.bit() != 0 && self.disposition(*signal) == Disposition::Catch)
            .fold(self.arrived, |set, signal| set | signal.bit())
    }
}

/// A FIFO being opened: the open file, and how often its other end had been opened before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) file: crate::file::FileId,
    pub(crate) seen: u64,
}

/// What a process remembers of a call that it has to make again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retry {
    /// Bytes of a write that went through already.
    pub(crate) done: usize,
    /// A FIFO whose other end is awaited.
    pub(crate) opening: Option<Opening>,
    /// It has let the others run.
    pub(crate) gave_way: bool,
    /// It has sent the signal by which it was stopped itself.
    pub(crate) signalled: bool,
    /// When a poll was first made, on the monotonic clock.
    pub(crate) started: Option<u64>,
    /// When a wait ends, on the monotonic clock.
    pub(crate) deadline: Option<u64>,
}

/// A process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) ppid: Pid,
    pub(crate) pgid: Pid,
    pub(crate) sid: Pid,
    pub(crate) state: State,
    /// The effective ids, which decide what it may do.
    pub(crate) creds: Creds,
    /// The real and the saved ids of the user.
    pub(crate) user: OtherIds,
    /// The real and the saved ids of the group.
    pub(crate) group: OtherIds,
    /// The nice value, which changes nothing here.
    pub(crate) nice: i32,
    /// The priority of its input and output, which changes nothing, either.
    pub(crate) io_priority: u32,
    /// How long it ran, in nanoseconds.
    pub(crate) ran: u64,
    /// How long the children that it waited for ran, and theirs.
    pub(crate) children_ran: u64,
    pub(crate) umask: u32,
    pub(crate) cwd: Node,
    /// What it is called when it was removed.
    pub(crate) cwd_name: Name,
    pub(crate) fds: FdTable,
    pub(crate) signals: Signals,
    pub(crate) argv: Vec<Vec<u8>>,
    pub(crate) envp: Vec<Vec<u8>>,
    /// The executed file, which is kept.
    pub(crate) exe: Node,
    pub(crate) exe_name: Name,
    /// Its device, inode and size.
    pub(crate) file: (u64, u64, u64),
    /// The short name that `ps` shows.
    pub(crate) comm: Vec<u8>,
    pub(crate) program: Program,
    /// It has executed a program since it was made: its parent may not move it to another group any more.
    pub(crate) has_executed: bool,
    /// It has given up the terminal of its session.
    pub(crate) left_tty: bool,
    /// A new program waits to be started in this process.
    pub(crate) exec_pending: bool,
    pub(crate) retry: Retry,
    /// Counts blockings; an entry of a wait queue with an older number is stale.
    pub(crate) blocking: u64,
    /// When `ALRM` comes, on the monotonic clock.
    pub(crate) alarm: Option<u64>,
    /// After which time it comes again; 0 for never.
    pub(crate) alarm_interval: u64,
    /// The monotonic clock at its start.
    pub(crate) started: u64,
    pub(crate) limits: Resources,
    /// How large its memory was at its last call, in bytes.
    pub(crate) memory: u64,
    /// A change of state (stopped, continued) that the parent has not been told.
    pub(crate) report: Option<WaitStatus>,
}

impl Process {
    /// Whether it has ended.
    pub(crate) const fn is_zombie(&self) -> bool {
        matches!(self.state, State::Zombie(_))
    }
}
