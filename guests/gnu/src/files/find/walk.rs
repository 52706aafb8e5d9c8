//! Walks the trees.

use std::io::Write;

use applets::core::accounts::Accounts;
use applets::core::basename::last_component;
use applets::core::paths::{is_dots, join};
use applets::core::time::Zone;
use applets::{Context, Quit, glob, run};
use wcr_sys::abi::{FileKind, OpenFlags, Stat, Timestamp, WaitStatus};
use wcr_sys::{Errno, Fd, Output, fd, fs, time};

use super::expression::{Action, Age, Bits, Clock, Command, Expression, Follow, Query, Relation};
use super::list::{self, Widths};
use super::predicates::seconds;
use super::printf::{self, Subject};
use crate::quote;
use crate::system::exec;

/// How many bytes of names a command gets at once.
const BATCH: usize = 128 << 10;

/// What becomes of the walk after a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Holds(bool),
    /// The walk is over.
    Quit,
}

/// A file that was found.
struct Found<'a> {
    path: &'a [u8],
    operand: usize,
    depth: u64,
    stat: Stat,
    /// Whether what is below it is left out.
    pruned: bool,
}

/// A walk with what it has collected.
pub(super) struct Walk {
    query: Query,
    outputs: Vec<Output>,
    accounts: Accounts,
    zone: Zone,
    widths: Widths,
    /// The folder in which all began.
    home: Option<Fd>,
    now: i64,
    code: u8,
}

impl Walk {
    /// A walk for a query; the files that it writes to are made.
    pub(super) fn new(ctx: &mut Context<'_>, query: Query) -> Result<Self, Quit> {
        let mut outputs = vec![Output::new(fd::STDOUT)];
        for path in query.outputs.iter().skip(1) {
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
            let file = if path == b"/dev/stderr" { Ok(fd::STDERR) } else { fs::open(path, flags, 0o666) };
            outputs.push(Output::new(file.map_err(|error| ctx.die_errno(&[&quote::locale(path)], error))?));
        }
        let home = fs::open(b".", OpenFlags::DIRECTORY.with(OpenFlags::CLOEXEC), 0).ok();
        Ok(Self {
            query,
            outputs,
            accounts: Accounts::default(),
            zone: Zone::from_env(),
            widths: Widths::default(),
            home,
            now: time::now().sec,
            code: 0,
        })
    }

