//! What a container is on this host: a machine (image, file system, kernel), an engine that runs it, and the
//! host's folders, clock and streams.
//!
//! This is the library that others embed; the `wcr` command is one user of it.

#![deny(unsafe_code)]

pub mod bind;
mod bundle;
mod error;
mod host;
pub mod hostfs;
mod image;
pub mod life;
mod options;
mod run;

pub use bundle::{builtin, builtin_files, guests};
pub use error::RunError;
pub use image::from_store;
pub use options::{Deterministic, RunOptions, Started};
pub use run::{Captured, Outcome, run, run_captured};
pub use wcr_abi::{Errno, FileKind, Signal, Stat, Timestamp};
pub use wcr_engine::{Job, Lasting, Remote};
pub use wcr_kernel::{Limits, TraceSink, signal_name};
pub use wcr_machine::{
    BootError, BuiltinFiles, ContainerImage, DEFAULT_HOSTNAME, EnvChange, Executable, Explain, FileIn, Root, Rung,
    Settings, Tmpfs, environment, executables, is_unseen, shown,
};
