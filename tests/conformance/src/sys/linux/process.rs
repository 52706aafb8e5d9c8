//! What a process is and may use.

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
