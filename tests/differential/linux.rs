//! The operations on the kernel of this machine, in a tmpfs or an overlay of their own.
//!
//! One thread has its own mounts, root folder, umask and identity, and so all that happens stays in it.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use linux_calls::fs::{
    Access, AtFlags, CWD, FileType, Gid, Mode, OFlags, RawDir, RawMode, SeekFrom, StatxFlags, Timespec, Timestamps,
    UTIME_NOW, UTIME_OMIT, Uid, XattrFlags,
};
use linux_calls::io::Errno as Host;
use linux_calls::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use linux_calls::thread::UnshareFlags;
use linux_calls::time::ClockId;
use wcr_abi::{AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Errno, FileKind, Mode as AbiMode, Stat, Timestamp};

use crate::layers::{Entry, Kind};
use crate::machine::Identity;
use crate::operation::{At, Op, SLOTS, Start, Time};
use crate::system::{Outcome, Seen, Snapshot, System, Value};

/// A descriptor that is not open.
const CLOSED: i32 = 1_000_000;

type Result<T> = std::result::Result<T, Host>;

fn user(number: u32) -> Uid {
    // SAFETY: all numbers but -1, which no test takes, are users.
    unsafe { Uid::from_raw(number) }
}

fn group(number: u32) -> Gid {
    // SAFETY: all numbers but -1, which no test takes, are groups.
    unsafe { Gid::from_raw(number) }
}

/// What one thread needs to make and leave root folders of its own.
pub struct Chroots {
    outside: OwnedFd,
    place: std::path::PathBuf,
}

impl Chroots {
    /// Takes this thread apart from the others.
    ///
    /// # Errors
    /// Why that is not allowed here, in words.
    pub fn start(place: &Path) -> std::result::Result<Self, String> {
        let fail = |what: &'static str| move |errno: Host| format!("{what}: {errno}");
        linux_calls::thread::unshare(UnshareFlags::FS | UnshareFlags::NEWNS).map_err(fail("no mounts of its own"))?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        linux_calls::mount::mount_change("/", private).map_err(fail("mounts are shared"))?;
        let outside = linux_calls::fs::open("/", OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).map_err(fail("/"))?;
        let chroots = Self { outside, place: place.to_owned() };
        chroots.enter(false, &[]).map_err(fail("no tmpfs can be mounted"))?;
        chroots.leave(false).map_err(fail("a tmpfs stays mounted"))?;
        Ok(chroots)
    }

    /// Mounts a new tmpfs, and over it an overlay of `layers` when there are any, and makes it the root.
    fn enter(&self, overlay: bool, layers: &[Vec<Entry>]) -> Result<()> {
        linux_calls::process::umask(Mode::empty());
        linux_calls::mount::mount("none", &self.place, "tmpfs", MountFlags::empty(), c"mode=755")?;
        linux_calls::process::chdir(&self.place)?;
        if overlay {
            for folder in ["upper", "work", "merged"] {
                linux_calls::fs::mkdir(folder, Mode::from(0o755))?;
            }
            let mut lower = Vec::new();
            for (number, layer) in layers.iter().enumerate() {
                let folder = format!("layer{number}");
                lower.insert(0, folder.clone());
                lay_out(&folder, layer)?;
            }
            set_times(CWD, "upper", old(0), AtFlags::empty())?;
            let options = format!(
                "lowerdir={},upperdir=upper,workdir=work,index=on,redirect_dir=on,metacopy=off,xino=off",
                lower.join(":")
            );
            let options = std::ffi::CString::new(options).map_err(|_| Host::INVAL)?;
            linux_calls::mount::mount("none", "merged", "overlay", MountFlags::empty(), options.as_c_str())?;
            linux_calls::process::chdir("merged")?;
        }
        linux_calls::process::chroot(".")?;
        linux_calls::process::umask(Mode::from(0o022));
        Ok(())
    }

    fn leave(&self, overlay: bool) -> Result<()> {
        linux_calls::process::fchdir(&self.outside)?;
        linux_calls::process::chroot(".")?;
        if overlay {
            linux_calls::mount::unmount(self.place.join("merged"), UnmountFlags::empty())?;
        }
        linux_calls::mount::unmount(&self.place, UnmountFlags::empty())
    }
}

