//! `rev`: lines backwards.

use wcr_sys::Errno;

use crate::lines::LineReader;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("rev", "rev [FILE]...\n\nReverse lines of FILE", main);

const SPEC: Spec = Spec::short("");

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
    let mut out = Vec::new();
    loop {
        let lines = reader.next_lines()?;
        if lines.is_empty() {
            return Ok(());
        }
        // A C string ends at a NUL, and with it the line and its newline.
        let whole = memchr::memchr(0, lines).is_none();
        out.clear();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = if whole { text } else { text.split(|byte| *byte == 0).next().unwrap_or_default() };
            out.extend(text.iter().rev());
            if text.len() + 1 == line.len() && line.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
        ctx.put(&out);
    }
}
