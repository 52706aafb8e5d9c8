//! Traps: what the shell does when a signal comes, and when it ends.

use wcr_sys::abi::{Disposition, Signal};
use wcr_sys::signal;

use crate::builtins::dash;
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::input::Input;

/// The signals' names; the index is the number. 0 is the shell's end.
pub const NAMES: [&str; 32] = [
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
    "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
    "POLL", "PWR", "SYS",
];

/// The number that stands for the failure of a command (`ERR`), beyond those of the signals.
pub const FAILURE: u8 = Signal::MAX + 1;

/// That of what runs before each command (`DEBUG`).
pub const DEBUG: u8 = FAILURE + 1;

/// That of what runs behind functions (`RETURN`).
pub const RETURN: u8 = FAILURE + 2;

/// The traps that only bash has beside `ERR`.
const OF_BASH: [(&str, u8); 2] = [("DEBUG", DEBUG), ("RETURN", RETURN)];

/// The number of the signal with this name or number; names may begin with `SIG`, in any case.
#[must_use]
pub fn signal_number(text: &[u8]) -> Option<u8> {
    if flavour::is_dash() {
        return dash::signal_number(text);
    }
    if text == b"ERR" {
        return Some(FAILURE);
    }
    if flavour::is_bash() {
        let upper = text.to_ascii_uppercase();
        let own = OF_BASH.iter().find(|(name, _)| name.as_bytes() == upper);
        if own.is_some() || upper == b"ERR" {
            return Some(own.map_or(FAILURE, |(_, number)| *number));
        }
    }
    if text.first().is_some_and(u8::is_ascii_digit) {
        let number = crate::builtins::number(text)?;
        return u8::try_from(number).ok().filter(|number| *number <= Signal::MAX);
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix(b"SIG").unwrap_or(&name);
    let alias = match name {
        b"IOT" => b"ABRT",
        b"IO" => b"POLL",
        b"CLD" => b"CHLD",
        name => name,
    };
    NAMES.iter().position(|known| known.as_bytes() == alias).and_then(|number| u8::try_from(number).ok())
}

/// The name of a signal, or its number when it has none.
#[must_use]
pub fn signal_name(number: u8) -> String {
    if flavour::is_dash() {
        return dash::signal_name(number);
    }
    if flavour::is_bash() {
        return signal_name_in_bash(number);
    }
    match NAMES.get(usize::from(number)) {
        Some(name) => (*name).to_owned(),
        None if number == FAILURE => "ERR".to_owned(),
        None => number.to_string(),
    }
}

/// The name of a signal without its `SIG`, those of real time included.
fn signal_name_in_bash(number: u8) -> String {
    match number {
        FAILURE => "ERR".into(),
        DEBUG => "DEBUG".into(),
        RETURN => "RETURN".into(),
        29 => "IO".into(),
        34 => "RTMIN".into(),
        35..=49 => format!("RTMIN+{}", number - 34),
        50..=63 => format!("RTMAX-{}", 64 - number),
        64 => "RTMAX".into(),
        number => NAMES.get(usize::from(number)).map_or_else(|| number.to_string(), |name| (*name).to_owned()),
    }
}

/// The traps.
#[derive(Debug, Default)]
pub struct Traps {
    /// What is run, by number; an empty text ignores the signal.
    actions: Vec<(u8, Vec<u8>)>,
    /// Signals that were ignored when the shell started, and so stay ignored.
    fixed: u64,
    /// Signals whose disposition has been looked at.
    known: u64,
    /// The traps of the shell this is a copy of, shown until one is set here, where `$(trap)` asks for them.
    inherited: Vec<(u8, Vec<u8>)>,
    /// Signals that have been taken from the kernel but whose traps have not run.
    pub pending: Vec<u8>,
    /// Whether the trap for failures is running.
    in_failure: bool,
}

impl Traps {
    /// Whether a trap runs commands, so that the shell has to stay.
    #[must_use]
    pub fn any(&self) -> bool {
        self.actions.iter().any(|(_, action)| !action.is_empty())
    }

    /// The traps as `trap` lists them, by number.
    #[must_use]
    pub fn listed(&self) -> &[(u8, Vec<u8>)] {
        if self.inherited.is_empty() { &self.actions } else { &self.inherited }
    }

    /// The action for a signal.
    #[must_use]
    pub fn action(&self, number: u8) -> Option<&[u8]> {
        self.actions.iter().find(|(known, _)| *known == number).map(|(_, action)| action.as_slice())
    }

    /// Takes out a trap that functions do not have.
    pub(super) fn take(&mut self, wanted: u8) -> Option<(u8, Vec<u8>)> {
        let place = self.actions.iter().position(|(number, _)| *number == wanted)?;
        Some(self.actions.remove(place))
    }

    /// Puts back a trap that was taken out, unless another has been set.
    pub(super) fn put_back(&mut self, (number, action): (u8, Vec<u8>)) {
        if self.action(number).is_none() {
            let place = self.actions.partition_point(|(known, _)| *known < number);
            self.actions.insert(place, (number, action));
        }
    }

    /// Takes out the trap for failures: functions begin without it, but under `set -E`.
    pub(super) fn take_failure(&mut self) -> Option<Vec<u8>> {
        let place = self.actions.iter().position(|(number, _)| *number == FAILURE)?;
        Some(self.actions.remove(place).1)
    }

    /// Puts the trap for failures back, unless another has been set.
    pub(super) fn restore_failure(&mut self, action: Vec<u8>) {
        if self.action(FAILURE).is_none() {
            // No number is higher.
            self.actions.push((FAILURE, action));
        }
    }

    /// Leaves the end of the shell without a trap.
    pub fn forget_exit(&mut self) {
        self.actions.retain(|(number, _)| *number != 0);
    }

    /// The signals that run commands, as a set.
    #[must_use]
    pub fn caught_set(&self) -> u64 {
        let signals = 1..=Signal::MAX;
        let caught = self.actions.iter().filter(|(number, action)| signals.contains(number) && !action.is_empty());
        caught.fold(0, |set, (number, _)| set | Signal(*number).bit())
    }

    /// Takes the signals that have come from the kernel. To be called whenever a call was interrupted: until
    /// then every call that would block is.
    pub fn collect(&mut self) {
        while let Some(signal) = signal::take() {
            self.pending.push(signal.0);
        }
    }

    /// Takes the signals that have come from the kernel, for somebody else.
    #[must_use]
    pub fn taken() -> Vec<Signal> {
        core::iter::from_fn(signal::take).collect()
    }

    /// Notes signals that somebody else has taken, as far as traps are set for them.
    pub fn note(&mut self, signals: Vec<Signal>) {
        let trapped = signals.into_iter().map(|signal| signal.0).filter(|number| self.action(*number).is_some());
        let trapped: Vec<u8> = trapped.collect();
        self.pending.extend(trapped);
    }

    /// The next signal whose trap has to run: the one with the lowest number.
    fn next(&mut self) -> Option<u8> {
        let number = self.pending.iter().copied().min()?;
        self.pending.retain(|pending| *pending != number);
        Some(number)
    }

    /// Sets what happens on a signal; `None` is the default.
    pub fn set(&mut self, number: u8, action: Option<Vec<u8>>, interactive: bool) {
        self.inherited.clear();
        self.actions.retain(|(known, _)| *known != number);
        let disposition = match &action {
            None => Disposition::Default,
            Some(action) if action.is_empty() => Disposition::Ignore,
            Some(_) => Disposition::Catch,
        };
        if let Some(action) = action {
            let place = self.actions.partition_point(|(known, _)| *known < number);
            self.actions.insert(place, (number, action));
        }
        let Some(signal) = Signal::from_raw(number.into()) else { return };
        if self.fixed & signal.bit() != 0 {
            return;
        }
        let old = signal::set_disposition(signal, disposition);
        if self.known & signal.bit() == 0 {
            self.known |= signal.bit();
            if old == Ok(Disposition::Ignore) && !interactive {
                self.fixed |= signal.bit();
                let _ = signal::set_disposition(signal, Disposition::Ignore);
            }
        }
    }

    /// Shows the traps of the shell this is a copy of.
    pub fn inherit(&mut self, listed: Vec<(u8, Vec<u8>)>) {
        self.inherited = listed;
    }

    /// What a forked copy keeps: ignored signals; the others get their default action.
    pub fn enter_subshell(&mut self, kept: &[u8]) {
        let actions = core::mem::take(&mut self.actions);
        for (number, action) in &actions {
            if !action.is_empty()
                && let Some(signal) = Signal::from_raw((*number).into())
            {
                let _ = signal::set_disposition(signal, Disposition::Default);
            }
        }
        let stays = |(number, action): &(u8, Vec<u8>)| action.is_empty() || kept.contains(number);
        self.actions = actions.into_iter().filter(stays).collect();
        self.inherited.clear();
    }
}

impl Shell {
    /// Runs the traps of the signals that have come.
    /// # Errors
    /// Why a trap's commands make the shell leave what it is doing.
    pub(crate) fn run_pending_traps(&mut self) -> Flow {
        self.check_interrupt()?;
        if self.traps.actions.is_empty() {
            return Ok(());
        }
        loop {
            self.traps.collect();
            let Some(number) = self.traps.next() else { return Ok(()) };
            if let Some(action) = self.traps.action(number).map(<[u8]>::to_vec) {
                self.run_trap(action)?;
            }
        }
    }

    pub(crate) fn run_trap(&mut self, action: Vec<u8>) -> Flow {
        let status = self.status;
        let line = self.vars.dynamics.line;
        let is_dash = flavour::is_dash();
        let mut input = Input::text(action, if is_dash { 1 } else { line });
        input.counts_lines = is_dash;
        let statuses = flavour::is_bash().then(|| self.vars.dynamics.calls.pipe_status.clone());
        self.running_traps += 1;
        let flow = self.run_input(&mut input, false);
        self.running_traps -= 1;
        if let Some(statuses) = statuses {
            self.vars.dynamics.calls.pipe_status = statuses;
        }
        if flow.is_ok() {
            self.status = status;
        }
        self.vars.dynamics.line = line;
        flow
    }

    /// Runs the trap for failed commands, but not within itself.
    #[inline(never)]
    pub(super) fn run_failure_trap(&mut self) -> Flow {
        if self.traps.actions.is_empty() || self.traps.in_failure {
            return Ok(());
        }
        let Some(action) = self.traps.action(FAILURE).map(<[u8]>::to_vec) else { return Ok(()) };
        self.failure = flavour::is_ash().then_some(self.status);
        self.traps.in_failure = true;
        let flow = self.run_trap(action);
        self.traps.in_failure = false;
        flow
    }

    /// Takes out the traps that a function of bash does not have.
    pub(super) fn hold_traps(&mut self) -> Vec<(u8, Vec<u8>)> {
        if self.traps.actions.is_empty() {
            return Vec::new();
        }
        let errors = if self.has(Opt::ErrTrace) { None } else { self.traps.take(FAILURE) };
        let traced = self.has(Opt::FuncTrace);
        let others = [DEBUG, RETURN].into_iter().filter(|_| !traced);
        let others: Vec<_> = others.filter_map(|number| self.traps.take(number)).collect();
        errors.into_iter().chain(others).collect()
    }

    /// Puts them back.
    pub(super) fn give_back_traps(&mut self, held: Vec<(u8, Vec<u8>)>) {
        held.into_iter().for_each(|trap| self.traps.put_back(trap));
    }

    /// The traps that a subshell of bash keeps.
    pub(super) fn traps_of_subshells(&self) -> Vec<u8> {
        if !flavour::is_bash() {
            return Vec::new();
        }
        let errors = self.has(Opt::ErrTrace).then_some(FAILURE);
        let others = [DEBUG, RETURN].into_iter().filter(|_| self.has(Opt::FuncTrace));
        errors.into_iter().chain(others).collect()
    }

    /// Runs the trap for the shell's end, once.
    pub fn run_exit_trap(&mut self) {
        let Some(action) = self.traps.action(0).map(<[u8]>::to_vec) else { return };
        self.traps.set(0, None, true);
        self.failure = None;
        // An `exit` in the trap decides the status, or an error, and with `set -e` also a `return`; whatever else ends it
        // has nothing more to leave.
        let status = self.status;
        match self.run_trap(action) {
            Err(Unwind::Exit | Unwind::Error) => {}
            Err(Unwind::Return) if self.status != 0 && self.has(Opt::ErrExit) => {}
            _ => self.status = status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, number) in
            [("0", Some(0)), ("EXIT", Some(0)), ("sigterm", Some(15)), ("9", Some(9)), ("65", None), ("X", None)]
        {
            assert_eq!(signal_number(text.as_bytes()), number, "{text}");
        }
        assert_eq!(signal_name(15), "TERM");
        assert_eq!(signal_name(40), "40");
    }
}
