//! The store itself: where things are, and how images get in and are found.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wcr_image::{Digest, Reference};

use crate::buffer::Pool;
use crate::error::{Result, StoreError};
use crate::files::{TempFile, create_private_dir, read_small, sweep, sync_dir, sync_file};
use crate::hold::{Holds, open_held};
use crate::image::Image;
use crate::index_json;
use crate::ingest::{LayerSpec, LayerWriter};
use crate::location::default_root;
use crate::lock::Lock;
use crate::record::{ImageRecord, LayerRecord};
use crate::refs::{Refs, key};

/// The version of the store's layout that is written, and the newest that is read.
const VERSION: u32 = 1;

/// A store on disk. Cheap to open and to clone; keeps nothing of it in memory.
///
/// Parts that were put into the store, or found in it, through one value and its clones are not removed by others as long
/// as that value lives. So whoever stores an image keeps one until [`Self::commit`].
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    /// Buffers for the layers that are being written.
    pool: Arc<Pool>,
    /// What has been put in or found through this store, and must not be removed before it is dropped.
    holds: Arc<Holds>,
}

impl Store {
    /// The store in the folder `root`, which need not exist yet. Writes nothing.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a store of a newer wcr, [`StoreError::Io`] when the version cannot be read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let store = Self { root: root.into(), pool: Arc::default(), holds: Arc::default() };
        store.version()?;
        Ok(store)
    }

    /// The store at [`default_root`].
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::NoHome`].
    pub fn open_default() -> Result<Self> {
        Self::open(default_root()?)
    }

    /// The store's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder for compiled code of the images' programs, of a store that has images. It need not exist.
    #[must_use]
    pub fn code_dir(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The store's version; `None` when it was not written yet.
    fn version(&self) -> Result<Option<u32>> {
        let path = self.root.join("version");
        let Some(content) = read_small(&path, 64)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&content);
        match text.trim().parse::<u32>() {
            // Created just before a power cut.
            Err(_) if content.is_empty() => Ok(None),
            Ok(version) if version <= VERSION => Ok(Some(version)),
            _ => {
                let found = text.trim().escape_debug().to_string();
                Err(StoreError::Newer { path: self.root.clone(), found, known: VERSION })
            }
        }
    }

    /// Makes the store's folders and files where they are missing.
    ///
    /// # Errors
    /// [`StoreError::NotAStore`] when the folder holds something else, [`StoreError::Newer`], [`StoreError::Io`].
    pub fn ensure(&self) -> Result<()> {
        if self.version()?.is_some() {
            return Ok(());
        }
        match fs::read_dir(&self.root) {
            // Folders of a store that is being made right now by somebody else are no strangers.
            Ok(mut entries) => {
                let known = [
                    "tmp",
                    "locks",
                    "blobs",
                    "layers",
                    "refs",
                    "containers",
                    "oci-layout",
                    "index.json",
                    "events.json",
                    "version",
                ];
                let known = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| known.contains(&name));
                if entries.any(|entry| !entry.is_ok_and(|entry| known(&entry.file_name()))) {
                    return Err(StoreError::NotAStore { path: self.root.clone() });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("read", &self.root)(error)),
        }
        for folder in ["tmp", "locks", "layers", "refs", "blobs/sha256"] {
            create_private_dir(&self.root.join(folder))?;
        }
        let _lock = self.lock("index", || ())?;
        let temp = self.temp();
        if self.version()?.is_none() {
            // These need not be on the disk before there is an image: the first commit sees to that.
            TempFile::with(&temp, index_json::OCI_LAYOUT)?.rename(&self.root.join("oci-layout"))?;
            TempFile::with(&temp, &index_json::empty())?.rename(&self.root.join("index.json"))?;
            TempFile::with(&temp, format!("{VERSION}\n").as_bytes())?.rename(&self.root.join("version"))?;
        }
        Ok(())
    }

    /// The record of the image that `reference` stands for, if it is in the store. Of a reference with a
    /// digest only the digest and the repository count.
    ///
    /// # Errors
    /// [`StoreError`] when a record cannot be read.
    pub fn resolve(&self, reference: &Reference) -> Result<Option<ImageRecord>> {
        if let Some(record) = self.refs(&self.root.join("refs")).get(reference)? {
            return Ok(Some(record));
        }
        let Some(digest) = reference.digest() else { return Ok(None) };
        // Pulled by a tag or by another digest of the same image.
        Ok(self.list()?.into_iter().find(|record| {
            let same = |other: Reference| other.repository() == reference.repository();
            (record.digest == digest || record.manifest.digest == digest) && record.reference.parse().is_ok_and(same)
        }))
    }

    /// The image that `reference` stands for, if it is in the store, ready to be mounted.
    ///
    /// # Errors
    /// [`StoreError`] when a part of it cannot be read, nor made again.
    pub fn open_image(&self, reference: &Reference) -> Result<Option<Image>> {
        let Some(record) = self.resolve(reference)? else { return Ok(None) };
        match self.open_layers(&record) {
            Ok(layers) => Ok(Some(Image { record, layers })),
            // Somebody may have removed it meanwhile.
            Err(_) if self.resolve(reference)?.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The name that an image pulled by `reference` has in the store: the canonical form, without the tag
    /// when there is a digest.
    #[must_use]
    pub fn filed_as(reference: &Reference) -> String {
        key(reference)
    }

    /// All images, sorted by reference.
    ///
    /// # Errors
    /// [`StoreError`] when a record cannot be read.
    pub fn list(&self) -> Result<Vec<ImageRecord>> {
        self.refs(&self.root.join("refs")).list()
    }

    /// Whether a blob of this length is there. One that is stays as long as this store is open.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn has_blob(&self, digest: &Digest, size: u64) -> Result<bool> {
        self.hold(&self.blob_path(digest), |length| length == size)
    }

    /// Keeps the file at `path` from being removed as long as this store is open, if there is one of a `fitting` length.
    fn hold(&self, path: &Path, fitting: impl FnOnce(u64) -> bool) -> Result<bool> {
        match open_held(path) {
            Ok(Some((file, length))) if fitting(length) => {
                self.holds.keep(file);
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.is_damage() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives a complete file its name among the parts. It stays as long as this store is open.
    pub(crate) fn place(&self, file: TempFile, path: &Path) -> Result<()> {
        if let Some(file) = file.place(path)? {
            self.holds.keep(file);
        }
        Ok(())
    }

    /// Keeps a small blob, such as a manifest or a configuration, in place of one that is damaged.
    ///
    /// # Errors
    /// [`StoreError::Digest`] when `content` is something else, [`StoreError::Io`].
    pub fn put_blob(&self, digest: &Digest, content: &[u8]) -> Result<()> {
        let actual = Digest::of(content);
        if actual != *digest {
            return Err(StoreError::Digest { what: "blob", expected: *digest, actual });
        }
        let path = self.blob_path(digest);
        if self.has_blob(digest, content.len() as u64)?
            && read_small(&path, content.len() as u64)?.as_deref() == Some(content)
        {
            return Ok(());
        }
        self.ensure()?;
        let mut file = TempFile::with(&self.temp(), content)?;
        file.sync()?;
        self.place(file, &path)
    }

    /// Keeps everybody else from storing this layer meanwhile. Calls `waiting` once if somebody does just that.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn lock_layer(&self, diff_id: &Digest, waiting: impl FnOnce()) -> Result<Lock> {
        // A fixed number of lock files, so that none ever has to be removed.
        let bucket = diff_id.as_bytes().first().copied().unwrap_or_default();
        self.ensure()?;
        self.lock(&format!("layer-{bucket:02x}"), waiting)
    }

    /// The length of the layer's tar, if the layer is there as a whole; else `None`. If only its blob is
    /// there, the rest is made from it. To be called with the layer's lock held.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn find_layer(&self, spec: &LayerSpec) -> Result<Option<u64>> {
        if !self.has_blob(&spec.digest, spec.size)? {
            return Ok(None);
        }
        let record = LayerRecord::new(spec, 0);
        self.hold(&self.tar_path(&spec.diff_id), |_| true)?;
        if let Ok(layer) = self.open_layer(&record, None) {
            return Ok(Some(layer.index().tar_len()));
        }
        match self.rebuild_layer(&record) {
            Ok(()) => Ok(Some(self.open_layer(&record, None)?.index().tar_len())),
            // The blob was corrupt and has been removed: the layer must be fetched again.
            Err(StoreError::Digest { what: "blob", .. } | StoreError::Length { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts to take a layer in. To be called with the layer's lock held.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_layer(&self, spec: LayerSpec) -> Result<LayerWriter> {
        self.ensure()?;
        LayerWriter::new(self, spec, true)
    }

    /// Makes an image known under `record.reference`, which must be what [`Store::filed_as`] gives. All its
    /// parts must be in the store.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn commit(&self, record: &ImageRecord) -> Result<()> {
        self.pool.clear();
        if record.layers.len() == 1 {
            return self.commit_record(record);
        }
        let merge = || {
            if self.open_merged(record).is_none() {
                drop(self.open_each(record).and_then(|layers| self.merge_layers(record, &layers)));
            }
        };
        std::thread::scope(|scope| {
            // Done while the disk is waited for. What fails here only means that it is done when the image is opened.
            drop(std::thread::Builder::new().name("wcr-merge".into()).spawn_scoped(scope, merge));
            self.commit_record(record)
        })
    }

    fn commit_record(&self, record: &ImageRecord) -> Result<()> {
        let _lock = self.lock("index", || ())?;
        // First the parts, then what refers to them.
        sync_dir(&self.root.join("blobs/sha256"))?;
        sync_dir(&self.root.join("blobs"))?;
        sync_dir(&self.root.join("layers"))?;
        sync_file(&self.root.join("version"))?;
        sync_file(&self.root.join("oci-layout"))?;
        let (temp, folder) = (self.temp(), self.root.join("refs"));
        let refs = self.refs(&folder);
        let index_path = self.root.join("index.json");
        let index = index_json::list(&index_path, &temp, record, || refs.list().unwrap_or_default())?;
        let mut file = refs.write(&temp, record)?;
        if let Some(mut index) = index {
            index.sync()?;
            index.rename(&index_path)?;
        }
        file.sync()?;
        file.rename(&refs.path(&record.reference))?;
        sync_dir(&folder)?;
        sync_dir(&self.root)?;
        sweep(&temp);
        Ok(())
    }

    pub(crate) fn refs<'a>(&self, folder: &'a Path) -> Refs<'a> {
        Refs { folder }
    }

    /// Whether there is a store in the folder.
    pub(crate) fn exists(&self) -> Result<bool> {
        Ok(self.version()?.is_some())
    }

    pub(crate) fn lock(&self, name: &str, waiting: impl FnOnce()) -> Result<Lock> {
        Lock::take(&self.root.join("locks").join(name), waiting)
    }

    pub(crate) const fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn temp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    pub(crate) fn tar_path(&self, diff_id: &Digest) -> PathBuf {
        self.layer_path(diff_id, ".tar")
    }

    pub(crate) fn idx_path(&self, diff_id: &Digest) -> PathBuf {
        self.layer_path(diff_id, ".idx")
    }

    pub(crate) fn merged_path(&self, chain_id: &Digest) -> PathBuf {
        self.layer_path(chain_id, ".chain")
    }

    fn layer_path(&self, id: &Digest, suffix: &str) -> PathBuf {
        let mut name = id.hex();
        name.push_str(suffix);
        self.root.join("layers").join(name)
    }
}
