//! `rpm2cpio`: the archive that is in a package of RPM.

use std::io::BufRead;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, fd, fs};

use super::feed::Feed;
use super::unpack::Format;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet =
    Applet::new("rpm2cpio", "rpm2cpio PACKAGE.rpm\n\nOutput a cpio archive of the rpm file", main);

/// What a package begins with, and nobody reads any more.
const LEAD_LEN: u64 = 96;
const HEADER_MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 1];
/// Magic, four bytes that are kept for later, the number of entries and the length of their data.
const HEADER_LEN: usize = 16;
const ENTRY_LEN: u64 = 16;
/// The first header is padded to a multiple of this.
const PADDING: u64 = 8;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (from, name) = match ctx.args.first() {
        Some(path) => (open(ctx, path)?, path.as_slice()),
        None => (fd::STDIN, b"standard output".as_slice()),
    };
    let mut package = Feed::new(from, None);
    skip_headers(ctx, &mut package, name)?;
    let start = package.fill_buf().unwrap_or_default();
    let Some(format) = Format::of(start) else {
        let reason: &[u8] = if start.len() < 2 { b"short read" } else { b"no gzip/bzip2/xz magic" };
        return Err(ctx.die(&[reason]));
    };
    let mut unpacker = format.unpacker();
    loop {
        match unpacker.piece(&mut package) {
            Ok([]) => return Ok(0),
            Ok(piece) => {
                if let Err(error) = fd::write_all(fd::STDOUT, piece) {
                    ctx.perror(&[b"write error"], error);
                    return Err(ctx.die(&[b"error unpacking"]));
                }
            }
            Err(fault) => {
                ctx.complain(&[&fault.message()]);
                return Ok(0);
            }
        }
    }
}

fn open(ctx: &mut Context<'_>, path: &[u8]) -> Result<Fd, Quit> {
    fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)
        .map_err(|error: Errno| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

/// Moves to the archive, behind the lead and two headers.
fn skip_headers(ctx: &mut Context<'_>, package: &mut Feed, name: &[u8]) -> Result<(), Quit> {
    if package.skip(LEAD_LEN).is_err() {
        return Err(ctx.die(&[b"short read"]));
    }
    for padding in [PADDING, 1] {
        let mut header = [0; HEADER_LEN];
        if package.read_full(&mut header) < header.len() {
            return Err(ctx.die(&[b"short read"]));
        }
        let [a, b, c, d, _, _, _, _, e, f, g, h, i, j, k, l] = header;
        if [a, b, c, d] != HEADER_MAGIC {
            return Err(ctx.die(&[b"invalid RPM header magic in '", name, b"'"]));
        }
        let (entries, data) = (u32::from_be_bytes([e, f, g, h]), u32::from_be_bytes([i, j, k, l]));
        let len = u64::from(entries) * ENTRY_LEN + u64::from(data);
        if package.skip(len).is_err() || package.align(padding).is_err() {
            return Err(ctx.die(&[b"short read"]));
        }
    }
    Ok(())
}
