//! Getting an image: from the store, from a registry, or the built-in one.

use std::path::PathBuf;

use anyhow::Result;
use wcr_container::ContainerImage;
use wcr_image::{Class, Platform, Reference};
use wcr_registry::{Client, PullOutcome, RegistryError, Silent, configured};
use wcr_store::{ImageRecord, Store};

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
    /// What the store remembers of it; `None` for the built-in one.
    pub(crate) record: Option<ImageRecord>,
    /// The number of its layers.
    pub(crate) layers: usize,
    /// Where compiled code of the image's programs is kept.
    pub(crate) cache: Option<PathBuf>,
}

/// The image for `run`. Without a platform asked for, the one in the store is taken as it is.
///
/// # Errors
/// It is nowhere to be had; the store failed.
pub(crate) fn for_run(
    reference: &Reference,
    platform: Option<&Platform>,
    policy: PullPolicy,
    quiet: bool,
) -> Result<Fetched> {
    let store = Store::open_default()?;
    if policy != PullPolicy::Always
        && let Some(image) = kept(&store, reference, platform)?
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
    let pulled = pull(&store, reference, platform, How { quiet, ..How::default() });
    match pulled {
        Ok(_) => match store.open_image(reference)? {
            Some(image) => Ok(from_store(&store, image)),
            None => {
                let message = format!("{} was removed from the store meanwhile; try again", reference.familiar());
                Err(Failure::new(Class::Conflict, message).into())
            }
        },
        Err(error) if may_fall_back(&error, reference, platform, policy) => {
            let built_in = built_in()?;
            say(&format!("{}: {error}; the built-in busybox image is used instead", reference.familiar()));
            Ok(built_in)
        }
        Err(error) => Err(error.into()),
    }
}

/// The image that wcr carries.
///
/// # Errors
/// This wcr was built without it.
pub(crate) fn built_in() -> Result<Fetched> {
    let image = wcr_container::builtin()?;
    Ok(Fetched { layers: image.layers.len(), image, origin: "built into wcr".into(), cache: None, record: None })
}

/// The image, if it is in the store for this platform.
fn kept(store: &Store, reference: &Reference, platform: Option<&Platform>) -> Result<Option<wcr_store::Image>> {
    let Some(platform) = platform else { return Ok(store.open_image(reference)?) };
    let Some(record) = store.resolve_for(reference, platform)? else { return Ok(None) };
    let layers = store.open_layers(&record)?;
    Ok(Some(wcr_store::Image { record, layers }))
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
    let record = Some(image.record.clone());
    Fetched { image: wcr_container::from_store(image), origin, layers, cache: Some(store.code_dir()), record }
}

/// How an image is brought into the store.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// Tell nothing.
    pub(crate) quiet: bool,
    /// Tell what need not be known, too.
    pub(crate) verbose: bool,
    /// Bring the images for other platforms, too.
    pub(crate) all_platforms: bool,
    /// How many layers at a time, if it is not as configured.
    pub(crate) parallel: Option<usize>,
}

/// Brings an image into the store, and tells about it on standard error.
///
/// # Errors
/// Those of the registry and the store.
pub(crate) fn pull(
    store: &Store,
    reference: &Reference,
    platform: Option<&Platform>,
    how: How,
) -> Result<PullOutcome, RegistryError> {
    let client = client(how.parallel)?;
    let platform = platform.cloned().unwrap_or_default();
    let fetch = |progress: &dyn wcr_registry::Progress| match how.all_platforms {
        true => client.pull_all_platforms(store, reference, &platform, progress),
        false => client.pull(store, reference, &platform, progress),
    };
    if how.quiet {
        return fetch(&Silent);
    }
    match Display::on_terminal(reference.familiar(), how.verbose) {
        Some(display) => {
            let pulled = fetch(&display);
            display.finish();
            pulled
        }
        None => fetch(&Lines::of_layers(reference.familiar(), how.verbose)),
    }
}

/// A client as it is configured, but for how many layers it moves at a time.
///
/// # Errors
/// The configuration file makes no sense.
pub(crate) fn client(parallel: Option<usize>) -> Result<Client, RegistryError> {
    let mut options = configured()?;
    options.parallel = parallel.unwrap_or(options.parallel);
    Client::new(options)
}
