//! Folders that last as long as the value that names them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A new, empty folder, removed on drop.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes a folder whose name begins with `purpose` below the system's folder for temporary files.
    pub fn new(purpose: &str) -> Self {
        Scratch::within(&std::env::temp_dir(), purpose)
    }

    /// Makes a folder whose name begins with `purpose` below `parent`.
    ///
    /// # Panics
    /// The folder cannot be created.
    pub fn within(parent: &Path, purpose: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("wcr-{purpose}-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Scratch { path },
                // Left behind by a killed process of the same number.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("create {}: {error}", path.display()),
            }
        }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path below the folder.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Tests leave folders without permission bits; only root passes through them unasked.
        if std::fs::remove_dir_all(&self.path).is_err() {
            let _ = std::process::Command::new("chmod").arg("-R").arg("u+rwx").arg(&self.path).output();
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
