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
        let fd = fs::open(path, flags, 0o666)?;
        Ok(Self { fd, out: Output::new(fd) })
    }

    /// A new file of its own whose name begins with `path`, and that name.
    /// # Errors
    /// As `open(2)`.
    pub fn create_beside(path: &[u8]) -> Result<(Self, Vec<u8>), Errno> {
        let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
        loop {
            const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
            let mut random = [0; 6];
            wcr_sys::random(&mut random)?;
            let name = [path, &random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()])].concat();
            match fs::open(&name, flags, 0o600) {
                Err(Errno::Exist) => {}
                Err(error) => return Err(error),
                Ok(fd) => return Ok((Self { fd, out: Output::new(fd) }, name)),
            }
        }
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
