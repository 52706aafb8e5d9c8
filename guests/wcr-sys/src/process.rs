//! Processes: starting, replacing, copying, waiting; identity.

use wcr_abi::{Ids, OpenFlags, Pid, SpawnRequest, Times, Uname, WaitStatus};

use crate::imports;
use crate::{Errno, Result, check, fd, fs, signal};

/// What runs scripts that name no interpreter.
const SHELL: &[u8] = b"/bin/sh";

/// Starts a program; see [`SpawnRequest`]. The error is that of finding and opening the program.
pub fn spawn(request: &SpawnRequest) -> Result<Pid> {
    let (bytes, mut pid) = (request.encode(), 0);
    check(imports::spawn(bytes.as_ptr(), bytes.len(), &raw mut pid))?;
    Ok(pid)
}

/// Replaces this process's program; returns only on failure.
pub fn exec(request: &SpawnRequest) -> Errno {
    let bytes = request.encode();
    check(imports::exec(bytes.as_ptr(), bytes.len())).err().unwrap_or(Errno::Io)
}

/// As [`spawn`]; a file that is no machine code and names no interpreter is a script of the shell, as for execvp(3).
pub fn spawn_or_script(request: &SpawnRequest) -> Result<Pid> {
    match spawn(request) {
        Err(Errno::Noexec) if !is_machine_code(&request.path) => spawn(&by_shell(request)),
        started => started,
    }
}

/// As [`exec`], with scripts as [`spawn_or_script`] has them.
pub fn exec_or_script(request: &SpawnRequest) -> Errno {
    match exec(request) {
        Errno::Noexec if !is_machine_code(&request.path) => exec(&by_shell(request)),
        error => error,
    }
}

fn by_shell(request: &SpawnRequest) -> SpawnRequest {
    let mut request = request.clone();
    let script = core::mem::replace(&mut request.path, SHELL.to_vec());
    request.argv.splice(..request.argv.len().min(1), [SHELL.to_vec(), script]);
    request
}

/// Whether the file is a program of machine code that nothing stands in for: as a script it would only be noise.
#[must_use]
pub fn is_machine_code(path: &[u8]) -> bool {
    let Ok(file) = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) else { return false };
    let mut magic = [0; 4];
    let count = fd::read(file, &mut magic);
    // It was only read.
    let _ = fd::close(file);
    count == Ok(magic.len()) && magic == *b"\x7fELF"
}

/// Copies this process: memory, descriptors, dispositions. The copy starts in the guest's exported
/// function [`wcr_abi::FORK_ENTRY`] with `arg`, with no stack of calls behind it; the parent goes on here.
/// `arg` should be the address of what the child needs.
pub fn fork<T>(arg: *mut T) -> Result<Pid> {
    let mut pid = 0;
    check(imports::fork(arg as usize, &raw mut pid))?;
    Ok(pid)
}

/// Has who runs the container answer a question; the answer is what can be read from the descriptor. `NOSYS` where nobody
/// answers.
pub fn ask(question: &[u8]) -> Result<crate::Fd> {
    let mut out = 0;
    check(imports::ask(question.as_ptr(), question.len(), &raw mut out))?;
    Ok(out)
}

/// Ends the process.
pub fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}

/// Waits for a child: -1 any, 0 any of this process group, >0 that one, <-1 that process group.
/// `None` only with `WNOHANG`. `CHILD` when there is no such child; `INTR` when a caught signal came.
pub fn wait(pid: i32, flags: u32) -> Result<Option<(Pid, WaitStatus)>> {
    let (mut found, mut status) = (0, 0);
    signal::interruptible(|| check(imports::wait(pid, flags, &raw mut found, &raw mut status)))?;
    Ok((found != 0).then(|| (found, WaitStatus::decode(status))))
}

/// The process's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcIds {
    /// Its own.
    pub pid: Pid,
    /// Its parent's.
    pub ppid: Pid,
    /// Its process group's.
    pub pgid: Pid,
    /// Its session's.
    pub sid: Pid,
}

/// The process's numbers.
#[must_use]
pub fn ids() -> ProcIds {
    let mut ids = [0; 4];
    imports::proc_ids(ids.as_mut_ptr());
    ProcIds { pid: ids[0], ppid: ids[1], pgid: ids[2], sid: ids[3] }
}

/// The process's users and groups.
#[must_use]
pub fn user_ids() -> Ids {
    let (mut ids, mut groups, mut count) = ([0; 4], vec![0; 64], 0);
    imports::user_ids(ids.as_mut_ptr(), groups.as_mut_ptr(), groups.len(), &raw mut count);
    groups.truncate(count);
    Ids { uid: ids[0], euid: ids[1], gid: ids[2], egid: ids[3], groups }
}

/// The process group of a process (0: this one). `SRCH` no such process.
pub fn getpgid(pid: Pid) -> Result<Pid> {
    Ok(group_and_session(pid)?[0])
}

/// The session of a process (0: this one). `SRCH` no such process.
pub fn getsid(pid: Pid) -> Result<Pid> {
    Ok(group_and_session(pid)?[1])
}

fn group_and_session(pid: Pid) -> Result<[Pid; 2]> {
    let mut out = [0; 2];
    check(imports::proc_group(pid, out.as_mut_ptr()))?;
    Ok(out)
}

/// Puts a process (0: this one) into a process group (0: its own number).
pub fn setpgid(pid: Pid, pgid: Pid) -> Result<()> {
    check(imports::setpgid(pid, pgid))
}

/// Makes this process the leader of a new session.
pub fn setsid() -> Result<Pid> {
    let mut sid = 0;
    check(imports::setsid(&raw mut sid))?;
    Ok(sid)
}

/// The CPU time used so far.
#[must_use]
pub fn times() -> Times {
    let mut out = [0; 4];
    imports::times(out.as_mut_ptr());
    Times { user: out[0], system: out[1], child_user: out[2], child_system: out[3] }
}

/// The system's names.
#[must_use]
pub fn uname() -> Uname {
    let (mut buf, mut used) = (vec![0; 512], 0);
    imports::uname(buf.as_mut_ptr(), buf.len(), &raw mut used);
    buf.truncate(used);
    let mut fields = buf.split(|byte| *byte == 0).map(|field| String::from_utf8_lossy(field).into_owned());
    let mut next = || fields.next().unwrap_or_default();
    Uname { sysname: next(), nodename: next(), release: next(), version: next(), machine: next() }
}

/// Which of the programs that this guest stands in for it was started as; 0 is the one that it is made for.
#[must_use]
pub fn flavour() -> u32 {
    let mut flavour = 0;
    imports::flavour(&raw mut flavour);
    flavour
}

/// A resource's soft and hard limit; `u64::MAX` is none. Resources have Linux's numbers.
pub fn rlimit(resource: u32) -> Result<(u64, u64)> {
    let mut limits = [0; 2];
    check(imports::rlimit_get(resource, limits.as_mut_ptr()))?;
    Ok((limits[0], limits[1]))
}

/// Sets a resource's limits.
pub fn set_rlimit(resource: u32, soft: u64, hard: u64) -> Result<()> {
    check(imports::rlimit_set(resource, soft, hard))
}
