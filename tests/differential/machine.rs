//! The operations on wcr's kernel.

use std::sync::Arc;

use wcr_abi::{AT_FDCWD, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Errno, Fd, FileKind, Mode, Stat, Timestamp, Uname};
use wcr_kernel::{
    Call, Clock, Halt, HostOutput, InitRequest, Kernel, KernelOptions, Limits, Loader, Position, ProcTable, Program,
    ProgramFile, Refusal, SeededEntropy, SetTime, Stdio, Whence,
};
use wcr_vfs::layer::Layer;
use wcr_vfs::{Creds, FileSystem, Found, MountOptions, NewInode, Node, Rename, SetTimes, Tree, TreeLimits, Vfs, Walk};

use crate::operation::{At, Op, SLOTS, Start, Time};
use crate::system::{Outcome, Seen, Snapshot, System, Value};

/// A descriptor that is not open.
const CLOSED: Fd = 999;
/// The process.
const PID: u32 = 1;
/// When the clock starts, in nanoseconds since the epoch.
const START: u64 = 1_700_000_000_000_000_000;

/// Who the process is.
#[derive(Debug, Clone)]
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
}

/// A kernel with one process.
pub struct Machine {
    kernel: Kernel,
    slots: [Fd; SLOTS],
    overlay: bool,
    creds: Creds,
}

/// Runs anything as the same guest.
struct AnyProgram;

impl Loader for AnyProgram {
    fn load(&mut self, _: &ProgramFile<'_>) -> Result<Program, Refusal> {
        Ok(Program::Guest("any"))
    }
}

struct Nowhere;

impl HostOutput for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        Ok(bytes.len())
    }
}

impl Machine {
    /// A kernel over a new tree: over `layers`, the lowest first, when there are any.
    pub fn new(identity: &Identity, layers: Vec<Arc<Layer>>) -> Self {
        let overlay = !layers.is_empty();
        let start = Timestamp::from_nanos(START);
        let mut tree = match overlay {
            true => Tree::over(layers, TreeLimits::default()).unwrap(),
            false => Tree::new(TreeLimits::default(), start),
        };
        let new = NewInode { mode: Mode::new(FileKind::Regular, 0o755), uid: 0, gid: 0, rdev: 0, target: &[] };
        let root = tree.root();
        tree.create(root, b"program", &new, start).unwrap();
        let name = || "x".to_owned();
        let options = KernelOptions {
            vfs: Vfs::new(Box::new(tree), MountOptions::default()),
            clock: Clock::fixed(START),
            entropy: Box::new(SeededEntropy::new(1)),
            loader: Box::new(AnyProgram),
            uname: Uname { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() },
            stdio: Stdio { input: None, output: Box::new(Nowhere), error: Box::new(Nowhere), terminal: None },
            limits: Limits { processes: 2, ..Limits::default() },
            trace: None,
            persist: None,
            answers: None,
            schedule: None,
        };
        let mut kernel = Kernel::new(options, ProcTable::default());
        let Identity { uid, gid, groups } = identity.clone();
        let (argv, cwd) = (vec![b"/program".to_vec()], b"/".to_vec());
        let request = InitRequest { argv, cwd, uid, gid, groups: groups.clone(), ..InitRequest::default() };
        assert_eq!(kernel.start(request), Ok(PID));
        let walk = Walk::new(kernel.vfs().root(), Creds::root(), PID);
        kernel.vfs().unlink(&walk, None, b"/program", start).unwrap();
        if overlay {
            let old = SetTime::At(Timestamp::default());
            let times = SetTimes { atime: old, mtime: old };
            kernel.vfs().utimens(&walk, None, b"/", true, times, start).unwrap();
        }
        Self { kernel, slots: [CLOSED; SLOTS], overlay, creds: Creds { uid, gid, groups } }
    }

    fn dirfd(&self, at: &At) -> Fd {
        match at.start {
            Start::Cwd => AT_FDCWD,
            Start::Slot(slot) => self.slots[slot],
        }
    }

