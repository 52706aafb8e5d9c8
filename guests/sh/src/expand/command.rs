//! Command substitution and process substitution.

use std::rc::Rc;

use wcr_sys::abi::{OpenFlags, Pid};
use wcr_sys::{Errno, Fd, fd};

use crate::builtins::{self, Reach};
use crate::exec::Stage;
use crate::exec::contained::Containment;
use crate::exec::descriptors::{PRIVATE, discard, move_to, pipe_above};
use crate::exec::redirect::pipe_failure;
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Capture, Flow, Shell};
use crate::syntax::ast::{Command, Part, Simple, Substitution, Word};

/// The lowest descriptor for a process substitution.
const PROCESS_FD: Fd = 64;

impl Shell {
    /// What the command writes, without the line ends at its end. Its exit status is kept for a command that
    /// consists of assignments only.
    pub(super) fn substitute(&mut self, substitution: &Rc<Substitution>) -> Flow<Vec<u8>> {
        let Some(body) = &substitution.body else {
            // Nothing that ran changes no status there is.
            self.substitution_status.get_or_insert(0);
            return Ok(Vec::new());
        };
        if flavour::is_bash()
            && let Some(mut text) = self.file_content(substitution)?
        {
            text.retain(|byte| *byte != 0);
            while text.last() == Some(&b'\n') {
                text.pop();
            }
            self.status = self.substitution_status.unwrap_or(0);
            return Ok(text);
        }
        self.trace_depth += 1;
        let options = self.options;
        self.options.set(Opt::ErrExit, self.has(Opt::ErrExit) && self.keeps_errexit());
        self.make_room();
        let captured = match body {
            Command::Simple(simple) if self.is_harmless(simple) => self.capture_builtin(simple),
            body => match self.containment(body, &[], true) {
                Containment::Impossible => self.capture_process(body),
                containment => Ok(self.capture_contained(containment, body)),
            },
        };
        self.options = options;
        self.trace_depth -= 1;
        if flavour::is_bash() {
            // What it ended with is known at once.
            self.status = self.substitution_status.unwrap_or(0);
        }
        let mut text = captured?;
        text.retain(|byte| *byte != 0);
        while text.last() == Some(&b'\n') {
            text.pop();
        }
        Ok(text)
    }

    /// Whether the command is a built-in that only writes, so that it can run in this process.
    pub(crate) fn is_harmless(&self, simple: &Simple) -> bool {
        let Some((name, rest)) = simple.words.split_first() else { return false };
        let harmless = name.plain().is_some_and(|name| {
            builtins::find(name).is_some_and(|builtin| builtin.reach == Reach::Output)
                && !self.functions.contains_key(name)
        });
        harmless
            && simple.assignments.is_empty()
            && simple.redirects.is_empty()
            && !self.has(Opt::NoUnset)
            && rest.iter().all(is_isolated)
    }

    pub(crate) fn capture_builtin(&mut self, simple: &Simple) -> Flow<Vec<u8>> {
        let (status, line) = (self.status, self.vars.dynamics.line);
        let outer = core::mem::replace(&mut self.capture, Capture::collecting());
        let depth = self.vars.dynamics.calls.depth;
        self.vars.dynamics.calls.depth = depth + 1;
        let flow = self.eval_simple(simple, false);
        self.vars.dynamics.calls.depth = depth;
        let text = core::mem::replace(&mut self.capture, outer).text.unwrap_or_default();
        self.settle_jobs();
        self.substitution_status = Some(self.status);
        self.status = status;
        self.vars.dynamics.line = line;
        flow.map(|()| text)
    }

    /// How many of the conditions that a command substitution stands in are its own as well: in bash all of them are.
    fn tested_in_substitution(&self) -> u32 {
        if flavour::is_bash() { self.tested } else { 0 }
    }

    fn capture_contained(&mut self, containment: Containment, body: &Command) -> Vec<u8> {
        let status = self.status;
        let outer = core::mem::replace(&mut self.capture, Capture::collecting());
        self.run_contained(containment, |shell| {
            shell.tested = shell.tested_in_substitution();
            shell.eval(body, false)
        });
        let text = core::mem::replace(&mut self.capture, outer).text.unwrap_or_default();
        self.substitution_status = Some(self.status);
        self.status = status;
        text
    }

    fn capture_process(&mut self, body: &Command) -> Flow<Vec<u8>> {
        // Stages inherit the ends, which should not be where scripts look for descriptors of their own.
        let (reader, writer) = match pipe_above(PRIVATE - 1).or_else(|_| pipe_above(fd::STDERR)) {
            Ok(pipe) => pipe,
            Err(error) => return Err(self.fail(&pipe_failure(error))),
        };
        let status = self.status;
        let mut stages = Vec::new();
        let started = self.start_writers(body, reader, writer, &mut stages);
        discard(writer);
        let text = self.read_all(reader);
        discard(reader);
        self.wait_foreground(&stages);
        self.substitution_status = Some(self.status);
        self.status = status;
        started.map(|()| text)
    }

