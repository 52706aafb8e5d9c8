//! Replaces a pattern by the names of files, with the options that bash has for it.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use crate::expand::pattern::{Style, unescaped};
use crate::order::{Keyed, sorted};

/// How files are looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How patterns are understood.
    pub style: Style,
    /// Whether a name may begin with a dot (`dotglob`).
    pub dots: bool,
    /// Whether `**` stands for folders within folders (`globstar`).
    pub deep: bool,
}

impl Options {
    /// The paths that the pattern matches, sorted.
    #[must_use]
    pub fn glob(self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        self.walk(Vec::new(), pattern, &mut found);
        let mut found = sorted(found);
        found.dedup();
        found
    }

    /// Extends `prefix`, which exists and ends in a slash unless it is empty, by what `pattern` matches.
    fn walk(self, mut prefix: Vec<u8>, pattern: &[u8], found: &mut Vec<Keyed>) {
        let mut rest = pattern;
        loop {
            let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
            let (head, tail) = rest.split_at(slashes);
            prefix.extend_from_slice(head);
            let length = tail.iter().position(|byte| *byte == b'/').unwrap_or(tail.len());
            let (component, after) = tail.split_at(length);
            if self.deep && component == b"**" {
                return self.descend(&prefix, after, found);
            }
            if self.style.has_magic(component) {
                return self.expand(&prefix, component, after, found);
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

    fn expand(self, prefix: &[u8], component: &[u8], after: &[u8], found: &mut Vec<Keyed>) {
        let dots = self.dots || matches!(component, [b'.', ..] | [b'\\', b'.', ..]);
        for name in names(prefix) {
            if name.first() == Some(&b'.') && !dots || !self.style.matches(component, &name) {
                continue;
            }
            let path = [prefix, &name].concat();
            if after.is_empty() {
                found.push((0, 0, path));
            } else if fs::stat(&[&path, &b"/"[..]].concat()).is_ok() {
                self.walk(path, after, found);
            }
        }
    }

    /// `**`: this folder and all within it, or with nothing behind it all that is in them.
    fn descend(self, prefix: &[u8], after: &[u8], found: &mut Vec<Keyed>) {
        let behind = after.iter().position(|byte| *byte != b'/').and_then(|at| after.get(at..));
        match behind {
            Some(rest) => self.walk(prefix.to_vec(), rest, found),
            None if !prefix.is_empty() => found.push((0, 0, prefix.to_vec())),
            None => {}
        }
        for name in names(prefix) {
            if name.first() == Some(&b'.') && !self.dots {
                continue;
            }
            let path = [prefix, &name].concat();
            let is_folder = fs::lstat(&path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory);
            if is_folder {
                if behind.is_none() && after.is_empty() {
                    found.push((0, 0, path.clone()));
                }
                let within = [&path, &b"/"[..]].concat();
                if behind.is_none() && after.is_empty() {
                    self.descend_quietly(&within, after, found);
                } else {
                    self.descend(&within, after, found);
                }
            } else if after.is_empty() {
                found.push((0, 0, path));
            }
        }
    }

    /// As [`Self::descend`], without the folder itself.
    fn descend_quietly(self, prefix: &[u8], after: &[u8], found: &mut Vec<Keyed>) {
        self.descend(prefix, after, found);
        found.retain(|(.., path)| path != prefix);
    }
}

fn names(prefix: &[u8]) -> Vec<Vec<u8>> {
    let folder: &[u8] = if prefix.is_empty() { b"." } else { prefix };
    let entries = fs::read_dir(folder).unwrap_or_default();
    entries.into_iter().map(|entry| entry.name).filter(|name| !matches!(&name[..], b"." | b"..")).collect()
}
