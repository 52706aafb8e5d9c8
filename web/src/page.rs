//! The page's side of a container: its script's functions, standard streams, clock, randomness.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use wasm_bindgen::prelude::wasm_bindgen;
use wcr_abi::{Errno, WinSize};
use wcr_kernel::{Entropy, HostClock, HostEvent, HostInput, HostOutput};

#[wasm_bindgen]
extern "C" {
    /// What the script that runs the processes does for the kernel.
    pub type Host;

    /// Takes bytes that the container wrote; whether the page has so much to do that the container should
    /// wait for it.
    #[wasm_bindgen(method)]
    fn output(this: &Host, error: bool, bytes: &[u8]) -> bool;

    /// Whether a process's instance can be copied: it has a memory and a stack pointer.
    #[wasm_bindgen(method, js_name = canFork)]
    pub(crate) fn can_fork(this: &Host, pid: u32) -> bool;

    /// Keeps a copy of a process's memory for its child.
    #[wasm_bindgen(method)]
    pub(crate) fn fork(this: &Host, pid: u32, child: u32);

    /// Takes a line of the trace of calls.
    #[wasm_bindgen(method)]
    fn call(this: &Host, line: &[u8]);

    /// Is told which program runs for a file, in a sentence.
    #[wasm_bindgen(method)]
    fn program(this: &Host, sentence: &str);

    /// Milliseconds since 1970-01-01 UTC.
    #[wasm_bindgen(method)]
    fn realtime(this: &Host) -> f64;

    /// Milliseconds on a clock that never goes back.
    #[wasm_bindgen(method)]
    fn monotonic(this: &Host) -> f64;

    /// Fills the bytes from the browser's source of randomness.
    #[wasm_bindgen(method)]
    fn random(this: &Host, bytes: &mut [u8]);

    /// Is told that wcr itself has failed, and why.
    #[wasm_bindgen(method)]
    fn failed(this: &Host, reason: &str);
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    static CONGESTED: Cell<bool> = const { Cell::new(false) };
    static INPUT: RefCell<Input> = const { RefCell::new(Input::new()) };
}

/// Makes the script's functions known, for all containers to come.
pub(crate) fn connect(host: Host) {
    HOST.set(Some(host));
    std::panic::set_hook(Box::new(|info| host_of(|host| host.failed(&info.to_string()))));
}

fn host_of(act: impl FnOnce(&Host)) {
    HOST.with_borrow(|host| host.as_ref().map(act));
}

/// Asks the script; what it answers by default when there is none.
pub(crate) fn host<R: Default>(ask: impl FnOnce(&Host) -> R) -> R {
    HOST.with_borrow(|host| host.as_ref().map(ask)).unwrap_or_default()
}

/// Lets the program that makes a call be resumed only when the page says so; nobody else runs meanwhile.
pub fn pause() {
    CONGESTED.set(true);
}

/// Whether the page asked since the last time to be waited for.
pub(crate) fn take_congestion() -> bool {
    CONGESTED.take()
}

/// Bytes that the page has sent and nobody has read.
struct Input {
    bytes: VecDeque<u8>,
    ended: bool,
    /// The terminal's new size.
    resized: Option<WinSize>,
}

impl Input {
    const fn new() -> Self {
        Self { bytes: VecDeque::new(), ended: false, resized: None }
    }
}

/// Empties the input, for a new container.
pub(crate) fn reset_input() {
    INPUT.set(Input::new());
    CONGESTED.set(false);
}

/// Adds what the page sent.
pub(crate) fn push_input(bytes: &[u8]) {
    INPUT.with_borrow_mut(|input| input.bytes.extend(bytes));
}

/// Ends the input.
pub(crate) fn end_input() {
    INPUT.with_borrow_mut(|input| input.ended = true);
}

/// Tells of a new size of the terminal.
pub(crate) fn resize(size: WinSize) {
    INPUT.with_borrow_mut(|input| input.resized = Some(size));
}

/// Passes a line of the trace to the page.
pub(crate) fn call(line: &[u8]) {
    host_of(|host| host.call(line));
}

/// Tells the page which program runs.
pub(crate) fn program(sentence: &str) {
    host_of(|host| host.program(sentence));
}

/// Standard input as the page sends it, or the keys of its terminal. Waiting is the script's: it goes by [`wcr_kernel::Idle`].
pub(crate) struct PageInput;

impl HostInput for PageInput {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        INPUT.with_borrow_mut(|input| {
            if input.bytes.is_empty() {
                return Ok(input.ended.then_some(0));
            }
            let count = input.bytes.len().min(buf.len());
            for (to, from) in buf.iter_mut().zip(input.bytes.drain(..count)) {
                *to = from;
            }
            Ok(Some(count))
        })
    }

    fn ready(&mut self) -> bool {
        INPUT.with_borrow(|input| input.ended || !input.bytes.is_empty())
    }

    fn wait(&mut self, _timeout: Option<u64>) {}

    fn event(&mut self) -> Option<HostEvent> {
        INPUT.with_borrow_mut(|input| input.resized.take()).map(HostEvent::Resized)
    }
}

/// Standard output, or standard error.
pub(crate) struct PageOutput {
    pub(crate) error: bool,
}

impl HostOutput for PageOutput {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        if host(|host| host.output(self.error, bytes)) {
            CONGESTED.set(true);
        }
        Ok(bytes.len())
    }
}

/// The browser's clocks.
pub struct PageClock;

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;

impl HostClock for PageClock {
    fn realtime(&self) -> u64 {
        (host(Host::realtime) * MILLISECOND) as u64
    }

    fn monotonic(&self) -> u64 {
        (host(Host::monotonic) * MILLISECOND) as u64
    }
}

/// The browser's source of randomness.
pub(crate) struct PageEntropy;

impl Entropy for PageEntropy {
    fn fill(&mut self, buf: &mut [u8]) {
        host(|host| host.random(buf));
    }
}
