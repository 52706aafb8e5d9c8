//! Binds the table of guest calls to wasmtime.

use std::collections::HashSet;
use std::future::{Future, poll_fn, ready};
use std::task::Poll;

use wasmtime::{Caller, Error, Linker, Module, Result};
use wcr_abi::{STACK_LOW, STACK_POINTER, WCR_MODULE};
use wcr_kernel::{Call, Halt};
use wcr_wasi::{FlatMemory, entry};

use crate::guest::{Guest, Leave, Snapshot, split};

/// The result of a suspendable call, boxed as wasmtime wants it.
type Suspended<'a> = Box<dyn Future<Output = Result<u32>> + Send + 'a>;

/// Makes a call once: the number for the guest, or why it gets none.
macro_rules! attempt {
    ($caller:expr, $rust:ident, $name:ident, ($($arg:ident),*)) => {{
        let (memory, guest) = split($caller);
        let mut kernel = guest.container.kernel();
        entry::$rust::$name(&mut kernel, guest.pid, &mut FlatMemory(memory), $($arg),*)
    }};
}

macro_rules! define {
    (now $linker:ident $module:literal $rust:ident $name:ident ($($arg:ident: $ty:ty),*)) => {
        $linker.func_wrap($module, stringify!($name), |mut caller: Caller<'_, Guest>, $($arg: $ty),*| -> Result<u32> {
            enter(&caller)?;
            attempt!(&mut caller, $rust, $name, ($($arg),*)).map_err(leave)
        })?;
    };
    (wait $linker:ident $module:literal $rust:ident $name:ident ($($arg:ident: $ty:ty),*)) => {
        $linker.func_wrap_async(
            $module,
            stringify!($name),
            |mut caller: Caller<'_, Guest>, ($($arg,)*): ($($ty,)*)| -> Suspended<'_> {
                let entered = enter_waiting(&caller);
                match entered.and_then(|()| attempt!(&mut caller, $rust, $name, ($($arg),*))) {
                    Err(Halt::Block) => {}
                    done => return Box::new(ready(done.map_err(leave))),
                }
                Box::new(async move {
                    loop {
                        suspend().await;
                        match attempt!(&mut caller, $rust, $name, ($($arg),*)) {
                            Err(Halt::Block) => {}
                            done => return done.map_err(leave),
                        }
                    }
                })
            },
        )?;
    };
}

macro_rules! define_all {
    ($($module:literal in $rust:ident { $($kind:ident $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        fn define_table(linker: &mut Linker<Guest>, wanted: &HashSet<(&str, &str)>) -> Result<()> {
            $($(
                if wanted.contains(&($module, stringify!($name))) {
                    define!($kind linker $module $rust $name ($($arg: $ty),*));
                }
            )*)*
            Ok(())
        }
    };
}

wcr_wasi::calls!(define_all);

/// A linker with the guest calls that a module imports: the table's, and the two that concern instances.
/// Binding the others would cost more than the rest of a small program's start.
pub(crate) fn linker_for(module: &Module) -> Result<Linker<Guest>> {
    let wanted: HashSet<(&str, &str)> = module.imports().map(|import| (import.module(), import.name())).collect();
    let mut linker = Linker::new(module.engine());
    define_table(&mut linker, &wanted)?;
    if wanted.contains(&(PREVIEW1, "proc_exit")) {
        linker.func_wrap(PREVIEW1, "proc_exit", |caller: Caller<'_, Guest>, code: u32| -> Result<()> {
            let guest = caller.data();
            Err(leave(entry::proc_exit(&mut guest.container.kernel(), guest.pid, code)))
        })?;
    }
    if wanted.contains(&(WCR_MODULE, "fork")) {
        linker.func_wrap(WCR_MODULE, "fork", fork)?;
    }
    Ok(linker)
}

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Copies the calling process; see `wcr_sys::process::fork`.
fn fork(mut caller: Caller<'_, Guest>, arg: u32, out: u32) -> Result<u32> {
    enter(&caller)?;
    let Some(stack_pointer) = caller.get_export(STACK_POINTER).and_then(wasmtime::Extern::into_global) else {
        return Ok(wcr_abi::Errno::Nosys.raw());
    };
    let Some(stack_pointer) = stack_pointer.get(&mut caller).i32() else {
        return Ok(wcr_abi::Errno::Nosys.raw());
    };
    // Below the pointer of a stack that begins the memory nothing lives.
    let low = caller.get_export(STACK_LOW).and_then(wasmtime::Extern::into_global);
    let is_first = low.is_some_and(|low| low.get(&mut caller).i32() == Some(0));
    let start = if is_first { stack_pointer.cast_unsigned() as usize } else { 0 };
    let (memory, guest) = split(&mut caller);
    let Some(live) = memory.len().checked_sub(start) else {
        return Ok(wcr_abi::Errno::Fault.raw());
    };
    let Some(share) = guest.container.memory.take(live) else {
        return Ok(wcr_abi::Errno::Nomem.raw());
    };
    let copy = |memory: &FlatMemory<'_>, child| {
        let memory = memory.0.get(start..).unwrap_or_default().to_vec();
        guest.container.forks().insert(child, Snapshot { memory, start, stack_pointer, _share: share });
    };
    let mut kernel = guest.container.kernel();
    entry::fork(&mut kernel, guest.pid, &mut FlatMemory(memory), arg, out, copy).map_err(leave)
}

/// How large the caller's memory is, where it has one.
fn memory_size(caller: &Caller<'_, Guest>) -> Option<u64> {
    caller.data().memory.map(|memory| memory.data_size(caller) as u64)
}

/// What every call does first that does not wait.
fn enter(caller: &Caller<'_, Guest>) -> Result<()> {
    let guest = caller.data();
    guest.container.kernel().enter(guest.pid, memory_size(caller)).map_err(leave)
}

/// What every other call does first.
fn enter_waiting(caller: &Caller<'_, Guest>) -> Call<()> {
    let guest = caller.data();
    guest.container.kernel().enter_waiting(guest.pid, memory_size(caller))
}

/// The trap that unwinds a guest which does not go on.
pub(crate) fn leave(_: Halt) -> Error {
    Error::new(Leave)
}

/// Gives the thread to the next process; the kernel decides when this one is polled again.
pub(crate) async fn suspend() {
    let mut suspended = false;
    poll_fn(|_| if core::mem::replace(&mut suspended, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
