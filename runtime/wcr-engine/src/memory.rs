//! How much memory processes and their container use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

/// The most entries a guest's table may have.
const MAX_TABLE: usize = 1 << 20;

/// The memory of a container: that of its processes together.
#[derive(Debug)]
pub(crate) struct Pool {
    limit: usize,
    used: AtomicUsize,
}

impl Pool {
    /// Nothing yet, of at most `limit` bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    /// Takes some bytes; `None` when there are not as many left.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Share> {
        // Only the container's own thread takes and gives back.
        let used = self.used.load(Ordering::Relaxed).checked_add(bytes).filter(|used| *used <= self.limit)?;
        self.used.store(used, Ordering::Relaxed);
        Some(Share { pool: self.clone(), bytes })
    }
}

/// A part of a container's memory, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    pool: Arc<Pool>,
    bytes: usize,
}

impl Share {
    /// Joins another part of the same memory to this one.
    fn join(&mut self, mut other: Self) {
        self.bytes += core::mem::take(&mut other.bytes);
    }

    /// Gives a part of it back.
    fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.pool.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// Whether a process's own limit allows so many bytes.
pub(crate) type Allows = Box<dyn Fn(u64) -> bool + Send>;

/// How much memory all instances of a process have together, in bytes.
pub(crate) struct MemoryUse {
    limit: usize,
    allows: Allows,
    share: Share,
    /// The growth that was allowed last.
    last: usize,
}

impl MemoryUse {
    /// Nothing yet, of at most `limit` bytes of the container's `pool`.
    pub(crate) fn new(limit: usize, pool: &Arc<Pool>, allows: Allows) -> Self {
        Self { limit, allows, share: Share { pool: pool.clone(), bytes: 0 }, last: 0 }
    }
}

/// The container's memory is used up: the process that wants more ends, as one does whose control group has none.
#[derive(Debug)]
pub(crate) struct OutOfMemory {
    limit: usize,
}

impl core::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "killed, because the container's memory ({} bytes) is used up", self.limit)
    }
}

impl core::error::Error for OutOfMemory {}

impl ResourceLimiter for MemoryUse {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let total = self.share.bytes.saturating_add(growth);
        if total > self.limit || !(self.allows)(total as u64) {
            return Ok(false);
        }
        let pool = &self.share.pool;
        let taken = pool.take(growth).ok_or(OutOfMemory { limit: pool.limit })?;
        self.share.join(taken);
        self.last = growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.share.shrink(core::mem::take(&mut self.last));
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_share_what_the_container_has() {
        let pool = Arc::new(Pool::new(100));
        let mut first = MemoryUse::new(80, &pool, Box::new(|_| true));
        assert!(first.memory_growing(0, 50, None).unwrap());
        assert!(!first.memory_growing(50, 81, None).unwrap(), "over the process's own limit");
        let mut second = MemoryUse::new(80, &pool, Box::new(|bytes| bytes <= 70));
        assert!(second.memory_growing(0, 50, None).unwrap());
        let error = second.memory_growing(50, 51, None).unwrap_err();
        assert!(error.is::<OutOfMemory>() && error.to_string().contains("100 bytes"), "{error}");
        drop(first);
        assert!(!second.memory_growing(50, 80, None).unwrap(), "over the limit that it has set itself");
        assert!(second.memory_growing(50, 70, None).unwrap());
        second.memory_grow_failed(wasmtime::format_err!("no pages")).unwrap();
        assert_eq!(pool.used.load(Ordering::Relaxed), 50);
        drop(second);
        assert_eq!(pool.used.load(Ordering::Relaxed), 0);
        assert!(pool.take(101).is_none() && pool.take(100).is_some());
    }
}
