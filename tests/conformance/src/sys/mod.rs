//! The system as behaviours see it, over wcr's calls or over Linux's.

#[cfg(unix)]
mod linux;
#[cfg(target_family = "wasm")]
mod wcr;

#[cfg(unix)]
pub use linux::*;
#[cfg(target_family = "wasm")]
pub use wcr::*;

/// Why a call failed: the error's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Failure(pub &'static str);

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The result of a call.
pub type Outcome<T> = Result<T, Failure>;

/// How a signal mask is changed.
#[derive(Clone, Copy)]
pub enum Mask {
    Block,
    Unblock,
    Set,
}

/// What [`poll`] asks of a descriptor, and what it answers (`poll(2)`).
pub const POLLIN: i16 = 1;
pub const POLLPRI: i16 = 2;
pub const POLLOUT: i16 = 4;
pub const POLLERR: i16 = 8;
pub const POLLHUP: i16 = 16;
pub const POLLNVAL: i16 = 32;

/// The names of the set bits of a poll's answer.
pub fn poll_names(bits: i16) -> String {
    let names =
        [(POLLIN, "IN"), (POLLPRI, "PRI"), (POLLOUT, "OUT"), (POLLERR, "ERR"), (POLLHUP, "HUP"), (POLLNVAL, "NVAL")];
    let set: Vec<&str> = names.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| name).collect();
    if set.is_empty() { "none".into() } else { set.join("|") }
}
