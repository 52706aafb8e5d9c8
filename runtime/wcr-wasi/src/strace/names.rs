//! The names of flags and numbers, as C has them.

use wcr_abi::{
    AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Disposition, FALLOC_KEEP_SIZE,
    FALLOC_PUNCH_HOLE, FileKind, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT,
    MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, Mode, OpenFlags, RENAME_EXCHANGE, RENAME_NOREPLACE, SA_NOCLDSTOP,
    SA_NOCLDWAIT, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE, Signal, UTIME_NOW, UTIME_OMIT,
    WNOHANG, WUNTRACED, WaitStatus,
};
use wcr_kernel::signal_name;

/// Bits and their names.
pub(super) type Bits = &'static [(u64, &'static str)];

/// Flags of calls that take a path.
pub(super) const AT: Bits = &[
    (AT_SYMLINK_NOFOLLOW as u64, "AT_SYMLINK_NOFOLLOW"),
    (AT_REMOVEDIR as u64, "AT_REMOVEDIR"),
    (AT_SYMLINK_FOLLOW as u64, "AT_SYMLINK_FOLLOW"),
    (AT_EMPTY_PATH as u64, "AT_EMPTY_PATH"),
];
/// Flags of an open file, the access mode left out.
pub(super) const OPEN: Bits = &[
    (OpenFlags::CREAT.0 as u64, "O_CREAT"),
    (OpenFlags::EXCL.0 as u64, "O_EXCL"),
    (OpenFlags::NOCTTY.0 as u64, "O_NOCTTY"),
    (OpenFlags::TRUNC.0 as u64, "O_TRUNC"),
    (OpenFlags::APPEND.0 as u64, "O_APPEND"),
    (OpenFlags::NONBLOCK.0 as u64, "O_NONBLOCK"),
    (OpenFlags::DIRECTORY.0 as u64, "O_DIRECTORY"),
    (OpenFlags::NOFOLLOW.0 as u64, "O_NOFOLLOW"),
    (OpenFlags::CLOEXEC.0 as u64, "O_CLOEXEC"),
    (OpenFlags::PATH.0 as u64, "O_PATH"),
];
/// Flags of `wait`.
pub(super) const WAIT: Bits = &[(WNOHANG as u64, "WNOHANG"), (WUNTRACED as u64, "WUNTRACED")];
/// What `access` asks for.
pub(super) const ACCESS: Bits = &[(4, "R_OK"), (2, "W_OK"), (1, "X_OK")];
/// Preview1's flags of descriptors.
pub(super) const FDFLAGS: Bits = &[(1, "APPEND"), (2, "DSYNC"), (4, "NONBLOCK"), (8, "RSYNC"), (16, "SYNC")];
/// Preview1's flags of `path_open`.
pub(super) const OFLAGS: Bits = &[(1, "CREAT"), (2, "DIRECTORY"), (4, "EXCL"), (8, "TRUNC")];
/// Preview1's flags of lookups.
pub(super) const LOOKUP: Bits = &[(1, "SYMLINK_FOLLOW")];
/// Preview1's flags of times.
pub(super) const FSTFLAGS: Bits = &[(1, "ATIM"), (2, "ATIM_NOW"), (4, "MTIM"), (8, "MTIM_NOW")];

/// The clocks.
pub(super) const CLOCKS: &[&str] =
    &["CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID"];
