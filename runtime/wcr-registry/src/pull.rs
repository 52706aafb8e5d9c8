//! Pulling an image: what leads to the layers, and what comes of them.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use wcr_image::{Descriptor, Digest, ImageConfig, ImageError, Limits, Manifest, Platform, Reference};
use wcr_store::{ImageRecord, LayerRecord, LayerSpec, Store, StoreError};

use crate::artifact;
use crate::auth::Session;
use crate::client::{Client, Options};
use crate::credentials;
use crate::endpoint::base_url;
use crate::error::{RegistryError, Result};
use crate::layers::Layers;
use crate::manifest;
use crate::progress::Progress;
use crate::transport::Transport;

/// What a pull came to.
#[derive(Debug, Clone)]
pub struct PullOutcome {
    /// The image as it is in the store now.
    pub record: ImageRecord,
    /// What changed.
    pub status: PullStatus,
}

/// What a pull changed in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullStatus {
    /// The reference was not in the store before.
    New,
    /// The reference led to another image before.
    Updated,
    /// The store had this image already.
    UpToDate,
}

/// Pulls with a new [`Client`] of default [`Options`].
///
/// # Errors
/// As [`Client::pull`].
pub fn pull(store: &Store, reference: &Reference, platform: &Platform, progress: &dyn Progress) -> Result<PullOutcome> {
    Client::new(Options::default())?.pull(store, reference, platform, progress)
}

pub(crate) fn run(
    transport: &Transport,
    runtime: &Handle,
    store: &Store,
    reference: &Reference,
    platform: &Platform,
    progress: &dyn Progress,
) -> Result<PullOutcome> {
    let in_store = |error| RegistryError::Store { reference: reference.familiar(), source: Box::new(error) };
    let in_image = |error| RegistryError::Image { reference: reference.familiar(), source: Box::new(error) };
    let domain = reference.domain();
    let credentials = transport.options.docker_config.as_deref().and_then(|config| credentials::find(config, domain));
    let session = Session::new(transport, base_url(domain)?, domain, reference.path(), credentials);
    let (resolved, config_bytes) = runtime.block_on(async {
        session.ping().await?;
        let resolved = manifest::resolve(&session, reference, platform).await?;
        let config = manifest::config(&session, &resolved.manifest.config).await?;
        Ok::<_, RegistryError>((resolved, config))
    })?;
    let config = match resolved.manifest.is_artifact() {
        true => ImageConfig::parse_artifact(&config_bytes, &Limits::DEFAULT).map_err(in_image)?,
        false => ImageConfig::parse(&config_bytes, &Limits::DEFAULT).map_err(in_image)?,
    };
    config.check(&resolved.manifest).map_err(in_image)?;
    config.check_platform(platform).map_err(in_image)?;
    progress.resolved(&resolved.digest, &resolved.manifest.layers);

    let documents = || {
        store.put_blob(&resolved.manifest.config.digest, &config_bytes)?;
        store.put_blob(&resolved.descriptor.digest, &resolved.bytes)
    };
    store.ensure().map_err(in_store)?;
    let stored = match resolved.manifest.artifact() {
        Some(program) => {
            let stored = artifact::fetch(&session, runtime, store, progress, program, in_store)?;
            documents().map_err(in_store)?;
            vec![stored]
        }
        None => {
            let specs = specs(&resolved.manifest, &config).map_err(in_image)?;
            let sizes = Layers::new(&session, runtime, store, progress, &specs).fetch(reference, documents)?;
            specs.into_iter().zip(sizes).collect()
        }
    };

    let before = match store.resolve(reference) {
        // A damaged record is replaced.
        Err(StoreError::Damaged { .. }) => None,
        before => before.map_err(in_store)?,
    };
    let status = match before.filter(|before| before.reference == Store::filed_as(reference)) {
        None => PullStatus::New,
        Some(before) if before.manifest.digest == resolved.descriptor.digest => PullStatus::UpToDate,
        Some(_) => PullStatus::Updated,
    };
    let layers = stored.into_iter().map(|(spec, tar_size)| LayerRecord::new(&spec, tar_size));
    let record = ImageRecord {
        reference: Store::filed_as(reference),
        digest: resolved.digest,
        manifest: Descriptor { platform: Some(config.platform()), ..resolved.descriptor },
        config: resolved.manifest.config,
        platform: config.platform(),
        created: config.created,
        pulled: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        layers: layers.collect(),
        run: config.config,
    };
    store.commit(&record).map_err(in_store)?;
    Ok(PullOutcome { record, status })
}

/// The layers of an image, as the store takes them.
fn specs(manifest: &Manifest, config: &ImageConfig) -> Result<Vec<LayerSpec>, ImageError> {
    let layers = manifest.layers.iter().zip(&config.rootfs.diff_ids);
    let spec = |(layer, diff_id): (&Descriptor, &Digest)| {
        let compression = layer.compression()?;
        Ok(LayerSpec { digest: layer.digest, size: layer.size, diff_id: *diff_id, compression })
    };
    layers.map(spec).collect()
}
