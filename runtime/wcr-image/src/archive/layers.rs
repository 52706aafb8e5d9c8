//! The layers of an image in an archive: from the file in it to tar and index.

use std::collections::BTreeMap;

use bytes::Bytes;
use wcr_vfs::layer::{Layer, LayerIndex};

use super::files::{Files, Part};
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

/// A layer as it lies in an archive; nothing of it is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedLayer {
    /// Where it is.
    pub part: Part,
    /// Its digest, if the archive names it by that.
    pub digest: Option<Digest>,
    /// What its tar has to hash to.
    pub diff_id: Digest,
    /// What it is compressed with.
    pub compression: Compression,
}

/// The layers at their places.
pub(super) fn packed(files: &Files, layers: &[LayerFile], diff_ids: &[Digest]) -> Result<Vec<PackedLayer>> {
    let packed = |(layer, diff_id): (&LayerFile, &Digest)| {
        let found = files.need("the layer", &layer.path)?;
        let actual = found.part.size;
        if let Some(expected) = layer.size.filter(|size| *size != actual) {
            return Err(in_archive(found.path)(ImageError::Length { expected, actual }));
        }
        let compression = match layer.compression {
            Some(compression) => compression,
            None => kind::compression(&files.start(found.part)?),
        };
        Ok(PackedLayer { part: found.part, digest: layer.digest, diff_id: *diff_id, compression })
    };
    layers.iter().zip(diff_ids).map(packed).collect()
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
                let content = files.document("a layer", found.part, limits.layer)?;
                let loaded = read(layer, &content, *diff_id, limits).map_err(in_archive(found.path))?;
                if loaded.tar.as_ptr() != content.as_ptr() {
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

fn read(layer: &LayerFile, content: &Bytes, diff_id: Digest, limits: &Limits) -> Result<ArchivedLayer> {
    let actual = content.len() as u64;
    if let Some(expected) = layer.size.filter(|size| *size != actual) {
        return Err(ImageError::Length { expected, actual });
    }
    if let Some(digest) = layer.digest {
        verified("digest", content, digest)?;
    }
    let tar = match layer.compression.unwrap_or_else(|| kind::compression(content)) {
        Compression::None => content.clone(),
        compression => Inflater::whole("a layer", compression, content, limits)?.into(),
    };
    verified("diff-id", &tar, diff_id)?;
    let mut indexer = LayerIndexer::new(limits, unlabelled);
    indexer.push(&tar)?;
    Ok(ArchivedLayer { index: indexer.finish(diff_id)?.into(), tar, diff_id })
}
