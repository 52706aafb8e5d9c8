//! How processes are preferred.

use wcr_abi::Pid;
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// `getpriority(2)`: the lowest nice value (a signed word) of one process (`which` 0), a group (1), a user's (2).
///
/// # Errors
/// `INVAL` no such `which`; `SRCH` there are none.
pub fn priority_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, which: u32, who: u32, out: u32) -> Call<()> {
    let nice = k.priority(pid, which, who)?;
    Ok(mem.put_u32(out, nice.cast_unsigned())?)
}

/// `setpriority(2)`, for the same processes as `priority_get`.
///
/// Partial: A nice value is kept, and changes nothing.
///
/// # Errors
/// `INVAL` no such `which`; `SRCH` there are none; `PERM` another user's; `ACCES` a lower value than the limit on it allows,
/// which takes more than the superuser of a container may.
pub fn priority_set<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    which: u32,
    who: u32,
    nice: i32,
) -> Call<()> {
    k.set_priority(pid, which, who, nice)
}

/// `ioprio_get(2)`: the best priority (the class above the 13th bit, the level below) of one process (`which` 1), a group
/// (2), a user's (3).
///
/// # Errors
/// `INVAL` no such `which`; `SRCH` there are none.
pub fn io_priority_get<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    which: u32,
    who: u32,
    out: u32,
) -> Call<()> {
    let priority = k.io_priority(pid, which, who)?;
    Ok(mem.put_u32(out, priority)?)
}

/// `ioprio_set(2)`, for the same processes as `io_priority_get`.
///
/// Partial: A priority is kept, and changes nothing.
///
/// # Errors
/// `INVAL` no such class, level or `which`; `SRCH` there are none; `PERM` another user's, or the class for real time.
pub fn io_priority_set<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    which: u32,
    who: u32,
    priority: u32,
) -> Call<()> {
    k.set_io_priority(pid, which, who, priority)
}

/// `sched_getaffinity(2)`: the processors that a process may run on, a bit each (a word of eight bytes). There is one.
///
/// # Errors
/// `SRCH` no such process.
pub fn affinity_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, target: u32, out: u32) -> Call<()> {
    let processors = k.affinity(pid, target)?;
    Ok(mem.put_u64(out, processors)?)
}

/// `sched_setaffinity(2)`.
///
/// # Errors
/// `SRCH` no such process; `PERM` another user's; `INVAL` there are no such processors.
pub fn affinity_set<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, target: u32, processors: u64) -> Call<()> {
    k.set_affinity(pid, target, processors)
}
