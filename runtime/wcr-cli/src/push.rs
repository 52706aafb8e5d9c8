//! `wcr push`.

use anyhow::Result;
use wcr_image::Class;
use wcr_registry::Silent;
use wcr_store::Store;

use crate::exit::Failure;
use crate::fetch::client;
use crate::inspect::not_in_store;
use crate::output;
use crate::progress::{Display, Lines};
use crate::remote_args::PushArgs;

/// Brings an image of the store to a registry and prints its name there and its digest.
pub(crate) fn push(args: &PushArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let record = store.resolve(&args.reference)?.ok_or_else(|| not_in_store(&args.reference))?;
    let target = args.target.as_ref().unwrap_or(&args.reference);
    if target.digest().is_some_and(|digest| digest != record.digest && digest != record.manifest.digest) {
        let message = format!("{} has another digest than the image, {}", target.familiar(), record.digest);
        return Err(Failure::new(Class::Usage, message).into());
    }
    let client = client(args.parallel.map(usize::from))?;
    let digest = if args.quiet {
        client.push(&store, &record, target, &Silent)
    } else if let Some(display) = Display::on_terminal(target.familiar(), false) {
        let pushed = client.push(&store, &record, target, &display);
        display.finish();
        pushed
    } else {
        client.push(&store, &record, target, &Lines::of_blobs(target.familiar()))
    };
    Ok(output::print(&format!("{}\n", target.pinned(digest?).familiar())))
}
