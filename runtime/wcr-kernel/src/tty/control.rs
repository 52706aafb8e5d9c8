//! What a process asks of a terminal beside bytes (`ioctl_tty(2)`).

use wcr_abi::{Errno, Fd, Pid, Queue, SetWhen, Signal, Termios, WinSize};

use crate::capability::Capability;
use crate::file::Backing;
use crate::kernel::{Call, Kernel};
use crate::sched::Event;

use super::{Tty, TtyId};

impl Kernel {
    /// The terminal behind a descriptor, and whether it is the master's side. `NOTTY` another thing; `IO` hung up.
    fn tty_of_fd(&self, pid: Pid, fd: Fd) -> Result<(TtyId, bool), Errno> {
        let (id, master) = match self.file_of(pid, fd)?.1.backing {
            Backing::Tty { tty, .. } => (tty, false),
            Backing::PtyMaster { tty, .. } => (tty, true),
            _ => return Err(Errno::Notty),
        };
        if self.ttys.get(id.0).is_none_or(|tty| tty.hung_up) { Err(Errno::Io) } else { Ok((id, master)) }
    }

    fn tty(&self, id: TtyId) -> Result<&Tty, Errno> {
        self.ttys.get(id.0).ok_or(Errno::Io)
    }

    fn tty_mut(&mut self, id: TtyId) -> Result<&mut Tty, Errno> {
        self.ttys.get_mut(id.0).ok_or(Errno::Io)
    }

    /// A terminal's attributes (`tcgetattr(3)`).
    pub fn tty_attr(&self, pid: Pid, fd: Fd) -> Call<Termios> {
        Ok(self.tty(self.tty_of_fd(pid, fd)?.0)?.termios)
    }

    /// Sets a terminal's attributes (`tcsetattr(3)`). What was written has always gone out.
    pub fn set_tty_attr(&mut self, pid: Pid, fd: Fd, when: SetWhen, termios: Termios) -> Call<()> {
        let (id, master) = self.tty_of_fd(pid, fd)?;
        if !master {
            self.check_foreground(pid, id, Signal::TTOU)?;
        }
        let tty = self.tty_mut(id)?;
        if when == SetWhen::Flush {
            tty.line.flush();
        }
        let old = core::mem::replace(&mut tty.termios, termios);
        tty.line.change(&old, &termios);
        for event in [Event::TtyReadable(id), Event::TtyWritable(id), Event::MasterWritable(id)] {
            self.wake(event);
        }
        Ok(())
    }

    /// A terminal's size (`TIOCGWINSZ`).
    pub fn tty_size(&self, pid: Pid, fd: Fd) -> Call<WinSize> {
        Ok(self.tty(self.tty_of_fd(pid, fd)?.0)?.size)
    }

    /// Sets a terminal's size (`TIOCSWINSZ`); a change is told to the foreground group with `WINCH`.
    pub fn set_tty_size(&mut self, pid: Pid, fd: Fd, size: WinSize) -> Call<()> {
        let (id, _) = self.tty_of_fd(pid, fd)?;
        self.resize(id, size);
        Ok(())
    }

    pub(crate) fn resize(&mut self, id: TtyId, size: WinSize) {
        let Some(tty) = self.ttys.get_mut(id.0) else { return };
        if core::mem::replace(&mut tty.size, size) != size
            && let Some(group) = tty.foreground
        {
            self.signal_group(group, Signal::WINCH);
        }
    }

    /// The terminal behind a descriptor, when it controls the caller's session or the descriptor is its master.
    fn own_tty(&self, pid: Pid, fd: Fd) -> Result<TtyId, Errno> {
        let (id, master) = self.tty_of_fd(pid, fd)?;
        if master || self.controlling_tty(pid) == Some(id) { Ok(id) } else { Err(Errno::Notty) }
    }

    /// The process group in the foreground (`tcgetpgrp(3)`); 0 for none. `NOTTY` not the caller's terminal.
    pub fn tty_group(&self, pid: Pid, fd: Fd) -> Call<Pid> {
        Ok(self.tty(self.own_tty(pid, fd)?)?.foreground.unwrap_or(0))
    }

