//! `shred`: overwrites files, and removes them.

use wcr_sys::abi::OpenFlags;
use wcr_sys::fd::{self, Whence};
use wcr_sys::{Errno, Fd, fs};

use crate::count::natural;
use crate::number::unsigned;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "shred",
    "shred [-fuz] [-n N] [-s SIZE] FILE...\n\n\
     Overwrite/delete FILEs\n\n\
     \t-f\tChmod to ensure writability\n\
     \t-s SIZE\tSize to write\n\
     \t-n N\tOverwrite N times (default 3)\n\
     \t-z\tFinal overwrite with zeros\n\
     \t-u\tRemove file",
    main,
);

const SPEC: Spec = Spec::short("fuzn:s:vx");
/// How often a file is overwritten, unless another number is asked for.
const PASSES: usize = 3;
/// How much is written at once, in bytes.
const PIECE: usize = 64 << 10;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse_counts(ctx, b"n", natural)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let passes = match parsed.value(b'n') {
        Some(text) => natural(ctx, text)?,
        None => PASSES,
    };
    let random = source(ctx, b"/dev/urandom")?;
    let zeros = source(ctx, b"/dev/zero")?;
    for path in &parsed.operands {
        let file = open(path, parsed.has(b'f'));
        let file = file.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        let mut size = fd::stat(file).map_err(|error| ctx.die_errno(&[path], error))?.size;
        // The real program looks at the number only when there is something to overwrite.
        if let Some(text) = parsed.value(b's').filter(|_| size > 0) {
            size = length(text).ok_or_else(|| ctx.usage())?;
        }
        let written = shred(file, size, passes, random, parsed.has(b'z').then_some(zeros));
        written.map_err(|error| ctx.die_errno(&[path], error))?;
        if parsed.has(b'u') {
            let removed = fd::truncate(file, 0).and_then(|()| fs::unlink(path));
            removed.map_err(|error| ctx.die_errno(&[path], error))?;
        }
        fd::close(file).map_err(|error| ctx.die_errno(&[path], error))?;
    }
    Ok(0)
}

/// A number in C's notation.
fn length(text: &[u8]) -> Option<u64> {
    let scanned = unsigned(text, 0);
    let whole = text.first().is_some_and(u8::is_ascii_digit) && scanned.len == text.len();
    (whole && !scanned.overflow).then_some(scanned.value)
}

fn source(ctx: &mut Context<'_>, path: &[u8]) -> Result<Fd, Quit> {
    fs::open(path, OpenFlags::RDONLY, 0).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

/// Opens a file for writing; with `force` what refuses is made writable first.
fn open(path: &[u8], force: bool) -> Result<Fd, Errno> {
    match fs::open(path, OpenFlags::WRONLY, 0) {
        Err(_) if force => {
            // What could not be made writable shows when it is opened.
            let _ = fs::chmod(path, 0o666);
            fs::open(path, OpenFlags::WRONLY, 0)
        }
        opened => opened,
    }
}

/// Overwrites `size` bytes so many times, and then with zeros.
fn shred(file: Fd, size: u64, passes: usize, random: Fd, zeros: Option<Fd>) -> Result<(), Errno> {
    let mut piece = vec![0; PIECE];
    let sources = core::iter::repeat_n(random, passes).chain(zeros);
    for source in sources {
        fd::seek(file, 0, Whence::Set)?;
        let mut left = size;
        while left > 0 {
            let len = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let part = piece.get_mut(..len).unwrap_or_default();
            let count = fd::read(source, part)?;
            fd::write_all(file, part.get(..count).unwrap_or_default())?;
            left -= count as u64;
        }
        fd::sync(file)?;
    }
    Ok(())
}
