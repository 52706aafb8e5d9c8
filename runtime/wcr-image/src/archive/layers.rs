//! The layers of an image in an archive: from the file in it to tar and index.

use std::collections::BTreeMap;

use bytes::Bytes;
use wcr_vfs::layer::{Layer, LayerIndex};

use super::files::{Files, Found};
use super::{in_archive, kind, same, verified};
use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result};
use crate::inflate::Inflater;
use crate::media::Compression;
use crate::tar::{LayerIndexer, unlabelled};

/// Where a layer is in the archive, and what the archive says about it.
#[derive(Debug, Clone)]
pub(super) struct LayerFile {
    pub path: String,
    pub digest: Option<Digest>,
    pub size: Option<u64>,
    /// `None`: to be seen from the content.
    pub compression: Option<Compression>,
}

/// A layer out of an archive, verified.
#[derive(Debug, Clone)]
pub struct ArchivedLayer {
    /// The layer's tar, not compressed.
    pub tar: Bytes,
    /// The index of the tar.
    pub index: Bytes,
    /// The digest of the tar.
    pub diff_id: Digest,
}

impl ArchivedLayer {
    /// The layer as the file system mounts it.
    ///
    /// # Errors
    /// [`ImageError::Layer`] when tar and index do not belong together.
    pub fn into_layer(self) -> Result<Layer> {
        Ok(Layer::new(LayerIndex::open(self.index)?, self.tar)?)
    }
}

/// The layers at `paths`, whose tars hash to `diff_ids`.
pub(super) fn load(
    files: &Files,
    layers: &[LayerFile],
    diff_ids: &[Digest],
    limits: &Limits,
) -> Result<Vec<ArchivedLayer>> {
    // A layer may be there several times, and is decompressed once.
    let mut known: BTreeMap<&[u8], ArchivedLayer> = BTreeMap::new();
    let mut decompressed = 0;
    let mut out = Vec::with_capacity(layers.len());
    for (layer, diff_id) in layers.iter().zip(diff_ids) {
        let found = files.need("the layer", &layer.path)?;
        let loaded = match known.get(found.path) {
            Some(loaded) => loaded.clone(),
            None => {
                let loaded = read(layer, found, *diff_id, limits).map_err(in_archive(found.path))?;
                if loaded.tar.as_ptr() != found.content.as_ptr() {
                    decompressed += loaded.tar.len() as u64;
                }
                if decompressed > limits.archive {
                    return Err(ImageError::limit("the image in the archive", limits.archive, "bytes"));
                }
                known.insert(found.path, loaded.clone());
                loaded
            }
        };
        same("diff-id", *diff_id, loaded.diff_id).map_err(in_archive(found.path))?;
        out.push(loaded);
    }
    Ok(out)
}

fn read(layer: &LayerFile, found: Found<'_>, diff_id: Digest, limits: &Limits) -> Result<ArchivedLayer> {
    let actual = found.content.len() as u64;
    if let Some(expected) = layer.size.filter(|size| *size != actual) {
        return Err(ImageError::Length { expected, actual });
    }
    if let Some(digest) = layer.digest {
        verified("digest", found.content, digest)?;
    }
    let tar = match layer.compression.unwrap_or_else(|| kind::compression(found.content)) {
        Compression::None => found.content.clone(),
        compression => Inflater::whole("a layer", compression, found.content, limits)?.into(),
    };
    verified("diff-id", &tar, diff_id)?;
    let mut indexer = LayerIndexer::new(limits, unlabelled);
    indexer.push(&tar)?;
    Ok(ArchivedLayer { index: indexer.finish(diff_id)?.into(), tar, diff_id })
}
