//! Runs a script over the input.

use std::io::Write;
use std::rc::Rc;

use applets::format::decimal;
use applets::lines::LineReader;
use applets::regex::Regex;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{fd, fs, pace};

use super::command::{Action, Command, End, Pattern, Program, Range, Start, When};
use super::input::Input;
use super::list::listed;
use super::output::{OutFile, Sink, Tail};
use super::substitute::substitute;
use super::{CANNOT_GO_ON, MISSING_INPUT, shell};

/// What a cycle counts as steps of a turn.
const STEPS: u32 = 64;

/// How the script is run.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// Nothing is printed unasked.
    pub(super) quiet: bool,
    /// Every file for itself.
    pub(super) separate: bool,
    /// Files are edited in place; what is added to the name under which the old one is kept, empty where it is not.
    pub(super) in_place: Option<Vec<u8>>,
    /// It is what a link leads to that is edited.
    pub(super) follow: bool,
    /// Each line is written at once.
    pub(super) unbuffered: bool,
    /// What ends a line.
    pub(super) delimiter: u8,
    /// Where `l` folds lines.
    pub(super) line_length: u64,
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cycle {
    Done,
    /// Without a new line.
    Restart,
    Quit(u8),
}

/// A line, and whether its end stood in the input.
#[derive(Debug, Clone, Default)]
struct Space {
    text: Vec<u8>,
    terminated: bool,
}

/// What is printed at the end of a cycle.
#[derive(Debug)]
enum Queued {
    Text(Rc<[u8]>),
    Line(Vec<u8>, bool),
    File(Rc<[u8]>),
}

/// A script under way.
pub(super) struct Editor {
    program: Program,
    manner: Manner,
    space: Space,
    hold: Space,
    spare: Vec<u8>,
    line: u64,
    substituted: bool,
    last_regex: Option<Rc<Regex>>,
    queue: Vec<Queued>,
    /// The file that is edited in place.
    file: Option<OutFile>,
    tail: Tail,
    sinks: Vec<Sink>,
    sources: Vec<Option<(LineReader, Source)>>,
}

