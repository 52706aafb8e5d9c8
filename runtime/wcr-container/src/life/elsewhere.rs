//! Hosts on which no container runs on its own yet: all that would need that says so.

use std::time::Duration;

use wcr_abi::Signal;
use wcr_store::Store;

use crate::life::Container;
use crate::life::detach::{Join, Joined};
use crate::life::error::LifeError;
use crate::life::frame::{Exec, ProcessLine, Usage};
use crate::life::place::Place;

/// The streams of a running container; there are none.
#[derive(Debug)]
pub enum Attached {}

impl Attached {
    /// Joins this process's standard streams to it.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn join(self, _join: Join) -> Result<Joined, LifeError> {
        match self {}
    }
}

/// The size of the window of this process's terminal, rows and columns; it is not known.
#[must_use]
pub fn window_size() -> (u16, u16) {
    (24, 80)
}

/// Runs a container in this process on its own.
///
/// # Errors
/// [`LifeError::Host`].
pub fn keep(_store: &Store, _id: &str, _attach: bool) -> Result<(), LifeError> {
    Err(LifeError::Host("a container that runs on its own"))
}

#[expect(missing_docs, clippy::missing_errors_doc, reason = "as on Unix hosts, but for the only error there is")]
impl Container {
    pub fn launch(_place: Place, _attach: bool) -> Result<(Self, Option<Attached>), LifeError> {
        Err(LifeError::Host("a container that runs on its own"))
    }

    pub fn start(&self, _attach: bool) -> Result<Option<Attached>, LifeError> {
        Err(LifeError::Host("a container that runs on its own"))
    }

    pub fn attach(&self, _input: bool) -> Result<Attached, LifeError> {
        Err(LifeError::Host("joining a container"))
    }

    pub fn exec(&self, _exec: Exec) -> Result<Attached, LifeError> {
        Err(LifeError::Host("a command in a running container"))
    }

    pub fn signal(&self, _signal: Signal) -> Result<(), LifeError> {
        Err(LifeError::Host("reaching a running container"))
    }

    pub fn kill(&self) -> Result<(), LifeError> {
        Err(LifeError::Host("reaching a running container"))
    }

    pub fn stop(&self, _signal: Option<Signal>, _patience: Option<Duration>) -> Result<(), LifeError> {
        if self.state()?.status.is_alive() { self.kill() } else { Ok(()) }
    }

    pub fn restart(&self, _signal: Option<Signal>, _patience: Option<Duration>) -> Result<(), LifeError> {
        Err(LifeError::Host("a container that runs on its own"))
    }

    pub fn pause(&self, _pause: bool) -> Result<(), LifeError> {
        Err(LifeError::Host("reaching a running container"))
    }

    pub fn usage(&self) -> Result<Usage, LifeError> {
        Err(LifeError::Host("reaching a running container"))
    }

    pub fn processes(&self) -> Result<Vec<ProcessLine>, LifeError> {
        Err(LifeError::Host("reaching a running container"))
    }
}
