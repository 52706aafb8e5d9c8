//! The settings that compiled code and the engine that runs it share.

use wasmtime::{Config, Engine};

use crate::error::EngineError;

/// The most stack a guest may use for its own calls, in bytes.
const MAX_STACK: usize = 3 << 20;
/// The fiber's stack: the guest's, and room for the host functions it calls.
const FIBER_STACK: usize = MAX_STACK + (1 << 20);

/// Settings for running; `compiler` only where modules have to be compiled. `stoppable` code looks whether it is to
/// stop at each call and each turn of a loop, which costs tight loops much of their speed.
pub(crate) fn config(compiler: bool, stoppable: bool) -> Config {
    let mut config = Config::new();
    config
        .enable_compiler(compiler)
        .epoch_interruption(stoppable)
        .max_wasm_stack(MAX_STACK)
        .async_stack_size(FIBER_STACK)
        .generate_address_map(false)
        // Guests have small data segments: copying them costs less than a file in memory that they are mapped from.
        .memory_init_cow(false)
        .wasm_backtrace_max_frames(None)
        // Windows needs the tables to unwind through guests; elsewhere nothing reads them.
        .native_unwind_info(cfg!(windows));
    config
}

/// Compiles a module ahead of time for the baseline CPU of `target` (a triple), so that the code runs on
/// every machine of that kind and not only on those like the one that built it. Code that is `stoppable` is for
/// containers with a [`crate::Stop`].
///
/// # Errors
/// [`EngineError::Compile`].
pub fn precompile(wasm: &[u8], target: &str, stoppable: bool) -> Result<Vec<u8>, EngineError> {
    let fail = |error: wasmtime::Error| EngineError::Compile(format!("{error:#}"));
    let mut config = config(true, stoppable);
    config.target(target).map_err(fail)?.native_unwind_info(target.contains("windows"));
    Engine::new(&config).and_then(|engine| engine.precompile_module(wasm)).map_err(fail)
}
