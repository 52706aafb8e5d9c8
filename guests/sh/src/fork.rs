//! Forks the shell: the only file of this crate with `unsafe`.

#![allow(unsafe_code, reason = "a forked copy starts with nothing but an address")]

use wcr_sys::abi::Pid;
use wcr_sys::process;

use crate::shell::Shell;

/// What the copy runs.
type Body<'b> = Box<dyn FnOnce(&mut Shell) + 'b>;

/// What a forked copy finds at the address it is given.
struct Start {
    shell: *mut Shell,
    body: Option<Body<'static>>,
}

/// Makes a copy of this process that runs `body` and then ends with the shell's status.
///
/// # Errors
/// The kernel's; nothing has run then.
pub fn fork<'b>(shell: &mut Shell, body: Body<'b>) -> wcr_sys::Result<Pid> {
    // SAFETY: only the lifetime changes. `body` runs in the copy alone. The copy's memory is this process's
    // at the time of the call, stack included, and none of the frames on that stack ever goes on there: so
    // all that `body` borrows stays alive and untouched until the copy ends.
    let body = unsafe { core::mem::transmute::<Body<'b>, Body<'static>>(body) };
    let mut start = Start { shell: core::ptr::from_mut(shell), body: Some(body) };
    // The address escapes into the kernel, so everything reachable from it is in memory at the call.
    process::fork(core::ptr::from_mut(&mut start))
}

/// Where a forked copy begins: `arg` is the address of its `Start`.
#[unsafe(no_mangle)]
pub extern "C" fn wcr_fork_entry(arg: u32) {
    // SAFETY: the kernel passes on the address that `fork` gave it, in a copy of the memory it was valid in;
    // the frames that hold other references to the same values do not exist here.
    let (shell, body) = unsafe {
        let start = &mut *(arg as usize as *mut Start);
        (&mut *start.shell, start.body.take())
    };
    if let Some(body) = body {
        body(shell);
    }
    process::exit(shell.status)
}
