//! Processes that are started from outside beside the first one, and what else is done from there: signals, questions.

use wcr_abi::{Errno, Fd, OpenFlags, Pid, Signal, WaitStatus, WinSize};
use wcr_vfs::{Creds, Found, Name, Walk};

use crate::fd::Descriptor;
use crate::file::{Backing, Device, FileId, OpenFile, PipeId};
use crate::kernel::{Halt, Kernel};
use crate::pipe::{Pipe, Transfer};
use crate::process::{InitRequest, Process, State};
use crate::sched::Event;
use crate::tty::{self, Tty, TtyId};

/// A process started from outside, and the outer ends of its streams. To be given back to [`Kernel::close_session`].
#[derive(Debug)]
pub struct Session {
    pid: Pid,
    terminal: Option<TtyId>,
    /// The writing end of its standard input, or the other side of its terminal.
    input: Option<FileId>,
    output: FileId,
    /// With a terminal there is none.
    error: Option<FileId>,
}

/// Which of a session's streams is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStream {
    /// Standard output, or the terminal's screen.
    Output,
    /// Standard error.
    Error,
}

/// What the processes of a container use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many processes there are.
    pub processes: usize,
    /// The memory of all of them, in bytes.
    pub memory: u64,
    /// How long they ran, in nanoseconds; of those that have ended, the ones that were waited for.
    pub cpu: u64,
}

/// What is told of a process to somebody outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessSummary {
    /// Its number.
    pub pid: Pid,
    /// Its parent's; 0 when it was started from outside.
    pub ppid: Pid,
    /// Its effective user.
    pub uid: u32,
    /// When it began, in nanoseconds after the container.
    pub started: u64,
    /// How long it ran, in nanoseconds.
    pub cpu: u64,
    /// The number of its controlling terminal.
    pub terminal: Option<usize>,
    /// Its arguments.
    pub argv: Vec<Vec<u8>>,
}

impl Session {
    /// The process.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.pid
    }
}

impl Kernel {
    /// Starts a program beside the first process: with pipes, of which `input` says whether something comes through the
    /// first, or with a terminal of the size `terminal`.
    ///
    /// # Errors
    /// As [`Self::start`]; `AGAIN` too many processes; `SRCH` the container has ended.
    pub fn open_session(
        &mut self,
        request: InitRequest,
        input: bool,
        terminal: Option<WinSize>,
    ) -> Result<Session, Errno> {
        if self.finished.is_some() {
            return Err(Errno::Srch);
        }
        if self.procs.len() >= self.limits.processes {
            return Err(Errno::Again);
        }
        let uid = request.uid;
        let mut session = match terminal {
            Some(size) => self.terminal_session(size, uid)?,
            None => self.pipe_session(input),
        };
        let started = self.start_from_outside(request, |kernel, pid| kernel.give_session(pid, &session));
        match started {
            Ok(pid) => {
                session.pid = pid;
                Ok(session)
            }
            Err(errno) => {
                self.close_session(session);
                Err(errno)
            }
        }
    }

    fn pipe_session(&mut self, input: bool) -> Session {
        let input = input.then(|| self.half_pipe(OpenFlags::WRONLY));
        let [output, error] = [(); 2].map(|()| self.half_pipe(OpenFlags::RDONLY));
        Session { pid: 0, terminal: None, input, output, error: Some(error) }
    }

    /// A pipe of which the end with these flags is open.
    fn half_pipe(&mut self, flags: OpenFlags) -> FileId {
        let mut pipe = Pipe::default();
        pipe.open(flags.readable(), flags.writable());
        let id = PipeId(self.pipes.insert(pipe));
        self.add_file(OpenFile::new(Backing::Pipe { pipe: id, node: None }, flags))
    }

    fn terminal_session(&mut self, size: WinSize, uid: u32) -> Result<Session, Errno> {
        let id = TtyId(self.ttys.insert(Tty::of_size(size)));
        let named = self.name_tty(id, uid).and_then(|node| self.vfs.pin(node).map(|()| node));
        let node = named.inspect_err(|_| drop(self.ttys.remove(id.0)))?;
        let backing = Backing::PtyMaster { tty: id, node };
        self.count_tty(backing);
        let master = self.add_file(OpenFile::new(backing, OpenFlags::RDWR));
        Ok(Session { pid: 0, terminal: Some(id), input: Some(master), output: master, error: None })
    }

    /// Opens a session's inner ends as the process's standard streams.
    fn give_session(&mut self, pid: Pid, session: &Session) -> Result<(), Errno> {
        if let Some(tty) = session.terminal {
            let file = self.slave_file(pid, tty)?;
            return (0..3).try_for_each(|fd| self.give_fd(pid, fd, file));
        }
        let input = match session.input {
            Some(input) => self.other_end(input)?,
            None => self.null_file()?,
        };
        self.give_fd(pid, 0, input)?;
        for (fd, end) in (1..).zip([Some(session.output), session.error]) {
            let file = self.other_end(end.ok_or(Errno::Badf)?)?;
            self.give_fd(pid, fd, file)?;
        }
        Ok(())
    }

    fn give_fd(&mut self, pid: Pid, fd: Fd, file: FileId) -> Result<(), Errno> {
        self.process_mut(pid)?.fds.set(fd, Descriptor { file, cloexec: false, preopen: false });
        Ok(())
    }

    /// A terminal that becomes the controlling one of the process's session, open three times.
    fn slave_file(&mut self, pid: Pid, tty: TtyId) -> Result<FileId, Errno> {
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let node = self.vfs.resolve_node(&walk, None, &tty::path(tty), true)?;
        self.vfs.pin(node)?;
        let backing = Backing::Tty { tty, node };
        self.count_tty(backing);
        self.control_session(tty, pid);
        let mut file = OpenFile::new(backing, OpenFlags::RDWR).named(Name::Text(tty::path(tty)));
        file.refs = 3;
        Ok(self.add_file(file))
    }

