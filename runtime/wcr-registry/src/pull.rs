//! Pulling an image: what leads to the layers, and what comes of them.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use wcr_image::{Descriptor, Digest, ImageConfig, ImageError, Limits, Manifest, MediaType, Platform, Reference};
use wcr_store::{ImageRecord, LayerRecord, LayerSpec, Store, StoreError};

use crate::artifact;
use crate::auth::{Access, Session};
use crate::blob::{Source, small};
use crate::client::{Client, Options};
use crate::config::mirror_parts;
use crate::error::{RegistryError, Result};
use crate::layers::Layers;
use crate::manifest::{self, Found, Resolved};
use crate::progress::Progress;
use crate::transport::Transport;

/// The longest blob that is fetched of what is no image but lies beside one, such as an attestation, in bytes.
const LONGEST_OTHER: u64 = 16 << 20;

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

/// Which images of a reference are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The platform of the one that the reference stands for afterwards.
    pub platform: &'a Platform,
    /// Whether those for other platforms are, too.
    pub all: bool,
}

/// One pull.
struct Pull<'a> {
    runtime: &'a Handle,
    store: &'a Store,
    reference: &'a Reference,
    progress: &'a dyn Progress,
    /// Where the image can be had, the first that is asked first.
    sessions: &'a [Session<'a>],
}

pub(crate) fn run(
    transport: &Transport,
    runtime: &Handle,
    store: &Store,
    reference: &Reference,
    wanted: Wanted<'_>,
    progress: &dyn Progress,
) -> Result<PullOutcome> {
    let all = places(transport, reference)?;
    let (found, config, place) = find(runtime, &all, reference, wanted, progress)?;
    if let Some(rate) = transport.rate() {
        progress.remark(&rate);
    }
    let sessions = all.get(place..).unwrap_or_default();
    Pull { runtime, store, reference, progress, sessions }.run(found, config, wanted)
}

/// The sessions at the mirrors of the reference's registry, and then at itself.
pub(crate) fn places<'a>(transport: &'a Transport, reference: &Reference) -> Result<Vec<Session<'a>>> {
    let settings = transport.options.registries.get(reference.domain());
    let mirrors = settings.iter().flat_map(|settings| &settings.mirrors).filter_map(|mirror| mirror_parts(mirror));
    let mut sessions = Vec::new();
    for (host, prefix) in mirrors {
        sessions.push(Session::new(transport, &host, &format!("{prefix}{}", reference.path()), Access::Pull)?);
    }
    sessions.push(Session::new(transport, reference.domain(), reference.path(), Access::Pull)?);
    Ok(sessions)
}

