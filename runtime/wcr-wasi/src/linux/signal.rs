//! Signals.

use wcr_abi::{Disposition, Errno, Pid};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// `kill(2)`.
///
/// # Errors
/// `INVAL` no such signal; `SRCH` nobody there; `PERM` nobody there that the caller may signal.
pub fn kill<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, target: i32, signal: u32) -> Call<()> {
    k.kill(pid, target, signal)
}

/// Sets what the caller does on a signal (all ones: leaves it) and gives what it did.
///
/// Partial: A handler is the guest's own: it asks which signals came (`sig_take`) when a call fails with `INTR`.
///
/// # Errors
/// `INVAL` no such signal, or one that cannot be caught.
pub fn sig_action<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    signal: u32,
    disposition: u32,
    old: u32,
) -> Call<()> {
    let wanted = match disposition {
        u32::MAX => None,
        raw => Some(Disposition::from_raw(raw).ok_or(Errno::Inval)?),
    };
    let before = k.sig_action(pid, signal, wanted)?;
    Ok(mem.put_u32(old, before as u32)?)
}

/// `sigprocmask(2)`.
///
/// # Errors
/// `INVAL` no such way to change it.
pub fn sig_mask<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, how: u32, set: u64, old: u32) -> Call<()> {
    let before = k.sig_mask(pid, how, set)?;
    Ok(mem.put_u64(old, before)?)
}

/// Sets whether the caller is told of children that stop and go on (`SA_NOCLDSTOP`, 1: no) and has to wait for those that
/// end (`SA_NOCLDWAIT`, 2: no), and gives what was set before. A new program begins with neither.
///
/// # Errors
/// `INVAL` no such flags.
pub fn sig_child<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, flags: u32, old: u32) -> Call<()> {
    mem.put_u32(old, 0)?;
    let before = k.set_child_flags(pid, flags)?;
    Ok(mem.put_u32(old, before)?)
}

/// Takes the lowest caught signal that has come; 0 when there is none.
///
/// # Errors
/// None of its own.
pub fn sig_take<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let signal = k.sig_take(pid)?;
    Ok(mem.put_u32(out, signal.map_or(0, |signal| signal.0.into()))?)
}

/// The signals that have come and are held back (eight bytes).
///
/// # Errors
/// None of its own.
pub fn sig_pending<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, out: u32) -> Call<()> {
    let pending = k.sig_pending(pid)?;
    Ok(mem.put_u64(out, pending)?)
}

/// `sigsuspend(2)`: `INTR` when a caught signal has come.
///
/// # Errors
/// `INTR`, always.
pub fn sig_suspend<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, mask: u64) -> Call<()> {
    k.sig_suspend(pid, mask)
}

/// `sigtimedwait(2)`: takes a pending signal of a set; `timeout` in nanoseconds, negative for none.
///
/// # Errors
/// `AGAIN` none came in time; `INTR` another one was caught.
pub fn sig_wait<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, set: u64, timeout: i64, out: u32) -> Call<()> {
    mem.put_u32(out, 0)?;
    let signal = k.sig_wait(pid, set, u64::try_from(timeout).ok())?;
    Ok(mem.put_u32(out, signal.0.into())?)
}

/// Sends the caller `ALRM` after a while; gives what was left of the last alarm.
///
/// # Errors
/// None of its own.
pub fn alarm<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, nanos: u64, remaining: u32) -> Call<()> {
    let (left, _) = k.set_alarm(pid, nanos, 0)?;
    Ok(mem.put_u64(remaining, left)?)
}

/// `setitimer(2)` with `ITIMER_REAL`, in nanoseconds; gives what was left of the last timer and its interval (two words
/// of eight bytes).
///
/// # Errors
/// None of its own.
pub fn timer_set<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    nanos: u64,
    interval: u64,
    old: u32,
) -> Call<()> {
    let (left, every) = k.set_alarm(pid, nanos, interval)?;
    Ok(mem.put(old, &[left.to_le_bytes(), every.to_le_bytes()].concat())?)
}
