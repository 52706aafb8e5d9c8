//! The documents of images and the blobs that they name, as they lie in the store.

use std::collections::BTreeMap;
use std::fs::File;

use wcr_image::{Descriptor, Digest, Document, ImageConfig, Limits, MediaType, Platform, Reference};

use crate::error::{Result, StoreError};
use crate::files::{open_regular, read_small};
use crate::ingest::LayerSpec;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;

/// A manifest or an index of an image, as it lies in the store.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What it is.
    pub descriptor: Descriptor,
    /// What it says.
    pub document: Document,
    /// The document, byte for byte.
    pub bytes: Vec<u8>,
}

impl Store {
    /// A small blob, verified; `None` when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Digest`], [`StoreError::Io`], [`StoreError::Damaged`] when it is longer than `most` bytes.
    pub fn read_blob(&self, digest: &Digest, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(content) = read_small(&self.blob_path(digest), most)? else { return Ok(None) };
        let actual = Digest::of(&content);
        if actual != *digest {
            return Err(StoreError::Digest { what: "blob", expected: *digest, actual });
        }
        Ok(Some(content))
    }

    /// A blob to read from, and its length; what is in it is not verified. `None` when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open_blob(&self, digest: &Digest) -> Result<Option<(File, u64)>> {
        match open_regular(&self.blob_path(digest)) {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The manifest or index with this digest; `None` when it is not there.
    ///
    /// # Errors
    /// It cannot be read, or is malformed.
    pub fn document(&self, digest: &Digest) -> Result<Option<Stored>> {
        let limits = Limits::DEFAULT;
        let Some(bytes) = self.read_blob(digest, limits.manifest)? else { return Ok(None) };
        let document = Document::parse(&bytes, None, &limits)?;
        let media_type = match &document {
            Document::Manifest(manifest) => manifest.media_type.clone(),
            Document::Index(index) => index.media_type.clone(),
        };
        let descriptor =
            Descriptor { media_type, digest: *digest, size: bytes.len() as u64, platform: None, annotations: None };
        Ok(Some(Stored { descriptor, document, bytes }))
    }

    /// The documents of an image that the store has: the top one first, then what it lists. The index that the
    /// reference led to is the top one if all that it lists is there, or else the manifest of the image alone.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the image's own manifest is missing; a document cannot be read.
    pub fn documents(&self, record: &ImageRecord) -> Result<Vec<Stored>> {
        if record.digest != record.manifest.digest
            && let Some(whole) = self.family(&record.digest)?
        {
            return Ok(whole);
        }
        let manifest = self.document(&record.manifest.digest)?;
        let path = self.blob_path(&record.manifest.digest);
        Ok(vec![manifest.ok_or_else(|| StoreError::Damaged { path, reason: "it is missing".into() })?])
    }

    /// A document and all that it lists, each once; `None` when something of it is missing.
    fn family(&self, top: &Digest) -> Result<Option<Vec<Stored>>> {
        let (mut found, mut pending) = (Vec::<Stored>::new(), vec![*top]);
        while let Some(digest) = pending.pop() {
            if found.iter().any(|known| known.descriptor.digest == digest) {
                continue;
            }
            let Some(stored) = self.document(&digest)? else { return Ok(None) };
            match &stored.document {
                Document::Index(index) => pending.extend(index.manifests.iter().map(|entry| entry.digest)),
                Document::Manifest(manifest) => {
                    for blob in manifest.layers.iter().chain([&manifest.config]) {
                        if !self.has_blob(&blob.digest, blob.size)? {
                            return Ok(None);
                        }
                    }
                }
            }
            found.push(stored);
        }
        Ok(Some(found))
    }

    /// The record of the image for `platform` that `reference` stands for, if it is in the store: the one that it was
    /// pulled for, or another that the same index lists.
    ///
    /// # Errors
    /// [`StoreError`] when a record or a document cannot be read.
    pub fn resolve_for(&self, reference: &Reference, platform: &Platform) -> Result<Option<ImageRecord>> {
        let Some(record) = self.resolve(reference)? else { return Ok(None) };
        if record.platform.suits(platform) {
            return Ok(Some(record));
        }
        let mut next = record.digest;
        for _ in 0..8 {
            let Some(stored) = self.document(&next)? else { return Ok(None) };
            match &stored.document {
                Document::Manifest(_) => return self.other(&record, &stored, platform),
                Document::Index(index) => match index.candidates(platform)?.first() {
                    Some(entry) => next = entry.digest,
                    None => return Ok(None),
                },
            }
        }
        Ok(None)
    }

    /// A record for another image of the same index, if all of it is there.
    fn other(&self, record: &ImageRecord, stored: &Stored, platform: &Platform) -> Result<Option<ImageRecord>> {
        let Document::Manifest(manifest) = &stored.document else { return Ok(None) };
        if MediaType::parse(&manifest.config.media_type) != Some(MediaType::Config) {
            return Ok(None);
        }
        let limits = Limits::DEFAULT;
        let Some(config) = self.read_blob(&manifest.config.digest, limits.config)? else { return Ok(None) };
        let config = ImageConfig::parse(&config, &limits)?;
        config.check(manifest)?;
        if !config.platform().suits(platform) {
            return Ok(None);
        }
        let mut layers = Vec::new();
        for (layer, diff_id) in manifest.layers.iter().zip(&config.rootfs.diff_ids) {
            let compression = layer.compression()?;
            let spec = LayerSpec { digest: layer.digest, size: layer.size, diff_id: *diff_id, compression };
            let _lock = self.lock_layer(diff_id, || ())?;
            let Some(tar_size) = self.find_layer(&spec)? else { return Ok(None) };
            layers.push(LayerRecord::new(&spec, tar_size));
        }
        Ok(Some(ImageRecord {
            reference: record.reference.clone(),
            digest: record.digest,
            manifest: Descriptor { platform: Some(config.platform()), ..stored.descriptor.clone() },
            config: manifest.config.clone(),
            platform: config.platform(),
            created: config.created.clone(),
            pulled: record.pulled,
            layers,
            run: config.config,
        }))
    }

    /// Repositories of the registry `domain` whose images have these blobs, by the blobs' digests: where a registry can
    /// take them from.
    ///
    /// # Errors
    /// [`StoreError`] when a record cannot be read.
    pub fn repositories(&self, domain: &str, but: &str) -> Result<BTreeMap<Digest, String>> {
        let mut found = BTreeMap::new();
        for record in self.list()? {
            let Ok(reference) = record.reference.parse::<Reference>() else { continue };
            if reference.domain() != domain || reference.path() == but {
                continue;
            }
            for digest in record.layers.iter().map(|layer| layer.digest).chain([record.config.digest]) {
                found.entry(digest).or_insert_with(|| reference.path().to_owned());
            }
        }
        Ok(found)
    }
}
