//! The engine: runs a kernel's processes as wasmtime instances.
//!
//! The only crate that names wasmtime. One store a process, all of them on one thread: a process is a
//! future that is polled when the kernel lists it as ready, and suspends on a fiber where the kernel says
//! that a call blocks. Bundled guests are compiled when wcr is built; modules and components found in
//! images are compiled when they are run.

mod cache;
mod calls;
mod code;
mod compile;
mod component;
mod config;
mod error;
mod guest;
mod memory;
mod process;
mod remote;
mod run;
mod shared;
mod ticker;
#[cfg(unix)]
mod unix_code;
#[cfg(unix)]
mod unix_files;
#[cfg(unix)]
mod unix_memory;

pub use code::{CompiledGuest, PageAligned, precompile};
pub use error::EngineError;
pub use remote::{Job, Remote};
pub use run::{Engine, EngineOptions, Finished, Lasting, OutOfMemory};
