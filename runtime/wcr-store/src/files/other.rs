//! Hosts that are not Unix: folders are private by where they are, and cannot be synchronised.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

pub(super) fn open_no_follow(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    File::open(path)
}

pub(super) fn create_new(path: &Path, _direct: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

pub(super) fn open_or_create(path: &Path, _direct: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

pub(super) fn append(path: &Path, create: bool) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(create).open(path)
}

pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

pub(super) fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Files that are open keep their names here until they are closed.
pub(super) fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    fs::symlink_metadata(path).map(|_| true)
}

/// Whether direct writes exist here at all.
pub(super) const HAS_DIRECT: bool = false;

/// Whether the folder of a file that is open can be moved and removed.
pub(super) const OPEN_FILES_GO: bool = false;
