//! `yes`: a line again and again.

use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("yes", "yes [STRING]\n\nRepeatedly print a line with STRING, or 'y'", main)
    .on_write_failure(crate::WriteFailure::Code(1));

/// How much is written at once, in bytes.
const BLOCK: usize = 8192;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut line = if ctx.args.is_empty() { b"y".to_vec() } else { ctx.args.join(&b' ') };
    line.push(b'\n');
    let block = line.repeat((BLOCK / line.len()).max(1));
    while ctx.write_error().is_none() {
        ctx.put(&block);
    }
    if let Some(error) = ctx.write_error() {
        ctx.perror(&[b"(null)"], error);
    }
    Ok(1)
}
