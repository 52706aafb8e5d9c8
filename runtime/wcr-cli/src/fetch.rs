//! Getting an image: from the store, from a registry, or the built-in one.

use std::path::PathBuf;

use anyhow::Result;
use wcr_container::ContainerImage;
use wcr_image::{Class, Platform, Reference};
use wcr_registry::{PullOutcome, RegistryError};
use wcr_store::Store;

use crate::args::PullPolicy;
use crate::exit::{Failure, say};
use crate::progress::{Display, Lines};

/// The image that wcr itself can stand in for.
const BUILTIN: &str = "docker.io/library/busybox:latest";

/// An image to run.
pub(crate) struct Fetched {
    /// The image.
    pub(crate) image: ContainerImage,
    /// Where it is from, for `--verbose`.
    pub(crate) origin: String,
    /// The number of its layers.
    pub(crate) layers: usize,
    /// Where compiled code of the image's programs is kept.
    pub(crate) cache: Option<PathBuf>,
}

/// The image for `run`. Without a platform asked for, the one in the store is taken as it is.
///
/// # Errors
/// It is nowhere to be had; the store failed.
pub(crate) fn for_run(reference: &Reference, platform: Option<&Platform>, policy: PullPolicy) -> Result<Fetched> {
    let store = Store::open_default()?;
    if policy != PullPolicy::Always
        && let Some(image) = store.open_image(reference)?
        && platform.is_none_or(|wanted| image.record.platform.suits(wanted))
    {
        return Ok(from_store(&store, image));
    }
    if policy == PullPolicy::Never {
        let message = format!(
            "{} is not in the store, and --pull=never forbids to get it; run `wcr pull {}` first",
            reference.familiar(),
            reference.familiar()
        );
        return Err(Failure::new(Class::Store, message).into());
    }
    let pulled = pull(&store, reference, platform, false);
    match pulled {
        Ok(_) => match store.open_image(reference)? {
            Some(image) => Ok(from_store(&store, image)),
            None => {
                let message = format!("{} was removed from the store meanwhile; try again", reference.familiar());
                Err(Failure::new(Class::Conflict, message).into())
            }
        },
        Err(error) if may_fall_back(&error, reference, platform, policy) => {
            let image = wcr_container::builtin()?;
            say(&format!("{}: {error}; the built-in busybox image is used instead", reference.familiar()));
            Ok(Fetched { layers: image.layers.len(), image, origin: "built into wcr".into(), cache: None })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the built-in image may stand in for what could not be pulled.
fn may_fall_back(
    error: &RegistryError,
    reference: &Reference,
    platform: Option<&Platform>,
    policy: PullPolicy,
) -> bool {
    policy == PullPolicy::Missing
        && error.is_unreachable()
        && reference.to_string() == BUILTIN
        && platform.is_none_or(|wanted| Platform::default().suits(wanted))
}

fn from_store(store: &Store, image: wcr_store::Image) -> Fetched {
    let origin = format!("{} {}", image.record.reference, image.record.digest);
    let layers = image.record.layers.len();
    Fetched { image: wcr_container::from_store(image), origin, layers, cache: Some(store.code_dir()) }
}

/// Brings an image into the store, and tells about it on standard error unless `quiet`.
///
/// # Errors
/// Those of the registry and the store.
pub(crate) fn pull(
    store: &Store,
    reference: &Reference,
    platform: Option<&Platform>,
    quiet: bool,
) -> Result<PullOutcome, RegistryError> {
    let platform = platform.cloned().unwrap_or_default();
    if quiet {
        return wcr_registry::pull(store, reference, &platform, &wcr_registry::Silent);
    }
    match Display::on_terminal(reference.familiar()) {
        Some(display) => {
            let pulled = wcr_registry::pull(store, reference, &platform, &display);
            display.finish();
            pulled
        }
        None => wcr_registry::pull(store, reference, &platform, &Lines::new(reference.familiar())),
    }
}
