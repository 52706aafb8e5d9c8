//! `wcr manifest`.

use std::io::Write as _;

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_registry::{Client, configured};
use wcr_store::Store;

use crate::exit::{self, Failure};
use crate::output;
use crate::remote_args::ManifestArgs;

/// Prints the manifest or the index that a name stands for.
pub(crate) fn manifest(args: &ManifestArgs) -> Result<u8> {
    let kept = if args.remote { None } else { from_store(args)? };
    let bytes = match kept {
        Some(bytes) => bytes,
        None => Client::new(configured()?)?.manifest(&args.reference, args.platform.as_ref())?.bytes,
    };
    if args.raw {
        let mut stdout = std::io::stdout().lock();
        return match stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(exit::OK),
        };
    }
    output::print_json(&serde_json::from_slice::<serde_json::Value>(&bytes)?)
}

/// The document, if the image is in the store.
fn from_store(args: &ManifestArgs) -> Result<Option<Vec<u8>>> {
    let store = Store::open_default()?;
    let record = match &args.platform {
        Some(platform) => store.resolve_for(&args.reference, platform)?,
        None => store.resolve(&args.reference)?,
    };
    let Some(record) = record else { return Ok(None) };
    let digest = if args.platform.is_some() { record.manifest.digest } else { record.digest };
    match store.document(&digest)? {
        Some(stored) => Ok(Some(stored.bytes)),
        // An image of a store that kept no indexes.
        None if digest != record.manifest.digest => {
            Ok(store.document(&record.manifest.digest)?.map(|stored| stored.bytes))
        }
        None => Err(missing(&args.reference).into()),
    }
}

fn missing(reference: &Reference) -> Failure {
    let name = reference.familiar();
    Failure::new(Class::Store, format!("the manifest of {name} is missing in the store; run `wcr pull {name}` again"))
}
