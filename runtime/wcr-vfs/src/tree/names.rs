//! The names in directories: finding, adding and removing them, and what becomes of inodes without any.

use wcr_abi::{Errno, Timestamp};

use super::{Body, INLINE_LINK, Tree};
use crate::fs::Ino;

impl Tree {
    /// The inode of a name, if there is one.
    pub(super) fn find(&mut self, dir: Ino, name: &[u8]) -> Result<Option<Ino>, Errno> {
        let directory = self.dir(dir)?;
        if let Some(known) = directory.names.get(name) {
            return Ok(*known);
        }
        if directory.sources.is_empty() {
            return Ok(None);
        }
        let Some(merged) = self.stack.child(&directory.sources, name)? else { return Ok(None) };
        let ino = self.instantiate(dir, name, merged)?;
        self.dir_mut(dir)?.names.insert(name.into(), Some(ino));
        Ok(Some(ino))
    }

    /// Looks up all names of a directory; its layers have nothing more to say after that.
    pub(super) fn complete(&mut self, dir: Ino) -> Result<(), Errno> {
        let directory = self.dir(dir)?;
        if !directory.sources.is_empty() {
            let mut missing = Vec::new();
            for (name, merged) in self.stack.children(&directory.sources)? {
                if !directory.names.contains_key(name) {
                    missing.push((Box::<[u8]>::from(name), merged));
                }
            }
            for (name, merged) in missing {
                let ino = self.instantiate(dir, &name, merged)?;
                self.dir_mut(dir)?.names.insert(name, Some(ino));
            }
            let directory = self.dir_mut(dir)?;
            directory.sources = Vec::new();
            directory.names.retain(|_, ino| ino.is_some());
        }
        let directory = self.dir(dir)?;
        if directory.subdirs.is_none() {
            let subdirs = directory.names.values().filter(|ino| ino.is_some_and(|ino| self.is_dir(ino))).count();
            self.dir_mut(dir)?.subdirs = Some(subdirs as u32);
        }
        Ok(())
    }

    pub(super) fn is_empty(&mut self, dir: Ino) -> Result<bool, Errno> {
        self.complete(dir)?;
        Ok(self.dir(dir)?.names.is_empty())
    }

    /// Whether `dir` is `ancestor` or somewhere in it.
    pub(super) fn is_within(&self, mut dir: Ino, ancestor: Ino) -> bool {
        while dir != ancestor {
            match self.dir(dir) {
                Ok(directory) if directory.parent != dir => dir = directory.parent,
                _ => return false,
            }
        }
        true
    }

    /// Checks that a directory can get a new name: `NOENT` when it was removed.
    pub(super) fn living_dir(&self, dir: Ino) -> Result<(), Errno> {
        self.dir(dir)?;
        if self.get(dir)?.nlink == 0 { Err(Errno::Noent) } else { Ok(()) }
    }

    /// Takes one name from the limit, and for a symbolic link's long target a page.
    pub(super) fn charge(&mut self, target: usize) -> Result<(), Errno> {
        let page = if target >= INLINE_LINK { 4096 } else { 0 };
        if self.names.used >= self.names.limit || self.budget.used + page > self.budget.limit {
            return Err(Errno::Nospc);
        }
        self.names.used += 1;
        self.budget.used += page;
        Ok(())
    }

    /// Enters a name that is free.
    pub(super) fn add_name(&mut self, dir: Ino, name: &[u8], ino: Ino, now: Timestamp) -> Result<(), Errno> {
        let is_dir = self.is_dir(ino);
        let directory = self.dir_mut(dir)?;
        directory.names.insert(name.into(), Some(ino));
        if is_dir {
            directory.subdirs = directory.subdirs.map(|subdirs| subdirs.saturating_add(1));
        }
        self.get_mut(dir)?.touch(now);
        if is_dir {
            let moved = self.dir_mut(ino)?;
            moved.parent = dir;
            moved.name = name.into();
        }
        Ok(())
    }

    /// Takes a name out of its directory; the inode is not concerned.
    pub(super) fn remove_name(&mut self, dir: Ino, name: &[u8], ino: Ino, now: Timestamp) -> Result<(), Errno> {
        let is_dir = self.is_dir(ino);
        let layered = self.stack.mentions(&self.dir(dir)?.sources, name);
        let directory = self.dir_mut(dir)?;
        if layered {
            directory.names.insert(name.into(), None);
        } else {
            directory.names.remove(name);
        }
        if is_dir {
            directory.subdirs = directory.subdirs.map(|subdirs| subdirs.saturating_sub(1));
        }
        self.get_mut(dir)?.touch(now);
        Ok(())
    }

    /// Takes one of its names off an inode (a directory has but one), and the inode with the last.
    pub(super) fn drop_link(&mut self, ino: Ino, now: Timestamp) -> Result<(), Errno> {
        let inode = self.get_mut(ino)?;
        inode.nlink = inode.nlink.saturating_sub(1);
        inode.ctime = now;
        // The last name goes without anything that would have to be copied up.
        inode.untouched &= inode.nlink == 0;
        let refund = inode.charged > 0;
        inode.charged -= u32::from(refund);
        // A removed directory that is still in use keeps its `..`.
        let parent = match &inode.body {
            Body::Directory(dir) => Some(dir.parent),
            _ => None,
        };
        if refund {
            self.names.used -= 1;
        }
        if let Some(parent) = parent {
            self.get_mut(parent)?.pins += 1;
        }
        self.free_unused(ino);
        Ok(())
    }

    /// Frees the inode when it has neither name nor user, and then the directories that it kept.
    pub(super) fn free_unused(&mut self, ino: Ino) {
        let mut next = Some(ino);
        while let Some(ino) = next.take() {
            if self.inodes.get(&ino).is_none_or(|inode| inode.nlink > 0 || inode.pins > 0) {
                return;
            }
            let Some(inode) = self.inodes.remove(&ino) else { return };
            if let Some(origin) = inode.origin {
                self.by_record.remove(&origin);
            }
            match inode.body {
                Body::File(mut file, _) => file.release(&mut self.budget),
                Body::Symlink(target) if inode.origin.is_none() && target.len() >= INLINE_LINK => {
                    self.budget.used -= 4096;
                }
                Body::Directory(dir) => {
                    if let Some(parent) = self.inodes.get_mut(&dir.parent) {
                        parent.pins = parent.pins.saturating_sub(1);
                    }
                    next = Some(dir.parent);
                }
                Body::Symlink(_) | Body::Special => {}
            }
        }
    }
}
