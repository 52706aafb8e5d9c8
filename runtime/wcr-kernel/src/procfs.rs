//! `/proc`: the process table as files (`proc(5)`).
//!
//! The file system and the kernel share a [`ProcTable`]: the kernel writes what changes, the file system
//! renders it when a file is read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wcr_abi::{Errno, Fd, FileKind, Mode, Pid, Stat, StatFs, Timestamp, Uname};
use wcr_vfs::{DirEntry, FileSystem, Ino, MagicLink, NewInode, SetAttr};

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
    pub(crate) exe: Vec<u8>,
    pub(crate) cwd: Vec<u8>,
    /// Since the container's start, in nanoseconds.
    pub(crate) started: u64,
    pub(crate) fds: BTreeMap<Fd, Vec<u8>>,
}

#[derive(Debug, Default)]
struct Shared {
    processes: BTreeMap<Pid, ProcEntry>,
    /// The content of `/proc/mounts`.
    mounts: String,
    /// The content of `/proc/version`.
    version: String,
    /// Nanoseconds since the container's start.
    uptime: u64,
    now: Timestamp,
}

/// The process table as `/proc` shows it, shared between the kernel and [`ProcFs`].
#[derive(Debug, Clone, Default)]
pub struct ProcTable(Arc<Mutex<Shared>>);

impl ProcTable {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what `/proc/mounts` and `/proc/version` say.
    pub fn describe(&self, mounts: String, uname: &Uname) {
        let mut shared = self.lock();
        shared.mounts = mounts;
        shared.version = format!("{} version {} {}\n", uname.sysname, uname.release, uname.version);
    }

    pub(crate) fn set_time(&self, uptime: u64, now: Timestamp) {
        let mut shared = self.lock();
        (shared.uptime, shared.now) = (uptime, now);
    }

    /// Shows a process; its descriptors stay as they are listed.
    pub(crate) fn show(&self, pid: Pid, mut entry: ProcEntry) {
        let mut shared = self.lock();
        if let Some(old) = shared.processes.get_mut(&pid) {
            entry.fds = core::mem::take(&mut old.fds);
        } else if let Some(parent) = shared.processes.get(&entry.ppid) {
            entry.fds.clone_from(&parent.fds);
        }
        shared.processes.insert(pid, entry);
    }

    pub(crate) fn remove(&self, pid: Pid) {
        self.lock().processes.remove(&pid);
    }

    pub(crate) fn set_cwd(&self, pid: Pid, cwd: Vec<u8>) {
        if let Some(entry) = self.lock().processes.get_mut(&pid) {
            entry.cwd = cwd;
        }
    }

    pub(crate) fn open(&self, pid: Pid, fd: Fd, target: Vec<u8>) {
        if let Some(entry) = self.lock().processes.get_mut(&pid) {
            entry.fds.insert(fd, target);
        }
    }

    pub(crate) fn copy(&self, pid: Pid, from: Fd, to: Fd) {
        if let Some(entry) = self.lock().processes.get_mut(&pid)
            && let Some(target) = entry.fds.get(&from).cloned()
        {
            entry.fds.insert(to, target);
        }
    }

    pub(crate) fn close(&self, pid: Pid, fd: Fd) {
        if let Some(entry) = self.lock().processes.get_mut(&pid) {
            entry.fds.remove(&fd);
        }
    }
}

/// Files of `/proc` itself.
const GLOBAL: [(&str, FileKind); 9] = [
    ("cpuinfo", FileKind::Regular),
    ("filesystems", FileKind::Regular),
    ("loadavg", FileKind::Regular),
    ("meminfo", FileKind::Regular),
    ("mounts", FileKind::Symlink),
    ("self", FileKind::Symlink),
    ("stat", FileKind::Regular),
    ("uptime", FileKind::Regular),
    ("version", FileKind::Regular),
];

/// Files of a process's folder.
const PER_PROCESS: [(&str, FileKind); 10] = [
    ("cmdline", FileKind::Regular),
    ("comm", FileKind::Regular),
    ("cwd", FileKind::Symlink),
    ("environ", FileKind::Regular),
    ("exe", FileKind::Symlink),
    ("fd", FileKind::Directory),
    ("mounts", FileKind::Regular),
    ("root", FileKind::Symlink),
    ("stat", FileKind::Regular),
    ("status", FileKind::Regular),
];

