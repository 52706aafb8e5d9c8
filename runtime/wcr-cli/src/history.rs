//! `wcr history`: how an image came about, the newest step first, in the columns of `docker history`.

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use wcr_image::History;
use wcr_store::Store;

use crate::format::{Format, Headings};
use crate::inspect::not_in_store;
use crate::remote_args::HistoryArgs;
use crate::text::{safe, size};
use crate::{output, when};

/// What stands for the images of steps, which nobody keeps.
const MISSING: &str = "<missing>";
/// How long a command may be in a table, in characters.
const WIDTH: usize = 45;

/// The table that is printed without a format.
const TABLE: &str = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
const HEADINGS: Headings<'static> = &[
    ("ID", "IMAGE"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("CreatedBy", "CREATED BY"),
    ("Size", "SIZE"),
    ("Comment", "COMMENT"),
];

/// One step, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Step {
    /// The digest of the image's configuration, for the last step.
    id: Option<String>,
    /// RFC 3339.
    created: Option<String>,
    created_by: String,
    /// Of the layer, in bytes, decompressed.
    size: u64,
    comment: String,
    empty_layer: bool,
}

/// Prints how an image came about.
pub(crate) fn history(args: &HistoryArgs) -> Result<u8> {
    let format = Format::asked(if args.quiet { Some("{{.ID}}") } else { args.format.as_deref() }, TABLE)?;
    let store = Store::open_default()?;
    let missing = || not_in_store(&args.reference);
    let inspection = store.inspect(&args.reference)?.ok_or_else(missing)?;
    let record = store.resolve(&args.reference)?.ok_or_else(missing)?;
    let sizes: Vec<u64> = record.layers.iter().map(|layer| layer.tar_size).collect();
    let steps = steps(&inspection.id.to_string(), inspection.history, &sizes);
    if args.json {
        return output::print_json(&steps);
    }
    let now = when::now();
    let rows: Vec<Value> = steps.iter().map(|step| row(step, args.no_trunc, now)).collect();
    Ok(output::print(&format.render(&rows, HEADINGS)?))
}

/// The steps, the newest first. Layers that the history says nothing of come last, as steps of their own.
fn steps(id: &str, history: Vec<History>, sizes: &[u64]) -> Vec<Step> {
    let mut sizes = sizes.iter().copied();
    let mut steps: Vec<Step> = history
        .into_iter()
        .map(|step| Step {
            id: None,
            created: step.created,
            created_by: step.created_by.unwrap_or_default(),
            size: if step.empty_layer { 0 } else { sizes.next().unwrap_or_default() },
            comment: step.comment.unwrap_or_default(),
            empty_layer: step.empty_layer,
        })
        .collect();
    steps.extend(sizes.map(|size| Step {
        id: None,
        created: None,
        created_by: String::new(),
        size,
        comment: String::new(),
        empty_layer: false,
    }));
    steps.reverse();
    if let Some(newest) = steps.first_mut() {
        newest.id = Some(id.to_owned());
    }
    steps
}

/// One step, as formats and the table show it.
fn row(step: &Step, whole: bool, now: u64) -> Value {
    let id = match &step.id {
        None => MISSING.to_owned(),
        Some(id) if whole => id.clone(),
        Some(id) => id.trim_start_matches("sha256:").chars().take(12).collect(),
    };
    let created = step.created.as_deref().and_then(when::seconds);
    // Tabs and line breaks are frequent in commands, and would break the table.
    let command = safe(&step.created_by.replace(['\t', '\n'], " "));
    let command = if whole || command.chars().count() <= WIDTH {
        command
    } else {
        command.chars().take(WIDTH - 1).chain(['…']).collect()
    };
    json!({
        "ID": id,
        "CreatedSince": created.map_or_else(|| "N/A".into(), |at| when::ago(at, now)),
        "CreatedAt": step.created.clone().unwrap_or_default(),
        "CreatedBy": command,
        "Size": size(step.size),
        "Comment": step.comment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(created_by: &str, empty_layer: bool) -> History {
        let created = Some("2024-01-01T00:00:00Z".to_owned());
        History { created, created_by: Some(created_by.into()), comment: None, author: None, empty_layer }
    }

    #[test]
    fn the_newest_step_comes_first_and_has_the_id() {
        let steps = steps("sha256:0123456789abcdef", vec![step("ADD x", false), step("CMD y", true)], &[7, 9]);
        let shown: Vec<_> = steps.iter().map(|step| (step.created_by.as_str(), step.size)).collect();
        assert_eq!(shown, [("", 9), ("CMD y", 0), ("ADD x", 7)]);
        let at = 1_704_067_200 + 3 * 86_400;
        assert_eq!(row(&steps[0], false, at)["ID"], "0123456789ab");
        let oldest = row(&steps[2], false, at);
        let cells = ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"].map(|name| oldest[name].as_str().unwrap());
        assert_eq!(cells, ["<missing>", "3 days ago", "ADD x", "7 B", ""]);
        assert_eq!(row(&steps[0], true, at)["ID"], "sha256:0123456789abcdef");
    }

    #[test]
    fn long_commands_are_cut_and_harmless() {
        let steps = steps("sha256:0", vec![step(&format!("RUN\t\u{1b}[31m{}", "x".repeat(100)), false)], &[1]);
        let command = |whole| row(&steps[0], whole, 0)["CreatedBy"].as_str().unwrap().to_owned();
        let cut = command(false);
        assert_eq!(cut.chars().count(), WIDTH);
        assert!(cut.starts_with("RUN \\u{1b}[31mxx") && cut.ends_with('…'), "{cut}");
        assert_eq!(command(true).chars().count(), 4 + 10 + 100);
    }
}
