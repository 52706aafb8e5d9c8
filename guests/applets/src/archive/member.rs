//! What archives hold: files with their metadata.

use wcr_sys::abi::{FileKind, Mode};

use crate::core::mode;
use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::format::{decimal, right};
use crate::glob;

/// One file of an archive, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path.
    pub(super) name: Vec<u8>,
    /// What it is, and its permissions. A hard link is a regular file.
    pub(super) mode: Mode,
    /// Where a symbolic link leads to, or the other name of a hard link.
    pub(super) target: Vec<u8>,
    /// Whether it is another name of a file before.
    pub(super) hard_link: bool,
    /// The owner's number and name; the name may be missing.
    pub(super) user: (u32, Vec<u8>),
    /// The group's number and name; the name may be missing.
    pub(super) group: (u32, Vec<u8>),
    /// When it was changed, in seconds.
    pub(super) mtime: i64,
    /// How many bytes of content follow.
    pub(super) size: u64,
    /// The device's number.
    pub(super) device: u64,
}

impl Member {
    /// Whether it is a directory.
    pub(super) fn is_dir(&self) -> bool {
        self.mode.kind() == FileKind::Directory
    }

    /// Whether it has content of its own.
    pub(super) fn is_file(&self) -> bool {
        self.mode.kind() == FileKind::Regular && !self.hard_link
    }

    /// The line of a long listing.
    pub(super) fn long_line(&self, zone: &Zone) -> Vec<u8> {
        let name_of = |(number, name): &(u32, Vec<u8>)| {
            if name.is_empty() { decimal((*number).into()) } else { name.clone() }
        };
        let mut line = mode::letters(self.mode).to_vec();
        line.push(b' ');
        line.extend_from_slice(&name_of(&self.user));
        line.push(b'/');
        line.extend_from_slice(&name_of(&self.group));
        line.push(b' ');
        right(&mut line, &decimal(self.size), 9, b' ');
        line.push(b' ');
        strftime(&mut line, b"%Y-%m-%d %H:%M:%S", &zone.local(self.mtime), self.mtime);
        line.push(b' ');
        line.extend_from_slice(&self.name);
        // The second name of a link has no target in a cpio archive.
        if !self.target.is_empty() || self.mode.kind() == FileKind::Symlink {
            line.extend_from_slice(b" -> ");
            line.extend_from_slice(&self.target);
        }
        line.push(b'\n');
        line
    }
}

/// Which members of an archive are meant.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Patterns as they were given, each with whether a member has just that name. None means all.
    names: Vec<(Vec<u8>, bool)>,
}

impl Selection {
    /// The members that these patterns match, and what lies below them; all when there are none.
    pub(super) fn new(names: &[Vec<u8>]) -> Self {
        let plain = |name: &Vec<u8>| name.strip_suffix(b"/").filter(|name| !name.is_empty()).unwrap_or(name).to_vec();
        Self { names: names.iter().map(|name| (plain(name), false)).collect() }
    }

    /// Whether the member is meant.
    pub(super) fn takes(&mut self, name: &[u8]) -> bool {
        let mut found = self.names.is_empty();
        for (wanted, seen) in &mut self.names {
            let slashes = wanted.iter().filter(|byte| **byte == b'/').count();
            let mut ends = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
            let end = ends.nth(slashes).unwrap_or(name.len());
            found |= glob::matches(wanted, name.get(..end).unwrap_or_default(), false);
            *seen |= name.strip_suffix(b"/").unwrap_or(name) == wanted.as_slice();
        }
        found
    }

    /// The first pattern that is no member's name.
    pub(super) fn missing(&self) -> Option<&[u8]> {
        self.names.iter().find(|(_, seen)| !seen).map(|(name, _)| name.as_slice())
    }
}

/// The name without what would lead out of the current directory: all up to the last `../`, and slashes. And how much
/// that is.
pub(super) fn inside(name: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for at in 0..name.len() {
        let at_component = at == 0 || name.get(at - 1) == Some(&b'/');
        if at_component && name.get(at..).is_some_and(|rest| rest.starts_with(b"../")) {
            start = at + 3;
        }
    }
    start += name.iter().skip(start).take_while(|byte| **byte == b'/').count();
    (name.get(start..).unwrap_or_default(), name.get(..start).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let check = |name: &str, left: &str, removed: &str| {
            assert_eq!(inside(name.as_bytes()), (left.as_bytes(), removed.as_bytes()), "{name}");
        };
        check("a/b", "a/b", "");
        check("../a", "a", "../");
        check("/a", "a", "/");
        check("//a", "a", "//");
        check("a/../../b", "b", "a/../../");
        check("./a/../b", "b", "./a/../");
        check("..", "..", "");
        check("a..b/c", "a..b/c", "");
        check("a/..//b", "b", "a/..//");
    }

    #[test]
    fn names_select_what_is_below_them() {
        let mut all = Selection::new(&[]);
        assert!(all.takes(b"x") && all.missing().is_none());
        let mut some = Selection::new(&[b"a/b/".to_vec(), b"none".to_vec()]);
        assert!(some.takes(b"a/b") && some.takes(b"a/b/") && some.takes(b"a/b/c"));
        assert!(!some.takes(b"a/bc") && !some.takes(b"a"));
        assert_eq!(some.missing(), Some(&b"none"[..]));
        let mut patterns = Selection::new(&[b"a/?".to_vec()]);
        assert!(patterns.takes(b"a/b/c") && patterns.takes(b"a/x") && !patterns.takes(b"a/xy"));
        assert_eq!(patterns.missing(), Some(&b"a/?"[..]));
    }

    #[test]
    fn a_long_line() {
        let member = Member {
            name: b"dir/link".to_vec(),
            mode: Mode::new(FileKind::Symlink, 0o777),
            target: b"file".to_vec(),
            hard_link: false,
            user: (0, b"root".to_vec()),
            group: (7, Vec::new()),
            mtime: 1_600_000_000,
            size: 0,
            device: 0,
        };
        let expected = "lrwxrwxrwx root/7         0 2020-09-13 12:26:40 dir/link -> file\n";
        assert_eq!(String::from_utf8(member.long_line(&Zone::utc())).unwrap(), expected);
    }
}
