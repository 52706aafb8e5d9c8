//! Starting, copying, ending and waiting for processes.

use wcr_abi::{Errno, FdAction, FileKind, OpenFlags, Pid, SpawnRequest};
use wcr_vfs::{Access, Creds, Found, Name, Node, Vfs, Walk};

use crate::fd::{Descriptor, FdTable};
use crate::file::{Backing, OpenFile};
use crate::kernel::{Call, Halt, Kernel};
use crate::process::{InitRequest, OtherIds, Process, Retry, Signals, State};
use crate::procfs::ProcEntry;
use crate::program::{Program, ProgramFile, Refusal};
use crate::sched::{Start, StartKind};

/// How many interpreters of interpreters `#!` may name (Linux's limit).
const MAX_INTERPRETERS: usize = 4;
/// How much of a `#!` line counts, in bytes (Linux's `BINPRM_BUF_SIZE`).
const SHEBANG_MAX: usize = 256;
/// The largest program that is read into memory, in bytes.
const PROGRAM_MAX: usize = 256 << 20;
/// One more than the largest number of a process (`/proc/sys/kernel/pid_max`).
pub(crate) const PID_MAX: Pid = 4_194_304;
/// Where the numbers begin once they have been used up.
const PIDS_RESERVED: Pid = 300;
/// The path that a container's first process is looked up in when its environment has no `PATH`.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A file that may be executed.
struct Executable {
    node: Node,
    name: Name,
    /// Its device, inode and size.
    file: (u64, u64, u64),
    /// The user and the group that its bits make a process run as.
    becomes: (Option<u32>, Option<u32>),
}

/// A program found, with the arguments it gets.
struct Image {
    program: Program,
    argv: Vec<Vec<u8>>,
    /// The executed file.
    node: Node,
    name: Name,
    /// Its path.
    exe: Vec<u8>,
    /// Its device, inode and size.
    file: (u64, u64, u64),
    comm: Vec<u8>,
    /// The user and the group that the file's bits make the process run as.
    becomes: (Option<u32>, Option<u32>),
}

/// A program's short name: the last component of the path it was executed by, at most 15 bytes.
fn short_name(path: &[u8]) -> Vec<u8> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    name[..name.len().min(15)].to_vec()
}

impl Kernel {
    /// Starts the container's first process.
    ///
    /// # Errors
    /// `NOENT` not found (127); `ACCES`, `NOEXEC` and others: it cannot be run (126), and
    /// [`Self::refusal`] may say more.
    pub fn start(&mut self, request: InitRequest) -> Result<Pid, Errno> {
        self.start_from_outside(request, Self::give_streams)
    }

