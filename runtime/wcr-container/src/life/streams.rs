//! The standard streams of a container that is kept: to its log, and to whoever is attached.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wcr_abi::{Errno, WinSize};
use wcr_engine::Remote;
use wcr_kernel::{HostEvent, HostInput, HostOutput};

use crate::life::frame;
use crate::life::log::{LogWriter, Stream};

/// How many bytes may be on their way to somebody attached before the container has to wait.
const AHEAD: usize = 256 << 10;

/// How long somebody who takes nothing is waited for when the container has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is on its way to somebody outside, whom a thread of its own brings it to.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<Outgoing>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Outgoing {
    frames: VecDeque<(u8, Vec<u8>)>,
    bytes: usize,
    /// Nothing more comes.
    ended: bool,
    /// Nobody is there any more, or all has been brought there.
    gone: bool,
}

impl Outbox {
    /// Puts something in, whatever is in already; `false` when nobody is there.
    pub(crate) fn put(&self, kind: u8, bytes: Vec<u8>) -> bool {
        let mut state = self.state();
        if state.gone || state.ended {
            return false;
        }
        state.bytes += bytes.len();
        state.frames.push_back((kind, bytes));
        self.changed.notify_all();
        true
    }

    /// Whether it is full for now.
    pub(crate) fn is_full(&self) -> bool {
        let state = self.state();
        state.bytes >= AHEAD && !state.gone
    }

    /// Waits until it is not full, for at most this long.
    fn wait_for_room(&self, most: Duration) {
        let full = |state: &mut Outgoing| state.bytes >= AHEAD && !state.gone;
        drop(self.changed.wait_timeout_while(self.state(), most, full));
    }

    /// Nothing more comes.
    pub(crate) fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    /// Nobody is there any more.
    pub(crate) fn leave(&self) {
        let mut state = self.state();
        state.gone = true;
        state.frames.clear();
        state.bytes = 0;
        self.changed.notify_all();
    }

    /// Waits until all has been brought there, or nobody is there, for at most this long.
    fn wait_until_brought(&self, most: Duration) {
        drop(self.changed.wait_timeout_while(self.state(), most, |state| !state.gone));
    }

    /// The next frame, when it comes; `None` at the end.
    pub(crate) fn take(&self) -> Option<(u8, Vec<u8>)> {
        let nothing = |state: &mut Outgoing| state.frames.is_empty() && !state.ended && !state.gone;
        let mut state = self.changed.wait_while(self.state(), nothing).unwrap_or_else(PoisonError::into_inner);
        let (kind, bytes) = state.frames.pop_front()?;
        state.bytes -= bytes.len();
        self.changed.notify_all();
        Some((kind, bytes))
    }

