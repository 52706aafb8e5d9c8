//! The process that a container runs in on its own, without a daemon.
//!
//! `start` takes the container's lock and hands it on to this process as its standard input, which holds it until it ends:
//! that the lock is held is what says that the container runs.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use wcr_abi::Signal;
use wcr_engine::{Lasting, Remote};
use wcr_machine::{ContainerImage, LastRefusal};
use wcr_store::{ContainerFolder, ContainerLock, Store};

use crate::RunOptions;
use crate::life::Container;
use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::here::{Alone, begun, change_state};
use crate::life::place::Place;
use crate::life::record::{Restart, State, Status, now};
use crate::life::unix::address::Address;
use crate::life::unix::probe::Watch;
use crate::life::unix::server::{Notice, Served, listen};
use crate::run::Outcome;

/// What the keeper writes beside the container's output, for those who look for a fault of wcr.
const TROUBLE: &str = "keeper.log";
/// The first wait before a container is started again, and the longest (Docker's).
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// How long a container has to run for the wait to begin anew.
const SETTLED: Duration = Duration::from_secs(10);
/// How long the keeper waits for whoever wants to see all from the start.
const ATTACH: Duration = Duration::from_secs(10);

/// What the keeper tells who has started it, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
enum Told {
    /// The socket is there.
    Listening,
    /// The first process runs.
    Started,
    /// It was not started.
    Failed { reason: String, code: u8 },
}

/// A keeper that has just been made.
#[derive(Debug)]
pub(crate) struct Keeper {
    told: BufReader<std::process::ChildStdout>,
    _child: Child,
}

impl Keeper {
    /// Makes the process, which has the container's lock from now on, and waits until it listens. With `attach` it does not
    /// start the container before somebody is attached.
    ///
    /// # Errors
    /// [`LifeError::Start`] and others.
    pub(crate) fn spawn(
        store: &Store,
        folder: &ContainerFolder,
        lock: &ContainerLock,
        attach: bool,
    ) -> Result<Self, LifeError> {
        let fail =
            |error: io::Error| LifeError::Start { reason: format!("cannot start a process: {error}"), code: 125 };
        let root = std::path::absolute(store.root()).map_err(fail)?;
        let trouble = OpenOptions::new().create(true).append(true).open(folder.path().join(TROUBLE)).map_err(fail)?;
        let program = std::env::current_exe().map_err(fail)?;
        let mut command = Command::new(program);
        command.arg("keep").args(attach.then_some("--attach")).arg(folder.id());
        command.env("WCR_ROOT", root).stdin(lock.copy()?).stdout(Stdio::piped()).stderr(trouble);
        let mut child = command.spawn().map_err(fail)?;
        let Some(stdout) = child.stdout.take() else { return Err(fail(io::ErrorKind::BrokenPipe.into())) };
        let mut keeper = Self { told: BufReader::new(stdout), _child: child };
        keeper.next()?;
        Ok(keeper)
    }

    /// Waits until the container's first process runs.
    ///
    /// # Errors
    /// [`LifeError::Start`] when it does not.
    pub(crate) fn started(mut self) -> Result<(), LifeError> {
        self.next()
    }

    fn next(&mut self) -> Result<(), LifeError> {
        let mut line = String::new();
        let read = self.told.by_ref().take(1 << 20).read_line(&mut line);
        let lost = || LifeError::Start { reason: "the process that it was to run in has ended".into(), code: 125 };
        read.map_err(|_| lost())?;
        match serde_json::from_str(&line).map_err(|_| lost())? {
            Told::Listening | Told::Started => Ok(()),
            Told::Failed { reason, code } => Err(LifeError::Start { reason, code }),
        }
    }
}

/// Tells who has started this process, who may have gone.
fn tell(told: &Told) {
    let mut out = io::stdout().lock();
    if let Ok(mut line) = serde_json::to_vec(told) {
        line.push(b'\n');
        drop(out.write_all(&line).and_then(|()| out.flush()));
    }
}

/// Runs the container `id` in this process, whose standard input is its lock, until it has ended for good.
///
/// # Errors
/// It could not be started or kept; whoever has started this process was told.
pub fn keep(store: &Store, id: &str, attach: bool) -> Result<(), LifeError> {
    // From now on no terminal's signals come here.
    let _ = rustix::process::setsid();
    let kept = keep_it(store, id, attach);
    if let Err(error) = &kept {
        tell(&Told::Failed { reason: error.to_string(), code: error.run_code() });
    }
    kept
}

