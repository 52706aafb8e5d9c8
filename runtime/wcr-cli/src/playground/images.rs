//! The images of this machine, for the page.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_registry::is_public;
use wcr_store::{SaveFormat, Saved, Store};

use crate::exit::Failure;
use crate::fetch::{self, How};
use crate::named::{Named, find};

/// How large the pieces are in which archives are written and read, in bytes.
pub(crate) const PIECE: usize = 256 << 10;

/// The names of the images in the store, as users write them.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn names() -> Result<Vec<String>> {
    let records = Store::open_default()?.list()?;
    let name =
        |reference: &str| reference.parse::<Reference>().map_or_else(|_| reference.to_owned(), |name| name.familiar());
    Ok(records.iter().map(|record| name(&record.reference)).collect())
}

/// The page asked for an image of a registry that it may not reach through wcr.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is no registry of the internet; the page gets none of its images, unless `wcr pull` has brought them into the store"
)]
pub(crate) struct NotPublic(String);

/// An archive that lies in a file.
pub(crate) struct Archive {
    file: File,
    /// Its length in bytes.
    pub(crate) length: u64,
}

impl Archive {
    /// The next piece; empty at the end.
    pub(crate) fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE);
        (&self.file).take(PIECE as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }
}

/// The image of a name as an archive. One that is not in the store is pulled.
///
/// # Errors
/// [`NotPublic`]; the name is none; the image is nowhere to be had; the store failed.
pub(crate) fn archive(name: &str) -> Result<Archive> {
    let store = Store::open_default()?;
    let reference: Reference = name.parse()?;
    if store.resolve(&reference)?.is_none() {
        if !is_public(reference.domain()) {
            return Err(NotPublic(reference.domain().to_owned()).into());
        }
        fetch::pull(&store, &reference, None, How::default())?;
    }
    let record = match find(&store, name)? {
        Named::Reference(record) => *record,
        Named::Id(_) => return Err(Failure::new(Class::Usage, format!("{name} is no name of an image")).into()),
    };
    let names = if reference.digest().is_some() { Vec::new() } else { vec![reference] };
    let mut out = BufWriter::with_capacity(PIECE, tempfile::tempfile()?);
    store.save(&[Saved { record, names }], SaveFormat::Oci, &mut out)?;
    out.flush()?;
    let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    let length = file.stream_position()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Archive { file, length })
}
