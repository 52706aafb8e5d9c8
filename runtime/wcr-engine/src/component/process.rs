//! Kernel calls of a component: all that it does in the kernel goes through here, where it is traced.

use core::fmt::Debug;
use std::sync::Arc;

use wcr_abi::{Fd, Pid};
use wcr_kernel::{Call, Halt, Interest, Kernel, PollTarget, TracedCall};

use super::fault::Fault;
use crate::calls::suspend;
use crate::guest::Container;

/// The process that a component runs in.
#[derive(Clone)]
pub(crate) struct Process {
    container: Arc<Container>,
    pid: Pid,
}

impl Process {
    /// A process of a container.
    pub(crate) const fn new(container: Arc<Container>, pid: Pid) -> Self {
        Self { container, pid }
    }

    /// Makes a kernel call that does not wait. `name` and `args` are what the trace has of it.
    pub(super) fn call<T: Debug>(
        &self,
        name: &str,
        args: &dyn Debug,
        call: impl FnOnce(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        Ok(self.attempt(name, args, |kernel, pid| kernel.enter(pid).and_then(|()| call(kernel, pid)))?)
    }

    /// Makes a kernel call that may wait: again and again, whenever the kernel says that it may go on.
    pub(super) async fn wait<T: Debug>(
        &self,
        name: &str,
        args: &(dyn Debug + Sync),
        mut call: impl FnMut(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        let _waiting = Waiting(self);
        let mut done = self.attempt(name, args, |kernel, pid| kernel.enter(pid).and_then(|()| call(kernel, pid)));
        while let Err(Halt::Block) = done {
            suspend().await;
            done = self.attempt(name, args, &mut call);
        }
        Ok(done?)
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

    /// Waits for a target. One that cannot be asked is ready: the next operation on it says why.
    pub(super) async fn ready(&self, target: PollTarget) {
        let targets = [target];
        let _said = self.wait("wasi:io/poll.ready", &targets, |kernel, pid| kernel.poll(pid, &targets)).await;
    }

    /// Whether a descriptor can be read or written without waiting.
    pub(super) fn is_ready(&self, fd: Fd, interest: Interest) -> Result<bool, Fault> {
        let targets = [PollTarget::Fd { fd, interest }, PollTarget::Until(0)];
        let answers = self.call("wasi:io/poll.is-ready", &targets, |kernel, pid| kernel.poll(pid, &targets))?;
        Ok(answers.into_iter().next().unwrap_or(Ok(true))?)
    }

    /// Closes a descriptor that a resource had for itself.
    pub(super) fn close(&self, fd: Fd) {
        let _said = self.call("wasi:io/close", &fd, |kernel, pid| kernel.close(pid, fd));
    }

    /// Ends the process.
    pub(super) fn exit(&self, code: u8) -> Halt {
        self.container.kernel().exit(self.pid, code)
    }
}

/// A call that may wait: when it is given up, as a poll does with all that were not ready, the kernel no
/// longer waits for it.
struct Waiting<'a>(&'a Process);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.container.kernel().stop_waiting(self.0.pid);
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
