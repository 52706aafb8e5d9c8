//! Checking every byte of the store, and repairing what can be repaired.
//!
//! Blobs and tars are read and hashed, indexes are made anew and compared, records and the layout's list are compared
//! with what they were made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use wcr_image::{
    Descriptor, Digest, Document, Hasher, ImageConfig, LayerIndexer, Limits, Manifest, MediaType, Platform, Reference,
};

use crate::error::{Result, StoreError};
use crate::files::{TempFile, open_regular, read_small, sync_dir};
use crate::garbage::{file_name, files_of};
use crate::image::map;
use crate::index_json;
use crate::merged::chain_id;
use crate::record::{ImageRecord, LayerRecord};
use crate::refs::{Refs, key};
use crate::store::Store;

/// In which pieces files are read, in bytes.
const PIECE: usize = 1 << 20;

/// Something in the store that is not what it should be.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// The names of the images that are affected.
    pub images: Vec<String>,
    /// What would help.
    pub remedy: Remedy,
}

/// What helps against a [`Fault`].
#[derive(Debug, Clone)]
pub enum Remedy {
    /// Tar and index of a layer are made from its blob.
    Reindex(Box<LayerRecord>),
    /// The common index of an image's layers is made from theirs.
    Merge(Box<ImageRecord>),
    /// The layout's own files are made from the records.
    List,
    /// The record is made from manifest and configuration.
    Record(Box<ImageRecord>),
    /// The blob is fetched from the registry.
    Fetch,
    /// Nothing needs the file, and it is removed.
    Remove,
}

/// An image of which a part has to be fetched again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The image, pinned to the digest that it was pulled by.
    pub reference: Reference,
    /// What it is for.
    pub platform: Platform,
}

/// What is known of the blobs and layers that were looked at: why they are no good, if they are not.
#[derive(Default)]
struct Seen {
    blobs: BTreeMap<Digest, Option<String>>,
    layers: BTreeSet<Digest>,
    chains: BTreeSet<Digest>,
    faults: BTreeMap<PathBuf, Fault>,
}

impl Seen {
    fn add(&mut self, path: PathBuf, reason: impl Into<String>, image: Option<&ImageRecord>, remedy: Remedy) {
        let fault = self.faults.entry(path);
        let fault = fault.or_insert_with_key(|path| Fault {
            path: path.clone(),
            reason: reason.into(),
            images: Vec::new(),
            remedy,
        });
        fault.images.extend(image.map(|image| image.reference.clone()));
    }
}

impl Store {
    /// Checks every byte of the store, and tells `reading` the files as it comes to them. Gives the faults by path. Writes
    /// nothing but the layout's list, where that is behind the records.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the store cannot be read at all.
    pub fn check(&self, reading: &mut dyn FnMut(&Path)) -> Result<Vec<Fault>> {
        let mut seen = Seen::default();
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let records = self.check_records(&mut seen)?;
        for record in &records {
            self.check_image(record, &mut seen, reading)?;
        }
        for path in files_of(&self.root().join("blobs/sha256"))? {
            if let Ok(digest) = Digest::from_hex(&file_name(&path))
                && !seen.blobs.contains_key(&digest)
            {
                reading(&path);
                if let Some(reason) = self.check_blob(&digest, None)? {
                    seen.add(path, reason, None, Remedy::Remove);
                }
            }
        }
        let index = self.root().join(index_json::NAME);
        match index_json::is_complete(&index, &records)? {
            Some(true) => {}
            // Records come first, and the list may be behind by what a killed command was about to do.
            Some(false) => self.write_layout()?,
            None => seen.add(index, "it is no list of the store's images", None, Remedy::List),
        }
        let mark = self.root().join("oci-layout");
        if !read_small(&mark, PIECE as u64).ok().flatten().is_some_and(|content| index_json::is_mark(&content)) {
            seen.add(mark, "it does not say that this is an image layout", None, Remedy::List);
        }
        Ok(seen.faults.into_values().collect())
    }

