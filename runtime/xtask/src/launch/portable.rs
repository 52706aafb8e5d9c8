//! Elsewhere: a child with the same standard streams, whose exit code becomes this program's.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::failure::{Context, Result};

/// Runs `binary` to its end and gives its exit code.
///
/// # Errors
/// The binary cannot be started.
pub fn replace(binary: &Path, args: &[OsString]) -> Result<ExitCode> {
    let status = Command::new(binary).args(args).status().context(|| format!("start {}", binary.display()))?;
    // The code may be wider than a byte here; `process::exit` keeps it whole.
    std::process::exit(status.code().unwrap_or(1))
}
