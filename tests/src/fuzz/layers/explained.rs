//! The differences that are known, with their reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::archive::Entry;
use super::{Case, Oracle};
use crate::fuzz::shell::Explained;

/// Why the trees of a case differ, if that is known: the list in `fuzz/layers-explained.txt`, whose expressions are for
/// the case's [description](describe), a line `--- differs`, and the lines that say what differs.
///
/// # Panics
/// The list in the source tree is damaged.
pub fn reason(case: &Case, lines: &[String]) -> Option<String> {
    let list = Explained::parse(include_str!("../../../fuzz/layers-explained.txt"));
    let text = format!("{}--- differs\n{}\n", describe(case), lines.join("\n"));
    list.reason_for(&text).map(str::to_owned)
}

/// A case in words: the oracle, then a line for each entry with the number of its layer, its type and its name, what a
/// link leads to, what the layers below have on the way to the name (or to a hard link's target), `through link NAME` and
/// `through file NAME`, and for a whiteout the folders that it comes behind: `behind NAME`, which the layers below have,
/// which it hides, and in which its layer has put something before.
pub fn describe(case: &Case) -> String {
    let mut text = format!("{}\n", if case.oracle == Oracle::Tar { "tar" } else { "umoci" });
    let mut below = BTreeMap::new();
    for (number, layer) in case.layers.iter().enumerate() {
        let own: BTreeSet<&[u8]> = layer.entries.iter().map(|entry| plain(entry.name())).collect();
        let mut entered: BTreeSet<&[u8]> = BTreeSet::new();
        for entry in &layer.entries {
            let path = entry.name();
            let _ = write!(text, "{number} {} {}", char::from(entry.typeflag), path.escape_ascii());
            if !entry.link.is_empty() {
                let _ = write!(text, " -> {}", entry.link.escape_ascii());
            }
            let ways = if entry.typeflag == b'1' { vec![path, &entry.link] } else { vec![path] };
            for (name, typeflag) in ways.into_iter().flat_map(|way| on_the_way(&below, way)) {
                let what = if typeflag == b'2' { "link" } else { "file" };
                let _ = write!(text, " through {what} {}", name.escape_ascii());
            }
            for name in entered.iter().filter(|name| hides(plain(path), name)) {
                if below.get(*name) == Some(&b'5') && !own.contains(name) {
                    let _ = write!(text, " behind {}", name.escape_ascii());
                }
            }
            entered.extend(folders(plain(path)));
            text.push('\n');
        }
        layer.entries.iter().for_each(|entry| put(&mut below, entry));
    }
    text
}

/// Whether the path is a whiteout that hides what the layers below have of this name.
fn hides(path: &[u8], name: &[u8]) -> bool {
    let at = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let Some(hidden) = path[at..].strip_prefix(b".wh.") else { return false };
    let Some(rest) = name.strip_prefix(&path[..at]) else { return false };
    hidden == b".wh..opq" || rest.strip_prefix(hidden).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// The folders on the way to a path.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at])
}

/// What there is of the layers below: the type of each name.
type Below = BTreeMap<Vec<u8>, u8>;

/// The names on the way to a path that are no folders in the layers below.
fn on_the_way<'b>(below: &'b Below, path: &[u8]) -> Vec<(&'b Vec<u8>, u8)> {
    let path = plain(path);
    let found = folders(path).filter_map(|folder| below.get_key_value(folder));
    found.filter(|(_, typeflag)| **typeflag != b'5').map(|(name, typeflag)| (name, *typeflag)).collect()
}

fn put(below: &mut Below, entry: &Entry) {
    let path = plain(entry.name());
    for folder in folders(path) {
        below.insert(folder.to_vec(), b'5');
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
    use super::super::sparse::{Form, sparse};
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
    #[test]
    fn a_description_tells_which_folders_a_whiteout_comes_behind() {
        let layers = vec![
            vec![Entry::new(b'5', b"a/b/"), Entry::new(b'5', b"ab/"), sparse(Form::Pax10, b"c", 9, &[])],
            vec![Entry::file(b"a/b/x", b""), Entry::file(b"ab/x", b""), Entry::file(b"c/x", b"")],
            vec![Entry::file(b"a/b/x", b""), Entry::file(b".wh.a", b""), Entry::new(b'5', b"a/")],
            vec![Entry::file(b"a/.wh..wh..opq", b""), Entry::file(b"a/b/x", b"")],
        ];
        let layers = layers.into_iter().map(|entries| Layer { entries, ..Layer::default() }).collect();
        let text = describe(&Case { layers, oracle: Oracle::Umoci });
        let expected = "umoci\n0 5 a/b/\n0 5 ab/\n0 0 c\n1 0 a/b/x\n1 0 ab/x\n1 0 c/x through file c\n\
                        2 0 a/b/x\n2 0 .wh.a behind a/b\n2 5 a/\n3 0 a/.wh..wh..opq\n3 0 a/b/x\n";
        assert_eq!(text, expected);
    }
}
