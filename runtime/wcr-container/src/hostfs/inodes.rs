//! The inodes given out so far, and the host's handles kept for them.

use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};

use wcr_abi::{Errno, FileKind};
use wcr_vfs::Ino;

use super::ROOT;

/// What tells a file of the host from all others: device and inode number, where the host has them.
pub(super) type Identity = Option<(u64, u64)>;

/// Where an inode is on the host.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// It is what was bound, under this name of the opened folder.
    Root(OsString),
    /// In a directory, under a name: the last one known of it.
    In(Ino, OsString),
    /// It has no name any more that is known of.
    Gone,
}

#[derive(Debug)]
pub(super) struct Inode {
    pub(super) kind: FileKind,
    pub(super) identity: Identity,
    pub(super) place: Place,
    pins: u32,
}

/// What an inode is found again by.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Identity(u64, u64),
    Name(Ino, OsString),
}

impl Key {
    fn new(identity: Identity, dir: Ino, name: &OsStr) -> Self {
        match identity {
            Some((dev, ino)) => Self::Identity(dev, ino),
            None => Self::Name(dir, name.to_owned()),
        }
    }
}

/// All inodes of a bind; number 1 is what was bound.
pub(super) struct Inodes {
    all: Vec<Inode>,
    known: HashMap<Key, Ino>,
}

impl Inodes {
    pub(super) fn new(kind: FileKind, identity: Identity, name: OsString) -> Self {
        let mut known = HashMap::new();
        if let Some((dev, ino)) = identity {
            known.insert(Key::Identity(dev, ino), ROOT);
        }
        Self { all: vec![Inode { kind, identity, place: Place::Root(name), pins: 1 }], known }
    }

    pub(super) fn get(&self, ino: Ino) -> Result<&Inode, Errno> {
        usize::try_from(ino).ok().and_then(|ino| self.all.get(ino.checked_sub(1)?)).ok_or(Errno::Stale)
    }

    fn get_mut(&mut self, ino: Ino) -> Option<&mut Inode> {
        usize::try_from(ino).ok().and_then(|ino| self.all.get_mut(ino.checked_sub(1)?))
    }

    /// The inode that the host has under `name` in `dir`: one known already, or a new one.
    pub(super) fn intern(&mut self, dir: Ino, name: &OsStr, kind: FileKind, identity: Identity) -> Ino {
        let key = Key::new(identity, dir, name);
        if let Some(&ino) = self.known.get(&key)
            && let Some(inode) = self.get_mut(ino)
            && inode.kind == kind
        {
            if !matches!(inode.place, Place::Root(_)) {
                inode.place = Place::In(dir, name.to_owned());
            }
            return ino;
        }
        self.all.push(Inode { kind, identity, place: Place::In(dir, name.to_owned()), pins: 0 });
        let ino = self.all.len() as Ino;
        self.known.insert(key, ino);
        ino
    }

    /// Takes note that a name is gone; with the last one the host may use the identity again.
    pub(super) fn remove_name(&mut self, ino: Ino, dir: Ino, name: &OsStr, last: bool) {
        let Some(inode) = self.get_mut(ino) else { return };
        if matches!(&inode.place, Place::In(in_dir, known) if *in_dir == dir && known == name) {
            inode.place = Place::Gone;
        }
        let identity = inode.identity;
        if last {
            self.known.remove(&Key::new(identity, dir, name));
        }
    }

    pub(super) fn move_name(&mut self, ino: Ino, dir: Ino, name: &OsStr) {
        let Some(inode) = self.get_mut(ino) else { return };
        let old = core::mem::replace(&mut inode.place, Place::In(dir, name.to_owned()));
        if inode.identity.is_none() {
            if let Place::In(old_dir, old_name) = old {
                self.known.remove(&Key::Name(old_dir, old_name));
            }
            self.known.insert(Key::Name(dir, name.to_owned()), ino);
        }
    }

    pub(super) fn pin(&mut self, ino: Ino) -> Result<(), Errno> {
        self.get_mut(ino).ok_or(Errno::Stale)?.pins += 1;
        Ok(())
    }

    /// Whether that was the last use.
    pub(super) fn unpin(&mut self, ino: Ino) -> bool {
        self.get_mut(ino).is_some_and(|inode| {
            inode.pins = inode.pins.saturating_sub(1);
            inode.pins == 0
        })
    }

    pub(super) fn is_pinned(&self, ino: Ino) -> bool {
        self.get(ino).is_ok_and(|inode| inode.pins > 0)
    }
}

/// Handles of the host, the oldest of which are closed when there are many.
pub(super) struct Handles<T> {
    capacity: usize,
    open: HashMap<Ino, T>,
    /// Those that may be closed, the oldest first.
    order: VecDeque<Ino>,
}

impl<T> Handles<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, open: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn get(&self, ino: Ino) -> Option<&T> {
        self.open.get(&ino)
    }

    /// Keeps a handle for a while, in place of the one there was.
    pub(super) fn keep(&mut self, ino: Ino, handle: T) {
        if self.open.insert(ino, handle).is_none() {
            self.order.push_back(ino);
        }
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
    }

    /// Keeps the handle until [`Self::drop`].
    pub(super) fn hold(&mut self, ino: Ino) {
        self.order.retain(|kept| *kept != ino);
    }

    pub(super) fn drop(&mut self, ino: Ino) {
        if self.open.remove(&ino).is_some() {
            self.hold(ino);
        }
    }
}
