//! `wcr df`.

use anyhow::Result;
use serde_json::json;
use wcr_store::{Share, Store};

use crate::format::{Format, Headings};
use crate::image_args::DfArgs;
use crate::output;
use crate::text::size;

/// The table that is printed without a format.
const TABLE: &str = "table {{.Type}}\t{{.TotalCount}}\t{{.Size}}\t{{.Reclaimable}}";
const HEADINGS: Headings<'static> =
    &[("Type", "TYPE"), ("TotalCount", "TOTAL"), ("Size", "SIZE"), ("Reclaimable", "RECLAIMABLE")];

/// Shows how much room the store takes, and how much of that can be had back.
pub(crate) fn df(args: &DfArgs) -> Result<u8> {
    let format = Format::asked(args.format.as_deref(), TABLE)?;
    let usage = Store::open_default()?.usage()?;
    if args.json {
        return output::print_json(&usage);
    }
    let row = |name: &str, share: Share| {
        let percent = (share.reclaimable * 100).checked_div(share.size).unwrap_or_default();
        json!({
            "Type": name,
            "TotalCount": share.count.to_string(),
            "Size": size(share.size),
            "Reclaimable": format!("{} ({percent}%)", size(share.reclaimable)),
        })
    };
    let rows = [
        row("Images", usage.images),
        row("Containers", usage.containers),
        row("Layers", usage.layers),
        row("Indexes", usage.indexes),
        row("Compiled code", usage.code),
        row("Under way", usage.temporary),
    ];
    Ok(output::print(&format.render(&rows, HEADINGS)?))
}
