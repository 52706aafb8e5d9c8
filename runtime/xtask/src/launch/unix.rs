//! Unix: `execve`, so that the terminal, signals and the exit status are the binary's own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::failure::{Failure, Result};

/// Replaces this process by `binary`.
///
/// # Errors
/// The binary cannot be executed; on success it does not return.
pub fn replace(binary: &Path, args: &[OsString]) -> Result<ExitCode> {
    let error = Command::new(binary).args(args).exec();
    Err(Failure::new(format!("{}: {error}", binary.display())))
}
