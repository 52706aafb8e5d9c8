//! Sending, receiving, and what a poll finds.

use wcr_abi::{
    Errno, Fd, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, OpenFlags,
    Pid, Signal, SocketKind,
};

use super::queue::{Message, OVERHEAD, Queue, Rights};
use super::{QUEUE_MAX, SocketId, State};
use crate::file::FileId;
use crate::kernel::{Call, Halt, Kernel};
use crate::poll::bits;
use crate::process::Retry;
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
    /// Descriptors of open files that came along.
    pub fds: Vec<Fd>,
    /// `MSG_TRUNC` the message was longer; `MSG_CTRUNC` there were more open files.
    pub flags: u32,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// `MSG_DONTWAIT`, `MSG_NOSIGNAL`.
    pub flags: u32,
    /// To whom, if not to the other end.
    pub to: Option<&'a [u8]>,
    /// The descriptors of open files that go along.
    pub fds: &'a [Fd],
}

impl<'a> Outgoing<'a> {
    /// Bytes for the other end.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, flags: 0, to: None, fds: &[] }
    }
}

fn waits(flags: OpenFlags, message_flags: u32) -> bool {
    !flags.contains(OpenFlags::NONBLOCK) && message_flags & MSG_DONTWAIT == 0
}

/// What came out of a socket's queue.
struct Piece {
    len: usize,
    whole: usize,
    from: Option<Vec<u8>>,
    came: Option<Came>,
}

/// Open files that came along.
enum Came {
    Received(Rights),
    /// They are still on their way.
    Seen(Vec<FileId>),
}

/// Takes the next bytes or the next message out of a queue, or shows it. `None` when there is nothing.
fn next(queue: &mut Queue, buf: &mut [u8], peek: bool) -> Option<Piece> {
    let seen = |rights: &Rights| Came::Seen(rights.files.clone());
    match queue {
        queue if queue.is_empty() => None,
        Queue::Bytes(stream) => {
            let (len, came) = if peek {
                let (len, rights) = stream.look(buf);
                (len, rights.map(seen))
            } else {
                let (len, rights) = stream.take(buf);
                (len, rights.map(Came::Received))
            };
            Some(Piece { len, whole: len, from: None, came })
        }
        Queue::Messages(messages) => {
            let message = messages.front_mut()?;
            let (len, whole) = (buf.len().min(message.bytes.len()), message.bytes.len());
            buf[..len].copy_from_slice(&message.bytes[..len]);
            let from = message.from.clone();
            let came = if peek { message.rights.as_ref().map(seen) } else { message.rights.take().map(Came::Received) };
            if !peek {
                messages.pop_front();
            }
            Some(Piece { len, whole, from, came })
        }
    }
}

impl Kernel {
    /// Sends to the other end, or to an address (`sendmsg(2)`).
    ///
    /// # Errors
    /// `NOTCONN` there is no other end; `PIPE` it receives nothing more (a stream's sender gets `SIGPIPE`);
    /// `CONNREFUSED` it is gone; `AGAIN` no room, and it is not to wait; `MSGSIZE` too long a message; `ISCONN`,
    /// `NOTSUP` an address where there are connections; `PERM` that one is connected to another; `BADF`, `INVAL` one of
    /// the descriptors is not open, or there are too many; `TOOMANYREFS` too many are on their way; those of the way to
    /// a name; `INTR`.
    pub fn send(&mut self, pid: Pid, fd: Fd, outgoing: &Outgoing<'_>) -> Call<usize> {
        let (id, open) = self.socket_of(pid, fd)?;
        self.send_from(pid, id, open, outgoing)
    }

