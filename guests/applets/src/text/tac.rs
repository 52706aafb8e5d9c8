//! `tac`: lines from the last to the first.

use wcr_sys::fs;

use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("tac", "tac [FILE]...\n\nConcatenate FILEs and print them in reverse", main)
    .on_write_failure(crate::WriteFailure::Fail);

const SPEC: Spec = Spec::short("");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut operands = SPEC.parse(ctx)?.operands;
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for path in &operands {
        match Source::open(path).and_then(|source| fs::read_to_end(source.fd())) {
            Ok(content) => print(ctx, &content),
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn print(ctx: &mut Context<'_>, mut content: &[u8]) {
    while let Some((_, before_last)) = content.split_last() {
        let start = memchr::memrchr(b'\n', before_last).map_or(0, |newline| newline + 1);
        let (rest, line) = content.split_at(start);
        ctx.put(line);
        content = rest;
    }
}
