//! What a guest can ask of the kernel: safe calls over `wasi_snapshot_preview1` and the `wcr` module.
//!
//! Guests use these instead of `std::fs` and `std::process`: they give Linux semantics (modes, owners,
//! descriptors, a current directory, processes) that preview1 does not have. Paths are byte strings.
//! Outside wasm there is no kernel and every call fails with `NOSYS`: pure parts of guests can be
//! unit-tested on the host, the rest runs only under wcr.

mod append;
mod args;
mod buffer;
pub mod fd;
pub mod fs;
mod imports;
pub mod pace;
pub mod priority;
pub mod process;
pub mod signal;
pub mod socket;
pub mod time;
pub mod tty;
pub mod user;

pub use append::append;
pub use args::{args, env};
pub use buffer::{Input, Output};
pub use wcr_abi as abi;
pub use wcr_abi::{Errno, Fd};

/// The result of a call to the kernel.
pub type Result<T> = core::result::Result<T, Errno>;

/// Turns a raw error number into a result; a number outside the table counts as `IO`.
fn check(raw: u32) -> Result<()> {
    match raw {
        0 => Ok(()),
        raw => Err(Errno::from_raw(raw).unwrap_or(Errno::Io)),
    }
}

/// How large this program's memory is, in pages of 64 KiB; 0 outside wasm.
#[must_use]
pub fn memory_pages() -> usize {
    #[cfg(target_arch = "wasm32")]
    {
        core::arch::wasm32::memory_size(0)
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        0
    }
}

/// Fills `len` random bytes from the kernel's generator.
pub fn random(buf: &mut [u8]) -> Result<()> {
    check(imports::random_get(buf.as_mut_ptr(), buf.len()))
}
