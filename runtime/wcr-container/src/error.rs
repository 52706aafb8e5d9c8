//! Why a container did not run.

use std::io;
use std::path::PathBuf;

use wcr_abi::Errno;
use wcr_engine::EngineError;

use crate::user::UserError;

/// Why a container was not started, or did not come to its end. Texts of images are escaped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Neither the image nor the user names a program.
    #[error("no command: the image has none; name one after the image")]
    NoCommand,
    /// An argument or variable holds a NUL byte, which no program can be given.
    #[error("{0} has a NUL byte in it")]
    Nul(&'static str),
    /// Arguments and environment are longer than a program can be given.
    #[error("arguments and environment have {0} bytes; at most {max} are possible", max = wcr_abi::SPAWN_MAX)]
    TooLong(usize),
    /// The working directory cannot be used.
    #[error("working directory {path}: {reason}")]
    Workdir {
        /// The directory.
        path: String,
        /// Why.
        reason: String,
    },
    /// The user is not known.
    #[error(transparent)]
    User(#[from] UserError),
    /// The host's part of a bind mount is missing or cannot be opened.
    #[error("cannot bind {}: {source}{}", path.display(), advice(source))]
    BindHost {
        /// The path on the host.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two bind mounts have one place.
    #[error("two bind mounts have the same place in the container: {0}")]
    BindTwice(String),
    /// The container's part of a bind mount cannot be made or used.
    #[error("cannot mount at {path} in the container: {errno}")]
    BindPlace {
        /// The path in the container.
        path: String,
        /// Why.
        errno: Errno,
    },
    /// The image's file system cannot be put together.
    #[error("cannot set up the image's file system: {what}: {errno}")]
    Rootfs {
        /// Which part.
        what: &'static str,
        /// Why.
        errno: Errno,
    },
    /// The program is not there.
    #[error("cannot run {program}: {reason}")]
    NotFound {
        /// The program as it was named.
        program: String,
        /// Why it was not found.
        reason: String,
    },
    /// The program is there, but cannot be run.
    #[error("cannot run {program}: {reason}")]
    NotRunnable {
        /// The program as it was named.
        program: String,
        /// Why it cannot be run.
        reason: String,
    },
    /// This wcr was built without its guests.
    #[error("this wcr was built without its guests; build it with `cargo xtask build`")]
    NoBundle,
    /// The built-in image is not what it must be.
    #[error("the built-in image cannot be used: {0}; build wcr again with `cargo xtask build`")]
    Builtin(String),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl RunError {
    /// The exit code of a run that fails so: 127 not found, 126 not runnable, 125 for anything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotRunnable { .. } => 126,
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
