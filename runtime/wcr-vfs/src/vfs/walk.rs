//! The path walk (`path_resolution(7)`).

use core::ops::Range;
use std::borrow::Cow;

use wcr_abi::{Errno, FileKind, NAME_MAX, PATH_MAX, SYMLOOP_MAX, Timestamp};

use super::{Access, Creds, Name, Node, Place, Vfs};
use crate::fs::{MagicLink, Perm};

/// On whose behalf a path is walked. The root is always the container's.
#[derive(Clone, Copy)]
pub struct Walk<'a> {
    /// The current directory.
    pub cwd: Node,
    /// The identity that is checked.
    pub creds: &'a Creds,
    /// The permissions that new files do not get.
    pub umask: u32,
    /// The process that `/proc/self` means.
    pub pid: u32,
    /// What a link of `/proc` stands for. The walk goes on from there. `ACCES` when the process may not know.
    pub links: &'a dyn Fn(MagicLink) -> Result<Target, Errno>,
    /// The current time, by which symbolic links that are followed take note of it; `None`: they do not.
    pub clock: Option<&'a dyn Fn() -> Timestamp>,
}

/// What a link of `/proc` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file, when it is one that lies on a file system (not a pipe, not the host's).
    pub node: Option<Node>,
    /// What it is called: the link's text.
    pub name: Name,
}

impl<'a> Walk<'a> {
    /// A walk without a umask, for which no process has an open file, and that leaves no trace.
    #[must_use]
    pub fn new(cwd: Node, creds: &'a Creds, pid: u32) -> Self {
        Self { cwd, creds, umask: 0, pid, links: &|_| Err(Errno::Noent), clock: None }
    }
}

impl core::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Walk").field("cwd", &self.cwd).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// What a path led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<T> {
    /// A file of the file systems, or what was asked about it.
    Here(T),
    /// The open file of `/proc/PID/fd/N`, which [`Walk::fds`] does not place on a file system.
    Fd {
        /// The process.
        pid: u32,
        /// Its descriptor.
        fd: u32,
    },
}

impl<T> Found<T> {
    pub(super) fn try_map<U>(self, f: impl FnOnce(T) -> Result<U, Errno>) -> Result<Found<U>, Errno> {
        Ok(match self {
            Self::Here(value) => Found::Here(f(value)?),
            Self::Fd { pid, fd } => Found::Fd { pid, fd },
        })
    }
}

/// The last component of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Last {
    /// There is none: the path is `/`.
    Root,
    Dot,
    DotDot,
    Name(Vec<u8>),
}

/// Where following a symbolic link leads.
pub(super) enum Followed {
    /// The walker has its target to walk now.
    Text,
    /// To this node, which is called so.
    Node(Node, Name),
    /// To an open file.
    Fd { pid: u32, fd: u32 },
}

/// A walk under way: everything but the last component is done by [`Walker::last`].
pub(super) struct Walker<'a> {
    pub vfs: &'a mut Vfs,
    walk: &'a Walk<'a>,
    /// The directory reached.
    pub at: Node,
    /// A directory on the way there, and what was found out about it.
    known: Option<(Node, Perm)>,
    /// What is still to be walked, the innermost symbolic link's target last: bytes and position.
    pending: Vec<(Cow<'a, [u8]>, usize)>,
    links: u32,
    /// The last component was followed by a slash.
    pub slash: bool,
}

