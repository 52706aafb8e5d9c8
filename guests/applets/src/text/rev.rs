//! `rev`: lines backwards.

use wcr_sys::Errno;

use crate::lines::LineReader;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("rev", "rev [FILE]...\n\nReverse lines of FILE", main);

const SPEC: Spec = Spec::plain("");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut operands = SPEC.parse(ctx)?.operands;
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let mut code = 0;
    for path in &operands {
        match Source::open(path) {
            // What cannot be read ends the file, as it does in BusyBox.
            Ok(source) => drop(reverse(ctx, &source)),
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn reverse(ctx: &mut Context<'_>, source: &Source) -> Result<(), Errno> {
    let mut reader = LineReader::new(source.fd(), b'\n');
    while let Some(line) = reader.next_line()? {
        // A C string ends at a NUL, and with it the line and its newline.
        let cut = memchr::memchr(0, line.text);
        let mut text = line.text.get(..cut.unwrap_or(line.text.len())).unwrap_or_default().to_vec();
        text.reverse();
        if line.terminated && cut.is_none() {
            text.push(b'\n');
        }
        ctx.put(&text);
    }
    Ok(())
}
