//! Open flags, mode bits and file metadata.

use alloc::vec::Vec;

/// As a directory descriptor: the caller's current directory (Linux's value).
pub const AT_FDCWD: u32 = (-100i32).cast_unsigned();
/// Do not follow a symbolic link in the last component.
pub const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
/// `access` goes by the effective ids.
pub const AT_EACCESS: u32 = 0x200;
/// `unlink` removes a directory instead of a file.
pub const AT_REMOVEDIR: u32 = 0x200;
/// `link` follows a symbolic link in the source's last component.
pub const AT_SYMLINK_FOLLOW: u32 = 0x400;
/// An empty path means the descriptor itself.
pub const AT_EMPTY_PATH: u32 = 0x1000;

/// `rename` fails with `EXIST` when the new name is taken.
pub const RENAME_NOREPLACE: u32 = 1;
/// `rename` exchanges two names.
pub const RENAME_EXCHANGE: u32 = 2;

/// `allocate` leaves the length as it is.
pub const FALLOC_KEEP_SIZE: u32 = 1;
/// `allocate` makes a hole; only together with [`FALLOC_KEEP_SIZE`].
pub const FALLOC_PUNCH_HOLE: u32 = 2;

/// `lock`: for reading, with others that read.
pub const LOCK_SH: u32 = 1;
/// `lock`: for writing, alone.
pub const LOCK_EX: u32 = 2;
/// `lock` does not wait; together with another one.
pub const LOCK_NB: u32 = 4;
/// `lock` gives a lock back.
pub const LOCK_UN: u32 = 8;

/// No more seals are added to a file.
pub const SEAL_SEAL: u32 = 1;
/// A file does not become shorter.
pub const SEAL_SHRINK: u32 = 2;
/// A file does not become longer.
pub const SEAL_GROW: u32 = 4;
/// A file's content does not change.
pub const SEAL_WRITE: u32 = 8;
/// A file's content does not change but through what is mapped already.
pub const SEAL_FUTURE_WRITE: u32 = 16;

/// As nanoseconds of a timestamp to set: the current time.
pub const UTIME_NOW: u32 = 0x3fff_ffff;
/// As nanoseconds of a timestamp to set: leave it as it is.
pub const UTIME_OMIT: u32 = 0x3fff_fffe;

/// The flags of `open(2)`, with Linux's x86-64 values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenFlags(pub u32);

impl OpenFlags {
    /// Open for reading only (the zero access mode).
    pub const RDONLY: Self = Self(0);
    /// Open for writing only.
    pub const WRONLY: Self = Self(1);
    /// Open for reading and writing.
    pub const RDWR: Self = Self(2);
    /// Create the file when it is missing.
    pub const CREAT: Self = Self(0o100);
    /// With `CREAT`: fail with `EXIST` when the name exists, a symbolic link included.
    pub const EXCL: Self = Self(0o200);
    /// Do not make a terminal the controlling terminal.
    pub const NOCTTY: Self = Self(0o400);
    /// Truncate a regular file to length zero.
    pub const TRUNC: Self = Self(0o1000);
    /// Every write goes to the end of the file.
    pub const APPEND: Self = Self(0o2000);
    /// Fail with `AGAIN` rather than block.
    pub const NONBLOCK: Self = Self(0o4000);
    /// Fail with `NOTDIR` unless the path is a directory.
    pub const DIRECTORY: Self = Self(0o200_000);
    /// Fail with `LOOP` when the last component is a symbolic link.
    pub const NOFOLLOW: Self = Self(0o400_000);
    /// Reading leaves the time of the last access as it is; for the file's owner and the superuser.
    pub const NOATIME: Self = Self(0o1_000_000);
    /// The descriptor is closed on exec.
    pub const CLOEXEC: Self = Self(0o2_000_000);
    /// Name a location only; no reading or writing.
    pub const PATH: Self = Self(0o10_000_000);

    /// Whether all bits of `other` are set. Not for the access mode; see [`Self::readable`].
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of flags.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These flags without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the access mode allows reading. The mode 3 of Linux allows nothing but control of a device, though
    /// opening asks for both rights.
    #[must_use]
    pub const fn readable(self) -> bool {
        matches!(self.0 & 3, 0 | 2) && !self.contains(Self::PATH)
    }

