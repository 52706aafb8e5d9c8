//! Removing files and trees, for `rm` and `mv`.

use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fd, fs};

use super::paths::{is_dots, join};
use super::prompt::Prompt;
use crate::Context;

/// How files are removed.
#[derive(Debug, Default)]
pub struct Removal {
    /// Missing files are no error and nothing is asked.
    pub force: bool,
    /// Everything is asked.
    pub interactive: bool,
    /// Directories are removed with all that is in them.
    pub recursive: bool,
    /// What is removed is told.
    pub verbose: bool,
    /// Who is asked.
    pub prompt: Prompt,
}

impl Removal {
    /// Removes `path`; a failure is reported and returned as `false`.
    pub fn remove(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        let stat = match fs::lstat(path) {
            Ok(stat) => stat,
            Err(Errno::Noent) if self.force => return true,
            Err(error) => {
                let what: &[u8] = if error == Errno::Noent { b"can't remove '" } else { b"can't stat '" };
                ctx.perror(&[what, path, b"'"], error);
                return false;
            }
        };
        if stat.mode.kind() == FileKind::Directory {
            return self.remove_dir(ctx, path);
        }
        if self.must_ask(path, &stat) && !self.prompt.ask(ctx, &[b"remove '", path, b"'"]) {
            return true;
        }
        self.report(ctx, b"removed '", path, fs::unlink(path))
    }

    fn remove_dir(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        if !self.recursive {
            ctx.complain(&[b"'", path, b"' is a directory"]);
            return false;
        }
        let unasked = !self.force && fs::access(path, 2).is_err() && fd::is_tty(fd::STDIN);
        if (unasked || self.interactive) && !self.prompt.ask(ctx, &[b"descend into directory '", path, b"'"]) {
            return true;
        }
        // As in BusyBox, a directory that cannot be opened fails without a word.
        let Ok(entries) = fs::read_dir(path) else { return false };
        let mut done = true;
        for entry in entries {
            done &= is_dots(&entry.name) || self.remove(ctx, &join(path, &entry.name));
        }
        if self.interactive && !self.prompt.ask(ctx, &[b"remove directory '", path, b"'"]) {
            return done;
        }
        // Nor is one tried in which something is left; what `-v` says is the same.
        self.report(ctx, b"removed directory: '", path, if done { fs::rmdir(path) } else { Ok(()) }) && done
    }

    fn report(&self, ctx: &mut Context<'_>, done: &[u8], path: &[u8], result: Result<(), Errno>) -> bool {
        match result {
            Ok(()) if self.verbose => ctx.put(&[done, path, b"'\n"].concat()),
            Ok(()) => {}
            Err(error) => ctx.perror(&[b"can't remove '", path, b"'"], error),
        }
        result.is_ok()
    }

    /// Whether a file that is no directory is asked about: always, or when it is write-protected.
    fn must_ask(&self, path: &[u8], stat: &Stat) -> bool {
        let protected =
            || stat.mode.kind() != FileKind::Symlink && fs::access(path, 2).is_err() && fd::is_tty(fd::STDIN);
        self.interactive || !self.force && protected()
    }
}
