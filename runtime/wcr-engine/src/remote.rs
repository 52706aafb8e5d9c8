//! The way from other threads to a running container.

use std::ops::DerefMut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wcr_kernel::Kernel;

/// Something that is done with a container's kernel between two steps of its processes; whether it is to be done again.
pub type Job = Box<dyn FnMut(&mut Kernel) -> bool + Send>;

/// Reaches a running container from other threads: stops it, whatever its programs do, or does something with its kernel.
///
/// Where a container's code can be stopped ([`crate::EngineOptions::stoppable`]), its programs look every now and then (at
/// each call of a function and each turn of a loop) whether they are asked to; other containers' code does not.
#[derive(Clone, Default)]
pub struct Remote(Arc<Shared>);

#[derive(Default)]
struct Shared {
    asked: AtomicBool,
    paused: AtomicBool,
    /// There is something to do for the thread that runs the container.
    called: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ended: bool,
    /// The engine that the container runs on.
    engine: Option<wasmtime::Engine>,
    jobs: Vec<Job>,
}

impl Remote {
    /// Asks the container to stop, which it does within a moment: its programs end as by `SIGKILL`. One that has not
    /// started yet will not.
    pub fn stop(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.call();
    }

    /// Whether the container was asked to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Lets nobody run until it is called with `false`; what is sent is done meanwhile.
    pub fn pause(&self, paused: bool) {
        self.0.paused.store(paused, Ordering::SeqCst);
        self.call();
    }

    /// Whether the container is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Ordering::SeqCst)
    }

    /// Has something done with the container's kernel, as soon as its programs leave room, and as often as it asks for.
    /// When the container ends, it is done a last time. `false` when it has ended.
    pub fn send(&self, job: impl FnMut(&mut Kernel) -> bool + Send + 'static) -> bool {
        let mut state = self.state();
        if state.ended {
            return false;
        }
        state.jobs.push(Box::new(job));
        drop(state);
        self.call();
        true
    }

    /// Has what was sent done again soon: something has come for it.
    pub fn call(&self) {
        let state = self.state();
        self.0.called.store(true, Ordering::SeqCst);
        // A program that starts now sees the request after it has set its deadline; one that runs passes it.
        if let Some(engine) = &state.engine {
            engine.increment_epoch();
        }
        self.0.changed.notify_all();
    }

    /// Lets another container be reached in the same way, after one has ended.
    pub fn renew(&self) {
        *self.state() = State::default();
        self.0.asked.store(false, Ordering::SeqCst);
        self.0.paused.store(false, Ordering::SeqCst);
    }

    /// Whether somebody has called; it counts as heard.
    pub fn take_call(&self) -> bool {
        self.0.called.swap(false, Ordering::SeqCst)
    }

    /// Waits until the container has ended, for at most this long; whether it has.
    #[must_use]
    pub fn wait_for_end(&self, most: Duration) -> bool {
        self.wait(Some(most), |state| state.ended);
        self.state().ended
    }

    /// Waits until somebody calls, for at most this long.
    pub fn sleep(&self, most: Option<Duration>) {
        self.wait(most, |_| self.is_called());
    }

    /// Does what was sent, if somebody calls or `anyway`, and comes back when the container is not paused; whether there
    /// was a call.
    pub(crate) fn attend<K: DerefMut<Target = Kernel>>(&self, anyway: bool, kernel: impl Fn() -> K) -> bool {
        let called = self.is_called() || self.is_paused();
        if called || anyway {
            self.work(&mut kernel());
        }
        while self.is_paused() && !self.is_asked() {
            self.sleep(None);
            self.work(&mut kernel());
        }
        called
    }

    /// Whether somebody has called since [`Self::work`].
    fn is_called(&self) -> bool {
        self.0.called.load(Ordering::SeqCst)
    }

    /// Does what was sent.
    pub(crate) fn work(&self, kernel: &mut Kernel) {
        self.0.called.store(false, Ordering::SeqCst);
        let mut jobs = core::mem::take(&mut self.state().jobs);
        jobs.retain_mut(|job| job(kernel));
        let mut state = self.state();
        // What was sent meanwhile comes behind.
        jobs.append(&mut state.jobs);
        state.jobs = jobs;
    }

    /// The container runs on this engine, whose code can be stopped.
    pub(crate) fn attach(&self, engine: &wasmtime::Engine) {
        self.state().engine = Some(engine.clone());
    }

    /// The container has ended.
    pub(crate) fn set_ended(&self) {
        *self.state() = State { ended: true, ..State::default() };
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, most: Option<Duration>, over: impl Fn(&State) -> bool) {
        let started = Instant::now();
        let mut state = self.state();
        while !over(&state) {
            state = match most {
                None => self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(most) => {
                    let rest = most.checked_sub(started.elapsed()).filter(|rest| !rest.is_zero());
                    let Some(rest) = rest else { return };
                    self.0.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_what_is_waited_for() {
        let remote = Remote::default();
        assert!(!remote.wait_for_end(Duration::from_millis(1)));
        let other = remote.clone();
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| remote.sleep(Some(Duration::from_secs(60))));
            other.stop();
        });
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(remote.wait_for_end(Duration::from_secs(60))));
            other.set_ended();
        });
        assert!(started.elapsed() < Duration::from_secs(30) && remote.is_asked());
        assert!(!remote.send(|_| true));
    }
}
