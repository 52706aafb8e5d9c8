//! One random image.

use std::collections::BTreeMap;

use super::archive::{Entry, Format, tar};
use crate::fuzz::Random;

/// With which program's tree it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// GNU tar.
    Tar,
    /// umoci.
    Umoci,
}

/// The layers of an image.
#[derive(Debug, Clone)]
pub struct Case {
    /// The tars, the lowest first.
    pub layers: Vec<Vec<u8>>,
    /// Who unpacks them for comparison.
    pub oracle: Oracle,
}

/// Names of folders; those that only a mark or a change of kind may touch are told apart by the case.
const FOLDERS: [&[u8]; 6] = [b"a", b"b", b"usr", b"with space", b"\xc3\xa9", b"D"];
/// Names of what lies in folders.
const LEAVES: [&[u8]; 9] = [b"f", b"g", b"h", b"F", b"a.so", b"\xff\xfe", b"esc\x1b[31m", b"-x", b".hidden"];

/// What there is of a layer so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    Linkable,
    Other,
}

impl Case {
    /// The case of a seed.
    pub fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let oracle = if random.chance(75) { Oracle::Tar } else { Oracle::Umoci };
        let count = if oracle == Oracle::Tar { 1 } else { 1 + random.below(3) };
        let layers = (0..count).map(|_| layer(&mut random, oracle)).collect();
        Case { layers, oracle }
    }
}

fn layer(random: &mut Random, oracle: Oracle) -> Vec<u8> {
    let format = [Format::Ustar, Format::Gnu, Format::Pax][random.below(3)];
    let mut known: BTreeMap<Vec<u8>, Kind> = BTreeMap::new();
    let mut entries = Vec::new();
    for _ in 0..1 + random.below(25) {
        entries.extend(entry(random, oracle, format, &mut known));
    }
    let mut bytes = tar(format, &entries);
    if random.chance(5) {
        // Some writers leave out the end, others fill up to a whole record.
        let length = if random.chance(50) { bytes.len() - 1024 } else { bytes.len().next_multiple_of(10_240) };
        bytes.resize(length, 0);
    }
    bytes
}

fn entry(random: &mut Random, oracle: Oracle, format: Format, known: &mut BTreeMap<Vec<u8>, Kind>) -> Option<Entry> {
    let mut parent = Vec::new();
    for _ in 0..random.below(4) {
        parent.extend_from_slice(random.pick(&FOLDERS));
        parent.push(b'/');
    }
    let marks = oracle == Oracle::Umoci;
    if marks && random.chance(15) {
        let name = if random.chance(30) { b".wh..opq".to_vec() } else { name(random, true) };
        if parent.is_empty() && name == b".wh..opq" {
            return None;
        }
        claim(known, &parent)?;
        return Some(Entry::file(&[&parent, &b".wh."[..], &name].concat(), b""));
    }
    let weights = [40, 20, 15, 15, 5];
    let choice = random.weighted(&weights);
    let is_folder = choice == 1;
    let mut path = parent.clone();
    let like_a_folder = is_folder || marks && random.chance(20);
    path.extend_from_slice(&name(random, like_a_folder));
    // Long names are of folders and of leaves, as far as the format has them.
    if format != Format::Ustar && random.chance(6) {
        path.extend(std::iter::repeat_n(b'n', 60 + random.below(120)));
    }
    if path.len() > 900 {
        return None;
    }
    let before = known.get(&path).copied();
    // A folder that has something in it does not become anything else by GNU tar.
    if !marks && matches!(before, Some(Kind::Folder)) != is_folder && before.is_some() {
        return None;
    }
    let mut entry = match choice {
        1 => Entry::new(b'5', &[path.as_slice(), if random.chance(70) { &b"/"[..] } else { b"" }].concat()),
        2 => {
            let target = random.pick(&[&b"f"[..], b"../g", b"/etc/passwd", b"a/b/../f", b"..", b"no such", b"\xff"]);
            let long = [b"t".repeat(120).as_slice(), target].concat();
            Entry::link(b'2', &path, if format != Format::Ustar && random.chance(10) { &long } else { target })
        }
        3 => {
            let targets: Vec<&Vec<u8>> = known
                .iter()
                .filter(|(name, kind)| **kind == Kind::Linkable && **name != path)
                .map(|(name, _)| name)
                .collect();
            let target = (*targets.get(random.below(targets.len().max(1)))?).clone();
            // The link would take the place of a folder on the way to its target.
            if target.starts_with(&[path.as_slice(), b"/"].concat()) || format == Format::Ustar && target.len() > 100 {
                return None;
            }
            Entry::link(b'1', &path, &target)
        }
        4 => Entry::new(b'6', &path),
        _ => {
            let length = [0, 1, 511, 512, 513, 5000][random.below(6)];
            Entry::file(&path, &vec![random.below(256) as u8; length])
        }
    };
    claim(known, &parent)?;
    if before == Some(Kind::Folder) && !is_folder {
        let below = [path.as_slice(), b"/"].concat();
        known.retain(|name, _| !name.starts_with(&below));
    }
    let kind = match choice {
        1 => Kind::Folder,
        0 | 3 => Kind::Linkable,
        _ => Kind::Other,
    };
    known.insert(path, kind);
    if random.chance(10) {
        entry.path = [b"./", entry.path.as_slice()].concat();
    }
    if format == Format::Ustar && entry.path.len() > 100 {
        return None;
    }
    entry.mode = [0o644, 0o755, 0o600, 0o4755, 0o2750, 0o1777, 0o000][random.below(7)];
    entry.uid = [0, 0, 1000, 65_534, 2_097_151, 2_097_152, 4_000_000_000]
        [random.below(if format == Format::Ustar { 5 } else { 7 })];
    entry.gid = [0, 0, 100, 65_534, 3_000_000][random.below(if format == Format::Ustar { 4 } else { 5 })];
    entry.mtime = 1_000_000_000 + random.below(700_000_000) as u64;
    if format == Format::Pax && random.chance(30) {
        entry.nanoseconds = random.below(1_000_000_000) as u32;
    }
    Some(entry)
}

/// A name; folders and leaves share none, unless the case lets names change what they are.
fn name(random: &mut Random, folder: bool) -> Vec<u8> {
    if folder { random.pick(&FOLDERS) } else { random.pick(&LEAVES) }.to_vec()
}

/// Makes the folders on the way known. `None` when one of the names is no folder: through a link, programs differ.
fn claim(known: &mut BTreeMap<Vec<u8>, Kind>, parent: &[u8]) -> Option<()> {
    for (at, byte) in parent.iter().enumerate() {
        if *byte == b'/' {
            let kind = known.entry(parent[..at].to_vec()).or_insert(Kind::Folder);
            if *kind != Kind::Folder {
                return None;
            }
        }
    }
    Some(())
}
