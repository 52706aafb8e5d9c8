//! One process's life as a future: instance after instance, until it ends.

use std::sync::Arc;

use wasmtime::{Instance, Store, Trap};
use wcr_abi::{FORK_ENTRY, Pid, STACK_POINTER, Signal, WaitStatus};
use wcr_kernel::{Program, Start, StartKind};

use crate::component::Process;
use crate::guest::{Container, Guest, Leave, Snapshot};
use crate::memory::OutOfMemory;
use crate::run::{Linked, Modules};

/// The exit code of a program that cannot be run.
const CANNOT_RUN: u8 = 126;

/// Runs a process from its start to its end, through every `exec`.
pub(crate) async fn live(modules: Arc<Modules>, container: Arc<Container>, start: Start) {
    let Start { pid, mut program, mut kind } = start;
    loop {
        let ended = run_program(&modules, &container, pid, &program, kind).await;
        let mut kernel = container.kernel();
        match (kernel.take_exec(pid), ended) {
            (Some(next), _) => (program, kind) = (next, StartKind::Fresh),
            // It returned from its start, or it was ended by a call that says how.
            (None, Ok(())) => {
                kernel.exit(pid, 0);
                return;
            }
            (None, Err(error)) => {
                let stopped = error.downcast_ref() == Some(&Trap::Interrupt);
                if stopped {
                    kernel.terminate(pid, WaitStatus::Signaled(Signal::KILL));
                } else if !error.is::<Leave>() {
                    let name = kernel.argv(pid).ok().and_then(<[_]>::first).map(|name| name.escape_ascii().to_string());
                    kernel.terminate(pid, status_of(&error));
                    modules.report(format!("{} (process {pid}): {error:#}", name.unwrap_or_default()));
                    drop(kernel);
                    if error.is::<OutOfMemory>() {
                        modules.is_out_of_memory();
                    }
                }
                return;
            }
        }
    }
}

/// How Linux would report the end of a program that did what this error says.
fn status_of(error: &wasmtime::Error) -> WaitStatus {
    if error.is::<OutOfMemory>() {
        return WaitStatus::Signaled(Signal::KILL);
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return WaitStatus::Exited(CANNOT_RUN) };
    WaitStatus::Signaled(match trap {
        Trap::IntegerDivisionByZero | Trap::IntegerOverflow | Trap::BadConversionToInteger => Signal::FPE,
        // What an aborting program ends with: there is no other way to stop inside a module.
        Trap::UnreachableCodeReached => Signal::ABRT,
        _ => Signal::SEGV,
    })
}

async fn run_program(
    modules: &Modules,
    container: &Arc<Container>,
    pid: Pid,
    program: &Program,
    kind: StartKind,
) -> wasmtime::Result<()> {
    let watched = container.kernel().is_watched(pid);
    let module = match modules.linked(program, watched)? {
        Linked::Module(module) => module,
        Linked::Component(command) => {
            let process = Process::new(container.clone(), pid);
            return command.run(modules, process, container.memory_use(pid), watched).await;
        }
    };
    let mut store = Store::new(modules.engine(watched)?, Guest::new(container.clone(), pid));
    store.limiter(|guest| &mut guest.memory_use);
    modules.may_be_stopped(&mut store, container, pid, watched)?;
    let instance = module.instantiate_async(&mut store).await?;
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    match kind {
        StartKind::Fresh => instance.get_typed_func::<(), ()>(&mut store, "_start")?.call_async(&mut store, ()).await,
        StartKind::Fork { arg } => {
            let snapshot = container.forks().remove(&pid).ok_or_else(|| wasmtime::format_err!("no memory to copy"))?;
            restore(&mut store, &instance, &snapshot)?;
            instance.get_typed_func::<u32, ()>(&mut store, FORK_ENTRY)?.call_async(&mut store, arg).await
        }
    }
}

/// Puts a parent's memory and stack pointer into a fresh instance.
fn restore(store: &mut Store<Guest>, instance: &Instance, snapshot: &Snapshot) -> wasmtime::Result<()> {
    let missing = || wasmtime::format_err!("the program exports no memory or stack pointer");
    let memory = store.data().memory.ok_or_else(missing)?;
    let size = memory.data_size(&*store);
    let grow = (snapshot.start + snapshot.memory.len()).saturating_sub(size).div_ceil(64 << 10);
    memory.grow(&mut *store, grow as u64)?;
    memory.write(&mut *store, snapshot.start, &snapshot.memory)?;
    let global = instance.get_global(&mut *store, STACK_POINTER).ok_or_else(missing)?;
    global.set(store, snapshot.stack_pointer.into())
}
