//! One run of a script's container: fresh, with a clock and a randomness of its own.

use wcr_container::{Captured, ContainerImage, Deterministic, RunError, RunOptions, run_captured};

use crate::options::Request;

/// Runs a container to its end and keeps what it printed and left.
pub(crate) fn run(image: &ContainerImage, request: Request) -> Result<Captured, RunError> {
    let Request { settings, stdin, seed, clock, timeout } = request;
    let start = clock.unwrap_or(Deterministic::default().start);
    let deterministic = Some(Deterministic { seed, start });
    let options = RunOptions { settings, deterministic, timeout: Some(timeout), ..RunOptions::default() };
    run_captured(image, options, stdin)
}
