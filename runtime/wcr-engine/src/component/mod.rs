//! WASI 0.2 command components (`wasi:cli/command`), over the same kernel calls as modules.
//!
//! The interfaces' types come from `wit/`; their resources are descriptors of the kernel. A call that may
//! wait suspends the process until the kernel lists it as ready, as the guest calls of modules do, so no
//! other reactor is needed. Sockets are the exception: they are there, and every use of them is refused.

mod bindings;
mod call;
mod cli;
mod clocks;
mod descriptor;
mod directory;
mod fault;
mod filesystem;
mod link;
mod poll;
mod random;
mod sockets;
mod streams;

pub(crate) use link::Command;
