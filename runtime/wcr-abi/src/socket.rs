//! Sockets of the Unix domain, with Linux's numbers (`unix(7)`).

/// How a socket carries bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SocketKind {
    /// A connection that carries bytes.
    Stream = 1,
    /// Messages, each to whom it says.
    Datagram = 2,
    /// A connection that carries messages.
    Packets = 5,
}

impl SocketKind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            1 => Some(Self::Stream),
            2 => Some(Self::Datagram),
            5 => Some(Self::Packets),
            _ => None,
        }
    }

    /// Whether there is a connection first.
    #[must_use]
    pub const fn connects(self) -> bool {
        !matches!(self, Self::Datagram)
    }
}

/// The longest address, in bytes: a path, or NUL and any bytes.
pub const SOCKET_ADDRESS_MAX: usize = 108;

/// The most descriptors that are sent at once (Linux's `SCM_MAX_FD`).
pub const SOCKET_FILES_MAX: usize = 253;

/// What is received stays to be received again.
pub const MSG_PEEK: u32 = 0x2;
/// The whole length of a message is told, not how much of it was received.
pub const MSG_TRUNC: u32 = 0x20;
/// This call does not wait.
pub const MSG_DONTWAIT: u32 = 0x40;
/// This call causes no `SIGPIPE`.
pub const MSG_NOSIGNAL: u32 = 0x4000;
/// A stream is received until the buffer is full, or there is no more.
pub const MSG_WAITALL: u32 = 0x100;
/// Not all of the descriptors that came were received.
pub const MSG_CTRUNC: u32 = 0x8;
/// Descriptors that are received are closed on exec.
pub const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;
