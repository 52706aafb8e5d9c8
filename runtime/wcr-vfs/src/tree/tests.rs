//! The tree over layers, against a plain model of what layers mean.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::fs::{FileSystem, SetAttr};
use crate::layer::{EntryKind, EntryMeta, LayerBuilder, LayerIndex, LayerLimits};
use crate::vfs::{Creds, Found, MountOptions, Rename, Vfs, Walk};
use wcr_abi::OpenFlags;

const NOW: Timestamp = Timestamp { sec: 9_000, nsec: 1 };

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn path(&mut self) -> String {
        let depth = 1 + self.below(3);
        let parts: Vec<_> = (0..depth).map(|_| ["a", "b", "c", "d"][self.below(4) as usize]).collect();
        parts.join("/")
    }
}

/// One entry of a tar, in words.
#[derive(Debug, Clone)]
enum Entry {
    Dir(String, u32),
    File(String, u32, u8, usize),
    Symlink(String, String),
    HardLink(String, String),
    Whiteout(String),
    Opaque(String),
}

fn layer(entries: &[Entry]) -> Arc<Layer> {
    let mut tar = Vec::new();
    let mut builder = LayerBuilder::new(LayerLimits::default());
    let meta = |mode| EntryMeta {
        mode,
        uid: 3,
        gid: 4,
        mtime: Timestamp { sec: mode.into(), nsec: 0 },
        ..EntryMeta::default()
    };
    for entry in entries {
        let (path, meta, kind) = match entry {
            Entry::Dir(path, mode) => (path.clone(), meta(*mode), EntryKind::Directory),
            Entry::File(path, mode, byte, len) => {
                let start = tar.len() as u64;
                tar.resize(tar.len() + len, *byte);
                let meta = EntryMeta { size: *len as u64, data: start, ..meta(*mode) };
                (path.clone(), meta, EntryKind::Regular)
            }
            Entry::Symlink(path, target) => (path.clone(), meta(0o777), EntryKind::Symlink(target.as_bytes())),
            Entry::HardLink(path, target) => (path.clone(), meta(0), EntryKind::HardLink(target.as_bytes())),
            Entry::Whiteout(path) => {
                let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
                (format!("{dir}/.wh.{name}"), meta(0), EntryKind::Regular)
            }
            Entry::Opaque(path) => (format!("{path}/.wh..wh..opq"), meta(0), EntryKind::Regular),
        };
        let added = builder.add(path.as_bytes(), meta, kind);
        if let Entry::File(_, _, byte, _) = entry {
            builder.label(*byte);
        }
        assert!(added.is_ok() || matches!(entry, Entry::HardLink(..)), "{entry:?}: {added:?}");
    }
    let index = builder.finish(tar.len() as u64, [0; 32], |_| [0; 32]).unwrap();
    Arc::new(Layer::new(LayerIndex::open(index).unwrap(), tar).unwrap())
}