fn keep_it(store: &Store, id: &str, attach: bool) -> Result<(), LifeError> {
    let container = Container::find(store, id)?;
    let stdin = io::stdin();
    let lock = std::os::fd::AsFd::as_fd(&stdin).try_clone_to_owned().map_err(LifeError::files(id))?;
    let lock = ContainerLock::inherited(lock.into());
    let image = container.image()?;
    let cache = Some(store.code_dir());
    let state = container.stored_state()?;
    let place = Arc::new(Place::existing(store.clone(), container.folder.clone(), container.record, lock));
    let alone = Alone::new(place.clone(), state);
    let refusal = Arc::new(Mutex::new(None));
    alone.listen(refusal.clone())?;
    tell(&Told::Listening);
    let patience = Instant::now();
    while attach && !alone.hub.has_attached() && patience.elapsed() < ATTACH {
        alone.remote.sleep(Some(Duration::from_millis(20)));
        alone.remote.take_call();
    }
    let mut wait = BACKOFF.0;
    let mut first = true;
    let code = loop {
        let began = Instant::now();
        let watch = Arc::new(Mutex::new(Watch::default()));
        let ran = alone.run_kept(&image, cache.clone(), &refusal, first, &watch);
        drop(watch);
        alone.hub.finish();
        let ended = now();
        let restarts = alone.state().restarts;
        let code = match &ran {
            Ok(outcome) => {
                outcome.notes.iter().for_each(|note| alone.hub.note(note));
                outcome.code
            }
            // What could not be started at first is no better the next time.
            Err(error) if first => {
                let (reason, code) = (error.to_string(), error.run_code());
                alone.change(|state| {
                    state.status = if state.started == 0 { Status::Created } else { Status::Exited };
                    (state.exit_code, state.error, state.keeper) = (code, reason, 0);
                })?;
                if place.record.spec.auto_remove {
                    place.remove()?;
                }
                alone.hub.end(code);
                return ran.map(drop);
            }
            Err(error) => error.run_code(),
        };
        first = false;
        let again = match place.record.spec.restart {
            Restart::No => false,
            Restart::OnFailure(most) => code != 0 && most.is_none_or(|most| restarts < most),
            Restart::Always | Restart::UnlessStopped => true,
        };
        if !again || alone.state().stopped {
            break code;
        }
        wait = if began.elapsed() > SETTLED { BACKOFF.0 } else { wait };
        alone.change(|state| {
            (state.status, state.exit_code, state.finished) = (Status::Restarting, code, ended);
        })?;
        let died = Happening::died(&alone.state());
        place.tell([died]);
        let waited = Instant::now();
        while waited.elapsed() < wait && !alone.state().stopped {
            std::thread::sleep(Duration::from_millis(10).min(wait));
        }
        if alone.state().stopped {
            break code;
        }
        wait = (wait * 2).min(BACKOFF.1);
        alone.remote.renew();
        alone.hub.restart();
        alone.change(|state| state.restarts += 1)?;
    };
    let State { started, status, .. } = alone.state().clone();
    if !place.record.spec.auto_remove {
        alone.change(|state| {
            let finished = if status == Status::Restarting { state.finished } else { now() };
            (state.status, state.exit_code, state.finished, state.keeper) = (Status::Exited, code, finished, 0);
        })?;
    }
    // Of one that waited to be started again that has been said.
    if status != Status::Restarting {
        place.tell([Happening::die(code, started, now())]);
    }
    if place.record.spec.auto_remove {
        place.remove()?;
    }
    alone.hub.end(code);
    Ok(())
}

/// How long a container's programs may go on before they have to look up when a signal comes.
const HEED: Duration = Duration::from_millis(500);

/// Passes the signals that come to this process on to the container's first process. Where that has set nothing up for one
/// it ends by it, other than in a container of Docker's, whose first process ignores it: a run in the foreground can be
/// interrupted.
fn heed_signals(remote: Remote) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
    std::thread::spawn(move || {
        for number in signals.forever() {
            let (sender, receiver) = channel();
            let signal = Signal(u8::try_from(number).unwrap_or_default());
            let sent = remote.send(move |kernel| {
                kernel.post_signal(1, signal);
                let _ = sender.send(());
                false
            });
            if !sent || receiver.recv_timeout(HEED).is_err() {
                // A program that computes without a call: nothing but the end of this process reaches it.
                std::process::exit(128 + number);
            }
        }
    });
    Ok(())
}