impl Editor {
    /// The script before its first line.
    pub(super) fn new(program: Program, manner: Manner) -> Self {
        let hold = Space { text: Vec::new(), terminated: true };
        Self {
            program,
            manner,
            space: Space::default(),
            hold,
            spare: Vec::new(),
            line: 0,
            substituted: false,
            last_regex: None,
            queue: Vec::new(),
            file: None,
            tail: Tail::default(),
            sinks: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Runs it over the files, or over standard input; the exit code.
    pub(super) fn run(&mut self, ctx: &mut Context<'_>, mut files: Vec<Vec<u8>>) -> Result<u8, Quit> {
        for path in &self.program.outputs {
            let sink = Sink::open(path).map_err(|error| {
                ctx.perror(&[b"couldn't open file ", path], error);
                Quit(CANNOT_GO_ON)
            })?;
            self.sinks.push(sink);
        }
        // A file that is not there has no lines.
        let open = |path: &Vec<u8>| {
            let path = if path == b"/dev/stdin" { b"-" } else { path.as_slice() };
            let source = Source::open(path).ok()?;
            Some((LineReader::stopping(source.fd(), self.manner.delimiter), source))
        };
        self.sources = self.program.inputs.iter().map(open).collect();
        if files.is_empty() {
            files.push(b"-".to_vec());
        }
        let (code, missing) = if self.manner.separate { self.each(ctx, files)? } else { self.together(ctx, files)? };
        for sink in &mut self.sinks {
            if let Sink::File(file, _) = sink {
                // There is no name for it any more; as with other files that cannot be closed nothing is lost but this.
                let _ = file.flush();
            }
        }
        Ok(if code == 0 && missing { MISSING_INPUT } else { code })
    }

    fn together(&mut self, ctx: &mut Context<'_>, files: Vec<Vec<u8>>) -> Result<(u8, bool), Quit> {
        let mut input = Input::new(files, self.manner.delimiter);
        let code = self.cycles(ctx, &mut input)?.unwrap_or(0);
        Ok((code, input.failed()))
    }

    /// Runs the script over each file, whose lines are counted anew.
    fn each(&mut self, ctx: &mut Context<'_>, files: Vec<Vec<u8>>) -> Result<(u8, bool), Quit> {
        let mut missing = false;
        for path in files {
            let source = match Source::open(&path) {
                Ok(source) => source,
                Err(error) => {
                    ctx.perror(&[b"can't read ", &path], error);
                    missing = true;
                    continue;
                }
            };
            self.line = 0;
            for command in &mut self.program.commands {
                command.range = command.initial_range();
            }
            let quit = match self.manner.in_place.clone() {
                Some(suffix) if source.fd() != fd::STDIN => self.edit(ctx, source, &path, &suffix)?,
                _ => self.cycles(ctx, &mut Input::of_source(source, &path, self.manner.delimiter))?,
            };
            if let Some(code) = quit {
                return Ok((code, missing));
            }
        }
        Ok((0, missing))
    }

    /// Edits a file in place.
    fn edit(&mut self, ctx: &mut Context<'_>, source: Source, path: &[u8], suffix: &[u8]) -> Result<Option<u8>, Quit> {
        let stat = fd::stat(source.fd()).ok();
        if !stat.is_some_and(|stat| stat.mode.kind() == FileKind::Regular) {
            ctx.complain(&[b"couldn't edit ", path, b": not a regular file"]);
            return Err(Quit(CANNOT_GO_ON));
        }
        let target = if self.manner.follow { resolved(path) } else { path.to_vec() };
        let base = memchr::memrchr(b'/', &target).map_or(0, |slash| slash + 1);
        let (folder, name) = target.split_at(base);
        let fail = |ctx: &mut Context<'_>, parts: &[&[u8]], error| {
            ctx.perror(parts, error);
            Quit(CANNOT_GO_ON)
        };
        let beside: &[u8] = if folder.is_empty() { b"./" } else { folder };
        let (file, temporary) = OutFile::create_in(beside)
            .map_err(|error| fail(ctx, &[b"couldn't open temporary file ", beside, b"sedXXXXXX"], error))?;
        if let Some(stat) = stat {
            // A file whose owner cannot be given away keeps the editor's.
            let _ = fd::chown(file.fd(), stat.uid, stat.gid);
            let _ = fd::chmod(file.fd(), stat.mode.permissions());
        }
        self.file = Some(file);
        let tail = core::mem::take(&mut self.tail);
        let mut input = Input::of_source(source, path, self.manner.delimiter);
        let quit = self.cycles(ctx, &mut input)?;
        self.tail = tail;
        let written = self.file.take().map_or(Ok(()), OutFile::close);
        written.map_err(|error| fail(ctx, &[b"couldn't flush ", &temporary], error))?;
        if !suffix.is_empty() {
            let backup = backup_name(folder, name, suffix);
            fs::rename(&target, &backup).map_err(|error| fail(ctx, &[b"cannot rename ", &target], error))?;
        }
        fs::rename(&temporary, &target).map_err(|error| {
            // The new text would otherwise stay behind under a name that nobody knows.
            let _ = fs::unlink(&temporary);
            fail(ctx, &[b"cannot rename ", &temporary], error)
        })?;
        Ok(quit)
    }

    /// Runs the commands over the lines of `input`; the exit code of a command that ended all.
    fn cycles(&mut self, ctx: &mut Context<'_>, input: &mut Input) -> Result<Option<u8>, Quit> {
        let zero = matches!(self.program.commands.first(), Some(command) if command.is_before_the_first_line());
        if zero {
            self.read_before_the_first_line(ctx);
        }
        let mut restart = false;
        loop {
            if ctx.write_error().is_some() {
                return Ok(None);
            }
            if !restart {
                let Some(terminated) = input.next(ctx, &mut self.space.text)? else { return Ok(None) };
                self.space.terminated = terminated;
                self.line += 1;
                self.substituted = false;
            }
            let cycle = self.cycle(ctx, input)?;
            self.flush_queue(ctx);
            if self.manner.unbuffered {
                ctx.flush();
            }
            match cycle {
                Cycle::Quit(code) => return Ok(Some(code)),
                cycle => restart = cycle == Cycle::Restart,
            }
        }
    }

    fn read_before_the_first_line(&mut self, ctx: &mut Context<'_>) {
        let paths: Vec<Rc<[u8]>> = self
            .program
            .commands
            .iter()
            .filter(|command| command.is_before_the_first_line())
            .filter_map(
                |command| if let Action::ReadFile(path) = &command.action { Some(Rc::clone(path)) } else { None },
            )
            .collect();
        for path in paths {
            self.print_file(ctx, &path);
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
                    at = close;
                }
                continue;
            }
            match &command.action {
                Action::Open(_) => {}
                Action::PrintNumber => {
                    let number = decimal(self.line);
                    self.print(ctx, &number, true);
                }
                Action::PrintName => {
                    let name = input.name().to_vec();
                    self.print(ctx, &name, true);
                }
                Action::Append(text) => self.queue.push(Queued::Text(Rc::clone(text))),
                Action::Insert(text) => {
                    let text = Rc::clone(text);
                    self.print_text(ctx, &text);
                }
                Action::Change(text) => {
                    let last = command.negated || !matches!(command.range, Range::Within(_)) || command.end.is_none();
                    if last {
                        let text = Rc::clone(text);
                        self.print_text(ctx, &text);
                    }
                    return Ok(Cycle::Done);
                }
                Action::Jump(when, target) => {
                    let jumps = match when {
                        When::Always => true,
                        When::Substituted => core::mem::take(&mut self.substituted),
                        When::NotSubstituted => !core::mem::take(&mut self.substituted),
                    };
                    if jumps {
                        pace::steps(STEPS);
                        at = target.unwrap_or(self.program.commands.len());
                    }
                }
                Action::Delete => return Ok(Cycle::Done),
                Action::DeleteFirst => {
                    let Some(end) = memchr::memchr(self.manner.delimiter, &self.space.text) else {
                        return Ok(Cycle::Done);
                    };
                    self.space.text.drain(..=end);
                    return Ok(Cycle::Restart);
                }
                Action::Run(line) => {
                    let line = Rc::clone(line);
                    self.run_command(ctx, &line)?;
                }
                Action::Get => self.space.clone_from(&self.hold),
                Action::GetAppend => {
                    self.space.text.push(self.manner.delimiter);
                    self.space.text.extend_from_slice(&self.hold.text);
                    self.space.terminated = self.hold.terminated;
                }
                Action::Hold => self.hold.clone_from(&self.space),
                Action::HoldAppend => {
                    self.hold.text.push(self.manner.delimiter);
                    self.hold.text.extend_from_slice(&self.space.text);
                    self.hold.terminated = self.space.terminated;
                }
                Action::Exchange => core::mem::swap(&mut self.space, &mut self.hold),
                Action::List(width) => {
                    let shown = listed(&self.space.text, width.unwrap_or(self.manner.line_length));
                    self.print(ctx, &shown, true);
                }
                Action::Next => {
                    if input.is_at_end(ctx)? {
                        return Ok(self.quit(ctx, 0));
                    }
                    self.print_unasked(ctx);
                    self.read_next(ctx, input, false)?;
                }
                Action::NextAppend => {
                    if input.is_at_end(ctx)? {
                        return Ok(self.quit(ctx, 0));
                    }
                    self.read_next(ctx, input, true)?;
                }
                Action::Print => self.print_space(ctx),
                Action::PrintFirst => {
                    let space = core::mem::take(&mut self.space.text);
                    let end = memchr::memchr(self.manner.delimiter, &space);
                    let first = space.get(..end.unwrap_or(space.len())).unwrap_or_default();
                    self.print(ctx, first, true);
                    self.space.text = space;
                }
                Action::Quit(code) => {
                    let code = *code;
                    return Ok(self.quit(ctx, code));
                }
                Action::QuitSilently(code) => return Ok(Cycle::Quit(*code)),
                Action::ReadFile(path) => self.queue.push(Queued::File(Rc::clone(path))),
                Action::ReadLine(number) => {
                    let reader = self.sources.get_mut(*number).and_then(Option::as_mut);
                    if let Some(Ok(Some(line))) = reader.map(|(reader, _)| reader.next_line()) {
                        self.queue.push(Queued::Line(line.text.to_vec(), line.terminated));
                    }
                }
                Action::WriteFile(number) => {
                    let number = *number;
                    self.write_to(ctx, number, self.space.text.len(), self.space.terminated);
                }
                Action::WriteFirst(number) => {
                    let number = *number;
                    let end = memchr::memchr(self.manner.delimiter, &self.space.text);
                    self.write_to(ctx, number, end.unwrap_or(self.space.text.len()), true);
                }
                Action::Translate(table) => {
                    self.space.text.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
                }
                Action::Zap => self.space.text.clear(),
                Action::Substitute(substitution) => {
                    let regex = resolve(&mut self.last_regex, &substitution.pattern, ctx, &self.program.place)?;
                    let (print, run, file) = (substitution.print, substitution.run, substitution.file);
                    if substitute(substitution, &regex, &self.space.text, &mut self.spare) {
                        core::mem::swap(&mut self.space.text, &mut self.spare);
                        self.substituted = true;
                        if print.0 {
                            self.print_space(ctx);
                        }
                        if run {
                            self.run_command(ctx, b"")?;
                        }
                        if print.1 {
                            self.print_space(ctx);
                        }
                        if let Some(number) = file {
                            self.write_to(ctx, number, self.space.text.len(), self.space.terminated);
                        }
                    }
                }
            }
        }
        self.print_unasked(ctx);
        Ok(Cycle::Done)
    }

    /// Ends all, as at the end of a cycle.
    fn quit(&mut self, ctx: &mut Context<'_>, code: u8) -> Cycle {
        self.print_unasked(ctx);
        Cycle::Quit(code)
    }

    /// Runs a command line, whose output is printed; an empty one is the pattern space, which gets the output.
    fn run_command(&mut self, ctx: &mut Context<'_>, line: &[u8]) -> Result<(), Quit> {
        ctx.flush();
        let command = if line.is_empty() { self.space.text.as_slice() } else { line };
        let printed = shell::output_of(command).map_err(|error| {
            ctx.perror(&[b"error running subprocess"], error);
            Quit(CANNOT_GO_ON)
        })?;
        if line.is_empty() {
            self.space.text = printed;
            if self.space.text.last() == Some(&self.manner.delimiter) {
                self.space.text.pop();
            }
        } else {
            self.raw(ctx, &printed);
        }
        Ok(())
    }

    /// Whether a command runs on the current line.
    fn is_selected(&mut self, ctx: &mut Context<'_>, at: usize, input: &mut Input) -> Result<bool, Quit> {
        let Some(command) = self.program.commands.get_mut(at) else { return Ok(false) };
        let Some(start) = &command.start else { return Ok(!command.negated) };
        let line = self.line;
        let (last_regex, place, space) = (&mut self.last_regex, &self.program.place, &self.space.text);
        let mut matches = |ctx: &mut Context<'_>, pattern: &Pattern| -> Result<bool, Quit> {
            Ok(resolve(last_regex, pattern, ctx, place)?.is_match(space))
        };
        let starts = |ctx: &mut Context<'_>,
                      input: &mut Input,
                      matches: &mut dyn FnMut(&mut Context<'_>, &Pattern) -> Result<bool, Quit>| {
            Ok(match start {
                Start::Line(number) => *number == line,
                Start::Step(first, step) => line >= *first && (line - first).is_multiple_of(*step),
                Start::Last => input.is_at_end(ctx)?,
                Start::Match(pattern) => matches(ctx, pattern)?,
            })
        };
        let Some(end) = &command.end else {
            return Ok(starts(ctx, input, &mut matches)? != command.negated);
        };
        let selected = match command.range {
            Range::Within(last) => {
                let (selected, over) = match (end, last) {
                    (End::Match(pattern), _) => (true, matches(ctx, pattern)?),
                    (End::Last, _) => (true, input.is_at_end(ctx)?),
                    // Where other commands have read lines the end may have been passed.
                    (_, Some(last)) => (line <= last, line >= last),
                    (_, None) => (true, false),
                };
                if over {
                    command.range = after(start);
                }
                selected || matches!(start, Start::Match(_)) && starts(ctx, input, &mut matches)?
            }
            Range::Over => false,
            Range::Before => {
                let begins = starts(ctx, input, &mut matches)?;
                if begins {
                    let last = match end {
                        End::Line(number) => Some(*number),
                        End::Plus(lines) => Some(line.saturating_add(*lines)),
                        End::Multiple(0) => Some(line),
                        End::Multiple(step) => Some((line / step + 1).saturating_mul(*step)),
                        End::Last | End::Match(_) => None,
                    };
                    let is_whole = match end {
                        End::Last => input.is_at_end(ctx)?,
                        End::Match(_) => false,
                        _ => last.is_some_and(|last| last <= line),
                    };
                    command.range = if is_whole { after(start) } else { Range::Within(last) };
                }
                begins
            }
        };
        Ok(selected != command.negated)
    }

    /// Reads the next line into the pattern space or behind it.
    fn read_next(&mut self, ctx: &mut Context<'_>, input: &mut Input, append: bool) -> Result<(), Quit> {
        self.flush_queue(ctx);
        let mut line = core::mem::take(&mut self.spare);
        if let Some(terminated) = input.next(ctx, &mut line)? {
            if append {
                self.space.text.push(self.manner.delimiter);
                wcr_sys::append(&mut self.space.text, &line);
            } else {
                core::mem::swap(&mut self.space.text, &mut line);
            }
            self.space.terminated = terminated;
            self.line += 1;
        }
        self.spare = line;
        Ok(())
    }

    fn print_unasked(&mut self, ctx: &mut Context<'_>) {
        if !self.manner.quiet {
            self.print_space(ctx);
        }
    }

    fn print_space(&mut self, ctx: &mut Context<'_>) {
        let space = core::mem::take(&mut self.space.text);
        self.print(ctx, &space, self.space.terminated);
        self.space.text = space;
    }

    /// Prints a line.
    fn print(&mut self, ctx: &mut Context<'_>, text: &[u8], terminated: bool) {
        let delimiter = self.manner.delimiter;
        let end = terminated.then_some(delimiter);
        match &mut self.file {
            None => self.tail.line(ctx, text, end, delimiter),
            Some(file) => self.tail.line(file, text, end, delimiter),
        }
    }

    /// Prints the text of a command, whose last newline is what ends lines.
    fn print_text(&mut self, ctx: &mut Context<'_>, text: &[u8]) {
        match text.strip_suffix(b"\n") {
            Some(line) => self.print(ctx, line, true),
            None => self.raw(ctx, text),
        }
    }

    /// Prints bytes as they are.
    fn raw(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) {
        let delimiter = self.manner.delimiter;
        match &mut self.file {
            None => self.tail.raw(ctx, bytes, delimiter),
            Some(file) => self.tail.raw(file, bytes, delimiter),
        }
    }

    /// Writes the beginning of the pattern space to a file of the script.
    fn write_to(&mut self, ctx: &mut Context<'_>, number: usize, len: usize, terminated: bool) {
        let delimiter = self.manner.delimiter;
        let space = core::mem::take(&mut self.space.text);
        let text = space.get(..len).unwrap_or_default();
        let end = terminated.then_some(delimiter);
        match self.sinks.get_mut(number) {
            Some(Sink::Stdout) => self.print_to_stdout(ctx, text, end),
            Some(Sink::Stderr(tail)) => {
                let mut line = Vec::new();
                tail.line(&mut line, text, end, delimiter);
                ctx.put_err(&line);
            }
            Some(Sink::File(file, tail)) => {
                tail.line(file, text, end, delimiter);
                // Other commands may read it.
                let _ = file.flush();
            }
            None => {}
        }
        self.space.text = space;
    }

    fn print_to_stdout(&mut self, ctx: &mut Context<'_>, text: &[u8], end: Option<u8>) {
        let delimiter = self.manner.delimiter;
        if self.file.is_some() {
            Tail::default().line(ctx, text, end, delimiter);
        } else {
            self.tail.line(ctx, text, end, delimiter);
        }
    }

    fn flush_queue(&mut self, ctx: &mut Context<'_>) {
        if self.queue.is_empty() {
            return;
        }
        // The end that the last line lacked is written even where nothing follows.
        self.raw(ctx, b"");
        for queued in core::mem::take(&mut self.queue) {
            match queued {
                Queued::Text(text) => self.raw(ctx, &text),
                Queued::Line(mut text, terminated) => {
                    if terminated {
                        text.push(self.manner.delimiter);
                    }
                    self.raw(ctx, &text);
                }
                Queued::File(path) => self.print_file(ctx, &path),
            }
        }
    }

    /// Prints a file; one that cannot be read is passed over.
    fn print_file(&mut self, ctx: &mut Context<'_>, path: &[u8]) {
        let path = if path == b"/dev/stdin" { b"-" } else { path };
        let Ok(source) = Source::open(path) else { return };
        let mut reader = LineReader::new(source.fd(), b'\n');
        while let Ok(block) = reader.next_block() {
            if block.is_empty() {
                break;
            }
            let block = block.to_vec();
            self.raw(ctx, &block);
        }
    }
}

