//! Trees, as an archive has them and as they lie on the disk, to be compared.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use crate::image::digest;

/// What a name is.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    /// `f`, `d`, `l`, `p`, `c`, `b`.
    kind: char,
    mode: u32,
    owner: (u64, u64),
    /// Seconds and nanoseconds.
    mtime: (i64, u32),
    /// The target of a symbolic link, or the digest of a file's content.
    content: Vec<u8>,
    /// The first name of the same inode.
    first: Vec<u8>,
}

/// The set-group-id bit.
const SET_GROUP: u32 = 0o2000;

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Node { kind, mode, owner: (user, group), mtime: (seconds, nanoseconds), .. } = self;
        let (content, first) = (self.content.escape_ascii(), self.first.escape_ascii());
        write!(f, "{kind} {mode:04o} {user}:{group} {seconds}.{nanoseconds:09} `{content}` (first {first})")
    }
}

impl Node {
    /// Whether wcr has it only because something lies in it: no random entry is as old.
    fn is_implied(&self) -> bool {
        self.kind == 'd' && self.mtime == (0, 0)
    }
}

/// All names below the root.
pub type Tree = BTreeMap<Vec<u8>, Node>;

/// The tree in a tar that wcr has written: each name once, a link after its target.
///
/// # Panics
/// It is no such tar.
pub fn of_tar(tar: &[u8]) -> Tree {
    let mut tree = Tree::new();
    for entry in tar::Archive::new(tar).entries().expect("read the tar") {
        let mut entry = entry.expect("read an entry");
        let name = |path: &[u8]| path.strip_suffix(b"/").unwrap_or(path).to_vec();
        let path = name(&entry.path_bytes());
        if path == b"." {
            continue;
        }
        let header = entry.header().clone();
        let link = entry.link_name_bytes().map(|link| link.into_owned()).unwrap_or_default();
        let mut fraction = None;
        let (mut uid, mut gid) = (header.uid().expect("owner"), header.gid().expect("group"));
        let mut seconds = header.mtime().expect("time") as i64;
        for record in entry.pax_extensions().ok().flatten().into_iter().flatten().flatten() {
            let number = || record.value().expect("a number").parse::<u64>().expect("a number");
            match record.key_bytes() {
                b"uid" => uid = number(),
                b"gid" => gid = number(),
                b"mtime" => {
                    let text = record.value().expect("a time");
                    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                    seconds = whole.parse().expect("a time");
                    fraction = Some(format!("{part:0<9}").parse::<u32>().expect("a time"));
                }
                _ => {}
            }
        }
        let kind = match header.entry_type() {
            tar::EntryType::Link => {
                let target: Node = tree.get(&link).cloned().unwrap_or_else(|| panic!("a link before its target"));
                tree.insert(path, target);
                continue;
            }
            tar::EntryType::Directory => 'd',
            tar::EntryType::Symlink => 'l',
            tar::EntryType::Fifo => 'p',
            tar::EntryType::Char => 'c',
            tar::EntryType::Block => 'b',
            _ => 'f',
        };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("read a file");
        let content = match kind {
            'l' => link,
            'f' => digest(&content).into_bytes(),
            _ => Vec::new(),
        };
        let mtime = (seconds, fraction.unwrap_or_default());
        let mode = header.mode().expect("mode");
        let first = if kind == 'd' { Vec::new() } else { path.clone() };
        let known = tree.insert(path, Node { kind, mode, owner: (uid, gid), mtime, content, first });
        assert!(known.is_none(), "a name is there twice");
    }
    firsts(tree)
}

/// The tree in a folder.
///
/// # Panics
/// It cannot be read.
pub fn of_folder(root: &Path) -> Tree {
    let (mut tree, mut inodes) = (Tree::new(), BTreeMap::new());
    let mut left = vec![root.to_path_buf()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).expect("read a folder") {
            let path = entry.expect("read a folder").path();
            let metadata = fs::symlink_metadata(&path).expect("examine a file");
            let name = path.strip_prefix(root).expect("below the root").as_os_str().as_bytes().to_vec();
            let file_type = metadata.file_type();
            let (kind, content) = if file_type.is_dir() {
                left.push(path.clone());
                ('d', Vec::new())
            } else if file_type.is_symlink() {
                ('l', fs::read_link(&path).expect("read a link").as_os_str().as_bytes().to_vec())
            } else if file_type.is_file() {
                ('f', digest(&fs::read(&path).expect("read a file")).into_bytes())
            } else if file_type.is_fifo() {
                ('p', Vec::new())
            } else {
                (if file_type.is_char_device() { 'c' } else { 'b' }, Vec::new())
            };
            let first = if kind == 'd' {
                Vec::new()
            } else {
                inodes.entry(metadata.ino()).or_insert_with(|| name.clone()).clone()
            };
            let mode = if kind == 'l' { 0o777 } else { metadata.mode() & 0o7777 };
            let mtime = (metadata.mtime(), metadata.mtime_nsec() as u32);
            let owner = (metadata.uid().into(), metadata.gid().into());
            tree.insert(name, Node { kind, mode, owner, mtime, content, first });
        }
    }
    firsts(tree)
}

/// Names each inode by the first of its names in order, which does not depend on how the tree was read.
fn firsts(mut tree: Tree) -> Tree {
    let mut named = BTreeMap::new();
    for (path, node) in &mut tree {
        if node.kind != 'd' {
            node.first = named.entry(node.first.clone()).or_insert_with(|| path.clone()).clone();
        }
    }
    tree
}

/// How two trees differ, a line each. Times of folders do not count: programs set them before they write into them.
/// Folders that the layers only imply are the superuser's in wcr; otherwise they have the group and the set-group-id bit
/// of the folder around them, where that has the bit. GNU tar leaves the bit to folders that have an entry, too.
pub fn differences(ours: &Tree, theirs: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    for path in ours.keys().chain(theirs.keys().filter(|path| !ours.contains_key(*path))) {
        let (one, other) = (ours.get(path), theirs.get(path));
        let same = match (one, other) {
            (Some(one), Some(other)) => {
                let timeless = one.kind == 'd';
                let mtime = if timeless { other.mtime } else { one.mtime };
                let inherits = timeless && other.mode & SET_GROUP != 0;
                let mode = one.mode | if inherits { SET_GROUP } else { 0 };
                let group = if inherits && one.is_implied() { other.owner.1 } else { one.owner.1 };
                Node { mtime, mode, owner: (one.owner.0, group), ..one.clone() } == *other
            }
            // A folder that only a mark in it implies: Docker makes it, umoci does not.
            (Some(one), None) => one.is_implied(),
            _ => false,
        };
        if !same {
            lines.push(format!("{}: wcr {one:?}, otherwise {other:?}", path.escape_ascii()));
        }
    }
    lines
}
