//! Walks the trees.

use wcr_sys::abi::{FileKind, Stat, WaitStatus};
use wcr_sys::{Errno, fs, time};

use crate::Context;
use crate::core::basename::last_component;
use crate::core::folder;
use crate::core::paths::{join, strip_slashes};
use crate::glob;
use crate::run::{self, replaced};

use super::action::{Action, Bits, Clock, Expression};
use super::parse::Query;

/// How many bytes of names a command gets at once.
const BATCH: usize = 1 << 20;

/// What becomes of the walk after a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Succeeded,
    Failed,
    /// The walk is over.
    Quit,
}

/// A file that was found.
struct Found<'a> {
    path: &'a [u8],
    stat: Stat,
    /// Whether what is below it is left out.
    pruned: bool,
}

/// Files for a command that gets many at once.
#[derive(Debug, Default, Clone)]
struct Batch {
    paths: Vec<Vec<u8>>,
    bytes: usize,
}

/// A walk with what it has collected.
pub(super) struct Walk {
    query: Query,
    batches: Vec<Batch>,
    now: i64,
    code: u8,
}

impl Walk {
    /// A walk for a query.
    pub(super) fn new(query: Query) -> Self {
        let batches = vec![Batch::default(); query.commands.len()];
        Self { query, batches, now: time::now().sec, code: 0 }
    }

    /// The exit code so far.
    pub(super) fn code(&self) -> u8 {
        self.code
    }

