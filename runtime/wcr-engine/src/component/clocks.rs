//! `wasi:clocks`: the kernel's clocks.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use super::fault::Fault;
use super::poll::Pollable;
use crate::guest::Guest;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Guest {
    fn clock(&self, id: u32) -> Result<u64> {
        self.now("wasi:clocks/now", &id, |kernel, _| Ok(kernel.clock_time(id)?)).map_err(Fault::into_trap)
    }
}

impl wall_clock::Host for Guest {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = self.clock(REALTIME)?;
        let nanoseconds = (now % NANOS_PER_SECOND) as u32;
        Ok(wall_clock::Datetime { seconds: now / NANOS_PER_SECOND, nanoseconds })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl monotonic_clock::Host for Guest {
    fn now(&mut self) -> Result<u64> {
        self.clock(MONOTONIC)
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<Pollable>> {
        Ok(self.table.push(Pollable::Until(when))?)
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<Pollable>> {
        let when = self.clock(MONOTONIC)?.saturating_add(duration);
        self.subscribe_instant(when)
    }
}
