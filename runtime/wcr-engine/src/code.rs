//! Bundled guests' code: compiled when wcr is built, run from where it lies in the binary.

use wasmtime::{Engine, Module};

use crate::config::config;
use crate::error::EngineError;

/// What code for x86-64 takes for granted beyond the first CPUs of that kind: the level x86-64-v2, which all have had
/// since 2011. Without it each shuffle of a vector is a call into the engine.
const X86_64_V2: [&str; 5] = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];

/// Compiles a module ahead of time for a common CPU of `target` (a triple), so that the code runs on
/// every machine of that kind and not only on those like the one that built it; an older one refuses to load it. Code
/// that is `stoppable` is for containers with a [`crate::Stop`].
///
/// # Errors
/// [`EngineError::Compile`].
pub fn precompile(wasm: &[u8], target: &str, stoppable: bool) -> Result<Vec<u8>, EngineError> {
    let fail = |error: wasmtime::Error| EngineError::Compile(format!("{error:#}"));
    let mut config = config(true, stoppable);
    config.target(target).map_err(fail)?.native_unwind_info(target.contains("windows"));
    for feature in X86_64_V2.iter().filter(|_| target.starts_with("x86_64")) {
        // SAFETY: the code says what it was compiled for, and an engine on a CPU without it does not load it.
        #[expect(unsafe_code, reason = "features are set by name, for which there is no other way")]
        unsafe {
            config.cranelift_flag_enable(feature);
        }
    }
    Engine::new(&config).and_then(|engine| engine.precompile_module(wasm)).map_err(fail)
}

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
    pub(crate) fn load(&self, engine: &Engine, stoppable: bool) -> Result<Module, EngineError> {
        let code = if stoppable { self.stoppable } else { self.code };
        // SAFETY: the constructor's contract says where the bytes come from; they are static, aligned to pages, and
        // nobody changes them.
        #[expect(unsafe_code, reason = "see above")]
        let loaded = unsafe {
            #[cfg(unix)]
            {
                Module::deserialize_raw(engine, core::ptr::NonNull::from(&code.0))
            }
            #[cfg(not(unix))]
            {
                Module::deserialize(engine, &code.0)
            }
        };
        loaded.map_err(|error| EngineError::Load { name: self.name, reason: format!("{error:#}") })
    }
}
