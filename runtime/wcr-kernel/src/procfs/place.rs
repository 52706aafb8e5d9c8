//! The names of `/proc`, and the numbers of its inodes.

use wcr_abi::{Errno, Fd, FileKind, Pid};
use wcr_vfs::Ino;

/// What a file outside of the processes' folders is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    Dir,
    Link(&'static str),
    SelfPid,
    /// A file that never changes.
    Fixed(&'static str),
    /// A part of `/proc/sys` that never changes.
    Setting(&'static str),
    Hostname,
    Loadavg,
    Meminfo,
    Osrelease,
    /// A number for this start of the container, and one for each time it is read.
    BootId,
    Uuid,
    Stat,
    Uptime,
    Version,
    VersionSetting,
}

/// The files outside of the processes' folders: the number of the folder (0 is the root), name, what it is.
const GLOBALS: [(usize, &str, Global); 40] = [
    (0, "cmdline", Global::Fixed("\n")),
    (0, "cpuinfo", Global::Fixed(CPUINFO)),
    (0, "devices", Global::Fixed(DEVICES)),
    (0, "filesystems", Global::Fixed("nodev\tproc\nnodev\ttmpfs\nnodev\tsysfs\nnodev\toverlay\n")),
    (0, "loadavg", Global::Loadavg),
    (0, "meminfo", Global::Meminfo),
    (0, "mounts", Global::Link("self/mounts")),
    (0, "self", Global::SelfPid),
    (0, "stat", Global::Stat),
    (0, "swaps", Global::Fixed("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")),
    (0, "sys", Global::Dir),
    (0, "uptime", Global::Uptime),
    (0, "version", Global::Version),
    (SYS, "fs", Global::Dir),
    (SYS, "kernel", Global::Dir),
    (SYS, "vm", Global::Dir),
    (SYS_FS, "file-max", Global::Setting("9223372036854775807\n")),
    (SYS_FS, "nr_open", Global::Setting("1048576\n")),
    (SYS_FS, "pipe-max-size", Global::Setting("65536\n")),
    (SYS_FS, "protected_hardlinks", Global::Setting("1\n")),
    (SYS_FS, "protected_symlinks", Global::Setting("0\n")),
    (SYS_KERNEL, "cap_last_cap", Global::Setting("40\n")),
    (SYS_KERNEL, "domainname", Global::Setting("(none)\n")),
    (SYS_KERNEL, "hostname", Global::Hostname),
    (SYS_KERNEL, "ngroups_max", Global::Setting("65536\n")),
    (SYS_KERNEL, "osrelease", Global::Osrelease),
    (SYS_KERNEL, "ostype", Global::Setting("Linux\n")),
    (SYS_KERNEL, "overflowgid", Global::Setting("65534\n")),
    (SYS_KERNEL, "overflowuid", Global::Setting("65534\n")),
    (SYS_KERNEL, "pid_max", Global::Setting("4194304\n")),
    (SYS_KERNEL, "version", Global::VersionSetting),
    (SYS_VM, "max_map_count", Global::Setting("65530\n")),
    (SYS_VM, "overcommit_memory", Global::Setting("0\n")),
    (SYS_VM, "swappiness", Global::Setting("60\n")),
    (SYS_KERNEL, "random", Global::Dir),
    (SYS_RANDOM, "boot_id", Global::BootId),
    (SYS_RANDOM, "entropy_avail", Global::Setting("256\n")),
    (SYS_RANDOM, "poolsize", Global::Setting("256\n")),
    (SYS_RANDOM, "uuid", Global::Uuid),
    (0, "partitions", Global::Fixed("major minor  #blocks  name\n\n")),
];

/// The numbers of the folders, one more than their place in the table.
const SYS: usize = 11;
const SYS_FS: usize = 14;
const SYS_KERNEL: usize = 15;
const SYS_VM: usize = 16;
const SYS_RANDOM: usize = 35;

const CPUINFO: &str = "processor\t: 0\nvendor_id\t: wcr\nmodel name\t: WebAssembly\nphysical id\t: 0\nsiblings\t: 1\n\
                       core id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\n\n";
const DEVICES: &str = "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\n\
                       Block devices:\n";

/// What a file in a process's folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PerProcess {
    Cgroup,
    Cmdline,
    Comm,
    Cwd,
    Environ,
    Exe,
    Fds,
    Limits,
    Maps,
    Mountinfo,
    Mounts,
    OomScore,
    OomScoreAdj,
    Root,
    Stat,
    Statm,
    Status,
}

/// The files of a process's folder, sorted.
const PER_PROCESS: [(&str, PerProcess, FileKind, u32); 17] = [
    ("cgroup", PerProcess::Cgroup, FileKind::Regular, 0o444),
    ("cmdline", PerProcess::Cmdline, FileKind::Regular, 0o444),
    ("comm", PerProcess::Comm, FileKind::Regular, 0o644),
    ("cwd", PerProcess::Cwd, FileKind::Symlink, 0o777),
    ("environ", PerProcess::Environ, FileKind::Regular, 0o400),
    ("exe", PerProcess::Exe, FileKind::Symlink, 0o777),
    ("fd", PerProcess::Fds, FileKind::Directory, 0o500),
    ("limits", PerProcess::Limits, FileKind::Regular, 0o444),
    ("maps", PerProcess::Maps, FileKind::Regular, 0o444),
    ("mountinfo", PerProcess::Mountinfo, FileKind::Regular, 0o444),
    ("mounts", PerProcess::Mounts, FileKind::Regular, 0o444),
    ("oom_score", PerProcess::OomScore, FileKind::Regular, 0o444),
    ("oom_score_adj", PerProcess::OomScoreAdj, FileKind::Regular, 0o644),
    ("root", PerProcess::Root, FileKind::Symlink, 0o777),
    ("stat", PerProcess::Stat, FileKind::Regular, 0o444),
    ("statm", PerProcess::Statm, FileKind::Regular, 0o444),
    ("status", PerProcess::Status, FileKind::Regular, 0o444),
];

/// What an inode number of `/proc` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// A file outside of the processes' folders, by its place in the table.
    Global(usize),
    Process(Pid),
    /// A file in a process's folder, by its place in the table.
    File(Pid, usize),
    Fd(Pid, Fd),
}

