//! Files that a script writes to.

use std::io::Write;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Output, fd, fs};

/// An open file that is written to.
#[derive(Debug)]
pub struct OutFile {
    fd: Fd,
    out: Output,
}

impl OutFile {
    /// Creates or empties the file.
    /// # Errors
    /// As `open(2)`.
    pub fn create(path: &[u8]) -> Result<Self, Errno> {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        Ok(Self::new(fs::open(path, flags, 0o666)?))
    }

    /// A file that is already open.
    #[must_use]
    pub fn new(fd: Fd) -> Self {
        Self { fd, out: Output::new(fd) }
    }

    /// The descriptor.
    #[must_use]
    pub fn fd(&self) -> Fd {
        self.fd
    }

    /// Writes what is held back and closes the file.
    /// # Errors
    /// As `write(2)` and `close(2)`.
    pub fn close(mut self) -> Result<(), Errno> {
        let flushed = self.out.flush().map_err(|error| Output::errno(&error));
        flushed.and(fd::close(self.fd))
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