/// Finds the image and its configuration at the first place that has them.
fn find(
    runtime: &Handle,
    sessions: &[Session<'_>],
    reference: &Reference,
    wanted: Wanted<'_>,
    progress: &dyn Progress,
) -> Result<(Found, Vec<u8>, usize)> {
    let last = sessions.len().saturating_sub(1);
    for (place, session) in sessions.iter().enumerate() {
        let found = runtime.block_on(async {
            session.ping().await?;
            let found = manifest::resolve(session, reference, wanted.platform, wanted.all).await?;
            let config = manifest::config(session, &found.image.manifest.config).await?;
            Ok::<_, RegistryError>((found, config))
        });
        match found {
            Ok((found, config)) => {
                if place < last {
                    progress.remark(&format!("{} is taken from the mirror {}", reference.familiar(), session.domain));
                }
                return Ok((found, config, place));
            }
            Err(error) if place < last => progress.remark(&format!("mirror {}: {error}", session.domain)),
            Err(error) => return Err(error),
        }
    }
    Err(RegistryError::Setup { reason: "there is no server to ask".into() })
}

impl Pull<'_> {
    fn run(&self, found: Found, config: Vec<u8>, wanted: Wanted<'_>) -> Result<PullOutcome> {
        let parsed = self.parse(&found.image, &config)?;
        parsed.check_platform(wanted.platform).map_err(|error| self.in_image(error))?;
        self.store.ensure().map_err(|error| self.in_store(error))?;
        for (digest, bytes) in &found.indexes {
            self.store.put_blob(digest, bytes).map_err(|error| self.in_store(error))?;
        }
        for other in &found.others {
            self.other(other)?;
        }
        let layers = self.layers(&found.image, &config, &parsed)?;
        let before = match self.store.resolve(self.reference) {
            // A damaged record is replaced.
            Err(StoreError::Damaged { .. }) => None,
            before => before.map_err(|error| self.in_store(error))?,
        };
        let status = match before.filter(|before| before.reference == Store::filed_as(self.reference)) {
            None => PullStatus::New,
            Some(before) if before.manifest.digest == found.image.descriptor.digest => PullStatus::UpToDate,
            Some(_) => PullStatus::Updated,
        };
        let record = ImageRecord {
            reference: Store::filed_as(self.reference),
            digest: found.digest,
            manifest: Descriptor { platform: Some(parsed.platform()), ..found.image.descriptor },
            config: found.image.manifest.config,
            platform: parsed.platform(),
            created: parsed.created,
            pulled: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            layers,
            run: parsed.config,
        };
        self.store.commit(&record).map_err(|error| self.in_store(error))?;
        self.store.tell_of_image("pull", self.reference.familiar(), self.reference.familiar());
        Ok(PullOutcome { record, status })
    }

    fn in_store(&self, error: StoreError) -> RegistryError {
        RegistryError::Store { reference: self.reference.familiar(), source: Box::new(error) }
    }

    fn in_image(&self, error: ImageError) -> RegistryError {
        RegistryError::Image { reference: self.reference.familiar(), source: Box::new(error) }
    }

    /// The configuration, found to belong to the image.
    fn parse(&self, image: &Resolved, config: &[u8]) -> Result<ImageConfig> {
        let parsed = match image.manifest.is_artifact() {
            true => ImageConfig::parse_artifact(config, &Limits::DEFAULT),
            false => ImageConfig::parse(config, &Limits::DEFAULT),
        };
        let parsed = parsed.map_err(|error| self.in_image(error))?;
        parsed.check(&image.manifest).map_err(|error| self.in_image(error))?;
        Ok(parsed)
    }

    /// Brings all parts of an image into the store; its layers.
    fn layers(&self, image: &Resolved, config: &[u8], parsed: &ImageConfig) -> Result<Vec<LayerRecord>> {
        self.progress.resolved(&image.descriptor.digest, &image.manifest.layers);
        let in_store = |error| self.in_store(error);
        let documents = || {
            self.store.put_blob(&image.manifest.config.digest, config)?;
            self.store.put_blob(&image.descriptor.digest, &image.bytes)
        };
        let stored = match (image.manifest.artifact(), self.sessions) {
            (Some(program), [session, ..]) => {
                let stored = artifact::fetch(session, self.runtime, self.store, self.progress, program, in_store)?;
                documents().map_err(in_store)?;
                vec![stored]
            }
            _ => {
                let specs = specs(&image.manifest, parsed).map_err(|error| self.in_image(error))?;
                let layers = Layers::new(self.sessions, self.runtime, self.store, self.progress, &specs);
                let sizes = layers.fetch(self.reference, documents)?;
                specs.into_iter().zip(sizes).collect()
            }
        };
        Ok(stored.into_iter().map(|(spec, tar_size)| LayerRecord::new(&spec, tar_size)).collect())
    }

    /// Brings what an index lists beside the image that was asked for into the store: images as such, and the rest
    /// (attestations, signatures) as the blobs that they are.
    fn other(&self, other: &Resolved) -> Result<()> {
        let Some(session) = self.sessions.first() else { return Ok(()) };
        let in_store = |error| self.in_store(error);
        let is_image = MediaType::parse(&other.manifest.config.media_type) == Some(MediaType::Config)
            && other.manifest.layers.iter().all(|layer| MediaType::parse(&layer.media_type).is_some());
        if is_image {
            other.manifest.check(&Limits::DEFAULT).map_err(|error| self.in_image(error))?;
            let config = self.runtime.block_on(manifest::config(session, &other.manifest.config))?;
            let parsed = self.parse(other, &config)?;
            return self.layers(other, &config, &parsed).map(drop);
        }
        for blob in other.manifest.layers.iter().chain([&other.manifest.config]) {
            if self.store.has_blob(&blob.digest, blob.size).map_err(in_store)? {
                continue;
            }
            let what = format!("blob {}", blob.digest.short());
            if blob.size > LONGEST_OTHER {
                let host = session.domain.clone();
                return Err(RegistryError::Limit { what, host, limit: LONGEST_OTHER });
            }
            let source = Source { session, digest: blob.digest, size: blob.size, what: &what, spare: None };
            let content = self.runtime.block_on(small(&source))?;
            self.store.put_blob(&blob.digest, &content).map_err(in_store)?;
        }
        self.store.put_blob(&other.descriptor.digest, &other.bytes).map_err(in_store)
    }
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
