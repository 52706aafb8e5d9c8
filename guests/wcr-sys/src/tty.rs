//! Terminals: attributes, size, job control, pseudo-terminals.

use wcr_abi::{OpenFlags, Pid, Queue, SetWhen, Termios, WinSize};

use crate::{Fd, Result, check, fd, fs, imports, signal};

/// The terminal's attributes; `NOTTY` when the descriptor is no terminal.
pub fn attributes(fd: Fd) -> Result<Termios> {
    let mut buf = [0; Termios::SIZE];
    check(imports::tty_attr(fd, buf.as_mut_ptr()))?;
    Ok(Termios::decode(&buf))
}

/// Sets the terminal's attributes. From the background this stops the process group, as with all that changes a
/// terminal, unless `TTOU` is ignored or held back.
pub fn set_attributes(fd: Fd, when: SetWhen, termios: &Termios) -> Result<()> {
    let termios = termios.encode();
    signal::interruptible(|| check(imports::tty_set_attr(fd, when as u32, termios.as_ptr())))
}

/// The terminal's size; `NOTTY` when the descriptor is no terminal.
pub fn size(fd: Fd) -> Result<WinSize> {
    fd::winsize(fd)
}

/// Sets the terminal's size; the foreground process group gets `WINCH` when it changes.
pub fn set_size(fd: Fd, size: WinSize) -> Result<()> {
    let set = check(imports::tty_set_winsize(fd, size.rows.into(), size.cols.into()));
    signal::deliver();
    set
}

/// Whether the descriptor is a terminal.
#[must_use]
pub fn is_tty(fd: Fd) -> bool {
    fd::is_tty(fd)
}

/// The path of the terminal behind a descriptor (`ttyname(3)`); `NOTTY` when it is none.
pub fn name(fd: Fd) -> Result<Vec<u8>> {
    size(fd)?;
    fs::readlink(format!("/proc/self/fd/{fd}").as_bytes())
}

/// The process group in the foreground; 0 for none. `NOTTY` when it is not this process's controlling terminal.
pub fn foreground(fd: Fd) -> Result<Pid> {
    let mut group = 0;
    check(imports::tty_group(fd, &raw mut group))?;
    Ok(group)
}

/// Brings a process group of this session to the foreground (`tcsetpgrp(3)`).
pub fn set_foreground(fd: Fd, group: Pid) -> Result<()> {
    signal::interruptible(|| check(imports::tty_set_group(fd, group)))
}

/// The session that the terminal controls. `NOTTY` when it is not this process's controlling terminal.
pub fn session(fd: Fd) -> Result<Pid> {
    let mut session = 0;
    check(imports::tty_session(fd, &raw mut session))?;
    Ok(session)
}

/// Makes the terminal the controlling one of the session that this process leads (`TIOCSCTTY`); `steal` lets root
/// take it from another session.
pub fn acquire(fd: Fd, steal: bool) -> Result<()> {
    check(imports::tty_acquire(fd, steal.into()))
}

/// Gives up the controlling terminal (`TIOCNOTTY`).
pub fn release(fd: Fd) -> Result<()> {
    let released = check(imports::tty_release(fd));
    signal::deliver();
    released
}

/// Drops what was not read or has not gone out (`tcflush(3)`).
pub fn flush(fd: Fd, queue: Queue) -> Result<()> {
    signal::interruptible(|| check(imports::tty_flush(fd, queue as u32)))
}

/// Stops the output or lets it go on, as `^S` and `^Q` do.
pub fn stop_output(fd: Fd, stop: bool) -> Result<()> {
    check(imports::tty_stop(fd, stop.into()))
}

/// A new pseudo-terminal's master, whose slave cannot be opened yet (`posix_openpt(3)`).
pub fn open_master(flags: OpenFlags) -> Result<Fd> {
    fs::open(b"/dev/ptmx", OpenFlags::RDWR.with(flags), 0)
}

/// The number of a master's slave in `/dev/pts`.
pub fn slave_number(master: Fd) -> Result<u32> {
    let mut number = 0;
    check(imports::pty_number(master, &raw mut number))?;
    Ok(number)
}

/// Lets a master's slave be opened (`unlockpt(3)`), or locks it.
pub fn lock(master: Fd, locked: bool) -> Result<()> {
    check(imports::pty_lock(master, locked.into()))
}

/// A new pseudo-terminal: its master and its slave, which controls no session yet.
pub fn open_pair() -> Result<(Fd, Fd)> {
    let master = open_master(OpenFlags::NOCTTY)?;
    let open = || -> Result<Fd> {
        lock(master, false)?;
        let path = format!("/dev/pts/{}", slave_number(master)?);
        fs::open(path.as_bytes(), OpenFlags::RDWR.with(OpenFlags::NOCTTY), 0)
    };
    match open() {
        Ok(slave) => Ok((master, slave)),
        Err(error) => {
            fd::close(master)?;
            Err(error)
        }
    }
}