    fn other_end(&mut self, end: FileId) -> Result<FileId, Errno> {
        let file = self.file(end)?;
        let (Backing::Pipe { pipe, .. }, flags) = (file.backing, file.flags) else { return Err(Errno::Badf) };
        let other = if flags.readable() { OpenFlags::WRONLY } else { OpenFlags::RDONLY };
        if let Some(pipe) = self.pipes.get_mut(pipe.0) {
            pipe.open(other.readable(), other.writable());
        }
        Ok(self.add_file(OpenFile::new(Backing::Pipe { pipe, node: None }, other)))
    }

    /// Opens `/dev/null` to read from.
    pub(crate) fn null_file(&mut self) -> Result<FileId, Errno> {
        let now = self.now();
        let walk = Walk::new(self.vfs.root(), Creds::root(), 0);
        let found = self.vfs.open(&walk, None, b"/dev/null", OpenFlags::RDONLY, 0, now)?;
        let Found::Here(opened) = found else { return Err(Errno::Noent) };
        self.vfs.pin(opened.node)?;
        let backing = Backing::Device { device: Device::Null, node: opened.node };
        Ok(self.add_file(OpenFile::new(backing, OpenFlags::RDONLY).named(Name::Text(b"/dev/null".to_vec()))))
    }

    /// Reads what a session has written: `Some(0)` is the end, `None` nothing yet.
    pub fn session_read(&mut self, session: &Session, stream: SessionStream, buf: &mut [u8]) -> Option<usize> {
        let file = match stream {
            SessionStream::Output => session.output,
            SessionStream::Error => session.error?,
        };
        let read = match self.file(file).ok()?.backing {
            Backing::Pipe { pipe, .. } => self.read_pipe(session.pid, pipe, OpenFlags::NONBLOCK, buf),
            Backing::PtyMaster { tty, .. } => self.read_master(session.pid, tty, OpenFlags::NONBLOCK, buf),
            _ => return Some(0),
        };
        match read {
            Ok(count) => Some(count),
            Err(Halt::Errno(Errno::Again)) => None,
            // The terminal's last user has gone.
            Err(_) => Some(0),
        }
    }

    /// Writes to a session's standard input, or types; how many bytes went. All, when nobody reads any more.
    pub fn session_write(&mut self, session: &Session, bytes: &[u8]) -> usize {
        let backing = session.input.and_then(|input| self.file(input).ok()).map(|file| file.backing);
        match backing {
            Some(Backing::Pipe { pipe, .. }) => {
                let written = self.pipes.get_mut(pipe.0).map_or(Err(Errno::Pipe), |pipe| pipe.write(bytes));
                match written {
                    Ok(Transfer::Done(count)) => {
                        self.wake(Event::Readable(pipe));
                        count
                    }
                    Ok(Transfer::Wait) => 0,
                    Err(_) => bytes.len(),
                }
            }
            Some(Backing::PtyMaster { tty, .. }) => self.type_in(tty, bytes).unwrap_or(bytes.len()),
            _ => bytes.len(),
        }
    }

    /// Nothing more comes through a session's standard input; a terminal has no such end.
    pub fn session_end_input(&mut self, session: &mut Session) {
        if session.terminal.is_none()
            && let Some(input) = session.input.take()
        {
            self.release(input);
        }
    }

    /// The window of a session's terminal has another size.
    pub fn session_resize(&mut self, session: &Session, size: WinSize) {
        if let Some(tty) = session.terminal {
            self.resize(tty, size);
        }
    }

    /// How a session's process has ended, once it has.
    #[must_use]
    pub fn session_status(&self, session: &Session) -> Option<WaitStatus> {
        match self.procs.get(&session.pid).map(|process| process.state) {
            Some(State::Zombie(status)) => Some(status),
            Some(_) => None,
            // Ended with the first process.
            None => Some(WaitStatus::Signaled(Signal::KILL)),
        }
    }

    /// Closes the outer ends of a session; its process, if it has ended, is forgotten.
    pub fn close_session(&mut self, session: Session) {
        let ends = [session.input, Some(session.output).filter(|end| session.input != Some(*end)), session.error];
        for end in ends.into_iter().flatten() {
            self.release(end);
        }
        if self.procs.get(&session.pid).is_some_and(Process::is_zombie) {
            self.reap(session.pid);
        }
    }

    /// Sends a signal to the first process from outside: `KILL` and `STOP` reach it always, others when it has set
    /// something up for them, as from an outer pid namespace of Linux (pid_namespaces(7)).
    pub fn signal_from_outside(&mut self, signal: Signal) {
        if signal == Signal::KILL || signal == Signal::STOP {
            self.post_signal(1, signal);
        } else {
            self.post_guarded(1, signal);
        }
    }

    /// The processes that have not ended.
    pub fn processes(&self) -> impl Iterator<Item = ProcessSummary> {
        let living = self.procs.iter().filter(|(_, process)| !process.is_zombie());
        living.map(|(pid, process)| ProcessSummary {
            pid: *pid,
            ppid: process.ppid,
            uid: process.creds.uid,
            started: process.started.saturating_sub(self.booted),
            cpu: process.ran,
            terminal: self.controlling_tty(*pid).map(|tty| tty.0),
            argv: process.argv.clone(),
        })
    }

    /// What the processes use.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let living = self.procs.values().filter(|process| !process.is_zombie());
        let memory = living.clone().map(|process| process.memory).sum();
        let cpu = self.procs.values().map(|process| process.ran + process.children_ran).sum();
        Usage { processes: living.count(), memory, cpu }
    }
}
