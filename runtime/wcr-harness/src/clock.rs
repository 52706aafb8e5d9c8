//! `clock` and `seed(…)`: the time and the randomness that a script's containers begin with.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use rhai::{Dynamic, Engine, INT};

use crate::options::{self, OptionError};
use crate::result::Given;
use crate::session::Session;

/// The name by which a script finds the clock of its open case.
const NAME: &str = "clock";

/// A wall clock that a script sets, in nanoseconds since the epoch; copies are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Rc<Cell<u64>>);

/// A clock as a script holds it.
#[derive(Clone)]
pub(crate) enum Handle {
    /// That of the case that is open when it is used: a closure may have been made outside of the case that calls it.
    OpenCase(Rc<Session>),
    /// A container's.
    Own(Clock),
}

impl Handle {
    fn clock(&self) -> Clock {
        match self {
            Self::OpenCase(session) => session.clock(),
            Self::Own(clock) => clock.clone(),
        }
    }
}

/// Gives an engine the clock of the open case, what can be done with a clock, and `seed`.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    engine
        .register_type_with_name::<Handle>("clock")
        .register_fn("set", |it: &mut Handle, time: &str| it.clock().set(time))
        .register_fn("advance", |it: &mut Handle, seconds: INT| it.clock().advance(seconds))
        .register_get("now", |it: &mut Handle| it.clock().now());
    let seeded = session.clone();
    engine.register_fn("seed", move |number: Dynamic| -> Given<()> {
        seeded.set_seed(options::seed("the argument of `seed`", number).map_err(|error| error.to_string())?);
        Ok(())
    });
    #[expect(
        deprecated,
        reason = "rhai marks what it may change so; it is the one way to a name that functions see, too"
    )]
    engine.on_var(move |name, _, context| {
        // A variable of the script's own with this name is what the script means.
        let own = name != NAME || context.scope().contains(NAME);
        Ok((!own).then(|| Dynamic::from(Handle::OpenCase(session.clone()))))
    });
}

impl Clock {
    pub(crate) fn new(nanos: u64) -> Self {
        Self(Rc::new(Cell::new(nanos)))
    }

    /// Nanoseconds since the epoch.
    pub(crate) fn nanos(&self) -> u64 {
        self.0.get()
    }

    /// Puts it where a container that has run on it has left it.
    pub(crate) fn set_nanos(&self, nanos: u64) {
        self.0.set(nanos);
    }

    fn set(&self, time: &str) -> Given<()> {
        self.0.set(options::clock("the argument of `set`", time.to_owned()).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Sets it forward.
    fn advance(&self, seconds: INT) -> Given<()> {
        let nanos = u64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000_000));
        let later = nanos.and_then(|nanos| self.0.get().checked_add(nanos));
        let wrong = || OptionError::Value {
            what: "the argument of `advance`".into(),
            is: seconds.to_string(),
            takes: "a number of seconds from 0 on, up to the year 2500",
        };
        self.0.set(later.ok_or_else(|| wrong().to_string())?);
        Ok(())
    }

    /// What it shows, in UTC.
    fn now(&self) -> String {
        humantime::format_rfc3339(UNIX_EPOCH + Duration::from_nanos(self.0.get())).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_and_advanced() {
        let clock = Clock::new(0);
        clock.set("2030-01-01T00:00:00Z").unwrap();
        clock.clone().advance(3_600).unwrap();
        assert_eq!(clock.now(), "2030-01-01T01:00:00Z");
        for wrong in [clock.advance(-1), clock.advance(INT::MAX), clock.set("noon")] {
            assert!(wrong.unwrap_err().to_string().contains("the argument of `"));
        }
        assert_eq!(clock.now(), "2030-01-01T01:00:00Z");
    }
}
