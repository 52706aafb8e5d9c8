//! Removing files and trees, for `rm` and `mv`.

use applets::Context;
use applets::core::basename::last_component;
use applets::core::paths::{join, strip_slashes};
use applets::core::prompt::Prompt;
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fd, fs};

use crate::quote;

/// When the user is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ask {
    /// Never.
    Never,
    /// Before a file that is protected from writing, at a terminal.
    #[default]
    Protected,
    /// Before every file.
    Always,
}

/// How files are removed.
#[derive(Debug, Default)]
pub struct Removal {
    /// Missing files are no error.
    pub force: bool,
    /// When the user is asked.
    pub ask: Ask,
    /// Directories are removed with all that is in them.
    pub recursive: bool,
    /// Empty directories are removed.
    pub directories: bool,
    /// What is removed is told.
    pub verbose: bool,
    /// The root directory is kept.
    pub keep_root: bool,
    /// Other file systems are left out.
    pub one_system: bool,
    /// Who is asked.
    pub prompt: Prompt,
}

impl Removal {
    /// Removes the operand `path`; whether that went well.
    pub fn remove(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        if self.recursive {
            let last = last_component(strip_slashes(path));
            if matches!(last, b"." | b"..") {
                let shown = quote::always(path);
                ctx.complain(&[b"refusing to remove '.' or '..' directory: skipping ", &shown]);
                return false;
            }
            let root = fs::lstat(b"/").map(|stat| (stat.dev, stat.ino)).ok();
            if self.keep_root && fs::lstat(path).map(|stat| (stat.dev, stat.ino)).ok() == root {
                let shown = quote::always(path);
                if path == b"/" {
                    ctx.complain(&[b"it is dangerous to operate recursively on ", &shown]);
                } else {
                    ctx.complain(&[b"it is dangerous to operate recursively on ", &shown, b" (same as '/')"]);
                }
                ctx.complain(&[b"use --no-preserve-root to override this failsafe"]);
                return false;
            }
        }
        let device = fs::lstat(path).map_or(0, |stat| stat.dev);
        self.at(ctx, path, device)
    }

    fn at(&mut self, ctx: &mut Context<'_>, path: &[u8], device: u64) -> bool {
        let stat = match fs::lstat(path) {
            Ok(stat) => stat,
            Err(Errno::Noent | Errno::Notdir) if self.force => return true,
            Err(error) => {
                ctx.perror(&[b"cannot remove ", &quote::always(path)], error);
                return false;
            }
        };
        if stat.mode.kind() == FileKind::Directory {
            return self.directory(ctx, path, &stat, device);
        }
        if !self.agreed(ctx, path, &stat, b"remove ") {
            return true;
        }
        self.report(ctx, b"removed ", path, fs::unlink(path))
    }

    fn directory(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat, device: u64) -> bool {
        if !self.recursive && !self.directories {
            ctx.perror(&[b"cannot remove ", &quote::always(path)], Errno::Isdir);
            return false;
        }
        if self.one_system && stat.dev != device {
            ctx.complain(&[b"skipping ", &quote::always(path), b", since it's on a different device"]);
            return false;
        }
        let entries = fs::read_dir(path);
        let empty = entries.as_ref().is_ok_and(Vec::is_empty);
        let mut fine = true;
        if self.recursive && !empty {
            if !self.agreed(ctx, path, stat, b"descend into ") {
                return true;
            }
            match entries {
                Ok(entries) => {
                    for entry in entries {
                        fine &= self.at(ctx, &join(path, &entry.name), device);
                    }
                }
                Err(error) => {
                    ctx.perror(&[b"cannot remove ", &quote::always(path)], error);
                    return false;
                }
            }
        }
        if !fine {
            return false;
        }
        let before_each = self.ask == Ask::Always || empty;
        if before_each && !self.agreed(ctx, path, stat, b"remove ") {
            return true;
        }
        if self.recursive && self.ask != Ask::Never && fs::read_dir(path).is_ok_and(|left| !left.is_empty()) {
            // The user kept something in it.
            return true;
        }
        self.report(ctx, b"removed directory ", path, fs::rmdir(path))
    }

    fn report(&self, ctx: &mut Context<'_>, done: &[u8], path: &[u8], result: Result<(), Errno>) -> bool {
        match result {
            Ok(()) => {
                if self.verbose {
                    ctx.put(&[done, &quote::always(path), b"\n"].concat());
                }
                true
            }
            Err(error) => {
                ctx.perror(&[b"cannot remove ", &quote::always(path)], error);
                false
            }
        }
    }

    /// Asks, where that is due, whether to go on.
    fn agreed(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat, verb: &[u8]) -> bool {
        let link = stat.mode.kind() == FileKind::Symlink;
        let protected = !link && fs::access_effective(path, 2).is_err();
        let due = match self.ask {
            Ask::Never => false,
            Ask::Protected => protected && fd::is_tty(fd::STDIN),
            Ask::Always => true,
        };
        if !due {
            return true;
        }
        let kind = if verb == b"descend into " { &b"directory"[..] } else { kind_name(stat) };
        let shield: &[u8] = if protected { b"write-protected " } else { b"" };
        self.prompt.ask(ctx, &[verb, shield, kind, b" ", &quote::always(path)])
    }
}

/// What a file is, in words.
#[must_use]
pub fn kind_name(stat: &Stat) -> &'static [u8] {
    match stat.mode.kind() {
        FileKind::Regular if stat.size == 0 => b"regular empty file",
        FileKind::Regular => b"regular file",
        FileKind::Directory => b"directory",
        FileKind::Symlink => b"symbolic link",
        FileKind::CharDevice => b"character special file",
        FileKind::BlockDevice => b"block special file",
        FileKind::Fifo => b"fifo",
        FileKind::Socket => b"socket",
    }
}
