//! What the store remembers of an image, in one small file a reference.

use serde::{Deserialize, Serialize};
use wcr_image::{Compression, Descriptor, Digest, Platform, RunConfig};

use crate::ingest::LayerSpec;

/// An image in the store, with all that starting a container needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// The canonical reference it was pulled by.
    pub reference: String,
    /// What the reference led to in the registry: the digest of the index, or of the manifest when there is no index.
    pub digest: Digest,
    /// The manifest of the image for this platform.
    pub manifest: Descriptor,
    /// The configuration's blob; its digest is the image's identity.
    pub config: Descriptor,
    /// What the image is for.
    pub platform: Platform,
    /// When the image was made, RFC 3339, as its maker says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it was pulled, in seconds since 1970-01-01 UTC.
    pub pulled: u64,
    /// The layers, the lowest first.
    pub layers: Vec<LayerRecord>,
    /// How a container is started.
    pub run: RunConfig,
}

/// A layer of an image in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRecord {
    /// The digest of the blob.
    pub digest: Digest,
    /// The length of the blob, in bytes.
    pub size: u64,
    /// The digest of the layer's tar.
    pub diff_id: Digest,
    /// The length of the layer's tar, in bytes.
    pub tar_size: u64,
    /// Whether the blob is gzip.
    pub gzip: bool,
    /// Whether the blob is zstd; without either it is a plain tar.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub zstd: bool,
}

impl ImageRecord {
    /// The image's size in the store, decompressed, in bytes: what tables show.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.tar_size).sum()
    }
}

impl LayerRecord {
    /// What is remembered of a layer whose tar has `tar_size` bytes.
    #[must_use]
    pub const fn new(spec: &LayerSpec, tar_size: u64) -> Self {
        Self {
            digest: spec.digest,
            size: spec.size,
            diff_id: spec.diff_id,
            tar_size,
            gzip: matches!(spec.compression, Compression::Gzip),
            zstd: matches!(spec.compression, Compression::Zstd),
        }
    }

    /// What the blob is compressed with.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        match self {
            Self { gzip: true, .. } => Compression::Gzip,
            Self { zstd: true, .. } => Compression::Zstd,
            _ => Compression::None,
        }
    }
}