/// Makes the folder of a layer.
fn lay_out(folder: &str, entries: &[Entry]) -> Result<()> {
    linux_calls::fs::mkdir(folder, Mode::from(0o755))?;
    let within = |path: &str| format!("{folder}/{path}");
    for entry in entries {
        let path = within(&entry.path);
        let mode = Mode::from(entry.mode);
        match &entry.kind {
            Kind::Dir { opaque } => {
                linux_calls::fs::mkdir(&path, mode)?;
                if *opaque {
                    linux_calls::fs::setxattr(&path, "trusted.overlay.opaque", b"y", XattrFlags::empty())?;
                }
            }
            Kind::File { byte, len } => {
                let file = linux_calls::fs::open(&path, OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY, mode)?;
                linux_calls::io::write(file, &vec![*byte; *len])?;
            }
            Kind::Symlink(target) => linux_calls::fs::symlink(target, &path)?,
            Kind::HardLink(target) => linux_calls::fs::link(within(target), &path)?,
            Kind::Whiteout => linux_calls::fs::mknodat(CWD, &path, FileType::CharacterDevice, Mode::empty(), 0)?,
        }
        if !matches!(entry.kind, Kind::HardLink(_) | Kind::Whiteout) {
            let (uid, gid) = (user(entry.uid), group(entry.gid));
            linux_calls::fs::chownat(CWD, &path, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
            if !matches!(entry.kind, Kind::Symlink(_)) {
                linux_calls::fs::chmod(&path, mode)?;
            }
        }
    }
    // A folder's own time comes after what is made in it.
    for entry in entries.iter().rev().filter(|entry| !matches!(entry.kind, Kind::Whiteout)) {
        set_times(CWD, &within(&entry.path), old(entry.mtime), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    set_times(CWD, folder, old(0), AtFlags::empty())
}

fn old(sec: i64) -> Timestamps {
    let time = Timespec { tv_sec: sec, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

fn set_times(dir: BorrowedFd<'_>, path: &str, times: Timestamps, flags: AtFlags) -> Result<()> {
    linux_calls::fs::utimensat(dir, path, &times, flags)
}

/// A thread in a root folder of its own.
pub struct Linux<'a> {
    chroots: &'a Chroots,
    slots: [Option<OwnedFd>; SLOTS],
    identity: Identity,
    overlay: bool,
}

impl<'a> Linux<'a> {
    /// Goes into a new root folder: an overlay when there are layers, the lowest first.
    pub fn new(chroots: &'a Chroots, identity: &Identity, layers: &[Vec<Entry>]) -> Self {
        let overlay = !layers.is_empty();
        chroots.enter(overlay, layers).expect("mount a new root");
        let linux = Self { chroots, slots: Default::default(), identity: identity.clone(), overlay };
        linux.become_process();
        linux
    }

    fn become_process(&self) {
        let Identity { uid, gid, groups } = &self.identity;
        let groups: Vec<Gid> = groups.iter().map(|gid| group(*gid)).collect();
        let (uid, gid, root) = (user(*uid), group(*gid), user(0));
        linux_calls::thread::set_thread_groups(&groups).expect("set groups");
        linux_calls::thread::set_thread_res_gid(gid, gid, group(0)).expect("set the group");
        linux_calls::thread::set_thread_res_uid(uid, uid, root).expect("set the user");
    }

    fn become_root(&self) {
        let (root, none) = (user(0), group(0));
        linux_calls::thread::set_thread_res_uid(root, root, root).expect("set the user");
        linux_calls::thread::set_thread_res_gid(none, none, none).expect("set the group");
        linux_calls::thread::set_thread_groups(&[]).expect("set groups");
    }

    fn as_root<R>(&mut self, what: impl FnOnce(&mut Self) -> R) -> R {
        self.become_root();
        let result = what(self);
        self.become_process();
        result
    }

    fn fd(&self, slot: usize) -> BorrowedFd<'_> {
        match &self.slots[slot] {
            Some(fd) => fd.as_fd(),
            // SAFETY: a number that no descriptor has, so that whatever it is used for fails.
            None => unsafe { BorrowedFd::borrow_raw(CLOSED) },
        }
    }

    /// Where a path starts.
    fn dir(&self, at: &At) -> BorrowedFd<'_> {
        match at.start {
            Start::Slot(slot) => self.fd(slot),
            Start::Cwd => CWD,
        }
    }

    fn perform(&mut self, op: &Op) -> Result<Value> {
        match op {
            Op::Open { slot, at, flags, mode } => {
                self.slots[*slot] = None;
                let flags = OFlags::from_bits_retain(flags.0);
                let fd = linux_calls::fs::openat(self.dir(at), at.path.as_str(), flags, Mode::from(mode & 0o7777))?;
                self.slots[*slot] = Some(fd);
            }
            Op::Close(slot) => drop(self.slots[*slot].take().ok_or(Host::BADF)?),
            Op::Dup { from, to } => {
                let new = linux_calls::io::fcntl_dupfd_cloexec(self.fd(*from), 3)?;
                self.slots[*to] = Some(new);
            }
            Op::Read { slot, len, offset } => {
                let mut buf = vec![0; *len];
                let done = match offset {
                    None => linux_calls::io::read(self.fd(*slot), &mut buf)?,
                    Some(offset) => linux_calls::io::pread(self.fd(*slot), &mut buf, *offset)?,
                };
                buf.truncate(done);
                return Ok(Value::Bytes(buf));
            }
            Op::Write { slot, len, byte, offset } => {
                let buf = vec![*byte; *len];
                let done = match offset {
                    None => linux_calls::io::write(self.fd(*slot), &buf)?,
                    Some(offset) => linux_calls::io::pwrite(self.fd(*slot), &buf, *offset)?,
                };
                return Ok(Value::Number(done as u64));
            }
            Op::Seek { slot, offset, whence } => {
                let fd = self.fd(*slot);
                if FileType::from_raw_mode(linux_calls::fs::fstat(fd)?.st_mode) == FileType::Directory {
                    return Ok(Value::Nothing);
                }
                let to = match whence {
                    0 => SeekFrom::Start((*offset).cast_unsigned()),
                    1 => SeekFrom::Current(*offset),
                    _ => SeekFrom::End(*offset),
                };
                return linux_calls::fs::seek(fd, to).map(Value::Number);
            }
            Op::Ftruncate { slot, len } => linux_calls::fs::ftruncate(self.fd(*slot), *len)?,
            Op::Entries(slot) => {
                let fd = self.fd(*slot);
                if FileType::from_raw_mode(linux_calls::fs::fstat(fd)?.st_mode) == FileType::Directory {
                    linux_calls::fs::seek(fd, SeekFrom::Start(0))?;
                }
                return names(fd).map(Value::Names);
            }
            Op::Fstat(slot) => {
                let stat = stat(self.fd(*slot), "", AtFlags::EMPTY_PATH)?;
                return Ok(Value::Stat(Box::new(Seen::of_open(&stat, self.overlay))));
            }
            Op::Fchmod { slot, mode } => linux_calls::fs::fchmod(self.fd(*slot), Mode::from(mode & 0o7777))?,
            Op::Fchown { slot, uid, gid } => {
                linux_calls::fs::fchown(self.fd(*slot), uid.map(user), gid.map(group))?;
            }
            Op::Futimens { slot, atime, mtime } => linux_calls::fs::futimens(self.fd(*slot), &times(*atime, *mtime))?,
            Op::Fchdir(slot) => linux_calls::process::fchdir(self.fd(*slot))?,
            Op::Getcwd => return Ok(Value::Bytes(linux_calls::process::getcwd(Vec::new())?.into_bytes())),
            Op::Chdir(path) => linux_calls::process::chdir(path.as_str())?,
            Op::Umask(mask) => {
                let old = linux_calls::process::umask(Mode::from(*mask));
                return Ok(Value::Number(old.as_raw_mode().into()));
            }
            Op::Stat { at, flags } => {
                return Ok(self.seen(&stat(self.dir(at), &at.path, no_follow(*flags))?));
            }
            Op::Access { at, mode } => {
                let access = Access::from_bits_retain(*mode);
                linux_calls::fs::accessat(self.dir(at), at.path.as_str(), access, AtFlags::empty())?;
            }
            Op::Readlink(at) => {
                let target = linux_calls::fs::readlinkat(self.dir(at), at.path.as_str(), Vec::new())?;
                return Ok(Value::Bytes(target.into_bytes()));
            }
            Op::Truncate { path, len } => truncate(path, *len)?,
            Op::Mkdir { at, mode } => {
                linux_calls::fs::mkdirat(self.dir(at), at.path.as_str(), Mode::from(mode & 0o7777))?;
            }
            Op::Mknod { at, mode, rdev } => {
                let kind = match mode & 0o170_000 {
                    0 => FileType::RegularFile,
                    kind => FileType::from_raw_mode(kind as RawMode),
                };
                let permissions = Mode::from(mode & 0o7777);
                linux_calls::fs::mknodat(self.dir(at), at.path.as_str(), kind, permissions, *rdev)?;
            }
            Op::Symlink { target, at } => linux_calls::fs::symlinkat(target.as_str(), self.dir(at), at.path.as_str())?,
            Op::Link { from, to, flags } => {
                let flags = if flags & AT_SYMLINK_FOLLOW != 0 { AtFlags::SYMLINK_FOLLOW } else { AtFlags::empty() };
                let (old, new) = (self.dir(from), self.dir(to));
                linux_calls::fs::linkat(old, from.path.as_str(), new, to.path.as_str(), flags)?;
            }
            Op::Unlink(at) => linux_calls::fs::unlinkat(self.dir(at), at.path.as_str(), AtFlags::empty())?,
            Op::Rmdir(at) => linux_calls::fs::unlinkat(self.dir(at), at.path.as_str(), AtFlags::REMOVEDIR)?,
            Op::Rename { from, to } => {
                linux_calls::fs::renameat(self.dir(from), from.path.as_str(), self.dir(to), to.path.as_str())?;
            }
            Op::Chmod { at, mode } => {
                let mode = Mode::from(mode & 0o7777);
                linux_calls::fs::chmodat(self.dir(at), at.path.as_str(), mode, AtFlags::empty())?;
            }
            Op::Chown { at, uid, gid, flags } => {
                let (uid, gid) = (uid.map(user), gid.map(group));
                linux_calls::fs::chownat(self.dir(at), at.path.as_str(), uid, gid, no_follow(*flags))?;
            }
            Op::Utimens { at, atime, mtime, flags } => {
                set_times(self.dir(at), &at.path, times(*atime, *mtime), no_follow(*flags))?;
            }
            Op::Root(op) => {
                return self.as_root(|linux| {
                    let mask = linux_calls::process::umask(Mode::empty());
                    let result = linux.perform(op);
                    linux_calls::process::umask(mask);
                    result
                });
            }
        }
        Ok(Value::Nothing)
    }

    fn seen(&self, stat: &Stat) -> Value {
        Value::Stat(Box::new(Seen::new(stat, self.overlay)))
    }
}

/// `truncate(2)`.
fn truncate(path: &str, len: u64) -> Result<()> {
    let path = std::ffi::CString::new(path).map_err(|_| Host::INVAL)?;
    let len = libc::off_t::try_from(len).map_err(|_| Host::INVAL)?;
    // SAFETY: the path is a string with an end, and nothing keeps it.
    match unsafe { libc::truncate(path.as_ptr(), len) } {
        0 => Ok(()),
        _ => Err(Host::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Host::IO)),
    }
}

fn no_follow(flags: u32) -> AtFlags {
    if flags & AT_SYMLINK_NOFOLLOW != 0 { AtFlags::SYMLINK_NOFOLLOW } else { AtFlags::empty() }
}

fn times(atime: Time, mtime: Time) -> Timestamps {
    let time = |time| match time {
        Time::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        Time::Omit => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        Time::At(Timestamp { sec, nsec }) => Timespec { tv_sec: sec, tv_nsec: nsec.into() },
    };
    Timestamps { last_access: time(atime), last_modification: time(mtime) }
}

fn kind(kind: FileType) -> FileKind {
    AbiMode(kind.as_raw_mode()).kind()
}

/// The names in an open directory from its offset on, sorted, without `.` and `..`.
fn names(fd: BorrowedFd<'_>) -> Result<Vec<(Vec<u8>, FileKind)>> {
    let mut buf = [MaybeUninit::uninit(); 8192];
    let mut dir = RawDir::new(fd, &mut buf);
    let mut names = Vec::new();
    while let Some(entry) = dir.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push((name.to_vec(), kind(entry.file_type())));
        }
    }
    names.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(names)
}