    /// Brings a process group of the caller's session to the foreground (`tcsetpgrp(3)`).
    ///
    /// # Errors
    /// `NOTTY` not the caller's terminal; `INVAL`, `SRCH` no such group; `PERM` another session's.
    pub fn set_tty_group(&mut self, pid: Pid, fd: Fd, group: Pid) -> Call<()> {
        let (id, _) = self.tty_of_fd(pid, fd)?;
        self.check_foreground(pid, id, Signal::TTOU)?;
        let session = self.process(pid)?.sid;
        if self.controlling_tty(pid) != Some(id) || self.tty(id)?.session != Some(session) {
            return Err(Errno::Notty.into());
        }
        if group.cast_signed() < 0 {
            return Err(Errno::Inval.into());
        }
        let member = self.procs.values().find(|process| process.pgid == group).ok_or(Errno::Srch)?;
        if member.sid != session {
            return Err(Errno::Perm.into());
        }
        self.tty_mut(id)?.foreground = Some(group);
        Ok(())
    }

    /// The session that a terminal controls (`tcgetsid(3)`). `NOTTY` none, or not the caller's terminal.
    pub fn tty_session(&self, pid: Pid, fd: Fd) -> Call<Pid> {
        Ok(self.tty(self.own_tty(pid, fd)?)?.session.ok_or(Errno::Notty)?)
    }

    /// Makes a terminal the controlling one of the session that the caller leads (`TIOCSCTTY`). `steal` takes it
    /// from another session, which is more than the superuser of a container may.
    ///
    /// # Errors
    /// `PERM` the caller leads no session, has a terminal, cannot read this one, or another session has it.
    pub fn acquire_tty(&mut self, pid: Pid, fd: Fd, steal: bool) -> Call<()> {
        let (id, _) = self.tty_of_fd(pid, fd)?;
        let readable = self.file_of(pid, fd)?.1.flags.readable();
        let process = self.process(pid)?;
        let (session, rules) = (process.sid, process.is_capable(Capability::Admin));
        if session == pid && self.tty(id)?.session == Some(session) {
            return Ok(());
        }
        let taken = self.tty(id)?.session.is_some();
        if session != pid || self.controlling_tty(pid).is_some() || taken && !(steal && rules) || !readable && !rules {
            return Err(Errno::Perm.into());
        }
        self.control_session(id, session);
        Ok(())
    }

    /// Gives up the controlling terminal (`TIOCNOTTY`): a session's leader for all of it. `NOTTY` it is not this one.
    pub fn release_tty(&mut self, pid: Pid, fd: Fd) -> Call<()> {
        let (id, _) = self.tty_of_fd(pid, fd)?;
        if self.controlling_tty(pid) != Some(id) {
            return Err(Errno::Notty.into());
        }
        let process = self.process_mut(pid)?;
        if process.sid == pid {
            self.leave_tty(pid, false);
        } else {
            process.left_tty = true;
        }
        Ok(())
    }

    /// Drops what has not been read or has not gone out (`tcflush(3)`).
    pub fn flush_tty(&mut self, pid: Pid, fd: Fd, queue: Queue) -> Call<()> {
        let (id, master) = self.tty_of_fd(pid, fd)?;
        if !master {
            self.check_foreground(pid, id, Signal::TTOU)?;
        }
        let tty = self.tty_mut(id)?;
        let (input, output) = match queue {
            Queue::Input => (!master, master),
            Queue::Output => (master, !master),
            Queue::Both => (true, true),
        };
        if input {
            tty.line.flush();
        }
        if output {
            tty.output.clear();
        }
        self.wake(Event::MasterWritable(id));
        self.wake(Event::TtyWritable(id));
        Ok(())
    }

    /// Stops the output (as `^S` does) or lets it go on (`tcflow(3)` with `TCOOFF`, `TCOON`).
    pub fn stop_tty(&mut self, pid: Pid, fd: Fd, stop: bool) -> Call<()> {
        let (id, master) = self.tty_of_fd(pid, fd)?;
        if !master {
            self.check_foreground(pid, id, Signal::TTOU)?;
        }
        self.tty_mut(id)?.line.stopped = stop;
        // What waited goes out with the next event; nothing is typed here.
        self.type_in(id, &[]).map(drop)
    }

    /// The number of a master's slave in `/dev/pts` (`TIOCGPTN`). `NOTTY` no master.
    pub fn pty_number(&self, pid: Pid, fd: Fd) -> Call<u32> {
        match self.tty_of_fd(pid, fd)? {
            (id, true) => Ok(id.0 as u32),
            _ => Err(Errno::Notty.into()),
        }
    }

    /// Says whether a master's slave can be opened (`TIOCSPTLCK`). `NOTTY` no master.
    pub fn lock_pty(&mut self, pid: Pid, fd: Fd, locked: bool) -> Call<()> {
        let (id, master) = self.tty_of_fd(pid, fd)?;
        if !master {
            return Err(Errno::Notty.into());
        }
        self.tty_mut(id)?.locked = locked;
        Ok(())
    }
}