/// How a range stands that has ended: one that begins at a number does not begin again.
fn after(start: &Start) -> Range {
    if matches!(start, Start::Line(_)) { Range::Over } else { Range::Before }
}

impl Command {
    /// Whether it is a file that is printed before all lines.
    fn is_before_the_first_line(&self) -> bool {
        matches!((&self.start, &self.end, &self.action), (Some(Start::Line(0)), None, Action::ReadFile(_)))
    }
}

/// The path of what a link leads to.
fn resolved(path: &[u8]) -> Vec<u8> {
    let mut path = path.to_vec();
    // As many links as a kernel follows.
    for _ in 0..40 {
        let Ok(target) = fs::readlink(&path) else { break };
        if target.starts_with(b"/") {
            path = target;
        } else {
            let base = memchr::memrchr(b'/', &path).map_or(0, |slash| slash + 1);
            path.truncate(base);
            path.extend_from_slice(&target);
        }
    }
    path
}

/// The name under which an old file is kept.
fn backup_name(folder: &[u8], name: &[u8], suffix: &[u8]) -> Vec<u8> {
    if !suffix.contains(&b'*') {
        return [folder, name, suffix].concat();
    }
    let parts: Vec<&[u8]> = suffix.split(|byte| *byte == b'*').collect();
    let made = parts.join(name);
    if made.contains(&b'/') { made } else { [folder, &made].concat() }
}

/// The expression of a pattern, which becomes the last one used.
fn resolve(
    last: &mut Option<Rc<Regex>>,
    pattern: &Pattern,
    ctx: &mut Context<'_>,
    place: &[u8],
) -> Result<Rc<Regex>, Quit> {
    if let Some(regex) = pattern {
        if !last.as_ref().is_some_and(|last| Rc::ptr_eq(last, regex)) {
            *last = Some(Rc::clone(regex));
        }
    }
    last.clone().ok_or_else(|| {
        ctx.complain(&[place, b": no previous regular expression"]);
        Quit(1)
    })
}
