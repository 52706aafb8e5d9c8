//! `pathchk`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::{Errno, fs};

use crate::Program;
use crate::dispatch::missing_operand;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const PORTABILITY: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "pathchk",
    "[OPTION]... NAME...",
    "Tells of names that files cannot have, or not everywhere.",
    "+pP",
    &[("portability", Takes::Nothing, PORTABILITY), HELP_OPTION, VERSION_OPTION],
    run,
);

/// How long names and paths may be everywhere, the end of the path included, and how long they may be here.
const PORTABLE: (usize, usize) = (14, 256);
const HERE: (usize, usize) = (255, 4096);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let everywhere = parsed.has(b'p') || parsed.has(PORTABILITY);
    let strange = parsed.has(b'P') || parsed.has(PORTABILITY);
    let mut code = 0;
    for name in &parsed.operands {
        code |= u8::from(!check(ctx, name, everywhere, strange));
    }
    Ok(code)
}

/// Whether a name is fine; what is wrong is told.
fn check(ctx: &mut Context<'_>, name: &[u8], everywhere: bool, strange: bool) -> bool {
    let components = || name.split(|byte| *byte == b'/').filter(|component| !component.is_empty());
    if strange && components().any(|component| component.starts_with(b"-")) {
        ctx.complain(&[b"leading '-' in a component of file name ", &quote::always(name)]);
        return false;
    }
    if (everywhere || strange) && name.is_empty() {
        ctx.complain(&[b"empty file name"]);
        return false;
    }
    if everywhere {
        let wrong = name.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"/._-".contains(byte));
        if let Some(byte) = wrong.and_then(|at| name.get(at..=at)) {
            let shown = [b"nonportable character ", &quote::locale(byte)[..]].concat();
            ctx.complain(&[&shown, b" in file name ", &quote::always(name)]);
            return false;
        }
    } else {
        // Where it can be looked for, it is short enough, and so are its parts.
        match fs::lstat(name) {
            Ok(_) => return true,
            Err(Errno::Noent) if !name.is_empty() => {}
            Err(error) => {
                ctx.perror(&[&quote::as_needed(name)], error);
                return false;
            }
        }
    }
    let (longest, path) = if everywhere { PORTABLE } else { HERE };
    if name.len() >= path {
        let line = format!("limit {} exceeded by length {} of file name ", path - 1, name.len());
        ctx.complain(&[line.as_bytes(), &quote::always(name)]);
        return false;
    }
    match components().find(|component| component.len() > longest) {
        None => true,
        Some(component) => {
            let line = format!("limit {longest} exceeded by length {} of file name component ", component.len());
            ctx.complain(&[line.as_bytes(), &quote::always(component)]);
            false
        }
    }
}
