//! What the binary carries: the guests, and the built-in image.
#![allow(unsafe_code, reason = "only the build knows that compiled code is what it says; empty without a bundle")]

use wcr_engine::CompiledGuest;

/// The parts of the built-in image.
pub(crate) struct BuiltinFiles {
    pub(crate) tar: &'static [u8],
    pub(crate) index: &'static [u8],
    pub(crate) config: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// The guests, compiled; empty when this was built without a bundle.
#[must_use]
pub fn guests() -> &'static [CompiledGuest] {
    GUESTS
}

/// The parts of the built-in image, when this was built with a bundle.
pub(crate) fn builtin() -> Option<&'static BuiltinFiles> {
    BUILTIN.as_ref()
}
