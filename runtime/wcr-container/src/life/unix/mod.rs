//! Containers on their own, on hosts where a process can live without a terminal and be reached over a socket.

mod address;
mod client;
mod join;
mod keeper;
mod probe;
mod server;

use std::time::Duration;

use wcr_abi::Signal;
use wcr_store::ContainerLock;

pub use client::{Attached, AttachedInput, Event};
pub use join::window_size;
pub use keeper::keep;

use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::frame::{Answer, Exec, ProcessLine, Request, Usage};
use crate::life::place::{self, Place};
use crate::life::record::{Status, short};
use crate::life::{Container, LAST, unexpected};

/// How long a container that has ended may take to keep what it has written.
const KEEPS: Duration = Duration::from_secs(1);

impl Container {
    /// Starts a new container on its own. With `attach` the connection to its streams, from their beginning.
    ///
    /// # Errors
    /// [`LifeError::Start`] when its first process cannot be started.
    pub fn launch(place: Place, attach: bool) -> Result<(Self, Option<Attached>), LifeError> {
        let (store, record) = (place.store.clone(), place.record.clone());
        let (folder, lock) = place.into_parts()?;
        let container = Self { store, folder, record };
        let attached = container.spawn(lock, attach)?;
        Ok((container, attached))
    }

    /// Starts a container that does not run. One that runs already is left as it is.
    ///
    /// # Errors
    /// [`LifeError::Start`], [`LifeError::Paused`].
    pub fn start(&self, attach: bool) -> Result<Option<Attached>, LifeError> {
        match self.lock() {
            Ok(lock) => {
                let mut state = self.stored_state()?;
                state.stopped = false;
                state.restarts = 0;
                place::write_state(&self.store, &self.folder, &state)?;
                self.spawn(lock, attach)
            }
            Err(LifeError::Running { status: Status::Paused, .. }) => {
                Err(LifeError::Paused { container: self.name()? })
            }
            Err(LifeError::Running { .. }) if attach => self.attach(true).map(Some),
            Err(LifeError::Running { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn spawn(&self, lock: ContainerLock, attach: bool) -> Result<Option<Attached>, LifeError> {
        let keeper = keeper::Keeper::spawn(&self.store, &self.folder, &lock, attach)?;
        // From here on it is the other process's.
        drop(lock);
        let attached = attach.then(|| self.command(&self.attach_request(true)));
        // Why it was not started says more than that it cannot be joined.
        keeper.started()?;
        attached.transpose()
    }

    /// The streams of a container that runs, from now on.
    ///
    /// # Errors
    /// [`LifeError::NotRunning`], [`LifeError::Paused`].
    pub fn attach(&self, input: bool) -> Result<Attached, LifeError> {
        self.running()?;
        self.command(&self.attach_request(input))
    }

    fn attach_request(&self, input: bool) -> Request {
        Request::Attach { input, window: self.record.spec.tty.then(join::own_window).flatten() }
    }

    /// Starts a process in a running container.
    ///
    /// # Errors
    /// [`LifeError::Start`], [`LifeError::NotRunning`], [`LifeError::Paused`].
    pub fn exec(&self, exec: Exec) -> Result<Attached, LifeError> {
        self.running()?;
        self.command(&Request::Exec(exec))
    }

    /// What it answers while it runs. `None` when it does not, or ended before it answered: then its files are those that
    /// were kept.
    pub(crate) fn ask(&self, request: &Request) -> Result<Option<Answer>, LifeError> {
        if !self.state()?.status.is_alive() {
            return Ok(None);
        }
        match self.request(request) {
            Ok((answer, _)) => Ok(Some(answer)),
            Err(LifeError::NotRunning { .. }) => {
                // What it has written is kept at its very end.
                self.ends_within(KEEPS)?;
                if self.folder.exists() { Ok(None) } else { Err(LifeError::Unknown(short(self.id()).to_owned())) }
            }
            Err(error) => Err(error),
        }
    }

    fn running(&self) -> Result<(), LifeError> {
        match self.state()?.status {
            Status::Running => Ok(()),
            Status::Paused => Err(LifeError::Paused { container: self.name()? }),
            _ => Err(LifeError::NotRunning { container: self.name()? }),
        }
    }

    /// Sends a signal to its first process.
    ///
    /// # Errors
    /// [`LifeError::NotRunning`].
    pub fn signal(&self, signal: Signal) -> Result<(), LifeError> {
        if !self.state()?.status.is_alive() {
            return Err(LifeError::NotRunning { container: self.name()? });
        }
        if signal == Signal::KILL {
            return self.kill();
        }
        match self.command(&Request::Signal(signal.0)) {
            // It may end by the signal before it can say so.
            Ok(_) | Err(LifeError::NotRunning { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&self) -> Result<(), LifeError> {
        let keeper = self.stored_state()?.keeper;
        let asked = self.command(&Request::Stop { signal: Signal::KILL.0 });
        if self.ends_within(if asked.is_ok() { LAST } else { Duration::ZERO })? {
            return Ok(());
        }
        // A program that never looks up: its process goes, and with it what was not kept.
        if let Some(pid) = i32::try_from(keeper).ok().and_then(rustix::process::Pid::from_raw)
            && self.folder.is_locked()?
        {
            self.tell(Happening::kill(Signal::KILL));
            match rustix::process::kill_process(pid, rustix::process::Signal::KILL) {
                // It has gone by itself.
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(errno) => return Err(LifeError::unreachable(self.id())(errno.into())),
            }
        }
        self.ends_within(LAST)?;
        Ok(())
    }

    /// Asks it to end, waits for at most `patience` (`None`: as long as it takes), and then kills it. One that does not
    /// run is left as it is.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn stop(&self, signal: Option<Signal>, patience: Option<Duration>) -> Result<(), LifeError> {
        let status = self.state()?.status;
        if !status.is_alive() {
            return Ok(());
        }
        if status == Status::Paused {
            self.pause(false)?;
        }
        let signal = signal.unwrap_or_else(|| self.record.stop_signal());
        match self.command(&Request::Stop { signal: signal.0 }) {
            Ok(_) | Err(LifeError::NotRunning { .. }) => {}
            Err(error) => return Err(error),
        }
        if !self.ends_within(patience.unwrap_or(Duration::MAX))? {
            self.kill()?;
        }
        self.tell_stopped();
        Ok(())
    }

    /// Writes down that it was stopped; of one that was to be removed at its end, nothing is left to be said.
    fn tell_stopped(&self) {
        // One whose process was killed has that put down first.
        if self.folder.exists() && self.state().is_ok() {
            self.tell(Happening::new("stop"));
        }
    }

    /// Stops it, as [`Self::stop`] does, and starts it again.
    ///
    /// # Errors
    /// As [`Self::stop`] and [`Self::start`].
    pub fn restart(&self, signal: Option<Signal>, patience: Option<Duration>) -> Result<(), LifeError> {
        self.stop(signal, patience)?;
        self.start(false)?;
        self.tell(Happening::new("restart"));
        Ok(())
    }

    /// Lets nobody in it go on, or everybody again.
    ///
    /// # Errors
    /// [`LifeError::Paused`], [`LifeError::NotPaused`], [`LifeError::NotRunning`].
    pub fn pause(&self, pause: bool) -> Result<(), LifeError> {
        let container = self.name()?;
        match (self.state()?.status, pause) {
            (Status::Running, true) | (Status::Paused, false) => self.command(&Request::Pause(pause)).map(drop),
            (Status::Paused, true) => Err(LifeError::Paused { container }),
            (Status::Running, false) => Err(LifeError::NotPaused { container }),
            _ => Err(LifeError::NotRunning { container }),
        }
    }

    /// What it uses.
    ///
    /// # Errors
    /// [`LifeError::NotRunning`].
    pub fn usage(&self) -> Result<Usage, LifeError> {
        match self.request(&Request::Usage)?.0 {
            Answer::Usage(usage) => Ok(usage),
            other => Err(unexpected(other)),
        }
    }

    /// Its processes.
    ///
    /// # Errors
    /// [`LifeError::NotRunning`].
    pub fn processes(&self) -> Result<Vec<ProcessLine>, LifeError> {
        self.running()?;
        match self.request(&Request::Processes)?.0 {
            Answer::Processes(processes) => {
                self.tell(Happening::new("top"));
                Ok(processes)
            }
            other => Err(unexpected(other)),
        }
    }
}
