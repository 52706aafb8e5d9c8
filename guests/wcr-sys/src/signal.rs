//! Signals: sending, dispositions, and asking which ones came.

use std::cell::{Cell, RefCell};

use wcr_abi::{Disposition, Signal};

use crate::imports;
use crate::{Errno, Result, check};

/// What runs when a signal comes; see [`handle`].
pub type Handler = fn(Signal);

thread_local! {
    /// Handlers by signal number, and whether a call that was interrupted for one is made again.
    static HANDLERS: RefCell<[Option<(Handler, bool)>; 65]> = const { RefCell::new([None; 65]) };
    static ANY: Cell<bool> = const { Cell::new(false) };
}

/// Lets `handler` run when a signal comes: in the calls of this crate that wait or that let signals through. With
/// `restart` a call that was interrupted goes on, where Linux has it so (`SA_RESTART`).
///
/// A program that uses this leaves [`take`] alone.
pub fn handle(signal: Signal, handler: Handler, restart: bool) -> Result<()> {
    set_disposition(signal, Disposition::Catch)?;
    ANY.set(true);
    HANDLERS.with_borrow_mut(|handlers| {
        if let Some(slot) = handlers.get_mut(usize::from(signal.0)) {
            *slot = Some((handler, restart));
        }
    });
    Ok(())
}

/// Sets what this process is not told of its children: [`wcr_abi::SA_NOCLDSTOP`], [`wcr_abi::SA_NOCLDWAIT`].
pub fn set_child_flags(flags: u32) -> Result<()> {
    let mut old = 0;
    check(imports::sig_child(flags, &raw mut old))
}

/// Runs the handlers of the signals that have come, the highest number first, as Linux does with several at once. Whether
/// there were some, and all let an interrupted call go on.
pub fn deliver() -> bool {
    if !ANY.get() {
        return false;
    }
    let came: Vec<Signal> = core::iter::from_fn(take).collect();
    let mut restart = !came.is_empty();
    for signal in came.into_iter().rev() {
        let found = HANDLERS.with_borrow(|handlers| handlers.get(usize::from(signal.0)).copied().flatten());
        if let Some((handler, again)) = found {
            handler(signal);
            restart &= again;
        }
    }
    restart
}

/// Makes a call again as long as the signals that interrupt it want that.
pub(crate) fn interruptible(mut call: impl FnMut() -> Result<()>) -> Result<()> {
    loop {
        match call() {
            Err(Errno::Intr) if deliver() => {}
            done => {
                // Linux runs the handlers of what has come whenever a call ends.
                deliver();
                return done;
            }
        }
    }
}

/// Sends a signal as `kill(2)` does; `None` only checks that it could be sent.
pub fn kill(pid: i32, signal: Option<Signal>) -> Result<()> {
    let sent = check(imports::kill(pid, signal.map_or(0, |signal| signal.0.into())));
    deliver();
    sent
}

/// What this process does on a signal.
pub fn disposition(signal: Signal) -> Result<Disposition> {
    let mut old = 0;
    check(imports::sig_action(signal.0.into(), u32::MAX, &raw mut old))?;
    Ok(Disposition::from_raw(old).unwrap_or_default())
}

/// The signals that have come and are held back.
pub fn pending() -> Result<u64> {
    let mut set = 0;
    check(imports::sig_pending(&raw mut set))?;
    Ok(set)
}

/// Waits with another mask until a caught signal comes (`sigsuspend(2)`): always `INTR`.
pub fn suspend(mask: u64) -> Result<()> {
    check(imports::sig_suspend(mask)).inspect_err(|_| {
        deliver();
    })
}

/// Takes a pending signal of a set that is held back, or waits for one (`sigtimedwait(2)`), at most for `timeout`
/// nanoseconds: `AGAIN` then. `INTR` when another one was caught.
pub fn wait_for(set: u64, timeout: Option<u64>) -> Result<Signal> {
    let timeout = timeout.map_or(-1, |nanos| i64::try_from(nanos).unwrap_or(i64::MAX));
    let mut signal = 0;
    check(imports::sig_wait(set, timeout, &raw mut signal)).inspect_err(|_| {
        deliver();
    })?;
    Signal::from_raw(signal).ok_or(Errno::Io)
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
    deliver();
    Ok(old)
}

/// Sends `ALRM` to this process after `nanos` (0 cancels); returns what was left of the last one.
pub fn alarm(nanos: u64) -> Result<u64> {
    let mut left = 0;
    check(imports::alarm(nanos, &raw mut left))?;
    Ok(left)
}
