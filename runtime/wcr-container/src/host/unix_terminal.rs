//! A terminal of a Unix host: its keys go to the container as they are, and its size and its end are told.

use std::io::{self, Read as _};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use wcr_abi::{Errno, Signal, WinSize};
use wcr_kernel::{HostEvent, HostInput};

use super::platform::Input;

/// The signals that end wcr, and with it the container.
const ENDING: [(i32, Signal); 4] =
    [(SIGHUP, Signal::HUP), (SIGINT, Signal::INT), (SIGQUIT, Signal::QUIT), (SIGTERM, Signal::TERM)];

/// The size of the terminal that is this process's standard input or output; all zero when neither is one.
pub(crate) fn size() -> WinSize {
    [rustix::stdio::stdin(), rustix::stdio::stdout()]
        .into_iter()
        .find_map(|fd| tcgetwinsize(fd).ok())
        .map_or_else(WinSize::default, |size| WinSize { rows: size.ws_row, cols: size.ws_col })
}

/// The terminal on standard input as it was before; it is put back so when this is dropped.
pub(crate) struct RawMode {
    saved: Termios,
}

impl RawMode {
    /// From now on every key comes at once and as it is, and shows only if the container shows it.
    ///
    /// # Errors
    /// The host's, when standard input is no terminal.
    pub(crate) fn enter() -> io::Result<Self> {
        let saved = tcgetattr(rustix::stdio::stdin())?;
        let mut raw = saved.clone();
        raw.make_raw();
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { saved })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // There is nobody left to be told of a failure, and nothing else to try.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &self.saved);
    }
}

/// The keys of the host's terminal, and what else it says.
pub(crate) struct TerminalInput {
    /// `None`: the container does not get them.
    keys: Option<Input>,
    /// A byte comes here with each signal.
    wakeups: UnixStream,
    resized: Arc<AtomicBool>,
    ended: [Arc<AtomicBool>; ENDING.len()],
    /// The terminal is gone. Only what it controls gets a signal then.
    hung_up: bool,
}

impl TerminalInput {
    /// Listens from now on, to the keys only if `keys` says so.
    ///
    /// # Errors
    /// The host's, when a signal cannot be caught.
    pub(crate) fn new(keys: bool) -> io::Result<Self> {
        let (wakeups, waker) = UnixStream::pair()?;
        wakeups.set_nonblocking(true)?;
        let catch = |signal: i32| -> io::Result<Arc<AtomicBool>> {
            let came = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, came.clone())?;
            signal_hook::low_level::pipe::register(signal, waker.try_clone()?)?;
            Ok(came)
        };
        let resized = catch(SIGWINCH)?;
        let [hup, int, quit, term] = ENDING.map(|(signal, _)| catch(signal));
        Ok(Self { keys: keys.then(Input::new), wakeups, resized, ended: [hup?, int?, quit?, term?], hung_up: false })
    }
}

impl HostInput for TerminalInput {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let Some(keys) = &mut self.keys else { return Ok(None) };
        match keys.try_read(buf) {
            // In raw mode no key ends the input.
            Ok(Some(0)) | Err(_) if !buf.is_empty() => {
                self.hung_up = true;
                Ok(None)
            }
            result => result,
        }
    }

    fn ready(&mut self) -> bool {
        self.keys.as_mut().is_some_and(HostInput::ready)
    }

    fn wait(&mut self, timeout: Option<u64>) {
        use std::os::fd::AsFd as _;
        let timeout = timeout.and_then(|nanos| Timespec::try_from(Duration::from_nanos(nanos)).ok());
        let keys: Option<BorrowedFd<'_>> = self.keys.is_some().then(rustix::stdio::stdin);
        let sources = keys.into_iter().chain([self.wakeups.as_fd()]);
        let mut sources: Vec<PollFd<'_>> = sources.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        // A signal ends the wait with an error, and has left its byte.
        let _ = poll(&mut sources, timeout.as_ref());
        self.hung_up |= self.keys.is_some() && sources.iter().any(|source| source.revents().contains(PollFlags::HUP));
    }

    fn event(&mut self) -> Option<HostEvent> {
        let mut bytes = [0; 64];
        while self.wakeups.read(&mut bytes).is_ok_and(|count| count > 0) {}
        let ended = self.ended.iter().zip(ENDING).find(|(came, _)| came.swap(false, Ordering::Relaxed));
        if let Some((_, (_, signal))) = ended {
            return Some(HostEvent::Ended(signal));
        }
        if core::mem::take(&mut self.hung_up) {
            return Some(HostEvent::Ended(Signal::HUP));
        }
        self.resized.swap(false, Ordering::Relaxed).then(|| HostEvent::Resized(size()))
    }
}
