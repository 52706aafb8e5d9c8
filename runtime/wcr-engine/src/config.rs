//! The settings that compiled code and the engine that runs it share.

use wasmtime::Config;

/// The most stack a guest may use for its own calls, in bytes.
const MAX_STACK: usize = 16 << 20;
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