    /// Starts a process that no other process has started, in a session of its own; `give_streams` opens its standard
    /// streams.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn start_from_outside(
        &mut self,
        request: InitRequest,
        give_streams: impl FnOnce(&mut Self, Pid) -> Result<(), Errno>,
    ) -> Result<Pid, Errno> {
        let InitRequest { argv, envp, cwd, uid, gid, groups } = request;
        let pid = self.new_pid();
        let creds = Creds { uid, gid, groups };
        let root = self.vfs.root();
        let process = Process {
            ppid: 0,
            pgid: pid,
            sid: pid,
            state: State::Ready,
            user: OtherIds::all(creds.uid),
            group: OtherIds::all(creds.gid),
            creds,
            nice: 0,
            io_priority: 0,
            ran: 0,
            children_ran: 0,
            umask: 0o022,
            cwd: root,
            cwd_name: Name::Own,
            fds: FdTable::default(),
            signals: Signals::default(),
            argv: Vec::new(),
            envp: envp.clone(),
            exe: root,
            exe_name: Name::Own,
            file: (0, 0, 0),
            comm: Vec::new(),
            program: Program::Guest(""),
            has_executed: true,
            left_tty: false,
            exec_pending: false,
            retry: Retry::default(),
            blocking: 0,
            alarm: None,
            alarm_interval: 0,
            started: self.clock.monotonic(),
            limits: self.limits.resources,
            memory: 0,
            report: None,
        };
        // It is the current directory, and what is executed before there is a program.
        self.vfs.pin(root)?;
        self.vfs.begin_execution(root)?;
        self.procs.insert(pid, process);
        let started = give_streams(self, pid).and_then(|()| self.start_in(pid, &cwd, argv, &envp));
        if let Err(errno) = started {
            self.forget(pid);
            if pid + 1 == self.next_pid {
                self.next_pid = pid;
            }
            return Err(errno);
        }
        Ok(pid)
    }

    /// Gives the first process its standard streams: the host's, or one terminal; without an input of the host's
    /// `/dev/null`, or in a tree that has none an input at its end.
    fn give_streams(&mut self, pid: Pid) -> Result<(), Errno> {
        let console = self.terminal.map(|size| self.open_console(pid, size)).transpose()?;
        for (fd, backing) in [Backing::HostInput, Backing::HostOutput, Backing::HostError].into_iter().enumerate() {
            let flags = if fd == 0 { OpenFlags::RDONLY } else { OpenFlags::WRONLY };
            let no_input = backing == Backing::HostInput && self.stdin.is_none();
            let null = if no_input { self.null_file().ok() } else { None };
            let file = console.or(null).unwrap_or_else(|| self.add_file(OpenFile::new(backing, flags)));
            self.process_mut(pid)?.fds.set(fd as u32, Descriptor { file, cloexec: false, preopen: false });
        }
        Ok(())
    }

    fn start_in(&mut self, pid: Pid, cwd: &[u8], argv: Vec<Vec<u8>>, envp: &[Vec<u8>]) -> Result<(), Errno> {
        self.enter_cwd(pid, cwd)?;
        let name = argv.first().ok_or(Errno::Noent)?.clone();
        let image = self.search(pid, &name, argv, envp)?;
        self.log(|log| log.exec(pid, &image.exe, &image.argv, envp.len()));
        self.install(pid, image)?;
        self.sched.starts.push_back(Start { pid, program: self.process(pid)?.program.clone(), kind: StartKind::Fresh });
        self.make_ready(pid);
        Ok(())
    }

    /// Goes to the first process's working directory; the superuser's rights count, as with Docker.
    fn enter_cwd(&mut self, pid: Pid, cwd: &[u8]) -> Result<(), Errno> {
        let superuser = Creds::default();
        let node = self.vfs.resolve_node(&Walk::new(self.vfs.root(), &superuser, pid), None, cwd, true)?;
        match self.set_cwd(pid, node, Name::Own) {
            Err(Halt::Errno(errno)) => Err(errno),
            _ => Ok(()),
        }
    }

    /// Finds a program by name as `execvp` does: a permission problem is remembered, the search goes on.
    fn search(&mut self, pid: Pid, name: &[u8], argv: Vec<Vec<u8>>, envp: &[Vec<u8>]) -> Result<Image, Errno> {
        if name.contains(&b'/') {
            return self.load(pid, name, argv);
        }
        let path = envp.iter().find_map(|var| var.strip_prefix(b"PATH=")).unwrap_or(DEFAULT_PATH);
        let mut failure = Errno::Noent;
        for dir in path.split(|byte| *byte == b':') {
            let mut candidate = if dir.is_empty() { b"." } else { dir }.to_vec();
            candidate.push(b'/');
            candidate.extend_from_slice(name);
            match self.load(pid, &candidate, argv.clone()) {
                Err(Errno::Noent | Errno::Notdir) => {}
                Err(Errno::Acces) => failure = Errno::Acces,
                other => return other,
            }
        }
        Err(failure)
    }

    /// Resolves a path to a program: permissions, `#!` lines, then what the loader says of the content.
    fn load(&mut self, pid: Pid, path: &[u8], mut argv: Vec<Vec<u8>>) -> Result<Image, Errno> {
        let mut path = path.to_vec();
        for _ in 0..=MAX_INTERPRETERS {
            let found = self.executable(pid, &path)?;
            let node = found.node;
            if self.files.iter().any(|(_, file)| file.is_written(node)) {
                return Err(Errno::Txtbsy);
            }
            self.accessed(node, OpenFlags::RDONLY);
            let label = self.vfs.label(node);
            if let Some(program) = self.loader.by_label(label, &argv) {
                return self.image(found, &path, program, argv);
            }
            let head = read_start(&mut self.vfs, node, SHEBANG_MAX)?;
            if let Some((interpreter, argument)) = shebang(&head) {
                let mut next = vec![interpreter.clone()];
                next.extend(argument);
                next.push(path);
                next.extend(argv.into_iter().skip(1));
                (path, argv) = (interpreter, next);
                continue;
            }
            let program = self.identify(node, &path, &argv)?;
            return self.image(found, &path, program, argv);
        }
        Err(Errno::Loop)
    }

    /// A program that was found at a path, which is that of a file.
    fn image(&mut self, found: Executable, path: &[u8], program: Program, argv: Vec<Vec<u8>>) -> Result<Image, Errno> {
        let Executable { node, name, file, becomes } = found;
        let exe = self.vfs.name_of(node, &name)?;
        Ok(Image { program, argv, node, name, exe, file, comm: short_name(path), becomes })
    }

    /// The regular file at a path, when the process may execute it.
    fn executable(&mut self, pid: Pid, path: &[u8]) -> Result<Executable, Errno> {
        let now = self.now();
        self.with_walk(pid, |vfs, walk| {
            let Found::Here(found) = vfs.open(walk, None, path, OpenFlags::PATH, 0, now)? else {
                return Err(Errno::Acces);
            };
            if found.stat.mode.kind() != FileKind::Regular {
                return Err(Errno::Acces);
            }
            vfs.access_node(walk.creds, found.node, Access::EXECUTE)?;
            let (node, stat) = (found.node, &found.stat);
            let (mode, file) = (stat.mode.0, (stat.dev, stat.ino, stat.size));
            // Set-user-ID, and set-group-ID where the group may execute it.
            let heeded = vfs.heeds_set_id(node);
            let user = (heeded && mode & 0o4000 != 0).then_some(stat.uid);
            let group = (heeded && mode & 0o2010 == 0o2010).then_some(stat.gid);
            Ok(Executable { node, name: found.name, file, becomes: (user, group) })
        })
    }

    /// Asks the loader what runs for a file.
    fn identify(&mut self, node: Node, path: &[u8], argv: &[Vec<u8>]) -> Result<Program, Errno> {
        let Self { vfs, loader, .. } = self;
        let size = usize::try_from(vfs.stat_node(node)?.size).map_err(|_| Errno::Nomem)?;
        let loaded = if let Some(content) = vfs.view(node, 0, size) {
            loader.load(&ProgramFile { path, argv, content })
        } else {
            let content = read_start(vfs, node, size.min(PROGRAM_MAX))?;
            loader.load(&ProgramFile { path, argv, content: &content })
        };
        loaded.map_err(|Refusal { errno, reason }| {
            self.refusal = Some(reason);
            errno
        })
    }

    /// Shows a process in `/proc` as it is now.
    pub(crate) fn show_process(&mut self, pid: Pid) {
        let Some(process) = self.procs.get(&pid) else { return };
        self.proc_table.show(
            pid,
            ProcEntry {
                ppid: process.ppid,
                pgid: process.pgid,
                sid: process.sid,
                uid: process.creds.uid,
                gid: process.creds.gid,
                zombie: matches!(process.state, State::Zombie(_)),
                comm: process.comm.clone(),
                argv: process.argv.clone(),
                envp: process.envp.clone(),
                file: process.file,
                fds: process.fds.iter().map(|(fd, _)| fd).collect(),
                started: process.started.saturating_sub(self.booted),
                ..ProcEntry::default()
            },
        );
    }

    /// Makes a process run `image` from its start, without the descriptors that are marked to be closed then: the file is
    /// held before, of which one of them may be the last that holds it.
    fn install(&mut self, pid: Pid, image: Image) -> Result<(), Errno> {
        let root = self.vfs.root();
        self.vfs.begin_execution(image.node)?;
        self.close_on_exec(pid);
        if let Some(process) = self.procs.get_mut(&pid) {
            let old = core::mem::replace(&mut process.exe, image.node);
            process.exe_name = image.name;
            self.vfs.end_execution(old);
            process.program = image.program;
            process.memory = 0;
            process.argv = image.argv;
            process.file = image.file;
            process.comm = image.comm;
            process.has_executed = true;
            let (user, group) = image.becomes;
            process.creds.uid = user.unwrap_or(process.creds.uid);
            process.creds.gid = group.unwrap_or(process.creds.gid);
            (process.user.saved, process.group.saved) = (process.creds.uid, process.creds.gid);
        }
        if matches!(self.procs.get(&pid).map(|process| &process.program), Some(Program::Module(_))) {
            self.preopen_root(pid, root);
        }
        self.show_process(pid);
        Ok(())
    }

    /// Gives a WASI module its root directory as descriptor 3, where its C library looks for it.
    fn preopen_root(&mut self, pid: Pid, root: Node) {
        let _ = self.close(pid, 3);
        if self.vfs.pin(root).is_err() {
            return;
        }
        let backing = Backing::Node { node: root, kind: FileKind::Directory };
        let file = self.add_file(OpenFile::new(backing, OpenFlags::DIRECTORY));
        if let Some(process) = self.procs.get_mut(&pid) {
            process.fds.set(3, Descriptor { file, cloexec: true, preopen: true });
            self.proc_table.open(pid, 3);
        }
    }

    /// Starts a program in a new process; see [`SpawnRequest`].
    ///
    /// # Errors
    /// Those of finding the program (`NOENT`, `ACCES`, `NOEXEC`, …); `BADF` an action names a descriptor
    /// that is not open; `AGAIN` too many processes.
    pub fn spawn(&mut self, pid: Pid, request: SpawnRequest) -> Call<Pid> {
        let image = self.load(pid, &request.path, request.argv)?;
        self.within_argument_space(pid, &request.path, &image.argv, &request.envp)?;
        let child = self.copy_process(pid)?;
        let prepared = self.prepare(child, &request.actions, request.pgid);
        if let Err(errno) = prepared {
            self.forget(child);
            return Err(errno.into());
        }
        let process = self.process_mut(child)?;
        process.envp = request.envp;
        process.signals = process.signals.for_exec(request.default_signals);
        let program = image.program.clone();
        if let Err(errno) = self.install(child, image) {
            self.forget(child);
            return Err(errno.into());
        }
        self.sched.starts.push_back(Start { pid: child, program, kind: StartKind::Fresh });
        self.make_ready(child);
        Ok(child)
    }

    fn prepare(&mut self, child: Pid, actions: &[FdAction], pgid: Option<u32>) -> Result<(), Errno> {
        if let Some(pgid) = pgid {
            self.process_mut(child)?.pgid = if pgid == 0 { child } else { pgid };
        }
        for action in actions {
            match *action {
                FdAction::Dup { from, to } if from == to => self.process_mut(child)?.fds.get_mut(from)?.cloexec = false,
                FdAction::Dup { from, to } => self.dup_to(child, from, to, false)?,
                FdAction::Close(fd) => match self.close(child, fd) {
                    Ok(()) | Err(Halt::Errno(Errno::Badf)) => {}
                    Err(_) => return Err(Errno::Io),
                },
            }
        }
        Ok(())
    }

    /// Replaces the caller's program. On success the answer is [`Halt::Exit`], and [`Self::take_exec`]
    /// says what to run.
    pub fn exec(&mut self, pid: Pid, request: SpawnRequest) -> Call<()> {
        let image = self.load(pid, &request.path, request.argv)?;
        self.within_argument_space(pid, &request.path, &image.argv, &request.envp)?;
        let process = self.process_mut(pid)?;
        process.envp = request.envp;
        process.signals = process.signals.for_exec(request.default_signals);
        self.install(pid, image)?;
        self.process_mut(pid)?.exec_pending = true;
        Err(Halt::Exit)
    }

    /// The program that an `exec` put into this process, once.
    pub fn take_exec(&mut self, pid: Pid) -> Option<Program> {
        let process = self.procs.get_mut(&pid)?;
        core::mem::take(&mut process.exec_pending).then(|| process.program.clone())
    }

    /// Makes a child that is a copy of the caller; the engine copies the memory ([`StartKind::Fork`]).
    /// `AGAIN` too many processes.
    pub fn fork(&mut self, pid: Pid, arg: u32) -> Call<Pid> {
        let child = self.copy_process(pid)?;
        let program = self.process(child)?.program.clone();
        self.show_process(child);
        self.sched.starts.push_back(Start { pid: child, program, kind: StartKind::Fork { arg } });
        self.make_ready(child);
        Ok(child)
    }

    fn copy_process(&mut self, pid: Pid) -> Result<Pid, Errno> {
        if self.procs.len() >= self.limits.processes {
            return Err(Errno::Again);
        }
        let parent = self.process(pid)?;
        if !self.may_have_another(parent) {
            return Err(Errno::Again);
        }
        let child = Process {
            ppid: pid,
            pgid: parent.pgid,
            sid: parent.sid,
            state: State::Ready,
            creds: parent.creds.clone(),
            user: parent.user,
            group: parent.group,
            nice: parent.nice,
            io_priority: parent.io_priority,
            ran: 0,
            children_ran: 0,
            umask: parent.umask,
            cwd: parent.cwd,
            cwd_name: parent.cwd_name.clone(),
            fds: parent.fds.clone(),
            signals: parent.signals.for_fork(),
            argv: parent.argv.clone(),
            envp: parent.envp.clone(),
            exe: parent.exe,
            exe_name: parent.exe_name.clone(),
            file: parent.file,
            comm: parent.comm.clone(),
            program: parent.program.clone(),
            has_executed: false,
            left_tty: parent.left_tty,
            exec_pending: false,
            retry: Retry::default(),
            blocking: 0,
            alarm: None,
            alarm_interval: 0,
            started: self.clock.monotonic(),
            limits: parent.limits,
            memory: parent.memory,
            report: None,
        };
        self.vfs.pin(child.cwd)?;
        self.vfs.begin_execution(child.exe)?;
        for (_, descriptor) in child.fds.iter() {
            self.retain(descriptor.file);
        }
        let number = self.new_pid();
        self.procs.insert(number, child);
        Ok(number)
    }

    /// The next number that no process, group or session has; they begin anew after the last one.
    fn new_pid(&mut self) -> Pid {
        loop {
            let number = self.next_pid;
            self.next_pid = if number + 1 < PID_MAX { number + 1 } else { PIDS_RESERVED };
            let taken = |(pid, process): (&Pid, &Process)| [*pid, process.pgid, process.sid].contains(&number);
            if !self.procs.iter().any(taken) {
                return number;
            }
        }
    }

    /// Undoes [`Self::copy_process`].
    fn forget(&mut self, pid: Pid) {
        self.release_all(pid);
        self.procs.remove(&pid);
        self.proc_table.remove(pid);
    }

    /// Closes what a process holds: descriptors and its current directory.
    pub(crate) fn release_all(&mut self, pid: Pid) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        let (fds, cwd, exe) = (core::mem::take(&mut process.fds), process.cwd, process.exe);
        if let Some(opening) = process.retry.opening.take() {
            self.release(opening.file);
        }
        for (_, descriptor) in fds.iter() {
            self.release(descriptor.file);
        }
        // All sockets may still be on their way to each other.
        let mut unreachable = Vec::new();
        self.take_unreachable(&mut unreachable);
        unreachable.into_iter().for_each(|file| self.release(file));
        self.vfs.unpin(cwd);
        self.vfs.end_execution(exe);
    }

    fn close_on_exec(&mut self, pid: Pid) {
        let Ok(process) = self.process(pid) else { return };
        let closing: Vec<_> = process.fds.iter().filter(|(_, d)| d.cloexec).map(|(fd, _)| fd).collect();
        for fd in closing {
            let _ = self.close(pid, fd);
        }
    }

    /// A process's arguments.
    pub fn argv(&self, pid: Pid) -> Result<&[Vec<u8>], Errno> {
        Ok(&self.process(pid)?.argv)
    }

    /// A process's environment.
    pub fn envp(&self, pid: Pid) -> Result<&[Vec<u8>], Errno> {
        Ok(&self.process(pid)?.envp)
    }
}

