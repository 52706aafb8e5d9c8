//! Linear memories and stacks on Unix, used again by the next process.
//!
//! Reserving 4 GiB of addresses, giving them back, and the page faults of fresh memory cost more than the rest of a
//! small program's life. So the mappings of a process that has ended are kept for the next one: a memory is zeroed, and
//! has exactly the size that its module asks for; what lies beyond cannot be accessed.

#![expect(unsafe_code, reason = "mappings are raw memory")]

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Result as MapResult;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType, StackCreator, StackMemory};

/// The most memories, and the most stacks, that are kept.
const KEPT_MAX: usize = 32;
/// The most bytes at the end of a module's memory that are zeroed by writing; below them is the part of a large stack that
/// few processes reach, and what was touched of it is given back.
const ZEROED_MAX: usize = 1 << 20;

/// A mapping whose first bytes, or last ones, are accessible.
struct Mapping {
    start: NonNull<c_void>,
    len: usize,
}

// SAFETY: it is memory that belongs to whoever has the value.
unsafe impl Send for Mapping {}
// SAFETY: nothing is read or written through a shared reference.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Addresses that nothing can be done with yet.
    fn reserve(len: usize) -> MapResult<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping, at an address of the system's choice.
        let start = unsafe { mmap_anonymous(null_mut(), len, ProtFlags::empty(), flags)? };
        NonNull::new(start).map(|start| Self { start, len }).ok_or(rustix::io::Errno::NOMEM)
    }

    fn at(&self, offset: usize) -> *mut c_void {
        debug_assert!(offset <= self.len);
        self.start.as_ptr().wrapping_byte_add(offset)
    }

    /// Makes a part, in whole pages, readable and writable.
    fn allow(&self, part: Range<usize>) -> MapResult<()> {
        if part.is_empty() {
            return Ok(());
        }
        // SAFETY: the part lies in this mapping.
        unsafe { mprotect(self.at(part.start), part.len(), MprotectFlags::READ | MprotectFlags::WRITE) }
    }

    /// Gives a part's pages back: it is zeroed, and accessible or not.
    fn renew(&self, part: Range<usize>, access: ProtFlags) -> MapResult<()> {
        if part.is_empty() {
            return Ok(());
        }
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the part lies in this mapping, whose owner is done with it.
        unsafe { mmap_anonymous(self.at(part.start), part.len(), access, flags)? };
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody has a pointer into the mapping any more. It cannot fail for a mapping as it was made.
        let _ = unsafe { munmap(self.start.as_ptr(), self.len) };
    }
}

/// What ended processes left.
#[derive(Default)]
struct Kept {
    /// Each with the number of its accessible bytes.
    memories: Mutex<Vec<(Mapping, usize)>>,
    stacks: Mutex<Vec<Mapping>>,
}

fn lock<T>(kept: &Mutex<Vec<T>>) -> impl std::ops::DerefMut<Target = Vec<T>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The source of memories and stacks of an engine.
#[derive(Clone, Default)]
pub(crate) struct Recycler(Arc<Kept>);

// SAFETY: memories are zeroed, have the accessible size that was asked for, and after it a reserved part and the guard
// that cannot be accessed.
unsafe impl MemoryCreator for Recycler {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = reserved.or(maximum).unwrap_or(minimum).max(minimum);
        let mapping = self.memory(minimum, capacity + guard).map_err(|error| error.to_string())?;
        Ok(Box::new(Memory { mapping: Some(mapping), size: minimum, capacity, kept: self.0.clone() }))
    }
}

impl Recycler {
    /// A zeroed memory of `size` accessible bytes, of `len` bytes in all.
    fn memory(&self, size: usize, len: usize) -> MapResult<Mapping> {
        let found = {
            let mut memories = lock(&self.0.memories);
            let position = memories.iter().rposition(|(mapping, _)| mapping.len == len);
            position.map(|position| memories.swap_remove(position))
        };
        let Some((mapping, accessible)) = found else {
            let mapping = Mapping::reserve(len)?;
            mapping.allow(0..size)?;
            return Ok(mapping);
        };
        let reused = accessible.min(size);
        let written = reused.min(size.saturating_sub(ZEROED_MAX))..reused;
        mapping.renew(0..written.start, ProtFlags::READ | ProtFlags::WRITE)?;
        mapping.renew(reused..accessible, ProtFlags::empty())?;
        // SAFETY: these bytes are accessible, and nobody else has them.
        unsafe { mapping.at(written.start).cast::<u8>().write_bytes(0, written.len()) };
        mapping.allow(reused..size)?;
        Ok(mapping)
    }
}