    fn run_for_process(&mut self, op: &Op) -> Call<Value> {
        let fd = |slot: &usize| self.slots[*slot];
        let position = |offset: &Option<u64>| offset.map_or(Position::Current, Position::At);
        let k = &mut self.kernel;
        match op {
            Op::Open { slot, at, flags, mode } => {
                if self.slots[*slot] != CLOSED {
                    k.close(PID, self.slots[*slot])?;
                    self.slots[*slot] = CLOSED;
                }
                let dirfd = self.dirfd(at);
                self.slots[*slot] = self.kernel.open_at(PID, dirfd, at.path.as_bytes(), *flags, mode & 0o7777)?;
                Ok(Value::Nothing)
            }
            Op::Close(slot) => {
                let fd = core::mem::replace(&mut self.slots[*slot], CLOSED);
                k.close(PID, fd).map(|()| Value::Nothing)
            }
            Op::Dup { from, to } => {
                let new = k.dup(PID, fd(from), 3, false)?;
                let old = core::mem::replace(&mut self.slots[*to], new);
                if old != CLOSED {
                    k.close(PID, old)?;
                }
                Ok(Value::Nothing)
            }
            Op::Read { slot, len, offset } => {
                let mut buf = vec![0; *len];
                let done = k.read(PID, fd(slot), &mut buf, position(offset))?;
                buf.truncate(done);
                Ok(Value::Bytes(buf))
            }
            Op::Write { slot, len, byte, offset } => {
                let done = k.write(PID, fd(slot), &vec![*byte; *len], position(offset))?;
                Ok(Value::Number(done as u64))
            }
            Op::Seek { slot, offset, whence } => {
                // What an offset in a directory means is each file system's own.
                if k.fstat(PID, fd(slot))?.mode.kind() == FileKind::Directory {
                    return Ok(Value::Nothing);
                }
                let whence = [Whence::Set, Whence::Current, Whence::End][*whence as usize];
                k.seek(PID, fd(slot), *offset, whence).map(Value::Number)
            }
            Op::Ftruncate { slot, len } => k.ftruncate(PID, fd(slot), *len).map(|()| Value::Nothing),
            Op::Entries(slot) => {
                let entries = k.entries(PID, fd(slot), true)?;
                Ok(Value::Names(entries.iter().map(|entry| (entry.name.clone(), entry.kind)).collect()))
            }
            Op::Fstat(slot) => {
                let stat = k.fstat(PID, fd(slot))?;
                Ok(Value::Stat(Box::new(Seen::of_open(&stat, self.overlay))))
            }
            Op::Fchmod { slot, mode } => k.fchmod(PID, fd(slot), *mode).map(|()| Value::Nothing),
            Op::Fchown { slot, uid, gid } => k.fchown(PID, fd(slot), *uid, *gid).map(|()| Value::Nothing),
            Op::Futimens { slot, atime, mtime } => {
                k.futimens(PID, fd(slot), time(*atime), time(*mtime)).map(|()| Value::Nothing)
            }
            Op::Fchdir(slot) => k.fchdir(PID, fd(slot)).map(|()| Value::Nothing),
            Op::Getcwd => k.getcwd(PID).map(Value::Bytes),
            Op::Chdir(path) => k.chdir(PID, path.as_bytes()).map(|()| Value::Nothing),
            Op::Umask(mask) => k.umask(PID, *mask).map(|old| Value::Number(old.into())),
            Op::Stat { at, flags } => {
                let dirfd = self.dirfd(at);
                let stat = self.kernel.stat_at(PID, dirfd, at.path.as_bytes(), *flags)?;
                Ok(self.seen(&stat))
            }
            Op::Readlink(at) => {
                let dirfd = self.dirfd(at);
                self.kernel.readlink_at(PID, dirfd, at.path.as_bytes()).map(Value::Bytes)
            }
            Op::Truncate { .. } => {
                let creds = self.creds.clone();
                Ok(self.run_on_vfs(&creds, op)?)
            }
            Op::Root(op) => Ok(self.run_on_vfs(Creds::root(), op)?),
            op => self.change(op).map(|()| Value::Nothing),
        }
    }

