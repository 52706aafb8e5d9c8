//! `wcr rmi`.

use anyhow::Result;
use wcr_container::life::Container;
use wcr_image::{Class, Digest};
use wcr_store::{ImageRecord, Store};

use crate::exit::{Failure, OK, report};
use crate::image_args::RmiArgs;
use crate::named::{Named, find};
use crate::output;

/// Removes names of images, and images without a name. One that cannot be removed does not hold up the others.
pub(crate) fn rmi(args: &RmiArgs) -> Result<u8> {
    let store = Store::open_default()?;
    // Containers that a killed process has left keep no image.
    Container::all(&store)?;
    let mut code = OK;
    for text in &args.images {
        match remove(&store, text, args.force) {
            Ok(text) => code = code.max(output::print(&text)),
            // As with docker it is told, and no failure.
            Err(error) if args.force && is_absent(&error) => _ = report(&error, false),
            Err(error) => {
                let failed = report(&error, false);
                code = if code == OK { failed } else { code };
            }
        }
    }
    Ok(code)
}

/// Whether there is no such image.
fn is_absent(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Failure>().is_some_and(|failure| failure.class() == Class::Store)
}

/// Removes what `text` names, and says so as Docker does.
fn remove(store: &Store, text: &str, force: bool) -> Result<String> {
    let records = match find(store, text)? {
        Named::Reference(record) => vec![*record],
        Named::Id(records) if records.len() > 1 && !force => return Err(several(text, &records).into()),
        Named::Id(records) => records,
    };
    let done = store.untag(&records, force)?;
    let mut told = String::new();
    for name in &done.names {
        told.push_str(&format!("Untagged: {name}\n"));
    }
    for digest in &done.deleted {
        told.push_str(&format!("Deleted: {}\n", Digest::to_string(digest)));
    }
    Ok(told)
}

fn several(text: &str, records: &[ImageRecord]) -> Failure {
    let names: Vec<&str> = records.iter().map(|record| record.reference.as_str()).collect();
    let message = format!("{text} has several names ({}); remove them one by one, or use --force", names.join(", "));
    Failure::new(Class::Conflict, message)
}
