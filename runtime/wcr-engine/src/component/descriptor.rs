//! The descriptors of `wasi:filesystem`: open files and directories of the kernel.

use wasmtime::component::{Resource, ResourceTableError};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, HostDescriptor,
    MetadataHashValue, NewTimestamp, OpenFlags as How, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};
use wcr_abi::{AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Errno, Fd, FileKind, OpenFlags, Stat};
use wcr_kernel::{Kernel, Position};

use super::directory::EntryStream;
use super::fault::Fault;
use super::filesystem::{descriptor_stat, descriptor_type, metadata_hash, ours, set_time};
use super::process::Process;
use super::streams::{Input, Output, Place, Source, read};
use super::view::View;

/// The most bytes of one read.
const MOST: u64 = 1 << 20;

/// Modes of new files and directories, before the umask.
const FILE_MODE: u32 = 0o666;
const DIRECTORY_MODE: u32 = 0o777;

/// An open file or directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    pub(super) fd: Fd,
    pub(super) flags: DescriptorFlags,
}

/// What the bindings call it: there, it is a file of the host.
pub(super) type This = Resource<types::Descriptor>;

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

impl Process {
    pub(super) fn fstat(&self, fd: Fd) -> Result<Stat, Fault> {
        self.call("wasi:filesystem/descriptor.stat", &fd, |kernel, pid| kernel.fstat(pid, fd))
    }
}

impl View {
    pub(super) fn push(&mut self, descriptor: Descriptor) -> Result<This, ResourceTableError> {
        Ok(ours(&self.table.push(descriptor)?))
    }

    fn descriptor(&self, this: &This) -> Result<Descriptor, ResourceTableError> {
        self.table.get(&ours(this)).copied()
    }

    fn fd(&self, this: &This) -> Result<Fd, ResourceTableError> {
        Ok(self.descriptor(this)?.fd)
    }

    fn stat_of(&self, this: &This) -> FsResult<Stat> {
        Ok(self.process.fstat(self.fd(this)?)?)
    }

    fn stat_below(&self, this: &This, flags: PathFlags, path: &str) -> FsResult<Stat> {
        let (fd, path) = (self.fd(this)?, relative(path)?);
        Ok(self.process.call("wasi:filesystem/descriptor.stat-at", &(fd, path, flags), |kernel, pid| {
            kernel.stat_at(pid, fd, path, no_follow(flags))
        })?)
    }

    /// A descriptor of a stream's own, and whether the file has positions.
    fn for_stream(&self, this: &This) -> FsResult<(Source, bool)> {
        let seekable = match self.stat_of(this)?.mode.kind() {
            FileKind::Directory => return Err(Fault::from(Errno::Isdir).into()),
            kind => kind == FileKind::Regular,
        };
        let fd = self.fd(this)?;
        let dup = |kernel: &mut Kernel, pid| kernel.dup(pid, fd, 0, true);
        let fd = self.process.call("wasi:filesystem/descriptor.stream", &fd, dup)?;
        Ok((Source { process: self.process.clone(), fd, owned: true }, seekable))
    }

    fn output(&mut self, this: &This, place: Place) -> FsResult<Resource<DynOutputStream>> {
        let (source, seekable) = self.for_stream(this)?;
        let place = if seekable { place } else { Place::Current };
        let stream: DynOutputStream = Box::new(Output::new(source, place));
        Ok(self.table.push(stream)?)
    }
}

impl HostDescriptor for View {
    fn read_via_stream(&mut self, this: This, offset: u64) -> FsResult<Resource<DynInputStream>> {
        let (source, seekable) = self.for_stream(&this)?;
        let stream: DynInputStream = Box::new(Input { source, at: seekable.then_some(offset) });
        Ok(self.table.push(stream)?)
    }

    fn write_via_stream(&mut self, this: This, offset: u64) -> FsResult<Resource<DynOutputStream>> {
        self.output(&this, Place::At(offset))
    }

