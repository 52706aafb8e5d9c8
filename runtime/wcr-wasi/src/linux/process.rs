//! Processes.

use wcr_abi::{Errno, Pid, SPAWN_MAX, SpawnRequest};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

fn request(mem: &impl GuestMemory, ptr: u32, len: u32) -> Result<SpawnRequest, Errno> {
    let bytes = mem.take_bytes(ptr, len, SPAWN_MAX, Errno::TooBig)?;
    SpawnRequest::decode(&bytes).ok_or(Errno::Inval)
}

/// Starts a program in a new process; see [`SpawnRequest`].
///
/// # Errors
/// Those of finding the program (`NOENT`, `ACCES`, `NOEXEC`, `LOOP`, …); `BADF` an action names a descriptor that
/// is not open; `AGAIN` too many processes; `TOOBIG` more arguments and environment than the
/// limit on the stack allows; `INVAL` malformed.
pub fn spawn<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, ptr: u32, len: u32, out: u32) -> Call<()> {
    let request = request(mem, ptr, len)?;
    mem.put_u32(out, 0)?;
    let child = k.spawn(pid, request)?;
    Ok(mem.put_u32(out, child)?)
}

/// Replaces the caller's program; comes back only with an error.
///
/// # Errors
/// Those of finding the program (`NOENT`, `ACCES`, `NOEXEC`, `LOOP`, …); `TOOBIG` more arguments and environment than the
/// limit on the stack allows; `INVAL` malformed.
pub fn exec<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, ptr: u32, len: u32) -> Call<()> {
    let request = request(mem, ptr, len)?;
    k.exec(pid, request)
}

/// Waits for a child: its number (0: none yet) and its status word.
///
/// # Errors
/// `CHILD` no such child; `INTR` a caught signal came first.
pub fn wait<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    target: i32,
    flags: u32,
    found: u32,
    status: u32,
) -> Call<()> {
    let (child, word) = k.wait(pid, target, flags)?.map_or((0, 0), |(child, status)| (child, status.encode()));
    mem.put_u32(found, child)?;
    Ok(mem.put_u32(status, word)?)
}

/// The caller's, its parent's, group's and session's numbers (four words).
///
/// # Errors
/// None of its own.
pub fn proc_ids<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    let ids = k.proc_ids(pid)?.map(u32::to_le_bytes).concat();
    Ok(mem.put(out, &ids)?)
}

/// Real and effective user and group (four words: uid, euid, gid, egid), up to `len` supplementary groups
/// at `groups`, and their number.
///
/// # Errors
/// None of its own.
pub fn user_ids<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    out: u32,
    groups: u32,
    len: u32,
    count: u32,
) -> Call<()> {
    let ids = k.user_ids(pid)?;
    mem.put(out, &[ids.uid, ids.euid, ids.gid, ids.egid].map(u32::to_le_bytes).concat())?;
    let listed: Vec<u8> = ids.groups.iter().take(len as usize).flat_map(|group| group.to_le_bytes()).collect();
    mem.put(groups, &listed)?;
    Ok(mem.put_u32(count, listed.len() as u32 / 4)?)
}

/// `setpgid(2)`.
///
/// # Errors
/// `SRCH` neither the caller nor its child; `PERM` a session leader, or another session.
pub fn setpgid<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, target: u32, pgid: u32) -> Call<()> {
    k.setpgid(pid, target, pgid)
}

/// The group and the session of a process (0: the caller), two words.
///
/// # Errors
/// `SRCH` no such process.
pub fn proc_group<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, target: u32, out: u32) -> Call<()> {
    let (group, session) = k.group_and_session(pid, target)?;
    Ok(mem.put_u64(out, u64::from(session) << 32 | u64::from(group))?)
}

/// `setsid(2)`.
///
/// # Errors
/// `PERM` it leads a process group.
pub fn setsid<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    let sid = k.setsid(pid)?;
    Ok(mem.put_u32(out, sid)?)
}
