//! What happens to containers, told to the store as docker's daemon tells it.

use std::collections::BTreeMap;

use wcr_store::{Actor, Event, EventKind};

use crate::life::Container;
use crate::life::place::Place;
use crate::life::record::{Record, State};

/// What has happened to a container, and what else is to be said of it.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    action: String,
    more: Vec<(&'static str, String)>,
    time: Option<u64>,
}

impl Happening {
    /// What docker calls `action`, just now.
    pub(crate) fn new(action: impl Into<String>) -> Self {
        Self { action: action.into(), more: Vec::new(), time: None }
    }

    /// It has ended with this exit code, after it was started at `started`.
    pub(crate) fn die(code: u8, started: u64, finished: u64) -> Self {
        let seconds = finished.saturating_sub(started) / 1_000_000_000;
        Self::new("die").with("execDuration", seconds.to_string()).with("exitCode", code.to_string()).at(finished)
    }

    /// It has ended, as its state says.
    pub(crate) fn died(state: &State) -> Self {
        Self::die(state.exit_code, state.started, state.finished)
    }

    /// It was sent a signal.
    pub(crate) fn kill(signal: wcr_abi::Signal) -> Self {
        Self::new("kill").with("signal", signal.0.to_string())
    }

    /// An attribute of the event.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// It happened then, in nanoseconds since the epoch.
    pub(crate) fn at(self, time: u64) -> Self {
        Self { time: Some(time), ..self }
    }

    /// As an event of this container.
    fn of(self, id: &str, name: String, record: &Record) -> Event {
        let mut attributes: BTreeMap<String, String> = record.labels();
        attributes.insert("image".into(), record.image.clone());
        attributes.insert("name".into(), name);
        attributes.extend(self.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let event = Event::now(EventKind::Container, self.action, Actor { id: id.to_owned(), attributes });
        match self.time {
            Some(time) => event.at(time),
            None => event,
        }
    }
}

impl Container {
    /// Writes down what has happened to it.
    pub(crate) fn tell(&self, happening: Happening) {
        self.tell_as(self.name().unwrap_or_default(), happening);
    }

    /// [`Self::tell`], when it has this name, or had it before it was removed.
    pub(crate) fn tell_as(&self, name: String, happening: Happening) {
        self.store.tell(&[happening.of(self.id(), name, &self.record)]);
    }
}

impl Place {
    /// Writes down what has happened to the container, in order.
    pub(crate) fn tell(&self, happenings: impl IntoIterator<Item = Happening>) {
        self.tell_as(&self.name(), happenings);
    }

    /// [`Self::tell`], when it has this name, or had it before it was removed.
    pub(crate) fn tell_as(&self, name: &str, happenings: impl IntoIterator<Item = Happening>) {
        let of = |happening: Happening| happening.of(&self.id, name.to_owned(), &self.record);
        self.store.tell(&happenings.into_iter().map(of).collect::<Vec<_>>());
    }
}
