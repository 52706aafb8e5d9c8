//! Why a container did not run.

use std::io;
use std::path::PathBuf;

use wcr_engine::EngineError;
use wcr_machine::BootError;

/// Why a container was not started, or did not come to its end. Texts of images are escaped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The container could not be put together, or its program not be started.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The host's part of a bind mount is missing or cannot be opened.
    #[error("cannot bind {}: {reason}{}", path.display(), advice(reason))]
    BindHost {
        /// The path on the host.
        path: PathBuf,
        /// Why; a part of the message, so no source of its own.
        reason: io::Error,
    },
    /// Two bind mounts have one place.
    #[error("two bind mounts have the same place in the container: {0}")]
    BindTwice(String),
    /// The host's terminal cannot be used.
    #[error("cannot use the terminal: {0}")]
    Terminal(io::Error),
    /// This wcr was built without its guests.
    #[error("this wcr was built without its guests; build it with `cargo xtask build`")]
    NoBundle,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl RunError {
    /// The exit code of a run that fails so: 127 not found, 126 not runnable, 125 for anything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Boot(error) => error.exit_code(),
            _ => 125,
        }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "; create it first, or check the path",
        io::ErrorKind::PermissionDenied => "; the user who runs wcr needs access to it",
        _ => "",
    }
}