/// A file's first `len` bytes, or all of a shorter one.
fn read_start(vfs: &mut Vfs, node: Node, len: usize) -> Result<Vec<u8>, Errno> {
    let (mut content, mut at) = (vec![0; len], 0);
    while at < len {
        match vfs.read_node(node, at as u64, &mut content[at..])? {
            0 => break,
            done => at += done,
        }
    }
    content.truncate(at);
    Ok(content)
}

/// The interpreter and its argument that a `#!` line names, as Linux reads it: of the first [`SHEBANG_MAX`] bytes all
/// but the last count; the line ends at a newline or NUL; only blanks and tabs part. `None` also when the line is cut off
/// within the interpreter's name.
fn shebang(head: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let line = head.get(..SHEBANG_MAX - 1).unwrap_or(head).strip_prefix(b"#!")?;
    let end = line.iter().position(|byte| matches!(byte, b'\n' | 0));
    let is_cut = end.is_none() && head.len() >= SHEBANG_MAX;
    let line = line.get(..end.unwrap_or(line.len()))?;
    let line = line.get(line.iter().position(|byte| !is_blank(byte))?..)?;
    let (interpreter, argument) = match line.iter().position(is_blank) {
        None if is_cut => return None,
        None => (line, line.get(line.len()..)?),
        Some(at) => line.split_at(at),
    };
    let argument = argument.get(argument.iter().position(|byte| !is_blank(byte)).unwrap_or(argument.len())..)?;
    let argument = argument.get(..argument.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1))?;
    Some((interpreter.to_vec(), (!argument.is_empty()).then(|| argument.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::{SHEBANG_MAX, shebang};

    #[test]
    fn interpreter_lines() {
        type Case<'a> = (&'a [u8], Option<(&'a [u8], Option<&'a [u8]>)>);
        let cut_in_name = [b"#!".as_slice(), &[b'/'; 253], b"bin/sh\n"].concat();
        let cut_in_argument = [b"#!/bin/echo".as_slice(), &[b' '; 243], b"xyz\n"].concat();
        let cut_before_argument = [b"#!/bin/echo".as_slice(), &[b' '; 244], b"xyz\n"].concat();
        let cases: [Case<'_>; 15] = [
            (b"#!/bin/sh\necho", Some((b"/bin/sh", None))),
            (b"#! \t/bin/sh -e -x \t\n", Some((b"/bin/sh", Some(b"-e -x")))),
            (b"#!/bin/sh", Some((b"/bin/sh", None))),
            (b"#!/bin/sh\r\n", Some((b"/bin/sh\r", None))),
            (b"#!/bin/sh -e\x0c\n", Some((b"/bin/sh", Some(b"-e\x0c")))),
            (b"#!/bin/sh\0x\n", Some((b"/bin/sh", None))),
            (b"#!/bin/sh x\0y\n", Some((b"/bin/sh", Some(b"x")))),
            (&cut_in_name[..SHEBANG_MAX], None),
            (&cut_in_argument[..SHEBANG_MAX], Some((b"/bin/echo", Some(b"x")))),
            (&cut_before_argument[..SHEBANG_MAX], Some((b"/bin/echo", None))),
            (b"#!\n", None),
            (b"#! \n", None),
            (b"#!", None),
            (b"#", None),
            (b"echo", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(name, arg)| (name.to_vec(), arg.map(<[u8]>::to_vec)));
            assert_eq!(shebang(line), expected, "{}", String::from_utf8_lossy(line));
        }
    }
}
