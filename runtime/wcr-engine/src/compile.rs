//! Programs found in images: compiled when they are run.

use wasmtime::component::Component;
use wasmtime::{Engine, Module, Result};

use crate::config::config;

/// What a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    Component,
}

/// A compiled program.
pub(crate) enum Compiled {
    Module(Module),
    Component(Component),
}

/// Compiles a program: by an engine with a compiler, for the one without.
pub(crate) fn compile(engine: &Engine, kind: Kind, wasm: &[u8]) -> Result<Compiled> {
    let compiler = Engine::new(&config(true))?;
    let code = match kind {
        Kind::Module => compiler.precompile_module(wasm)?,
        Kind::Component => compiler.precompile_component(wasm)?,
    };
    // SAFETY: the bytes come from the lines above.
    #[expect(unsafe_code, reason = "see above")]
    unsafe {
        Ok(match kind {
            Kind::Module => Compiled::Module(Module::deserialize(engine, code)?),
            Kind::Component => Compiled::Component(Component::deserialize(engine, code)?),
        })
    }
}
