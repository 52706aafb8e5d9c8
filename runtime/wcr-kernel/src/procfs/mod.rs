//! `/proc`: the process table as files (`proc(5)`).
//!
//! The file system and the kernel share a [`ProcTable`]. The kernel writes into it what a process is; what changes all
//! the time it adds when somebody opens or reads a file of `/proc`. The text of a file is made when it is read.

mod place;
mod table;
mod text;

use wcr_abi::{Errno, FileKind, Mode, Pid, Stat, StatFs, Timestamp};
use wcr_vfs::{DirEntry, FileSystem, Ino, MagicLink, NewInode, SetAttr};

use place::{Global, PerProcess, Place};
pub(crate) use table::ProcEntry;
pub use table::ProcTable;

/// The file system at `/proc`.
#[derive(Debug)]
pub struct ProcFs {
    table: ProcTable,
}

impl ProcFs {
    /// What `/proc/mounts` calls this kind of file system.
    pub const TYPE: &'static str = "proc";

    /// A view of `table`.
    #[must_use]
    pub const fn new(table: ProcTable) -> Self {
        Self { table }
    }

    /// The process that only those may look into who may look into its memory, when the file is of that kind.
    pub(crate) fn private_to(ino: Ino) -> Option<Pid> {
        match Place::of(ino).ok()?.per_process()? {
            (pid, PerProcess::Environ | PerProcess::Maps) => Some(pid),
            _ => None,
        }
    }

    fn content(&self, place: Place) -> Result<Vec<u8>, Errno> {
        let shared = self.table.lock();
        if let Some(global) = place.global() {
            return Ok(text::global(&shared, global).into_bytes());
        }
        let (pid, file) = place.per_process().ok_or(Errno::Isdir)?;
        let entry = shared.processes.get(&pid).ok_or(Errno::Srch)?;
        match file {
            PerProcess::Cgroup => Ok(b"0::/\n".to_vec()),
            PerProcess::Cmdline => Ok(text::joined(&entry.argv)),
            PerProcess::Comm => Ok([&entry.comm, b"\n".as_slice()].concat()),
            PerProcess::Environ => Ok(text::joined(&entry.envp)),
            PerProcess::Limits => Ok(text::limits(entry)),
            PerProcess::Maps => Ok(text::maps(entry)),
            PerProcess::Mountinfo => Ok(shared.mountinfo.clone().into_bytes()),
            PerProcess::Mounts => Ok(shared.mounts.clone().into_bytes()),
            PerProcess::OomScore | PerProcess::OomScoreAdj => Ok(b"0\n".to_vec()),
            PerProcess::Stat => Ok(text::stat(pid, entry)),
            PerProcess::Statm => Ok(text::statm(entry).into_bytes()),
            PerProcess::Status => Ok(text::status(pid, entry)),
            PerProcess::Fds => Err(Errno::Isdir),
            PerProcess::Cwd | PerProcess::Exe | PerProcess::Root => Err(Errno::Inval),
        }
    }

    /// What a change fails with: settings are on a read-only mount with Docker.
    fn refusal(ino: Ino) -> Errno {
        if Place::of(ino).is_ok_and(Place::is_setting) { Errno::Rofs } else { Errno::Perm }
    }
}

impl FileSystem for ProcFs {
    fn root(&self) -> Ino {
        Place::Root.ino()
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        let dir = Place::of(dir)?;
        if dir.kind() != FileKind::Directory {
            return Err(Errno::Notdir);
        }
        let shared = self.table.lock();
        let process = dir.pid().map(|pid| shared.processes.get(&pid).ok_or(Errno::Noent)).transpose()?;
        if let Some((_, place)) = dir.children().find(|(known, _)| known.as_bytes() == name) {
            return Ok(place.ino());
        }
        let number: Option<u32> =
            str::from_utf8(name).ok().filter(|n| !n.starts_with(['0', '+']) || *n == "0").and_then(|n| n.parse().ok());
        let number = number.ok_or(Errno::Noent)?;
        let place = match (dir, process) {
            (Place::Root, _) if shared.processes.contains_key(&number) => Place::Process(number),
            (Place::File(pid, _), Some(process)) if process.fds.contains(&number) => Place::Fd(pid, number),
            _ => return Err(Errno::Noent),
        };
        Ok(place.ino())
    }

    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno> {
        Ok(Place::of(dir)?.parent().ino())
    }

    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno> {
        let place = Place::of(dir)?;
        match place.pid() {
            Some(pid) if !self.table.lock().processes.contains_key(&pid) => Err(Errno::Noent),
            _ => Ok(place.name().into_bytes()),
        }
    }

