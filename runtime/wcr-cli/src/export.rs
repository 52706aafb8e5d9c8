//! `wcr export`.

use anyhow::Result;
use wcr_store::Store;

use crate::archive_file::write_archive;
use crate::exit::OK;
use crate::image_args::ExportArgs;
use crate::{container, named};

/// Writes the tree of an image as one tar.
pub(crate) fn export(args: &ExportArgs) -> Result<u8> {
    let store = Store::open_default()?;
    if let Some(code) = container::export(&store, args)? {
        return Ok(code);
    }
    let image = named::one(&store, &args.image)?;
    write_archive(args.output.as_deref(), |out| Ok(store.export(&image, out)?))?;
    Ok(OK)
}
