//! The run loop: polls the processes in the order that the kernel says.

use std::collections::{BTreeMap, HashMap};
use std::ops::DerefMut;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wasmtime::{InstancePre, Store, Trap, UpdateDeadline};
use wcr_abi::{Pid, Signal, WaitStatus};
use wcr_kernel::{Halt, Idle, Kernel, Program};

use crate::calls;
use crate::code::CompiledGuest;
use crate::compile::{Compiled, Compiler, Kind};
use crate::component::Command;
use crate::error::EngineError;
use crate::guest::{Container, Guest, Leave};
use crate::process::live;
use crate::remote::Remote;
use crate::shared::Shared;
use crate::ticker::Ticker;

/// Runs containers. Cheap to make; compiled code is loaded when it is first needed.
pub struct Engine {
    modules: Arc<Modules>,
    process_memory: usize,
    memory: usize,
    patient: bool,
    instant: bool,
    lasting: Mutex<Option<Lasting>>,
}

/// What an engine is made of.
pub struct EngineOptions {
    /// The guests that it has.
    pub guests: &'static [CompiledGuest],
    /// The most memory of one process, in bytes: over it, growing fails.
    pub process_memory: usize,
    /// The most memory of all processes of a container, in bytes: the one that wants more is killed.
    pub memory: usize,
    /// A folder, made when it is needed, that keeps the code of programs that were compiled.
    pub cache: Option<PathBuf>,
    /// Lets the container be reached from other threads.
    pub remote: Option<Remote>,
    /// Its programs run code that can be stopped between two calls, at the price of some speed.
    pub stoppable: bool,
    /// Somebody outside may have something for a container in which all wait for each other: it goes on waiting.
    pub patient: bool,
    /// What is waited for outside is there at once: time and input are recorded.
    pub instant: bool,
    /// Is called once when the container does not end at once.
    pub lasting: Option<Lasting>,
    /// Is called each time that a process is killed because the container's memory is used up.
    pub out_of_memory: Option<OutOfMemory>,
}

/// What is done when a container turns out not to be over in a moment.
pub type Lasting = Box<dyn FnOnce() + Send>;

/// What is done when a process is killed because the container's memory is used up.
pub type OutOfMemory = Box<dyn Fn() + Send + Sync>;

/// The end of a container.
pub struct Finished {
    /// How the first process ended.
    pub status: WaitStatus,
    /// What went wrong in guests, a line each: traps, programs that cannot be linked.
    pub faults: Vec<String>,
    container: Arc<Container>,
}

impl Finished {
    /// The kernel as the container left it.
    pub fn kernel(&self) -> impl DerefMut<Target = Kernel> {
        self.container.kernel()
    }
}

/// How long the host's input is waited for before a container that can be stopped looks up, in nanoseconds.
const LOOK: u64 = 100_000_000;

/// After how many turns a container counts as one that lasts, if nobody waits before.
const LASTS: u32 = 2000;

