//! What a container and its processes may use up.

use wcr_abi::{ARGUMENT_MAX, Errno, Pid, Signal};

use crate::capability::Capability;
use crate::kernel::{Call, Halt, Kernel};
use crate::process::Process;

/// No limit.
pub(crate) const UNLIMITED: u64 = u64::MAX;

/// The resource number of the limit on CPU time, in seconds.
pub(crate) const RLIMIT_CPU: usize = 0;

/// The resource number of the limit on the size of files.
pub(crate) const RLIMIT_FSIZE: usize = 1;

/// The resource number of the limit on the stack, of which arguments and environment may take a quarter.
pub(crate) const RLIMIT_STACK: usize = 3;

/// The resource number of the limit on a user's processes.
pub(crate) const RLIMIT_NPROC: usize = 6;

/// The resource number of the limit on open files.
pub(crate) const RLIMIT_NOFILE: usize = 7;

/// The resource number of the limit on memory.
pub(crate) const RLIMIT_AS: usize = 9;

/// The resource number of the limit on how low a nice value may be: 20 less it.
pub(crate) const RLIMIT_NICE: usize = 13;

/// The resource number of the limit on priorities of real time.
const RLIMIT_RTPRIO: usize = 14;

/// Resource limits as `getrlimit(2)` has them, soft and hard, by Linux's numbers of resources.
pub type Resources = [(u64, u64); 16];

/// The limits of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The most processes at a time, those included that have ended and that nobody has waited for. One more is
    /// `AGAIN`.
    pub processes: usize,
    /// The most memory of all processes, which the engine watches over: what `/proc/meminfo` tells.
    pub memory: u64,
    /// The most bytes on standard output and standard error together. What comes after is `FBIG`, with `SIGXFSZ`, as
    /// for a file that is as large as may be.
    pub output: u64,
    /// What the first process starts with.
    pub resources: Resources,
}

impl Default for Limits {
    /// 256 processes and 1,024 open files each.
    fn default() -> Self {
        let mut resources = [(UNLIMITED, UNLIMITED); 16];
        resources[RLIMIT_STACK] = (8 << 20, UNLIMITED);
        resources[4] = (0, UNLIMITED); // core
        resources[RLIMIT_NPROC] = (256, 256);
        resources[RLIMIT_NOFILE] = (1024, 4096);
        resources[RLIMIT_NICE] = (0, 0);
        resources[RLIMIT_RTPRIO] = (0, 0);
        Self { processes: 256, memory: MEMORY, output: UNLIMITED, resources }
    }
}

/// The memory of a container that has no limit, as it is told: 1 GiB.
const MEMORY: u64 = 1 << 30;

/// The least and the most that arguments and environment may take, whatever the limit on the stack is.
const ARGUMENT_SPACE: (u64, u64) = (128 << 10, 6 << 20);

/// How many nanoseconds a second has.
const SECOND: u64 = 1_000_000_000;

impl Kernel {
    /// The part of `bytes` that may be written to a regular file at `at`. `FBIG`, with `SIGXFSZ`, when the caller's limit
    /// on the size of files allows none.
    pub(crate) fn within_file_size<'a>(&mut self, pid: Pid, at: u64, bytes: &'a [u8]) -> Call<&'a [u8]> {
        let limit = self.process(pid)?.limits[RLIMIT_FSIZE].0;
        if at >= limit {
            return Err(self.too_large(pid));
        }
        let room = usize::try_from(limit - at).unwrap_or(usize::MAX);
        Ok(bytes.get(..room).unwrap_or(bytes))
    }

    /// Checks that a regular file may become so long. `FBIG`, with `SIGXFSZ`.
    pub(crate) fn may_be_as_long(&mut self, pid: Pid, old: u64, new: u64) -> Call<()> {
        let limit = self.process(pid)?.limits[RLIMIT_FSIZE].0;
        if new > old && new > limit { Err(self.too_large(pid)) } else { Ok(()) }
    }

    fn too_large(&mut self, pid: Pid) -> Halt {
        self.post_signal_from_call(pid, Signal::XFSZ).err().unwrap_or(Halt::Errno(Errno::Fbig))
    }

    /// Checks that a program can be given these arguments and this environment, as `execve(2)` counts them: with their
    /// NULs, a pointer of 8 bytes each, and the path. `TOOBIG`.
    pub(crate) fn within_argument_space(
        &self,
        pid: Pid,
        path: &[u8],
        argv: &[Vec<u8>],
        envp: &[Vec<u8>],
    ) -> Result<(), Errno> {
        let (least, most) = ARGUMENT_SPACE;
        let space = (self.process(pid)?.limits[RLIMIT_STACK].0 / 4).clamp(least, most);
        let mut used = path.len() as u64 + 1;
        for string in argv.iter().chain(envp) {
            if string.len() >= ARGUMENT_MAX {
                return Err(Errno::TooBig);
            }
            used += string.len() as u64 + 1 + 8;
        }
        if used > space { Err(Errno::TooBig) } else { Ok(()) }
    }

    /// Whether the caller's user may have another process. The superuser may.
    pub(crate) fn may_have_another(&self, process: &Process) -> bool {
        let user = process.user.real;
        let count = self.procs.values().filter(|other| other.user.real == user).count() as u64;
        user == 0 || process.is_capable(Capability::Resource) || count < process.limits[RLIMIT_NPROC].0
    }

    /// Whether a process's own limit allows its memory to have so many bytes.
    #[must_use]
    pub fn allows_memory(&self, pid: Pid, bytes: u64) -> bool {
        self.procs.get(&pid).is_none_or(|process| bytes <= process.limits[RLIMIT_AS].0)
    }

    /// How much memory a process's own limit allows, in bytes.
    #[must_use]
    pub fn memory_limit(&self, pid: Pid) -> Option<u64> {
        self.procs.get(&pid).map(|process| process.limits[RLIMIT_AS].0).filter(|limit| *limit != UNLIMITED)
    }

    /// Whether a process is to be looked at while it makes no calls (see [`Self::interrupt`]): when its CPU time is
    /// limited; and when it is a program of the image, which may compute without end, and there are or may be others.
    #[must_use]
    pub fn is_watched(&self, pid: Pid) -> bool {
        let Some(process) = self.procs.get(&pid) else { return false };
        let alone = pid == 1 && self.console.is_none();
        let foreign = process.program.guest().is_none();
        self.clock.is_host() && (process.limits[RLIMIT_CPU] != (UNLIMITED, UNLIMITED) || foreign && !alone)
    }

    /// Ends a process that ran longer than its limit allows, or sends it `XCPU` first, and then each second.
    pub(crate) fn check_cpu_time(&mut self, pid: Pid) {
        let Some(process) = self.procs.get(&pid) else { return };
        let (soft, hard) = process.limits[RLIMIT_CPU];
        if soft == UNLIMITED && hard == UNLIMITED {
            return;
        }
        let seconds = self.cpu_time(pid, process) / SECOND;
        if seconds >= hard {
            self.post_guarded(pid, Signal::KILL);
        } else if seconds >= soft {
            if let Some(process) = self.procs.get_mut(&pid) {
                process.limits[RLIMIT_CPU].0 = seconds + 1;
            }
            self.post_guarded(pid, Signal::XCPU);
        }
    }
}
