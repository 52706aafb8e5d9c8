//! `wcr inspect`.

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::args::InspectArgs;
use crate::exit::Failure;
use crate::output;

/// Prints all that is known of an image.
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8> {
    let found = Store::open_default()?.inspect(&args.reference)?;
    output::print_json(&found.ok_or_else(|| not_in_store(&args.reference))?)
}

/// The failure of a command that needs an image of the store.
pub(crate) fn not_in_store(reference: &Reference) -> Failure {
    let name = reference.familiar();
    Failure::new(Class::Store, format!("{name} is not in the store; run `wcr pull {name}` first"))
}
