//! `wcr list`.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use wcr_image::Reference;
use wcr_store::{ImageRecord, Store};

use crate::filter::{Filters, has_label, matches};
use crate::format::{Format, Headings};
use crate::image_args::ListArgs;
use crate::text::size;
use crate::{named, output, when};

/// The table that is printed without a format.
const TABLE: &str = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.Size}}\t{{.PulledSince}}";
const HEADINGS: Headings<'static> = &[
    ("ID", "IMAGE ID"),
    ("Repository", "REPOSITORY"),
    ("Tag", "TAG"),
    ("Digest", "DIGEST"),
    ("Platform", "PLATFORM"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("PulledSince", "PULLED"),
    ("PulledAt", "PULLED AT"),
    ("Size", "SIZE"),
];
const FILTERS: [&str; 5] = ["before", "dangling", "label", "reference", "since"];

/// One image, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Row {
    repository: String,
    tag: Option<String>,
    /// Of the configuration: the image's identity.
    id: String,
    digest: String,
    platform: String,
    /// In bytes, decompressed.
    size: u64,
    /// RFC 3339, as its maker says.
    created: Option<String>,
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
            id: record.config.digest.to_string(),
            digest: record.digest.to_string(),
            platform: record.platform.to_string(),
            size: record.size(),
            created: record.created.clone(),
            pulled: when::rfc3339(record.pulled),
            pulled_seconds: record.pulled,
        }
    }
}

impl Row {
    /// The image as formats and the table show it.
    fn fields(&self, whole: bool, now: u64) -> Value {
        let digits = |digest: &str| match whole {
            true => digest.to_owned(),
            false => digest.trim_start_matches("sha256:").chars().take(12).collect(),
        };
        let created = self.created.as_deref().and_then(when::seconds);
        json!({
            "ID": digits(&self.id),
            "Repository": self.repository,
            "Tag": self.tag.as_deref().unwrap_or("<none>"),
            "Digest": digits(&self.digest),
            "Platform": self.platform,
            "CreatedSince": created.map_or_else(|| "N/A".into(), |at| when::ago(at, now)),
            "CreatedAt": self.created.as_deref().unwrap_or("N/A"),
            "PulledSince": when::ago(self.pulled_seconds, now),
            "PulledAt": self.pulled,
            "Size": size(self.size),
        })
    }

    /// Whether it goes by the name, in which `*` stands for any text: with its tag, or any.
    fn is_named(&self, pattern: &str) -> bool {
        let tag = self.tag.as_deref().unwrap_or_default();
        matches(pattern, &self.repository) || matches(pattern, &format!("{}:{tag}", self.repository))
    }
}

/// Lists the images in the store.
pub(crate) fn list(args: &ListArgs) -> Result<u8> {
    let format = Format::of_list(args.format.as_deref(), args.quiet, TABLE)?;
    let filters = Filters::parse(&args.filter, &FILTERS)?;
    filters.only("dangling", &["true", "false", "1", "0"])?;
    let store = Store::open_default()?;
    let rows = chosen(&store, &filters, args.name.as_deref())?;
    if args.json {
        return output::print_json(&rows);
    }
    let now = when::now();
    let mut rows: Vec<Value> = rows.iter().map(|row| row.fields(args.no_trunc, now)).collect();
    if args.quiet {
        // An image of several names is one image.
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(row["ID"].to_string()));
    }
    Ok(output::print(&format.render(&rows, HEADINGS)?))
}

/// The images that the filters and the name leave.
fn chosen(store: &Store, filters: &Filters, name: Option<&str>) -> Result<Vec<Row>> {
    let made = |record: &ImageRecord| record.created.as_deref().and_then(when::seconds).unwrap_or_default();
    let time_of = |filter| -> Result<Vec<u64>> {
        filters.values(filter).map(|image| Ok(made(&named::one(store, image)?))).collect()
    };
    let (before, since) = (time_of("before")?, time_of("since")?);
    let name = name.map(|name| {
        name.parse::<Reference>().map_or_else(
            |_| name.to_owned(),
            |known| match name.contains(':') {
                true => known.familiar(),
                false => known.familiar_name(),
            },
        )
    });
    let mut rows = Vec::new();
    for record in store.list()? {
        let row = Row::from(&record);
        let suits = filters.any("reference", |pattern| row.is_named(pattern))
            && filters.any("dangling", |value| row.tag.is_none() == matches!(value, "true" | "1"))
            && filters.all("label", |wanted| has_label(&record.run.labels, wanted))
            && before.iter().all(|time| made(&record) < *time)
            && since.iter().all(|time| made(&record) > *time)
            && name.as_ref().is_none_or(|name| row.is_named(name));
        if suits {
            rows.push(row);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(repository: &str, tag: Option<&str>) -> Row {
        Row {
            repository: repository.into(),
            tag: tag.map(Into::into),
            id: "sha256:0123456789abcdef".into(),
            digest: "sha256:fedcba9876543210".into(),
            platform: "linux/amd64".into(),
            size: 4_270_000,
            created: Some("2024-01-01T00:00:00Z".into()),
            pulled: "2024-01-02T00:00:00Z".into(),
            pulled_seconds: 1_704_153_600,
        }
    }

    #[test]
    fn images_are_found_by_patterns_of_their_names() {
        let busybox = row("busybox", Some("1.35"));
        assert!(["busybox", "busybox:1.35", "busy*", "*:1.*"].iter().all(|pattern| busybox.is_named(pattern)));
        assert!(!["busy", "busybox:1.36", "x/busybox"].iter().any(|pattern| busybox.is_named(pattern)));
    }

    #[test]
    fn fields_are_cut_or_whole() {
        let now = 1_704_153_600 + 3 * 86_400;
        let fields = row("a", None).fields(false, now);
        assert_eq!((&fields["ID"], &fields["Digest"]), (&json!("0123456789ab"), &json!("fedcba987654")));
        assert_eq!((&fields["Tag"], &fields["CreatedSince"]), (&json!("<none>"), &json!("4 days ago")));
        assert_eq!((&fields["PulledSince"], &fields["Size"]), (&json!("3 days ago"), &json!("4.27 MB")));
        assert_eq!(row("a", None).fields(true, now)["ID"], "sha256:0123456789abcdef");
    }
}
