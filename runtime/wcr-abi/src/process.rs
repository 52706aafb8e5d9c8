//! Process identity, wait status and the small structures about processes and terminals.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Signal;

/// A process number; 1 is the container's first process.
pub type Pid = u32;

/// A descriptor: the number of an open file in a process.
pub type Fd = u32;

/// `wait` does not block when no child has changed state.
pub const WNOHANG: u32 = 1;
/// `wait` also reports stopped children.
pub const WUNTRACED: u32 = 2;
/// `wait` also reports continued children.
pub const WCONTINUED: u32 = 8;

/// How a process ended or changed state, encoded as Linux's `wait(2)` status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitStatus {
    /// It exited with this code.
    Exited(u8),
    /// This signal killed it.
    Signaled(Signal),
    /// This signal stopped it.
    Stopped(Signal),
    /// It was continued.
    Continued,
}

impl WaitStatus {
    /// Linux's status word.
    #[must_use]
    pub const fn encode(self) -> u32 {
        match self {
            Self::Exited(code) => (code as u32) << 8,
            Self::Signaled(signal) => signal.0 as u32,
            Self::Stopped(signal) => (signal.0 as u32) << 8 | 0x7f,
            Self::Continued => 0xffff,
        }
    }

    /// The inverse of [`Self::encode`].
    #[must_use]
    pub const fn decode(word: u32) -> Self {
        match (word & 0x7f, (word >> 8) as u8) {
            (_, _) if word == 0xffff => Self::Continued,
            (0, code) => Self::Exited(code),
            (0x7f, signal) => Self::Stopped(Signal(signal)),
            (signal, _) => Self::Signaled(Signal(signal as u8)),
        }
    }

    /// The exit code that a shell or a container runtime reports: 128+n for signal n.
    #[must_use]
    pub const fn shell_code(self) -> u8 {
        match self {
            Self::Exited(code) => code,
            Self::Signaled(signal) | Self::Stopped(signal) => 128 + signal.0,
            Self::Continued => 0,
        }
    }
}

/// The user and group ids of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    /// The real user id.
    pub uid: u32,
    /// The effective user id.
    pub euid: u32,
    /// The real group id.
    pub gid: u32,
    /// The effective group id.
    pub egid: u32,
    /// The supplementary groups.
    pub groups: Vec<u32>,
}

/// CPU time used, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// By the process in user mode.
    pub user: u64,
    /// By the kernel for the process.
    pub system: u64,
    /// By waited-for children in user mode.
    pub child_user: u64,
    /// By the kernel for waited-for children.
    pub child_system: u64,
}

/// What `uname(2)` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uname {
    /// The operating system's name.
    pub sysname: String,
    /// The host name.
    pub nodename: String,
    /// The kernel's release.
    pub release: String,
    /// The kernel's version.
    pub version: String,
    /// The hardware's name.
    pub machine: String,
}

/// A terminal's size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WinSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_status_round_trips() {
        let all = [WaitStatus::Exited(3), WaitStatus::Signaled(Signal::KILL), WaitStatus::Stopped(Signal::TSTP)];
        for status in all.into_iter().chain([WaitStatus::Continued]) {
            assert_eq!(WaitStatus::decode(status.encode()), status);
        }
    }
}