    /// Walks the tree at `path`; whether all is over.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        let follows = self.query.follow != Follow::Never;
        match look(path, follows) {
            Ok(stat) => {
                let mut above = Vec::new();
                self.visit(ctx, path, path.len(), stat, &mut above, stat.dev) == Outcome::Quit
            }
            Err(error) => {
                self.complain(ctx, path, error);
                false
            }
        }
    }

    /// Runs the commands that wait for more files, and writes what is held back; the exit code.
    pub(super) fn finish(&mut self, ctx: &mut Context<'_>) -> u8 {
        for number in 0..self.query.collectors.len() {
            self.run_collected(ctx, number);
        }
        for (output, path) in self.outputs.iter_mut().zip(&self.query.outputs).skip(1) {
            if let Err(error) = output.flush() {
                ctx.perror(&[&quote::locale(path)], Output::errno(&error));
                self.code = 1;
            }
        }
        self.code
    }

    fn complain(&mut self, ctx: &mut Context<'_>, path: &[u8], error: Errno) {
        ctx.perror(&[&quote::locale(path)], error);
        self.code = 1;
    }

    fn visit(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[u8],
        operand: usize,
        stat: Stat,
        above: &mut Vec<(u64, u64, Vec<u8>)>,
        device: u64,
    ) -> Outcome {
        let depth = above.len() as u64;
        let is_directory = stat.mode.kind() == FileKind::Directory;
        if is_directory && self.query.follow == Follow::Always {
            if let Some((.., first)) = above.iter().find(|(dev, ino, _)| (*dev, *ino) == (stat.dev, stat.ino)) {
                let (path, first) = (quote::locale(path), quote::locale(first));
                ctx.complain(&[
                    b"File system loop detected; ",
                    &path,
                    b" is part of the same file system loop as ",
                    &first,
                    b".",
                ]);
                self.code = 1;
                return Outcome::Holds(false);
            }
        }
        let mut found = Found { path, operand, depth, stat, pruned: false };
        let acts = depth >= self.query.min_depth;
        if acts && !self.query.depth_first && self.act(ctx, &mut found) == Outcome::Quit {
            return Outcome::Quit;
        }
        let elsewhere = self.query.one_system && stat.dev != device;
        if is_directory && depth < self.query.max_depth && !found.pruned && !elsewhere {
            above.push((stat.dev, stat.ino, path.to_vec()));
            let over = self.below(ctx, path, operand, above, device);
            above.pop();
            if over {
                return Outcome::Quit;
            }
        }
        if acts && self.query.depth_first {
            return self.act(ctx, &mut found);
        }
        Outcome::Holds(true)
    }

    /// Visits what is in a folder; whether all is over.
    fn below(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[u8],
        operand: usize,
        above: &mut Vec<(u64, u64, Vec<u8>)>,
        device: u64,
    ) -> bool {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(Errno::Noent) if self.query.ignores_races => return false,
            Err(error) => {
                self.complain(ctx, path, error);
                return false;
            }
        };
        for entry in entries {
            let below = join(path, &entry.name);
            let is_link = entry.stat.mode.kind() == FileKind::Symlink;
            let follows = self.query.follow == Follow::Always && is_link;
            match if follows { look(&below, true) } else { Ok(entry.stat) } {
                Ok(stat) => {
                    if self.visit(ctx, &below, operand, stat, above, device) == Outcome::Quit {
                        return true;
                    }
                }
                Err(error) => self.complain(ctx, &below, error),
            }
        }
        false
    }

    fn act(&mut self, ctx: &mut Context<'_>, found: &mut Found<'_>) -> Outcome {
        let always = Expression::Action(Action::Always(true));
        let expression = core::mem::replace(&mut self.query.expression, always);
        let outcome = self.evaluate(ctx, &expression, found);
        self.query.expression = expression;
        outcome
    }

    fn evaluate(&mut self, ctx: &mut Context<'_>, expression: &Expression, found: &mut Found<'_>) -> Outcome {
        match expression {
            Expression::Action(action) => self.perform(ctx, action, found),
            Expression::Not(inner) => match self.evaluate(ctx, inner, found) {
                Outcome::Holds(holds) => Outcome::Holds(!holds),
                Outcome::Quit => Outcome::Quit,
            },
            Expression::And(left, right) => match self.evaluate(ctx, left, found) {
                Outcome::Holds(true) => self.evaluate(ctx, right, found),
                outcome => outcome,
            },
            Expression::Or(left, right) => match self.evaluate(ctx, left, found) {
                Outcome::Holds(false) => self.evaluate(ctx, right, found),
                outcome => outcome,
            },
            Expression::List(left, right) => match self.evaluate(ctx, left, found) {
                Outcome::Holds(_) => self.evaluate(ctx, right, found),
                Outcome::Quit => Outcome::Quit,
            },
        }
    }

    fn perform(&mut self, ctx: &mut Context<'_>, action: &Action, found: &mut Found<'_>) -> Outcome {
        let (path, stat) = (found.path, found.stat);
        let holds = match action {
            Action::Always(holds) => *holds,
            Action::Name { pattern, ignore_case } => glob::matches(pattern, last_component(path), *ignore_case),
            Action::Path { pattern, ignore_case } => glob::matches(pattern, path, *ignore_case),
            Action::LinkName { pattern, ignore_case } => {
                stat.mode.kind() == FileKind::Symlink
                    && fs::readlink(path).is_ok_and(|target| glob::matches(pattern, &target, *ignore_case))
            }
            Action::Regex(regex) => regex.find(path) == Some((0, path.len())),
            Action::Type(kinds) => kinds.contains(&stat.mode.kind()),
            Action::TypeBehindLinks(kinds) => self.type_behind_links(ctx, kinds, path, &stat),
            Action::Permissions(bits) => {
                let mode = stat.mode.0 & 0o7777;
                match bits {
                    Bits::Exactly(bits) => mode == *bits,
                    Bits::All(bits) => mode & bits == *bits,
                    Bits::Any(bits) => mode & bits != 0,
                }
            }
            Action::Access(mode) => fs::access(path, *mode).is_ok(),
            Action::Age(age) => is_of_age(age, seconds(time_of(&stat, age.clock))),
            Action::Used(relation, days) => {
                let used = seconds(stat.atime) - seconds(stat.ctime);
                let age = Age { clock: Clock::Access, relation: *relation, count: *days, unit: 86_400.0, from: used };
                used >= 0.0 && is_of_age(&age, 0.0)
            }
            Action::Newer(clock, than) => {
                let time = time_of(&stat, *clock);
                (time.sec, time.nsec) > (than.sec, than.nsec)
            }
            Action::Inode(bound) => bound.holds(stat.ino),
            Action::Links(bound) => bound.holds(stat.nlink.into()),
            Action::User(bound) => bound.holds(stat.uid.into()),
            Action::Group(bound) => bound.holds(stat.gid.into()),
            Action::NoUser => self.accounts.user(stat.uid).is_none(),
            Action::NoGroup => self.accounts.group(stat.gid).is_none(),
            Action::Size(bound, unit) => bound.holds(stat.size.div_ceil(*unit)),
            Action::Empty => match stat.mode.kind() {
                FileKind::Regular => stat.size == 0,
                FileKind::Directory => match fs::read_dir(path) {
                    Ok(entries) => entries.is_empty(),
                    Err(error) => {
                        self.complain(ctx, path, error);
                        false
                    }
                },
                _ => false,
            },
            Action::Same { dev, ino } => (stat.dev, stat.ino) == (*dev, *ino),
            Action::FileSystem(kind) => printf::file_system(path, &stat) == *kind,
            Action::Prune => {
                found.pruned = true;
                true
            }
            Action::Quit => return Outcome::Quit,
            Action::Delete => self.delete(ctx, path, &stat),
            Action::Print { out, end } => {
                self.write(ctx, *out, &[path, &[*end]].concat());
                true
            }
            Action::Format { out, pieces } => {
                let mut text = Vec::new();
                let subject = Subject { path, operand: found.operand, depth: found.depth, stat: &stat };
                let flush = printf::show(pieces, &subject, &mut self.accounts, &self.zone, &mut text);
                self.write(ctx, *out, &text);
                if flush && *out == 0 {
                    ctx.flush();
                }
                true
            }
            Action::List { out } => {
                let line = list::line(path, &stat, &mut self.accounts, &self.zone, self.now, &mut self.widths);
                self.write(ctx, *out, &line);
                true
            }
            Action::Run(command) => self.run(ctx, command, path),
            Action::Collect(number) => {
                self.collect(ctx, *number, path);
                true
            }
        };
        Outcome::Holds(holds)
    }

    fn write(&mut self, ctx: &mut Context<'_>, out: usize, text: &[u8]) {
        if out == 0 {
            ctx.put(text);
        } else if let Some(output) = self.outputs.get_mut(out) {
            // A failure is told when it is flushed at the end.
            let _ = output.write_all(text);
        }
    }

    fn type_behind_links(&mut self, ctx: &mut Context<'_>, kinds: &[FileKind], path: &[u8], stat: &Stat) -> bool {
        if self.query.follow == Follow::Always {
            // What is followed otherwise is not followed here.
            return fs::lstat(path).is_ok_and(|own| kinds.contains(&own.mode.kind()));
        }
        if stat.mode.kind() != FileKind::Symlink {
            return kinds.contains(&stat.mode.kind());
        }
        match look(path, true) {
            Ok(target) => kinds.contains(&target.mode.kind()),
            Err(error) => {
                self.complain(ctx, path, error);
                false
            }
        }
    }

    fn delete(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat) -> bool {
        if is_dots(path) {
            return true;
        }
        let is_directory = stat.mode.kind() == FileKind::Directory;
        match if is_directory { fs::rmdir(path) } else { fs::unlink(path) } {
            Ok(()) => true,
            Err(error) => {
                ctx.perror(&[b"cannot delete ", &quote::locale(path)], error);
                self.code = 1;
                false
            }
        }
    }

    /// The path of a file for a command: as it is, or as seen from its folder.
    fn path_for(command: &Command, path: &[u8]) -> Vec<u8> {
        if !command.in_folder {
            return path.to_vec();
        }
        let name = last_component(path);
        if name.starts_with(b"/") { name.to_vec() } else { [b"./", name].concat() }
    }

    /// The folder that a command runs in.
    fn folder_of(path: &[u8]) -> Vec<u8> {
        let folder = printf::folder(path);
        if folder.is_empty() { b"/".to_vec() } else { folder.to_vec() }
    }

    fn run(&mut self, ctx: &mut Context<'_>, command: &Command, path: &[u8]) -> bool {
        let given = Self::path_for(command, path);
        if command.asks && !asked(ctx, command, path) {
            return false;
        }
        let argv: Vec<Vec<u8>> = command.words.iter().map(|word| run::replaced(word, b"{}", &given)).collect();
        let folder = command.in_folder.then(|| Self::folder_of(path));
        self.start_command(ctx, &argv, folder.as_deref()) == Some(WaitStatus::Exited(0))
    }

    /// Runs a command, in a folder where one is given; `None` when it could not be started, which has been told.
    fn start_command(&self, ctx: &mut Context<'_>, argv: &[Vec<u8>], folder: Option<&[u8]>) -> Option<WaitStatus> {
        ctx.flush();
        let moved = folder.map_or(Ok(()), fs::chdir);
        let result = moved.and_then(|()| exec::spawn(argv, &wcr_sys::env())).and_then(run::wait);
        if let (Some(_), Some(home)) = (folder, self.home) {
            // All paths are as seen from here.
            if let Err(error) = fs::fchdir(home) {
                ctx.perror(&[b"failed to restore initial working directory"], error);
            }
        }
        match result {
            Ok(status) => Some(status),
            Err(error) => {
                let name = argv.first().map(Vec::as_slice).unwrap_or_default();
                ctx.perror(&[&quote::locale(name)], error);
                None
            }
        }
    }

    fn collect(&mut self, ctx: &mut Context<'_>, number: usize, path: &[u8]) {
        let Some(collector) = self.query.collectors.get(number) else { return };
        let given = Self::path_for(&collector.command, path);
        let folder = if collector.command.in_folder { Self::folder_of(path) } else { Vec::new() };
        let is_full = collector.bytes + given.len() + 1 > BATCH || collector.folder != folder;
        if is_full && !collector.waiting.is_empty() {
            self.run_collected(ctx, number);
        }
        if let Some(collector) = self.query.collectors.get_mut(number) {
            collector.bytes += given.len() + 1;
            collector.waiting.push(given);
            collector.folder = folder;
        }
    }

    fn run_collected(&mut self, ctx: &mut Context<'_>, number: usize) {
        let Some(collector) = self.query.collectors.get_mut(number) else { return };
        let waiting = core::mem::take(&mut collector.waiting);
        let folder = core::mem::take(&mut collector.folder);
        collector.bytes = 0;
        if waiting.is_empty() {
            return;
        }
        // The place of the files is the last word.
        let mut argv: Vec<Vec<u8>> = collector.command.words.clone();
        argv.pop();
        argv.extend(waiting);
        let folder = collector.command.in_folder.then_some(folder);
        if self.start_command(ctx, &argv, folder.as_deref()) != Some(WaitStatus::Exited(0)) {
            self.code = 1;
        }
    }
}

