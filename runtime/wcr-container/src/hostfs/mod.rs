//! A folder or a file of the host as a file system: what `-v HOST:CONTAINER` binds.
//!
//! Every access is one name in one opened folder, and never follows a link: symbolic links are handed to
//! the container's own path walk as what they are, so nothing outside of the folder can be reached
//! whatever links it holds.

mod inodes;
#[cfg(not(target_os = "linux"))]
mod no_room;
#[cfg(not(unix))]
mod portable;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use portable as platform;
#[cfg(unix)]
use unix as platform;

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use wcr_abi::{Errno, FileKind, NAME_MAX, Stat, StatFs, Timestamp};
use wcr_vfs::{DirEntry, FileSystem, Ino, NewInode, Part, Perm, SetAttr};

use inodes::{Handles, Inodes, Place};

/// The root's inode.
const ROOT: Ino = 1;
/// How many opened folders, and how many opened files, are kept for later.
const HANDLES_KEPT: usize = 64;
/// The file system type that `statfs` names: ext4's, the one most hosts have.
const EXT4_MAGIC: u64 = 0xef53;

/// A folder, or one file, of the host.
///
/// Inode numbers are given out as files are first seen and stay the same as long as this value lives.
/// Owners and modes are the host's where the host has them; see the module of the platform. The host
/// keeps its own ctime and, for content, mtime.
pub struct HostFs {
    inodes: Inodes,
    /// The folder bound, or the folder of the file bound.
    root_dir: Arc<Dir>,
    dirs: Handles<Arc<Dir>>,
    files: Handles<OpenFile>,
    attributes: platform::Attributes,
}

struct OpenFile {
    file: File,
    writable: bool,
}

