//! Descriptors: reading, writing, seeking, pipes, duplicates, flags.

use wcr_abi::{Errno, Fd, FileKind, Mode, OpenFlags, Pid, Signal, Stat, Timestamp, WaitStatus};

use wcr_vfs::{Node, SetAttr};

use crate::fd::Descriptor;
use crate::file::{Backing, Device, FileId, OpenFile, PipeId, Position};
use crate::kernel::{Call, Halt, Kernel};
use crate::limits::RLIMIT_NOFILE;
use crate::locks::Locked;
use crate::names::pipe_ino;
use crate::pipe::{Pipe, Transfer};
use crate::sched::Event;
use crate::socket::Outgoing;

/// Where a seek counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whence {
    /// The start of the file.
    Set,
    /// The current offset.
    Current,
    /// The end of the file.
    End,
    /// The first place from there on that has data.
    Data,
    /// The first place from there on that has none; the end of the file at last.
    Hole,
}

/// The largest offset in a file.
const OFFSET_MAX: u64 = i64::MAX as u64;

/// The device number of anonymous pipes and of the host's streams.
const PIPE_DEV: u64 = 0xf;

/// The device number of sockets.
const SOCKET_DEV: u64 = 0x8;

/// Checks a place to read from or write to, which comes before the question whether that is allowed.
fn check_position(file: &OpenFile, position: Position) -> Result<(), Errno> {
    let seekable = matches!(file.backing, Backing::Node { .. } | Backing::Device { .. });
    match position {
        _ if file.flags.contains(OpenFlags::PATH) => Err(Errno::Badf),
        Position::At(at) if at > OFFSET_MAX => Err(Errno::Inval),
        Position::At(_) if !seekable => Err(Errno::Spipe),
        _ => Ok(()),
    }
}

/// Checks that the end of what is read or written has an offset, too.
fn check_end(file: &OpenFile, position: Position, len: usize) -> Result<(), Errno> {
    let start = if let Position::At(at) = position { at } else { file.offset };
    if start.saturating_add(len as u64) > OFFSET_MAX { Err(Errno::Inval) } else { Ok(()) }
}

impl Kernel {
    pub(crate) fn add_file(&mut self, file: OpenFile) -> FileId {
        FileId(self.files.insert(file))
    }

    pub(crate) fn file(&self, id: FileId) -> Result<&OpenFile, Errno> {
        self.files.get(id.0).ok_or(Errno::Badf)
    }

    pub(crate) fn file_mut(&mut self, id: FileId) -> Result<&mut OpenFile, Errno> {
        self.files.get_mut(id.0).ok_or(Errno::Badf)
    }

    /// The open file behind a descriptor.
    pub(crate) fn file_of(&self, pid: Pid, fd: Fd) -> Result<(FileId, &OpenFile), Errno> {
        let id = self.process(pid)?.fds.get(fd)?.file;
        Ok((id, self.file(id)?))
    }

    /// Counts one more descriptor for an open file.
    pub(crate) fn retain(&mut self, id: FileId) {
        if let Some(file) = self.files.get_mut(id.0) {
            file.refs += 1;
        }
    }

    /// Counts one use less; the last one closes the file, and those that were on their way to it. As on Linux, it is when
    /// a socket is closed that others are looked for which nobody can reach any more.
    pub(crate) fn release(&mut self, id: FileId) {
        let (mut next, mut more) = (Some(id), Vec::new());
        while let Some(id) = next.take().or_else(|| more.pop()) {
            self.release_one(id, &mut more);
        }
    }

    fn release_one(&mut self, id: FileId, more: &mut Vec<FileId>) {
        let Some(file) = self.files.get_mut(id.0) else { return };
        file.refs -= 1;
        if file.refs > 0 {
            return;
        }
        let Some(file) = self.files.remove(id.0) else { return };
        match file.backing {
            Backing::Pipe { pipe, node } => self.close_pipe_end(pipe, file.flags, node),
            Backing::Tty { tty, .. } => self.close_slave(tty),
            Backing::PtyMaster { tty, .. } => self.close_master(tty),
            Backing::Socket(socket) => {
                self.close_socket(socket, more);
                self.take_unreachable(more);
            }
            _ => {}
        }
        if !self.locks.is_empty() {
            self.unlock(id, file.backing.node().map_or(Locked::File(id), Locked::Node));
        }
        if let Some(node) = file.backing.node() {
            self.forget_seals(node);
            self.vfs.unpin(node);
        }
    }

