//! Archives of images: what `docker save`, `podman save` and `skopeo copy` write into one file.
//!
//! Two formats, and both at once in what newer Dockers write: Docker's own with `manifest.json`, and an
//! OCI image layout with `oci-layout` and `index.json`. The layout is preferred where both are there, as
//! it has more digests. Nothing in an archive is trusted: paths and links stay within it, and what an
//! image says about a part's length and digest is checked before the part is handed out.

mod contents;
mod docker;
mod files;
mod kind;
mod layers;
mod layout;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

use crate::config::ImageConfig;
use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result, shown};
use crate::inflate::Inflater;
use crate::media::Compression;
use crate::platform::Platform;
use crate::reference::Reference;
use files::Files;
use layers::LayerFile;

pub use contents::TableOfContents;
pub use files::{Part, Source};
pub use kind::compression as compression_of;
pub use layers::{ArchivedLayer, PackedLayer};

/// An archive of images.
#[derive(Debug)]
pub struct Archive {
    images: Vec<ArchivedImage>,
}

/// One image of an archive: its configuration is read and verified, its layers are not yet.
#[derive(Debug, Clone)]
pub struct ArchivedImage {
    names: Vec<Reference>,
    config: Arc<Config>,
    /// The media type and the content, where the archive has one.
    manifest: Option<(String, Bytes)>,
    layers: Vec<LayerFile>,
    files: Arc<Files>,
    limits: Limits,
}

/// An image out of an archive, every byte of it verified.
#[derive(Debug)]
pub struct Contents {
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, the lowest first.
    pub layers: Vec<ArchivedLayer>,
}

/// A configuration, as it lies in the archive and read.
#[derive(Debug)]
struct Config {
    digest: Digest,
    json: Bytes,
    parsed: ImageConfig,
}

impl Archive {
    /// Reads what is in an archive; the layers are left for [`ArchivedImage::load`].
    ///
    /// # Errors
    /// [`ImageError::NotAnArchive`] for anything else, [`ImageError::Tar`], [`ImageError::Gzip`],
    /// [`ImageError::ArchivePath`], [`ImageError::Missing`] and [`ImageError::InArchive`] for a malformed one,
    /// [`ImageError::Limit`].
    pub fn open(bytes: impl Into<Bytes>, limits: &Limits) -> Result<Self> {
        let tar = decompressed(bytes.into(), limits)?;
        if tar.len() as u64 > limits.archive {
            return Err(ImageError::limit("the archive", limits.archive, "bytes"));
        }
        let mut contents = TableOfContents::new(limits);
        contents.push(&tar)?;
        contents.finish(Arc::new(tar))
    }

    /// Reads what is in a folder: its files, with their lengths, in the order of the source's numbers.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_folder(files: Vec<(Vec<u8>, u64)>, source: Arc<dyn Source>, limits: &Limits) -> Result<Self> {
        Self::of(Files::of_folder(files, source)?, limits)
    }

    fn of(files: Files, limits: &Limits) -> Result<Self> {
        let layout = files.get(layout::MARK)?.is_some() && files.get(layout::INDEX)?.is_some();
        let files = Arc::new(files);
        let images = if layout {
            layout::images(&files, limits)?
        } else if let Some(manifest) = files.get(docker::MANIFEST)? {
            docker::images(&files, manifest.part, limits)?
        } else {
            return Err(ImageError::NotAnArchive { found: kind::of_files(&files) });
        };
        if images.is_empty() {
            return Err(ImageError::NotAnArchive { found: "an archive whose list of images is empty".into() });
        }
        Ok(Self { images })
    }

    /// The images, in the archive's order; an image for several platforms is several.
    #[must_use]
    pub fn images(&self) -> &[ArchivedImage] {
        &self.images
    }

    /// The image of this name, or the only one, for the platform `wanted`.
    ///
    /// # Errors
    /// [`ImageError::NotInArchive`], [`ImageError::NoPlatform`], and [`ImageError::Ambiguous`] when no name is
    /// given and there are several.
    pub fn choose(&self, name: Option<&Reference>, wanted: &Platform) -> Result<&ArchivedImage> {
        let named = |image: &&ArchivedImage| name.is_none_or(|name| image.names.contains(name));
        let candidates: Vec<&ArchivedImage> = self.images.iter().filter(named).collect();
        if let (Some(name), true) = (name, candidates.is_empty()) {
            return Err(ImageError::NotInArchive { wanted: Box::new(name.clone()), offered: names(&self.images) });
        }
        let exact = |image: &&&ArchivedImage| image.platform() == *wanted;
        let suits = |image: &&&ArchivedImage| image.config.parsed.check_platform(wanted).is_ok();
        let first = candidates.iter().find(exact).or_else(|| candidates.iter().find(suits));
        let Some(first) = first else {
            let offered = candidates.iter().map(|image| image.platform()).collect();
            return Err(ImageError::NoPlatform { wanted: wanted.clone(), offered });
        };
        // Variants of one image share a name; anything else would be a guess.
        let other = |image: &&&ArchivedImage| suits(image) && (image.names != first.names || image.names.is_empty());
        if name.is_none() && candidates.iter().filter(|image| !core::ptr::eq(**image, *first)).any(|i| other(&i)) {
            return Err(ImageError::Ambiguous { platform: wanted.clone(), offered: names(&self.images) });
        }
        Ok(first)
    }
}

