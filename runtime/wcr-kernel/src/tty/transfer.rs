//! Reading and writing both sides of a terminal.

use wcr_abi::{Errno, OpenFlags, Pid, Signal, lflag};

use crate::kernel::{Call, Halt, Kernel};
use crate::process::Retry;
use crate::sched::Event;

use super::line::{Line, Taken};
use super::{ECHO_MAX, OUTPUT_MAX, Tty, TtyId};

/// What a reader of the slave is to do.
enum Wait {
    /// Take what is there.
    No,
    /// Wait for more, until this time on the monotonic clock.
    Until(Option<u64>),
    /// There is nothing, and that is the answer.
    Empty,
}

impl Tty {
    /// What a reader that began at `begun` and takes `len` bytes has to do.
    fn wait(&self, len: usize, begun: u64, now: u64) -> Wait {
        if self.hung_up || len == 0 {
            return Wait::Empty;
        }
        if self.ended || self.termios.lflag & lflag::ICANON != 0 {
            return match (self.line.readable(&self.termios, 1), self.ended) {
                (true, _) => Wait::No,
                (false, true) => Wait::Empty,
                (false, false) => Wait::Until(None),
            };
        }
        let (min, time) = Line::minimum(&self.termios);
        let have = self.line.len(&self.termios);
        match (min, time) {
            (0, _) if have > 0 => Wait::No,
            (0, time) if time == 0 || now >= begun + time => Wait::Empty,
            (0, time) => Wait::Until(Some(begun + time)),
            (min, _) if have >= min.min(len) => Wait::No,
            (_, time) if have > 0 && time > 0 && now >= self.pressed + time => Wait::No,
            (_, time) => Wait::Until((have > 0 && time > 0).then_some(self.pressed + time)),
        }
    }
}

impl Kernel {
    /// Reads from the slave's side.
    pub(crate) fn read_tty(&mut self, pid: Pid, id: TtyId, flags: OpenFlags, buf: &mut [u8]) -> Call<usize> {
        self.check_foreground(pid, id, Signal::TTIN)?;
        let started = self.process(pid)?.retry.started;
        let now = self.clock.monotonic();
        let tty = self.ttys.get_mut(id.0).ok_or(Errno::Io)?;
        let wait = tty.wait(buf.len(), started.unwrap_or(now), now);
        let nonblock = flags.contains(OpenFlags::NONBLOCK);
        match wait {
            Wait::Until(_) if nonblock && !tty.line.readable(&tty.termios, 1) => return Err(Errno::Again.into()),
            Wait::Until(deadline) if !nonblock => {
                let retry = &mut self.process_mut(pid)?.retry;
                retry.started.get_or_insert(now);
                retry.deadline = deadline;
                return Err(self.block(pid, &[Event::TtyReadable(id)]));
            }
            Wait::Empty => {
                self.process_mut(pid)?.retry = Retry::default();
                return Ok(0);
            }
            Wait::No | Wait::Until(_) => {}
        }
        let Taken::Bytes(done) = tty.line.take(&tty.termios, buf) else { return Err(Errno::Again.into()) };
        self.process_mut(pid)?.retry = Retry::default();
        self.wake(Event::MasterWritable(id));
        Ok(done)
    }

    /// Writes to the slave's side.
    pub(crate) fn write_tty(&mut self, pid: Pid, id: TtyId, flags: OpenFlags, bytes: &[u8]) -> Call<usize> {
        if self.ttys.get(id.0).is_some_and(|tty| tty.termios.lflag & lflag::TOSTOP != 0) {
            self.check_foreground(pid, id, Signal::TTOU)?;
        }
        let mut done = core::mem::take(&mut self.process_mut(pid)?.retry.done).min(bytes.len());
        while done < bytes.len() {
            let tty = self.ttys.get_mut(id.0).filter(|tty| !tty.hung_up).ok_or(Errno::Io)?;
            let room = OUTPUT_MAX.saturating_sub(tty.output.len());
            if tty.line.stopped || room == 0 {
                if flags.contains(OpenFlags::NONBLOCK) {
                    return if done > 0 { Ok(done) } else { Err(Errno::Again.into()) };
                }
                return self.wait_to_write(pid, Event::TtyWritable(id), done);
            }
            let part = &bytes[done..bytes.len().min(done + room)];
            let mut shown = Vec::with_capacity(part.len() + 16);
            tty.line.put(&tty.termios, part, &mut shown);
            done += part.len();
            self.show(id, &shown)?;
        }
        Ok(done)
    }

