//! What is told of an image when somebody asks for all of it.

use serde::Serialize;
use wcr_image::{Digest, History, ImageConfig, Limits, MediaType, Reference};

use crate::error::{Result, StoreError};
use crate::files::read_small;
use crate::record::ImageRecord;
use crate::store::Store;

/// All that is known of an image; serialises with the field names of `docker inspect`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspection {
    /// The digest of the configuration: the image's identity.
    pub id: Digest,
    /// The tags it goes by.
    pub repo_tags: Vec<String>,
    /// The digests it can be pulled by.
    pub repo_digests: Vec<String>,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// The CPU architecture.
    pub architecture: String,
    /// The variant of the architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The operating system.
    pub os: String,
    /// The decompressed size, in bytes.
    pub size: u64,
    /// How a container is started.
    pub config: wcr_image::RunConfig,
    /// What the layers hash to.
    #[serde(rename = "RootFS")]
    pub rootfs: wcr_image::RootFs,
    /// How the layers came about.
    pub history: Vec<History>,
    /// The manifest.
    pub descriptor: wcr_image::Descriptor,
}

impl Store {
    /// All that is known of the image, if it is in the store.
    ///
    /// # Errors
    /// [`StoreError`] when the record or the configuration cannot be read.
    pub fn inspect(&self, reference: &Reference) -> Result<Option<Inspection>> {
        let Some(record) = self.resolve(reference)? else { return Ok(None) };
        let path = self.blob_path(&record.config.digest);
        let missing = || StoreError::Damaged { path: path.clone(), reason: "it is missing".into() };
        let content = read_small(&path, Limits::DEFAULT.config)?.ok_or_else(missing)?;
        let actual = Digest::of(&content);
        if actual != record.config.digest {
            return Err(StoreError::Digest { what: "configuration", expected: record.config.digest, actual });
        }
        let config = match MediaType::parse(&record.config.media_type) {
            Some(MediaType::WasmConfig) => ImageConfig::parse_artifact(&content, &Limits::DEFAULT)?,
            _ => ImageConfig::parse(&content, &Limits::DEFAULT)?,
        };
        let (mut repo_tags, mut repo_digests) = (Vec::new(), Vec::new());
        for other in self.list()?.iter().filter(|other| other.config.digest == record.config.digest) {
            names(other, &mut repo_tags, &mut repo_digests);
        }
        Ok(Some(Inspection {
            id: record.config.digest,
            repo_tags,
            repo_digests,
            size: record.size(),
            created: config.created,
            architecture: config.architecture,
            variant: config.variant,
            os: config.os,
            config: config.config,
            rootfs: config.rootfs,
            history: config.history,
            descriptor: record.manifest,
        }))
    }
}

fn names(record: &ImageRecord, tags: &mut Vec<String>, digests: &mut Vec<String>) {
    let Ok(reference) = record.reference.parse::<Reference>() else { return };
    if reference.digest().is_none() {
        tags.push(reference.familiar());
    }
    let pinned = reference.pinned(record.digest).familiar();
    if !digests.contains(&pinned) {
        digests.push(pinned);
    }
}