/// What an inode number of `/proc` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Global(usize),
    Process(Pid),
    File(Pid, usize),
    Fd(Pid, Fd),
}

impl Place {
    /// The process in the upper half; below it 0 the folder, 1.. its files, 256.. its descriptors.
    fn ino(self) -> Ino {
        let of = |pid: Pid, low: u64| u64::from(pid) << 32 | low;
        match self {
            Self::Root => 1,
            Self::Global(at) => 2 + at as u64,
            Self::Process(pid) => of(pid, 0),
            Self::File(pid, at) => of(pid, 1 + at as u64),
            Self::Fd(pid, fd) => of(pid, 256 + u64::from(fd)),
        }
    }

    fn of(ino: Ino) -> Result<Self, Errno> {
        let (pid, low) = ((ino >> 32) as Pid, ino as u32);
        Ok(match (pid, low) {
            (0, 1) => Self::Root,
            (0, low) => {
                Self::Global((low as usize).checked_sub(2).filter(|at| *at < GLOBAL.len()).ok_or(Errno::Stale)?)
            }
            (pid, 0) => Self::Process(pid),
            (pid, low @ 1..256) => Self::File(pid, low as usize - 1),
            (pid, low) => Self::Fd(pid, low - 256),
        })
    }

    fn kind(self) -> Result<FileKind, Errno> {
        Ok(match self {
            Self::Root | Self::Process(_) => FileKind::Directory,
            Self::Global(at) => GLOBAL[at].1,
            Self::File(_, at) => PER_PROCESS.get(at).ok_or(Errno::Stale)?.1,
            Self::Fd(..) => FileKind::Symlink,
        })
    }
}

/// The file system at `/proc`.
#[derive(Debug)]
pub struct ProcFs {
    table: ProcTable,
}

impl ProcFs {
    /// A view of `table`.
    #[must_use]
    pub const fn new(table: ProcTable) -> Self {
        Self { table }
    }

    fn content(&self, place: Place) -> Result<Vec<u8>, Errno> {
        let shared = self.table.lock();
        match place {
            Place::Global(at) => Ok(global_content(&shared, GLOBAL[at].0).into_bytes()),
            Place::File(pid, at) => {
                let entry = shared.processes.get(&pid).ok_or(Errno::Srch)?;
                match PER_PROCESS.get(at).map(|(name, _)| *name) {
                    Some("cmdline") => Ok(joined(&entry.argv)),
                    Some("environ") => Ok(joined(&entry.envp)),
                    Some("comm") => Ok([&entry.comm, b"\n".as_slice()].concat()),
                    Some("mounts") => Ok(shared.mounts.clone().into_bytes()),
                    Some("stat") => Ok(stat_line(pid, entry)),
                    Some("status") => Ok(status_lines(pid, entry)),
                    _ => Err(Errno::Inval),
                }
            }
            _ => Err(Errno::Isdir),
        }
    }
}

fn joined(strings: &[Vec<u8>]) -> Vec<u8> {
    strings.iter().flat_map(|string| string.iter().copied().chain([0])).collect()
}

fn global_content(shared: &Shared, name: &str) -> String {
    let seconds = |nanos: u64| format!("{}.{:02}", nanos / 1_000_000_000, nanos / 10_000_000 % 100);
    match name {
        "cpuinfo" => "processor\t: 0\nvendor_id\t: wcr\nmodel name\t: WebAssembly\n\n".to_owned(),
        "filesystems" => "nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n".to_owned(),
        "loadavg" => format!("0.00 0.00 0.00 1/{} {}\n", shared.processes.len(), last_pid(shared)),
        "meminfo" => "MemTotal:        1048576 kB\nMemFree:          786432 kB\nMemAvailable:     917504 kB\n\
                      Buffers:               0 kB\nCached:           131072 kB\nSwapCached:            0 kB\n\
                      Shmem:                 0 kB\nSReclaimable:          0 kB\nSwapTotal:             0 kB\n\
                      SwapFree:              0 kB\n"
            .to_owned(),
        "stat" => {
            let ticks = shared.uptime / 10_000_000;
            let boot = shared.now.sec - (shared.uptime / 1_000_000_000).cast_signed();
            format!(
                "cpu  {ticks} 0 0 0 0 0 0 0 0 0\ncpu0 {ticks} 0 0 0 0 0 0 0 0 0\nbtime {boot}\nprocesses {}\n\
                 procs_running 1\nprocs_blocked 0\n",
                last_pid(shared)
            )
        }
        "uptime" => format!("{} 0.00\n", seconds(shared.uptime)),
        "version" => shared.version.clone(),
        _ => String::new(),
    }
}