    /// The operations by path that give nothing.
    fn change(&mut self, op: &Op) -> Call<()> {
        let (dirfd, path) = match op {
            Op::Access { at, .. }
            | Op::Mkdir { at, .. }
            | Op::Mknod { at, .. }
            | Op::Symlink { at, .. }
            | Op::Unlink(at)
            | Op::Rmdir(at)
            | Op::Chmod { at, .. }
            | Op::Chown { at, .. }
            | Op::Utimens { at, .. } => (self.dirfd(at), at.path.as_bytes()),
            Op::Link { from, .. } | Op::Rename { from, .. } => (self.dirfd(from), from.path.as_bytes()),
            _ => return Err(Errno::Nosys.into()),
        };
        let to = match op {
            Op::Link { to, .. } | Op::Rename { to, .. } => (self.dirfd(to), to.path.as_bytes()),
            _ => (CLOSED, &b""[..]),
        };
        let k = &mut self.kernel;
        match op {
            Op::Access { mode, .. } => k.access_at(PID, dirfd, path, *mode, 0),
            Op::Mkdir { mode, .. } => k.mkdir_at(PID, dirfd, path, *mode),
            Op::Mknod { mode, rdev, .. } => k.mknod_at(PID, dirfd, path, Mode(*mode), *rdev),
            Op::Symlink { target, .. } => k.symlink_at(PID, target.as_bytes(), dirfd, path),
            Op::Link { flags, .. } => k.link_at(PID, (dirfd, path), to, *flags),
            Op::Unlink(_) => k.unlink_at(PID, dirfd, path, 0),
            Op::Rmdir(_) => k.unlink_at(PID, dirfd, path, wcr_abi::AT_REMOVEDIR),
            Op::Rename { .. } => k.rename_at(PID, (dirfd, path), to, 0),
            Op::Chmod { mode, .. } => k.chmod_at(PID, dirfd, path, *mode, 0),
            Op::Chown { uid, gid, flags, .. } => k.chown_at(PID, dirfd, path, *uid, *gid, *flags),
            Op::Utimens { atime, mtime, flags, .. } => {
                k.utimens_at(PID, dirfd, path, time(*atime), time(*mtime), *flags)
            }
            _ => Err(Errno::Nosys.into()),
        }
    }

    /// Operations on paths from the root, past the process.
    fn run_on_vfs(&mut self, creds: &Creds, op: &Op) -> Result<Value, Errno> {
        let now = Timestamp::from_nanos(self.now());
        let clock = || now;
        let vfs = self.kernel.vfs();
        let walk = Walk { clock: Some(&clock), ..Walk::new(vfs.root(), creds, PID) };
        let follow = |flags: u32| flags & AT_SYMLINK_NOFOLLOW == 0;
        let stat = match op {
            Op::Stat { at, flags } => match vfs.stat(&walk, None, at.path.as_bytes(), follow(*flags))? {
                Found::Here(stat) => Some(stat),
                Found::Fd { .. } => None,
            },
            _ => None,
        };
        if let Some(stat) = stat {
            return Ok(self.seen(&stat));
        }
        match op {
            Op::Truncate { path, len } => vfs.truncate(&walk, None, path.as_bytes(), *len, now),
            Op::Mkdir { at, mode } => vfs.mkdir(&walk, None, at.path.as_bytes(), *mode, now).map(drop),
            Op::Mknod { at, mode, rdev } => vfs.mknod(&walk, None, at.path.as_bytes(), *mode, *rdev, now).map(drop),
            Op::Symlink { target, at } => {
                vfs.symlink(&walk, target.as_bytes(), None, at.path.as_bytes(), now).map(drop)
            }
            Op::Link { from, to, flags } => {
                let follow = flags & AT_SYMLINK_FOLLOW != 0;
                vfs.link(&walk, None, from.path.as_bytes(), follow, None, to.path.as_bytes(), now)
            }
            Op::Unlink(at) => vfs.unlink(&walk, None, at.path.as_bytes(), now).map(drop),
            Op::Rmdir(at) => vfs.rmdir(&walk, None, at.path.as_bytes(), now).map(drop),
            Op::Rename { from, to } => {
                let (from, to) = (from.path.as_bytes(), to.path.as_bytes());
                vfs.rename(&walk, None, from, None, to, Rename::Replace, now).map(drop)
            }
            Op::Chmod { at, mode } => vfs.chmod(&walk, None, at.path.as_bytes(), *mode, now),
            Op::Chown { at, uid, gid, flags } => {
                vfs.chown(&walk, None, at.path.as_bytes(), follow(*flags), *uid, *gid, now)
            }
            Op::Utimens { at, atime, mtime, flags } => {
                let times = SetTimes { atime: time(*atime), mtime: time(*mtime) };
                vfs.utimens(&walk, None, at.path.as_bytes(), follow(*flags), times, now)
            }
            _ => Err(Errno::Nosys),
        }
        .map(|()| Value::Nothing)
    }

