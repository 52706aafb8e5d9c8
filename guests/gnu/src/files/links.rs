//! `readlink`, `realpath`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::{Errno, fs};

use super::resolve::{Missing, between, resolve};
use crate::Program;
use crate::dispatch::missing_operand;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const RELATIVE_TO: u8 = 0x80;
const RELATIVE_BASE: u8 = 0x81;

/// `readlink`.
pub const READLINK: Program = Program::new(
    "readlink",
    "[OPTION]... FILE...",
    "Prints where symbolic links lead.",
    "efmnqsvz",
    &[
        ("canonicalize", Takes::Nothing, b'f'),
        ("canonicalize-existing", Takes::Nothing, b'e'),
        ("canonicalize-missing", Takes::Nothing, b'm'),
        ("no-newline", Takes::Nothing, b'n'),
        ("quiet", Takes::Nothing, b'q'),
        ("silent", Takes::Nothing, b's'),
        ("verbose", Takes::Nothing, b'v'),
        ("zero", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    readlink,
);

/// `realpath`.
pub const REALPATH: Program = Program::new(
    "realpath",
    "[OPTION]... FILE...",
    "Prints the absolute paths of files.",
    "eLmPqsz",
    &[
        ("canonicalize-existing", Takes::Nothing, b'e'),
        ("canonicalize-missing", Takes::Nothing, b'm'),
        ("logical", Takes::Nothing, b'L'),
        ("physical", Takes::Nothing, b'P'),
        ("quiet", Takes::Nothing, b'q'),
        ("relative-to", Takes::Value, RELATIVE_TO),
        ("relative-base", Takes::Value, RELATIVE_BASE),
        ("strip", Takes::Nothing, b's'),
        ("no-symlinks", Takes::Nothing, b's'),
        ("zero", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    realpath,
);

fn missing_of(key: Option<u8>, default: Missing) -> Missing {
    match key {
        Some(b'e') => Missing::None,
        Some(b'm') => Missing::Any,
        Some(b'f') => Missing::Last,
        _ => default,
    }
}

fn readlink(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let end: &[u8] = if parsed.has(b'z') { b"\0" } else { b"\n" };
    let several = parsed.operands.len() > 1;
    if several && parsed.has(b'n') {
        ctx.complain(&[b"ignoring --no-newline with multiple arguments"]);
    }
    let verbose = parsed.last_of(b"qsv") == Some(b'v');
    let canonical = parsed.last_of(b"efm");
    let mut code = 0;
    for path in &parsed.operands {
        let found = match canonical {
            Some(key) => resolve(path, missing_of(Some(key), Missing::Last)),
            None => fs::readlink(path),
        };
        match found {
            Ok(text) => {
                ctx.put(&text);
                if several || !parsed.has(b'n') {
                    ctx.put(end);
                }
            }
            Err(error) => {
                code = 1;
                if verbose {
                    ctx.perror(&[&quote::as_needed(path)], error);
                }
            }
        }
    }
    Ok(code)
}

/// The path without dots, links left as they are.
fn logical(path: &[u8]) -> Result<Vec<u8>, Errno> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    let start = if path.starts_with(b"/") { Vec::new() } else { fs::getcwd()? };
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for part in start.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part.to_vec()),
        }
    }
    Ok([b"/", &parts.join(&b'/')[..]].concat())
}

fn realpath(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let missing = missing_of(parsed.last_of(b"em"), Missing::Last);
    let way = parsed.last_of(b"LPs");
    let find = |path: &[u8]| match way {
        Some(b's') => {
            let text = logical(path)?;
            match fs::lstat(&text) {
                Err(error) if missing == Missing::None => Err(error),
                _ => Ok(text),
            }
        }
        Some(b'L') => resolve(&logical(path)?, missing),
        _ => resolve(path, missing),
    };
    let mut places = [None, None];
    for (slot, key) in places.iter_mut().zip([RELATIVE_TO, RELATIVE_BASE]) {
        if let Some(path) = parsed.value(key) {
            match find(path) {
                Ok(found) => *slot = Some(found),
                Err(error) => return Err(ctx.die_errno(&[&quote::as_needed(path)], error)),
            }
        }
    }
    let [mut to, base] = places;
    let below = |path: &[u8], base: &[u8]| {
        base == b"/" || path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    if let (Some(base), Some(to)) = (&base, &to)
        && !below(to, base)
    {
        // Then everything is printed in full.
        return print_all(ctx, parsed, &find, &|path| path.to_vec());
    }
    if to.is_none() {
        to.clone_from(&base);
    }
    print_all(ctx, parsed, &find, &|path| match (&to, &base) {
        (Some(_), Some(base)) if !below(path, base) => path.to_vec(),
        (Some(to), _) => between(to, path),
        (None, _) => path.to_vec(),
    })
}

fn print_all(
    ctx: &mut Context<'_>,
    parsed: &Parsed,
    find: &dyn Fn(&[u8]) -> Result<Vec<u8>, Errno>,
    shown: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Result<u8, Quit> {
    let end: &[u8] = if parsed.has(b'z') { b"\0" } else { b"\n" };
    let mut code = 0;
    for path in &parsed.operands {
        match find(path) {
            Ok(found) => ctx.put(&[&shown(&found), end].concat()),
            Err(error) => {
                code = 1;
                if !parsed.has(b'q') {
                    ctx.perror(&[&quote::as_needed(path)], error);
                }
            }
        }
    }
    Ok(code)
}
