//! Replaces a pattern by the sorted names of the files it matches.

use wcr_sys::fs;

use super::pattern::{has_magic, matches, unescaped};
use crate::order::{Keyed, sorted};

/// The paths that the pattern matches, sorted; empty when there are none.
#[must_use]
pub fn glob(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    walk(Vec::new(), pattern, &mut found);
    sorted(found)
}

/// Extends `prefix`, which exists and ends in a slash unless it is empty, by what `pattern` matches.
fn walk(mut prefix: Vec<u8>, pattern: &[u8], found: &mut Vec<Keyed>) {
    let mut rest = pattern;
    loop {
        let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
        let (head, tail) = rest.split_at(slashes);
        prefix.extend_from_slice(head);
        let length = tail.iter().position(|byte| *byte == b'/').unwrap_or(tail.len());
        let (component, after) = tail.split_at(length);
        if has_magic(component) {
            return expand(&prefix, component, after, found);
        }
        prefix.extend_from_slice(&unescaped(component));
        rest = after;
        if rest.is_empty() {
            if fs::lstat(&prefix).is_ok() {
                found.push((0, 0, prefix));
            }
            return;
        }
    }
}

fn expand(prefix: &[u8], component: &[u8], after: &[u8], found: &mut Vec<Keyed>) {
    let folder: &[u8] = if prefix.is_empty() { b"." } else { prefix };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let dots = matches!(component, [b'.', ..] | [b'\\', b'.', ..]);
    let special: &[&[u8]] = if dots { &[b".", b".."] } else { &[] };
    let names = special.iter().copied().chain(entries.iter().map(|entry| entry.name.as_slice()));
    for name in names {
        if (name.first() == Some(&b'.') && !dots) || !matches(component, name) {
            continue;
        }
        let path = [prefix, name].concat();
        if after.is_empty() {
            found.push((0, 0, path));
        } else if fs::stat(&[&path, &b"/"[..]].concat()).is_ok() {
            walk(path, after, found);
        }
    }
}
