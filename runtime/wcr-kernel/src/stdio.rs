//! The host's ends of the container's standard streams.

use std::sync::{Arc, Mutex, PoisonError};

use wcr_abi::{Errno, Signal, WinSize};

/// A stream of bytes that comes from the host.
pub trait HostInput: Send {
    /// Reads what is there: `Ok(Some(0))` is the end, `Ok(None)` nothing yet.
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno>;

    /// Whether [`Self::try_read`] would give something (data or the end) at once.
    fn ready(&mut self) -> bool;

    /// Waits until something can be read, something else has happened, or `timeout` nanoseconds have passed (`None`:
    /// no limit).
    fn wait(&mut self, timeout: Option<u64>);

    /// What has happened to the host's terminal since the last time; only a terminal has something to say.
    fn event(&mut self) -> Option<HostEvent> {
        None
    }
}

/// What happens to a terminal of the host beside its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostEvent {
    /// Its window has another size.
    Resized(WinSize),
    /// The host ends the container with this signal.
    Ended(Signal),
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
    /// The first process's streams are one terminal, whose keys are the input and whose screen of this size is the
    /// output.
    pub terminal: Option<WinSize>,
}

/// An input whose reads are always as long as asked for, but for the last: how the bytes came in from the
/// host shows nowhere. Reading waits, and all of the container with it.
pub struct FullReads<I>(pub I);

impl<I: HostInput> HostInput for FullReads<I> {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.0.try_read(rest)? {
                Some(0) => break,
                Some(count) => done += count,
                None => self.0.wait(None),
            }
        }
        Ok(Some(done))
    }

    fn ready(&mut self) -> bool {
        true
    }

    fn wait(&mut self, _timeout: Option<u64>) {}
}

/// An input that is there as a whole.
#[derive(Debug, Default)]
pub struct MemoryInput {
    bytes: Vec<u8>,
    taken: usize,
}

impl MemoryInput {
    /// An input of these bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, taken: 0 }
    }

    /// Whether all of it has been read.
    #[must_use]
    pub const fn is_used_up(&self) -> bool {
        self.taken >= self.bytes.len()
    }
}

impl HostInput for MemoryInput {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken += count;
        Ok(Some(count))
    }

    fn ready(&mut self) -> bool {
        true
    }

    fn wait(&mut self, _timeout: Option<u64>) {}
}

/// An output that is kept in memory. Its copies share what was written.
#[derive(Debug, Clone, Default)]
pub struct MemoryOutput(Arc<Mutex<Vec<u8>>>);

impl MemoryOutput {
    /// The most that is kept, in bytes.
    pub const MAX: usize = 64 << 20;

    /// What was written so far; it is then forgotten.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HostOutput for MemoryOutput {
    /// `FBIG` over [`Self::MAX`] bytes that nobody has taken.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Self::MAX.saturating_sub(written.len()).min(bytes.len());
        let Some(part) = bytes.get(..room).filter(|part| !part.is_empty() || bytes.is_empty()) else {
            return Err(Errno::Fbig);
        };
        written.extend_from_slice(part);
        Ok(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, after one attempt that finds nothing.
    struct Drip {
        left: u8,
        waited: bool,
    }

    impl HostInput for Drip {
        fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
            if !core::mem::take(&mut self.waited) {
                return Ok(None);
            }
            if self.left == 0 {
                return Ok(Some(0));
            }
            buf[0] = self.left;
            self.left -= 1;
            Ok(Some(1))
        }

        fn ready(&mut self) -> bool {
            self.waited
        }

        fn wait(&mut self, _timeout: Option<u64>) {
            self.waited = true;
        }
    }

    #[test]
    fn full_reads_hide_how_the_bytes_came() {
        let mut input = FullReads(Drip { left: 5, waited: false });
        let mut buf = [0; 3];
        assert!(input.ready());
        assert_eq!(input.try_read(&mut buf), Ok(Some(3)));
        assert_eq!(buf, [5, 4, 3]);
        assert_eq!(input.try_read(&mut buf), Ok(Some(2)));
        assert_eq!(input.try_read(&mut buf), Ok(Some(0)));
    }

    #[test]
    fn memory_streams_keep_what_they_are_given() {
        let mut input = MemoryInput::new(b"abc".to_vec());
        let mut buf = [0; 2];
        assert_eq!((input.try_read(&mut buf), buf), (Ok(Some(2)), *b"ab"));
        assert!(!input.is_used_up());
        assert_eq!((input.try_read(&mut buf), buf[0]), (Ok(Some(1)), b'c'));
        assert!(input.is_used_up());
        assert_eq!(input.try_read(&mut buf), Ok(Some(0)));
        let output = MemoryOutput::default();
        assert_eq!(output.clone().write(b"abc"), Ok(3));
        assert_eq!((output.take(), output.take()), (b"abc".to_vec(), Vec::new()));
        let mut full = MemoryOutput(Arc::new(Mutex::new(vec![0; MemoryOutput::MAX - 1])));
        assert_eq!((full.write(b"ab"), full.write(b"b"), full.write(b"")), (Ok(1), Err(Errno::Fbig), Ok(0)));
    }
}