    /// Walks the tree at `path`; whether all is over.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        let follow = self.query.follow || self.query.follow_operands;
        match Self::stat(path, follow) {
            Ok(stat) => self.visit(ctx, path, stat, 0, stat.dev) == Outcome::Quit,
            Err(error) => {
                self.complain(ctx, path, error);
                false
            }
        }
    }

    /// Runs the commands that wait for more files, but for those in parentheses, as BusyBox does.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>) {
        for term in core::mem::take(&mut self.query.expression).iter().flatten() {
            if let Action::Collect(number) = term.action
                && self.run_batch(ctx, number) == Some(term.inverted)
            {
                self.code = 1;
            }
        }
    }

    fn complain(&mut self, ctx: &mut Context<'_>, path: &[u8], error: Errno) {
        ctx.perror(&[path], error);
        self.code = 1;
    }

    /// A file's metadata. Where a link is followed that leads nowhere, it is the link's own.
    fn stat(path: &[u8], follow: bool) -> Result<Stat, Errno> {
        if !follow {
            return fs::lstat(path);
        }
        match fs::stat(path) {
            Err(Errno::Noent) => fs::lstat(path),
            found => found,
        }
    }

    fn visit(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: Stat, level: u64, device: u64) -> Outcome {
        let mut found = Found { path, stat, pruned: false };
        let acts = level >= self.query.min_depth;
        if acts && !self.query.depth_first && self.act(ctx, &mut found) == Outcome::Quit {
            return Outcome::Quit;
        }
        let is_directory = stat.mode.kind() == FileKind::Directory;
        let elsewhere = self.query.one_system && stat.dev != device;
        if is_directory && level < self.query.max_depth && !found.pruned && !elsewhere {
            match folder::entries(path) {
                Ok(entries) => {
                    for entry in entries {
                        let below = join(path, &entry.name);
                        let is_link = entry.stat.is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink);
                        let stat = if self.query.follow && is_link { Self::stat(&below, true) } else { entry.stat };
                        let stat = match stat {
                            Ok(stat) => stat,
                            Err(error) => {
                                self.complain(ctx, &below, error);
                                continue;
                            }
                        };
                        if self.visit(ctx, &below, stat, level + 1, device) == Outcome::Quit {
                            return Outcome::Quit;
                        }
                    }
                }
                Err(error) => {
                    // A folder that cannot be opened is not there for what would come after its files.
                    self.complain(ctx, path, error);
                    return Outcome::Succeeded;
                }
            }
        }
        if acts && self.query.depth_first {
            return self.act(ctx, &mut found);
        }
        Outcome::Succeeded
    }

    fn act(&mut self, ctx: &mut Context<'_>, found: &mut Found<'_>) -> Outcome {
        let expression = core::mem::take(&mut self.query.expression);
        let outcome = self.evaluate(ctx, &expression, found);
        self.query.expression = expression;
        outcome
    }

    fn evaluate(&mut self, ctx: &mut Context<'_>, expression: &Expression, found: &mut Found<'_>) -> Outcome {
        let mut outcome = Outcome::Succeeded;
        // An alternative without terms ends it with what it had come to.
        for alternative in expression.iter().take_while(|alternative| !alternative.is_empty()) {
            outcome = Outcome::Succeeded;
            for term in alternative {
                let result = self.perform(ctx, &term.action, found);
                outcome = match (result, term.inverted) {
                    (Outcome::Quit, _) => return Outcome::Quit,
                    (Outcome::Succeeded, false) | (Outcome::Failed, true) => Outcome::Succeeded,
                    _ => Outcome::Failed,
                };
                if outcome == Outcome::Failed {
                    break;
                }
            }
            if outcome == Outcome::Succeeded {
                break;
            }
        }
        outcome
    }

    fn perform(&mut self, ctx: &mut Context<'_>, action: &Action, found: &mut Found<'_>) -> Outcome {
        let stat = &found.stat;
        let holds = match action {
            Action::Name { pattern, ignore_case } => {
                glob::matches(pattern, last_component(strip_slashes(found.path)), *ignore_case)
            }
            Action::Path { pattern, ignore_case } => glob::matches(pattern, found.path, *ignore_case),
            Action::Regex(regex) => regex.find(found.path) == Some((0, found.path.len())),
            Action::Type(kind) => stat.mode.kind() == *kind,
            Action::Executable => fs::access(found.path, 1).is_ok(),
            Action::Permissions(bits) => {
                let mode = stat.mode.0 & 0o7777;
                match bits {
                    Bits::Any(bits) => mode & bits != 0,
                    Bits::All(bits) => mode & bits == *bits,
                    Bits::Exactly(bits) => mode == *bits,
                }
            }
            Action::Age { clock, unit, bound } => {
                let time = match clock {
                    Clock::Access => stat.atime,
                    Clock::Change => stat.ctime,
                    Clock::Modification => stat.mtime,
                };
                bound.holds_for_age(self.now - time.sec, *unit)
            }
            Action::Newer(time) => stat.mtime.sec > time.sec,
            Action::Inode(number) => stat.ino == *number,
            Action::Same { dev, ino } => (stat.dev, stat.ino) == (*dev, *ino),
            Action::User(uid) => stat.uid == *uid,
            Action::Group(gid) => stat.gid == *gid,
            Action::Size(bound) => bound.holds(stat.size),
            Action::Links(bound) => bound.holds(stat.nlink.into()),
            Action::Empty => match stat.mode.kind() {
                FileKind::Regular => stat.size == 0,
                FileKind::Directory => fs::read_dir(found.path).is_ok_and(|entries| entries.is_empty()),
                _ => false,
            },
            Action::Prune => {
                found.pruned = true;
                true
            }
            Action::Print => {
                ctx.put(&[found.path, b"\n"].concat());
                true
            }
            Action::Print0 => {
                ctx.put(&[found.path, b"\0"].concat());
                true
            }
            Action::Execute(command) => {
                let argv: Vec<Vec<u8>> = command.iter().map(|word| replaced(word, b"{}", found.path)).collect();
                run_command(ctx, &argv) == Some(WaitStatus::Exited(0))
            }
            Action::Collect(number) => {
                self.collect(ctx, *number, found.path);
                true
            }
            Action::Quit => return Outcome::Quit,
            Action::Grouped(expression) => return self.evaluate(ctx, expression, found),
        };
        if holds { Outcome::Succeeded } else { Outcome::Failed }
    }

    fn collect(&mut self, ctx: &mut Context<'_>, number: usize, path: &[u8]) {
        let Some(batch) = self.batches.get_mut(number) else { return };
        batch.bytes += path.len() + 1;
        batch.paths.push(path.to_vec());
        if batch.bytes >= BATCH && self.run_batch(ctx, number) == Some(false) {
            self.code = 1;
        }
    }

    /// Runs a command for the files that wait for it, and says whether it succeeded; `None` when there are none.
    fn run_batch(&mut self, ctx: &mut Context<'_>, number: usize) -> Option<bool> {
        let (batch, command) = (self.batches.get_mut(number)?, self.query.commands.get(number)?);
        let batch = core::mem::take(batch);
        if batch.paths.is_empty() {
            return None;
        }
        let mut argv = Vec::with_capacity(command.len() + batch.paths.len());
        for word in command {
            if memchr::memmem::find(word, b"{}").is_some() {
                argv.extend(batch.paths.iter().map(|path| replaced(word, b"{}", path)));
            } else {
                argv.push(word.clone());
            }
        }
        Some(run_command(ctx, &argv) == Some(WaitStatus::Exited(0)))
    }
}

/// Runs a command; `None` when it could not be started, which has been told.
fn run_command(ctx: &mut Context<'_>, argv: &[Vec<u8>]) -> Option<WaitStatus> {
    ctx.flush();
    match run::spawn(argv).and_then(run::wait) {
        Ok(status) => Some(status),
        Err(error) => {
            ctx.perror(&[argv.first().map(Vec::as_slice).unwrap_or_default()], error);
            None
        }
    }
}
