//! Decompression: each format as a source of pieces.

mod bzip2;
mod gzip;
mod inflate;
mod lzma;
mod lzw;
mod xz;

use std::io::BufRead;

use wcr_sys::Input;

pub(super) use self::bzip2::Bzip2;
pub(super) use self::gzip::Gzip;
pub use self::inflate::Inflate;
pub(super) use self::lzma::Lzma;
pub use self::lzw::Lzw;
pub(super) use self::xz::Xz;
pub use super::fault::Fault;

/// A decompressor. What it has put together when it meets a fault is lost with it, so the size of the pieces is part of
/// what can be seen.
pub trait Unpack {
    /// The next piece; empty at the end.
    /// # Errors
    /// The data is damaged, or the input cannot be read.
    fn piece(&mut self, input: &mut dyn BufRead) -> Result<&[u8], Fault>;

    /// The time that the data says its original was changed at.
    fn mtime(&self) -> Option<u32> {
        None
    }
}

/// What is at hand of the input; empty at its end.
fn at_hand(input: &mut dyn BufRead) -> Result<&[u8], Fault> {
    input.fill_buf().map_err(|error| Fault::Read(Input::errno(&error)))
}

/// The next byte of the input.
fn next_byte(input: &mut dyn BufRead) -> Result<Option<u8>, Fault> {
    let byte = at_hand(input)?.first().copied();
    input.consume(usize::from(byte.is_some()));
    Ok(byte)
}

/// The next `N` bytes; `None` when the input ends before.
fn take<const N: usize>(input: &mut dyn BufRead) -> Result<Option<[u8; N]>, Fault> {
    let mut bytes = [0; N];
    for place in &mut bytes {
        match next_byte(input)? {
            Some(byte) => *place = byte,
            None => return Ok(None),
        }
    }
    Ok(Some(bytes))
}

/// The formats that are told by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.gz`
    Gzip,
    /// `.bz2`
    Bzip2,
    /// `.xz`
    Xz,
    /// `.lzma`
    Lzma,
    /// `.Z`
    Compress,
}

impl Format {
    /// The format of what begins with these bytes; six of them decide.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x1f, 0x9d, ..] => Some(Self::Compress),
            [b'B', b'Z', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    /// A decompressor of the format.
    #[must_use]
    pub fn unpacker(self) -> Box<dyn Unpack> {
        match self {
            Self::Gzip => Box::new(Gzip::new()),
            Self::Bzip2 => Box::new(Bzip2::new()),
            Self::Xz => Box::new(Xz::new()),
            Self::Lzma => Box::new(Lzma::new()),
            Self::Compress => Box::new(Lzw::new()),
        }
    }
}

#[cfg(test)]
mod testing {
    use super::{Fault, Unpack};

    /// What comes out of `input`, and what was wrong with it.
    pub(super) fn unpack(unpack: &mut dyn Unpack, mut input: &[u8]) -> (Vec<u8>, Result<(), Fault>) {
        let mut out = Vec::new();
        loop {
            match unpack.piece(&mut input) {
                Ok([]) => return (out, Ok(())),
                Ok(piece) => out.extend_from_slice(piece),
                Err(fault) => return (out, Err(fault)),
            }
        }
    }
}
