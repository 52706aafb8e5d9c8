//! What a container is: an image's layers, a file system over them, a kernel and an engine.
//!
//! This is the library that others embed; the `wcr` command is one user of it.

#![deny(unsafe_code)]

pub mod bind;
mod bundle;
pub mod command;
pub mod environment;
mod error;
mod host;
pub mod hostfs;
mod image;
mod listing;
mod loader;
mod options;
mod rootfs;
mod run;
mod system_files;
mod text;
pub mod user;

pub use bundle::guests;
pub use error::RunError;
pub use image::ContainerImage;
pub use listing::{Executable, Rung, executables};
pub use loader::{Explain, Verdict, judge};
pub use options::{DEFAULT_HOSTNAME, RunOptions};
pub use run::{Outcome, run};
pub use text::shown;
