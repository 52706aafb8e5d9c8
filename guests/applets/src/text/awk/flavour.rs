//! Whose language this is: that of BusyBox's `awk`, or that of `mawk`, which is Debian's.
//!
//! What `mawk` has otherwise is asked for here, in a word each; its arguments and diagnostics are in [`super::mawk`].

use core::sync::atomic::{AtomicBool, Ordering};

/// Set before the program is read, and never again.
static IS_MAWK: AtomicBool = AtomicBool::new(false);

/// This is `mawk` from now on.
pub(super) fn become_mawk() {
    IS_MAWK.store(true, Ordering::Relaxed);
}

/// Whether this is `mawk`.
#[inline]
pub(super) fn is_mawk() -> bool {
    IS_MAWK.load(Ordering::Relaxed)
}
