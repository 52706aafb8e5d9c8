//! Paths: opening, metadata, making and removing names, the current directory.

use std::sync::Arc;

use wcr_abi::{
    AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Errno, Fd, FileKind,
    Mode, OpenFlags, Pid, RENAME_EXCHANGE, RENAME_NOREPLACE, Stat, StatFs, Timestamp,
};
use wcr_vfs::{Access, DirEntry, Found, Name, Node, Opened, Rename, SetTime, SetTimes, Vfs, Walk};

use crate::file::{Backing, Device, FileId, OpenFile, PipeId};
use crate::kernel::{Call, Halt, Kernel};
use crate::limits::{RLIMIT_FSIZE, RLIMIT_NOFILE};
use crate::names;
use crate::process::{Opening, Process};
use crate::procfs::ProcFs;
use crate::sched::Event;

/// An open directory whose names are wanted.
struct Listing {
    file: FileId,
    dir: Node,
    /// The names, if they have been read.
    names: Option<Arc<[DirEntry]>>,
}

impl Kernel {
    /// Runs one operation of the file system as the process sees it.
    pub(crate) fn with_walk<R>(
        &mut self,
        pid: Pid,
        operation: impl FnOnce(&mut Vfs, &Walk<'_>) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let Self { vfs, procs, files, clock, .. } = self;
        let process = procs.get(&pid).ok_or(Errno::Srch)?;
        let links = |link| names::target(procs, files, pid, link);
        let now = || Timestamp::from_nanos(clock.realtime());
        let Process { cwd, creds, umask, .. } = process;
        operation(vfs, &Walk { cwd: *cwd, creds, umask: *umask, pid, links: &links, clock: Some(&now) })
    }

    /// Where a relative path starts: `None` is the current directory. What is wrong with the descriptor is found by
    /// the walk, in its turn.
    fn start_of(&self, pid: Pid, dirfd: Fd, path: &[u8]) -> Result<Option<Node>, Errno> {
        if dirfd == AT_FDCWD || path.starts_with(b"/") {
            return Ok(None);
        }
        match self.file_of(pid, dirfd) {
            Ok((_, file)) => file.backing.node().map(Some).ok_or(Errno::Notdir),
            Err(_) => Ok(Some(Node::NOWHERE)),
        }
    }

    /// Opens a file as `openat(2)` does; `mode` is before the umask.
    ///
    /// # Errors
    /// Those of [`Vfs::open`]; `MFILE`; `NXIO` a device that is not there, a socket, or a FIFO without
    /// readers with `NONBLOCK`; `INTR` while waiting for a FIFO's other end.
    pub fn open_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], flags: OpenFlags, mode: u32) -> Call<Fd> {
        if let Some(opening) = self.process(pid)?.retry.opening {
            return self.go_on_opening(pid, opening);
        }
        let start = self.start_of(pid, dirfd, path)?;
        let process = self.process(pid)?;
        process.fds.free(0, process.limits[RLIMIT_NOFILE].0)?;
        let now = self.now();
        let found = self.with_walk(pid, |vfs, walk| vfs.open(walk, start, path, flags, mode, now))?;
        let file = match found {
            Found::Fd { pid: owner, fd } => self.open_again(owner, fd, flags)?,
            Found::Here(opened) => {
                if Some(opened.node.mount) == self.proc_mount {
                    if let Some(owner) = ProcFs::private_to(opened.node.ino)
                        && !self.may_look(pid, owner)?
                    {
                        return Err(Errno::Acces.into());
                    }
                    self.refresh_proc(pid, opened.node.ino);
                }
                self.open_node(pid, opened, flags)?
            }
        };
        if let Backing::Pipe { pipe, node: Some(_) } = self.file(file)?.backing {
            self.meet(pid, file, pipe)?;
        }
        self.finish_open(pid, file, flags)
    }

    fn finish_open(&mut self, pid: Pid, file: FileId, flags: OpenFlags) -> Call<Fd> {
        Ok(self.install_fd(pid, file, 0, flags.contains(OpenFlags::CLOEXEC)).inspect_err(|_| self.release(file))?)
    }

    fn open_node(&mut self, pid: Pid, opened: Opened, flags: OpenFlags) -> Result<FileId, Errno> {
        let Opened { node, stat, mut name, .. } = opened;
        let own = self.process(pid)?;
        if name == Name::Own && own.cwd == node {
            name.clone_from(&own.cwd_name);
        }
        let kind = stat.mode.kind();
        let backing = match kind {
            _ if flags.contains(OpenFlags::PATH) => Backing::Node { node, kind },
            FileKind::Regular | FileKind::Directory => Backing::Node { node, kind },
            FileKind::CharDevice => match Device::from_rdev(stat.rdev) {
                Some(device) => Backing::Device { device, node },
                None => self.open_tty(pid, node, stat.rdev, flags).ok_or(Errno::Nxio)??,
            },
            FileKind::Fifo if flags.0 & 3 == 3 => return Err(Errno::Inval),
            FileKind::Fifo => Backing::Pipe { pipe: self.fifo(node), node: Some(node) },
            FileKind::BlockDevice | FileKind::Socket => return Err(Errno::Nxio),
            FileKind::Symlink => return Err(Errno::Loop),
        };
        self.vfs.pin(node)?;
        Ok(self.add_open(backing, flags, name))
    }

    /// Opens what another descriptor stands for once more, through its link in `/proc`.
    fn open_again(&mut self, owner: Pid, fd: Fd, flags: OpenFlags) -> Result<FileId, Errno> {
        let file = self.file_of(owner, fd)?.1;
        let (backing, theirs, name) = (file.backing, file.flags, file.name.clone());
        if let Backing::Socket(_) = backing {
            return Err(Errno::Nxio);
        }
        let both = OpenFlags(theirs.0 & 3 | flags.0 & !3);
        let flags = if let Backing::Pipe { .. } = backing { flags } else { both };
        Ok(self.add_open(backing, flags, name))
    }

    fn add_open(&mut self, backing: Backing, flags: OpenFlags, name: Name) -> FileId {
        if let Backing::Pipe { pipe, .. } = backing
            && let Some(pipe) = self.pipes.get_mut(pipe.0)
        {
            pipe.open(flags.readable(), flags.writable());
        }
        self.count_tty(backing);
        let status = OpenFlags::APPEND.with(OpenFlags::NONBLOCK).with(OpenFlags::NOATIME);
        let kept = OpenFlags(3).with(status).with(OpenFlags::PATH);
        self.add_file(OpenFile::new(backing, OpenFlags(flags.0 & kept.0)).named(name))
    }

    fn fifo(&mut self, node: Node) -> PipeId {
        if let Some(pipe) = self.fifos.get(&node) {
            return *pipe;
        }
        let pipe = PipeId(self.pipes.insert(crate::pipe::Pipe::default()));
        self.fifos.insert(node, pipe);
        pipe
    }

    /// Waits until a FIFO's other end is opened, as `fifo(7)` has it.
    fn meet(&mut self, pid: Pid, file: FileId, pipe: PipeId) -> Call<()> {
        self.wake(Event::Opened(pipe));
        let flags = self.file(file)?.flags;
        let Some(state) = self.pipes.get(pipe.0) else { return Ok(()) };
        let (reads, writes) = (flags.readable(), flags.writable());
        let alone = if reads { state.writers == 0 } else { state.readers == 0 };
        if !alone || reads && writes || reads && flags.contains(OpenFlags::NONBLOCK) {
            return Ok(());
        }
        if flags.contains(OpenFlags::NONBLOCK) {
            self.release(file);
            return Err(Errno::Nxio.into());
        }
        let seen = state.opened(!reads);
        self.process_mut(pid)?.retry.opening = Some(Opening { file, seen });
        self.wait_opened(pid, file, pipe).map(drop)
    }

    fn wait_opened(&mut self, pid: Pid, file: FileId, pipe: PipeId) -> Call<Fd> {
        let halt = self.block(pid, &[Event::Opened(pipe)]);
        if let Halt::Errno(_) = halt {
            self.release(file);
        }
        Err(halt)
    }

    fn go_on_opening(&mut self, pid: Pid, opening: Opening) -> Call<Fd> {
        let file = self.file(opening.file)?;
        let (backing, flags) = (file.backing, file.flags);
        if let Backing::Pipe { pipe, .. } = backing
            && self.pipes.get(pipe.0).is_some_and(|state| state.opened(!flags.readable()) == opening.seen)
        {
            return self.wait_opened(pid, opening.file, pipe);
        }
        self.process_mut(pid)?.retry.opening = None;
        self.finish_open(pid, opening.file, flags)
    }

    /// Metadata of a path. `flags`: `AT_SYMLINK_NOFOLLOW`, `AT_EMPTY_PATH`.
    pub fn stat_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], flags: u32) -> Call<Stat> {
        if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            return if dirfd == AT_FDCWD { self.stat_at(pid, dirfd, b".", flags) } else { self.fstat(pid, dirfd) };
        }
        let start = self.start_of(pid, dirfd, path)?;
        let follow = flags & AT_SYMLINK_NOFOLLOW == 0;
        match self.with_walk(pid, |vfs, walk| vfs.stat(walk, start, path, follow))? {
            Found::Here(stat) => Ok(self.dated(stat)),
            Found::Fd { pid: owner, fd } => self.fstat(owner, fd),
        }
    }

    /// Makes a directory; `mode` is before the umask.
    pub fn mkdir_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], mode: u32) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.mkdir(walk, start, path, mode, now)).map(drop)?)
    }

    /// Makes a device, FIFO, socket or plain file; the mode is before the umask.
    pub fn mknod_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], mode: Mode, rdev: u64) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.mknod(walk, start, path, mode.0, rdev, now)).map(drop)?)
    }

    /// Makes a symbolic link.
    pub fn symlink_at(&mut self, pid: Pid, target: &[u8], dirfd: Fd, path: &[u8]) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.symlink(walk, target, start, path, now)).map(drop)?)
    }

    /// Gives a file another name. `flags`: `AT_SYMLINK_FOLLOW`.
    pub fn link_at(&mut self, pid: Pid, from: (Fd, &[u8]), to: (Fd, &[u8]), flags: u32) -> Call<()> {
        let (from_start, to_start) = (self.start_of(pid, from.0, from.1)?, self.start_of(pid, to.0, to.1)?);
        let (follow, now) = (flags & AT_SYMLINK_FOLLOW != 0, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.link(walk, from_start, from.1, follow, to_start, to.1, now))?)
    }

    /// Removes a name. `flags`: `AT_REMOVEDIR`.
    pub fn unlink_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], flags: u32) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        let is_dir = flags & AT_REMOVEDIR != 0;
        let removed = self.with_walk(pid, |vfs, walk| match is_dir {
            false => vfs.unlink(walk, start, path, now),
            true => vfs.rmdir(walk, start, path, now),
        })?;
        self.name_removed(&removed, is_dir);
        Ok(())
    }

    /// Moves a name. `flags`: `RENAME_NOREPLACE`, `RENAME_EXCHANGE`.
    pub fn rename_at(&mut self, pid: Pid, from: (Fd, &[u8]), to: (Fd, &[u8]), flags: u32) -> Call<()> {
        let how = match flags {
            0 => Rename::Replace,
            RENAME_NOREPLACE => Rename::Keep,
            RENAME_EXCHANGE => Rename::Exchange,
            _ => return Err(Errno::Inval.into()),
        };
        let (from_start, to_start) = (self.start_of(pid, from.0, from.1)?, self.start_of(pid, to.0, to.1)?);
        let now = self.now();
        let renamed =
            self.with_walk(pid, |vfs, walk| vfs.rename(walk, from_start, from.1, to_start, to.1, how, now))?;
        if let Some(renamed) = renamed {
            // A directory is replaced by a directory only, and by none but one.
            let is_dir = self.vfs.perm(renamed.moved.node).is_ok_and(|perm| perm.mode.kind() == FileKind::Directory);
            self.renamed(renamed, is_dir);
        }
        Ok(())
    }

    /// A symbolic link's target. An empty path means the descriptor itself, which stands for a link when it was
    /// opened with `O_PATH` and `O_NOFOLLOW`.
    pub fn readlink_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8]) -> Call<Vec<u8>> {
        if path.is_empty() && dirfd != AT_FDCWD {
            let node = self.file_of(pid, dirfd)?.1.backing.node().ok_or(Errno::Noent)?;
            let target = self.with_walk(pid, |vfs, walk| vfs.readlink_node(walk, node));
            return Ok(target.map_err(|errno| if errno == Errno::Inval { Errno::Noent } else { errno })?);
        }
        let start = self.start_of(pid, dirfd, path)?;
        Ok(self.with_walk(pid, |vfs, walk| vfs.readlink(walk, start, path))?)
    }

    /// Sets a path's permission bits. `NOTSUP` with `AT_SYMLINK_NOFOLLOW` on a symbolic link.
    pub fn chmod_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], mode: u32, flags: u32) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| {
            if flags & AT_SYMLINK_NOFOLLOW == 0 {
                return vfs.chmod(walk, start, path, mode, now);
            }
            match vfs.resolve(walk, start, path, false)? {
                Found::Here(node) => vfs.chmod_node(walk.creds, node, mode, now),
                Found::Fd { .. } => Err(Errno::Notsup),
            }
        })?)
    }

    /// Sets a path's owner and group.
    pub fn chown_at(
        &mut self,
        pid: Pid,
        dirfd: Fd,
        path: &[u8],
        uid: Option<u32>,
        gid: Option<u32>,
        flags: u32,
    ) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        let follow = flags & AT_SYMLINK_NOFOLLOW == 0;
        Ok(self.with_walk(pid, |vfs, walk| vfs.chown(walk, start, path, follow, uid, gid, now))?)
    }

    /// Sets a path's times.
    pub fn utimens_at(
        &mut self,
        pid: Pid,
        dirfd: Fd,
        path: &[u8],
        atime: SetTime,
        mtime: SetTime,
        flags: u32,
    ) -> Call<()> {
        if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            return self.futimens(pid, dirfd, atime, mtime);
        }
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        let (follow, times) = (flags & AT_SYMLINK_NOFOLLOW == 0, SetTimes { atime, mtime });
        Ok(self.with_walk(pid, |vfs, walk| vfs.utimens(walk, start, path, follow, times, now))?)
    }

    /// Checks access: 4 read, 2 write, 1 execute, 0 existence, by the caller's real ids. `flags`: `AT_EACCESS` (by the
    /// effective ones), `AT_SYMLINK_NOFOLLOW`.
    pub fn access_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], mode: u32, flags: u32) -> Call<()> {
        let start = self.start_of(pid, dirfd, path)?;
        let follow = flags & AT_SYMLINK_NOFOLLOW == 0;
        let real = if flags & AT_EACCESS == 0 { Some(self.real_creds(pid)?) } else { None };
        let access = |vfs: &mut Vfs, walk: &Walk<'_>| {
            let walk = Walk { creds: real.as_ref().unwrap_or(walk.creds), ..*walk };
            vfs.access(&walk, start, path, follow, Access(mode & 7))
        };
        Ok(self.with_walk(pid, access).map(drop)?)
    }

    /// Totals of the file system that holds a path.
    pub fn statfs_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8]) -> Call<StatFs> {
        let start = self.start_of(pid, dirfd, path)?;
        Ok(self.with_walk(pid, |vfs, walk| vfs.statfs(walk, start, path))?)
    }

    /// Sets the length of the file at a path.
    ///
    /// # Errors
    /// Those of the way to a name; `ISDIR`; `INVAL` no regular file; `ACCES`; `ROFS`; `FBIG`, with `SIGXFSZ` over the
    /// caller's limit.
    pub fn truncate_at(&mut self, pid: Pid, dirfd: Fd, path: &[u8], len: u64) -> Call<()> {
        let (start, now) = (self.start_of(pid, dirfd, path)?, self.now());
        if i64::try_from(len).is_err() {
            return Err(Errno::Inval.into());
        }
        if self.process(pid)?.limits[RLIMIT_FSIZE].0 < len || !self.seals.is_empty() {
            let node = self.with_walk(pid, |vfs, walk| {
                let node = vfs.resolve_node(walk, start, path, true)?;
                vfs.access_node(walk.creds, node, Access::WRITE).map(|()| node)
            })?;
            let old = self.vfs.stat_node(node)?;
            if old.mode.kind() == FileKind::Regular {
                self.may_be_as_long(pid, old.size, len)?;
                self.may_resize(node, old.size, len)?;
            }
        }
        Ok(self.with_walk(pid, |vfs, walk| vfs.truncate(walk, start, path, len, now))?)
    }

    /// Sets an open file's length. `INVAL` not a regular file open for writing; `BADF` opened with `O_PATH`.
    pub fn ftruncate(&mut self, pid: Pid, fd: Fd, len: u64) -> Call<()> {
        let now = self.now();
        match self.file_of(pid, fd)?.1 {
            OpenFile { flags, .. } if flags.contains(OpenFlags::PATH) => Err(Errno::Badf.into()),
            OpenFile { backing: Backing::Node { node, kind: FileKind::Regular }, flags, .. } if flags.writable() => {
                let node = *node;
                let old = self.vfs.stat_node(node)?.size;
                self.may_be_as_long(pid, old, len)?;
                self.may_resize(node, old, len)?;
                Ok(self.with_walk(pid, |vfs, walk| vfs.truncate_node(walk.creds, node, len, now))?)
            }
            _ => Err(Errno::Inval.into()),
        }
    }

    /// The inode behind a descriptor, for changes of its metadata. `INVAL` when it has none.
    fn node_of(&self, pid: Pid, fd: Fd) -> Result<Node, Errno> {
        let (_, file) = self.file_of(pid, fd)?;
        if file.flags.contains(OpenFlags::PATH) {
            return Err(Errno::Badf);
        }
        file.backing.node().ok_or(Errno::Inval)
    }

    /// Sets an open file's permission bits.
    pub fn fchmod(&mut self, pid: Pid, fd: Fd, mode: u32) -> Call<()> {
        let (node, now) = (self.node_of(pid, fd)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.chmod_node(walk.creds, node, mode, now))?)
    }

    /// Sets an open file's owner and group.
    pub fn fchown(&mut self, pid: Pid, fd: Fd, uid: Option<u32>, gid: Option<u32>) -> Call<()> {
        let (node, now) = (self.node_of(pid, fd)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.chown_node(walk.creds, node, uid, gid, now))?)
    }

    /// Sets an open file's times.
    pub fn futimens(&mut self, pid: Pid, fd: Fd, atime: SetTime, mtime: SetTime) -> Call<()> {
        if (atime, mtime) == (SetTime::Omit, SetTime::Omit) {
            return Ok(());
        }
        let (node, now) = (self.node_of(pid, fd)?, self.now());
        Ok(self.with_walk(pid, |vfs, walk| vfs.utimens_node(walk.creds, node, SetTimes { atime, mtime }, now))?)
    }

    fn dir_of(&self, pid: Pid, fd: Fd) -> Result<Node, Errno> {
        match self.file_of(pid, fd)?.1.backing {
            Backing::Node { node, kind: FileKind::Directory } => Ok(node),
            _ => Err(Errno::Notdir),
        }
    }

    /// The names in an open directory, sorted, without `.` and `..`: as they are now when `rewind` says so or they
    /// were not read before, else as they were at the last rewinding. `NOENT` when the directory was removed.
    pub fn entries(&mut self, pid: Pid, fd: Fd, rewind: bool) -> Call<Arc<[DirEntry]>> {
        let listing = self.listing(pid, fd, rewind)?;
        if let Some(names) = listing.names {
            return Ok(names);
        }
        let names: Arc<[DirEntry]> = self.vfs.entries(listing.dir)?.into();
        self.keep_listing(listing.file, &names);
        Ok(names)
    }

    /// [`Self::entries`], and the metadata of those where it is at hand; what follows them has none.
    pub fn entries_stat(&mut self, pid: Pid, fd: Fd, rewind: bool) -> Call<(Arc<[DirEntry]>, Vec<Option<Stat>>)> {
        let listing = self.listing(pid, fd, rewind)?;
        if let Some(names) = listing.names {
            return Ok((names, Vec::new()));
        }
        let (names, stats): (Vec<_>, Vec<_>) = self.vfs.entries_stat(listing.dir)?.into_iter().unzip();
        let names = names.into();
        self.keep_listing(listing.file, &names);
        Ok((names, stats.into_iter().map(|stat| stat.map(|stat| self.dated(stat))).collect()))
    }

    /// An open directory, and its names if they have been read.
    fn listing(&mut self, pid: Pid, fd: Fd, rewind: bool) -> Result<Listing, Errno> {
        let (file, open) = self.file_of(pid, fd)?;
        let flags = open.flags;
        if flags.contains(OpenFlags::PATH) {
            return Err(Errno::Badf);
        }
        let dir = self.dir_of(pid, fd)?;
        self.vfs.not_removed(dir)?;
        self.accessed(dir, flags);
        let names = self.files.get(file.0).and_then(|open| open.listing.as_ref()).filter(|_| !rewind).cloned();
        Ok(Listing { file, dir, names })
    }

    fn keep_listing(&mut self, file: FileId, names: &Arc<[DirEntry]>) {
        if let Some(open) = self.files.get_mut(file.0) {
            open.listing = Some(names.clone());
        }
    }

    /// The metadata of one of an open directory's entries; a symbolic link is not followed.
    pub fn stat_entry(&mut self, pid: Pid, fd: Fd, entry: &DirEntry) -> Call<Stat> {
        let dir = self.dir_of(pid, fd)?;
        let node = self.vfs.entry(dir, &entry.name)?;
        let stat = self.vfs.stat_node(node)?;
        Ok(self.dated(stat))
    }

    /// Changes the current directory.
    pub fn chdir(&mut self, pid: Pid, path: &[u8]) -> Call<()> {
        let found = self.with_walk(pid, |vfs, walk| vfs.resolve(walk, None, path, true))?;
        let Found::Here(node) = found else { return Err(Errno::Notdir.into()) };
        let own = self.process(pid)?;
        // Somebody who stays in a removed directory keeps what it was called.
        let name = if own.cwd == node { own.cwd_name.clone() } else { Name::Own };
        self.set_cwd(pid, node, name)
    }

    /// Changes the current directory to an open one.
    pub fn fchdir(&mut self, pid: Pid, fd: Fd) -> Call<()> {
        let dir = self.dir_of(pid, fd)?;
        let name = self.file_of(pid, fd)?.1.name.clone();
        self.set_cwd(pid, dir, name)
    }

    /// Makes a directory the current one; `name` is what it is called when it was removed.
    pub(crate) fn set_cwd(&mut self, pid: Pid, node: Node, name: Name) -> Call<()> {
        if self.vfs.perm(node)?.mode.kind() != FileKind::Directory {
            return Err(Errno::Notdir.into());
        }
        self.with_walk(pid, |vfs, walk| vfs.access_node(walk.creds, node, Access::EXECUTE))?;
        self.vfs.pin(node)?;
        let process = self.process_mut(pid)?;
        let old = core::mem::replace(&mut process.cwd, node);
        process.cwd_name = name;
        self.vfs.unpin(old);
        Ok(())
    }

    /// The current directory's path. `NOENT` when it was removed.
    pub fn getcwd(&mut self, pid: Pid) -> Call<Vec<u8>> {
        let cwd = self.process(pid)?.cwd;
        Ok(self.vfs.path_of(cwd)?)
    }

    /// Sets the file creation mask and returns the old one.
    pub fn umask(&mut self, pid: Pid, mask: u32) -> Call<u32> {
        Ok(core::mem::replace(&mut self.process_mut(pid)?.umask, mask & 0o777))
    }
}