fn last_pid(shared: &Shared) -> Pid {
    shared.processes.last_key_value().map_or(0, |(pid, _)| *pid)
}

fn stat_line(pid: Pid, entry: &ProcEntry) -> Vec<u8> {
    let state = if entry.zombie { 'Z' } else { 'S' };
    let mut line = format!("{pid} (").into_bytes();
    line.extend_from_slice(&entry.comm);
    let rest = format!(
        ") {state} {} {} {} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 {} 0 0\n",
        entry.ppid,
        entry.pgid,
        entry.sid,
        entry.started / 10_000_000
    );
    line.extend_from_slice(rest.as_bytes());
    line
}

fn status_lines(pid: Pid, entry: &ProcEntry) -> Vec<u8> {
    let state = if entry.zombie { "Z (zombie)" } else { "S (sleeping)" };
    let mut text = String::new();
    let (ppid, uid, gid) = (entry.ppid, entry.uid, entry.gid);
    let _ = write!(
        text,
        "State:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{ppid}\nTracerPid:\t0\n\
         Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nFDSize:\t64\nThreads:\t1\n"
    );
    [b"Name:\t", entry.comm.as_slice(), b"\n", text.as_bytes()].concat()
}

impl FileSystem for ProcFs {
    fn root(&self) -> Ino {
        Place::Root.ino()
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let shared = self.table.lock();
        let number = || -> Option<u32> {
            str::from_utf8(name).ok().filter(|n| !n.starts_with(['0', '+']) || *n == "0")?.parse().ok()
        };
        let place = match Place::of(dir)? {
            Place::Root => match GLOBAL.iter().position(|(known, _)| known.as_bytes() == name) {
                Some(at) => Some(Place::Global(at)),
                None => number().filter(|pid| shared.processes.contains_key(pid)).map(Place::Process),
            },
            Place::Process(pid) => {
                shared.processes.get(&pid).ok_or(Errno::Noent)?;
                PER_PROCESS.iter().position(|(known, _)| known.as_bytes() == name).map(|at| Place::File(pid, at))
            }
            Place::File(pid, _) => {
                let entry = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                number().filter(|fd| entry.fds.contains_key(fd)).map(|fd| Place::Fd(pid, fd))
            }
            _ => return Err(Errno::Notdir),
        };
        place.map(Place::ino).ok_or(Errno::Noent)
    }

    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno> {
        Ok(match Place::of(dir)? {
            Place::File(pid, _) => Place::Process(pid).ino(),
            _ => Place::Root.ino(),
        })
    }

    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno> {
        Ok(match Place::of(dir)? {
            Place::Process(pid) => pid.to_string().into_bytes(),
            Place::File(_, at) => PER_PROCESS.get(at).map(|(name, _)| name.as_bytes().to_vec()).ok_or(Errno::Stale)?,
            _ => Vec::new(),
        })
    }

