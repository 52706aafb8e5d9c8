//! What can go wrong in the engine.

/// A failure of the engine itself, not of a guest.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A module or component cannot be compiled: it is malformed or uses what the engine does not support.
    #[error("cannot compile the WebAssembly: {0}")]
    Compile(String),
    /// A program takes too long to be compiled.
    #[error("compiling the WebAssembly took over {0} seconds; it is too large, or made to be hard to compile")]
    CompileTime(u64),
    /// A program takes too much memory to be compiled.
    #[error("compiling the WebAssembly took over {0} MiB of memory; it is too large, or made to be hard to compile")]
    CompileMemory(u64),
    /// A bundled guest's compiled code does not fit this build.
    #[error("the bundled guest `{name}` cannot be loaded: {reason}; rebuild with `cargo xtask build`")]
    Load {
        /// The guest.
        name: &'static str,
        /// What the engine says.
        reason: String,
    },
    /// A guest that the kernel names is not in the bundle.
    #[error("this build carries no guest `{0}`; rebuild with `cargo xtask build`")]
    NoGuest(&'static str),
    /// A component imports an interface that wcr does not have.
    #[error(
        "the component imports `{0}`, which wcr does not provide; it runs components that need no more than the \
         interfaces of wasi:cli/command 0.2"
    )]
    Import(String),
    /// A component has nothing to be started at.
    #[error("the component does not export `wasi:cli/run`: it is a library for other components, not a command")]
    NoCommand,
    /// The engine cannot be set up on this host.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Setup(String),
    /// Every process waits for something that cannot come.
    #[error("every process of the container waits for another one: nothing can go on")]
    Deadlock,
}
