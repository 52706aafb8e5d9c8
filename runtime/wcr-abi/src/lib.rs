//! What the kernel and its guests agree on: error numbers, flags, file metadata, signals, and the
//! byte layout of the structures that cross the guest boundary.
//!
//! Everything is little-endian and of fixed size. Numbers follow Linux on x86-64 (open flags, mode
//! bits, signals, wait status), apart from [`Errno`], whose values are those of
//! `wasi_snapshot_preview1` so that both guest-call modules share one error number.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod errno;
mod file;
mod mock;
mod process;
mod signal;
mod socket;
mod spawn;
mod termios;
mod wire;

pub use errno::Errno;
pub use file::{
    AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, DirRecord,
    FALLOC_KEEP_SIZE, FALLOC_PUNCH_HOLE, FileKind, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, Mode, OpenFlags,
    RENAME_EXCHANGE, RENAME_NOREPLACE, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE, Stat, StatFs,
    Timestamp, UTIME_NOW, UTIME_OMIT,
};
pub use mock::{MOCK_MAX, MockAnswer, MockCall};
pub use process::{Fd, Ids, Pid, Times, Uname, WCONTINUED, WNOHANG, WUNTRACED, WaitStatus, WinSize};
pub use signal::{Disposition, SA_NOCLDSTOP, SA_NOCLDWAIT, Signal};
pub use socket::{
    MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCKET_ADDRESS_MAX,
    SOCKET_FILES_MAX, SocketKind,
};
pub use spawn::{ARGUMENT_MAX, ARGUMENTS_MAX, FdAction, SPAWN_MAX, SpawnRequest};
pub use termios::{Queue, SetWhen, Termios, cc, cflag, iflag, lflag, oflag};

/// The name of the import module that adds what preview1 lacks. A new, incompatible table gets a new name.
pub const WCR_MODULE: &str = "wcr_v1";

/// The name of the export a forked guest is entered through: `fn(arg: u32)`; it must not return.
pub const FORK_ENTRY: &str = "wcr_fork_entry";

/// The exported mutable global that holds the guest's stack pointer; a fork copies it.
pub const STACK_POINTER: &str = "__stack_pointer";

/// The exported global that says where the guest's stack ends that grows down. Where that is address 0, a fork copies nothing
/// below the stack pointer.
pub const STACK_LOW: &str = "__stack_low";

/// The longest path a call accepts, in bytes (Linux `PATH_MAX`, without the NUL).
pub const PATH_MAX: usize = 4095;

/// The longest single path component, in bytes (Linux `NAME_MAX`).
pub const NAME_MAX: usize = 255;

/// How many symbolic links one path walk may follow before it fails with `LOOP`.
pub const SYMLOOP_MAX: u32 = 40;

/// Writes to a pipe of up to this many bytes are atomic.
pub const PIPE_BUF: usize = 4096;
