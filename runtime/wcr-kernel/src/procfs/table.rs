//! What the kernel tells `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wcr_abi::{Disposition, Fd, Pid, Signal, Stat, Timestamp, Uname};
use wcr_vfs::Ino;

use crate::kernel::Kernel;
use crate::process::{Process, State};

use super::place::{Global, PerProcess, Place};

/// What `/proc` tells of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcEntry {
    pub(crate) ppid: Pid,
    pub(crate) pgid: Pid,
    pub(crate) sid: Pid,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) zombie: bool,
    pub(crate) comm: Vec<u8>,
    pub(crate) argv: Vec<Vec<u8>>,
    pub(crate) envp: Vec<Vec<u8>>,
    /// The executed file: device, inode and size.
    pub(crate) file: (u64, u64, u64),
    /// Since the container's start, in nanoseconds.
    pub(crate) started: u64,
    pub(crate) fds: BTreeSet<Fd>,
    /// What is looked up when somebody looks.
    pub(crate) live: Live,
}

/// What changes all the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    /// The letter for its state.
    pub(super) state: Option<char>,
    pub(super) umask: u32,
    /// The real, the effective and the saved id of the user, and of the group.
    pub(super) ids: [[u32; 3]; 2],
    pub(super) groups: Vec<u32>,
    /// The capabilities that it can have, and that it has.
    pub(super) capabilities: [u64; 2],
    pub(super) nice: i32,
    /// CPU time in nanoseconds: its own, and its children's.
    pub(super) cpu: [u64; 2],
    /// The executed file's path, for who reads `maps`.
    pub(super) exe: Vec<u8>,
    /// How large its memory is, in bytes.
    pub(super) memory: u64,
    pub(super) pending: u64,
    pub(super) blocked: u64,
    pub(super) ignored: u64,
    pub(super) caught: u64,
    /// The soft and the hard limits, by Linux's number of the resource.
    pub(super) limits: [(u64, u64); 16],
    /// The owner's permissions of the links to open files.
    pub(super) fd_modes: BTreeMap<Fd, u32>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) processes: BTreeMap<Pid, ProcEntry>,
    /// The content of `/proc/mounts`.
    pub(super) mounts: String,
    /// The content of `mountinfo`, the same for all.
    pub(super) mountinfo: String,
    /// What makes a start of the container different from others, once somebody has asked.
    pub(super) boot_id: Option<[u8; 16]>,
    /// What `/proc/sys/kernel/random/uuid` says next.
    pub(super) uuid: [u8; 16],
    /// What `uname` says.
    pub(super) uname: Option<Uname>,
    /// Nanoseconds since the container's start.
    pub(super) uptime: u64,
    /// The most memory of all processes, in bytes.
    pub(super) memory: u64,
    pub(super) now: Timestamp,
}

/// The process table as `/proc` shows it, shared between the kernel and [`super::ProcFs`].
#[derive(Debug, Clone, Default)]
pub struct ProcTable(Arc<Mutex<Shared>>);

impl ProcTable {
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what `/proc/mounts`, `mountinfo` and the files about the system say.
    pub fn describe(&self, mounts: String, mountinfo: String, uname: &Uname) {
        let mut shared = self.lock();
        (shared.mounts, shared.mountinfo) = (mounts, mountinfo);
        shared.uname = Some(uname.clone());
    }

    /// Shows a process.
    pub(crate) fn show(&self, pid: Pid, entry: ProcEntry) {
        self.lock().processes.insert(pid, entry);
    }

    pub(crate) fn remove(&self, pid: Pid) {
        self.lock().processes.remove(&pid);
    }

    pub(crate) fn open(&self, pid: Pid, fd: Fd) {
        if let Some(entry) = self.lock().processes.get_mut(&pid) {
            entry.fds.insert(fd);
        }
    }

    pub(crate) fn close(&self, pid: Pid, fd: Fd) {
        if let Some(entry) = self.lock().processes.get_mut(&pid) {
            entry.fds.remove(&fd);
        }
    }
}

