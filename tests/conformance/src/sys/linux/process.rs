//! What a process is and may use.

use wcr_abi::Pid;

use super::check;
use crate::sys::Outcome;

pub fn rlimit(resource: u32) -> Outcome<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    call!(getrlimit(resource as _, &raw mut limit))?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

pub fn set_rlimit(resource: u32, soft: u64, hard: u64) -> Outcome<()> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    call!(setrlimit(resource as _, &raw const limit)).map(drop)
}

/// The real, the effective and the saved id: of the user, or of the group.
pub fn ids(group: bool) -> [u32; 3] {
    let (mut real, mut effective, mut saved) = (0, 0, 0);
    if group {
        call!(getresgid(&raw mut real, &raw mut effective, &raw mut saved)).expect("the ids");
    } else {
        call!(getresuid(&raw mut real, &raw mut effective, &raw mut saved)).expect("the ids");
    }
    [real, effective, saved]
}

// By the system calls: the C library's functions set the ids of all threads, and some refuse what the kernel takes.

pub fn set_id(group: bool, id: u32) -> Outcome<()> {
    let number = if group { libc::SYS_setgid } else { libc::SYS_setuid };
    call!(syscall(number, id)).map(drop)
}

pub fn set_re_ids(group: bool, real: u32, effective: u32) -> Outcome<()> {
    let number = if group { libc::SYS_setregid } else { libc::SYS_setreuid };
    call!(syscall(number, real, effective)).map(drop)
}

pub fn set_ids(group: bool, [real, effective, saved]: [u32; 3]) -> Outcome<()> {
    let number = if group { libc::SYS_setresgid } else { libc::SYS_setresuid };
    call!(syscall(number, real, effective, saved)).map(drop)
}

pub fn set_groups(groups: &[u32]) -> Outcome<()> {
    call!(syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr())).map(drop)
}

pub fn groups() -> Vec<u32> {
    let mut groups = vec![0; 100];
    let count = call!(syscall(libc::SYS_getgroups, groups.len(), groups.as_mut_ptr())).expect("the groups");
    groups.truncate(count as usize);
    groups
}

/// The nice value of one process (0), a group's (1) or a user's (2).
pub fn nice(which: u32, who: u32) -> Outcome<i32> {
    // The system call answers with 20 less the value, which is never negative.
    call!(syscall(libc::SYS_getpriority, which, who)).map(|value| 20 - value as i32)
}

pub fn set_nice(which: u32, who: u32, value: i32) -> Outcome<()> {
    call!(syscall(libc::SYS_setpriority, which, who, value)).map(drop)
}

fn usage(whose: i32) -> u64 {
    // SAFETY: all zero is a valid structure, which the call then fills.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    call!(getrusage(whose, &raw mut usage)).expect("the usage");
    let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    (micros(usage.ru_utime) + micros(usage.ru_stime)) / 1000
}

/// The CPU time of this process, in milliseconds.
pub fn cpu() -> u64 {
    usage(libc::RUSAGE_SELF)
}

/// The CPU time of the children that were waited for.
pub fn children_cpu() -> u64 {
    usage(libc::RUSAGE_CHILDREN)
}

/// Makes a copy of this process that ends at once, and waits for it.
pub fn try_fork() -> Outcome<()> {
    let pid = call!(fork())?;
    if pid == 0 {
        super::exit(0);
    }
    super::wait(pid as i32, 0).map(drop)
}

/// Sets what this process is not told of its children; what it does on `CHLD` stays.
pub fn set_child_flags(flags: u32) -> Outcome<()> {
    // SAFETY: all zero is a valid action, which the call then fills.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    call!(sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut action))?;
    action.sa_flags |= flags as i32;
    call!(sigaction(libc::SIGCHLD, &raw const action, std::ptr::null_mut())).map(drop)
}

/// Class and level of the priority of input and output of one process (`which` 0), a group (1), a user's (2).
pub fn io_priority(which: u32, who: u32) -> Outcome<(u32, u32)> {
    let priority = call!(syscall(libc::SYS_ioprio_get, which + 1, who))? as u32;
    Ok((priority >> 13, priority & 0x1fff))
}

pub fn set_io_priority(which: u32, who: u32, class: u32, level: u32) -> Outcome<()> {
    call!(syscall(libc::SYS_ioprio_set, which + 1, who, class << 13 | level)).map(drop)
}

/// The processors that a process (0: this one) may run on, a bit each.
pub fn affinity(pid: Pid) -> Outcome<u64> {
    let mut mask = [0u64; 16];
    call!(syscall(libc::SYS_sched_getaffinity, pid, size_of_val(&mask), mask.as_mut_ptr()))?;
    Ok(mask[0])
}

pub fn set_affinity(pid: Pid, processors: u64) -> Outcome<()> {
    call!(syscall(libc::SYS_sched_setaffinity, pid, size_of_val(&processors), &raw const processors)).map(drop)
}

/// The capabilities that the superuser of a container has with Docker.
const CAPABILITIES: u64 = 0xa804_25fb;

/// Gives up all other capabilities, and what only they could set.
pub(super) fn be_a_containers_root() {
    const VERSION: u32 = 0x2008_0522;
    // Whoever runs the tests may have made itself nice, which is not to show. It may not be allowed.
    let _ = call!(setpriority(libc::PRIO_PROCESS as _, 0, 0));
    let (header, mut sets) = ([VERSION, 0], [0u32; 6]);
    call!(syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr())).expect("the capabilities");
    for number in (0..64).filter(|number| CAPABILITIES >> number & 1 == 0) {
        // Numbers that the system does not know fail.
        let _ = call!(prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0));
    }
    let permitted = sets[1] & CAPABILITIES as u32;
    sets = [permitted, permitted, 0, 0, 0, 0];
    call!(syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr())).expect("give up capabilities");
}
