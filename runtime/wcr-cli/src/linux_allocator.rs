//! The allocator of the Linux binary: dlmalloc over pages of its own.
//!
//! Musl's allocator maps and unmaps a page or two for each of its many small pools, a third of all that a start
//! costs. This one takes pages by the dozen. Those that every start uses are filled in at once: a page fault for each
//! would cost more than the page.

#![expect(unsafe_code, reason = "an allocator deals in raw memory")]

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dlmalloc::Dlmalloc;
use rustix::mm::{MapFlags, MremapFlags, ProtFlags, mmap_anonymous, mremap, munmap};

/// The first piece's length, in bytes: what a start needs. It is filled with pages when it is mapped.
const FIRST: usize = 88 << 10;

/// A heap behind a lock.
pub(crate) struct Allocator(Mutex<Dlmalloc<Pages>>);

impl Allocator {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Dlmalloc::new_with_allocator(Pages { started: AtomicBool::new(false) })))
    }

    fn heap(&self) -> MutexGuard<'_, Dlmalloc<Pages>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// SAFETY: dlmalloc keeps the contract of an allocator; the caller keeps the contracts of these functions.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { self.heap().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { self.heap().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { self.heap().free(ptr, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { self.heap().realloc(ptr, layout.size(), layout.align(), size) }
    }
}

/// Where the heap gets its pages: anonymous mappings.
struct Pages {
    /// Whether the first piece has been mapped.
    started: AtomicBool,
}

// SAFETY: the mappings are fresh, readable and writable, and given back only when the heap says so.
unsafe impl dlmalloc::Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let is_first = size <= FIRST && !self.started.swap(true, Ordering::Relaxed);
        let (size, filled) = if is_first { (FIRST, MapFlags::POPULATE) } else { (size, MapFlags::empty()) };
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | filled);
        match unsafe { mmap_anonymous(null_mut(), size, protection, flags) } {
            Ok(start) => (start.cast(), size, 0),
            Err(_) => (null_mut(), 0, 0),
        }
    }

    fn remap(&self, ptr: *mut u8, old: usize, new: usize, can_move: bool) -> *mut u8 {
        let flags = if can_move { MremapFlags::MAYMOVE } else { MremapFlags::empty() };
        unsafe { mremap(ptr.cast(), old, new, flags) }.map_or(null_mut(), |start| start.cast())
    }

    fn free_part(&self, ptr: *mut u8, old: usize, new: usize) -> bool {
        unsafe { munmap(ptr.add(new).cast(), old - new) }.is_ok()
    }

    fn free(&self, ptr: *mut u8, size: usize) -> bool {
        self.free_part(ptr, size, 0)
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        rustix::param::page_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_out_is_apart_zeroed_on_demand_and_keeps_its_content() {
        let allocator = Allocator::new();
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        let sizes = [(1, 1), (24, 8), (4096, 4096), (70_000, 16), (3 << 20, 64)];
        // SAFETY: each piece is used within its size and given back once, with its layout.
        unsafe {
            let mut pieces = Vec::new();
            for (fill, (size, align)) in (1..).zip(sizes) {
                let piece = allocator.alloc_zeroed(layout(size, align));
                assert!(!piece.is_null() && piece.addr().is_multiple_of(align));
                assert!(std::slice::from_raw_parts(piece, size).iter().all(|byte| *byte == 0));
                piece.write_bytes(fill, size);
                pieces.push((piece, fill, size, align));
            }
            for (piece, fill, size, align) in pieces {
                let grown = allocator.realloc(piece, layout(size, align), size * 2);
                assert!(std::slice::from_raw_parts(grown, size).iter().all(|byte| *byte == fill));
                allocator.dealloc(grown, layout(size * 2, align));
            }
        }
    }
}
