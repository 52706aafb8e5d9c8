//! Waiting for descriptors and clocks; raising a signal.

use wcr_abi::{Errno, Pid};
use wcr_kernel::{Call, Interest, Kernel, PollTarget};

use crate::memory::{GuestMemory, MemoryExt};

/// The most subscriptions of one call.
const MAX_SUBSCRIPTIONS: u32 = 4096;

/// One subscription, decoded: the guest's tag, preview1's event type, and what it waits for.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    target: Result<PollTarget, Errno>,
}

/// Waits until one of `count` subscriptions (48 bytes each) is ready; writes an event (32 bytes) for each
/// that is.
///
/// # Errors
/// `INVAL` none, or over 4,096; `INTR` a caught signal came first. What is wrong with one subscription is in its
/// event.
pub fn poll_oneoff<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    subscriptions: u32,
    events: u32,
    count: u32,
    done: u32,
) -> Call<()> {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    let start = k.poll_start(pid)?;
    let mut wanted = Vec::with_capacity(count as usize);
    for at in 0..count {
        let bytes = mem.take::<48>(subscriptions.checked_add(at * 48).ok_or(Errno::Fault)?)?;
        wanted.push(decode(k, pid, start, &bytes));
    }
    let mut asked: Vec<PollTarget> = wanted.iter().filter_map(|one| one.target.ok()).collect();
    // A subscription that cannot be asked is an event of its own: the others are only looked at.
    if asked.len() < wanted.len() {
        asked.push(PollTarget::Until(0));
    }
    let mut answers = k.poll(pid, &asked)?.into_iter();
    let mut written = 0;
    for one in &wanted {
        let answer = one.target.and_then(|_| answers.next().unwrap_or(Ok(false)));
        if answer == Ok(false) {
            continue;
        }
        let mut event = [0; 32];
        event[..8].copy_from_slice(&one.userdata);
        event[8..10].copy_from_slice(&(answer.err().map_or(0, Errno::raw) as u16).to_le_bytes());
        event[10] = one.kind;
        if let (Ok(PollTarget::Fd { fd, .. }), true) = (one.target, answer.is_ok()) {
            event[16..24].copy_from_slice(&k.available(pid, fd).to_le_bytes());
        }
        mem.put(events.checked_add(written * 32).ok_or(Errno::Fault)?, &event)?;
        written += 1;
    }
    Ok(mem.put_u32(done, written)?)
}

fn decode(k: &Kernel, pid: Pid, start: u64, bytes: &[u8; 48]) -> Subscription {
    let word = |at: usize| u64::from_le_bytes(core::array::from_fn(|i| bytes[at + i]));
    let half = |at: usize| u32::from_le_bytes(core::array::from_fn(|i| bytes[at + i]));
    let kind = bytes[8];
    let target = match kind {
        0 => clock_target(k, pid, start, half(16), word(24), word(40) as u16 & 1 != 0),
        1 => Ok(PollTarget::Fd { fd: half(16), interest: Interest::Read }),
        2 => Ok(PollTarget::Fd { fd: half(16), interest: Interest::Write }),
        _ => Err(Errno::Inval),
    };
    Subscription { userdata: core::array::from_fn(|at| bytes[at]), kind, target }
}

/// The instant on the monotonic clock that a timeout means.
fn clock_target(
    k: &Kernel,
    pid: Pid,
    start: u64,
    clock: u32,
    timeout: u64,
    absolute: bool,
) -> Result<PollTarget, Errno> {
    let now = k.clock_time(pid, clock)?;
    Ok(PollTarget::Until(match absolute {
        false => start.saturating_add(timeout),
        true if clock == 1 => timeout,
        true => k.clock_time(pid, 1)?.saturating_add(timeout.saturating_sub(now)),
    }))
}

/// Sends the caller a signal.
///
/// # Errors
/// `INVAL` no such signal.
pub fn proc_raise<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, signal: u32) -> Call<()> {
    k.kill(pid, pid.cast_signed(), signal)
}