    /// Waits for `event` in the middle of a write of which `done` bytes have gone through.
    fn wait_to_write(&mut self, pid: Pid, event: Event, done: usize) -> Call<usize> {
        match self.block(pid, &[event]) {
            // What went through already counts: the signal interrupts only the rest.
            Halt::Errno(_) if done > 0 => Ok(done),
            halt => {
                self.process_mut(pid)?.retry.done = done;
                Err(halt)
            }
        }
    }

    /// Passes output to the other side.
    pub(super) fn show(&mut self, id: TtyId, bytes: &[u8]) -> Call<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.console == Some(id) {
            return self.write_host(crate::file::Backing::HostOutput, bytes).map(drop);
        }
        if let Some(tty) = self.ttys.get_mut(id.0) {
            tty.output.extend(bytes);
            self.wake(Event::MasterReadable(id));
        }
        Ok(())
    }

    /// Reads from the master's side.
    pub(crate) fn read_master(&mut self, pid: Pid, id: TtyId, flags: OpenFlags, buf: &mut [u8]) -> Call<usize> {
        let tty = self.ttys.get_mut(id.0).ok_or(Errno::Io)?;
        if tty.output.is_empty() && !buf.is_empty() {
            return Err(match tty.left {
                true => Errno::Io.into(),
                false if flags.contains(OpenFlags::NONBLOCK) => Errno::Again.into(),
                false => self.block(pid, &[Event::MasterReadable(id)]),
            });
        }
        let count = buf.len().min(tty.output.len());
        for (slot, byte) in buf.iter_mut().zip(tty.output.drain(..count)) {
            *slot = byte;
        }
        self.wake(Event::TtyWritable(id));
        Ok(count)
    }

    /// Writes to the master's side, as if the bytes were typed.
    pub(crate) fn write_master(&mut self, pid: Pid, id: TtyId, flags: OpenFlags, bytes: &[u8]) -> Call<usize> {
        let mut done = core::mem::take(&mut self.process_mut(pid)?.retry.done).min(bytes.len());
        done += self.type_in(id, &bytes[done..])?;
        if done == bytes.len() {
            return Ok(done);
        }
        if flags.contains(OpenFlags::NONBLOCK) {
            return if done > 0 { Ok(done) } else { Err(Errno::Again.into()) };
        }
        self.wait_to_write(pid, Event::MasterWritable(id), done)
    }

    /// Gives bytes to the line discipline, as many as it takes; the number of them.
    pub(crate) fn type_in(&mut self, id: TtyId, bytes: &[u8]) -> Call<usize> {
        let now = self.clock.monotonic();
        let Some(tty) = self.ttys.get_mut(id.0) else { return Ok(0) };
        let (mut echo, mut signals, mut done) = (core::mem::take(&mut tty.held), Vec::new(), 0);
        for &byte in bytes {
            if tty.line.room(&tty.termios) == 0 {
                break;
            }
            done += 1;
            if let Some(signal) = tty.line.receive(&tty.termios, byte, &mut echo) {
                if tty.termios.lflag & lflag::NOFLSH == 0 {
                    tty.output.clear();
                }
                signals.push(signal);
            }
        }
        if done > 0 {
            tty.pressed = now;
        }
        let foreground = tty.foreground;
        let input = tty.line.readable(&tty.termios, 1);
        if tty.line.stopped {
            echo.truncate(ECHO_MAX);
            tty.held = echo;
        } else {
            echo.truncate((OUTPUT_MAX + ECHO_MAX).saturating_sub(tty.output.len()));
            self.show(id, &echo)?;
            self.wake(Event::TtyWritable(id));
        }
        if input {
            self.wake(Event::TtyReadable(id));
        }
        for signal in signals {
            if let Some(group) = foreground {
                self.signal_group(group, signal);
            }
        }
        Ok(done)
    }
}
