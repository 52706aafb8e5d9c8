//! `wasi:io/poll`: waiting for descriptors and clocks, with one poll of the kernel for all of them.

use wasmtime::component::Resource;
use wasmtime::{Result, ensure};
use wcr_abi::Fd;
use wcr_kernel::{Interest, PollTarget};

use super::bindings::wasi::io::poll;
use super::fault::Fault;
use crate::guest::Guest;

/// The most things that one call waits for.
const MOST: usize = 4096;

/// Something to wait for.
#[derive(Debug, Clone, Copy)]
pub enum Pollable {
    /// A descriptor, for reading or writing.
    Fd(Fd, Interest),
    /// An instant on the monotonic clock.
    Until(u64),
    /// Nothing: files never make a reader or writer wait.
    Ready,
}

impl Pollable {
    fn target(self) -> PollTarget {
        match self {
            Self::Fd(fd, interest) => PollTarget::Fd { fd, interest },
            Self::Until(at) => PollTarget::Until(at),
            Self::Ready => PollTarget::Until(0),
        }
    }
}

impl Guest {
    fn targets(&self, list: &[Resource<Pollable>]) -> Result<Vec<PollTarget>> {
        Ok(list.iter().map(|pollable| self.table.get(pollable).map(|it| it.target())).collect::<Result<_, _>>()?)
    }
}

impl poll::Host for Guest {
    async fn poll(&mut self, list: Vec<Resource<Pollable>>) -> Result<Vec<u32>> {
        ensure!(!list.is_empty(), "a poll has nothing to wait for");
        ensure!(list.len() <= MOST, "a poll waits for {} things; {MOST} are the most", list.len());
        let targets = self.targets(&list)?;
        let answers = self.wait("wasi:io/poll.poll", &targets, |kernel, pid| kernel.poll(pid, &targets)).await;
        let answers = answers.map_err(Fault::into_trap)?;
        // One that cannot be asked is ready: the next operation on it says why.
        let ready = (0..).zip(answers).filter(|(_, answer)| *answer != Ok(false));
        Ok(ready.map(|(at, _)| at).collect())
    }
}

impl poll::HostPollable for Guest {
    fn ready(&mut self, pollable: Resource<Pollable>) -> Result<bool> {
        let targets = [self.table.get(&pollable)?.target(), PollTarget::Until(0)];
        let answers = self.now("wasi:io/poll.ready", &targets, |kernel, pid| kernel.poll(pid, &targets));
        let answers = answers.map_err(Fault::into_trap)?;
        Ok(answers.first() != Some(&Ok(false)))
    }

    async fn block(&mut self, pollable: Resource<Pollable>) -> Result<()> {
        poll::Host::poll(self, vec![pollable]).await.map(drop)
    }

    fn drop(&mut self, pollable: Resource<Pollable>) -> Result<()> {
        Ok(self.table.delete(pollable).map(drop)?)
    }
}
