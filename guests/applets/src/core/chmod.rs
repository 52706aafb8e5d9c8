//! `chmod`: changes permission bits.

use wcr_sys::abi::{FileKind, Mode};
use wcr_sys::fs;

use super::mkdir::umask;
use super::mode;
use super::paths::join;
use crate::format::{octal, right};
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "chmod",
    "chmod [-Rcvf] MODE[,MODE]... FILE...\n\n\
     MODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]\n\n\
     \t-R\tRecurse\n\
     \t-c\tList changed files\n\
     \t-v\tVerbose\n\
     \t-f\tHide errors",
    main,
);

const SPEC: Spec = Spec::short("Rvcf");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (args, mode_at) = shield(ctx.args);
    let mut parsed = SPEC.parse_args(&args).map_err(|message| {
        ctx.complain(&[&message]);
        ctx.usage()
    })?;
    if parsed.operands.len() < 2 {
        return Err(ctx.usage());
    }
    let mut operand = parsed.operands.remove(0);
    if let Some(at) = mode_at {
        // The shielded argument is the mode when it came first among the operands.
        if Some(&operand) == args.get(at) {
            operand = ctx.args.get(at).cloned().unwrap_or_default();
        }
    }
    let mut change = Change { operand, umask: umask(), code: 0 };
    for path in core::mem::take(&mut parsed.operands) {
        change.apply(ctx, &parsed, &path, true)?;
    }
    Ok(change.code)
}

/// The arguments with the mode that begins with a minus made to look like an operand, and its index.
fn shield(args: &[Vec<u8>]) -> (Vec<Vec<u8>>, Option<usize>) {
    let mut args = args.to_vec();
    for (at, arg) in args.iter_mut().enumerate() {
        match arg.as_slice() {
            b"--" => return (args, None),
            [b'-', second, ..] if !b"-Rcvf".contains(second) => {
                arg[0] = b'a';
                return (args, Some(at));
            }
            [b'-', _, ..] => {}
            // Behind an operand it is an option like any other.
            _ => break,
        }
    }
    (args, None)
}

struct Change {
    operand: Vec<u8>,
    umask: u32,
    code: u8,
}

impl Change {
    fn apply(&mut self, ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8], named: bool) -> Result<(), Quit> {
        // Links that are met on the way are left alone: their targets may lie outside.
        let stat = if named { fs::stat(path) } else { fs::lstat(path) };
        let stat = match stat {
            Ok(stat) if !named && stat.mode.kind() == FileKind::Symlink => return Ok(()),
            Ok(stat) => stat,
            Err(error) => {
                let dangling = named && fs::lstat(path).is_ok();
                if !(dangling && parsed.has(b'f')) {
                    ctx.perror(&[path], error);
                }
                self.code = 1;
                return Ok(());
            }
        };
        let directory = stat.mode.kind() == FileKind::Directory;
        // A link that was named leads to a directory, but not into it. Its folder may be closed afterwards.
        let is_link =
            named && parsed.has(b'R') && fs::lstat(path).is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink);
        let old = stat.mode.permissions();
        let Some(new) = mode::apply(&self.operand, old, directory, self.umask) else {
            return Err(ctx.die(&[b"invalid mode '", &self.operand, b"'"]));
        };
        match fs::chmod(path, new) {
            Ok(()) => {
                if parsed.has(b'v') || parsed.has(b'c') && new != old {
                    let mut bits = Vec::new();
                    right(&mut bits, &octal(new.into()), 4, b'0');
                    let letters = mode::letters(Mode(new));
                    let letters = letters.get(1..).unwrap_or_default();
                    ctx.put(&[b"mode of '", path, b"' changed to ", &bits, b" (", letters, b")\n"].concat());
                }
            }
            Err(error) => {
                if !parsed.has(b'f') {
                    ctx.perror(&[path], error);
                }
                self.code = 1;
                if directory && parsed.has(b'R') && !is_link {
                    // The walk ends here, and says so once more.
                    ctx.perror(&[path], error);
                    return Ok(());
                }
            }
        }
        if directory && parsed.has(b'R') && !is_link {
            match fs::read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        self.apply(ctx, parsed, &join(path, &entry.name), false)?;
                    }
                }
                Err(error) => {
                    ctx.perror(&[path], error);
                    self.code = 1;
                }
            }
        }
        Ok(())
    }
}
