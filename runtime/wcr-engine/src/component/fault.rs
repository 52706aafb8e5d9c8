//! Why a kernel call of a component gives no result.

use wasmtime_wasi::p2::{FsError, StreamError};
use wcr_abi::Errno;
use wcr_kernel::Halt;

use super::filesystem::error_code;
use crate::calls::leave;

/// Why a call failed, in terms of the kernel; each interface has its own errors to say it with.
#[derive(Debug)]
pub(super) struct Fault(Halt);

impl Fault {
    /// The error that ends the component, for calls that have no other way to fail.
    pub(super) fn into_trap(self) -> wasmtime::Error {
        match self.0 {
            Halt::Errno(errno) => errno.into(),
            halt => leave(halt),
        }
    }
}

impl From<Halt> for Fault {
    fn from(halt: Halt) -> Self {
        Self(halt)
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self(errno.into())
    }
}

impl From<Fault> for FsError {
    fn from(fault: Fault) -> Self {
        match fault.0 {
            Halt::Errno(errno) => error_code(errno).into(),
            halt => Self::trap(leave(halt)),
        }
    }
}

impl From<Fault> for StreamError {
    fn from(fault: Fault) -> Self {
        match fault.0 {
            Halt::Errno(errno) => Self::LastOperationFailed(errno.into()),
            halt => Self::Trap(leave(halt)),
        }
    }
}
