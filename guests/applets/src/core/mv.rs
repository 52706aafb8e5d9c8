//! `mv`: renames files, or copies and removes them across file systems.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fd, fs};

use super::basename::last_component;
use super::copy::{Copying, Failed};
use super::cp::kind_of;
use super::paths::{join, strip_slashes};
use super::prompt::Prompt;
use super::remove::Removal;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "mv",
    "mv [-finT] SOURCE DEST\n\
     or: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\n\
     Rename SOURCE to DEST, or move SOURCEs to DIRECTORY\n\n\
     \t-f\tDon't prompt before overwriting\n\
     \t-i\tInteractive, prompt before overwrite\n\
     \t-n\tDon't overwrite an existing file\n\
     \t-T\tRefuse to move if DEST is a directory\n\
     \t-t DIR\tMove all SOURCEs into DIR",
    main,
);

const SPEC: Spec = Spec::new(
    "finTt:v",
    &[
        ("interactive", Takes::Nothing, b'i'),
        ("force", Takes::Nothing, b'f'),
        ("no-clobber", Takes::Nothing, b'n'),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("target-directory", Takes::Value, b't'),
        ("verbose", Takes::Nothing, b'v'),
    ],
);

struct Moving {
    /// The option among `f`, `i` and `n` that counts.
    mode: Option<u8>,
    verbose: bool,
    prompt: Prompt,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse(ctx)?;
    let exact = parsed.has(b'T');
    let target = match parsed.value(b't') {
        Some(dir) => dir.to_vec(),
        None if parsed.operands.len() < 2 => return Err(ctx.usage()),
        None => parsed.operands.pop().unwrap_or_default(),
    };
    if parsed.operands.is_empty() || exact && (parsed.has(b't') || parsed.operands.len() > 1) {
        return Err(ctx.usage());
    }
    let mut moving = Moving { mode: parsed.last_of(b"fin"), verbose: parsed.has(b'v'), prompt: Prompt::default() };
    if let ([source], None) = (parsed.operands.as_slice(), parsed.value(b't')) {
        let to = kind_of(ctx, &target, true).map_err(|Failed| Quit(1))?;
        if exact && to == Some(FileKind::Directory) {
            if fs::stat(source).is_ok_and(|stat| stat.mode.kind() != FileKind::Directory) {
                return Err(ctx.die(&[b"'", &target, b"' is a directory"]));
            }
        }
        if exact || to != Some(FileKind::Directory) {
            return Ok(u8::from(moving.rename(ctx, source, &target, to).is_err()));
        }
    }
    let mut code = 0;
    for source in &parsed.operands {
        let source = strip_slashes(source);
        let dest = join(&target, last_component(source));
        let moved = kind_of(ctx, &dest, true).and_then(|to| moving.rename(ctx, source, &dest, to));
        if moved.is_err() {
            code = 1;
        }
    }
    Ok(code)
}

impl Moving {
    fn rename(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        to: Option<FileKind>,
    ) -> Result<(), Failed> {
        if to.is_some() {
            let protected = || fs::access(dest, 2).is_err() && fd::is_tty(fd::STDIN);
            match self.mode {
                Some(b'n') => return Ok(()),
                Some(b'f') => {}
                mode => {
                    let asks = mode == Some(b'i') || protected();
                    if asks && !self.prompt.ask(ctx, &[b"overwrite '", dest, b"'"]) {
                        return Ok(());
                    }
                }
            }
        }
        let moved = match fs::rename(source, dest) {
            Ok(()) => Ok(()),
            Err(Errno::Xdev) => across(ctx, source, dest, to),
            Err(error) => {
                ctx.perror(&[b"can't rename '", source, b"'"], error);
                Err(Failed)
            }
        };
        // What failed is told of as well.
        if self.verbose {
            ctx.put(&[b"'", source, b"' -> '", dest, b"'\n"].concat());
        }
        moved
    }
}

/// Moves between file systems: a copy, then the removal of the source.
fn across(ctx: &mut Context<'_>, source: &[u8], dest: &[u8], to: Option<FileKind>) -> Result<(), Failed> {
    let Some(from) = kind_of(ctx, source, false)? else {
        ctx.perror(&[b"can't rename '", source, b"'"], Errno::Xdev);
        return Err(Failed);
    };
    if let Some(to) = to {
        let wrong: Option<[&[u8]; 2]> = match (from == FileKind::Directory, to == FileKind::Directory) {
            (false, true) => Some([b"", b"non-"]),
            (true, false) => Some([b"non-", b""]),
            _ => None,
        };
        if let Some([dest_kind, source_kind]) = wrong {
            ctx.complain(&[b"can't overwrite ", dest_kind, b"directory with ", source_kind, b"directory"]);
            return Err(Failed);
        }
        if let Err(error) = fs::unlink(dest) {
            ctx.perror(&[b"can't remove '", dest, b"'"], error);
            return Err(Failed);
        }
    }
    let mut copying = Copying { recursive: true, preserve: true, ..Copying::default() };
    copying.copy(ctx, source, dest)?;
    let mut removal = Removal { force: true, recursive: true, ..Removal::default() };
    if removal.remove(ctx, source) { Ok(()) } else { Err(Failed) }
}