    fn append_via_stream(&mut self, this: This) -> FsResult<Resource<DynOutputStream>> {
        self.output(&this, Place::End)
    }

    async fn advise(&mut self, this: This, _offset: u64, _length: u64, _advice: Advice) -> FsResult<()> {
        Ok(self.fd(&this).map(drop)?)
    }

    async fn sync_data(&mut self, this: This) -> FsResult<()> {
        Ok(self.fd(&this).map(drop)?)
    }

    async fn get_flags(&mut self, this: This) -> FsResult<DescriptorFlags> {
        Ok(self.descriptor(&this)?.flags)
    }

    async fn get_type(&mut self, this: This) -> FsResult<DescriptorType> {
        Ok(descriptor_type(self.stat_of(&this)?.mode.kind()))
    }

    async fn set_size(&mut self, this: This, size: u64) -> FsResult<()> {
        let fd = self.fd(&this)?;
        Ok(self
            .process
            .call("wasi:filesystem/descriptor.set-size", &(fd, size), |kernel, pid| kernel.ftruncate(pid, fd, size))?)
    }

    async fn set_times(&mut self, this: This, access: NewTimestamp, modification: NewTimestamp) -> FsResult<()> {
        let (fd, atime, mtime) = (self.fd(&this)?, set_time(access)?, set_time(modification)?);
        Ok(self.process.call("wasi:filesystem/descriptor.set-times", &(fd, atime, mtime), |kernel, pid| {
            kernel.futimens(pid, fd, atime, mtime)
        })?)
    }

    async fn read(&mut self, this: This, len: u64, offset: u64) -> FsResult<(Vec<u8>, bool)> {
        let fd = self.fd(&this)?;
        let most = len.min(MOST) as usize;
        let read = |kernel: &mut Kernel, pid| read(kernel, pid, fd, most, Position::At(offset));
        let bytes = self.process.call("wasi:filesystem/descriptor.read", &(fd, len, offset), read)?;
        let end = bytes.is_empty() && len > 0;
        Ok((bytes, end))
    }

    async fn write(&mut self, this: This, bytes: Vec<u8>, offset: u64) -> FsResult<u64> {
        let fd = self.fd(&this)?;
        Ok(self.process.call("wasi:filesystem/descriptor.write", &(fd, offset, &bytes), |kernel, pid| {
            kernel.write(pid, fd, &bytes, Position::At(offset))
        })? as u64)
    }

    async fn read_directory(&mut self, this: This) -> FsResult<Resource<DirectoryEntryStream>> {
        let fd = self.fd(&this)?;
        let entries = self
            .process
            .call("wasi:filesystem/descriptor.read-directory", &fd, |kernel, pid| kernel.entries(pid, fd, true))?;
        Ok(ours(&self.table.push(EntryStream::new(entries))?))
    }

    async fn sync(&mut self, this: This) -> FsResult<()> {
        Ok(self.fd(&this).map(drop)?)
    }

