//! `wcr df`.

use anyhow::Result;
use wcr_store::{Share, Store};

use crate::image_args::DfArgs;
use crate::output;
use crate::text::size;

/// Shows how much room the store takes, and how much of that can be had back.
pub(crate) fn df(args: &DfArgs) -> Result<u8> {
    let usage = Store::open_default()?.usage()?;
    if args.json {
        return output::print_json(&usage);
    }
    let row = |name: &str, share: Share| {
        let percent = (share.reclaimable * 100).checked_div(share.size).unwrap_or_default();
        [name.into(), share.count.to_string(), size(share.size), format!("{} ({percent}%)", size(share.reclaimable))]
    };
    let table = [
        ["TYPE", "TOTAL", "SIZE", "RECLAIMABLE"].map(str::to_owned),
        row("Images", usage.images),
        row("Layers", usage.layers),
        row("Indexes", usage.indexes),
        row("Compiled code", usage.code),
        row("Under way", usage.temporary),
    ];
    Ok(output::print(&output::table(&table)))
}