    /// Whether the access mode allows writing.
    #[must_use]
    pub const fn writable(self) -> bool {
        matches!(self.0 & 3, 1 | 2) && !self.contains(Self::PATH)
    }
}

/// What kind of file an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
}

impl FileKind {
    /// The `S_IFMT` bits of this kind.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Regular => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
            Self::CharDevice => 0o020_000,
            Self::BlockDevice => 0o060_000,
            Self::Fifo => 0o010_000,
            Self::Socket => 0o140_000,
        }
    }

    /// The kind that the `S_IFMT` bits of `mode` name; no bits mean a regular file, as in `mknod(2)`.
    #[must_use]
    pub const fn from_bits(mode: u32) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0 | 0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o020_000 => Self::CharDevice,
            0o060_000 => Self::BlockDevice,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }
}

/// A file's kind and its twelve permission bits, as `st_mode` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

impl Mode {
    /// The mode of a file of `kind` with the low twelve bits of `permissions`.
    #[must_use]
    pub const fn new(kind: FileKind, permissions: u32) -> Self {
        Self(kind.bits() | permissions & 0o7777)
    }

    /// The file's kind; unknown type bits count as a regular file.
    #[must_use]
    pub const fn kind(self) -> FileKind {
        match FileKind::from_bits(self.0) {
            Some(kind) => kind,
            None => FileKind::Regular,
        }
    }

    /// The low twelve bits: set-id, sticky and rwx for owner, group, others.
    #[must_use]
    pub const fn permissions(self) -> u32 {
        self.0 & 0o7777
    }

    /// The same kind with other permission bits.
    #[must_use]
    pub const fn with_permissions(self, permissions: u32) -> Self {
        Self(self.0 & !0o7777 | permissions & 0o7777)
    }
}

/// A point in time: seconds since 1970-01-01 UTC (may be negative) and nanoseconds (0..1e9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Seconds since the epoch.
    pub sec: i64,
    /// Nanoseconds within the second.
    pub nsec: u32,
}

impl Timestamp {
    /// The time `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { sec: (nanos / 1_000_000_000).cast_signed(), nsec: (nanos % 1_000_000_000) as u32 }
    }

    /// Nanoseconds since the epoch; times before it and beyond 64 bits are clamped.
    #[must_use]
    pub const fn to_nanos(self) -> u64 {
        if self.sec < 0 {
            return 0;
        }
        self.sec.cast_unsigned().saturating_mul(1_000_000_000).saturating_add(self.nsec as u64)
    }
}

/// A file's metadata, as `stat(2)` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The device (the mount) the file is on.
    pub dev: u64,
    /// The inode number, unique within `dev`.
    pub ino: u64,
    /// Kind and permissions.
    pub mode: Mode,
    /// The number of names.
    pub nlink: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// For a device file: which device.
    pub rdev: u64,
    /// The size in bytes; for a symbolic link the length of its target.
    pub size: u64,
    /// How many 512-byte units are allocated.
    pub blocks: u64,
    /// The preferred unit of reading and writing, in bytes.
    pub blksize: u32,
    /// The last access.
    pub atime: Timestamp,
    /// The last change of the content.
    pub mtime: Timestamp,
    /// The last change of content or metadata.
    pub ctime: Timestamp,
}

impl Stat {
    /// The length of the encoded form, in bytes.
    pub const SIZE: usize = 104;

