//! `xz`, `lzma` and their kin: files in the formats of LZMA, which are only read.

use wcr_sys::Input;

use super::packer::{Packer, Request, Sink, unpack, unpack_or_corrupted, without};
use super::unpack::{Lzma, Xz};
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit};

/// The applet `xz`.
pub const XZ: Applet = Applet::new(
    "xz",
    "xz -d [-cfk] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-d\tDecompress\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    |ctx| reading(ctx, xz),
);

/// The applet `unxz`.
pub const UNXZ: Applet = Applet::new(
    "unxz",
    "unxz [-cfk] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    |ctx| {
        let parsed = SPEC.parse(ctx)?;
        xz(ctx, Request::new(&parsed), &parsed)
    },
);

/// The applet `xzcat`.
pub const XZCAT: Applet = Applet::new("xzcat", "xzcat [FILE]...\n\nDecompress to stdout", |ctx| {
    let parsed = SPEC.parse(ctx)?;
    xz(ctx, Request::new(&parsed).to_stdout(), &parsed)
});

/// The applet `lzma`.
pub const LZMA: Applet = Applet::new(
    "lzma",
    "lzma -d [-cfk] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-d\tDecompress\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    |ctx| reading(ctx, lzma),
);

/// The applet `unlzma`.
pub const UNLZMA: Applet = Applet::new(
    "unlzma",
    "unlzma [-cfk] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-k\tKeep input files\n\
     \t-t\tTest integrity",
    |ctx| {
        let parsed = SPEC.parse(ctx)?;
        lzma(ctx, Request::new(&parsed), &parsed)
    },
);

/// The applet `lzcat`.
pub const LZCAT: Applet = Applet::new("lzcat", "lzcat [FILE]...\n\nDecompress to stdout", |ctx| {
    let parsed = SPEC.parse(ctx)?;
    lzma(ctx, Request::new(&parsed).to_stdout(), &parsed)
});

const SPEC: Spec = Spec::short("cfkvqdt");

type Run = fn(&mut Context<'_>, Request, &Parsed) -> Result<u8, Quit>;

/// The programs that would compress without `-d` or `-t`, which they cannot.
fn reading(ctx: &mut Context<'_>, run: Run) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.last_of(b"dt").is_none() {
        return Err(ctx.usage());
    }
    run(ctx, Request::new(&parsed), &parsed)
}

fn xz(ctx: &mut Context<'_>, request: Request, parsed: &Parsed) -> Result<u8, Quit> {
    let mut work = |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| unpack(ctx, &mut Xz::new(), input, sink);
    Packer { request, rename: &|name| without(name, b".xz"), work: &mut work }.run(ctx, &parsed.operands)
}

fn lzma(ctx: &mut Context<'_>, request: Request, parsed: &Parsed) -> Result<u8, Quit> {
    let mut work = |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| {
        unpack_or_corrupted(ctx, &mut Lzma::new(), input, sink)
    };
    Packer { request, rename: &|name| without(name, b".lzma"), work: &mut work }.run(ctx, &parsed.operands)
}
