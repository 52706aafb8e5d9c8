//! Where lines are written to.

use std::io::Write;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Output, append, fd, fs};

/// What keeps track of the end that the last line written may lack.
#[derive(Debug, Default)]
pub(super) struct Tail {
    open: bool,
    /// Room to put a line and its end together, which makes one write of two.
    room: Vec<u8>,
}

impl Tail {
    /// Writes a line; first the end that the one before lacked.
    pub(super) fn line(&mut self, out: &mut dyn Write, text: &[u8], end: Option<u8>, delimiter: u8) {
        self.room.clear();
        if self.open {
            self.room.push(delimiter);
        }
        append(&mut self.room, text);
        self.room.extend(end);
        self.open = end.is_none();
        // A failure is kept by the output and told at the end.
        let _ = out.write_all(&self.room);
    }

    /// Writes bytes as they are, behind the end that the last line lacked.
    pub(super) fn raw(&mut self, out: &mut dyn Write, bytes: &[u8], delimiter: u8) {
        if core::mem::take(&mut self.open) {
            let _ = out.write_all(&[delimiter]);
        }
        let _ = out.write_all(bytes);
    }
}

/// An open file that is written to.
#[derive(Debug)]
pub(super) struct OutFile {
    fd: Fd,
    out: Output,
}

impl OutFile {
    /// Creates or empties the file.
    pub(super) fn create(path: &[u8]) -> Result<Self, Errno> {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let fd = fs::open(path, flags, 0o666)?;
        Ok(Self { fd, out: Output::new(fd) })
    }

    /// A new file with a name of its own in a folder, and that name.
    pub(super) fn create_in(folder: &[u8]) -> Result<(Self, Vec<u8>), Errno> {
        const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
        loop {
            let mut random = [0; 6];
            wcr_sys::random(&mut random)?;
            let letters = random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]);
            let name = [folder, b"sed", &letters].concat();
            match fs::open(&name, flags, 0o600) {
                Err(Errno::Exist) => {}
                Err(error) => return Err(error),
                Ok(fd) => return Ok((Self { fd, out: Output::new(fd) }, name)),
            }
        }
    }

    /// The descriptor.
    pub(super) fn fd(&self) -> Fd {
        self.fd
    }

    /// Writes what is held back and closes the file.
    pub(super) fn close(mut self) -> Result<(), Errno> {
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

/// A file of the commands `w` and `W`.
#[derive(Debug)]
pub(super) enum Sink {
    /// Standard output, among what is printed there.
    Stdout,
    /// Standard error.
    Stderr(Tail),
    /// A file.
    File(OutFile, Tail),
}

impl Sink {
    /// Opens the file that a script names.
    pub(super) fn open(path: &[u8]) -> Result<Self, Errno> {
        Ok(match path {
            b"/dev/stdout" => Self::Stdout,
            b"/dev/stderr" => Self::Stderr(Tail::default()),
            path => Self::File(OutFile::create(path)?, Tail::default()),
        })
    }
}
