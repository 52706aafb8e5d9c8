//! Copying files and trees, for `cp`, `mv` between file systems, and `install`.

use std::collections::{BTreeMap, BTreeSet};

use applets::Context;
use applets::core::mode;
use applets::core::paths::{is_dots, join};
use applets::core::prompt::Prompt;
use wcr_sys::abi::{FileKind, Mode, OpenFlags, Stat};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, fd, fs};

use super::backup::Backup;
use crate::quote;

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// None.
    Never,
    /// Those that are operands.
    Operands,
    /// All.
    #[default]
    Always,
}

/// What of a file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preserve {
    /// The permissions.
    pub mode: bool,
    /// Owner and group.
    pub owner: bool,
    /// The times.
    pub times: bool,
    /// Which files are one.
    pub links: bool,
}

/// What happens to a destination that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// It is replaced.
    #[default]
    Replace,
    /// It stays.
    Keep,
    /// The user is asked.
    Ask,
}

/// How files are copied, and what has been copied so far.
#[derive(Debug, Default)]
pub struct Copying {
    /// Directories are copied with all that is in them.
    pub recursive: bool,
    /// Special files are read instead of made anew.
    pub read_special: bool,
    /// Which links are followed.
    pub follow: Follow,
    /// What is kept.
    pub preserve: Preserve,
    /// Destinations that cannot be opened are removed.
    pub force: bool,
    /// Destinations are removed first.
    pub remove_first: bool,
    /// What becomes of destinations that exist.
    pub existing: Existing,
    /// Only newer sources are copied.
    pub update: bool,
    /// Files get another name instead of a copy.
    pub hard_links: bool,
    /// Files are replaced by symbolic links to them.
    pub symbolic_links: bool,
    /// What is copied is named.
    pub verbose: bool,
    /// No content is copied.
    pub attributes_only: bool,
    /// Other file systems are left out.
    pub one_system: bool,
    /// Copies of what is to be replaced.
    pub backup: Backup,
    /// Who is asked.
    pub prompt: Prompt,
    /// The copies that this run has made, by device and inode number of the source.
    pub(super) copied: BTreeMap<(u64, u64), Vec<u8>>,
    /// What this run has made, by device and inode number.
    pub(super) made: BTreeSet<(u64, u64)>,
}

/// Why one file was not copied: it has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// How much is read at once, in bytes.
const BLOCK: usize = 128 << 10;

type Done = Result<(), Failed>;

