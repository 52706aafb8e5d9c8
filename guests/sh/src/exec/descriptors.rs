//! The shell's own descriptors, kept out of the way of those that scripts name.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, Result, fd};

/// The lowest number for the shell's own descriptors.
pub const PRIVATE: Fd = 10;

/// Moves a descriptor to a private number unless it is above `kept` already. Closed on exec.
pub fn out_of_the_way(from: Fd, kept: Fd) -> Result<Fd> {
    if from > kept {
        return Ok(from);
    }
    let moved = fd::dup(from, PRIVATE, OpenFlags::CLOEXEC);
    fd::close(from)?;
    moved
}

/// A pipe, closed on exec, whose ends (reader first) are not among the descriptors up to `kept`.
pub fn pipe_above(kept: Fd) -> Result<(Fd, Fd)> {
    let (reader, writer) = fd::pipe(OpenFlags::CLOEXEC)?;
    let (reader, writer) = (out_of_the_way(reader, kept), out_of_the_way(writer, kept));
    match (reader, writer) {
        (Ok(reader), Ok(writer)) => Ok((reader, writer)),
        (Ok(end), Err(error)) | (Err(error), Ok(end)) => {
            discard(end);
            Err(error)
        }
        (Err(error), Err(_)) => Err(error),
    }
}

/// Closes a descriptor that is known to be open.
pub fn discard(end: Fd) {
    let _ = fd::close(end);
}

/// Makes `to`, whose number is known to be possible, a copy of `from`, and closes `from`.
pub fn move_to(from: Fd, to: Fd) {
    let _ = fd::dup2(from, to, OpenFlags::default());
    discard(from);
}
