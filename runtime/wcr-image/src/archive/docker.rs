//! Docker's own format: `manifest.json` names each image's configuration and layers by their paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::files::{Files, Part};
use super::layers::LayerFile;
use super::{ArchivedImage, Config};
use crate::config::or_default;
use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result, read_json_array};
use crate::reference::Reference;

/// The list of images.
pub(super) const MANIFEST: &str = "manifest.json";
/// Where newer archives keep what is named by its digest.
const BLOBS: &str = "blobs/sha256/";

/// One image. Go writes `null` for an empty list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    config: String,
    #[serde(default, deserialize_with = "or_default")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    layers: Vec<String>,
}

/// The images that `manifest` lists.
pub(super) fn images(files: &Arc<Files>, manifest: Part, limits: &Limits) -> Result<Vec<ArchivedImage>> {
    let manifest = files.document("the archive's manifest.json", manifest, limits.manifest)?;
    let listed: Vec<Image> = read_json_array(MANIFEST, &manifest)?;
    if listed.len() > limits.index_entries {
        return Err(ImageError::limit("the archive", limits.index_entries as u64, "images"));
    }
    // Several images may share a configuration; it is read once.
    let mut configs: BTreeMap<String, Arc<Config>> = BTreeMap::new();
    let mut images = Vec::new();
    for image in listed {
        if image.layers.len() > limits.layers {
            return Err(ImageError::limit("the archive's manifest.json", limits.layers as u64, "layers an image"));
        }
        let config = match configs.get(&image.config) {
            Some(config) => Arc::clone(config),
            None => {
                let part = files.need("the configuration", &image.config)?.part;
                let json = files.document("the configuration", part, limits.config)?;
                let config = Arc::new(Config::read(&image.config, &json, named_digest(&image.config), limits)?);
                configs.insert(image.config, Arc::clone(&config));
                config
            }
        };
        config.parsed.check_layers(image.layers.len())?;
        images.push(ArchivedImage {
            names: names(&image.repo_tags)?,
            config,
            manifest: None,
            layers: image.layers.into_iter().map(layer).collect(),
            files: Arc::clone(files),
            limits: *limits,
        });
    }
    Ok(images)
}

fn names(tags: &[String]) -> Result<Vec<Reference>> {
    let malformed =
        |error: crate::ReferenceError| ImageError::Document { document: MANIFEST, reason: error.to_string() };
    tags.iter().map(|tag| tag.parse().map_err(malformed)).collect()
}

/// Other names with hex digits in them are of Docker's old identities, which are no digests.
fn layer(path: String) -> LayerFile {
    let digest = path.strip_prefix(BLOBS).and_then(|hex| Digest::from_hex(hex).ok());
    LayerFile { path, digest, size: None, compression: None }
}

/// The digest that a configuration's path names: `HEX.json`, `sha256:HEX` or `blobs/sha256/HEX`.
fn named_digest(path: &str) -> Option<Digest> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".json").unwrap_or(name);
    Digest::from_hex(name.strip_prefix("sha256:").unwrap_or(name)).ok()
}