    /// Starts the commands whose output goes to `writer`.
    fn start_writers(&mut self, body: &Command, reader: Fd, writer: Fd, stages: &mut Vec<Stage>) -> Flow {
        if let Command::Pipeline(commands) = body
            && !self.has(Opt::Monitor)
        {
            // Each stage has a process of its own anyway.
            let mut saved = Vec::new();
            let redirected = self.redirect_to(writer, fd::STDOUT, &mut saved);
            let (capture, tested) = (core::mem::take(&mut self.capture), self.tested);
            self.tested = self.tested_in_substitution();
            let jobs = core::mem::take(&mut self.jobs);
            let started = match redirected {
                Ok(()) => self.start_pipeline(commands, stages),
                Err(error) => Err(self.fail(&pipe_failure(error))),
            };
            (self.capture, self.tested, self.jobs) = (capture, tested, jobs);
            self.undo(saved);
            return started;
        }
        match self.start_writer(body, reader, writer) {
            Ok(pid) => {
                stages.push(Stage::Process(pid));
                Ok(())
            }
            Err(error) => Err(self.fail(&[b"can't fork: ", error.message().as_bytes()].concat())),
        }
    }

    /// Reads all that comes, whatever signals come meanwhile.
    fn read_all(&mut self, from: Fd) -> Vec<u8> {
        const STEP: usize = 16 << 10;
        let (mut text, mut used) = (Vec::new(), 0);
        loop {
            if text.len() - used < STEP / 4 {
                text.resize(used + STEP, 0);
            }
            match fd::read(from, text.get_mut(used..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(count) => used += count,
                Err(Errno::Intr) => self.traps.collect(),
                Err(_) => break,
            }
        }
        text.truncate(used);
        text
    }

    fn start_writer(&mut self, body: &Command, reader: Fd, writer: Fd) -> wcr_sys::Result<Pid> {
        if let Command::Simple(simple) = body
            && let Some(pid) = self.start_stage_directly(simple, None, Some(writer))
        {
            return Ok(pid);
        }
        let lists_traps = matches!(body, Command::Simple(simple) if simple.words.len() == 1
            && simple.words.iter().all(|word| word.plain() == Some(b"trap")));
        let listed = if lists_traps { self.traps.listed().to_vec() } else { Vec::new() };
        let jobs = self.jobs_for(body);
        self.fork(|shell| {
            shell.traps.inherit(listed);
            shell.jobs = jobs;
            discard(reader);
            move_to(writer, fd::STDOUT);
            shell.tested = shell.tested_in_substitution();
            shell.eval(body, true)
        })
    }

    /// Starts the command of `<(…)` or `>(…)` and returns the path of the pipe to it.
    pub(super) fn process_substitution(&mut self, substitution: &Rc<Substitution>, output: bool) -> Flow<Vec<u8>> {
        let (reader, writer) = match pipe_above(fd::STDERR) {
            Ok(pipe) => pipe,
            Err(error) => return Err(self.fail(&pipe_failure(error))),
        };
        let (ours, theirs, standard) = if output { (writer, reader, fd::STDIN) } else { (reader, writer, fd::STDOUT) };
        let forked = self.fork(|shell| {
            discard(ours);
            move_to(theirs, standard);
            match &substitution.body {
                Some(body) => shell.eval(body, true),
                None => Ok(()),
            }
        });
        discard(theirs);
        let moved = if flavour::is_bash() { free_below(PROCESS_FD) } else { None };
        let moved = match moved {
            Some(place) => fd::dup2(ours, place, OpenFlags::default()).map(|()| place),
            None => fd::dup(ours, PROCESS_FD, OpenFlags::default()),
        };
        discard(ours);
        match (forked, moved) {
            (Ok(_), Ok(moved)) => {
                self.process_fds.push(moved);
                Ok(format!("/dev/fd/{moved}").into_bytes())
            }
            (Err(error), _) | (_, Err(error)) => {
                Err(self.fail(&[b"can't fork: ", error.message().as_bytes()].concat()))
            }
        }
    }

    /// Closes the pipes of the process substitutions of a command that has ended.
    pub(crate) fn close_process_fds(&mut self, from: usize) {
        self.process_fds.drain(from..).for_each(discard);
    }
}

/// The highest descriptor below that one that is free.
fn free_below(end: Fd) -> Option<Fd> {
    (PRIVATE..end).rev().find(|number| fd::flags(*number).is_err())
}

/// Whether expanding the word leaves no trace in the shell and raises no error.
fn is_isolated(word: &Word) -> bool {
    word.0.iter().all(|part| match part {
        Part::Command(..) => true,
        _ => crate::exec::is_pure_part(part),
    })
}
