//! What observations look like.

use std::fmt::Write as _;

use wcr_abi::{Signal, WaitStatus};

/// Prints a line at once, so that the lines of several processes keep their order.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {
        $crate::say::line(&format!($($part)*))
    };
}

/// Prints a line.
pub fn line(text: &str) {
    let text = format!("{text}\n");
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match crate::sys::write(1, rest).ok() {
            Some(count) => rest = &rest[count..],
            None => return,
        }
    }
}

/// A signal by its name.
pub fn signal(signal: Signal) -> String {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];
    NAMES.get(usize::from(signal.0) - 1).map_or_else(|| signal.0.to_string(), |name| (*name).to_owned())
}

/// Signals by their names.
pub fn signals(signals: &[Signal]) -> String {
    signals.iter().map(|one| signal(*one)).collect::<Vec<_>>().join(" ")
}

/// A set of signals by their names, in order.
pub fn set(set: u64) -> String {
    signals(&(1..=64).map(Signal).filter(|signal| set & signal.bit() != 0).collect::<Vec<_>>())
}

/// How a process ended or changed state.
pub fn status(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(code) => format!("exit {code}"),
        WaitStatus::Signaled(by) => format!("killed by {}", signal(by)),
        WaitStatus::Stopped(by) => format!("stopped by {}", signal(by)),
        WaitStatus::Continued => "continued".into(),
    }
}

/// Bytes as text, what does not print escaped.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        let _ = write!(out, "{}", byte.escape_ascii());
    }
    out.push('"');
    out
}
