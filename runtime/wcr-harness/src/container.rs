//! One run of a script's container, with a clock and a randomness of its own.

use wcr_container::{Captured, ContainerImage, Deterministic, Root, RunError, RunOptions, run_captured};

use crate::options::Request;

/// Runs a container to its end, on the files that an earlier one left or on the image's own; keeps what it printed.
pub(crate) fn run(image: &ContainerImage, request: Request, root: Option<Root>) -> Result<Captured, RunError> {
    let Request { settings, stdin, seed, clock, timeout } = request;
    let start = clock.unwrap_or(Deterministic::default().start);
    let deterministic = Some(Deterministic { seed, start });
    let options = RunOptions { settings, root, deterministic, timeout: Some(timeout), ..RunOptions::default() };
    run_captured(image, options, stdin)
}
