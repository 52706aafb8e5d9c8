//! Open files that are sent through sockets (`SCM_RIGHTS`, unix(7)): their way, and what becomes of those that nobody can
//! receive any more.

use std::collections::BTreeSet;

use wcr_abi::{Errno, Fd, Pid, SOCKET_FILES_MAX};

use super::queue::Rights;
use super::{SocketId, State};
use crate::capability::Capability;
use crate::file::{Backing, FileId};
use crate::kernel::Kernel;
use crate::limits::RLIMIT_NOFILE;

impl Kernel {
    /// The open files behind descriptors that are to be sent. `INVAL` too many; `BADF` one is not open.
    pub(super) fn files_to_send(&self, pid: Pid, fds: &[Fd]) -> Result<Vec<FileId>, Errno> {
        if fds.len() > SOCKET_FILES_MAX {
            return Err(Errno::Inval);
        }
        fds.iter().map(|fd| Ok(self.file_of(pid, *fd)?.0)).collect()
    }

    /// Puts open files on their way. `TOOMANYREFS` the user has more there than a process may have open.
    pub(super) fn send_off(&mut self, pid: Pid, files: &[FileId]) -> Result<Option<Rights>, Errno> {
        if files.is_empty() {
            return Ok(None);
        }
        let process = self.process(pid)?;
        let (user, most) = (process.user.real, process.limits[RLIMIT_NOFILE].0);
        let unlimited = process.is_capable(Capability::Resource) || process.is_capable(Capability::Admin);
        let count = self.sockets.on_their_way.entry(user).or_default();
        if *count > most && !unlimited {
            return Err(Errno::Toomanyrefs);
        }
        *count += files.len() as u64;
        for id in files {
            if let Some(file) = self.files.get_mut(id.0) {
                file.refs += 1;
                file.sent += 1;
            }
        }
        Ok(Some(Rights { files: files.to_vec(), user }))
    }

    /// Takes open files off their way: they are the caller's to use or to release.
    fn arrive(&mut self, rights: Rights) -> Vec<FileId> {
        if let Some(count) = self.sockets.on_their_way.get_mut(&rights.user) {
            *count = count.saturating_sub(rights.files.len() as u64);
            if *count == 0 {
                self.sockets.on_their_way.remove(&rights.user);
            }
        }
        for id in &rights.files {
            if let Some(file) = self.files.get_mut(id.0) {
                file.sent -= 1;
            }
        }
        rights.files
    }

    /// Gives a process descriptors for at most `room` of the open files that it has received, and closes the others;
    /// also whether there were any.
    pub(super) fn unpack(&mut self, pid: Pid, rights: Rights, room: usize, cloexec: bool) -> (Vec<Fd>, bool) {
        let mut fds = Vec::new();
        let mut cut = false;
        for file in self.arrive(rights) {
            let installed =
                if cut || fds.len() == room { Err(Errno::Mfile) } else { self.install_fd(pid, file, 0, cloexec) };
            match installed {
                Ok(fd) => fds.push(fd),
                Err(_) => {
                    cut = true;
                    self.release(file);
                }
            }
        }
        (fds, cut)
    }

    /// Like [`Self::unpack`], of open files that stay on their way.
    pub(super) fn unpack_copies(&mut self, pid: Pid, files: &[FileId], room: usize, cloexec: bool) -> (Vec<Fd>, bool) {
        let mut fds = Vec::new();
        for file in files.iter().take(room) {
            let Ok(fd) = self.install_fd(pid, *file, 0, cloexec) else { break };
            self.retain(*file);
            fds.push(fd);
        }
        let cut = fds.len() < files.len();
        (fds, cut)
    }

    /// Takes what is on its way to a socket; each file is to be released once.
    pub(super) fn take_sent(&mut self, socket: SocketId, released: &mut Vec<FileId>) {
        let Ok(socket) = self.sockets.get_mut(socket) else { return };
        for rights in socket.queue.take_rights() {
            let files = self.arrive(rights);
            released.extend(files);
        }
    }

    /// Finds sockets that only others of their kind can receive, and takes what is on its way to them: nobody will ever
    /// see it.
    pub(crate) fn take_unreachable(&mut self, released: &mut Vec<FileId>) {
        if self.sockets.on_their_way.is_empty() {
            return;
        }
        let socket_of = |id: &FileId| match self.files.get(id.0)?.backing {
            Backing::Socket(socket) => Some(socket),
            _ => None,
        };
        let held = self.files.iter().filter(|(_, file)| file.refs > file.sent);
        let mut found: Vec<SocketId> = held.filter_map(|(id, _)| socket_of(&FileId(id))).collect();
        let mut reached = BTreeSet::new();
        while let Some(id) = found.pop() {
            let Some(socket) = self.sockets.all.get(&id).filter(|_| reached.insert(id)) else { continue };
            found.extend(socket.queue.rights().flat_map(|rights| &rights.files).filter_map(socket_of));
            if let State::Listening { waiting, .. } = &socket.state {
                found.extend(waiting);
            }
        }
        // A connection that nobody has accepted is in no file: it goes with the socket that listens.
        let lost: Vec<SocketId> = self.sockets.all.keys().filter(|id| !reached.contains(id)).copied().collect();
        for socket in lost {
            self.take_sent(socket, released);
        }
    }
}
