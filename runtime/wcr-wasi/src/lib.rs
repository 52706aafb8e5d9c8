//! The guest's calls: `wasi_snapshot_preview1` and the `wcr` module, over the kernel.
//!
//! Each call decodes its arguments from guest memory, makes one kernel call and encodes the result.
//! [`calls!`] is the one table of them: engines bind it through [`entry`], and it says which calls can block. A blocking
//! call that answers [`wcr_kernel::Halt::Block`] is made again with the same arguments when its process
//! is ready.

#![forbid(unsafe_code)]

pub mod entry;
pub mod linux;
mod memory;
pub mod preview1;
mod strace;
mod table;

pub use memory::{FlatMemory, GuestMemory, MemoryExt};
