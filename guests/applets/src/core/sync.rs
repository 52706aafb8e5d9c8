//! `sync` and `fsync`: write what is held back.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// `sync`.
pub const SYNC: Applet = Applet::new(
    "sync",
    "sync [-df] [FILE]...\n\n\
     Write all buffered blocks (in FILEs) to disk\n\
     \t-d\tAvoid syncing metadata\n\
     \t-f\tSync filesystems underlying FILEs",
    sync,
);

/// `fsync`.
pub const FSYNC: Applet = Applet::new(
    "fsync",
    "fsync [-d] FILE...\n\n\
     Write all buffered blocks in FILEs to disk\n\
     \t-d\tAvoid syncing metadata",
    fsync,
);

const SPEC: Spec = Spec::new("df", &[("data", Takes::Nothing, b'd'), ("file-system", Takes::Nothing, b'f')]);

fn sync(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'd') && parsed.has(b'f') {
        return Err(ctx.usage());
    }
    if parsed.operands.is_empty() {
        // sync(2) has no errors; what is written back is what an open file of each file system would.
        if let Ok(root) = fs::open(b"/", OpenFlags::RDONLY.with(OpenFlags::DIRECTORY), 0) {
            let _ = fd::sync(root).and_then(|()| fd::close(root));
        }
    }
    Ok(sync_files(ctx, &parsed.operands))
}

fn fsync(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("d").parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    Ok(sync_files(ctx, &parsed.operands))
}

/// Writes what is held back of each file; what fails is told, and the exit code then 1.
fn sync_files(ctx: &mut Context<'_>, paths: &[Vec<u8>]) -> u8 {
    let mut code = 0;
    for path in paths {
        let opened = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::NONBLOCK), 0);
        let Ok(file) = opened.inspect_err(|error| ctx.perror(&[b"can't open '", path, b"'"], *error)) else {
            code = 1;
            continue;
        };
        if let Err(error) = fd::sync(file).and_then(|()| fd::close(file)) {
            ctx.perror(&[path], error);
            code = 1;
        }
    }
    code
}
