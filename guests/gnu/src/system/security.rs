//! `chcon`, `runcon`: the kernel keeps no security contexts, as one without SELinux.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const DEREFERENCE: u8 = 0x80;
const REFERENCE: u8 = 0x81;
const PRESERVE_ROOT: u8 = 0x82;
const NO_PRESERVE_ROOT: u8 = 0x83;

/// `chcon`.
pub const CHCON: Program = Program::new(
    "chcon",
    "[OPTION]... CONTEXT FILE...\n  or:  chcon [OPTION]... [-u USER] [-r ROLE] [-l RANGE] [-t TYPE] FILE...\n  or:  chcon [OPTION]... --reference=RFILE FILE...",
    "Changes the security context of files.",
    "HLPRhvu:r:t:l:",
    &[
        ("recursive", Takes::Nothing, b'R'),
        ("dereference", Takes::Nothing, DEREFERENCE),
        ("no-dereference", Takes::Nothing, b'h'),
        ("no-preserve-root", Takes::Nothing, NO_PRESERVE_ROOT),
        ("preserve-root", Takes::Nothing, PRESERVE_ROOT),
        ("reference", Takes::Value, REFERENCE),
        ("user", Takes::Value, b'u'),
        ("role", Takes::Value, b'r'),
        ("type", Takes::Value, b't'),
        ("range", Takes::Value, b'l'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    chcon,
);

/// `runcon`.
pub const RUNCON: Program = Program::new(
    "runcon",
    "CONTEXT COMMAND [args]\n  or:  runcon [ -c ] [-u USER] [-r ROLE] [-t TYPE] [-l RANGE] COMMAND [args]",
    "Runs a program in another security context.",
    "+r:t:u:l:c",
    &[
        ("role", Takes::Value, b'r'),
        ("type", Takes::Value, b't'),
        ("user", Takes::Value, b'u'),
        ("range", Takes::Value, b'l'),
        ("compute", Takes::Nothing, b'c'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    runcon,
)
.failing_with(TROUBLE);

/// The exit code for trouble of `runcon` itself.
const TROUBLE: u8 = 125;

fn chcon(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let parts = parsed.options.iter().any(|(key, _)| b"urtl".contains(key));
    let follows = parsed.last_of(b"HLP");
    if parsed.has(b'R')
        && parsed.last_of(&[DEREFERENCE, b'h']) == Some(DEREFERENCE)
        && !matches!(follows, Some(b'H' | b'L'))
    {
        return Err(ctx.die(&[b"-R --dereference requires either -H or -L"]));
    }
    let least = if parts || parsed.has(REFERENCE) { 1 } else { 2 };
    if parsed.operands.len() < least {
        return Err(match parsed.operands.last() {
            None => missing_operand(ctx, 1),
            Some(last) => wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(last)]),
        });
    }
    if let Some(path) = parsed.value(REFERENCE) {
        let error = fs::stat(path).err().unwrap_or(Errno::Notsup);
        return Err(ctx.die_errno(&[b"failed to get security context of ", &quote::always(path)], error));
    }
    let mut files = parsed.operands.as_slice();
    if !parts {
        files = files.get(1..).unwrap_or_default();
    }
    let guards = parsed.last_of(&[PRESERVE_ROOT, NO_PRESERVE_ROOT]) == Some(PRESERVE_ROOT);
    for path in files {
        if parsed.has(b'R') && guards && path == b"/" {
            ctx.complain(&[b"it is dangerous to operate recursively on ", &quote::always(path)]);
            ctx.complain(&[b"use --no-preserve-root to override this failsafe"]);
            continue;
        }
        change(ctx, parsed, path, parts);
    }
    Ok(1)
}

/// Tells why the context of a file, and with `-R` of all below it, cannot be changed.
fn change(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8], parts: bool) {
    let links = parsed.has(b'h') || parsed.has(b'R') && parsed.last_of(b"LP") != Some(b'L');
    let stat = if links { fs::lstat(path) } else { fs::stat(path) };
    let stat = match stat {
        Ok(stat) => stat,
        Err(error) => {
            ctx.perror(&[b"cannot access ", &quote::always(path)], error);
            return;
        }
    };
    if parsed.has(b'R') && stat.mode.kind() == FileKind::Directory {
        for entry in fs::read_dir(path).unwrap_or_default() {
            if entry.name != b"." && entry.name != b".." {
                change(ctx, parsed, &[path, b"/", &entry.name].concat(), parts);
            }
        }
    }
    if parts {
        ctx.complain(&[b"can't apply partial context to unlabeled file ", &quote::always(path)]);
        return;
    }
    let context = parsed.operands.first().map(Vec::as_slice).unwrap_or_default();
    let shown = quote::locale(context);
    ctx.perror(&[b"failed to change context of ", &quote::always(path), b" to ", &shown], Errno::Notsup);
}

fn runcon(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    for (key, what) in [(b'r', "roles"), (b't', "types"), (b'u', "users"), (b'l', "levelranges")] {
        if parsed.count(key) > 1 {
            ctx.complain(&[b"multiple ", what.as_bytes()]);
            return Err(Quit(TROUBLE));
        }
    }
    let parts = parsed.options.iter().any(|(key, _)| b"urtlc".contains(key));
    if parsed.operands.is_empty() && (parsed.options.is_empty() || parsed.has(b'c')) {
        return Err(ctx.die_errno(&[b"failed to get current context"], Errno::Inval));
    }
    if parsed.operands.len() < if parts { 1 } else { 2 } {
        return Err(wrong_usage(ctx, TROUBLE, &[b"no command specified"]));
    }
    Err(ctx.die(&[b"runcon may be used only on a SELinux kernel"]))
}