/// A linear memory.
struct Memory {
    /// There until the memory is dropped.
    mapping: Option<Mapping>,
    size: usize,
    capacity: usize,
    kept: Arc<Kept>,
}

// SAFETY: the pointer stays, `size` bytes from it are accessible, and what follows up to the mapping's end is not.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        let Some(mapping) = self.mapping.as_ref().filter(|_| size <= self.capacity) else {
            return Err(wasmtime::Error::msg("the memory cannot grow beyond its reservation"));
        };
        mapping.allow(self.size..size)?;
        self.size = self.size.max(size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping.as_ref().map_or(null_mut(), |mapping| mapping.start.as_ptr().cast())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let mut memories = lock(&self.kept.memories);
        if memories.len() < KEPT_MAX
            && let Some(mapping) = self.mapping.take()
        {
            memories.push((mapping, self.size));
        }
    }
}

/// Where a stack's guard ends and its usable part begins.
const GUARD: usize = 64 << 10;

// SAFETY: stacks are of the size that was asked for, with pages below that cannot be accessed.
unsafe impl StackCreator for Recycler {
    fn new_stack(&self, size: usize, zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let len = size + GUARD;
        let found = if zeroed { None } else { lock(&self.0.stacks).pop() };
        let mapping = match found.filter(|mapping| mapping.len == len) {
            Some(mapping) => mapping,
            None => {
                let mapping = Mapping::reserve(len)?;
                mapping.allow(GUARD..len)?;
                mapping
            }
        };
        Ok(Box::new(Stack { mapping: Some(mapping), kept: self.0.clone() }))
    }
}

/// A fiber's stack.
struct Stack {
    /// There until the stack is dropped.
    mapping: Option<Mapping>,
    kept: Arc<Kept>,
}

impl Stack {
    fn place(&self, offset: impl Fn(&Mapping) -> usize) -> *mut u8 {
        self.mapping.as_ref().map_or(null_mut(), |mapping| mapping.at(offset(mapping)).cast())
    }
}

// SAFETY: the range is accessible, the guard below it is not.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.place(|mapping| mapping.len)
    }

    fn range(&self) -> Range<usize> {
        self.place(|_| GUARD).addr()..self.top().addr()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.place(|_| 0)..self.place(|_| GUARD)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut stacks = lock(&self.kept.stacks);
        if stacks.len() < KEPT_MAX
            && let Some(mapping) = self.mapping.take()
        {
            stacks.push(mapping);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 << 10;

    fn memory(recycler: &Recycler, size: usize) -> Memory {
        let mapping = recycler.memory(size, 64 * PAGE).unwrap();
        Memory { mapping: Some(mapping), size, capacity: 60 * PAGE, kept: recycler.0.clone() }
    }

    fn bytes(memory: &mut Memory) -> &mut [u8] {
        // SAFETY: the accessible bytes, borrowed from their owner.
        unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.size) }
    }

    #[test]
    fn a_memory_that_is_used_again_is_zero_and_of_the_size_asked_for() {
        let recycler = Recycler::default();
        let mut start: *mut u8 = null_mut();
        for (size, grown) in [(2, 5), (3, 3), (1, 40), (20, 20), (2, 2), (0, 1)] {
            let mut memory = memory(&recycler, size * PAGE);
            assert!(start.is_null() || start == memory.as_ptr(), "the same mapping");
            start = memory.as_ptr();
            assert!(bytes(&mut memory).iter().all(|byte| *byte == 0), "{size} pages");
            memory.grow_to(grown * PAGE).unwrap();
            assert!(bytes(&mut memory).iter().all(|byte| *byte == 0), "grown to {grown} pages");
            assert!(memory.grow_to(61 * PAGE).is_err());
            bytes(&mut memory).fill(0xaa);
        }
        assert_eq!(lock(&recycler.0.memories).len(), 1);
    }

    #[test]
    fn only_so_many_are_kept() {
        let recycler = Recycler::default();
        let memories: Vec<_> = (0..KEPT_MAX + 3).map(|_| memory(&recycler, PAGE)).collect();
        let stacks: Vec<_> = (0..KEPT_MAX + 3).map(|_| recycler.new_stack(PAGE, false).unwrap()).collect();
        drop((memories, stacks));
        assert_eq!((lock(&recycler.0.memories).len(), lock(&recycler.0.stacks).len()), (KEPT_MAX, KEPT_MAX));
        let stack = recycler.new_stack(PAGE, false).unwrap();
        assert_eq!(stack.range().len(), PAGE);
        assert_eq!(stack.guard_range().end.addr(), stack.range().start);
        assert_eq!(lock(&recycler.0.stacks).len(), KEPT_MAX - 1);
    }
}