fn stat(dir: BorrowedFd<'_>, path: &str, flags: AtFlags) -> Result<Stat> {
    let found = linux_calls::fs::statx(dir, path, flags, StatxFlags::BASIC_STATS)?;
    let time = |time: linux_calls::fs::StatxTimestamp| Timestamp { sec: time.tv_sec, nsec: time.tv_nsec };
    Ok(Stat {
        dev: 0,
        ino: found.stx_ino,
        mode: AbiMode(found.stx_mode.into()),
        nlink: found.stx_nlink,
        uid: found.stx_uid,
        gid: found.stx_gid,
        rdev: linux_calls::fs::makedev(found.stx_rdev_major, found.stx_rdev_minor),
        size: found.stx_size,
        blocks: found.stx_blocks,
        blksize: found.stx_blksize,
        atime: time(found.stx_atime),
        mtime: time(found.stx_mtime),
        ctime: time(found.stx_ctime),
    })
}

fn nanos(clock: ClockId) -> u64 {
    let now = linux_calls::time::clock_gettime(clock);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

impl System for Linux<'_> {
    fn run(&mut self, op: &Op) -> Outcome {
        self.perform(op).map_err(errno)
    }

    fn snapshot(&mut self) -> Snapshot {
        self.as_root(|linux| {
            let mut all = Snapshot::new();
            let mut todo = vec!["/".to_owned()];
            while let Some(path) = todo.pop() {
                let found = stat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW).expect("stat");
                if found.mode.kind() == FileKind::Directory {
                    let flags = OFlags::DIRECTORY | OFlags::NOATIME;
                    let dir = linux_calls::fs::open(path.as_str(), flags, Mode::empty()).expect("open a folder");
                    let names = match names(dir.as_fd()) {
                        Ok(names) => names,
                        Err(error) => {
                            all.insert(format!("{path}: {error}"), found);
                            continue;
                        }
                    };
                    for (name, _) in names {
                        let name = OsStr::from_bytes(&name).to_str().expect("a name in ASCII").to_owned();
                        todo.push(format!("{}/{name}", path.trim_end_matches('/')));
                    }
                }
                all.insert(path, found);
            }
            for (slot, fd) in linux.slots.iter().enumerate() {
                if let Some(fd) = fd {
                    let found = stat(fd.as_fd(), "", AtFlags::EMPTY_PATH).expect("stat what is open");
                    all.insert(format!("@{slot}"), found);
                }
            }
            all
        })
    }

    fn content(&mut self, path: &str) -> Vec<u8> {
        self.as_root(|_| {
            if let Ok(target) = linux_calls::fs::readlink(path, Vec::new()) {
                return target.into_bytes();
            }
            let file = linux_calls::fs::open(path, OFlags::RDONLY, Mode::empty()).expect("open a file");
            let size = stat(file.as_fd(), "", AtFlags::EMPTY_PATH).expect("stat").size;
            let mut content = vec![0; size.min(crate::CONTENT_MAX) as usize];
            let done = linux_calls::io::pread(&file, &mut *content, 0).expect("read a file");
            assert_eq!(done, content.len(), "{path}");
            content
        })
    }

    fn now(&self) -> u64 {
        nanos(ClockId::RealtimeCoarse)
    }

    fn tick(&mut self) {
        let now = nanos(ClockId::Realtime);
        while self.now() <= now {
            std::thread::sleep(std::time::Duration::from_micros(500));
        }
    }
}

