//! The kernel's state and what every call starts from.

use std::collections::{BTreeMap, HashMap};

use wcr_abi::{Errno, Pid, Timestamp, Uname, WaitStatus, WinSize};
use wcr_vfs::{Node, Vfs};

use crate::answers::Answers;
use crate::clock::Clock;
use crate::file::{OpenFile, PipeId, Slab};
use crate::limits::Limits;
use crate::locks::{Holders, Locked};
use crate::pipe::Pipe;
use crate::process::{Process, State};
use crate::procfs::{ProcFs, ProcTable};
use crate::program::Loader;
use crate::random::Entropy;
use crate::sched::{CALLS, Scheduler};
use crate::socket::Sockets;
use crate::stdio::{HostInput, HostOutput, Stdio};
use crate::trace::{Trace, TracedCall};
use crate::trace_log::{TraceLog, TraceSink};
use crate::tty::{Tty, TtyId};

/// Why a call did not return a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// It failed.
    Errno(Errno),
    /// It waits: suspend the process, and make the same call again when it is ready.
    Block,
    /// The process ended or got another program: leave the guest, do not come back to this call.
    Exit,
}

impl From<Errno> for Halt {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// The result of a call that may block.
pub type Call<T> = Result<T, Halt>;

/// What a kernel is made of.
pub struct KernelOptions {
    /// The file system, with everything mounted but `/proc`'s content.
    pub vfs: Vfs,
    /// The clock.
    pub clock: Clock,
    /// The source of randomness.
    pub entropy: Box<dyn Entropy>,
    /// Decides what runs for a file.
    pub loader: Box<dyn Loader>,
    /// What `uname` says.
    pub uname: Uname,
    /// The host's ends of the standard streams.
    pub stdio: Stdio,
    /// What it may use up.
    pub limits: Limits,
    /// The trace to be kept, if any.
    pub trace: Option<Trace>,
    /// Keeps the root file system when a program asks for that.
    pub persist: Option<Persist>,
    /// Answers questions of programs, if anybody does.
    pub answers: Option<Answers>,
    /// The seed of another legal order in which processes run; `None` for the usual one.
    pub schedule: Option<u64>,
}

/// Writes what was changed in a file system to where it outlives the container.
pub type Persist = Box<dyn FnMut(&mut Vfs) -> Result<(), Errno> + Send>;

/// A container's kernel.
pub struct Kernel {
    pub(crate) vfs: Vfs,
    pub(crate) clock: Clock,
    pub(crate) entropy: Box<dyn Entropy>,
    pub(crate) loader: Box<dyn Loader>,
    pub(crate) uname: Uname,
    pub(crate) stdin: Option<Box<dyn HostInput>>,
    pub(crate) stdout: Box<dyn HostOutput>,
    pub(crate) stderr: Box<dyn HostOutput>,
    pub(crate) limits: Limits,
    /// How many bytes have gone to the host's standard output and standard error.
    pub(crate) written: u64,
    pub(crate) procs: BTreeMap<Pid, Process>,
    pub(crate) files: Slab<OpenFile>,
    pub(crate) pipes: Slab<Pipe>,
    pub(crate) sockets: Sockets,
    pub(crate) ttys: Slab<Tty>,
    /// The terminal that the host gave.
    pub(crate) console: Option<TtyId>,
    /// The size of the terminal that the first process gets.
    pub(crate) terminal: Option<WinSize>,
    /// Looked up only, never listed: the order of a hash map shows nowhere.
    pub(crate) fifos: HashMap<Node, PipeId>,
    pub(crate) sched: Scheduler,
    pub(crate) next_pid: Pid,
    pub(crate) finished: Option<WaitStatus>,
    pub(crate) refusal: Option<String>,
    pub(crate) proc_table: ProcTable,
    /// The number of the mount at `/proc`.
    pub(crate) proc_mount: Option<u32>,
    /// The root of the file system whose files have no names, once there is one.
    pub(crate) nameless: Option<Node>,
    /// The seals of its files that are open.
    pub(crate) seals: BTreeMap<Node, u32>,
    /// Who has locked what.
    pub(crate) locks: BTreeMap<Locked, Holders>,
    /// The monotonic clock when the container started.
    pub(crate) booted: u64,
    pub(crate) trace: Option<Trace>,
    persist: Option<Persist>,
    pub(crate) answers: Option<Answers>,
    /// The file with the answer to the last question.
    pub(crate) answered: Option<Node>,
    /// How many guest calls there were.
    calls: u32,
    /// The process that runs, and since when.
    pub(crate) running: Option<(Pid, u64)>,
}

impl Kernel {
    /// A kernel with no process yet; see [`Self::start`].
    #[must_use]
    pub fn new(options: KernelOptions, proc_table: ProcTable) -> Self {
        let KernelOptions { vfs, clock, entropy, loader, uname, stdio, limits, trace, persist, answers, schedule } =
            options;
        let booted = clock.monotonic();
        let proc_mount = vfs.mount_of(ProcFs::TYPE);
        Self {
            vfs,
            clock,
            entropy,
            loader,
            uname,
            stdin: stdio.input,
            stdout: stdio.output,
            stderr: stdio.error,
            limits,
            written: 0,
            procs: BTreeMap::new(),
            files: Slab::default(),
            pipes: Slab::default(),
            sockets: Sockets::default(),
            ttys: Slab::default(),
            console: None,
            terminal: stdio.terminal,
            fifos: HashMap::new(),
            sched: Scheduler::new(schedule),
            next_pid: 1,
            finished: None,
            refusal: None,
            proc_table,
            proc_mount,
            nameless: None,
            seals: BTreeMap::new(),
            locks: BTreeMap::new(),
            booted,
            trace,
            persist,
            answers,
            answered: None,
            calls: 0,
            running: None,
        }
    }

