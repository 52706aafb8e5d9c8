//! Signals: sending, dispositions, and asking which ones came.

use wcr_abi::{Disposition, Signal};

use crate::imports;
use crate::{Result, check};

/// Sends a signal as `kill(2)` does; `None` only checks that it could be sent.
pub fn kill(pid: i32, signal: Option<Signal>) -> Result<()> {
    check(imports::kill(pid, signal.map_or(0, |signal| signal.0.into())))
}

/// Sets what this process does on a signal and returns what it did before.
pub fn set_disposition(signal: Signal, disposition: Disposition) -> Result<Disposition> {
    let mut old = 0;
    check(imports::sig_action(signal.0.into(), disposition as u32, &raw mut old))?;
    Ok(Disposition::from_raw(old).unwrap_or_default())
}

/// Takes the next caught signal that has come, lowest number first.
#[must_use]
pub fn take() -> Option<Signal> {
    let mut signal = 0;
    check(imports::sig_take(&raw mut signal)).ok()?;
    Signal::from_raw(signal)
}

/// How a signal mask is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MaskChange {
    /// Add to the blocked signals.
    Block = 0,
    /// Take from the blocked signals.
    Unblock = 1,
    /// Replace them.
    Set = 2,
}

/// Changes which signals are held back; returns the old set.
pub fn mask(change: MaskChange, set: u64) -> Result<u64> {
    let mut old = 0;
    check(imports::sig_mask(change as u32, set, &raw mut old))?;
    Ok(old)
}

/// Sends `ALRM` to this process after `nanos` (0 cancels); returns what was left of the last one.
pub fn alarm(nanos: u64) -> Result<u64> {
    let mut left = 0;
    check(imports::alarm(nanos, &raw mut left))?;
    Ok(left)
}
