//! The tree as a file system.

use wcr_abi::{Errno, FileKind, Stat, StatFs, Timestamp};

use super::content::{Budget, File};
use super::{Body, INLINE_LINK, Inode, LINK_MAX, ROOT, Tree};
use crate::fs::{Change, DirEntry, FileSystem, Ino, NewInode, Part, Perm, SetAttr};
use crate::layer::Content;

/// Linux's numbers for the two kinds of file system that a tree can be.
const OVERLAYFS_MAGIC: u64 = 0x794c_7630;
const TMPFS_MAGIC: u64 = 0x0102_1994;
/// After how many seconds the time of the last access is renewed even if nothing has changed.
const DAY: i64 = 24 * 60 * 60;
/// Of so many entries at most is the metadata given with their names: a reader may want only the first ones.
const STATS_MAX: usize = 512;
/// The unit of allocation and of reading and writing.
const BLOCK: u32 = 4096;

impl FileSystem for Tree {
    fn root(&self) -> Ino {
        ROOT
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.find(dir, name)?.ok_or(Errno::Noent)
    }

    fn parent(&mut self, dir: Ino) -> Result<Ino, Errno> {
        self.dir(dir).map(|dir| dir.parent)
    }

    fn name(&mut self, dir: Ino) -> Result<Vec<u8>, Errno> {
        self.living_dir(dir)?;
        self.dir(dir).map(|dir| dir.name.to_vec())
    }

    fn stat(&mut self, ino: Ino) -> Result<Stat, Errno> {
        if self.is_dir(ino) {
            // A directory of one layer knows its subdirectories; a merged one has to be looked through.
            if self.dir(ino)?.subdirs.is_none() {
                self.complete(ino)?;
            }
        }
        let inode = self.get(ino)?;
        let (nlink, size, blocks) = match &inode.body {
            Body::Directory(dir) => {
                let nlink = if inode.nlink == 0 { 0 } else { dir.subdirs.unwrap_or(0).saturating_add(2) };
                (nlink, BLOCK.into(), u64::from(BLOCK / 512))
            }
            Body::File(file, _) => (inode.nlink, file.len(), file.blocks()),
            Body::Symlink(target) => {
                let blocks = if target.len() < INLINE_LINK { 0 } else { u64::from(BLOCK / 512) };
                (inode.nlink, target.len() as u64, blocks)
            }
            Body::Special => (inode.nlink, 0, 0),
        };
        Ok(Stat {
            dev: 0,
            ino,
            mode: inode.mode,
            nlink,
            uid: inode.uid,
            gid: inode.gid,
            rdev: inode.rdev,
            size,
            blocks,
            blksize: BLOCK,
            atime: inode.atime,
            mtime: inode.mtime,
            ctime: inode.ctime,
        })
    }

