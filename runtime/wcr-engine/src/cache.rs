//! Compiled code of programs found in images, kept in a folder of the host.
//!
//! Only what this engine compiled itself gets in, under a name made of the program's digest and wcr's
//! version; a file's first bytes are the digest of the rest, so damage is noticed and the
//! file is made anew. A folder that cannot be used costs time and nothing else.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher as _};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// How much all files may have together, in bytes; those not used for longest go first.
const MOST: u64 = 512 << 20;
/// How long a single file may be.
const MOST_FILE: u64 = 128 << 20;
/// What a cache's files end with; nothing else in the folder is touched.
const SUFFIX: &str = ".code";
/// The length of a digest.
const DIGEST: usize = 32;

/// A folder with compiled code.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    most: u64,
}

/// What a file's name is made of.
#[derive(Debug)]
pub(crate) struct Key(String);

impl Key {
    /// The key of a program's code for an engine with `settings`.
    pub(crate) fn new(wasm: &[u8], settings: &impl Hash) -> Self {
        let mut all = SettingsHasher(Sha256::new());
        settings.hash(&mut all);
        env!("CARGO_PKG_VERSION").hash(&mut all);
        all.write(&Sha256::digest(wasm));
        Self(all.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Collects what is hashed in a digest, which no program can find a second program for.
struct SettingsHasher(Sha256);

impl std::hash::Hasher for SettingsHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.clone().finalize().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, most: MOST }
    }

    /// The code kept under `key`, whole and as it was written; `None` when there is none.
    pub(crate) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(key);
        let file = File::open(&path).ok()?;
        let mut content = Vec::new();
        (&file).take(MOST_FILE + 1).read_to_end(&mut content).ok()?;
        let (digest, code) = content.split_first_chunk::<DIGEST>()?;
        if content.len() as u64 > MOST_FILE || *digest != sum(key, code) {
            // Damaged; it is written again.
            let _ = fs::remove_file(&path);
            return None;
        }
        // Those that are used stay longest. It is only about the order: no harm when it fails.
        let _ = file.set_modified(SystemTime::now());
        content.drain(..DIGEST);
        Some(content)
    }

    /// Keeps `code` under `key`. What fails here only means that the code is made again next time.
    pub(crate) fn put(&self, key: &Key, code: &[u8]) {
        if code.len() as u64 + DIGEST as u64 <= MOST_FILE && self.write(key, code).is_ok() {
            let _ = self.shrink();
        }
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}{SUFFIX}", key.0))
    }

    fn write(&self, key: &Key, code: &[u8]) -> io::Result<()> {
        create_private(&self.folder)?;
        // One process writes a file of this name at a time; what a killed one left behind is written over.
        let temp = self.folder.join(format!("{}.{}{SUFFIX}", key.0, std::process::id()));
        let written = private_file(&temp).and_then(|mut file| {
            file.write_all(&sum(key, code))?;
            file.write_all(code)
        });
        match written.and_then(|()| fs::rename(&temp, self.path(key))) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = fs::remove_file(&temp);
                Err(error)
            }
        }
    }

    /// Removes what has not been used for longest, until the rest fits.
    fn shrink(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_file() && entry.file_name().to_string_lossy().ends_with(SUFFIX) {
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in files {
            if total <= self.most {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }
}

/// The digest in front of some code: of its key too, so that a file does not work under another name.
fn sum(key: &Key, code: &[u8]) -> [u8; DIGEST] {
    let mut hasher = Sha256::new();
    hasher.update(&key.0);
    hasher.update(code);
    hasher.finalize().into()
}

/// Makes a folder that only this user can look into.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    crate::unix_files::private_dir(&mut builder);
    builder.create(folder)
}

/// Makes a file that only this user can read or change.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    crate::unix_files::private_file(&mut options);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wcr-cache-{name}-{}", std::process::id()));
            drop(fs::remove_dir_all(&path));
            Self(path)
        }

        fn files(&self) -> Vec<PathBuf> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn what_is_kept_comes_back_under_its_own_key_only() {
        let folder = Folder::new("keys");
        let cache = Cache::new(folder.0.clone());
        let key = Key::new(b"wasm", &"settings");
        assert_eq!(cache.get(&key), None);
        cache.put(&key, b"code");
        assert_eq!(cache.get(&key).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get(&Key::new(b"wasm", &"other settings")), None);
        let other = Key::new(b"other wasm", &"settings");
        assert_eq!(cache.get(&other), None);
        // A file under another's name is not taken for it.
        fs::copy(cache.path(&key), cache.path(&other)).unwrap();
        assert_eq!(cache.get(&other), None);
        assert_eq!(folder.files(), [cache.path(&key)], "and is gone");
    }

    #[test]
    fn damaged_files_are_not_used() {
        let folder = Folder::new("damage");
        let cache = Cache::new(folder.0.clone());
        let key = Key::new(b"wasm", &0);
        cache.put(&key, b"code");
        let good = fs::read(cache.path(&key)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(cache.path(&key), &bad).unwrap();
            assert_eq!(cache.get(&key), None, "byte {at}");
            fs::write(cache.path(&key), &good[..at]).unwrap();
            assert_eq!(cache.get(&key), None, "cut to {at}");
        }
        cache.put(&key, b"code");
        assert_eq!(cache.get(&key).as_deref(), Some(&b"code"[..]));
    }

    #[test]
    fn the_folder_stays_within_its_bound() {
        let folder = Folder::new("bound");
        let cache = Cache { folder: folder.0.clone(), most: 250 };
        let keys: Vec<Key> = (0..3).map(|number| Key::new(b"wasm", &number)).collect();
        for (age, key) in (0..).zip(&keys) {
            cache.put(key, &[1; 60]);
            let file = File::options().write(true).open(cache.path(key));
            if let Ok(file) = file {
                file.set_modified(UNIX_EPOCH + Duration::from_secs(age)).unwrap();
            }
        }
        fs::write(folder.0.join("else"), [0; 1000]).unwrap();
        assert_eq!(folder.files().len(), 3, "two files of 92 bytes, and what is no cache's");
        assert_eq!(cache.get(&keys[0]), None, "the oldest is gone");
        assert!(cache.get(&keys[2]).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_no_failure() {
        let folder = Folder::new("unusable");
        fs::write(&folder.0, b"a file").unwrap();
        let cache = Cache::new(folder.0.join("below"));
        let key = Key::new(b"wasm", &0);
        cache.put(&key, b"code");
        assert_eq!(cache.get(&key), None);
        fs::remove_file(&folder.0).unwrap();
    }
}