    /// The records that can be read.
    fn check_records(&self, seen: &mut Seen) -> Result<Vec<ImageRecord>> {
        let folder = self.root().join("refs");
        let mut records = Vec::new();
        for (path, read) in self.refs(&folder).files()? {
            let reason = match read {
                Ok(None) => continue,
                Ok(Some(record)) if self.refs(&folder).path(&record.reference) == path => {
                    records.push(record);
                    continue;
                }
                Ok(Some(_)) => "it is the record of another image".to_owned(),
                Err(StoreError::Damaged { reason, .. }) => reason,
                Err(error) => return Err(error),
            };
            let remedy = self.lost_record(&path)?.map_or(Remedy::Remove, |record| Remedy::Record(Box::new(record)));
            seen.add(path, reason, None, remedy);
        }
        Ok(records)
    }

    fn check_image(&self, record: &ImageRecord, seen: &mut Seen, reading: &mut dyn FnMut(&Path)) -> Result<()> {
        let layers = record.layers.iter().map(|layer| (layer.digest, layer.size));
        let documents = [&record.manifest, &record.config].map(|blob| (blob.digest, blob.size));
        let mut sound = true;
        for (digest, size) in documents.into_iter().chain(layers) {
            let path = self.blob_path(&digest);
            if !seen.blobs.contains_key(&digest) {
                reading(&path);
                let reason = self.check_blob(&digest, Some(size))?;
                seen.blobs.insert(digest, reason);
            }
            if let Some(Some(reason)) = seen.blobs.get(&digest).cloned() {
                seen.add(path, reason, Some(record), Remedy::Fetch);
                sound = false;
            }
        }
        if sound && let Some(reason) = self.contradiction(record)? {
            let path = self.refs(&self.root().join("refs")).path(&record.reference);
            let remedy = self.lost_record(&path)?.map_or(Remedy::Remove, |record| Remedy::Record(Box::new(record)));
            seen.add(path, reason, Some(record), remedy);
            return Ok(());
        }
        let mut whole = true;
        for layer in &record.layers {
            if !seen.layers.insert(layer.diff_id) {
                continue;
            }
            reading(&self.tar_path(&layer.diff_id));
            if let Some((path, reason)) = self.read_layer(layer)? {
                seen.add(path, reason, Some(record), Remedy::Reindex(Box::new(layer.clone())));
                whole = false;
            }
        }
        if whole && record.layers.len() > 1 {
            self.check_chain(record, seen)?;
        }
        Ok(())
    }

    /// What is wrong with a blob.
    fn check_blob(&self, digest: &Digest, size: Option<u64>) -> Result<Option<String>> {
        let mut hasher = Hasher::new();
        let length = match read_file(&self.blob_path(digest), |piece| hasher.update(piece)) {
            Ok(length) => length,
            Err(reason) => return reason.told(),
        };
        if let Some(size) = size.filter(|size| *size != length) {
            return Ok(Some(format!("it has {length} bytes and should have {size}")));
        }
        let actual = hasher.finish();
        Ok((actual != *digest).then(|| format!("its content has the digest {actual}")))
    }

    /// What is wrong with a layer's tar or index, and with which.
    fn read_layer(&self, layer: &LayerRecord) -> Result<Option<(PathBuf, String)>> {
        let (tar, idx) = (self.tar_path(&layer.diff_id), self.idx_path(&layer.diff_id));
        let mut hasher = Hasher::new();
        let mut indexer = Some(LayerIndexer::new(&Limits::DEFAULT, wcr_shims::label));
        let read = read_file(&tar, |piece| {
            hasher.update(piece);
            if indexer.as_mut().is_some_and(|indexer| indexer.push(piece).is_err()) {
                indexer = None;
            }
        });
        if let Err(reason) = read {
            return Ok(reason.told()?.map(|reason| (tar, reason)));
        }
        let actual = hasher.finish();
        if actual != layer.diff_id {
            return Ok(Some((tar, format!("its content has the digest {actual}"))));
        }
        let good = indexer.and_then(|indexer| indexer.finish(layer.diff_id).ok());
        let same = map(&idx).map(|index| Some(index.as_ref()) == good.as_deref());
        Ok(match same {
            Ok(true) => None,
            Ok(false) => Some((idx, "it is not the index of its layer".into())),
            Err(error) if error.is_not_found() => Some((idx, "it is missing".into())),
            Err(error) => Some((idx, error.to_string())),
        })
    }