/// The layers as one, over their tars behind each other.
fn flattened(layers: &[Arc<Layer>]) -> Vec<Arc<Layer>> {
    let tar = layers.iter().flat_map(|layer| layer.data(0, layer.index().tar_len()).unwrap().to_vec());
    let index = LayerIndex::open(flatten(layers, [0; 32], |_| [0; 32]).unwrap()).unwrap();
    vec![Arc::new(Layer::new(index, tar.collect::<Vec<u8>>()).unwrap())]
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Thing {
    /// Permissions, or none when the directory is only implied.
    Dir(Option<u32>),
    /// Number of the inode, permissions, content.
    File(usize, u32, Vec<u8>),
    Symlink(usize, String),
}

type Paths = BTreeMap<String, Thing>;

fn remove_under(paths: &mut Paths, dir: &str) {
    let prefix = format!("{dir}/");
    paths.retain(|path, _| !path.starts_with(&prefix));
}

/// Makes directories of everything on the way to `path`. What was a file before has removed what lay below.
fn imply(paths: &mut Paths, path: &str, hidden: &mut BTreeSet<String>) {
    let ends: Vec<_> = path.match_indices('/').map(|(end, _)| end).collect();
    for end in ends {
        let dir = &path[..end];
        if !matches!(paths.get(dir), Some(Thing::Dir(_))) && paths.insert(dir.to_owned(), Thing::Dir(None)).is_some() {
            hidden.insert(dir.to_owned());
        }
    }
}

/// Lays one layer over the merged lower ones: slowly, and one rule after the other.
fn apply(lower: &Paths, entries: &[Entry], inodes: &mut usize) -> Paths {
    let mut own = Paths::new();
    let (mut hidden, mut opaque, mut dangling) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        *inodes += 1;
        let (path, thing) = match entry {
            Entry::Dir(path, mode) => (path, Some(Thing::Dir(Some(*mode)))),
            Entry::File(path, mode, byte, len) => (path, Some(Thing::File(*inodes, *mode, vec![*byte; *len]))),
            Entry::Symlink(path, target) => (path, Some(Thing::Symlink(*inodes, target.clone()))),
            Entry::HardLink(path, target) => {
                let found = match own.get(target) {
                    _ if path == target => continue,
                    Some(Thing::Dir(_)) => continue,
                    Some(thing) => Some(thing.clone()),
                    None if dangling.contains(target) => None,
                    None => lower.get(target).filter(|thing| !matches!(thing, Thing::Dir(_))).cloned(),
                };
                (path, found)
            }
            Entry::Whiteout(path) => {
                imply(&mut own, path, &mut hidden);
                hidden.insert(path.clone());
                continue;
            }
            Entry::Opaque(path) => {
                imply(&mut own, &format!("{path}/"), &mut hidden);
                opaque.insert(path.clone());
                continue;
            }
        };
        imply(&mut own, path, &mut hidden);
        let is_dir = |thing: Option<&Thing>| matches!(thing, Some(Thing::Dir(_)));
        let was_file = dangling.remove(path) || own.contains_key(path) && !is_dir(own.get(path));
        if was_file && is_dir(thing.as_ref()) {
            hidden.insert(path.clone());
        }
        if !(is_dir(own.get(path)) && is_dir(thing.as_ref())) {
            // With a directory goes what the layer said about its content.
            remove_under(&mut own, path);
            let prefix = format!("{path}/");
            hidden.retain(|path: &String| !path.starts_with(&prefix));
            dangling.retain(|path: &String| !path.starts_with(&prefix));
            opaque.retain(|dir: &String| !format!("{dir}/").starts_with(&prefix));
        }
        match thing {
            Some(thing) => drop(own.insert(path.clone(), thing)),
            None => {
                own.remove(path);
                dangling.insert(path.clone());
            }
        }
    }
    let mut merged = lower.clone();
    for path in hidden.iter().chain(&dangling) {
        remove_under(&mut merged, path);
        merged.remove(path);
    }
    opaque.iter().for_each(|path| remove_under(&mut merged, path));
    for (path, thing) in own {
        let below = merged.get(&path).cloned();
        match (&below, &thing) {
            (Some(Thing::Dir(_)), Thing::Dir(None)) => continue,
            (Some(Thing::Dir(_)), Thing::Dir(Some(_))) => {}
            _ => remove_under(&mut merged, &path),
        }
        merged.insert(path, thing);
    }
    merged
}

fn random_layer(random: &mut Random) -> Vec<Entry> {
    let count = random.below(14) as usize;
    let mut entries = Vec::new();
    for step in 0..count {
        let path = random.path();
        let mode = 0o100 + random.below(0o600) as u32;
        entries.push(match random.below(12) {
            0..3 => Entry::Dir(path, mode),
            3..6 => Entry::File(path, mode, b'a' + step as u8, [0, 9, 200, 70_000][random.below(4) as usize]),
            6 => Entry::Symlink(path, random.path()),
            7..9 => Entry::HardLink(path, random.path()),
            9..11 => Entry::Whiteout(path),
            _ => Entry::Opaque(path),
        });
    }
    entries
}