impl<'a> Walker<'a> {
    pub fn new(vfs: &'a mut Vfs, walk: &'a Walk<'a>, start: Option<Node>, path: &'a [u8]) -> Result<Self, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.len() > PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        let at = if path.starts_with(b"/") { vfs.root() } else { start.unwrap_or(walk.cwd) };
        if at == Node::NOWHERE {
            return Err(Errno::Badf);
        }
        Ok(Self { vfs, walk, at, known: None, pending: vec![(Cow::Borrowed(path), 0)], links: 0, slash: false })
    }

    /// Walks up to the last component, which is to be looked up in [`Self::at`].
    pub fn last(&mut self) -> Result<Last, Errno> {
        loop {
            let Some((part, is_last)) = self.next_component() else { return Ok(Last::Root) };
            let perm = match self.known {
                Some((node, perm)) if node == self.at => perm,
                _ => self.vfs.perm(self.at)?,
            };
            if perm.mode.kind() != FileKind::Directory {
                return Err(Errno::Notdir);
            }
            if !self.walk.creds.may(perm, Access::EXECUTE) {
                return Err(Errno::Acces);
            }
            let name = self.pending.last().and_then(|(path, _)| path.get(part)).unwrap_or_default();
            match (name, is_last) {
                (b".", true) => return Ok(Last::Dot),
                (b"..", true) => return Ok(Last::DotDot),
                (_, true) => return Ok(Last::Name(name.to_vec())),
                (b".", false) => {}
                (b"..", false) => self.at = self.vfs.parent(self.at)?,
                (_, false) => {
                    let (child, perm) = self.vfs.child_perm(self.at, name)?;
                    if perm.mode.kind() != FileKind::Symlink {
                        self.at = child;
                        self.known = Some((child, perm));
                        continue;
                    }
                    match self.follow(child)? {
                        Followed::Text => {}
                        Followed::Node(node, _) => self.at = node,
                        Followed::Fd { .. } => return Err(Errno::Notdir),
                    }
                }
            }
        }
    }

    /// Steps over the next component, and tells where in the innermost path it is, and whether it is the last
    /// of all.
    fn next_component(&mut self) -> Option<(Range<usize>, bool)> {
        let part = loop {
            let (path, at) = self.pending.last_mut()?;
            let rest = path.get(*at..).unwrap_or_default();
            let Some(start) = rest.iter().position(|byte| *byte != b'/') else {
                self.pending.pop();
                continue;
            };
            let len = rest.iter().skip(start).position(|byte| *byte == b'/').unwrap_or(rest.len() - start);
            let start = *at + start;
            *at = start + len;
            break start..*at;
        };
        self.slash = false;
        for (path, at) in self.pending.iter().rev() {
            let rest = path.get(*at..).unwrap_or_default();
            if rest.iter().any(|byte| *byte != b'/') {
                return Some((part, false));
            }
            self.slash |= !rest.is_empty();
        }
        Some((part, true))
    }

    /// Follows the symbolic link `link`, which was found in [`Self::at`].
    pub fn follow(&mut self, link: Node) -> Result<Followed, Errno> {
        self.links += 1;
        if self.links > SYMLOOP_MAX {
            return Err(Errno::Loop);
        }
        let magic = self.vfs.fs(link)?.magic_link(link.ino);
        if let Some(magic) = magic.filter(|magic| *magic != MagicLink::SelfPid) {
            let target = (self.walk.links)(magic)?;
            return match (target.node, magic) {
                (Some(node), _) => Ok(Followed::Node(node, target.name)),
                (None, MagicLink::Fd { pid, fd }) => Ok(Followed::Fd { pid, fd }),
                (None, _) => Err(Errno::Noent),
            };
        }
        let target = self.vfs.link_text(link, self.walk)?;
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        if target.starts_with(b"/") {
            self.at = self.vfs.root();
        }
        self.pending.push((Cow::Owned(target), 0));
        Ok(Followed::Text)
    }
}

impl Vfs {
    /// The node that a path leads to. With `follow`, a symbolic link in its last component is followed too;
    /// a trailing slash always follows, and asks for a directory.
    ///
    /// # Errors
    /// `NOENT` a component is missing, or the path is empty; `NOTDIR`; `ACCES` a directory may not be
    /// searched; `LOOP` more than 40 symbolic links; `NAMETOOLONG`.
    pub fn resolve(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
    ) -> Result<Found<Node>, Errno> {
        self.resolve_place(walk, start, path, follow).map(|(found, _)| found)
    }

