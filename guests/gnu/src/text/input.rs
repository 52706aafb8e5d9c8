//! The operands that are read as text, one after the other.

use applets::lines::LineReader;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::Errno;

use crate::quote;

/// How an operand that cannot be read is told of.
pub type Tell = fn(&mut Context<'_>, &[u8], Errno);

/// `program: name: reason`.
pub fn plainly(ctx: &mut Context<'_>, name: &[u8], error: Errno) {
    ctx.perror(&[&quote::as_needed(name)], error);
}

/// `program: cannot open 'name' for reading: reason`.
pub fn cannot_open(ctx: &mut Context<'_>, name: &[u8], error: Errno) {
    ctx.perror(&[b"cannot open ", &quote::always(name), b" for reading"], error);
}

/// The operands, or standard input where there are none.
#[must_use]
pub fn or_stdin(operands: &[Vec<u8>]) -> Vec<Vec<u8>> {
    if operands.is_empty() { vec![b"-".to_vec()] } else { operands.to_vec() }
}

/// Calls `each` for every line of all operands, with whether the line's end was there; it says whether to go on. The exit
/// code.
/// # Errors
/// Those of `each`.
pub fn lines(
    ctx: &mut Context<'_>,
    operands: &[Vec<u8>],
    end: u8,
    tell: Tell,
    mut each: impl FnMut(&mut Context<'_>, &[u8], bool) -> Result<bool, Quit>,
) -> Result<u8, Quit> {
    let mut code = 0;
    for name in or_stdin(operands) {
        let source = match Source::open(&name) {
            Ok(source) => source,
            Err(error) => {
                tell(ctx, &name, error);
                code = 1;
                continue;
            }
        };
        let mut reader = LineReader::new(source.fd(), end);
        loop {
            match reader.next_line() {
                Ok(Some(line)) => {
                    if !each(ctx, line.text, line.terminated)? || ctx.write_error().is_some() {
                        return Ok(code);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    plainly(ctx, &name, error);
                    code = 1;
                    break;
                }
            }
        }
    }
    Ok(code)
}

/// All that an operand holds.
/// # Errors
/// As `open(2)` and `read(2)`.
pub fn content(name: &[u8]) -> Result<Vec<u8>, Errno> {
    let source = Source::open(name)?;
    wcr_sys::fs::read_to_end(source.fd())
}
