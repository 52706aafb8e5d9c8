//! `rm`, `rmdir`, `unlink`.

use applets::core::dirname::parent;
use applets::core::paths::strip_slashes;
use applets::core::prompt::Prompt;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::{Errno, fs};

use super::remove::{Ask, Removal};
use crate::Program;
use crate::dispatch::{extra_operand, missing_operand, try_help};
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};
use crate::quote;

const INTERACTIVE: u8 = 0x80;
const ONE_SYSTEM: u8 = 0x81;
const NO_PRESERVE_ROOT: u8 = 0x82;
const PRESERVE_ROOT: u8 = 0x83;
const IGNORE_NON_EMPTY: u8 = 0x84;

/// `rm`.
pub const RM: Program = Program::new(
    "rm",
    "[OPTION]... [FILE]...",
    "Removes files.",
    "dfirvIR",
    &[
        ("force", Takes::Nothing, b'f'),
        ("interactive", Takes::OptionalValue, INTERACTIVE),
        ("one-file-system", Takes::Nothing, ONE_SYSTEM),
        ("no-preserve-root", Takes::Nothing, NO_PRESERVE_ROOT),
        ("preserve-root", Takes::OptionalValue, PRESERVE_ROOT),
        ("recursive", Takes::Nothing, b'r'),
        ("dir", Takes::Nothing, b'd'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    rm,
);

/// `rmdir`.
pub const RMDIR: Program = Program::new(
    "rmdir",
    "[OPTION]... DIRECTORY...",
    "Removes empty directories.",
    "pv",
    &[
        ("ignore-fail-on-non-empty", Takes::Nothing, IGNORE_NON_EMPTY),
        ("parents", Takes::Nothing, b'p'),
        ("path", Takes::Nothing, b'p'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    rmdir,
);

/// `unlink`.
pub const UNLINK: Program =
    Program::new("unlink", "FILE", "Removes one name of a file.", "", STANDARD, |ctx, parsed| {
        match parsed.operands.as_slice() {
            [] => Err(missing_operand(ctx, 1)),
            [_, second, ..] => Err(extra_operand(ctx, 1, second)),
            [path] => match fs::unlink(path) {
                Ok(()) => Ok(0),
                Err(error) => Err(ctx.die_errno(&[b"cannot unlink ", &quote::always(path)], error)),
            },
        }
    });

fn rm(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut removal = Removal { keep_root: true, ..Removal::default() };
    let mut once = false;
    for (key, value) in &parsed.options {
        match *key {
            b'f' => (removal.force, removal.ask, once) = (true, Ask::Never, false),
            b'i' => (removal.force, removal.ask, once) = (false, Ask::Always, false),
            b'I' => (removal.force, removal.ask, once) = (false, Ask::Never, true),
            INTERACTIVE => match value.as_deref().unwrap_or(b"always") {
                b"never" | b"no" | b"none" => (removal.ask, once) = (Ask::Never, false),
                b"once" => (removal.force, removal.ask, once) = (false, Ask::Never, true),
                b"always" | b"yes" => (removal.force, removal.ask, once) = (false, Ask::Always, false),
                other => {
                    ctx.complain(&[
                        b"invalid argument ",
                        &quote::locale(other),
                        b" for ",
                        &quote::locale(b"--interactive"),
                    ]);
                    ctx.put_err(b"Valid arguments are:\n  - 'never', 'no', 'none'\n  - 'once'\n  - 'always', 'yes'\n");
                    return Err(try_help(ctx, 1));
                }
            },
            b'r' | b'R' => removal.recursive = true,
            b'd' => removal.directories = true,
            b'v' => removal.verbose = true,
            ONE_SYSTEM => removal.one_system = true,
            NO_PRESERVE_ROOT => removal.keep_root = false,
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return if removal.force { Ok(0) } else { Err(missing_operand(ctx, 1)) };
    }
    let count = parsed.operands.len();
    if once && (removal.recursive || count > 3) {
        let text = format!(
            "remove {count} argument{}{}",
            if count == 1 { "" } else { "s" },
            if removal.recursive { " recursively" } else { "" }
        );
        if !Prompt::default().ask(ctx, &[text.as_bytes()]) {
            return Ok(0);
        }
    }
    let mut code = 0;
    for path in &parsed.operands {
        code |= u8::from(!removal.remove(ctx, path));
    }
    Ok(code)
}

fn rmdir(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let mut code = 0;
    for path in &parsed.operands {
        let mut path = path.as_slice();
        let mut first = true;
        loop {
            if parsed.has(b'v') {
                ctx.put(&[ctx.name, b": removing directory, ", &quote::always(path), b"\n"].concat());
            }
            if let Err(error) = fs::rmdir(path) {
                let forgiven =
                    parsed.has(IGNORE_NON_EMPTY) && matches!(error, Errno::Notempty | Errno::Exist | Errno::Busy);
                if !forgiven {
                    let what: &[u8] = if first { b"failed to remove " } else { b"failed to remove directory " };
                    ctx.perror(&[what, &quote::always(path)], error);
                    code = 1;
                }
                break;
            }
            path = strip_slashes(path);
            if !parsed.has(b'p') || !path.contains(&b'/') {
                break;
            }
            path = parent(path);
            if path == b"/" {
                break;
            }
            first = false;
        }
    }
    Ok(code)
}
