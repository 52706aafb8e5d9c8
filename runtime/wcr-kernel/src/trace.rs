//! The trace of a run: the hash of every guest call, its arguments and its result; and the same in words.
//!
//! Two runs with the same digest have done the same, call by call. What is hashed has one reading only:
//! every field has a fixed length or is led by its length. For the words see [`TraceLog`].

use sha2::{Digest as _, Sha256};
use wcr_abi::{Pid, WaitStatus};

use crate::trace_log::{TraceLog, TraceSink};

/// The hash over all calls of a run so far, or the lines about them, or both. The default is the hash.
pub struct Trace {
    hasher: Option<Sha256>,
    pub(crate) log: Option<TraceLog>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { hasher: Some(Sha256::new()), log: None }
    }
}

impl Trace {
    /// A trace with a digest, with lines for `sink`, or both; `None` for neither.
    #[must_use]
    pub fn new(digest: bool, sink: Option<TraceSink>) -> Option<Self> {
        let trace = Self { hasher: digest.then(Sha256::new), log: sink.map(TraceLog::new) };
        (trace.hasher.is_some() || trace.log.is_some()).then_some(trace)
    }

    /// The same hash, with its lines going to `sink`.
    pub(crate) fn with_lines(self, sink: Option<TraceSink>) -> Self {
        Self { log: sink.map(TraceLog::new), ..self }
    }

    /// Adds a finished call to the hash.
    pub fn add(&mut self, call: TracedCall, result: u32) {
        let TracedCall { mut hasher } = call;
        hasher.update([b'=']);
        hasher.update(result.to_le_bytes());
        if let Some(all) = &mut self.hasher {
            all.update(hasher.finalize());
        }
    }

    /// Adds the end of a process.
    pub(crate) fn add_end(&mut self, pid: Pid, status: WaitStatus) {
        let mut call = TracedCall::new(pid, "end", &[]);
        call.input(&status.encode().to_le_bytes());
        self.add(call, 0);
        if let Some(log) = &mut self.log {
            log.status(pid, status);
        }
    }

    /// Whether there is a hash.
    #[must_use]
    pub const fn has_digest(&self) -> bool {
        self.hasher.is_some()
    }

    /// SHA-256 over what was added, where that is kept.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        Some(self.hasher.clone()?.finalize().into())
    }
}

/// A call that is being made. One that blocks is dropped: it counts when it is made again and finishes.
#[derive(Debug, Clone)]
pub struct TracedCall {
    hasher: Sha256,
}

impl TracedCall {
    /// A call of the process `pid`.
    #[must_use]
    pub fn new(pid: Pid, name: &str, args: &[u64]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(pid.to_le_bytes());
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((args.len() as u64).to_le_bytes());
        for arg in args {
            hasher.update(arg.to_le_bytes());
        }
        Self { hasher }
    }

    /// Adds what the kernel read from the guest's memory.
    pub fn input(&mut self, bytes: &[u8]) {
        self.piece(b'<', bytes);
    }

    /// Adds what the kernel wrote into the guest's memory.
    pub fn output(&mut self, bytes: &[u8]) {
        self.piece(b'>', bytes);
    }

    fn piece(&mut self, tag: u8, bytes: &[u8]) {
        self.hasher.update([tag]);
        self.hasher.update((bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(calls: &[(Pid, &str, &[u64], &[&[u8]], u32)]) -> [u8; 32] {
        let mut trace = Trace::default();
        for (pid, name, args, inputs, result) in calls {
            let mut call = TracedCall::new(*pid, name, args);
            inputs.iter().for_each(|bytes| call.input(bytes));
            trace.add(call, *result);
        }
        trace.digest().unwrap()
    }

    #[test]
    fn everything_counts_and_nothing_runs_together() {
        let base = digest(&[(1, "a", &[1, 2], &[b"xy"], 0)]);
        assert_eq!(base, digest(&[(1, "a", &[1, 2], &[b"xy"], 0)]));
        for other in [
            digest(&[(2, "a", &[1, 2], &[b"xy"], 0)]),
            digest(&[(1, "b", &[1, 2], &[b"xy"], 0)]),
            digest(&[(1, "a", &[1, 3], &[b"xy"], 0)]),
            digest(&[(1, "a", &[1, 2], &[b"x", b"y"], 0)]),
            digest(&[(1, "a", &[1, 2], &[b"xy"], 1)]),
            digest(&[(1, "a", &[1, 2], &[b"xy"], 0), (1, "a", &[1, 2], &[b"xy"], 0)]),
            digest(&[]),
        ] {
            assert_ne!(base, other);
        }
    }
}