    /// Whether the common index of an image's layers is what it should be. One that is missing is no fault.
    fn check_chain(&self, record: &ImageRecord, seen: &mut Seen) -> Result<()> {
        let Some(chain) = chain_id(&record.layers).filter(|chain| seen.chains.insert(*chain)) else { return Ok(()) };
        let path = self.merged_path(&chain);
        let there = match map(&path) {
            Err(error) if error.is_not_found() => return Ok(()),
            there => there.ok(),
        };
        let good = Self::merged_index(chain, &self.open_each(record)?);
        if there.as_ref().map(AsRef::as_ref) != good.as_deref() {
            let remedy = Remedy::Merge(Box::new(record.clone()));
            seen.add(path, "it is not the index of its layers", Some(record), remedy);
        }
        Ok(())
    }

    /// What a record says that its image's own documents do not.
    fn contradiction(&self, record: &ImageRecord) -> Result<Option<String>> {
        let Some((manifest, config)) = self.image_documents(&record.manifest)? else {
            return Ok(Some("its manifest or its configuration cannot be read".into()));
        };
        let layers = record.layers.iter().map(|layer| (layer.digest, layer.diff_id));
        let fits = manifest.config.digest == record.config.digest
            && config.config == record.run
            && (manifest.is_artifact()
                || layers.eq(manifest.layers.iter().map(|layer| layer.digest).zip(config.rootfs.diff_ids)));
        Ok((!fits).then(|| "it contradicts its image's manifest or configuration".into()))
    }

    /// An image's manifest and configuration; `None` when either cannot be read.
    pub(crate) fn image_documents(&self, manifest: &Descriptor) -> Result<Option<(Manifest, ImageConfig)>> {
        let limits = Limits::DEFAULT;
        let Some(body) = read_small(&self.blob_path(&manifest.digest), limits.manifest)? else { return Ok(None) };
        let Ok(Document::Manifest(manifest)) = Document::parse(&body, None, &limits) else { return Ok(None) };
        let Some(body) = read_small(&self.blob_path(&manifest.config.digest), limits.config)? else { return Ok(None) };
        let config = match MediaType::parse(&manifest.config.media_type) {
            Some(MediaType::WasmConfig) => ImageConfig::parse_artifact(&body, &limits),
            _ => ImageConfig::parse(&body, &limits),
        };
        Ok(config.ok().map(|config| (manifest, config)))
    }

    /// The record that should be in this file, as far as the layout's list and the image's documents tell it.
    fn lost_record(&self, path: &Path) -> Result<Option<ImageRecord>> {
        let refs = Refs { folder: &self.root().join("refs") };
        for (name, manifest) in index_json::entries(&self.root().join(index_json::NAME))? {
            let Some(reference) = name.filter(|name| refs.path(name) == path) else { continue };
            return self.record_of(reference, manifest);
        }
        Ok(None)
    }

    /// The record of an image of which all parts are there; `None` when they are not. It is as if just pulled.
    pub(crate) fn record_of(&self, reference: String, manifest: Descriptor) -> Result<Option<ImageRecord>> {
        let Some((parsed, config)) = self.image_documents(&manifest)? else { return Ok(None) };
        let mut layers = Vec::new();
        for (layer, diff_id) in parsed.layers.iter().zip(&config.rootfs.diff_ids) {
            let Ok(compression) = layer.compression() else { return Ok(None) };
            let spec = crate::LayerSpec { digest: layer.digest, size: layer.size, diff_id: *diff_id, compression };
            let _lock = self.lock_layer(diff_id, || ())?;
            let Some(tar_size) = self.find_layer(&spec)? else { return Ok(None) };
            layers.push(LayerRecord::new(&spec, tar_size));
        }
        Ok((layers.len() == parsed.layers.len()).then(|| ImageRecord {
            reference,
            digest: manifest.digest,
            config: parsed.config,
            platform: config.platform(),
            manifest,
            created: config.created,
            pulled: now(),
            layers,
            run: config.config,
        }))
    }

