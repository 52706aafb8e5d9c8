//! The host's side of a container: clock, randomness, standard streams.

#[cfg(not(unix))]
mod portable;
#[cfg(not(unix))]
#[path = "no_terminal.rs"]
pub(crate) mod terminal;
#[cfg(unix)]
#[path = "unix_terminal.rs"]
pub(crate) mod terminal;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use portable as platform;
#[cfg(unix)]
use unix as platform;

use std::io;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wcr_kernel::{Entropy, FullReads, HostClock, HostInput, Stdio};

use terminal::{RawMode, TerminalInput};

/// The host's clocks.
#[derive(Debug)]
pub(crate) struct Clocks {
    start: Instant,
}

impl Clocks {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl HostClock for Clocks {
    fn realtime(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn monotonic(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The host's source of randomness.
#[derive(Debug)]
pub(crate) struct HostEntropy;

impl Entropy for HostEntropy {
    fn fill(&mut self, buf: &mut [u8]) {
        // Every supported host has a source that does not fail once the system has started.
        if getrandom::fill(buf).is_err() {
            std::process::abort();
        }
    }
}

/// The process's own standard streams; the input only when `input` asks for it, and with `full_reads` so
/// that nothing shows of how its bytes came in.
pub(crate) fn stdio(input: bool, full_reads: bool) -> Stdio {
    let input: Option<Box<dyn HostInput>> = match (input, full_reads) {
        (false, _) => None,
        (true, false) => Some(Box::new(platform::Input::new())),
        (true, true) => Some(Box::new(FullReads(platform::Input::new()))),
    };
    Stdio {
        input,
        output: Box::new(platform::Output::stdout()),
        error: Box::new(platform::Output::stderr()),
        terminal: None,
    }
}

/// A terminal whose screen is the process's standard output and, when `keys` asks for it, whose keyboard is that of the
/// terminal on standard input, which passes on every key until the second value is dropped.
///
/// # Errors
/// The host's, when its terminal cannot be used so.
pub(crate) fn terminal(keys: bool) -> io::Result<(Stdio, Option<RawMode>)> {
    let input = TerminalInput::new(keys)?;
    let raw = keys.then(RawMode::enter).transpose()?;
    let stdio = Stdio { input: Some(Box::new(input)), terminal: Some(terminal::size()), ..stdio(false, false) };
    Ok((stdio, raw))
}
