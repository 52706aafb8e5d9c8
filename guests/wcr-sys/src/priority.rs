//! How processes are preferred: priorities of input and output, processors. For nice values see [`crate::user`].

use wcr_abi::Pid;

use crate::user::Processes;
use crate::{Result, check, imports};

/// The best priority of input and output of some processes: its class (0 none, 1 real time, 2 best effort, 3 idle) and
/// its level. `SRCH` there are none.
pub fn io(of: Processes) -> Result<(u32, u32)> {
    let ((which, who), mut priority) = (of.numbers(), 0);
    check(imports::io_priority_get(which + 1, who, &raw mut priority))?;
    Ok((priority >> 13, priority & 0x1fff))
}

/// Sets the priority of input and output of some processes. `SRCH` there are none; `PERM` it may not be set; `INVAL` no
/// such class, or no such level.
pub fn set_io(of: Processes, class: u32, level: u32) -> Result<()> {
    let (which, who) = of.numbers();
    check(imports::io_priority_set(which + 1, who, class << 13 | level))
}

/// The processors that a process (0: this one) may run on, a bit each. `SRCH` no such process.
pub fn affinity(pid: Pid) -> Result<u64> {
    let mut processors = 0;
    check(imports::affinity_get(pid, &raw mut processors))?;
    Ok(processors)
}

/// Sets the processors that a process (0: this one) may run on. `SRCH` no such process; `PERM` another user's; `INVAL`
/// there are no such processors.
pub fn set_affinity(pid: Pid, processors: u64) -> Result<()> {
    check(imports::affinity_set(pid, processors))
}
