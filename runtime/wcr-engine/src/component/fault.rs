//! Why a host call of a component gives no result.

use wasmtime::component::ResourceTableError;
use wcr_abi::Errno;

/// Why a call failed, in terms of the kernel; each interface has its own errors to say it with.
#[derive(Debug)]
pub enum Fault {
    /// The kernel's error.
    Errno(Errno),
    /// A stream is at its end.
    Closed,
    /// The component did what it must not, or has to be left.
    Trap(wasmtime::Error),
}

/// What `wasi:io/error` stands for.
#[derive(Debug, Clone, Copy)]
pub struct StreamFailure(pub(crate) Errno);

impl Fault {
    /// The error that ends the component, for calls that have no other way to fail.
    pub(crate) fn into_trap(self) -> wasmtime::Error {
        match self {
            Self::Errno(errno) => wasmtime::format_err!("{errno}"),
            Self::Closed => wasmtime::format_err!("the stream is at its end"),
            Self::Trap(error) => error,
        }
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl From<ResourceTableError> for Fault {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}
