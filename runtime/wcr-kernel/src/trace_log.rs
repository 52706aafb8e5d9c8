//! The trace in words: a line for each call, signal and end of a process, in the manner of `strace -f`.
//!
//! ```text
//! [pid     1] wcr.path_open(AT_FDCWD, "/etc/motd", O_RDONLY|O_CLOEXEC) = 3
//! [pid     1] fd_read(3, ["hello\n"]) = 6
//! [pid     2] wcr.wait(-1, 0 <unfinished ...>
//! [pid     3] +++ exited with 0 +++
//! [pid     2] --- SIGCHLD ---
//! [pid     2] <... wcr.wait resumed>, [exited 0]) = 3
//! ```
//!
//! A line is the process, the call, its arguments and what it gave: a value, `0`, or `-1`, the error's name and its
//! sentence; `?` when the process did not come back from the call. A call that waits has two lines: its first
//! says the arguments that are known before, as long as they come before the first result. What happens during a
//! call has its lines after that call's.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wcr_abi::{Errno, Pid, Signal, WaitStatus};

/// Takes the lines of a trace, each with its line feed.
pub type TraceSink = Box<dyn FnMut(&[u8]) + Send>;

/// How many bytes of a string of data are shown.
const SHOWN: usize = 32;

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// It gave this.
    Value(String),
    /// It failed.
    Failed(Errno),
    /// It waits, and will be made again.
    Waits,
    /// The process does not come back from it.
    Gone,
}

/// A call in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallText {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// How many of them come before the first that is a result.
    pub known: usize,
}

/// Writes the lines of a trace.
pub struct TraceLog {
    sink: TraceSink,
    /// The processes in a call of which the first line is written.
    waiting: BTreeSet<Pid>,
    /// What happened during the call that is being made.
    held: Option<Vec<(Pid, String)>>,
}

impl TraceLog {
    /// A log that gives its lines to `sink`.
    #[must_use]
    pub fn new(sink: TraceSink) -> Self {
        Self { sink, waiting: BTreeSet::new(), held: None }
    }

    /// A call begins: what happens until [`Self::call`] comes after its line.
    pub fn begin(&mut self) {
        self.held = Some(Vec::new());
    }

    /// A call has come to an end, or begins to wait.
    pub fn call(&mut self, pid: Pid, call: &CallText, end: CallEnd) {
        let result = match end {
            CallEnd::Value(value) => value,
            CallEnd::Failed(errno) => format!("-1 {} ({})", errno_name(errno), errno.message()),
            CallEnd::Gone => "?".into(),
            CallEnd::Waits => {
                if self.waiting.insert(pid) {
                    let known = call.args.get(..call.known).unwrap_or_default().join(", ");
                    self.line(pid, &format!("{}({known} <unfinished ...>", call.name));
                }
                self.release();
                return;
            }
        };
        let text = if self.waiting.remove(&pid) {
            let rest = call.args.get(call.known..).unwrap_or_default().join(", ");
            let comma = if call.known > 0 && !rest.is_empty() { ", " } else { "" };
            format!("<... {} resumed>{comma}{rest}) = {result}", call.name)
        } else {
            format!("{}({}) = {result}", call.name, call.args.join(", "))
        };
        self.line(pid, &text);
        self.release();
    }

    /// The first process gets its program.
    pub(crate) fn exec(&mut self, pid: Pid, exe: &[u8], argv: &[Vec<u8>], variables: usize) {
        let args = vec![quoted_whole(exe), quoted_list(argv), format!("[/* {variables} vars */]")];
        self.call(pid, &CallText { name: "wcr.exec".into(), known: args.len(), args }, CallEnd::Value("0".into()));
    }

    /// A signal has come to a process.
    pub(crate) fn signal(&mut self, pid: Pid, signal: Signal) {
        self.event(pid, format!("--- {} ---", signal_name(signal)));
    }

    /// A process has ended or was stopped.
    pub(crate) fn status(&mut self, pid: Pid, status: WaitStatus) {
        let text = match status {
            WaitStatus::Exited(code) => format!("+++ exited with {code} +++"),
            WaitStatus::Signaled(signal) => format!("+++ killed by {} +++", signal_name(signal)),
            WaitStatus::Stopped(signal) => format!("--- stopped by {} ---", signal_name(signal)),
            WaitStatus::Continued => return,
        };
        self.waiting.remove(&pid);
        self.event(pid, text);
    }

    fn event(&mut self, pid: Pid, text: String) {
        match &mut self.held {
            Some(held) => held.push((pid, text)),
            None => self.line(pid, &text),
        }
    }

    fn release(&mut self) {
        for (pid, text) in self.held.take().unwrap_or_default() {
            self.line(pid, &text);
        }
    }

    fn line(&mut self, pid: Pid, text: &str) {
        (self.sink)(format!("[pid {pid:>5}] {text}\n").as_bytes());
    }
}

