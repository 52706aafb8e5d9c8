//! Compression, with the frame of gzip around the data.

use std::io::{self, Write};

use applets::archive::deflate::Deflate;
use wcr_sys::Input;

use super::unpack::Trouble;

/// What stands before the data: the method, no flags yet.
const START: [u8; 3] = [0x1f, 0x8b, 8];
const HAS_NAME: u8 = 8;
/// The system, Unix.
const UNIX: u8 = 3;
/// What is said of the best and of the fastest level.
const BEST: u8 = 2;
const FASTEST: u8 = 4;
const TRAILER: u64 = 8;

/// A writer that counts.
pub(super) struct Counting<W> {
    pub(super) out: W,
    pub(super) len: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.len += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// How much was read and written, and how much of that is the frame.
pub(super) struct Packed {
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) overhead: u64,
}

/// Compresses all of `input`.
pub(super) fn pack(
    input: &mut Input,
    out: &mut dyn Write,
    level: u8,
    name: Option<&[u8]>,
    mtime: u32,
) -> Result<Packed, Trouble> {
    use std::io::BufRead;
    let failed = |error: io::Error| Trouble::Write(wcr_sys::Output::errno(&error));
    let mut header = START.to_vec();
    header.push(if name.is_some() { HAS_NAME } else { 0 });
    header.extend_from_slice(&mtime.to_le_bytes());
    header.push(match level {
        1 => FASTEST,
        9 => BEST,
        _ => 0,
    });
    header.push(UNIX);
    if let Some(name) = name {
        header.extend_from_slice(name);
        header.push(0);
    }
    let mut out = Counting { out, len: 0 };
    out.write_all(&header).map_err(failed)?;
    let mut deflate = Deflate::new(out, level);
    let (mut sum, mut read) = (crc32fast::Hasher::new(), 0u64);
    loop {
        let bytes = input.fill_buf().map_err(|error| Trouble::Read(Input::errno(&error)))?;
        if bytes.is_empty() {
            break;
        }
        deflate.write_all(bytes).map_err(failed)?;
        sum.update(bytes);
        let n = bytes.len();
        read += n as u64;
        input.consume(n);
    }
    let mut out = deflate.finish().map_err(failed)?;
    out.write_all(&sum.finalize().to_le_bytes()).map_err(failed)?;
    out.write_all(&(read as u32).to_le_bytes()).map_err(failed)?;
    Ok(Packed { read, written: out.len, overhead: header.len() as u64 + TRAILER })
}
