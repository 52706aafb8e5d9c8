//! What all containers of a process share: an engine, and the code of the bundled guests.
//!
//! A guest's code runs where it lies in the binary, and can be registered there once only. So there is one engine for
//! code as it is and one for code that can be stopped, and both stay until the process ends.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use wasmtime::Module;

use crate::code::CompiledGuest;
use crate::config::config;
use crate::error::EngineError;

/// An engine and the guests that were loaded for it.
pub(crate) struct Shared {
    pub(crate) engine: wasmtime::Engine,
    stoppable: bool,
    /// By the place of their code.
    guests: Mutex<HashMap<usize, Module>>,
}

impl Shared {
    /// The engine of this process, for code that can be stopped or for code as it is. Which guests there are is the
    /// same for all of a process.
    pub(crate) fn get(stoppable: bool, guests: &'static [CompiledGuest]) -> Result<&'static Self, EngineError> {
        static PLAIN: OnceLock<Shared> = OnceLock::new();
        static STOPPABLE: OnceLock<Shared> = OnceLock::new();
        let slot = if stoppable { &STOPPABLE } else { &PLAIN };
        if let Some(shared) = slot.get() {
            return Ok(shared);
        }
        let made = Self::new(stoppable, guests)?;
        Ok(slot.get_or_init(|| made))
    }

    #[cfg_attr(
        not(unix),
        expect(unused_variables, unused_mut, reason = "only Unix hosts have memory of their own kind")
    )]
    fn new(stoppable: bool, guests: &'static [CompiledGuest]) -> Result<Self, EngineError> {
        let fail = |error: wasmtime::Error| EngineError::Setup(format!("{error:#}"));
        let mut config = config(false, stoppable);
        #[cfg(unix)]
        {
            let recycler = std::sync::Arc::new(crate::unix_memory::Recycler::default());
            config.with_host_memory(recycler.clone()).with_host_stack(recycler);
            let protection = crate::unix_code::PageProtection { guests };
            config.with_custom_code_memory(Some(std::sync::Arc::new(protection)));
        }
        let engine = wasmtime::Engine::new(&config).map_err(fail)?;
        Ok(Self { engine, stoppable, guests: Mutex::default() })
    }

    /// A bundled guest's module.
    pub(crate) fn guest(&self, guest: &CompiledGuest) -> Result<Module, EngineError> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = guests.get(&guest.place()) {
            return Ok(module.clone());
        }
        let module = guest.load(&self.engine, self.stoppable)?;
        guests.insert(guest.place(), module.clone());
        Ok(module)
    }
}
