//! The kernel's functions that bridges call: one for each guest call, made from the table of calls.
//!
//! Bridges reach them by their place in the kernel's table of functions, so nothing has to be exported.

use std::collections::BTreeSet;

use wasm_encoder::ValType;
use wcr_abi::{Errno, Pid, WCR_MODULE};
use wcr_kernel::{Halt, Kernel};
use wcr_wasi::entry;

use crate::bridge::{GuestCall, answer};
use crate::container;
use crate::page;
use crate::window::Window;

/// What a number is for WebAssembly.
trait Param {
    const TYPE: ValType;
}

impl Param for u32 {
    const TYPE: ValType = ValType::I32;
}

impl Param for i32 {
    const TYPE: ValType = ValType::I32;
}

impl Param for u64 {
    const TYPE: ValType = ValType::I64;
}

impl Param for i64 {
    const TYPE: ValType = ValType::I64;
}

macro_rules! waits {
    (now) => {
        false
    };
    (wait) => {
        true
    };
}

macro_rules! define {
    ($($module:literal in $rust:ident { $($kind:ident $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        $(
            mod $rust {
                use super::{Window, attempt, entry};

                $(
                    #[expect(clippy::too_many_arguments, reason = "the guest's arguments are the table's")]
                    #[allow(unfulfilled_lint_expectations, reason = "most calls have few arguments")]
                    pub(super) extern "C" fn $name(pid: u32, window: u32, again: u32, $($arg: $ty),*) -> u32 {
                        attempt(pid, window, again, waits!($kind), |kernel| {
                            entry::$rust::$name(kernel, pid, &mut Window::at(window), $($arg),*)
                        })
                    }
                )*
            }
        )*

        fn table() -> Vec<GuestCall> {
            vec![$($(
                GuestCall {
                    module: $module,
                    name: stringify!($name),
                    params: vec![$(<$ty as Param>::TYPE),*],
                    returns: true,
                    waits: waits!($kind),
                    function: $rust::$name as *const () as usize as u32,
                }
            ),*),*]
        }
    };
}

wcr_wasi::calls!(define);

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// All guest calls: the table's, and the two that concern instances.
pub(crate) fn all() -> Vec<GuestCall> {
    let mut calls = table();
    calls.push(GuestCall {
        module: PREVIEW1,
        name: "proc_exit",
        params: vec![ValType::I32],
        returns: false,
        waits: false,
        function: proc_exit as *const () as usize as u32,
    });
    calls.push(GuestCall {
        module: WCR_MODULE,
        name: "fork",
        params: vec![ValType::I32; 2],
        returns: true,
        waits: false,
        function: fork as *const () as usize as u32,
    });
    calls
}

extern "C" fn proc_exit(pid: u32, _window: u32, _again: u32, code: u32) -> u32 {
    answered(pid, |kernel| Err(entry::proc_exit(kernel, pid, code)))
}

/// Copies the calling process; the page's host copies the instance, see [`page::Host::fork`].
extern "C" fn fork(pid: u32, window: u32, again: u32, arg: u32, out: u32) -> u32 {
    attempt(pid, window, again, false, |kernel| {
        if !page::host(|host| host.can_fork(pid)) {
            return Ok(Errno::Nosys.raw());
        }
        let copy = |_: &Window, child| page::host(|host| host.fork(pid, child));
        entry::fork(kernel, pid, &mut Window::at(window), arg, out, copy)
    })
}

/// Makes a call once: counts it the first time, and puts what came of it into an answer for the bridge.
fn attempt(pid: Pid, window: u32, again: u32, waits: bool, call: impl FnOnce(&mut Kernel) -> Result<u32, Halt>) -> u32 {
    answered(pid, |kernel| {
        if again == 0 {
            let memory = Some(Window::at(window).size());
            if waits { kernel.enter_waiting(pid, memory) } else { kernel.enter(pid, memory) }?;
        }
        call(kernel)
    })
}

/// What the bridge is told of a call.
fn answered(pid: Pid, call: impl FnOnce(&mut Kernel) -> Result<u32, Halt>) -> u32 {
    let result = container::with(|container| {
        let result = call(&mut container.kernel);
        if result == Err(Halt::Exit) {
            container.leave(pid);
        }
        result
    });
    match result {
        Some(Ok(errno)) if page::take_congestion() => errno | answer::PAUSE,
        Some(Ok(errno)) => errno,
        Some(Err(Halt::Errno(errno))) => errno.raw(),
        Some(Err(Halt::Block)) => answer::BLOCK,
        // Without a container there is no process: a leftover of one that has ended.
        Some(Err(Halt::Exit)) | None => answer::LEAVE,
    }
}

/// The calls among `all` that a module imports, in the order of the table. `imports` are pairs of module and
/// name.
pub(crate) fn wanted<'a>(all: &'a [GuestCall], imports: &[(String, String)]) -> Vec<&'a GuestCall> {
    let names: BTreeSet<(&str, &str)> = imports.iter().map(|(module, name)| (module.as_str(), name.as_str())).collect();
    all.iter().filter(|call| names.contains(&(call.module, call.name))).collect()
}