    fn seen(&self, stat: &Stat) -> Value {
        Value::Stat(Box::new(Seen::new(stat, self.overlay)))
    }

    fn node(&mut self, path: &str) -> Node {
        let vfs = self.kernel.vfs();
        let walk = Walk::new(vfs.root(), Creds::root(), PID);
        vfs.resolve_node(&walk, None, path.as_bytes(), false).unwrap()
    }
}

fn time(time: Time) -> SetTime {
    match time {
        Time::Now => SetTime::Now,
        Time::Omit => SetTime::Omit,
        Time::At(time) => SetTime::At(time),
    }
}

impl System for Machine {
    fn run(&mut self, op: &Op) -> Outcome {
        self.kernel.enter(PID, None).unwrap();
        match self.run_for_process(op) {
            Ok(value) => Ok(value),
            Err(Halt::Errno(errno)) => Err(errno),
            Err(halt) => panic!("{halt:?} of {op:?}"),
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        let mut all = Snapshot::new();
        let vfs = self.kernel.vfs();
        let mut todo = vec![("/".to_owned(), vfs.root())];
        while let Some((path, node)) = todo.pop() {
            let stat = vfs.stat_node(node).unwrap();
            if stat.mode.kind() == FileKind::Directory {
                for entry in vfs.entries(node).unwrap() {
                    let name = String::from_utf8(entry.name).unwrap();
                    let child = vfs.entry(node, name.as_bytes()).unwrap();
                    todo.push((format!("{}/{name}", path.trim_end_matches('/')), child));
                }
            }
            all.insert(path, stat);
        }
        for (slot, fd) in self.slots.into_iter().enumerate().filter(|(_, fd)| *fd != CLOSED) {
            all.insert(format!("@{slot}"), self.kernel.fstat(PID, fd).unwrap());
        }
        all
    }

    fn content(&mut self, path: &str) -> Vec<u8> {
        let node = self.node(path);
        let vfs = self.kernel.vfs();
        let stat = vfs.stat_node(node).unwrap();
        if stat.mode.kind() == FileKind::Symlink {
            let walk = Walk::new(vfs.root(), Creds::root(), PID);
            return vfs.readlink(&walk, None, path.as_bytes()).unwrap();
        }
        let mut content = vec![0; stat.size.min(crate::CONTENT_MAX) as usize];
        let done = vfs.read_node(node, 0, &mut content).unwrap();
        assert_eq!(done, content.len(), "{path}");
        content
    }

    fn now(&self) -> u64 {
        self.kernel.clock_time(PID, 0).unwrap()
    }

    fn tick(&mut self) {
        self.kernel.enter(PID, None).unwrap();
    }
}
