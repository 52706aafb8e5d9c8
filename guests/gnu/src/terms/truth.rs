//! `true`, `false`, `yes`.

use crate::Program;
use crate::program::STANDARD;

/// How much `yes` writes at once, in bytes.
const BLOCK: usize = 16 << 10;

/// `true`.
pub const TRUE: Program = Program::raw("true", "[ARGUMENT]...", "Succeeds.", true, |_, _| Ok(0));

/// `false`.
pub const FALSE: Program =
    Program { help_code: 1, ..Program::raw("false", "[ARGUMENT]...", "Fails.", true, |_, _| Ok(1)) };

/// `yes`.
pub const YES: Program =
    Program::new("yes", "[STRING]...", "Prints its arguments, or y, without end.", "+", STANDARD, |ctx, parsed| {
        let words = &parsed.operands;
        let mut line = if words.is_empty() { b"y".to_vec() } else { words.join(&b' ') };
        line.push(b'\n');
        let block = line.repeat((BLOCK / line.len()).max(1));
        while ctx.write_error().is_none() {
            ctx.put(&block);
        }
        Ok(1)
    });
