//! Guest memory as the kernel sees it in a browser: another instance's, reached through its process's bridge.
//!
//! The bridge puts three functions into the kernel's table when a process starts: copy from the guest, copy to
//! the guest, size of the guest's memory. They are compiled wasm, so no script is run for a call.

use std::cell::Cell;
use std::mem;

use wcr_abi::Errno;
use wcr_wasi::GuestMemory;

/// How many entries of the kernel's table a process has.
pub(crate) const SLOTS: u32 = 3;

/// A page of WebAssembly memory, in bytes.
const PAGE: u64 = 64 << 10;
/// The most bytes that a buffer keeps between two calls.
const KEPT: usize = 1 << 20;

thread_local! {
    /// What the last call copied into, so that not every call allocates.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The memory of the guest whose bridge has its functions from `base` on in the kernel's table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    base: u32,
}

/// `copy(from, to, length)`: one address is the guest's, one the kernel's.
type CopyFn = extern "C" fn(u32, u32, u32);
/// The number of pages of the guest's memory.
type PagesFn = extern "C" fn() -> u32;

impl Window {
    /// The window whose functions begin at `base`.
    pub(crate) const fn at(base: u32) -> Self {
        Self { base }
    }

    fn copy_in(self) -> CopyFn {
        function(self.base)
    }

    fn copy_out(self) -> CopyFn {
        function(self.base + 1)
    }

    fn pages(self) -> PagesFn {
        function(self.base + 2)
    }

    /// How large the guest's memory is, in bytes.
    pub(crate) fn size(self) -> u64 {
        u64::from(self.pages()()) * PAGE
    }

    /// `FAULT` unless the range lies in the guest's memory, so that the copies never trap.
    fn check(self, ptr: u32, len: u32) -> Result<(), Errno> {
        if u64::from(ptr) + u64::from(len) <= self.size() { Ok(()) } else { Err(Errno::Fault) }
    }

    /// A buffer with the bytes of the range.
    fn fetch(self, ptr: u32, len: u32) -> Result<Vec<u8>, Errno> {
        self.check(ptr, len)?;
        let mut buffer = BUFFER.take();
        buffer.clear();
        buffer.try_reserve(len as usize).map_err(|_| Errno::Nomem)?;
        buffer.resize(len as usize, 0);
        if len > 0 {
            self.copy_in()(ptr, address(buffer.as_ptr()), len);
        }
        Ok(buffer)
    }
}

/// The function at a place of the kernel's table; `F` is a type of function pointers.
fn function<F: Copy>(place: u32) -> F {
    let place = place as usize;
    // SAFETY: on wasm a function pointer is an index into the module's table. The page's script puts the bridge's
    // functions there before a process runs, and the browser checks the signature at each call.
    #[expect(unsafe_code, reason = "an index of the table becomes a function")]
    unsafe {
        mem::transmute_copy::<usize, F>(&place)
    }
}

/// Where the kernel's own memory has a byte.
fn address(byte: *const u8) -> u32 {
    byte as usize as u32
}

fn keep(buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
}

impl GuestMemory for Window {
    fn view<R>(&self, ptr: u32, len: u32, look: impl FnOnce(&[u8]) -> R) -> Result<R, Errno> {
        let buffer = self.fetch(ptr, len)?;
        let result = look(&buffer);
        keep(buffer);
        Ok(result)
    }

    fn edit<R>(&mut self, ptr: u32, len: u32, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, Errno> {
        let mut buffer = self.fetch(ptr, len)?;
        let result = change(&mut buffer);
        if len > 0 {
            self.copy_out()(address(buffer.as_ptr()), ptr, len);
        }
        keep(buffer);
        Ok(result)
    }
}
