//! What a store knows of the process that runs in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{Caller, Memory};
use wcr_abi::Pid;
use wcr_kernel::Kernel;

use crate::memory::{MemoryUse, Pool, Share};

/// What a fork copies of an instance.
pub(crate) struct Snapshot {
    /// The memory from `start` up.
    pub(crate) memory: Vec<u8>,
    pub(crate) start: usize,
    pub(crate) stack_pointer: i32,
    /// What the copy takes of the container's memory.
    pub(crate) _share: Share,
}

/// What all processes of a container share.
pub(crate) struct Container {
    kernel: Mutex<Kernel>,
    /// Copies made for children that have not started.
    pub(crate) forks: Mutex<BTreeMap<Pid, Snapshot>>,
    /// The most memory of one process, in bytes.
    process_memory: usize,
    pub(crate) memory: Arc<Pool>,
}

impl Container {
    pub(crate) fn new(kernel: Kernel, process_memory: usize, memory: usize) -> Self {
        let memory = Arc::new(Pool::new(memory));
        Self { kernel: Mutex::new(kernel), forks: Mutex::default(), process_memory, memory }
    }

    /// The memory of a process that starts.
    pub(crate) fn memory_use(self: &Arc<Self>, pid: Pid) -> MemoryUse {
        let container = self.clone();
        // A memory grows between calls: nobody has the kernel then.
        let allows = move |bytes| container.kernel().allows_memory(pid, bytes);
        MemoryUse::new(self.process_memory, &self.memory, Box::new(allows))
    }

    /// The kernel. Everything is on one thread: nobody waits here, and nobody holds it while suspended.
    pub(crate) fn kernel(&self) -> MutexGuard<'_, Kernel> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forks(&self) -> MutexGuard<'_, BTreeMap<Pid, Snapshot>> {
        self.forks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store's data: which process of which container it is.
pub(crate) struct Guest {
    pub(crate) container: Arc<Container>,
    pub(crate) pid: Pid,
    /// The instance's memory, once it exists.
    pub(crate) memory: Option<Memory>,
    pub(crate) memory_use: MemoryUse,
}

impl Guest {
    pub(crate) fn new(container: Arc<Container>, pid: Pid) -> Self {
        let memory_use = container.memory_use(pid);
        Self { container, pid, memory: None, memory_use }
    }
}

/// The reason for leaving a guest that has ended or got another program.
#[derive(Debug)]
pub(crate) struct Leave;

impl core::fmt::Display for Leave {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the process has left its program")
    }
}

impl core::error::Error for Leave {}

/// The caller's memory and what the store knows of it. A module without a memory has an empty one.
pub(crate) fn split<'a>(caller: &'a mut Caller<'_, Guest>) -> (&'a mut [u8], &'a mut Guest) {
    match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(caller),
        None => (&mut [], caller.data_mut()),
    }
}
