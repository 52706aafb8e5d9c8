//! The guest's calls as engines make them: by the table, with a raw result, traced where the kernel keeps a trace.

use wcr_abi::{Errno, Pid};
use wcr_kernel::{Call, Halt, Kernel, TracedCall};

use crate::memory::{GuestMemory, MemoryExt as _};

/// The error number that a finished call gives the guest; `Err` when the guest does not go on.
fn raw_result(result: Call<()>) -> Result<u32, Halt> {
    match result {
        Ok(()) => Ok(0),
        Err(Halt::Errno(errno)) => Ok(errno.raw()),
        Err(halt) => Err(halt),
    }
}

/// A guest's memory during a traced call: what is read and written of it becomes part of the trace.
struct Recorded<'a, M> {
    memory: &'a mut M,
    call: core::cell::RefCell<TracedCall>,
}

impl<M: GuestMemory> GuestMemory for Recorded<'_, M> {
    fn view<R>(&self, ptr: u32, len: u32, look: impl FnOnce(&[u8]) -> R) -> Result<R, Errno> {
        self.memory.view(ptr, len, |bytes| {
            self.call.borrow_mut().input(bytes);
            look(bytes)
        })
    }

    fn edit<R>(&mut self, ptr: u32, len: u32, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, Errno> {
        let call = self.call.get_mut();
        self.memory.edit(ptr, len, |bytes| {
            let changed = change(bytes);
            call.output(bytes);
            changed
        })
    }
}

/// Preview1's `proc_exit`: ends the calling process. The engine leaves the guest.
pub fn proc_exit(k: &mut Kernel, pid: Pid, code: u32) -> Halt {
    trace_own(k, pid, "wasi_snapshot_preview1.proc_exit", &[code], 0);
    // As on Linux, the lowest byte is what the parent sees.
    k.exit(pid, code.to_le_bytes()[0])
}

/// The `wcr` module's `fork`: a copy of the calling process, whose number is put at `out`. `copy` keeps the
/// guest's memory for the child, whose instance the engine makes when the kernel starts it.
///
/// # Errors
/// The guest does not go on.
pub fn fork<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    arg: u32,
    out: u32,
    copy: impl FnOnce(&M, Pid),
) -> Result<u32, Halt> {
    let result = raw_result(k.fork(pid, arg).and_then(|child| {
        copy(mem, child);
        Ok(mem.put_u32(out, child)?)
    }))?;
    trace_own(k, pid, "wcr_v1.fork", &[arg, out], result);
    Ok(result)
}

/// Adds a call that is not in the table to the trace.
fn trace_own(k: &mut Kernel, pid: Pid, name: &str, args: &[u32], result: u32) {
    if k.is_traced() {
        let args: Vec<u64> = args.iter().copied().map(u64::from).collect();
        k.trace_call(TracedCall::new(pid, name, &args), result);
    }
}

macro_rules! define {
    ($module:literal $rust:ident $name:ident ($($arg:ident: $ty:ty),*)) => {
        /// See the function of this name in the module of this name.
        ///
        /// # Errors
        /// The guest does not go on, or waits.
        pub fn $name<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, $($arg: $ty),*) -> Result<u32, Halt> {
            if !k.is_traced() {
                return raw_result(crate::$rust::$name(k, pid, mem, $($arg),*));
            }
            let call = TracedCall::new(pid, concat!($module, ".", stringify!($name)), &[$($arg as u64),*]);
            let mut memory = Recorded { memory: mem, call: call.into() };
            let result = raw_result(crate::$rust::$name(k, pid, &mut memory, $($arg),*));
            let call = memory.call.into_inner();
            match result {
                Ok(errno) => k.trace_call(call, errno),
                Err(Halt::Exit) => k.trace_call(call, u32::MAX),
                Err(_) => {}
            }
            result
        }
    };
}

macro_rules! define_all {
    ($($module:literal in $rust:ident { $($kind:ident $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        $(
            #[doc = concat!("The calls of the module `", $module, "`.")]
            pub mod $rust {
                use super::*;

                $(define!($module $rust $name ($($arg: $ty),*));)*
            }
        )*
    };
}

crate::calls!(define_all);
