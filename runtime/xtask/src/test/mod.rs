//! The test command: every suite of the project, one after another, and one line that adds them up.

mod component;
pub mod conformance;
mod cross;
mod steps;
mod tally;
pub mod tools;
mod web;

use std::process::ExitCode;
use std::time::Instant;

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use steps::Session;
use tally::Tally;

/// A part of the tests that can be asked for by name.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Session) -> Result<Tally>,
}

/// In the order they run: what fails soonest and most often comes first.
const STEPS: [Step; 7] = [
    Step { name: "guests", about: "unit tests of the guests, natively", run: steps::guests },
    Step { name: "host", about: "unit, end-to-end, fidelity and tidy tests", run: steps::host },
    Step { name: "wasm", about: "the kernel-side crates build for the browser", run: steps::kernel_for_wasm },
    Step { name: "web", about: "the page in a browser, and the same answers there as natively", run: web::web },
    Step { name: "lint", about: "clippy without an error, rustfmt without a change", run: steps::lint },
    Step { name: "windows", about: "the binary compiles for Windows", run: cross::windows },
    Step { name: "macos", about: "the binary compiles for macOS", run: cross::macos },
];

/// Compares all cases of the corpora, or a share of them (`NUMBER/SHARES`), in the browser and natively, and prints the total
/// as the last line.
///
/// # Errors
/// No browser or no Node.js, or a build failed; a case that differs is no error but exit code 1.
pub fn parity(workspace: &Workspace, share: &str) -> Result<ExitCode> {
    let tally = web::parity(workspace, share)?;
    println!("{tally}");
    Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the steps named (all when none is) and prints the total as the last line.
///
/// # Errors
/// No such step, or no compiler; a failing test is no error but exit code 1.
pub fn run(workspace: &Workspace, names: &[String]) -> Result<ExitCode> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::usage(format!("no such test step: {unknown} (known: {})", known.join(" "))));
    }
    tools::provide();
    let session = Session::start(workspace)?;
    let mut total = Tally::default();
    let mut report = Vec::new();
    for step in STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)) {
        println!("\n==== {}: {}", step.name, step.about);
        let started = Instant::now();
        let tally = (step.run)(&session).unwrap_or_else(|failure| {
            println!("FAILED {}: {failure}", step.name);
            Tally::failure()
        });
        report.push(format!("{:8} {tally} in {:.0} s", step.name, started.elapsed().as_secs_f64()));
        total.add(&tally);
    }
    if !total.failures().is_empty() {
        println!("\n==== failures");
    }
    for line in total.failures() {
        println!("{line}");
    }
    println!("\n==== summary");
    for line in report {
        println!("{line}");
    }
    for reason in total.reasons() {
        println!("skipped: {reason}");
    }
    println!("{total}");
    Ok(if total.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
