//! The run loop: polls the processes in the order that the kernel says.

use std::collections::{BTreeMap, HashMap};
use std::ops::DerefMut;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wasmtime::InstancePre;
use wcr_abi::{Pid, WaitStatus};
use wcr_kernel::{Idle, Kernel, Program};

use crate::calls;
use crate::code::CompiledGuest;
use crate::compile::{Compiled, Compiler, Kind};
use crate::component::Command;
use crate::config::config;
use crate::error::EngineError;
use crate::guest::{Container, Guest};
use crate::process::live;

/// Runs containers. Cheap to make; compiled code is loaded when it is first needed.
pub struct Engine {
    modules: Arc<Modules>,
    memory_limit: usize,
}

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

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Engine {
    /// An engine that has these guests; `memory_limit` is the most memory of one process, in bytes. In the
    /// folder `cache`, made when it is needed, it keeps the code of programs that it compiled.
    ///
    /// # Errors
    /// [`EngineError::Setup`].
    pub fn new(
        guests: &'static [CompiledGuest],
        memory_limit: usize,
        cache: Option<PathBuf>,
    ) -> Result<Self, EngineError> {
        Ok(Self { modules: Arc::new(Modules::new(guests, Compiler::new(cache))?), memory_limit })
    }

    /// Checks that bytes are a module this engine can run.
    ///
    /// # Errors
    /// [`EngineError::Compile`].
    pub fn check(&self, wasm: &Arc<[u8]>) -> Result<(), EngineError> {
        let fail = |error: wasmtime::Error| EngineError::Compile(format!("{error:#}"));
        self.modules.linked(&Program::Module(wasm.clone())).map(drop).map_err(fail)
    }

    /// Runs a kernel's processes until its first one has ended.
    ///
    /// # Errors
    /// [`EngineError::Deadlock`]; others when a bundled guest cannot be loaded.
    pub fn run(&self, kernel: Kernel) -> Result<Finished, EngineError> {
        let container = Arc::new(Container::new(kernel, self.memory_limit));
        let mut tasks: BTreeMap<Pid, Task> = BTreeMap::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let (ready, starts, dead) = {
                let mut kernel = container.kernel();
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

    /// Waits for what the kernel says; the first process's status when it has ended.
    fn idle(&self, container: &Container) -> Result<Option<WaitStatus>, EngineError> {
        let idle = container.kernel().idle();
        match idle {
            Idle::Finished(status) => return Ok(Some(status)),
            Idle::Ready => {}
            Idle::Wait { timeout, input: true } => container.kernel().wait_input(timeout),
            Idle::Wait { timeout, input: false } => std::thread::sleep(Duration::from_nanos(timeout.unwrap_or(0))),
            Idle::Deadlock => return Err(EngineError::Deadlock),
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
    engine: wasmtime::Engine,
    guests: &'static [CompiledGuest],
    compiler: Compiler,
    linked: Mutex<HashMap<Program, Linked>>,
    faults: Mutex<Vec<String>>,
}

impl Modules {
    fn new(guests: &'static [CompiledGuest], compiler: Compiler) -> Result<Self, EngineError> {
        let fail = |error: wasmtime::Error| EngineError::Setup(format!("{error:#}"));
        let mut config = config(false);
        #[cfg(unix)]
        {
            let recycler = Arc::new(crate::unix_memory::Recycler::default());
            config.with_host_memory(recycler.clone()).with_host_stack(recycler);
            config.with_custom_code_memory(Some(Arc::new(crate::unix_code::PageProtection { guests })));
        }
        let engine = wasmtime::Engine::new(&config).map_err(fail)?;
        Ok(Self { engine, guests, compiler, linked: Mutex::default(), faults: Mutex::default() })
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// A program, ready to be started.
    pub(crate) fn linked(&self, program: &Program) -> wasmtime::Result<Linked> {
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = linked.get(program) {
            return Ok(found.clone());
        }
        let compiled = match program {
            Program::Guest(name) => {
                let guest = self.guests.iter().find(|guest| guest.name == *name).ok_or(EngineError::NoGuest(name))?;
                Compiled::Module(guest.load(&self.engine)?)
            }
            Program::Module(wasm) => self.compiler.compile(&self.engine, Kind::Module, wasm)?,
            Program::Component(wasm) => self.compiler.compile(&self.engine, Kind::Component, wasm)?,
        };
        let ready = match compiled {
            Compiled::Module(module) => Linked::Module(calls::linker_for(&module)?.instantiate_pre(&module)?),
            Compiled::Component(component) => Linked::Component(Command::link(&component)?),
        };
        linked.insert(program.clone(), ready.clone());
        Ok(ready)
    }

    pub(crate) fn report(&self, fault: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    fn take_faults(&self) -> Vec<String> {
        core::mem::take(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