    fn close_pipe_end(&mut self, id: PipeId, flags: OpenFlags, node: Option<Node>) {
        let Some(pipe) = self.pipes.get_mut(id.0) else { return };
        pipe.readers -= usize::from(flags.readable());
        pipe.writers -= usize::from(flags.writable());
        let (readers, writers) = (pipe.readers, pipe.writers);
        if readers == 0 && writers == 0 {
            self.pipes.remove(id.0);
            if let Some(node) = node {
                self.fifos.remove(&node);
            }
        }
        if readers == 0 {
            self.wake(Event::Writable(id));
        }
        if writers == 0 {
            self.wake(Event::Readable(id));
        }
    }

    /// Gives an open file the lowest free descriptor from `min` on. `MFILE` when there is none.
    pub(crate) fn install_fd(&mut self, pid: Pid, file: FileId, min: Fd, cloexec: bool) -> Result<Fd, Errno> {
        let process = self.process_mut(pid)?;
        let fd = process.fds.free(min, process.limits[RLIMIT_NOFILE].0)?;
        process.fds.set(fd, Descriptor { file, cloexec, preopen: false });
        self.proc_table.open(pid, fd);
        Ok(fd)
    }

    /// Reads from a descriptor; 0 bytes mean the end.
    ///
    /// # Errors
    /// `BADF` not open for reading; `ISDIR` a directory; `AGAIN` nothing there and `O_NONBLOCK`; `SPIPE`
    /// a position on something that has none; `INTR`.
    pub fn read(&mut self, pid: Pid, fd: Fd, buf: &mut [u8], position: Position) -> Call<usize> {
        let (id, file) = self.file_of(pid, fd)?;
        let (backing, flags, offset) = (file.backing, file.flags, file.offset);
        check_position(file, position)?;
        if !flags.readable() {
            return Err(Errno::Badf.into());
        }
        check_end(file, position, buf.len())?;
        match backing {
            Backing::Node { kind: FileKind::Directory, .. } => Err(Errno::Isdir.into()),
            Backing::Node { node, .. } => {
                if Some(node.mount) == self.proc_mount {
                    self.refresh_proc(pid, node.ino);
                }
                let at = if let Position::At(at) = position { at } else { offset };
                let done = self.vfs.read_node(node, at, buf)?;
                if position == Position::Current {
                    self.file_mut(id)?.offset = at.saturating_add(done as u64);
                }
                if !buf.is_empty() {
                    self.accessed(node, flags);
                }
                Ok(done)
            }
            Backing::Device { device, .. } => Ok(self.read_device(device, buf)),
            Backing::Pipe { pipe, node } => {
                let done = self.read_pipe(pid, pipe, flags, buf)?;
                if let Some(node) = node.filter(|_| done > 0) {
                    self.accessed(node, flags);
                }
                Ok(done)
            }
            Backing::Tty { tty, .. } => self.read_tty(pid, tty, flags, buf),
            Backing::PtyMaster { tty, .. } => self.read_master(pid, tty, flags, buf),
            Backing::Socket(_) if buf.is_empty() => Ok(0),
            Backing::Socket(socket) => Ok(self.receive_at(pid, socket, buf, (flags, 0), 0)?.len),
            Backing::HostInput => self.read_host(pid, flags, buf),
            Backing::HostOutput | Backing::HostError => Err(Errno::Badf.into()),
        }
    }

    /// Takes note that a file was read, unless it was opened with `O_NOATIME`.
    pub(crate) fn accessed(&mut self, node: Node, flags: OpenFlags) {
        if !flags.contains(OpenFlags::NOATIME) {
            let clock = &self.clock;
            self.vfs.accessed(node, &|| Timestamp::from_nanos(clock.realtime()));
        }
    }

    fn read_device(&mut self, device: Device, buf: &mut [u8]) -> usize {
        match device {
            Device::Null => 0,
            Device::Zero | Device::Full => {
                buf.fill(0);
                buf.len()
            }
            Device::Random => {
                self.entropy.fill(buf);
                buf.len()
            }
        }
    }

    pub(crate) fn read_pipe(&mut self, pid: Pid, id: PipeId, flags: OpenFlags, buf: &mut [u8]) -> Call<usize> {
        let pipe = self.pipes.get_mut(id.0).ok_or(Errno::Badf)?;
        match pipe.read(buf) {
            Transfer::Done(done) => {
                if done > 0 {
                    self.wake(Event::Writable(id));
                }
                Ok(done)
            }
            Transfer::Wait if flags.contains(OpenFlags::NONBLOCK) => Err(Errno::Again.into()),
            Transfer::Wait => Err(self.block(pid, &[Event::Readable(id)])),
        }
    }

