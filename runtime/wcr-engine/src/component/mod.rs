//! WASI 0.2 command components (`wasi:cli/command`), over the same kernel calls as modules.
//!
//! The interfaces are those of `wasmtime-wasi`, with its implementation wherever that can stand on the
//! kernel: it answers for streams and polls, over descriptors of the kernel, and for arguments, environment
//! and randomness, out of a context that the kernel fills. Files and clocks are the kernel's. A call that may
//! wait suspends the process until the kernel lists it as ready, as the guest calls of modules do, so no other
//! reactor is needed. Sockets can be imported, and every use of them is refused.

mod clocks;
mod descriptor;
mod directory;
mod fault;
mod filesystem;
mod link;
mod process;
mod sockets;
mod streams;
mod view;

pub(crate) use link::Command;
pub(crate) use process::Process;
