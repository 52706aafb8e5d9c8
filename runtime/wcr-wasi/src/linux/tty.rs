//! Terminals.

use wcr_abi::{Errno, Pid, Queue, SetWhen, Termios, WinSize};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// A terminal's [`Termios`].
///
/// Partial: There are no line speeds.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_attr<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let termios = k.tty_attr(pid, fd)?;
    Ok(mem.put(out, &termios.encode())?)
}

/// Sets a terminal's attributes; `when` is a [`SetWhen`]. A background group gets `TTOU` (as for the other calls that
/// change something).
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone; `INVAL` no such time; `INTR` a caught signal came
/// first.
pub fn tty_set_attr<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    mem: &mut M,
    fd: u32,
    when: u32,
    termios: u32,
) -> Call<()> {
    let when = SetWhen::from_raw(when).ok_or(Errno::Inval)?;
    let termios = Termios::decode(&mem.take(termios)?);
    k.set_tty_attr(pid, fd, when, termios)
}

/// A terminal's rows and columns (two half words).
///
/// Partial: There are no pixels.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_winsize<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, size: u32) -> Call<()> {
    let WinSize { rows, cols } = k.tty_size(pid, fd)?;
    Ok(mem.put_u32(size, u32::from(cols) << 16 | u32::from(rows))?)
}

/// Sets a terminal's rows and columns.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone; `INVAL` over 65,535.
pub fn tty_set_winsize<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    fd: u32,
    rows: u32,
    cols: u32,
) -> Call<()> {
    let half = |count: u32| u16::try_from(count).map_err(|_| Errno::Inval);
    k.set_tty_size(pid, fd, WinSize { rows: half(rows)?, cols: half(cols)? })
}

/// The process group in the foreground; 0 for none.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_group<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let group = k.tty_group(pid, fd)?;
    Ok(mem.put_u32(out, group)?)
}

/// Brings a process group to the foreground.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal, or not the caller's own; `IO` its other side is gone; `SRCH` no
/// such group; `PERM` another session's; `INVAL` no group's number; `INTR` a caught signal came first.
pub fn tty_set_group<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, group: u32) -> Call<()> {
    k.set_tty_group(pid, fd, group)
}

/// The session that a terminal controls.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_session<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let session = k.tty_session(pid, fd)?;
    Ok(mem.put_u32(out, session)?)
}

/// Makes a terminal the controlling one of the caller's session; `steal` (not 0) takes it from another.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone; `PERM` the caller leads no session, or it has one.
pub fn tty_acquire<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, steal: u32) -> Call<()> {
    k.acquire_tty(pid, fd, steal != 0)
}

/// Gives up the controlling terminal.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_release<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32) -> Call<()> {
    k.release_tty(pid, fd)
}

/// Drops what was not read or has not gone out; `queue` is a [`Queue`].
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone; `INVAL` no such queue.
pub fn tty_flush<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, queue: u32) -> Call<()> {
    k.flush_tty(pid, fd, Queue::from_raw(queue).ok_or(Errno::Inval)?)
}

/// Stops the output, or (0) lets it go on.
///
/// # Errors
/// `BADF` not open; `NOTTY` no terminal; `IO` its other side is gone.
pub fn tty_stop<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, stop: u32) -> Call<()> {
    k.stop_tty(pid, fd, stop != 0)
}

/// The number of a master's slave in `/dev/pts`.
///
/// # Errors
/// `BADF` not open; `NOTTY` no master.
pub fn pty_number<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, fd: u32, out: u32) -> Call<()> {
    let number = k.pty_number(pid, fd)?;
    Ok(mem.put_u32(out, number)?)
}

/// Locks a master's slave, or (0) lets it be opened.
///
/// # Errors
/// `BADF` not open; `NOTTY` no master.
pub fn pty_lock<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, fd: u32, locked: u32) -> Call<()> {
    k.lock_pty(pid, fd, locked != 0)
}