    /// Repairs what can be repaired here. Gives the images of which something has to be fetched: what was damaged of
    /// them is gone, so that a pull brings it anew.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the store cannot be written.
    pub fn repair(&self, faults: &[Fault]) -> Result<Vec<Lost>> {
        let mut lost = Vec::new();
        let records = self.refs(&self.root().join("refs")).files()?;
        let records: Vec<ImageRecord> = records.into_iter().filter_map(|(_, record)| record.ok().flatten()).collect();
        for fault in faults {
            let fetch = match &fault.remedy {
                Remedy::Reindex(layer) => {
                    let _lock = self.lock_layer(&layer.diff_id, || ())?;
                    match self.rebuild_layer(layer) {
                        Err(error @ StoreError::Io { .. }) if !error.is_not_found() => return Err(error),
                        made => made.is_err(),
                    }
                }
                Remedy::Merge(record) => {
                    remove(&fault.path)?;
                    drop(self.open_layers(record)?);
                    false
                }
                Remedy::Record(record) => {
                    self.commit(record)?;
                    false
                }
                Remedy::Remove => {
                    remove(&fault.path)?;
                    false
                }
                Remedy::Fetch => {
                    remove(&fault.path)?;
                    true
                }
                // Done below, when the records are as they should be.
                Remedy::List => false,
            };
            if fetch {
                let images = records.iter().filter(|record| fault.images.contains(&record.reference));
                for image in images.filter_map(lost_image) {
                    if !lost.contains(&image) {
                        lost.push(image);
                    }
                }
            }
        }
        if !faults.is_empty() {
            self.write_layout()?;
        }
        Ok(lost)
    }

    /// Writes the layout's own files anew.
    fn write_layout(&self) -> Result<()> {
        let _lock = self.lock("index", || ())?;
        let path = self.root().join(index_json::NAME);
        let records = self.refs(&self.root().join("refs")).files()?;
        let records: Vec<ImageRecord> = records.into_iter().filter_map(|(_, record)| record.ok().flatten()).collect();
        TempFile::put(&self.temp(), &index_json::anew(&path, &records)?, &path)?;
        TempFile::put(&self.temp(), index_json::OCI_LAYOUT, &self.root().join("oci-layout"))?;
        sync_dir(self.root())
    }
}

fn lost_image(record: &ImageRecord) -> Option<Lost> {
    let reference: Reference = record.reference.parse().ok()?;
    debug_assert_eq!(key(&reference), record.reference);
    Some(Lost { reference: reference.pinned(record.digest), platform: record.platform.clone() })
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StoreError::io("remove", path)),
    }
}

/// Now, in seconds since 1970-01-01 UTC.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |time| time.as_secs())
}

/// Why a file could not be read: it is a fault of the file, or of the disk.
struct Unread(StoreError);

impl Unread {
    /// The fault of the file, in words.
    fn told(self) -> Result<Option<String>> {
        match self.0 {
            error if error.is_not_found() => Ok(Some("it is missing".into())),
            StoreError::Damaged { reason, .. } => Ok(Some(reason)),
            // A block that cannot be read, for one. The others can be checked still.
            StoreError::Io { source, .. } => Ok(Some(format!("it cannot be read: {source}"))),
            error => Err(error),
        }
    }
}

/// Reads a file to its end; its length.
fn read_file(path: &Path, mut take: impl FnMut(&[u8])) -> Result<u64, Unread> {
    let (mut file, _) = open_regular(path).map_err(Unread)?;
    let mut buffer = vec![0; PIECE];
    let mut length = 0;
    loop {
        let count = file.read(&mut buffer).map_err(|error| Unread(StoreError::io("read", path)(error)))?;
        if count == 0 {
            return Ok(length);
        }
        length += count as u64;
        take(buffer.get(..count).unwrap_or_default());
    }
}
