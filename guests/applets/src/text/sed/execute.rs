//! Running a script over lines.

use std::io::Write;
use std::rc::Rc;

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{fd, fs, pace};

use super::command::{Action, End, Pattern, Program, Start, When};
use super::input::{Ending, Input};
use super::out_file::OutFile;
use super::output::{Sink, Tail};
use super::substitute::substitute;
use crate::lines::LineReader;
use crate::regex::Regex;
use crate::source::Source;
use crate::temporary::{self, Refused};
use crate::{Context, Quit};

/// How many steps of a computation a cycle or a jump counts as.
const STEPS: u32 = 64;

/// What is printed when the cycle ends.
#[derive(Debug, Clone)]
enum Queued {
    Text(Rc<[u8]>),
    File(Rc<[u8]>),
}

/// How a cycle ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cycle {
    /// The next one reads a line.
    Done,
    /// The next one goes on with what is left of the pattern space.
    Restart,
    /// There is no next one.
    Quit,
}

/// A script and its state.
pub(super) struct Editor {
    program: Program,
    quiet: bool,
    space: Vec<u8>,
    hold: Vec<u8>,
    spare: Vec<u8>,
    ending: Ending,
    line: u64,
    substituted: bool,
    last_regex: Option<Rc<Regex>>,
    queue: Vec<Queued>,
    sinks: Vec<Sink>,
    tail: Tail,
    /// The file that is edited, when it is edited in place.
    file: Option<OutFile>,
}

impl Editor {
    /// An editor before its first line.
    pub(super) fn new(program: Program, quiet: bool) -> Self {
        Self {
            program,
            quiet,
            space: Vec::new(),
            hold: Vec::new(),
            spare: Vec::new(),
            ending: Ending::Newline,
            line: 0,
            substituted: false,
            last_regex: None,
            queue: Vec::new(),
            sinks: Vec::new(),
            tail: Tail::default(),
            file: None,
        }
    }

    /// Edits the files as one stream to standard output.
    pub(super) fn run_stream(&mut self, ctx: &mut Context<'_>, mut files: Vec<Vec<u8>>) -> Result<u8, Quit> {
        self.open_sinks(ctx)?;
        if files.is_empty() {
            files.push(b"-".to_vec());
        }
        let mut input = Input::new(files);
        self.run(ctx, &mut input)?;
        self.flush_sinks(ctx)?;
        Ok(input.failed().into())
    }

    /// Edits each file for itself and replaces it; the old one is kept under its name with `suffix`, if any.
    pub(super) fn run_in_place(
        &mut self,
        ctx: &mut Context<'_>,
        files: Vec<Vec<u8>>,
        suffix: &[u8],
    ) -> Result<u8, Quit> {
        self.open_sinks(ctx)?;
        let mut code = 0;
        for path in files {
            let source = match Source::open(&path) {
                Ok(source) => source,
                Err(error) => {
                    ctx.perror(&[&path], error);
                    code = 1;
                    continue;
                }
            };
            if self.edit(ctx, source, &path, suffix)? == Cycle::Quit {
                break;
            }
        }
        self.flush_sinks(ctx)?;
        Ok(code)
    }

    fn edit(&mut self, ctx: &mut Context<'_>, source: Source, path: &[u8], suffix: &[u8]) -> Result<Cycle, Quit> {
        let (file, name) = temporary::beside(path)
            .map_err(|Refused { name, error }| ctx.die_errno(&[b"can't create temp file '", &name, b"'"], error))?;
        let file = OutFile::new(file);
        if let Ok(stat) = fd::stat(source.fd()) {
            // A file whose owner cannot be given away keeps the editor's.
            let _ = fd::chmod(file.fd(), stat.mode.permissions());
            let _ = fd::chown(file.fd(), stat.uid, stat.gid);
        }
        self.file = Some(file);
        self.tail = Tail::default();
        self.line = 0;
        self.program.commands.iter_mut().for_each(|command| command.spent = false);
        let end = self.run(ctx, &mut Input::of_source(source))?;
        let written = self.file.take().map_or(Ok(()), OutFile::close);
        written.map_err(|error| ctx.die_errno(&[&name], error))?;
        let backup = [path, suffix].concat();
        let moved = if suffix.is_empty() { Ok(()) } else { fs::rename(path, &backup) };
        moved.map_err(|error| ctx.die_errno(&[b"can't move '", path, b"' to '", &backup, b"'"], error))?;
        fs::rename(&name, path).map_err(|error| {
            // The new text would otherwise stay behind under a name that nobody knows.
            let _ = fs::unlink(&name);
            ctx.die_errno(&[b"can't move '", &name, b"' to '", path, b"'"], error)
        })?;
        Ok(end)
    }

    fn open_sinks(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        for path in &self.program.files {
            let sink = Sink::open(path).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
            self.sinks.push(sink);
        }
        Ok(())
    }

    fn flush_sinks(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        for (sink, path) in self.sinks.iter_mut().zip(&self.program.files) {
            sink.flush().map_err(|error| ctx.die_errno(&[path], error))?;
        }
        Ok(())
    }

