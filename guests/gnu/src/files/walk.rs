//! Going through trees as `chmod -R` and `chown -R` do.

use applets::Context;
use applets::core::paths::join;
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::fs;

use crate::quote;

/// Which links to directories are entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enter {
    /// None.
    Never,
    /// Those that are operands.
    Operands,
    /// All.
    Always,
}

/// Calls `visit` for `path`, then, where it is a directory, for all that is in it. Whether all went well.
pub fn walk(
    ctx: &mut Context<'_>,
    path: &[u8],
    enter: Enter,
    quiet: bool,
    visit: &mut dyn FnMut(&mut Context<'_>, &[u8], &Stat) -> bool,
) -> bool {
    at(ctx, path, enter, quiet, true, visit)
}

fn at(
    ctx: &mut Context<'_>,
    path: &[u8],
    enter: Enter,
    quiet: bool,
    operand: bool,
    visit: &mut dyn FnMut(&mut Context<'_>, &[u8], &Stat) -> bool,
) -> bool {
    let follow = enter == Enter::Always || operand && enter == Enter::Operands;
    let stat = match if follow { fs::stat(path).or_else(|_| fs::lstat(path)) } else { fs::lstat(path) } {
        Ok(stat) => stat,
        Err(error) => {
            if !quiet {
                ctx.perror(&[b"cannot access ", &quote::always(path)], error);
            }
            return false;
        }
    };
    let mut fine = visit(ctx, path, &stat);
    if stat.mode.kind() != FileKind::Directory {
        return fine;
    }
    match fs::read_dir(path) {
        Ok(entries) => {
            for entry in entries {
                fine &= at(ctx, &join(path, &entry.name), enter, quiet, false, visit);
            }
        }
        Err(error) => {
            if !quiet {
                ctx.perror(&[b"cannot read directory ", &quote::always(path)], error);
            }
            fine = false;
        }
    }
    fine
}

/// Whether `path` is the root directory, which `-R` with `--preserve-root` refuses; that has been told.
pub fn is_refused_root(ctx: &mut Context<'_>, path: &[u8]) -> bool {
    let identity = |path: &[u8]| fs::lstat(path).map(|stat| (stat.dev, stat.ino)).ok();
    let root = identity(b"/");
    if root.is_none() || identity(path) != root {
        return false;
    }
    let same: &[u8] = if path == b"/" { b"" } else { b" (same as '/')" };
    ctx.complain(&[b"it is dangerous to operate recursively on ", &quote::always(path), same]);
    ctx.complain(&[b"use --no-preserve-root to override this failsafe"]);
    true
}
