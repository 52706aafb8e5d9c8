//! The kernel's clocks.

use wcr_abi::Timestamp;

use crate::imports;
use crate::{Result, check};

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

fn clock(id: u32) -> u64 {
    let mut time = 0;
    imports::clock_time_get(id, 1, &raw mut time);
    time
}

/// Waits until the monotonic clock has passed `nanos`. `INTR` when a caught signal came first.
pub fn sleep(nanos: u64) -> Result<()> {
    // One clock subscription: userdata u64, tag u8, clock u32 at 16, timeout u64 at 24, precision, flags.
    let (mut subscription, mut event, mut done) = ([0u8; 48], [0u8; 32], 0);
    subscription[16] = 1;
    subscription[24..32].copy_from_slice(&nanos.to_le_bytes());
    check(imports::poll_oneoff(subscription.as_ptr(), event.as_mut_ptr(), 1, &raw mut done))
}
