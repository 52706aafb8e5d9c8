//! What a tree has otherwise than its layers: the content of a layer that would lie over them.

use std::collections::BTreeSet;

use wcr_abi::{Errno, FileKind, Mode, Timestamp};

use super::merge::{Merged, Source};
use super::{Body, Inode, ROOT, Tree};
use crate::fs::{Change, ChangeKind, Ino};

impl Tree {
    /// The changes, see [`crate::FileSystem::changes`].
    pub(super) fn list_changes(&mut self) -> Result<Vec<Change>, Errno> {
        loop {
            let changes = self.find_changes()?;
            // A layer keeps the names of an inode together only where it has all of them.
            let mut alone = false;
            for change in &changes {
                let (ChangeKind::Added(ino) | ChangeKind::Changed(ino)) = change.kind else { continue };
                let inode = self.get_mut(ino)?;
                if inode.nlink > 1 && inode.origin.is_some() {
                    alone |= core::mem::take(&mut inode.untouched);
                }
            }
            if !alone {
                return Ok(changes);
            }
        }
    }

    fn find_changes(&mut self) -> Result<Vec<Change>, Errno> {
        // Other names of a changed inode may be where nobody has looked yet.
        if self.has_changed_links() {
            self.complete_all()?;
        }
        let base = self.stack.root_below(self.image_layers)?;
        let mut changes = Vec::new();
        if !self.is_same_directory(ROOT, &base)? {
            changes.push(Change { path: Vec::new(), kind: ChangeKind::Changed(ROOT) });
        }
        // A list of what is left, the next last: directories may be nested deeply.
        let mut left = vec![(Vec::new(), ROOT, sources_of(base))];
        while let Some((path, dir, base)) = left.pop() {
            let mut deeper = self.directory_changes(&path, dir, &base, &mut changes)?;
            deeper.reverse();
            left.append(&mut deeper);
        }
        changes.sort_by(|one, other| one.path.split(is_slash).cmp(other.path.split(is_slash)));
        Ok(changes)
    }

    /// What is different in a directory whose names the layers' directories `base` would give; the directories in it, to
    /// be gone through as well.
    fn directory_changes(
        &mut self,
        path: &[u8],
        dir: Ino,
        base: &[Source],
        changes: &mut Vec<Change>,
    ) -> Result<Vec<(Vec<u8>, Ino, Vec<Source>)>, Errno> {
        // As long as it takes its names from the same place, only those that are known can differ.
        let looks_there = self.dir(dir)?.sources == base;
        if !looks_there {
            self.complete(dir)?;
        }
        let names: Vec<(Box<[u8]>, Option<Ino>)> =
            self.dir(dir)?.names.iter().map(|(name, ino)| (name.clone(), *ino)).collect();
        let mut deeper = Vec::new();
        for (name, ino) in &names {
            let path = below(path, name);
            let known = self.stack.child(base, name)?;
            match (ino, known) {
                (None, None) => {}
                (None, Some(_)) => changes.push(Change { path, kind: ChangeKind::Removed }),
                (Some(ino), None) => {
                    changes.push(Change { path: path.clone(), kind: ChangeKind::Added(*ino) });
                    if self.is_dir(*ino) {
                        deeper.push((path, *ino, Vec::new()));
                    }
                }
                (Some(ino), Some(known)) => {
                    let is_same = match &known {
                        Merged::Leaf(source) => self.get(*ino)?.is_still(*source),
                        known => self.is_same_directory(*ino, known)?,
                    };
                    if !is_same {
                        changes.push(Change { path: path.clone(), kind: ChangeKind::Changed(*ino) });
                    }
                    if self.is_dir(*ino) {
                        deeper.push((path, *ino, sources_of(known)));
                    }
                }
            }
        }
        if !looks_there {
            let here: BTreeSet<&[u8]> = names.iter().map(|(name, _)| &**name).collect();
            let gone = self.stack.children(base)?.into_iter().filter(|(name, _)| !here.contains(name));
            changes.extend(gone.map(|(name, _)| Change { path: below(path, name), kind: ChangeKind::Removed }));
        }
        Ok(deeper)
    }

    /// Whether an inode is a directory with the metadata that the layers' directory has.
    fn is_same_directory(&self, ino: Ino, known: &Merged) -> Result<bool, Errno> {
        let inode = self.get(ino)?;
        let (Body::Directory(_), Merged::Directory { meta, .. }) = (&inode.body, known) else { return Ok(false) };
        let Some(meta) = meta else {
            let implied = (0, 0, Mode::new(FileKind::Directory, 0o755), Timestamp::default());
            return Ok((inode.uid, inode.gid, inode.mode, inode.mtime) == implied);
        };
        let record = self.stack.layer(meta.layer)?.index().record(meta.record).ok_or(Errno::Io)?;
        let same_owner = (inode.uid, inode.gid) == (record.uid, record.gid);
        Ok(same_owner && inode.mode == record.mode && inode.mtime == record.mtime)
    }

    fn has_changed_links(&self) -> bool {
        self.by_record.values().any(|ino| self.inodes.get(ino).is_some_and(|inode| !inode.untouched))
    }

    /// Looks up all names of all directories.
    fn complete_all(&mut self) -> Result<(), Errno> {
        let mut left = vec![ROOT];
        while let Some(dir) = left.pop() {
            self.complete(dir)?;
            left.extend(self.dir(dir)?.names.values().flatten().copied().filter(|ino| self.is_dir(*ino)));
        }
        Ok(())
    }
}

impl Inode {
    /// Whether it is what this record of a layer says, in every way.
    fn is_still(&self, source: Source) -> bool {
        self.untouched && self.origin == Some(source)
    }
}

fn sources_of(merged: Merged) -> Vec<Source> {
    match merged {
        Merged::Directory { sources, .. } => sources,
        Merged::Leaf(_) | Merged::LowerLink(_) => Vec::new(),
    }
}

fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}
