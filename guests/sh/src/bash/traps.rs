//! The traps that only bash has: before each command (`DEBUG`) and behind functions (`RETURN`).

use crate::exec::trap::{DEBUG, RETURN};
use crate::flavour;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{ParamName, Part, Simple, Word};
use crate::syntax::unparse_bash;

/// Whether the word has `BASH_COMMAND` in it.
fn asks_for_command(word: &Word) -> bool {
    let asks = |part: &Part| match part {
        Part::Param(param) => matches!(&param.name, ParamName::Variable(name) if **name == *b"BASH_COMMAND"),
        _ => false,
    };
    word.0.iter().any(asks)
}

impl Shell {
    /// Notes the command that runs, as far as a trap may ask for it, and runs the trap for `DEBUG`.
    pub(crate) fn debugged(&mut self, text: impl FnOnce() -> Vec<u8>) -> Flow {
        if !flavour::is_bash() || !self.traps.any() || self.running_traps > 0 {
            return Ok(());
        }
        self.vars.dynamics.calls.command = text().into();
        self.run_own_trap(DEBUG)
    }

    /// The same of a simple command, which may ask for its own text without a trap.
    pub(crate) fn debugged_simple(&mut self, simple: &Simple) -> Flow {
        if !flavour::is_bash() {
            return Ok(());
        }
        if self.running_traps == 0 && simple.words.iter().any(asks_for_command) {
            self.vars.dynamics.calls.command = unparse_bash::simple(simple).into();
        }
        self.debugged(|| unparse_bash::simple(simple))
    }

    /// Runs the trap for `RETURN`.
    pub(crate) fn run_return_trap(&mut self) -> Flow {
        if !self.traps.any() {
            return Ok(());
        }
        self.run_own_trap(RETURN)
    }

    fn run_own_trap(&mut self, number: u8) -> Flow {
        let Some(action) = self.traps.action(number).filter(|action| !action.is_empty()).map(<[u8]>::to_vec) else {
            return Ok(());
        };
        if self.running_traps > 0 {
            return Ok(());
        }
        self.run_trap(action)
    }

    /// Notes the exit status of a command as that of a pipeline of its own.
    pub(crate) fn note_status(&mut self) {
        let status = self.status;
        let statuses = &mut self.vars.dynamics.calls.pipe_status;
        statuses.clear();
        statuses.push(status);
    }
}
