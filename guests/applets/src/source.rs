//! Files to read that are named on the command line.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Input, fd, fs};

/// An operand opened for reading; `-` is standard input. Closed when dropped, standard input apart.
#[derive(Debug)]
pub struct Source {
    fd: Fd,
}

impl Source {
    /// Opens `path`.
    /// # Errors
    /// As `open(2)`.
    pub fn open(path: &[u8]) -> Result<Self, Errno> {
        if path == b"-" {
            return Ok(Self::stdin());
        }
        Ok(Self { fd: fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)? })
    }

    /// Standard input.
    #[must_use]
    pub const fn stdin() -> Self {
        Self { fd: fd::STDIN }
    }

    /// Why standard input cannot be closed at the end, as programs do that read by C's streams.
    #[must_use]
    pub fn stdin_fault() -> Option<Errno> {
        fd::stat(fd::STDIN).err()
    }

    /// The open descriptor.
    #[must_use]
    pub fn fd(&self) -> Fd {
        self.fd
    }

    /// A buffered reader of it.
    #[must_use]
    pub fn reader(&self) -> Input {
        Input::new(self.fd)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if self.fd != fd::STDIN {
            // Nothing was written through it, so closing cannot lose anything.
            let _ = fd::close(self.fd);
        }
    }
}