/// The name of an error as C has it: `ENOENT`.
#[must_use]
pub fn errno_name(errno: Errno) -> String {
    match errno {
        Errno::TooBig => "E2BIG".into(),
        Errno::Notsup => "EOPNOTSUPP".into(),
        other => format!("E{}", format!("{other:?}").to_ascii_uppercase()),
    }
}

/// The name of a signal as C has it: `SIGTERM`.
#[must_use]
pub fn signal_name(signal: Signal) -> String {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];
    match NAMES.get(usize::from(signal.0).wrapping_sub(1)) {
        Some(name) => format!("SIG{name}"),
        None => format!("SIGRT_{}", signal.0.saturating_sub(32)),
    }
}

/// Bytes as a C string in quotes; after 32 bytes of data comes `...`.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    let more = if shown.len() < bytes.len() { "..." } else { "" };
    format!("{}{more}", quoted_whole(shown))
}

/// Strings, each in quotes, in brackets.
#[must_use]
pub fn quoted_list(strings: &[impl AsRef<[u8]>]) -> String {
    let strings: Vec<String> = strings.iter().map(|string| quoted(string.as_ref())).collect();
    format!("[{}]", strings.join(", "))
}

/// Bytes as a C string in quotes, however long: for names of files.
#[must_use]
pub fn quoted_whole(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte.into()]),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x0b => out.push_str("\\v"),
            0x0c => out.push_str("\\f"),
            b' '..=b'~' => out.push(byte.into()),
            // As short as the byte after it allows.
            _ if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => _ = write!(out, "\\{byte:03o}"),
            _ => _ = write!(out, "\\{byte:o}"),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn strings_are_quoted_as_strace_does() {
        // Seen from strace 6.1 for write(2) of these bytes.
        for (bytes, text) in [
            (&b"a\tb\n\r\x0b\x0c\\\"\x001\x01x\xff\xc3\xa98\0"[..], r#""a\tb\n\r\v\f\\\"\0001\1x\377\303\2518\0""#),
            (b"0123456789012345678901234567890123456789", r#""01234567890123456789012345678901"..."#),
            (b"01234567890123456789012345678901", r#""01234567890123456789012345678901""#),
            (b"", r#""""#),
        ] {
            assert_eq!(quoted(bytes), text);
        }
    }

    #[test]
    fn names_are_those_of_c() {
        assert_eq!([Errno::Noent, Errno::TooBig, Errno::Again].map(errno_name), ["ENOENT", "E2BIG", "EAGAIN"]);
        assert_eq!(
            [1, 15, 17, 31, 34, 64].map(|raw| signal_name(Signal(raw))),
            ["SIGHUP", "SIGTERM", "SIGCHLD", "SIGSYS", "SIGRT_2", "SIGRT_32"]
        );
    }

    #[test]
    fn lines_of_calls_that_end_wait_and_are_left() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let mut log = TraceLog::new(Box::new(move |line| kept.lock().unwrap().extend_from_slice(line)));
        let call = |name: &str, args: &[&str], known| CallText {
            name: name.into(),
            args: args.iter().map(|&arg| arg.into()).collect(),
            known,
        };
        log.begin();
        log.signal(2, Signal::TERM);
        log.status(2, WaitStatus::Signaled(Signal::TERM));
        log.call(1, &call("kill", &["2", "SIGTERM"], 2), CallEnd::Value("0".into()));
        for _ in 0..2 {
            log.begin();
            log.call(1, &call("read", &["0", "0x10"], 1), CallEnd::Waits);
        }
        log.signal(1, Signal::CHLD);
        log.call(1, &call("read", &["0", "\"x\""], 1), CallEnd::Value("1".into()));
        log.call(1, &call("sched_yield", &[], 0), CallEnd::Waits);
        log.call(1, &call("sched_yield", &[], 0), CallEnd::Failed(Errno::Intr));
        log.call(1, &call("exit", &["3"], 1), CallEnd::Gone);
        log.status(1, WaitStatus::Exited(3));
        assert_eq!(
            String::from_utf8(lines.lock().unwrap().clone()).unwrap(),
            "[pid     1] kill(2, SIGTERM) = 0\n\
             [pid     2] --- SIGTERM ---\n\
             [pid     2] +++ killed by SIGTERM +++\n\
             [pid     1] read(0 <unfinished ...>\n\
             [pid     1] --- SIGCHLD ---\n\
             [pid     1] <... read resumed>, \"x\") = 1\n\
             [pid     1] sched_yield( <unfinished ...>\n\
             [pid     1] <... sched_yield resumed>) = -1 EINTR (Interrupted system call)\n\
             [pid     1] exit(3) = ?\n\
             [pid     1] +++ exited with 3 +++\n"
        );
    }
}
