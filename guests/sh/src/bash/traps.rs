//! The traps that only bash has: before each command (`DEBUG`) and behind functions (`RETURN`).

use crate::exec::trap::{DEBUG, RETURN};
use crate::flavour;
use crate::shell::{Flow, Shell};

impl Shell {
    /// Notes the command that runs, as far as a trap may ask for it, and runs the trap for `DEBUG`.
    pub(crate) fn debugged(&mut self, text: impl FnOnce() -> Vec<u8>) -> Flow {
        if !flavour::is_bash() || !self.traps.any() || self.running_traps > 0 {
            return Ok(());
        }
        self.vars.dynamics.calls.command = text().into();
        self.run_own_trap(DEBUG)
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
        if self.bash.in_trap {
            return Ok(());
        }
        self.change_bash(|state| state.in_trap = true);
        let flow = self.run_trap(action);
        self.change_bash(|state| state.in_trap = false);
        flow
    }

    /// Notes the exit status of a command as that of a pipeline of its own.
    pub(crate) fn note_status(&mut self) {
        let status = self.status;
        let statuses = &mut self.vars.dynamics.calls.pipe_status;
        statuses.clear();
        statuses.push(status);
    }
}
