//! What the parts of `wasi:filesystem` share: kinds, times, errors; and the preopened root.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p2::{FsError, IoError};
use wcr_abi::{AT_FDCWD, Errno, FileKind, OpenFlags, Stat, Timestamp};
use wcr_kernel::{Kernel, SetTime};

use super::descriptor::{Descriptor, This};
use super::fault::Fault;
use super::view::View;

/// What is ours under the number of a resource whose type, in the bindings, stands for the host's files.
pub(super) fn ours<Theirs: 'static, Ours: 'static>(resource: &Resource<Theirs>) -> Resource<Ours> {
    Resource::new_own(resource.rep())
}

impl preopens::Host for View {
    /// The root of the container.
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(This, String)>> {
        let flags = OpenFlags::DIRECTORY.with(OpenFlags::CLOEXEC);
        let open = |kernel: &mut Kernel, pid| kernel.open_at(pid, AT_FDCWD, b"/", flags, 0);
        let opened = self.process.call("wasi:filesystem/preopens.get-directories", &(), open);
        let fd = opened.map_err(Fault::into_trap)?;
        let flags = types::DescriptorFlags::READ | types::DescriptorFlags::MUTATE_DIRECTORY;
        Ok(vec![(self.push(Descriptor { fd, flags })?, "/".into())])
    }
}

impl types::Host for View {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<types::ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<IoError>) -> wasmtime::Result<Option<types::ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref().copied().map(error_code))
    }
}

/// The interface's name for a kind of file.
pub(super) const fn descriptor_type(kind: FileKind) -> types::DescriptorType {
    match kind {
        FileKind::Regular => types::DescriptorType::RegularFile,
        FileKind::Directory => types::DescriptorType::Directory,
        FileKind::Symlink => types::DescriptorType::SymbolicLink,
        FileKind::CharDevice => types::DescriptorType::CharacterDevice,
        FileKind::BlockDevice => types::DescriptorType::BlockDevice,
        FileKind::Fifo => types::DescriptorType::Fifo,
        FileKind::Socket => types::DescriptorType::Socket,
    }
}

/// Metadata as the interface has it.
pub(super) fn descriptor_stat(stat: &Stat) -> types::DescriptorStat {
    types::DescriptorStat {
        type_: descriptor_type(stat.mode.kind()),
        link_count: u64::from(stat.nlink),
        size: stat.size,
        data_access_timestamp: datetime(stat.atime),
        data_modification_timestamp: datetime(stat.mtime),
        status_change_timestamp: datetime(stat.ctime),
    }
}

/// Which inode it is: all that tells two files apart.
pub(super) const fn metadata_hash(stat: &Stat) -> types::MetadataHashValue {
    types::MetadataHashValue { lower: stat.ino, upper: stat.dev }
}

/// Times before 1970 cannot be said.
fn datetime(time: Timestamp) -> Option<Datetime> {
    Some(Datetime { seconds: u64::try_from(time.sec).ok()?, nanoseconds: time.nsec })
}

/// What a component wants a time to be.
pub(super) fn set_time(time: types::NewTimestamp) -> Result<SetTime, Fault> {
    Ok(match time {
        types::NewTimestamp::NoChange => SetTime::Omit,
        types::NewTimestamp::Now => SetTime::Now,
        types::NewTimestamp::Timestamp(Datetime { nanoseconds: 1_000_000_000.., .. }) => {
            return Err(Errno::Inval.into());
        }
        types::NewTimestamp::Timestamp(Datetime { seconds, nanoseconds }) => {
            let sec = i64::try_from(seconds).map_err(|_| Errno::Overflow)?;
            SetTime::At(Timestamp { sec, nsec: nanoseconds })
        }
    })
}

/// The interface's name for an error.
pub(super) const fn error_code(errno: Errno) -> types::ErrorCode {
    use types::ErrorCode as Code;
    match errno {
        Errno::Acces => Code::Access,
        Errno::Again => Code::WouldBlock,
        Errno::Already => Code::Already,
        Errno::Badf => Code::BadDescriptor,
        Errno::Busy => Code::Busy,
        Errno::Deadlk => Code::Deadlock,
        Errno::Dquot => Code::Quota,
        Errno::Exist => Code::Exist,
        Errno::Fbig => Code::FileTooLarge,
        Errno::Ilseq => Code::IllegalByteSequence,
        Errno::Inprogress => Code::InProgress,
        Errno::Intr => Code::Interrupted,
        Errno::Inval => Code::Invalid,
        Errno::Isdir => Code::IsDirectory,
        Errno::Loop => Code::Loop,
        Errno::Mlink => Code::TooManyLinks,
        Errno::Msgsize => Code::MessageSize,
        Errno::Nametoolong => Code::NameTooLong,
        Errno::Nodev => Code::NoDevice,
        Errno::Noent => Code::NoEntry,
        Errno::Nolck => Code::NoLock,
        // There is no name for a full descriptor table; it is a shortage too.
        Errno::Nomem | Errno::Mfile | Errno::Nfile => Code::InsufficientMemory,
        Errno::Nospc => Code::InsufficientSpace,
        Errno::Notdir => Code::NotDirectory,
        Errno::Notempty => Code::NotEmpty,
        Errno::Notrecoverable => Code::NotRecoverable,
        Errno::Notsup | Errno::Nosys => Code::Unsupported,
        Errno::Notty => Code::NoTty,
        Errno::Nxio => Code::NoSuchDevice,
        Errno::Overflow => Code::Overflow,
        Errno::Perm => Code::NotPermitted,
        Errno::Pipe => Code::Pipe,
        Errno::Rofs => Code::ReadOnly,
        Errno::Spipe => Code::InvalidSeek,
        Errno::Txtbsy => Code::TextFileBusy,
        Errno::Xdev => Code::CrossDevice,
        _ => Code::Io,
    }
}
