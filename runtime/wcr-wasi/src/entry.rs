//! The guest's calls as engines make them: by the table, with a raw result, traced where the kernel keeps a trace.

use wcr_abi::{Errno, Pid};
use wcr_kernel::{Call, CallEnd, Halt, Kernel, TracedCall};

use crate::memory::{FlatMemory, GuestMemory, MemoryExt as _};
use crate::strace::{self, Argument};

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

/// A call that is traced.
struct Traced<'a> {
    pid: Pid,
    /// Its module and its name, with a dot between.
    name: &'static str,
    args: &'a [Argument],
}

impl Traced<'_> {
    /// Makes the call, and adds it to the trace.
    fn make<M: GuestMemory>(
        &self,
        k: &mut Kernel,
        mem: &mut M,
        call: impl FnOnce(&mut Kernel, &mut Recorded<'_, M>) -> Call<()>,
    ) -> Result<u32, Halt> {
        if let Some(log) = k.trace_log() {
            log.begin();
        }
        let mut memory = Recorded { memory: mem, call: self.begun(k).unwrap_or_default().into() };
        let result = raw_result(call(k, &mut memory));
        let traced = memory.call.into_inner();
        match result {
            Ok(errno) => k.trace_call(traced, errno),
            Err(Halt::Exit) => k.trace_call(traced, u32::MAX),
            Err(_) => {}
        }
        self.write(k, mem, result);
        result
    }

    /// The beginning of the call in the trace's digest.
    fn begun(&self, k: &mut Kernel) -> Option<TracedCall> {
        k.traced_call(self.pid, self.name, self.args.iter().map(|(_, value)| *value))
    }

    /// Adds a call that is not in the table.
    fn add(&self, k: &mut Kernel, mem: &impl GuestMemory, raw: u32, result: Result<u32, Halt>) {
        if let Some(call) = self.begun(k) {
            k.trace_call(call, raw);
            self.write(k, mem, result);
        }
    }

    /// Adds the call to the lines of the trace, if there are any.
    fn write(&self, k: &mut Kernel, mem: &impl GuestMemory, result: Result<u32, Halt>) {
        let Some(log) = k.trace_log() else { return };
        let (text, value) = strace::describe(mem, self.name, self.args, result == Ok(0));
        let end = match result {
            Ok(raw) => Errno::from_raw(raw).map_or(CallEnd::Value(value), CallEnd::Failed),
            Err(Halt::Block) => CallEnd::Waits,
            // An exec that succeeds does not come back, either.
            Err(_) if self.name == "wcr_v1.exec" => CallEnd::Value("0".into()),
            Err(_) => CallEnd::Gone,
        };
        log.call(self.pid, &text, end);
    }
}

/// Preview1's `proc_exit`: ends the calling process with the lowest byte of `code`. The engine leaves the guest.
///
/// # Errors
/// It does not come back.
pub fn proc_exit(k: &mut Kernel, pid: Pid, code: u32) -> Halt {
    let call = Traced { pid, name: "wasi_snapshot_preview1.proc_exit", args: &[("code", code.into())] };
    call.add(k, &FlatMemory(&mut []), 0, Err(Halt::Exit));
    // As on Linux, the lowest byte is what the parent sees.
    k.exit(pid, code.to_le_bytes()[0])
}

/// The `wcr` module's `fork`: a copy of the calling process, whose number is put at `out`. `copy` keeps the
/// guest's memory for the child, whose instance the engine makes when the kernel starts it.
///
/// # Errors
/// `AGAIN` too many processes; `NOMEM` the container has no memory for another; `NOSYS` the guest exports no stack
/// pointer.
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
    let args = [("arg", arg.into()), ("out", out.into())];
    Traced { pid, name: "wcr_v1.fork", args: &args }.add(k, mem, result, Ok(result));
    Ok(result)
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
            let args = [$((stringify!($arg), $arg as u64)),*];
            let call = Traced { pid, name: concat!($module, ".", stringify!($name)), args: &args };
            call.make(k, mem, |k, mem| crate::$rust::$name(k, pid, mem, $($arg),*))
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