/// The model's tree, as a file system without layers.
fn flat(paths: &Paths) -> Tree {
    let mut tree = Tree::new(TreeLimits::default(), Timestamp::default());
    let mut inodes = BTreeMap::new();
    let mut attrs = Vec::new();
    for (path, thing) in paths {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = dir.split('/').filter(|part| !part.is_empty());
        let dir = dir.fold(ROOT, |dir, part| tree.lookup(dir, part.as_bytes()).unwrap());
        let (number, kind, mode, target) = match thing {
            Thing::Dir(mode) => (None, FileKind::Directory, mode.unwrap_or(0o755), ""),
            Thing::File(number, mode, _) => (Some(*number), FileKind::Regular, *mode, ""),
            Thing::Symlink(number, target) => (Some(*number), FileKind::Symlink, 0o777, target.as_str()),
        };
        if let Some(ino) = number.and_then(|number| inodes.get(&number)) {
            tree.link(*ino, dir, name.as_bytes(), NOW).unwrap();
            continue;
        }
        let implied = *thing == Thing::Dir(None);
        let (uid, gid) = if implied { (0, 0) } else { (3, 4) };
        let target = target.as_bytes();
        let new = NewInode { mode: Mode::new(kind, mode), uid, gid, rdev: 0, target };
        let ino = tree.create(dir, name.as_bytes(), &new, NOW).unwrap();
        if let Some(number) = number {
            inodes.insert(number, ino);
        }
        if let Thing::File(_, _, data) = thing {
            tree.write(ino, 0, data, NOW).unwrap();
        }
        let sec = if implied { 0 } else { mode.into() };
        attrs.push((ino, Timestamp { sec, nsec: 0 }));
    }
    attrs.push((ROOT, Timestamp::default()));
    for (ino, time) in attrs {
        tree.set_attr(ino, &SetAttr { mtime: Some(time), ..SetAttr::default() }, NOW).unwrap();
    }
    tree
}

/// Everything that can be seen, one line a path; inodes are numbered by their first path.
fn listing(vfs: &mut Vfs) -> Vec<String> {
    let mut lines = Vec::new();
    let mut numbers = BTreeMap::new();
    let mut todo = vec![(String::new(), vfs.root())];
    while let Some((path, node)) = todo.pop() {
        let stat = vfs.stat_node(node).unwrap();
        let next = numbers.len();
        let number = numbers.entry(node.ino).or_insert(next);
        let mut content = vec![0; stat.size as usize];
        let walk = Walk::new(node, Creds::root(), 1);
        let nlink = match stat.mode.kind() {
            FileKind::Regular => {
                vfs.read_node(node, 0, &mut content).unwrap();
                0
            }
            FileKind::Symlink => {
                content = vfs.readlink(&walk, None, path.as_bytes()).unwrap();
                0
            }
            _ => stat.nlink,
        };
        let hash = content.iter().fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        let (mode, mtime) = (stat.mode.0, stat.mtime.sec);
        lines.push(format!("{path} {number} {mode:o} {}:{} {nlink} {} {hash} {mtime}", stat.uid, stat.gid, stat.size));
        if stat.mode.kind() == FileKind::Directory {
            for entry in vfs.entries(node).unwrap() {
                let child = vfs.entry(node, &entry.name).unwrap();
                assert_eq!(child.ino, entry.ino);
                todo.push((format!("{path}/{}", String::from_utf8(entry.name).unwrap()), child));
            }
        }
    }
    lines
}

fn act(vfs: &mut Vfs, random: &mut Random, now: Timestamp) -> String {
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let (path, other) = (format!("/{}", random.path()), format!("/{}", random.path()));
    let (path, other) = (path.as_bytes(), other.as_bytes());
    let number = random.below(100_000);
    let kind = random.below(12);
    let result = match kind {
        0 => vfs.mkdir(&walk, None, path, 0o755, now).map(|_| 0),
        1 => vfs.symlink(&walk, b"target", None, path, now).map(|_| 0),
        2 => vfs.link(&walk, None, path, false, None, other, now).map(|_| 0),
        3 | 4 => vfs.unlink(&walk, None, path, now).map(|_| 0),
        5 => vfs.rmdir(&walk, None, path, now).map(|_| 0),
        6 | 7 => vfs.rename(&walk, None, path, None, other, Rename::Replace, now).map(|_| 0),
        8 => vfs.truncate(&walk, None, path, number, now).map(|_| 0),
        9 => vfs.chmod(&walk, None, path, number as u32 & 0o777, now).map(|_| 0),
        10 => match vfs.stat(&walk, None, path, true) {
            Ok(Found::Here(stat)) => Ok(stat.size + (u64::from(stat.mode.0) << 32)),
            Ok(Found::Fd { .. }) => Err(Errno::Io),
            Err(errno) => Err(errno),
        },
        _ => match vfs.open(&walk, None, path, OpenFlags::RDWR.with(OpenFlags::CREAT), 0o640, now) {
            Ok(Found::Here(opened)) => {
                vfs.write_node(Creds::root(), opened.node, number, &[7; 100], now).map(|_| opened.stat.size)
            }
            Ok(Found::Fd { .. }) => Err(Errno::Io),
            Err(errno) => Err(errno),
        },
    };
    format!("{kind} {} {} {result:?}", path.escape_ascii(), other.escape_ascii())
}

