//! The kernel's clocks.

use wcr_abi::Timestamp;

use crate::imports;
use crate::{Result, check, signal};

/// The wall clock.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_nanos(clock(0))
}

/// Nanoseconds on a clock that never goes back.
#[must_use]
pub fn monotonic() -> u64 {
    clock(1)
}

/// How long this process ran, in nanoseconds.
#[must_use]
pub fn cpu() -> u64 {
    clock(2)
}

fn clock(id: u32) -> u64 {
    let mut time = 0;
    imports::clock_time_get(id, 1, &raw mut time);
    time
}

/// Sends `ALRM` to this process after `nanos` (0 cancels) and then each `interval` (0: once); what was left of the
/// last timer, and its interval.
pub fn set_timer(nanos: u64, interval: u64) -> Result<(u64, u64)> {
    let mut old = [0; 2];
    check(imports::timer_set(nanos, interval, old.as_mut_ptr()))?;
    Ok((old[0], old[1]))
}

/// Waits until the monotonic clock has passed `nanos`. `INTR` when a caught signal came first.
pub fn sleep(nanos: u64) -> Result<()> {
    // One clock subscription: userdata u64, tag u8, clock u32 at 16, timeout u64 at 24, precision, flags.
    let (mut subscription, mut event, mut done) = ([0u8; 48], [0u8; 32], 0);
    subscription[16] = 1;
    subscription[24..32].copy_from_slice(&nanos.to_le_bytes());
    let slept = check(imports::poll_oneoff(subscription.as_ptr(), event.as_mut_ptr(), 1, &raw mut done));
    // Handlers run, but a sleep does not go on after them.
    slept.inspect_err(|_| {
        signal::deliver();
    })
}
