//! Clocks, randomness, giving way.

use wcr_abi::Pid;
use wcr_kernel::{Call, Halt, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// How many bytes of randomness are made at a time.
const RANDOM_CHUNK: u32 = 64 << 10;

/// A clock's resolution: one nanosecond.
///
/// # Errors
/// `INVAL` no such clock.
pub fn clock_res_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, clock: u32, out: u32) -> Call<()> {
    k.clock_time(pid, clock)?;
    Ok(mem.put_u64(out, 1)?)
}

/// A clock's time in nanoseconds: 0 realtime, 1 monotonic, 2 and 3 the caller's CPU time.
///
/// # Errors
/// `INVAL` no such clock.
pub fn clock_time_get<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    clock: u32,
    _precision: u64,
    out: u32,
) -> Call<()> {
    let time = k.clock_time(pid, clock)?;
    Ok(mem.put_u64(out, time)?)
}

/// Fills `len` bytes with randomness.
///
/// # Errors
/// None of its own.
pub fn random_get<M: GuestMemory>(k: &mut Kernel, _pid: Pid, mem: &mut M, buf: u32, len: u32) -> Call<()> {
    let (mut at, mut left) = (buf, len);
    while left > 0 {
        let chunk = left.min(RANDOM_CHUNK);
        mem.edit(at, chunk, |bytes| k.random(bytes))?;
        (at, left) = (at.saturating_add(chunk), left - chunk);
    }
    Ok(())
}

/// Lets every other ready process run first.
///
/// # Errors
/// None of its own.
pub fn sched_yield<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M) -> Call<()> {
    if k.give_way(pid)? { Ok(()) } else { Err(Halt::Block) }
}
