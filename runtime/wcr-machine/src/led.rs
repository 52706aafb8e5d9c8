//! What stands around a container that somebody leads step by step: the input it is given, and the programs that are
//! started beside its first one.

use std::collections::VecDeque;

use wcr_image::RunConfig;
use wcr_kernel::{Kernel, Session, SessionStream};

use crate::boot::enter;
use crate::loader::LastRefusal;
use crate::settings::Settings;

/// How much of an output is taken at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Input that is given piece by piece, and read in other pieces.
#[derive(Debug, Default)]
pub struct Fed {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Fed {
    /// Adds to what can be read.
    pub fn feed(&mut self, bytes: Vec<u8>) {
        self.bytes.extend(bytes);
    }

    /// Nothing comes any more.
    pub const fn close(&mut self) {
        self.closed = true;
    }

    /// Whether a read gives something, be it the end.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.closed || !self.bytes.is_empty()
    }

    /// Reads: how many bytes there are, 0 at the end; `None` when more may come.
    pub fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        if self.bytes.is_empty() {
            return self.closed.then_some(0);
        }
        let count = buf.len().min(self.bytes.len());
        buf.iter_mut().zip(self.bytes.drain(..count)).for_each(|(to, from)| *to = from);
        Some(count)
    }
}

/// A program beside the first one of its container, without input, whose output is kept.
#[derive(Debug, Default)]
pub struct Companion {
    session: Option<Session>,
    outputs: [Vec<u8>; 2],
    ended: Option<Result<u8, String>>,
}

impl Companion {
    /// Starts it; why it was not started is its end.
    pub fn enter(&mut self, kernel: &mut Kernel, config: &RunConfig, settings: &Settings, refusal: &LastRefusal) {
        match enter(kernel, config, settings, refusal, false, None) {
            Ok(session) => self.session = Some(session),
            Err(error) => self.ended = Some(Err(error.to_string())),
        }
    }

    /// Takes what the program has written; whether there will be more to do.
    pub fn turn(&mut self, kernel: &mut Kernel) -> bool {
        let Some(session) = self.session.take() else { return false };
        let status = kernel.session_status(&session);
        let mut piece = vec![0; PIECE];
        for (stream, output) in [SessionStream::Output, SessionStream::Error].into_iter().zip(&mut self.outputs) {
            while let Some(count) = kernel.session_read(&session, stream, &mut piece).filter(|count| *count > 0) {
                output.extend_from_slice(piece.get(..count).unwrap_or_default());
            }
        }
        match status {
            Some(status) => {
                kernel.close_session(session);
                self.ended = Some(Ok(status.shell_code()));
                false
            }
            None => {
                self.session = Some(session);
                true
            }
        }
    }

    /// How it has ended, if it has: the exit code, or why it was not started.
    #[must_use]
    pub fn ended(&self) -> Option<Result<u8, String>> {
        self.ended.clone()
    }

    /// What it has written on standard output and standard error since the last time.
    pub fn take_output(&mut self) -> [Vec<u8>; 2] {
        core::mem::take(&mut self.outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::Fed;

    #[test]
    fn input_comes_in_other_pieces_than_it_was_given() {
        let mut fed = Fed::default();
        let mut buf = [0; 4];
        assert_eq!((fed.ready(), fed.read(&mut buf)), (false, None));
        fed.feed(b"abc".to_vec());
        fed.feed(b"def".to_vec());
        assert_eq!((fed.ready(), fed.read(&mut buf), &buf), (true, Some(4), b"abcd"));
        fed.close();
        assert_eq!((fed.read(&mut buf), &buf[..2]), (Some(2), &b"ef"[..]));
        assert_eq!((fed.ready(), fed.read(&mut buf)), (true, Some(0)));
    }
}
