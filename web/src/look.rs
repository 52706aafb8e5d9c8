//! What the page sees of a container while it runs: its processes, its calls, and what its terminal is told.

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;
use wcr_abi::{Errno, Signal, WinSize};
use wcr_kernel::TraceSink;

use crate::files::FilesError;
use crate::{container, page};

/// A process that has not ended.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ProcessEntry {
    /// Its number.
    pub pid: u32,
    /// Its parent's; 0 when it was started from outside.
    pub ppid: u32,
    /// Its effective user.
    pub uid: u32,
    /// When it began, in milliseconds after the container.
    pub started: f64,
    /// How long it ran, in milliseconds.
    pub cpu: f64,
    command: String,
}

#[wasm_bindgen]
impl ProcessEntry {
    /// Its arguments, with blanks between.
    #[wasm_bindgen(getter)]
    pub fn command(&self) -> String {
        self.command.clone()
    }
}

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;

/// The processes that have not ended, by their numbers.
#[wasm_bindgen]
pub fn processes() -> Vec<ProcessEntry> {
    container::with(|container| {
        let entry = |process: wcr_kernel::ProcessSummary| ProcessEntry {
            pid: process.pid,
            ppid: process.ppid,
            uid: process.uid,
            started: process.started as f64 / MILLISECOND,
            cpu: process.cpu as f64 / MILLISECOND,
            command: wcr_machine::shown(&process.argv.join(&b' ')),
        };
        container.kernel.processes().map(entry).collect()
    })
    .unwrap_or_default()
}

/// Sends a signal to a process, as from outside of the container: the first one hears what it has set something up for, and
/// `KILL` and `STOP`.
///
/// # Errors
/// There is no such process any more, or no such signal.
#[wasm_bindgen]
pub fn signal(pid: u32, number: u32) -> Result<(), JsError> {
    let send = |kernel: &mut wcr_kernel::Kernel| {
        let signal = Signal::from_raw(number).ok_or(Errno::Inval)?;
        if !kernel.processes().any(|process| process.pid == pid) {
            return Err(Errno::Srch);
        }
        if pid == 1 {
            kernel.signal_from_outside(signal)
        } else {
            kernel.post_signal(pid, signal)
        }
        Ok(())
    };
    let sent = container::with(|container| send(&mut container.kernel)).ok_or(FilesError::NoContainer)?;
    Ok(sent.map_err(|errno| FilesError::Path { path: format!("process {pid}"), errno })?)
}

/// Lets the page have a line for each call from now on, or no more.
#[wasm_bindgen]
pub fn watch(on: bool) {
    container::with(|container| container.kernel.watch(on.then(|| Box::new(page::call) as TraceSink)));
}

/// The terminal has another size.
#[wasm_bindgen]
pub fn resize(rows: u16, cols: u16) {
    page::resize(WinSize { rows, cols });
}
