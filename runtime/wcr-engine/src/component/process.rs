//! Kernel calls of a component: all that it does in the kernel goes through here, where it is traced.

use core::fmt::Debug;
use std::sync::Arc;

use wcr_abi::{Fd, Pid};
use wcr_kernel::{Call, CallEnd, CallText, Halt, Interest, Kernel, PollTarget, quoted, quoted_whole};

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

    /// The container that it is of.
    pub(super) const fn container(&self) -> &Arc<Container> {
        &self.container
    }

    /// Its number.
    pub(super) const fn pid(&self) -> Pid {
        self.pid
    }

    /// Makes a kernel call that does not wait. `name` and `args` are what the trace has of it.
    pub(super) fn call<T: Debug>(
        &self,
        name: &str,
        args: &dyn Debug,
        call: impl FnOnce(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        Ok(self.attempt(name, args, |kernel, pid| kernel.enter(pid, None).and_then(|()| call(kernel, pid)))?)
    }

    /// Makes a kernel call that may wait: again and again, whenever the kernel says that it may go on.
    pub(super) async fn wait<T: Debug>(
        &self,
        name: &str,
        args: &(dyn Debug + Sync),
        mut call: impl FnMut(&mut Kernel, Pid) -> Call<T>,
    ) -> Result<T, Fault> {
        let _waiting = Waiting(self);
        let mut done =
            self.attempt(name, args, |kernel, pid| kernel.enter_waiting(pid, None).and_then(|()| call(kernel, pid)));
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
        if let Some(log) = kernel.trace_log() {
            log.begin();
        }
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

/// Adds a call to the kernel's trace, if it keeps one.
fn trace<T: Debug>(kernel: &mut Kernel, pid: Pid, name: &str, args: &dyn Debug, done: &Call<T>) {
    if !kernel.is_traced() {
        return;
    }
    let args = format!("{args:?}");
    let value = done.as_ref().ok().map(|value| format!("{value:?}"));
    let result = match done {
        Err(Halt::Block | Halt::Exit) => None,
        Err(Halt::Errno(errno)) => Some(errno.raw()),
        Ok(_) => Some(0),
    };
    if let Some(result) = result
        && let Some(mut call) = kernel.traced_call(pid, name, [].into_iter())
    {
        call.input(args.as_bytes());
        if let Some(value) = &value {
            call.output(value.as_bytes());
        }
        kernel.trace_call(call, result);
    }
    // Names of files are shown whole, data is cut.
    let shown = if name.starts_with("wasi:filesystem/") { quoted_whole } else { quoted };
    let end = match done {
        Ok(_) => {
            let value = value.filter(|value| value != "()").map(|value| with_strings(&value, shown));
            CallEnd::Value(value.unwrap_or_else(|| "0".into()))
        }
        Err(Halt::Errno(errno)) => CallEnd::Failed(*errno),
        Err(Halt::Block) => CallEnd::Waits,
        Err(Halt::Exit) => CallEnd::Gone,
    };
    if let Some(log) = kernel.trace_log() {
        let args = vec![if args == "()" { String::new() } else { with_strings(&args, shown) }];
        log.call(pid, &CallText { name: name.to_owned(), known: args.len(), args }, end);
    }
}

/// A value in words, with its lists of bytes shown as strings.
fn with_strings(text: &str, shown: fn(&[u8]) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let list = after.split_once(']').and_then(|(list, after)| {
            let bytes: Option<Vec<u8>> = list.split(", ").map(|number| number.parse().ok()).collect();
            Some((bytes?, after))
        });
        rest = match list {
            Some((bytes, after)) => {
                out.push_str(&shown(&bytes));
                after
            }
            None => {
                out.push('[');
                after
            }
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_bytes_are_strings() {
        for (text, expected) in [
            ("[[97, 98], [10]]", r#"["ab", "\n"]"#),
            ("(3, [97], Flags(1))", r#"(3, "a", Flags(1))"#),
            ("[Ok(true)]", "[Ok(true)]"),
            ("[]", "[]"),
            ("[256, [1", "[256, [1"),
            ("()", "()"),
        ] {
            assert_eq!(with_strings(text, quoted), expected);
        }
    }
}
