//! What is known of an image.

use anyhow::Result;
use serde_json::Value;
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::exit::Failure;
use crate::named;

/// All that is known of the image that a text names.
///
/// # Errors
/// It is not in the store.
pub(crate) fn image(store: &Store, name: &str) -> Result<Value> {
    let found = match name.parse::<Reference>() {
        Ok(reference) => store.inspect(&reference)?,
        Err(_) => None,
    };
    let found = match found {
        Some(found) => Some(found),
        None => match named::find(store, name) {
            Ok(image) => {
                let reference = image.record().and_then(|record| record.reference.parse().ok());
                reference.map(|reference| store.inspect(&reference)).transpose()?.flatten()
            }
            Err(_) => None,
        },
    };
    match found {
        Some(found) => Ok(serde_json::to_value(found)?),
        None => Err(not_in_store(&name.parse()?).into()),
    }
}

/// The failure of a command that needs an image of the store.
pub(crate) fn not_in_store(reference: &Reference) -> Failure {
    let name = reference.familiar();
    Failure::new(Class::Store, format!("{name} is not in the store; run `wcr pull {name}` first"))
}
