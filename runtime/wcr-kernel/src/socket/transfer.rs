//! Sending, receiving, and what a poll finds.

use wcr_abi::{Errno, Fd, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, OpenFlags, Pid, Signal, SocketKind};

use super::{CAPACITY, Message, OVERHEAD, QUEUE_MAX, Queue, SocketId, State};
use crate::kernel::{Call, Halt, Kernel};
use crate::pipe::copy_front;
use crate::poll::bits;
use crate::sched::Event;

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// How many bytes.
    pub len: usize,
    /// How long the message was that they are the beginning of.
    pub whole: usize,
    /// The name of the socket that it came from.
    pub from: Option<Vec<u8>>,
}

fn waits(flags: OpenFlags, message_flags: u32) -> bool {
    !flags.contains(OpenFlags::NONBLOCK) && message_flags & MSG_DONTWAIT == 0
}

impl Kernel {
    /// Sends to the other end, or to an address (`sendto(2)`). `flags`: `MSG_DONTWAIT`, `MSG_NOSIGNAL`.
    ///
    /// # Errors
    /// `NOTCONN` there is no other end; `PIPE` it receives nothing more (a stream's sender gets `SIGPIPE`);
    /// `CONNREFUSED` it is gone; `AGAIN` no room, and it is not to wait; `MSGSIZE` too long a message; `ISCONN`,
    /// `NOTSUP` an address where there are connections; `PERM` that one is connected to another; those of the way to a
    /// name; `INTR`.
    pub fn send(&mut self, pid: Pid, fd: Fd, bytes: &[u8], flags: u32, to: Option<&[u8]>) -> Call<usize> {
        let (id, open) = self.socket_of(pid, fd)?;
        self.send_from(pid, id, bytes, (open, flags), to)
    }

    /// Sends from a socket that was opened with these flags.
    pub(crate) fn send_from(
        &mut self,
        pid: Pid,
        id: SocketId,
        bytes: &[u8],
        (open, flags): (OpenFlags, u32),
        to: Option<&[u8]>,
    ) -> Call<usize> {
        let socket = self.sockets.get(id)?;
        let wait = waits(open, flags);
        match socket.kind {
            SocketKind::Stream => {
                let connected = socket.is_connected();
                if to.is_some() {
                    return Err(if connected { Errno::Isconn } else { Errno::Notsup }.into());
                }
                if !connected {
                    return Err(Errno::Notconn.into());
                }
                let sent = self.send_bytes(pid, id, bytes, wait);
                if sent == Err(Errno::Pipe.into()) && flags & MSG_NOSIGNAL == 0 {
                    self.post_signal_from_call(pid, Signal::PIPE)?;
                }
                sent
            }
            SocketKind::Packets if !socket.is_connected() => Err(Errno::Notconn.into()),
            SocketKind::Packets => self.send_message(pid, id, bytes, wait, None),
            SocketKind::Datagram => self.send_message(pid, id, bytes, wait, to),
        }
    }

    fn send_bytes(&mut self, pid: Pid, id: SocketId, bytes: &[u8], wait: bool) -> Call<usize> {
        let mut done = core::mem::take(&mut self.process_mut(pid)?.retry.done).min(bytes.len());
        let socket = self.sockets.get(id)?;
        let (peer, open) = (socket.peer, !socket.shut_writing);
        let receiver = peer.filter(|_| open).and_then(|peer| self.sockets.all.get_mut(&peer));
        let Some((peer, receiver)) = peer.zip(receiver) else {
            return if done > 0 { Ok(done) } else { Err(Errno::Pipe.into()) };
        };
        let Queue::Bytes(queue) = &mut receiver.queue else { return Err(Errno::Inval.into()) };
        let rest = bytes.get(done..).unwrap_or_default();
        let part = rest.get(..rest.len().min(CAPACITY.saturating_sub(queue.len()))).unwrap_or_default();
        queue.extend(part);
        done += part.len();
        if !part.is_empty() {
            self.wake(Event::Arrived(peer));
        }
        if done == bytes.len() {
            return Ok(done);
        }
        if !wait {
            return if done > 0 { Ok(done) } else { Err(Errno::Again.into()) };
        }
        match self.block(pid, &[Event::Room(peer), Event::Room(id)]) {
            // What was sent counts: the signal interrupts only the rest.
            Halt::Errno(_) if done > 0 => Ok(done),
            halt => {
                self.process_mut(pid)?.retry.done = done;
                Err(halt)
            }
        }
    }