/// After how many turns of busy processes what others have sent is done, unless they call.
const TURNS: u32 = 64;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Engine {
    /// An engine.
    ///
    /// # Errors
    /// [`EngineError::Setup`].
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let EngineOptions { guests, process_memory, memory, cache, remote, stoppable, patient, instant, .. } = options;
        let EngineOptions { lasting, out_of_memory, .. } = options;
        let compiler = Compiler::new(cache, memory);
        let modules = Arc::new(Modules::new(guests, compiler, remote, stoppable, out_of_memory)?);
        Ok(Self { modules, process_memory, memory, patient, instant, lasting: Mutex::new(lasting) })
    }

    /// Checks that bytes are a module this engine can run.
    ///
    /// # Errors
    /// [`EngineError::Compile`].
    pub fn check(&self, wasm: &Arc<[u8]>) -> Result<(), EngineError> {
        let fail = |error: wasmtime::Error| EngineError::Compile(format!("{error:#}"));
        self.modules.linked(&Program::Module(wasm.clone()), false).map(drop).map_err(fail)
    }

    /// Runs a kernel's processes until its first one has ended, or was stopped.
    ///
    /// # Errors
    /// [`EngineError::Deadlock`]; others when a bundled guest cannot be loaded.
    pub fn run(&self, kernel: Kernel) -> Result<Finished, EngineError> {
        let ended = self.run_to_end(kernel);
        if let Some(remote) = &self.modules.remote {
            if let Ok(finished) = &ended {
                remote.work(&mut finished.kernel());
            }
            remote.set_ended();
        }
        ended
    }

    fn run_to_end(&self, kernel: Kernel) -> Result<Finished, EngineError> {
        let container = Arc::new(Container::new(kernel, self.process_memory, self.memory));
        let mut tasks: BTreeMap<Pid, Task> = BTreeMap::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut turns: u32 = 0;
        loop {
            turns = turns.wrapping_add(1);
            if turns == LASTS {
                self.lasts();
            }
            self.attend(&container, turns);
            let (ready, starts, dead) = {
                let mut kernel = container.kernel();
                if self.modules.is_stopped() {
                    kernel.terminate(1, WaitStatus::Signaled(Signal::KILL));
                }
                let starts: Vec<_> = kernel.take_starts().collect();
                (kernel.next_ready(), starts, kernel.take_dead())
            };
            for start in starts {
                let (modules, container) = (self.modules.clone(), container.clone());
                tasks.insert(start.pid, Box::pin(live(modules, container, start)));
            }
            for pid in dead {
                tasks.remove(&pid);
                container.forks().remove(&pid);
            }
            let Some(pid) = ready else {
                match self.idle(&container)? {
                    Some(status) => {
                        return Ok(Finished { status, faults: self.modules.take_faults(), container });
                    }
                    None => continue,
                }
            };
            if let Some(task) = tasks.get_mut(&pid)
                && let Poll::Ready(()) = task.as_mut().poll(&mut context)
            {
                tasks.remove(&pid);
            }
        }
    }

    /// It does not end in a moment.
    fn lasts(&self) {
        let lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(lasting) = lasting {
            lasting();
        }
    }

    /// Does what others have sent, if they call or have waited for long enough; lets nobody go on while it is paused.
    fn attend(&self, container: &Container, turns: u32) {
        let Some(remote) = &self.modules.remote else { return };
        remote.attend(turns.is_multiple_of(TURNS), || container.kernel());
    }

    /// Waits for what the kernel says; the first process's status when it has ended.
    fn idle(&self, container: &Container) -> Result<Option<WaitStatus>, EngineError> {
        if let Some(remote) = &self.modules.remote {
            // Those who wait outside may have what is awaited here.
            remote.work(&mut container.kernel());
        }
        let idle = container.kernel().idle();
        match idle {
            Idle::Finished(status) => return Ok(Some(status)),
            Idle::Ready => return Ok(None),
            Idle::Wait { .. } if self.instant => return Ok(None),
            Idle::Wait { .. } => self.lasts(),
            Idle::Deadlock if self.patient => self.lasts(),
            Idle::Deadlock => return Err(EngineError::Deadlock),
        }
        match (idle, &self.modules.remote) {
            (Idle::Wait { timeout, input: true }, remote) => {
                let most = remote.as_ref().map(|_| LOOK);
                container.kernel().wait_input(timeout.into_iter().chain(most).min());
            }
            (Idle::Wait { timeout, .. }, Some(remote)) => remote.sleep(timeout.map(Duration::from_nanos)),
            (Idle::Wait { timeout, .. }, None) => std::thread::sleep(Duration::from_nanos(timeout.unwrap_or(0))),
            (_, remote) => remote.iter().for_each(|remote| remote.sleep(None)),
        }
        Ok(None)
    }
}

/// A program that is linked to the kernel and can be started any number of times.
#[derive(Clone)]
pub(crate) enum Linked {
    Module(InstancePre<Guest>),
    Component(Command),
}

/// Loaded programs, linked to the guest calls.
pub(crate) struct Modules {
    guests: &'static [CompiledGuest],
    compiler: Compiler,
    remote: Option<Remote>,
    stoppable: bool,
    /// By program, and whether the code can be stopped.
    linked: Mutex<HashMap<(Program, bool), Linked>>,
    /// Lets programs look up now and then, once there are some that are watched.
    ticker: OnceLock<Ticker>,
    faults: Mutex<Vec<String>>,
    out_of_memory: Option<OutOfMemory>,
}

