//! The local store: images kept by the digests of their parts, crash-safe, ready to be mounted.
//!
//! The store's folder is an OCI image layout (`oci-layout`, `index.json`, `blobs/sha256/`), so that
//! skopeo, umoci and crane read it as it is. Beside that it has
//!
//! - `layers/DIFF-ID.tar` and `layers/DIFF-ID.idx`: each layer decompressed, and its index;
//! - `refs/`: one record a reference, with all that starting a container needs to know of its image;
//! - `containers/`: a folder a container, see `containers.rs`;
//! - `events.json`: what has happened, see `events.rs`;
//! - `tmp/` and `locks/`: files under way, and what keeps processes out of each other's;
//! - `version`: the version of all this.
//!
//! A file gets its final name only when its content is complete, verified and on the disk.

#![deny(unsafe_code)]

mod buffer;
mod commit;
mod containers;
mod documents;
mod error;
mod events;
mod files;
mod fsck;
mod garbage;
mod hold;
mod image;
mod import;
mod index_json;
mod ingest;
mod inspect;
mod load;
mod location;
mod lock;
mod merged;
mod mmap;
mod names;
mod record;
mod refs;
mod rotated;
mod save;
mod sink;
mod stages;
mod store;
mod tars;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upkeep_tests;
mod usage;

pub use commit::CommitNote;
pub use containers::{ContainerFolder, ContainerLock, FoundContainer, is_container_name};
pub use documents::Stored;
pub use error::{Result, StoreError};
pub use events::{Actor, Event, EventKind, Events};
pub use fsck::{Fault, Lost, Remedy};
pub use garbage::{Part, PartKind, Prune, Pruned};
pub use image::Image;
pub use import::ImportOptions;
pub use ingest::{LayerSpec, LayerWriter};
pub use inspect::Inspection;
pub use load::{ArchiveInput, Loaded};
pub use location::default_root;
pub use lock::Lock;
pub use mmap::Mapped;
pub use names::Untagged;
pub use record::{ImageRecord, LayerRecord};
pub use rotated::{RotatedLines, rotate};
pub use save::{SaveFormat, Saved};
pub use store::Store;
pub use usage::{Share, Usage};
