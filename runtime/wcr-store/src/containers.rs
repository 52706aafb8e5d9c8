//! Containers' folders: `containers/ID/`, with what its owner keeps there, and the names of containers.
//!
//! What is in the files is the business of who runs containers; here is what keeps processes out of each other's way.
//! The folder's lock is held by whoever changes the container, and as long as it runs by the process that it runs in:
//! such a lock ends with its process, whatever happens to that. `containers/names/NAME` holds the ID of who has the name;
//! it counts when that container's own `name` says the same.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::error::{Result, StoreError};
use crate::files::{OPEN_FILES_GO, TempFile, create_private_dir, read_small, sync_dir};
use crate::record::ImageRecord;
use crate::store::Store;

/// The most that is read of one of a container's documents, in bytes.
const DOCUMENT_MAX: u64 = 16 << 20;
/// How many digits an ID has.
const ID_LENGTH: usize = 64;
/// What the folder of a container that is being removed begins with.
const REMOVED: &str = "removed-";
/// The file without which a folder is no container yet.
const RECORD: &str = "container.json";
/// The file that the image's record had for itself in the first version of a container's files.
const IMAGE: &str = "image.json";
/// The file with the container's name.
const NAME: &str = "name";

/// What the store reads of a container's own record.
#[derive(Deserialize)]
struct OfImage {
    #[serde(default)]
    image_record: Option<ImageRecord>,
}

/// The folder of one container.
#[derive(Debug, Clone)]
pub struct ContainerFolder {
    id: String,
    path: PathBuf,
    /// The folder of all containers.
    all: PathBuf,
}

/// A lock on a container, held until it is dropped and all that got a copy of the file have ended.
#[derive(Debug)]
pub struct ContainerLock(File);

impl ContainerLock {
    /// A file that keeps the lock as well, for another process to inherit.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn copy(&self) -> Result<File> {
        self.0.try_clone().map_err(StoreError::io("copy", "the lock of a container"))
    }

    /// The lock that a process has inherited as an open file.
    #[must_use]
    pub const fn inherited(file: File) -> Self {
        Self(file)
    }
}

/// What a text means among the containers.
#[derive(Debug)]
pub enum FoundContainer {
    /// This one.
    One(ContainerFolder),
    /// None.
    None,
    /// Several, whose IDs begin so.
    Several,
}

impl Store {
    fn containers_dir(&self) -> PathBuf {
        self.root().join("containers")
    }

