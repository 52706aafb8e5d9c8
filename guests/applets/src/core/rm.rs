//! `rm`: removes files and trees.

use super::paths::{is_dots, strip_slashes};
use super::remove::Removal;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "rm",
    "rm [-irf] FILE...\n\n\
     Remove (unlink) FILEs\n\n\
     \t-i\tAlways prompt before removing\n\
     \t-f\tNever prompt\n\
     \t-R,-r\tRecurse",
    main,
);

/// `nuke`: removes its arguments, whatever they look like, and never asks. Its exit code is 0.
pub const NUKE: Applet = Applet::new("nuke", "nuke DIR...\n\nRemove DIRs", |ctx| {
    let mut removal = Removal { force: true, recursive: true, ..Removal::default() };
    for path in ctx.args {
        removal.remove(ctx, path);
    }
    Ok(0)
});

const SPEC: Spec = Spec::short("fiRrv");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let last = parsed.last_of(b"fi");
    let mut removal = Removal {
        force: last == Some(b'f'),
        interactive: last == Some(b'i'),
        recursive: parsed.last_of(b"Rr").is_some(),
        verbose: parsed.has(b'v'),
        ..Removal::default()
    };
    if parsed.operands.is_empty() && !removal.force {
        return Err(ctx.usage());
    }
    let mut code = 0;
    for operand in &parsed.operands {
        let path = strip_slashes(operand);
        let removed = if is_dots(path) {
            ctx.complain(&[b"can't remove '.' or '..'"]);
            false
        } else {
            removal.remove(ctx, path)
        };
        if !removed {
            code = 1;
        }
    }
    Ok(code)
}
