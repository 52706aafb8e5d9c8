//! Runs commands.

mod compound;
pub mod contained;
pub mod descriptors;
mod function;
pub mod jobs;
pub mod path;
mod pipeline;
mod program;
pub mod redirect;
mod simple;
mod terminal;
mod trace;
pub mod trap;

pub(crate) use compound::Step;
pub(crate) use pipeline::{Stage, is_pure_part};
pub use terminal::Terminal;

use std::rc::Rc;

use wcr_sys::pace;

use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::Command;

/// How many steps of a computation a command counts as.
const STEPS: u32 = 256;

impl Shell {
    /// Runs a command; its exit status is the shell's. `last` says that this process ends with it, so that
    /// it needs no process of its own.
    /// # Errors
    /// Why evaluation does not go on behind the command.
    pub fn eval(&mut self, command: &Command, last: bool) -> Flow {
        if self.has(Opt::NoExec) && !self.has(Opt::Interactive) {
            return Ok(());
        }
        // A signal that came while words were expanded is seen before what they are for.
        self.run_pending_traps()?;
        self.eval_kind(command, last)?;
        if pace::steps(STEPS) {
            self.traps.collect();
        }
        self.run_pending_traps()
    }

    // What it calls is not inlined: each level of a script that calls itself would have room for the variables of them all.
    fn eval_kind(&mut self, command: &Command, last: bool) -> Flow {
        if self.controls_jobs() {
            self.note_foreground(command);
        }
        match command {
            Command::Simple(simple) => {
                self.eval_simple(simple, last)?;
                self.leave_on_failure()
            }
            Command::Pipeline(commands) => {
                self.eval_pipeline(commands)?;
                self.leave_on_failure()
            }
            Command::Not(command) => {
                self.eval_tested(command)?;
                self.status = u8::from(self.status == 0);
                Ok(())
            }
            Command::And(left, right) => {
                self.eval_tested(left)?;
                if self.status == 0 { self.eval(right, last) } else { Ok(()) }
            }
            Command::Or(left, right) => {
                self.eval_tested(left)?;
                if self.status == 0 { Ok(()) } else { self.eval(right, last) }
            }
            Command::Sequence(commands) => {
                let Some((end, before)) = commands.split_last() else { return Ok(()) };
                for command in before {
                    self.eval(command, false)?;
                }
                self.eval(end, last)
            }
            Command::Group(body) => self.eval(body, last),
            Command::Background(command) => self.eval_background(command),
            Command::Subshell { body, redirects, line } => {
                self.vars.dynamics.line = *line;
                self.eval_subshell(body, redirects, last)?;
                self.leave_on_failure()
            }
            Command::Redirected { body, redirects, line } => {
                self.vars.dynamics.line = *line;
                self.eval_redirected(body, redirects)
            }
            Command::If { condition, then, otherwise } => self.eval_if(condition, then, otherwise.as_deref(), last),
            Command::While { condition, body, until } => self.eval_while(condition, body, *until),
            Command::For { name, words, body, line } => {
                self.vars.dynamics.line = *line;
                self.eval_for(name, words.as_deref(), body)
            }
            Command::Case { word, branches, line } => {
                self.vars.dynamics.line = *line;
                self.trace_case(command, word)?;
                self.eval_case(word, branches, last)
            }
            Command::Function { name, body } => {
                self.define(name, body);
                Ok(())
            }
            Command::Extended(command) => self.eval_extended(command, last),
        }
    }

    #[inline(never)]
    fn define(&mut self, name: &[u8], body: &Rc<Command>) {
        if flavour::is_bash() {
            if self.bash.readonly_functions.contains(name) {
                self.fail(&[name, &b": readonly function"[..]].concat());
                return;
            }
            let file = self.vars.dynamics.calls.file();
            self.vars.dynamics.calls.files.insert(name.into(), file);
        }
        Rc::make_mut(&mut self.functions).insert(name.into(), body.clone());
        self.status = 0;
    }

    /// Runs a command whose failure `set -e` overlooks.
    fn eval_tested(&mut self, command: &Command) -> Flow {
        self.tested += 1;
        let flow = self.eval(command, false);
        self.tested -= 1;
        flow
    }

    /// After a failed command: runs the traps of signals that came meanwhile and that for failures, and ends the shell
    /// under `set -e`.
    pub(crate) fn leave_on_failure(&mut self) -> Flow {
        if self.status == 0 || self.tested > 0 {
            return Ok(());
        }
        self.run_pending_traps()?;
        self.run_failure_trap()?;
        if self.has(Opt::ErrExit) { Err(Unwind::Exit) } else { Ok(()) }
    }
}