impl Copying {
    /// Copies the operand `source` to the path `dest`.
    /// # Errors
    /// Something of it was not copied.
    pub fn copy(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8]) -> Done {
        let device = fs::lstat(source).map_or(0, |stat| stat.dev);
        self.copy_at(ctx, source, dest, true, device)
    }

    fn copy_at(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], operand: bool, device: u64) -> Done {
        let follow = self.follow == Follow::Always || operand && self.follow == Follow::Operands;
        let from = match if follow { fs::stat(source) } else { fs::lstat(source) } {
            Ok(stat) => stat,
            Err(error) => return fail(ctx, &[b"cannot stat ", &quote::always(source)], error),
        };
        let is_dir = from.mode.kind() == FileKind::Directory;
        if is_dir && !self.recursive {
            ctx.complain(&[b"-r not specified; omitting directory ", &quote::always(source)]);
            return Err(Failed);
        }
        let makes_special = from.mode.kind() != FileKind::Regular && !is_dir && self.recursive && !self.read_special;
        let keeps_links =
            from.mode.kind() == FileKind::Symlink || makes_special || self.hard_links || self.symbolic_links;
        let to = match if keeps_links || self.remove_first || self.backup.is_on() {
            fs::lstat(dest)
        } else {
            fs::stat(dest)
        } {
            Ok(stat) => Some(stat),
            Err(Errno::Noent | Errno::Notdir | Errno::Loop) => fs::lstat(dest).ok().filter(|_| is_dir),
            Err(error) => return fail(ctx, &[b"cannot stat ", &quote::always(dest)], error),
        };
        if let Some(to) = &to {
            if identity(to) == identity(&from) && !(is_dir && self.copied.contains_key(&identity(&from))) {
                if self.hard_links {
                    return Ok(());
                }
                let replaces = (self.remove_first || self.force || self.backup.is_on()) && !same_name(source, dest);
                if !replaces && !(self.backup.is_on() && self.force) {
                    ctx.complain(&[&quote::always(source), b" and ", &quote::always(dest), b" are the same file"]);
                    return Err(Failed);
                }
            }
            let over_dir = to.mode.kind() == FileKind::Directory;
            if !is_dir && over_dir {
                ctx.complain(&[b"cannot overwrite directory ", &quote::always(dest), b" with non-directory"]);
                return Err(Failed);
            }
            if is_dir && !over_dir && !self.backup.is_on() {
                let (to, from) = (quote::always(dest), quote::always(source));
                ctx.complain(&[b"cannot overwrite non-directory ", &to, b" with directory ", &from]);
                return Err(Failed);
            }
            if !is_dir {
                let newer = (from.mtime.sec, from.mtime.nsec) > (to.mtime.sec, to.mtime.nsec);
                if self.existing == Existing::Keep || self.update && !newer {
                    return Ok(());
                }
                if self.existing == Existing::Ask && !self.may_replace(ctx, dest, to, b"overwrite ") {
                    return Ok(());
                }
                if self.made.contains(&identity(to)) && !self.backup.is_on() {
                    let (to, from) = (quote::always(dest), quote::always(source));
                    ctx.complain(&[b"will not overwrite just-created ", &to, b" with ", &from]);
                    return Err(Failed);
                }
            }
        }
        if is_dir {
            return self.copy_dir(ctx, source, dest, &from, to.as_ref(), device);
        }
        let mut exists = to.is_some();
        let mut saved = None;
        if exists && self.backup.is_on() {
            match self.backup.make(dest) {
                Ok(name) => (saved, exists) = (name, false),
                Err(error) => return fail(ctx, &[b"cannot backup ", &quote::always(dest)], error),
            }
        } else if exists && self.remove_first {
            if let Err(error) = fs::unlink(dest) {
                return fail(ctx, &[b"cannot remove ", &quote::always(dest)], error);
            }
            if self.verbose {
                ctx.put(&[b"removed ", &quote::always(dest)[..], b"\n"].concat());
            }
            exists = false;
        }
        self.tell(ctx, source, dest, saved.as_deref());
        self.copy_file(ctx, source, dest, &from, exists, follow, makes_special)?;
        if let Ok(stat) = fs::lstat(dest) {
            self.made.insert(identity(&stat));
        }
        Ok(())
    }

    fn copy_file(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        exists: bool,
        followed: bool,
        special: bool,
    ) -> Done {
        if self.symbolic_links {
            if !source.starts_with(b"/") && dest.contains(&b'/') && applets::core::dirname::parent(dest) != b"." {
                ctx.complain(&[
                    &quote::as_needed(dest),
                    b": can make relative symbolic links only in current directory",
                ]);
                return Err(Failed);
            }
            return self.link(
                ctx,
                dest,
                exists,
                |dest| fs::symlink(source, dest),
                b"cannot create symbolic link ",
                source,
            );
        }
        if self.hard_links {
            let what = b"cannot create hard link ";
            return self.link(ctx, dest, exists, |dest| fs::link(source, dest, followed), what, source);
        }
        if self.preserve.links && from.nlink > 1 {
            if let Some(first) = self.copied.get(&identity(from)).cloned() {
                let what = b"cannot create hard link ";
                return self.link(ctx, dest, exists, |dest| fs::link(&first, dest, false), what, &first);
            }
            self.copied.insert(identity(from), dest.to_vec());
        }
        if from.mode.kind() == FileKind::Symlink {
            let target = match fs::readlink(source) {
                Ok(target) => target,
                Err(error) => return fail(ctx, &[b"cannot read symbolic link ", &quote::always(source)], error),
            };
            if exists {
                self.unlink(ctx, dest)?;
            }
            if let Err(error) = fs::symlink(&target, dest) {
                return fail(ctx, &[b"cannot create symbolic link ", &quote::always(dest)], error);
            }
            self.keep(ctx, dest, from, false);
            return Ok(());
        }
        if special {
            if exists {
                self.unlink(ctx, dest)?;
            }
            let masked = Mode(from.mode.0);
            if let Err(error) = fs::mknod(dest, masked, from.rdev) {
                let what: &[u8] = if from.mode.kind() == FileKind::Fifo {
                    b"cannot create fifo "
                } else {
                    b"cannot create special file "
                };
                return fail(ctx, &[what, &quote::always(dest)], error);
            }
            self.keep(ctx, dest, from, true);
            return Ok(());
        }
        self.content(ctx, source, dest, from, exists)?;
        self.keep(ctx, dest, from, true);
        Ok(())
    }

    fn unlink(&self, ctx: &mut Context<'_>, dest: &[u8]) -> Done {
        fs::unlink(dest).or_else(|error| fail(ctx, &[b"cannot remove ", &quote::always(dest)], error))
    }

    fn link(
        &self,
        ctx: &mut Context<'_>,
        dest: &[u8],
        exists: bool,
        make: impl Fn(&[u8]) -> Result<(), Errno>,
        what: &[u8],
        target: &[u8],
    ) -> Done {
        let made = match make(dest) {
            Err(Errno::Exist) if exists && (self.force || self.remove_first) => {
                self.unlink(ctx, dest)?;
                make(dest)
            }
            made => made,
        };
        made.or_else(|error| {
            let mut parts = vec![what.to_vec(), quote::always(dest)];
            if what.ends_with(b"hard link ") {
                parts.extend([b" to ".to_vec(), quote::always(target)]);
            }
            fail(ctx, &[&parts.concat()], error)
        })
    }

    fn copy_dir(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        to: Option<&Stat>,
        device: u64,
    ) -> Done {
        if self.made.contains(&identity(from)) {
            ctx.complain(&[
                b"cannot copy a directory, ",
                &quote::always(source),
                b", into itself, ",
                &quote::always(dest),
            ]);
            return Err(Failed);
        }
        if self.one_system && from.dev != device {
            return Ok(());
        }
        let umask = applets::core::mkdir::umask();
        let exists = to.is_some_and(|to| to.mode.kind() == FileKind::Directory);
        if !exists {
            if is_within(dest, from) {
                ctx.complain(&[
                    b"cannot copy a directory, ",
                    &quote::always(source),
                    b", into itself, ",
                    &quote::always(dest),
                ]);
                return Err(Failed);
            }
            // The copy must be able to write into it, whatever the mode says.
            if let Err(error) = fs::mkdir(dest, from.mode.permissions() & 0o777 | 0o700) {
                return fail(ctx, &[b"cannot create directory ", &quote::always(dest)], error);
            }
            self.tell(ctx, source, dest, None);
        }
        if let Ok(stat) = fs::lstat(dest) {
            self.made.insert(identity(&stat));
        }
        let entries = match fs::read_dir(source) {
            Ok(entries) => entries,
            Err(error) => return fail(ctx, &[b"cannot access ", &quote::always(source)], error),
        };
        let mut result = Ok(());
        for entry in entries.iter().filter(|entry| !is_dots(&entry.name)) {
            let copied = self.copy_at(ctx, &join(source, &entry.name), &join(dest, &entry.name), false, device);
            result = result.and(copied);
        }
        if !exists && !self.preserve.mode {
            let wanted = from.mode.permissions() & 0o777 & !umask;
            if let Err(error) = fs::chmod(dest, wanted) {
                return fail(ctx, &[b"setting permissions for ", &quote::always(dest)], error);
            }
        }
        self.keep(ctx, dest, from, true);
        result
    }

    fn content(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], from: &Stat, exists: bool) -> Done {
        let input = match fs::open(source, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            Ok(input) => input,
            Err(error) => return fail(ctx, &[b"cannot open ", &quote::always(source), b" for reading"], error),
        };
        let result = self.pour_into(ctx, source, dest, from, exists, input);
        // It was only read.
        let _ = fd::close(input);
        result
    }

    fn pour_into(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        exists: bool,
        input: Fd,
    ) -> Done {
        let write = OpenFlags::WRONLY.with(OpenFlags::CLOEXEC);
        let create = write.with(OpenFlags::CREAT).with(OpenFlags::EXCL);
        let mode = if from.mode.kind() == FileKind::Regular { from.mode.permissions() & 0o777 } else { 0o666 };
        let opened = if exists {
            let over = if self.attributes_only { write } else { write.with(OpenFlags::TRUNC) };
            match fs::open(dest, over, 0) {
                Err(_) if self.force => {
                    self.unlink(ctx, dest)?;
                    if self.verbose {
                        ctx.put(&[b"removed ", &quote::always(dest)[..], b"\n"].concat());
                    }
                    fs::open(dest, create, mode)
                }
                opened => opened,
            }
        } else {
            fs::open(dest, create, mode)
        };
        let output = match opened {
            Ok(output) => output,
            // A link that leads nowhere stands there.
            Err(Errno::Exist) => {
                ctx.complain(&[b"not writing through dangling symlink ", &quote::always(dest)]);
                return Err(Failed);
            }
            Err(Errno::Isdir) if dest.ends_with(b"/") => {
                return fail(ctx, &[b"cannot create regular file ", &quote::always(dest)], Errno::Notdir);
            }
            Err(error) => return fail(ctx, &[b"cannot create regular file ", &quote::always(dest)], error),
        };
        let poured = if self.attributes_only { Ok(()) } else { pour(ctx, input, output, source, dest) };
        let closed = fd::close(output);
        poured?;
        closed.or_else(|error| fail(ctx, &[b"failed to close ", &quote::always(dest)], error))
    }

    /// Gives `dest` what is kept of the source.
    fn keep(&self, ctx: &mut Context<'_>, dest: &[u8], from: &Stat, follow: bool) {
        if self.preserve.times
            && let Err(error) = fs::utimens(dest, SetTime::At(from.atime), SetTime::At(from.mtime), follow)
        {
            ctx.perror(&[b"preserving times for ", &quote::always(dest)], error);
        }
        let mut bits = from.mode.permissions();
        if self.preserve.owner {
            let kept = fs::chown(dest, from.uid, from.gid, follow).or_else(|_| {
                // Without the right to give it away the group at least may be kept.
                bits &= !0o6000;
                fs::chown(dest, u32::MAX, from.gid, follow)
            });
            // Who is not the superuser is not told.
            if kept.is_err() {
                bits &= !0o6000;
            }
        }
        if self.preserve.mode
            && follow
            && let Err(error) = fs::chmod(dest, bits)
        {
            ctx.perror(&[b"preserving permissions for ", &quote::always(dest)], error);
        }
    }

    /// Asks whether a file may be replaced.
    pub fn may_replace(&mut self, ctx: &mut Context<'_>, dest: &[u8], to: &Stat, verb: &[u8]) -> bool {
        let writable = to.mode.kind() == FileKind::Symlink || fs::access_effective(dest, 2).is_ok();
        if writable {
            return self.prompt.ask(ctx, &[verb, &quote::always(dest)]);
        }
        let bits = to.mode.permissions();
        let letters = mode::letters(to.mode);
        let letters = letters.get(1..).unwrap_or_default();
        let octal = format!("{bits:04o}");
        if verb == b"overwrite " && !self.force && !self.remove_first {
            let text: [&[u8]; 6] = [
                b"unwritable ",
                &quote::always(dest),
                b" (mode ",
                octal.as_bytes(),
                b", ",
                &[letters, b"); try anyway"].concat(),
            ];
            return self.prompt.ask(ctx, &text);
        }
        let verb: &[u8] = if verb == b"overwrite " { b"replace " } else { verb };
        let tail = [b", overriding mode ", octal.as_bytes(), b" (", letters, b")"].concat();
        self.prompt.ask(ctx, &[verb, &quote::always(dest), &tail])
    }

    fn tell(&self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], backup: Option<&[u8]>) {
        if self.verbose {
            tell(ctx, b"", source, dest, backup);
        }
    }
}

