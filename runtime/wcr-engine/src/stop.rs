//! Stopping a container from another thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Stops a container from another thread, whatever its programs do: they end as by `SIGKILL`.
///
/// Where a container has one, its programs run code that looks every now and then (at each call of a function and each
/// turn of a loop) whether it is asked to stop; other containers' code does not.
#[derive(Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    asked: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ended: bool,
    /// The engine that the container runs on.
    engine: Option<wasmtime::Engine>,
}

impl Stop {
    /// Asks the container to stop, which it does within a moment; one that has not started yet will not.
    pub fn stop(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        // A program that starts now sees the request after it has set its deadline; one that runs passes it.
        if let Some(engine) = &self.state().engine {
            engine.increment_epoch();
        }
        self.0.changed.notify_all();
    }

    /// Whether the container was asked to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Waits until the container has ended, for at most this long; whether it has.
    #[must_use]
    pub fn wait_for_end(&self, most: Duration) -> bool {
        self.wait(most, |state| state.ended);
        self.state().ended
    }

    /// Waits until the container is asked to stop, for at most this long.
    pub(crate) fn sleep(&self, most: Duration) {
        self.wait(most, |_| self.is_asked());
    }

    /// The container runs on this engine.
    pub(crate) fn attach(&self, engine: &wasmtime::Engine) {
        self.state().engine = Some(engine.clone());
    }

    /// The container has ended.
    pub(crate) fn set_ended(&self) {
        *self.state() = State { ended: true, engine: None };
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, most: Duration, over: impl Fn(&State) -> bool) {
        let started = Instant::now();
        let mut state = self.state();
        while !over(&state) {
            let Some(rest) = most.checked_sub(started.elapsed()).filter(|rest| !rest.is_zero()) else { return };
            (state, _) = self.0.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_what_is_waited_for() {
        let stop = Stop::default();
        assert!(!stop.wait_for_end(Duration::from_millis(1)));
        let other = stop.clone();
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| stop.sleep(Duration::from_secs(60)));
            other.stop();
        });
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(stop.wait_for_end(Duration::from_secs(60))));
            other.set_ended();
        });
        assert!(started.elapsed() < Duration::from_secs(30) && stop.is_asked());
    }
}
