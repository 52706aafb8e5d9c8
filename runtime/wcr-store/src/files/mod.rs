//! The file operations that the store is built of.

#[cfg(not(unix))]
mod other;
mod temp;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use other as host;
#[cfg(unix)]
use unix as host;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Result, StoreError};

pub(crate) use temp::{TempFile, leftovers, sweep};

/// Whether the folder of a file that is open can be moved and removed.
pub(crate) const OPEN_FILES_GO: bool = host::OPEN_FILES_GO;

/// Opens a regular file to read; a symbolic link or anything else is refused.
pub(crate) fn open_regular(path: &Path) -> Result<(File, u64)> {
    let file = host::open_no_follow(path).map_err(StoreError::io("open", path))?;
    let metadata = file.metadata().map_err(StoreError::io("examine", path))?;
    if !metadata.is_file() {
        let reason = "it is not a regular file".to_owned();
        return Err(StoreError::Damaged { path: path.to_owned(), reason });
    }
    Ok((file, metadata.len()))
}

/// A whole small file; `None` when there is none.
pub(crate) fn read_small(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let (file, length) = match open_regular(path) {
        Ok(opened) => opened,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > most {
        return Err(StoreError::Damaged { path: path.to_owned(), reason: format!("it is longer than {most} bytes") });
    }
    let mut content = vec![0; length as usize];
    (&file).read_exact(&mut content).map_err(StoreError::io("read", path))?;
    Ok(Some(content))
}

/// Whether an open file is the one at `path`.
pub(crate) fn is_at(file: &File, path: &Path) -> Result<bool> {
    match host::is_at(file, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        known => known.map_err(StoreError::io("examine", path)),
    }
}

/// Opens a file for this user alone to write at its end, and to read.
pub(crate) fn append(path: &Path, create: bool) -> io::Result<File> {
    host::append(path, create)
}

/// Makes a folder, and those it is in, for this user alone.
pub(crate) fn create_private_dir(path: &Path) -> Result<()> {
    host::create_private_dir(path).map_err(StoreError::io("create", path))
}

/// Makes sure that names given in the folder survive a power cut.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    host::sync_dir(path).map_err(StoreError::io("write", path))
}

/// Makes sure that a file is on the disk.
pub(crate) fn sync_file(path: &Path) -> Result<()> {
    let file = File::options().write(true).open(path).map_err(StoreError::io("open", path))?;
    file.sync_all().map_err(StoreError::io("write", path))
}
