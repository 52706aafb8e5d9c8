//! `cp`: copies files and trees.

use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fs};

use super::basename::last_component;
use super::copy::{Copying, Failed, LinkKind};
use super::dirname::parent;
use super::mkdir::{self, Making};
use super::paths::{join, strip_slashes};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cp",
    "cp [-arPLHpfinlsTu] SOURCE DEST\n\
     or: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\n\
     Copy SOURCEs to DEST\n\n\
     \t-a\tSame as -dpR\n\
     \t-R,-r\tRecurse\n\
     \t-d,-P\tPreserve symlinks (default if -R)\n\
     \t-L\tFollow all symlinks\n\
     \t-H\tFollow symlinks on command line\n\
     \t-p\tPreserve file attributes if possible\n\
     \t-f\tOverwrite\n\
     \t-i\tPrompt before overwrite\n\
     \t-n\tDon't overwrite\n\
     \t-l,-s\tCreate (sym)links\n\
     \t-T\tRefuse to copy if DEST is a directory\n\
     \t-t DIR\tCopy all SOURCEs into DIR\n\
     \t-u\tCopy only newer files",
    main,
);

const PARENTS: u8 = 1;
const REFLINK: u8 = 2;
/// Accepted; the destination is opened, and removed only by `-f` when that fails.
const REMOVE: u8 = 3;
const SPEC: Spec = Spec::new(
    "pdRfinlsLHarPvuTt:",
    &[
        ("archive", Takes::Nothing, b'a'),
        ("force", Takes::Nothing, b'f'),
        ("interactive", Takes::Nothing, b'i'),
        ("no-clobber", Takes::Nothing, b'n'),
        ("link", Takes::Nothing, b'l'),
        ("dereference", Takes::Nothing, b'L'),
        ("no-dereference", Takes::Nothing, b'P'),
        ("recursive", Takes::Nothing, b'R'),
        ("symbolic-link", Takes::Nothing, b's'),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("target-directory", Takes::Value, b't'),
        ("verbose", Takes::Nothing, b'v'),
        ("update", Takes::Nothing, b'u'),
        ("remove-destination", Takes::Nothing, REMOVE),
        ("parents", Takes::Nothing, PARENTS),
        ("reflink", Takes::OptionalValue, REFLINK),
    ],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut links = (false, false);
    let mut parsed = SPEC.parse_checked(ctx, |ctx, key, _| {
        links = (links.0 || key == b'l', links.1 || key == b's');
        if links == (true, true) { Err(ctx.usage()) } else { Ok(()) }
    })?;
    let has = |keys: &[u8]| parsed.last_of(keys).is_some();
    let reflink = parsed.options.iter().rev().find(|(key, _)| *key == REFLINK).map(|(_, value)| value.as_deref());
    let clone = match reflink {
        None | Some(Some(b"auto")) => false,
        Some(None | Some(b"always")) => true,
        Some(Some(_)) => return Err(ctx.usage()),
    };
    let recursive = has(b"aRr");
    let parents = has(&[PARENTS]);
    let keep_links = recursive || has(b"dP");
    let mut copying = Copying {
        recursive,
        follow: has(b"L") || !keep_links && !has(b"H"),
        follow_operands: has(b"H"),
        preserve: has(b"ap"),
        force: has(b"f"),
        replace: parents,
        interactive: parsed.last_of(b"ni") == Some(b'i'),
        no_clobber: parsed.last_of(b"ni") == Some(b'n'),
        update: has(b"u"),
        link: if has(b"s") { Some(LinkKind::Symbolic) } else { has(b"l").then_some(LinkKind::Hard) },
        clone,
        verbose: has(b"v"),
        ..Copying::default()
    };
    let exact = has(b"T");
    let target = match parsed.value(b't') {
        Some(dir) => dir.to_vec(),
        None if parsed.operands.len() < 2 => return Err(ctx.usage()),
        None => parsed.operands.pop().unwrap_or_default(),
    };
    if parsed.operands.is_empty() || exact && parsed.value(b't').is_none() && parsed.operands.len() > 1 {
        return Err(ctx.usage());
    }
    let to_dir = parsed.value(b't').is_some();
    if let ([source], false) = (parsed.operands.as_slice(), to_dir) {
        let follow = copying.follow || copying.follow_operands;
        let from = kind_of(ctx, source, follow).map_err(|Failed| Quit(1))?;
        let to = kind_of(ctx, &target, true).map_err(|Failed| Quit(1))?;
        if parents && to != Some(FileKind::Directory) {
            return Err(ctx.die(&[b"with --parents, the destination must be a directory"]));
        }
        let is_dir = |kind| kind == Some(FileKind::Directory);
        if exact && !is_dir(from) && is_dir(to) {
            return Err(ctx.die(&[b"'", &target, b"' is a directory"]));
        }
        let onto = !is_dir(from) && !is_dir(to) || recursive && is_dir(from) && to.is_none();
        if exact || onto && !parents {
            return Ok(u8::from(copying.copy(ctx, source, &target).is_err()));
        }
    }
    let mut code = 0;
    for source in &parsed.operands {
        let mut source = source.as_slice();
        let dest = if parents {
            let dest = join(&target, source);
            let making = Making { parents: true, ..Making::default() };
            if !mkdir::make(ctx, parent(&dest), making) {
                return Ok(1);
            }
            dest
        } else {
            source = strip_slashes(source);
            join(&target, last_component(source))
        };
        if copying.copy(ctx, source, &dest).is_err() {
            code = 1;
        }
    }
    Ok(code)
}

/// What a path leads to, `None` for nothing.
/// # Errors
/// It cannot be told, which has been reported.
pub(super) fn kind_of(ctx: &mut Context<'_>, path: &[u8], follow: bool) -> Result<Option<FileKind>, Failed> {
    let stat = if follow { fs::stat(path) } else { fs::lstat(path) };
    match stat {
        Ok(Stat { mode, .. }) => Ok(Some(mode.kind())),
        Err(Errno::Noent) => Ok(None),
        Err(Errno::Notdir) => {
            ctx.complain(&[b"can't stat '", path, b"': Path has non-directory component"]);
            Err(Failed)
        }
        Err(error) => {
            ctx.perror(&[b"can't stat '", path, b"'"], error);
            Err(Failed)
        }
    }
}
