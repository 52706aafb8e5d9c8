//! The layout's own table of contents (OCI image-spec `image-layout.md`), for other tools.

use serde_json::{Value, json};
use std::path::Path;

use wcr_image::Descriptor;

use crate::error::{Result, StoreError};
use crate::files::{TempFile, read_small};

/// What `oci-layout` says.
pub(crate) const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// The annotation that names an image.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const LONGEST: u64 = 64 << 20;

/// An index without images.
pub(crate) fn empty() -> Vec<u8> {
    format!("{}", json!({"schemaVersion": 2, "manifests": []})).into_bytes()
}

/// Lists `manifest` as `name`, in place of what had this name. Other entries stay as they are. Gives back
/// the new index on its way, `None` when nothing changes.
pub(crate) fn list(path: &Path, temp: &Path, name: &str, manifest: &Descriptor) -> Result<Option<TempFile>> {
    let damaged = |reason: String| StoreError::Damaged { path: path.to_owned(), reason };
    let content = read_small(path, LONGEST)?.filter(|content| !content.is_empty()).unwrap_or_else(empty);
    let mut index: Value = serde_json::from_slice(&content).map_err(|error| damaged(error.to_string()))?;
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else {
        return Err(damaged("it has no `manifests`".into()));
    };
    let entry = json!({
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": manifest.size,
        "platform": manifest.platform,
        "annotations": { REF_NAME: name },
    });
    let same = |old: &Value| old.pointer("/annotations").and_then(|all| all.get(REF_NAME)) == Some(&json!(name));
    match manifests.iter_mut().find(|old| same(old)) {
        Some(old) if *old == entry => return Ok(None),
        Some(old) => *old = entry,
        None => manifests.push(entry),
    }
    TempFile::with(temp, index.to_string().as_bytes()).map(Some)
}
