//! What a container has changed of its image's files, as the tar of a layer.

use std::io::{self, Write};

use wcr_abi::{Errno, Stat, Timestamp};
use wcr_vfs::{Change, ChangeKind, FileSystem, Ino};

use crate::inode_tar::{InodeTar, Inodes};
use crate::tar::{Kind, NewEntry};

/// Writes `changes` of a file system to `out` as the tar of a layer: laid over the layers that the file system began with,
/// it shows what the file system shows now (OCI image specification, "Image Layer Filesystem Changeset"). Sockets are
/// left out.
///
/// # Errors
/// Those of `out`, and what the file system fails with.
pub fn write_changes(fs: &mut dyn FileSystem, changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    let mut tar = InodeTar::new(Plain(fs), out);
    for change in changes {
        match change.kind {
            ChangeKind::Removed => tar.write_all(&whiteout(&change.path))?,
            ChangeKind::Added(ino) | ChangeKind::Changed(ino) => tar.add(&change.path, ino)?,
        }
    }
    tar.finish()
}

/// The inodes of a file system, as [`write_changes`] reads them.
struct Plain<'a>(&'a mut dyn FileSystem);

impl Inodes for Plain<'_> {
    type Id = Ino;

    fn stat(&mut self, id: Ino) -> Result<Stat, Errno> {
        self.0.stat(id)
    }

    fn readlink(&mut self, id: Ino) -> Result<Vec<u8>, Errno> {
        self.0.readlink(id)
    }

    fn read(&mut self, id: Ino, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        self.0.read(id, offset, buf)
    }
}

