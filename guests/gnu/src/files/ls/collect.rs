//! What is listed: operands, then directories, one after the other.

use applets::core::paths::join;
use applets::{Context, glob};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::{Errno, fs};

use super::SERIOUS;
use super::options::{Follow, Layout, Options};
use super::order::sort;
use super::show::Show;
use crate::quote;

/// A file to be shown.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) stat: Stat,
}

impl Entry {
    /// Whether it is a directory, or a link to one.
    pub(super) fn leads_to_dir(&self) -> bool {
        let link = self.stat.mode.kind() == FileKind::Symlink;
        self.is_dir() || link && fs::stat(&self.path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
    }

    pub(super) fn is_dir(&self) -> bool {
        self.stat.mode.kind() == FileKind::Directory
    }
}

pub(super) struct Listing<'a> {
    options: &'a Options,
    show: Show<'a>,
    code: u8,
    /// Whether something has been printed, which a blank line parts from a directory.
    printed: bool,
}

impl<'a> Listing<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, show: Show::new(options), code: 0, printed: false }
    }

    /// Lists `operands`, or the current directory; returns the exit code.
    pub(super) fn run(mut self, ctx: &mut Context<'_>, operands: &[Vec<u8>]) -> u8 {
        let here = [b".".to_vec()];
        let operands = if operands.is_empty() { &here[..] } else { operands };
        let mut files = Vec::new();
        for operand in operands {
            match self.operand_stat(operand) {
                Ok(stat) => files.push(Entry { name: operand.clone(), path: operand.clone(), stat }),
                Err(error) => {
                    ctx.perror(&[b"cannot access ", &quote::always(operand)], error);
                    self.code = SERIOUS;
                }
            }
        }
        sort(&mut files, self.options);
        let (directories, files): (Vec<Entry>, Vec<Entry>) =
            files.into_iter().partition(|entry| entry.is_dir() && !self.options.directory);
        if !files.is_empty() {
            self.show.entries(ctx, &files, &directories);
            self.printed = true;
        }
        let titled = self.options.recursive || operands.len() > 1;
        for entry in &directories {
            self.directory(ctx, &entry.path, titled, true, &mut Vec::new());
        }
        self.show.finish(ctx);
        self.code
    }

    fn operand_stat(&self, operand: &[u8]) -> Result<Stat, Errno> {
        let plain = self.options.directory
            || self.options.layout == Layout::Long
            || self.options.indicator == super::options::Indicator::Classify;
        match self.options.follow {
            Follow::Always | Follow::Operands => fs::stat(operand),
            Follow::Never if plain => fs::lstat(operand),
            Follow::Never | Follow::ToDirectories => match fs::stat(operand) {
                Ok(stat) if stat.mode.kind() == FileKind::Directory => Ok(stat),
                Ok(_) | Err(Errno::Noent) => fs::lstat(operand),
                Err(error) => Err(error),
            },
        }
    }

    fn fail(&mut self, code: u8) {
        self.code = self.code.max(code);
    }

    fn directory(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[u8],
        titled: bool,
        operand: bool,
        above: &mut Vec<(u64, u64)>,
    ) {
        let records = match fs::read_dir(path) {
            Ok(records) => records,
            Err(error) => {
                ctx.perror(&[b"cannot open directory ", &quote::always(path)], error);
                self.fail(if operand { SERIOUS } else { 1 });
                return;
            }
        };
        let own = fs::stat(path).map(|stat| (stat.dev, stat.ino)).unwrap_or_default();
        if above.contains(&own) {
            ctx.complain(&[&quote::as_needed(path), b": not listing already-listed directory"]);
            self.fail(SERIOUS);
            return;
        }
        if titled {
            if self.printed {
                ctx.put(b"\n");
            }
            self.show.title(ctx, path);
        }
        self.printed = true;
        let mut entries = Vec::with_capacity(records.len() + 2);
        if self.options.all {
            for name in [&b"."[..], b".."] {
                self.add(ctx, &mut entries, join(path, name), name.to_vec(), None);
            }
        }
        for record in records {
            if self.is_left_out(&record.name) {
                continue;
            }
            self.add(ctx, &mut entries, join(path, &record.name), record.name, Some(record.stat));
        }
        sort(&mut entries, self.options);
        self.show.total(ctx, &entries);
        self.show.entries(ctx, &entries, &[]);
        if !self.options.recursive {
            return;
        }
        above.push(own);
        let below = entries.iter().filter(|entry| entry.is_dir() && !matches!(entry.name.as_slice(), b"." | b".."));
        for entry in below {
            self.directory(ctx, &entry.path, true, false, above);
        }
        above.pop();
    }

    fn add(
        &mut self,
        ctx: &mut Context<'_>,
        entries: &mut Vec<Entry>,
        path: Vec<u8>,
        name: Vec<u8>,
        known: Option<Stat>,
    ) {
        let follow = self.options.follow == Follow::Always;
        let stat = match known {
            Some(stat) if !follow || stat.mode.kind() != FileKind::Symlink => Ok(stat),
            Some(_) => fs::stat(&path),
            None => fs::lstat(&path),
        };
        match stat {
            Ok(stat) => entries.push(Entry { name, path, stat }),
            Err(error) => {
                ctx.perror(&[b"cannot access ", &quote::always(&path)], error);
                self.fail(1);
                if let Some(stat) = known {
                    entries.push(Entry { name, path, stat });
                }
            }
        }
    }

    fn is_left_out(&self, name: &[u8]) -> bool {
        // A wildcard does not stand for a leading dot.
        let matches = |pattern: &Vec<u8>| {
            (!name.starts_with(b".") || pattern.starts_with(b".")) && glob::matches(pattern, name, false)
        };
        let options = self.options;
        let hidden = !options.almost_all && (name.starts_with(b".") || options.hide.iter().any(matches));
        hidden || options.ignore.iter().any(matches)
    }
}