/// Where a seek counts from.
pub(super) const WHENCE: &[&str] = &["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"];
/// Kinds of sockets.
pub(super) const SOCK: &[&str] = &["0", "SOCK_STREAM", "SOCK_DGRAM", "3", "4", "SOCK_SEQPACKET"];
/// Directions that `shutdown` ends.
pub(super) const SHUT: &[&str] = &["SHUT_RD", "SHUT_WR", "SHUT_RDWR"];
/// Flags of sending and receiving.
pub(super) const MSG: Bits = &[
    (MSG_PEEK as u64, "MSG_PEEK"),
    (MSG_TRUNC as u64, "MSG_TRUNC"),
    (MSG_DONTWAIT as u64, "MSG_DONTWAIT"),
    (MSG_NOSIGNAL as u64, "MSG_NOSIGNAL"),
    (MSG_CTRUNC as u64, "MSG_CTRUNC"),
    (MSG_WAITALL as u64, "MSG_WAITALL"),
    (MSG_CMSG_CLOEXEC as u64, "MSG_CMSG_CLOEXEC"),
];
/// What is asked of descriptors.
pub(super) const POLL: Bits = &[(1, "POLLIN"), (2, "POLLPRI"), (4, "POLLOUT"), (0x2000, "POLLRDHUP")];
/// Seals of files in memory.
pub(super) const SEALS: Bits = &[
    (SEAL_SEAL as u64, "F_SEAL_SEAL"),
    (SEAL_SHRINK as u64, "F_SEAL_SHRINK"),
    (SEAL_GROW as u64, "F_SEAL_GROW"),
    (SEAL_WRITE as u64, "F_SEAL_WRITE"),
    (SEAL_FUTURE_WRITE as u64, "F_SEAL_FUTURE_WRITE"),
];
/// Options of sockets.
pub(super) const SO: &[&str] = &[
    "0",
    "SO_DEBUG",
    "SO_REUSEADDR",
    "SO_TYPE",
    "SO_ERROR",
    "SO_DONTROUTE",
    "SO_BROADCAST",
    "SO_SNDBUF",
    "SO_RCVBUF",
    "SO_KEEPALIVE",
    "SO_OOBINLINE",
    "SO_NO_CHECK",
    "SO_PRIORITY",
    "SO_LINGER",
    "SO_BSDCOMPAT",
    "SO_REUSEPORT",
    "SO_PASSCRED",
    "SO_PEERCRED",
    "SO_RCVLOWAT",
    "SO_SNDLOWAT",
    "SO_RCVTIMEO",
    "SO_SNDTIMEO",
    "22",
    "23",
    "24",
    "SO_BINDTODEVICE",
    "SO_ATTACH_FILTER",
    "SO_DETACH_FILTER",
    "SO_PEERNAME",
    "SO_TIMESTAMP",
    "SO_ACCEPTCONN",
    "SO_PEERSEC",
    "SO_SNDBUFFORCE",
    "SO_RCVBUFFORCE",
    "SO_PASSSEC",
    "SO_TIMESTAMPNS",
    "SO_MARK",
    "SO_TIMESTAMPING",
    "SO_PROTOCOL",
    "SO_DOMAIN",
];
/// What becomes of what has the new name.
pub(super) const RENAME: Bits =
    &[(RENAME_NOREPLACE as u64, "RENAME_NOREPLACE"), (RENAME_EXCHANGE as u64, "RENAME_EXCHANGE")];
/// What a parent is not told of its children.
pub(super) const CHILD: Bits = &[(SA_NOCLDSTOP as u64, "SA_NOCLDSTOP"), (SA_NOCLDWAIT as u64, "SA_NOCLDWAIT")];
/// Whose nice value is meant.
pub(super) const PRIORITY: &[&str] = &["PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER"];
/// Whose priority of input and output is meant.
pub(super) const IOPRIO_WHO: &[&str] = &["0", "IOPRIO_WHO_PROCESS", "IOPRIO_WHO_PGRP", "IOPRIO_WHO_USER"];
/// What is done with a part of a file.
pub(super) const FALLOC: Bits =
    &[(FALLOC_KEEP_SIZE as u64, "FALLOC_FL_KEEP_SIZE"), (FALLOC_PUNCH_HOLE as u64, "FALLOC_FL_PUNCH_HOLE")];
/// What is done with a lock.
pub(super) const LOCK: Bits = &[
    (LOCK_SH as u64, "LOCK_SH"),
    (LOCK_EX as u64, "LOCK_EX"),
    (LOCK_NB as u64, "LOCK_NB"),
    (LOCK_UN as u64, "LOCK_UN"),
];
/// Whose id is meant.
pub(super) const WHOSE: &[&str] = &["USER", "GROUP"];
/// What `fd_advise` says.
pub(super) const ADVICE: &[&str] = &["NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE"];
/// What `sig_mask` does.
pub(super) const HOW: &[&str] = &["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"];
/// Resources with limits.
pub(super) const RESOURCES: &[&str] = &[
    "RLIMIT_CPU",
    "RLIMIT_FSIZE",
    "RLIMIT_DATA",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
    "RLIMIT_RSS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_AS",
    "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
];
/// Preview1's kinds of files.
pub(super) const FILETYPES: &[&str] = &["UNKNOWN", "BLK", "CHR", "DIR", "REG", "DGRAM", "STREAM", "LNK"];

/// The names of the bits that are set, and what is left in hexadecimal; `0` for none.
pub(super) fn bits(value: u64, names: Bits) -> String {
    let mut shown: Vec<String> =
        names.iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| (*name).to_owned()).collect();
    let rest = names.iter().fold(value, |rest, (bit, _)| rest & !bit);
    if rest != 0 {
        shown.push(format!("{rest:#x}"));
    }
    if shown.is_empty() { "0".into() } else { shown.join("|") }
}

/// The name with this number.
pub(super) fn number(value: u64, names: &[&str]) -> String {
    let name = usize::try_from(value).ok().and_then(|at| names.get(at));
    name.map_or_else(|| format!("{value:#x}"), |name| (*name).to_owned())
}

/// The flags of an open file.
pub(super) fn open_flags(value: u64) -> String {
    let access = number(value & 3, &["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"]);
    if value & !3 == 0 { access } else { format!("{access}|{}", bits(value & !3, OPEN)) }
}

