//! One run of a script's container, with a clock and a randomness of its own.

use wcr_container::{Answers, Captured, ContainerImage, Root, RunError, RunOptions, run_captured};

use crate::options::Request;

/// Runs a container to its end, on the files that an earlier one left or on the image's own; keeps what it printed.
pub(crate) fn run(
    image: &ContainerImage,
    request: Request,
    root: Option<Root>,
    answers: Option<Answers>,
) -> Result<Captured, RunError> {
    let (options, stdin) = options(request, root);
    run_captured(image, RunOptions { answers, ..options }, stdin)
}

/// What a request means for a container on these files, and its input.
pub(crate) fn options(request: Request, root: Option<Root>) -> (RunOptions, Vec<u8>) {
    let Request { settings, stdin, seed, clock, schedule, timeout } = request;
    let (clock, seed, timeout) = (Some(clock), Some(seed), Some(timeout));
    (RunOptions { settings, root, clock, seed, schedule, timeout, ..RunOptions::default() }, stdin)
}
