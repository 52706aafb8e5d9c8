//! What a container has written, kept as Docker's `json-file` driver keeps it: a JSON object a line.
//!
//! [`LogWriter`] takes the bytes, [`encode`] makes entries of them, [`file`] brings these to the disk, on a thread of
//! its own ([`carrier`]) where they are many; [`reader`] reads them.

mod carrier;
mod encode;
mod file;
mod reader;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::life::place::Place;
use crate::life::record::now;
use carrier::Carrier;
use file::{LogFile, PENDING_MAX};

pub use reader::LogReader;

/// The name of the newest file in a container's folder.
const NAME: &str = "log.json";
/// So much at once, in bytes, is worth another thread's while.
const MUCH: usize = 4 << 10;

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// A line with its newline, or a piece of one that was too long or had no end.
    pub log: String,
    /// Where it was written.
    pub stream: Stream,
    /// When, RFC 3339 with nanoseconds.
    pub time: String,
}

/// Writes a log.
#[derive(Debug)]
pub(crate) struct LogWriter {
    /// Nothing is kept where there is none.
    carrier: Option<Carrier>,
    /// How much was written, in bytes.
    written: usize,
    time: fn() -> u64,
}

impl LogWriter {
    pub(crate) fn new(place: Arc<Place>) -> Self {
        let carrier = (!place.record.spec.log.none).then(|| Carrier::new(LogFile::new(place)));
        Self { carrier, written: 0, time: now }
    }

    /// Keeps bytes; lines that have no end yet wait for it.
    ///
    /// # Errors
    /// The disk is full, or fails; or did when earlier bytes were brought there.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let Some(carrier) = &mut self.carrier else { return Ok(()) };
        self.written = self.written.saturating_add(bytes.len());
        // Who prints little finds it in the log at once, and pays for no thread.
        let is_much = bytes.len() >= MUCH && self.written > PENDING_MAX;
        carrier.write(stream, bytes, (self.time)(), is_much)
    }

    /// Keeps what has no end: nothing more comes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let time = (self.time)();
        self.carrier.as_mut().map_or(Ok(()), |carrier| carrier.finish(time))
    }
}