/// A descriptor, or the current directory.
pub(super) fn fd(value: u64) -> String {
    match value as u32 {
        AT_FDCWD => "AT_FDCWD".into(),
        fd => fd.cast_signed().to_string(),
    }
}

/// A file's mode: its kind, where there is one, and its permissions.
pub(super) fn mode(value: u64) -> String {
    let mode = Mode(value as u32);
    let kind = match mode.0 & 0o170_000 {
        0 => return format!("{:03o}", mode.0).with_zero(),
        kind => FileKind::from_bits(kind),
    };
    let kind = match kind {
        Some(FileKind::Regular) => "S_IFREG",
        Some(FileKind::Directory) => "S_IFDIR",
        Some(FileKind::Symlink) => "S_IFLNK",
        Some(FileKind::CharDevice) => "S_IFCHR",
        Some(FileKind::BlockDevice) => "S_IFBLK",
        Some(FileKind::Fifo) => "S_IFIFO",
        Some(FileKind::Socket) => "S_IFSOCK",
        None => return format!("{:#o}", mode.0),
    };
    format!("{kind}|{}", format!("{:03o}", mode.permissions()).with_zero())
}

/// The zero that marks an octal number in C.
trait WithZero {
    fn with_zero(self) -> String;
}

impl WithZero for String {
    fn with_zero(self) -> String {
        if self == "000" { self } else { format!("0{self}") }
    }
}

/// A signal; numbers that are none as they are.
pub(super) fn signal(value: u64) -> String {
    let signal = u32::try_from(value).ok().and_then(Signal::from_raw);
    signal.map_or_else(|| value.to_string(), signal_name)
}

/// A set of signals, without the prefix of their names.
pub(super) fn signal_set(set: u64) -> String {
    let names = (1..=Signal::MAX).map(Signal).filter(|signal| set & signal.bit() != 0);
    let names: Vec<String> = names.map(|signal| signal_name(signal).trim_start_matches("SIG").to_owned()).collect();
    format!("[{}]", names.join(" "))
}

/// What a process does about a signal.
pub(super) fn disposition(value: u64) -> String {
    match u32::try_from(value).ok().and_then(Disposition::from_raw) {
        Some(Disposition::Default) => "SIG_DFL".into(),
        Some(Disposition::Ignore) => "SIG_IGN".into(),
        Some(Disposition::Catch) => "SIG_CATCH".into(),
        None => format!("{value:#x}"),
    }
}

/// How a process ended or changed state.
pub(super) fn status(value: u64) -> String {
    match WaitStatus::decode(value as u32) {
        WaitStatus::Exited(code) => format!("exited {code}"),
        WaitStatus::Signaled(signal) => format!("killed {}", signal_name(signal)),
        WaitStatus::Stopped(signal) => format!("stopped {}", signal_name(signal)),
        WaitStatus::Continued => "continued".into(),
    }
}

/// A number of bytes or of descriptors, of which all ones mean no limit.
pub(super) fn limit(value: u64) -> String {
    if value == u64::MAX { "RLIM_INFINITY".into() } else { value.to_string() }
}

/// A priority of input and output: its class and its level.
pub(super) fn io_priority(value: u64) -> String {
    const CLASSES: &[&str] = &["IOPRIO_CLASS_NONE", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"];
    format!("IOPRIO_PRIO_VALUE({}, {})", number(value >> 13, CLASSES), value & 0x1fff)
}

/// The nanoseconds of a time to be set.
pub(super) fn nanoseconds(value: u64) -> String {
    match value as u32 {
        UTIME_NOW => "UTIME_NOW".into(),
        UTIME_OMIT => "UTIME_OMIT".into(),
        nsec => nsec.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_names_and_the_rest_is_shown() {
        assert_eq!(open_flags(0), "O_RDONLY");
        assert_eq!(open_flags(0o101 | 0o2_000_000 | 1 << 30), "O_WRONLY|O_CREAT|O_CLOEXEC|0x40000000");
        assert_eq!((bits(0, AT), bits(0x101, AT)), ("0".into(), "AT_SYMLINK_NOFOLLOW|0x1".into()));
        assert_eq!((number(1, CLOCKS), number(9, CLOCKS)), ("CLOCK_MONOTONIC".into(), "0x9".into()));
        assert_eq!([0o644, 0, 0o100_755, 0o010_000].map(mode), ["0644", "000", "S_IFREG|0755", "S_IFIFO|000"]);
        assert_eq!([u64::from(AT_FDCWD), 3, u64::from(u32::MAX)].map(fd), ["AT_FDCWD", "3", "-1"]);
        assert_eq!(
            (signal(15), signal(99), signal_set(1 | 1 << 16)),
            ("SIGTERM".into(), "99".into(), "[HUP CHLD]".into())
        );
        assert_eq!(
            [0x300, 9, 0x137f, 0xffff].map(status),
            ["exited 3", "killed SIGKILL", "stopped SIGSTOP", "continued"]
        );
    }
}