    /// Makes the folder of a new container, locked, with a name that nobody has.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`], [`StoreError::Io`].
    pub fn new_container(&self, id: &str, name: &str) -> Result<(ContainerFolder, ContainerLock)> {
        self.ensure()?;
        let all = self.containers_dir();
        let folder = ContainerFolder { id: id.to_owned(), path: all.join(id), all };
        let made = fs::create_dir(&folder.path);
        if made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            create_private_dir(&folder.names())?;
            fs::create_dir(&folder.path).map_err(StoreError::io("make", &folder.path))?;
        } else {
            made.map_err(StoreError::io("make", &folder.path))?;
        }
        let ready = (|| {
            let lock = folder.try_lock()?.ok_or_else(|| StoreError::Busy { container: id.to_owned() })?;
            self.write_in(&folder, NAME, name.as_bytes())?;
            folder.reserve(name)?;
            Ok(lock)
        })();
        match ready {
            Ok(lock) => Ok((folder, lock)),
            Err(error) => {
                // Nothing of it was ever seen.
                drop(fs::remove_dir_all(&folder.path));
                Err(error)
            }
        }
    }

    /// All containers, in no order that means anything.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn containers(&self) -> Result<Vec<ContainerFolder>> {
        let all = self.containers_dir();
        let entries = match fs::read_dir(&all) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", &all)(error)),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("read", &all))?;
            if let Some(id) = entry.file_name().to_str().filter(|id| is_id(id)) {
                folders.push(ContainerFolder { id: id.to_owned(), path: entry.path(), all: all.clone() });
            }
        }
        Ok(folders)
    }

    /// The container of this name or ID, or the only one whose ID begins so.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn find_container(&self, text: &str) -> Result<FoundContainer> {
        let all = self.containers_dir();
        let folder = |id: &str| ContainerFolder { id: id.to_owned(), path: all.join(id), all: all.clone() };
        if is_id(text) && folder(text).exists() {
            return Ok(FoundContainer::One(folder(text)));
        }
        if is_container_name(text)
            && let Some(id) = read_small(&all.join("names").join(text), 256)?
            && let Some(id) = std::str::from_utf8(&id).ok().filter(|id| is_id(id))
        {
            let found = folder(id);
            if found.name()?.as_deref() == Some(text) {
                return Ok(FoundContainer::One(found));
            }
        }
        let is_prefix = !text.is_empty() && text.len() < ID_LENGTH && text.bytes().all(is_hex);
        if !is_prefix {
            return Ok(FoundContainer::None);
        }
        let mut fitting = self.containers()?.into_iter().filter(|folder| folder.id.starts_with(text));
        Ok(match (fitting.next(), fitting.next()) {
            (None, _) => FoundContainer::None,
            (Some(folder), None) => FoundContainer::One(folder),
            (Some(_), Some(_)) => FoundContainer::Several,
        })
    }

    /// The files of names that no container has, but for those that one may be about to have.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn stale_container_names(&self) -> Result<Vec<PathBuf>> {
        let all = self.containers_dir();
        let mut stale = Vec::new();
        for entry in fs::read_dir(all.join("names")).into_iter().flatten() {
            let path = entry.map_err(StoreError::io("read", &all))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let holder = read_small(&path, 256)?.and_then(|id| String::from_utf8(id).ok());
            let holder =
                holder.filter(|id| is_id(id)).map(|id| ContainerFolder { path: all.join(&id), id, all: all.clone() });
            let has_it = match holder.filter(ContainerFolder::exists) {
                Some(folder) => folder.name()?.as_deref() == Some(name) || folder.is_locked()?,
                None => false,
            };
            let is_young = || fs::metadata(&path).and_then(|meta| meta.modified()).is_ok_and(is_recent);
            if !has_it && !is_young() {
                stale.push(path);
            }
        }
        Ok(stale)
    }

    /// The images of all containers. One whose record cannot be read is none's.
    pub(crate) fn container_images(&self) -> Result<Vec<ImageRecord>> {
        let mut images = Vec::new();
        for folder in self.containers()? {
            images.extend(folder.image()?);
        }
        Ok(images)
    }

    /// Removes what killed processes have left of containers that they were making or removing. With `really` false only
    /// tells; the paths.
    pub(crate) fn sweep_containers(&self, young: Duration, really: bool) -> Result<Vec<PathBuf>> {
        let is_old = |path: &Path| {
            let modified = fs::metadata(path).and_then(|meta| meta.modified());
            modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age >= young))
        };
        let mut left = Vec::new();
        for entry in fs::read_dir(self.temp()).into_iter().flatten().flatten() {
            let is_removed = entry.file_name().to_str().is_some_and(|name| name.starts_with(REMOVED));
            left.extend(is_removed.then(|| entry.path()));
        }
        for folder in self.containers()? {
            // Whoever makes a container holds its lock.
            let is_half = !folder.path.join(RECORD).exists() && folder.try_lock()?.is_some();
            left.extend(is_half.then_some(folder.path));
        }
        left.retain(|path| is_old(path));
        if really {
            left.retain(|path| fs::remove_dir_all(path).is_ok());
        }
        Ok(left)
    }

    /// Writes a whole file of a container, in place of what is there. That goes through the folder for files under way, also
    /// where nothing is there: making a file in a folder that is new takes five times as long on ext4.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_in(&self, folder: &ContainerFolder, name: &str, content: &[u8]) -> Result<()> {
        TempFile::with(&self.temp(), content)?.rename(&folder.path.join(name))
    }

    /// Takes a container and its name away. A process that still has files of it open keeps those.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn remove_container(&self, folder: &ContainerFolder, lock: ContainerLock) -> Result<()> {
        // Out of sight first, so that nobody sees half of it.
        let gone = self.temp().join(format!("{REMOVED}{}", folder.id));
        let name = folder.name()?;
        // Where the lock is an open file that keeps the folder, it ends here.
        let lock = OPEN_FILES_GO.then_some(lock);
        fs::rename(&folder.path, &gone).map_err(StoreError::io("remove", &folder.path))?;
        if let Some(name) = name {
            folder.release(&name)?;
        }
        let removed = fs::remove_dir_all(&gone);
        drop(lock);
        // What a process still has open there goes when leftovers are swept.
        if OPEN_FILES_GO { removed.map_err(StoreError::io("remove", &gone)) } else { Ok(()) }
    }
}

