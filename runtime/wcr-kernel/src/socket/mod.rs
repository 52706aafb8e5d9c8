//! Sockets of the Unix domain (`unix(7)`): what they are, and the table of them.
//!
//! What is sent goes into the queue of who receives it; a sender waits for room there. A connection is two sockets that
//! know each other; one that nobody has accepted yet stands in the queue of the socket that listens.

mod connect;
mod options;
mod queue;
mod rights;
mod transfer;

use std::collections::{BTreeMap, HashMap, VecDeque};

use wcr_abi::{Errno, Fd, OpenFlags, Pid, SocketKind};
use wcr_vfs::Node;

use crate::file::Backing;
use crate::kernel::Kernel;

use options::Options;
use queue::{Queue, Stream};
pub use transfer::{Outgoing, Received};

/// How much a socket holds that nobody has received, in bytes (Linux's `net.core.wmem_default`).
const CAPACITY: usize = 212_992;
/// How many messages wait for a receiver that is connected to nobody (Linux's `net.unix.max_dgram_qlen`).
const QUEUE_MAX: usize = 10;

/// A socket's number, which is its inode's, too, and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// A name: a path, or NUL and any bytes, which stand in no file system.
type Address = Vec<u8>;

/// The process and the user and group that a socket was connected by.
pub type Credentials = (Pid, u32, u32);

#[derive(Debug)]
enum State {
    Idle,
    /// How many connections may wait, and those that do.
    Listening {
        backlog: usize,
        waiting: VecDeque<SocketId>,
    },
    Connected,
}

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket {
    kind: SocketKind,
    state: State,
    name: Option<Address>,
    /// The file that its name is.
    node: Option<Node>,
    peer: Option<SocketId>,
    /// What the other one was called when they were connected.
    peer_name: Option<Address>,
    peer_credentials: Credentials,
    queue: Queue,
    options: Options,
    /// Nothing more will be received.
    shut_reading: bool,
    /// Nothing more can be sent.
    shut_writing: bool,
    /// What one call fails with.
    failure: Option<Errno>,
}

impl Socket {
    fn new(kind: SocketKind) -> Self {
        let queue = match kind {
            SocketKind::Stream => Queue::Bytes(Stream::default()),
            SocketKind::Datagram | SocketKind::Packets => Queue::Messages(VecDeque::new()),
        };
        Self {
            kind,
            state: State::Idle,
            name: None,
            node: None,
            peer: None,
            peer_name: None,
            peer_credentials: (0, u32::MAX, u32::MAX),
            queue,
            options: Options::default(),
            shut_reading: false,
            shut_writing: false,
            failure: None,
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.state, State::Connected)
    }
}

/// All sockets, and how they are found.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    all: BTreeMap<SocketId, Socket>,
    last: u64,
    /// Looked up only, never listed: the order of a hash map shows nowhere.
    by_node: HashMap<Node, SocketId>,
    by_name: BTreeMap<Address, SocketId>,
    /// How many open files of each user are on their way.
    on_their_way: BTreeMap<u32, u64>,
}

impl Sockets {
    fn insert(&mut self, socket: Socket) -> SocketId {
        self.last += 1;
        let id = SocketId(self.last);
        self.all.insert(id, socket);
        id
    }

    fn get(&self, id: SocketId) -> Result<&Socket, Errno> {
        self.all.get(&id).ok_or(Errno::Badf)
    }

    fn get_mut(&mut self, id: SocketId) -> Result<&mut Socket, Errno> {
        self.all.get_mut(&id).ok_or(Errno::Badf)
    }
}

impl Kernel {
    /// The socket behind a descriptor, and how it was opened. `NOTSOCK` when it is something else.
    fn socket_of(&self, pid: Pid, fd: Fd) -> Result<(SocketId, OpenFlags), Errno> {
        let (_, file) = self.file_of(pid, fd)?;
        match file.backing {
            Backing::Socket(id) => Ok((id, file.flags)),
            _ if file.flags.contains(OpenFlags::PATH) => Err(Errno::Badf),
            _ => Err(Errno::Notsock),
        }
    }
}
