//! The layout's own table of contents (OCI image-spec `image-layout.md`), for other tools.

use std::path::Path;

use serde_json::{Value, json};
use wcr_image::Descriptor;

use crate::error::Result;
use crate::files::{TempFile, read_small};
use crate::record::ImageRecord;

/// The file's name.
pub(crate) const NAME: &str = "index.json";
/// What `oci-layout` says.
pub(crate) const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// The annotation that names an image.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const LONGEST: u64 = 64 << 20;

/// Whether this is what makes a folder an image layout of the version that is known, in whatever form.
pub(crate) fn is_mark(content: &[u8]) -> bool {
    serde_json::from_slice::<Value>(content).is_ok_and(|mark| mark["imageLayoutVersion"] == "1.0.0")
}

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
    let parsed = read(path)?;
    let sound = parsed.is_some();
    let mut index =
        parsed.unwrap_or_else(|| json!({"schemaVersion": 2, "manifests": all().iter().map(entry).collect::<Vec<_>>()}));
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else { return Ok(None) };
    let entry = entry(record);
    match manifests.iter_mut().find(|old| name(old) == Some(&record.reference)) {
        Some(old) if *old == entry && sound => return Ok(None),
        Some(old) => *old = entry,
        None => manifests.push(entry),
    }
    TempFile::with(temp, index.to_string().as_bytes()).map(Some)
}

/// Takes the images of these names off the list. Gives back the new index on its way, `None` when nothing changes.
pub(crate) fn unlist(path: &Path, temp: &Path, names: &[&str]) -> Result<Option<TempFile>> {
    let Some(mut index) = read(path)? else { return Ok(None) };
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else { return Ok(None) };
    let before = manifests.len();
    manifests.retain(|entry| !name(entry).is_some_and(|name| names.contains(&name)));
    if manifests.len() == before {
        return Ok(None);
    }
    TempFile::with(temp, index.to_string().as_bytes()).map(Some)
}

/// What is listed, with the names; entries that make no sense are left out.
pub(crate) fn entries(path: &Path) -> Result<Vec<(Option<String>, Descriptor)>> {
    let index = read(path)?.unwrap_or_default();
    let manifests = index.get("manifests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |entry: &Value| Some((name(entry).map(str::to_owned), serde_json::from_value(entry.clone()).ok()?));
    Ok(manifests.iter().filter_map(read).collect())
}

/// Whether the list has all these images as they are; `None` when it is no list.
pub(crate) fn is_complete(path: &Path, records: &[ImageRecord]) -> Result<Option<bool>> {
    let Some(index) = read(path)? else { return Ok(None) };
    let listed = index.get("manifests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(Some(records.iter().all(|record| listed.contains(&entry(record)))))
}

/// A list of these images, which keeps what others have listed in `path`.
pub(crate) fn anew(path: &Path, records: &[ImageRecord]) -> Result<Vec<u8>> {
    let mut index = read(path)?.unwrap_or_else(|| json!({"schemaVersion": 2, "manifests": []}));
    if let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) {
        manifests.retain(|entry| !records.iter().any(|record| name(entry) == Some(&record.reference)));
        manifests.extend(records.iter().map(entry));
    }
    Ok(index.to_string().into_bytes())
}

/// The list as it is; `None` when it is missing or no such list.
fn read(path: &Path) -> Result<Option<Value>> {
    let content = read_small(path, LONGEST)?.unwrap_or_default();
    let parsed = serde_json::from_slice::<Value>(&content).ok();
    Ok(parsed.filter(|index| index.get("manifests").is_some_and(Value::is_array)))
}

/// The name in an entry of the list.
fn name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
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
