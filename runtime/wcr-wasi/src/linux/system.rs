//! The system's names, CPU times, limits.

use wcr_abi::{Errno, MOCK_MAX, Pid};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// Five names, each ended by NUL: system, host, release, version, machine.
///
/// # Errors
/// None of its own.
pub fn uname<M: GuestMemory>(k: &mut Kernel, _pid: Pid, mem: &mut M, buf: u32, len: u32, used: u32) -> Call<()> {
    let names = k.uname();
    let fields = [&names.sysname, &names.nodename, &names.release, &names.version, &names.machine];
    let bytes: Vec<u8> = fields.into_iter().flat_map(|field| field.bytes().chain([0])).collect();
    Ok(mem.put_counted(buf, len, &bytes, used)?)
}

/// Which of the programs that a bundled guest stands in for it was started as; 0 for the one that it is made for, and
/// for programs of an image.
///
/// # Errors
/// None of its own.
pub fn flavour<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    let flavour = k.flavour(pid)?;
    Ok(mem.put(out, &flavour.to_le_bytes())?)
}

/// Has who runs the container answer a question, as a test does for a program that it mocks; `out` gets the descriptor of a
/// file in memory with the answer.
///
/// # Errors
/// `NOSYS` nobody answers questions of this container; `TOOBIG` a question of over 16 MiB; `IO` nobody answers any more;
/// `MFILE` no descriptor left.
pub fn ask<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, question: u32, len: u32, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let question = mem.take_bytes(question, len, MOCK_MAX, Errno::TooBig)?;
    let fd = k.ask(pid, &question)?;
    Ok(mem.put_u32(out, fd)?)
}

/// CPU times in nanoseconds (four words of eight bytes): user, system, children's user and system.
///
/// Partial: All CPU time is in user mode. A process that waits for nothing but its turn uses none.
///
/// # Errors
/// None of its own.
pub fn times<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    let times = k.times(pid)?;
    let words = [times.user, times.system, times.child_user, times.child_system].map(u64::to_le_bytes);
    Ok(mem.put(out, &words.concat())?)
}

/// A resource's soft and hard limit (two words of eight bytes; all ones: none).
///
/// # Errors
/// `INVAL` no such resource.
pub fn rlimit_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, resource: u32, out: u32) -> Call<()> {
    let (soft, hard) = k.rlimit(pid, resource)?;
    Ok(mem.put(out, &[soft.to_le_bytes(), hard.to_le_bytes()].concat())?)
}

/// Sets a resource's limits.
///
/// Partial: CPU time, the size of files, processes, open files, memory and nice values are limited; the others are only
/// kept. A process that is to be stopped while it makes no calls has a limit on CPU time since it began, and does not run
/// in a browser. There, a process's memory has the limit that it began with.
///
/// # Errors
/// `INVAL` no such resource, or soft above hard; `PERM` raising the hard one, which takes more than the superuser of a
/// container may.
pub fn rlimit_set<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    resource: u32,
    soft: u64,
    hard: u64,
) -> Call<()> {
    k.set_rlimit(pid, resource, soft, hard)
}
