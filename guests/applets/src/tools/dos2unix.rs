//! `dos2unix`, `unix2dos`: line ends of one system for those of the other.

use std::io::{BufRead, Write};

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Input, Output, fd, fs};

use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// `dos2unix`.
pub const DOS2UNIX: Applet = Applet::new(
    "dos2unix",
    "dos2unix [-ud] [FILE]\n\n\
     Convert FILE in-place from DOS to Unix format.\n\
     When no file is given, use stdin/stdout.\n\n\
     \t-u\tdos2unix\n\
     \t-d\tunix2dos",
    main,
)
.on_write_failure(WriteFailure::Ignore);

/// `unix2dos`.
pub const UNIX2DOS: Applet = Applet::new(
    "unix2dos",
    "unix2dos [-ud] [FILE]\n\n\
     Convert FILE in-place from Unix to DOS format.\n\
     When no file is given, use stdin/stdout.\n\n\
     \t-u\tdos2unix\n\
     \t-d\tunix2dos",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::short("du");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let to_dos = match (parsed.has(b'd'), parsed.has(b'u')) {
        (true, true) => return Err(ctx.usage()),
        (false, false) => ctx.applet.name == UNIX2DOS.name,
        (to_dos, _) => to_dos,
    };
    if parsed.operands.is_empty() {
        // What cannot be read ends the input, as it does in BusyBox.
        let _ = convert(fd::STDIN, ctx, to_dos);
        return Ok(0);
    }
    for path in &parsed.operands {
        let source = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
        let source = source.map_err(|error| match error {
            Errno::Notdir => ctx.die_errno(&[path], error),
            error => ctx.die_errno(&[b"can't open '", path, b"'"], error),
        })?;
        in_place(source, path, to_dos).map_err(|error| ctx.die_errno(&[path], error))?;
    }
    Ok(0)
}

/// Converts an open file into a new one that takes its place.
fn in_place(source: Fd, path: &[u8], to_dos: bool) -> Result<(), Errno> {
    let mode = fd::stat(source)?.mode.0 & 0o7777;
    let name = [path, b".XXXXXX".as_slice()].concat();
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
    let file = fs::open(&name, flags, 0o600)?;
    let mut out = Output::new(file);
    let done = convert(source, &mut out, to_dos)
        .and_then(|()| out.flush().map_err(|error| Output::errno(&error)))
        .and_then(|()| fd::chmod(file, mode))
        .and(fd::close(file))
        .and(fd::close(source))
        .and_then(|()| fs::rename(&name, path));
    if done.is_err() {
        // The file as it was is still there; what is left over is of no use.
        let _ = fs::unlink(&name);
    }
    done
}

/// Copies with other line ends: carriage returns go, and where they are wanted one stands before each newline.
fn convert(source: Fd, out: &mut dyn Write, to_dos: bool) -> Result<(), Errno> {
    let mut input = Input::new(source);
    loop {
        let block = input.fill_buf().map_err(|error| Input::errno(&error))?;
        if block.is_empty() {
            return Ok(());
        }
        let mut converted = Vec::with_capacity(block.len() + block.len() / 16);
        for byte in block {
            match byte {
                b'\r' => {}
                b'\n' if to_dos => converted.extend_from_slice(b"\r\n"),
                byte => converted.push(*byte),
            }
        }
        let len = block.len();
        input.consume(len);
        out.write_all(&converted).map_err(|error| Output::errno(&error))?;
    }
}
