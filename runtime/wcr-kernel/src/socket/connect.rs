//! Making, naming, connecting and closing sockets.

use std::collections::VecDeque;

use wcr_abi::{Errno, Fd, FileKind, Mode, OpenFlags, Pid, SOCKET_ADDRESS_MAX, SocketKind};
use wcr_vfs::{Access, Found};

use super::{Address, Credentials, Socket, SocketId, State};
use crate::file::{Backing, FileId, OpenFile};
use crate::kernel::{Call, Kernel};
use crate::sched::Event;

/// The most connections that may wait to be accepted (Linux's `net.core.somaxconn`).
const BACKLOG_MAX: u32 = 4096;
/// How many names the kernel can think of.
const AUTOMATIC_NAMES: u64 = 1 << 20;

/// An address as it is kept: a path without what comes after its end.
fn checked(address: &[u8]) -> Result<Address, Errno> {
    if address.is_empty() || address.len() > SOCKET_ADDRESS_MAX {
        return Err(Errno::Inval);
    }
    let end = if address.starts_with(&[0]) { None } else { address.iter().position(|byte| *byte == 0) };
    Ok(address.get(..end.unwrap_or(address.len())).unwrap_or_default().to_vec())
}

fn is_path(address: &[u8]) -> bool {
    !address.starts_with(&[0])
}

impl Kernel {
    fn credentials(&self, pid: Pid) -> Result<Credentials, Errno> {
        let process = self.process(pid)?;
        Ok((pid, process.creds.uid, process.creds.gid))
    }

    /// Opens a descriptor for a socket. `MFILE` leaves the socket to the caller.
    fn open_socket(&mut self, pid: Pid, id: SocketId, flags: OpenFlags) -> Result<Fd, Errno> {
        let status = OpenFlags(flags.0 & OpenFlags::NONBLOCK.0);
        let file = self.add_file(OpenFile::new(Backing::Socket(id), OpenFlags::RDWR.with(status)));
        let fd = self.install_fd(pid, file, 0, flags.contains(OpenFlags::CLOEXEC));
        fd.inspect_err(|_| drop(self.files.remove(file.0)))
    }

    /// A new socket (`socket(2)`). `flags`: `CLOEXEC`, `NONBLOCK`. `MFILE` no descriptor left.
    pub fn socket(&mut self, pid: Pid, kind: SocketKind, flags: OpenFlags) -> Call<Fd> {
        let id = self.sockets.insert(Socket::new(kind));
        Ok(self.open_socket(pid, id, flags).inspect_err(|_| self.close_unsent(id))?)
    }