impl Drop for Linux<'_> {
    fn drop(&mut self) {
        self.slots = Default::default();
        self.become_root();
        if let Err(error) = self.chroots.leave(self.overlay) {
            eprintln!("a mount stays: {error}");
        }
    }
}

/// The same error in wcr's numbers.
fn errno(errno: Host) -> Errno {
    match errno {
        Host::ACCESS => Errno::Acces,
        Host::AGAIN => Errno::Again,
        Host::BADF => Errno::Badf,
        Host::BUSY => Errno::Busy,
        Host::EXIST => Errno::Exist,
        Host::FAULT => Errno::Fault,
        Host::FBIG => Errno::Fbig,
        Host::INVAL => Errno::Inval,
        Host::ISDIR => Errno::Isdir,
        Host::LOOP => Errno::Loop,
        Host::MLINK => Errno::Mlink,
        Host::NAMETOOLONG => Errno::Nametoolong,
        Host::NOENT => Errno::Noent,
        Host::NOSPC => Errno::Nospc,
        Host::NOTDIR => Errno::Notdir,
        Host::NOTEMPTY => Errno::Notempty,
        Host::NXIO => Errno::Nxio,
        Host::OPNOTSUPP => Errno::Notsup,
        Host::OVERFLOW => Errno::Overflow,
        Host::PERM => Errno::Perm,
        Host::PIPE => Errno::Pipe,
        Host::ROFS => Errno::Rofs,
        Host::SPIPE => Errno::Spipe,
        Host::STALE => Errno::Stale,
        Host::XDEV => Errno::Xdev,
        other => panic!("an error without a counterpart: {other}"),
    }
}
