//! An OCI image layout (image-spec `image-layout.md`) in an archive: everything but the start is named by its digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::files::{Files, Found};
use super::layers::LayerFile;
use super::{ArchivedImage, Config, in_archive, verified};
use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result};
use crate::manifest::{Descriptor, Document, Manifest};
use crate::media::MediaType;
use crate::reference::Reference;

/// The file that makes a folder an image layout.
pub(super) const MARK: &str = "oci-layout";
/// The list of images.
pub(super) const INDEX: &str = "index.json";

/// How deep an index may lie in other indexes.
const DEEPEST: usize = 4;

/// The full name of an image, as containerd and Docker note it.
const FULL_NAME: &str = "io.containerd.image.name";
/// The name of an image, or only its tag.
const NAME: &str = "org.opencontainers.image.ref.name";

/// The images that the index lists, one a platform.
///
/// An image for several platforms that was saved for one of them still lists the others; those are left out.
pub(super) fn images(files: &Arc<Files>, limits: &Limits) -> Result<Vec<ArchivedImage>> {
    let mut walk = Walk { files, limits, images: Vec::new(), places: BTreeMap::new(), seen: 0, absent: None };
    let index = files.need("the index", INDEX)?;
    walk.document(index, None, 0)?;
    match (walk.images.is_empty(), walk.absent) {
        (true, Some(absent)) => Err(absent),
        _ => Ok(walk.images),
    }
}

struct Walk<'a> {
    files: &'a Arc<Files>,
    limits: &'a Limits,
    images: Vec<ArchivedImage>,
    /// Which image a manifest has become: the same one may be listed under several names.
    places: BTreeMap<Digest, usize>,
    /// How many descriptors have been looked at.
    seen: usize,
    /// The first image that is listed and not there.
    absent: Option<ImageError>,
}

impl Walk<'_> {
    fn document(&mut self, found: Found<'_>, name: Option<&Reference>, depth: usize) -> Result<()> {
        let content = self.files.document("the manifest", found.part, self.limits.manifest)?;
        let document = Document::parse(&content, None, self.limits).map_err(in_archive(found.path))?;
        let Document::Index(index) = document else {
            let expected = "an index of images";
            let media_type = "a manifest".into();
            return Err(in_archive(found.path)(ImageError::MediaType { media_type, expected }));
        };
        for entry in &index.manifests {
            self.seen += 1;
            if self.seen > self.limits.index_entries {
                return Err(ImageError::limit("the archive", self.limits.index_entries as u64, "images"));
            }
            let own = name_of(entry);
            let read = self.entry(entry, own.as_ref().or(name), depth);
            match read {
                Err(error @ ImageError::Missing { .. }) if depth > 0 => {
                    self.absent.get_or_insert(error);
                }
                read => read?,
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Descriptor, name: Option<&Reference>, depth: usize) -> Result<()> {
        if entry.platform.as_ref().is_some_and(crate::Platform::is_unknown) {
            return Ok(());
        }
        match MediaType::parse(&entry.media_type) {
            Some(MediaType::Index) if depth + 1 < DEEPEST => {
                let (found, _) = blob(self.files, "the index", entry, self.limits.manifest)?;
                self.document(found, name, depth + 1)
            }
            Some(MediaType::Index) => Err(ImageError::limit("the nesting of the index", DEEPEST as u64, "levels")),
            Some(MediaType::Manifest) => self.image(entry, name),
            Some(MediaType::Schema1) => Err(ImageError::Schema1),
            // Archives may carry other things beside images.
            _ => Ok(()),
        }
    }

    fn image(&mut self, entry: &Descriptor, name: Option<&Reference>) -> Result<()> {
        if let Some(image) = self.places.get(&entry.digest).and_then(|place| self.images.get_mut(*place)) {
            image
                .names
                .extend(name.filter(|name| !image.names.contains(name)).cloned().into_iter().collect::<Vec<_>>());
            return Ok(());
        }
        let (found, content) = blob(self.files, "the manifest", entry, self.limits.manifest)?;
        let read = || match Document::parse(&content, Some(&entry.media_type), self.limits)? {
            Document::Manifest(manifest) => manifest.check(self.limits).map(|()| manifest),
            Document::Index(_) => Err(ImageError::MediaType { media_type: "an index".into(), expected: "a manifest" }),
        };
        let manifest: Manifest = read().map_err(in_archive(found.path))?;
        let (_, json) = blob(self.files, "the configuration", &manifest.config, self.limits.config)?;
        let config = Config::read(&path(&manifest.config), &json, None, self.limits)?;
        config.parsed.check(&manifest).map_err(in_archive(found.path))?;
        let layers = manifest.layers.iter().map(layer).collect::<Result<_>>()?;
        self.places.insert(entry.digest, self.images.len());
        self.images.push(ArchivedImage {
            names: name.cloned().into_iter().collect(),
            config: Arc::new(config),
            manifest: Some((manifest.media_type, content)),
            layers,
            files: Arc::clone(self.files),
            limits: *self.limits,
        });
        Ok(())
    }
}

fn layer(descriptor: &Descriptor) -> Result<LayerFile> {
    Ok(LayerFile {
        path: path(descriptor),
        digest: Some(descriptor.digest),
        size: Some(descriptor.size),
        compression: Some(descriptor.compression()?),
    })
}

fn path(descriptor: &Descriptor) -> String {
    format!("blobs/sha256/{}", descriptor.digest.hex())
}

/// The document that a descriptor names, verified.
fn blob<'a>(files: &'a Files, what: &'static str, descriptor: &Descriptor, most: u64) -> Result<(Found<'a>, Bytes)> {
    let found = files.need(what, &path(descriptor))?;
    let (expected, actual) = (descriptor.size, found.part.size);
    if expected != actual {
        return Err(in_archive(found.path)(ImageError::Length { expected, actual }));
    }
    let content = files.document(what, found.part, most)?;
    verified("digest", &content, descriptor.digest).map_err(in_archive(found.path))?;
    Ok((found, content))
}

/// What an image is called. A tag alone is no name.
fn name_of(entry: &Descriptor) -> Option<Reference> {
    let remarks = entry.annotations.as_ref()?;
    let full = remarks.get(FULL_NAME).or_else(|| remarks.get(NAME).filter(|name| name.contains(['/', ':'])));
    full.and_then(|name| name.parse().ok())
}