impl ArchivedImage {
    /// What the image is called; an image saved by its digest has no name.
    #[must_use]
    pub fn names(&self) -> &[Reference] {
        &self.names
    }

    /// The digest of the configuration, which Docker calls the image's ID.
    #[must_use]
    pub fn config_digest(&self) -> Digest {
        self.config.digest
    }

    /// The configuration as it lies in the archive.
    #[must_use]
    pub fn config_json(&self) -> &Bytes {
        &self.config.json
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ImageConfig {
        &self.config.parsed
    }

    /// What the image is for.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.config.parsed.platform()
    }

    /// The manifest as it lies in the archive, and its media type; Docker's own format has none.
    #[must_use]
    pub fn manifest(&self) -> Option<(&str, &Bytes)> {
        self.manifest.as_ref().map(|(media_type, content)| (media_type.as_str(), content))
    }

    /// Where the layers are, the lowest first. Nothing of them is verified.
    ///
    /// # Errors
    /// [`ImageError::Missing`], and [`ImageError::InArchive`] for a layer that has not the length it should have.
    pub fn packed_layers(&self) -> Result<Vec<PackedLayer>> {
        layers::packed(&self.files, &self.layers, &self.config.parsed.rootfs.diff_ids)
    }

    /// Takes the layers out, with their digests, diff-ids and tars verified.
    ///
    /// # Errors
    /// [`ImageError::Missing`], [`ImageError::InArchive`] with [`ImageError::Digest`] and others within, and
    /// [`ImageError::Limit`].
    pub fn load(&self) -> Result<Contents> {
        let layers = layers::load(&self.files, &self.layers, &self.config.parsed.rootfs.diff_ids, &self.limits)?;
        Ok(Contents { config: self.config.parsed.clone(), layers })
    }
}

impl Config {
    /// Reads the configuration at `path`, whose digest has to be `digest` where there is one.
    fn read(path: &str, json: &Bytes, digest: Option<Digest>, limits: &Limits) -> Result<Self> {
        let checked = || {
            let actual = match digest {
                Some(digest) => verified("digest", json, digest)?,
                None => Digest::of(json),
            };
            Ok(Self { digest: actual, json: json.clone(), parsed: ImageConfig::parse(json, limits)? })
        };
        checked().map_err(in_archive(path.as_bytes()))
    }
}

/// The archive without the compression that all of it may have.
fn decompressed(bytes: Bytes, limits: &Limits) -> Result<Bytes> {
    let compression = kind::compression(&bytes);
    if compression == Compression::None {
        return Ok(bytes);
    }
    let limits = Limits { layer: limits.archive, ..*limits };
    Ok(Inflater::whole("the archive", compression, &bytes, &limits)?.into())
}

/// The digest of `content`, which has to be `expected`; `what` names the digest.
fn verified(what: &'static str, content: &[u8], expected: Digest) -> Result<Digest> {
    let actual = Digest::of(content);
    same(what, expected, actual)?;
    Ok(actual)
}

/// Checks a digest.
fn same(what: &'static str, expected: Digest, actual: Digest) -> Result<()> {
    if expected == actual { Ok(()) } else { Err(ImageError::Digest { what, expected, actual }) }
}

/// Says which part of the archive an error is about.
fn in_archive(path: &[u8]) -> impl Fn(ImageError) -> ImageError {
    let part = shown(path);
    move |source| ImageError::InArchive { part: part.clone(), source: Box::new(source) }
}

fn names(images: &[ArchivedImage]) -> Vec<Reference> {
    images.iter().flat_map(|image| image.names.iter().cloned()).collect()
}