    fn run(&mut self, ctx: &mut Context<'_>, input: &mut Input) -> Result<Cycle, Quit> {
        let mut restart = false;
        loop {
            if ctx.write_error().is_some() {
                return Ok(Cycle::Done);
            }
            if !restart {
                let Some(ending) = input.next(ctx, &mut self.space) else { return Ok(Cycle::Done) };
                self.ending = ending;
                self.line += 1;
                self.substituted = false;
            }
            let cycle = self.cycle(ctx, input)?;
            self.flush_queue(ctx);
            if cycle == Cycle::Quit {
                return Ok(cycle);
            }
            restart = cycle == Cycle::Restart;
        }
    }

    /// Runs the commands once.
    fn cycle(&mut self, ctx: &mut Context<'_>, input: &mut Input) -> Result<Cycle, Quit> {
        let mut at = 0;
        pace::steps(STEPS);
        while at < self.program.commands.len() {
            let selected = self.is_selected(ctx, at, input)?;
            let Some(command) = self.program.commands.get(at) else { break };
            at += 1;
            if !selected {
                if let Action::Open(close) = command.action {
                    at = close.ok_or_else(|| ctx.die(&[b"unterminated {"]))?;
                }
                continue;
            }
            match &command.action {
                Action::Open(_) | Action::Nothing => {}
                Action::PrintNumber => {
                    let number = [crate::format::decimal(self.line), b"\n".to_vec()].concat();
                    self.put(ctx, &number);
                }
                Action::Append(text) => self.queue.push(Queued::Text(Rc::clone(text))),
                Action::Insert(text) => {
                    let text = Rc::clone(text);
                    self.print(ctx, &text, Ending::Newline);
                }
                Action::Change(text) => {
                    if !command.in_range {
                        let text = Rc::clone(text);
                        self.print(ctx, &text, Ending::Newline);
                    }
                    return Ok(Cycle::Done);
                }
                Action::Jump(when, label) => {
                    let jumps = match when {
                        When::Always => true,
                        When::Substituted => core::mem::take(&mut self.substituted),
                        When::NotSubstituted => !core::mem::take(&mut self.substituted),
                    };
                    if jumps {
                        pace::steps(STEPS);
                        at = match label {
                            None => self.program.commands.len(),
                            Some(label) => self
                                .program
                                .label(label)
                                .ok_or_else(|| ctx.die(&[b"can't find label for jump to '", label, b"'"]))?,
                        };
                    }
                }
                Action::Delete => return Ok(Cycle::Done),
                Action::DeleteFirst => {
                    let Some(newline) = memchr::memchr(b'\n', &self.space) else { return Ok(Cycle::Done) };
                    self.space.drain(..=newline);
                    return Ok(Cycle::Restart);
                }
                Action::Get => self.space.clone_from(&self.hold),
                Action::GetAppend => {
                    self.space.push(b'\n');
                    self.space.extend_from_slice(&self.hold);
                    self.ending = Ending::Newline;
                }
                Action::Hold => self.hold.clone_from(&self.space),
                Action::HoldAppend => {
                    self.hold.push(b'\n');
                    self.hold.extend_from_slice(&self.space);
                }
                Action::Exchange => {
                    core::mem::swap(&mut self.space, &mut self.hold);
                    self.ending = Ending::Newline;
                }
                Action::Next => {
                    if !self.quiet {
                        self.print_space(ctx);
                    }
                    if !self.read_next(ctx, input, false) {
                        return Ok(Cycle::Quit);
                    }
                }
                Action::NextAppend => {
                    if !self.read_next(ctx, input, true) {
                        if !self.quiet {
                            self.print_space(ctx);
                        }
                        return Ok(Cycle::Quit);
                    }
                }
                Action::Print => {
                    let space = core::mem::take(&mut self.space);
                    self.print(ctx, &space, Ending::Newline);
                    self.space = space;
                }
                Action::PrintFirst => {
                    let end = memchr::memchr(b'\n', &self.space).unwrap_or(self.space.len());
                    let space = core::mem::take(&mut self.space);
                    self.print(ctx, space.get(..end).unwrap_or_default(), Ending::Newline);
                    self.space = space;
                }
                Action::Quit => {
                    if !self.quiet {
                        self.print_space(ctx);
                    }
                    return Ok(Cycle::Quit);
                }
                Action::ReadFile(path) => self.queue.push(Queued::File(Rc::clone(path))),
                Action::WriteFile(number) => {
                    if let Some(sink) = self.sinks.get_mut(*number) {
                        sink.line(&self.space, self.ending);
                    }
                }
                Action::Translate(table) => {
                    self.space.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
                }
                Action::Substitute(substitution) => {
                    let regex = resolve(&mut self.last_regex, &substitution.pattern, ctx)?;
                    let (print, file) = (substitution.print, substitution.file);
                    if substitute(substitution, &regex, &self.space, &mut self.spare) {
                        core::mem::swap(&mut self.space, &mut self.spare);
                        self.substituted = true;
                        if print {
                            let space = core::mem::take(&mut self.space);
                            self.print(ctx, &space, Ending::Newline);
                            self.space = space;
                        }
                        if let Some(sink) = file.and_then(|number| self.sinks.get_mut(number)) {
                            sink.line(&self.space, self.ending);
                        }
                    }
                }
            }
        }
        if !self.quiet {
            self.print_space(ctx);
        }
        Ok(Cycle::Done)
    }