    fn state(&self) -> MutexGuard<'_, Outgoing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a container's streams meet the world.
#[derive(Clone)]
pub(crate) struct Hub {
    shared: Arc<Mutex<Shared>>,
    remote: Remote,
}

struct Shared {
    log: LogWriter,
    attached: Vec<Arc<Outbox>>,
    /// Who waits for the exit code only.
    waiting: Vec<Arc<Outbox>>,
    /// All to whom something is on its way.
    outboxes: Vec<Arc<Outbox>>,
    /// What was typed, and has not been read.
    input: VecDeque<u8>,
    input_ended: bool,
    resized: Option<WinSize>,
}

impl Hub {
    pub(crate) fn new(log: LogWriter, remote: Remote) -> Self {
        let (input, attached, outboxes) = (VecDeque::new(), Vec::new(), Vec::new());
        let shared = Shared { log, attached, waiting: Vec::new(), outboxes, input, input_ended: false, resized: None };
        Self { shared: Arc::new(Mutex::new(shared)), remote }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that is written from now on goes there, too, and at last the exit code.
    pub(crate) fn attach(&self, outbox: Arc<Outbox>) {
        self.shared().attached.push(outbox);
        self.remote.call();
    }

    /// The exit code goes there, when the container has ended.
    pub(crate) fn await_end(&self, outbox: Arc<Outbox>) {
        self.shared().waiting.push(outbox);
    }

    /// The container's process does not end before all has been brought there.
    pub(crate) fn track(&self, outbox: Arc<Outbox>) {
        let mut shared = self.shared();
        shared.outboxes.retain(|outbox| !outbox.state().gone);
        shared.outboxes.push(outbox);
    }

    /// Whether somebody is attached.
    pub(crate) fn has_attached(&self) -> bool {
        !self.shared().attached.is_empty()
    }

    /// Puts bytes into the container's standard input.
    pub(crate) fn input(&self, bytes: &[u8]) {
        self.shared().input.extend(bytes);
        self.remote.call();
    }

    /// Whether much of the input has not been read yet.
    pub(crate) fn is_input_full(&self) -> bool {
        self.shared().input.len() >= AHEAD
    }

    /// Nothing more comes through the standard input.
    pub(crate) fn end_input(&self) {
        self.shared().input_ended = true;
        self.remote.call();
    }

    /// The window of the container's terminal has this size from now on.
    pub(crate) fn resize(&self, size: WinSize) {
        self.shared().resized = Some(size);
        self.remote.call();
    }

    /// The container's first process has ended: the log is completed.
    pub(crate) fn finish(&self) {
        // A log that cannot be written is no reason to lose the exit code.
        drop(self.shared().log.finish());
    }

    /// Everybody attached is told a sentence beside the output.
    pub(crate) fn note(&self, text: &str) {
        self.shared().attached.retain(|outbox| outbox.put(frame::NOTE, text.into()));
    }

    /// The size that the window of the container's terminal has, if somebody has said so since the last look.
    pub(crate) fn take_size(&self) -> Option<WinSize> {
        self.shared().resized.take()
    }

    /// The container has ended for good with this exit code: everybody is told, and everything is brought where it goes.
    pub(crate) fn end(&self, code: u8) {
        let (attached, outboxes) = {
            let mut shared = self.shared();
            let mut attached = core::mem::take(&mut shared.attached);
            attached.append(&mut shared.waiting);
            (attached, core::mem::take(&mut shared.outboxes))
        };
        for outbox in attached {
            outbox.put(frame::EXIT, vec![code]);
            outbox.end();
        }
        for outbox in outboxes {
            outbox.wait_until_brought(PATIENCE);
        }
    }

    /// The container is started again: what was typed is gone.
    pub(crate) fn restart(&self) {
        let mut shared = self.shared();
        shared.input.clear();
        shared.input_ended = false;
    }

    /// Takes a stream's bytes to the log and to everybody attached.
    fn output(&self, stream: Stream, kind: u8, bytes: &[u8]) -> Result<(), Errno> {
        let attached = {
            let mut shared = self.shared();
            shared.log.write(stream, bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::StorageFull => Errno::Nospc,
                _ => Errno::Io,
            })?;
            shared.attached.retain(|outbox| outbox.put(kind, bytes.to_vec()));
            shared.attached.clone()
        };
        // The container waits for who looks at it, as for a slow terminal; but can be stopped.
        for outbox in attached {
            while outbox.is_full() && !self.remote.is_asked() {
                outbox.wait_for_room(Duration::from_millis(100));
            }
        }
        Ok(())
    }
}

/// Output of a container that goes to its hub and, where there is one, to another place first.
pub(crate) struct Tee {
    pub(crate) first: Option<Box<dyn HostOutput>>,
    pub(crate) hub: Hub,
    pub(crate) stream: Stream,
    pub(crate) kind: u8,
}

impl HostOutput for Tee {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let Some(first) = &mut self.first else {
            return self.hub.output(self.stream, self.kind, bytes).map(|()| bytes.len());
        };
        let count = first.write(bytes)?;
        // Who sees the output where it goes first does not lose it to a log that cannot be written.
        let _ = self.hub.output(self.stream, self.kind, bytes.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Standard input, or the keyboard, of a container that runs on its own.
pub(crate) struct HubInput(pub(crate) Hub);

impl HostInput for HubInput {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let mut shared = self.0.shared();
        if shared.input.is_empty() {
            return Ok(shared.input_ended.then_some(0));
        }
        let count = buf.len().min(shared.input.len());
        for (slot, byte) in buf.iter_mut().zip(shared.input.drain(..count)) {
            *slot = byte;
        }
        Ok(Some(count))
    }

    fn ready(&mut self) -> bool {
        let shared = self.0.shared();
        !shared.input.is_empty() || shared.input_ended
    }

    fn wait(&mut self, timeout: Option<u64>) {
        self.0.remote.sleep(timeout.map(Duration::from_nanos));
    }

    fn event(&mut self) -> Option<HostEvent> {
        self.0.take_size().map(HostEvent::Resized)
    }
}
