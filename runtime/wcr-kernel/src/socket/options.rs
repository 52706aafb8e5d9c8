//! Options of sockets (`getsockopt(2)`, `setsockopt(2)`).

use wcr_abi::{Errno, Fd, Pid};

use super::{CAPACITY, SocketId, State};
use crate::kernel::{Call, Halt, Kernel};
use crate::process::Retry;
use crate::sched::Event;

/// The number of a socket option.
mod option {
    pub(super) const REUSES_ADDRESS: u32 = 2;
    pub(super) const TYPE: u32 = 3;
    pub(super) const ERROR: u32 = 4;
    pub(super) const BROADCASTS: u32 = 6;
    pub(super) const SEND_BUFFER: u32 = 7;
    pub(super) const RECEIVE_BUFFER: u32 = 8;
    pub(super) const KEEPS_ALIVE: u32 = 9;
    pub(super) const RECEIVE_TIMEOUT: u32 = 20;
    pub(super) const SEND_TIMEOUT: u32 = 21;
    pub(super) const ACCEPTS: u32 = 30;
    pub(super) const PROTOCOL: u32 = 38;
    pub(super) const DOMAIN: u32 = 39;
}

/// `AF_UNIX`.
const UNIX: u64 = 1;
/// The least room to send from and to receive to, in bytes.
const SEND_LEAST: u64 = 4608;
const RECEIVE_LEAST: u64 = 2304;

/// What can be set of a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// How much may be on its way that it has sent, in bytes.
    pub(super) send_buffer: u64,
    receive_buffer: u64,
    /// How long a call waits, in nanoseconds.
    pub(super) send_timeout: Option<u64>,
    pub(super) receive_timeout: Option<u64>,
    /// Those that are on or off, and mean nothing here: a bit by number.
    switches: u32,
}

impl Default for Options {
    fn default() -> Self {
        let room = CAPACITY as u64;
        Self { send_buffer: room, receive_buffer: room, send_timeout: None, receive_timeout: None, switches: 0 }
    }
}

impl Kernel {
    /// A socket's option, by Linux's number: a number, or a time in nanoseconds. `NOPROTOOPT` for others.
    pub fn socket_option(&mut self, pid: Pid, fd: Fd, option: u32) -> Call<u64> {
        let (id, _) = self.socket_of(pid, fd)?;
        let socket = self.sockets.get_mut(id)?;
        let options = &socket.options;
        match option {
            option::TYPE => Ok(socket.kind as u64),
            option::ERROR => Ok(socket.failure.take().map_or(0, Errno::raw).into()),
            option::ACCEPTS => Ok(matches!(socket.state, State::Listening { .. }).into()),
            option::PROTOCOL => Ok(0),
            option::DOMAIN => Ok(UNIX),
            option::SEND_BUFFER => Ok(options.send_buffer),
            option::RECEIVE_BUFFER => Ok(options.receive_buffer),
            option::SEND_TIMEOUT => Ok(options.send_timeout.unwrap_or(0)),
            option::RECEIVE_TIMEOUT => Ok(options.receive_timeout.unwrap_or(0)),
            option::REUSES_ADDRESS | option::BROADCASTS | option::KEEPS_ALIVE => {
                Ok((options.switches >> option & 1).into())
            }
            _ => Err(Errno::Noprotoopt.into()),
        }
    }

    /// Sets a socket's option. `NOPROTOOPT` there is no such, or it is only told.
    pub fn set_socket_option(&mut self, pid: Pid, fd: Fd, option: u32, value: u64) -> Call<()> {
        let (id, _) = self.socket_of(pid, fd)?;
        let options = &mut self.sockets.get_mut(id)?.options;
        let (room, time) = (value.min(CAPACITY as u64) * 2, (value != 0).then_some(value));
        match option {
            option::SEND_BUFFER => options.send_buffer = room.max(SEND_LEAST),
            option::RECEIVE_BUFFER => options.receive_buffer = room.max(RECEIVE_LEAST),
            option::SEND_TIMEOUT => options.send_timeout = time,
            option::RECEIVE_TIMEOUT => options.receive_timeout = time,
            option::REUSES_ADDRESS | option::BROADCASTS | option::KEEPS_ALIVE => {
                options.switches = options.switches & !(1 << option) | u32::from(value != 0) << option;
            }
            _ => return Err(Errno::Noprotoopt.into()),
        }
        Ok(())
    }

    /// Waits for something at a socket, at most as long as an option says. `AGAIN` after that.
    pub(super) fn wait_at_socket(
        &mut self,
        pid: Pid,
        retry: Retry,
        events: &[Event],
        timeout: Option<u64>,
    ) -> Result<Halt, Errno> {
        let now = self.clock.monotonic();
        let started = retry.started.unwrap_or(now);
        let deadline = timeout.map(|timeout| started.saturating_add(timeout));
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Ok(Errno::Again.into());
        }
        self.process_mut(pid)?.retry = Retry { started: Some(started), deadline, ..retry };
        Ok(self.block(pid, events))
    }

    /// How much may be on its way that a socket has sent.
    pub(super) fn send_buffer(&self, id: SocketId) -> usize {
        self.sockets.get(id).map_or(CAPACITY, |socket| socket.options.send_buffer as usize)
    }
}