    fn read_host(&mut self, pid: Pid, flags: OpenFlags, buf: &mut [u8]) -> Call<usize> {
        let Some(stdin) = &mut self.stdin else { return Ok(0) };
        match stdin.try_read(buf)? {
            Some(done) => Ok(done),
            None if flags.contains(OpenFlags::NONBLOCK) => Err(Errno::Again.into()),
            None => Err(self.block(pid, &[Event::HostInput])),
        }
    }

    /// Writes to a descriptor; less than all only with `O_NONBLOCK` or when space runs out.
    ///
    /// # Errors
    /// `BADF` not open for writing; `PIPE` nobody reads (and `SIGPIPE` is sent); `AGAIN`; `NOSPC`, `FBIG`;
    /// `SPIPE` a position on something that has none; `INTR`.
    pub fn write(&mut self, pid: Pid, fd: Fd, bytes: &[u8], position: Position) -> Call<usize> {
        let (id, file) = self.file_of(pid, fd)?;
        let (backing, flags, offset) = (file.backing, file.flags, file.offset);
        check_position(file, position)?;
        if !flags.writable() {
            return Err(Errno::Badf.into());
        }
        check_end(file, position, bytes.len())?;
        match backing {
            Backing::Node { .. } if bytes.is_empty() => Ok(0),
            Backing::Node { node, .. } => {
                // Linux appends wherever pwrite is told to write.
                let at = match position {
                    _ if flags.contains(OpenFlags::APPEND) => self.vfs.stat_node(node)?.size,
                    Position::At(at) => at,
                    Position::Current => offset,
                };
                let bytes = self.within_seals(node, at, bytes)?;
                let (now, bytes) = (self.now(), self.within_file_size(pid, at, bytes)?);
                let done = self.with_walk(pid, |vfs, walk| vfs.write_node(walk.creds, node, at, bytes, now))?;
                if position == Position::Current {
                    self.file_mut(id)?.offset = at.saturating_add(done as u64);
                }
                Ok(done)
            }
            Backing::Device { device: Device::Full, .. } => Err(Errno::Nospc.into()),
            Backing::Device { .. } => Ok(bytes.len()),
            Backing::Pipe { pipe, node } => {
                let done = self.write_pipe(pid, pipe, flags, bytes)?;
                if let Some(node) = node.filter(|_| done > 0) {
                    let now = self.now();
                    let attr = SetAttr { mtime: Some(now), ..SetAttr::default() };
                    // A FIFO on a read-only mount can be written to, and keeps its times.
                    let _ = self.vfs.set_attr_node(node, &attr, now);
                }
                Ok(done)
            }
            Backing::Tty { tty, .. } => self.write_tty(pid, tty, flags, bytes),
            Backing::PtyMaster { tty, .. } => self.write_master(pid, tty, flags, bytes),
            Backing::Socket(socket) => self.send_from(pid, socket, flags, &Outgoing::new(bytes)),
            Backing::HostInput => Err(Errno::Badf.into()),
            Backing::HostOutput | Backing::HostError => {
                let written = self.write_host(backing, bytes);
                if written == Err(Errno::Fbig.into()) {
                    self.post_signal_from_call(pid, Signal::XFSZ)?;
                }
                written
            }
        }
    }

