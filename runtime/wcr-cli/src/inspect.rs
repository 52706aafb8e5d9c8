//! `wcr inspect`.

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::args::InspectArgs;
use crate::exit::Failure;
use crate::format::Format;
use crate::output;

/// Prints all that is known of an image.
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8> {
    let format = args.format.as_deref().map(Format::parse).transpose()?;
    let found = Store::open_default()?.inspect(&args.reference)?.ok_or_else(|| not_in_store(&args.reference))?;
    match format {
        Some(format) => Ok(output::print(&format.render(&[serde_json::to_value(found)?], &[])?)),
        None => output::print_json(&found),
    }
}

/// The failure of a command that needs an image of the store.
pub(crate) fn not_in_store(reference: &Reference) -> Failure {
    let name = reference.familiar();
    Failure::new(Class::Store, format!("{name} is not in the store; run `wcr pull {name}` first"))
}
