//! Files under way: they have a name in `tmp/` until they are complete.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use wcr_image::Digest;

use super::host;
use crate::error::{Result, StoreError};

/// What is left in `tmp/` by a killed process is removed once it is as old as this.
const STALE: Duration = Duration::from_secs(3600);
/// The same for parts of blobs, which save the next pull of the same blob their download.
const STALE_PART: Duration = Duration::from_secs(7 * 24 * 3600);
/// How the names of parts of blobs end.
const PART: &str = "part";

/// What is written directly is a multiple of this, in bytes.
const BLOCK: u64 = 4096;

/// A file without its final name; removed again unless it is given one.
#[derive(Debug)]
pub(crate) struct TempFile {
    file: Option<File>,
    path: PathBuf,
    direct: bool,
}

impl TempFile {
    /// Makes a file in `folder` that nobody else has. With `direct` it takes whole aligned blocks only,
    /// if the file system can do that: see [`Self::is_direct`].
    pub(crate) fn create(folder: &Path, direct: bool) -> Result<Self> {
        let path = folder.join(format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(0)));
        let direct = direct && host::HAS_DIRECT;
        let (file, direct) = match host::create_new(&path, direct) {
            // The kernel may have made the file before it found that it cannot be written directly.
            Err(error) if direct && error.kind() == io::ErrorKind::InvalidInput => {
                drop(fs::remove_file(&path));
                (host::create_new(&path, false), false)
            }
            made => (made, direct),
        };
        let file = file.map_err(StoreError::io("create", &path))?;
        // Marks the file as in use. Where locks do not exist its age alone protects it.
        drop(file.try_lock());
        Ok(Self { file: Some(file), path, direct })
    }

    /// The file for the part of a blob that has come so far, with what an earlier process left in it: only whole blocks
    /// of at most `most` bytes count, and their number is given back. `None` when somebody else is at it.
    pub(crate) fn part(folder: &Path, digest: &Digest, most: u64, direct: bool) -> Option<(Self, u64)> {
        let path = folder.join(format!("{}.{PART}", digest.hex()));
        let (mut file, direct) = match host::open_or_create(&path, direct && host::HAS_DIRECT) {
            Ok(file) => (file, direct && host::HAS_DIRECT),
            Err(_) => (host::open_or_create(&path, false).ok()?, false),
        };
        file.try_lock().ok()?;
        let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
        let length = if metadata.len() > most { 0 } else { metadata.len() };
        let kept = length - length % BLOCK;
        file.set_len(kept).ok()?;
        file.seek(SeekFrom::End(0)).ok()?;
        Some((Self { file: Some(file), path, direct }, kept))
    }

    /// Where it is, as long as it has no other name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the part of a blob where it is; any other file is removed.
    pub(crate) fn leave(mut self) {
        if is_part(&self.path) {
            self.path = PathBuf::new();
        }
    }

    /// Whether writes must be aligned.
    pub(crate) const fn is_direct(&self) -> bool {
        self.direct
    }

    /// Writes all of `bytes` at the end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        match file.write_all(bytes) {
            // Some file systems only say now that they have no direct writes.
            Err(error) if self.direct && error.kind() == io::ErrorKind::InvalidInput => {
                let mut plain =
                    OpenOptions::new().append(true).open(&self.path).map_err(StoreError::io("open", &self.path))?;
                plain.write_all(bytes).map_err(StoreError::io("write", &self.path))?;
                // The lock goes with the file that had it.
                drop(self.file.take());
                drop(plain.try_lock());
                self.file = Some(plain);
                self.direct = false;
                Ok(())
            }
            done => done.map_err(StoreError::io("write", &self.path)),
        }
    }

    /// Cuts the file to `length`.
    pub(crate) fn cut(&mut self, length: u64) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.set_len(length).map_err(StoreError::io("write", &self.path))
    }

    /// Makes sure that the file is on the disk.
    pub(crate) fn sync(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.sync_all().map_err(StoreError::io("write", &self.path))
    }

    /// Gives the file its final name, in place of what has that name.
    pub(crate) fn rename(mut self, to: &Path) -> Result<()> {
        drop(self.file.take());
        fs::rename(&self.path, to).map_err(StoreError::io("write", to))?;
        self.path = PathBuf::new();
        Ok(())
    }

    /// As [`Self::rename`], and gives the file so that nobody removes it before it is dropped.
    pub(crate) fn place(mut self, to: &Path) -> Result<Option<File>> {
        let file = self.file.take();
        if let Some(file) = &file {
            // From now on others may use it, too. Nobody else has a look at it before it has its name.
            drop(file.unlock());
            drop(file.try_lock_shared());
        }
        fs::rename(&self.path, to).map_err(StoreError::io("write", to))?;
        self.path = PathBuf::new();
        Ok(file)
    }

    /// Makes a small file with `content`; not yet on the disk.
    pub(crate) fn with(folder: &Path, content: &[u8]) -> Result<Self> {
        let mut file = Self::create(folder, false)?;
        file.write(content)?;
        Ok(file)
    }

    /// Makes a small file with `content`, on the disk and with its final name.
    pub(crate) fn put(folder: &Path, content: &[u8], to: &Path) -> Result<()> {
        let mut file = Self::with(folder, content)?;
        file.sync()?;
        file.rename(to)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        drop(self.file.take());
        // What cannot be removed now is swept later.
        drop(fs::remove_file(&self.path));
    }
}

/// Removes what killed processes left behind: old files that nobody holds.
pub(crate) fn sweep(folder: &Path) {
    let whole = leftovers(folder, STALE).into_iter().filter(|(path, _)| !is_part(path));
    for (path, _) in whole.chain(leftovers(folder, STALE_PART)) {
        drop(fs::remove_file(&path));
    }
}

/// Whether a file is the part of a blob that has come so far.
fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == PART)
}

/// The files in `folder` that are older than `age` and that nobody holds, with their lengths.
pub(crate) fn leftovers(folder: &Path, age: Duration) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some(metadata) = entry.metadata().ok().filter(fs::Metadata::is_file) else { continue };
        let modified = metadata.modified().ok();
        if modified.and_then(|time| time.elapsed().ok()).is_none_or(|past| past < age) {
            continue;
        }
        let path = entry.path();
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            found.push((path, metadata.len()));
        }
    }
    found
}
