//! `gzip` and `gunzip`: files in the format of gzip.

use std::io::{BufRead, Write};

use wcr_sys::Input;

use super::deflate::{Deflate, USUAL_LEVEL};
use super::packer::{Done, Packer, Request, Sink, Stop, unpack, without, write_error};
use super::unpack::{Format, Unpack};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet `gzip`.
pub const GZIP: Applet = Applet::new(
    "gzip",
    "gzip [-cfkdt] [FILE]...\n\n\
     Compress FILEs (or stdin)\n\n\
     \t-d\tDecompress\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    gzip,
);

/// The applet `gunzip`.
pub const GUNZIP: Applet = Applet::new(
    "gunzip",
    "gunzip [-cfkt] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    gunzip,
);

/// Levels are accepted and change nothing.
const SPEC: Spec = Spec::new(
    "cfkvqdtn123456789",
    &[
        ("stdout", Takes::Nothing, b'c'),
        ("to-stdout", Takes::Nothing, b'c'),
        ("force", Takes::Nothing, b'f'),
        ("verbose", Takes::Nothing, b'v'),
        ("quiet", Takes::Nothing, b'q'),
        ("test", Takes::Nothing, b't'),
        ("no-name", Takes::Nothing, b'n'),
        ("fast", Takes::Nothing, b'1'),
        ("best", Takes::Nothing, b'9'),
    ],
);

/// What `gunzip` and `zcat` take.
pub(super) const GUNZIP_SPEC: Spec = Spec::new(
    "cfkvqdtn",
    &[
        ("stdout", Takes::Nothing, b'c'),
        ("to-stdout", Takes::Nothing, b'c'),
        ("force", Takes::Nothing, b'f'),
        ("test", Takes::Nothing, b't'),
        ("no-name", Takes::Nothing, b'n'),
    ],
);

/// What stands before the data: the method, no flags, no time, no level, and the system, Unix.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

fn gzip(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'd') || parsed.has(b't') {
        return gunzip(ctx);
    }
    let request = Request::new(&parsed);
    let rename = |name: &[u8]| Some([name, b".gz"].concat());
    Packer { request, rename: &rename, work: &mut compress }.run(ctx, &parsed.operands)
}

fn gunzip(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = GUNZIP_SPEC.parse(ctx)?;
    decompress(ctx, Request::new(&parsed), &parsed.operands)
}

fn decompress(ctx: &mut Context<'_>, request: Request, operands: &[Vec<u8>]) -> Result<u8, Quit> {
    let rename = |name: &[u8]| {
        let tar = || Some([name.strip_suffix(b".tgz")?, b".tar"].concat());
        without(name, b".gz").or_else(tar).or_else(|| without(name, b".Z"))
    };
    let mut work =
        |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| unpack(ctx, unpacker(input).as_mut(), input, sink);
    Packer { request, rename: &rename, work: &mut work }.run(ctx, operands)
}

/// `gunzip` also reads what `compress` made.
fn unpacker(input: &mut Input) -> Box<dyn Unpack> {
    let format = input.fill_buf().ok().and_then(Format::of);
    format.filter(|format| *format == Format::Compress).unwrap_or(Format::Gzip).unpacker()
}

fn compress(ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink) -> Result<Done, Stop> {
    pack(input, sink).map_err(|_| write_error(ctx, sink))?;
    // The ratio of `-v` is not known.
    Ok(Done::default())
}

/// Writes all of the input in the format of gzip. Input that cannot be read has ended.
fn pack(input: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<()> {
    let mut gzip = GzipWriter::new(out)?;
    while let Ok(bytes) = input.fill_buf() {
        if bytes.is_empty() {
            break;
        }
        gzip.write_all(bytes)?;
        let used = bytes.len();
        input.consume(used);
    }
    gzip.finish()?.flush()
}

/// Writes what it is given in the format of gzip.
pub(super) struct GzipWriter<W> {
    deflate: Deflate<W>,
    sum: crc32fast::Hasher,
    len: u32,
}

impl<W: Write> GzipWriter<W> {
    /// A writer that has written the header.
    /// # Errors
    /// As the writer's.
    pub(super) fn new(mut out: W) -> std::io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self { deflate: Deflate::new(out, USUAL_LEVEL), sum: crc32fast::Hasher::new(), len: 0 })
    }

    /// Writes what is left and the trailer.
    /// # Errors
    /// As the writer's.
    pub(super) fn finish(self) -> std::io::Result<W> {
        let mut out = self.deflate.finish()?;
        out.write_all(&self.sum.finalize().to_le_bytes())?;
        out.write_all(&self.len.to_le_bytes())?;
        Ok(out)
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.deflate.write(bytes)?;
        self.sum.update(bytes.get(..n).unwrap_or_default());
        self.len = self.len.wrapping_add(n as u32);
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.deflate.flush()
    }
}
