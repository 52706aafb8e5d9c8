//! `zcat`: what compressed files hold, whichever format they have.

use std::io::BufRead;

use wcr_sys::{Input, fd};

use super::gzip::GUNZIP_SPEC;
use super::packer::Sink;
use super::unpack::{Format, Unpack};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("zcat", "zcat [FILE]...\n\nDecompress to stdout", main);

/// How many bytes tell the formats apart.
const MAGIC_LEN: usize = 6;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = GUNZIP_SPEC.parse(ctx)?;
    let test = parsed.has(b't');
    let mut operands = parsed.operands;
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for name in &operands {
        let source = match Source::open(name) {
            Ok(source) => source,
            Err(error) => {
                ctx.perror(&[name], error);
                code = 1;
                continue;
            }
        };
        let mut input = source.reader();
        let format = if name.ends_with(b".lzma") { Format::Lzma } else { detect(ctx, &mut input)? };
        let mut sink = Sink::new((!test).then_some(fd::STDOUT));
        show(ctx, format.unpacker().as_mut(), &mut input, &mut sink);
        if let Some(error) = sink.failed {
            ctx.perror(&[b"write error"], error);
            code = 1;
        }
    }
    Ok(code)
}

fn detect(ctx: &mut Context<'_>, input: &mut Input) -> Result<Format, Quit> {
    // A pipe gives as little at a time as its writer does, but a magic in pieces is nothing that anybody writes.
    let start = input.fill_buf().unwrap_or_default();
    let short = start.len() < 2 || start.starts_with(b"\xfd7") && start.len() < MAGIC_LEN;
    match Format::of(start) {
        _ if short => Err(ctx.die(&[b"short read"])),
        Some(format) => Ok(format),
        None => Err(ctx.die(&[b"no gzip/bzip2/xz magic"])),
    }
}

/// Writes what comes out. Damage is told, and no failure.
fn show(ctx: &mut Context<'_>, unpacker: &mut dyn Unpack, input: &mut Input, sink: &mut Sink) {
    loop {
        match unpacker.piece(input) {
            Ok([]) => break,
            Ok(piece) if sink.put(piece) => {}
            Ok(_) => return,
            Err(fault) => {
                sink.flush();
                ctx.complain(&[&fault.message()]);
                return;
            }
        }
    }
    sink.flush();
}
