//! The descriptors of `wasi:filesystem`: open files and directories of the kernel.

use wasmtime::component::Resource;
use wcr_abi::{AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Errno, Fd, FileKind, OpenFlags, Stat};
use wcr_kernel::{Kernel, Position};

use super::bindings::wasi::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, HostDescriptor, MetadataHashValue, NewTimestamp,
    OpenFlags as How, PathFlags,
};
use super::directory::EntryStream;
use super::fault::Fault;
use super::filesystem::{descriptor_stat, descriptor_type, metadata_hash, set_time};
use super::streams::{InputStream, OutputStream, Place, read};
use crate::guest::Guest;

/// The most bytes of one read.
const MOST: u64 = 1 << 20;

/// Modes of new files and directories, before the umask.
const FILE_MODE: u32 = 0o666;
const DIRECTORY_MODE: u32 = 0o777;

/// An open file or directory.
#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    pub(crate) fd: Fd,
    pub(crate) flags: DescriptorFlags,
}

type This = Resource<Descriptor>;

/// Paths are relative to a directory, by the interface. The root is the whole container, so that is all
/// they have to be.
fn relative(path: &str) -> Result<&[u8], Fault> {
    if path.starts_with('/') { Err(Errno::Perm.into()) } else { Ok(path.as_bytes()) }
}

fn no_follow(flags: PathFlags) -> u32 {
    if flags.contains(PathFlags::SYMLINK_FOLLOW) { 0 } else { AT_SYMLINK_NOFOLLOW }
}

/// The kernel's flags for opening a file.
fn open_flags(path: PathFlags, how: How, flags: DescriptorFlags) -> OpenFlags {
    let named = [
        (How::CREATE, OpenFlags::CREAT),
        (How::DIRECTORY, OpenFlags::DIRECTORY),
        (How::EXCLUSIVE, OpenFlags::EXCL),
        (How::TRUNCATE, OpenFlags::TRUNC),
    ];
    let access = match (flags.contains(DescriptorFlags::READ), flags.contains(DescriptorFlags::WRITE)) {
        // Libraries ask for writing on directories that they only list.
        _ if how.contains(How::DIRECTORY) => OpenFlags::RDONLY,
        (true, true) => OpenFlags::RDWR,
        (false, true) => OpenFlags::WRONLY,
        _ => OpenFlags::RDONLY,
    };
    let start = if path.contains(PathFlags::SYMLINK_FOLLOW) { access } else { access.with(OpenFlags::NOFOLLOW) };
    let chosen = named.into_iter().filter(|(name, _)| how.contains(*name));
    chosen.fold(start.with(OpenFlags::CLOEXEC), |all, (_, flag)| all.with(flag))
}

impl Guest {
    fn fd(&self, this: &This) -> Result<Fd, Fault> {
        Ok(self.table.get(this)?.fd)
    }

    fn stat_of(&self, this: &This) -> Result<Stat, Fault> {
        self.fstat(self.fd(this)?)
    }

    pub(super) fn fstat(&self, fd: Fd) -> Result<Stat, Fault> {
        self.now("wasi:filesystem/descriptor.stat", &fd, |kernel, pid| kernel.fstat(pid, fd))
    }

    fn stat_below(&self, this: &This, flags: PathFlags, path: &str) -> Result<Stat, Fault> {
        let (fd, path) = (self.fd(this)?, relative(path)?);
        self.now("wasi:filesystem/descriptor.stat-at", &(fd, path, flags), |kernel, pid| {
            kernel.stat_at(pid, fd, path, no_follow(flags))
        })
    }

    /// A descriptor of a stream's own, and whether the file has positions.
    fn for_stream(&self, this: &This) -> Result<(Fd, bool), Fault> {
        let seekable = match self.stat_of(this)?.mode.kind() {
            FileKind::Directory => return Err(Errno::Isdir.into()),
            kind => kind == FileKind::Regular,
        };
        let fd = self.fd(this)?;
        Ok((self.now("wasi:filesystem/descriptor.stream", &fd, |kernel, pid| kernel.dup(pid, fd, 0, true))?, seekable))
    }

