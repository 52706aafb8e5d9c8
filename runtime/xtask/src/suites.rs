//! The programs of the test crate that drive the built binary: the fidelity corpus and the benchmarks.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::workspace::{Host, Workspace};

/// Builds wcr and the program called `name`, then runs it with `args`.
///
/// # Errors
/// A build failed, or the program could not be started.
pub fn run(workspace: &Workspace, name: &str, args: &[OsString]) -> Result<ExitCode> {
    let wcr = build::wcr(workspace)?;
    let host = Host::detect()?;
    let built = workspace
        .host_cargo("build", &host)
        .args(["--bin", name])
        .stdout(std::io::stderr())
        .status()
        .context(|| "start cargo".into())?;
    if !built.success() {
        return Err(Failure::new(format!("building {name}: {built}")));
    }
    let status = std::process::Command::new(workspace.host_binary(&host, name))
        .args(args)
        .env("WCR_BIN", wcr)
        .status()
        .context(|| format!("start {name}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
