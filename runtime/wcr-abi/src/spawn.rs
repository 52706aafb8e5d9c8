//! The request that starts a program: `spawn` and `exec` share it.

use alloc::vec::Vec;

use crate::wire::{put_bytes, put_u32, take_bytes, take_list, take_u32};

/// One change to the new process's descriptors, applied in order, as with `posix_spawn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FdAction {
    /// `to` becomes a copy of `from`, without close-on-exec.
    Dup {
        /// The descriptor to copy.
        from: u32,
        /// Its number in the new process.
        to: u32,
    },
    /// The descriptor is closed.
    Close(u32),
}

/// A program to start. `path` is not searched for in `PATH`; that is the caller's work.
///
/// Encoded as counted lists: path; argv; envp; actions; then flags. A byte string is its length
/// (u32) and its bytes; a list is its count (u32) and its items; an action is its kind
/// (u32: 0 dup, 1 close) and two descriptors (u32 each).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpawnRequest {
    /// The program's path, resolved against the caller's current directory.
    pub path: Vec<u8>,
    /// The arguments, `argv[0]` included.
    pub argv: Vec<Vec<u8>>,
    /// The environment, `NAME=value` each.
    pub envp: Vec<Vec<u8>>,
    /// What happens to the descriptors. Ignored by `exec`.
    pub actions: Vec<FdAction>,
    /// The process group to join: `None` the caller's, `Some(0)` a new one. Ignored by `exec`.
    pub pgid: Option<u32>,
    /// Signals (a set, signal 1 is bit 0) whose disposition becomes the default one.
    pub default_signals: u64,
}

/// The most bytes an encoded request may have: more than any limit of Linux on arguments and environment.
pub const SPAWN_MAX: usize = 8 << 20;
/// The most bytes that arguments and environment may have with Linux's usual limit on the stack.
pub const ARGUMENTS_MAX: usize = 2 << 20;
/// The most bytes of one argument, its NUL included (Linux's `MAX_ARG_STRLEN`).
pub const ARGUMENT_MAX: usize = 128 << 10;

impl SpawnRequest {
    /// The encoded form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, &self.path);
        for list in [&self.argv, &self.envp] {
            put_u32(&mut out, list.len() as u32);
            list.iter().for_each(|item| put_bytes(&mut out, item));
        }
        put_u32(&mut out, self.actions.len() as u32);
        for action in &self.actions {
            let words = match *action {
                FdAction::Dup { from, to } => [0, from, to],
                FdAction::Close(fd) => [1, fd, 0],
            };
            words.into_iter().for_each(|word| put_u32(&mut out, word));
        }
        put_u32(&mut out, self.pgid.map_or(u32::MAX, |pgid| pgid));
        out.extend_from_slice(&self.default_signals.to_le_bytes());
        out
    }

    /// The inverse of [`Self::encode`]; `None` when the bytes are malformed or over [`SPAWN_MAX`].
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > SPAWN_MAX {
            return None;
        }
        let mut input = bytes;
        let path = take_bytes(&mut input)?;
        let argv = take_list(&mut input)?;
        let envp = take_list(&mut input)?;
        let mut actions = Vec::new();
        for _ in 0..take_u32(&mut input)? {
            let (kind, a, b) = (take_u32(&mut input)?, take_u32(&mut input)?, take_u32(&mut input)?);
            actions.push(match kind {
                0 => FdAction::Dup { from: a, to: b },
                1 => FdAction::Close(a),
                _ => return None,
            });
        }
        let pgid = Some(take_u32(&mut input)?).filter(|pgid| *pgid != u32::MAX);
        let default_signals = u64::from_le_bytes(*input.first_chunk()?);
        Some(Self { path, argv, envp, actions, pgid, default_signals })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_round_trip_and_cut_ones_are_refused() {
        let request = SpawnRequest {
            path: b"/bin/ls".to_vec(),
            argv: [b"ls".to_vec(), b"-l".to_vec()].into(),
            envp: [b"A=1".to_vec()].into(),
            actions: [FdAction::Dup { from: 5, to: 1 }, FdAction::Close(5)].into(),
            pgid: Some(0),
            default_signals: 1 << 12,
        };
        let bytes = request.encode();
        assert_eq!(SpawnRequest::decode(&bytes), Some(request));
        for cut in 0..bytes.len() {
            assert_eq!(SpawnRequest::decode(&bytes[..cut]), None, "cut at {cut}");
        }
    }
}
