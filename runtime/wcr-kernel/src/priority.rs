//! How processes are preferred: nice values, priorities of input and output, the processors that they may run on. They
//! are kept, and change nothing: there is one processor, and a process has it until it waits.

use wcr_abi::{Errno, Pid};

use crate::capability::Capability;
use crate::kernel::{Call, Kernel};
use crate::limits::RLIMIT_NICE;
use crate::process::Process;

/// The classes of priorities of input and output (`ioprio_set(2)`), which stand above their levels.
mod class {
    pub(super) const NONE: u32 = 0;
    pub(super) const REAL_TIME: u32 = 1;
    pub(super) const BEST_EFFORT: u32 = 2;
    pub(super) const IDLE: u32 = 3;
}

/// Where the class begins in a priority of input and output.
const CLASS_SHIFT: u32 = 13;
/// The levels of a class.
const LEVELS: u32 = 8;
/// The processors there are, a bit each.
const PROCESSORS: u64 = 1;

impl Kernel {
    /// The processes that `getpriority(2)` and `setpriority(2)` mean: 0 one, 1 a group, 2 a user's; `who` 0 is the
    /// caller's.
    fn prioritised(&self, pid: Pid, which: u32, who: u32) -> Call<Vec<Pid>> {
        let own = self.process(pid)?;
        let meant = |other: Pid, process: &Process| match which {
            0 => other == if who == 0 { pid } else { who },
            1 => process.pgid == if who == 0 { own.pgid } else { who },
            _ => process.user.real == if who == 0 { own.user.real } else { who },
        };
        if which > 2 {
            return Err(Errno::Inval.into());
        }
        let found: Vec<Pid> =
            self.procs.iter().filter(|(at, process)| meant(**at, process)).map(|(at, _)| *at).collect();
        if found.is_empty() { Err(Errno::Srch.into()) } else { Ok(found) }
    }

    /// The lowest nice value of the processes meant (`getpriority(2)`). `INVAL`, `SRCH` there are none.
    pub fn priority(&self, pid: Pid, which: u32, who: u32) -> Call<i32> {
        let values = self.prioritised(pid, which, who)?.into_iter().filter_map(|at| self.procs.get(&at));
        values.map(|process| process.nice).min().ok_or(Errno::Srch.into())
    }

    /// Sets the nice value of the processes meant (`setpriority(2)`).
    ///
    /// # Errors
    /// `INVAL`, `SRCH` there are none; `PERM` another user's; `ACCES` a lower value than the process's limit on it allows:
    /// that takes more than the superuser of a container may.
    pub fn set_priority(&mut self, pid: Pid, which: u32, who: u32, value: i32) -> Call<()> {
        let value = value.clamp(-20, 19);
        let free = self.process(pid)?.is_capable(Capability::Nice);
        let mut failure = None;
        for at in self.prioritised(pid, which, who)? {
            let may = self.may_prefer(pid, at);
            let process = self.process_mut(at)?;
            let low_enough = u64::from((20 - value).unsigned_abs()) <= process.limits[RLIMIT_NICE].0;
            match may {
                Err(errno) => failure = Some(errno),
                Ok(()) if value < process.nice && !low_enough && !free => failure = Some(Errno::Acces),
                Ok(()) => process.nice = value,
            }
        }
        failure.map_or(Ok(()), |errno| Err(errno.into()))
    }

    /// The priority of input and output of the processes meant (`which` 1 one, 2 a group, 3 a user's): the class above
    /// the 13th bit, the level below; of several the best one. `INVAL`, `SRCH` there are none.
    pub fn io_priority(&self, pid: Pid, which: u32, who: u32) -> Call<u32> {
        let meant = self.prioritised(pid, which.checked_sub(1).ok_or(Errno::Inval)?, who)?;
        let processes = meant.into_iter().filter_map(|at| self.procs.get(&at));
        let shown = |process: &Process| match process.io_priority {
            // Of several, one without a priority has what its nice value says.
            0 if which != 1 => (class::BEST_EFFORT << CLASS_SHIFT) | ((process.nice + 20).unsigned_abs() / 5),
            priority => priority,
        };
        processes.map(shown).min().ok_or(Errno::Srch.into())
    }

    /// Sets the priority of input and output of the processes meant (`ioprio_set(2)`).
    ///
    /// # Errors
    /// `INVAL` no such class, level or `which`; `SRCH` there are none; `PERM` another user's, or the class `RT`.
    pub fn set_io_priority(&mut self, pid: Pid, which: u32, who: u32, priority: u32) -> Call<()> {
        match (priority >> CLASS_SHIFT, priority % LEVELS) {
            (class::REAL_TIME, _) if !self.process(pid)?.is_capable(Capability::Nice) => {
                return Err(Errno::Perm.into());
            }
            (class::REAL_TIME, _) => {}
            (class::NONE, 0) | (class::BEST_EFFORT | class::IDLE, _) => {}
            _ => return Err(Errno::Inval.into()),
        }
        for at in self.prioritised(pid, which.checked_sub(1).ok_or(Errno::Inval)?, who)? {
            self.may_prefer(pid, at)?;
            self.process_mut(at)?.io_priority = priority;
        }
        Ok(())
    }

    /// The processors that a process (0: the caller) may run on, a bit each (`sched_getaffinity(2)`). `SRCH`.
    pub fn affinity(&self, pid: Pid, target: Pid) -> Call<u64> {
        self.process(if target == 0 { pid } else { target })?;
        Ok(PROCESSORS)
    }

    /// Sets the processors that a process (0: the caller) may run on.
    ///
    /// # Errors
    /// `SRCH` no such process; `PERM` another user's; `INVAL` there are no such processors.
    pub fn set_affinity(&mut self, pid: Pid, target: Pid, processors: u64) -> Call<()> {
        let target = if target == 0 { pid } else { target };
        self.process(target)?;
        self.may_prefer(pid, target)?;
        if processors & PROCESSORS == 0 { Err(Errno::Inval.into()) } else { Ok(()) }
    }

    /// `PERM` when how `target` is preferred is not the caller's to say.
    fn may_prefer(&self, pid: Pid, target: Pid) -> Result<(), Errno> {
        let (process, target) = (self.process(pid)?, self.process(target)?);
        let caller = process.creds.uid;
        let own = caller == target.user.real || caller == target.creds.uid;
        if own || process.is_capable(Capability::Nice) { Ok(()) } else { Err(Errno::Perm) }
    }
}
