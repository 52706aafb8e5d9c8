//! What each argument of each call is.
//!
//! Arguments of the same name are the same in most calls; the others are told apart by the call. A call that is not
//! named here is shown by its arguments' names.

use super::names::{self, Bits};
use super::structure::Kind;

/// A number, and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    Number,
    Signed,
    Hex,
    Fd,
    Mode,
    OpenFlags,
    Bits(Bits),
    Names(&'static [&'static str]),
    Signal,
    SignalSet,
    Disposition,
    Nanoseconds,
    Limit,
    IoPriority,
}

impl Plain {
    pub(super) fn show(self, value: u64) -> String {
        match self {
            Self::Number => value.to_string(),
            Self::Signed if value <= u32::MAX.into() => (value as u32).cast_signed().to_string(),
            Self::Signed => value.cast_signed().to_string(),
            Self::Hex => format!("{value:#x}"),
            Self::Fd => names::fd(value),
            Self::Mode => names::mode(value),
            Self::OpenFlags => names::open_flags(value),
            Self::Bits(bits) => names::bits(value, bits),
            Self::Names(list) => names::number(value, list),
            Self::Signal => names::signal(value),
            Self::SignalSet => names::signal_set(value),
            Self::Disposition => names::disposition(value),
            Self::Nanoseconds => names::nanoseconds(value),
            Self::Limit => names::limit(value),
            Self::IoPriority => names::io_priority(value),
        }
    }
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Plain(Plain),
    /// The address of a name of a file; its length follows.
    Path,
    /// The slices of a write; their number follows.
    Written,
    /// The slices of a read; their number follows.
    Read,
    /// A buffer that is filled; its length follows.
    Filled,
    /// What is sent; its length follows.
    Bytes,
    /// The attributes of a terminal.
    Termios,
    /// Descriptors; their number follows.
    Fds,
    /// Groups; their number follows.
    Groups,
    /// What is polled. The number of descriptors stands further on, as a plain number.
    Polled,
    /// What is to be executed; its length follows.
    Request,
    /// What is waited for. Its number stands further on, as a plain number.
    Subscriptions,
    /// What has come.
    Events,
    /// The address of a result.
    Out(Kind),
    /// The address of the result that the call is made for.
    Gives(Kind),
    /// An address of which nothing is shown.
    Address,
}

impl Shape {
    /// Whether the next argument belongs to it.
    pub(super) const fn takes_length(self) -> bool {
        matches!(
            self,
            Self::Path
                | Self::Written
                | Self::Read
                | Self::Filled
                | Self::Bytes
                | Self::Fds
                | Self::Groups
                | Self::Request
        )
    }

    /// Whether it is known only when the call is done.
    pub(super) const fn is_result(self) -> bool {
        matches!(self, Self::Read | Self::Filled | Self::Events | Self::Out(_) | Self::Gives(_) | Self::Address)
    }
}