impl Modules {
    fn new(
        guests: &'static [CompiledGuest],
        compiler: Compiler,
        remote: Option<Remote>,
        stoppable: bool,
        out_of_memory: Option<OutOfMemory>,
    ) -> Result<Self, EngineError> {
        let shared = Shared::get(stoppable, guests)?;
        if let Some(remote) = remote.as_ref().filter(|_| stoppable) {
            remote.attach(&shared.engine);
        }
        let (linked, ticker, faults) = (Mutex::default(), OnceLock::new(), Mutex::default());
        Ok(Self { guests, compiler, remote, stoppable, linked, ticker, faults, out_of_memory })
    }

    /// What is shared by the code that a process runs: it can be stopped where the container can be, and where the
    /// process is watched.
    fn shared(&self, watched: bool) -> Result<&'static Shared, EngineError> {
        Shared::get(self.stoppable || watched, self.guests)
    }

    fn is_stopped(&self) -> bool {
        self.remote.as_ref().is_some_and(Remote::is_asked)
    }

    /// Lets the code that will run in a process's store be stopped, where the container can be; and where the process is
    /// watched, lets others run every now and then although it makes no calls.
    ///
    /// # Errors
    /// It was stopped already.
    pub(crate) fn may_be_stopped<T>(
        &self,
        store: &mut Store<T>,
        container: &Arc<Container>,
        pid: Pid,
        watched: bool,
    ) -> wasmtime::Result<()> {
        if !self.stoppable && !watched {
            return Ok(());
        }
        if watched {
            self.ticker.get_or_init(|| Ticker::start(store.engine().clone()));
        }
        let (remote, container) = (self.remote.clone(), container.clone());
        // Other containers share the engine, and with it what the request to stop changes.
        store.epoch_deadline_callback(move |_| {
            if remote.as_ref().is_some_and(Remote::is_asked) {
                return Err(Trap::Interrupt.into());
            }
            // The program is between two calls: nobody has the kernel.
            let attended = remote.as_ref().is_some_and(|remote| remote.attend(false, || container.kernel()));
            if !watched && !attended {
                return Ok(UpdateDeadline::Continue(1));
            }
            match container.kernel().interrupt(pid) {
                Ok(()) => Ok(UpdateDeadline::Continue(1)),
                Err(Halt::Exit) => Err(Leave.into()),
                Err(_) => Ok(UpdateDeadline::Yield(1)),
            }
        });
        store.set_epoch_deadline(1);
        // Asked before: the deadline may have been set for a time that nobody lets come.
        wasmtime::ensure!(!self.is_stopped(), Trap::Interrupt);
        Ok(())
    }

    /// The engine that a process's code runs on.
    pub(crate) fn engine(&self, watched: bool) -> Result<&'static wasmtime::Engine, EngineError> {
        self.shared(watched).map(|shared| &shared.engine)
    }

    /// A program, ready to be started in a process that is watched or not.
    pub(crate) fn linked(&self, program: &Program, watched: bool) -> wasmtime::Result<Linked> {
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (program.clone(), self.stoppable || watched);
        if let Some(found) = linked.get(&key) {
            return Ok(found.clone());
        }
        let shared = self.shared(watched)?;
        let compile = |kind, wasm| self.compiler.compile(&shared.engine, kind, wasm, key.1, self.remote.as_ref());
        let compiled = match program {
            Program::Guest(name) | Program::Flavoured(name, _) => {
                let guest = self.guests.iter().find(|guest| guest.name == *name).ok_or(EngineError::NoGuest(name))?;
                Compiled::Module(shared.guest(guest)?)
            }
            Program::Module(wasm) => compile(Kind::Module, wasm)?,
            Program::Component(wasm) => compile(Kind::Component, wasm)?,
        };
        let ready = match compiled {
            Compiled::Module(module) => Linked::Module(calls::linker_for(&module)?.instantiate_pre(&module)?),
            Compiled::Component(component) => Linked::Component(Command::link(&component)?),
        };
        linked.insert(key, ready.clone());
        Ok(ready)
    }

    pub(crate) fn report(&self, fault: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// A process was killed because the container's memory is used up.
    pub(crate) fn is_out_of_memory(&self) {
        if let Some(tell) = &self.out_of_memory {
            tell();
        }
    }

    fn take_faults(&self) -> Vec<String> {
        core::mem::take(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
