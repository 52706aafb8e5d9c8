//! A user's terminal, or standard streams, joined to a container's.

use std::io::{self, Read as _, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::Signals;
use wcr_abi::Signal;

use crate::host::terminal::{self, RawMode};
use crate::life::Container;
use crate::life::detach::{DetachKeys, Join, JoinEnd, Joined};
use crate::life::error::LifeError;
use crate::life::unix::client::{Attached, AttachedInput, Event};

impl Attached {
    /// Joins this process's standard streams to the other side's until one of them ends.
    ///
    /// # Errors
    /// The terminal cannot be used; the connection fails.
    pub fn join(mut self, join: Join) -> Result<Joined, LifeError> {
        let failed = |error| LifeError::Run(crate::RunError::Terminal(error));
        let (left, ended_by) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU8::new(0)));
        let raw = (join.terminal && join.input).then(RawMode::enter).transpose().map_err(failed)?;
        if join.terminal {
            self.follow_size().map_err(failed)?;
        }
        if let Some(container) = join.signals {
            forward_signals(*container).map_err(failed)?;
        }
        let may_hang_up = join.ends.is_some();
        if let Some(container) = join.ends {
            end_with_terminal(*container, ended_by.clone()).map_err(failed)?;
        }
        if join.input {
            let (input, left) = (self.input().map_err(failed)?, left.clone());
            let keys = join.terminal.then_some(join.keys);
            thread::spawn(move || {
                let has_left = read_input(input, keys.as_ref(), &left);
                if !has_left && may_hang_up {
                    // A terminal has no other end.
                    drop(signal_hook::low_level::raise(SIGHUP));
                }
            });
        }
        let mut notes = Vec::new();
        let end = loop {
            match self.next()? {
                Some(Event::Output(bytes)) => write(&mut io::stdout(), &bytes),
                Some(Event::Error(bytes)) => write(&mut io::stderr(), &bytes),
                Some(Event::Note(text)) => notes.push(text),
                Some(Event::Exit(code)) => break JoinEnd::Exit(code),
                None if left.load(Ordering::SeqCst) => break JoinEnd::Detached,
                None => break JoinEnd::Lost,
            }
        };
        drop(raw);
        let end = match ended_by.load(Ordering::SeqCst) {
            0 => end,
            signal => JoinEnd::Exit(128 + signal),
        };
        Ok(Joined { end, notes })
    }

    /// Tells the other side the size of this terminal's window, now and whenever it changes.
    fn follow_size(&self) -> io::Result<()> {
        let mut input = self.input()?;
        let tell = |input: &mut AttachedInput| {
            let size = terminal::size();
            size.rows == 0 || input.resize(size.rows, size.cols).is_ok()
        };
        tell(&mut input);
        let mut signals = Signals::new([SIGWINCH])?;
        thread::spawn(move || signals.forever().all(|_| tell(&mut input)));
        Ok(())
    }
}

/// The size of the window of this process's terminal, rows and columns; 24 and 80 when there is none.
#[must_use]
pub fn window_size() -> (u16, u16) {
    own_window().unwrap_or((24, 80))
}

/// The size of the window of this process's terminal, rows and columns, if it has one.
pub(crate) fn own_window() -> Option<(u16, u16)> {
    let size = terminal::size();
    (size.rows > 0).then_some((size.rows, size.cols))
}

/// What nobody reads is no failure of the container.
fn write(out: &mut impl Write, bytes: &[u8]) {
    drop(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Sends what is typed until it ends, or the user leaves; whether the user has left.
fn read_input(mut input: AttachedInput, keys: Option<&DetachKeys>, left: &AtomicBool) -> bool {
    let (mut typed, mut pressed) = (vec![0; 16 << 10], 0);
    loop {
        let got = match io::stdin().read(&mut typed) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        let bytes = typed.get(..got).unwrap_or_default();
        let (bytes, leave) = match keys {
            Some(keys) => keys.filter(bytes, &mut pressed),
            None => (bytes.to_vec(), false),
        };
        if (!bytes.is_empty() && input.send(&bytes).is_err()) || got == 0 && input.end().is_err() {
            // The other side has ended.
            return true;
        }
        if leave {
            left.store(true, Ordering::SeqCst);
            input.leave();
        }
        if leave || got == 0 {
            return leave;
        }
    }
}

/// Ends a container at the first signal that would end this process; `ended_by` is that signal then.
fn end_with_terminal(container: Container, ended_by: Arc<AtomicU8>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            ended_by.store(u8::try_from(signal).unwrap_or_default(), Ordering::SeqCst);
            // One that has just ended needs none.
            drop(container.kill());
        }
    });
    Ok(())
}

/// Sends the signals that come to this process on to a container's first process.
fn forward_signals(container: Container) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            // One that has just ended needs none.
            drop(u8::try_from(signal).map(|signal| container.signal(Signal(signal))));
        }
    });
    Ok(())
}
