//! One run of a script's container, with a clock and a randomness of its own.

use wcr_machine::Root;

use crate::containers::{CallLines, Order};
use crate::options::Request;

/// What a request means for a container on these files; its input; and its calls if they are wanted.
pub(crate) fn order(request: Request, root: Option<Root>) -> (Order, Vec<u8>, Option<CallLines>) {
    let Request { settings, stdin, seed, clock, schedule, timeout, calls } = request;
    let calls = calls.then(CallLines::default);
    (Order { settings, root, binds: Vec::new(), clock, seed, schedule, timeout, calls: calls.clone() }, stdin, calls)
}
