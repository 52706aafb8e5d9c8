//! Random numbers, out of the kernel or out of a file that is given for it.

use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::{Errno, fd};

use crate::quote;

/// How many bytes are asked for at a time.
const BLOCK: usize = 4096;

/// A source of random numbers.
pub struct Random {
    /// The file, with its name.
    file: Option<(Source, Vec<u8>)>,
    pool: Vec<u8>,
    used: usize,
    /// What is left of earlier numbers: a number and the largest that it could be.
    kept: (u64, u64),
}

impl Random {
    /// The kernel's numbers, or the bytes of a file.
    /// # Errors
    /// The file cannot be opened, which has been told.
    pub fn open(ctx: &mut Context<'_>, path: Option<&[u8]>) -> Result<Self, Quit> {
        let file = match path {
            None => None,
            Some(path) => match Source::open(path) {
                Ok(source) => Some((source, path.to_vec())),
                Err(error) => return Err(ctx.die_errno(&[&quote::as_needed(path)], error)),
            },
        };
        Ok(Self { file, pool: Vec::new(), used: 0, kept: (0, 0) })
    }

    /// A number below `bound`, each as likely as the others. No more bytes are used than it takes, and what they held
    /// beyond it is kept for the next number.
    /// # Errors
    /// The file is at its end or cannot be read, which has been told.
    pub fn below(&mut self, ctx: &mut Context<'_>, bound: u64) -> Result<u64, Quit> {
        if bound <= 1 {
            return Ok(0);
        }
        let (mut value, mut top) = self.kept;
        loop {
            while top < bound - 1 {
                value = value << 8 | u64::from(self.byte(ctx)?);
                top = top << 8 | 0xff;
            }
            // As many values as a multiple of `bound` holds are of use; those behind it would make some results more
            // likely than others.
            let spare = (top - (bound - 1)) % bound;
            if value <= top - spare {
                self.kept = (value / bound, (top - (bound - 1)) / bound);
                return Ok(value % bound);
            }
            (value, top) = (value % bound, spare.saturating_sub(1));
        }
    }

    /// Fills a buffer.
    /// # Errors
    /// As [`Self::below`].
    pub fn fill(&mut self, ctx: &mut Context<'_>, buffer: &mut [u8]) -> Result<(), Quit> {
        for byte in buffer {
            *byte = self.byte(ctx)?;
        }
        Ok(())
    }

    fn byte(&mut self, ctx: &mut Context<'_>) -> Result<u8, Quit> {
        if self.used >= self.pool.len() {
            self.pool.resize(BLOCK, 0);
            self.used = 0;
            if let Some((source, name)) = &self.file {
                let read = loop {
                    match fd::read(source.fd(), &mut self.pool) {
                        Err(Errno::Intr) => {}
                        read => break read,
                    }
                };
                match read {
                    Ok(0) => return Err(ctx.die(&[&quote::always(name), b": end of file"])),
                    Ok(count) => self.pool.truncate(count),
                    Err(error) => return Err(ctx.die_errno(&[&quote::always(name), b": read error"], error)),
                }
            } else {
                // The kernel's source of randomness does not fail.
                let _ = wcr_sys::random(&mut self.pool);
            }
        }
        let byte = self.pool.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        Ok(byte)
    }
}