/// The entry that removes a name of the layers below.
fn whiteout(path: &[u8]) -> Vec<u8> {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    let (parent, name) = path.split_at(start);
    let path = [parent, b".wh.", name].concat();
    let entry = NewEntry {
        path: &path,
        link: b"",
        kind: Kind::Regular,
        mode: 0,
        uid: 0,
        gid: 0,
        mtime: Timestamp::default(),
        device: (0, 0),
        size: 0,
    };
    entry.header()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::index_tar;
    use wcr_abi::{FileKind, OpenFlags};
    use wcr_vfs::layer::{Layer, LayerIndex};
    use wcr_vfs::{Creds, MountOptions, Rename, Tree, TreeLimits, Vfs, Walk};

    /// A layer with a bit of everything: folders in folders, names of one inode in two folders, a link.
    fn image() -> Arc<Layer> {
        let mut tree = vfs(Tree::new(TreeLimits::default(), Timestamp::default()));
        let walk = Walk::new(tree.root(), Creds::root(), 1);
        for dir in ["a", "a/b", "a/b/c", "d"] {
            tree.mkdir(&walk, None, dir.as_bytes(), 0o755, now(1)).unwrap();
        }
        for (path, content) in [("a/x", "one"), ("a/b/y", "two"), ("d/z", "three"), ("w", "four")] {
            write(&mut tree, path, content.as_bytes(), now(2));
        }
        tree.link(&walk, None, b"a/x", false, None, b"d/x", now(3)).unwrap();
        tree.symlink(&walk, b"x", None, b"a/s", now(3)).unwrap();
        layer(&mut tree)
    }

    fn now(sec: i64) -> Timestamp {
        Timestamp { sec, nsec: 5 }
    }

    fn vfs(tree: Tree) -> Vfs {
        Vfs::new(Box::new(tree), MountOptions::default())
    }

    fn write(vfs: &mut Vfs, path: &str, content: &[u8], now: Timestamp) {
        let walk = Walk::new(vfs.root(), Creds::root(), 1);
        let flags = OpenFlags::RDWR.with(OpenFlags::CREAT);
        if let Ok(wcr_vfs::Found::Here(opened)) = vfs.open(&walk, None, path.as_bytes(), flags, 0o640, now) {
            vfs.write_node(Creds::root(), opened.node, 1, content, now).unwrap();
        }
    }

    /// What has changed, as a layer.
    fn layer(vfs: &mut Vfs) -> Arc<Layer> {
        let fs = vfs.root_fs().unwrap();
        let changes = fs.changes().unwrap();
        let mut tar = Vec::new();
        write_changes(fs, &changes, &mut tar).unwrap();
        let index = LayerIndex::open(index_tar(&tar).unwrap()).unwrap();
        Arc::new(Layer::new(index, tar).unwrap())
    }

    /// All that can be seen, a line each; inodes are numbered by their first path.
    fn listing(vfs: &mut Vfs) -> Vec<String> {
        let (mut lines, mut numbers) = (Vec::new(), BTreeMap::new());
        let mut left = vec![(String::new(), vfs.root())];
        while let Some((path, node)) = left.pop() {
            let stat = vfs.stat_node(node).unwrap();
            let next = numbers.len();
            let number = *numbers.entry(node.ino).or_insert(next);
            let is_file = stat.mode.kind() == FileKind::Regular;
            let mut content = vec![0; if is_file { stat.size as usize } else { 0 }];
            if is_file {
                vfs.read_node(node, 0, &mut content).unwrap();
            }
            let (mode, nlink, mtime) = (stat.mode.0, stat.nlink, stat.mtime.sec);
            lines.push(format!("{path} {number} {mode:o} {nlink} {mtime} {}", content.escape_ascii()));
            if stat.mode.kind() == FileKind::Directory {
                for entry in vfs.entries(node).unwrap() {
                    let child = vfs.entry(node, &entry.name).unwrap();
                    left.push((format!("{path}/{}", entry.name.escape_ascii()), child));
                }
            }
        }
        lines
    }

    fn act(vfs: &mut Vfs, number: u64, time: Timestamp) {
        const PATHS: [&str; 11] = ["a", "a/b", "a/b/c", "d", "a/x", "a/b/y", "d/z", "d/x", "w", "n", "d/n"];
        let walk = Walk::new(vfs.root(), Creds::root(), 1);
        let (text, other) = (PATHS[number as usize % 11], PATHS[(number / 11) as usize % 11].as_bytes());
        let path = text.as_bytes();
        // Most of these fail somewhere, as they should.
        match number / 121 % 8 {
            0 => drop(vfs.mkdir(&walk, None, path, 0o700, time)),
            1 => drop(vfs.unlink(&walk, None, path, time)),
            2 => drop(vfs.rmdir(&walk, None, path, time)),
            3 | 4 => drop(vfs.rename(&walk, None, path, None, other, Rename::Replace, time)),
            5 => drop(vfs.link(&walk, None, path, false, None, other, time)),
            6 => drop(vfs.chmod(&walk, None, path, 0o600 + number as u32 % 8, time)),
            _ => write(vfs, text, b"new", time),
        }
    }

    #[test]
    fn changes_laid_over_the_image_give_the_same_files() {
        let image = vec![image()];
        for seed in 0..600_u64 {
            let mut state = seed;
            let mut files = vfs(Tree::over(image.clone(), TreeLimits::default()).unwrap());
            // Some go on from what an earlier run has left.
            for round in 0..3 {
                for step in 0..seed % 9 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    act(&mut files, state >> 33, now(100 + (round * 10 + step) as i64));
                }
                if seed % 2 == 0 {
                    listing(&mut files);
                }
                let written = layer(&mut files);
                let before = listing(&mut files);
                let tree = Tree::going_on(image.clone(), Some(written), TreeLimits::default()).unwrap();
                files = vfs(tree);
                if seed % 3 == 0 {
                    assert_eq!(listing(&mut files), before, "seed {seed}, round {round}");
                    files = vfs(Tree::going_on(image.clone(), Some(layer(&mut files)), TreeLimits::default()).unwrap());
                }
                assert_eq!(listing(&mut files), before, "seed {seed}, round {round}");
                let unchanged = layer(&mut files);
                assert_eq!(unchanged.index().len(), layer(&mut files).index().len());
            }
        }
    }

    #[test]
    fn nothing_is_written_of_what_is_as_it_was() {
        let mut files = vfs(Tree::over(vec![image()], TreeLimits::default()).unwrap());
        listing(&mut files);
        assert_eq!(files.root_fs().unwrap().changes(), Ok(Vec::new()));
    }
}
