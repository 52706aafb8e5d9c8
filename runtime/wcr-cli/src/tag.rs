//! `wcr tag`.

use anyhow::Result;
use wcr_store::Store;

use crate::exit::OK;
use crate::image_args::TagArgs;
use crate::named;

/// Gives an image another name.
pub(crate) fn tag(args: &TagArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let image = named::one(&store, &args.source)?;
    store.tag(&image, &args.name)?;
    Ok(OK)
}
