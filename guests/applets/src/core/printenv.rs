//! `printenv`: the values of environment variables.

use crate::options::Spec;
use crate::{Applet, Context, Quit, environ};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "printenv",
    "printenv [VARIABLE]...\n\nPrint environment VARIABLEs.\nIf no VARIABLE specified, print all.",
    main,
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+").parse(ctx)?;
    if parsed.operands.is_empty() {
        for entry in wcr_sys::env() {
            ctx.put(&[entry.as_slice(), b"\n"].concat());
        }
    }
    let mut code = 0;
    for name in &parsed.operands {
        match environ::var(name) {
            Some(value) => ctx.put(&[value.as_slice(), b"\n"].concat()),
            None => code = 1,
        }
    }
    Ok(code)
}