/// Prints `'source' -> 'dest' (backup: 'name')`, with `before` before it.
pub fn tell(ctx: &mut Context<'_>, before: &[u8], source: &[u8], dest: &[u8], backup: Option<&[u8]>) {
    let mut line = [before, &quote::always(source), b" -> ", &quote::always(dest)].concat();
    if let Some(name) = backup {
        line.extend_from_slice(&[b" (backup: ", &quote::always(name)[..], b")"].concat());
    }
    line.push(b'\n');
    ctx.put(&line);
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.dev, stat.ino)
}

/// Whether two paths are the same name of the same directory.
pub fn same_name(a: &[u8], b: &[u8]) -> bool {
    let (x, y) = (applets::core::basename::last_component(a), applets::core::basename::last_component(b));
    let dir = |path: &[u8]| fs::stat(applets::core::dirname::parent(path)).map(|stat| identity(&stat)).ok();
    x == y && dir(a) == dir(b)
}

/// Whether `dest`, which is not there, would lie within the directory that `from` is.
pub fn is_within(dest: &[u8], from: &Stat) -> bool {
    let mut dir = applets::core::dirname::parent(dest).to_vec();
    // Up to the root, which is its own parent.
    for _ in 0..4096 {
        let Ok(stat) = fs::stat(&dir) else { return false };
        if identity(&stat) == identity(from) {
            return true;
        }
        let up = join(&dir, b"..");
        let Ok(above) = fs::stat(&up) else { return false };
        if identity(&above) == identity(&stat) {
            return false;
        }
        dir = up;
    }
    false
}

fn fail<T>(ctx: &mut Context<'_>, parts: &[&[u8]], error: Errno) -> Result<T, Failed> {
    ctx.perror(parts, error);
    Err(Failed)
}

fn pour(ctx: &mut Context<'_>, input: Fd, output: Fd, source: &[u8], dest: &[u8]) -> Done {
    let mut block = vec![0; BLOCK];
    loop {
        let n = match fd::read(input, &mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(error) => return fail(ctx, &[b"error reading ", &quote::always(source)], error),
        };
        if let Err(error) = fd::write_all(output, block.get(..n).unwrap_or_default()) {
            return fail(ctx, &[b"error writing ", &quote::always(dest)], error);
        }
    }
}
