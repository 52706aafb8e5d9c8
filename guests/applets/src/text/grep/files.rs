//! The files below a folder.

use wcr_sys::abi::{DirRecord, FileKind};
use wcr_sys::fs;

/// What a search does with a directory entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Searches it.
    File,
    /// Goes into it.
    Directory,
    /// Passes it by: a symbolic link to a folder that is not followed.
    Skipped,
}

/// Whether the path leads to a directory, over symbolic links when `follow`.
pub(super) fn is_directory(path: &[u8], follow: bool) -> bool {
    let stat = if follow { fs::stat(path) } else { fs::lstat(path) };
    stat.is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
}

/// What to do with the entry at `path`; `follow` goes into linked folders.
pub(super) fn kind(entry: &DirRecord, path: &[u8], follow: bool) -> Kind {
    match entry.stat.mode.kind() {
        FileKind::Directory => Kind::Directory,
        FileKind::Symlink if is_directory(path, true) => {
            if follow {
                Kind::Directory
            } else {
                Kind::Skipped
            }
        }
        _ => Kind::File,
    }
}

/// The path of an entry of a folder.
pub(super) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if dir.ends_with(b"/") { b"" } else { b"/" };
    [dir, slash, name].concat()
}
