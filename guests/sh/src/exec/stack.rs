//! How much room the stack has.

/// How many bytes are left. In a guest the stack begins at its size and grows down to address 0, where the next step is
/// a fault.
#[must_use]
#[inline(never)]
pub(super) fn left() -> usize {
    if cfg!(target_family = "wasm") {
        let here = 0u8;
        core::hint::black_box(core::ptr::from_ref(&here)).addr()
    } else {
        usize::MAX
    }
}
