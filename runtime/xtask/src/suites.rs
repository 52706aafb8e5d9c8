//! The programs of the test crate that drive the built binary: the fidelity corpus and the benchmarks.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::host::Host;
use crate::test::conformance;
use crate::web;
use crate::workspace::Workspace;

/// Builds wcr and the program called `name`, then runs it with `args`.
///
/// # Errors
/// A build failed, or the program could not be started.
pub fn run(workspace: &Workspace, name: &str, args: &[OsString]) -> Result<ExitCode> {
    let wcr = build::wcr(workspace)?;
    let host = Host::detect()?;
    workspace.build_for(&host, &["--bin", name], name)?;
    let mut command = std::process::Command::new(workspace.host_binary(&host, name));
    command.args(args).env("WCR_BIN", wcr);
    if name == "bench" && asks_for(args, "web") {
        match web::build(workspace) {
            Ok(_) => _ = command.env("WCR_WEB", web::folder(workspace)),
            Err(failure) => eprintln!("xtask: no page for browsers: {failure}"),
        }
    }
    if name == "bench" && asks_for(args, "kernel") {
        workspace.build_for(&host, &["--bin", conformance::PACKAGE], "the conformance program")?;
        command.env("WCR_BENCH_NATIVE", workspace.host_binary(&host, conformance::PACKAGE));
        command.env("WCR_BENCH_GUEST", conformance::build(workspace)?);
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

/// Runs what does not depend on the order of processes (`tests/schedules`) in other orders: those of the seeds, as in
/// `0..1000`.
///
/// # Errors
/// The build failed, or wcr could not be started.
pub fn schedules(workspace: &Workspace, seeds: &str) -> Result<ExitCode> {
    let wcr = build::wcr(workspace)?;
    let store = workspace.state_dir()?.join("schedules");
    let status = std::process::Command::new(&wcr)
        .args(["test", "--schedule", &format!("seeds={seeds}")])
        .arg(workspace.root.join("tests").join("schedules"))
        .env("WCR_ROOT", store)
        .status()
        .context(|| format!("start {}", wcr.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names of the benchmarks; none of them is all.
const BENCHMARKS: [&str; 7] = ["start", "pull", "web", "shell", "kernel", "applets", "harness"];

/// Whether the benchmarks that `args` ask for include this one.
fn asks_for(args: &[OsString], benchmark: &str) -> bool {
    let named = |name: &str| args.iter().any(|arg| arg == name);
    named(benchmark) || !BENCHMARKS.into_iter().any(named)
}
