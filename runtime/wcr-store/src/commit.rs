//! An image made of another one and a layer that a container has written over it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use wcr_image::{Compression, Digest, Hasher, History, ImageConfig, Limits, Manifest, PackedLayer, Part, Reference};

use crate::error::{Result, StoreError};
use crate::files::{open_regular, read_small};
use crate::image::read_pieces;
use crate::load::{Opened, nameless};
use crate::record::ImageRecord;
use crate::store::Store;

/// What an image's history says of a layer that a container has written.
#[derive(Debug, Clone, Default)]
pub struct CommitNote {
    /// When it was made, RFC 3339.
    pub created: String,
    /// The container's command line.
    pub created_by: String,
    /// What the user says to it.
    pub comment: Option<String>,
    /// Who has made it.
    pub author: Option<String>,
}

impl Store {
    /// Makes an image of `base` with the tar of a further layer over it, if there is one, and a configuration after
    /// `change`. `name` is what it is called; without one it has only its digest. Gives its identity.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the configuration of `base` is not there; [`StoreError::Layer`], [`StoreError::Io`].
    pub fn commit_container(
        &self,
        base: &ImageRecord,
        tar: Option<&Path>,
        name: Option<&Reference>,
        change: impl FnOnce(&mut ImageConfig),
        note: CommitNote,
    ) -> Result<Digest> {
        let path = self.blob_path(&base.config.digest);
        let missing = || StoreError::Damaged { path: path.clone(), reason: "it is missing".into() };
        let json = read_small(&path, Limits::DEFAULT.config)?.ok_or_else(missing)?;
        let mut config = ImageConfig::parse(&json, &Limits::DEFAULT)?;
        let mut layers = base.layers.clone();
        if let Some(tar) = tar {
            let (file, size) = open_regular(tar)?;
            let mut hasher = Hasher::new();
            read_pieces(&file, tar, |piece| {
                hasher.update(&piece);
                Ok(())
            })?;
            let digest = hasher.finish();
            let part = Part { file: 0, start: 0, size };
            let packed = PackedLayer { part, digest: Some(digest), diff_id: digest, compression: Compression::None };
            let file = File::open(tar).map_err(StoreError::io("open", tar))?;
            let source = Arc::new(Opened::file(file, tar.to_owned(), None));
            layers.push(self.load_layer(&packed, &*source)?);
            config.rootfs.diff_ids.push(digest);
        }
        config.created = Some(note.created.clone());
        config.history.push(History {
            created: Some(note.created),
            created_by: Some(note.created_by),
            comment: note.comment,
            empty_layer: tar.is_none(),
            author: note.author,
        });
        change(&mut config);
        let json = serde_json::to_vec(&config).map_err(|error| StoreError::io("write", self.root())(error.into()))?;
        let of_config = (Digest::of(&json), json.len() as u64);
        self.put_blob(&of_config.0, &json)?;
        let parts = layers.iter().map(|layer| (layer.digest, layer.size, layer.compression()));
        let manifest = Manifest::of(of_config, parts);
        let record =
            self.record_for(manifest.media_type.clone(), manifest.to_json().as_bytes(), config, of_config, layers)?;
        let reference = name.map_or_else(|| nameless(record.digest), Self::filed_as);
        self.commit(&ImageRecord { reference, ..record })?;
        Ok(of_config.0)
    }
}
