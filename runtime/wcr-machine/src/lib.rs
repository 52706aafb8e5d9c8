//! A container put together without an engine: an image's layers, a file system over them, the ladder that
//! says what runs for a file, and a kernel with its first process.
//!
//! Engine-neutral and free of host I/O: what is the host's (clock, randomness, standard streams, bind
//! mounts, the bundled guests) is passed in as [`Host`]. The native engine and the browser both start here.

#![forbid(unsafe_code)]

mod boot;
mod command;
mod environment;
mod error;
mod image;
mod led;
mod listing;
mod loader;
mod path;
mod root;
mod rootfs;
mod settings;
mod shims;
mod size;
mod system_files;
mod text;
mod tmpfs;
pub mod user;
mod wasm_entry;

pub use boot::enter;
pub use boot::{Host, Machine, VIRTUAL_SEED, VIRTUAL_START, boot};
pub use command::argv;
pub use environment::{DEFAULT_PATH, EnvChange, environment};
pub use error::BootError;
pub use image::{BuiltinFiles, ContainerImage};
pub use led::{Companion, Fed};
pub use listing::{Executable, Rung, executables};
pub use loader::{BundledGuest, Explain, GuestModule, LastRefusal, Verdict, judge};
pub use path::clean;
pub use root::Root;
pub use rootfs::Mount;
pub use settings::{DEFAULT_HOSTNAME, FileIn, Settings, Shim};
pub use shims::ShimSource;
pub use system_files::is_systems;
pub use text::{is_unseen, shown};
pub use tmpfs::{Tmpfs, TmpfsError, TmpfsFault};