#[test]
fn random_layers_and_changes_match_the_model() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let (mut paths, mut inodes) = (Paths::new(), 0);
        let mut layers = Vec::new();
        let mut words = Vec::new();
        for _ in 0..=random.below(4) {
            let entries = random_layer(&mut random);
            paths = apply(&paths, &entries, &mut inodes);
            layers.push(layer(&entries));
            words.push(entries);
        }
        if seed % 3 == 0 {
            layers = flattened(&layers);
        }
        let mount = |tree| Vfs::new(Box::new(tree), MountOptions::default());
        let mut layered = mount(Tree::over(layers.clone(), TreeLimits::default()).unwrap());
        let mut model = mount(flat(&paths));
        if seed % 2 == 0 {
            assert_eq!(listing(&mut layered), listing(&mut model), "seed {seed}: {words:?}");
            layered = mount(Tree::over(layers, TreeLimits::default()).unwrap());
        }
        let mut log = Vec::new();
        for step in 0..40 {
            let now = Timestamp { sec: 10_000 + step, nsec: 0 };
            let state = random.0;
            let expected = act(&mut model, &mut random, now);
            random.0 = state;
            log.push(act(&mut layered, &mut random, now));
            assert_eq!(log.last(), Some(&expected), "seed {seed}: {words:?} {log:?}");
        }
        assert_eq!(listing(&mut layered), listing(&mut model), "seed {seed}: {words:?} {log:?}");
    }
}

#[test]
fn hard_links_across_layers_are_one_file() {
    let file = |path: &str, len| Entry::File(path.to_owned(), 0o644, b'x', len);
    let link = |path: &str, target: &str| Entry::HardLink(path.to_owned(), target.to_owned());
    let layers = [
        layer(&[file("a", 10), link("b", "a"), file("d/gone", 5)]),
        layer(&[link("c", "a"), Entry::Whiteout("d/gone".to_owned()), link("lost", "nowhere")]),
        layer(&[link("d/e", "c"), link("f", "d/gone")]),
    ];
    for layers in [layers.to_vec(), flattened(&layers)] {
        one_file(Tree::over(layers, TreeLimits::default()).unwrap());
    }
    let dangling = dangling_link(&layers).unwrap();
    assert_eq!((dangling.layer, dangling.name, dangling.target), (1, b"lost".to_vec(), b"nowhere".to_vec()));
    assert_eq!(dangling_link(&layers[..1]), None);
}

fn one_file(mut tree: Tree) {
    let a = tree.lookup(ROOT, b"a").unwrap();
    assert_eq!(tree.stat(a).unwrap().nlink, 4);
    tree.write(a, 0, b"new", NOW).unwrap();
    for name in [&b"a"[..], b"b"] {
        tree.unlink(ROOT, name, NOW).unwrap();
    }
    let c = tree.lookup(ROOT, b"c").unwrap();
    let d = tree.lookup(ROOT, b"d").unwrap();
    assert_eq!((a, tree.lookup(d, b"e"), tree.stat(c).unwrap().nlink), (c, Ok(a), 2));
    let mut buf = [0; 10];
    assert_eq!((tree.read(c, 0, &mut buf), &buf), (Ok(10), b"newxxxxxxx"));
    for name in [&b"lost"[..], b"f"] {
        assert_eq!(tree.lookup(ROOT, name), Err(Errno::Noent));
    }
}

