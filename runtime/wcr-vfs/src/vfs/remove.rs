//! Removing and moving names: `unlink(2)`, `rmdir(2)`, `rename(2)`.

use wcr_abi::{Errno, FileKind, Timestamp};

use super::walk::{Last, Walker};
use super::{Access, Creds, Node, Place, Removed, Renamed, Vfs, Walk};

/// What becomes of the file that has the new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rename {
    /// It is replaced.
    Replace,
    /// It is kept: `EXIST`.
    Keep,
    /// It gets the old name.
    Exchange,
}

impl Vfs {
    /// Removes a name of a file.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `ISDIR`; `ACCES`; `PERM` the directory is sticky; `BUSY` something is mounted
    /// there; `ROFS`.
    pub fn unlink(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        now: Timestamp,
    ) -> Result<Removed, Errno> {
        let mut walker = Walker::new(self, walk, start, path)?;
        let Last::Name(name) = walker.last()? else { return Err(Errno::Isdir) };
        let (dir, slash) = (walker.at, walker.slash);
        self.writable(dir)?;
        let victim = self.covered_child(dir, &name)?;
        let is_dir = self.is_dir(victim)?;
        if slash {
            return Err(if is_dir { Errno::Isdir } else { Errno::Notdir });
        }
        self.may_remove(walk.creds, dir, victim)?;
        if is_dir {
            return Err(Errno::Isdir);
        }
        self.not_mounted_on(victim)?;
        self.fs(dir)?.unlink(dir.ino, &name, now)?;
        Ok(Removed { node: victim, place: Place { dir, name } })
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// Those of [`Self::resolve`]; `NOTEMPTY`, also for `..`; `INVAL` for `.`; `NOTDIR`; `ACCES`; `PERM` the
    /// directory around it is sticky; `BUSY` for the root and for mount points; `ROFS`.
    pub fn rmdir(
        &mut self,
        walk: &Walk<'_>,
        start: Option<Node>,
        path: &[u8],
        now: Timestamp,
    ) -> Result<Removed, Errno> {
        let mut walker = Walker::new(self, walk, start, path)?;
        let name = match walker.last()? {
            Last::Name(name) => name,
            Last::Root => return Err(Errno::Busy),
            Last::Dot => return Err(Errno::Inval),
            Last::DotDot => return Err(Errno::Notempty),
        };
        let dir = walker.at;
        self.writable(dir)?;
        let victim = self.covered_child(dir, &name)?;
        self.may_remove(walk.creds, dir, victim)?;
        if !self.is_dir(victim)? {
            return Err(Errno::Notdir);
        }
        self.not_mounted_on(victim)?;
        self.fs(dir)?.rmdir(dir.ino, &name, now)?;
        Ok(Removed { node: victim, place: Place { dir, name } })
    }

    /// Moves a name; what has the new one is replaced, or as `how` says. `None` when both are names of one file: nothing
    /// changes.
    ///
    /// # Errors
    /// `EXIST` the new name is taken, and not to be replaced; those of [`Self::resolve`]; `XDEV` on another mount;
    /// `BUSY` for the root, `.`, `..` and mount points; `NOTDIR`, `ISDIR` the two are not of one kind; `NOTEMPTY`; `INVAL` into itself; `ACCES`; `PERM` a
    /// directory is sticky; `ROFS`.
    pub fn rename(
        &mut self,
        walk: &Walk<'_>,
        from_start: Option<Node>,
        from: &[u8],
        to_start: Option<Node>,
        to: &[u8],
        how: Rename,
        now: Timestamp,
    ) -> Result<Option<Renamed>, Errno> {
        let exchange = how == Rename::Exchange;
        let mut walker = Walker::new(self, walk, from_start, from)?;
        let (last, from_dir, from_slash) = (walker.last()?, walker.at, walker.slash);
        let mut walker = Walker::new(self, walk, to_start, to)?;
        let (to_last, to_dir, to_slash) = (walker.last()?, walker.at, walker.slash);
        if from_dir.mount != to_dir.mount {
            return Err(Errno::Xdev);
        }
        let Last::Name(name) = last else { return Err(Errno::Busy) };
        let Last::Name(to_name) = to_last else {
            return Err(if how == Rename::Keep { Errno::Exist } else { Errno::Busy });
        };
        self.writable(from_dir)?;
        let moved = self.covered_child(from_dir, &name)?;
        let replaced = match self.covered_child(to_dir, &to_name) {
            Ok(_) if how == Rename::Keep => return Err(Errno::Exist),
            Ok(node) => Some(node),
            Err(Errno::Noent) if !exchange => {
                self.not_removed(to_dir)?;
                None
            }
            Err(errno) => return Err(errno),
        };
        let is_dir = self.is_dir(moved)?;
        if !is_dir && (from_slash || to_slash && !exchange) {
            return Err(Errno::Notdir);
        }
        let replaces_dir = replaced.map(|node| self.is_dir(node)).transpose()?;
        if exchange && to_slash && replaces_dir == Some(false) {
            return Err(Errno::Notdir);
        }
        // What leads into itself is the file system's to find; permissions come after that on Linux, too.
        if from_dir != to_dir && self.leads_to(moved, to_dir)? {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = replaced
            && from_dir != to_dir
            && self.leads_to(replaced, from_dir)?
        {
            return Err(if exchange { Errno::Inval } else { Errno::Notempty });
        }
        if replaced == Some(moved) {
            return Ok(None);
        }
        self.may_remove(walk.creds, from_dir, moved)?;
        match replaced {
            None => self.may_create(walk.creds, to_dir)?,
            Some(replaced) => {
                self.may_remove(walk.creds, to_dir, replaced)?;
                match (is_dir, replaces_dir) {
                    _ if exchange => {}
                    (true, Some(false)) => return Err(Errno::Notdir),
                    (false, Some(true)) => return Err(Errno::Isdir),
                    _ => {}
                }
            }
        }
        // Its `..` changes.
        let exchanged = replaced.filter(|_| exchange && replaces_dir == Some(true));
        for dir in is_dir.then_some(moved).into_iter().chain(exchanged).filter(|_| from_dir != to_dir) {
            if !walk.creds.may(self.perm(dir)?, Access::WRITE) {
                return Err(Errno::Acces);
            }
        }
        self.not_mounted_on(moved)?;
        if let Some(replaced) = replaced {
            self.not_mounted_on(replaced)?;
        }
        let fs = self.fs(from_dir)?;
        if exchange {
            fs.exchange(from_dir.ino, &name, to_dir.ino, &to_name, now)?;
        } else {
            fs.rename(from_dir.ino, &name, to_dir.ino, &to_name, now)?;
        }
        let moved = Removed { node: moved, place: Place { dir: from_dir, name } };
        Ok(Some(Renamed { moved, to: Place { dir: to_dir, name: to_name }, other: replaced, exchanged: exchange }))
    }

    /// Whether `dir` is the directory `node` or somewhere in it, on one file system.
    fn leads_to(&mut self, node: Node, dir: Node) -> Result<bool, Errno> {
        if self.kind(node)? != FileKind::Directory {
            return Ok(false);
        }
        let mut at = dir.ino;
        loop {
            if at == node.ino {
                return Ok(true);
            }
            let up = self.fs(dir)?.parent(at)?;
            if up == at {
                return Ok(false);
            }
            at = up;
        }
    }

    fn may_remove(&mut self, creds: &Creds, dir: Node, victim: Node) -> Result<(), Errno> {
        let (dir, victim) = (self.perm(dir)?, self.perm(victim)?);
        if !creds.may(dir, Access::WRITE.with(Access::EXECUTE)) {
            return Err(Errno::Acces);
        }
        if creds.held_by_sticky(dir, victim) { Err(Errno::Perm) } else { Ok(()) }
    }

    fn not_mounted_on(&self, node: Node) -> Result<(), Errno> {
        if self.covered.contains_key(&node) { Err(Errno::Busy) } else { Ok(()) }
    }
}