impl HostFs {
    /// Binds `path`, which is followed when it is a symbolic link.
    ///
    /// # Errors
    /// The host's, when the path does not exist or cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let metadata = std::fs::metadata(&path)?;
        let (dir, name) = if metadata.is_dir() {
            (path.as_path(), OsStr::new("."))
        } else {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            (path.parent().ok_or(io::ErrorKind::InvalidInput)?, name)
        };
        let root_dir = Dir::open_ambient_dir(dir, ambient_authority())?;
        let attributes = platform::Attributes::default();
        let metadata = platform::metadata_at(&root_dir, name)?;
        let inodes = Inodes::new(platform::kind(&metadata), platform::identity(&metadata), name.into());
        let root_dir = Arc::new(root_dir);
        let (dirs, files) = (Handles::new(HANDLES_KEPT), Handles::new(HANDLES_KEPT));
        Ok(Self { inodes, root_dir, dirs, files, attributes })
    }

    /// The opened folder of a directory inode.
    fn dir(&mut self, ino: Ino) -> Result<Arc<Dir>, Errno> {
        let mut missing = Vec::new();
        let mut at = ino;
        let mut dir = loop {
            if let Some(dir) = self.dirs.get(at) {
                break Arc::clone(dir);
            }
            let inode = self.inodes.get(at)?;
            if inode.kind != FileKind::Directory {
                return Err(Errno::Notdir);
            }
            match &inode.place {
                Place::Root(_) => break Arc::clone(&self.root_dir),
                Place::In(parent, name) => {
                    missing.push((at, name.clone()));
                    at = *parent;
                }
                Place::Gone => return Err(Errno::Noent),
            }
        };
        while let Some((ino, name)) = missing.pop() {
            dir = Arc::new(dir.open_dir_nofollow(&name).map_err(errno)?);
            self.check_identity(ino, &platform::metadata_of(&*dir).map_err(errno)?)?;
            self.dirs.keep(ino, Arc::clone(&dir));
        }
        Ok(dir)
    }

    /// Where an inode is: an opened folder and a name in it.
    fn at(&mut self, ino: Ino) -> Result<(Arc<Dir>, std::ffi::OsString), Errno> {
        let inode = self.inodes.get(ino)?;
        match inode.place.clone() {
            Place::Root(name) => Ok((Arc::clone(&self.root_dir), name)),
            Place::In(dir, name) => Ok((self.dir(dir)?, name)),
            Place::Gone => Err(Errno::Stale),
        }
    }

    fn metadata(&mut self, ino: Ino) -> Result<platform::Metadata, Errno> {
        let found = match self.at(ino) {
            Ok((dir, name)) => platform::metadata_at(&dir, &name).map_err(errno).and_then(|metadata| {
                self.check_identity(ino, &metadata)?;
                Ok(metadata)
            }),
            Err(errno) => Err(errno),
        };
        // A file that lost its name, or whose name is another file's now, lives on as long as it is open.
        found.or_else(|error| match (self.files.get(ino), self.dirs.get(ino)) {
            (Some(open), _) => platform::metadata_of(&open.file).map_err(errno),
            (None, Some(dir)) => platform::metadata_of(&**dir).map_err(errno),
            (None, None) => Err(error),
        })
    }

    /// Fails with `STALE` when the host has put another file where the inode was.
    fn check_identity(&self, ino: Ino, metadata: &platform::Metadata) -> Result<(), Errno> {
        let inode = self.inodes.get(ino)?;
        let same = matches!(inode.place, Place::Root(_)) || inode.identity == platform::identity(metadata);
        if same && inode.kind == platform::kind(metadata) { Ok(()) } else { Err(Errno::Stale) }
    }

    /// What `name` in `dir` is.
    fn find(&mut self, dir: Ino, name: &[u8]) -> Result<(Ino, platform::Metadata), Errno> {
        let handle = self.dir(dir)?;
        let name = platform::name_from_bytes(name)?;
        let metadata = platform::metadata_at(&handle, name).map_err(errno)?;
        Ok((self.intern(dir, name, &metadata), metadata))
    }

    /// The inode of `name` in `dir`, whose metadata was just read.
    fn intern(&mut self, dir: Ino, name: &OsStr, metadata: &platform::Metadata) -> Ino {
        self.inodes.intern(dir, name, platform::kind(metadata), platform::identity(metadata))
    }

    fn open_file(&mut self, ino: Ino, writable: bool) -> Result<&File, Errno> {
        if self.files.get(ino).is_none_or(|open| writable && !open.writable) {
            match self.inodes.get(ino)?.kind {
                FileKind::Regular => {}
                FileKind::Directory => return Err(Errno::Isdir),
                _ => return Err(Errno::Inval),
            }
            let (dir, name) = self.at(ino)?;
            let mut options = OpenOptions::new();
            options.read(true).write(writable).follow(FollowSymlinks::No).nonblock(true);
            let file = match dir.open_with(&name, &options) {
                // The container may write to a file that its owner must not read.
                Err(error) if writable && error.kind() == io::ErrorKind::PermissionDenied => {
                    dir.open_with(&name, options.read(false)).map_err(errno)?
                }
                opened => opened.map_err(errno)?,
            };
            self.check_identity(ino, &platform::metadata_of(&file).map_err(errno)?)?;
            self.files.keep(ino, OpenFile { file, writable });
        }
        self.files.get(ino).map(|open| &open.file).ok_or(Errno::Stale)
    }

    /// Opens what is about to lose its name, if somebody still uses it.
    fn hold(&mut self, ino: Ino) {
        if !self.inodes.is_pinned(ino) {
            return;
        }
        let is_dir = self.inodes.get(ino).is_ok_and(|inode| inode.kind == FileKind::Directory);
        if is_dir {
            let _ = self.dir(ino).map(|_| self.dirs.hold(ino));
        } else if self.open_file(ino, true).is_ok() || self.open_file(ino, false).is_ok() {
            self.files.hold(ino);
        }
    }

    /// Takes note that `name` in `dir` no longer names `ino`.
    fn forget_name(&mut self, ino: Ino, dir: Ino, name: &OsStr, links: u32) {
        self.inodes.remove_name(ino, dir, name, links <= 1);
        if !self.inodes.is_pinned(ino) {
            self.files.drop(ino);
            self.dirs.drop(ino);
        }
    }

    fn kind_and_links(&mut self, ino: Ino) -> Result<(FileKind, u32), Errno> {
        let stat = self.stat(ino)?;
        Ok((stat.mode.kind(), stat.nlink))
    }
}

