//! `dos2unix`, `unix2dos`: line ends of one system for those of the other.

use std::io::{BufRead, Write};

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Input, Output, fd, fs};

use crate::options::Spec;
use crate::temporary::{self, Refused};
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

/// How many links are followed.
const LINKS_MAX: usize = 32;

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
    for operand in &parsed.operands {
        let path = followed(ctx, operand)?;
        let source = fs::open(&path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
        let source = source.map_err(|error| ctx.die_errno(&[b"can't open '", &path, b"'"], error))?;
        in_place(ctx, source, &path, to_dos)?;
    }
    Ok(0)
}

/// The file that a path leads to over symbolic links in its last component.
fn followed(ctx: &mut Context<'_>, operand: &[u8]) -> Result<Vec<u8>, Quit> {
    let mut path = operand.to_vec();
    for _ in 0..LINKS_MAX {
        match fs::readlink(&path) {
            Ok(target) if target.starts_with(b"/") => path = target,
            Ok(target) => {
                let name = memchr::memrchr(b'/', &path).map_or(0, |slash| slash + 1);
                path.truncate(name);
                path.extend_from_slice(&target);
            }
            Err(Errno::Notdir) => return Err(ctx.die_errno(&[operand], Errno::Notdir)),
            Err(_) => return Ok(path),
        }
    }
    Err(ctx.die(&[operand]))
}

/// Converts an open file into a new one that takes its place.
fn in_place(ctx: &mut Context<'_>, source: Fd, path: &[u8], to_dos: bool) -> Result<(), Quit> {
    let (file, name) = temporary::beside(path)
        .map_err(|Refused { name, error }| ctx.die_errno(&[b"can't create temp file '", &name, b"'"], error))?;
    let mut out = Output::new(file);
    // What cannot be read ends the file, as it does in BusyBox.
    let _ = convert(source, &mut out, to_dos);
    let done = out
        .flush()
        .map_err(|error| Output::errno(&error))
        .and_then(|()| fd::stat(source))
        .and_then(|stat| fd::chmod(file, stat.mode.0 & 0o7777))
        .and(fd::close(file))
        .and(fd::close(source));
    done.map_err(|error| ctx.die_errno(&[path], error))?;
    fs::rename(&name, path).map_err(|error| ctx.die_errno(&[b"can't move '", &name, b"' to '", path, b"'"], error))
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
