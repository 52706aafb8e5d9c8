//! What can go wrong in the store.

use std::io;
use std::path::{Path, PathBuf};

use wcr_image::{Class, Digest, ImageError};

/// A result with a [`StoreError`].
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file operation failed.
    #[error("cannot {operation} {}: {source}{}", path.display(), advice(source))]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The store was written by a newer wcr.
    #[error(
        "the store {} has version {found}, this wcr knows versions up to {known}; nothing was changed; \
         use a newer wcr, or another store by setting WCR_ROOT",
        path.display()
    )]
    Newer {
        /// The store's folder.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The newest version this wcr knows.
        known: u32,
    },
    /// The folder holds something else.
    #[error("{} is not empty and no store of wcr; nothing was changed; set WCR_ROOT to another folder", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing says where the store should be.
    #[error("there is no home folder to keep the store in; set WCR_ROOT to a folder")]
    NoHome,
    /// A file of the store is not what it must be.
    #[error("{} is damaged: {reason}; pull the image again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that is to be given has a digest.
    #[error("{name} cannot be given to an image: it has a digest, which the image's content alone decides")]
    TagWithDigest {
        /// The name.
        name: String,
    },
    /// An image that is to be removed is in use.
    #[error("{image} is being used: a container has it, or it is being stored; remove that, or use --force")]
    InUse {
        /// The image's name.
        image: String,
    },
    /// Another container has the name.
    #[error(
        "the container name \"{name}\" is already in use by {}; remove or rename that one to use the name again",
        holder(id)
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The ID of who has it.
        id: String,
    },
    /// Somebody is about to change the container.
    #[error("container {container} is being changed by another command; try again")]
    Busy {
        /// The container.
        container: String,
    },
    /// Content does not hash to its digest.
    #[error("{what} {expected} is corrupt: the content has digest {actual}")]
    Digest {
        /// What the content is: `blob`, `layer`.
        what: &'static str,
        /// The digest it should have.
        expected: Digest,
        /// The digest it has.
        actual: Digest,
    },
    /// A blob of an image is not there.
    #[error("blob {digest} is missing in the store; pull the image again")]
    Missing {
        /// The blob.
        digest: Digest,
    },
    /// Content is longer or shorter than its descriptor says.
    #[error("blob {digest} is corrupt: {expected} bytes were announced, {} came", came(*actual, *expected))]
    Length {
        /// The blob.
        digest: Digest,
        /// The length it should have.
        expected: u64,
        /// The length it has; one more than expected when it is only known to be longer.
        actual: u64,
    },
    /// A layer cannot be read.
    #[error("layer {digest}: {source}")]
    Layer {
        /// The layer's blob.
        digest: Digest,
        /// Why.
        #[source]
        source: Box<ImageError>,
    },
    /// An archive of images is refused.
    #[error(transparent)]
    Archive(ImageError),
    /// A document of an image cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A part of wcr itself ended early.
    #[error("a thread of wcr ended unexpectedly while it stored layer {digest}; this is a bug")]
    Thread {
        /// The layer's blob.
        digest: Digest,
    },
}

/// Who has a name: whoever has just taken it has not said so yet.
fn holder(id: &str) -> String {
    if id.is_empty() { "a container that is just being made".to_owned() } else { format!("container \"{id}\"") }
}

impl StoreError {
    /// The class of the failure.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Digest { .. } | Self::Length { .. } => Class::Integrity,
            Self::Layer { source, .. } => source.class(),
            Self::Image(source) | Self::Archive(source) => source.class(),
            Self::TagWithDigest { .. } => Class::Usage,
            Self::InUse { .. } | Self::NameTaken { .. } | Self::Busy { .. } => Class::Conflict,
            _ => Class::Store,
        }
    }

    pub(crate) fn io(operation: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { operation, path, source }
    }

    /// Whether the file operation failed because there is no such file.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

impl StoreError {
    /// Whether a file of the store is not what it must be.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space and try again",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; give this user access, or set WCR_ROOT to another folder"
        }
        _ => "",
    }
}

fn came(actual: u64, expected: u64) -> String {
    if actual > expected { "more".into() } else { format!("{actual}") }
}