    fn output(&mut self, this: &This, place: Place) -> Result<Resource<OutputStream>, Fault> {
        let (fd, seekable) = self.for_stream(this)?;
        let place = if seekable { place } else { Place::Current };
        Ok(self.table.push(OutputStream::over(fd, place))?)
    }
}

impl HostDescriptor for Guest {
    fn read_via_stream(&mut self, this: This, offset: u64) -> Result<Resource<InputStream>, Fault> {
        let (fd, seekable) = self.for_stream(&this)?;
        Ok(self.table.push(InputStream::over(fd, seekable.then_some(offset)))?)
    }

    fn write_via_stream(&mut self, this: This, offset: u64) -> Result<Resource<OutputStream>, Fault> {
        self.output(&this, Place::At(offset))
    }

    fn append_via_stream(&mut self, this: This) -> Result<Resource<OutputStream>, Fault> {
        self.output(&this, Place::End)
    }

    fn advise(&mut self, this: This, _offset: u64, _length: u64, _advice: Advice) -> Result<(), Fault> {
        self.fd(&this).map(drop)
    }

    fn sync_data(&mut self, this: This) -> Result<(), Fault> {
        self.fd(&this).map(drop)
    }

    fn get_flags(&mut self, this: This) -> Result<DescriptorFlags, Fault> {
        Ok(self.table.get(&this)?.flags)
    }

    fn get_type(&mut self, this: This) -> Result<DescriptorType, Fault> {
        Ok(descriptor_type(self.stat_of(&this)?.mode.kind()))
    }

    fn set_size(&mut self, this: This, size: u64) -> Result<(), Fault> {
        let fd = self.fd(&this)?;
        self.now("wasi:filesystem/descriptor.set-size", &(fd, size), |kernel, pid| kernel.ftruncate(pid, fd, size))
    }

    fn set_times(&mut self, this: This, access: NewTimestamp, modification: NewTimestamp) -> Result<(), Fault> {
        let (fd, atime, mtime) = (self.fd(&this)?, set_time(access)?, set_time(modification)?);
        self.now("wasi:filesystem/descriptor.set-times", &(fd, atime, mtime), |kernel, pid| {
            kernel.futimens(pid, fd, atime, mtime)
        })
    }

    fn read(&mut self, this: This, len: u64, offset: u64) -> Result<(Vec<u8>, bool), Fault> {
        let fd = self.fd(&this)?;
        let most = len.min(MOST) as usize;
        let read = |kernel: &mut Kernel, pid| read(kernel, pid, fd, most, Position::At(offset));
        let bytes = self.now("wasi:filesystem/descriptor.read", &(fd, len, offset), read)?;
        let end = bytes.is_empty() && len > 0;
        Ok((bytes, end))
    }

    fn write(&mut self, this: This, bytes: Vec<u8>, offset: u64) -> Result<u64, Fault> {
        let fd = self.fd(&this)?;
        Ok(self.now("wasi:filesystem/descriptor.write", &(fd, offset, &bytes), |kernel, pid| {
            kernel.write(pid, fd, &bytes, Position::At(offset))
        })? as u64)
    }

    fn read_directory(&mut self, this: This) -> Result<Resource<EntryStream>, Fault> {
        let fd = self.fd(&this)?;
        let entries =
            self.now("wasi:filesystem/descriptor.read-directory", &fd, |kernel, pid| kernel.entries(pid, fd, true))?;
        Ok(self.table.push(EntryStream::new(entries))?)
    }

    fn sync(&mut self, this: This) -> Result<(), Fault> {
        self.fd(&this).map(drop)
    }