impl FileSystem for HostFs {
    fn root(&self) -> Ino {
        ROOT
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.find(dir, name).map(|(ino, _)| ino)
    }

    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno> {
        match &self.inodes.get(dir)?.place {
            Place::Root(_) => Ok(ROOT),
            Place::In(parent, _) => Ok(*parent),
            Place::Gone => Err(Errno::Noent),
        }
    }

    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno> {
        match &self.inodes.get(dir)?.place {
            Place::Root(_) => Ok(Vec::new()),
            Place::In(_, name) => Ok(platform::bytes_from_name(name)),
            Place::Gone => Err(Errno::Noent),
        }
    }

    fn stat(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let metadata = self.metadata(ino)?;
        let size = match platform::kind(&metadata) {
            FileKind::Symlink => self.readlink(ino).map_or(0, |target| target.len() as u64),
            _ => platform::size(&metadata),
        };
        Ok(self.attributes.stat(ino, &metadata, size))
    }

    fn lookup_perm(&mut self, dir: Ino, name: &[u8]) -> Result<(Ino, Perm), Errno> {
        let (ino, metadata) = self.find(dir, name)?;
        let Stat { mode, uid, gid, .. } = self.attributes.stat(ino, &metadata, 0);
        Ok((ino, Perm { mode, uid, gid }))
    }

    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        Ok(self.entries_stat(dir)?.into_iter().map(|(entry, _)| entry).collect())
    }

    fn entries_stat(&mut self, dir: Ino) -> Result<Vec<(DirEntry, Option<Stat>)>, Errno> {
        let handle = self.dir(dir)?;
        let mut entries = Vec::new();
        for name in platform::names(&handle).map_err(errno)? {
            // A file that vanishes meanwhile is as good as one removed before.
            let Ok(metadata) = platform::metadata_at(&handle, &name) else { continue };
            let ino = self.intern(dir, &name, &metadata);
            let (name, kind) = (platform::bytes_from_name(&name), platform::kind(&metadata));
            // How long the target of a link is, it does not say.
            let stat =
                (kind != FileKind::Symlink).then(|| self.attributes.stat(ino, &metadata, platform::size(&metadata)));
            if name.len() <= NAME_MAX {
                entries.push((DirEntry { name, ino, kind }, stat));
            }
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        if self.inodes.get(ino)?.kind != FileKind::Symlink {
            return Err(Errno::Inval);
        }
        let (dir, name) = self.at(ino)?;
        let target = dir.read_link_contents(&name).map_err(errno)?;
        Ok(platform::bytes_from_target(&target))
    }

    fn create(&mut self, dir: Ino, name: &[u8], new: &NewInode<'_>, _now: Timestamp) -> Result<Ino, Errno> {
        let handle = self.dir(dir)?;
        let name = platform::name_from_bytes(name)?;
        let mut file = None;
        match new.mode.kind() {
            FileKind::Regular => {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create_new(true).follow(FollowSymlinks::No);
                file = Some(handle.open_with(name, &options).map_err(errno)?);
            }
            FileKind::Directory => handle.create_dir(name).map_err(errno)?,
            FileKind::Symlink => platform::symlink(&handle, new.target, name)?,
            // Only its name is the host's: what goes through it stays in the container.
            FileKind::Fifo => platform::make_fifo(&handle, name)?,
            _ => return Err(Errno::Perm),
        }
        let metadata = platform::metadata_at(&handle, name).map_err(errno)?;
        let ino = self.intern(dir, name, &metadata);
        self.attributes.created(&handle, name, ino, new)?;
        // Who creates a file may write to it whatever its mode says: the handle stays usable.
        if let Some(file) = file {
            self.files.keep(ino, OpenFile { file, writable: true });
        }
        Ok(ino)
    }

    fn link(&mut self, ino: Ino, dir: Ino, name: &[u8], _now: Timestamp) -> Result<(), Errno> {
        if self.inodes.get(ino)?.kind == FileKind::Directory {
            return Err(Errno::Perm);
        }
        let (from, old) = self.at(ino)?;
        let to = self.dir(dir)?;
        let name = platform::name_from_bytes(name)?;
        from.hard_link(&old, &to, name).map_err(errno)
    }

    fn unlink(&mut self, dir: Ino, name: &[u8], _now: Timestamp) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        let (kind, links) = self.kind_and_links(ino)?;
        if kind == FileKind::Directory {
            return Err(Errno::Isdir);
        }
        self.hold(ino);
        let handle = self.dir(dir)?;
        let name = platform::name_from_bytes(name)?;
        handle.remove_file_or_symlink(name).map_err(errno)?;
        self.forget_name(ino, dir, name, links);
        Ok(())
    }

    fn rmdir(&mut self, dir: Ino, name: &[u8], _now: Timestamp) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if self.inodes.get(ino)?.kind != FileKind::Directory {
            return Err(Errno::Notdir);
        }
        self.hold(ino);
        let handle = self.dir(dir)?;
        let name = platform::name_from_bytes(name)?;
        handle.remove_dir(name).map_err(errno)?;
        self.forget_name(ino, dir, name, 1);
        Ok(())
    }

    fn rename(&mut self, dir: Ino, name: &[u8], to_dir: Ino, to_name: &[u8], _now: Timestamp) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        let replaced = match self.lookup(to_dir, to_name) {
            Ok(replaced) if replaced == ino => return Ok(()),
            Ok(replaced) => Some((replaced, self.kind_and_links(replaced)?.1)),
            Err(Errno::Noent) => None,
            Err(errno) => return Err(errno),
        };
        if let Some((replaced, _)) = replaced {
            self.hold(replaced);
        }
        let (from, to) = (self.dir(dir)?, self.dir(to_dir)?);
        let (name, to_name) = (platform::name_from_bytes(name)?, platform::name_from_bytes(to_name)?);
        from.rename(name, &to, to_name).map_err(errno)?;
        if let Some((replaced, links)) = replaced {
            self.forget_name(replaced, to_dir, to_name, links);
        }
        self.inodes.move_name(ino, to_dir, to_name);
        Ok(())
    }

    fn set_attr(&mut self, ino: Ino, attr: &SetAttr, _now: Timestamp) -> Result<(), Errno> {
        let kind = self.inodes.get(ino)?.kind;
        let place = self.at(ino);
        if let Err(Errno::Stale) = place
            && let Some(open) = self.files.get(ino)
        {
            return self.attributes.set_open(&open.file, ino, attr);
        }
        let (dir, name) = place?;
        self.attributes.set(&dir, &name, ino, kind, attr)?;
        if attr.atime.is_some() || attr.mtime.is_some() {
            platform::set_times(&dir, &name, attr)?;
        }
        Ok(())
    }

    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        platform::read_at(self.open_file(ino, false)?, buf, offset).map_err(errno)
    }

    fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8], _now: Timestamp) -> Result<usize, Errno> {
        platform::write_at(self.open_file(ino, true)?, bytes, offset).map_err(errno)
    }

    fn truncate(&mut self, ino: Ino, len: u64, _now: Timestamp) -> Result<(), Errno> {
        self.open_file(ino, true)?.set_len(len).map_err(errno)
    }

    fn allocate(&mut self, ino: Ino, part: Part, keep_size: bool, _now: Timestamp) -> Result<(), Errno> {
        platform::allocate(self.open_file(ino, true)?, part, keep_size)
    }

    fn punch(&mut self, ino: Ino, part: Part, _now: Timestamp) -> Result<(), Errno> {
        platform::punch(self.open_file(ino, true)?, part)
    }

    fn pin(&mut self, ino: Ino) -> Result<(), Errno> {
        self.inodes.pin(ino)
    }

    fn unpin(&mut self, ino: Ino) {
        if self.inodes.unpin(ino) {
            self.files.drop(ino);
            self.dirs.drop(ino);
        }
    }

    fn statfs(&mut self) -> Result<StatFs, Errno> {
        platform::statfs(&self.root_dir).map(|totals| StatFs { kind: EXT4_MAGIC, ..totals })
    }
}

fn errno(error: io::Error) -> Errno {
    platform::errno(&error)
}
