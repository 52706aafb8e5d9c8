//! The one error of these commands: a sentence for the developer, and an exit code.

use std::fmt;
use std::process::ExitStatus;

/// A result whose error is a [`Failure`].
pub type Result<T> = std::result::Result<T, Failure>;

/// What went wrong, as a sentence that names the object, and the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// A step that failed: exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 1 }
    }

    /// A wrong command line: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 2 }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Adds the object to an I/O error, which by itself names none.
pub trait Context<T> {
    /// Turns the error into a [`Failure`] that begins with what was being done.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for std::io::Result<T> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::new(format!("{}: {error}", doing())))
    }
}

/// Fails unless the child ended with exit code 0.
pub fn check(status: ExitStatus, what: &str) -> Result<()> {
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{what}: {status}"))) }
}
