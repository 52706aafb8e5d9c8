//! Snapshots that the page keeps beside its script.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wcr_harness::SnapshotFiles;

/// Snapshots by their paths; copies are the same ones.
#[derive(Clone, Default)]
pub(crate) struct PageSnapshots(Arc<Mutex<BTreeMap<PathBuf, Vec<u8>>>>);

impl PageSnapshots {
    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one that the page has kept.
    pub(crate) fn add(&self, path: String, content: Vec<u8>) {
        self.files().insert(path.into(), content);
    }

    /// The content of one.
    pub(crate) fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.files().get(Path::new(path)).cloned()
    }
}

impl SnapshotFiles for PageSnapshots {
    fn read(&self, path: &Path, _most: usize) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files().get(path).cloned())
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.files().insert(path.to_owned(), content.to_vec());
        Ok(())
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        self.files().keys().filter(|path| path.parent() == Some(folder)).cloned().collect()
    }

    fn advice(&self, _path: &Path) -> String {
        "a run with `Write snapshots` keeps it in this browser".into()
    }
}