#[test]
fn labels_stay_with_the_content_that_they_were_given_for() {
    let lower = layer(&[Entry::File("a".into(), 0o755, 7, 10), Entry::HardLink("b".into(), "a".into())]);
    let upper = layer(&[Entry::File("c".into(), 0o755, 9, 5), Entry::HardLink("d".into(), "b".into())]);
    for layers in [vec![lower.clone(), upper.clone()], flattened(&[lower, upper])] {
        let mut tree = Tree::over(layers.clone(), TreeLimits::default()).unwrap();
        let label = |tree: &mut Tree, name: &[u8]| tree.lookup(ROOT, name).map(|ino| tree.label(ino));
        for (name, expected) in [(b"a", 7), (b"b", 7), (b"c", 9), (b"d", 7)] {
            assert_eq!(label(&mut tree, name), Ok(expected));
        }
        assert_eq!(tree.label(ROOT), 0);
        let (a, c) = (tree.lookup(ROOT, b"a").unwrap(), tree.lookup(ROOT, b"c").unwrap());
        tree.write(a, 3, b"x", NOW).unwrap();
        tree.truncate(c, 4, NOW).unwrap();
        assert_eq!((label(&mut tree, b"b"), label(&mut tree, b"c")), (Ok(0), Ok(0)));
        tree.truncate(c, 5, NOW).unwrap();
        assert_eq!(label(&mut tree, b"c"), Ok(0), "the last byte is another");
    }
}

#[test]
fn damaged_indexes_end_in_errors() {
    let mut random = Random(99);
    let lower: Vec<_> = (0..3).flat_map(|_| random_layer(&mut random)).collect();
    let lower = layer(&lower);
    let mut builder = LayerBuilder::new(LayerLimits::default());
    for i in 0..12 {
        let path = random.path() + &format!("/{i}");
        let meta = EntryMeta { size: 5, data: i, ..EntryMeta::default() };
        builder.add(path.as_bytes(), meta, EntryKind::Regular).unwrap();
    }
    builder.add(b"low", EntryMeta::default(), EntryKind::HardLink(b"a/b")).unwrap();
    builder.add(b"hard", EntryMeta::default(), EntryKind::HardLink(b"low")).unwrap();
    let good = builder.finish(100, [0; 32], |_| [0; 32]).unwrap();
    for at in 0..good.len() {
        for value in [0, 3, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            let Ok(index) = LayerIndex::open(bytes) else { continue };
            let Ok(damaged) = Layer::new(index, vec![0; 100]) else { continue };
            let layers = vec![lower.clone(), Arc::new(damaged)];
            let _ = flatten(&layers, [0; 32], |_| [0; 32]);
            let Ok(mut tree) = Tree::over(layers, TreeLimits::default()) else { continue };
            let mut todo = vec![ROOT];
            while let Some(ino) = todo.pop() {
                if tree.last_ino > 500 {
                    break;
                }
                if let Ok(entries) = tree.entries(ino) {
                    todo.extend(entries.iter().map(|entry| entry.ino));
                }
                let _ = tree.stat(ino);
                let _ = tree.read(ino, 1, &mut [0; 300]);
                let _ = tree.view(ino, 1, 300);
                let _ = tree.label(ino);
                let _ = tree.write(ino, 6_000, b"x", NOW);
                let _ = tree.truncate(ino, 3, NOW);
            }
        }
    }
}

#[test]
fn implied_directories_show_the_lower_ones_metadata() {
    let dir = |path: &str, mode| Entry::Dir(path.to_owned(), mode);
    let file = |path: &str| Entry::File(path.to_owned(), 0o644, b'x', 1);
    let layers = vec![
        layer(&[dir("etc", 0o711), file("etc/low")]),
        layer(&[file("etc/high"), file("new/x")]),
        layer(&[Entry::Opaque("etc".to_owned())]),
    ];
    let mut tree = Tree::over(layers, TreeLimits::default()).unwrap();
    let etc = tree.lookup(ROOT, b"etc").unwrap();
    assert_eq!((tree.perm(etc).unwrap().mode, tree.entries(etc).unwrap().len()), (Mode(0o40711), 0));
    let new = tree.lookup(ROOT, b"new").unwrap();
    let stat = tree.stat(new).unwrap();
    assert_eq!((stat.mode, stat.uid, stat.mtime.sec, stat.nlink), (Mode(0o40755), 0, 0, 2));
}

#[test]
fn a_whiteout_name_made_by_a_guest_is_a_plain_name() {
    let mut tree = Tree::over(vec![layer(&[Entry::Dir("x".to_owned(), 0o755)])], TreeLimits::default()).unwrap();
    let new = NewInode { mode: Mode::new(FileKind::Regular, 0o644), uid: 0, gid: 0, rdev: 0, target: &[] };
    tree.create(ROOT, b".wh.x", &new, NOW).unwrap();
    assert!(tree.lookup(ROOT, b"x").is_ok() && tree.lookup(ROOT, b".wh.x").is_ok());
}