/// A file's metadata. Where a link is followed that leads nowhere, it is the link's own.
fn look(path: &[u8], follow: bool) -> Result<Stat, Errno> {
    if !follow {
        return fs::lstat(path);
    }
    match fs::stat(path) {
        Err(Errno::Noent | Errno::Notdir) => fs::lstat(path),
        found => found,
    }
}

fn time_of(stat: &Stat, clock: Clock) -> Timestamp {
    match clock {
        Clock::Access => stat.atime,
        Clock::Change => stat.ctime,
        Clock::Modification => stat.mtime,
    }
}

/// Whether a time is as far back as asked for. Days count when they are over, minutes when they have begun.
fn is_of_age(age: &Age, time: f64) -> bool {
    let (past, limit) = (age.from - time, age.count * age.unit);
    let in_days = age.unit > 60.0;
    match age.relation {
        Relation::Less => past < limit,
        Relation::Greater if in_days => past >= limit + age.unit,
        Relation::Greater => past > limit,
        Relation::Equal if in_days => past >= limit && past < limit + age.unit,
        Relation::Equal => past <= limit && past > limit - age.unit,
    }
}

/// Asks the user whether a command is to run.
fn asked(ctx: &mut Context<'_>, command: &Command, path: &[u8]) -> bool {
    let name = command.words.first().map(Vec::as_slice).unwrap_or_default();
    ctx.put_err(&[b"< ", name, b" ... ", path, b" > ? "].concat());
    let mut reader = applets::lines::LineReader::stopping(fd::STDIN, b'\n');
    let answer = reader.next_line().ok().flatten().and_then(|line| line.text.first().copied());
    matches!(answer, Some(b'y' | b'Y'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_when_they_are_over() {
        let age = |relation, count, unit| Age { clock: Clock::Access, relation, count, unit, from: 1e6 };
        let day = |relation, count, hours: f64| is_of_age(&age(relation, count, 86_400.0), 1e6 - hours * 3600.0);
        assert!(day(Relation::Equal, 0.0, 23.0) && !day(Relation::Equal, 0.0, 24.0) && day(Relation::Equal, 1.0, 47.0));
        assert!(!day(Relation::Greater, 1.0, 47.0) && day(Relation::Greater, 1.0, 48.0));
        assert!(day(Relation::Less, 1.0, 23.0) && !day(Relation::Less, 1.0, 24.0));
        let minutes = |relation, seconds: f64| is_of_age(&age(relation, 2.0, 60.0), 1e6 - seconds);
        assert!(minutes(Relation::Equal, 61.0) && !minutes(Relation::Equal, 121.0));
        assert!(minutes(Relation::Greater, 121.0) && minutes(Relation::Less, 119.0));
    }
}
