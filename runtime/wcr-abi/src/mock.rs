//! What a program asks that a test answers for: the wire form of a mocked program's call and its answer.

use alloc::vec;
use alloc::vec::Vec;

use crate::wire::{put_bytes, take_bytes};

/// The most bytes of a request or an answer.
pub const MOCK_MAX: usize = 16 << 20;

/// A call of a program that a test answers for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MockCall {
    /// The program's name.
    pub name: Vec<u8>,
    /// Its arguments, without the name.
    pub args: Vec<Vec<u8>>,
    /// All of its standard input.
    pub stdin: Vec<u8>,
}

/// What the program does then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MockAnswer {
    /// What it writes on standard output.
    pub stdout: Vec<u8>,
    /// What it writes on standard error.
    pub stderr: Vec<u8>,
    /// Its exit code.
    pub code: u8,
}

impl MockCall {
    /// The encoded form: counted byte strings, the name, the input, then the arguments.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        strings([&self.name, &self.stdin].into_iter().chain(&self.args))
    }

    /// The inverse of [`Self::encode`]; `None` when the bytes are malformed.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut parts = split(bytes)?.into_iter();
        let (name, stdin) = (parts.next()?, parts.next()?);
        Some(Self { name, stdin, args: parts.collect() })
    }
}

impl MockAnswer {
    /// The encoded form: counted byte strings, both streams and the code.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        strings([&self.stdout, &self.stderr, &vec![self.code]].into_iter())
    }

    /// The inverse of [`Self::encode`]; `None` when the bytes are malformed.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [stdout, stderr, code] = <[Vec<u8>; 3]>::try_from(split(bytes)?).ok()?;
        let [code] = <[u8; 1]>::try_from(code).ok()?;
        Some(Self { stdout, stderr, code })
    }
}

fn strings<'a>(parts: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    parts.for_each(|part| put_bytes(&mut out, part));
    out
}

fn split(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        parts.push(take_bytes(&mut bytes)?);
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_answers_round_trip_and_cut_ones_are_refused() {
        let call = MockCall { name: b"curl".to_vec(), args: [b"-s".to_vec(), Vec::new()].into(), stdin: b"x".to_vec() };
        assert_eq!(MockCall::decode(&call.encode()), Some(call.clone()));
        let answer = MockAnswer { stdout: b"out".to_vec(), stderr: Vec::new(), code: 7 };
        let bytes = answer.encode();
        assert_eq!(MockAnswer::decode(&bytes), Some(answer));
        for cut in 0..bytes.len() {
            assert_eq!(MockAnswer::decode(&bytes[..cut]), None, "cut at {cut}");
        }
        assert_eq!(MockCall::decode(&[5, 0, 0, 0, 1]), None);
    }
}
