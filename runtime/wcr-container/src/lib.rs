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
pub mod live;
mod options;
pub mod recording;
mod run;

pub use bundle::{builtin, builtin_files, guests};
pub use error::RunError;
pub use image::from_store;
pub use options::{RunOptions, Started};
pub use run::{Captured, Outcome, run, run_captured};
pub use wcr_abi::{Errno, FileKind, MockAnswer, MockCall, Signal, Stat, Timestamp};
pub use wcr_engine::{Job, Lasting, Remote};
pub use wcr_kernel::{Answers, Limits, TraceSink, signal_name};
pub use wcr_machine::{
    BootError, BuiltinFiles, ContainerImage, DEFAULT_HOSTNAME, EnvChange, Executable, Explain, FileIn, Root, Rung,
    Settings, Shim, Tmpfs, VIRTUAL_SEED, VIRTUAL_START, environment, executables, is_unseen, shown,
};