    /// Counts one guest call, and takes note how large the caller's memory is, where that is known. [`Halt::Exit`] when
    /// the process is gone.
    pub fn enter(&mut self, pid: Pid, memory: Option<u64>) -> Call<()> {
        self.clock.tick();
        self.calls = self.calls.wrapping_add(1);
        if self.calls.is_multiple_of(CALLS) {
            self.look_around();
        }
        let living = |process: &&mut Process| !matches!(process.state, State::Zombie(_));
        let process = self.procs.get_mut(&pid).filter(living).ok_or(Halt::Exit)?;
        process.memory = memory.unwrap_or(process.memory);
        Ok(())
    }

    /// [`Self::enter`] for a call that may wait. [`Halt::Block`] when it is for others to run first.
    pub fn enter_waiting(&mut self, pid: Pid, memory: Option<u64>) -> Call<()> {
        self.enter(pid, memory)?;
        self.count_turn(pid)
    }

    /// Whether a trace is kept.
    #[must_use]
    pub const fn is_traced(&self) -> bool {
        self.trace.is_some()
    }

    /// Whether the digest of a trace is kept.
    #[must_use]
    pub fn has_trace_digest(&self) -> bool {
        self.trace.as_ref().is_some_and(Trace::has_digest)
    }

    /// The lines of the trace, if they are written.
    pub fn trace_log(&mut self) -> Option<&mut TraceLog> {
        self.trace.as_mut()?.log.as_mut()
    }

    /// A call of `pid` that is about to be made, for the trace; `None` where none is kept.
    pub fn traced_call(
        &mut self,
        pid: Pid,
        name: &str,
        args: impl ExactSizeIterator<Item = u64>,
    ) -> Option<TracedCall> {
        Some(self.trace.as_mut()?.call(pid, name, args))
    }

    /// Adds a finished call to the trace.
    pub fn trace_call(&mut self, call: TracedCall, result: u32) {
        if let Some(trace) = &mut self.trace {
            trace.add(call, result);
        }
    }

    /// Adds to the lines of the trace, if they are written.
    pub(crate) fn log(&mut self, add: impl FnOnce(&mut TraceLog)) {
        if let Some(log) = self.trace_log() {
            add(log);
        }
    }

    /// From now on the lines of a trace go to `sink`; with `None` none are written any more. What has a digest keeps it.
    pub fn watch(&mut self, sink: Option<TraceSink>) {
        let kept = self.trace.take();
        self.trace = match kept {
            Some(trace) if trace.has_digest() => Some(trace.with_lines(sink)),
            _ => Trace::new(false, sink),
        };
    }

    /// The digest of the trace, if one is kept.
    #[must_use]
    pub fn trace_digest(&self) -> Option<[u8; 32]> {
        self.trace.as_ref().and_then(Trace::digest)
    }

    /// The file system.
    pub fn vfs(&mut self) -> &mut Vfs {
        &mut self.vfs
    }

    /// Has what was changed of the root file system written to where it outlives the container, if there is such a place.
    ///
    /// # Errors
    /// `NOSPC`, `IO`.
    pub fn sync(&mut self) -> Result<(), Errno> {
        self.persist.as_mut().map_or(Ok(()), |persist| persist(&mut self.vfs))
    }

    /// Why the last program could not be executed, in a sentence for the user.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// How the container's first process ended.
    #[must_use]
    pub fn finished(&self) -> Option<WaitStatus> {
        self.finished
    }

    /// The clock of `id`, in nanoseconds: 0 realtime, 1 monotonic, 2 and 3 the caller's CPU time. `INVAL` for others.
    pub fn clock_time(&self, pid: Pid, id: u32) -> Result<u64, Errno> {
        match id {
            0 => Ok(self.clock.realtime()),
            1 => Ok(self.clock.monotonic()),
            2 | 3 => Ok(self.cpu_time(pid, self.process(pid)?)),
            _ => Err(Errno::Inval),
        }
    }

    /// Fills `buf` with random bytes.
    pub fn random(&mut self, buf: &mut [u8]) {
        self.entropy.fill(buf);
    }

    /// What `uname` says.
    #[must_use]
    pub fn uname(&self) -> &Uname {
        &self.uname
    }

    /// The flavour of the guest that a process runs (see [`crate::Program::Flavoured`]).
    ///
    /// # Errors
    /// `SRCH` no such process.
    pub fn flavour(&self, pid: Pid) -> Result<u32, Errno> {
        self.process(pid).map(|process| process.program.flavour())
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.clock.realtime())
    }

    pub(crate) fn process(&self, pid: Pid) -> Result<&Process, Errno> {
        self.procs.get(&pid).ok_or(Errno::Srch)
    }

    pub(crate) fn process_mut(&mut self, pid: Pid) -> Result<&mut Process, Errno> {
        self.procs.get_mut(&pid).ok_or(Errno::Srch)
    }

    pub(crate) fn input_ready(&mut self) -> bool {
        self.stdin.as_mut().is_none_or(|stdin| stdin.ready())
    }
}