    fn create_directory_at(&mut self, this: This, path: String) -> Result<(), Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        self.now("wasi:filesystem/descriptor.create-directory-at", &(fd, path), |kernel, pid| {
            kernel.mkdir_at(pid, fd, path, DIRECTORY_MODE)
        })
    }

    fn stat(&mut self, this: This) -> Result<DescriptorStat, Fault> {
        Ok(descriptor_stat(&self.stat_of(&this)?))
    }

    fn stat_at(&mut self, this: This, flags: PathFlags, path: String) -> Result<DescriptorStat, Fault> {
        Ok(descriptor_stat(&self.stat_below(&this, flags, &path)?))
    }

    fn set_times_at(
        &mut self,
        this: This,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        let (atime, mtime) = (set_time(access)?, set_time(modification)?);
        self.now("wasi:filesystem/descriptor.set-times-at", &(fd, path, atime, mtime, flags), |kernel, pid| {
            kernel.utimens_at(pid, fd, path, atime, mtime, no_follow(flags))
        })
    }

    fn link_at(
        &mut self,
        this: This,
        flags: PathFlags,
        from: String,
        directory: This,
        path: String,
    ) -> Result<(), Fault> {
        let (from, to) = ((self.fd(&this)?, relative(&from)?), (self.fd(&directory)?, relative(&path)?));
        let flags = if flags.contains(PathFlags::SYMLINK_FOLLOW) { AT_SYMLINK_FOLLOW } else { 0 };
        self.now("wasi:filesystem/descriptor.link-at", &(from, to, flags), |kernel, pid| {
            kernel.link_at(pid, from, to, flags)
        })
    }

    async fn open_at(
        &mut self,
        this: This,
        path_flags: PathFlags,
        path: String,
        how: How,
        flags: DescriptorFlags,
    ) -> Result<This, Fault> {
        let (dir, path) = (self.fd(&this)?, relative(&path)?);
        let open = open_flags(path_flags, how, flags);
        let fd = self
            .wait("wasi:filesystem/descriptor.open-at", &(dir, path, open), |kernel, pid| {
                kernel.open_at(pid, dir, path, open, FILE_MODE)
            })
            .await?;
        Ok(self.table.push(Descriptor { fd, flags })?)
    }

    fn readlink_at(&mut self, this: This, path: String) -> Result<String, Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        let target = self.now("wasi:filesystem/descriptor.readlink-at", &(fd, path), |kernel, pid| {
            kernel.readlink_at(pid, fd, path)
        })?;
        Ok(String::from_utf8(target).map_err(|_| Errno::Ilseq)?)
    }

    fn remove_directory_at(&mut self, this: This, path: String) -> Result<(), Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        self.now("wasi:filesystem/descriptor.remove-directory-at", &(fd, path), |kernel, pid| {
            kernel.unlink_at(pid, fd, path, AT_REMOVEDIR)
        })
    }

    fn rename_at(&mut self, this: This, from: String, directory: This, path: String) -> Result<(), Fault> {
        let (from, to) = ((self.fd(&this)?, relative(&from)?), (self.fd(&directory)?, relative(&path)?));
        self.now("wasi:filesystem/descriptor.rename-at", &(from, to), |kernel, pid| kernel.rename_at(pid, from, to))
    }

    fn symlink_at(&mut self, this: This, target: String, path: String) -> Result<(), Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        self.now("wasi:filesystem/descriptor.symlink-at", &(&target, fd, path), |kernel, pid| {
            kernel.symlink_at(pid, target.as_bytes(), fd, path)
        })
    }

    fn unlink_file_at(&mut self, this: This, path: String) -> Result<(), Fault> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        self.now("wasi:filesystem/descriptor.unlink-file-at", &(fd, path), |kernel, pid| {
            kernel.unlink_at(pid, fd, path, 0)
        })
    }

    fn is_same_object(&mut self, this: This, other: This) -> wasmtime::Result<bool> {
        match (self.stat_of(&this), self.stat_of(&other)) {
            (Ok(one), Ok(two)) => Ok((one.dev, one.ino) == (two.dev, two.ino)),
            (Err(Fault::Trap(error)), _) | (_, Err(Fault::Trap(error))) => Err(error),
            _ => Ok(false),
        }
    }

    fn metadata_hash(&mut self, this: This) -> Result<MetadataHashValue, Fault> {
        Ok(metadata_hash(&self.stat_of(&this)?))
    }

    fn metadata_hash_at(&mut self, this: This, flags: PathFlags, path: String) -> Result<MetadataHashValue, Fault> {
        Ok(metadata_hash(&self.stat_below(&this, flags, &path)?))
    }

    fn drop(&mut self, this: This) -> wasmtime::Result<()> {
        let fd = self.table.delete(this)?.fd;
        self.close(fd)
    }
}
