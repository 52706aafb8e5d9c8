//! What lets programs look up that make no calls.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// How often programs look up.
const INTERVAL: Duration = Duration::from_millis(50);

/// Lets the epoch of an engine pass, as long as this value lives.
pub(crate) struct Ticker {
    _alive: Sender<()>,
}

impl Ticker {
    /// Starts a thread that does it.
    pub(crate) fn start(engine: wasmtime::Engine) -> Self {
        let (alive, ended) = mpsc::channel();
        std::thread::spawn(move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Self { _alive: alive }
    }
}