    async fn create_directory_at(&mut self, this: This, path: String) -> FsResult<()> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        Ok(self.process.call("wasi:filesystem/descriptor.create-directory-at", &(fd, path), |kernel, pid| {
            kernel.mkdir_at(pid, fd, path, DIRECTORY_MODE)
        })?)
    }

    async fn stat(&mut self, this: This) -> FsResult<DescriptorStat> {
        Ok(descriptor_stat(&self.stat_of(&this)?))
    }

    async fn stat_at(&mut self, this: This, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        Ok(descriptor_stat(&self.stat_below(&this, flags, &path)?))
    }

    async fn set_times_at(
        &mut self,
        this: This,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> FsResult<()> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        let (atime, mtime) = (set_time(access)?, set_time(modification)?);
        Ok(self.process.call(
            "wasi:filesystem/descriptor.set-times-at",
            &(fd, path, atime, mtime, flags),
            |kernel, pid| kernel.utimens_at(pid, fd, path, atime, mtime, no_follow(flags)),
        )?)
    }

    async fn link_at(
        &mut self,
        this: This,
        flags: PathFlags,
        from: String,
        directory: This,
        path: String,
    ) -> FsResult<()> {
        let (from, to) = ((self.fd(&this)?, relative(&from)?), (self.fd(&directory)?, relative(&path)?));
        let flags = if flags.contains(PathFlags::SYMLINK_FOLLOW) { AT_SYMLINK_FOLLOW } else { 0 };
        Ok(self.process.call("wasi:filesystem/descriptor.link-at", &(from, to, flags), |kernel, pid| {
            kernel.link_at(pid, from, to, flags)
        })?)
    }

    async fn open_at(
        &mut self,
        this: This,
        path_flags: PathFlags,
        path: String,
        how: How,
        flags: DescriptorFlags,
    ) -> FsResult<This> {
        let (dir, path) = (self.fd(&this)?, relative(&path)?);
        let open = open_flags(path_flags, how, flags);
        let fd = self
            .process
            .wait("wasi:filesystem/descriptor.open-at", &(dir, path, open), |kernel, pid| {
                kernel.open_at(pid, dir, path, open, FILE_MODE)
            })
            .await?;
        Ok(self.push(Descriptor { fd, flags })?)
    }

    async fn readlink_at(&mut self, this: This, path: String) -> FsResult<String> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        let target = self.process.call("wasi:filesystem/descriptor.readlink-at", &(fd, path), |kernel, pid| {
            kernel.readlink_at(pid, fd, path)
        })?;
        Ok(String::from_utf8(target).map_err(|_| Fault::from(Errno::Ilseq))?)
    }

    async fn remove_directory_at(&mut self, this: This, path: String) -> FsResult<()> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        Ok(self.process.call("wasi:filesystem/descriptor.remove-directory-at", &(fd, path), |kernel, pid| {
            kernel.unlink_at(pid, fd, path, AT_REMOVEDIR)
        })?)
    }

    async fn rename_at(&mut self, this: This, from: String, directory: This, path: String) -> FsResult<()> {
        let (from, to) = ((self.fd(&this)?, relative(&from)?), (self.fd(&directory)?, relative(&path)?));
        Ok(self.process.call("wasi:filesystem/descriptor.rename-at", &(from, to), |kernel, pid| {
            kernel.rename_at(pid, from, to, 0)
        })?)
    }

    async fn symlink_at(&mut self, this: This, target: String, path: String) -> FsResult<()> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        Ok(self.process.call("wasi:filesystem/descriptor.symlink-at", &(&target, fd, path), |kernel, pid| {
            kernel.symlink_at(pid, target.as_bytes(), fd, path)
        })?)
    }

    async fn unlink_file_at(&mut self, this: This, path: String) -> FsResult<()> {
        let (fd, path) = (self.fd(&this)?, relative(&path)?);
        Ok(self.process.call("wasi:filesystem/descriptor.unlink-file-at", &(fd, path), |kernel, pid| {
            kernel.unlink_at(pid, fd, path, 0)
        })?)
    }

    async fn is_same_object(&mut self, this: This, other: This) -> wasmtime::Result<bool> {
        let object = |it: &This| self.stat_of(it).map(|stat| (stat.dev, stat.ino)).map_err(FsError::downcast);
        match (object(&this), object(&other)) {
            (Ok(one), Ok(two)) => Ok(one == two),
            (Err(Err(trap)), _) | (_, Err(Err(trap))) => Err(trap),
            _ => Ok(false),
        }
    }

    async fn metadata_hash(&mut self, this: This) -> FsResult<MetadataHashValue> {
        Ok(metadata_hash(&self.stat_of(&this)?))
    }

    async fn metadata_hash_at(&mut self, this: This, flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        Ok(metadata_hash(&self.stat_below(&this, flags, &path)?))
    }

    fn drop(&mut self, this: This) -> wasmtime::Result<()> {
        let Descriptor { fd, .. } = self.table.delete(ours(&this))?;
        self.process.close(fd);
        Ok(())
    }
}
