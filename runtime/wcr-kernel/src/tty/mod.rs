//! Terminals: the console that the host gives, and pseudo-terminals (`pty(7)`, `tty(4)`).
//!
//! Programs hold the slave's side. The other side is a descriptor of the kernel, or for the console the host's streams.

mod console;
mod control;
mod job;
mod line;
mod open;
mod transfer;

use std::collections::VecDeque;

use wcr_abi::{Pid, Termios, WinSize};

use crate::kernel::Kernel;

pub(crate) use line::Line;
pub(crate) use open::path;

/// A terminal's place in the kernel's table, which is also its number in `/dev/pts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TtyId(pub(crate) usize);

/// How many bytes of output wait for the master's reader (Linux's limit for pseudo-terminals).
const OUTPUT_MAX: usize = 8192;

/// How many bytes of echo are kept beyond that; more is lost, as on Linux.
const ECHO_MAX: usize = 4096;

/// A terminal.
#[derive(Debug, Default)]
pub(crate) struct Tty {
    termios: Termios,
    size: WinSize,
    line: Line,
    /// Output that the master has not read. A console has none: it goes to the host at once.
    output: VecDeque<u8>,
    /// Echo that waits until the output is no longer stopped.
    held: Vec<u8>,
    /// How many open files there are of the master and of the slave.
    masters: usize,
    slaves: usize,
    /// All slaves were closed after one was opened: the master's reader sees the end.
    left: bool,
    /// The master is gone.
    hung_up: bool,
    /// Nothing more will be typed.
    ended: bool,
    /// The slave cannot be opened yet (`unlockpt(3)`).
    locked: bool,
    /// The session that it controls.
    session: Option<Pid>,
    /// The process group in the foreground.
    foreground: Option<Pid>,
    /// When the last byte came, on the monotonic clock.
    pressed: u64,
}

impl Tty {
    /// A terminal with a window of this size, nobody's yet.
    pub(crate) fn of_size(size: WinSize) -> Self {
        Self { size, ..Self::default() }
    }

    /// Whether a reader of the slave would not wait.
    pub(crate) fn readable(&self) -> bool {
        let (min, time) = Line::minimum(&self.termios);
        self.hung_up || self.ended || self.line.readable(&self.termios, if time == 0 { min } else { 1 })
    }

    /// Whether a writer to the slave would not wait.
    pub(crate) fn writable(&self) -> bool {
        self.hung_up || !self.line.stopped && self.output.len() < OUTPUT_MAX
    }

    /// Whether a reader of the master would not wait.
    pub(crate) fn master_readable(&self) -> bool {
        !self.output.is_empty() || self.left
    }

    /// Whether a writer to the master would not wait.
    pub(crate) fn master_writable(&self) -> bool {
        self.line.room(&self.termios) > 0
    }

    /// Whether the other side is gone.
    pub(crate) fn is_hung_up(&self) -> bool {
        self.hung_up
    }

    /// Whether all that had the slave open have closed it.
    pub(crate) fn is_left(&self) -> bool {
        self.left
    }

    /// How many bytes a reader of the slave could get.
    pub(crate) fn input_len(&self) -> usize {
        self.line.len(&self.termios)
    }

    /// How many bytes a reader of the master could get.
    pub(crate) fn output_len(&self) -> usize {
        self.output.len()
    }
}

impl Kernel {
    /// The terminal that controls a process's session.
    pub(crate) fn controlling_tty(&self, pid: Pid) -> Option<TtyId> {
        let process = self.procs.get(&pid).filter(|process| !process.left_tty)?;
        self.ttys.iter().find(|(_, tty)| tty.session == Some(process.sid)).map(|(at, _)| TtyId(at))
    }
}
