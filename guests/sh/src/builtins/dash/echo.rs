//! `echo`: resolves backslash sequences, and has one option.

use super::escape;
use crate::shell::{Flow, Shell};

pub(super) fn echo(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let operands = args.get(1..).unwrap_or_default();
    let (newline, operands) = match operands {
        [first, rest @ ..] if first == b"-n" => (false, rest),
        operands => (true, operands),
    };
    let mut out = Vec::new();
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        if !escape::expand(&mut out, operand) {
            shell.put(&out);
            return Ok(0);
        }
    }
    if newline {
        out.push(b'\n');
    }
    shell.put(&out);
    Ok(0)
}
