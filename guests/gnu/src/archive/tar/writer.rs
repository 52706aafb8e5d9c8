//! An archive that is written, in records of several blocks.

use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, fd, fs};

use super::block::BLOCK;
use super::child::{self, Child, Started};
use super::options::Options;
use super::{FATAL, say};

/// How much is held back before it is written.
const HELD: usize = 64 << 10;

/// The archive.
pub(super) struct Writer {
    fd: Fd,
    name: Vec<u8>,
    buf: Vec<u8>,
    /// How long the archive is so far.
    len: u64,
    record: u64,
    child: Option<Child>,
    /// The file itself, which is no member.
    pub(super) own: Option<(u64, u64)>,
}

impl Writer {
    /// Makes the archive; what is to be compressed goes through a program.
    pub(super) fn create(ctx: &mut Context<'_>, options: &Options) -> Result<Self, Quit> {
        let path = &options.archive;
        let file = if path == b"-" {
            fd::STDOUT
        } else {
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
            fs::open(path, flags, 0o666).map_err(|error| {
                say::cannot(ctx, path, "open", error);
                say::not_recoverable(ctx)
            })?
        };
        let mut writer = Self::over(file, path, 0, options.blocking);
        let Some(words) = &options.compressor else { return Ok(writer) };
        let (input, output) = child::pipe(ctx)?;
        // What is not found is for the shell to tell, which real ones run it by.
        let words = if child::is_there(words) {
            words.clone()
        } else {
            vec![b"/bin/sh".to_vec(), b"-c".to_vec(), words.join(&b' ')]
        };
        let started = child::start(ctx, &words, input, file, output);
        // The program has it now.
        let _ = fd::close(input);
        match started {
            Started::Running(child) => writer.child = Some(child),
            Started::Missing => return Err(child::failed(ctx, FATAL.into())),
            Started::Unable(error) => {
                let program = words.first().map(Vec::as_slice).unwrap_or_default();
                child::tell_missing(ctx, program, error);
                return Err(child::failed(ctx, FATAL.into()));
            }
        }
        writer.fd = output;
        Ok(writer)
    }

    /// An archive that goes on at `len` of a file.
    pub(super) fn over(file: Fd, path: &[u8], len: u64, blocking: u64) -> Self {
        let own = fd::stat(file).ok().filter(|stat| stat.mode.kind() == wcr_sys::abi::FileKind::Regular);
        Self {
            fd: file,
            name: path.to_vec(),
            buf: Vec::with_capacity(HELD),
            len,
            record: blocking * BLOCK as u64,
            child: None,
            own: own.map(|stat| (stat.dev, stat.ino)),
        }
    }

    /// Whether it is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        self.name == b"-"
    }

    /// Writes bytes.
    /// # Errors
    /// They cannot be written, which has been told.
    pub(super) fn put(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        self.len += bytes.len() as u64;
        if self.buf.len() + bytes.len() > HELD {
            self.flush(ctx)?;
        }
        if bytes.len() >= HELD {
            return self.write(ctx, bytes);
        }
        self.buf.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let held = core::mem::take(&mut self.buf);
        self.write(ctx, &held)?;
        self.buf = held;
        self.buf.clear();
        Ok(())
    }

    fn write(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        if bytes.is_empty() {
            return Ok(());
        }
        ctx.flush();
        fd::write_all(self.fd, bytes).map_err(|error| {
            let name = self.name.clone();
            say::cannot(ctx, &name, "write", error);
            say::not_recoverable(ctx)
        })
    }

    /// Fills up to a whole block.
    /// # Errors
    /// As [`Self::put`].
    pub(super) fn align(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let missing = self.len.next_multiple_of(BLOCK as u64) - self.len;
        self.put(ctx, [0; BLOCK].get(..missing as usize).unwrap_or_default())
    }

    /// Writes the end, and fills up to a whole record. The length of the archive.
    /// # Errors
    /// As [`Self::put`], or the program that compresses failed.
    pub(super) fn finish(mut self, ctx: &mut Context<'_>) -> Result<u64, Quit> {
        self.put(ctx, &[0; 2 * BLOCK])?;
        while !self.len.is_multiple_of(self.record) {
            self.put(ctx, &[0; BLOCK])?;
        }
        self.flush(ctx)?;
        if self.fd != fd::STDOUT
            && let Err(error) = fd::close(self.fd)
        {
            let name = self.name.clone();
            say::cannot(ctx, &name, "close", error);
            return Err(say::not_recoverable(ctx));
        }
        if let Some(child) = self.child.take() {
            child.wait(ctx)?;
        }
        Ok(self.len)
    }
}