    /// The form that crosses the guest boundary: dev, ino, rdev, size, blocks (u64 each); the
    /// seconds of atime, mtime, ctime (i64 each); mode, nlink, uid, gid, blksize, and the
    /// nanoseconds of atime, mtime, ctime (u32 each); 8 bytes of zero.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        let wide = [self.dev, self.ino, self.rdev, self.size, self.blocks];
        let times = [self.atime, self.mtime, self.ctime];
        let narrow = [self.mode.0, self.nlink, self.uid, self.gid, self.blksize];
        let words = wide.into_iter().chain(times.iter().map(|t| t.sec.cast_unsigned()));
        for (chunk, word) in out.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        let words = narrow.into_iter().chain(times.iter().map(|t| t.nsec));
        for (chunk, word) in out[64..].chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// The inverse of [`Self::encode`].
    #[must_use]
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let wide = |i: usize| u64::from_le_bytes(core::array::from_fn(|k| bytes[i * 8 + k]));
        let narrow = |i: usize| u32::from_le_bytes(core::array::from_fn(|k| bytes[64 + i * 4 + k]));
        let time = |i: usize| Timestamp { sec: wide(5 + i).cast_signed(), nsec: narrow(5 + i) };
        Self {
            dev: wide(0),
            ino: wide(1),
            rdev: wide(2),
            size: wide(3),
            blocks: wide(4),
            mode: Mode(narrow(0)),
            nlink: narrow(1),
            uid: narrow(2),
            gid: narrow(3),
            blksize: narrow(4),
            atime: time(0),
            mtime: time(1),
            ctime: time(2),
        }
    }
}

/// A mounted file system's totals, as `statfs(2)` gives them, in units of `bsize` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatFs {
    /// The file system's type number (Linux's magic).
    pub kind: u64,
    /// The unit of the block counts, in bytes.
    pub bsize: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Free blocks.
    pub bfree: u64,
    /// Inodes in all.
    pub files: u64,
    /// Free inodes.
    pub ffree: u64,
    /// The longest file name.
    pub namelen: u64,
}

impl StatFs {
    /// The length of the encoded form: the seven fields in order, u64 each.
    pub const SIZE: usize = 56;

    /// The form that crosses the guest boundary.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        let words = [self.kind, self.bsize, self.blocks, self.bfree, self.files, self.ffree, self.namelen];
        for (chunk, word) in out.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// The inverse of [`Self::encode`].
    #[must_use]
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let wide = |i: usize| u64::from_le_bytes(core::array::from_fn(|k| bytes[i * 8 + k]));
        Self {
            kind: wide(0),
            bsize: wide(1),
            blocks: wide(2),
            bfree: wide(3),
            files: wide(4),
            ffree: wide(5),
            namelen: wide(6),
        }
    }
}

/// One directory entry with its metadata, as the directory call of the `wcr` module returns it.
///
/// Encoded as: total length (u32, a multiple of 8), name length (u32), [`Stat`], name, zero padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirRecord {
    /// The entry's own metadata (a symbolic link is not followed).
    pub stat: Stat,
    /// The entry's name: any bytes but `/` and NUL.
    pub name: Vec<u8>,
}

impl DirRecord {
    /// Appends the encoded record to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let total = (8 + Stat::SIZE + self.name.len()).next_multiple_of(8);
        out.extend_from_slice(&(total as u32).to_le_bytes());
        out.extend_from_slice(&(self.name.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.stat.encode());
        out.extend_from_slice(&self.name);
        out.resize(start + total, 0);
    }

    /// Takes the first record off `bytes`; `None` when it is not whole.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let total = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
        let name_len = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
        let record = bytes.get(..total)?;
        let stat = Stat::decode(record.get(8..)?.first_chunk()?);
        let name = record.get(8 + Stat::SIZE..)?.get(..name_len)?.to_vec();
        Some((Self { stat, name }, bytes.get(total..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        let time = |n: i64| Timestamp { sec: -n, nsec: n as u32 };
        let stat = Stat {
            dev: 1,
            ino: 2,
            mode: Mode(3),
            nlink: 4,
            uid: 5,
            gid: 6,
            rdev: 7,
            size: 8,
            blocks: 9,
            blksize: 10,
            atime: time(11),
            mtime: time(12),
            ctime: time(13),
        };
        let record = DirRecord { stat, name: b"a name".to_vec() };
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        record.encode(&mut bytes);
        let (first, rest) = DirRecord::decode(&bytes).unwrap();
        assert_eq!((first, DirRecord::decode(rest).unwrap().1.len()), (record, 0));
        let fs = StatFs { kind: 1, bsize: 2, blocks: 3, bfree: 4, files: 5, ffree: 6, namelen: 7 };
        assert_eq!(StatFs::decode(&fs.encode()), fs);
    }
}
