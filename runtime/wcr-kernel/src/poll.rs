//! Waiting for several things at once: descriptors and clocks.

use wcr_abi::{Errno, Fd, Pid};

use crate::file::Backing;
use crate::kernel::{Call, Kernel};
use crate::sched::Event;
use crate::tty::TtyId;

/// What a poll asks of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Something to read, or the end.
    Read,
    /// Room to write, or nobody to read.
    Write,
}

/// One thing a poll waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollTarget {
    /// A descriptor becomes ready.
    Fd {
        /// The descriptor.
        fd: Fd,
        /// For what.
        interest: Interest,
    },
    /// The monotonic clock reaches this many nanoseconds.
    Until(u64),
}

/// Bits of what `poll(2)` asks and answers.
pub(crate) mod bits {
    pub(crate) const IN: u16 = 1;
    pub(crate) const OUT: u16 = 4;
    pub(crate) const ERR: u16 = 8;
    pub(crate) const HUP: u16 = 16;
    pub(crate) const NVAL: u16 = 32;
    /// The other end sends nothing more.
    pub(crate) const RDHUP: u16 = 0x2000;
}

/// One descriptor of a [`Kernel::poll_fds`], as `poll(2)` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollEntry {
    /// The descriptor; a negative one is left out.
    pub fd: i32,
    /// What is asked.
    pub events: u16,
    /// What was found.
    pub found: u16,
}

impl Kernel {
    /// Waits until something is found of one of the descriptors, or `timeout` nanoseconds have passed; the number of
    /// those that something was found of (`poll(2)`).
    ///
    /// # Errors
    /// `INTR` a caught signal came first.
    pub fn poll_fds(&mut self, pid: Pid, entries: &mut [PollEntry], timeout: Option<u64>) -> Call<u32> {
        let (started, now) = (self.poll_start(pid)?, self.clock.monotonic());
        let (mut events, mut count) = (Vec::new(), 0);
        for entry in entries {
            entry.found = match Fd::try_from(entry.fd) {
                Ok(fd) => self.found(pid, fd, &mut events) & (entry.events | bits::ERR | bits::HUP | bits::NVAL),
                Err(_) => 0,
            };
            count += u32::from(entry.found != 0);
        }
        let deadline = timeout.map(|timeout| started.saturating_add(timeout));
        let retry = &mut self.process_mut(pid)?.retry;
        if count > 0 || deadline.is_some_and(|deadline| now >= deadline) {
            *retry = crate::process::Retry::default();
            return Ok(count);
        }
        retry.deadline = deadline;
        Err(self.block(pid, &events))
    }

    /// What can be said of a descriptor now, and the events that would change it.
    fn found(&mut self, pid: Pid, fd: Fd, events: &mut Vec<Event>) -> u16 {
        let Ok((_, file)) = self.file_of(pid, fd) else { return bits::NVAL };
        let (backing, flags) = (file.backing, file.flags);
        let when = |condition: bool, bit: u16| if condition { bit } else { 0 };
        match backing {
            Backing::Node { .. } | Backing::Device { .. } => bits::IN | bits::OUT,
            Backing::HostOutput | Backing::HostError => bits::OUT,
            Backing::HostInput => {
                events.push(Event::HostInput);
                when(self.input_ready(), bits::IN)
            }
            Backing::Pipe { pipe: id, .. } => {
                events.extend([Event::Readable(id), Event::Writable(id)]);
                let Some(pipe) = self.pipes.get(id.0) else { return bits::NVAL };
                let left = pipe.writers == 0 && pipe.opened(false) > 0;
                let reading = when(pipe.len() > 0, bits::IN) | when(left, bits::HUP);
                let writing = when(pipe.has_room(), bits::OUT) | when(pipe.readers == 0, bits::ERR);
                when(flags.readable(), reading) | when(flags.writable(), writing)
            }
            Backing::Socket(id) => self.poll_socket(id, events),
            Backing::Tty { tty: id, .. } => {
                events.extend([Event::TtyReadable(id), Event::TtyWritable(id)]);
                let Some(tty) = self.ttys.get(id.0) else { return bits::NVAL };
                when(tty.readable(), bits::IN)
                    | when(tty.writable(), bits::OUT)
                    | when(tty.is_hung_up(), bits::ERR | bits::HUP)
            }
            Backing::PtyMaster { tty: id, .. } => {
                events.extend([Event::MasterReadable(id), Event::MasterWritable(id)]);
                let Some(tty) = self.ttys.get(id.0) else { return bits::NVAL };
                when(tty.output_len() > 0, bits::IN)
                    | when(tty.master_writable(), bits::OUT)
                    | when(tty.is_left(), bits::HUP)
            }
        }
    }