impl Kernel {
    /// Metadata as a process sees it: what is in `/proc` is of this moment.
    pub(crate) fn dated(&self, stat: Stat) -> Stat {
        if self.proc_mount.is_none_or(|mount| stat.dev != u64::from(mount) + 1) {
            return stat;
        }
        let now = self.now();
        Stat { atime: now, mtime: now, ctime: now, ..stat }
    }

    /// Brings `/proc` up to date for a process that is about to look at one of its files.
    pub(crate) fn refresh_proc(&mut self, reader: Pid, file: Ino) {
        let now = self.now();
        let uptime = self.clock.monotonic().saturating_sub(self.booted);
        let place = Place::of(file).ok();
        // Only `maps` names the executed file.
        let mapped =
            place.and_then(Place::per_process).filter(|(_, file)| *file == PerProcess::Maps).map(|(pid, _)| pid);
        let program =
            mapped.and_then(|pid| self.procs.get(&pid)).map(|process| (process.exe, process.exe_name.clone()));
        let exe = program.and_then(|(node, name)| self.vfs.name_of(node, &name).ok()).unwrap_or_default();
        let mut shared = self.proc_table.lock();
        match place.and_then(Place::global) {
            Some(Global::Uuid) => self.entropy.fill(&mut shared.uuid),
            Some(Global::BootId) if shared.boot_id.is_none() => {
                let mut boot_id = [0; 16];
                self.entropy.fill(&mut boot_id);
                shared.boot_id = Some(boot_id);
            }
            _ => {}
        }
        (shared.uptime, shared.now, shared.memory) = (uptime, now, self.limits.memory);
        for (pid, process) in &self.procs {
            let Some(entry) = shared.processes.get_mut(pid) else { continue };
            entry.live = self.live(*pid, process);
            if *pid == reader {
                entry.live.state = Some('R');
            }
            (entry.ppid, entry.pgid, entry.sid) = (process.ppid, process.pgid, process.sid);
            (entry.uid, entry.gid) = (process.creds.uid, process.creds.gid);
        }
        if let Some(entry) = mapped.and_then(|pid| shared.processes.get_mut(&pid)) {
            entry.live.exe = exe;
        }
    }

    fn live(&self, pid: Pid, process: &Process) -> Live {
        let state = match process.state {
            State::Ready => 'R',
            State::Blocked => 'S',
            State::Stopped { .. } => 'T',
            State::Zombie(_) => 'Z',
        };
        let with = |disposition| {
            let signals = (1..=Signal::MAX).map(Signal);
            let chosen = signals.filter(|signal| process.signals.disposition(*signal) == disposition);
            chosen.fold(0, |set, signal| set | signal.bit())
        };
        let fd_mode = |file: crate::file::FileId| {
            let flags = self.file(file).map(|file| file.flags).unwrap_or_default();
            0o100 | if flags.readable() { 0o400 } else { 0 } | if flags.writable() { 0o200 } else { 0 }
        };
        Live {
            state: Some(state),
            umask: process.umask,
            ids: [
                [process.user.real, process.creds.uid, process.user.saved],
                [process.group.real, process.creds.gid, process.group.saved],
            ],
            groups: process.creds.groups.clone(),
            capabilities: [process.permitted_capabilities(), process.effective_capabilities()],
            nice: process.nice,
            memory: if let State::Zombie(_) = process.state { 0 } else { process.memory },
            cpu: [self.cpu_time(pid, process), process.children_ran],
            pending: process.signals.pending,
            blocked: process.signals.blocked,
            ignored: with(Disposition::Ignore),
            caught: with(Disposition::Catch),
            limits: process.limits,
            exe: Vec::new(),
            fd_modes: process.fds.iter().map(|(fd, descriptor)| (fd, fd_mode(descriptor.file))).collect(),
        }
    }
}
