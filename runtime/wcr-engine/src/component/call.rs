//! Kernel calls for a component: each host call makes them here.

use wcr_abi::{Fd, Pid};
use wcr_kernel::{Call, Halt, Interest, Kernel, PollTarget};

use super::fault::Fault;
use crate::calls::{leave, suspend};
use crate::guest::Guest;

impl Guest {
    /// Makes a kernel call that does not wait.
    pub(super) fn now<T>(&self, call: impl FnOnce(&mut Kernel, Pid) -> Call<T>) -> Result<T, Fault> {
        let mut kernel = self.container.kernel();
        settle(kernel.enter(self.pid).and_then(|()| call(&mut kernel, self.pid)))
    }

    /// Makes a kernel call that may wait: again and again, whenever the kernel says that it may go on.
    pub(super) async fn wait<T>(&mut self, mut call: impl FnMut(&mut Kernel, Pid) -> Call<T>) -> Result<T, Fault> {
        let mut done = self.now_or_block(|kernel, pid| kernel.enter(pid).and_then(|()| call(kernel, pid)));
        while let Err(Halt::Block) = done {
            suspend().await;
            done = self.now_or_block(&mut call);
        }
        settle(done)
    }

    fn now_or_block<T>(&self, call: impl FnOnce(&mut Kernel, Pid) -> Call<T>) -> Call<T> {
        call(&mut self.container.kernel(), self.pid)
    }

    /// Whether a descriptor can be read or written without waiting.
    pub(super) fn ready(&self, fd: Fd, interest: Interest) -> Result<bool, Fault> {
        let targets = [PollTarget::Fd { fd, interest }, PollTarget::Until(0)];
        let answers = self.now(|kernel, pid| kernel.poll(pid, &targets))?;
        Ok(answers.into_iter().next().unwrap_or(Ok(true))?)
    }
}

fn settle<T>(done: Call<T>) -> Result<T, Fault> {
    done.map_err(|halt| match halt {
        Halt::Errno(errno) => Fault::Errno(errno),
        halt => Fault::Trap(leave(halt)),
    })
}
