//! Programs found in images: compiled when they are run, unless the code is kept from an earlier run.

use std::path::PathBuf;

use wasmtime::component::Component;
use wasmtime::{Engine, Module, Result};

use crate::cache::{Cache, Key};
use crate::config::config;
use crate::error::EngineError;

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
}

impl Compiler {
    /// A compiler that keeps code in the folder `cache`.
    pub(crate) fn new(cache: Option<PathBuf>) -> Self {
        Self { cache: cache.map(Cache::new) }
    }

    /// Compiles a program, or takes the code that is kept.
    pub(crate) fn compile(&self, engine: &Engine, kind: Kind, wasm: &[u8]) -> Result<Compiled> {
        let Some(cache) = &self.cache else { return load(engine, kind, &code(kind, wasm)?) };
        let key = Key::new(wasm, &(kind, std::env::consts::ARCH));
        // The engine refuses code of another version, for other settings or for a CPU that has more than this
        // one; it is made again.
        if let Some(kept) = cache.get(&key)
            && let Ok(compiled) = load(engine, kind, &kept)
        {
            return Ok(compiled);
        }
        let code = code(kind, wasm)?;
        cache.put(&key, &code);
        load(engine, kind, &code)
    }
}

/// Compiles a program, by an engine with a compiler.
fn code(kind: Kind, wasm: &[u8]) -> Result<Vec<u8>> {
    let compiler = Engine::new(&config(true))?;
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
