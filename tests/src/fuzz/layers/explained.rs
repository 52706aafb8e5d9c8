//! The differences that are known, with their reasons.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::archive::Entry;
use super::{Case, Oracle};
use crate::fuzz::shell::Explained;

/// Why the trees of a case differ, if that is known: the list in `fuzz/layers-explained.txt`, whose expressions are for
/// the case's [description](describe).
///
/// # Panics
/// The list in the source tree is damaged.
pub fn reason(case: &Case) -> Option<String> {
    let list = Explained::parse(include_str!("../../../fuzz/layers-explained.txt"));
    list.reason_for(&describe(case)).map(str::to_owned)
}

/// A case in words: the oracle, then a line for each entry with the number of its layer, its type and its name, what a
/// link leads to, and what the layers below have on the way to the name (or to a hard link's target): `through link
/// NAME`, `through file NAME`.
pub fn describe(case: &Case) -> String {
    let mut text = format!("{}\n", if case.oracle == Oracle::Tar { "tar" } else { "umoci" });
    let mut below = BTreeMap::new();
    for (number, layer) in case.layers.iter().enumerate() {
        for entry in &layer.entries {
            let _ = write!(text, "{number} {} {}", char::from(entry.typeflag), entry.path.escape_ascii());
            if !entry.link.is_empty() {
                let _ = write!(text, " -> {}", entry.link.escape_ascii());
            }
            let ways = if entry.typeflag == b'1' { vec![&entry.path, &entry.link] } else { vec![&entry.path] };
            for (name, typeflag) in ways.into_iter().flat_map(|way| on_the_way(&below, way)) {
                let what = if typeflag == b'2' { "link" } else { "file" };
                let _ = write!(text, " through {what} {}", name.escape_ascii());
            }
            text.push('\n');
        }
        layer.entries.iter().for_each(|entry| put(&mut below, entry));
    }
    text
}

/// What there is of the layers below: the type of each name.
type Below = BTreeMap<Vec<u8>, u8>;

/// The names on the way to a path that are no folders in the layers below.
fn on_the_way<'b>(below: &'b Below, path: &[u8]) -> Vec<(&'b Vec<u8>, u8)> {
    let path = plain(path);
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let found = ends.filter_map(|end| below.get_key_value(&path[..end]));
    found.filter(|(_, typeflag)| **typeflag != b'5').map(|(name, typeflag)| (name, *typeflag)).collect()
}

fn put(below: &mut Below, entry: &Entry) {
    let path = plain(&entry.path);
    for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        below.insert(path[..at].to_vec(), b'5');
    }
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if !name.starts_with(b".wh.") {
        below.insert(path.to_vec(), entry.typeflag);
    }
}

/// A path without the dot at its beginning and the slash at its end.
fn plain(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    path.strip_suffix(b"/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::case::Layer;
    use super::*;

    #[test]
    fn a_description_tells_what_lies_on_the_way() {
        let layers = vec![
            vec![Entry::link(b'2', b"a/l", b".."), Entry::file(b"f", b"")],
            vec![Entry::file(b"./a/l/x", b""), Entry::link(b'1', b"g", b"f/y"), Entry::file(b"a/l", b"")],
            vec![Entry::file(b"a/l/x", b"")],
        ];
        let layers = layers.into_iter().map(|entries| Layer { entries, ..Layer::default() }).collect();
        let text = describe(&Case { layers, oracle: Oracle::Umoci });
        let expected = "umoci\n0 2 a/l -> ..\n0 0 f\n1 0 ./a/l/x through link a/l\n1 1 g -> f/y through file f\n\
                        1 0 a/l\n2 0 a/l/x through file a/l\n";
        assert_eq!(text, expected);
    }
}
