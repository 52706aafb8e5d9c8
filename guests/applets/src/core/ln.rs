//! `ln`: makes links.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use super::basename::last_component;
use super::paths::join;
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ln",
    "ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\n\
     Create a link LINK or DIR/TARGET to the specified TARGET(s)\n\n\
     \t-s\tMake symlinks instead of hardlinks\n\
     \t-f\tRemove existing destinations\n\
     \t-n\tDon't dereference symlinks - treat like normal file\n\
     \t-b\tMake a backup of the target (if exists) before link operation\n\
     \t-S SUF\tUse suffix instead of ~ when making backup files\n\
     \t-T\tTreat LINK as a file, not DIR\n\
     \t-v\tVerbose",
    main,
);

const SPEC: Spec = Spec::short("sfnbS:vT");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let (targets, link) = match parsed.operands.as_slice() {
        [] => return Err(ctx.usage()),
        [_, _, _, ..] if parsed.has(b'T') => return Err(ctx.die(&[b"-T accepts 2 args max"])),
        [only] => (core::slice::from_ref(only), last_component(only)),
        [targets @ .., link] => (targets, link.as_slice()),
    };
    let mut code = 0;
    for target in targets {
        let is_dir = |path: &[u8]| {
            let stat = if parsed.has(b'n') || parsed.has(b'T') { fs::lstat(path) } else { fs::stat(path) };
            stat.is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
        };
        let path = if is_dir(link) {
            if parsed.has(b'T') {
                return Err(ctx.die(&[b"'", link, b"' is a directory"]));
            }
            join(link, last_component(target))
        } else {
            link.to_vec()
        };
        if !make(ctx, &parsed, target, &path) {
            code = 1;
        }
    }
    Ok(code)
}

/// Makes one link; a failure is reported and returned as `false`.
fn make(ctx: &mut Context<'_>, parsed: &Parsed, target: &[u8], path: &[u8]) -> bool {
    let symbolic = parsed.has(b's');
    if !symbolic && let Err(error) = fs::lstat(target) {
        ctx.perror(&[target], error);
        return false;
    }
    if parsed.has(b'b') {
        let backup = [path, parsed.value(b'S').unwrap_or(b"~")].concat();
        match fs::rename(path, &backup) {
            Ok(()) | Err(Errno::Noent) => {}
            Err(error) => {
                ctx.perror(&[path], error);
                return false;
            }
        }
    }
    if parsed.has(b'f') {
        // When it cannot be removed, making the link fails and says why.
        let _ = fs::unlink(path);
    }
    if parsed.has(b'v') {
        ctx.put(&[b"'", path, b"' -> '", target, b"'\n"].concat());
    }
    let made = if symbolic { fs::symlink(target, path) } else { fs::link(target, path, false) };
    made.inspect_err(|error| ctx.perror(&[path], *error)).is_ok()
}
