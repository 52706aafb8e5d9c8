//! `wcr pull`.

use anyhow::Result;
use wcr_registry::PullStatus;
use wcr_store::Store;

use crate::exit::say;
use crate::fetch::How;
use crate::remote_args::PullArgs;
use crate::{fetch, output};

/// Brings an image into the store and prints its name and digest.
pub(crate) fn pull(args: &PullArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let how = How {
        quiet: args.quiet,
        verbose: args.verbose,
        all_platforms: args.all_platforms,
        parallel: args.parallel.map(usize::from),
    };
    let outcome = fetch::pull(&store, &args.reference, args.platform.as_ref(), how)?;
    if !args.quiet {
        let changed = match outcome.status {
            PullStatus::New => "pulled",
            PullStatus::Updated => "updated to a newer image",
            PullStatus::UpToDate => "up to date",
        };
        say(&format!("{} ({}): {changed}", args.reference.familiar(), outcome.record.platform));
    }
    Ok(output::print(&format!("{}\n", args.reference.pinned(outcome.record.digest).familiar())))
}