    /// Two sockets that are connected (`socketpair(2)`). `MFILE` no two descriptors left.
    pub fn socket_pair(&mut self, pid: Pid, kind: SocketKind, flags: OpenFlags) -> Call<(Fd, Fd)> {
        let ids = [(); 2].map(|()| self.sockets.insert(Socket::new(kind)));
        let credentials = self.credentials(pid)?;
        for (id, peer) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            let socket = self.sockets.get_mut(id)?;
            (socket.state, socket.peer, socket.peer_credentials) = (State::Connected, Some(peer), credentials);
        }
        let first = self.open_socket(pid, ids[0], flags);
        let second = first.and_then(|_| self.open_socket(pid, ids[1], flags));
        match (first, second) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (first, second) => {
                match first {
                    Ok(first) => self.close(pid, first)?,
                    Err(_) => self.close_unsent(ids[0]),
                }
                self.close_unsent(ids[1]);
                Err(second.err().unwrap_or(Errno::Mfile).into())
            }
        }
    }

    /// Names a socket (`bind(2)`): a path, or NUL and any bytes; nothing stands for a name that is free.
    ///
    /// # Errors
    /// `ADDRINUSE` the name is taken; `INVAL` too long, or it has a name; those of the way to a name.
    pub fn bind(&mut self, pid: Pid, fd: Fd, address: &[u8]) -> Call<()> {
        let (id, _) = self.socket_of(pid, fd)?;
        let named = self.sockets.get(id)?.name.is_some();
        if address.is_empty() {
            if !named {
                let name = self.free_address().ok_or(Errno::Nospc)?;
                self.name_socket(id, name)?;
            }
            return Ok(());
        }
        let name = checked(address)?;
        if !is_path(&name) {
            if named {
                return Err(Errno::Inval.into());
            }
            if self.sockets.by_name.contains_key(&name) {
                return Err(Errno::Addrinuse.into());
            }
            return Ok(self.name_socket(id, name)?);
        }
        let (mode, now) = (Mode::new(FileKind::Socket, 0o777), self.now());
        let made = self.with_walk(pid, |vfs, walk| vfs.mknod(walk, None, &name, mode.0, 0, now));
        let node = made.map_err(|errno| if errno == Errno::Exist { Errno::Addrinuse } else { errno })?;
        if named {
            self.with_walk(pid, |vfs, walk| vfs.unlink(walk, None, &name, now))?;
            return Err(Errno::Inval.into());
        }
        self.vfs.pin(node)?;
        self.sockets.by_node.insert(node, id);
        let socket = self.sockets.get_mut(id)?;
        (socket.name, socket.node) = (Some(name), Some(node));
        Ok(())
    }

    fn free_address(&self) -> Option<Address> {
        let numbers = (0..AUTOMATIC_NAMES).map(|number| format!("\0{number:05x}").into_bytes());
        numbers.into_iter().find(|name| !self.sockets.by_name.contains_key(name))
    }

    fn name_socket(&mut self, id: SocketId, name: Address) -> Result<(), Errno> {
        self.sockets.by_name.insert(name.clone(), id);
        self.sockets.get_mut(id)?.name = Some(name);
        Ok(())
    }

    /// Lets others connect to a socket, of whom so many may wait (`listen(2)`).
    ///
    /// # Errors
    /// `INVAL` it has no name, or is connected; `NOTSUP` it makes no connections.
    pub fn listen(&mut self, pid: Pid, fd: Fd, backlog: u32) -> Call<()> {
        let (id, _) = self.socket_of(pid, fd)?;
        let most = backlog.min(BACKLOG_MAX) as usize;
        let credentials = self.credentials(pid)?;
        let socket = self.sockets.get_mut(id)?;
        if !socket.kind.connects() {
            return Err(Errno::Notsup.into());
        }
        if socket.name.is_none() {
            return Err(Errno::Inval.into());
        }
        match &mut socket.state {
            State::Connected => return Err(Errno::Inval.into()),
            State::Listening { backlog, .. } => *backlog = most,
            State::Idle => socket.state = State::Listening { backlog: most, waiting: VecDeque::new() },
        }
        socket.peer_credentials = credentials;
        self.wake(Event::Room(id));
        Ok(())
    }

    /// The socket with this address. `CONNREFUSED` when there is none.
    pub(super) fn socket_at(&mut self, pid: Pid, address: &[u8]) -> Result<SocketId, Errno> {
        let name = checked(address)?;
        if !is_path(&name) {
            return self.sockets.by_name.get(&name).copied().ok_or(Errno::Connrefused);
        }
        let node = self.with_walk(pid, |vfs, walk| match vfs.resolve(walk, None, &name, true)? {
            Found::Here(node) => vfs.access_node(walk.creds, node, Access::WRITE).map(|()| Some(node)),
            Found::Fd { .. } => Ok(None),
        })?;
        node.and_then(|node| self.sockets.by_node.get(&node).copied()).ok_or(Errno::Connrefused)
    }

    /// Connects a socket (`connect(2)`); nothing as an address ends what a datagram socket was connected to.
    ///
    /// # Errors
    /// `CONNREFUSED` nobody listens there; `PROTOTYPE` another kind of socket; `ISCONN` it is connected; `INVAL` it
    /// listens; `AGAIN` too many wait there, and it is not to wait; `PERM` that one is connected to another; those of
    /// the way to a name; `INTR`.
    pub fn connect(&mut self, pid: Pid, fd: Fd, address: &[u8]) -> Call<()> {
        let (id, flags) = self.socket_of(pid, fd)?;
        let retry = core::mem::take(&mut self.process_mut(pid)?.retry);
        let socket = self.sockets.get_mut(id)?;
        let timeout = socket.options.send_timeout;
        if !socket.kind.connects() {
            if !address.is_empty() {
                return self.connect_datagrams(pid, id, address);
            }
            (socket.peer, socket.peer_name, socket.state) = (None, None, State::Idle);
            return Ok(());
        }
        let (kind, name) = (socket.kind, socket.name.clone());
        let unfit = match socket.state {
            State::Listening { .. } => Some(Errno::Inval),
            State::Connected => Some(Errno::Isconn),
            State::Idle => None,
        };
        let target = self.socket_at(pid, address)?;
        let credentials = self.credentials(pid)?;
        let listener = self.sockets.get(target)?;
        if listener.kind != kind {
            return Err(Errno::Prototype.into());
        }
        let State::Listening { backlog, waiting } = &listener.state else { return Err(Errno::Connrefused.into()) };
        if listener.shut_reading {
            return Err(Errno::Connrefused.into());
        }
        if let Some(errno) = unfit {
            return Err(errno.into());
        }
        if waiting.len() > *backlog {
            return Err(match flags.contains(OpenFlags::NONBLOCK) {
                true => Errno::Again.into(),
                false => self.wait_at_socket(pid, retry, &[Event::Room(target)], timeout)?,
            });
        }
        let (peer_name, theirs) = (listener.name.clone(), listener.peer_credentials);
        let other = self.sockets.insert(Socket {
            state: State::Connected,
            name: peer_name.clone(),
            peer: Some(id),
            peer_name: name,
            peer_credentials: credentials,
            ..Socket::new(kind)
        });
        let socket = self.sockets.get_mut(id)?;
        (socket.state, socket.peer, socket.peer_name) = (State::Connected, Some(other), peer_name);
        socket.peer_credentials = theirs;
        if let State::Listening { waiting, .. } = &mut self.sockets.get_mut(target)?.state {
            waiting.push_back(other);
        }
        self.wake(Event::Arrived(target));
        Ok(())
    }

    fn connect_datagrams(&mut self, pid: Pid, id: SocketId, address: &[u8]) -> Call<()> {
        let target = self.socket_at(pid, address)?;
        let other = self.sockets.get(target)?;
        if other.kind != SocketKind::Datagram {
            return Err(Errno::Prototype.into());
        }
        if other.peer.is_some_and(|peer| peer != id) {
            return Err(Errno::Perm.into());
        }
        let name = other.name.clone();
        let socket = self.sockets.get_mut(id)?;
        (socket.state, socket.peer, socket.peer_name) = (State::Connected, Some(target), name);
        Ok(())
    }

    /// Takes the first connection that waits (`accept4(2)`). `flags`: `CLOEXEC`, `NONBLOCK`.
    ///
    /// # Errors
    /// `INVAL` it does not listen; `NOTSUP` it makes no connections; `AGAIN` nobody waits, and it is not to wait;
    /// `MFILE`; `INTR`.
    pub fn accept(&mut self, pid: Pid, fd: Fd, flags: OpenFlags) -> Call<Fd> {
        let (id, own) = self.socket_of(pid, fd)?;
        let retry = core::mem::take(&mut self.process_mut(pid)?.retry);
        let socket = self.sockets.get_mut(id)?;
        let timeout = socket.options.receive_timeout;
        if !socket.kind.connects() {
            return Err(Errno::Notsup.into());
        }
        let State::Listening { waiting, .. } = &mut socket.state else { return Err(Errno::Inval.into()) };
        let Some(first) = waiting.front().copied() else {
            return Err(match own.contains(OpenFlags::NONBLOCK) {
                _ if socket.shut_reading => Errno::Inval.into(),
                true => Errno::Again.into(),
                false => self.wait_at_socket(pid, retry, &[Event::Arrived(id)], timeout)?,
            });
        };
        let new = self.open_socket(pid, first, flags)?;
        if let State::Listening { waiting, .. } = &mut self.sockets.get_mut(id)?.state {
            waiting.pop_front();
        }
        self.wake(Event::Room(id));
        Ok(new)
    }

    /// A socket's own name; nothing for none (`getsockname(2)`).
    pub fn socket_name(&self, pid: Pid, fd: Fd) -> Call<Vec<u8>> {
        let (id, _) = self.socket_of(pid, fd)?;
        Ok(self.sockets.get(id)?.name.clone().unwrap_or_default())
    }

    /// The name of the socket that one is connected to (`getpeername(2)`). `NOTCONN` it is not.
    pub fn peer_name(&self, pid: Pid, fd: Fd) -> Call<Vec<u8>> {
        let (id, _) = self.socket_of(pid, fd)?;
        let socket = self.sockets.get(id)?;
        if !socket.is_connected() {
            return Err(Errno::Notconn.into());
        }
        Ok(socket.peer_name.clone().unwrap_or_default())
    }

    /// The process, user and group at the other end (`SO_PEERCRED`); 0 and no ids when there is none.
    pub fn peer_credentials(&self, pid: Pid, fd: Fd) -> Call<Credentials> {
        let (id, _) = self.socket_of(pid, fd)?;
        Ok(self.sockets.get(id)?.peer_credentials)
    }

    /// Ends one direction of a connection (0 receiving, 1 sending) or both (2), as `shutdown(2)` does.
    ///
    /// # Errors
    /// `INVAL` no such direction.
    pub fn shutdown(&mut self, pid: Pid, fd: Fd, how: u32) -> Call<()> {
        let (id, _) = self.socket_of(pid, fd)?;
        let (reading, writing) = (how != 1, how != 0);
        if how > 2 {
            return Err(Errno::Inval.into());
        }
        let socket = self.sockets.get_mut(id)?;
        socket.shut_reading |= reading;
        socket.shut_writing |= writing;
        let peer = socket.peer.filter(|_| socket.kind.connects());
        if let Some(peer) = peer
            && let Ok(other) = self.sockets.get_mut(peer)
        {
            other.shut_reading |= writing;
            other.shut_writing |= reading;
        }
        for id in peer.into_iter().chain([id]) {
            self.wake(Event::Arrived(id));
            self.wake(Event::Room(id));
        }
        Ok(())
    }

    /// Takes away a socket that nothing was sent to.
    fn close_unsent(&mut self, id: SocketId) {
        self.close_socket(id, &mut Vec::new());
    }

    /// Takes a socket away: its name can be used again, though a file stays; who it was connected to is told. What was on
    /// its way to it is to be released.
    pub(crate) fn close_socket(&mut self, id: SocketId, released: &mut Vec<FileId>) {
        self.take_sent(id, released);
        let Some(socket) = self.sockets.all.remove(&id) else { return };
        if let Some(node) = socket.node {
            self.sockets.by_node.remove(&node);
            self.vfs.unpin(node);
        } else if let Some(name) = &socket.name
            && self.sockets.by_name.get(name) == Some(&id)
        {
            self.sockets.by_name.remove(name);
        }
        if let Some(peer) = socket.peer.filter(|_| socket.kind.connects()) {
            self.leave_peer(peer, !socket.queue.is_empty());
        }
        if let State::Listening { waiting, .. } = socket.state {
            for embryo in waiting {
                self.take_sent(embryo, released);
                if let Some(peer) = self.sockets.all.remove(&embryo).and_then(|embryo| embryo.peer) {
                    self.leave_peer(peer, true);
                }
            }
        }
        self.wake(Event::Room(id));
    }

    /// Tells a socket that the other end is gone; `reset` when what it had sent was not received.
    fn leave_peer(&mut self, peer: SocketId, reset: bool) {
        if let Ok(other) = self.sockets.get_mut(peer) {
            (other.shut_reading, other.shut_writing) = (true, true);
            if reset {
                other.failure = Some(Errno::Connreset);
            }
        }
        self.wake(Event::Arrived(peer));
    }
}
