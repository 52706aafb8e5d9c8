//! Running a container in this process: in the foreground, or as the process that a detached one lives in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wcr_abi::{Errno, WinSize};
use wcr_engine::Remote;
use wcr_kernel::{HostInput, HostOutput, Stdio};
use wcr_machine::{ContainerImage, Root};

use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::frame;
use crate::life::log::{LogWriter, Stream};
use crate::life::place::Place;
use crate::life::record::{State, Status, now};
use crate::life::streams::{Hub, HubInput, Tee};
use crate::life::written::{self, Durability};
use crate::run::{Outcome, live};
use crate::{RunOptions, host};

/// What goes in and out of a container on its own.
pub(crate) struct Alone {
    pub(crate) place: Arc<Place>,
    pub(crate) hub: Hub,
    pub(crate) remote: Remote,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) tale: Arc<Mutex<Tale>>,
}

/// What has been said of a run.
#[derive(Default)]
pub(crate) struct Tale {
    /// That it was started.
    begun: bool,
    /// What comes after that, and is still to be said.
    held: Vec<Happening>,
}

impl Tale {
    /// Says that the run was started, and what has happened since.
    pub(crate) fn begin(&mut self, place: &Place, begun: impl IntoIterator<Item = Happening>) {
        self.begun = true;
        place.tell(begun.into_iter().chain(self.held.drain(..)));
    }

    /// Says what has just happened; at the end, where the start is not said before.
    fn go_on(&mut self, place: &Place, happening: Happening) {
        match self.begun {
            true => place.tell([happening]),
            false => self.held.push(happening.at(now())),
        }
    }
}

/// What is to be said of a run in the foreground that was started then.
pub(crate) fn begun(started: u64) -> [Happening; 2] {
    ["attach", "start"].map(|action| Happening::new(action).at(started))
}

impl Alone {
    pub(crate) fn new(place: Arc<Place>, state: State) -> Self {
        let remote = Remote::default();
        let hub = Hub::new(LogWriter::new(place.clone()), remote.clone());
        Self { place, hub, remote, state: Arc::new(Mutex::new(state)), tale: Arc::default() }
    }

    /// Changes how the container is, and writes it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), LifeError> {
        change_state(&self.place, &self.state, change)
    }

    /// Its streams, which go to the hub and before that to `first`.
    fn stdio(&self, first: [Option<Box<dyn HostOutput>>; 2], input: Option<Box<dyn HostInput>>, tty: bool) -> Stdio {
        let [output, error] = first;
        let tee = |first, stream, kind| Box::new(Tee { first, hub: self.hub.clone(), stream, kind });
        Stdio {
            input,
            output: tee(output, Stream::Stdout, frame::OUTPUT),
            error: tee(error, Stream::Stderr, frame::ERROR),
            terminal: tty.then(|| self.hub.take_size().unwrap_or(WinSize { rows: 24, cols: 80 })),
        }
    }

    /// Runs the container once, with nobody's terminal.
    ///
    /// # Errors
    /// It could not be started, or the engine failed.
    pub(crate) fn run_once(&self, image: &ContainerImage, options: RunOptions) -> Result<Outcome, LifeError> {
        let spec = &self.place.record.spec;
        let input = spec.interactive.then(|| Box::new(HubInput(self.hub.clone())) as Box<dyn HostInput>);
        let stdio = self.stdio([None, None], input, spec.tty);
        // A shell at a terminal is not to be held up between starting a job and giving it the terminal: the job would read
        // too early, and be stopped. What computes there without a call is ended with its process.
        let stoppable = !(spec.tty && spec.interactive);
        let options = RunOptions { stoppable, patient: true, ..options };
        self.run(image, options, stdio)
    }

    /// What is done when a process is killed because the memory is used up.
    fn out_of_memory(&self) -> wcr_engine::OutOfMemory {
        let (place, state, tale) = (self.place.clone(), self.state.clone(), self.tale.clone());
        Box::new(move || {
            let killed = |state: &mut State| state.oom_killed = true;
            if place.is_made() {
                // A container whose state cannot be written ends with that error.
                drop(change_state(&place, &state, killed));
            } else {
                killed(&mut state.lock().unwrap_or_else(PoisonError::into_inner));
            }
            tale.lock().unwrap_or_else(PoisonError::into_inner).go_on(&place, Happening::new("oom"));
        })
    }

    fn run(&self, image: &ContainerImage, options: RunOptions, stdio: Stdio) -> Result<Outcome, LifeError> {
        let record = &self.place.record;
        let before = if self.place.is_made() { written::load(&self.place.folder()?)? } else { None };
        let layer = before.map(|written| written.layer);
        let root = Root::going_on(image, layer, record.spec.writable_bytes).map_err(crate::RunError::from)?;
        let place = self.place.clone();
        let persist = move |vfs: &mut wcr_vfs::Vfs| {
            place.save(vfs, Durability::Disk).map_err(|error| match error.kind() {
                std::io::ErrorKind::StorageFull => Errno::Nospc,
                _ => Errno::Io,
            })
        };
        let options = RunOptions {
            settings: wcr_machine::Settings { trace: options.settings.trace, ..record.settings(&self.place.id)? },
            root: Some(root),
            binds: record.binds(&self.place.id)?,
            clock: record.spec.clock,
            seed: record.spec.seed,
            schedule: record.spec.schedule,
            memory: record.spec.memory,
            timeout: record.spec.timeout.map(Duration::from_millis),
            remote: Some(self.remote.clone()),
            out_of_memory: record.spec.memory.map(|_| self.out_of_memory()),
            persist: (!record.spec.auto_remove).then(|| Box::new(persist) as wcr_kernel::Persist),
            ..options
        };
        let (engine, ended) = live(image, options, stdio)?;
        let mut outcome = ended.outcome();
        if !record.spec.auto_remove
            && let Err(error) = self.place.save(ended.finished.kernel().vfs(), Durability::Process)
        {
            outcome.notes.push(LifeError::files(&self.place.id)(error).to_string());
        }
        // What the system takes back in a moment need not be put in order before.
        core::mem::forget((engine, ended));
        Ok(outcome)
    }
}

