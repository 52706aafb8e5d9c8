//! What a store knows of the process that runs in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{Caller, Memory, ResourceLimiter};
use wcr_abi::Pid;
use wcr_kernel::Kernel;

/// What a fork copies of an instance.
pub(crate) struct Snapshot {
    pub(crate) memory: Vec<u8>,
    pub(crate) stack_pointer: i32,
}

/// What all processes of a container share.
pub(crate) struct Container {
    kernel: Mutex<Kernel>,
    /// Copies made for children that have not started.
    pub(crate) forks: Mutex<BTreeMap<Pid, Snapshot>>,
    pub(crate) memory_limit: usize,
}

impl Container {
    pub(crate) fn new(kernel: Kernel, memory_limit: usize) -> Self {
        Self { kernel: Mutex::new(kernel), forks: Mutex::default(), memory_limit }
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

/// How much memory all instances of a process have together, in bytes.
#[derive(Debug)]
pub(crate) struct MemoryUse {
    limit: usize,
    total: usize,
    /// The growth that was allowed last.
    last: usize,
}

impl MemoryUse {
    /// Nothing yet, of at most `limit` bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, total: 0, last: 0 }
    }
}

impl Guest {
    pub(crate) fn new(container: Arc<Container>, pid: Pid) -> Self {
        let memory_use = MemoryUse::new(container.memory_limit);
        Self { container, pid, memory: None, memory_use }
    }
}

impl ResourceLimiter for MemoryUse {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let total = self.total.saturating_add(growth);
        if total > self.limit {
            return Ok(false);
        }
        (self.total, self.last) = (total, growth);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.total -= core::mem::take(&mut self.last);
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}

/// The most entries a guest's table may have.
const MAX_TABLE: usize = 1 << 20;

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
