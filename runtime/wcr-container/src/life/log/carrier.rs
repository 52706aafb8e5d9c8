//! Who brings bytes to a log: whoever has them, or a thread beside, while the container goes on.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Stream;
use super::file::LogFile;

/// How much may be on its way, in bytes, before who writes has to wait.
const AHEAD: usize = 512 << 10;

/// Brings bytes to a log, in their order.
#[derive(Debug)]
pub(super) struct Carrier {
    shared: Arc<Shared>,
    /// Whether there is a thread.
    has_thread: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// `None` while the thread writes to it.
    file: Option<LogFile>,
    waiting: VecDeque<Piece>,
    /// How many bytes those have.
    bytes: usize,
    /// What the thread failed with, until somebody is told.
    failed: Option<io::Error>,
    /// Nothing more comes.
    ended: bool,
}

#[derive(Debug)]
struct Piece {
    stream: Stream,
    bytes: Vec<u8>,
    time: u64,
}

impl Carrier {
    pub(super) fn new(file: LogFile) -> Self {
        let state = State { file: Some(file), waiting: VecDeque::new(), bytes: 0, failed: None, ended: false };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }), has_thread: false }
    }

    /// Brings bytes that were written at `time`; by the thread if they are many, or if others are on their way.
    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8], time: u64, is_much: bool) -> io::Result<()> {
        let mut state = self.shared.state();
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        let is_free = state.waiting.is_empty();
        if let Some(file) = state.file.as_mut().filter(|_| is_free && !(is_much && self.has_thread)) {
            file.write(stream, bytes, time)?;
            drop(state);
            if is_much {
                self.begin_thread();
            }
            return Ok(());
        }
        state = self.shared.wait_while(state, |state| state.bytes > AHEAD);
        state.bytes += bytes.len();
        state.waiting.push_back(Piece { stream, bytes: bytes.to_vec(), time });
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Waits for what is on its way, and keeps what has no end.
    pub(super) fn finish(&mut self, time: u64) -> io::Result<()> {
        let mut state =
            self.shared.wait_while(self.shared.state(), |state| state.file.is_none() || !state.waiting.is_empty());
        let failed = state.failed.take().map_or(Ok(()), Err);
        let finished = state.file.as_mut().map_or(Ok(()), |file| file.finish(time));
        failed.and(finished)
    }

    fn begin_thread(&mut self) {
        let shared = self.shared.clone();
        // Where there can be no thread, who has the bytes goes on to bring them.
        self.has_thread = thread::Builder::new().name("log".into()).spawn(move || shared.carry()).is_ok();
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed.wait_while(state, condition).unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does, until nothing more comes.
    fn carry(&self) {
        let mut state = self.state();
        loop {
            state = self.wait_while(state, |state| state.waiting.is_empty() && !state.ended);
            let Some(piece) = state.waiting.pop_front() else { return };
            // Nobody else takes it: pieces wait only while it is here, or the thread has it.
            let Some(mut file) = state.file.take() else { return };
            drop(state);
            let done = file.write(piece.stream, &piece.bytes, piece.time);
            state = self.state();
            state.file = Some(file);
            state.bytes -= piece.bytes.len();
            if let Err(error) = done {
                state.failed = Some(error);
            }
            self.changed.notify_all();
        }
    }
}