    /// Sends from a socket that was opened with these flags.
    pub(crate) fn send_from(
        &mut self,
        pid: Pid,
        id: SocketId,
        open: OpenFlags,
        outgoing: &Outgoing<'_>,
    ) -> Call<usize> {
        let &Outgoing { bytes, flags, to, fds } = outgoing;
        let files = self.files_to_send(pid, fds)?;
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
                let sent = self.send_bytes(pid, id, bytes, &files, wait);
                if sent == Err(Errno::Pipe.into()) && flags & MSG_NOSIGNAL == 0 {
                    self.post_signal_from_call(pid, Signal::PIPE)?;
                }
                sent
            }
            SocketKind::Packets if !socket.is_connected() => Err(Errno::Notconn.into()),
            SocketKind::Packets => self.send_message(pid, id, bytes, &files, wait, None),
            SocketKind::Datagram => self.send_message(pid, id, bytes, &files, wait, to),
        }
    }

    fn send_bytes(&mut self, pid: Pid, id: SocketId, bytes: &[u8], files: &[FileId], wait: bool) -> Call<usize> {
        let retry = core::mem::take(&mut self.process_mut(pid)?.retry);
        let mut done = retry.done.min(bytes.len());
        let socket = self.sockets.get(id)?;
        let (peer, open, timeout) = (socket.peer, !socket.shut_writing, socket.options.send_timeout);
        let receiver = peer.filter(|_| open).and_then(|peer| self.sockets.all.get(&peer));
        let Some((peer, receiver)) = peer.zip(receiver) else {
            return if done > 0 { Ok(done) } else { Err(Errno::Pipe.into()) };
        };
        let rest = bytes.get(done..).unwrap_or_default();
        let room = self.send_buffer(id).saturating_sub(receiver.queue.used());
        let part = rest.get(..rest.len().min(room)).unwrap_or_default();
        if !part.is_empty() {
            let rights = if done == 0 { self.send_off(pid, files)? } else { None };
            if let Queue::Bytes(stream) = &mut self.sockets.get_mut(peer)?.queue {
                stream.push(part, rights);
            }
            done += part.len();
            self.wake(Event::Arrived(peer));
        }
        if done == bytes.len() {
            return Ok(done);
        }
        if !wait {
            return if done > 0 { Ok(done) } else { Err(Errno::Again.into()) };
        }
        let events = [Event::Room(peer), Event::Room(id)];
        match self.wait_at_socket(pid, Retry { done, ..retry }, &events, timeout)? {
            // What was sent counts: the signal or the end of the time concerns only the rest.
            Halt::Errno(_) if done > 0 => Ok(done),
            halt => Err(halt),
        }
    }

    fn send_message(
        &mut self,
        pid: Pid,
        id: SocketId,
        bytes: &[u8],
        files: &[FileId],
        wait: bool,
        to: Option<&[u8]>,
    ) -> Call<usize> {
        let retry = core::mem::take(&mut self.process_mut(pid)?.retry);
        let socket = self.sockets.get(id)?;
        let (kind, from, timeout) = (socket.kind, socket.name.clone(), socket.options.send_timeout);
        if to.is_none() && socket.peer.is_none() {
            return Err(Errno::Notconn.into());
        }
        let most = self.send_buffer(id);
        if bytes.len() > most - 32 {
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
        let Some(receiver) = self.sockets.all.get(&target) else {
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
        let Queue::Messages(queue) = &receiver.queue else { return Err(Errno::Inval.into()) };
        let full = if mutual { used > 0 && used + OVERHEAD + bytes.len() > most } else { queue.len() > QUEUE_MAX };
        if full {
            let room = [Event::Room(target)];
            return Err(if wait { self.wait_at_socket(pid, retry, &room, timeout)? } else { Errno::Again.into() });
        }
        let rights = self.send_off(pid, files)?;
        if let Queue::Messages(queue) = &mut self.sockets.get_mut(target)?.queue {
            queue.push_back(Message { bytes: bytes.to_vec(), from, rights });
        }
        self.wake(Event::Arrived(target));
        Ok(bytes.len())
    }

    /// Receives into `buf` (`recvmsg(2)`), and at most `room` open files; 0 bytes of a connection mean its end. `flags`:
    /// `MSG_PEEK`, `MSG_DONTWAIT`, `MSG_WAITALL`, `MSG_CMSG_CLOEXEC`. A call that waits may have filled a part of `buf`.
    ///
    /// # Errors
    /// `NOTCONN`, `INVAL` there is no connection; `AGAIN` nothing came, and it is not to wait; `CONNRESET` the other end
    /// is gone, and has not received all; `INTR`.
    pub fn receive(&mut self, pid: Pid, fd: Fd, buf: &mut [u8], flags: u32, room: usize) -> Call<Received> {
        let (id, open) = self.socket_of(pid, fd)?;
        self.receive_at(pid, id, buf, (open, flags), room)
    }

    /// Receives at a socket that was opened with these flags.
    pub(crate) fn receive_at(
        &mut self,
        pid: Pid,
        id: SocketId,
        buf: &mut [u8],
        (open, flags): (OpenFlags, u32),
        room: usize,
    ) -> Call<Received> {
        let retry = core::mem::take(&mut self.process_mut(pid)?.retry);
        let (wait, peek) = (waits(open, flags), flags & MSG_PEEK != 0);
        let socket = self.sockets.get_mut(id)?;
        match socket.kind {
            SocketKind::Stream if !socket.is_connected() => return Err(Errno::Inval.into()),
            SocketKind::Packets if !socket.is_connected() => return Err(Errno::Notconn.into()),
            _ => {}
        }
        let stream = socket.kind == SocketKind::Stream;
        let all = flags & MSG_WAITALL != 0 && stream;
        let (timeout, peer_name) = (socket.options.receive_timeout, socket.peer_name.clone());
        // What an earlier try of this call has received is in the buffer.
        let done = retry.done.min(buf.len());
        let piece = match &socket.queue {
            // To look ahead as far as was asked for, there has to be as much.
            queue if all && peek && wait && !socket.shut_reading && queue.used() < buf.len() => None,
            _ => next(&mut socket.queue, buf.get_mut(done..).unwrap_or_default(), peek),
        };
        let failure = if piece.is_none() { socket.failure.take() } else { None };
        let ended = socket.shut_reading && (wait || socket.kind.connects());
        let received = match piece {
            Some(piece) => {
                if !peek {
                    self.wake(Event::Room(id));
                }
                let len = done + piece.len;
                let more = all && !peek && wait && !ended && len < buf.len() && piece.came.is_none();
                let (fds, cut) = match piece.came {
                    None => (Vec::new(), false),
                    Some(Came::Received(rights)) => self.unpack(pid, rights, room, flags & MSG_CMSG_CLOEXEC != 0),
                    Some(Came::Seen(files)) => self.unpack_copies(pid, &files, room, flags & MSG_CMSG_CLOEXEC != 0),
                };
                let shortened = if piece.len < piece.whole { MSG_TRUNC } else { 0 };
                let from = if stream { peer_name } else { piece.from };
                let flags = shortened | if cut { MSG_CTRUNC } else { 0 };
                let whole = done + piece.whole;
                if !more {
                    return Ok(Received { len, whole, from, fds, flags });
                }
                Received { len, whole, from, fds, flags }
            }
            None if done > 0 && (failure.is_some() || ended || !wait) => {
                return Ok(Received { len: done, whole: done, from: peer_name, ..Received::default() });
            }
            None => {
                if let Some(errno) = failure {
                    return Err(errno.into());
                }
                // A datagram socket that is not to wait does not tell its end.
                if ended {
                    return Ok(Received::default());
                }
                if !wait {
                    return Err(Errno::Again.into());
                }
                Received { len: done, whole: done, from: peer_name, ..Received::default() }
            }
        };
        let retry = Retry { done: received.len, ..retry };
        match self.wait_at_socket(pid, retry, &[Event::Arrived(id)], timeout)? {
            Halt::Errno(_) if received.len > 0 => Ok(received),
            halt => Err(halt),
        }
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
        let most = self.send_buffer(id);
        let room = receiver.is_none_or(|receiver| receiver.queue.used() * 4 <= most);
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
            Queue::Bytes(stream) => stream.len(),
            Queue::Messages(messages) => messages.front().map_or(0, |message| message.bytes.len()),
        };
        self.sockets.get(id).map_or(0, first) as u64
    }
}