/// Serves a container's socket from now on.
fn serve(served: Served) -> Result<(), LifeError> {
    let place = served.place.clone();
    let address = Address::of(place.folder()?.path()).map_err(LifeError::unreachable(&place.id))?;
    listen(&address, served).map_err(LifeError::unreachable(&place.id))
}

impl Alone {
    /// Runs the container once, and tells who waits for that, `first` only, that it runs.
    fn run_kept(
        &self,
        image: &ContainerImage,
        cache: Option<std::path::PathBuf>,
        refusal: &Arc<Mutex<Option<LastRefusal>>>,
        first: bool,
        watch: &Arc<Mutex<Watch>>,
    ) -> Result<Outcome, LifeError> {
        let (place, state) = (self.place.clone(), self.state.clone());
        let (refusal, watch, tale) = (refusal.clone(), watch.clone(), self.tale.clone());
        let served = self.served(refusal.clone())?;
        let started = move |last: &LastRefusal| {
            *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(last.clone());
            let running = change_state(&place, &state, |state| {
                (state.status, state.started, state.keeper) = (Status::Running, now(), std::process::id());
                (state.exit_code, state.finished, state.oom_killed) = (0, 0, false);
                state.error.clear();
                state.health = place.record.new_health();
            });
            if running.is_ok() {
                tale.lock().unwrap_or_else(PoisonError::into_inner).begin(&place, [Happening::new("start")]);
                *watch.lock().unwrap_or_else(PoisonError::into_inner) = Watch::begin(&served, &state);
            }
            if first {
                tell(&match running {
                    Ok(()) => Told::Started,
                    Err(error) => Told::Failed { reason: error.to_string(), code: 125 },
                });
            }
        };
        let options = RunOptions { cache, started: Some(Box::new(started)), ..RunOptions::default() };
        self.run_once(image, options)
    }

    /// How the container is.
    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, crate::life::State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves the container's socket from now on.
    ///
    /// # Errors
    /// [`LifeError::Unreachable`].
    pub(crate) fn listen(&self, refusal: Arc<Mutex<Option<LastRefusal>>>) -> Result<(), LifeError> {
        serve(self.served(refusal)?)
    }

    /// What makes the container known and serves its socket, once it turns out to last.
    ///
    /// # Errors
    /// [`LifeError::Damaged`].
    pub(crate) fn served_later(&self, refusal: Arc<Mutex<Option<LastRefusal>>>) -> Result<Lasting, LifeError> {
        let served = self.served(refusal)?;
        let (place, state, remote) = (self.place.clone(), self.state.clone(), self.remote.clone());
        let tale = self.tale.clone();
        Ok(Box::new(move || {
            if !place.record.spec.tty {
                // Without that, signals end this process, and the container with it.
                drop(heed_signals(remote));
            }
            // A run in the foreground does not fail because nobody can look at it; what cannot be written then cannot be
            // written at its end either, which is told.
            let known = change_state(&place, &state, |state| {
                (state.status, state.health) = (Status::Running, place.record.new_health());
            });
            if known.is_ok() {
                let started = state.lock().unwrap_or_else(PoisonError::into_inner).started;
                tale.lock().unwrap_or_else(PoisonError::into_inner).begin(&place, begun(started));
            }
            // It is watched until this process ends.
            core::mem::forget(Watch::begin(&served, &state));
            drop(known.and_then(|()| serve(served)));
        }))
    }

    fn served(&self, refusal: Arc<Mutex<Option<LastRefusal>>>) -> Result<Served, LifeError> {
        let (place, state) = (self.place.clone(), self.state.clone());
        let notice = move |notice: Notice| {
            // What a file does not say the next command finds out.
            drop(change_state(&place, &state, |state| match notice {
                Notice::Paused(true) => state.status = Status::Paused,
                Notice::Paused(false) => state.status = Status::Running,
                Notice::Stopped => state.stopped = true,
            }));
        };
        Ok(Served {
            settings: self.place.record.settings(&self.place.id)?,
            place: self.place.clone(),
            remote: self.remote.clone(),
            hub: self.hub.clone(),
            refusal,
            notice: Arc::new(notice),
        })
    }
}
