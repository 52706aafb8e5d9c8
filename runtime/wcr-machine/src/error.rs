//! Why a container was not started.

use wcr_abi::Errno;

use crate::user::UserError;

/// Why a container was not started. Texts of images are escaped.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Neither the image nor the user names a program.
    #[error("no command: the image has none; name one after the image")]
    NoCommand,
    /// An argument or variable holds a NUL byte, which no program can be given.
    #[error("{0} has a NUL byte in it")]
    Nul(&'static str),
    /// Arguments and environment are longer than a program can be given.
    #[error("arguments and environment have {0} bytes; at most {max} are possible", max = wcr_abi::ARGUMENTS_MAX)]
    TooLong(usize),
    /// The working directory cannot be used.
    #[error("working directory {path}: {reason}")]
    Workdir {
        /// The directory.
        path: String,
        /// Why.
        reason: String,
    },
    /// The working directory is not there.
    #[error("working directory {0}: {errno}", errno = Errno::Noent)]
    NoWorkdir(String),
    /// The host name is none that `sethostname(2)` takes and that does no harm in `/etc/hosts`.
    #[error("invalid host name {0:?}: it has up to 64 of A-Z, a-z, 0-9, `-`, `.` and `_`")]
    Hostname(String),
    /// A host that is to be added to `/etc/hosts` makes no sense.
    #[error("invalid host {0:?}: it needs the form NAME:ADDRESS, as in db:10.0.0.5")]
    HostLine(String),
    /// The user is not known.
    #[error(transparent)]
    User(#[from] UserError),
    /// Something cannot be mounted where it was asked for.
    #[error("cannot mount at {path} in the container: {errno}")]
    Mount {
        /// The path in the container.
        path: String,
        /// Why.
        errno: Errno,
    },
    /// Two file systems are to be mounted at one place.
    #[error("two mounts have the same place in the container: {0}")]
    MountTwice(String),
    /// A file cannot be put where it was asked for.
    #[error("cannot put the file {path} into the container: {reason}")]
    FileIn {
        /// The path in the container.
        path: String,
        /// Why.
        reason: String,
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
    /// An image that wcr carries is not what it must be.
    #[error("the built-in image cannot be used: {0}; build wcr again with `cargo xtask build`")]
    Builtin(String),
}

impl BootError {
    /// The exit code of a run that fails so: 127 not found, 126 not runnable, 125 for anything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } | Self::NoWorkdir(_) => 127,
            Self::NotRunnable { .. } => 126,
            _ => 125,
        }
    }
}
