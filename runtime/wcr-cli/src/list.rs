//! `wcr list`.

use anyhow::Result;
use serde::Serialize;
use wcr_image::Reference;
use wcr_store::{ImageRecord, Store};

use crate::args::ListArgs;
use crate::text::{safe, size};
use crate::{output, when};

/// One image, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Row {
    repository: String,
    tag: Option<String>,
    digest: String,
    platform: String,
    /// In bytes, decompressed.
    size: u64,
    /// RFC 3339.
    pulled: String,
    #[serde(skip)]
    pulled_seconds: u64,
}

impl From<&ImageRecord> for Row {
    fn from(record: &ImageRecord) -> Self {
        let (repository, tag) = match record.reference.parse::<Reference>() {
            Ok(reference) => (reference.familiar_name(), reference.tag().map(Into::into)),
            Err(_) => (record.reference.clone(), None),
        };
        Self {
            repository,
            tag,
            digest: record.digest.to_string(),
            platform: record.platform.to_string(),
            size: record.size(),
            pulled: when::rfc3339(record.pulled),
            pulled_seconds: record.pulled,
        }
    }
}

/// Lists the images in the store.
pub(crate) fn list(args: &ListArgs) -> Result<u8> {
    let rows: Vec<Row> = Store::open_default()?.list()?.iter().map(Row::from).collect();
    if args.json {
        return output::print_json(&rows);
    }
    let now = when::now();
    let mut table = vec![["REPOSITORY", "TAG", "DIGEST", "SIZE", "PULLED"].map(str::to_owned)];
    table.extend(rows.iter().map(|row| {
        let hex = row.digest.trim_start_matches("sha256:");
        let digest = hex.get(..12).unwrap_or(hex).to_owned();
        let tag = row.tag.clone().unwrap_or_else(|| "<none>".into());
        [safe(&row.repository), safe(&tag), digest, size(row.size), when::ago(row.pulled_seconds, now)]
    }));
    Ok(output::print(&output::table(&table)))
}
