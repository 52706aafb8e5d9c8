//! Keeping parts of the store in place while they are used.
//!
//! Who uses a part has its file open, with a shared lock on it; who removes parts first takes the lock alone, and leaves
//! what others have. Such a lock ends with its process in whatever way that ends, so that none is ever stale.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::{Result, StoreError};
use crate::files::{is_at, open_regular};

/// Files that stay where they are until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<Vec<File>>);

impl Holds {
    /// Keeps a file that [`open_held`] or [`crate::files::TempFile::place`] has given.
    pub(crate) fn keep(&self, file: File) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(file);
    }
}

/// Opens a regular file so that it is not removed while it is open, and gives its length; `None` when there is none.
pub(crate) fn open_held(path: &Path) -> Result<Option<(File, u64)>> {
    loop {
        let (file, length) = match open_regular(path) {
            Ok(opened) => opened,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        share(&file);
        // It may have been removed, or replaced, before the lock was there.
        if is_at(&file, path)? {
            return Ok(Some((file, length)));
        }
    }
}

/// Marks an open file as used. Whoever has the lock alone is about to remove the file, and waits for nobody while it
/// has it; a file system without locks has none to give.
pub(crate) fn share(file: &File) {
    drop(file.lock_shared());
}

/// What became of a part that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It is gone; it had so many bytes.
    Removed(u64),
    /// Somebody uses it.
    InUse,
    /// There was no such file.
    Absent,
}

/// Removes a file that nobody uses; with `really` false only tells what would become of it. What is no regular file is
/// left where it is.
pub(crate) fn remove_unused(path: &Path, really: bool) -> Result<Removal> {
    let (file, length) = match open_regular(path) {
        Ok(opened) => opened,
        Err(error) if error.is_not_found() => return Ok(Removal::Absent),
        Err(StoreError::Damaged { .. }) => return Ok(Removal::InUse),
        Err(error) => return Err(error),
    };
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Ok(Removal::InUse);
    }
    if really {
        match fs::remove_file(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Removal::Absent),
            removed => removed.map_err(StoreError::io("remove", path))?,
        }
    }
    Ok(Removal::Removed(length))
}

/// Whether somebody uses the file.
pub(crate) fn is_used(path: &Path) -> Result<bool> {
    Ok(remove_unused(path, false)? == Removal::InUse)
}
