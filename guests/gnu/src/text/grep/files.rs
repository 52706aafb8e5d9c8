//! The files that are searched: operands, and what is below folders.

use applets::core::paths::join;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fd, fs};

use super::options::{Directories, Options, Show};
use super::search::Search;

/// Whether the path leads to a directory.
pub(super) fn is_directory(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
}

/// One call's way through its files.
pub(super) struct Walk<'a> {
    options: &'a Options,
    search: &'a mut Search<'a>,
    /// Standard output, where it is a file that may also be an input.
    output: Option<(u64, u64)>,
    found: bool,
    trouble: bool,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub(super) fn new(options: &'a Options, search: &'a mut Search<'a>) -> Self {
        let is_written = matches!(options.show, Show::Lines | Show::Parts) && options.max_count != Some(1);
        let output = fd::stat(fd::STDOUT).ok().filter(|stat| is_written && stat.mode.kind() == FileKind::Regular);
        Self { options, search, output: output.map(|stat| (stat.dev, stat.ino)), found: false, trouble: false }
    }

    /// Whether a line was selected.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Whether something went wrong.
    pub(super) fn trouble(&self) -> bool {
        self.trouble
    }

    fn complain(&mut self, ctx: &mut Context<'_>, path: &[u8], error: Errno) {
        self.trouble = true;
        if !self.options.silent {
            ctx.perror(&[path], error);
        }
    }

    /// Searches what an operand names.
    pub(super) fn operand(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
        let options = self.options;
        if path == b"-" {
            return self.source(ctx, &Source::stdin(), &options.label);
        }
        let stat = match fs::stat(path) {
            Ok(stat) => stat,
            Err(error) => {
                self.complain(ctx, path, error);
                return Ok(());
            }
        };
        let is_directory = stat.mode.kind() == FileKind::Directory;
        if is_directory && options.directories == Directories::Recurse {
            let stripped = applets::core::paths::strip_slashes(path);
            if options.folders.leaves_out(stripped, true) {
                return Ok(());
            }
            let prefix: &[u8] = if options.implied_folder { b"" } else { path };
            return self.folder(ctx, path, prefix, &mut vec![(stat.dev, stat.ino)]);
        }
        let selection = if is_directory { &options.folders } else { &options.files };
        if selection.leaves_out(path, true) || is_directory && options.directories == Directories::Skip {
            return Ok(());
        }
        if is_device(&stat) && options.devices == Some(false) {
            return Ok(());
        }
        self.file(ctx, path)
    }

    fn file(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
        self.file_at(ctx, path, path)
    }

    fn file_at(&mut self, ctx: &mut Context<'_>, path: &[u8], shown: &[u8]) -> Result<(), Quit> {
        match Source::open(path) {
            Ok(source) => self.source(ctx, &source, shown),
            Err(error) => {
                self.complain(ctx, shown, error);
                Ok(())
            }
        }
    }

    fn source(&mut self, ctx: &mut Context<'_>, source: &Source, shown: &[u8]) -> Result<(), Quit> {
        let stat = fd::stat(source.fd()).ok();
        if self.output.is_some() && stat.map(|stat| (stat.dev, stat.ino)) == self.output {
            if !self.options.silent {
                let name: &[u8] = if source.fd() == fd::STDIN { &self.options.label } else { shown };
                ctx.complain(&[name, b": input file is also the output"]);
            }
            self.trouble = true;
            return Ok(());
        }
        let size = stat.filter(|stat| stat.mode.kind() == FileKind::Regular).map(|stat| stat.size);
        match self.search.file(ctx, source.fd(), shown, size) {
            Ok(selected) => self.found |= selected,
            Err(error) => self.complain(ctx, shown, error),
        }
        // Nothing can change the exit code, and nothing is printed any more.
        if self.found && self.options.show == Show::Nothing { Err(Quit(0)) } else { Ok(()) }
    }

    /// Searches what is below the folder at `path`, whose entries are shown behind `prefix`; `above` are the folders on
    /// the way there.
    fn folder(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[u8],
        prefix: &[u8],
        above: &mut Vec<(u64, u64)>,
    ) -> Result<(), Quit> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.complain(ctx, if prefix.is_empty() { path } else { prefix }, error);
                return Ok(());
            }
        };
        for entry in entries {
            let below = join(path, &entry.name);
            let shown = if prefix.is_empty() { entry.name.clone() } else { join(prefix, &entry.name) };
            let mut stat = entry.stat;
            if stat.mode.kind() == FileKind::Symlink {
                if !self.options.follow {
                    continue;
                }
                // Links that lead nowhere are passed over.
                match fs::stat(&below) {
                    Ok(target) => stat = target,
                    Err(_) => continue,
                }
            }
            if stat.mode.kind() == FileKind::Directory {
                if self.options.folders.leaves_out(&entry.name, false) {
                    continue;
                }
                let identity = (stat.dev, stat.ino);
                if above.contains(&identity) {
                    if !self.options.silent {
                        ctx.complain(&[&shown, b": warning: recursive directory loop"]);
                    }
                    continue;
                }
                above.push(identity);
                self.folder(ctx, &below, &shown, above)?;
                above.pop();
            } else if !self.options.files.leaves_out(&entry.name, false)
                && (!is_device(&stat) || self.options.devices == Some(true))
            {
                self.file_at(ctx, &below, &shown)?;
            }
        }
        Ok(())
    }
}

fn is_device(stat: &Stat) -> bool {
    !matches!(stat.mode.kind(), FileKind::Regular | FileKind::Directory | FileKind::Symlink)
}