    fn send_message(&mut self, pid: Pid, id: SocketId, bytes: &[u8], wait: bool, to: Option<&[u8]>) -> Call<usize> {
        let socket = self.sockets.get(id)?;
        let (kind, from) = (socket.kind, socket.name.clone());
        if to.is_none() && socket.peer.is_none() {
            return Err(Errno::Notconn.into());
        }
        if bytes.len() > CAPACITY - 32 {
            return Err(Errno::Msgsize.into());
        }
        if socket.shut_writing {
            return Err(Errno::Pipe.into());
        }
        let peer = socket.peer;
        let target = match to {
            Some(address) => self.socket_at(pid, address)?,
            None => peer.ok_or(Errno::Notconn)?,
        };
        let Some(receiver) = self.sockets.all.get_mut(&target) else {
            // It is gone; the next time there is none.
            let socket = self.sockets.get_mut(id)?;
            (socket.peer, socket.state) = (None, State::Idle);
            return Err(Errno::Connrefused.into());
        };
        if receiver.kind != kind {
            return Err(Errno::Prototype.into());
        }
        if receiver.peer.is_some_and(|peer| peer != id) {
            return Err(Errno::Perm.into());
        }
        if receiver.shut_reading {
            return Err(Errno::Pipe.into());
        }
        let mutual = receiver.peer == Some(id);
        let used = receiver.queue.used();
        let Queue::Messages(queue) = &mut receiver.queue else { return Err(Errno::Inval.into()) };
        let full = if mutual { used > 0 && used + OVERHEAD + bytes.len() > CAPACITY } else { queue.len() > QUEUE_MAX };
        if full {
            return Err(if wait { self.block(pid, &[Event::Room(target)]) } else { Errno::Again.into() });
        }
        queue.push_back(Message { bytes: bytes.to_vec(), from });
        self.wake(Event::Arrived(target));
        Ok(bytes.len())
    }

    /// Receives into `buf` (`recvfrom(2)`); 0 bytes of a connection mean its end. `flags`: `MSG_PEEK`, `MSG_DONTWAIT`.
    ///
    /// # Errors
    /// `NOTCONN`, `INVAL` there is no connection; `AGAIN` nothing came, and it is not to wait; `CONNRESET` the other end
    /// is gone, and has not received all; `INTR`.
    pub fn receive(&mut self, pid: Pid, fd: Fd, buf: &mut [u8], flags: u32) -> Call<Received> {
        let (id, open) = self.socket_of(pid, fd)?;
        self.receive_at(pid, id, buf, (open, flags))
    }

    /// Receives at a socket that was opened with these flags.
    pub(crate) fn receive_at(
        &mut self,
        pid: Pid,
        id: SocketId,
        buf: &mut [u8],
        (open, flags): (OpenFlags, u32),
    ) -> Call<Received> {
        let (wait, peek) = (waits(open, flags), flags & MSG_PEEK != 0);
        let socket = self.sockets.get_mut(id)?;
        match socket.kind {
            SocketKind::Stream if !socket.is_connected() => return Err(Errno::Inval.into()),
            SocketKind::Packets if !socket.is_connected() => return Err(Errno::Notconn.into()),
            _ => {}
        }
        let received = match &mut socket.queue {
            Queue::Bytes(bytes) if bytes.is_empty() => None,
            Queue::Bytes(bytes) => {
                let len = copy_front(bytes, buf);
                if !peek {
                    bytes.drain(..len);
                }
                Some(Received { len, whole: len, from: socket.peer_name.clone() })
            }
            Queue::Messages(messages) => messages.front().map(|message| {
                let len = buf.len().min(message.bytes.len());
                buf[..len].copy_from_slice(&message.bytes[..len]);
                Received { len, whole: message.bytes.len(), from: message.from.clone() }
            }),
        };
        if let Some(received) = received {
            if let Queue::Messages(messages) = &mut socket.queue
                && !peek
            {
                messages.pop_front();
            }
            self.wake(Event::Room(id));
            return Ok(received);
        }
        if let Some(errno) = socket.failure.take() {
            return Err(errno.into());
        }
        // A datagram socket that is not to wait does not tell its end.
        if socket.shut_reading && (wait || socket.kind.connects()) {
            return Ok(Received::default());
        }
        Err(if wait { self.block(pid, &[Event::Arrived(id)]) } else { Errno::Again.into() })
    }

    /// What a poll finds of a socket, and the events that would change it.
    pub(crate) fn poll_socket(&self, id: SocketId, events: &mut Vec<Event>) -> u16 {
        let Ok(socket) = self.sockets.get(id) else { return bits::NVAL };
        events.extend([Event::Arrived(id), Event::Room(id)]);
        let receiver = socket.peer.and_then(|peer| self.sockets.all.get(&peer));
        if let Some(peer) = socket.peer {
            events.push(Event::Room(peer));
        }
        let when = |holds: bool, bit: u16| if holds { bit } else { 0 };
        let (listens, arrived) = match &socket.state {
            State::Listening { waiting, .. } => (true, !waiting.is_empty()),
            _ => (false, !socket.queue.is_empty()),
        };
        // A quarter of the room may be used up.
        let room = receiver.is_none_or(|receiver| receiver.queue.used() * 4 <= CAPACITY);
        let idle = matches!(socket.state, State::Idle);
        when(arrived || socket.shut_reading, bits::IN)
            | when(room && !listens, bits::OUT)
            | when(socket.failure.is_some(), bits::ERR)
            | when(socket.shut_reading && socket.shut_writing || idle && socket.kind.connects(), bits::HUP)
            | when(socket.shut_reading, bits::RDHUP)
    }

    /// How much can be received without waiting: a stream's bytes, or the first message's.
    pub(crate) fn received_len(&self, id: SocketId) -> u64 {
        let first = |socket: &super::Socket| match &socket.queue {
            Queue::Bytes(bytes) => bytes.len(),
            Queue::Messages(messages) => messages.front().map_or(0, |message| message.bytes.len()),
        };
        self.sockets.get(id).map_or(0, first) as u64
    }
}
