//! `rmdir`: removes empty directories.

use wcr_sys::{Errno, fs};

use super::dirname::parent;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "rmdir",
    "rmdir [-p] DIRECTORY...\n\n\
     Remove DIRECTORY if it is empty\n\n\
     \t-p\tInclude parents\n\
     \t--ignore-fail-on-non-empty",
    main,
);

const IGNORE: u8 = 1;
const SPEC: Spec = Spec::new(
    "pv",
    &[
        ("parents", Takes::Nothing, b'p'),
        ("ignore-fail-on-non-empty", Takes::Nothing, IGNORE),
        ("verbose", Takes::Nothing, b'v'),
    ],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let mut code = 0;
    for operand in &parsed.operands {
        let mut path = operand.as_slice();
        loop {
            if parsed.has(b'v') {
                ctx.put(&[b"rmdir: removing directory, '", path, b"'\n"].concat());
            }
            match fs::rmdir(path) {
                Ok(()) => {}
                Err(Errno::Notempty) if parsed.has(IGNORE) => break,
                Err(error) => {
                    ctx.perror(&[b"'", path, b"'"], error);
                    code = 1;
                    break;
                }
            }
            path = parent(path);
            if !parsed.has(b'p') || path == b"." || path == b"/" {
                break;
            }
        }
    }
    Ok(code)
}