/// Changes how a container is, and writes it.
pub(crate) fn change_state(
    place: &Place,
    state: &Mutex<State>,
    change: impl FnOnce(&mut State),
) -> Result<(), LifeError> {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut state);
    place.write_state(&state)
}

/// Runs a new container to its end, on this process's standard streams. Its folder is made when it turns out to last, or
/// when it is to be kept.
///
/// # Errors
/// It could not be started, or the engine failed. What could not be kept is a note of the outcome.
pub fn run_here(place: Place, image: &ContainerImage, options: RunOptions) -> Result<Outcome, LifeError> {
    let place = Arc::new(place);
    let alone = Alone::new(place.clone(), State { keeper: std::process::id(), started: now(), ..State::default() });
    let spec = &place.record.spec;
    let (plain, raw) = if spec.tty {
        host::terminal(spec.interactive).map_err(crate::RunError::Terminal)?
    } else {
        (host::stdio(spec.interactive, spec.clock.is_some()), None)
    };
    let terminal = plain.terminal;
    let first = [Some(plain.output), Some(plain.error)];
    let stdio = Stdio { terminal, ..alone.stdio(first, plain.input, false) };
    let refusal = Arc::new(Mutex::new(None));
    let kept = refusal.clone();
    #[cfg(unix)]
    let lasting = Some(alone.served_later(refusal)?);
    #[cfg(not(unix))]
    let lasting = None;
    let options = RunOptions {
        started: Some(Box::new(move |refusal| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.clone());
        })),
        lasting,
        ..options
    };
    let mut ran = alone.run(image, options, stdio);
    drop(raw);
    if spec.auto_remove && !place.is_made() {
        // Nobody has seen it; but it is said that it was there.
        let destroyed = Happening::new("destroy");
        place.tell([place.created()].into_iter().chain(alone.past(&ran)).chain([destroyed]));
    } else {
        let kept = alone.end_here(&ran);
        if let (Ok(outcome), Err(error)) = (&mut ran, kept) {
            outcome.notes.push(format!("the container was not kept: {error}"));
        }
    }
    ran
}

impl Alone {
    /// What is still to be said of a run that has ended.
    fn past(&self, ran: &Result<Outcome, LifeError>) -> Vec<Happening> {
        let started = self.state.lock().unwrap_or_else(PoisonError::into_inner).started;
        let Ok(outcome) = ran else { return Vec::new() };
        let mut tale = self.tale.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = (!tale.begun).then(|| begun(started)).into_iter().flatten();
        begun.chain(tale.held.drain(..)).chain([Happening::die(outcome.code, started, now())]).collect()
    }

    /// Writes how a run in the foreground has ended, or takes the container away.
    fn end_here(&self, ran: &Result<Outcome, LifeError>) -> Result<(), LifeError> {
        let (code, error) = match ran {
            Ok(outcome) => (outcome.code, String::new()),
            Err(error) => (error.run_code(), error.to_string()),
        };
        let kept = if self.place.record.spec.auto_remove {
            self.place.tell(self.past(ran));
            self.place.remove()
        } else {
            self.change(|state| {
                state.status = if ran.is_err() { Status::Created } else { Status::Exited };
                (state.exit_code, state.finished, state.error, state.keeper) = (code, now(), error, 0);
            })
            .inspect(|()| self.place.tell(self.past(ran)))
        };
        self.hub.finish();
        self.hub.end(code);
        kept
    }
}
