//! Hosts whose terminals cannot be used yet.

use std::io;

use wcr_abi::WinSize;
use wcr_kernel::{HostInput, MemoryInput};

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "terminals of this system cannot be used yet; leave out -t")
}

/// No size is known.
pub(crate) fn size() -> WinSize {
    WinSize::default()
}

/// A terminal that passes on every key; there is none.
pub(crate) struct RawMode;

impl RawMode {
    /// # Errors
    /// `Unsupported`, always.
    pub(crate) fn enter() -> io::Result<Self> {
        Err(missing())
    }
}

/// The keys of the host's terminal; there are none.
pub(crate) struct TerminalInput;

impl TerminalInput {
    /// # Errors
    /// `Unsupported` when the keys are wanted.
    pub(crate) fn new(keys: bool) -> io::Result<impl HostInput + use<>> {
        if keys { Err(missing()) } else { Ok(MemoryInput::default()) }
    }
}
