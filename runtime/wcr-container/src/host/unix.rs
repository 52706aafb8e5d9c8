//! Standard streams on Unix hosts: the descriptors themselves, without a buffer in between.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno as HostErrno;
use wcr_abi::Errno;
use wcr_kernel::{HostInput, HostOutput};

/// Standard input.
#[derive(Debug)]
pub(super) struct Input;

impl Input {
    pub(super) const fn new() -> Self {
        Self
    }
}

/// Waits for an event on a descriptor; whether it came within the time.
fn wait_for(fd: BorrowedFd<'_>, flags: PollFlags, timeout: Option<Duration>) -> bool {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
    // Errors and hang-ups are events, too: what follows then tells about them.
    poll(&mut fds, timeout.as_ref()).is_ok_and(|count| count > 0)
}

impl HostInput for Input {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        if !self.ready() {
            return Ok(None);
        }
        match rustix::io::read(rustix::stdio::stdin(), buf) {
            Ok(count) => Ok(Some(count)),
            Err(HostErrno::AGAIN | HostErrno::INTR) => Ok(None),
            // A closed standard input is an empty one.
            Err(HostErrno::BADF) => Ok(Some(0)),
            Err(HostErrno::ISDIR) => Err(Errno::Isdir),
            Err(_) => Err(Errno::Io),
        }
    }

    fn ready(&mut self) -> bool {
        wait_for(rustix::stdio::stdin(), PollFlags::IN, Some(Duration::ZERO))
    }

    fn wait(&mut self, timeout: Option<u64>) {
        wait_for(rustix::stdio::stdin(), PollFlags::IN, timeout.map(Duration::from_nanos));
    }
}

/// Standard output or standard error.
#[derive(Debug)]
pub(super) struct Output {
    fd: BorrowedFd<'static>,
}

impl Output {
    pub(super) fn stdout() -> Self {
        Self { fd: rustix::stdio::stdout() }
    }

    pub(super) fn stderr() -> Self {
        Self { fd: rustix::stdio::stderr() }
    }
}

impl HostOutput for Output {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        loop {
            match rustix::io::write(self.fd, bytes) {
                Ok(count) => return Ok(count),
                Err(HostErrno::INTR) => {}
                // Somebody has set the descriptor to not block; the container's is one that does.
                Err(HostErrno::AGAIN) => _ = wait_for(self.fd, PollFlags::OUT, None),
                Err(HostErrno::PIPE) => return Err(Errno::Pipe),
                Err(HostErrno::NOSPC) => return Err(Errno::Nospc),
                Err(HostErrno::FBIG) => return Err(Errno::Fbig),
                Err(HostErrno::BADF) => return Err(Errno::Badf),
                Err(_) => return Err(Errno::Io),
            }
        }
    }
}
