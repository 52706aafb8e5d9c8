//! The built-in image in the form in which the store keeps images: plain tar, index, configuration and manifest.

use std::path::Path;

use serde_json::{Value, json};
use wcr_image::{Digest, index_tar};

use crate::{Module, PackError, make_dir, rootfs, write_if_changed};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Writes `layer.tar`, `layer.idx`, `config.json` and `manifest.json` into `folder`.
pub fn write(folder: &Path, modules: &[Module]) -> Result<(), PackError> {
    let layer = rootfs::layer(modules)?;
    let index = index_tar(&layer)?;
    let config = config(&Digest::of(&layer)).to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, config.as_bytes()),
        "layers": [descriptor(LAYER, &layer)],
    });
    make_dir(folder)?;
    write_if_changed(&folder.join("layer.tar"), &layer)?;
    write_if_changed(&folder.join("layer.idx"), &index)?;
    write_if_changed(&folder.join("config.json"), config.as_bytes())?;
    write_if_changed(&folder.join("manifest.json"), manifest.to_string().as_bytes())
}

/// The platform is the one of the image it stands in for, so that it is chosen wherever that would be.
fn config(diff_id: &Digest) -> Value {
    json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-01-01T00:00:00Z",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": ["sh"],
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id.to_string()] },
    })
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len() })
}