    /// Whether a command runs on the current line.
    fn is_selected(&mut self, ctx: &mut Context<'_>, at: usize, input: &Input) -> Result<bool, Quit> {
        let Some(command) = self.program.commands.get_mut(at) else { return Ok(false) };
        let (line, is_last) = (self.line, input.is_at_end());
        if command.start.is_none() && command.end.is_none() {
            return Ok(!command.negated);
        }
        let mut matches = |pattern: &Pattern| -> Result<bool, Quit> {
            Ok(resolve(&mut self.last_regex, pattern, ctx)?.is_match(&self.space))
        };
        let selected = if command.in_range {
            command.in_range = match &command.end {
                None => false,
                Some(End::Line(_) | End::Plus(_)) => line < command.last_line,
                Some(End::Last) => !is_last,
                Some(End::Match(pattern)) => !matches(pattern)?,
            };
            true
        } else {
            let begins = match &command.start {
                None => false,
                Some(Start::Line(number)) if command.end.is_some() => !command.spent && (1..=line).contains(number),
                Some(Start::Line(number)) => *number == line,
                Some(Start::Last) => is_last,
                Some(Start::Match(pattern)) => matches(pattern)?,
            };
            if begins {
                command.last_line = match command.end {
                    Some(End::Line(number)) => number,
                    Some(End::Plus(lines)) => line.saturating_add(lines),
                    _ => 0,
                };
                command.in_range = match command.end {
                    None => false,
                    Some(End::Line(_) | End::Plus(_)) => line < command.last_line,
                    Some(End::Last) => !is_last,
                    Some(End::Match(_)) => true,
                };
            }
            begins
        };
        // A range that began at a number does not begin again.
        command.spent |= selected && !command.in_range;
        Ok(selected != command.negated)
    }

    /// Reads the next line into the pattern space or behind it; whether there was one.
    fn read_next(&mut self, ctx: &mut Context<'_>, input: &mut Input, append: bool) -> bool {
        if input.is_at_end() {
            return false;
        }
        self.flush_queue(ctx);
        let mut line = Vec::new();
        let Some(ending) = input.next(ctx, &mut line) else { return false };
        if append {
            self.space.push(b'\n');
            self.space.extend_from_slice(&line);
        } else {
            self.space = line;
        }
        self.ending = ending;
        self.line += 1;
        true
    }

    fn print_space(&mut self, ctx: &mut Context<'_>) {
        let space = core::mem::take(&mut self.space);
        self.print(ctx, &space, self.ending);
        self.space = space;
    }

    /// Prints a line.
    fn print(&mut self, ctx: &mut Context<'_>, text: &[u8], ending: Ending) {
        match &mut self.file {
            None => self.tail.line(ctx, text, ending),
            Some(file) => self.tail.line(file, text, ending),
        }
    }

    /// Prints bytes as they are.
    fn put(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) {
        match &mut self.file {
            None => ctx.put(bytes),
            // A failure is kept by the output and told when the file is closed.
            Some(file) => drop(file.write_all(bytes)),
        }
    }

    fn flush_queue(&mut self, ctx: &mut Context<'_>) {
        if self.queue.is_empty() {
            return;
        }
        for queued in core::mem::take(&mut self.queue) {
            match queued {
                Queued::Text(text) => self.print(ctx, &text, Ending::Newline),
                Queued::File(path) => self.print_file(ctx, &path),
            }
        }
    }

    /// Prints a file; one that cannot be read is passed over.
    fn print_file(&mut self, ctx: &mut Context<'_>, path: &[u8]) {
        let Ok(file) = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) else { return };
        let is_directory = fd::stat(file).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory);
        if !is_directory {
            let mut reader = LineReader::text(file);
            while let Ok(Some(line)) = reader.next_line() {
                self.print(ctx, line.text, Ending::Newline);
            }
        }
        // Nothing was written through it, so closing cannot lose anything.
        let _ = fd::close(file);
    }
}

/// The expression of a pattern, which becomes the last one used.
fn resolve(last: &mut Option<Rc<Regex>>, pattern: &Pattern, ctx: &mut Context<'_>) -> Result<Rc<Regex>, Quit> {
    if let Some(regex) = pattern {
        if !last.as_ref().is_some_and(|last| Rc::ptr_eq(last, regex)) {
            *last = Some(Rc::clone(regex));
        }
    }
    last.clone().ok_or_else(|| ctx.die(&[b"no previous regexp"]))
}
