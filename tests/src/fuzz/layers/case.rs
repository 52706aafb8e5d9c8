//! One random image.

use std::collections::BTreeMap;

use super::archive::{Entry, Format, tar};
use super::sparse::{Form, sparse};
use crate::fuzz::Random;

/// With which program's tree it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// GNU tar.
    Tar,
    /// umoci.
    Umoci,
}

/// One layer.
#[derive(Debug, Default, Clone)]
pub struct Layer {
    /// How its tar is written.
    pub format: Format,
    /// What is in it.
    pub entries: Vec<Entry>,
    /// How the tar ends.
    pub ending: Ending,
}

/// How a tar ends.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With two blocks of zeros.
    #[default]
    Marked,
    /// With its last entry, as some writers leave it.
    Unmarked,
    /// Filled up to a whole record, as others do.
    Record,
}

impl Layer {
    /// The tar.
    pub fn tar(&self) -> Vec<u8> {
        let mut bytes = tar(self.format, &self.entries);
        let length = match self.ending {
            Ending::Marked => bytes.len(),
            Ending::Unmarked => bytes.len() - 1024,
            Ending::Record => bytes.len().next_multiple_of(10_240),
        };
        bytes.resize(length, 0);
        bytes
    }
}

/// The layers of an image.
#[derive(Debug, Clone)]
pub struct Case {
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
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

fn layer(random: &mut Random, oracle: Oracle) -> Layer {
    let format = [Format::Ustar, Format::Gnu, Format::Pax][random.below(3)];
    let mut known: BTreeMap<Vec<u8>, Kind> = BTreeMap::new();
    let mut entries = Vec::new();
    for _ in 0..1 + random.below(25) {
        entries.extend(entry(random, oracle, format, &mut known));
    }
    let ending = match random.below(40) {
        0 => Ending::Unmarked,
        1 => Ending::Record,
        _ => Ending::Marked,
    };
    Layer { format, entries, ending }
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
        // umoci knows the forms of extended headers only.
        _ if (format == Format::Pax || !marks && format == Format::Gnu) && random.chance(20) => {
            sparse_file(random, format, &path)
        }
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

/// A file with holes. Pieces are whole blocks, but for one at the end: of others GNU tar fills up each to a whole block,
/// where Go's reader, and wcr, find them one behind the other.
fn sparse_file(random: &mut Random, format: Format, path: &[u8]) -> Entry {
    let form = match format {
        Format::Pax => [Form::Pax00, Form::Pax01, Form::Pax10][random.below(3)],
        Format::Gnu | Format::Ustar => Form::Gnu,
    };
    let (mut size, mut pieces) = (0, Vec::new());
    for _ in 0..random.below(8) * random.below(8) {
        size += [0, 512, 4096, 70_000, 99][random.below(5)];
        let piece = vec![1 + random.below(255) as u8; [512, 1024, 4096][random.below(3)]];
        let length = piece.len() as u64;
        pieces.push((size, piece));
        size += length;
    }
    match random.below(4) {
        0 => size += 100_000,
        1 => size += 1,
        2 => {
            pieces.push((size, vec![b'e'; 700]));
            size += 700;
        }
        _ => {}
    }
    sparse(form, path, size, &pieces)
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