    fn stat(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let place = Place::of(ino)?;
        let shared = self.table.lock();
        let process = place.pid().map(|pid| shared.processes.get(&pid).ok_or(Errno::Noent)).transpose()?;
        let (uid, gid) = process.map_or((0, 0), |process| (process.uid, process.gid));
        let link = if let Place::Fd(_, fd) = place {
            process.and_then(|process| process.live.fd_modes.get(&fd))
        } else {
            None
        };
        let kind = place.kind();
        Ok(Stat {
            dev: 0,
            ino,
            mode: Mode::new(kind, link.copied().unwrap_or(place.permissions())),
            nlink: if kind == FileKind::Directory { 2 } else { 1 },
            uid,
            gid,
            rdev: 0,
            size: if let Place::Fd(..) = place { 64 } else { 0 },
            blocks: 0,
            blksize: 1024,
            atime: shared.now,
            mtime: shared.now,
            ctime: shared.now,
        })
    }

    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let dir = Place::of(dir)?;
        if dir.kind() != FileKind::Directory {
            return Err(Errno::Notdir);
        }
        let shared = self.table.lock();
        let mut places: Vec<Place> = dir.children().map(|(_, place)| place).collect();
        match dir {
            Place::Root => places.extend(shared.processes.keys().map(|pid| Place::Process(*pid))),
            Place::File(pid, _) => {
                let process = shared.processes.get(&pid).ok_or(Errno::Noent)?;
                places.extend(process.fds.iter().map(|fd| Place::Fd(pid, *fd)));
            }
            _ => {}
        }
        let entry = |place: Place| DirEntry { name: place.name().into_bytes(), ino: place.ino(), kind: place.kind() };
        let mut entries: Vec<DirEntry> = places.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        let place = Place::of(ino)?;
        if let Some(Global::Link(target)) = place.global() {
            return Ok(target.into());
        }
        match place.per_process() {
            Some((_, PerProcess::Root)) => Ok(b"/".to_vec()),
            _ => Err(Errno::Inval),
        }
    }

    fn magic_link(&mut self, ino: Ino) -> Option<MagicLink> {
        let place = Place::of(ino).ok()?;
        match (place, place.per_process()) {
            (Place::Fd(pid, fd), _) => Some(MagicLink::Fd { pid, fd }),
            (_, Some((pid, PerProcess::Exe))) => Some(MagicLink::Exe(pid)),
            (_, Some((pid, PerProcess::Cwd))) => Some(MagicLink::Cwd(pid)),
            _ => (place.global() == Some(Global::SelfPid)).then_some(MagicLink::SelfPid),
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

    fn set_attr(&mut self, ino: Ino, _: &SetAttr, _: Timestamp) -> Result<(), Errno> {
        Err(Self::refusal(ino))
    }

    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let content = self.content(Place::of(ino)?)?;
        let rest = usize::try_from(offset).ok().and_then(|at| content.get(at..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write(&mut self, ino: Ino, _: u64, _: &[u8], _: Timestamp) -> Result<usize, Errno> {
        Err(Self::refusal(ino))
    }

    fn truncate(&mut self, ino: Ino, _: u64, _: Timestamp) -> Result<(), Errno> {
        Err(Self::refusal(ino))
    }

    fn pin(&mut self, _: Ino) -> Result<(), Errno> {
        Ok(())
    }

    fn unpin(&mut self, _: Ino) {}

    fn statfs(&mut self) -> Result<StatFs, Errno> {
        Ok(StatFs { kind: 0x9fa0, bsize: 4096, namelen: 255, ..StatFs::default() })
    }
}
