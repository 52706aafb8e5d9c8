//! `bzip2`, `bunzip2`, `bzcat`: files in the format of bzip2.

use std::io::{BufRead, Write};

use bzip2::Compression;
use bzip2::write::BzEncoder;
use wcr_sys::Input;

use super::packer::{Done, Packer, Request, Sink, Stop, unpack, without, write_error};
use super::unpack::Bzip2;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet `bzip2`.
pub const BZIP2: Applet = Applet::new(
    "bzip2",
    "bzip2 [-cfkdt123456789] [FILE]...\n\n\
     Compress FILEs (or stdin) with bzip2 algorithm\n\n\
     \t-1..9\tCompression level\n\
     \t-d\tDecompress\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    bzip2,
);

/// The applet `bunzip2`.
pub const BUNZIP2: Applet = Applet::new(
    "bunzip2",
    "bunzip2 [-cfk] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    bunzip2,
);

/// The applet `bzcat`.
pub const BZCAT: Applet = Applet::new("bzcat", "bzcat [FILE]...\n\nDecompress to stdout", bzcat);

const LEVELS: &[u8] = b"123456789";
const LARGEST: u32 = 9;
const SMALL: u32 = 2;
const SPEC: Spec = Spec::short("cfkvqdtzs123456789");
const BUNZIP2_SPEC: Spec = Spec::short("cfkvqdt");

fn bzip2(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let request = Request::new(&parsed);
    if parsed.has(b'd') || parsed.has(b't') {
        // Read as the options of `bunzip2`, which has no levels.
        let parsed = BUNZIP2_SPEC.parse(ctx)?;
        let request = Request::new(&parsed);
        return decompress(ctx, request, &parsed.operands);
    }
    // The lowest of several levels counts; without one `-s` stands for less memory.
    let standard = if parsed.has(b's') { SMALL } else { LARGEST };
    let level = LEVELS.iter().find(|level| parsed.has(**level)).map_or(standard, |level| u32::from(level - b'0'));
    let rename = |name: &[u8]| Some([name, b".bz2"].concat());
    let mut work = |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| compress(ctx, input, sink, level);
    Packer { request, rename: &rename, work: &mut work }.run(ctx, &parsed.operands)
}

fn bunzip2(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = BUNZIP2_SPEC.parse(ctx)?;
    decompress(ctx, Request::new(&parsed), &parsed.operands)
}

fn bzcat(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = BUNZIP2_SPEC.parse(ctx)?;
    decompress(ctx, Request::new(&parsed).to_stdout(), &parsed.operands)
}

fn decompress(ctx: &mut Context<'_>, request: Request, operands: &[Vec<u8>]) -> Result<u8, Quit> {
    let mut work =
        |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| unpack(ctx, &mut Bzip2::new(), input, sink);
    Packer { request, rename: &|name| without(name, b".bz2"), work: &mut work }.run(ctx, operands)
}

fn compress(ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink, level: u32) -> Result<Done, Stop> {
    let mut encoder = BzEncoder::new(&mut *sink, Compression::new(level));
    let written = loop {
        match input.fill_buf() {
            Ok([]) => break encoder.try_finish(),
            Ok(bytes) => {
                let used = bytes.len();
                if let Err(error) = encoder.write_all(bytes) {
                    break Err(error);
                }
                input.consume(used);
            }
            Err(error) => {
                ctx.perror(&[b"read error"], Input::errno(&error));
                return Err(Stop::File);
            }
        }
    };
    drop(encoder);
    if written.is_err() || !sink.flush() {
        write_error(ctx, sink);
        return Err(Stop::File);
    }
    Ok(Done { written: sink.len, mtime: None })
}
