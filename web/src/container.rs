//! The one container that runs at a time, and what the script does with its kernel.

use std::cell::RefCell;
use std::collections::BTreeSet;

use wcr_abi::{Pid, Signal, WaitStatus};
use wcr_kernel::{Idle, Kernel, Program};
use wcr_machine::{LastRefusal, Machine};

/// A container that runs.
pub struct Container {
    /// Its kernel.
    pub kernel: Kernel,
    /// Why a program was refused.
    pub refusal: LastRefusal,
    /// What went wrong in guests, a line each.
    faults: Vec<String>,
    /// The programs that were started, and how much memory their processes may have, in bytes; the script knows them by
    /// their number.
    programs: Vec<(Program, Option<u64>)>,
    /// The processes that were told to leave their guest, until the script has seen that they did.
    left: BTreeSet<Pid>,
}

thread_local! {
    static CONTAINER: RefCell<Option<Container>> = const { RefCell::new(None) };
}

/// The end of a container.
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// What the user should know, a sentence each.
    pub notes: Vec<String>,
    /// The digest of the trace, if there is one.
    pub digest: Option<[u8; 32]>,
}

/// Does something with the container; `None` when none runs.
pub fn with<R>(act: impl FnOnce(&mut Container) -> R) -> Option<R> {
    CONTAINER.with_borrow_mut(|container| container.as_mut().map(act))
}

/// Makes a machine the container that runs.
pub(crate) fn install(machine: Machine) {
    replace(Some(Container::new(machine)));
}

/// Lets another container be the one that runs, or none; gives the one that was.
pub fn replace(container: Option<Container>) -> Option<Container> {
    CONTAINER.replace(container)
}

/// Ends the container, whatever its processes do.
pub(crate) fn remove() -> Option<Container> {
    CONTAINER.take()
}

impl Container {
    /// The container of a machine, of which nothing has run yet.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        let (kernel, refusal) = machine.into_parts();
        Self { kernel, refusal, faults: Vec::new(), programs: Vec::new(), left: BTreeSet::new() }
    }

    /// The number of a program in a process that starts: there, its memory has the limit that the process has now.
    pub(crate) fn number(&mut self, pid: Pid, program: Program) -> u32 {
        let program = (program, self.kernel.memory_limit(pid));
        let found = self.programs.iter().position(|known| *known == program);
        let number = found.unwrap_or_else(|| {
            self.programs.push(program);
            self.programs.len() - 1
        });
        number as u32
    }

    /// The program of a number, and how much memory it may have.
    pub(crate) fn program(&self, number: u32) -> Option<&(Program, Option<u64>)> {
        self.programs.get(number as usize)
    }

    /// Notes that a process leaves its guest because of a call.
    pub(crate) fn leave(&mut self, pid: Pid) {
        self.left.insert(pid);
    }

    /// Whether a process has left its guest because of a call, since this was last asked.
    pub(crate) fn take_left(&mut self, pid: Pid) -> bool {
        self.left.remove(&pid)
    }

    /// Ends a process that did what no program may.
    pub(crate) fn fault(&mut self, pid: Pid, status: WaitStatus, reason: &str) {
        self.kernel.terminate(pid, status);
        self.faults.push(format!("process {pid}: {reason}"));
    }

    /// How the container ended, or that it cannot go on.
    #[must_use]
    pub fn ended(mut self) -> Ended {
        let mut notes = core::mem::take(&mut self.faults);
        let code = match self.kernel.idle() {
            Idle::Finished(status) => status.shell_code(),
            _ => {
                notes.push("every process of the container waits for another one: nothing can go on".into());
                DEADLOCK
            }
        };
        if matches!(code, 126 | 127) {
            notes.extend(self.refusal.take());
        }
        Ended { code, notes, digest: self.kernel.trace_digest() }
    }
}

/// The exit code of a container that cannot go on: wcr's own failures have this one.
const DEADLOCK: u8 = 125;
/// The exit code of a program that cannot be run.
const CANNOT_RUN: u8 = 126;

/// How Linux would report the end of a program that the browser stopped for `reason`; see [`Fault`].
pub(crate) fn status_of(fault: Fault) -> WaitStatus {
    match fault {
        Fault::CannotRun => WaitStatus::Exited(CANNOT_RUN),
        Fault::Arithmetic => WaitStatus::Signaled(Signal::FPE),
        Fault::Abort => WaitStatus::Signaled(Signal::ABRT),
        Fault::Memory => WaitStatus::Signaled(Signal::SEGV),
    }
}

/// What stopped a program.
#[wasm_bindgen::prelude::wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It could not be started at all.
    CannotRun,
    /// A division by zero, or a number that does not fit.
    Arithmetic,
    /// It stopped itself: there is no other way to stop inside a module.
    Abort,
    /// An address that is not its own, too deep a recursion, or anything else.
    Memory,
}
