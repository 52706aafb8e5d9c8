//! The steps that run on this machine: unit tests, end-to-end tests, and checks of the sources.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::component::{self, PROBES};
use super::conformance;
use super::tally::Tally;
use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::host::Host;
use crate::toolchain::ensure_target;
use crate::workspace::{GUESTS, Workspace};

/// The crates that must build for the browser as they are.
const KERNEL_SIDE: [&str; 6] = ["wcr-abi", "wcr-vfs", "wcr-kernel", "wcr-wasi", "wcr-image", "wcr-machine"];

/// The variable that tells the conformance tests where their program for wcr is.
const CONFORMANCE_VARIABLE: &str = "WCR_TEST_CONFORMANCE";

/// What every step needs.
pub struct Session<'a> {
    /// The source tree.
    pub workspace: &'a Workspace,
    /// The machine.
    pub host: Host,
}

impl<'a> Session<'a> {
    /// Looks at the machine.
    ///
    /// # Errors
    /// There is no working compiler.
    pub fn start(workspace: &'a Workspace) -> Result<Self> {
        Ok(Session { workspace, host: Host::detect()? })
    }

    /// Runs a cargo command whose success is one passed check.
    ///
    /// # Errors
    /// Cargo could not be started.
    pub fn cargo_check(&self, mut command: Command) -> Result<Tally> {
        let status = command.stdin(Stdio::null()).status().context(|| "start cargo".into())?;
        Ok(Tally::of(status.success()))
    }
}

/// Unit tests of the host crates, and the end-to-end tests against the built binary.
pub fn host(session: &Session) -> Result<Tally> {
    let binary = build::wcr(session.workspace)?;
    let log = session.workspace.state_dir()?.join("skipped.log");
    std::fs::write(&log, "").context(|| format!("write {}", log.display()))?;
    let mut command = session.workspace.host_cargo("test", &session.host);
    command.arg("--no-fail-fast").env("WCR_BIN", binary).env("WCR_SKIP_LOG", &log);
    for probe in &PROBES {
        match component::build(session.workspace, probe) {
            Ok(program) => command.env(probe.variable, program),
            // The tests that need it say that they are skipped.
            Err(failure) => {
                eprintln!("xtask: {failure}");
                command.env_remove(probe.variable)
            }
        };
    }
    command.env(CONFORMANCE_VARIABLE, conformance::build(session.workspace)?);
    let mut tally = run_libtest(command)?;
    tally.apply_skip_log(&std::fs::read_to_string(&log).context(|| log.display().to_string())?);
    Ok(tally)
}

/// Unit tests of the guests, compiled for this machine: their logic needs no wasm.
pub fn guests(session: &Session) -> Result<Tally> {
    let mut command = session.workspace.cargo();
    session.host.configure(&mut command);
    command.args(["test", "--release", "--target", &session.host.triple, "--no-fail-fast"]);
    for guest in GUESTS {
        command.args(["-p", guest]);
    }
    run_libtest(command)
}

/// The crates of the simulated system compile for a browser's wasm engine.
pub fn kernel_for_wasm(session: &Session) -> Result<Tally> {
    let target = "wasm32-unknown-unknown";
    if let Err(failure) = ensure_target(target) {
        return Ok(Tally::skip(failure.to_string()));
    }
    let mut total = Tally::default();
    for package in KERNEL_SIDE {
        let mut command = session.workspace.cargo();
        command.args(["check", "--release", "--target", target, "-p", package]);
        total.add(&session.cargo_check(command)?);
    }
    Ok(total)
}

/// Formatting and lints, where the toolchain has the two components.
pub fn lint(session: &Session) -> Result<Tally> {
    let mut total = Tally::default();
    if has_component(session.workspace, "fmt") {
        let mut command = session.workspace.cargo();
        command.args(["fmt", "--all", "--check"]);
        total.add(&session.cargo_check(command)?);
    } else {
        total.add(&Tally::skip("rustfmt is not installed (rustup component add rustfmt)"));
    }
    if has_component(session.workspace, "clippy") {
        let mut command = session.workspace.host_cargo("clippy", &session.host);
        command.arg("--all-targets");
        total.add(&session.cargo_check(command)?);
        let mut command = session.workspace.cargo();
        command.args(["clippy", "--profile", "guest", "--target", crate::toolchain::GUEST_TARGET]);
        for guest in GUESTS {
            command.args(["-p", guest]);
        }
        total.add(&session.cargo_check(command)?);
        let mut command = session.workspace.cargo();
        command.args(["clippy", "--profile", "tool", "-p", "web-bindgen"]);
        total.add(&session.cargo_check(command)?);
    } else {
        total.add(&Tally::skip("clippy is not installed (rustup component add clippy)"));
    }
    Ok(total)
}

fn has_component(workspace: &Workspace, name: &str) -> bool {
    workspace
        .cargo()
        .args([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `cargo test`, passes its output through, and adds up the results it reports.
fn run_libtest(command: Command) -> Result<Tally> {
    run_counted(command, "cargo test", Tally::read_line)
}

/// Runs a runner of tests, passes its output through, and lets `read` add up what its lines report.
///
/// # Errors
/// The runner could not be started, or its output not be read.
pub fn run_counted(mut command: Command, runner: &str, read: fn(&mut Tally, &str)) -> Result<Tally> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context(|| format!("start {runner}"))?;
    let stdout = child.stdout.take().ok_or_else(|| Failure::new(format!("{runner} has no output")))?;
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context(|| format!("read from {runner}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        read(&mut tally, &line);
    }
    let status = child.wait().context(|| format!("wait for {runner}"))?;
    if !status.success() {
        tally.runner_failed();
    }
    Ok(tally)
}
