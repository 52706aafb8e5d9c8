//! The host's ends of the container's standard streams.

use wcr_abi::Errno;

/// A stream of bytes that comes from the host.
pub trait HostInput: Send {
    /// Reads what is there: `Ok(Some(0))` is the end, `Ok(None)` nothing yet.
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno>;

    /// Whether [`Self::try_read`] would give something (data or the end) at once.
    fn ready(&mut self) -> bool;

    /// Waits until something can be read or `timeout` nanoseconds have passed (`None`: no limit).
    fn wait(&mut self, timeout: Option<u64>);
}

/// A stream of bytes that goes to the host.
pub trait HostOutput: Send {
    /// Writes some of `bytes`. `PIPE` when nobody reads any more.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno>;
}

/// What the first process's standard streams are.
pub struct Stdio {
    /// Standard input; `None` is an input that has ended.
    pub input: Option<Box<dyn HostInput>>,
    /// Standard output.
    pub output: Box<dyn HostOutput>,
    /// Standard error.
    pub error: Box<dyn HostOutput>,
}