    fn write_pipe(&mut self, pid: Pid, id: PipeId, flags: OpenFlags, bytes: &[u8]) -> Call<usize> {
        let mut done = core::mem::take(&mut self.process_mut(pid)?.retry.done).min(bytes.len());
        let nonblock = flags.contains(OpenFlags::NONBLOCK);
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            let pipe = self.pipes.get_mut(id.0).ok_or(Errno::Badf)?;
            match pipe.write(&bytes[done..]) {
                Ok(Transfer::Done(sent)) => {
                    done += sent;
                    if sent > 0 {
                        self.wake(Event::Readable(id));
                    }
                    if done == bytes.len() || nonblock {
                        return Ok(done);
                    }
                }
                Ok(Transfer::Wait) if nonblock && done > 0 => return Ok(done),
                Ok(Transfer::Wait) if nonblock => return Err(Errno::Again.into()),
                Ok(Transfer::Wait) => {
                    return match self.block(pid, &[Event::Writable(id)]) {
                        // What went through already counts: the signal interrupts only the rest.
                        Halt::Errno(_) if done > 0 => Ok(done),
                        halt => {
                            self.process_mut(pid)?.retry.done = done;
                            Err(halt)
                        }
                    };
                }
                Err(errno) => {
                    self.post_signal_from_call(pid, Signal::PIPE)?;
                    return if done > 0 { Ok(done) } else { Err(errno.into()) };
                }
            }
        }
    }

    /// Sends the caller a signal that its own call caused; [`Halt::Exit`] when it dies of it.
    pub(crate) fn post_signal_from_call(&mut self, pid: Pid, signal: Signal) -> Call<()> {
        // Process 1 takes only signals that it catches, as in a Linux pid namespace.
        if pid != 1 {
            self.post_signal(pid, signal);
        }
        match self.process(pid)?.state {
            crate::process::State::Zombie(_) => Err(Halt::Exit),
            _ => Ok(()),
        }
    }

    /// Writes to the host, as much as there may be. `FBIG` when there may be no more.
    pub(crate) fn write_host(&mut self, backing: Backing, bytes: &[u8]) -> Call<usize> {
        let room = usize::try_from(self.limits.output.saturating_sub(self.written)).unwrap_or(usize::MAX);
        let stream = if backing == Backing::HostOutput { &mut self.stdout } else { &mut self.stderr };
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let rest = rest.get(..room - done.min(room)).unwrap_or(rest);
            match if rest.is_empty() { Err(Errno::Fbig) } else { stream.write(rest) } {
                Ok(sent) => done += sent,
                Err(_) if done > 0 => break,
                // The host's reader is gone, and with it whoever wanted this container's output.
                Err(Errno::Pipe) => {
                    self.terminate(1, WaitStatus::Signaled(Signal::PIPE));
                    return Err(Halt::Exit);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        self.written += done as u64;
        Ok(done)
    }

    /// Moves a descriptor's offset. `SPIPE` on pipes and streams; `INVAL` before the start; `BADF` opened with
    /// `O_PATH`; `NXIO` there is no data from there on, or it is beyond the end.
    pub fn seek(&mut self, pid: Pid, fd: Fd, offset: i64, whence: Whence) -> Call<u64> {
        let (id, file) = self.file_of(pid, fd)?;
        let (backing, current) = (file.backing, file.offset);
        if file.flags.contains(OpenFlags::PATH) {
            return Err(Errno::Badf.into());
        }
        let base = match (backing, whence) {
            (Backing::Device { .. }, _) => return Ok(0),
            (Backing::Node { .. }, Whence::Set) => 0,
            (Backing::Node { .. }, Whence::Current) => current,
            (Backing::Node { node, .. }, Whence::End) => self.vfs.stat_node(node)?.size,
            (Backing::Node { node, kind: FileKind::Regular }, Whence::Data | Whence::Hole) => {
                let from = u64::try_from(offset).map_err(|_| Errno::Nxio)?;
                let at = self.vfs.seek_node(node, from, whence == Whence::Hole)?;
                self.file_mut(id)?.offset = at;
                return Ok(at);
            }
            (Backing::Node { .. }, Whence::Data | Whence::Hole) => return Err(Errno::Inval.into()),
            _ => return Err(Errno::Spipe.into()),
        };
        let at = base.checked_add_signed(offset).filter(|at| *at <= OFFSET_MAX).ok_or(Errno::Inval)?;
        self.file_mut(id)?.offset = at;
        Ok(at)
    }

    /// Closes a descriptor. `BADF` when it is not open.
    pub fn close(&mut self, pid: Pid, fd: Fd) -> Call<()> {
        let descriptor = self.process_mut(pid)?.fds.take(fd)?;
        self.proc_table.close(pid, fd);
        self.release(descriptor.file);
        Ok(())
    }

    /// An open file's metadata.
    pub fn fstat(&mut self, pid: Pid, fd: Fd) -> Call<Stat> {
        let (id, file) = self.file_of(pid, fd)?;
        let backing = file.backing;
        self.stat_file(id, backing).map_err(Halt::Errno)
    }

    pub(crate) fn stat_file(&mut self, id: FileId, backing: Backing) -> Result<Stat, Errno> {
        if let Some(node) = backing.node() {
            let stat = self.vfs.stat_node(node)?;
            return Ok(self.dated(stat));
        }
        let (dev, ino, mode) = match backing {
            Backing::Socket(socket) => (SOCKET_DEV, socket.0, Mode::new(FileKind::Socket, 0o777)),
            _ => (PIPE_DEV, pipe_ino(id, backing), Mode::new(FileKind::Fifo, 0o600)),
        };
        let at = Timestamp::from_nanos(self.clock.realtime());
        Ok(Stat {
            dev,
            ino,
            mode,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            size: 0,
            blocks: 0,
            blksize: 4096,
            atime: at,
            mtime: at,
            ctime: at,
        })
    }

    /// A new pipe's reading and writing end. `MFILE` when descriptors run out.
    pub fn pipe(&mut self, pid: Pid, flags: OpenFlags) -> Call<(Fd, Fd)> {
        let mut pipe = Pipe::default();
        pipe.open(true, true);
        let id = PipeId(self.pipes.insert(pipe));
        let (cloexec, status) = (flags.contains(OpenFlags::CLOEXEC), OpenFlags(flags.0 & OpenFlags::NONBLOCK.0));
        let backing = Backing::Pipe { pipe: id, node: None };
        let ends =
            [OpenFlags::RDONLY, OpenFlags::WRONLY].map(|mode| self.add_file(OpenFile::new(backing, status.with(mode))));
        let fds = self.install_fd(pid, ends[0], 0, cloexec).and_then(|read| {
            Ok((
                read,
                self.install_fd(pid, ends[1], 0, cloexec).inspect_err(|_| {
                    let _ = self.process_mut(pid).and_then(|process| process.fds.take(read));
                    self.proc_table.close(pid, read);
                })?,
            ))
        });
        match fds {
            Ok(ends) => Ok(ends),
            Err(errno) => {
                ends.into_iter().for_each(|end| self.release(end));
                Err(errno.into())
            }
        }
    }

    /// Duplicates a descriptor to the lowest free number from `min` on.
    pub fn dup(&mut self, pid: Pid, fd: Fd, min: Fd, cloexec: bool) -> Call<Fd> {
        let id = self.process(pid)?.fds.get(fd)?.file;
        if u64::from(min) >= self.process(pid)?.limits[RLIMIT_NOFILE].0 {
            return Err(Errno::Inval.into());
        }
        let new = self.install_fd(pid, id, min, cloexec)?;
        self.retain(id);
        Ok(new)
    }

    /// Makes `to` a duplicate of `from`, closing what it was. The same number twice is no change.
    pub fn dup2(&mut self, pid: Pid, from: Fd, to: Fd, cloexec: bool) -> Call<()> {
        if from == to {
            self.process(pid)?.fds.get(from)?;
            return Ok(());
        }
        self.dup_to(pid, from, to, cloexec).map_err(Halt::Errno)
    }

    pub(crate) fn dup_to(&mut self, pid: Pid, from: Fd, to: Fd, cloexec: bool) -> Result<(), Errno> {
        let process = self.process_mut(pid)?;
        let file = process.fds.get(from)?.file;
        if u64::from(to) >= process.limits[RLIMIT_NOFILE].0 {
            return Err(Errno::Badf);
        }
        let old = process.fds.set(to, Descriptor { file, cloexec, preopen: false });
        self.retain(file);
        if let Some(old) = old {
            self.release(old.file);
        }
        self.proc_table.open(pid, to);
        Ok(())
    }

    /// Moves a descriptor's number, closing what is at `to` (preview1's `fd_renumber`).
    pub fn renumber(&mut self, pid: Pid, from: Fd, to: Fd) -> Call<()> {
        self.process(pid)?.fds.get(to)?;
        self.dup2(pid, from, to, false)?;
        if from == to { Ok(()) } else { self.close(pid, from) }
    }

    /// The open file's access mode and status flags, with `CLOEXEC` for the descriptor.
    pub fn fd_flags(&self, pid: Pid, fd: Fd) -> Call<OpenFlags> {
        let descriptor = self.process(pid)?.fds.get(fd)?;
        let flags = self.file(descriptor.file)?.flags;
        Ok(if descriptor.cloexec { flags.with(OpenFlags::CLOEXEC) } else { flags })
    }

    /// Sets `APPEND`, `NONBLOCK` and `CLOEXEC`.
    pub fn set_fd_flags(&mut self, pid: Pid, fd: Fd, flags: OpenFlags) -> Call<()> {
        let changeable = OpenFlags::APPEND.with(OpenFlags::NONBLOCK);
        let descriptor = self.process_mut(pid)?.fds.get_mut(fd)?;
        descriptor.cloexec = flags.contains(OpenFlags::CLOEXEC);
        let id = descriptor.file;
        let file = self.file_mut(id)?;
        file.flags = file.flags.without(changeable).with(OpenFlags(flags.0 & changeable.0));
        Ok(())
    }

    /// Whether a descriptor is the preopened root of a WASI module.
    pub fn is_preopen(&self, pid: Pid, fd: Fd) -> Call<bool> {
        Ok(self.process(pid)?.fds.get(fd)?.preopen)
    }
}
