//! A way for one process to wait until another has come to a point.

use wcr_abi::{Fd, OpenFlags};

use crate::sys;

/// A pipe whose bytes are passes.
#[derive(Clone, Copy)]
pub struct Gate {
    read: Fd,
    write: Fd,
}

impl Gate {
    pub fn new() -> Self {
        let (read, write) = sys::pipe(OpenFlags::CLOEXEC).expect("a pipe");
        Gate { read, write }
    }

    /// Lets one waiter through.
    pub fn open(self) {
        sys::write(self.write, b"x").expect("open the gate");
    }

    /// Waits to be let through.
    pub fn pass(self) {
        while sys::read(self.read, 1).is_err() {}
    }

    /// Waits for ever, or until a signal ends it.
    pub fn stay() -> u8 {
        loop {
            let _ = sys::sleep(1000);
        }
    }
}

/// Waits for a child and says how it ended.
pub fn reap(pid: u32) {
    match sys::wait(pid as i32, 0) {
        Ok(Some((_, status))) => crate::say!("child: {}", crate::say::status(status)),
        other => crate::say!("child: {other:?}"),
    }
}
