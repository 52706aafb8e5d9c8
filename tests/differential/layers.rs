//! Image layers that both systems get: as folders of an overlay, and as wcr's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use wcr_abi::Timestamp;
use wcr_vfs::layer::{EntryKind, EntryMeta, Layer, LayerBuilder, LayerIndex, LayerLimits};

use crate::random::Random;

/// What an entry of a layer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Dir {
        opaque: bool,
    },
    /// Of so many of the same byte.
    File {
        byte: u8,
        len: usize,
    },
    Symlink(String),
    /// To an earlier entry of the same layer.
    HardLink(String),
    Whiteout,
}

/// An entry of a layer; its parent is an earlier entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: String,
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: i64,
}

/// Two or three layers, the lowest first.
pub fn random(random: &mut Random) -> Vec<Vec<Entry>> {
    let mut layers: Vec<Vec<Entry>> = Vec::new();
    for _ in 0..2 + random.below(2) {
        let layer = random_layer(random, layers.last().map_or(&[], Vec::as_slice));
        layers.push(layer);
    }
    layers
}

/// A layer over the one that is directly below.
fn random_layer(random: &mut Random, below: &[Entry]) -> Vec<Entry> {
    let over_another = !below.is_empty();
    let mut entries: Vec<Entry> = Vec::new();
    let mut kinds: BTreeMap<String, bool> = BTreeMap::new();
    for _ in 0..2 + random.below(10) {
        let dirs: Vec<String> = kinds.iter().filter(|(_, dir)| **dir).map(|(path, _)| format!("{path}/")).collect();
        let parent = if dirs.is_empty() || random.rarely(2) { String::new() } else { random.pick(&dirs) };
        let path = format!("{parent}{}", random.pick(&["a", "b", "c", "d"]));
        if kinds.contains_key(&path) {
            continue;
        }
        let files: Vec<&Entry> = entries.iter().filter(|entry| matches!(entry.kind, Kind::File { .. })).collect();
        let kind = match random.below(10) {
            0..4 => Kind::Dir { opaque: over_another && random.rarely(4) },
            4..7 => Kind::File { byte: random.below(255) as u8 + 1, len: random.pick(&[0, 5, 4096, 5000, 70_000]) },
            7 => Kind::Symlink(random.pick(&["a", "b/c", "/d", "../a", "missing"]).to_owned()),
            8 if !files.is_empty() => Kind::HardLink(random.pick(&files).path.clone()),
            _ if over_another && is_merged(&parent, &entries, below) => Kind::Whiteout,
            _ => continue,
        };
        kinds.insert(path.clone(), matches!(kind, Kind::Dir { .. }));
        let (uid, gid) = random.pick(&[(0, 0), (1000, 1000), (77, 100)]);
        let mode = if matches!(kind, Kind::Symlink(_)) { 0o777 } else { random.pick(&[0o755, 0o777, 0o644, 0o4755]) };
        entries.push(Entry { path, kind, mode, uid, gid, mtime: 1 + random.below(1000) as i64 });
    }
    entries
}

/// Whether `parent` (with a slash at its end, or the root) has something to hide: an overlay shows whiteouts that stand
/// for nothing.
fn is_merged(parent: &str, own: &[Entry], below: &[Entry]) -> bool {
    let dir = parent.trim_end_matches('/');
    let is_dir = |entry: &Entry| entry.path == dir && matches!(entry.kind, Kind::Dir { .. });
    let seals = |entry: &Entry| entry.path == dir && entry.kind == Kind::Dir { opaque: true };
    dir.is_empty() || !dir.contains('/') && below.iter().any(is_dir) && !own.iter().any(seals)
}

/// The layers as wcr has them.
pub fn build(layers: &[Vec<Entry>]) -> Vec<Arc<Layer>> {
    layers.iter().map(|entries| Arc::new(build_layer(entries))).collect()
}

fn build_layer(entries: &[Entry]) -> Layer {
    let mut tar = Vec::new();
    let mut builder = LayerBuilder::new(LayerLimits::default());
    let root = EntryMeta { mode: 0o755, ..EntryMeta::default() };
    builder.add(b"./", root, EntryKind::Directory).unwrap();
    for entry in entries {
        let mtime = Timestamp { sec: entry.mtime, nsec: 0 };
        let mut meta = EntryMeta { mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime, ..EntryMeta::default() };
        let mut add = |path: &str, meta, kind: EntryKind<'_>| builder.add(path.as_bytes(), meta, kind).unwrap();
        match &entry.kind {
            Kind::Dir { opaque } => {
                add(&entry.path, meta, EntryKind::Directory);
                if *opaque {
                    add(&format!("{}/.wh..wh..opq", entry.path), meta, EntryKind::Regular);
                }
            }
            Kind::File { byte, len } => {
                (meta.size, meta.data) = (*len as u64, tar.len() as u64);
                tar.resize(tar.len() + len, *byte);
                add(&entry.path, meta, EntryKind::Regular);
            }
            Kind::Symlink(target) => add(&entry.path, meta, EntryKind::Symlink(target.as_bytes())),
            Kind::HardLink(target) => add(&entry.path, meta, EntryKind::HardLink(target.as_bytes())),
            Kind::Whiteout => {
                let (dir, name) = entry.path.rsplit_once('/').unwrap_or((".", &entry.path));
                add(&format!("{dir}/.wh.{name}"), meta, EntryKind::Regular);
            }
        }
    }
    let index = builder.finish(tar.len() as u64, [0; 32], |_| [0; 32]).unwrap();
    Layer::new(LayerIndex::open(index).unwrap(), tar).unwrap()
}
