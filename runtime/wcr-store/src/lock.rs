//! Locks between processes, and between threads of one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::error::{Result, StoreError};

/// A lock that is held until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; calls `waiting` once if somebody else has it, then waits.
    pub(crate) fn take(path: &Path, waiting: impl FnOnce()) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(StoreError::io("open", path))?;
        let locked = match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        match locked {
            Ok(()) => Ok(Self { _file: file }),
            // A file system without locks: complete files still get their names atomically.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Self { _file: file }),
            Err(error) => Err(StoreError::io("lock", path)(error)),
        }
    }
}
