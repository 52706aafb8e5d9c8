//! `stdbuf`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::Errno;

use super::exec::exec_or_tell;
use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, UNITS, Wrong};

/// The exit code for trouble of `stdbuf` itself.
const TROUBLE: u8 = 125;

/// The library that sets the buffers of a program of C. The programs that run here have no such buffers: the variables
/// are set, and nothing comes of them.
const LIBRARY: &[u8] = b"LD_PRELOAD=/usr/libexec/coreutils/libstdbuf.so";

/// The program.
pub const PROGRAM: Program = Program::new(
    "stdbuf",
    "OPTION... COMMAND",
    "Runs a program with other buffers for its standard streams.",
    "+i:o:e:",
    &[
        ("error", Takes::Value, b'e'),
        ("input", Takes::Value, b'i'),
        ("output", Takes::Value, b'o'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.failing_with(TROUBLE)
.lacking("the programs that stand in do not know of it");

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut modes: [Option<Vec<u8>>; 3] = [None, None, None];
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        let place = b"ioe".iter().position(|known| known == key).unwrap_or(0);
        if text == b"L" {
            if *key == b'i' {
                return Err(wrong_usage(ctx, TROUBLE, &[b"line buffering stdin is meaningless"]));
            }
            modes[place] = Some(b"L".to_vec());
            continue;
        }
        match size::parse(text, UNITS) {
            Ok(bytes) => modes[place] = Some(applets::format::decimal(bytes)),
            Err(wrong) => {
                let parts: [&[u8]; 2] = [b"invalid mode ", &quote::locale(text)];
                match wrong {
                    Wrong::TooLarge => ctx.perror(&parts, Errno::Overflow),
                    _ => ctx.complain(&parts),
                }
                return Err(Quit(TROUBLE));
            }
        }
    }
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, TROUBLE));
    }
    if modes.iter().all(Option::is_none) {
        return Err(wrong_usage(ctx, TROUBLE, &[b"you must specify a buffering mode option"]));
    }
    let mut env = wcr_sys::env();
    let mut set = |entry: Vec<u8>| {
        let name = entry.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
        let start = entry.get(..name).unwrap_or_default();
        env.retain(|other| !other.starts_with(start));
        env.push(entry);
    };
    for (letter, mode) in b"IOE".iter().zip(modes) {
        if let Some(mode) = mode {
            set([b"_STDBUF_", &[*letter][..], b"=", &mode].concat());
        }
    }
    set(LIBRARY.to_vec());
    Err(exec_or_tell(ctx, &parsed.operands, &env, b"failed to run command "))
}
