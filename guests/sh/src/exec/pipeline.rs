//! Pipelines, subshells, background commands, and the forks behind them.

use wcr_sys::abi::{Disposition, OpenFlags, PIPE_BUF, Pid, Signal};
use wcr_sys::{Fd, fd, fs, process, signal};

use super::contained::Containment;
use super::descriptors::{discard, move_to, out_of_the_way, pipe_above};
use super::jobs::{Job, Jobs};
use super::redirect::{Target, pipe_failure, reset};
use super::trap::Traps;
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Capture, Flow, Shell, Unwind};
use crate::syntax::ast::{Command, Param, ParamName, ParamOp, Part, Redirect, Simple, Word};

/// A started stage of a pipeline.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// It runs in this process.
    Process(Pid),
    /// It has ended with this status without a process of its own.
    Done(u8),
}

impl Stage {
    pub(super) const fn process(&self) -> Option<Pid> {
        match self {
            Self::Process(pid) => Some(*pid),
            Self::Done(_) => None,
        }
    }

    pub(super) const fn done(&self) -> Option<u8> {
        match self {
            Self::Process(_) => None,
            Self::Done(status) => Some(*status),
        }
    }
}

impl Shell {
    /// Runs `body` in a forked copy, which ends with it.
    /// # Errors
    /// The kernel's.
    pub fn fork(&mut self, body: impl FnOnce(&mut Self) -> Flow) -> wcr_sys::Result<Pid> {
        let run = |shell: &mut Self| {
            shell.enter_subshell();
            // Whatever made the commands end, the status says the rest.
            let _ = body(shell);
            shell.leave();
        };
        let _ = self.flush();
        let pid = crate::fork::fork(self, Box::new(run))?;
        self.join_group(pid);
        Ok(pid)
    }

    /// What changes at the start of a forked copy.
    fn enter_subshell(&mut self) {
        // Signals that the shell catches may have come already: they are to do what they do to this copy.
        let early = if self.own != 0 || self.traps.any() { Traps::taken() } else { Vec::new() };
        let controlled = self.controls_jobs();
        self.subshell = true;
        self.parser_line = self.base_line;
        self.capture = Capture::default();
        self.out.clear();
        self.jobs = Jobs::default();
        self.inherited.append(&mut self.around);
        let kept = self.traps_of_subshells();
        self.traps.enter_subshell(&kept);
        self.vars.dynamics.calls.depth += 1;
        self.leave_job_control(controlled);
        for signal in early {
            let _ = signal::kill(process::ids().pid.cast_signed(), Some(signal));
        }
    }

    /// Reports that no process could be made.
    fn fail_fork(&mut self, error: wcr_sys::Errno) -> Unwind {
        self.fail(&[b"can't fork: ", error.message().as_bytes()].concat())
    }

    #[inline(never)]
    pub(super) fn eval_subshell(&mut self, body: &Command, redirects: &[Redirect], last: bool) -> Flow {
        // The words are expanded here, the files opened there.
        let targets = self.targets(redirects)?;
        // In bash its number shows (`BASHPID`).
        if last && !self.traps.any() && !self.has(Opt::Interactive) && !flavour::is_bash() {
            // This process ends with the subshell: it can be the subshell.
            self.enter_subshell();
            return self.run_redirected_to(body, targets);
        }
        self.make_room();
        let containment = self.containment(body, redirects, self.capture.text.is_some());
        if containment != Containment::Impossible {
            self.run_contained(containment, |shell| shell.run_redirected_here(body, targets));
            return Ok(());
        }
        let forked = self.fork(|shell| shell.run_redirected_to(body, targets));
        match forked {
            Ok(pid) => {
                self.wait_foreground(&[Stage::Process(pid)]);
                Ok(())
            }
            Err(error) => Err(self.fail_fork(error)),
        }
    }