    fn stat(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let place = Place::of(ino)?;
        let shared = self.table.lock();
        let (uid, gid) = match place {
            Place::Process(pid) | Place::File(pid, _) | Place::Fd(pid, _) => {
                let entry = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                (entry.uid, entry.gid)
            }
            Place::Root | Place::Global(_) => (0, 0),
        };
        let kind = place.kind()?;
        let permissions = match (kind, place) {
            (FileKind::Symlink, Place::Fd(..)) => 0o700,
            (FileKind::Symlink, _) => 0o777,
            (FileKind::Directory, Place::File(..)) => 0o500,
            (FileKind::Directory, _) => 0o555,
            _ => 0o444,
        };
        let size = if let Place::Fd(..) = place { 64 } else { 0 };
        Ok(Stat {
            dev: 0,
            ino,
            mode: Mode::new(kind, permissions),
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            uid,
            gid,
            rdev: 0,
            size,
            blocks: 0,
            blksize: 1024,
            atime: shared.now,
            mtime: shared.now,
            ctime: shared.now,
        })
    }

    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let place = Place::of(dir)?;
        let shared = self.table.lock();
        let entry = |name: Vec<u8>, place: Place| Ok(DirEntry { name, ino: place.ino(), kind: place.kind()? });
        let mut entries: Vec<DirEntry> = match place {
            Place::Root => {
                let global = GLOBAL.iter().enumerate().map(|(at, (name, _))| entry((*name).into(), Place::Global(at)));
                let processes =
                    shared.processes.keys().map(|pid| entry(pid.to_string().into_bytes(), Place::Process(*pid)));
                global.chain(processes).collect::<Result<_, Errno>>()?
            }
            Place::Process(pid) => PER_PROCESS
                .iter()
                .enumerate()
                .map(|(at, (name, _))| entry((*name).into(), Place::File(pid, at)))
                .collect::<Result<_, Errno>>()?,
            Place::File(pid, _) if place.kind()? == FileKind::Directory => {
                let process = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                process
                    .fds
                    .keys()
                    .map(|fd| entry(fd.to_string().into_bytes(), Place::Fd(pid, *fd)))
                    .collect::<Result<_, Errno>>()?
            }
            _ => return Err(Errno::Notdir),
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        let shared = self.table.lock();
        match Place::of(ino)? {
            Place::Global(at) if GLOBAL[at].0 == "mounts" => Ok(b"self/mounts".to_vec()),
            Place::File(pid, at) => {
                let entry = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                match PER_PROCESS.get(at).map(|(name, _)| *name) {
                    Some("cwd") => Ok(entry.cwd.clone()),
                    Some("exe") => Ok(entry.exe.clone()),
                    Some("root") => Ok(b"/".to_vec()),
                    _ => Err(Errno::Inval),
                }
            }
            Place::Fd(pid, fd) => {
                let entry = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                entry.fds.get(&fd).cloned().ok_or(Errno::Noent)
            }
            _ => Err(Errno::Inval),
        }
    }

    fn magic_link(&mut self, ino: Ino) -> Option<MagicLink> {
        match Place::of(ino).ok()? {
            Place::Global(at) if GLOBAL[at].0 == "self" => Some(MagicLink::SelfPid),
            Place::Fd(pid, fd) => Some(MagicLink::Fd { pid, fd }),
            _ => None,
        }
    }

    fn create(&mut self, _: Ino, _: &[u8], _: &NewInode<'_>, _: Timestamp) -> Result<Ino, Errno> {
        Err(Errno::Noent)
    }

    fn link(&mut self, _: Ino, _: Ino, _: &[u8], _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn unlink(&mut self, _: Ino, _: &[u8], _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn rmdir(&mut self, _: Ino, _: &[u8], _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn rename(&mut self, _: Ino, _: &[u8], _: Ino, _: &[u8], _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn set_attr(&mut self, _: Ino, _: &SetAttr, _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let content = self.content(Place::of(ino)?)?;
        let rest = usize::try_from(offset).ok().and_then(|at| content.get(at..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write(&mut self, _: Ino, _: u64, _: &[u8], _: Timestamp) -> Result<usize, Errno> {
        Err(Errno::Inval)
    }

    fn truncate(&mut self, _: Ino, _: u64, _: Timestamp) -> Result<(), Errno> {
        Err(Errno::Perm)
    }

    fn pin(&mut self, _: Ino) -> Result<(), Errno> {
        Ok(())
    }

    fn unpin(&mut self, _: Ino) {}

    fn statfs(&mut self) -> Result<StatFs, Errno> {
        Ok(StatFs { kind: 0x9fa0, bsize: 4096, namelen: 255, ..StatFs::default() })
    }
}
