//! `wasi:clocks`: the kernel's clocks.

use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wcr_kernel::PollTarget;

use super::fault::Fault;
use super::process::Process;
use super::view::View;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant on the monotonic clock.
struct Deadline {
    process: Process,
    at: u64,
}

#[async_trait]
impl Pollable for Deadline {
    async fn ready(&mut self) {
        self.process.ready(PollTarget::Until(self.at)).await;
    }
}

impl View {
    fn clock(&self, id: u32) -> Result<u64> {
        self.process
            .call("wasi:clocks/now", &id, |kernel, pid| Ok(kernel.clock_time(pid, id)?))
            .map_err(Fault::into_trap)
    }
}

impl wall_clock::Host for View {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = self.clock(REALTIME)?;
        let nanoseconds = (now % NANOS_PER_SECOND) as u32;
        Ok(wall_clock::Datetime { seconds: now / NANOS_PER_SECOND, nanoseconds })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl monotonic_clock::Host for View {
    fn now(&mut self) -> Result<u64> {
        self.clock(MONOTONIC)
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, at: u64) -> Result<Resource<DynPollable>> {
        let deadline = self.table.push(Deadline { process: self.process.clone(), at })?;
        subscribe(&mut self.table, deadline)
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<DynPollable>> {
        let at = self.clock(MONOTONIC)?.saturating_add(duration);
        self.subscribe_instant(at)
    }
}
