//! Images of the store, found by what people call them.

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_store::{ImageRecord, Store};

use crate::exit::Failure;

/// What a text names in the store.
#[derive(Debug)]
pub(crate) enum Named {
    /// The image of this reference.
    Reference(Box<ImageRecord>),
    /// One image, by its identity or a digest: all its records, of which there is one at least.
    Id(Vec<ImageRecord>),
}

impl Named {
    /// One of the records.
    pub(crate) fn record(&self) -> Option<&ImageRecord> {
        match self {
            Self::Reference(record) => Some(record),
            Self::Id(records) => records.first(),
        }
    }
}

/// The image that `text` names: a reference, or else the first hex digits of the image's identity or digest.
///
/// # Errors
/// There is none; the digits fit several images; the store failed.
pub(crate) fn find(store: &Store, text: &str) -> Result<Named> {
    let reference = text.parse::<Reference>();
    if let Ok(reference) = &reference
        && let Some(record) = store.resolve(reference)?
    {
        return Ok(Named::Reference(Box::new(record)));
    }
    let records = store.find_by_id(text)?;
    match records.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other.config.digest == first.config.digest) => {
            Ok(Named::Id(records))
        }
        Some(_) => Err(Failure::new(Class::Usage, format!("{text} fits several images; give more digits")).into()),
        None => {
            let name = reference?.familiar();
            Err(Failure::new(Class::Store, format!("No such image: {name}")).into())
        }
    }
}

/// The record of the image that `text` names.
///
/// # Errors
/// As [`find`].
pub(crate) fn one(store: &Store, text: &str) -> Result<ImageRecord> {
    let missing = || Failure::new(Class::Store, format!("No such image: {text}"));
    Ok(find(store, text)?.record().cloned().ok_or_else(missing)?)
}
