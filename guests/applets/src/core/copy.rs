//! Copying files and trees, for `cp` and `mv`.

use std::collections::HashMap;

use wcr_sys::abi::{FileKind, OpenFlags, Stat};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, fd, fs};

use super::paths::{is_dots, join};
use super::prompt::Prompt;
use crate::Context;

/// How files are copied, and what has been copied so far.
#[derive(Debug, Default)]
pub struct Copying {
    /// Directories with all that is in them; special files are made anew instead of read.
    pub recursive: bool,
    /// Links are followed.
    pub follow: bool,
    /// Links that are operands are followed.
    pub follow_operands: bool,
    /// Times, owner and mode are kept.
    pub preserve: bool,
    /// Destinations that cannot be opened are removed.
    pub force: bool,
    /// Destinations are removed, not written into.
    pub replace: bool,
    /// Before a destination is replaced the user is asked.
    pub interactive: bool,
    /// Existing destinations are left alone.
    pub no_clobber: bool,
    /// Only newer sources are copied.
    pub update: bool,
    /// Files are linked instead of copied.
    pub link: Option<LinkKind>,
    /// Files must share their content with the source, which no file system here can do.
    pub clone: bool,
    /// What is copied is named on standard output.
    pub verbose: bool,
    /// Who is asked.
    pub prompt: Prompt,
    /// Copies by the device and inode number of their sources, for hard links; made directories as well, so
    /// that a tree is not copied into itself.
    pub(super) copied: HashMap<(u64, u64), Vec<u8>>,
}

/// What stands in for a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Another name of the file.
    Hard,
    /// A symbolic link to it.
    Symbolic,
}

/// Why one file was not copied; it has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// How much is read at once, in bytes.
const BLOCK: usize = 64 << 10;

