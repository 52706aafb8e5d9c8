//! `mv`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fd, fs};

use super::backup::{BACKUP, Backup};
use super::copy::{Copying, Existing, Follow, Preserve, is_within, same_name, tell};
use super::remove::{Ask, Removal};
use super::targets::{self, STRIP};
use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::new(
    "mv",
    "[OPTION]... [-T] SOURCE DEST\n  or:  mv [OPTION]... SOURCE... DIRECTORY\n  or:  mv [OPTION]... -t DIRECTORY SOURCE...",
    "Renames or moves files.",
    "bfint:uvS:TZ",
    &[
        ("backup", Takes::OptionalValue, BACKUP),
        ("context", Takes::Nothing, b'Z'),
        ("force", Takes::Nothing, b'f'),
        ("interactive", Takes::Nothing, b'i'),
        ("no-clobber", Takes::Nothing, b'n'),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("strip-trailing-slashes", Takes::Nothing, STRIP),
        ("suffix", Takes::Value, b'S'),
        ("target-directory", Takes::Value, b't'),
        ("update", Takes::Nothing, b'u'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let backup = Backup::from_parsed(ctx, parsed)?;
    let existing = parsed.last_of(b"fin");
    if existing == Some(b'n') && backup.is_on() {
        return Err(wrong_usage(ctx, 1, &[b"options --backup and --no-clobber are mutually exclusive"]));
    }
    let targets = targets::read(ctx, parsed, None)?;
    let mut moving = Moving {
        existing,
        update: parsed.has(b'u'),
        verbose: parsed.has(b'v'),
        terminal: fd::is_tty(fd::STDIN),
        copying: Copying {
            backup,
            recursive: true,
            follow: Follow::Never,
            preserve: Preserve { mode: true, owner: true, times: true, links: true },
            existing: Existing::Replace,
            remove_first: true,
            ..Copying::default()
        },
        moved: Vec::new(),
    };
    let mut code = 0;
    for (source, dest) in &targets.pairs {
        code |= u8::from(!moving.one(ctx, source, dest));
    }
    Ok(code)
}

struct Moving {
    existing: Option<u8>,
    update: bool,
    verbose: bool,
    terminal: bool,
    copying: Copying,
    /// The destinations of this run, by device and inode number.
    moved: Vec<(u64, u64)>,
}

impl Moving {
    /// Moves one file; whether that went well.
    fn one(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8]) -> bool {
        let from = match fs::lstat(source) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[b"cannot stat ", &quote::always(source)], error);
                return false;
            }
        };
        let to = fs::lstat(dest).ok();
        let mut saved = None;
        if let Some(to) = &to {
            match self.stands_in_the_way(ctx, source, dest, &from, to) {
                Some(result) => return result,
                None => match self.copying.backup.make(dest) {
                    Ok(name) => saved = name,
                    Err(error) => {
                        ctx.perror(&[b"cannot backup ", &quote::always(dest)], error);
                        return false;
                    }
                },
            }
        }
        if let Err(error) = fs::rename(source, dest) {
            return self.failed(ctx, source, dest, &from, error);
        }
        if let Ok(stat) = fs::lstat(dest) {
            self.moved.push((stat.dev, stat.ino));
        }
        if self.verbose {
            tell(ctx, b"renamed ", source, dest, saved.as_deref());
        }
        true
    }

    /// Looks at what is there already: `Some` ends the move, with whether it counts as done.
    fn stands_in_the_way(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        to: &Stat,
    ) -> Option<bool> {
        let (from_dir, to_dir) = (from.mode.kind() == FileKind::Directory, to.mode.kind() == FileKind::Directory);
        let newer = (from.mtime.sec, from.mtime.nsec) > (to.mtime.sec, to.mtime.nsec);
        if (to.dev, to.ino) == (from.dev, from.ino) {
            if same_name(source, dest) {
                ctx.complain(&[&quote::always(source), b" and ", &quote::always(dest), b" are the same file"]);
                return Some(false);
            }
            if !self.copying.backup.is_on() {
                // Two names of one file: one of them goes.
                return Some(
                    fs::unlink(source)
                        .map_err(|error| ctx.perror(&[b"cannot remove ", &quote::always(source)], error))
                        .is_ok(),
                );
            }
        }
        if self.existing == Some(b'n') || self.update && !newer && !from_dir {
            return Some(true);
        }
        let asks = self.existing == Some(b'i')
            || self.existing.is_none()
                && self.terminal
                && to.mode.kind() != FileKind::Symlink
                && fs::access_effective(dest, 2).is_err();
        let verb: &[u8] = if self.existing == Some(b'i') && fs::access_effective(dest, 2).is_ok() {
            b"overwrite "
        } else {
            b"replace "
        };
        if asks && !self.copying.may_replace(ctx, dest, to, verb) {
            return Some(true);
        }
        if !from_dir && to_dir {
            ctx.complain(&[b"cannot overwrite directory ", &quote::always(dest), b" with non-directory"]);
            return Some(false);
        }
        if from_dir && !to_dir && !self.copying.backup.is_on() {
            let (to, from) = (quote::always(dest), quote::always(source));
            ctx.complain(&[b"cannot overwrite non-directory ", &to, b" with directory ", &from]);
            return Some(false);
        }
        if self.moved.contains(&(to.dev, to.ino)) && !self.copying.backup.is_on() {
            let (to, from) = (quote::always(dest), quote::always(source));
            ctx.complain(&[b"will not overwrite just-created ", &to, b" with ", &from]);
            return Some(false);
        }
        None
    }

    fn failed(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], from: &Stat, error: Errno) -> bool {
        let is_dir = from.mode.kind() == FileKind::Directory;
        if is_dir && error == Errno::Inval && is_within(dest, from) {
            let (source, dest) = (quote::always(source), quote::always(dest));
            ctx.complain(&[b"cannot move ", &source, b" to a subdirectory of itself, ", &dest]);
            return false;
        }
        if error != Errno::Xdev {
            ctx.perror(&[b"cannot move ", &quote::always(source), b" to ", &quote::always(dest)], error);
            return false;
        }
        if self.copying.copy(ctx, source, dest).is_err() {
            return false;
        }
        let mut removal = Removal { force: true, recursive: true, ask: Ask::Never, ..Removal::default() };
        if self.verbose {
            tell(ctx, b"copied ", source, dest, None);
            removal.verbose = true;
        }
        removal.remove(ctx, source)
    }
}