impl Place {
    /// The process in the upper half; below it 0 the folder, 1.. its files, 256.. its descriptors.
    pub(super) fn ino(self) -> Ino {
        let of = |pid: Pid, low: u64| u64::from(pid) << 32 | low;
        match self {
            Self::Root => 1,
            Self::Global(at) => 2 + at as u64,
            Self::Process(pid) => of(pid, 0),
            Self::File(pid, at) => of(pid, 1 + at as u64),
            Self::Fd(pid, fd) => of(pid, 256 + u64::from(fd)),
        }
    }

    /// The place of an inode number. `STALE` when there is none.
    pub(super) fn of(ino: Ino) -> Result<Self, Errno> {
        let (pid, low) = ((ino >> 32) as Pid, ino as u32);
        Ok(match (pid, low) {
            (0, 1) => Self::Root,
            (0, low) => {
                Self::Global((low as usize).checked_sub(2).filter(|at| *at < GLOBALS.len()).ok_or(Errno::Stale)?)
            }
            (pid, 0) => Self::Process(pid),
            (pid, low @ 1..256) if low as usize <= PER_PROCESS.len() => Self::File(pid, low as usize - 1),
            (_, 1..256) => return Err(Errno::Stale),
            (pid, low) => Self::Fd(pid, low - 256),
        })
    }

    /// What a file outside of the processes' folders is.
    pub(super) fn global(self) -> Option<Global> {
        match self {
            Self::Global(at) => GLOBALS.get(at).map(|(_, _, global)| *global),
            _ => None,
        }
    }

    /// What a file in a process's folder is.
    pub(super) fn per_process(self) -> Option<(Pid, PerProcess)> {
        match self {
            Self::File(pid, at) => PER_PROCESS.get(at).map(|(_, file, ..)| (pid, *file)),
            _ => None,
        }
    }

    /// The process that it belongs to.
    pub(super) fn pid(self) -> Option<Pid> {
        match self {
            Self::Process(pid) | Self::File(pid, _) | Self::Fd(pid, _) => Some(pid),
            Self::Root | Self::Global(_) => None,
        }
    }