/// What the argument `arg` of `call` is.
pub(super) fn shape(call: &str, arg: &str) -> Shape {
    use Shape::{
        Address, Bytes, Events, Fds, Filled, Gives, Groups, Out, Path, Plain as Is, Polled, Read, Request,
        Subscriptions, Termios, Written,
    };
    match (call, arg) {
        ("wcr.tty_attr", "out") => Out(Kind::Termios),
        ("wcr.sock_send", "buf") => Bytes,
        ("wcr.fd_poll", "entries") => Polled,
        ("wcr.fd_poll", "ready") => Gives(Kind::U32),
        ("wcr.groups_set", "groups") => Groups,
        ("wcr.id_get", "out") => Out(Kind::Words(3)),
        ("wcr.priority_get", "out") => Gives(Kind::I32),
        ("wcr.fork", "arg") | (_, "processors") => Is(Plain::Hex),
        ("wcr.fd_lock", "operation") => Is(Plain::Bits(names::LOCK)),
        ("wcr.fd_allocate", "mode") => Is(Plain::Bits(names::FALLOC)),
        (_, "priority") => Is(Plain::IoPriority),
        ("wcr.io_priority_get", "out") => Gives(Kind::IoPriority),
        ("wcr.affinity_get", "out") => Gives(Kind::U64),
        ("args_sizes_get" | "environ_sizes_get", _) => Out(Kind::U32),
        ("args_get" | "environ_get", _) => Address,
        ("clock_res_get", "resolution") | ("clock_time_get", "time") => Gives(Kind::U64),
        ("fd_read" | "fd_pread" | "sock_recv", "iovs") => Read,
        (_, "iovs") => Written,
        ("fd_readdir" | "wcr.fd_entries", "buf") => Address,
        ("fd_prestat_dir_name", "path") | (_, "buf") => Filled,
        ("fd_fdstat_get", "stat") => Out(Kind::Fdstat),
        ("fd_filestat_get" | "path_filestat_get", "stat") => Out(Kind::Filestat),
        (_, "stat") => Out(Kind::Stat),
        (_, "statfs") => Out(Kind::StatFs),
        (_, "prestat") => Out(Kind::Prestat),
        (_, "subscriptions") => Subscriptions,
        (_, "events") => Events,
        (_, "request") => Request,
        ("wcr.sock_recv", "addr" | "fds") => Address,
        ("wcr.sock_send", "fds") => Fds,
        ("wcr.sock_recv", "came") => Out(Kind::Came),
        ("wcr.sock_option" | "wcr.sock_set_option", "option") => Is(Plain::Names(names::SO)),
        ("wcr.sock_option", "out") => Gives(Kind::U64),
        ("wcr.fd_seals", "out") => Gives(Kind::Seals),
        (_, "seals") => Is(Plain::Bits(names::SEALS)),
        ("wcr.sock_recv", "used") => Out(Kind::U32),
        ("wcr.sock_peer", "out") => Out(Kind::Words(3)),
        (_, "addr") | ("wcr.fd_memory", "name") => Path,
        ("wcr.sock_shutdown", "how") => Is(Plain::Names(names::SHUT)),
        ("wcr.sock_send" | "wcr.sock_recv", "flags") => Is(Plain::Bits(names::MSG)),
        ("wcr.sock_open" | "wcr.sock_pair", "kind") => Is(Plain::Names(names::SOCK)),
        ("fd_renumber" | "wcr.fd_dup2", "from" | "to") => Is(Plain::Fd),
        (_, "path" | "from") | ("path_symlink" | "wcr.path_symlink", "target") => Path,
        ("wcr.path_open", "fd") | (_, "done" | "used" | "out" | "pid" | "sid") => Gives(Kind::U32),
        (_, "fd" | "dirfd" | "from_fd" | "from_dirfd") => Is(Plain::Fd),
        (_, "position" | "remaining") => Gives(Kind::U64),
        ("wcr.wait", "found") => Gives(Kind::U32),
        ("wcr.wait", "status") => Out(Kind::Status),
        ("wcr.wait", "flags") => Is(Plain::Bits(names::WAIT)),
        ("wcr.fd_pipe" | "wcr.sock_pair", "fds") => Out(Kind::Words(2)),
        ("wcr.fd_get_flags", "flags") => Gives(Kind::OpenFlags),
        ("wcr.path_open" | "wcr.fd_set_flags", "flags") => Is(Plain::OpenFlags),
        (
            "wcr.fd_pipe" | "wcr.fd_dup" | "wcr.fd_dup2" | "wcr.fd_memory" | "wcr.sock_open" | "wcr.sock_pair"
            | "wcr.sock_accept",
            "flags",
        ) => Is(Plain::Bits(names::OPEN)),
        ("path_filestat_get" | "path_filestat_set_times" | "path_link", "flags") | (_, "lookup") => {
            Is(Plain::Bits(names::LOOKUP))
        }
        ("wcr.io_priority_get" | "wcr.io_priority_set", "which") => Is(Plain::Names(names::IOPRIO_WHO)),
        ("wcr.priority_get" | "wcr.priority_set", "which") => Is(Plain::Names(names::PRIORITY)),
        ("wcr.id_get" | "wcr.id_set" | "wcr.id_set_re" | "wcr.id_set_res", "kind") => Is(Plain::Names(names::WHOSE)),
        (_, "id" | "real" | "effective" | "saved" | "nice") => Is(Plain::Signed),
        ("fd_filestat_set_times", "flags") | (_, "which") => Is(Plain::Bits(names::FSTFLAGS)),
        ("path_open" | "fd_fdstat_set_flags", "flags") => Is(Plain::Bits(names::FDFLAGS)),
        (_, "oflags") => Is(Plain::Bits(names::OFLAGS)),
        (_, "base" | "inheriting" | "rdev" | "out_flags") => Is(Plain::Hex),
        ("wcr.path_rename", "flags") => Is(Plain::Bits(names::RENAME)),
        (_, "flags") if call.starts_with("wcr.path_") => Is(Plain::Bits(names::AT)),
        ("wcr.path_access", "mode") => Is(Plain::Bits(names::ACCESS)),
        ("wcr.umask", "old") => Gives(Kind::Octal),
        (_, "mode" | "mask") => Is(Plain::Mode),
        (_, "clock") => Is(Plain::Names(names::CLOCKS)),
        (_, "whence") => Is(Plain::Names(names::WHENCE)),
        (_, "advice") => Is(Plain::Names(names::ADVICE)),
        (_, "how") if call.starts_with("wcr.") => Is(Plain::Names(names::HOW)),
        (_, "resource") => Is(Plain::Names(names::RESOURCES)),
        (_, "limits") => Out(Kind::Limits),
        (_, "soft" | "hard") => Is(Plain::Limit),
        ("wcr.sig_take", "signal") => Gives(Kind::Signal),
        (_, "signal") => Is(Plain::Signal),
        (_, "disposition") => Is(Plain::Disposition),
        ("wcr.sig_action", "old") => Gives(Kind::Disposition),
        (_, "set") => Is(Plain::SignalSet),
        ("wcr.sig_child", "flags") => Is(Plain::Bits(names::CHILD)),
        ("wcr.sig_child", "old") => Out(Kind::U32),
        (_, "old") => Out(Kind::SignalSet),
        (_, "ids") => Out(Kind::Words(4)),
        (_, "groups") => Address,
        ("wcr.user_ids", "count") => Gives(Kind::U32),
        ("wcr.times", _) => Out(Kind::Longs(4)),
        ("wcr.tty_winsize", "size") => Out(Kind::WinSize),
        (_, "termios") => Termios,
        (_, "atime_nsec" | "mtime_nsec") => Is(Plain::Nanoseconds),
        (_, "target" | "pgid" | "uid" | "gid") => Is(Plain::Signed),
        ("fd_seek" | "wcr.fd_allocate", "offset")
        | ("wcr.fd_allocate", "size")
        | ("wcr.fd_poll" | "wcr.sig_wait", "timeout")
        | ("wcr.path_utimens", "atime" | "mtime") => Is(Plain::Signed),
        _ => Is(Plain::Number),
    }
}
