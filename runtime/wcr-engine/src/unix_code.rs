//! Memory protection of code on Unix: code that lies in the binary's own read-only pages becomes
//! executable there. On Linux the bundled guests' code lies among the binary's own, and is executable already.

#![expect(unsafe_code, reason = "memory protection of pages that only the engine uses")]

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::CustomCodeMemory;

use crate::code::CompiledGuest;

/// Sets page protections with `mprotect(2)`.
#[derive(Debug)]
pub(crate) struct PageProtection {
    /// Guests whose code has its protection from the linker, where that is so.
    pub(crate) guests: &'static [CompiledGuest],
}

impl PageProtection {
    /// Whether nothing has to be done for code at `ptr`, nor may be: the pages are the binary's.
    fn is_linked(&self, ptr: *const u8) -> bool {
        cfg!(target_os = "linux") && self.guests.iter().any(|guest| guest.contains(ptr))
    }
}

/// Unix hosts have pages of 4 KiB or a multiple; the pages of compiled code are laid out for 4 KiB or, on
/// Arm, 64 KiB, and the call fails cleanly where that does not fit.
const PAGE: usize = 4096;

impl CustomCodeMemory for PageProtection {
    fn required_alignment(&self) -> usize {
        PAGE
    }

    fn publish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        if self.is_linked(ptr) {
            return Ok(());
        }
        // SAFETY: the engine names pages of a code image that it owns and does not write any more.
        unsafe { mprotect(ptr.cast_mut().cast(), len, MprotectFlags::READ | MprotectFlags::EXEC)? };
        Ok(())
    }

    fn unpublish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        if self.is_linked(ptr) {
            return Ok(());
        }
        // SAFETY: as above; nothing runs in these pages any more.
        unsafe { mprotect(ptr.cast_mut().cast(), len, MprotectFlags::READ | MprotectFlags::WRITE)? };
        Ok(())
    }
}
