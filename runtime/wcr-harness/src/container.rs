//! One run of a script's container, with a clock and a randomness of its own.

use wcr_container::{Captured, ContainerImage, Root, RunError, RunOptions, run_captured};

use crate::options::Request;

/// Runs a container to its end, on the files that an earlier one left or on the image's own; keeps what it printed.
pub(crate) fn run(image: &ContainerImage, request: Request, root: Option<Root>) -> Result<Captured, RunError> {
    let Request { settings, stdin, seed, clock, timeout } = request;
    let (clock, seed, timeout) = (Some(clock), Some(seed), Some(timeout));
    let options = RunOptions { settings, root, clock, seed, timeout, ..RunOptions::default() };
    run_captured(image, options, stdin)
}
