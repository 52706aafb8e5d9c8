//! Open files: what descriptors stand for, shared across `dup`, `fork` and `spawn`.

use std::sync::Arc;

use wcr_abi::{FileKind, OpenFlags};
use wcr_vfs::{DirEntry, Name, Node};

use crate::socket::SocketId;
use crate::tty::TtyId;

/// An open file's place in the kernel's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) usize);

/// A pipe's place in the kernel's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PipeId(pub(crate) usize);

/// A character device that the kernel itself implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
}

impl Device {
    /// The device with Linux's number `rdev` (major 1, memory devices).
    pub(crate) const fn from_rdev(rdev: u64) -> Option<Self> {
        Some(match rdev {
            0x103 => Self::Null,
            0x105 => Self::Zero,
            0x107 => Self::Full,
            0x108 | 0x109 => Self::Random,
            _ => return None,
        })
    }
}

/// What an open file reads from and writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// A regular file, a directory, or anything opened with `O_PATH`.
    Node { node: Node, kind: FileKind },
    /// A pipe; `node` is set for a FIFO that has a name.
    Pipe { pipe: PipeId, node: Option<Node> },
    /// A device of the kernel.
    Device { device: Device, node: Node },
    /// A terminal.
    Tty { tty: TtyId, node: Node },
    /// The other side of a pseudo-terminal.
    PtyMaster { tty: TtyId, node: Node },
    /// A socket.
    Socket(SocketId),
    /// The host's standard input.
    HostInput,
    /// The host's standard output.
    HostOutput,
    /// The host's standard error.
    HostError,
}

impl Backing {
    /// The inode behind the file, where there is one.
    pub(crate) const fn node(self) -> Option<Node> {
        match self {
            Self::Node { node, .. }
            | Self::Device { node, .. }
            | Self::Pipe { node: Some(node), .. }
            | Self::Tty { node, .. }
            | Self::PtyMaster { node, .. } => Some(node),
            Self::Pipe { node: None, .. } | Self::Socket(_) | Self::HostInput | Self::HostOutput | Self::HostError => {
                None
            }
        }
    }
}

/// One open file description.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) backing: Backing,
    pub(crate) flags: OpenFlags,
    pub(crate) offset: u64,
    /// How many descriptors stand for it.
    pub(crate) refs: usize,
    /// How many of these are on their way through sockets.
    pub(crate) sent: usize,
    /// A directory's entries as they were when its reading began: what is made or removed meanwhile moves none.
    pub(crate) listing: Option<Arc<[DirEntry]>>,
    /// What `/proc` calls it, where that does not follow from what it is.
    pub(crate) name: Name,
}

impl OpenFile {
    /// A file at its start, with one descriptor.
    pub(crate) const fn new(backing: Backing, flags: OpenFlags) -> Self {
        Self { backing, flags, offset: 0, refs: 1, sent: 0, listing: None, name: Name::Own }
    }

    /// The file with this name.
    pub(crate) fn named(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Whether it is the regular file `node`, open for writing.
    pub(crate) fn is_written(&self, node: Node) -> bool {
        self.flags.writable() && matches!(self.backing, Backing::Node { node: own, .. } if own == node)
    }
}

/// Where a read or write takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// At the open file's own offset, which moves on.
    Current,
    /// At this offset; the open file's own stays.
    At(u64),
}

/// A table of values with stable numbers; freed numbers are used again, lowest first.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Option<T>>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> usize {
        match self.slots.iter().position(Option::is_none) {
            Some(at) => {
                self.slots[at] = Some(value);
                at
            }
            None => {
                self.slots.push(Some(value));
                self.slots.len() - 1
            }
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.slots.get(at)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.slots.get_mut(at)?.as_mut()
    }

    /// The values.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten()
    }

    /// How many places there are, free ones included.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The values with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter_map(|(at, slot)| Some((at, slot.as_ref()?)))
    }

    pub(crate) fn remove(&mut self, at: usize) -> Option<T> {
        self.slots.get_mut(at)?.take()
    }
}