    /// Waits until at least one target is ready; says for each whether it is, or why it cannot be asked.
    /// Relative timeouts count from [`Self::poll_start`].
    ///
    /// # Errors
    /// `INVAL` there is nothing to wait for; `INTR` a caught signal came first.
    pub fn poll(&mut self, pid: Pid, targets: &[PollTarget]) -> Call<Vec<Result<bool, Errno>>> {
        let mut events = Vec::new();
        let mut deadline: Option<u64> = None;
        let mut found = Vec::with_capacity(targets.len());
        for target in targets {
            found.push(match *target {
                PollTarget::Until(at) => {
                    deadline = Some(deadline.map_or(at, |earlier| earlier.min(at)));
                    Ok(self.clock.monotonic() >= at)
                }
                PollTarget::Fd { fd, interest } => self.poll_fd(pid, fd, interest, &mut events),
            });
        }
        if found.iter().any(|ready| *ready != Ok(false)) {
            self.process_mut(pid)?.retry = crate::process::Retry::default();
            return Ok(found);
        }
        if events.is_empty() && deadline.is_none() {
            return Err(Errno::Inval.into());
        }
        self.process_mut(pid)?.retry.deadline = deadline;
        Err(self.block(pid, &events))
    }

    /// The instant that relative timeouts of the caller's current poll count from.
    pub fn poll_start(&mut self, pid: Pid) -> Call<u64> {
        let now = self.clock.monotonic();
        let retry = &mut self.process_mut(pid)?.retry;
        Ok(*retry.started.get_or_insert(now))
    }

    fn poll_fd(&mut self, pid: Pid, fd: Fd, interest: Interest, events: &mut Vec<Event>) -> Result<bool, Errno> {
        let (_, file) = self.file_of(pid, fd)?;
        let Backing::Pipe { pipe: id, .. } = file.backing else {
            if let Backing::Tty { tty, .. } | Backing::PtyMaster { tty, .. } = file.backing {
                let master = matches!(file.backing, Backing::PtyMaster { .. });
                return self.poll_tty(tty, master, interest, events);
            }
            if let Backing::Socket(id) = file.backing {
                let found = self.poll_socket(id, events);
                let wanted = if interest == Interest::Read { bits::IN } else { bits::OUT };
                return Ok(found & (wanted | bits::ERR | bits::HUP) != 0);
            }
            if file.backing == Backing::HostInput && interest == Interest::Read {
                events.push(Event::HostInput);
                return Ok(self.input_ready());
            }
            return Ok(true);
        };
        let pipe = self.pipes.get(id.0).ok_or(Errno::Badf)?;
        Ok(match interest {
            Interest::Read => {
                events.push(Event::Readable(id));
                pipe.readable()
            }
            Interest::Write => {
                events.push(Event::Writable(id));
                pipe.writable()
            }
        })
    }

    fn poll_tty(&self, id: TtyId, master: bool, interest: Interest, events: &mut Vec<Event>) -> Result<bool, Errno> {
        let tty = self.ttys.get(id.0).ok_or(Errno::Badf)?;
        let (ready, event) = match (master, interest) {
            (false, Interest::Read) => (tty.readable(), Event::TtyReadable(id)),
            (false, Interest::Write) => (tty.writable(), Event::TtyWritable(id)),
            (true, Interest::Read) => (tty.master_readable(), Event::MasterReadable(id)),
            (true, Interest::Write) => (tty.master_writable(), Event::MasterWritable(id)),
        };
        events.push(event);
        Ok(ready)
    }

    /// How many bytes can be read from a descriptor without waiting; 1 where that is not known.
    pub fn available(&mut self, pid: Pid, fd: Fd) -> u64 {
        let Ok((_, file)) = self.file_of(pid, fd) else { return 0 };
        match file.backing {
            Backing::Pipe { pipe, .. } => self.pipes.get(pipe.0).map_or(0, |pipe| pipe.len() as u64),
            Backing::Socket(socket) => self.received_len(socket),
            Backing::Tty { tty, .. } => self.ttys.get(tty.0).map_or(0, |tty| tty.input_len() as u64),
            Backing::PtyMaster { tty, .. } => self.ttys.get(tty.0).map_or(0, |tty| tty.output_len() as u64),
            Backing::Node { node, .. } => {
                let offset = file.offset;
                self.vfs.stat_node(node).map_or(0, |stat| stat.size.saturating_sub(offset))
            }
            _ => 1,
        }
    }
}