impl ContainerFolder {
    /// The container's ID: 64 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// The container's name; `None` when it was removed meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn name(&self) -> Result<Option<String>> {
        Ok(read_small(&self.path.join(NAME), 256)?.and_then(|name| String::from_utf8(name).ok()))
    }

    /// A document of the container.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Damaged`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        read_small(&self.path.join(name), DOCUMENT_MAX)
    }

    /// The record of its image; `None` when that is not one of the store's, or cannot be read.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn image(&self) -> Result<Option<ImageRecord>> {
        let record = self.read(RECORD)?.and_then(|json| serde_json::from_slice::<OfImage>(&json).ok());
        if let Some(image) = record.and_then(|record| record.image_record) {
            return Ok(Some(image));
        }
        Ok(self.read(IMAGE)?.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    /// Whether the container can be found by its name.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn has_its_name(&self) -> Result<bool> {
        let Some(name) = self.name()?.filter(|name| is_container_name(name)) else { return Ok(false) };
        Ok(read_small(&self.names().join(name), 256)?.is_some_and(|id| id == self.id.as_bytes()))
    }

    /// Puts the container's name down again; one that has lost it is named by its ID.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`], [`StoreError::Io`].
    pub fn take_name_again(&self, store: &Store) -> Result<()> {
        if let Some(name) = self.name()?.filter(|name| is_container_name(name))
            && self.reserve(&name).is_ok()
        {
            return Ok(());
        }
        store.write_in(self, NAME, self.id.as_bytes())?;
        self.reserve(&self.id)
    }

    /// Takes the container's lock, unless somebody has it.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn try_lock(&self) -> Result<Option<ContainerLock>> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ContainerLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &self.path)(error)),
        }
    }

    /// Waits until nobody has the container's lock: until it has ended, where it runs.
    ///
    /// # Errors
    /// [`StoreError::Io`]; not found when it was removed before.
    pub fn wait(&self) -> Result<()> {
        self.lock_file()?.lock_shared().map_err(StoreError::io("lock", &self.path))
    }

    /// Whether somebody has the container's lock.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn is_locked(&self) -> Result<bool> {
        Ok(matches!(self.lock_file()?.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What the lock is on: the folder itself, where that can be opened.
    fn lock_file(&self) -> Result<File> {
        let file = if cfg!(unix) {
            File::open(&self.path)
        } else {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.path.join("lock"))
        };
        file.map_err(StoreError::io("open", &self.path))
    }

    /// Gives the container another name.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`], [`StoreError::Io`].
    pub fn rename(&self, store: &Store, name: &str) -> Result<()> {
        let old = self.name()?;
        if old.as_deref() == Some(name) {
            return Err(StoreError::NameTaken { name: name.to_owned(), id: self.id.clone() });
        }
        self.reserve(name)?;
        if let Err(error) = store.write_in(self, NAME, name.as_bytes()) {
            drop(self.release(name));
            return Err(error);
        }
        old.map_or(Ok(()), |old| self.release(&old))
    }

    fn names(&self) -> PathBuf {
        self.all.join("names")
    }

    fn reserve(&self, name: &str) -> Result<()> {
        let path = self.names().join(name);
        let fail = StoreError::io;
        for _ in 0..8 {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => return file.write_all(self.id.as_bytes()).map_err(fail("write", &path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail("write", &path)(error)),
            }
            // Who has it may be gone, or have another name by now.
            let holder = read_small(&path, 256)?.and_then(|id| String::from_utf8(id).ok()).unwrap_or_default();
            let folder = Self { id: holder.clone(), path: self.all.join(&holder), all: self.all.clone() };
            let is_young = || fs::metadata(&path).and_then(|meta| meta.modified()).is_ok_and(is_recent);
            let is_stale = match is_id(&holder) {
                true if !folder.exists() => !is_young(),
                true => folder.name()?.as_deref() != Some(name) && !folder.is_locked()?,
                false => !is_young(),
            };
            if !is_stale {
                return Err(StoreError::NameTaken { name: name.to_owned(), id: holder });
            }
            drop(fs::remove_file(&path));
        }
        Err(StoreError::NameTaken { name: name.to_owned(), id: String::new() })
    }

    fn release(&self, name: &str) -> Result<()> {
        let path = self.names().join(name);
        let is_own = read_small(&path, 256)?.is_some_and(|id| id == self.id.as_bytes());
        if is_own {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        Ok(())
    }

    /// Sees to it that what was written into the folder is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn sync(&self) -> Result<()> {
        sync_dir(&self.path)
    }
}

/// Whether a file was made in the last seconds: whoever made it may not be ready yet.
fn is_recent(modified: std::time::SystemTime) -> bool {
    modified.elapsed().is_ok_and(|age| age.as_secs() < 5)
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(is_hex)
}

/// Whether a text can be a container's name: as with Docker a letter or digit, then at least one letter, digit, `_`, `.`
/// or `-`.
#[must_use]
pub fn is_container_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && (2..=255).contains(&text.len())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Folder;

    #[test]
    fn a_container_that_is_removed_leaves_nothing() {
        let folder = Folder::new("removed-container");
        let store = folder.store();
        let id = "a".repeat(ID_LENGTH);
        // On Windows the lock is an open file, which keeps its folder.
        for _ in 0..2 {
            let (container, lock) = store.new_container(&id, "box").unwrap();
            store.write_in(&container, RECORD, b"{}").unwrap();
            store.remove_container(&container, lock).unwrap();
            assert!(!container.exists());
            assert_eq!(store.sweep_containers(Duration::ZERO, false).unwrap(), Vec::<PathBuf>::new());
        }
    }
}
