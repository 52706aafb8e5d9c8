//! Memory protection of code on Unix: code that lies in the binary's own read-only pages becomes
//! executable there.

#![expect(unsafe_code, reason = "memory protection of pages that only the engine uses")]

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::CustomCodeMemory;

/// Sets page protections with `mprotect(2)`.
#[derive(Debug)]
pub(crate) struct PageProtection;

/// Unix hosts have pages of 4 KiB or a multiple; the pages of compiled code are laid out for 4 KiB or, on
/// Arm, 64 KiB, and the call fails cleanly where that does not fit.
const PAGE: usize = 4096;

impl CustomCodeMemory for PageProtection {
    fn required_alignment(&self) -> usize {
        PAGE
    }

    fn publish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        // SAFETY: the engine names pages of a code image that it owns and does not write any more.
        unsafe { mprotect(ptr.cast_mut().cast(), len, MprotectFlags::READ | MprotectFlags::EXEC)? };
        Ok(())
    }

    fn unpublish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        // SAFETY: as above; nothing runs in these pages any more.
        unsafe { mprotect(ptr.cast_mut().cast(), len, MprotectFlags::READ | MprotectFlags::WRITE)? };
        Ok(())
    }
}
