//! Kernel calls for a component: each host call makes them here, where they are traced.

use core::fmt::Debug;

use wcr_abi::{Fd, Pid};
use wcr_kernel::{Call, Halt, Interest, Kernel, PollTarget, TracedCall};

use super::fault::Fault;
use crate::calls::{leave, suspend};
use crate::guest::Guest;

impl Guest {
    /// Makes a kernel call that does not wait. `name` and `args` are what the trace has of it.
    pub(super) fn now<T: Debug>(
        &self,
        name: &str,
        args: &dyn Debug,
        call: impl FnOnce(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        let mut kernel = self.container.kernel();
        let done = kernel.enter(self.pid).and_then(|()| call(&mut kernel, self.pid));
        trace(&mut kernel, self.pid, name, args, &done);
        settle(done)
    }

    /// Makes a kernel call that may wait: again and again, whenever the kernel says that it may go on.
    pub(super) async fn wait<T: Debug>(
        &mut self,
        name: &str,
        args: &(dyn Debug + Sync),
        mut call: impl FnMut(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        let mut done = self.attempt(name, args, |kernel, pid| kernel.enter(pid).and_then(|()| call(kernel, pid)));
        while let Err(Halt::Block) = done {
            suspend().await;
            done = self.attempt(name, args, &mut call);
        }
        settle(done)
    }

    fn attempt<T: Debug>(
        &self,
        name: &str,
        args: &dyn Debug,
        call: impl FnOnce(&mut Kernel, Pid) -> Call<T>,
    ) -> Call<T> {
        let mut kernel = self.container.kernel();
        let done = call(&mut kernel, self.pid);
        trace(&mut kernel, self.pid, name, args, &done);
        done
    }

    /// Whether a descriptor can be read or written without waiting.
    pub(super) fn ready(&self, fd: Fd, interest: Interest) -> Result<bool, Fault> {
        let targets = [PollTarget::Fd { fd, interest }, PollTarget::Until(0)];
        let answers = self.now("wasi:io/poll.ready", &targets, |kernel, pid| kernel.poll(pid, &targets))?;
        Ok(answers.into_iter().next().unwrap_or(Ok(true))?)
    }
}

/// Adds a call that has come to an end to the kernel's trace, if it keeps one.
fn trace<T: Debug>(kernel: &mut Kernel, pid: Pid, name: &str, args: &dyn Debug, done: &Call<T>) {
    let result = match done {
        Err(Halt::Block | Halt::Exit) => return,
        Err(Halt::Errno(errno)) => errno.raw(),
        Ok(_) => 0,
    };
    if !kernel.is_traced() {
        return;
    }
    let mut call = TracedCall::new(pid, name, &[]);
    call.input(format!("{args:?}").as_bytes());
    if let Ok(value) = done {
        call.output(format!("{value:?}").as_bytes());
    }
    kernel.trace_call(call, result);
}

fn settle<T>(done: Call<T>) -> Result<T, Fault> {
    done.map_err(|halt| match halt {
        Halt::Errno(errno) => Fault::Errno(errno),
        halt => Fault::Trap(leave(halt)),
    })
}
