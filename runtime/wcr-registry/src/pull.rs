//! Pulling an image: the layers side by side, each in one pass.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::runtime::Handle;
use wcr_image::{Compression, Descriptor, ImageConfig, ImageError, Limits, Platform, Reference};
use wcr_store::{ImageRecord, LayerRecord, LayerSpec, LayerWriter, Store, StoreError};

use crate::auth::Session;
use crate::blob::{Sink, Source};
use crate::client::{Client, Options};
use crate::credentials;
use crate::endpoint::base_url;
use crate::error::{RegistryError, Result};
use crate::manifest;
use crate::progress::{LayerEvent, Progress};
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

/// One pull under way.
struct Pull<'a> {
    session: &'a Session<'a>,
    runtime: &'a Handle,
    store: &'a Store,
    reference: &'a Reference,
    progress: &'a dyn Progress,
    failed: AtomicBool,
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
    store.ensure().map_err(in_store)?;
    let domain = reference.domain();
    let credentials = if transport.options.credentials { credentials::find(domain) } else { None };
    let session = Session::new(transport, base_url(domain)?, domain, reference.path(), credentials);
    let (resolved, config_bytes) = runtime.block_on(async {
        session.ping().await?;
        let resolved = manifest::resolve(&session, reference, platform).await?;
        let config = manifest::config(&session, &resolved.manifest.config).await?;
        Ok::<_, RegistryError>((resolved, config))
    })?;
    let config = ImageConfig::parse(&config_bytes, &Limits::DEFAULT).map_err(in_image)?;
    config.check(&resolved.manifest).map_err(in_image)?;
    config.check_platform(platform).map_err(in_image)?;
    progress.resolved(&resolved.digest, &resolved.manifest.layers);

    let specs = resolved.manifest.layers.iter().zip(&config.rootfs.diff_ids).map(|(layer, diff_id)| {
        let compression = layer.compression()?;
        Ok(LayerSpec { digest: layer.digest, size: layer.size, diff_id: *diff_id, compression })
    });
    let specs = specs.collect::<Result<Vec<_>, ImageError>>().map_err(in_image)?;
    let pull = Pull { session: &session, runtime, store, reference, progress, failed: AtomicBool::new(false) };
    let tar_sizes = pull.layers(&specs, || {
        store.put_blob(&resolved.manifest.config.digest, &config_bytes)?;
        store.put_blob(&resolved.descriptor.digest, &resolved.bytes)
    })?;

    let before = store.resolve(reference).map_err(in_store)?.filter(|before| before.reference == filed_as(reference));
    let status = match before {
        None => PullStatus::New,
        Some(before) if before.manifest.digest == resolved.descriptor.digest => PullStatus::UpToDate,
        Some(_) => PullStatus::Updated,
    };
    let layers = specs.iter().zip(tar_sizes).map(|(spec, tar_size)| LayerRecord {
        digest: spec.digest,
        size: spec.size,
        diff_id: spec.diff_id,
        tar_size,
        gzip: spec.compression == Compression::Gzip,
    });
    let record = ImageRecord {
        reference: filed_as(reference),
        digest: resolved.digest,
        manifest: Descriptor { platform: Some(config.platform()), ..resolved.descriptor },
        config: resolved.manifest.config,
        platform: config.platform(),
        created: config.created,
        pulled: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        layers: layers.collect(),
        run: config.config,
    };
    store.commit(reference, &record).map_err(in_store)?;
    Ok(PullOutcome { record, status })
}

/// The reference that the record goes under: with a digest the tag does not count.
fn filed_as(reference: &Reference) -> String {
    reference.digest().map_or_else(|| reference.to_string(), |digest| reference.pinned(digest).to_string())
}

impl Pull<'_> {
    /// Fetches all layers, and does `meanwhile`; the lengths of the layers' tars, or the first error.
    fn layers(&self, specs: &[LayerSpec], meanwhile: impl FnOnce() -> Result<(), StoreError>) -> Result<Vec<u64>> {
        // The largest first, so that none is left to run alone at the end.
        let mut order: Vec<usize> = (0..specs.len()).collect();
        order.sort_by_key(|index| core::cmp::Reverse(specs.get(*index).map_or(0, |spec| spec.size)));
        let next = AtomicUsize::new(0);
        let results = Mutex::new((vec![0; specs.len()], None));
        let work = || {
            while !self.failed.load(Ordering::Relaxed) {
                let Some((index, spec)) = order
                    .get(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|index| specs.get(*index).map(|spec| (*index, spec)))
                else {
                    return;
                };
                let result = self.layer(index, spec);
                let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match result {
                    Ok(size) => {
                        if let Some(slot) = results.0.get_mut(index) {
                            *slot = size;
                        }
                    }
                    Err(error) => {
                        self.failed.store(true, Ordering::Relaxed);
                        results.1.get_or_insert(error);
                    }
                }
            }
        };
        let meanwhile = thread::scope(|scope| {
            for _ in 0..self.session.transport.options.parallel.clamp(1, 64).min(specs.len()) {
                scope.spawn(work);
            }
            meanwhile()
        });
        let (sizes, error) = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        match error {
            Some(error) => Err(error),
            None => meanwhile.map(|()| sizes).map_err(|error| self.in_store(error)),
        }
    }

    /// Brings one layer into the store. Returns the length of its tar.
    fn layer(&self, index: usize, spec: &LayerSpec) -> Result<u64> {
        let tell = |event| self.progress.layer(index, event);
        let lock = self.store.lock_layer(&spec.diff_id, || tell(LayerEvent::Waiting));
        let _lock = lock.map_err(|error| self.in_store(error))?;
        if let Some(size) = self.store.find_layer(spec).map_err(|error| self.in_store(error))? {
            tell(LayerEvent::Exists);
            return Ok(size);
        }
        let writer = self.store.write_layer(*spec).map_err(|error| self.in_store(error))?;
        let mut sink = LayerSink { pull: self, writer, index };
        let what = format!("layer {}", spec.digest.short());
        let source = Source { session: self.session, digest: spec.digest, size: spec.size, what: &what };
        self.runtime.block_on(source.fetch(&mut sink))?;
        tell(LayerEvent::Storing);
        let size = sink.writer.finish().map_err(|error| self.in_store(error))?;
        tell(LayerEvent::Done);
        Ok(size)
    }

    fn in_store(&self, error: StoreError) -> RegistryError {
        RegistryError::Store { reference: self.reference.familiar(), source: Box::new(error) }
    }
}

struct LayerSink<'a> {
    pull: &'a Pull<'a>,
    writer: LayerWriter,
    index: usize,
}

impl Sink for LayerSink<'_> {
    fn take(&mut self, chunk: Bytes) -> Result<()> {
        if self.pull.failed.load(Ordering::Relaxed) {
            let reason = "another layer failed".into();
            let host = self.pull.session.domain.into();
            return Err(RegistryError::Transfer { what: "the layer".into(), host, reason });
        }
        self.writer.write(chunk).map_err(|error| self.pull.in_store(error))?;
        self.pull.progress.layer(self.index, LayerEvent::Received(self.writer.received()));
        Ok(())
    }

    fn retrying(&mut self) {
        self.pull.progress.layer(self.index, LayerEvent::Retrying);
    }
}