    fn perm(&mut self, ino: Ino) -> Result<Perm, Errno> {
        self.get(ino).map(|inode| Perm { mode: inode.mode, uid: inode.uid, gid: inode.gid })
    }

    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        self.complete(dir)?;
        let names = &self.dir(dir)?.names;
        let mut entries = Vec::with_capacity(names.len());
        for (name, ino) in names {
            let Some(ino) = *ino else { continue };
            entries.push(DirEntry { name: name.to_vec(), ino, kind: self.get(ino)?.mode.kind() });
        }
        Ok(entries)
    }

    fn entries_stat(&mut self, dir: Ino) -> Result<Vec<(DirEntry, Option<Stat>)>, Errno> {
        let entries = self.entries(dir)?;
        let at_hand = entries.len() <= STATS_MAX;
        Ok(entries
            .into_iter()
            .map(|entry| {
                let stat = if at_hand { self.stat(entry.ino).ok() } else { None };
                (entry, stat)
            })
            .collect())
    }

    fn readlink(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match &self.get(ino)?.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(Errno::Inval),
        }
    }

    fn create(&mut self, dir: Ino, name: &[u8], new: &NewInode<'_>, now: Timestamp) -> Result<Ino, Errno> {
        if self.find(dir, name)?.is_some() {
            return Err(Errno::Exist);
        }
        self.living_dir(dir)?;
        let body = match new.mode.kind() {
            FileKind::Directory => Self::directory(dir, name, Vec::new(), Some(0)),
            FileKind::Regular => Body::File(File::new(0), None),
            FileKind::Symlink => Body::Symlink(new.target.into()),
            _ => Body::Special,
        };
        self.charge(new.target.len())?;
        let ino = self.insert(Inode { charged: 1, ..Inode::new(new, body, now) });
        self.add_name(dir, name, ino, now)?;
        Ok(ino)
    }

    fn link(&mut self, ino: Ino, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        if self.find(dir, name)?.is_some() {
            return Err(Errno::Exist);
        }
        self.living_dir(dir)?;
        let inode = self.get(ino)?;
        if matches!(inode.body, Body::Directory(_)) {
            return Err(Errno::Perm);
        }
        if inode.nlink == 0 {
            return Err(Errno::Noent);
        }
        if inode.nlink >= LINK_MAX {
            return Err(Errno::Mlink);
        }
        self.charge(0)?;
        let inode = self.get_mut(ino)?;
        inode.nlink += 1;
        inode.charged += 1;
        inode.change(now);
        self.add_name(dir, name, ino, now)
    }

    fn unlink(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if self.is_dir(ino) {
            return Err(Errno::Isdir);
        }
        self.remove_name(dir, name, ino, now)?;
        self.drop_link(ino, now)
    }

    fn rmdir(&mut self, dir: Ino, name: &[u8], now: Timestamp) -> Result<(), Errno> {
        let ino = self.lookup(dir, name)?;
        if !self.is_dir(ino) {
            return Err(Errno::Notdir);
        }
        if !self.is_empty(ino)? {
            return Err(Errno::Notempty);
        }
        self.remove_name(dir, name, ino, now)?;
        self.drop_link(ino, now)
    }

    fn rename(&mut self, dir: Ino, name: &[u8], to_dir: Ino, to_name: &[u8], now: Timestamp) -> Result<(), Errno> {
        let moved = self.lookup(dir, name)?;
        let replaced = self.find(to_dir, to_name)?;
        self.living_dir(to_dir)?;
        if self.is_dir(moved) && self.is_within(to_dir, moved) {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = replaced {
            if self.is_dir(replaced) && self.is_within(dir, replaced) {
                return Err(Errno::Notempty);
            }
            if replaced == moved {
                return Ok(());
            }
            match (self.is_dir(moved), self.is_dir(replaced)) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !self.is_empty(replaced)? => return Err(Errno::Notempty),
                _ => {}
            }
            self.remove_name(to_dir, to_name, replaced, now)?;
            self.drop_link(replaced, now)?;
        }
        self.remove_name(dir, name, moved, now)?;
        self.get_mut(moved)?.change(now);
        self.add_name(to_dir, to_name, moved, now)
    }

    fn exchange(&mut self, dir: Ino, name: &[u8], to: Ino, to_name: &[u8], now: Timestamp) -> Result<(), Errno> {
        let (one, other) = (self.lookup(dir, name)?, self.lookup(to, to_name)?);
        if one == other {
            return Ok(());
        }
        let swallows = |ino, dir| self.is_dir(ino) && self.is_within(dir, ino);
        if swallows(one, to) || swallows(other, dir) {
            return Err(Errno::Inval);
        }
        self.remove_name(dir, name, one, now)?;
        self.remove_name(to, to_name, other, now)?;
        for (dir, name, ino) in [(dir, name, other), (to, to_name, one)] {
            self.add_name(dir, name, ino, now)?;
            self.get_mut(ino)?.change(now);
        }
        Ok(())
    }

    fn set_attr(&mut self, ino: Ino, attr: &SetAttr, now: Timestamp) -> Result<(), Errno> {
        let inode = self.get_mut(ino)?;
        if let Some(permissions) = attr.permissions {
            inode.mode = inode.mode.with_permissions(permissions);
        }
        inode.uid = attr.uid.unwrap_or(inode.uid);
        inode.gid = attr.gid.unwrap_or(inode.gid);
        inode.atime = attr.atime.unwrap_or(inode.atime);
        inode.mtime = attr.mtime.unwrap_or(inode.mtime);
        inode.change(now);
        Ok(())
    }

    /// An overlay copies a file up when it is opened so.
    fn opened_to_write(&mut self, ino: Ino) {
        if let Some(inode) = self.inodes.get_mut(&ino) {
            inode.untouched = false;
        }
    }

    fn accessed(&mut self, ino: Ino, clock: &dyn Fn() -> Timestamp) {
        let Some(inode) = self.inodes.get_mut(&ino).filter(|inode| !inode.untouched) else { return };
        let now = clock();
        let changed = inode.mtime.max(inode.ctime);
        if changed >= inode.atime || now.sec.saturating_sub(inode.atime.sec) >= DAY {
            inode.atime = now;
        }
    }

    fn read(&mut self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let inode = self.get(ino)?;
        let file = inode.file()?;
        Ok(file.read(Self::base(&self.stack, inode)?, offset, buf))
    }

    fn view(&mut self, ino: Ino, offset: u64, len: usize) -> Option<&[u8]> {
        let inode = self.inodes.get(&ino)?;
        let file = inode.file().ok()?;
        file.view(Self::base(&self.stack, inode).ok()?, offset, len)
    }

    fn label(&mut self, ino: Ino) -> u8 {
        let label = || {
            let inode = self.inodes.get(&ino)?;
            let origin = inode.origin?;
            let record = self.stack.layer(origin.layer).ok()?.index().record(origin.record)?;
            inode.file().ok()?.is_layers(record.size).then_some(record.label)
        };
        label().unwrap_or(0)
    }

    fn seek(&mut self, ino: Ino, offset: u64, hole: bool) -> Result<u64, Errno> {
        let file = self.get(ino)?.file()?;
        if offset >= file.len() {
            return Err(Errno::Nxio);
        }
        if hole { Ok(file.next_hole(offset)) } else { file.next_data(offset).ok_or(Errno::Nxio) }
    }

    fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8], now: Timestamp) -> Result<usize, Errno> {
        let inode = self.inodes.get_mut(&ino).ok_or(Errno::Stale)?;
        inode.file()?;
        let base = Self::base(&self.stack, inode)?;
        let Body::File(file, _) = &mut inode.body else { return Err(Errno::Inval) };
        let written = file.write(base, offset, bytes, &mut self.budget)?;
        if written > 0 {
            inode.touch(now);
        }
        Ok(written)
    }

    fn truncate(&mut self, ino: Ino, len: u64, now: Timestamp) -> Result<(), Errno> {
        self.change_file(ino, now, |file, _, budget| file.truncate(len, budget))
    }

    fn allocate(&mut self, ino: Ino, part: Part, keep_size: bool, now: Timestamp) -> Result<(), Errno> {
        self.change_file(ino, now, |file, base, budget| file.allocate(base, part, keep_size, budget))
    }

    fn punch(&mut self, ino: Ino, part: Part, now: Timestamp) -> Result<(), Errno> {
        self.change_file(ino, now, |file, base, budget| file.punch(base, part, budget))
    }

    fn pin(&mut self, ino: Ino) -> Result<(), Errno> {
        self.get_mut(ino)?.pins += 1;
        Ok(())
    }

    fn unpin(&mut self, ino: Ino) {
        if let Some(inode) = self.inodes.get_mut(&ino) {
            inode.pins = inode.pins.saturating_sub(1);
            self.free_unused(ino);
        }
    }

    fn snapshot(&self) -> Option<Box<dyn FileSystem>> {
        Some(Box::new(self.clone()))
    }

    fn changes(&mut self) -> Result<Vec<Change>, Errno> {
        self.list_changes()
    }

    fn statfs(&mut self) -> Result<StatFs, Errno> {
        let block = u64::from(BLOCK);
        Ok(StatFs {
            kind: if self.stack.0.is_empty() { TMPFS_MAGIC } else { OVERLAYFS_MAGIC },
            bsize: block,
            blocks: self.budget.limit / block,
            bfree: self.budget.limit.saturating_sub(self.budget.used) / block,
            files: self.names.limit,
            ffree: self.names.limit.saturating_sub(self.names.used),
            namelen: wcr_abi::NAME_MAX as u64,
        })
    }
}

impl Tree {
    /// Changes the content of a regular file, of which the layer's part is given.
    fn change_file(
        &mut self,
        ino: Ino,
        now: Timestamp,
        change: impl FnOnce(&mut File, Content<'_>, &mut Budget) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let inode = self.inodes.get_mut(&ino).ok_or(Errno::Stale)?;
        inode.file()?;
        let base = Self::base(&self.stack, inode)?;
        let Body::File(file, _) = &mut inode.body else { return Err(Errno::Inval) };
        change(file, base, &mut self.budget)?;
        inode.touch(now);
        Ok(())
    }
}

impl Inode {
    fn file(&self) -> Result<&File, Errno> {
        match &self.body {
            Body::File(file, _) => Ok(file),
            Body::Directory(_) => Err(Errno::Isdir),
            _ => Err(Errno::Inval),
        }
    }
}
