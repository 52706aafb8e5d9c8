//! `mkswap`: writes the first page of a swap space. See the layout in `linux/swap.h`'s documentation.

use wcr_sys::abi::OpenFlags;
use wcr_sys::fd::{self, Whence};
use wcr_sys::fs;

use super::refusal::applet;
use crate::format::{decimal, hex, parse_decimal, right};
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "mkswap", mkswap
);

/// A page, in bytes.
const PAGE: u64 = 4096;
/// The fewest pages that make a swap space.
const LEAST: u64 = 10;
/// Where the header begins, behind room for a boot loader.
const HEADER: usize = 1024;
const MAGIC: &[u8] = b"SWAPSPACE2";
/// The longest label, without its NUL.
const LABEL: usize = 15;

fn mkswap(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("L:").parse(ctx)?;
    let [path, rest @ ..] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let mut fail = |text: &[u8], error| ctx.die_errno(&[text], error);
    let named = [b"can't open '".as_slice(), path, b"'"].concat();
    let file = fs::open(path, OpenFlags::WRONLY.with(OpenFlags::CLOEXEC), 0).map_err(|error| fail(&named, error))?;
    let len = match rest.first() {
        None => fd::seek(file, 0, Whence::End).map_err(|error| fail(path, error))?,
        Some(text) => {
            let kilobytes = parse_decimal(text).and_then(|number| number.checked_mul(1024));
            kilobytes.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?
        }
    };
    let pages = len / PAGE;
    if pages < LEAST {
        return Err(ctx.die(&[b"image is too small"]));
    }
    let mut id = [0; 16];
    wcr_sys::random(&mut id).map_err(|error| ctx.die_errno(&[b"getrandom"], error))?;
    // Version 4 and the variant of RFC 4122.
    (id[6], id[8]) = (id[6] & 0x0f | 0x40, id[8] & 0x3f | 0x80);
    let size = decimal((pages - 1) * PAGE);
    ctx.put(&[b"Setting up swapspace version 1, size = ", size.as_slice(), b" bytes\nUUID="].concat());
    ctx.put(&[&uuid(&id), b"\n".as_slice()].concat());
    let page = header(pages as u32, &id, parsed.value(b'L').unwrap_or_default());
    let done = fd::pwrite(file, &page, 0).and_then(|_| fd::sync(file)).and_then(|()| fd::close(file));
    done.map_err(|error| ctx.die_errno(&[path], error))?;
    Ok(0)
}

/// The text of a UUID.
fn uuid(id: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        right(&mut out, &hex((*byte).into()), 2, b'0');
    }
    out
}

/// The first page from the header on: version, number of the last page, bad pages, UUID, label, and the magic at its end.
fn header(pages: u32, id: &[u8; 16], label: &[u8]) -> Vec<u8> {
    let mut page = vec![0; PAGE as usize];
    let label = label.get(..LABEL).unwrap_or(label);
    let fields = [&1u32.to_le_bytes()[..], &(pages - 1).to_le_bytes(), &0u32.to_le_bytes(), id, label].concat();
    page[HEADER..HEADER + fields.len()].copy_from_slice(&fields);
    let end = page.len();
    page[end - MAGIC.len()..].copy_from_slice(MAGIC);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_its_space() {
        let page = header(256, &[7; 16], b"a label that is too long");
        assert_eq!(&page[1024..1036], [1, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&page[1052..1068], b"a label that is\0");
        assert_eq!(&page[4086..], MAGIC);
        assert_eq!(uuid(&[0xab; 16]), b"abababab-abab-abab-abab-abababababab");
    }
}
