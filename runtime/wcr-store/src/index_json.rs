//! The layout's own table of contents (OCI image-spec `image-layout.md`), for other tools.

use serde_json::{Value, json};
use std::path::Path;

use crate::error::Result;
use crate::files::{TempFile, read_small};
use crate::record::ImageRecord;

/// What `oci-layout` says.
pub(crate) const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// The annotation that names an image.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const LONGEST: u64 = 64 << 20;

/// An index without images.
pub(crate) fn empty() -> Vec<u8> {
    format!("{}", json!({"schemaVersion": 2, "manifests": []})).into_bytes()
}

/// Lists `record` under its reference, in place of what had this name; other entries stay as they are. An
/// index that is damaged is made anew from `all` records. Gives back the new index on its way, `None` when
/// nothing changes.
pub(crate) fn list(
    path: &Path,
    temp: &Path,
    record: &ImageRecord,
    all: impl FnOnce() -> Vec<ImageRecord>,
) -> Result<Option<TempFile>> {
    let content = read_small(path, LONGEST)?.unwrap_or_default();
    let parsed = serde_json::from_slice::<Value>(&content).ok();
    let parsed = parsed.filter(|index| index.get("manifests").is_some_and(Value::is_array));
    let sound = parsed.is_some();
    let mut index =
        parsed.unwrap_or_else(|| json!({"schemaVersion": 2, "manifests": all().iter().map(entry).collect::<Vec<_>>()}));
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else { return Ok(None) };
    let entry = entry(record);
    let name = |entry: &Value| entry.get("annotations").and_then(|all| all.get(REF_NAME)).cloned();
    let wanted = name(&entry);
    match manifests.iter_mut().find(|old| name(old) == wanted) {
        Some(old) if *old == entry && sound => return Ok(None),
        Some(old) => *old = entry,
        None => manifests.push(entry),
    }
    TempFile::with(temp, index.to_string().as_bytes()).map(Some)
}

fn entry(record: &ImageRecord) -> Value {
    json!({
        "mediaType": record.manifest.media_type,
        "digest": record.manifest.digest,
        "size": record.manifest.size,
        "platform": record.platform,
        "annotations": { REF_NAME: record.reference },
    })
}
