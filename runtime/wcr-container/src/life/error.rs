//! What can go wrong in the life of a container.

use std::fmt::Display;
use std::io;

use wcr_image::Class;
use wcr_store::StoreError;

use crate::error::RunError;
use crate::life::record::{Status, short};

/// Why something could not be done with a container.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// There is no such container.
    #[error("No such container: {0}")]
    Unknown(String),
    /// Several containers are meant.
    #[error("{0} fits several containers; give more digits of the ID")]
    Ambiguous(String),
    /// The name is none that a container can have.
    #[error("Invalid container name ({0}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, and at least two of them")]
    Name(String),
    /// It does not run.
    #[error("container {container} is not running; start it first")]
    NotRunning {
        /// The container.
        container: String,
    },
    /// It runs.
    #[error("container {container} is {}; stop it before, or use --force", status.name())]
    Running {
        /// The container.
        container: String,
        /// What it does.
        status: Status,
    },
    /// It is paused.
    #[error("container {container} is paused; unpause it first")]
    Paused {
        /// The container.
        container: String,
    },
    /// It is not paused.
    #[error("container {container} is not paused")]
    NotPaused {
        /// The container.
        container: String,
    },
    /// A process of a running container, or the container, could not be started, in the words of who tried; with the exit
    /// code that says so.
    #[error("{reason}")]
    Start {
        /// Why.
        reason: String,
        /// 127 not found, 126 not runnable, 125 for anything else.
        code: u8,
    },
    /// What is kept of it makes no sense.
    #[error("container {container} is damaged: {reason}; remove it with `wcr rm --force`")]
    Damaged {
        /// The container.
        container: String,
        /// What is wrong.
        reason: String,
    },
    /// Its image is the one that wcr carries, which is not in the store.
    #[error(
        "container {container} is of the built-in image, which is not in the store; make an image of its files with \
         `wcr export {container} | wcr import - NAME`"
    )]
    BuiltIn {
        /// The container.
        container: String,
    },
    /// Its image has gone.
    #[error("the image of container {container} is not in the store any more; remove the container")]
    NoImage {
        /// The container.
        container: String,
    },
    /// The process that it runs in does not answer.
    #[error("container {container} cannot be reached: {reason}")]
    Unreachable {
        /// The container.
        container: String,
        /// Why.
        reason: io::Error,
    },
    /// What it had written could not be kept.
    #[error("cannot keep the files of container {container}: {reason}")]
    Files {
        /// The container.
        container: String,
        /// Why.
        reason: io::Error,
    },
    /// Something in the container cannot be read or written.
    #[error("{path}: {reason}")]
    Path {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// This host cannot keep containers running without a terminal.
    #[error("{0} needs a Unix host; `wcr run` without -d works here")]
    Host(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The container did not run.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl LifeError {
    pub(crate) fn damaged(id: &str, reason: &dyn Display) -> Self {
        Self::Damaged { container: short(id).to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn files(id: &str) -> impl FnOnce(io::Error) -> Self {
        let container = short(id).to_owned();
        move |reason| Self::Files { container, reason }
    }

    pub(crate) fn unreachable(id: &str) -> impl FnOnce(io::Error) -> Self {
        let container = short(id).to_owned();
        move |reason| Self::Unreachable { container, reason }
    }

    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Name(_) => Class::Usage,
            Self::Running { .. } | Self::NotRunning { .. } | Self::Paused { .. } | Self::NotPaused { .. } => {
                Class::Conflict
            }
            Self::Store(error) => error.class(),
            _ => Class::Store,
        }
    }

    /// The exit code of a command that runs a program and fails so.
    #[must_use]
    pub const fn run_code(&self) -> u8 {
        match self {
            Self::Start { code, .. } => *code,
            Self::Run(error) => error.exit_code(),
            _ => 125,
        }
    }
}
