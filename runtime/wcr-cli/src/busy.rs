//! What is shown at a terminal while something takes long that tells little of how far it is.

use std::io::{self, IsTerminal as _, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::text::{safe, size};

/// What is done within this time is not worth a word.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time between two drawings.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on standard error, at a terminal, from half a second on until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    work: Arc<Work>,
    /// Draws; there is none where nobody looks.
    thread: Option<JoinHandle<()>>,
}

/// What is being done.
#[derive(Debug)]
struct Work {
    what: String,
    /// How many bytes there are to do, if that is known.
    total: Option<u64>,
    bytes: AtomicU64,
    ended: Mutex<bool>,
    end: Condvar,
}

impl Busy {
    /// Begins something, of so many bytes if that is known.
    pub(crate) fn begin(what: impl Into<String>, total: Option<u64>) -> Self {
        let (ended, end) = (Mutex::new(false), Condvar::new());
        let work = Arc::new(Work { what: safe(&what.into()), total, bytes: AtomicU64::new(0), ended, end });
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let thread = (io::stderr().is_terminal() && !dumb).then(|| {
            let work = Arc::clone(&work);
            std::thread::spawn(move || work.draw())
        });
        Self { work, thread }
    }

    /// So many bytes more are done.
    pub(crate) fn add(&self, bytes: u64) {
        self.work.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The stream, with each byte that is read or written counted.
    pub(crate) fn count<Stream>(&self, stream: Stream) -> Counted<Stream> {
        Counted { stream, work: Arc::clone(&self.work) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.work.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.work.end.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell.
            drop(thread.join());
        }
    }
}

impl Work {
    /// Draws again and again until the work has ended; the line is wiped then.
    fn draw(&self) {
        let started = Instant::now();
        let mut drawn = false;
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            let pause = if drawn { INTERVAL } else { PATIENCE };
            let waited = self.end.wait_timeout_while(ended, pause, |ended| !*ended);
            (ended, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
            let text = match *ended {
                false => format!("\r{}\x1b[K", self.line(started.elapsed(), width)),
                true if drawn => "\r\x1b[K".to_owned(),
                true => return,
            };
            // A terminal that has gone away shows nothing any more.
            drop(io::stderr().write_all(text.as_bytes()));
            drawn = true;
        }
    }

    /// The work in a line that is shorter than `width`.
    fn line(&self, time: Duration, width: usize) -> String {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let much = match self.total {
            Some(total) if total > 0 => {
                let percent = u128::from(bytes.min(total)) * 100 / u128::from(total);
                format!("{} of {} ({percent}%), ", size(bytes.min(total)), size(total))
            }
            _ if bytes > 0 => format!("{}, ", size(bytes)),
            _ => String::new(),
        };
        let line = format!("{}: {much}{} s", self.what, time.as_secs());
        line.chars().take(width.saturating_sub(1)).collect()
    }
}

/// A stream whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Counted<Stream> {
    stream: Stream,
    work: Arc<Work>,
}

impl<Stream> Counted<Stream> {
    fn add(&self, count: usize) -> usize {
        self.work.bytes.fetch_add(count as u64, Ordering::Relaxed);
        count
    }
}

impl<Stream: Read> Read for Counted<Stream> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        Ok(self.add(count))
    }
}

impl<Stream: Write> Write for Counted<Stream> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        Ok(self.add(count))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(total: Option<u64>, bytes: u64) -> Work {
        let (ended, end) = (Mutex::new(false), Condvar::new());
        Work { what: "loading x".into(), total, bytes: AtomicU64::new(bytes), ended, end }
    }

    #[test]
    fn a_line_tells_what_is_known() {
        let time = Duration::from_millis(3900);
        assert_eq!(work(None, 0).line(time, 80), "loading x: 3 s");
        assert_eq!(work(None, 5000).line(time, 80), "loading x: 5.00 kB, 3 s");
        assert_eq!(work(Some(20_000), 5000).line(time, 80), "loading x: 5.00 kB of 20.0 kB (25%), 3 s");
        assert_eq!(work(Some(20_000), 50_000).line(time, 80), "loading x: 20.0 kB of 20.0 kB (100%), 3 s");
        assert_eq!(work(None, 0).line(time, 10), "loading x");
    }

    #[test]
    fn bytes_of_streams_are_counted() {
        let busy = Busy::begin("x", None);
        let mut read = Vec::new();
        busy.count(&b"12345"[..]).read_to_end(&mut read).unwrap();
        busy.count(&mut read).write_all(b"678").unwrap();
        busy.add(2);
        assert_eq!((busy.work.bytes.load(Ordering::Relaxed), read.as_slice()), (10, &b"12345678"[..]));
    }
}
