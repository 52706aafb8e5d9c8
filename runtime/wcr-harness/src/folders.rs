//! Snapshots as files of this host.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::snapshot::SnapshotFiles;

/// The folders beside the scripts.
#[derive(Debug, Default)]
pub struct Folders;

impl SnapshotFiles for Folders {
    fn read(&self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut content = Vec::new();
        file.take(most as u64 + 1).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("new");
        fs::write(&new, content)?;
        fs::rename(&new, path)
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    }

    fn advice(&self, path: &Path) -> String {
        format!("`wcr test --update` writes {}", path.display())
    }
}
