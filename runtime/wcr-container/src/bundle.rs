//! What the binary carries: the guests, and the built-in image.
#![allow(unsafe_code, reason = "only the build knows that compiled code is what it says; empty without a bundle")]

use wcr_engine::CompiledGuest;
use wcr_machine::{BuiltinFiles, BundledGuest, ContainerImage, GuestModule};

use crate::error::RunError;

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// The guests, as modules; empty when this was built without a bundle.
#[must_use]
pub fn guests() -> &'static [BundledGuest] {
    GUESTS
}

/// The guests, compiled for this host.
pub(crate) fn compiled() -> &'static [CompiledGuest] {
    COMPILED
}

/// The files of the image that wcr carries; `None` when this was built without a bundle.
#[must_use]
pub fn builtin_files() -> Option<BuiltinFiles<&'static [u8]>> {
    BUILTIN
}

/// The image that wcr carries: a small system whose programs are the bundled guests.
///
/// # Errors
/// [`RunError::NoBundle`]; the image is damaged.
pub fn builtin() -> Result<ContainerImage, RunError> {
    Ok(ContainerImage::builtin(BUILTIN.ok_or(RunError::NoBundle)?)?)
}
