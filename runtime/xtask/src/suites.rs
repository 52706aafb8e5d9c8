//! The programs of the test crate that drive the built binary: the fidelity corpus and the benchmarks.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::web;
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
    let mut command = std::process::Command::new(workspace.host_binary(&host, name));
    command.args(args).env("WCR_BIN", wcr);
    if name == "bench" && asks_for_web(args) {
        match web::build(workspace) {
            Ok(_) => _ = command.env("WCR_WEB", web::folder(workspace)),
            Err(failure) => eprintln!("xtask: no page for browsers: {failure}"),
        }
    }
    let status = command.status().context(|| format!("start {name}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares wcr's files with those of this machine's Linux for longer than the tests do: how many operations, and
/// from which seed on.
///
/// # Errors
/// The arguments are no numbers, or cargo could not be started.
pub fn differential(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let numbers = args.iter().map(|arg| arg.parse::<u64>()).collect::<core::result::Result<Vec<_>, _>>();
    let Ok([operations, seed]) = numbers.map(|numbers| match *numbers.as_slice() {
        [] => [10_000_000, 1],
        [operations] => [operations, 1],
        [operations, seed, ..] => [operations, seed],
    }) else {
        return Err(Failure::usage("differential takes two numbers: how many operations, and a seed"));
    };
    let status = workspace
        .host_cargo("test", &Host::detect()?)
        .args(["--test", "differential", "--", "--nocapture"])
        .env("WCR_DIFFERENTIAL_OPERATIONS", operations.to_string())
        .env("WCR_DIFFERENTIAL_SEED", seed.to_string())
        .status()
        .context(|| "start cargo".into())?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the benchmarks that `args` ask for include the page's.
fn asks_for_web(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "web") || !args.iter().any(|arg| arg == "start" || arg == "pull" || arg == "shell")
}