    /// Like [`Self::resolve`], for operations that only files on a file system have.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `PERM` when the path leads to an open file that lies on none.
    pub fn resolve_node(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
    ) -> Result<Node, Errno> {
        match self.resolve(walk, start, path, follow)? {
            Found::Here(node) => Ok(node),
            Found::Fd { .. } => Err(Errno::Perm),
        }
    }

    /// Like [`Self::resolve`], with the directory and name where the node was found, if it was by name.
    pub(super) fn resolve_place(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        follow: bool,
    ) -> Result<(Found<Node>, Option<Place>), Errno> {
        let mut walker = Walker::new(self, walk, start, path)?;
        let mut must_be_dir = false;
        let mut place = None;
        let node = loop {
            let name = match walker.last()? {
                Last::Root | Last::Dot => break walker.at,
                Last::DotDot => break walker.vfs.parent(walker.at)?,
                Last::Name(name) => name,
            };
            must_be_dir |= walker.slash;
            let (child, perm) = walker.vfs.child_perm(walker.at, &name)?;
            let is_link = perm.mode.kind() == FileKind::Symlink;
            if !is_link || !(follow || must_be_dir) {
                place = Some(Place { dir: walker.at, name });
                break child;
            }
            match walker.follow(child)? {
                Followed::Text => {}
                Followed::Node(node, _) => break node,
                Followed::Fd { .. } if must_be_dir => return Err(Errno::Notdir),
                Followed::Fd { pid, fd } => return Ok((Found::Fd { pid, fd }, None)),
            }
        };
        if must_be_dir && !self.is_dir(node)? {
            return Err(Errno::Notdir);
        }
        Ok((Found::Here(node), place))
    }

    /// The node of a name in a directory, on the topmost mount there.
    pub(super) fn child(&mut self, dir: Node, name: &[u8]) -> Result<Node, Errno> {
        self.covered_child(dir, name).map(|child| self.cross(child))
    }

    /// [`Self::child`], with [`Self::perm`] of what it found.
    pub(super) fn child_perm(&mut self, dir: Node, name: &[u8]) -> Result<(Node, Perm), Errno> {
        self.can_be_name(dir, name)?;
        let (ino, perm) = self.fs(dir)?.lookup_perm(dir.ino, name)?;
        let under = Node { mount: dir.mount, ino };
        let top = self.cross(under);
        Ok((top, if top == under { perm } else { self.perm(top)? }))
    }

    fn can_be_name(&mut self, dir: Node, name: &[u8]) -> Result<(), Errno> {
        if name.len() > NAME_MAX {
            self.not_removed(dir)?;
            return Err(Errno::Nametoolong);
        }
        Ok(())
    }

    /// The node of a name in a directory, under whatever is mounted on it.
    pub(super) fn covered_child(&mut self, dir: Node, name: &[u8]) -> Result<Node, Errno> {
        self.can_be_name(dir, name)?;
        let ino = self.fs(dir)?.lookup(dir.ino, name)?;
        Ok(Node { mount: dir.mount, ino })
    }

    /// A symbolic link's text as the process sees it.
    pub(super) fn link_text(&mut self, link: Node, walk: &Walk<'_>) -> Result<Vec<u8>, Errno> {
        if let Some(clock) = walk.clock {
            self.accessed(link, clock);
        }
        let fs = self.fs(link)?;
        match fs.magic_link(link.ino) {
            None => fs.readlink(link.ino),
            Some(MagicLink::SelfPid) => Ok(walk.pid.to_string().into_bytes()),
            Some(magic) => match (walk.links)(magic)? {
                Target { name: Name::Text(text), .. } => Ok(text),
                Target { node, name } => self.name_of(node.ok_or(Errno::Noent)?, &name),
            },
        }
    }
}