    /// As [`Self::run_redirected_to`], in a process that goes on after it.
    fn run_redirected_here(&mut self, body: &Command, targets: Vec<(Fd, Target<'_>)>) -> Flow {
        let Some(saved) = self.redirect_all(targets)? else {
            self.status = 2;
            return Ok(());
        };
        // A process of its own would know nothing of what the descriptors were.
        self.around.truncate(self.around.len().saturating_sub(saved.len()));
        let flow = self.eval(body, false);
        self.undo(saved);
        flow
    }

    /// Redirects for good and evaluates what is the last of this process.
    fn run_redirected_to(&mut self, body: &Command, targets: Vec<(Fd, Target<'_>)>) -> Flow {
        let Some(saved) = self.redirect_all(targets)? else {
            self.status = 2;
            return Ok(());
        };
        self.keep(saved);
        self.eval(body, true)
    }

    #[inline(never)]
    pub(super) fn eval_pipeline(&mut self, commands: &[Command]) -> Flow {
        self.make_room();
        let mut stages = Vec::with_capacity(commands.len());
        let started = self.start_pipeline(commands, &mut stages);
        let status = self.status;
        self.wait_foreground(&stages);
        if started.is_err() {
            self.status = status;
        }
        started
    }

    /// Starts the commands of a pipeline; what was started before a failure is in `stages`.
    pub(crate) fn start_pipeline(&mut self, commands: &[Command], stages: &mut Vec<Stage>) -> Flow {
        let outer = self.pipeline_group.take();
        let started = self.start_stages(commands, stages);
        self.pipeline_group = outer;
        started
    }

    fn start_stages(&mut self, commands: &[Command], stages: &mut Vec<Stage>) -> Flow {
        let mut input: Option<Fd> = None;
        for (index, command) in commands.iter().enumerate() {
            let pipe = if index + 1 < commands.len() {
                match pipe_above(fd::STDERR) {
                    Ok(pipe) => Some(pipe),
                    Err(error) => return Err(self.fail(&pipe_failure(error))),
                }
            } else {
                None
            };
            if pipe.is_none() && index > 0 && self.runs_last_stage() {
                stages.push(self.run_last_stage(command, input)?);
                return Ok(());
            }
            let output = pipe.map(|(_, writer)| writer);
            let started = self.start_stage(command, input, pipe);
            input.into_iter().chain(output).for_each(discard);
            input = pipe.map(|(reader, _)| reader);
            match started {
                Ok(stage) => {
                    self.pipeline_group = self.pipeline_group.or(stage.process());
                    stages.push(stage);
                }
                Err(error) => {
                    input.into_iter().for_each(discard);
                    return Err(self.fail_fork(error));
                }
            }
        }
        Ok(())
    }

    /// Whether the last command of a pipeline runs in the shell itself (`lastpipe`).
    fn runs_last_stage(&self) -> bool {
        flavour::is_bash() && self.shopt(crate::bash::shopt::Shopt::LastPipe) && !self.has(Opt::Monitor)
    }

    fn run_last_stage(&mut self, command: &Command, input: Option<Fd>) -> Flow<Stage> {
        let mut saved = Vec::new();
        if let Some(input) = input {
            let _ = self.redirect_to(input, fd::STDIN, &mut saved);
            discard(input);
        }
        let flow = self.eval(command, false);
        self.undo(saved);
        flow.map(|()| Stage::Done(self.status))
    }

    fn start_stage(&mut self, command: &Command, input: Option<Fd>, pipe: Option<(Fd, Fd)>) -> wcr_sys::Result<Stage> {
        let output = pipe.map(|(_, writer)| writer);
        if let Command::Simple(simple) = command {
            if let Some(pid) = self.start_stage_directly(simple, input, output) {
                return Ok(Stage::Process(pid));
            }
            if let Some(output) = output
                && self.is_harmless(simple)
            {
                return self.write_stage(simple, output);
            }
        }
        let jobs = self.jobs_for(command);
        let forked = self.fork(|shell| {
            shell.jobs = jobs;
            if let Some(input) = input {
                move_to(input, fd::STDIN);
            }
            if let Some((reader, writer)) = pipe {
                discard(reader);
                move_to(writer, fd::STDOUT);
            }
            shell.eval(command, true)
        });
        forked.map(Stage::Process)
    }

    /// The jobs that a forked copy knows of: none, but where all it runs is the command `jobs`.
    pub(crate) fn jobs_for(&self, command: &Command) -> Jobs {
        match command {
            Command::Simple(simple)
                if flavour::is_ash() && simple.words.first().is_some_and(|word| word.plain() == Some(b"jobs")) =>
            {
                self.jobs.clone()
            }
            _ => Jobs::default(),
        }
    }

    /// Runs a built-in that only writes, and puts what it writes into the pipe; a copy of the shell does
    /// that when it is more than a pipe surely takes.
    fn write_stage(&mut self, simple: &Simple, output: Fd) -> wcr_sys::Result<Stage> {
        let before = self.substitution_status;
        // Errors have been reported and are the stage's own affair.
        let text = self.capture_builtin(simple).unwrap_or_default();
        let status = core::mem::replace(&mut self.substitution_status, before).unwrap_or(self.status);
        if text.len() <= PIPE_BUF {
            let _ = fd::write_all(output, &text);
            return Ok(Stage::Done(status));
        }
        let forked = self.fork(move |shell| {
            shell.status = if fd::write_all(output, &text).is_ok() { status } else { 1 };
            Ok(())
        });
        forked.map(Stage::Process)
    }

    /// Starts a stage that is an external program without a fork, when expanding its words here can't be
    /// told from expanding them in a copy of the shell. `None` when it can, or when it didn't work out:
    /// then a copy finds the same and reports it.
    pub(crate) fn start_stage_directly(
        &mut self,
        simple: &Simple,
        input: Option<Fd>,
        output: Option<Fd>,
    ) -> Option<Pid> {
        if self.has(Opt::XTrace) || self.has(Opt::NoUnset) || self.controls_jobs() {
            return None;
        }
        if !simple.assignments.is_empty() || !simple.redirects.is_empty() || !simple.words.iter().all(is_pure) {
            return None;
        }
        let name = simple.words.first()?.plain()?;
        if crate::builtins::find(name).is_some() || self.functions.contains_key(name) {
            return None;
        }
        let mut args = Vec::with_capacity(simple.words.len());
        self.expand_words(&simple.words, &mut args).ok()?;
        let mut saved = Vec::new();
        let redirected = input
            .map_or(Ok(()), |input| self.redirect_to(input, fd::STDIN, &mut saved))
            .and_then(|()| output.map_or(Ok(()), |output| self.redirect_to(output, fd::STDOUT, &mut saved)));
        let started = redirected.ok().and_then(|()| self.start(&args, false).ok());
        self.undo(saved);
        started
    }

    #[inline(never)]
    pub(super) fn eval_background(&mut self, command: &std::rc::Rc<Command>) -> Flow {
        self.poll_jobs();
        let mut stages = Vec::new();
        if let Command::Pipeline(commands) = &**command {
            let controlled = self.controls_jobs();
            let detached = if controlled { None } else { null_input() };
            let mut saved = Vec::new();
            if let Some(null) = detached {
                let _ = self.redirect_to(null, fd::STDIN, &mut saved);
                discard(null);
            }
            let started = self.start_pipeline(commands, &mut stages);
            self.undo(saved);
            started?;
        } else {
            let jobs = self.jobs_for(command);
            let controlled = self.controls_jobs();
            let mut inner = &**command;
            while let Command::Group(body) = inner {
                inner = body;
            }
            let (body, targets) = match inner {
                Command::Redirected { body, redirects, line } => {
                    // Where a compound command's redirections lead is expanded by the shell itself.
                    self.vars.dynamics.line = *line;
                    (&**body, self.targets(redirects)?)
                }
                // In bash the process is the subshell.
                Command::Subshell { body, redirects, line } if flavour::is_bash() => {
                    self.vars.dynamics.line = *line;
                    (&**body, self.targets(redirects)?)
                }
                command => (command, Vec::new()),
            };
            let forked = self.fork(|shell| {
                shell.jobs = jobs;
                if !controlled {
                    shell.detach();
                }
                shell.run_redirected_to(body, targets)
            });
            match forked {
                Ok(pid) => stages.push(Stage::Process(pid)),
                Err(error) => return Err(self.fail_fork(error)),
            }
        }
        let processes: Vec<Pid> = stages.iter().filter_map(|stage| stage.process()).collect();
        self.last_background = processes.last().copied();
        let texts =
            if self.controls_jobs() || flavour::is_bash() { texts(command) } else { vec![Vec::new(); stages.len()] };
        self.make_room();
        let number = self.jobs.add(Job::new(&processes, texts));
        if flavour::is_bash() && self.has(Opt::Interactive) && !self.subshell {
            let last = processes.last().copied().unwrap_or_default();
            let _ = fd::write_all(fd::STDERR, format!("[{number}] {last}\n").as_bytes());
        }
        self.status = 0;
        Ok(())
    }

    /// What a background command without job control does first: the keyboard's signals and input are not
    /// for it.
    fn detach(&mut self) {
        for ignored in [Signal::INT, Signal::QUIT] {
            let _ = signal::set_disposition(ignored, Disposition::Ignore);
        }
        if let Some(null) = null_input() {
            move_to(null, fd::STDIN);
        }
    }

    /// Ends the process after its commands: runs the trap for `EXIT`.
    pub fn leave(&mut self) -> ! {
        if self.traps.action(0).is_some() && flavour::is_ash() {
            // BusyBox runs the trap when it has undone all redirections, those of the shell this is a copy of, too.
            reset(core::mem::take(&mut self.inherited));
        }
        self.run_exit_trap();
        let _ = self.flush();
        if !self.subshell {
            self.end_job_control();
        }
        process::exit(self.status)
    }
}

fn null_input() -> Option<Fd> {
    let null = fs::open(b"/dev/null", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).ok()?;
    out_of_the_way(null, fd::STDERR).ok()
}

/// The texts of a job's commands.
pub(super) fn texts(command: &Command) -> Vec<Vec<u8>> {
    match command {
        command if flavour::is_bash() => vec![crate::syntax::unparse_bash::command(command)],
        Command::Pipeline(commands) => commands.iter().map(crate::syntax::unparse::text).collect(),
        command => vec![crate::syntax::unparse::text(command)],
    }
}

/// Whether expanding the word changes nothing and cannot fail.
fn is_pure(word: &Word) -> bool {
    word.0.iter().all(is_pure_part)
}

/// Whether expanding the part changes nothing and cannot fail.
pub(crate) fn is_pure_part(part: &Part) -> bool {
    match part {
        Part::Literal(_) | Part::Quoted(_) | Part::Escaped(_) => true,
        Part::Param(param) => match &**param {
            Param { name: ParamName::Special(b'!') | ParamName::Element(_) | ParamName::Indirect(_), .. } => false,
            Param { op: ParamOp::Plain | ParamOp::Length, .. } => true,
            Param { op: ParamOp::Default(_, word) | ParamOp::Alternative(_, word), .. } => is_pure(word),
            Param { op: ParamOp::Trim { pattern, .. }, .. } => is_pure(pattern),
            _ => false,
        },
        Part::Command(..) | Part::Arith(..) | Part::Process { .. } | Part::Target(..) => false,
    }
}
