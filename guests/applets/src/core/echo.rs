//! `echo`: its operands, separated by spaces.

use crate::escape::{self, Octal};
use crate::{Applet, Context, Help, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet =
    Applet::new("echo", "", main).with_help(Help::Operand("")).on_write_failure(WriteFailure::Fail);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let text = compose(ctx.args);
    ctx.put(&text);
    Ok(0)
}

/// What `echo` prints for these arguments.
#[must_use]
pub fn compose(args: &[Vec<u8>]) -> Vec<u8> {
    let (mut newline, mut escapes) = (true, false);
    let mut operands = args;
    while let [first, rest @ ..] = operands {
        let [b'-', flags @ ..] = first.as_slice() else { break };
        if flags.is_empty() || !flags.iter().all(|flag| b"neE".contains(flag)) {
            break;
        }
        for flag in flags {
            match flag {
                b'n' => newline = false,
                b'e' => escapes = true,
                // The flag E is taken and ignored: it does not undo e.
                _ => {}
            }
        }
        operands = rest;
    }
    let mut out = Vec::new();
    for (at, operand) in operands.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        if !escapes {
            out.extend_from_slice(operand);
        } else if !escape::expand(&mut out, operand, Octal::ThreeAfterZero) {
            return out;
        }
    }
    if newline {
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::compose;

    fn echo(args: &[&str]) -> String {
        let args: Vec<_> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        String::from_utf8_lossy(&compose(&args)).into_owned()
    }

    #[test]
    fn options_end_at_the_first_operand() {
        assert_eq!(echo(&["-n", "-eE", "-x", "-n"]), "-x -n");
        assert_eq!(echo(&["-", "a"]), "- a\n");
        assert_eq!(echo(&["-e", "-E", "a\\t"]), "a\t\n");
    }

    #[test]
    fn escapes() {
        assert_eq!(echo(&["-e", r"\0101\x411\q\"]), "AA1\\q\\\n");
        assert_eq!(echo(&["-e", r"a\cb", "c"]), "a");
    }
}
