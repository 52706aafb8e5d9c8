//! Programs found in images: compiled when they are run, unless the code is kept from an earlier run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use wasmtime::component::Component;
use wasmtime::{Engine, Module, Result, Trap, bail};

use crate::cache::{Cache, Key};
use crate::config::config;
use crate::error::EngineError;
use crate::remote::Remote;

/// How long a program may be compiled.
const MOST: Duration = Duration::from_secs(120);
/// The most memory that compiling a program may take, in bytes.
const MOST_MEMORY: u64 = 4 << 30;
/// What compiling a program may always take: what a container may have is not meant for that.
const LEAST_MEMORY: u64 = 256 << 20;
/// How often it is looked how far the memory has grown, and whether the container was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// What a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Module,
    Component,
}

/// A compiled program.
pub(crate) enum Compiled {
    Module(Module),
    Component(Component),
}

/// Compiles programs for an engine that has no compiler.
#[derive(Debug)]
pub(crate) struct Compiler {
    cache: Option<Cache>,
    /// The most memory that compiling may take, in bytes.
    memory: u64,
}

impl Compiler {
    /// A compiler that keeps code in the folder `cache`, for containers that may have so much memory.
    pub(crate) fn new(cache: Option<PathBuf>, memory: usize) -> Self {
        let memory = (memory as u64).clamp(LEAST_MEMORY, MOST_MEMORY);
        Self { cache: cache.map(Cache::new), memory }
    }

    /// Compiles a program to code that can be stopped or not, or takes the code that is kept.
    ///
    /// # Errors
    /// [`EngineError::Compile`], [`EngineError::CompileTime`], [`EngineError::CompileMemory`]; [`Trap::Interrupt`] when it was stopped meanwhile.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        kind: Kind,
        wasm: &Arc<[u8]>,
        stoppable: bool,
        remote: Option<&Remote>,
    ) -> Result<Compiled> {
        let Some(cache) = &self.cache else { return load(engine, kind, &self.code(kind, wasm, stoppable, remote)?) };
        let key = Key::new(wasm, &(kind, stoppable, std::env::consts::ARCH));
        // The engine refuses code of another version, for other settings or for a CPU that has more than this
        // one; it is made again.
        if let Some(kept) = cache.get(&key)
            && let Ok(compiled) = load(engine, kind, &kept)
        {
            return Ok(compiled);
        }
        let code = self.code(kind, wasm, stoppable, remote)?;
        cache.put(&key, &code);
        load(engine, kind, &code)
    }

    /// Compiles a program on a thread of its own, which is left to itself when that takes too long or too much.
    fn code(&self, kind: Kind, wasm: &Arc<[u8]>, stoppable: bool, remote: Option<&Remote>) -> Result<Vec<u8>> {
        let (sender, receiver) = mpsc::channel();
        let (wasm, started) = (wasm.clone(), Instant::now());
        let before = own_memory();
        std::thread::spawn(move || sender.send(code(kind, &wasm, stoppable)));
        loop {
            match receiver.recv_timeout(LOOK) {
                Ok(code) => return code,
                Err(RecvTimeoutError::Timeout) if remote.is_some_and(Remote::is_asked) => bail!(Trap::Interrupt),
                Err(RecvTimeoutError::Timeout) if own_memory().saturating_sub(before) > self.memory => {
                    bail!(EngineError::CompileMemory(self.memory >> 20))
                }
                Err(RecvTimeoutError::Timeout) if started.elapsed() < MOST => {}
                Err(RecvTimeoutError::Timeout) => bail!(EngineError::CompileTime(MOST.as_secs())),
                Err(RecvTimeoutError::Disconnected) => {
                    bail!(EngineError::Compile("the compiler ended before its time".into()))
                }
            }
        }
    }
}

/// How much memory of its own this process has, in bytes; 0 where the system does not tell (Linux does).
fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() << 10
}

/// Compiles a program, by an engine with a compiler.
fn code(kind: Kind, wasm: &[u8], stoppable: bool) -> Result<Vec<u8>> {
    let compiler = Engine::new(&config(true, stoppable))?;
    let compiled = match kind {
        Kind::Module => compiler.precompile_module(wasm),
        Kind::Component => compiler.precompile_component(wasm),
    };
    Ok(compiled.map_err(|error| EngineError::Compile(format!("{error:#}")))?)
}

/// Loads what [`code`] made.
fn load(engine: &Engine, kind: Kind, code: &[u8]) -> Result<Compiled> {
    // SAFETY: the bytes come from `code`, in this process or in an earlier one that kept them in the cache,
    // whose files hold nothing else and are checked.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        Ok(match kind {
            Kind::Module => Compiled::Module(Module::deserialize(engine, code)?),
            Kind::Component => Compiled::Component(Component::deserialize(engine, code)?),
        })
    }
}
