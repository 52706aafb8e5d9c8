//! The formats of OCI and Docker images, without any host I/O: references, digests, manifests,
//! configurations, the way from a layer's tar stream to the layer's index, and images in an archive.

#![forbid(unsafe_code)]

mod archive;
mod changes;
mod config;
mod digest;
mod error;
mod export;
mod inflate;
mod inode_tar;
mod manifest;
mod media;
mod packed_tar;
mod platform;
mod reference;
mod tar;
mod wasm;
mod zstd;

pub use archive::{
    Archive, ArchivedImage, ArchivedLayer, Contents, PackedLayer, Part, Source, TableOfContents, compression_of,
};
pub use changes::write_changes;
pub use config::{Healthcheck, History, ImageConfig, RootFs, RunConfig};
pub use digest::{Digest, DigestError, Hasher};
pub use error::{Class, ImageError, Limits, Result};
pub use export::export_tree;
pub use inflate::{Inflater, Step};
pub use inode_tar::{InodeTar, Inodes};
pub use manifest::{Descriptor, Document, Index, Manifest};
pub use media::{Compression, MediaType};
pub use packed_tar::PackedTar;
#[cfg(not(target_family = "wasm"))]
pub use packed_tar::pack_tar;
pub use platform::{Platform, PlatformError};
pub use reference::{Reference, ReferenceError, ReferenceReason};
pub use tar::{Labeller, LayerIndexer, TarWriter, index_tar};
pub use wasm::artifact_layer;