    pub(super) fn kind(self) -> FileKind {
        match (self, self.global()) {
            (Self::Root | Self::Process(_), _) | (_, Some(Global::Dir)) => FileKind::Directory,
            (Self::Fd(..), _) | (_, Some(Global::Link(_) | Global::SelfPid)) => FileKind::Symlink,
            (Self::File(_, at), _) => PER_PROCESS.get(at).map_or(FileKind::Regular, |(_, _, kind, _)| *kind),
            _ => FileKind::Regular,
        }
    }

    pub(super) fn permissions(self) -> u32 {
        match (self, self.global()) {
            (Self::File(_, at), _) => PER_PROCESS.get(at).map_or(0, |(.., permissions)| *permissions),
            (Self::Fd(..), _) => 0o700,
            (_, Some(Global::Link(_) | Global::SelfPid)) => 0o777,
            (_, Some(Global::Dir)) | (Self::Root | Self::Process(_), _) => 0o555,
            _ if self.is_setting() => 0o644,
            _ => 0o444,
        }
    }

    /// Whether it is a file of `/proc/sys`.
    pub(super) fn is_setting(self) -> bool {
        matches!(self, Self::Global(at) if GLOBALS.get(at).is_some_and(|(dir, ..)| *dir >= SYS))
    }

    /// The directory that it is in.
    pub(super) fn parent(self) -> Self {
        match self {
            Self::Fd(pid, _) => {
                let fds = PER_PROCESS.iter().position(|(_, file, ..)| *file == PerProcess::Fds);
                fds.map_or(Self::Process(pid), |at| Self::File(pid, at))
            }
            Self::File(pid, _) => Self::Process(pid),
            Self::Global(at) => {
                let dir = GLOBALS.get(at).map_or(0, |(dir, ..)| *dir);
                dir.checked_sub(1).map_or(Self::Root, Self::Global)
            }
            Self::Root | Self::Process(_) => Self::Root,
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Global(at) => GLOBALS.get(at).map_or("", |(_, name, _)| name).to_owned(),
            Self::Process(pid) => pid.to_string(),
            Self::File(_, at) => PER_PROCESS.get(at).map_or("", |(name, ..)| name).to_owned(),
            Self::Fd(_, fd) => fd.to_string(),
        }
    }

    /// The files that always are in this directory.
    pub(super) fn children(self) -> impl Iterator<Item = (&'static str, Self)> {
        let dir = match self {
            Self::Root => Some(0),
            Self::Global(at) => Some(at + 1),
            _ => None,
        };
        let globals = GLOBALS.iter().enumerate().filter(move |(_, (within, ..))| Some(*within) == dir);
        let globals = globals.map(|(at, (_, name, _))| (*name, Self::Global(at)));
        let pid = if let Self::Process(pid) = self { Some(pid) } else { None };
        let files = PER_PROCESS.iter().enumerate();
        let files = files.filter_map(move |(at, (name, ..))| Some((*name, Self::File(pid?, at))));
        globals.chain(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_have_their_numbers() {
        for (number, name) in
            [(SYS, "sys"), (SYS_FS, "fs"), (SYS_KERNEL, "kernel"), (SYS_VM, "vm"), (SYS_RANDOM, "random")]
        {
            assert_eq!((GLOBALS[number - 1].1, GLOBALS[number - 1].2), (name, Global::Dir));
        }
        assert!(GLOBALS.iter().all(|(dir, ..)| *dir == 0 || GLOBALS[dir - 1].2 == Global::Dir));
    }

    #[test]
    fn a_number_names_its_place() {
        let all = [Place::Root, Place::Process(7), Place::Fd(7, 0), Place::Fd(7, 900)];
        let files = Place::Process(9).children().map(|(_, place)| place);
        let settings = Place::Global(SYS - 1).children().map(|(_, place)| place);
        for place in all.into_iter().chain(files).chain(settings) {
            assert_eq!(Place::of(place.ino()), Ok(place));
            assert!(matches!(place, Place::Root) || place.parent().kind() == FileKind::Directory, "{place:?}");
        }
        assert!(Place::of(200).is_err() && Place::of(7 << 32 | 200).is_err());
    }
}
