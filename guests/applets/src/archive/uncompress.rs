//! `uncompress`: files that `compress` made.

use wcr_sys::Input;

use super::packer::{Packer, Request, Sink, unpack, without};
use super::unpack::Lzw;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "uncompress",
    "uncompress [-cf] [FILE]...\n\n\
     Decompress FILEs (or stdin)\n\n\
     \t-c\tWrite to stdout\n\
     \t-f\tOverwrite",
    main,
);

const SPEC: Spec = Spec::short("cf");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut work =
        |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| unpack(ctx, &mut Lzw::new(), input, sink);
    let rename = |name: &[u8]| without(name, b".Z");
    Packer { request: Request::new(&parsed), rename: &rename, work: &mut work }.run(ctx, &parsed.operands)
}
