//! Runs a script over the input.

use std::io::Write;
use std::rc::Rc;

use applets::format::decimal;
use applets::lines::LineReader;
use applets::regex::Regex;
use applets::source::Source;
use applets::text::sed::OutFile;
use applets::{Context, Quit};
use wcr_sys::pace;

use super::command::{Action, Command, End, Pattern, Program, Range, Start, When};
use super::input::Input;
use super::list::listed;
use super::output::{Sink, Tail};
use super::print::Queued;
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
pub(super) struct Space {
    pub(super) text: Vec<u8>,
    pub(super) terminated: bool,
}

/// A script under way.
pub(super) struct Editor {
    pub(super) program: Program,
    pub(super) manner: Manner,
    pub(super) space: Space,
    pub(super) hold: Space,
    pub(super) spare: Vec<u8>,
    pub(super) line: u64,
    pub(super) substituted: bool,
    pub(super) last_regex: Option<Rc<Regex>>,
    pub(super) queue: Vec<Queued>,
    /// The file that is edited in place.
    pub(super) file: Option<OutFile>,
    pub(super) tail: Tail,
    pub(super) sinks: Vec<Sink>,
    pub(super) sources: Vec<Option<(LineReader, Source)>>,
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
        self.open_inputs();
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

    /// Opens the files that lines are read of. One that is not there has no lines.
    pub(super) fn open_inputs(&mut self) {
        let open = |path: &Vec<u8>| {
            let path = if path == b"/dev/stdin" { b"-" } else { path.as_slice() };
            let source = Source::open(path).ok()?;
            Some((LineReader::stopping(source.fd(), self.manner.delimiter), source))
        };
        self.sources = self.program.inputs.iter().map(open).collect();
    }

    fn together(&mut self, ctx: &mut Context<'_>, files: Vec<Vec<u8>>) -> Result<(u8, bool), Quit> {
        let mut input = Input::new(files, self.manner.delimiter);
        let code = self.cycles(ctx, &mut input)?.unwrap_or(0);
        Ok((code, input.failed()))
    }

    /// Runs the commands over the lines of `input`; the exit code of a command that ended all.
    pub(super) fn cycles(&mut self, ctx: &mut Context<'_>, input: &mut Input) -> Result<Option<u8>, Quit> {
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
                    let name = input.last_name().to_vec();
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
                    let width = width.unwrap_or(self.manner.line_length);
                    let shown = listed(&self.space.text, width, self.manner.delimiter);
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
                    self.print(ctx, first, end.is_some() || self.space.terminated);
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
                    (End::Line(_), Some(last)) => (line <= last, line >= last),
                    (_, Some(last)) => (true, line >= last),
                    (_, None) => (true, false),
                };
                if over {
                    command.range = after(start);
                }
                selected || matches!(start, Start::Match(_)) && starts(ctx, input, &mut matches)?
            }
            Range::Over => false,
            Range::Before => {
                // Where other commands have read lines the beginning may have been passed.
                let begins = match (start, end) {
                    (Start::Line(first), End::Line(last)) => line == *first || line > *first && line <= *last,
                    (Start::Line(first), _) => line >= *first,
                    _ => starts(ctx, input, &mut matches)?,
                };
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
