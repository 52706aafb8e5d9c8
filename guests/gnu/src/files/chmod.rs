//! `chmod`.

use applets::core::mkdir::umask;
use applets::core::mode;
use applets::options::{Parsed, Spec, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Mode, Stat};
use wcr_sys::fs;

use super::walk::{Enter, is_refused_root, walk};
use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, Reading, VERSION_OPTION};
use crate::quote;

const REFERENCE: u8 = 0x80;
const PRESERVE_ROOT: u8 = 0x81;
const NO_PRESERVE_ROOT: u8 = 0x82;

/// The letters that a mode may begin with behind a dash, which are read as options first.
const SPEC: Spec = Spec::new(
    "RcfvrwxXstugoa",
    &[
        ("changes", Takes::Nothing, b'c'),
        ("recursive", Takes::Nothing, b'R'),
        ("no-preserve-root", Takes::Nothing, NO_PRESERVE_ROOT),
        ("preserve-root", Takes::Nothing, PRESERVE_ROOT),
        ("quiet", Takes::Nothing, b'f'),
        ("reference", Takes::Value, REFERENCE),
        ("silent", Takes::Nothing, b'f'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
);

/// The program.
pub const PROGRAM: Program = Program {
    reading: Reading::Options(SPEC),
    ..Program::new(
        "chmod",
        "[OPTION]... MODE[,MODE]... FILE...\n  or:  chmod [OPTION]... --reference=RFILE FILE...",
        "Changes what may be done with files.",
        "",
        &[],
        run,
    )
};

struct Change<'a> {
    mode: &'a [u8],
    reference: Option<u32>,
    umask: u32,
    quiet: bool,
    verbose: bool,
    changes: bool,
    /// Whether a mode written as an option must have its full effect.
    strict: bool,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    // `-w` and its like are modes: the arguments themselves tell how they were written.
    let is_mode = |arg: &Vec<u8>| matches!(arg.as_slice(), [b'-', first, ..] if b"rwxXstugoa,+=-".contains(first) && *first != b'-');
    let end = ctx.args.iter().position(|arg| arg == b"--").unwrap_or(ctx.args.len());
    let written: Vec<Vec<u8>> = ctx.args.iter().take(end).filter(|arg| is_mode(arg)).cloned().collect();
    let mut operands = parsed.operands.as_slice();
    let reference = match parsed.value(REFERENCE) {
        None => None,
        Some(path) => match fs::stat(path) {
            Ok(stat) => Some(stat.mode.permissions()),
            Err(error) => return Err(ctx.die_errno(&[b"failed to get attributes of ", &quote::always(path)], error)),
        },
    };
    let joined = written.join(&b',');
    let strict = !written.is_empty();
    let mode = if reference.is_some() {
        if strict {
            return Err(wrong_usage(ctx, 1, &[b"cannot combine mode and --reference options"]));
        }
        b"".to_vec()
    } else if strict {
        joined
    } else {
        match operands.split_first() {
            None => return Err(missing_operand(ctx, 1)),
            Some((mode, rest)) => {
                operands = rest;
                mode.clone()
            }
        }
    };
    if operands.is_empty() {
        return Err(match parsed.operands.last().filter(|_| !strict) {
            Some(last) => wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(last)]),
            None => missing_operand(ctx, 1),
        });
    }
    if reference.is_none() && (mode.is_empty() || changed(&mode, 0, false, 0).is_none()) {
        return Err(wrong_usage(ctx, 1, &[b"invalid mode: ", &quote::locale(&mode)]));
    }
    let mut change = Change {
        mode: &mode,
        reference,
        umask: umask(),
        quiet: parsed.has(b'f'),
        verbose: parsed.last_of(b"cv") == Some(b'v'),
        changes: parsed.last_of(b"cv") == Some(b'c'),
        strict,
    };
    let keep_root = parsed.last_of(&[PRESERVE_ROOT, NO_PRESERVE_ROOT]) == Some(PRESERVE_ROOT);
    let mut code = 0;
    for path in operands {
        let fine = if parsed.has(b'R') {
            !(keep_root && is_refused_root(ctx, path))
                && walk(ctx, path, Enter::Operands, change.quiet, &mut |ctx, path, stat| {
                    stat.mode.kind() == FileKind::Symlink || change.apply(ctx, path, stat)
                })
        } else {
            match fs::stat(path) {
                Ok(stat) => change.apply(ctx, path, &stat),
                Err(error) => {
                    if !change.quiet {
                        let dangling = fs::lstat(path).is_ok();
                        if dangling {
                            ctx.complain(&[b"cannot operate on dangling symlink ", &quote::always(path)]);
                        } else {
                            ctx.perror(&[b"cannot access ", &quote::always(path)], error);
                        }
                    }
                    false
                }
            }
        };
        code |= u8::from(!fine);
    }
    Ok(code)
}

