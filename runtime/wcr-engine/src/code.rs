//! Bundled guests' code, run from where it lies in the binary.

use wasmtime::Module;

use crate::error::EngineError;

/// Bytes at a page boundary, so that the code in them can be made executable where it is.
#[repr(C, align(4096))]
#[derive(Debug)]
pub struct PageAligned<T: ?Sized>(pub T);

/// A guest that was compiled by [`crate::precompile`] with this version of wcr.
#[derive(Debug, Clone, Copy)]
pub struct CompiledGuest {
    /// The name that the kernel's programs use.
    pub name: &'static str,
    code: &'static PageAligned<[u8]>,
    stoppable: &'static PageAligned<[u8]>,
}

impl CompiledGuest {
    /// A guest, its code, and its code that can be stopped.
    ///
    /// # Safety
    /// Both are unchanged results of [`crate::precompile`]: the engine runs them. On Linux they lie in pages that are
    /// executable already.
    #[expect(unsafe_code, reason = "the engine cannot check machine code")]
    #[must_use]
    pub const unsafe fn new(
        name: &'static str,
        code: &'static PageAligned<[u8]>,
        stoppable: &'static PageAligned<[u8]>,
    ) -> Self {
        Self { name, code, stoppable }
    }

    /// Where the code is: no two guests have the same place.
    pub(crate) fn place(&self) -> usize {
        self.code.0.as_ptr().addr()
    }

    /// Whether `ptr` points into the code.
    #[cfg(unix)]
    pub(crate) fn contains(&self, ptr: *const u8) -> bool {
        [self.code, self.stoppable].iter().any(|code| code.0.as_ptr_range().contains(&ptr))
    }

    /// Makes a module of the code, without copying it where the host allows that.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, stoppable: bool) -> Result<Module, EngineError> {
        let code = if stoppable { self.stoppable } else { self.code };
        #[cfg(unix)]
        let loaded = {
            // SAFETY: the constructor's contract says where the bytes come from; they are static, aligned
            // to pages, and nobody changes them.
            #[expect(unsafe_code, reason = "see above")]
            unsafe {
                Module::deserialize_raw(engine, core::ptr::NonNull::from(&code.0))
            }
        };
        #[cfg(not(unix))]
        let loaded = {
            // SAFETY: the constructor's contract says where the bytes come from.
            #[expect(unsafe_code, reason = "see above")]
            unsafe {
                Module::deserialize(engine, &code.0)
            }
        };
        loaded.map_err(|error| EngineError::Load { name: self.name, reason: format!("{error:#}") })
    }
}