impl Copying {
    /// Copies `source` to the path `dest`.
    /// # Errors
    /// Something of it was not copied.
    pub fn copy(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8]) -> Result<(), Failed> {
        self.copy_at(ctx, source, dest, true)
    }

    fn copy_at(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], operand: bool) -> Result<(), Failed> {
        let follow = self.follow || operand && self.follow_operands;
        let from = match if follow { fs::stat(source) } else { fs::lstat(source) } {
            Ok(stat) => stat,
            Err(_) if self.link.is_some() => return self.make_link(ctx, source, dest, false),
            Err(error) => return fail(ctx, &[b"can't stat '", source, b"'"], error),
        };
        let to = match fs::lstat(dest) {
            Ok(stat) => Some(stat),
            Err(Errno::Noent) => None,
            Err(error) => return fail(ctx, &[b"can't stat '", dest, b"'"], error),
        };
        if to.is_some_and(|to| identity(&to) == identity(&from)) {
            ctx.complain(&[b"'", source, b"' and '", dest, b"' are the same file"]);
            return Err(Failed);
        }
        let is_dir = from.mode.kind() == FileKind::Directory;
        let is_old = to.is_some_and(|to| self.update && from.mtime.sec <= to.mtime.sec);
        if to.is_some() && self.no_clobber && (is_old || !(is_dir && self.recursive)) {
            return Ok(());
        }
        if is_dir {
            return self.copy_dir(ctx, source, dest, &from, to.as_ref());
        }
        if is_old {
            return Ok(());
        }
        if self.link.is_some() {
            return self.make_link(ctx, source, dest, to.is_some());
        }
        let read_it = match from.mode.kind() {
            FileKind::Regular => true,
            FileKind::Symlink => false,
            _ => !self.recursive,
        };
        if read_it {
            if !follow {
                if let Some(first) = self.copied.get(&identity(&from)) {
                    let first = first.clone();
                    if self.replace && to.is_some() && !self.make_way(ctx, dest, Errno::Exist)? {
                        return Ok(());
                    }
                    return fs::link(&first, dest, false)
                        .or_else(|error| fail(ctx, &[b"can't create '", dest, b"'"], error));
                }
                self.copied.insert(identity(&from), dest.to_vec());
            }
            if !self.copy_content(ctx, source, dest, &from)? {
                return Ok(());
            }
            if from.mode.kind() == FileKind::Regular {
                self.preserve(ctx, dest, &from);
            }
        } else {
            if to.is_some() && !self.make_way(ctx, dest, Errno::Exist)? {
                return Ok(());
            }
            self.make_special(ctx, source, dest, &from)?;
        }
        self.tell(ctx, source, dest);
        Ok(())
    }

    fn copy_dir(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        to: Option<&Stat>,
    ) -> Result<(), Failed> {
        if !self.recursive {
            ctx.complain(&[b"omitting directory '", source, b"'"]);
            return Err(Failed);
        }
        if self.copied.contains_key(&identity(from)) {
            ctx.complain(&[b"recursion detected, omitting directory '", source, b"'"]);
            return Err(Failed);
        }
        let umask = super::mkdir::umask();
        let made = match to {
            Some(stat) if stat.mode.kind() == FileKind::Directory => {
                self.copied.insert(identity(stat), Vec::new());
                false
            }
            Some(_) => {
                ctx.complain(&[b"target '", dest, b"' is not a directory"]);
                return Err(Failed);
            }
            None => {
                let mode = from.mode.permissions() & if self.preserve { 0o7777 } else { !umask };
                // The copy must be able to write into it, whatever the mode says.
                if let Err(error) = with_umask(0, || fs::mkdir(dest, mode | 0o700)) {
                    return fail(ctx, &[b"can't create directory '", dest, b"'"], error);
                }
                match fs::lstat(dest) {
                    Ok(stat) => self.copied.insert(identity(&stat), Vec::new()),
                    Err(error) => return fail(ctx, &[b"can't stat '", dest, b"'"], error),
                };
                true
            }
        };
        let result = self.copy_entries(ctx, source, dest);
        if made && let Err(error) = fs::chmod(dest, from.mode.permissions() & !umask) {
            ctx.perror(&[b"can't preserve permissions of '", dest, b"'"], error);
        }
        self.preserve(ctx, dest, from);
        self.tell(ctx, source, dest);
        result
    }

    fn copy_entries(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8]) -> Result<(), Failed> {
        // As in BusyBox, a directory that cannot be opened fails without a word.
        let entries = fs::read_dir(source).map_err(|_| Failed)?;
        let mut result = Ok(());
        for entry in entries.iter().filter(|entry| !is_dots(&entry.name)) {
            let copied = self.copy_at(ctx, &join(source, &entry.name), &join(dest, &entry.name), false);
            result = result.and(copied);
        }
        result
    }

    /// Copies the content of a file that can be read. `false` when the user keeps what is there.
    fn copy_content(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], from: &Stat) -> Result<bool, Failed> {
        let input = match fs::open(source, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            Ok(input) => input,
            Err(error) => return fail(ctx, &[b"can't open '", source, b"'"], error),
        };
        let result = self.write_copy(ctx, source, dest, from, input);
        // It was only read.
        let _ = fd::close(input);
        result
    }

    fn write_copy(
        &mut self,
        ctx: &mut Context<'_>,
        source: &[u8],
        dest: &[u8],
        from: &Stat,
        input: Fd,
    ) -> Result<bool, Failed> {
        let mode = if from.mode.kind() == FileKind::Regular { from.mode.permissions() } else { 0o666 };
        let create = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC);
        // Asking first means not writing into what is there.
        let first = if self.interactive || self.replace { OpenFlags::EXCL } else { OpenFlags::TRUNC };
        let output = match fs::open(dest, create.with(first), mode) {
            Ok(output) => output,
            Err(error) => {
                if !self.make_way(ctx, dest, error)? {
                    return Ok(false);
                }
                match fs::open(dest, create.with(OpenFlags::EXCL), mode) {
                    Ok(output) => output,
                    Err(error) => return fail(ctx, &[b"can't open '", dest, b"'"], error),
                }
            }
        };
        if self.clone {
            // The new file has nothing in it yet.
            let _ = fd::close(output);
            return fail(ctx, &[b"failed to clone '", dest, b"' from '", source, b"'"], Errno::Notsup);
        }
        let copied = pour(ctx, input, output);
        let closed = fd::close(output);
        copied?;
        match closed {
            Ok(()) => Ok(true),
            Err(error) => fail(ctx, &[b"error writing to '", dest, b"'"], error),
        }
    }

    /// Removes what stands at `dest` when that is allowed; `error` is why it is in the way. `false` when the
    /// user keeps it.
    fn make_way(&mut self, ctx: &mut Context<'_>, dest: &[u8], error: Errno) -> Result<bool, Failed> {
        if !self.force && !self.interactive && !self.replace {
            return fail(ctx, &[b"can't create '", dest, b"'"], error);
        }
        if self.interactive && !self.prompt.ask(ctx, &[b"overwrite '", dest, b"'"]) {
            return Ok(false);
        }
        match fs::unlink(dest) {
            Ok(()) => Ok(true),
            Err(Errno::Noent) => {
                ctx.complain(&[b"can't create '", dest, b"': Path does not exist"]);
                Err(Failed)
            }
            Err(_) => fail(ctx, &[b"can't create '", dest, b"'"], error),
        }
    }

    fn make_link(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], exists: bool) -> Result<(), Failed> {
        let link = |kind| match kind {
            Some(LinkKind::Symbolic) => fs::symlink(source, dest),
            _ => fs::link(source, dest, false),
        };
        let kind = self.link;
        match link(kind) {
            Ok(()) => Ok(()),
            Err(error) => {
                let replaces = exists || self.force || self.replace;
                if replaces && !self.make_way(ctx, dest, error)? {
                    return Ok(());
                }
                if !replaces {
                    return fail(ctx, &[b"can't create '", dest, b"'"], error);
                }
                link(kind).or_else(|error| fail(ctx, &[b"can't create link '", dest, b"'"], error))
            }
        }
    }

    /// Makes a link, device, pipe or socket like the source.
    fn make_special(&mut self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8], from: &Stat) -> Result<(), Failed> {
        if from.mode.kind() != FileKind::Symlink {
            if let Err(error) = fs::mknod(dest, from.mode, from.rdev) {
                return fail(ctx, &[b"can't create '", dest, b"'"], error);
            }
            self.preserve(ctx, dest, from);
            return Ok(());
        }
        let target = match fs::readlink(source) {
            Ok(target) => target,
            Err(error) => return fail(ctx, &[source, b": cannot read link"], error),
        };
        if let Err(error) = fs::symlink(&target, dest) {
            return fail(ctx, &[b"can't create symlink '", dest, b"' to '", &target, b"'"], error);
        }
        if self.preserve
            && let Err(error) = fs::chown(dest, from.uid, from.gid, false)
        {
            ctx.perror(&[b"can't preserve ownership of '", dest, b"'"], error);
        }
        Ok(())
    }

    /// Gives `dest` the times, owner and mode of the source; what cannot be kept is reported and no failure.
    fn preserve(&self, ctx: &mut Context<'_>, dest: &[u8], from: &Stat) {
        if !self.preserve {
            return;
        }
        if let Err(error) = fs::utimens(dest, SetTime::At(from.atime), SetTime::At(from.mtime), true) {
            ctx.perror(&[b"can't preserve times of '", dest, b"'"], error);
        }
        let mut mode = from.mode.permissions();
        if let Err(error) = fs::chown(dest, from.uid, from.gid, true) {
            // The special bits were granted by another owner.
            mode &= !0o6000;
            ctx.perror(&[b"can't preserve ownership of '", dest, b"'"], error);
        }
        if let Err(error) = fs::chmod(dest, mode) {
            ctx.perror(&[b"can't preserve permissions of '", dest, b"'"], error);
        }
    }

    fn tell(&self, ctx: &mut Context<'_>, source: &[u8], dest: &[u8]) {
        if self.verbose {
            ctx.put(&[b"'", source, b"' -> '", dest, b"'\n"].concat());
        }
    }
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.dev, stat.ino)
}

fn fail<T>(ctx: &mut Context<'_>, parts: &[&[u8]], error: Errno) -> Result<T, Failed> {
    ctx.perror(parts, error);
    Err(Failed)
}

/// Runs `call` under another umask.
fn with_umask<T>(mask: u32, call: impl FnOnce() -> T) -> T {
    let old = fs::umask(mask);
    let result = call();
    fs::umask(old);
    result
}

/// Copies all that is left of `input` to `output`.
fn pour(ctx: &mut Context<'_>, input: Fd, output: Fd) -> Result<(), Failed> {
    let mut block = vec![0; BLOCK];
    loop {
        let n = match fd::read(input, &mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(error) => return fail(ctx, &[b"read error"], error),
        };
        if let Err(error) = fd::write_all(output, block.get(..n).unwrap_or_default()) {
            return fail(ctx, &[b"write error"], error);
        }
    }
}
