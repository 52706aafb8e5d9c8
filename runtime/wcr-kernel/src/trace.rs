//! The trace of a run: the hash of every guest call, its arguments and its result; and the same in words.
//!
//! Two runs with the same digest have done the same, call by call. What is hashed has one reading only:
//! every field says where it ends or is led by its length, and a long piece of memory is there as its own hash.
//! For the words see [`TraceLog`].

use sha2::{Digest as _, Sha256};
use wcr_abi::{Pid, WaitStatus};

use crate::trace_log::{TraceLog, TraceSink};

/// The hash over all calls of a run so far, or the lines about them, or both. The default is the hash.
pub struct Trace {
    hasher: Option<Sha256>,
    /// What is to be hashed next: many calls cost less together.
    pending: Vec<u8>,
    /// Room for the next call: that of the last one.
    room: Vec<u8>,
    pub(crate) log: Option<TraceLog>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { hasher: Some(Sha256::new()), pending: Vec::new(), room: Vec::new(), log: None }
    }
}

impl Trace {
    /// A trace with a digest, with lines for `sink`, or both; `None` for neither.
    #[must_use]
    pub fn new(digest: bool, sink: Option<TraceSink>) -> Option<Self> {
        let hasher = digest.then(Sha256::new);
        let trace = Self { hasher, pending: Vec::new(), room: Vec::new(), log: sink.map(TraceLog::new) };
        (trace.hasher.is_some() || trace.log.is_some()).then_some(trace)
    }

    /// The same hash, with its lines going to `sink`.
    pub(crate) fn with_lines(self, sink: Option<TraceSink>) -> Self {
        Self { log: sink.map(TraceLog::new), ..self }
    }

    /// A call of the process `pid` that is about to be made.
    pub(crate) fn call(&mut self, pid: Pid, name: &str, args: impl ExactSizeIterator<Item = u64>) -> TracedCall {
        let mut bytes = core::mem::take(&mut self.room);
        bytes.clear();
        bytes.reserve(ROOM);
        put(&mut bytes, pid.into());
        put(&mut bytes, name.len() as u64);
        bytes.extend_from_slice(name.as_bytes());
        put(&mut bytes, args.len() as u64);
        args.for_each(|arg| put(&mut bytes, arg));
        TracedCall { bytes }
    }

    /// Adds a finished call to the hash.
    pub fn add(&mut self, call: TracedCall, result: u32) {
        if let Some(all) = &mut self.hasher {
            let TracedCall { mut bytes } = call;
            bytes.push(b'=');
            put(&mut bytes, result.into());
            self.pending.extend_from_slice(&bytes);
            if self.pending.len() >= TOGETHER {
                all.update(&self.pending);
                self.pending.clear();
            }
            self.room = bytes;
        }
    }

    /// Adds the end of a process.
    pub(crate) fn add_end(&mut self, pid: Pid, status: WaitStatus) {
        let mut call = self.call(pid, "end", [].into_iter());
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
        Some(self.hasher.clone()?.chain_update(&self.pending).finalize().into())
    }
}

/// Most calls have no more bytes than this.
const ROOM: usize = 128;
/// So many bytes are hashed together.
const TOGETHER: usize = 4096;

/// Appends a number: one byte, or how many there are and these, the low ones first. Most numbers are small, and what is
/// short is hashed soon.
#[inline]
fn put(bytes: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        return bytes.push(number as u8);
    }
    let len = 8 - number.leading_zeros() / 8;
    let end = bytes.len() + 1 + len as usize;
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    // A copy of a fixed length is faster than one of the right length.
    bytes.extend_from_slice(&[0x80 | len as u8, a, b, c, d, e, f, g, h]);
    bytes.truncate(end);
}

/// The longest piece of a guest's memory that is hashed as it is.
const LONGEST: usize = 1024;

/// A call that is being made. One that blocks is dropped: it counts when it is made again and finishes.
#[derive(Debug, Clone, Default)]
pub struct TracedCall {
    /// What is hashed once the call has finished: many small pieces cost less together.
    bytes: Vec<u8>,
}

impl TracedCall {
    /// Adds what the kernel read from the guest's memory.
    pub fn input(&mut self, bytes: &[u8]) {
        self.piece(b'<', bytes);
    }

    /// Adds what the kernel wrote into the guest's memory.
    pub fn output(&mut self, bytes: &[u8]) {
        self.piece(b'>', bytes);
    }

    fn piece(&mut self, tag: u8, bytes: &[u8]) {
        self.bytes.push(tag);
        put(&mut self.bytes, bytes.len() as u64);
        if bytes.len() > LONGEST {
            self.bytes.extend_from_slice(&Sha256::digest(bytes));
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(calls: &[(Pid, &str, &[u64], &[&[u8]], u32)]) -> [u8; 32] {
        let mut trace = Trace::default();
        for (pid, name, args, inputs, result) in calls {
            let mut call = trace.call(*pid, name, args.iter().copied());
            inputs.iter().for_each(|bytes| call.input(bytes));
            trace.add(call, *result);
        }
        trace.digest().unwrap()
    }

    #[test]
    fn numbers_have_one_reading() {
        let written = |number| {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            bytes
        };
        for (number, expected) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x81, 0x80]),
            (0x1234, &[0x82, 0x34, 0x12]),
            (u64::MAX, &[0x88, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(written(number), expected, "{number:#x}");
        }
    }

    #[test]
    fn all_calls_count_however_many_are_hashed_together() {
        let of = |count: usize| digest(&vec![(1, "a", &[1, 2][..], &[&b"xy"[..]][..], 0); count]);
        let many = TOGETHER / 2;
        assert_eq!(of(many), of(many));
        let digests = [of(0), of(1), of(many - 1), of(many), of(many + 1)];
        let different: std::collections::BTreeSet<_> = digests.into_iter().collect();
        assert_eq!(different.len(), digests.len());
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
            digest(&[(1, "a", &[1, 2], &[&[0; LONGEST + 1]], 0)]),
            digest(&[(1, "a", &[1, 2], &[&[1; LONGEST + 1]], 0)]),
            digest(&[]),
        ] {
            assert_ne!(base, other);
        }
    }
}