/// As [`mode::apply`], and a number may stand behind an operator that names nobody.
pub(super) fn changed(operand: &[u8], current: u32, directory: bool, umask: u32) -> Option<u32> {
    if operand.first().is_some_and(u8::is_ascii_digit) {
        return mode::apply(operand, current, directory, umask);
    }
    let mut mode = current & 0o7777;
    for clause in operand.split(|byte| *byte == b',') {
        mode = match clause {
            [operator @ (b'+' | b'-' | b'='), digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => {
                let bits = mode::apply(digits, 0, false, 0)?;
                match operator {
                    b'+' => mode | bits,
                    b'-' => mode & !bits,
                    _ => bits,
                }
            }
            clause => mode::apply(clause, mode, directory, umask)?,
        };
    }
    Some(mode)
}

impl Change<'_> {
    fn apply(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat) -> bool {
        let old = stat.mode.permissions();
        let directory = stat.mode.kind() == FileKind::Directory;
        let wanted = |umask: u32| self.reference.or_else(|| changed(self.mode, old, directory, umask)).unwrap_or(old);
        let mut new = wanted(self.umask);
        // A number of up to four digits leaves the special bits of a directory alone.
        let numeric = self.mode.first().is_some_and(u8::is_ascii_digit);
        if numeric && directory && self.mode.len() < 5 {
            new |= old & 0o6000;
        }
        // And so does `=` that does not speak of them.
        if directory && !numeric && self.mode.contains(&b'=') && !self.mode.contains(&b's') {
            new |= old & 0o6000;
        }
        let shown = |mode: u32| {
            let letters = mode::letters(Mode(stat.mode.0 & !0o7777 | mode));
            format!("{mode:04o} ({})", String::from_utf8_lossy(letters.get(1..).unwrap_or_default()))
        };
        if let Err(error) = fs::chmod(path, new) {
            if !self.quiet {
                ctx.perror(&[b"changing permissions of ", &quote::always(path)], error);
            }
            if self.verbose {
                let line = format!(" from {} to {}\n", shown(old), shown(new));
                ctx.put(&[b"failed to change mode of ", &quote::always(path)[..], line.as_bytes()].concat());
            }
            return false;
        }
        let changed = new != old;
        if changed && (self.verbose || self.changes) {
            let line = format!(" changed from {} to {}\n", shown(old), shown(new));
            ctx.put(&[b"mode of ", &quote::always(path)[..], line.as_bytes()].concat());
        } else if self.verbose {
            ctx.put(
                &[b"mode of ", &quote::always(path)[..], format!(" retained as {}\n", shown(old)).as_bytes()].concat(),
            );
        }
        if self.strict && !self.quiet {
            let full = wanted(0);
            if full != new {
                let letters =
                    |mode: u32| mode::letters(Mode(stat.mode.0 & !0o7777 | mode)).get(1..).unwrap_or_default().to_vec();
                let (got, meant) = (letters(new), letters(full));
                ctx.complain(&[&quote::as_needed(path), b": new permissions are ", &got, b", not ", &meant]);
                return false;
            }
        }
        true
    }
}
